#include "dmn/columns.h"

struct pass {
    const struct dmn_rows *rows;
    struct machine *m;
    struct column *columns; /* by element index */
    bool *is_done;
};

static bool run_element(struct pass *p, const struct dmn_element *el);

static struct column constant(struct machine *m, struct value v)
{
    struct value *one = machine_array(m, struct value, 1);
    if (one)
        *one = v;
    return (struct column){.values = one, .is_constant = true};
}

/* As a column of the type; null where a row does not conform. */
static bool coerce(struct pass *p, const struct type *t, struct column *c)
{
    if (!t || (c->ints && t->form == TYPE_SCALAR && t->kind == c->kind && !t->allowed))
        return true;
    size_t n = c->is_constant ? 1 : p->rows->n;
    struct value *values = machine_array(p->m, struct value, n);
    if (!values)
        return false;
    for (size_t i = 0; i < n; i++)
        type_coerce(t, column_value(c, i), &values[i], p->m);
    *c = c->is_constant ? (struct column){.values = values, .is_constant = true}
                        : column_pack(p->m->arena, values, n);
    return !p->m->is_stopped;
}

static bool take_input(struct pass *p, const struct dmn_element *el, struct column *c)
{
    *c = constant(p->m, VALUE_NOTHING);
    for (size_t i = 0; i < p->rows->input_count; i++) {
        if (str_equal(p->rows->inputs[i].name, el->name))
            *c = p->rows->inputs[i].column;
    }
    return coerce(p, el->type, c);
}

/* A function is the same for all rows: the scalar gear makes it. */
static bool take_function(struct pass *p, const struct dmn_element *el, struct column *c)
{
    struct dmn_case *none = machine_array(p->m, struct dmn_case, 1);
    struct value v;
    if (!none)
        return false;
    none->package = p->rows->package;
    if (!dmn_decide(none, el, p->m, &v))
        return false;
    *c = constant(p->m, v);
    return true;
}

/* The value of an import in a row: a context of what is needed from it. */
static bool import_column(struct pass *p, const struct dmn_element *el, str name, struct column *c)
{
    struct value *values = machine_array(p->m, struct value, p->rows->n);
    for (size_t row = 0; values && row < p->rows->n; row++) {
        struct entry *entries = machine_array(p->m, struct entry, el->need_count);
        size_t n = 0;
        for (size_t i = 0; entries && i < el->need_count; i++) {
            if (str_equal(el->need_imports[i], name))
                entries[n++] = (struct entry){el->need_names[i],
                                              column_value(&p->columns[el->needs[i]->index], row)};
        }
        values[row] = entries ? value_context(entries, n) : VALUE_NOTHING;
    }
    *c = (struct column){.values = values};
    return values && !p->m->is_stopped;
}

static bool fill_globals(struct pass *p, const struct dmn_element *el, struct column *globals)
{
    for (size_t i = 0; i < el->need_count; i++) {
        if (!run_element(p, el->needs[i]))
            return false;
    }
    for (size_t g = 0; g < el->global_count; g++) {
        str name = el->program->global_names[g];
        bool is_found = false;
        for (size_t i = 0; i < el->need_count && !is_found; i++) {
            is_found = !el->need_imports[i].n && str_equal(el->need_names[i], name);
            if (is_found)
                globals[g] = p->columns[el->needs[i]->index];
        }
        if (!is_found && !import_column(p, el, name, &globals[g]))
            return false;
    }
    return true;
}

static bool run_decision(struct pass *p, const struct dmn_element *el, struct column *c)
{
    struct columns_report report;
    struct column *globals = machine_array(p->m, struct column, el->global_count);
    return globals && fill_globals(p, el, globals) &&
           columns_run(p->m, el->program, globals, p->rows->n, c, &report) &&
           coerce(p, el->type, c);
}

static bool run_element(struct pass *p, const struct dmn_element *el)
{
    struct column *c = &p->columns[el->index];
    if (p->is_done[el->index])
        return true;
    p->is_done[el->index] = true;
    if (el->kind == DMN_INPUT)
        return take_input(p, el, c);
    if (el->kind == DMN_BKM || el->kind == DMN_SERVICE)
        return take_function(p, el, c);
    if (!el->program || el->fault) {
        *c = constant(p->m, VALUE_NOTHING);
        return c->values != NULL;
    }
    return run_decision(p, el, c);
}

bool dmn_decide_rows(const struct dmn_rows *rows, const struct dmn_element *decision,
                     struct machine *m, struct column *result)
{
    size_t n = rows->package->element_count;
    struct pass p = {rows, m, machine_array(m, struct column, n), machine_array(m, bool, n)};
    if (!p.columns || !p.is_done || !run_element(&p, decision))
        return false;
    *result = p.columns[decision->index];
    return !m->is_stopped;
}
