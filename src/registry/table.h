/* Inside the room: the table of a dataset. */
#pragma once
#include "registry/apply.h"

struct tabling {
    struct db *db;
    struct arena *arena;
    struct complaints *complaints;
    struct applied *done;
    struct err *err;
};

/* Makes the table or brings it up to the definition.  False on a database error; what must be
 * migrated by hand is complained of. */
MUST_USE bool table_bring_up(struct tabling *t, const struct dataset *d);
/* The row policies of its tables, brought in line with the rights in force; nothing is done where
 * none changed. */
MUST_USE bool policy_bring_up(struct tabling *t, const struct registry *r, const struct dataset *d);
