/* Dates, times and durations (DMN 1.5, 10.3.4.2 and 10.3.4.6). */
#include "feel/machine.h"

static struct value no_conversion(struct machine *m, const char *name, struct value v)
{
    if (v.kind == VALUE_NULL)
        return v;
    return machine_warn(m, "%s(): %s cannot be read as one", name, value_kind_name(v.kind));
}

static struct value no_text(struct machine *m, const char *name, struct value v)
{
    return machine_warn(m, "%s(): \"%.*s\" is none", name, v.n > 60 ? 60 : (int)v.n, v.text);
}

static bool take_int(struct value v, int64_t *n)
{
    return value_to_int(v, n);
}

struct value builtin_date(struct machine *m, const struct value *a, size_t n)
{
    struct value v;
    int64_t year, month, day;
    if (n == 3) {
        if (!take_int(a[0], &year) || !take_int(a[1], &month) || !take_int(a[2], &day) ||
            !temporal_is_date(year, month, day))
            return machine_warn(m, "date(): there is no such day");
        return (struct value){.kind = VALUE_DATE, .i = temporal_day(year, (int)month, (int)day)};
    }
    if (n == 2)
        return machine_warn(m, "date() takes 1 or 3 arguments");
    if (a[0].kind == VALUE_DATE)
        return a[0];
    if (a[0].kind == VALUE_DATE_TIME)
        return (struct value){.kind = VALUE_DATE, .i = a[0].moment->day};
    if (a[0].kind != VALUE_STRING)
        return no_conversion(m, "date", a[0]);
    return temporal_parse_date(&v, value_text(a[0])) ? v : no_text(m, "date", a[0]);
}

static struct value time_of_parts(struct machine *m, const struct value *a, size_t n)
{
    int64_t hour, minute;
    struct moment t = {0};
    if (!take_int(a[0], &hour) || !take_int(a[1], &minute) || a[2].kind != VALUE_NUMBER ||
        hour < 0 || hour > 23 || minute < 0 || minute > 59)
        return machine_warn(m, "time(): there is no such time");
    struct decimal second = value_decimal(a[2]);
    int64_t nanos;
    second.exp += 9;
    if (second.is_negative || !decimal_truncate(&second, &nanos) || nanos >= 60 * NANOS)
        return machine_warn(m, "time(): there is no such second");
    t.nano = (hour * 3600 + minute * 60) * NANOS + nanos;
    if (n == 4 && a[3].kind == VALUE_SECONDS) {
        if (a[3].i > 18 * 3600 || a[3].i < -18 * 3600)
            return machine_warn(m, "time(): the offset is beyond 18 hours");
        t.zone_kind = MOMENT_OFFSET;
        t.offset = (int32_t)a[3].i;
    } else if (n == 4 && a[3].kind != VALUE_NULL) {
        return machine_warn(m, "time(): the offset must be a days and time duration");
    }
    return temporal_moment(m->arena, VALUE_TIME, t);
}

struct value builtin_time(struct machine *m, const struct value *a, size_t n)
{
    struct value v;
    if (n >= 3)
        return time_of_parts(m, a, n);
    if (n == 2)
        return machine_warn(m, "time() takes 1, 3 or 4 arguments");
    if (a[0].kind == VALUE_TIME)
        return a[0];
    if (a[0].kind == VALUE_DATE)
        return temporal_moment(m->arena, VALUE_TIME, temporal_midnight(0));
    if (a[0].kind == VALUE_DATE_TIME) {
        struct moment t = *a[0].moment;
        t.day = 0;
        return temporal_moment(m->arena, VALUE_TIME, t);
    }
    if (a[0].kind != VALUE_STRING)
        return no_conversion(m, "time", a[0]);
    return temporal_parse_time(&v, value_text(a[0]), m->arena) ? v : no_text(m, "time", a[0]);
}

