/* The calendar, and reading and writing of dates, times and durations. */
#include "feel/temporal.h"

int64_t temporal_day(int64_t year, int month, int day)
{
    int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

struct civil temporal_civil(int64_t day)
{
    int64_t z = day + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int month = (int)(mp < 10 ? mp + 3 : mp - 9);
    return (struct civil){yoe + era * 400 + (month <= 2), month,
                          (int)(doy - (153 * mp + 2) / 5 + 1)};
}

int temporal_month_days(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && is_leap);
}

bool temporal_is_date(int64_t year, int64_t month, int64_t day)
{
    return year >= -TEMPORAL_MAX_YEAR && year <= TEMPORAL_MAX_YEAR && month >= 1 && month <= 12 &&
           day >= 1 && day <= temporal_month_days(year, (int)month);
}

int temporal_weekday(int64_t day)
{
    return (int)(((day + 3) % 7 + 7) % 7) + 1; /* 1970-01-01 was a Thursday */
}

struct value temporal_moment(struct arena *a, enum value_kind kind, struct moment m)
{
    struct moment *copy = arena_new(a, struct moment);
    *copy = m;
    return (struct value){.kind = (uint8_t)kind, .moment = copy};
}

struct value temporal_seconds(int64_t seconds, int64_t nanos)
{
    int64_t carry = nanos / NANOS - (nanos % NANOS < 0);
    return (struct value){
        .kind = VALUE_SECONDS, .i = seconds + carry, .n = (uint32_t)(nanos - carry * NANOS)};
}

struct value temporal_months(int64_t months)
{
    return (struct value){.kind = VALUE_MONTHS, .i = months};
}

/* Exactly n digits. */
static bool take_digits(str *s, size_t n, int64_t *v)
{
    if (s->n < n)
        return false;
    int64_t got = 0;
    for (size_t i = 0; i < n; i++) {
        if (s->p[i] < '0' || s->p[i] > '9')
            return false;
        got = got * 10 + (s->p[i] - '0');
    }
    *v = got;
    *s = str_slice(*s, n, s->n);
    return true;
}

static bool take_char(str *s, char c)
{
    if (s->n == 0 || *s->p != c)
        return false;
    *s = str_slice(*s, 1, s->n);
    return true;
}

static bool take_date(str *s, int64_t *day)
{
    bool is_negative = take_char(s, '-');
    size_t digits = 0;
    int64_t y, m, d;
    while (digits < s->n && s->p[digits] >= '0' && s->p[digits] <= '9')
        digits++;
    if (digits < 4 || digits > 9 || (digits > 4 && *s->p == '0') || !take_digits(s, digits, &y) ||
        !take_char(s, '-') || !take_digits(s, 2, &m) || !take_char(s, '-') ||
        !take_digits(s, 2, &d))
        return false;
    y = is_negative ? -y : y;
    if (!temporal_is_date(y, m, d))
        return false;
    *day = temporal_day(y, (int)m, (int)d);
    return true;
}

bool temporal_parse_date(struct value *v, str s)
{
    int64_t day;
    if (!take_date(&s, &day) || s.n)
        return false;
    *v = (struct value){.kind = VALUE_DATE, .i = day};
    return true;
}

/* .digits as nanoseconds; finer digits are dropped */
static void take_fraction(str *s, int64_t *nano)
{
    int64_t unit = NANOS / 10, v = 0;
    for (; s->n && *s->p >= '0' && *s->p <= '9'; *s = str_slice(*s, 1, s->n), unit /= 10)
        v += unit * (*s->p - '0');
    *nano = v;
}

