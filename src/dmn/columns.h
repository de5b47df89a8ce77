/* A decision over many cases: each input a column, the requirements one after the other. */
#pragma once
#include "dmn/dmn.h"
#include "feel/columns.h"

struct dmn_column_input {
    str name;
    struct column column;
};

struct dmn_rows {
    const struct dmn_package *package;
    const struct dmn_column_input *inputs;
    size_t input_count;
    size_t n; /* rows */
};

/* The results are those of dmn_decide() row by row; an input that is not given is null.  They live
 * in the arena of the machine.  False only when a limit was reached. */
MUST_USE bool dmn_decide_rows(const struct dmn_rows *rows, const struct dmn_element *decision,
                              struct machine *m, struct column *result);
