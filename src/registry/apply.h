/* Puts packages in force: their tables made or changed, their files kept, in one transaction. */
#pragma once
#include "registry/bundle.h"
#include "registry/registry.h"

struct applied {
    size_t packages, tables_made, columns_added, migrations_run;
};

/* Additive changes are made by themselves: a new dataset, a new optional
 * field, an index.  Anything else needs a file migrations/NAME.sql in the package, run once, after
 * which table and definition must agree; otherwise it is refused with file, line and reason, and
 * nothing is changed.  login: who applies. */
MUST_USE bool registry_apply(struct db *db, const struct registry *r, str login,
                             struct applied *done, struct complaints *c, struct err *e);
/* The row policies of all datasets in force, as rights.csv says now: a server makes sure before it
 * serves. */
MUST_USE bool registry_guard(struct db *db, const struct registry *r, struct err *e);
