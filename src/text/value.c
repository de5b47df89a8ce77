#include "text/value.h"

#include <limits.h>

enum { EXPONENT_LIMIT = 1 << 30 }; /* beyond it all exponents are taken for the same */

static int64_t read_exponent(str s)
{
    bool is_negative = s.n && *s.p == '-';
    int64_t n = 0;
    for (size_t i = s.n && (*s.p == '-' || *s.p == '+'); i < s.n; i++)
        n = n > EXPONENT_LIMIT ? n : n * 10 + (s.p[i] - '0');
    n = n > EXPONENT_LIMIT ? EXPONENT_LIMIT : n;
    return is_negative ? -n : n;
}

static size_t count_zeros_in_front(str s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] == '0')
        n++;
    return n;
}

static str drop_zeros_behind(str s)
{
    while (s.n && s.p[s.n - 1] == '0')
        s.n--;
    return s;
}

struct number number_read(str text)
{
    struct number a = {.is_negative = text.n && *text.p == '-'};
    size_t i = a.is_negative, start = i;
    while (i < text.n && text.p[i] >= '0' && text.p[i] <= '9')
        i++;
    a.whole = (str){text.p + start, i - start};
    if (i < text.n && text.p[i] == '.') {
        start = ++i;
        while (i < text.n && text.p[i] >= '0' && text.p[i] <= '9')
            i++;
        a.part = (str){text.p + start, i - start};
    }
    int64_t exponent = i < text.n ? read_exponent(str_slice(text, i + 1, text.n)) : 0;
    size_t zeros = count_zeros_in_front(a.whole);
    a.whole = str_slice(a.whole, zeros, a.whole.n);
    exponent += (int64_t)a.whole.n;
    if (a.whole.n == 0) {
        zeros = count_zeros_in_front(a.part);
        a.part = str_slice(a.part, zeros, a.part.n);
        exponent -= (int64_t)zeros;
    }
    a.part = drop_zeros_behind(a.part);
    if (a.part.n == 0)
        a.whole = drop_zeros_behind(a.whole);
    if (a.whole.n + a.part.n == 0)
        return (struct number){.whole = {text.p, 0}, .part = {text.p, 0}};
    a.exponent = exponent;
    return a;
}

static bool is_zero(struct number a)
{
    return a.whole.n + a.part.n == 0;
}

static size_t digit_count(struct number a)
{
    return a.whole.n + a.part.n;
}

static char digit_at(struct number a, size_t i)
{
    return i < a.whole.n ? a.whole.p[i] : a.part.p[i - a.whole.n];
}

