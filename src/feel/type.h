/* FEEL types (10.3.2.10): of `instance of`, of parameters, of DMN item definitions. */
#pragma once
#include "feel/value.h"

struct machine;
struct program;

enum type_form { TYPE_ANY, TYPE_SCALAR, TYPE_LIST, TYPE_CONTEXT, TYPE_RANGE, TYPE_FUNCTION };

struct type_field {
    str name;
    const struct type *type;
};

struct type {
    enum type_form form;
    enum value_kind kind;       /* TYPE_SCALAR; also VALUE_NULL for the type Null */
    str name;                   /* of an item definition, for messages; may be empty */
    const struct type *element; /* list, range; result of a function.  NULL: any */
    struct type_field *fields;  /* context; parameters of a function */
    size_t field_count;
    bool has_fields;               /* false: context or function of any shape */
    const struct program *allowed; /* unary tests over ?; NULL if any value is allowed */
};

/* A built-in type by name, NULL if there is none: number, string, "date and time" … */
const struct type *type_find(str name);
const struct type *type_list_of(struct arena *a, const struct type *element);

/* `v instance of t`.  With a machine the allowed values of item definitions count too. */
bool type_has(const struct type *t, struct value v, struct machine *m);
/* v as a t (10.3.2.9.4): itself, the item of a singleton list, a list of itself, a date as date and
 * time; null, with false, when it does not conform. */
bool type_coerce(const struct type *t, struct value v, struct value *out, struct machine *m);
