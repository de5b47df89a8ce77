/* What regular expressions and upper case() need to know of Unicode. */
#pragma once
#include "base/str.h"

/* clang-format does not come to rest on this list. */
/* clang-format off */
#define UNICODE_CATEGORIES(X) \
    X(Lu) X(Ll) X(Lt) X(Lm) X(Lo) X(Mn) X(Mc) X(Me) X(Nd) X(Nl) X(No) X(Pc) X(Pd) X(Ps) X(Pe) \
    X(Pi) X(Pf) X(Po) X(Sm) X(Sc) X(Sk) X(So) X(Zs) X(Zl) X(Zp) X(Cc) X(Cf) X(Co) X(Cn)
/* clang-format on */

enum letters_category {
#define X(name) U_##name,
    UNICODE_CATEGORIES(X)
#undef X
};

enum letters_case { UNICODE_UPPER, UNICODE_LOWER };

struct letters_run {
    uint32_t first;
    uint8_t category;
};

struct letters_case_run {
    uint32_t first, last, step;
    int32_t distance;
};

extern const struct letters_run UNICODE_RUNS[];
extern const size_t UNICODE_RUN_COUNT;
extern const struct letters_case_run UNICODE_UPPER_RUNS[], UNICODE_LOWER_RUNS[];
extern const size_t UNICODE_UPPER_COUNT, UNICODE_LOWER_COUNT;

enum letters_category letters_category(uint32_t c);
uint32_t letters_to(uint32_t c, enum letters_case to); /* itself if it has none */
/* "Lu", or "L" for all that begin with it, as bits 1 << category; 0 if there is none. */
uint32_t letters_category_mask(str name);
/* A block by its name without blanks, such as "BasicLatin"; false if unknown. */
bool letters_block(str name, uint32_t *first, uint32_t *last);
