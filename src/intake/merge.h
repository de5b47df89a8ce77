/* Checked rows into a dataset's table, with history: COPY to a stage, then merge by key. */
#pragma once
#include "intake/plan.h"
#include "store/db.h"

struct merge; /* statements for one dataset on one connection */

struct merged {
    uint64_t added, changed, unchanged;
};

/* The stage is a temporary table of the connection. */
MUST_USE struct merge *merge_create(struct db *db, struct arena *a, const struct dataset *d,
                                    int64_t batch, struct err *e);
void merge_add_copy_text(struct buf *out, str v); /* escaped as COPY's text format asks */
/* One row as a COPY line: values, hash, batch, row number. */
void merge_format_row(struct buf *out, const struct checked *row, int64_t batch, int64_t number);
/* Inside a transaction that holds merge_lock(): lines of merge_format_row(), keys distinct.
 * is_first_load: the table holds nothing but what this batch added, so every key is new. */
MUST_USE bool merge_rows(struct merge *m, str lines, bool is_first_load, struct merged *counts,
                         struct err *e);
/* One writer a dataset at a time, until the transaction ends. */
MUST_USE bool merge_lock(struct db *db, const struct dataset *d, struct err *e);
