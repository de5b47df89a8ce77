/* The checks/ of a dataset over rows, a chunk at a time in columns.  Inside the room: see
 * plan_check_rules(). */
#pragma once
#include "intake/plan.h"

struct row_checks;

struct row_checks *row_checks_create(struct arena *a, const struct dataset *d);
/* Where check i of the dataset counts. */
void row_checks_count(struct row_checks *c, size_t i, struct tally *t);
MUST_USE bool row_checks_run(struct row_checks *c, struct checked *const *rows, size_t n,
                             struct err *e);
