/* The proof of one record: its line, the path to its batch's root, the path from the batch to a
 * checkpoint's root, and the checkpoint with its signature.  log2 of the lines and of the batches:
 * a few kilobytes for a record in a million. */
#pragma once
#include "audit/verify.h"

/* Checks the export and writes the proof of a record, "BATCH-LINE" as the API names it, lines
 * counted from 0.  MISSING: not in the export; CONFLICT: altered, or not signed yet. */
MUST_USE bool audit_prove(struct source export, const struct audit_check *how, str record,
                          struct buf *proof, struct err *e);

struct proof_report {
    str record, line, key; /* in the arena given */
    int64_t at_us, checkpoint, checkpoint_at_us;
};
/* key: trusted; NULL: the one in the proof.  CONFLICT: it proves nothing. */
MUST_USE bool audit_check_proof(str proof, const struct key *key, struct arena *a,
                                struct proof_report *report, struct err *e);
