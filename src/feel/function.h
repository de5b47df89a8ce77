/* Function values: built-in, a closure over bytecode, or native to the host (decision services). */
#pragma once
#include "feel/builtin.h"
#include "feel/program.h"

typedef struct value (*native_call)(struct machine *m, void *data, const struct value *arguments);

struct function {
    const struct builtin *builtin; /* one of these three */
    const struct code *code;
    native_call native;
    void *data;
    struct value *captured;
    const struct value *globals; /* of the program of the code */
    const struct param *params;  /* of a native function */
    size_t param_count;
    const struct type *type; /* of a native function */
    str name;
};

/* Its parameters and result as a function type; NULL for a built-in, which is of many. */
const struct type *function_type(const struct function *f);
struct value function_value(const struct function *f);
