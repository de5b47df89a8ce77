/* Shared by the parts of the schema room: compiler, validator, messages. */
#pragma once
#include "base/map.h"
#include "text/regex.h"
#include "text/schema.h"
#include "text/value.h"

/* How many schemas may be inside each other during validation (the stack bears it even under the
 * sanitizers), and how many may be applied in all. */
enum { SCHEMA_MAX_NESTING = 1500, SCHEMA_FUEL = 100000000 };

/* A schema document, or a part of one with an $id of its own. */
struct resource {
    str base;
    const struct json *root;
    struct map anchors;       /* name -> const struct json */
    struct map dynamic;       /* name -> const struct json */
    struct map dynamic_nodes; /* the same names -> const struct node */
    uint8_t dialect;          /* enum dialect */
    uint8_t vocabularies;
};

enum dialect { DIALECT_2020 = 1, DIALECT_2019 = 2, DIALECT_7 = 4 };

enum vocabulary {
    VOCABULARY_CORE = 1,
    VOCABULARY_APPLICATOR = 2,
    VOCABULARY_UNEVALUATED = 4,
    VOCABULARY_VALIDATION = 8,
    VOCABULARY_ANNOTATION = 16, /* meta-data, content, format-annotation */
    VOCABULARY_FORMAT_ASSERTION = 32,
    VOCABULARY_ALL = 31
};

struct bound {
    const char *keyword; /* NULL: none */
    struct number value;
    int64_t as_int;
    bool is_int;
};

struct number_rules {
    struct bound minimum, exclusive_minimum, maximum, exclusive_maximum, multiple_of;
};

struct string_rules {
    uint64_t min_length, max_length;
    const struct regex *pattern;
    const struct format *format;
};

struct array_rules {
    uint64_t min_items, max_items, min_contains, max_contains;
    const struct node **prefix;
    size_t prefix_count;
    const struct node *items, *contains, *unevaluated;
    bool is_unique;
};

struct property {
    str name;
    const struct node *node; /* NULL: only required */
    bool is_required;
    uint8_t bit; /* of required ones, below 64 */
};

struct pattern_property {
    const struct regex *regex;
    const struct node *node;
};

struct dependency {
    str name;
    str *names; /* dependentRequired */
    size_t n;
    const struct node *node; /* dependentSchemas */
    const char *keyword;
};

struct object_rules {
    uint64_t min_properties, max_properties;
    struct property *properties; /* of properties and required, one entry a name */
    size_t n, size;
    uint16_t *slots; /* hash of the name -> index + 1 */
    size_t slot_mask;
    uint64_t required; /* bits of the required properties */
    size_t required_count;
    struct pattern_property *patterns;
    size_t pattern_count;
    struct dependency *dependencies;
    size_t dependency_count, dependency_size;
    const struct node *additional, *names, *unevaluated;
};

struct value_rules {
    const struct json *constant;
    const struct json *choices; /* the array of "enum" */
    uint16_t *slots;            /* when it has only strings: hash -> index + 1 */
    size_t slot_mask;
};

struct node_list {
    const struct node **nodes;
    size_t n;
};

struct logic_rules {
    const struct node *ref, *dynamic_ref; /* the latter as resolved without the dynamic scope */
    const char *dynamic_keyword;
    str dynamic_name;
    bool is_dynamic; /* dynamic_name is looked up in the dynamic scope */
    struct node_list all_of, any_of, one_of;
    const struct node * not, *condition, *then, *otherwise;
};

enum node_kind { NODE_RULES, NODE_TRUE, NODE_FALSE };

enum { TYPE_INTEGER = 7, TYPE_ANY = 0xff }; /* bits: enum json_type, and this one */

struct node {
    uint8_t kind;
    uint8_t types; /* bit set of those allowed */
    bool tracks;   /* has unevaluatedItems or unevaluatedProperties */
    const struct value_rules *value;
    const struct number_rules *number;
    const struct string_rules *string;
    const struct array_rules *array;
    const struct object_rules *object;
    const struct logic_rules *logic;
    const struct resource *resource;
    const struct json *source;
    str where; /* "#/properties/phone" */
};

struct schema {
    const struct node *root;
};

/* NULL if absent. */
const struct property *schema_find_property(const struct object_rules *o, str name);

static inline size_t schema_name_hash(str name)
{
    uint64_t a = 0, b = 0;
    if (name.n >= 8) {
        memcpy(&a, name.p, 8);
        memcpy(&b, name.p + name.n - 8, 8);
    } else if (name.n >= 4) {
        uint32_t x, y;
        memcpy(&x, name.p, 4);
        memcpy(&y, name.p + name.n - 4, 4);
        a = x;
        b = y;
    } else if (name.n) {
        a = (unsigned char)name.p[0];
        b = (uint64_t)(unsigned char)name.p[name.n / 2] << 8 | (unsigned char)name.p[name.n - 1];
    }
    uint64_t h = (a ^ b << 21 ^ b >> 43 ^ name.n) * 0x9e3779b97f4a7c15u;
    return (size_t)(h >> 40);
}

/* Text of a built-in meta-schema; p is NULL if the URI is none. */
str schema_builtin(str uri);
