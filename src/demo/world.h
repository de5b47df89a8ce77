/* Inside the room: instances of things, made when they are looked at. */
#pragma once
#include "demo/recipe.h"

struct one {
    const struct thing *thing;
    struct arena *arena; /* as long-lived as itself */
    uint64_t key;
    uint64_t index;   /* in its parent, from 0 */
    uint64_t ordinal; /* among all of its kind, from 0 */
    size_t row;       /* which row of the list it stands in */
    struct one *parent;
    struct value *values; /* by slot; text.p NULL: not made yet */
    str role;
    struct one **links, **members;
    size_t member_count, members_made;
    size_t current; /* the slot being made */
    int64_t birth_year;
};

struct world {
    struct demo *demo;
    const struct demo_options *options;
    struct arena rows, units; /* of the row at hand; of what stands in it */
    struct one *row;
    int depth;
    struct err *err;
};

/* Reckons how many there are of everything. */
MUST_USE bool world_count(struct world *w);
/* The row of a list, valid until the next is entered. */
struct one *world_enter_row(struct world *w, const struct thing *t, size_t row);
/* A counted thing in it; lives until w->units is reset. */
struct one *world_make(struct world *w, const struct thing *t, uint64_t index);
uint64_t world_count_in(const struct thing *t, size_t row);
/* Makes the members known: one->member_count, one->members. */
void world_make_members(struct world *w, struct one *one);

struct value one_value(struct world *w, struct one *one, size_t slot);
struct value one_follow(struct world *w, struct one *one, const struct path *p);
/* rng: the state draws are taken from. */
struct value one_eval(struct world *w, struct one *one, const struct generator *g, uint64_t *rng);
