/* The issuer of this county's tokens: its address and the keys it signs with.
 *
 * Private parts are the files token-ES256.pem and token-RS256.pem of one folder, the same at every
 * server of a county.  Public parts stand in shuzhi.signing_key.  A file that was replaced is taken
 * up at the next signature; the old public part stays listed for a day, so nobody is signed out. */
#pragma once
#include "base/key.h"
#include "store/db.h"

struct issuer;

/* Makes keys that are not there.  url: how clients reach this server, without a slash at the end.
 */
MUST_USE struct issuer *issuer_create(str url, const char *key_folder, struct err *e);
void issuer_destroy(struct issuer *i); /* NULL allowed */
str issuer_url(const struct issuer *i);
bool issuer_is_https(const struct issuer *i);

/* A secret text of the key folder, without white space at its ends; refused when others may read
 * the file. */
MUST_USE bool issuer_secret(const struct issuer *i, struct arena *a, str file, str *secret,
                            struct err *e);

/* The key to sign with now, listed before it is given.  Lives as long as the issuer. */
MUST_USE const struct key *issuer_key(struct issuer *i, struct db *db, enum key_kind kind,
                                      struct err *e);
/* The listed key of this id, made anew: destroy it.  NULL: MISSING when it is none of ours. */
MUST_USE struct key *issuer_find(struct db *db, struct arena *a, str kid, struct err *e);
/* Lists the public part, and gives the others of its kind a day. */
MUST_USE bool issuer_list(struct db *db, const struct key *k, struct err *e);
str issuer_key_file(struct arena *a, const char *key_folder, enum key_kind kind);
