/* Where a reader's bytes come from: a file, memory, another reader.  Pulled, never pushed, so
 * memory stays constant whatever the length. */
#pragma once
#include "base/err.h"

/* Puts 1..room bytes at p and their number in *n; *n = 0 at the end.  False on failure. */
typedef bool source_read(void *arg, char *p, size_t room, size_t *n, struct err *e);

struct source {
    source_read *read;
    void *arg;
};

MUST_USE bool source_take(struct source s, char *p, size_t room, size_t *n, struct err *e);

/* Reads n bytes and drops them: how a converted source is brought back to a row's offset.  Fewer
 * bytes than n are ERR_INVALID. */
MUST_USE bool source_skip(struct source s, uint64_t n, struct err *e);

struct source_memory {
    str rest;
};
struct source source_of_memory(struct source_memory *m, str text);

struct source_file {
    int fd;
};
/* Reads from where fd stands; the caller closes it. */
struct source source_of_file(struct source_file *f, int fd);

/* All bytes at once; more than max is ERR_LIMIT.  text->p is malloced: the caller frees it. */
MUST_USE bool source_read_all(struct source s, size_t max, str *text, struct err *e);
