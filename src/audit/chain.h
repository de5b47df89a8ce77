/* What is hashed and what is signed: batches, their seals, checkpoints.
 *
 * A batch is the lines that were appended together.  Its root is the Merkle root of its lines
 * (without their ends); its head is id ‖ at ‖ lines ‖ root, numbers as 8 bytes, high first.  The
 * chain goes SM3("shuzhi audit" ‖ chain before ‖ head), from 32 zero bytes.  A checkpoint signs the
 * chain, and the Merkle root over the heads of the batches since the checkpoint before it, so that
 * one line is proven by two short paths. */
#pragma once
#include "audit/merkle.h"
#include "base/key.h"
#include "text/json.h"

enum {
    AUDIT_MARK_BYTES = 8, /* of a line's leaf, kept to name the line that changed */
    AUDIT_HEAD_BYTES = 24 + DIGEST_BYTES,
    AUDIT_MAX_IN_CHECKPOINT = 65536 /* batches */
};

struct batch_seal {
    int64_t batch, at_us, lines; /* at_us: microseconds since 1970 */
    struct hash root, chain;
};

/* As hashed and as the leaf of a checkpoint's tree. */
str seal_head(const struct batch_seal *s, char out[AUDIT_HEAD_BYTES]);
struct hash chain_next(struct merkle *m, const struct hash *before, const struct batch_seal *s);

/* Takes the next line off *rest, without its newline; what follows the last newline is a line when
 * it is not empty. */
bool audit_take_line(str *rest, str *line);

struct checkpoint {
    int64_t number;                    /* from 1 */
    int64_t first, upto;               /* batches covered since the one before */
    int64_t batches, lines;            /* their number */
    int64_t all_batches, all_lines;    /* since the chain began */
    struct hash chain, root, previous; /* previous: SM3 of the body before; zeros at the first */
    int64_t at_us;    /* never before that of the checkpoint before or of a batch covered */
    int64_t clock_us; /* what the clock said */
    int64_t back_us;  /* by how much the clock was set back since the checkpoint before; 0: not */
    str key;          /* key_id() of the signer */
    str body;         /* the text that is signed */
    str signature;    /* base64url */
};

/* Writes the body from the other members; lives in a. */
void checkpoint_write(struct checkpoint *c, struct arena *a);
/* Reads {"checkpoint":BODY AS TEXT,"signature":…}; everything lives in a. */
MUST_USE bool checkpoint_parse(struct checkpoint *c, const struct json *v, struct arena *a,
                               struct err *e);
void checkpoint_export(struct buf *out, str body, str signature);
struct hash checkpoint_digest(struct merkle *m, str body);
MUST_USE bool checkpoint_is_signed(const struct checkpoint *c, const struct key *k);

/* Hexadecimal in JSON. */
void hash_write(struct buf *out, const char *name, const struct hash *h);
MUST_USE bool hash_read(const struct json *object, const char *name, struct hash *h);
