#include "base/date.h"

/* Howard Hinnant's public description of days_from_civil: eras of 400 years, March first. */
int32_t date_to_days(struct date d)
{
    int32_t y = d.year - (d.month <= 2);
    int32_t era = (y >= 0 ? y : y - 399) / 400;
    int32_t year_of_era = y - era * 400;
    int32_t day_of_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
    int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct date date_from_days(int32_t days)
{
    int32_t z = days + 719468;
    int32_t era = (z >= 0 ? z : z - 146096) / 146097;
    int32_t doe = z - era * 146097;
    int32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int32_t mp = (5 * doy + 2) / 153;
    struct date d = {yoe + era * 400, mp < 10 ? mp + 3 : mp - 9, doy - (153 * mp + 2) / 5 + 1};
    d.year += d.month <= 2;
    return d;
}

bool date_is_valid(struct date d)
{
    if (d.year < 1 || d.year > 9999 || d.month < 1 || d.month > 12 || d.day < 1 || d.day > 31)
        return false;
    struct date back = date_from_days(date_to_days(d));
    return back.month == d.month && back.day == d.day;
}

static int digits(const char *p, int n)
{
    int v = 0;
    for (int i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return -1;
        v = v * 10 + (p[i] - '0');
    }
    return v;
}

bool date_parse(str s, int32_t *days)
{
    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-')
        return false;
    struct date d = {digits(s.p, 4), digits(s.p + 5, 2), digits(s.p + 8, 2)};
    if (!date_is_valid(d))
        return false;
    *days = date_to_days(d);
    return true;
}

str date_format(struct arena *a, int32_t days)
{
    struct date d = date_from_days(days);
    return arena_format(a, "%04d-%02d-%02d", d.year, d.month, d.day);
}

int64_t clock_unix_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int32_t date_today_china(void)
{
    return (int32_t)((clock_unix_ms() / 1000 + 8 * 3600) / 86400);
}