static bool take_zone(str *s, struct moment *m)
{
    enum { FURTHEST = 18 * 3600 };
    if (s->n == 0)
        return true;
    if (take_char(s, 'Z') || take_char(s, 'z')) {
        m->zone_kind = MOMENT_OFFSET;
        return true;
    }
    if (take_char(s, '@')) {
        m->zone_kind = MOMENT_NAMED;
        m->zone = zone_find(*s);
        *s = str_slice(*s, s->n, s->n);
        return m->zone != NULL;
    }
    int sign = take_char(s, '-') ? -1 : 1;
    int64_t hour, minute, second = 0;
    if ((sign > 0 && !take_char(s, '+')) || !take_digits(s, 2, &hour) || !take_char(s, ':') ||
        !take_digits(s, 2, &minute) || (take_char(s, ':') && !take_digits(s, 2, &second)) ||
        minute > 59 || second > 59)
        return false;
    int64_t offset = hour * 3600 + minute * 60 + second;
    m->zone_kind = MOMENT_OFFSET;
    m->offset = (int32_t)(sign * offset);
    return offset <= FURTHEST;
}

static bool take_time(str *s, struct moment *m)
{
    int64_t hour, minute, second, nano = 0;
    if (!take_digits(s, 2, &hour) || !take_char(s, ':') || !take_digits(s, 2, &minute) ||
        !take_char(s, ':') || !take_digits(s, 2, &second))
        return false;
    if (take_char(s, '.')) {
        size_t before = s->n;
        take_fraction(s, &nano);
        if (s->n == before)
            return false;
    }
    bool is_midnight = hour == 24 && minute == 0 && second == 0 && nano == 0;
    if ((hour > 23 && !is_midnight) || minute > 59 || second > 59)
        return false;
    m->nano = (hour * 3600 + minute * 60 + second) * NANOS + nano;
    if (is_midnight) {
        m->nano = 0;
        m->day++;
    }
    return take_zone(s, m);
}

bool temporal_parse_time(struct value *v, str s, struct arena *a)
{
    struct moment m = {0};
    if (!take_time(&s, &m) || s.n)
        return false;
    m.day = 0;
    *v = temporal_moment(a, VALUE_TIME, m);
    return true;
}

bool temporal_parse_date_time(struct value *v, str s, struct arena *a)
{
    struct moment m = {0};
    if (!take_date(&s, &m.day) || !take_char(&s, 'T') || !take_time(&s, &m) || s.n)
        return false;
    *v = temporal_moment(a, VALUE_DATE_TIME, m);
    return true;
}

struct parts { /* of a duration, in the order they may be written */
    int64_t amount[6];
    bool has[6];
    int64_t nano;
};

static bool take_parts(str s, struct parts *p)
{
    static const char letters[] = "YMDHMS";
    size_t next = 0;
    bool has_any = false, after_t = false;
    while (s.n) {
        if (take_char(&s, 'T')) {
            if (after_t || s.n == 0)
                return false;
            after_t = true;
            next = 3;
        }
        size_t digits = 0;
        while (digits < s.n && s.p[digits] >= '0' && s.p[digits] <= '9')
            digits++;
        int64_t v;
        if (digits == 0 || digits > 18 || !take_digits(&s, digits, &v))
            return false;
        bool has_fraction = take_char(&s, '.');
        if (has_fraction)
            take_fraction(&s, &p->nano);
        size_t end = after_t ? 6 : 3;
        while (next < end && (s.n == 0 || letters[next] != *s.p))
            next++;
        if (next == end || (has_fraction && next != 5))
            return false;
        s = str_slice(s, 1, s.n);
        p->amount[next] = v;
        p->has[next++] = has_any = true;
    }
    return has_any;
}

bool temporal_parse_duration(struct value *v, str s)
{
    bool is_negative = take_char(&s, '-');
    struct parts p = {0};
    if (!take_char(&s, 'P') || !take_parts(s, &p))
        return false;
    bool is_months = p.has[0] || p.has[1];
    static const int64_t unit[] = {12, 1, DAY_SECONDS, 3600, 60, 1};
    int64_t total = 0;
    for (size_t i = 0; i < 6; i++) {
        int64_t part;
        if ((p.has[i] && (i < 2) != is_months) ||
            __builtin_mul_overflow(p.amount[i], unit[i], &part) ||
            __builtin_add_overflow(total, part, &total))
            return false;
    }
    if (is_months)
        *v = temporal_months(is_negative ? -total : total);
    else
        *v = is_negative ? temporal_seconds(-total, -p.nano) : temporal_seconds(total, p.nano);
    return true;
}

