/* Shared by the three parts of the regex engine: parser, compiler, matcher. */
#pragma once
#include "text/regex.h"
#include "text/unicode.h"

enum regex_kind {
    REGEX_EMPTY,
    REGEX_SET,      /* one code point out of a set */
    REGEX_SEQUENCE, /* items, in order */
    REGEX_CHOICE,   /* items, any of */
    REGEX_REPEAT,   /* item, least..most times */
    REGEX_START,    /* ^ */
    REGEX_END,      /* $ */
    REGEX_WORD,     /* \b */
    REGEX_NOT_WORD, /* \B */
    REGEX_LOOK,     /* item ahead or behind */
    REGEX_BACK      /* \1, \k<name> */
};

static const uint32_t REGEX_NO_LIMIT = UINT32_MAX;

struct regex_node {
    enum regex_kind kind;
    bool is_behind, is_negative; /* REGEX_LOOK */
    uint32_t least, most;        /* REGEX_REPEAT */
    uint32_t set;                /* REGEX_SET: index into regex_tree.sets */
    uint32_t n;
    struct regex_node **items;
};

struct regex_tree {
    struct regex_node *root;
    struct unicode_set *sets;
    size_t set_count, set_size;
    bool has_back_reference;
};

MUST_USE bool regex_parse(struct regex_tree *tree, str pattern, struct arena *a, struct err *e);

enum step_kind {
    STEP_SET,  /* consumes a code point of the set */
    STEP_FORK, /* goes on at both next and other */
    STEP_JUMP,
    STEP_START,
    STEP_END,
    STEP_WORD,
    STEP_NOT_WORD,
    STEP_LOOK, /* goes on when the look's bit at this place says so */
    STEP_MATCH
};

struct step {
    uint8_t kind;
    uint32_t next,
        other; /* other: the set of STEP_SET, the look of STEP_LOOK, a fork's other way */
};

/* A body run over the whole text beforehand: bit i says whether it matches ahead of, or behind, i.
 * Looks inside a look come before it. */
struct look {
    uint32_t start; /* its first step */
    bool is_behind, is_negative;
};

struct automaton {
    uint16_t *next; /* state × class -> state, with AUTO_FINAL where nothing can change any more */
    uint8_t *flags; /* per state: AUTO_… */
};
enum { AUTO_MATCHED = 1, AUTO_DEAD = 2, AUTO_MATCHES_AT_END = 4, AUTO_FINAL = 0x8000 };

struct regex {
    struct step *steps;
    size_t step_count, step_size;
    uint32_t start;
    struct look *looks;
    size_t look_count, look_size;
    /* Code points fall into classes that no set of the pattern tells apart. */
    uint32_t *bounds;  /* ascending first code points */
    uint16_t *classes; /* of the code points from bounds[i] on */
    size_t bound_count, class_count;
    uint16_t ascii[128];
    uint8_t **members; /* set -> class -> whether the class belongs to the set */
    size_t set_count;
    struct automaton *automaton; /* NULL when the pattern needs the simulation */
};

/* The class of a code point. */
uint16_t regex_class(const struct regex *r, uint32_t code_point);
/* Tries to make r->automaton, within a budget. */
void regex_determinize(struct regex *r, struct arena *a);
