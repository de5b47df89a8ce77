/* The snapshot in force, shared by all threads of a process and swapped whole. */
#pragma once
#include "registry/registry.h"
#include "store/db.h"

/* Reads what is in force in the database, with titles of organisations and codes from their
 * datasets.  The caller owns one reference. */
MUST_USE struct registry *snapshot_load(struct db *db, struct err *e);

/* Holder of the current one. */
struct snapshot {
    struct registry *current;
    int lock;
};

/* Takes over the caller's reference and gives up the old one. */
void snapshot_put(struct snapshot *s, struct registry *r);
struct registry *snapshot_take(struct snapshot *s); /* give back with registry_drop() */
void registry_drop(struct registry *r);
