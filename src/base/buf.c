#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_release(struct buf *b)
{
    free(b->p);
    *b = (struct buf){.max = b->max};
}

void buf_clear(struct buf *b)
{
    b->n = 0;
    b->is_full = false;
}

bool buf_reserve(struct buf *b, size_t n)
{
    if (b->is_full)
        return false;
    if (n <= b->size - b->n)
        return true;
    size_t want;
    if (__builtin_add_overflow(b->n, n, &want) || want > b->max) {
        b->is_full = true;
        return false;
    }
    size_t size = b->size < 256 ? 256 : b->size * 2;
    size = size < want ? want : size > b->max ? b->max : size;
    char *p = realloc(b->p, size);
    if (!p) {
        b->is_full = true;
        return false;
    }
    b->p = p;
    b->size = size;
    return true;
}

void buf_add(struct buf *b, str s)
{
    if (s.n == 0 || !buf_reserve(b, s.n))
        return;
    memcpy(b->p + b->n, s.p, s.n);
    b->n += s.n;
}

void buf_add_char(struct buf *b, char c)
{
    if (buf_reserve(b, 1))
        b->p[b->n++] = c;
}

void buf_add_int(struct buf *b, int64_t v)
{
    char digits[20];
    size_t i = sizeof digits;
    uint64_t left = v < 0 ? -(uint64_t)v : (uint64_t)v;
    do {
        digits[--i] = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (v < 0)
        buf_add_char(b, '-');
    buf_add(b, (str){digits + i, sizeof digits - i});
}

void buf_add_format(struct buf *b, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n > 0 && buf_reserve(b, (size_t)n + 1)) {
        vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
}
