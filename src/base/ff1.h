/* Format-preserving encryption FF1 (NIST SP 800-38G rev. 1, section 5.1): numerals of a radix to as
 * many numerals of the same radix, as a permutation of its own for each key and tweak.
 *
 * Over SM4 (GB/T 32907), or AES for the standard's own samples.  Radix 2 to 65,536; at least a
 * million numeral strings (rev. 1's lower limit); half a string must fit 64 bits, which is shorter
 * than the standard's upper limit. */
#pragma once
#include "base/arena.h"
#include "base/err.h"

typedef unsigned __int128 ff1_number;

enum ff1_cipher { FF1_SM4, FF1_AES }; /* keys of 16 bytes; AES also 24 and 32 */
enum ff1_way { FF1_ENCRYPT, FF1_DECRYPT };
enum { FF1_MAX_NUMERALS = 128, FF1_MAX_TWEAK = 1024 };

struct ff1;

MUST_USE struct ff1 *ff1_create(enum ff1_cipher cipher, str key, struct err *e);
void ff1_destroy(struct ff1 *f); /* NULL allowed */
/* In place.  INVALID: a numeral is not below the radix, or the domain is outside the limits. */
MUST_USE bool ff1_apply(struct ff1 *f, enum ff1_way way, unsigned radix, str tweak,
                        uint16_t *numerals, size_t n, struct err *e);
/* A permutation of 0 ≤ *x < size, 1,000,000 ≤ size ≤ 2^96: FF1 over the narrowest strings that hold
 * it, again until it is below size (cycle walking). */
MUST_USE bool ff1_permute(struct ff1 *f, enum ff1_way way, ff1_number size, str tweak,
                          ff1_number *x, struct err *e);