static int compare_digits(struct number a, struct number b)
{
    size_t n = digit_count(a), m = digit_count(b), both = n < m ? n : m;
    for (size_t i = 0; i < both; i++) {
        char x = digit_at(a, i), y = digit_at(b, i);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return (n > m) - (n < m);
}

int number_compare(struct number a, struct number b)
{
    if (is_zero(a) || is_zero(b)) {
        int sa = is_zero(a) ? 0 : a.is_negative ? -1 : 1;
        int sb = is_zero(b) ? 0 : b.is_negative ? -1 : 1;
        return (sa > sb) - (sa < sb);
    }
    if (a.is_negative != b.is_negative)
        return a.is_negative ? -1 : 1;
    int order =
        a.exponent != b.exponent ? (a.exponent < b.exponent ? -1 : 1) : compare_digits(a, b);
    return a.is_negative ? -order : order;
}

bool number_is_integer(struct number a)
{
    return is_zero(a) || a.exponent >= (int64_t)digit_count(a);
}

/* (a's digits, then zeros) modulo d. */
static uint64_t digits_modulo(struct number a, size_t zeros, uint64_t d)
{
    uint64_t r = 0;
    size_t n = digit_count(a);
    for (size_t i = 0; i < n + zeros; i++) {
        unsigned digit = i < n ? (unsigned)(digit_at(a, i) - '0') : 0;
        r = (uint64_t)(((unsigned __int128)r * 10 + digit) % d);
    }
    return r;
}

/* Schoolbook division, one decimal digit a byte, the remainder kept with the most significant digit
 * first in d.n + 1 places. */
static bool divides_long(struct number a, size_t zeros, struct number divisor)
{
    ARENA_SCOPED struct arena scratch = {0};
    size_t n = digit_count(a), m = digit_count(divisor);
    unsigned char *r = arena_array(&scratch, unsigned char, m + 1);
    unsigned char *d = arena_array(&scratch, unsigned char, m + 1);
    for (size_t i = 0; i < m; i++)
        d[i + 1] = (unsigned char)(digit_at(divisor, i) - '0');
    for (size_t i = 0; i < n + zeros; i++) {
        memmove(r, r + 1, m);
        r[m] = i < n ? (unsigned char)(digit_at(a, i) - '0') : 0;
        while (memcmp(r, d, m + 1) >= 0) {
            int borrow = 0;
            for (size_t k = m + 1; k-- > 0;) {
                int v = r[k] - d[k] - borrow;
                borrow = v < 0;
                r[k] = (unsigned char)(v + (borrow ? 10 : 0));
            }
        }
    }
    for (size_t k = 0; k <= m; k++) {
        if (r[k])
            return false;
    }
    return true;
}

bool number_is_multiple(struct number a, struct number divisor)
{
    size_t n = digit_count(a), m = digit_count(divisor);
    if (n == 0)
        return true;
    /* a = A × 10^i, divisor = D × 10^k, neither A nor D ending in zero. */
    int64_t zeros = (a.exponent - (int64_t)n) - (divisor.exponent - (int64_t)m);
    if (zeros < 0)
        return false;
    /* More zeros than D can have factors of two or five change nothing. */
    if (zeros > (int64_t)m * 4)
        zeros = (int64_t)m * 4;
    if (m > 19)
        return divides_long(a, (size_t)zeros, divisor);
    uint64_t d = 0;
    for (size_t i = 0; i < m; i++)
        d = d * 10 + (uint64_t)(digit_at(divisor, i) - '0');
    return digits_modulo(a, (size_t)zeros, d) == 0;
}

static bool objects_equal(const struct json *a, const struct json *b)
{
    if (a->object.n != b->object.n)
        return false;
    for (size_t i = 0; i < a->object.n; i++) {
        const struct json_member *m = &a->object.members[i];
        /* Usually written in the same order. */
        const struct json *other = str_equal(b->object.members[i].key, m->key)
                                       ? &b->object.members[i].value
                                       : json_find_str(b, m->key);
        if (!other || !value_equal(&m->value, other))
            return false;
    }
    return true;
}

bool value_equal(const struct json *a, const struct json *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case JSON_NULL:
    case JSON_FALSE:
    case JSON_TRUE:
        return true;
    case JSON_NUMBER:
        return str_equal(a->text, b->text) ||
               number_compare(number_read(a->text), number_read(b->text)) == 0;
    case JSON_STRING:
        return str_equal(a->text, b->text);
    case JSON_ARRAY:
        if (a->array.n != b->array.n)
            return false;
        for (size_t i = 0; i < a->array.n; i++) {
            if (!value_equal(&a->array.items[i], &b->array.items[i]))
                return false;
        }
        return true;
    case JSON_OBJECT:
        return objects_equal(a, b);
    }
    return false;
}

static uint64_t number_hash(struct number a)
{
    uint64_t h = (uint64_t)a.exponent * 2 + a.is_negative;
    for (size_t i = 0; i < digit_count(a); i++)
        h = (h ^ (unsigned char)digit_at(a, i)) * 0x100000001b3u;
    return h;
}

uint64_t value_hash(const struct json *v)
{
    uint64_t h = 0x51ed270b9f2d4e6bu * (uint64_t)(v->type + 1);
    switch (v->type) {
    case JSON_NULL:
    case JSON_FALSE:
    case JSON_TRUE:
        return h;
    case JSON_NUMBER:
        return number_hash(number_read(v->text)) + h;
    case JSON_STRING:
        return str_hash(v->text, h);
    case JSON_ARRAY:
        for (size_t i = 0; i < v->array.n; i++)
            h = (h ^ value_hash(&v->array.items[i])) * 0x9e3779b97f4a7c15u + 1;
        return h;
    case JSON_OBJECT:
        for (size_t i = 0; i < v->object.n; i++) /* a sum: the order does not count */
            h += str_hash(v->object.members[i].key, value_hash(&v->object.members[i].value));
        return h;
    }
    return h;
}
