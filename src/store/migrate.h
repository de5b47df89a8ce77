/* The kernel's own tables: src/store/NNN_name.sql, each applied once, in the order of their names.
 */
#pragma once
#include "store/db.h"

/* Applies what is missing, in one transaction, one process at a time.  Refuses a database whose
 * applied files differ from those in this binary: a written file is never edited, a new one
 * follows. */
MUST_USE bool migrate_kernel(struct db *db, struct err *e);
