/* Borrowed text: a pointer and a length, never NUL-terminated by promise. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct str {
    const char *p;
    size_t n;
} str;

#define STR(lit)                                                                                   \
    (str)                                                                                          \
    {                                                                                              \
        "" lit, sizeof(lit) - 1                                                                    \
    }
/* For "%.*s". */
#define STR_ARG(s) (int)(s).n, (s).p
#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define COUNT(a) (sizeof(a) / sizeof *(a))

static inline str str_from(const char *c)
{
    return (str){c, c ? strlen(c) : 0};
}

static inline bool str_equal(str a, str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_is(str a, const char *c)
{
    return str_equal(a, str_from(c));
}

/* Bytes from..to, clipped to the text. */
static inline str str_slice(str s, size_t from, size_t to)
{
    to = to > s.n ? s.n : to;
    from = from > to ? to : from;
    return (str){s.n ? s.p + from : s.p, to - from};
}

/* Byte order, as memcmp; a prefix sorts first. */
int str_compare(str a, str b);
bool str_starts(str s, str prefix);
bool str_ends(str s, str suffix);
bool str_equal_nocase(str a, str b); /* ASCII letters only */
/* First byte of needle in s, or SIZE_MAX. */
size_t str_find(str s, str needle);
/* Without ASCII white space at both ends. */
str str_trim(str s);
/* Takes up to the next separator (which is dropped); false at the end of *rest. */
bool str_take_part(str *rest, char separator, str *part);
/* Whole text as decimal integer; false on anything else or overflow, *n untouched. */
MUST_USE bool str_to_int64(str s, int64_t *n);
/* 64-bit hash, stable across runs and machines (used in stored row hashes). */
uint64_t str_hash(str s, uint64_t seed);

/* UTF-8. */
MUST_USE bool utf8_is_valid(str s);
/* Takes one code point; invalid bytes give U+FFFD and move one byte.  s->n must be > 0. */
uint32_t utf8_take(str *s);
bool utf8_is_ascii(str s);
size_t utf8_count(str s);
/* At most n bytes, ending with a whole character. */
str utf8_clip(str s, size_t n);
/* Writes 1..4 bytes, returns how many; 0 for surrogates and values past U+10FFFF. */
size_t utf8_put(char out[4], uint32_t code_point);
