/* The second gear: a compiled program over many rows at once.
 *
 * Rows go through the instructions together, COLUMNS_BATCH at a time.  A jump narrows the mask of
 * the rows an instruction is for; those that took it wait at its target.  Numbers, booleans, dates
 * and months run as plain integers as long as they fit, what has few distinct values once for each
 * of these, and all else falls back to the machine's own function for the rows of the mask: results
 * and warnings are those of the scalar gear.  Programs with loops, filters or function literals
 * run row by row on the machine. */
#pragma once
#include "feel/machine.h"

enum { COLUMNS_BATCH = 4096, COLUMNS_CODES = 256 };

/* One input or result, in one of five forms. */
struct column {
    enum value_kind kind;       /* of ints: BOOLEAN, NUMBER, DATE or MONTHS */
    int16_t exp;                /* of ints that are numbers: × 10^exp */
    const int64_t *ints;        /* under 10^18 in size; 0 where null */
    const uint8_t *nulls;       /* 1: null, with ints and booleans; NULL: none is */
    const struct value *values; /* any kinds */
    bool is_constant;           /* values[0] in every row */
    const uint8_t *bytes;       /* booleans, 0 where null; with entries: which of them */
    const struct value *entries;
    size_t entry_count; /* at most COLUMNS_CODES */
};

struct columns_report {
    size_t warnings;  /* given; the machine keeps the first few */
    bool is_row_wise; /* the program could not run on columns */
};

/* One column for each global of the program, each of n rows.  The result lives in the arena of the
 * machine, whose fuel is spent by row and instruction.  False only when a limit was reached. */
MUST_USE bool columns_run(struct machine *m, const struct program *p, const struct column *inputs,
                          size_t n, struct column *result, struct columns_report *report);

/* The same in steps of at most COLUMNS_BATCH rows, so that one program's result is another's input
 * while it is in the cache.  A pool is the memory that gears share, for steps of up to n rows;
 * both live in the arena. */
struct columns_pool *columns_pool_create(struct machine *m, size_t n);
struct columns_gear *columns_gear_create(struct columns_pool *pool, const struct program *p);
/* The result is valid until the gear's next step.  False only when a limit was reached. */
MUST_USE bool columns_gear_step(struct columns_gear *g, const struct column *inputs, size_t n,
                                struct column *result);

/* column.c */
/* Row i of a column as a value. */
struct value column_value(const struct column *c, size_t i);
/* Row `first` and those after it. */
struct column column_from(const struct column *c, size_t first);
/* Integers, booleans or codes where all values fit, for columns made from values. */
struct column column_pack(struct arena *a, const struct value *values, size_t n);

/* Results of steps put in a row: n rows in all. */
struct column_builder {
    struct machine *m;
    size_t n, filled;
    struct column column;
    int64_t *ints;
    uint8_t *bytes, *nulls;
    struct value *values;
};
MUST_USE bool column_builder_add(struct column_builder *b, const struct column *c, size_t n);
