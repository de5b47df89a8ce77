#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_BLOCK = 4096, LARGEST_BLOCK = 1 << 20, ALIGN = 16 };

struct arena_block {
    struct arena_block *older;
    size_t size, used;
    _Alignas(ALIGN) char data[];
};

struct arena_deferred {
    struct arena_deferred *older;
    void (*fn)(void *);
    void *arg;
};

static _Noreturn void out_of_memory(void)
{
    fputs("{\"level\":\"fatal\",\"msg\":\"out of memory\"}\n", stderr);
    abort();
}

void arena_init(struct arena *a)
{
    *a = (struct arena){0};
}

static struct arena_block *add_block(struct arena *a, size_t least)
{
    size_t size = a->block ? a->block->size * 2 : FIRST_BLOCK;
    size = size > LARGEST_BLOCK ? LARGEST_BLOCK : size;
    size = size < least ? least : size;
    size_t bytes;
    struct arena_block *b;
    if (__builtin_add_overflow(size, sizeof *b, &bytes) || !(b = malloc(bytes)))
        out_of_memory();
    *b = (struct arena_block){.older = a->block, .size = size};
    a->block = b;
    return b;
}

void *arena_alloc(struct arena *a, size_t n, size_t size)
{
    size_t bytes, padded;
    if (__builtin_mul_overflow(n, size, &bytes) || __builtin_add_overflow(bytes, ALIGN, &padded))
        out_of_memory();
    padded = padded / ALIGN * ALIGN; /* at least one byte more: an empty array has an address */
    struct arena_block *b = a->block;
    if (!b || b->size - b->used < padded)
        b = add_block(a, padded);
    void *p = b->data + b->used;
    b->used += padded;
    a->used += padded;
    memset(p, 0, padded);
    return p;
}

static void run_deferred(struct arena *a)
{
    /* A deferred function may defer again. */
    while (a->deferred) {
        struct arena_deferred *d = a->deferred;
        a->deferred = d->older;
        d->fn(d->arg);
    }
}

void arena_reset(struct arena *a)
{
    run_deferred(a);
    struct arena_block *keep = NULL;
    for (struct arena_block *b = a->block, *older; b; b = older) {
        older = b->older;
        if (!keep && b->size <= LARGEST_BLOCK) {
            keep = b;
            continue;
        }
        free(b);
    }
    if (keep)
        *keep = (struct arena_block){.size = keep->size};
    *a = (struct arena){.block = keep};
}

void arena_release(struct arena *a)
{
    run_deferred(a);
    for (struct arena_block *b = a->block, *older; b; b = older) {
        older = b->older;
        free(b);
    }
    *a = (struct arena){0};
}

str arena_copy(struct arena *a, str s)
{
    char *p = arena_alloc(a, s.n + 1, 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    return (str){p, s.n};
}

char *arena_cstr(struct arena *a, str s)
{
    return (char *)(uintptr_t)arena_copy(a, s).p;
}

str arena_format(struct arena *a, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0)
        n = 0;
    char *p = arena_alloc(a, (size_t)n + 1, 1);
    vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return (str){p, (size_t)n};
}

void arena_defer(struct arena *a, void (*fn)(void *), void *arg)
{
    struct arena_deferred *d = arena_new(a, struct arena_deferred);
    *d = (struct arena_deferred){a->deferred, fn, arg};
    a->deferred = d;
}
