/* Keys that sign, and keyed digests: thin wrappers of OpenSSL.
 *
 * Signatures are as JWS and GM/T 0009 want them: r and s beside each other (64 bytes) for ES256 and
 * SM2, the number itself (256 bytes) for RS256.  SM2 signs SM3 over Z and the data with the
 * default user id 1234567812345678 (GB/T 32918.2). */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* name, as JWS calls it, in words, digest, curve as JWK says */
#define KEY_KINDS(X)                                                                               \
    X(ES256, "ES256", "P-256", "SHA256", "P-256")                                                  \
    X(RS256, "RS256", "RSA of 2048 bits or more", "SHA256", NULL)                                  \
    X(SM2, "SM2SM3", "SM2", "SM3", "SM2")

enum key_kind {
#define X(name, algorithm, words, digest, curve) KEY_##name,
    KEY_KINDS(X)
#undef X
};

struct key;

MUST_USE struct key *key_generate(enum key_kind kind, struct err *e);
void key_destroy(struct key *k); /* NULL allowed */
enum key_kind key_kind(const struct key *k);
const char *key_algorithm(enum key_kind kind);
/* By key_algorithm(); *kind is untouched when there is none of that name. */
bool key_kind_find(str algorithm, enum key_kind *kind);

/* Reads a PEM file, private or public; whose kind is told by the key.  A private key that others
 * than its owner may read is refused. */
MUST_USE struct key *key_load(const char *path, struct err *e);
/* Writes the private part as PKCS #8 PEM, mode 0600, whole or not at all.  CONFLICT when the file
 * is there. */
MUST_USE bool key_save(const struct key *k, const char *path, struct err *e);
/* The same over a file that is there. */
MUST_USE bool key_replace(const struct key *k, const char *path, struct err *e);
/* The key of the file; makes one of this kind when there is none.  Several processes that begin
 * at once get the same. */
MUST_USE struct key *key_load_or_make(const char *path, enum key_kind kind, struct err *e);

/* From PEM text (public or private) and to public PEM. */
MUST_USE struct key *key_parse(str pem, struct err *e);
/* SubjectPublicKeyInfo as DER, as browsers give it. */
MUST_USE struct key *key_from_der(str der, struct err *e);
str key_public_pem(struct arena *a, const struct key *k);
/* From JWK members, decoded: a point on P-256 (32 bytes each), an RSA modulus and exponent. */
MUST_USE struct key *key_from_point(str x, str y, struct err *e);
MUST_USE struct key *key_from_modulus(str n, str exponent, struct err *e);
/* {"kty":…} with the public members, kid, alg and use (RFC 7517).  SM2's curve has no registered
 * name; "SM2" stands there. */
void key_write_jwk(struct buf *out, const struct key *k);
/* RFC 7638: the thumbprint over SHA-256, base64url. */
str key_id(struct arena *a, const struct key *k);

/* BROKEN when k has no private part. */
MUST_USE bool key_sign(struct arena *a, const struct key *k, str data, str *signature,
                       struct err *e);
/* False for a wrong signature and for one of the wrong length. */
MUST_USE bool key_verify(const struct key *k, str data, str signature);

/* RFC 2104 with what the standards of the web fix; with SM3 see cipher.h.  The number of bytes: 20
 * for SHA-1, else 32. */
/* The same for a signature as X.509 and WebAuthn write it: r and s in DER for ES256 and SM2. */
MUST_USE bool key_verify_der(const struct key *k, str data, str signature);

enum hmac_kind { HMAC_SHA1, HMAC_SHA256 };
enum { HMAC_MAX = 32 };
size_t hmac(enum hmac_kind kind, str key, str data, uint8_t out[HMAC_MAX]);
/* FIPS 180-4, for PKCE, thumbprints and WebAuthn. */
void sha256(str data, uint8_t out[32]);