bool temporal_parse(struct value *v, str s, struct arena *a)
{
    return temporal_parse_duration(v, s) || temporal_parse_date(v, s) ||
           temporal_parse_time(v, s, a) || temporal_parse_date_time(v, s, a);
}

static void write_nano(struct buf *out, int64_t nano)
{
    if (nano == 0)
        return;
    int digits = 9;
    for (; nano % 10 == 0; nano /= 10)
        digits--;
    buf_add_format(out, ".%0*lld", digits, (long long)nano);
}

static void write_date(struct buf *out, int64_t day)
{
    struct civil c = temporal_civil(day);
    buf_add_format(out, "%s%04lld-%02d-%02d", c.year < 0 ? "-" : "",
                   (long long)(c.year < 0 ? -c.year : c.year), c.month, c.day);
}

static void write_time(struct buf *out, const struct moment *m)
{
    int64_t second = m->nano / NANOS;
    buf_add_format(out, "%02d:%02d:%02d", (int)(second / 3600), (int)(second / 60 % 60),
                   (int)(second % 60));
    write_nano(out, m->nano % NANOS);
    if (m->zone_kind == MOMENT_NAMED) {
        buf_add_char(out, '@');
        buf_add(out, zone_name(m->zone));
    } else if (m->zone_kind == MOMENT_OFFSET && m->offset == 0) {
        buf_add_char(out, 'Z');
    } else if (m->zone_kind == MOMENT_OFFSET) {
        int o = m->offset < 0 ? -m->offset : m->offset;
        buf_add_format(out, "%c%02d:%02d", m->offset < 0 ? '-' : '+', o / 3600, o / 60 % 60);
        if (o % 60)
            buf_add_format(out, ":%02d", o % 60);
    }
}

static void write_months(struct buf *out, int64_t months)
{
    if (months < 0)
        buf_add_char(out, '-');
    uint64_t m = months < 0 ? -(uint64_t)months : (uint64_t)months;
    buf_add_char(out, 'P');
    if (m >= 12)
        buf_add_format(out, "%lluY", (unsigned long long)(m / 12));
    if (m % 12 || m == 0)
        buf_add_format(out, "%lluM", (unsigned long long)(m % 12));
}

static void write_seconds(struct buf *out, struct value v)
{
    int64_t s = v.i, nano = v.n;
    if (s < 0) {
        buf_add_char(out, '-');
        s = nano ? -(s + 1) : -s;
        nano = nano ? NANOS - nano : 0;
    }
    buf_add_char(out, 'P');
    if (s >= DAY_SECONDS)
        buf_add_format(out, "%lldD", (long long)(s / DAY_SECONDS));
    s = s % DAY_SECONDS;
    if (s || nano || (v.i == 0 && v.n == 0))
        buf_add_char(out, 'T');
    if (s >= 3600)
        buf_add_format(out, "%lldH", (long long)(s / 3600));
    if (s / 60 % 60)
        buf_add_format(out, "%lldM", (long long)(s / 60 % 60));
    if (s % 60 || nano || (v.i == 0 && v.n == 0)) {
        buf_add_format(out, "%lld", (long long)(s % 60));
        write_nano(out, nano);
        buf_add_char(out, 'S');
    }
}

void temporal_write(struct buf *out, struct value v)
{
    switch (v.kind) {
    case VALUE_DATE:
        write_date(out, v.i);
        return;
    case VALUE_TIME:
        write_time(out, v.moment);
        return;
    case VALUE_DATE_TIME:
        write_date(out, v.moment->day);
        buf_add_char(out, 'T');
        write_time(out, v.moment);
        return;
    case VALUE_MONTHS:
        write_months(out, v.i);
        return;
    case VALUE_SECONDS:
        write_seconds(out, v);
        return;
    default:
        return;
    }
}
