/* Regular expressions of ECMA-262 with the u flag, matched in linear time.
 *
 * A pattern only ever answers yes or no (there are no captures to bring back), which lets it run as
 * an automaton: time is text length × pattern size at worst, whatever the pattern, and for most
 * patterns one table step a code point.  Look-ahead and look-behind are evaluated by passes of
 * their own over the text.  Back references cannot be matched in bounded time: regex_check() takes
 * them, regex_compile() refuses.
 *
 * Stricter than the u flag in nothing; laxer in one thing: any ASCII punctuation may stand behind a
 * backslash (people write "\-" and "\@"). */
#pragma once
#include "base/arena.h"
#include "base/err.h"

struct regex; /* immutable: any number of threads may match with it */

enum {
    REGEX_MAX_BYTES = 1 << 16, /* of a pattern */
    REGEX_MAX_STEPS = 20000,   /* instructions after repetitions are written out */
    REGEX_MAX_DEPTH = 200      /* of groups */
};

/* NULL on failure; e->msg says what is wrong and at which byte.  The result lives in the arena. */
MUST_USE struct regex *regex_compile(str pattern, struct arena *a, struct err *e);

/* Is it a pattern of the standard, whether we can match it or not? */
MUST_USE bool regex_check(str pattern, struct err *e);

/* Does the pattern match anywhere in the text (valid UTF-8)?  */
bool regex_matches(const struct regex *r, str text);
