/* Digests, keyed digests, random bytes and password hashing: thin wrappers of OpenSSL and
 * libsodium. */
#pragma once
#include "base/arena.h"
#include "base/err.h"

enum { DIGEST_BYTES = 32 };

/* SM3 (GB/T 32905). */
struct digest {
    void *state;
};
void digest_begin(struct digest *d);
void digest_add(struct digest *d, str data);
void digest_end(struct digest *d, uint8_t out[DIGEST_BYTES]); /* frees the state */
/* Ends one digest and begins the next without freeing the state. */
void digest_next(struct digest *d, uint8_t out[DIGEST_BYTES]);
void digest_drop(struct digest *d);        /* frees the state of one that is not wanted */
str digest_hex(struct arena *a, str data); /* 64 lower-case digits */
str bytes_to_hex(struct arena *a, const uint8_t *bytes, size_t n);

/* n random bytes from the system, as base64url without padding. */
str random_token(struct arena *a, size_t n);
/* A number below n, each as likely; n > 0. */
uint64_t random_below(uint64_t n);
/* In time that does not depend on where they differ. */
bool bytes_equal_constant(str a, str b);

/* Argon2id, encoded with its parameters ($argon2id$v=19$m=…). */
MUST_USE bool password_hash(struct arena *a, str password, str *encoded, struct err *e);
/* False for a wrong password and for an encoded text that is none. */
MUST_USE bool password_verify(str encoded, str password);
