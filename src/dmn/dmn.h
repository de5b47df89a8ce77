/* Decision models: DMN 1.1 to 1.5 XML, checked whole when loaded, evaluated on FEEL's machine.
 *
 * A package is a model with all it imports, immutable, usable by any number of evaluations at once.
 */
#pragma once
#include "feel/machine.h"

enum dmn_kind { DMN_INPUT, DMN_DECISION, DMN_BKM, DMN_SERVICE };

struct dmn_model;

struct dmn_element {
    enum dmn_kind kind;
    size_t index; /* in the package */
    str id, name; /* name: of its variable */
    str title;    /* its own, mostly the same */
    uint32_t line;
    const struct dmn_model *model;
    const struct type *type; /* of its variable; NULL: any */

    const struct program
        *program;               /* decision: its value; BKM: its function.  NULL: none or faulty */
    struct dmn_element **needs; /* requirements, in the order of the program's globals … */
    str *need_names;            /* … under these names; several of one import share theirs */
    str *need_imports;          /* the import a need comes from, empty: none */
    size_t need_count;
    size_t global_count;
    const char *fault; /* why it cannot be evaluated, NULL if it can */

    struct dmn_element **outputs, **inputs; /* service: outputs; input data, then input decisions */
    size_t output_count, input_count;
    struct param *params; /* service */
    struct type service_type;
};

struct dmn_problem {
    str file;
    uint32_t line;
    str element, message;
};

struct dmn_model {
    str name, space, file;
    struct dmn_element **elements;
    size_t count;
};

struct dmn_package {
    const struct dmn_model *root;
    struct dmn_model **models; /* root first */
    size_t model_count;
    size_t element_count;
    struct dmn_problem *problems;
    size_t problem_count;
};

/* Reads the model and, by namespace, its imports from the folder it lies in.  NULL when the file is
 * no DMN at all; faults of single elements are problems, and those elements evaluate to null. */
struct dmn_package *dmn_load(struct arena *a, const char *path, struct err *e);
/* The same from memory; imports are not found. */
struct dmn_package *dmn_parse(struct arena *a, str text, struct err *e);

/* An element of the root model, or of an imported one as "import.name"; NULL if there is none. */
const struct dmn_element *dmn_find(const struct dmn_package *p, enum dmn_kind kind, str name);

struct dmn_input {
    str name;
    str space; /* namespace of the model it belongs to; empty: any */
    struct value value;
};

/* Told of every element evaluated; may be NULL. */
typedef void (*dmn_watch)(void *data, const struct dmn_element *element, struct value value);

struct dmn_case {
    const struct dmn_package *package;
    const struct dmn_input *inputs;
    size_t input_count;
    dmn_watch watch;
    void *watch_data;
};

/* False only when the machine reached a limit. */
MUST_USE bool dmn_decide(const struct dmn_case *c, const struct dmn_element *decision,
                         struct machine *m, struct value *result);
/* Calls a BKM or service with the case's inputs as arguments by name; absent ones are null.
 * output: of a service with several, the decision whose value is wanted; NULL: all, as a context.
 */
MUST_USE bool dmn_invoke(const struct dmn_case *c, const struct dmn_element *invocable, str output,
                         struct machine *m, struct value *result);
