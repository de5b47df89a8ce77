/* The loops of the column gear: plain C over arrays, written so that the compiler vectorizes them,
 * for each processor as wide as it goes.  They know nothing of forms, masks or machines.
 *
 * A result never overlaps an operand.  Where an operand may be NULL, the constant after it stands
 * for it in every row.  Booleans and masks are bytes, 0 or 1. */
#pragma once
#include "base/str.h"

typedef void loop_ints(int64_t *restrict r, const int64_t *x, const int64_t *y, int64_t c,
                       size_t n);
typedef void loop_compare(uint8_t *restrict r, const int64_t *x, const int64_t *y, int64_t c,
                          size_t n);
typedef void loop_bytes(uint8_t *restrict r, const uint8_t *x, const uint8_t *y, size_t n);

loop_ints loop_add, loop_sub, loop_mul;
loop_compare loop_eq, loop_ne, loop_lt, loop_le, loop_gt, loop_ge;
/* low <= x <= high */
void loop_within(uint8_t *restrict r, const int64_t *x, int64_t low, int64_t high, size_t n);
/* x & y, x | y, x & !y, !(x | y), x ^ y */
loop_bytes loop_both, loop_either, loop_without, loop_neither, loop_unlike;
size_t loop_count(const uint8_t *x, size_t n);

/* Rows of the mask from x, others from y. */
void loop_select_ints(int64_t *restrict r, const uint8_t *mask, const int64_t *x, int64_t cx,
                      const int64_t *y, int64_t cy, size_t n);
void loop_select_bytes(uint8_t *restrict r, const uint8_t *mask, const uint8_t *x, uint8_t cx,
                       const uint8_t *y, uint8_t cy, size_t n);
/* Masks of the active rows for which x holds and the others; how many there are of each. */
void loop_split(uint8_t *restrict holds, uint8_t *restrict not, const uint8_t *active,
                const uint8_t *x, size_t n);
/* Makes 0 what is null. */
void loop_clear(int64_t *restrict x, const uint8_t *nulls, size_t n);
void loop_clear_bytes(uint8_t *restrict x, const uint8_t *nulls, size_t n);
/* entries[x] */
void loop_gather(int64_t *restrict r, const uint8_t *x, const int64_t *entries, size_t n);
void loop_gather_bytes(uint8_t *restrict r, const uint8_t *x, const uint8_t *entries, size_t n);
void loop_truth(uint8_t *restrict r, const int64_t *x, size_t n);
/* The part of each day, counted from 1970-01-01, and whole months from x to y towards zero, as
 * temporal_civil() and temporal_months_between() have them; days within LOOP_DAYS of 1970. */
enum loop_part { LOOP_YEAR, LOOP_MONTH, LOOP_DAY };
enum { LOOP_DAYS = 1 << 20 };
void loop_date_part(int64_t *restrict r, const int64_t *x, enum loop_part part, size_t n);
loop_ints loop_months;
/* Rounded towards minus infinity, and what remains; c is not 0. */
void loop_floor(int64_t *restrict r, const int64_t *x, int64_t c, size_t n);
void loop_modulo(int64_t *restrict r, const int64_t *x, int64_t c, size_t n);
/* No |x| is larger than the result, which is a power of two. */
uint64_t loop_bound(const int64_t *x, size_t n);
