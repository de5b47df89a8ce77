/* A token by PKCS #11: one AES key that never leaves it wraps the keys of a ring.
 *
 * The URI is RFC 7512's: token= and object= name the key, module-path= the library, pin-source= a
 * file with the PIN (mode 0600).  A PIN in the URI itself is refused. */
#pragma once
#include "base/arena.h"
#include "base/err.h"

struct token;

enum token_open { TOKEN_FIND, TOKEN_MAKE }; /* MAKE: makes the key when it is not there */
/* BUSY: the token cannot be reached or the PIN is wrong; MISSING: it has no such key. */
MUST_USE struct token *token_open(const char *uri, enum token_open how, struct err *e);
void token_close(struct token *t); /* NULL allowed */
/* AES-GCM with an IV of 12 bytes and a tag of 16 around n bytes of text. */
enum { TOKEN_EXTRA = 28, TOKEN_MAX_TEXT = 64 };
MUST_USE bool token_wrap(struct token *t, str text, uint8_t *out, struct err *e);
/* CONFLICT: it was wrapped with another key, or altered. */
MUST_USE bool token_unwrap(struct token *t, str wrapped, uint8_t *out, struct err *e);
