/* What a database knows of the ring it is sealed with. */
#pragma once
#include "keys/ring.h"
#include "store/db.h"

/* The ring of this database.  Makes the file when there is none and the database was not sealed
 * with one yet; MISSING, with what to do, when it was.  Keys that still stand in the database are
 * adopted.  CONFLICT: the file is not the one this database is sealed with. */
MUST_USE struct ring *keeping_open(struct db *db, const char *path, struct err *e);
/* The same without a running ring, for commands that change the file; MISSING: none is there. */
MUST_USE bool keeping_load(struct db *db, const char *path, struct ring_file *f, struct err *e);
/* Records the generations of the ring; CONFLICT when one that the database is sealed with is
 * missing in it, or another. */
MUST_USE bool keeping_check(struct db *db, const struct ring_file *f, struct err *e);
/* Keys of uses that stand in the database itself. */
MUST_USE bool keeping_inside(struct db *db, struct ring_file *f, struct err *e);
