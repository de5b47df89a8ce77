/* Dates, times and durations of FEEL (10.3.2.3.4 ff.): the proleptic Gregorian calendar, years
 * -999999999..999999999, nanoseconds, fixed offsets and IANA zones. */
#pragma once
#include "feel/value.h"
#include "feel/zone.h"

enum moment_zone { MOMENT_LOCAL, MOMENT_OFFSET, MOMENT_NAMED };

struct moment {
    int64_t day;    /* since 1970-01-01; 0 in a time */
    int64_t nano;   /* of the day, local: 0 .. 86400e9 - 1 */
    int32_t offset; /* seconds east, when MOMENT_OFFSET */
    enum moment_zone zone_kind;
    const struct zone *zone; /* when MOMENT_NAMED */
};

struct civil {
    int64_t year;
    int month, day;
};

enum { TEMPORAL_MAX_YEAR = 999999999 };
#define NANOS 1000000000ll
#define DAY_SECONDS 86400ll

int64_t temporal_day(int64_t year, int month, int day);
struct civil temporal_civil(int64_t day);
int temporal_month_days(int64_t year, int month);
bool temporal_is_date(int64_t year, int64_t month, int64_t day);
int temporal_weekday(int64_t day); /* Monday 1 .. Sunday 7 */

/* Each reads the whole text; false when it is none. */
MUST_USE bool temporal_parse_date(struct value *v, str s);
MUST_USE bool temporal_parse_time(struct value *v, str s, struct arena *a);
MUST_USE bool temporal_parse_date_time(struct value *v, str s, struct arena *a);
MUST_USE bool temporal_parse_duration(struct value *v, str s);
/* Any of the four, as an @"…" literal. */
MUST_USE bool temporal_parse(struct value *v, str s, struct arena *a);
void temporal_write(struct buf *out, struct value v);

struct value temporal_moment(struct arena *a, enum value_kind kind, struct moment m);
struct value temporal_seconds(int64_t seconds, int64_t nanos); /* nanos may be any sign and size */
struct value temporal_months(int64_t months);
/* Of a moment; false for local ones.  A named zone in a time has the offset of 1970. */
bool temporal_offset(const struct moment *m, int32_t *offset);
/* Seconds since 1970-01-01T00:00Z and nanoseconds; local moments as if UTC.  Returns is-zoned. */
bool temporal_instant(const struct moment *m, int64_t *second, int64_t *nano);
/* A date as the date and time of its midnight UTC. */
struct moment temporal_midnight(int64_t day);

/* a + b, a - b where at least one is temporal; null when the pair has no sum. */
struct value temporal_add(struct arena *a, struct value x, struct value y);
struct value temporal_sub(struct arena *a, struct value x, struct value y);
struct value temporal_mul(struct arena *a, struct value duration, struct value number);
struct value temporal_div(struct arena *a, struct value duration, struct value by);
struct value temporal_negate(struct value duration);
/* The property of a temporal value; false when it has none of that name. */
MUST_USE bool temporal_property(struct value *r, struct value v, str name, struct arena *a);
/* Whole months from one to the other, towards zero: years and months duration(). */
struct value temporal_months_between(struct value from, struct value to);
