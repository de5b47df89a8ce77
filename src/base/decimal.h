/* Decimal numbers of 34 digits, as decimal128 of IEEE 754-2008: what FEEL calls number.
 *
 * value = ±coef × 10^exp, coef < 10^34, exp in -6176..6111.  There are no NaNs and infinities: an
 * operation whose result does not exist or is too large returns false and leaves *r untouched.
 * Results are rounded half-even to 34 digits; add, subtract, multiply, divide and remainder are
 * correctly rounded.  Exponential, logarithm and power are right to some 30 digits. */
#pragma once
#include "base/buf.h"
#include "base/str.h"

typedef unsigned __int128 decimal_coef;

struct decimal {
    decimal_coef coef;
    int32_t exp;
    bool is_negative; /* never with coef 0 */
};

enum { DECIMAL_DIGITS = 34, DECIMAL_MAX_EXP = 6111, DECIMAL_MIN_EXP = -6176 };

enum decimal_rounding {
    DECIMAL_HALF_EVEN,
    DECIMAL_HALF_UP,   /* ties away from zero */
    DECIMAL_HALF_DOWN, /* ties towards zero */
    DECIMAL_UP,        /* away from zero */
    DECIMAL_DOWN,      /* towards zero */
    DECIMAL_FLOOR,
    DECIMAL_CEILING
};

struct decimal decimal_from_int(int64_t n);
/* [-]digits[.digits][e[±]digits], also ".5"; the whole text.  Any length; excess digits round. */
MUST_USE bool decimal_parse(struct decimal *r, str text);
/* Shortest text of the value: no trailing zeros, no exponent unless it saves more than 400 zeros.
 */
void decimal_write(struct buf *out, const struct decimal *d);

MUST_USE bool decimal_add(struct decimal *r, const struct decimal *a, const struct decimal *b);
MUST_USE bool decimal_sub(struct decimal *r, const struct decimal *a, const struct decimal *b);
MUST_USE bool decimal_mul(struct decimal *r, const struct decimal *a, const struct decimal *b);
MUST_USE bool decimal_div(struct decimal *r, const struct decimal *a, const struct decimal *b);
/* a - b × floor(a / b), exact: the sign of b (FEEL modulo). */
MUST_USE bool decimal_modulo(struct decimal *r, const struct decimal *a, const struct decimal *b);
MUST_USE bool decimal_pow(struct decimal *r, const struct decimal *a, const struct decimal *b);
MUST_USE bool decimal_sqrt(struct decimal *r, const struct decimal *a);
MUST_USE bool decimal_exp(struct decimal *r, const struct decimal *a);
MUST_USE bool decimal_log(struct decimal *r, const struct decimal *a);
/* To `scale` digits after the point; a negative scale rounds to tens, hundreds. */
MUST_USE bool decimal_round(struct decimal *r, const struct decimal *a, int64_t scale,
                            enum decimal_rounding how);

/* <0, 0, >0; exact. */
int decimal_compare(const struct decimal *a, const struct decimal *b);
bool decimal_is_integer(const struct decimal *a);
/* False when it is no integer or does not fit. */
MUST_USE bool decimal_to_int64(const struct decimal *a, int64_t *n);
/* The integer part, towards zero; false when it does not fit. */
MUST_USE bool decimal_truncate(const struct decimal *a, int64_t *n);
double decimal_to_double(const struct decimal *a);
/* Fewest digits: 1.500 becomes 1.5, 1200 becomes 12e2. */
struct decimal decimal_strip(struct decimal a);
int decimal_digit_count(decimal_coef c);  /* 0 for 0 */
decimal_coef decimal_power_of_ten(int n); /* n in 0..38 */
/* Settles an unrounded coefficient (up to 38 digits) into range; is_inexact: more follows below. */
MUST_USE bool decimal_settle(struct decimal *r, decimal_coef coef, int64_t exp, bool is_negative,
                             bool is_inexact);
