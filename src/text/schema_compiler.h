/* Shared by the two halves of the schema compiler: documents and references, keywords. */
#pragma once
#include "text/schema_impl.h"

struct compiler {
    struct arena *arena;
    struct err *err;
    const struct schema_others *others;
    unsigned options;
    struct map resources; /* absolute URI -> struct resource */
    struct map roots;     /* address of a resource's root -> struct resource */
    struct map scanned;   /* addresses of the schemas looked through */
    struct map nodes;     /* address of a schema -> struct node */
    struct node **pending;
    size_t pending_count, pending_size;
    struct resource **all; /* every resource once */
    size_t all_count, all_size;
};

/* Where its value holds schemas. */
enum holds {
    HOLDS_NONE,
    HOLDS_ONE,
    HOLDS_LIST,
    HOLDS_ONE_OR_LIST, /* "items" before 2020-12 */
    HOLDS_MAP,         /* members that are no schema are left out: "dependencies" */
};

enum holds schema_keyword_holds(str keyword);

/* Maps keyed by address. */
void *schema_map_at(const struct map *m, const void *address);
void schema_map_put(struct compiler *c, struct map *m, const void *address, void *value);

/* The document at uri, read in if needed; NULL with an error when there is none. */
struct resource *schema_load(struct compiler *c, str uri);
struct resource *schema_load_document(struct compiler *c, const struct json *document, str uri);

struct target {
    const struct json *json;
    const struct resource *resource;
    str anchor; /* the name it was found by, if any */
    str where;
};
/* Where a reference of the resource leads. */
MUST_USE bool schema_resolve(struct compiler *c, const struct resource *from, str reference,
                             struct target *target);

/* A keyword being read. */
struct place {
    struct compiler *c;
    struct node *node;
    str keyword;
    const struct json *value;
};

struct keyword {
    const char *name;
    uint8_t vocabulary, dialects, holds; /* bits, bits, enum holds */
    bool (*read)(const struct place *p); /* NULL: only an annotation */
};

/* NULL if there is no such keyword. */
const struct keyword *schema_keyword(str name);

bool schema_is(const struct json *v); /* an object, true or false */
/* The node of a schema, the same one each time; it is filled later, for references may go round. */
const struct node *schema_node(struct compiler *c, const struct json *v, const struct resource *r,
                               str where);
