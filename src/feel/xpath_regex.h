/* Regular expressions of XPath (F&O 5.6.1, XML Schema part 2, appendix F): classes with
 * subtraction, Unicode categories and blocks, reluctant quantifiers, back-references, flags s m i x
 * q.
 *
 * Without back-references the time is bounded by text × pattern (threads in lock step, no
 * backtracking); with them the search tries, and stops when the fuel is used up. */
#pragma once
#include "base/arena.h"
#include "base/err.h"

enum { REGEX_GROUPS = 100 };

struct xpath_regex_insn;
struct xpath_regex_class;

struct xpath_regex {
    struct xpath_regex_insn *insns;
    size_t n, size;
    struct xpath_regex_class *classes;
    size_t class_count, class_size;
    size_t group_count; /* without the whole match */
    size_t loop_count;
    size_t slot_count; /* two a group; with back-references one more for each loop */
    bool is_literal;   /* flag q */
    bool has_back_references;
    bool ignores_case, dot_takes_all, is_multiline;
    struct xpath_regex_scratch *scratch; /* of the searches, made by the first */
};

struct xpath_regex_match {
    size_t start[REGEX_GROUPS], end[REGEX_GROUPS]; /* bytes; SIZE_MAX: the group took no part */
};

enum xpath_regex_outcome { REGEX_NONE, REGEX_FOUND, REGEX_TOO_MUCH };

/* The regex lives in the arena.  INVALID when pattern or flags are wrong. */
MUST_USE bool xpath_regex_compile(struct xpath_regex *r, str pattern, str flags, struct arena *a,
                                  struct err *e);
/* The first match at or after `from`.  Steps are taken off *fuel; scratch memory from the arena, up
 * to `memory` in all. */
enum xpath_regex_outcome xpath_regex_search(struct xpath_regex *r, str text, size_t from,
                                            struct xpath_regex_match *match, int64_t *fuel,
                                            struct arena *a, size_t memory);

/* Between the two halves. */
enum xpath_regex_op {
    REGEX_CHAR,
    REGEX_ANY,
    REGEX_CLASS,
    REGEX_SPLIT,
    REGEX_JUMP,
    REGEX_SAVE,
    REGEX_BEGIN,
    REGEX_END,
    REGEX_BACK,
    REGEX_PROGRESS,
    REGEX_MATCH
};

struct xpath_regex_insn {
    enum xpath_regex_op op;
    uint32_t x, y; /* character, class, slot; SPLIT: preferred and other target */
};

struct regex_range {
    uint32_t first, last;
};

struct xpath_regex_class {
    struct regex_range *ranges;
    size_t n, size;
    uint32_t categories;     /* bits */
    uint32_t not_categories; /* \P{…}, \W …: any category not among these */
    bool has_not;
    bool is_negated;
    int32_t without; /* the class subtracted, -1 if none */
};

bool xpath_regex_class_has(const struct xpath_regex *r, const struct xpath_regex_class *k,
                           uint32_t c);
