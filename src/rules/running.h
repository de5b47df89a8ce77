/* The simulations this process is at: how far each is, and whether its asker wants it stopped. */
#pragma once
#include "base/err.h"

struct running;

/* Rows of the dataset, as counted last, are what is expected; who sees fewer ends before.
 * LIMIT when as many run as may, CONFLICT when the id is taken. */
MUST_USE struct running *running_begin(str id, str rule, str login, int64_t expected,
                                       struct err *e);
/* For simulate_options.progress: false once it shall stop. */
bool running_step(void *running, size_t rows);
bool running_is_stopped(const struct running *r);
void running_end(struct running *r); /* NULL allowed */

struct running_state {
    int64_t rows, expected;
};

/* Those of one person only. */
bool running_find(str id, str rule, str login, struct running_state *state);
bool running_stop(str id, str rule, str login);
