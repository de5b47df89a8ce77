/* Signed tokens: JWS compact serialization of JWT claims (RFC 7515, RFC 7519, RFC 8725). */
#pragma once
#include "base/key.h"
#include "text/json.h"

enum { TOKEN_MAX = 16 << 10 };

struct token {
    str algorithm, kid; /* kid may be empty */
    struct json claims;
    str signed_part, signature; /* what the signature is over; decoded */
};

/* Takes a token apart; nothing is believed yet.  INVALID when it is no such token, has a "crit"
 * header or another "typ" than JWT. */
MUST_USE bool token_parse(struct token *t, struct arena *a, str text, struct err *e);
/* The algorithm is the key's, never the token's choice: "none", HS256 and whatever the key does not
 * make are refused (RFC 8725, 3.1). */
MUST_USE bool token_verify(const struct token *t, const struct key *k, struct err *e);
/* exp and nbf against now (seconds), with a minute's leave; iss and aud as expected. */
MUST_USE bool token_check(const struct token *t, str issuer, str audience, int64_t now,
                          struct err *e);

/* claims: a JSON object as text. */
MUST_USE bool token_sign(struct arena *a, const struct key *k, str claims, str *out, struct err *e);
