/* How a case was decided: every value found and every rule that hit, in order. */
#pragma once
#include "base/buf.h"
#include "dmn/dmn.h"

struct table_node;

struct dmn_step {
    const struct dmn_element *element; /* NULL: a rule */
    const struct table_node *table;
    size_t rule; /* SIZE_MAX: none hit, the default */
    const struct value *outputs;
    struct value value;
};

struct dmn_trace {
    struct arena *arena;
    struct dmn_step *steps;
    size_t n, size;
};

/* Before the case is decided: its steps go to the trace. */
void dmn_trace_attach(struct dmn_trace *t, struct dmn_case *c, struct machine *m);
void dmn_step_write_json(struct buf *out, const struct dmn_step *s);
void dmn_step_write_text(struct buf *out, const struct dmn_step *s);
void dmn_trace_write_json(struct buf *out, const struct dmn_trace *t); /* an array of steps */
