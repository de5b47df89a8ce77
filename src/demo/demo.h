/* A county that never was, from recipes: demo/NAME.yaml of the packages, word lists demo/NAME.csv
 * beside them and seed/NAME.csv.  The vocabulary stands in registry/kinds/demo.schema.json.
 *
 * One seed gives the same bytes.  Everything is derived from (seed, thing, number), nothing is
 * remembered from one household to the next, so any scale runs in constant memory. */
#pragma once
#include "registry/bundle.h"
#include "registry/registry.h"

struct demo; /* compiled recipes; lives in the arena given */

/* NULL when there is any complaint.  registry and source must live as long as the result. */
MUST_USE struct demo *demo_compile(const struct registry *registry, const struct bundle *source,
                                   struct complaints *c, struct arena *a);

struct demo_options {
    int64_t scale; /* the number recipes reckon their counts from: persons */
    uint64_t seed;
    int bad_percent;      /* 0..100: rows made wrong the ways the recipe lists */
    bool is_bad_in_place; /* in the main file; else in a sample of its own, NAME-messy.csv */
    str folder;
};

/* A file written; messy samples are told too. */
typedef void demo_listener(void *arg, const struct dataset *d, const char *path, uint64_t rows,
                           bool is_messy);

/* One CSV a dataset, headers in Chinese, in an order in which they can be loaded. */
MUST_USE bool demo_write(struct demo *demo, const struct demo_options *o, demo_listener *tell,
                         void *arg, struct err *e);
