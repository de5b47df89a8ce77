#include "base/decimal.h"

#include <math.h>

#define E19 ((decimal_coef)10000000000000000000u)
#define TENS(b)                                                                                    \
    (b), (b)*10u, (b)*100u, (b)*1000u, (b)*10000u, (b)*100000u, (b)*1000000u, (b)*10000000u,       \
        (b)*100000000u, (b)*1000000000u
static const decimal_coef POWERS[] = {TENS((decimal_coef)1), TENS((decimal_coef)10000000000u),
                                      TENS(E19 * 10u), TENS(E19 * 100000000000u)};
enum { MAX_POWER = 38 }; /* 10^38 < 2^128 < 10^39 */

decimal_coef decimal_power_of_ten(int n)
{
    return POWERS[n];
}

int decimal_digit_count(decimal_coef c)
{
    uint64_t high = (uint64_t)(c >> 64), low = (uint64_t)c;
    if (c == 0)
        return 0;
    int bits = high ? 128 - __builtin_clzll(high) : 64 - __builtin_clzll(low);
    int guess = bits * 1233 >> 12; /* 1233/4096 is just under log10(2) */
    return guess + (guess <= MAX_POWER && c >= POWERS[guess]);
}

struct decimal decimal_from_int(int64_t n)
{
    uint64_t size = n < 0 ? -(uint64_t)n : (uint64_t)n;
    return (struct decimal){.coef = size, .is_negative = n < 0};
}

/* Whether the quotient grows by one, from what was cut: twice the rest against the whole. */
static bool rounds_up(enum decimal_rounding how, bool is_odd, int half, bool is_inexact,
                      bool is_negative)
{
    switch (how) {
    case DECIMAL_HALF_EVEN:
        return half > 0 || (half == 0 && is_odd);
    case DECIMAL_HALF_UP:
        return half >= 0;
    case DECIMAL_HALF_DOWN:
        return half > 0;
    case DECIMAL_UP:
        return is_inexact;
    case DECIMAL_DOWN:
        return false;
    case DECIMAL_FLOOR:
        return is_inexact && is_negative;
    case DECIMAL_CEILING:
        return is_inexact && !is_negative;
    }
    return false;
}

/* c / 10^drop, rounded; is_inexact says that the true coefficient lies a little above c. */
static decimal_coef cut(decimal_coef c, int64_t drop, enum decimal_rounding how, bool is_negative,
                        bool is_inexact)
{
    if (drop <= 0)
        return c;
    if (drop > MAX_POWER)
        return rounds_up(how, false, -1, c != 0 || is_inexact, is_negative);
    decimal_coef unit = POWERS[drop], q = c / unit, rest = c % unit, middle = unit / 2;
    int half = rest > middle ? 1 : rest < middle ? -1 : is_inexact;
    return q + rounds_up(how, q & 1, half, rest != 0 || is_inexact, is_negative);
}

bool decimal_settle(struct decimal *r, decimal_coef coef, int64_t exp, bool is_negative,
                    bool is_inexact)
{
    int64_t drop = decimal_digit_count(coef) - DECIMAL_DIGITS;
    if (DECIMAL_MIN_EXP - exp > drop)
        drop = DECIMAL_MIN_EXP - exp;
    if (drop > 0) {
        coef = cut(coef, drop, DECIMAL_HALF_EVEN, is_negative, is_inexact);
        exp += drop;
        if (coef == POWERS[DECIMAL_DIGITS]) {
            coef = POWERS[DECIMAL_DIGITS - 1];
            exp++;
        }
    }
    if (coef == 0)
        exp = exp > 0 ? 0 : exp;
    while (exp > DECIMAL_MAX_EXP && coef < POWERS[DECIMAL_DIGITS - 1]) {
        coef *= 10;
        exp--;
    }
    if (exp > DECIMAL_MAX_EXP)
        return false;
    *r = (struct decimal){coef, (int32_t)exp, is_negative && coef};
    return true;
}

