/* Inside the room: guessing is slowed, sessions are opened. */
#pragma once
#include "identity/identity.h"

/* Five failures of an account from one place make that place wait, longer each time: LIMIT.
 * Other places do not wait, so nobody can lock the owner out.  place: an address, or PLACE_SECOND
 * for codes, which only somebody who has the password can get wrong. */
#define PLACE_SECOND STR("second factor")
MUST_USE bool patience_check(struct cx *cx, str login, str place);
/* Counts a failure, and keeps the count whatever becomes of the request.  Fills cx->err with
 * UNKNOWN; returns false. */
bool patience_fail(struct cx *cx, str login, str place, const char *words, const char *words_zh);
MUST_USE bool patience_forget(struct cx *cx, str login, str place);

/* A session for the account, its cookie in rs, cx->actor filled. */
enum session_factors { SESSION_ONE_FACTOR, SESSION_TWO_FACTORS };
MUST_USE bool session_open(struct cx *cx, str login, enum session_factors factors,
                           const struct request *rq, struct response *rs);

/* {"user":…,"county":…,"csrf":…, not closed. */
void session_write(struct cx *cx, struct buf *b);
