/* Who is asking: staff accounts, sessions, and what their roles allow. */
#pragma once
#include "http/http.h"
#include "registry/registry.h"
#include "store/db.h"

struct actor {
    str login, organisation, csrf;
    struct title name;
    str *roles;
    size_t role_count;
};

/* Finds the session of a request and fills cx->actor.  Nobody signed in is no failure here; a wrong
 * CSRF token on a changing request is. */
MUST_USE bool identity_enter(struct cx *cx, const struct route *route, const struct request *rq);

/* Whether a role of the actor gives the verb on the dataset (own: the actor's organisation owns
 * it). d NULL: on anything. */
bool identity_may(const struct cx *cx, const char *verb, const struct dataset *d);
/* The same; DENIED with the reason when not. */
MUST_USE bool identity_require(struct cx *cx, const char *verb, const struct dataset *d);

/* Makes the county profile's accounts that are not there yet. */
MUST_USE bool identity_make_accounts(struct db *db, const struct registry *r, struct err *e);

extern const struct module IDENTITY_MODULE;
