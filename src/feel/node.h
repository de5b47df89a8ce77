/* The tree between text and bytecode.  The reader of FEEL makes it, and so does the reader of DMN
 * for boxed expressions: both go through one compiler. */
#pragma once
#include "base/err.h"
#include "base/map.h"
#include "feel/type.h"

enum node_kind {
    NODE_CONSTANT,
    NODE_NAME,
    NODE_NEGATE,
    NODE_BINARY, /* op */
    NODE_AND,
    NODE_OR,
    NODE_IF,   /* condition, then, else; op 1: boxed, the condition must be a boolean */
    NODE_FOR,  /* domain … , result; params name the variables */
    NODE_SOME, /* likewise, condition last */
    NODE_EVERY,
    NODE_LIST,
    NODE_CONTEXT,  /* params are the keys, with types if any */
    NODE_PATH,     /* kid, name */
    NODE_FILTER,   /* list, condition; op 1: boxed, likewise */
    NODE_RANGE,    /* low, high; op: RANGE_HAS_* */
    NODE_TEST,     /* kid; op: comparison.  < 10 as a value is a range, in a test a comparison */
    NODE_BETWEEN,  /* value, low, high */
    NODE_IN,       /* value, test … */
    NODE_CALL,     /* function, argument … ; params name the arguments if has_names */
    NODE_FUNCTION, /* params, body */
    NODE_EXTERNAL, /* a function in Java or PMML: refused */
    NODE_INSTANCE, /* kid, type */
    NODE_COERCE,   /* kid, type */
    NODE_TESTS,    /* tests of ?; op 1: not(…); no tests: - */
    NODE_SPAN,     /* low .. high as the domain of an iteration */
    NODE_BODY,     /* NODE_CONTEXT whose last entry is the result */
    NODE_TABLE     /* a decision table */
};

enum node_op {
    NODE_ADD,
    NODE_SUB,
    NODE_MUL,
    NODE_DIV,
    NODE_POW,
    NODE_EQ,
    NODE_NE,
    NODE_LT,
    NODE_LE,
    NODE_GT,
    NODE_GE
};
enum { RANGE_HAS_LOW = 1, RANGE_HAS_HIGH = 2 };

struct param {
    str name;
    const struct type *type; /* NULL: any */
};

struct table_node;

struct node {
    enum node_kind kind;
    int op;
    uint32_t at;     /* byte in the source */
    uint32_t height; /* of the tree under it: bounded, for trees are walked by recursion */
    bool has_names;
    str name;
    struct value constant;
    const struct type *type;
    struct node **kids;
    struct param *params;
    size_t n, param_count;
    struct table_node *table;
    str text; /* the source this node was read from, if another than its parent's */
};

/* One letter each as in DMN 8.2.8: U A P F C O R; aggregation + < > # or 0. */
struct table_rule {
    struct node **tests, **outputs;
    str id;
};

struct table_node {
    char policy, aggregation;
    size_t input_count, output_count, rule_count;
    struct node **inputs;       /* expressions */
    struct node **input_values; /* tests or NULL */
    str *output_names;
    const struct type **output_types; /* NULL: any */
    struct node **output_values;      /* NODE_LIST, best first; or NULL */
    struct node **output_tests;       /* the same as tests, for checking; or NULL */
    struct node **defaults;           /* NULL where there is none */
    struct table_rule *rules;
    str name;
};

/* What names mean where an expression stands. */
struct scope {
    const str *names; /* global i of the program has name i */
    size_t n;
    const struct map *types; /* name to struct type; may be NULL */
    const struct map *words; /* more names with blanks or signs that may occur: keys of contexts */
};

struct node *node_new(struct arena *a, enum node_kind kind, uint32_t at, size_t kids);

/* Each reads the whole text.  NULL on a fault: e says line, column and what was expected. */
struct node *node_parse(struct arena *a, str text, const struct scope *scope, struct err *e);
struct node *node_parse_tests(struct arena *a, str text, const struct scope *scope, struct err *e);
/* What an iteration goes through: an expression, or low .. high. */
struct node *node_parse_domain(struct arena *a, str text, const struct scope *scope, struct err *e);
/* Comma-separated expressions, as a NODE_LIST. */
struct node *node_parse_list(struct arena *a, str text, const struct scope *scope, struct err *e);
const struct type *node_parse_type(struct arena *a, str text, const struct scope *scope,
                                   struct err *e);

/* Line and column, both from 1. */
void node_place(str text, uint32_t at, uint32_t *line, uint32_t *column);