bool decimal_parse(struct decimal *r, str s)
{
    decimal_coef coef = 0;
    int64_t exp = 0;
    bool is_negative = s.n && *s.p == '-', has_point = false, is_inexact = false;
    size_t i = is_negative, digits = 0;
    for (; i < s.n; i++) {
        char c = s.p[i];
        if (c == '.' && !has_point) {
            has_point = true;
            continue;
        }
        if (c < '0' || c > '9')
            break;
        digits++;
        if (coef < POWERS[MAX_POWER - 1]) {
            coef = coef * 10 + (unsigned)(c - '0');
            exp -= has_point;
        } else {
            is_inexact |= c != '0';
            exp += !has_point;
        }
    }
    if (digits == 0 || s.p[i - 1] == '.')
        return false;
    if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
        bool minus = i + 1 < s.n && s.p[i + 1] == '-';
        i += minus || (i + 1 < s.n && s.p[i + 1] == '+') ? 2 : 1;
        int64_t e = 0;
        size_t first = i;
        for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
            e = e > 1000000 ? e : e * 10 + (s.p[i] - '0');
        if (i == first)
            return false;
        exp += minus ? -e : e;
    }
    if (coef == 0 && exp > 0)
        exp = 0;
    return i == s.n && decimal_settle(r, coef, exp, is_negative, is_inexact);
}

struct decimal decimal_strip(struct decimal a)
{
    if (a.coef == 0)
        return (struct decimal){0};
    while (a.coef % 10000 == 0 && a.exp < DECIMAL_MAX_EXP - 4) {
        a.coef /= 10000;
        a.exp += 4;
    }
    while (a.coef % 10 == 0 && a.exp < DECIMAL_MAX_EXP) {
        a.coef /= 10;
        a.exp++;
    }
    return a;
}

static void add_zeros(struct buf *out, int64_t n)
{
    for (; n > 0; n--)
        buf_add_char(out, '0');
}

void decimal_write(struct buf *out, const struct decimal *d)
{
    enum { MOST_ZEROS = 400 };
    struct decimal a = *d;
    for (; a.coef && a.coef % 10 == 0; a.coef /= 10)
        a.exp++; /* beyond the largest exponent, too: this is but text */
    a.exp = a.coef ? a.exp : 0;
    char text[40];
    size_t i = sizeof text;
    do {
        text[--i] = (char)('0' + (int)(a.coef % 10));
        a.coef /= 10;
    } while (a.coef);
    str digits = {text + i, sizeof text - i};
    int64_t whole = (int64_t)digits.n + a.exp; /* digits before the point */
    if (a.is_negative)
        buf_add_char(out, '-');
    if (a.exp >= 0 && a.exp <= MOST_ZEROS) {
        buf_add(out, digits);
        add_zeros(out, a.exp);
    } else if (a.exp < 0 && whole > 0) {
        buf_add(out, str_slice(digits, 0, (size_t)whole));
        buf_add_char(out, '.');
        buf_add(out, str_slice(digits, (size_t)whole, digits.n));
    } else if (a.exp < 0 && whole > -MOST_ZEROS) {
        buf_add_lit(out, "0.");
        add_zeros(out, -whole);
        buf_add(out, digits);
    } else {
        buf_add(out, str_slice(digits, 0, 1));
        if (digits.n > 1)
            buf_add_char(out, '.');
        buf_add(out, str_slice(digits, 1, digits.n));
        buf_add_char(out, 'e');
        buf_add_int(out, whole - 1);
    }
}

int decimal_compare(const struct decimal *a, const struct decimal *b)
{
    if (a->coef == 0 || b->coef == 0 || a->is_negative != b->is_negative) {
        int x = a->coef ? (a->is_negative ? -1 : 1) : 0,
            y = b->coef ? (b->is_negative ? -1 : 1) : 0;
        return (x > y) - (x < y);
    }
    int sign = a->is_negative ? -1 : 1;
    decimal_coef x = a->coef, y = b->coef;
    if (a->exp != b->exp) {
        int p = decimal_digit_count(x) + a->exp, q = decimal_digit_count(y) + b->exp;
        if (p != q)
            return p > q ? sign : -sign;
        if (a->exp > b->exp)
            x *= POWERS[a->exp - b->exp];
        else
            y *= POWERS[b->exp - a->exp];
    }
    return x > y ? sign : x < y ? -sign : 0;
}

