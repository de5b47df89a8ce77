/* OpenID Connect, inside the room: families of tokens, and who a client is. */
#pragma once
#include "identity/form.h"
#include "identity/identity.h"
#include "identity/issuer.h"

/* seconds */
enum {
    CODE_LIFE = 60,
    ACCESS_LIFE = 600,
    REFRESH_LIFE = 14 * 86400, /* without use */
    FAMILY_LIFE = 90 * 86400,  /* in all */
    ID_TOKEN_LIFE = 600,
    REQUEST_LIFE = 600, /* for a person to decide */
};

struct family {
    int64_t id;
    str client, login, scope, nonce; /* nonce.p == NULL: none */
    int64_t auth_time;
    bool has_second;
};

/* One word of a list with blanks between. */
bool scope_has(str scope, const char *word);
/* Every word of it is one the client may ask for. */
bool scope_is_allowed(const struct client *c, str scope);
/* Every word of less stands in scope. */
bool scope_covers(str scope, str less);
bool client_returns_to(const struct client *c, str redirect_uri); /* letter by letter */

/* An error of RFC 6749, 5.2: JSON with "error", and the transaction stays. */
bool oidc_refuse(struct response *rs, int status, const char *error, const char *words);
/* A page without script that goes on to an address of this site. */
void oidc_answer_page(struct response *rs, str address);
/* The client of a token request by its secret, or by its id alone when it is public.  NULL after
 * oidc_refuse(). */
const struct client *oidc_client(struct cx *cx, const struct request *rq, const struct form *f,
                                 struct response *rs);

/* kind: code, access or refresh.  The token itself is given once; its digest is kept. */
MUST_USE bool family_give(struct cx *cx, int64_t family, const char *kind, int life,
                          str redirect_uri, str challenge, str scope, str *token);
/* Every token of it is worth nothing from now on. */
MUST_USE bool family_end(struct cx *cx, int64_t family, const char *why);
/* An access token in force, with its account active: false with ERR_UNKNOWN when not. */
MUST_USE bool family_of_access(struct cx *cx, str token, struct family *f);

/* Of the Authorization header; p == NULL when there is none. */
str bearer_token(const struct request *rq);
/* {"sub":…, not closed, by the scope; claims of userinfo and of ID tokens. */
MUST_USE bool oidc_add_claims(struct cx *cx, const struct family *f, struct buf *b);

extern const struct module OIDC_MODULE, OIDC_TOKEN_MODULE, OUTSIDE_MODULE;
