/* Symmetric ciphers and keyed digests of the Chinese standards: thin wrappers of OpenSSL. */
#pragma once
#include "base/arena.h"

enum { SM4_BYTES = 16, SEAL_KEY_BYTES = 32 };

/* HMAC (RFC 2104) with SM3 (GB/T 32905). */
void hmac_sm3(str key, str data, uint8_t out[32]);

/* Deterministic authenticated encryption: the same text under the same key and label gives the same
 * seal, and a changed seal opens to nothing.  SIV (RFC 5297's idea) of HMAC-SM3 and SM4-CTR (GB/T
 * 32907).  The seal is base64url, 16 bytes longer than the text before coding. */
str seal(struct arena *a, const uint8_t key[SEAL_KEY_BYTES], str label, str text);
/* False when it was not made with this key and label. */
MUST_USE bool seal_open(struct arena *a, const uint8_t key[SEAL_KEY_BYTES], str label, str sealed,
                        str *text);

/* RFC 4648 section 5, without padding.  Decoding refuses other characters and stray bits. */
str base64url(struct arena *a, str bytes);
MUST_USE bool base64url_decode(struct arena *a, str text, str *bytes);
/* Hexadecimal digits of either case, an even number of them. */
MUST_USE bool bytes_from_hex(str hex, uint8_t *out, size_t n);
