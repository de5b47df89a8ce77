/* Which column of a file is which field of a dataset. */
#pragma once
#include "intake/file.h"
#include "registry/registry.h"

enum { HEADER_MAX_ROW = 10, HEADER_SAMPLES = 3 };

/* remembered: chosen before for this source; exact: name or title; alias: a declared other name;
 * similar: nearly one of these, to be looked at */
#define HEADER_HOWS(X) X(none) X(similar) X(alias) X(exact) X(remembered)

enum header_how {
#define X(name) HEADER_##name,
    HEADER_HOWS(X)
#undef X
};

/* The column of a file of corrected rows that says which quarantined row each one was. */
extern const struct field HEADER_ROW_NUMBER;

struct header_column {
    str header;
    const struct field *field; /* NULL: none */
    enum header_how how;
    str samples[HEADER_SAMPLES];
    size_t sample_count;
};

struct header {
    uint64_t row; /* the header's row number; 0: none was found, the first row is data */
    struct header_column *columns;
    size_t n;
};

const char *header_how_name(enum header_how how);

/* remembered: header text → field name (empty: left out), may be NULL.  Looks at the first rows for
 * the one that names the most fields, and at the one above it where cells were merged. */
MUST_USE bool header_examine(const char *path, enum file_kind kind, enum encoding encoding,
                             const struct dataset *d, const struct map *remembered, struct arena *a,
                             struct header *h, struct err *e);
/* Half-width, without blanks, marks and brackets, lower case: what two headers are compared by. */
str header_normal(struct arena *a, str s);
