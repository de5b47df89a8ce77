/* The second gear: a compiled program over many rows at once.
 *
 * Rows go through the instructions together, a batch at a time; at a jump those that take it wait
 * at its target.  Numbers, booleans, dates and months run as plain integers as long as they fit,
 * all else, and every operation without a kernel here, falls back to the machine's own function for
 * that row: the results are those of the scalar gear.  Programs with loops, filters or calls, and
 * tables that need more than one hit, run row by row on the machine. */
#pragma once
#include "feel/machine.h"

/* One input or result.  Integers: kind BOOLEAN, NUMBER (× 10^exp), DATE or MONTHS. */
struct column {
    enum value_kind kind;
    int16_t exp;
    const int64_t *ints;        /* NULL: see values */
    const uint8_t *nulls;       /* 1: null, with ints; NULL: none is */
    const struct value *values; /* any kinds */
    bool is_constant;           /* values[0] in every row */
};

struct columns_report {
    size_t warnings;  /* given and dropped */
    bool is_row_wise; /* the program could not run on columns */
};

/* One column for each global of the program, each of n rows.  The result lives in the arena of the
 * machine, whose fuel is spent by row and instruction.  False only when a limit was reached. */
MUST_USE bool columns_run(struct machine *m, const struct program *p, const struct column *inputs,
                          size_t n, struct column *result, struct columns_report *report);
/* Row i of a column as a value. */
struct value column_value(const struct column *c, size_t i);
/* Integers where all values fit, for columns made from values; the nulls in a place of their own.
 */
struct column column_pack(struct arena *a, const struct value *values, size_t n);
