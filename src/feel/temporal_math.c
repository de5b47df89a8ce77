/* Sums, differences, products and properties of dates, times and durations (10.3.2.5, 10.3.3.5). */
#include "feel/temporal.h"

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

struct moment temporal_midnight(int64_t day)
{
    return (struct moment){.day = day, .zone_kind = MOMENT_OFFSET};
}

bool temporal_offset(const struct moment *m, int32_t *offset)
{
    *offset = m->offset;
    if (m->zone_kind == MOMENT_NAMED)
        *offset = zone_offset_local(m->zone, m->day * DAY_SECONDS + m->nano / NANOS);
    return m->zone_kind != MOMENT_LOCAL;
}

bool temporal_instant(const struct moment *m, int64_t *second, int64_t *nano)
{
    int32_t offset = 0;
    bool is_zoned = temporal_offset(m, &offset);
    *second = m->day * DAY_SECONDS + m->nano / NANOS - (is_zoned ? offset : 0);
    *nano = m->nano % NANOS;
    return is_zoned;
}

static bool is_day_in_range(int64_t day)
{
    struct civil c = temporal_civil(day);
    return day > -500000000000 && day < 500000000000 && c.year >= -TEMPORAL_MAX_YEAR &&
           c.year <= TEMPORAL_MAX_YEAR;
}

static bool add_months(int64_t *day, int64_t months)
{
    struct civil c = temporal_civil(*day);
    int64_t total;
    if (__builtin_add_overflow(c.year * 12 + c.month - 1, months, &total))
        return false;
    int64_t year = floor_div(total, 12);
    int month = (int)(total - year * 12) + 1;
    if (year < -TEMPORAL_MAX_YEAR || year > TEMPORAL_MAX_YEAR)
        return false;
    int last = temporal_month_days(year, month);
    *day = temporal_day(year, month, c.day > last ? last : c.day);
    return true;
}

/* Moves local time by seconds; a named zone moves along the instants. */
static bool add_seconds(struct moment *m, int64_t seconds, int64_t nanos)
{
    enum { FURTHEST_DAY = 500000000 };
    int64_t second, nano, limit = DAY_SECONDS * FURTHEST_DAY * 1000;
    if (seconds > limit || seconds < -limit)
        return false;
    if (m->zone_kind == MOMENT_NAMED) {
        temporal_instant(m, &second, &nano);
    } else {
        second = m->day * DAY_SECONDS + m->nano / NANOS;
        nano = m->nano % NANOS;
    }
    second += seconds;
    nano += nanos;
    if (nano >= NANOS) {
        nano -= NANOS;
        second++;
    }
    if (m->zone_kind == MOMENT_NAMED)
        second += zone_offset_at(m->zone, second);
    m->day = floor_div(second, DAY_SECONDS);
    m->nano = (second - m->day * DAY_SECONDS) * NANOS + nano;
    return is_day_in_range(m->day);
}

static struct value add_to_date(struct value date, struct value by)
{
    struct value sum = date;
    if (by.kind == VALUE_MONTHS)
        return add_months(&sum.i, by.i) ? sum : VALUE_NOTHING;
    sum.i += floor_div(by.i, DAY_SECONDS);
    return is_day_in_range(sum.i) ? sum : VALUE_NOTHING;
}

static struct value add_duration(struct arena *a, struct value x, struct value by)
{
    if (x.kind == VALUE_DATE)
        return add_to_date(x, by);
    struct moment m = *x.moment;
    if (x.kind == VALUE_DATE_TIME) {
        bool ok = by.kind == VALUE_MONTHS ? add_months(&m.day, by.i) : add_seconds(&m, by.i, by.n);
        return ok ? temporal_moment(a, VALUE_DATE_TIME, m) : VALUE_NOTHING;
    }
    if (by.kind == VALUE_MONTHS)
        return VALUE_NOTHING;
    int64_t day = DAY_SECONDS * NANOS, part = by.i % DAY_SECONDS * NANOS + by.n;
    m.nano = ((m.nano + part) % day + day) % day;
    return temporal_moment(a, VALUE_TIME, m);
}

