/* A decision over a whole data set: totals, by field, and against another version of the model.
 *
 * Rows come from a source (a CSV file, a database reader); they are decided in columns, a chunk at
 * a time, on as many threads as asked for.  The same source and models give the same report. */
#pragma once
#include "dmn/columns.h"

/* Fills one value for each name; *has_row false at the end.  Text may live in the arena.
 * Called by one thread at a time, but not always the same.  False on a fault. */
typedef bool (*simulate_read)(void *data, struct value *row, bool *has_row, struct arena *a,
                              struct err *e);

struct simulate_source {
    const str *names;
    size_t n;
    simulate_read read;
    void *data;
};

struct simulate_options {
    const struct dmn_package *model, *other; /* other: to compare with, NULL: none */
    str decision;
    const struct dmn_input *parameters; /* the same in every row; they override the source */
    size_t parameter_count;
    const str *by; /* fields to count by */
    size_t by_count, top, threads;
    bool (*progress)(void *data, size_t rows); /* NULL: silent; false stops the run: CONFLICT */
    void *progress_data;
    /* Each row and its results, in order; NULL: not wanted. */
    void (*row)(void *data, const struct value *row, struct value result, struct value other);
    void *row_data;
};

/* Of all rows, or of those with one value of a field. */
struct simulate_sums {
    str key;
    size_t rows, nulls, numbers;
    struct decimal total, other_total; /* of numbers */
    size_t gain, lose, stay, changed; /* model against other; changed: not numbers, and different */
};

struct simulate_change { /* one of the largest differences */
    size_t row;          /* from 1 */
    struct value result, other;
    struct decimal difference;
};

struct simulate_report {
    struct simulate_sums all;
    struct simulate_sums **groups; /* by field, in the order met */
    size_t *group_counts, *group_sizes;
    struct map *group_maps;
    struct simulate_change *top;
    size_t top_count;
    size_t warnings;
};

/* The report lives in the arena. */
MUST_USE bool simulate_run(const struct simulate_source *source,
                           const struct simulate_options *options, struct arena *a,
                           struct simulate_report *report, struct err *e);
