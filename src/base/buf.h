/* Growing bytes with a limit.  Appending past the limit, or without memory, keeps what is there and
 * sets is_full; writers go on without checking and ask once at the end. */
#pragma once
#include "base/str.h"

struct buf {
    char *p;
    size_t n, size, max;
    bool is_full;
};

void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b);
void buf_clear(struct buf *b); /* keeps the memory */
static inline str buf_str(const struct buf *b)
{
    return (str){b->p, b->n};
}

/* Room for n more bytes at b->p + b->n; false when full. */
MUST_USE bool buf_reserve(struct buf *b, size_t n);
void buf_add(struct buf *b, str s);
void buf_add_char(struct buf *b, char c);
void buf_add_int(struct buf *b, int64_t v);
void buf_add_format(struct buf *b, const char *fmt, ...) PRINTF(2, 3) __attribute__((nonnull(2)));
#define buf_add_lit(b, lit) buf_add((b), STR(lit))

#define BUF_SCOPED __attribute__((cleanup(buf_release)))