/* x has the larger exponent. */
static bool add_aligned(struct decimal *r, const struct decimal *x, const struct decimal *y)
{
    int64_t apart = (int64_t)x->exp - y->exp, room = MAX_POWER - 1 - decimal_digit_count(x->coef);
    int64_t up = apart < room ? apart : room, down = apart - up;
    decimal_coef p = x->coef * POWERS[up], q = y->coef;
    bool is_cut = false;
    if (down > 0) {
        decimal_coef unit = down <= MAX_POWER ? POWERS[down] : 0;
        is_cut = unit ? q % unit != 0 : q != 0;
        q = unit ? q / unit : 0;
    }
    int64_t exp = (int64_t)x->exp - up;
    if (x->is_negative == y->is_negative)
        return decimal_settle(r, p + q, exp, x->is_negative, is_cut);
    if (p >= q + is_cut)
        return decimal_settle(r, p - q - is_cut, exp, x->is_negative, is_cut);
    return decimal_settle(r, q - p, exp, y->is_negative, false);
}

bool decimal_add(struct decimal *r, const struct decimal *a, const struct decimal *b)
{
    if (a->coef == 0 && a->exp >= b->exp) {
        *r = *b;
        return true;
    }
    if (b->coef == 0 && b->exp >= a->exp) {
        *r = *a;
        return true;
    }
    if (a->coef == 0 || b->coef == 0) { /* the zero has more places: keep the value */
        *r = a->coef ? *a : *b;
        return true;
    }
    return a->exp >= b->exp ? add_aligned(r, a, b) : add_aligned(r, b, a);
}

bool decimal_sub(struct decimal *r, const struct decimal *a, const struct decimal *b)
{
    struct decimal minus = *b;
    minus.is_negative = b->coef && !b->is_negative;
    return decimal_add(r, a, &minus);
}

/* 256-bit number, least word first. */
struct wide {
    uint64_t word[4];
};

static struct wide wide_mul(decimal_coef a, decimal_coef b)
{
    uint64_t x[2] = {(uint64_t)a, (uint64_t)(a >> 64)}, y[2] = {(uint64_t)b, (uint64_t)(b >> 64)};
    struct wide r = {{0}};
    for (int i = 0; i < 2; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < 2; j++) {
            decimal_coef t = (decimal_coef)x[i] * y[j] + r.word[i + j] + carry;
            r.word[i + j] = (uint64_t)t;
            carry = (uint64_t)(t >> 64);
        }
        r.word[i + 2] = carry;
    }
    return r;
}

/* Divides in place, returns the rest. */
static uint64_t wide_div(struct wide *w, uint64_t by)
{
    uint64_t rest = 0;
    for (int i = 3; i >= 0; i--) {
        decimal_coef t = (decimal_coef)rest << 64 | w->word[i];
        w->word[i] = (uint64_t)(t / by);
        rest = (uint64_t)(t % by);
    }
    return rest;
}

static bool wide_fits(const struct wide *w)
{
    decimal_coef low = (decimal_coef)w->word[1] << 64 | w->word[0];
    return w->word[3] == 0 && w->word[2] == 0 && low < POWERS[MAX_POWER];
}

bool decimal_mul(struct decimal *r, const struct decimal *a, const struct decimal *b)
{
    bool is_negative = a->is_negative != b->is_negative;
    int64_t exp = (int64_t)a->exp + b->exp;
    decimal_coef product;
    if (!__builtin_mul_overflow(a->coef, b->coef, &product) && product < POWERS[MAX_POWER])
        return decimal_settle(r, product, exp, is_negative, false);
    struct wide w = wide_mul(a->coef, b->coef);
    bool is_cut = false;
    /* Down to 37 digits or fewer, at least 36: two guard digits and the sticky flag round right. */
    int64_t drop = decimal_digit_count(a->coef) + decimal_digit_count(b->coef) - 37;
    for (; drop > 0 || !wide_fits(&w);) {
        int step = drop > 19 ? 19 : drop > 0 ? (int)drop : 1;
        is_cut |= wide_div(&w, (uint64_t)POWERS[step]) != 0;
        drop -= step;
        exp += step;
    }
    product = (decimal_coef)w.word[1] << 64 | w.word[0];
    return decimal_settle(r, product, exp, is_negative, is_cut);
}