static bool is_point(struct value v)
{
    return v.kind == VALUE_DATE || v.kind == VALUE_TIME || v.kind == VALUE_DATE_TIME;
}

static bool is_duration(struct value v)
{
    return v.kind == VALUE_SECONDS || v.kind == VALUE_MONTHS;
}

static struct value add_durations(struct value x, struct value y)
{
    int64_t sum;
    if (x.kind != y.kind || __builtin_add_overflow(x.i, y.i, &sum))
        return VALUE_NOTHING;
    if (x.kind == VALUE_MONTHS)
        return temporal_months(sum);
    return temporal_seconds(sum, (int64_t)x.n + y.n);
}

struct value temporal_add(struct arena *a, struct value x, struct value y)
{
    if (is_duration(x) && is_duration(y))
        return add_durations(x, y);
    if (is_point(x) && is_duration(y))
        return add_duration(a, x, y);
    if (is_duration(x) && is_point(y))
        return add_duration(a, y, x);
    return VALUE_NOTHING;
}

struct value temporal_negate(struct value d)
{
    if (d.kind == VALUE_MONTHS)
        return temporal_months(-d.i);
    return d.i == INT64_MIN ? VALUE_NOTHING : temporal_seconds(-d.i, -(int64_t)d.n);
}

static struct moment as_moment(struct value v)
{
    return v.kind == VALUE_DATE ? temporal_midnight(v.i) : *v.moment;
}

struct value temporal_sub(struct arena *a, struct value x, struct value y)
{
    if (is_duration(y) && (is_duration(x) || is_point(x)))
        return temporal_add(a, x, temporal_negate(y));
    if (!is_point(x) || !is_point(y) || (x.kind == VALUE_TIME) != (y.kind == VALUE_TIME))
        return VALUE_NOTHING;
    struct moment p = as_moment(x), q = as_moment(y);
    int64_t s, t, m, n;
    if (p.zone_kind == MOMENT_NAMED && q.zone_kind == MOMENT_NAMED && p.zone == q.zone &&
        x.kind == VALUE_TIME)
        return temporal_seconds(0, p.nano - q.nano);
    if (temporal_instant(&p, &s, &m) != temporal_instant(&q, &t, &n))
        return VALUE_NOTHING;
    return temporal_seconds(s - t, m - n);
}

static struct decimal seconds_decimal(struct value v)
{
    struct decimal s = decimal_from_int(v.i), n = {v.n, -9, false}, sum = {0};
    return decimal_add(&sum, &s, &n) ? sum : s;
}

static struct value from_decimal_seconds(const struct decimal *d)
{
    struct decimal rounded, whole, rest;
    int64_t s, n;
    if (!decimal_round(&rounded, d, 9, DECIMAL_HALF_EVEN) || !decimal_truncate(&rounded, &s))
        return VALUE_NOTHING;
    whole = decimal_from_int(s);
    if (!decimal_sub(&rest, &rounded, &whole))
        return VALUE_NOTHING;
    rest.exp += 9;
    return decimal_truncate(&rest, &n) ? temporal_seconds(s, n) : VALUE_NOTHING;
}

static struct value from_decimal(enum value_kind kind, const struct decimal *d)
{
    int64_t months;
    if (kind == VALUE_SECONDS)
        return from_decimal_seconds(d);
    return decimal_truncate(d, &months) ? temporal_months(months) : VALUE_NOTHING;
}

static struct decimal duration_decimal(struct value v)
{
    return v.kind == VALUE_MONTHS ? decimal_from_int(v.i) : seconds_decimal(v);
}

