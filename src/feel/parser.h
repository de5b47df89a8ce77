/* Shared by the files that read FEEL; others use node.h. */
#pragma once
#include "feel/lexer.h"

enum { PARSER_MAX_DEPTH = 250, PARSER_MAX_HEIGHT = 2500 };

struct parser {
    struct lexer lexer;
    struct arena *arena;
    const struct scope *scope;
    int depth;
    size_t nodes, most_nodes; /* trying twice may not become trying 2^n times */
    struct {                  /* a parenthesis already read: where, what, where it ends */
        size_t at, end;
        struct node *node;
    } known;
    bool in_endpoint; /* of a range, where '[' may close it */
};

void parser_init(struct parser *p, struct arena *a, str text, const struct scope *scope,
                 struct err *e);
/* Sets the error of the place reached; NULL. */
struct node *parser_fail(struct parser *p, const char *expected);
bool parser_expect(struct parser *p, const char *sign, const char *expected);
/* parser_type.c */
const struct type *parser_type(struct parser *p);
