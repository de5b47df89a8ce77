/* WebAuthn Level 2, the relying party's part: what a device said, taken apart and checked.
 *
 * Attestation is "none": who made a device is not asked, so its public key comes as the browser
 * gives it (SubjectPublicKeyInfo) and no CBOR is read. */
#pragma once
#include "base/arena.h"
#include "base/err.h"

enum { PASSKEY_ID_MAX = 1023 };

struct passkey_said {
    str challenge;  /* base64url, as it was sent */
    str credential; /* id, bytes; of a new one only */
    int64_t count;
};

enum passkey_kind { PASSKEY_CREATE, PASSKEY_GET };

/* clientDataJSON and authenticatorData (7.1 steps 7-16, 7.2 steps 11-17): of this kind, from this
 * origin, for this host, with the person present and verified.  INVALID with what is wrong. */
MUST_USE bool passkey_read(struct passkey_said *out, struct arena *a, enum passkey_kind kind,
                           str client_data, str auth_data, str origin, struct err *e);
/* What a signature is over: authenticatorData and the digest of clientDataJSON. */
str passkey_signed_part(struct arena *a, str client_data, str auth_data);
/* The host of an origin: the relying party's id. */
str passkey_host(str origin);
