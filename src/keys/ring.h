/* The key ring: what a county's secrets are sealed with, kept outside its database.
 *
 * A file of lines, mode 0600, the same at every server of a county (docs/operating.md, "Keys"):
 *
 *     shuzhi-keys 1
 *     token pkcs11:token=…;object=…?module-path=…&pin-source=file:…    (only with a token)
 *     generation 1 old 2026-11-25T03:11:00Z 64 HEXADECIMAL DIGITS
 *     generation 2 active 2027-01-04T01:00:00Z …
 *     database record-handle 64 HEXADECIMAL DIGITS   (keys that stood in a database once)
 *
 * One generation is active: with it is sealed; every one that is there still opens.  With a token
 * (PKCS #11) the digits are wrapped with its key and useless without it.  A ring reads its file
 * again when it was replaced: within a second, at once when a seal names a generation it does not
 * know, so that processes of one machine need not be told. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* code, name in the file and in the derivation */
#define KEY_USES(X)                                                                                \
    X(HANDLE, "record-handle") /* keys of records that the asker may not see */                    \
    X(SECOND, "second-factor") /* TOTP secrets */                                                  \
    X(MASK, "static-mask")     /* masked copies */

enum key_use {
#define X(code, name) KEY_USE_##code,
    KEY_USES(X)
#undef X
        KEY_USE_COUNT
};
const char *key_use_name(enum key_use use);

enum { RING_MAX_GENERATIONS = 64, RING_KEY_BYTES = 32 };

enum generation_state { GENERATION_WAITING, GENERATION_ACTIVE, GENERATION_OLD };
const char *generation_state_name(enum generation_state s);

struct generation {
    int64_t id; /* from 1 */
    enum generation_state state;
    char since[24]; /* of its state, in UTC */
    uint8_t master[RING_KEY_BYTES];
    uint8_t keys[KEY_USE_COUNT][RING_KEY_BYTES]; /* HMAC-SM3 of the use's name under the master */
};

/* What the file says.  A plain value; wipe it with ring_wipe(). */
struct ring_file {
    char token[512]; /* URI; empty: none */
    struct generation generations[RING_MAX_GENERATIONS];
    size_t n;
    bool has_database[KEY_USE_COUNT];
    uint8_t database[KEY_USE_COUNT][RING_KEY_BYTES];
};

/* MISSING when there is no file; INVALID: it may be read by others, or a line is wrong; BUSY: the
 * token cannot be reached. */
MUST_USE bool ring_file_load(struct ring_file *f, const char *path, struct err *e);
/* From text; token lines are followed. */
MUST_USE bool ring_file_parse(struct ring_file *f, str text, struct err *e);
/* Whole or not at all, mode 0600.  is_new: CONFLICT when it is there. */
enum ring_write { RING_NEW, RING_OVER };
MUST_USE bool ring_file_save(const struct ring_file *f, const char *path, enum ring_write how,
                             struct err *e);
/* A waiting generation, or the first one, which is active. */
MUST_USE bool ring_file_add(struct ring_file *f, struct err *e);
/* The newest waiting generation becomes active, the active one old.  CONFLICT: none waits. */
MUST_USE bool ring_file_activate(struct ring_file *f, struct err *e);
/* 0: the keys that stood in a database.  CONFLICT: it is active; MISSING: it is not there. */
MUST_USE bool ring_file_drop(struct ring_file *f, int64_t id, struct err *e);
const struct generation *ring_file_active(const struct ring_file *f);
/* 64 digits that tell one master from another and give nothing of it away. */
void generation_proof(const struct generation *g, char out[2 * RING_KEY_BYTES + 1]);
void ring_wipe(struct ring_file *f);

struct ring;

/* Follows the file.  The same errors as ring_file_load(). */
MUST_USE struct ring *ring_open(const char *path, struct err *e);
void ring_close(struct ring *r); /* NULL allowed */
/* Keys that still stand in the database, for what was sealed with them; those of the file come
 * before them. */
void ring_adopt(struct ring *r, enum key_use use, const uint8_t key[RING_KEY_BYTES]);
/* Reads the file again if it was replaced.  When it cannot be read, or gives a generation another
 * key than it had, what was read before stays in force. */
MUST_USE bool ring_refresh(struct ring *r, struct err *e);
void ring_poke(struct ring *r); /* from a signal handler: read again at the next use */

/* "GENERATION.base64url", by seal() of base/cipher.h with the active generation. */
str ring_seal(struct ring *r, struct arena *a, enum key_use use, str label, str text);
/* Opens what any generation of the ring sealed, and what a key of the database did ("base64url", or
 * ".base64url").  False when none did. */
MUST_USE bool ring_unseal(struct ring *r, struct arena *a, enum key_use use, str label, str sealed,
                          str *text);
int64_t ring_active(struct ring *r);
/* The key of a use; generation 0: of the active one, whose id is given.  MISSING. */
MUST_USE bool ring_key(struct ring *r, enum key_use use, int64_t *generation,
                       uint8_t out[RING_KEY_BYTES], struct err *e);
/* A copy of what is in force; wipe it. */
void ring_copy(struct ring *r, struct ring_file *out);
