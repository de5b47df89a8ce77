/* The checks of a dataset, compiled once and run over every row.
 *
 * A row goes in as text cells by field, and comes out clean, ready for COPY, or with its problems.
 * Immutable after plan_create() but for the counts, which belong to one run. */
#pragma once
#include "intake/reason.h"
#include "intake/repair.h"

struct plan;

struct problem {
    const struct field *field; /* NULL: the whole row */
    str value;                 /* as it came */
    enum reason reason;
    str detail_zh, detail_en;  /* more than the reason says; may be empty */
    str suggestion;            /* p == NULL: none */
    const struct check *check; /* of REASON_CHECK */
};

struct checked {
    const struct field *const *fields; /* of the dataset, in its order */
    str *values;                       /* canonical text; p == NULL: no value */
    size_t n;
    uint64_t hash; /* of names and values */
    uint64_t key_hash;
    struct problem *problems;
    size_t problem_count, problem_size;
    struct arena *arena;
};

/* Which rule saw how many values and passed how many. */
struct tally {
    const struct field *field; /* NULL: the whole row */
    str rule;
    enum dimension dimension;
    uint64_t tested, passed;
};

/* options: the feed's (see repair.h), or NULL. */
MUST_USE struct plan *plan_create(struct arena *a, const struct registry *r,
                                  const struct dataset *d, const struct json *options,
                                  struct err *e);
/* cells[i] belongs to d->fields[i]; p == NULL where the file has no such column.  Values and
 * problems live in out->arena or in the cells.  True: no problem. */
bool plan_check(struct plan *p, const str *cells, struct arena *a, struct checked *out);
/* The dataset's checks/ over rows that went through plan_check(), good or not: what a row lacks is
 * null to them.  Problems are added to the rows.  False: it could not be run at all. */
MUST_USE bool plan_check_rules(struct plan *p, struct checked *const *rows, size_t n,
                               struct err *e);
void plan_add_problem(struct checked *out, const struct field *f, str value, enum reason reason,
                      str suggestion);
/* The rules with their counts, for the quality table. */
const struct tally *plan_tallies(const struct plan *p, size_t *n);
/* What was put right without asking: call from *cursor 0 until false. */
bool plan_repaired(const struct plan *p, size_t *cursor, const struct field **f,
                   enum cell_reason *because, uint64_t *n);
void plan_count_row_rule(struct plan *p, enum reason reason, bool passed);
