/* Old months leave the database: written to a file, checked as anybody would check it, then dropped
 * whole.  Seals and checkpoints stay. */
#pragma once
#include "audit/export.h"

enum { AUDIT_KEEP_MONTHS = 6 }; /* Cybersecurity Law, article 21 (3): no less than six months */

struct archived {
    int64_t checkpoint, lines;
    int parts;
};

/* Makes the months to come. */
MUST_USE bool audit_roll(struct db *db, struct err *e);
/* Months that end before this first day of a month.  path is a new file, and stays there also when
 * dropping fails.  INVALID: the months are too young; CONFLICT: not signed yet, or what was
 * written does not verify; then nothing is dropped. */
MUST_USE bool audit_archive(struct db *db, const struct key *key, str before, int32_t today,
                            const char *path, struct archived *done, struct err *e);
