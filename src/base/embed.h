/* Files that travel inside the binary: made by tools/embed at build time, ended by name == NULL. */
#pragma once
#include "base/str.h"

struct embedded {
    const char *name;
    str text; /* NUL-terminated as well */
};

extern const struct embedded KIND_SCHEMAS[]; /* of the files of packages */
extern const struct embedded KERNEL_SQL[];   /* the kernel tables, in order */
