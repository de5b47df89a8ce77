/* Roots, exponentials, logarithms and powers of decimals. */
#include "base/decimal.h"

#include <math.h>

static bool from_double(struct decimal *r, double v)
{
    char text[40];
    snprintf(text, sizeof text, "%.17e", v);
    return isfinite(v) && decimal_parse(r, str_from(text));
}

static const struct decimal ONE = {1, 0, false}, TWO = {2, 0, false};

/* 2.302585092994045684017991454684364208 to 34 digits */
static struct decimal ln_ten(void)
{
    return (struct decimal){
        (decimal_coef)230258509299404568u * 10000000000000000u + 4017991454684364u, -33, false};
}

bool decimal_sqrt(struct decimal *r, const struct decimal *a)
{
    if (a->is_negative)
        return false;
    if (a->coef == 0) {
        *r = (struct decimal){0};
        return true;
    }
    /* Take an even power of ten out, so that the first guess fits a double. */
    struct decimal m = decimal_strip(*a), x, q;
    int32_t half = (m.exp - (m.exp & 1)) / 2;
    m.exp &= 1;
    if (!from_double(&x, sqrt(decimal_to_double(&m))))
        return false;
    static const struct decimal HALF = {5, -1, false};
    for (int i = 0; i < 4; i++) {
        if (!decimal_div(&q, &m, &x) || !decimal_add(&q, &q, &x) || !decimal_mul(&x, &q, &HALF))
            return false;
    }
    x = decimal_strip(x);
    return decimal_settle(r, x.coef, (int64_t)x.exp + half, false, false);
}

/* e^x for |x| < 1.2: Taylor on x/256, then eight squarings. */
static bool exp_small(struct decimal *r, const struct decimal *x)
{
    struct decimal step, term = ONE, sum = ONE, n;
    n = decimal_from_int(256);
    if (!decimal_div(&step, x, &n))
        return false;
    for (int i = 1; i < 20; i++) {
        n = decimal_from_int(i);
        if (!decimal_mul(&term, &term, &step) || !decimal_div(&term, &term, &n) ||
            !decimal_add(&sum, &sum, &term))
            return false;
    }
    for (int i = 0; i < 8; i++) {
        if (!decimal_mul(&sum, &sum, &sum))
            return false;
    }
    *r = sum;
    return true;
}

bool decimal_exp(struct decimal *r, const struct decimal *a)
{
    struct decimal ln10 = ln_ten(), tens, rest, m;
    if (a->coef == 0) {
        *r = ONE;
        return true;
    }
    double rough = decimal_to_double(a);
    if (rough > 15000)
        return false;
    if (rough < -15000) {
        *r = (struct decimal){0};
        return true;
    }
    int64_t k = (int64_t)nearbyint(rough / 2.302585092994046);
    tens = decimal_from_int(k);
    return decimal_mul(&rest, &tens, &ln10) && decimal_sub(&rest, a, &rest) &&
           exp_small(&m, &rest) && decimal_settle(r, m.coef, m.exp + k, false, false);
}

bool decimal_log(struct decimal *r, const struct decimal *a)
{
    if (a->coef == 0 || a->is_negative)
        return false;
    if (decimal_compare(a, &ONE) == 0) {
        *r = (struct decimal){0};
        return true;
    }
    /* a = m × 10^k, m in 0.3..3; y = guess + 2 (m - e^guess) / (m + e^guess) triples the digits. */
    struct decimal m = *a, y, e, above, below, tens, ln10 = ln_ten();
    int64_t k = decimal_digit_count(m.coef) + m.exp;
    m.exp -= (int32_t)k;
    if (decimal_to_double(&m) < 0.3) {
        m.exp++;
        k--;
    }
    tens = decimal_from_int(k);
    return from_double(&y, log(decimal_to_double(&m))) && decimal_exp(&e, &y) &&
           decimal_sub(&above, &m, &e) && decimal_add(&below, &m, &e) &&
           decimal_mul(&above, &above, &TWO) && decimal_div(&above, &above, &below) &&
           decimal_add(&y, &y, &above) && decimal_mul(&tens, &tens, &ln10) &&
           decimal_add(r, &tens, &y);
}

/* By repeated squaring; the exponent is small enough that the rounding stays in the last digits. */
static bool pow_int(struct decimal *r, const struct decimal *a, uint64_t n)
{
    struct decimal base = *a, product = ONE;
    for (;;) {
        if (n & 1 && !decimal_mul(&product, &product, &base))
            return false;
        n >>= 1;
        if (n == 0)
            break;
        if (!decimal_mul(&base, &base, &base))
            return false;
    }
    *r = product;
    return true;
}

bool decimal_pow(struct decimal *r, const struct decimal *a, const struct decimal *b)
{
    enum { MOST = 1000000 };
    int64_t n;
    struct decimal x;
    if (decimal_to_int64(b, &n) && n >= -MOST && n <= MOST) {
        if (n >= 0)
            return pow_int(r, a, (uint64_t)n);
        return pow_int(&x, a, (uint64_t)-n) && decimal_div(r, &ONE, &x);
    }
    if (a->coef == 0) {
        if (b->is_negative)
            return false;
        *r = (struct decimal){0};
        return true;
    }
    return decimal_log(&x, a) && decimal_mul(&x, &x, b) && decimal_exp(r, &x);
}
