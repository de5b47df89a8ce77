/* Checks an export of the audit, with no server and no database, in constant memory. */
#pragma once
#include "audit/trust.h"
#include "text/jsonl.h"

struct audit_check {
    const struct key *key;            /* trusted, with what follows and precedes it by successions;
                                         NULL: the keys in the export itself */
    const struct checkpoint *earlier; /* kept elsewhere; NULL: none */
};

struct audit_report {
    int64_t batches, lines, checkpoints;
    int64_t first, upto;         /* batches */
    int64_t checkpoint;          /* the last */
    int64_t unsigned_batches;    /* sealed after it */
    int64_t unsealed_batches;    /* not sealed yet */
    int64_t back_us, back_batch; /* a clock that was set back, and where; 0: none */
    bool has_earlier;            /* the earlier checkpoint was found */
    char key[64];                /* of the last checkpoint */
};

/* Told of a batch that was checked, and of a checkpoint, in the order of the file. */
struct audit_visitor {
    bool (*batch)(void *arg, const struct batch_seal *s, const struct hash *leaves, size_t n,
                  struct err *e);
    bool (*line)(void *arg, int64_t batch, size_t index, str line, struct err *e);
    bool (*checkpoint)(void *arg, const struct checkpoint *c, const struct trust *t, str pem,
                       struct err *e); /* pem: of the key that signed */
    void *arg;
};

/* CONFLICT: altered; e says what is the first line, batch or checkpoint that is not as it was
 * sealed, and e->at where in the file.  INVALID: not such a file.  visitor may be NULL. */
MUST_USE bool audit_verify(struct source source, const struct audit_check *how,
                           const struct audit_visitor *visitor, struct audit_report *report,
                           struct err *e);
