/* The sealer: gives committed batches their seals, and signs checkpoints.  One at a time on a
 * database, whoever calls; it takes no lock that an append waits for. */
#pragma once
#include "audit/chain.h"
#include "store/db.h"

struct sealer {
    const struct key *key; /* SM2, private */
    const char *head_path; /* the last checkpoint, kept outside the database; NULL: not kept */
    int64_t every_ms;      /* between checkpoints; 0: at once */
};

struct sealed {
    int64_t batches, lines; /* sealed now */
    int64_t upto;           /* the last batch sealed */
    int64_t checkpoint;     /* written now; 0: none */
    bool is_waiting;        /* another seals, or an append is still under way: try again */
};

/* Seals what is complete and signs when it is time, in one transaction of its own.  CONFLICT: the
 * database no longer has the checkpoint of head_path, so its history was rewritten or it is an
 * older copy; nothing is sealed until somebody looked. */
MUST_USE bool audit_seal(struct db *db, const struct sealer *s, int64_t now_ms, struct sealed *done,
                         struct err *e);

/* Gives the signing key over to another, after the last checkpoint: both sign it, and from then on
 * no sealer with the old key seals.  CONFLICT: the old key was given over before. */
MUST_USE bool audit_succeed(struct db *db, const struct key *from, const struct key *to,
                            int64_t now_ms, int64_t *after, struct err *e);
/* The key that an old key was given over to, p == NULL: none. */
MUST_USE bool audit_successor(struct db *db, struct arena *a, const struct key *from, str *id,
                              struct err *e);

/* The leaves of a batch's lines, and its root.  marks: 8 bytes a line are added. */
struct hash audit_root(struct merkle *m, str entries, int64_t *lines, struct buf *marks);
