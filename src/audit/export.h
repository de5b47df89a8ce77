/* The audit as one file of JSON lines, for checking without the server: docs/operating.md says its
 * shape.  Written in constant memory. */
#pragma once
#include "audit/chain.h"
#include "store/db.h"

struct audit_range {
    str from, to;            /* YYYY-MM-DD in China; empty: from the beginning, to the end */
    int64_t checkpoint;      /* instead: what this one covers; 0: not said */
    int64_t upto_checkpoint; /* instead of to */
};

struct exported {
    int64_t batches, lines, checkpoints, bytes;
};

/* What was archived is left out: an export begins after it.  Whole checkpoints that hold the days
 * asked for, and what is not signed yet when the end is asked for.  In a read-only transaction of
 * its own.  fd is written from where it stands. */
MUST_USE bool audit_export(struct db *db, const struct audit_range *range, int fd,
                           struct exported *done, struct err *e);
/* The same in the caller's transaction, whatever its isolation: what is sealed when it begins. */
MUST_USE bool audit_export_sealed(struct db *db, const struct audit_range *range, int fd,
                                  struct exported *done, struct err *e);
