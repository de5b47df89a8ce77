/* Calendar days and instants without the C library's hidden state.  Days are counted from
 * 1970-01-01. */
#pragma once
#include "base/arena.h"

struct date {
    int32_t year; /* proleptic Gregorian */
    int month, day;
};

int32_t date_to_days(struct date d);
struct date date_from_days(int32_t days);
bool date_is_valid(struct date d);              /* years 1 to 9999 */
MUST_USE bool date_parse(str s, int32_t *days); /* exactly YYYY-MM-DD, a day that is there */
str date_format(struct arena *a, int32_t days);

/* Wall clock, for the edges only: rooms that decide take the time as an argument. */
int64_t clock_unix_ms(void);
/* The day it is in China (UTC+8, no summer time since 1991). */
int32_t date_today_china(void);
