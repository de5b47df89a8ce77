#include "base/str.h"

#include <limits.h>

int str_compare(str a, str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

bool str_starts(str s, str prefix)
{
    return s.n >= prefix.n && str_equal((str){s.p, prefix.n}, prefix);
}

bool str_ends(str s, str suffix)
{
    return s.n >= suffix.n && str_equal((str){s.p + s.n - suffix.n, suffix.n}, suffix);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool str_equal_nocase(str a, str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    }
    return true;
}

size_t str_find(str s, str needle)
{
    if (needle.n == 0)
        return 0;
    const char *hit = s.n ? memmem(s.p, s.n, needle.p, needle.n) : NULL;
    return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

str str_trim(str s)
{
    while (s.n && is_space(*s.p))
        s = (str){s.p + 1, s.n - 1};
    while (s.n && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool str_take_part(str *rest, char separator, str *part)
{
    if (!rest->p)
        return false;
    const char *hit = rest->n ? memchr(rest->p, separator, rest->n) : NULL;
    if (!hit) {
        *part = *rest;
        *rest = (str){0};
        return true;
    }
    size_t n = (size_t)(hit - rest->p);
    *part = (str){rest->p, n};
    *rest = (str){hit + 1, rest->n - n - 1};
    return true;
}

bool str_to_int64(str s, int64_t *n)
{
    bool negative = s.n && *s.p == '-';
    size_t i = negative ? 1 : 0;
    int64_t got = 0;
    if (i == s.n)
        return false;
    for (; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9' || __builtin_mul_overflow(got, 10, &got) ||
            __builtin_sub_overflow(got, s.p[i] - '0', &got))
            return false;
    }
    if (!negative && got == INT64_MIN)
        return false;
    *n = negative ? got : -got;
    return true;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 wide = (unsigned __int128)a * b;
    return (uint64_t)wide ^ (uint64_t)(wide >> 64);
}

uint64_t str_hash(str s, uint64_t seed)
{
    static const uint64_t K0 = 0x9e3779b97f4a7c15u, K1 = 0xd1b54a32d192ed03u;
    uint64_t h = seed ^ K0;
    size_t left = s.n;
    const char *p = s.p;
    for (; left >= 16; left -= 16, p += 16) {
        uint64_t a, b;
        memcpy(&a, p, 8);
        memcpy(&b, p + 8, 8);
        h = mix(a ^ K1, b ^ h);
    }
    uint64_t a = 0, b = 0;
    if (left >= 8) {
        memcpy(&a, p, 8);
        memcpy(&b, p + 8, left - 8);
    } else if (left) {
        memcpy(&a, p, left);
    }
    return mix(K1 ^ s.n, mix(a ^ K1, b ^ h));
}

/* Length of the valid sequence at p, or 0.  RFC 3629: no overlong forms, no surrogates. */
static size_t sequence_length(const unsigned char *p, size_t n, uint32_t *code_point)
{
    unsigned c = p[0];
    if (c < 0x80) {
        *code_point = c;
        return 1;
    }
    size_t want = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    if (c < 0xc2 || c > 0xf4 || want > n)
        return 0;
    uint32_t v = c & (0x7fu >> want);
    for (size_t i = 1; i < want; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        v = v << 6 | (p[i] & 0x3fu);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (v < least[want] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
        return 0;
    *code_point = v;
    return want;
}

bool utf8_is_valid(str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    for (size_t i = 0; i < s.n;) {
        uint64_t word;
        if (i + 8 <= s.n && (memcpy(&word, p + i, 8), (word & 0x8080808080808080u) == 0)) {
            i += 8;
            continue;
        }
        /* Most of what is not ASCII here is Han: three bytes, no special cases. */
        while (i + 3 <= s.n && p[i] > 0xe0 && p[i] < 0xed && (p[i + 1] & 0xc0) == 0x80 &&
               (p[i + 2] & 0xc0) == 0x80)
            i += 3;
        if (i == s.n)
            return true;
        uint32_t v;
        size_t n = sequence_length(p + i, s.n - i, &v);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

uint32_t utf8_take(str *s)
{
    uint32_t v = 0xfffd;
    size_t n = sequence_length((const unsigned char *)s->p, s->n, &v);
    if (n == 0) {
        v = 0xfffd;
        n = 1;
    }
    *s = (str){s->p + n, s->n - n};
    return v;
}

bool utf8_is_ascii(str s)
{
    uint64_t eight, all = 0;
    size_t i = 0;
    for (; i + sizeof eight <= s.n; i += sizeof eight) {
        memcpy(&eight, s.p + i, sizeof eight);
        all |= eight;
    }
    for (; i < s.n; i++)
        all |= (uint64_t)(unsigned char)s.p[i];
    return (all & 0x8080808080808080u) == 0;
}

size_t utf8_count(str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

str utf8_clip(str s, size_t n)
{
    if (s.n <= n)
        return s;
    while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n--;
    return (str){s.p, n};
}

size_t utf8_put(char out[4], uint32_t v)
{
    if (v < 0x80) {
        out[0] = (char)v;
        return 1;
    }
    if (v < 0x800) {
        out[0] = (char)(0xc0 | v >> 6);
        out[1] = (char)(0x80 | (v & 0x3f));
        return 2;
    }
    if (v < 0x10000) {
        if (v >= 0xd800 && v <= 0xdfff)
            return 0;
        out[0] = (char)(0xe0 | v >> 12);
        out[1] = (char)(0x80 | (v >> 6 & 0x3f));
        out[2] = (char)(0x80 | (v & 0x3f));
        return 3;
    }
    if (v > 0x10ffff)
        return 0;
    out[0] = (char)(0xf0 | v >> 18);
    out[1] = (char)(0x80 | (v >> 12 & 0x3f));
    out[2] = (char)(0x80 | (v >> 6 & 0x3f));
    out[3] = (char)(0x80 | (v & 0x3f));
    return 4;
}
