/* What the Unicode character database says of a code point, as far as patterns and host names ask.
 * The tables are in unicode_table.inc, made by tools/unicode-table. */
#pragma once
#include "base/arena.h"

enum { UNICODE_LAST = 0x10ffff };

struct unicode_range {
    uint32_t first, last; /* both included */
};

/* Ascending, not touching. */
struct unicode_set {
    const struct unicode_range *ranges;
    size_t n;
};

bool unicode_set_has(struct unicode_set set, uint32_t code_point);

/* The set meant by \p{name} or \p{name=value} (ECMA-262, section 22.2.1.9): general categories,
 * scripts, and the binary properties in common use.  value.n is 0 when there is none.  Case is
 * ignored.  False when the property is not known. */
MUST_USE bool unicode_property(struct unicode_set *set, str name, str value, struct arena *a);

/* Short names as the database has them: "Lu", "Hani", "AL", "D". */
const char *unicode_category(uint32_t code_point);
const char *unicode_script(uint32_t code_point);
const char *unicode_bidi_class(uint32_t code_point);
const char *unicode_joining_type(uint32_t code_point);
bool unicode_is_virama(uint32_t code_point);
/* PVALID of RFC 5892: may stand in an internationalised host name without a rule of context. */
bool unicode_is_idna_valid(uint32_t code_point);
