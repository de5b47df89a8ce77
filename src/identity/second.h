/* The second factor of an account: TOTP and recovery codes. */
#pragma once
#include "identity/identity.h"

enum second_state {
    SECOND_NONE,   /* not wanted, or none is there */
    SECOND_OK,     /* proved now */
    SECOND_WANTED, /* a code is to be sent */
    SECOND_ENROL,  /* the role demands one: a secret was made to be shown */
    SECOND_WRONG,
};

/* What an account's second factor says to a code (p == NULL: none was sent).  With SECOND_ENROL
 * and on enrolment more members are written to b: secret, uri, qr; recovery_codes. */
MUST_USE bool second_try(struct cx *cx, str login, str code, enum second_state *state,
                         struct buf *b);

/* Whether signing in to the account takes two factors: its role demands it, or it has a second. */
MUST_USE bool second_is_wanted(struct cx *cx, str login, bool *is_wanted);

/* Seals again, with the active generation of the ring, up to 200 accounts that are sealed with
 * another; *done: how many.  In the caller's transaction. */
MUST_USE bool second_reseal(struct db *db, struct ring *ring, int64_t *done, struct err *e);
/* Accounts whose second factor is sealed with a generation; 0: with a key of the database. */
MUST_USE bool second_count(struct db *db, int64_t generation, int64_t *n, struct err *e);

/* Routes to enrol and to leave, for whoever is signed in. */
extern const struct module SECOND_MODULE;
