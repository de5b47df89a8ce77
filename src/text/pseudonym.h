/* Other values in the place of real ones, always the same for the same value under the same key and
 * word, so that copies stay joinable and say nothing of whom they are about.
 *
 * Numbers of registers become numbers of the same register, with right check digits, by
 * format-preserving encryption (base/ff1.h over SM4): no two values become one, and whoever has the
 * key finds the way back.  Names and addresses become others by a keyed digest (HMAC-SM3); whatever
 * has no shape becomes the digest itself.  Dates are moved, all of one person by the same number of
 * days. */
#pragma once
#include "base/arena.h"
#include "base/err.h"

/* code, name; a value that has not the shape of its kind is replaced as text */
#define PSEUDONYM_KINDS(X)                                                                         \
    X(RESIDENT_ID, "resident-id") /* region and birth and serial: all others */                    \
    X(USCC, "uscc")               /* the first two characters stay: kind of organisation */        \
    X(MOBILE, "mobile-cn")                                                                         \
    X(PHONE, "phone-cn")  /* landlines: the area code stays */                                     \
    X(CARD, "bank-card")  /* the first six digits stay: the bank */                                \
    X(PLATE, "plate-cn")  /* province and letter stay */                                           \
    X(NAME, "name")       /* another name of as many characters; two may become one */             \
    X(ADDRESS, "address") /* town or village stays; two may become one */                          \
    X(TEXT, "text")

enum pseudonym_kind {
#define X(code, name) PSEUDONYM_##code,
    PSEUDONYM_KINDS(X)
#undef X
        PSEUDONYM_COUNT
};
const char *pseudonym_name(enum pseudonym_kind k);
/* The kind of a format of text/format.h; false when there is none. */
MUST_USE bool pseudonym_of_format(str format, enum pseudonym_kind *k);

enum { PSEUDONYM_KEY_BYTES = 32, PSEUDONYM_MAX_WORD = 200 };

struct pseudonymiser;
/* word: copies made with another one do not join with these; up to 200 bytes. */
MUST_USE struct pseudonymiser *pseudonymiser_create(const uint8_t key[PSEUDONYM_KEY_BYTES],
                                                    str word, struct err *e);
void pseudonymiser_destroy(struct pseudonymiser *p); /* NULL allowed */

/* In a; a text without a character stays so. */
str pseudonym_make(struct pseudonymiser *p, struct arena *a, enum pseudonym_kind k, str text);
/* The way back, for kinds with a shape.  False when the text has not the shape. */
MUST_USE bool pseudonym_undo(struct pseudonymiser *p, struct arena *a, enum pseudonym_kind k,
                             str text, str *out);
/* By how many days the dates of this person are moved: −183 to 183, never 0. */
int32_t pseudonym_days(struct pseudonymiser *p, str person);
