/* Shared by the files that read models; not for others. */
#pragma once
#include "dmn/dmn.h"
#include "text/xml.h"

struct import {
    struct import *next;
    str name, space;
    struct loaded *model;
};

struct definition { /* an item definition on its way to a type */
    const struct xml *xml;
    struct type *type;
    int state; /* 0 new, 1 being made, 2 done */
};

struct loaded { /* a model while the package is read */
    struct dmn_model *model;
    const struct xml *root;
    struct import *imports;
    struct map definitions; /* name to struct definition */
    struct map types;       /* name, or import.name, to struct type */
    struct map words;       /* names with blanks or signs that may occur in its expressions */
    struct map by_id;       /* id to struct dmn_element */
    const struct xml **element_xml;
    size_t size;
};

struct reader {
    struct arena *arena;
    struct dmn_package *package;
    str folder; /* empty: no imports */
    struct loaded **loaded;
    size_t loaded_count, loaded_size, problem_size;
    int depth;
};

/* The text an element's expressions are read from: each at the line it has in the file. */
struct source {
    struct buf text;
    uint32_t line;
};

void reader_problem(struct reader *r, const struct loaded *l, const struct xml *x, str element,
                    const char *fmt, ...) PRINTF(5, 6) __attribute__((nonnull(1, 5)));

/* types.c */
void reader_make_types(struct reader *r, struct loaded *l);
/* NULL, any type, when there is none; a problem when it is unknown. */
const struct type *reader_type(struct reader *r, struct loaded *l, const struct xml *x, str ref);

/* boxed.c: the expression that is a child of x; NULL with a fault in e, or when there is none. */
struct node *reader_expression(struct reader *r, struct loaded *l, const struct xml *x,
                               const struct scope *scope, struct source *s, struct err *e);
struct node *reader_boxed(struct reader *r, struct loaded *l, const struct xml *expression,
                          const struct scope *scope, struct source *s, struct err *e);
const struct xml *reader_find_expression(const struct xml *x);
/* x is a functionDefinition or encapsulatedLogic. */
struct node *reader_function(struct reader *r, struct loaded *l, const struct xml *x,
                             const struct scope *scope, struct source *s, struct err *e);
/* Text of x, read by one of the parsers of node.h. */
typedef struct node *(*text_parser)(struct arena *a, str text, const struct scope *scope,
                                    struct err *e);
struct node *reader_text(struct reader *r, const struct xml *x, text_parser parse,
                         const struct scope *scope, struct source *s, struct err *e);
/* table.c */
struct node *reader_table(struct reader *r, struct loaded *l, const struct xml *x,
                          const struct scope *scope, struct source *s, struct err *e);
