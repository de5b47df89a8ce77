/* A message between two counties, and its receipt, as bytes.
 *
 * A message is one line, a JWS of JWT claims (RFC 7515, 7519; alg SM2SM3), a newline, and the body.
 * What is signed is the JWS's own signing input, so there are no two ways to write it; the body is
 * bound to it by its SM3 digest.  The claims:
 * - jti: the message's id, a UUID; iss, aud: county ids; iat, exp: seconds;
 * - type; seq: from 1, of all messages from iss to aud; agreement: a UUID;
 * - part, last: of a delivery; digest: SM3 of the body, hexadecimal; bytes: of the body.
 *
 * A message that is sent again is signed again: id, sequence and digest stay.  A receipt is such a
 * JWS by itself: type "receipt", of (the id), seq, digest, result ("taken" or "refused"), reason,
 * taken_at. */
#pragma once
#include "identity/token.h"

enum {
    MESSAGE_MAX = 4 << 20,      /* bytes, the line included: what the server's body reader takes */
    MESSAGE_BODY_MAX = 2 << 20, /* of what is made here */
    MESSAGE_LIFE = 3600,        /* seconds from signing to exp */
    MESSAGE_LIFE_MAX = 86400,   /* that are taken */
    MESSAGE_LEEWAY = 300        /* between two counties' clocks */
};

/* name in C, as written; from the taker's or giver's side see handle.c */
#define MESSAGE_TYPES(X)                                                                           \
    X(REQUEST, "agreement.request")                                                                \
    X(DECIDED, "agreement.decided")                                                                \
    X(ENDED, "agreement.ended")                                                                    \
    X(RECORDS, "records")                                                                          \
    X(LANDED, "records.landed")

enum message_type {
#define X(name, text) MESSAGE_##name,
    MESSAGE_TYPES(X)
#undef X
};

struct message {
    str id, from, to, agreement; /* agreement may be empty */
    enum message_type type;
    int64_t sequence, issued, expires, part;
    bool is_last;
    str body, digest;
    str line; /* the JWS */
    struct token token;
};

const char *message_type_name(enum message_type t);
bool uuid_is_valid(str s); /* 8-4-4-4-12 lower-case hexadecimal digits */

/* Takes the bytes apart and compares the body with its digest; nobody is believed yet.  INVALID. */
MUST_USE bool message_parse(struct message *m, struct arena *a, str bytes, struct err *e);
/* keys: PEM of the sender; UNKNOWN when none of them signed it. */
MUST_USE bool message_verify(const struct message *m, const str *keys, size_t n, struct err *e);
/* DENIED when it is addressed to another, INVALID outside its time; now in seconds. */
MUST_USE bool message_check(const struct message *m, str me, int64_t now, struct err *e);
/* From id, from, to, agreement, type, sequence, part, is_last and body; sets the rest of m. */
MUST_USE bool message_sign(struct message *m, struct arena *a, const struct key *k, int64_t now,
                           struct err *e);

struct receipt {
    str of, from, to, digest, reason; /* from: who received the message and signs */
    int64_t sequence, taken_at;       /* seconds */
    bool is_taken;                    /* else refused, for the reason */
};
MUST_USE bool receipt_sign(struct arena *a, const struct key *k, const struct receipt *r, str *out,
                           struct err *e);
/* Reads a receipt and believes it only when one of keys signed it: UNKNOWN else. */
MUST_USE bool receipt_read(struct receipt *r, struct arena *a, str text, const str *keys, size_t n,
                           struct err *e);
/* Whether it is the receipt of this message: CONFLICT when of another. */
MUST_USE bool receipt_fits(const struct receipt *r, const struct message *m, struct err *e);
