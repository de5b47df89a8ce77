/* The machine that runs programs, one case at a time.
 *
 * Whatever an expression does, a run ends: every step costs fuel, calls have a depth, memory a
 * limit. Reaching one stops the run with an error (LIMIT); all other faults give null and a
 * warning. */
#pragma once
#include "feel/function.h"
#include "feel/temporal.h"

struct warning {
    char text[200];
    str where; /* name of the decision, may be empty */
    uint32_t line, column;
};

enum { MACHINE_WARNINGS = 16 };

struct limits {
    int64_t fuel;  /* steps: instructions, items handled by built-ins, regex steps */
    size_t memory; /* bytes */
    int depth;     /* calls inside calls */
};

static const struct limits LIMITS_DEFAULT = {50000000, 256u << 20, 800};

/* Told of what happens in decision tables; all may be NULL. */
struct machine_trace {
    void *data;
    void (*hit)(void *data, const struct table_node *t, size_t rule, const struct value *outputs);
};

struct frame {
    struct frame *up;
    const struct code *code;
    const struct insn *pc;
};

struct machine {
    struct arena *arena; /* results and all between */
    struct err *err;     /* why the run stopped */
    int64_t fuel;
    size_t memory;
    int depth;
    bool is_stopped;
    bool has_now;
    struct moment now;
    struct value *stack, *sp, *stack_end;
    struct frame *frame;
    struct warning *warnings;
    size_t warning_count; /* may pass MACHINE_WARNINGS: then the rest was dropped */
    struct machine_trace trace;
    const struct value *outer_globals; /* what `allowed` tests see, unused otherwise */
};

/* Arena and err are borrowed. */
void machine_init(struct machine *m, struct arena *a, struct err *e, struct limits limits);

/* Runs the program with one value for each global.  False only when a limit was reached. */
MUST_USE bool machine_run(struct machine *m, const struct program *p, const struct value *globals,
                          struct value *result);
/* Calls a function value.  Null when it is none, or the arguments do not fit. */
struct value machine_call(struct machine *m, struct value function, const struct value *arguments,
                          size_t n);
/* The same with arguments by name. */
struct value machine_call_named(struct machine *m, struct value function, const struct shape *names,
                                const struct value *arguments);
/* Runs a code on its own frame. */
struct value machine_run_code(struct machine *m, const struct code *code,
                              const struct value *globals, const struct value *captured,
                              const struct value *arguments, size_t n);
/* The unary tests `allowed` of a type hold for v. */
bool machine_allows(struct machine *m, const struct program *allowed, struct value v);

/* A warning at the place now running.  Returns null, for `return machine_warn(…)`. */
struct value machine_warn(struct machine *m, const char *fmt, ...) PRINTF(2, 3)
    __attribute__((nonnull(1, 2)));
/* Pays for n steps; false when there is no fuel left. */
bool machine_pay(struct machine *m, uint64_t n);
/* NULL, and the run stops, past the memory limit. */
void *machine_alloc(struct machine *m, size_t n, size_t size);
#define machine_array(m, T, n) ((T *)machine_alloc((m), (n), sizeof(T)))
void machine_stop(struct machine *m, const char *reason);
/* Copies; VALUE_NOTHING past the memory limit. */
struct value machine_list(struct machine *m, const struct value *from, size_t n);
struct value machine_context(struct machine *m, const str *keys, const struct value *from,
                             size_t n);
/* A string value of what was written; stops when the buffer was full. */
struct value machine_string(struct machine *m, const struct buf *b);

struct list_builder {
    struct value *items;
    size_t n, size;
};
bool builder_add(struct machine *m, struct list_builder *b, struct value v);

/* Three-valued logic. */
struct value machine_and(struct machine *m, struct value a, struct value b);
struct value machine_or(struct machine *m, struct value a, struct value b);

/* operators.c */
struct value operator_add(struct machine *m, struct value a, struct value b);
struct value operator_sub(struct machine *m, struct value a, struct value b);
struct value operator_mul(struct machine *m, struct value a, struct value b);
struct value operator_div(struct machine *m, struct value a, struct value b);
struct value operator_pow(struct machine *m, struct value a, struct value b);
struct value operator_negate(struct machine *m, struct value a);
struct value operator_compare(struct machine *m, enum opcode op, struct value a, struct value b);
struct value operator_path(struct machine *m, struct value v, str name);
struct value operator_index(struct machine *m, struct value list, struct value at);
struct value operator_match(struct machine *m, struct value v, struct value test, bool is_cell);
struct value operator_range(struct machine *m, struct value low, struct value high, int how);
/* table.c: the result of a decision table by its hit policy. */
struct value table_result(struct machine *m, const struct table_node *t, struct value hits,
                          struct value priorities);