struct value builtin_date_and_time(struct machine *m, const struct value *a, size_t n)
{
    struct value v;
    if (n == 2) {
        if ((a[0].kind != VALUE_DATE && a[0].kind != VALUE_DATE_TIME) || a[1].kind != VALUE_TIME)
            return no_conversion(m, "date and time", a[0]);
        struct moment t = *a[1].moment;
        t.day = a[0].kind == VALUE_DATE ? a[0].i : a[0].moment->day;
        return temporal_moment(m->arena, VALUE_DATE_TIME, t);
    }
    if (a[0].kind == VALUE_DATE_TIME)
        return a[0];
    if (a[0].kind == VALUE_DATE)
        return temporal_moment(m->arena, VALUE_DATE_TIME, temporal_midnight(a[0].i));
    if (a[0].kind != VALUE_STRING)
        return no_conversion(m, "date and time", a[0]);
    if (temporal_parse_date(&v, value_text(a[0])))
        return temporal_moment(m->arena, VALUE_DATE_TIME, (struct moment){.day = v.i});
    return temporal_parse_date_time(&v, value_text(a[0]), m->arena)
               ? v
               : no_text(m, "date and time", a[0]);
}

struct value builtin_duration(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    struct value v;
    if (a[0].kind == VALUE_SECONDS || a[0].kind == VALUE_MONTHS)
        return a[0];
    if (a[0].kind != VALUE_STRING)
        return no_conversion(m, "duration", a[0]);
    return temporal_parse_duration(&v, value_text(a[0])) ? v : no_text(m, "duration", a[0]);
}

static bool is_day(struct value v)
{
    return v.kind == VALUE_DATE || v.kind == VALUE_DATE_TIME;
}

static int64_t day_of(struct value v)
{
    return v.kind == VALUE_DATE ? v.i : v.moment->day;
}

struct value builtin_years_and_months_duration(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    if (!is_day(a[0]) || !is_day(a[1]))
        return no_conversion(m, "years and months duration", is_day(a[0]) ? a[1] : a[0]);
    return temporal_months_between(a[0], a[1]);
}

struct value builtin_day_of_year(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    if (!is_day(a[0]))
        return no_conversion(m, "day of year", a[0]);
    int64_t day = day_of(a[0]);
    return value_int(day - temporal_day(temporal_civil(day).year, 1, 1) + 1);
}

struct value builtin_day_of_week(struct machine *m, const struct value *a, size_t n)
{
    static const char *const names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                        "Friday", "Saturday", "Sunday"};
    (void)n;
    if (!is_day(a[0]))
        return no_conversion(m, "day of week", a[0]);
    return value_string(str_from(names[temporal_weekday(day_of(a[0])) - 1]));
}

struct value builtin_month_of_year(struct machine *m, const struct value *a, size_t n)
{
    static const char *const names[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    (void)n;
    if (!is_day(a[0]))
        return no_conversion(m, "month of year", a[0]);
    return value_string(str_from(names[temporal_civil(day_of(a[0])).month - 1]));
}

struct value builtin_week_of_year(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    if (!is_day(a[0]))
        return no_conversion(m, "week of year", a[0]);
    int64_t day = day_of(a[0]), thursday = day - temporal_weekday(day) + 4; /* names the year */
    return value_int((thursday - temporal_day(temporal_civil(thursday).year, 1, 1)) / 7 + 1);
}

struct value builtin_now(struct machine *m, const struct value *a, size_t n)
{
    (void)a;
    (void)n;
    if (!m->has_now)
        return machine_warn(m, "now(): no time was given to this evaluation");
    return temporal_moment(m->arena, VALUE_DATE_TIME, m->now);
}

struct value builtin_today(struct machine *m, const struct value *a, size_t n)
{
    (void)a;
    (void)n;
    if (!m->has_now)
        return machine_warn(m, "today(): no time was given to this evaluation");
    return (struct value){.kind = VALUE_DATE, .i = m->now.day};
}
