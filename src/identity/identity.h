/* Who is asking: staff accounts, sessions, and what their roles allow. */
#pragma once
#include "http/http.h"
#include "registry/rights.h"
#include "store/db.h"

/* A post a person holds now: the roles it gives, where and for what area. */
struct post {
    int64_t id;
    str organisation, area, duty; /* p == NULL: none */
    str *roles;
    size_t role_count;
    str delegated_by, until; /* p == NULL: not delegated, no end */
};

struct actor {
    str login, organisation, csrf; /* organisation: where they belong; posts may be elsewhere */
    str id_number, uscc;           /* of a citizen, a firm; p == NULL: none */
    struct title name;
    struct post *posts;
    size_t post_count;
};

/* Finds the session of a request and fills cx->actor.  Nobody signed in is no failure here; a wrong
 * CSRF token on a changing request is. */
MUST_USE bool identity_enter(struct cx *cx, const struct route *route, const struct request *rq);
/* The cookie of a session: behind https its name begins with __Host- (RFC 6265bis 4.1.3.2), so
 * that no other host of the domain can set it and no page under http. */
const char *session_cookie(const struct cx *cx);
/* The session's token as the browser sent it; empty when it sent none. */
str session_token(const struct cx *cx, const struct request *rq);

/* Whether a post of the actor gives the verb on the dataset, be it on some rows only.  d NULL: on
 * anything. */
bool identity_may(const struct cx *cx, const char *verb, const struct dataset *d);
bool identity_audits_all(const struct cx *cx); /* may read the audit of every dataset */
/* Whether the line gives something on the dataset (NULL: on any) to the holder of the post. */
bool post_holds(const struct post *p, const struct right *g, const struct dataset *d);
struct asker post_asker(const struct actor *who, const struct post *p, str purpose);
/* The account and its posts as they are now, without a session; MISSING when there is none. */
MUST_USE bool identity_load(struct db *db, struct arena *a, str login, struct actor *actor,
                            struct err *e);
/* The same; DENIED with the reason when not. */
MUST_USE bool identity_require(struct cx *cx, const char *verb, const struct dataset *d);

/* Makes the county profile's accounts that are not there yet. */
MUST_USE bool identity_make_accounts(struct db *db, const struct registry *r, struct err *e);

extern const struct module IDENTITY_MODULE, ACCOUNT_MODULE, PASSKEY_MODULE;