struct value temporal_mul(struct arena *a, struct value duration, struct value number)
{
    (void)a;
    struct decimal d = duration_decimal(duration), by = value_decimal(number), r;
    return decimal_mul(&r, &d, &by) ? from_decimal(duration.kind, &r) : VALUE_NOTHING;
}

struct value temporal_div(struct arena *a, struct value duration, struct value by)
{
    struct decimal d = duration_decimal(duration), r;
    struct decimal divisor = by.kind == VALUE_NUMBER ? value_decimal(by) : duration_decimal(by);
    if (by.kind != VALUE_NUMBER && by.kind != duration.kind)
        return VALUE_NOTHING;
    if (!decimal_div(&r, &d, &divisor))
        return VALUE_NOTHING;
    return by.kind == VALUE_NUMBER ? from_decimal(duration.kind, &r) : value_number(a, &r);
}

static struct value date_property(int64_t day, str name)
{
    struct civil c = temporal_civil(day);
    if (str_is(name, "year"))
        return value_int(c.year);
    if (str_is(name, "month"))
        return value_int(c.month);
    if (str_is(name, "day"))
        return value_int(c.day);
    return str_is(name, "weekday") ? value_int(temporal_weekday(day)) : VALUE_NOTHING;
}

static bool time_property(struct value *r, const struct moment *m, str name)
{
    int64_t second = m->nano / NANOS;
    int32_t offset;
    if (str_is(name, "hour"))
        *r = value_int(second / 3600);
    else if (str_is(name, "minute"))
        *r = value_int(second / 60 % 60);
    else if (str_is(name, "second"))
        *r = value_int(second % 60);
    else if (str_is(name, "time offset"))
        *r = temporal_offset(m, &offset) ? temporal_seconds(offset, 0) : VALUE_NOTHING;
    else if (str_is(name, "timezone"))
        *r = m->zone_kind == MOMENT_NAMED ? value_string(zone_name(m->zone)) : VALUE_NOTHING;
    else
        return false;
    return true;
}

static bool seconds_property(struct value *r, struct value v, str name)
{
    bool is_negative = v.i < 0;
    int64_t s = is_negative ? -(v.i + (v.n != 0)) : v.i, part;
    if (str_is(name, "days"))
        part = s / DAY_SECONDS;
    else if (str_is(name, "hours"))
        part = s / 3600 % 24;
    else if (str_is(name, "minutes"))
        part = s / 60 % 60;
    else if (str_is(name, "seconds"))
        part = s % 60;
    else
        return false;
    *r = value_int(is_negative ? -part : part);
    return true;
}

bool temporal_property(struct value *r, struct value v, str name, struct arena *a)
{
    (void)a;
    switch (v.kind) {
    case VALUE_DATE:
        *r = date_property(v.i, name);
        return r->kind != VALUE_NULL;
    case VALUE_DATE_TIME:
        *r = date_property(v.moment->day, name);
        return r->kind != VALUE_NULL || time_property(r, v.moment, name);
    case VALUE_TIME:
        return time_property(r, v.moment, name);
    case VALUE_MONTHS:
        *r = value_int(str_is(name, "years") ? v.i / 12 : v.i % 12);
        return str_is(name, "years") || str_is(name, "months");
    case VALUE_SECONDS:
        return seconds_property(r, v, name);
    default:
        return false;
    }
}

struct value temporal_months_between(struct value from, struct value to)
{
    struct moment p = from.kind == VALUE_DATE ? (struct moment){.day = from.i} : *from.moment;
    struct moment q = to.kind == VALUE_DATE ? (struct moment){.day = to.i} : *to.moment;
    struct civil c = temporal_civil(p.day), d = temporal_civil(q.day);
    int64_t months = (d.year - c.year) * 12 + d.month - c.month;
    int64_t rest = (d.day - c.day) * (DAY_SECONDS * NANOS) + q.nano - p.nano;
    if (months > 0 && rest < 0)
        months--;
    else if (months < 0 && rest > 0)
        months++;
    return temporal_months(months);
}