bool decimal_div(struct decimal *r, const struct decimal *a, const struct decimal *b)
{
    if (b->coef == 0)
        return false;
    int64_t exp = (int64_t)a->exp - b->exp, ideal = exp;
    decimal_coef q, rest;
    if (a->coef >> 64 == 0 && b->coef >> 64 == 0) {
        q = (uint64_t)a->coef / (uint64_t)b->coef;
        rest = (uint64_t)a->coef % (uint64_t)b->coef;
    } else {
        q = a->coef / b->coef;
        rest = a->coef % b->coef;
    }
    int digits_b = decimal_digit_count(b->coef);
    for (int have = decimal_digit_count(q); rest && have < DECIMAL_DIGITS + 2;
         have = decimal_digit_count(q)) {
        int step = MAX_POWER - digits_b, room = MAX_POWER - 1 - have;
        step = step > room ? room : step;
        rest *= POWERS[step];
        q = q * POWERS[step] + rest / b->coef;
        rest %= b->coef;
        exp -= step;
    }
    while (rest == 0 && exp < ideal && q && q % 10 == 0) {
        q /= 10;
        exp++;
    }
    return decimal_settle(r, q, exp, a->is_negative != b->is_negative, rest != 0);
}

/* |a| mod |b|: scaled integers, never losing a digit. */
static bool remainder_of(struct decimal *r, const struct decimal *a, const struct decimal *b)
{
    int64_t apart = (int64_t)a->exp - b->exp;
    if (apart < 0) {
        if (decimal_digit_count(b->coef) - apart > MAX_POWER)
            return decimal_settle(r, a->coef, a->exp, false, false); /* |a| < |b| */
        return decimal_settle(r, a->coef % (b->coef * POWERS[-apart]), a->exp, false, false);
    }
    decimal_coef rest = a->coef % b->coef;
    int room = MAX_POWER - decimal_digit_count(b->coef);
    while (apart > 0 && rest) {
        int step = apart > room ? room : (int)apart;
        rest = rest * POWERS[step] % b->coef;
        apart -= step;
    }
    return decimal_settle(r, rest, b->exp, false, false);
}

bool decimal_modulo(struct decimal *r, const struct decimal *a, const struct decimal *b)
{
    struct decimal rest;
    if (b->coef == 0 || !remainder_of(&rest, a, b))
        return false;
    rest.is_negative = a->is_negative && rest.coef;
    if (rest.coef && a->is_negative != b->is_negative)
        return decimal_add(r, &rest, b);
    *r = rest;
    return true;
}

bool decimal_round(struct decimal *r, const struct decimal *a, int64_t scale,
                   enum decimal_rounding how)
{
    if (scale > -DECIMAL_MIN_EXP || scale < -DECIMAL_MAX_EXP)
        return false;
    int64_t drop = -scale - a->exp;
    if (drop <= 0) {
        *r = *a;
        return true;
    }
    return decimal_settle(r, cut(a->coef, drop, how, a->is_negative, false), -scale, a->is_negative,
                          false);
}

bool decimal_is_integer(const struct decimal *a)
{
    if (a->exp >= 0 || a->coef == 0)
        return true;
    return -a->exp <= MAX_POWER && a->coef % POWERS[-a->exp] == 0;
}

bool decimal_truncate(const struct decimal *a, int64_t *n)
{
    decimal_coef c = a->coef;
    if (a->exp < 0)
        c = -a->exp <= MAX_POWER ? c / POWERS[-a->exp] : 0;
    else if (a->exp > 0 && c)
        c = a->exp < 19 && c < POWERS[19] ? c * POWERS[a->exp] : POWERS[19];
    if (c > (decimal_coef)INT64_MAX)
        return false;
    *n = a->is_negative ? -(int64_t)c : (int64_t)c;
    return true;
}

bool decimal_to_int64(const struct decimal *a, int64_t *n)
{
    return decimal_is_integer(a) && decimal_truncate(a, n);
}

double decimal_to_double(const struct decimal *a)
{
    double v = (double)a->coef * pow(10, a->exp);
    if (a->exp < -300)
        v = (double)a->coef * pow(10, a->exp / 2) * pow(10, a->exp - a->exp / 2);
    return a->is_negative ? -v : v;
}
