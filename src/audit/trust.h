/* Which keys may have signed which checkpoints.
 *
 * When the signing key is changed, the old key signs that the new one follows it after a
 * checkpoint, and the new key signs the same:
 * {"succession":1,"from":ID,"to":ID,"after":CHECKPOINT,"at_us":…, "from_key":PEM,"to_key":PEM}.  So
 * whoever trusts one of the keys can follow to the others, both ways, and the old key signs nothing
 * after that checkpoint that counts. */
#pragma once
#include "audit/chain.h"

enum { TRUST_MAX_KEYS = 64 };

struct succession {
    str from, to, from_key, to_key; /* ids, PEM */
    int64_t after, at_us;
    str body, signature, acceptance; /* base64url, by the old and the new key */
};

/* Lives in a. */
MUST_USE bool succession_sign(struct succession *s, struct arena *a, const struct key *from,
                              const struct key *to, int64_t after, int64_t at_us, struct err *e);
/* Reads {"succession":BODY AS TEXT,"signature":…,"acceptance":…} and checks both signatures.
 * CONFLICT: it is not as it was signed. */
MUST_USE bool succession_parse(struct succession *s, const struct json *v, struct arena *a,
                               struct err *e);
void succession_export(struct buf *out, str body, str signature, str acceptance);

struct trusted {
    struct key *key;
    str id, pem;
    int64_t after, upto;  /* checkpoints it may have signed: after < number <= upto */
    struct trusted *next; /* that it was given over to */
    bool is_trusted;
};

struct trust {
    struct arena arena;
    struct trusted keys[TRUST_MAX_KEYS];
    size_t n;
    bool trusts_all;        /* no key was given: those that are named are taken at their word */
    struct buf successions; /* JSON texts with commas between: for proofs */
};

/* given: the key to begin with; NULL: every key that is added.  LIMIT: too many keys. */
MUST_USE bool trust_begin(struct trust *t, const struct key *given, struct err *e);
void trust_release(struct trust *t);
MUST_USE bool trust_add_key(struct trust *t, str pem, struct err *e);
/* CONFLICT: not as it was signed, or a second successor of one key. */
MUST_USE bool trust_add_succession(struct trust *t, const struct json *v, struct err *e);
/* The key that signed; NULL: none that may have. */
const struct trusted *trust_find(const struct trust *t, const struct checkpoint *c);
