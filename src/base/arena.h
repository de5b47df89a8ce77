/* Memory that lives and dies together: one arena per request, job, package load.
 *
 * An allocation never returns NULL: when the machine has no memory left the process ends with a
 * message, for there is nothing a caller could do.  Loops driven by foreign input bound themselves
 * with arena_used() or a limit of their own. */
#pragma once
#include "base/str.h"

struct arena_block;
struct arena_deferred;

struct arena {
    struct arena_block *block; /* newest first */
    struct arena_deferred *deferred;
    size_t used; /* bytes handed out since init or reset */
};

void arena_init(struct arena *a);
/* Runs what was deferred, frees all blocks but one.  Pointers into the arena are dead. */
void arena_reset(struct arena *a);
void arena_release(struct arena *a);

/* n × size zeroed bytes, aligned for any type.  Ends the process on overflow of n × size. */
void *arena_alloc(struct arena *a, size_t n, size_t size);
#define arena_new(a, T) ((T *)arena_alloc((a), 1, sizeof(T)))
#define arena_array(a, T, n) ((T *)arena_alloc((a), (n), sizeof(T)))

static inline size_t arena_used(const struct arena *a)
{
    return a->used;
}

str arena_copy(struct arena *a, str s);   /* the copy is NUL-terminated too */
char *arena_cstr(struct arena *a, str s); /* NUL-terminated copy */
str arena_format(struct arena *a, const char *fmt, ...) PRINTF(2, 3) __attribute__((nonnull(2)));

/* Runs fn(arg) at reset or release, last deferred first. */
void arena_defer(struct arena *a, void (*fn)(void *), void *arg);

#define ARENA_SCOPED __attribute__((cleanup(arena_release)))
