#include "dmn/columns.h"

/* An element in a pass over rows. */
struct part {
    struct column column; /* of the block */
    bool is_done;         /* for this block, or for all when it is fixed */
    bool is_fixed;        /* the same in all blocks */
    struct columns_gear *gear;
    struct column *globals;
};

struct pass {
    const struct dmn_rows *rows;
    struct machine *m;
    struct columns_pool *pool;
    struct part *parts; /* by element index */
    size_t first, n;    /* rows of the block */
};

static bool run_element(struct pass *p, const struct dmn_element *el);

static struct column constant(struct machine *m, struct value v)
{
    struct value *one = machine_array(m, struct value, 1);
    if (one)
        *one = v;
    return (struct column){.values = one, .is_constant = true};
}

/* --- types */

static struct value coerced(struct pass *p, const struct dmn_element *el, struct value v)
{
    struct value out;
    if (!type_coerce(el->type, v, &out, p->m))
        machine_warn(p->m, "\"%.*s\" is no %.*s", STR_ARG(el->name), STR_ARG(el->type->name));
    return out;
}

/* Each value is of the scalar type, or null. */
static bool conforms(const struct type *t, const struct column *c, size_t n)
{
    if (!t)
        return true;
    if (t->form != TYPE_SCALAR || t->allowed)
        return false;
    if (c->ints || (c->bytes && !c->entries))
        return t->kind == c->kind;
    const struct value *values = c->entries ? c->entries : c->values;
    size_t count = c->entries ? c->entry_count : c->is_constant ? 1 : n, i = 0;
    while (i < count && (values[i].kind == VALUE_NULL || values[i].kind == t->kind))
        i++;
    return i == count;
}

/* As a column of the type; null where a row does not conform. */
static bool coerce(struct pass *p, const struct dmn_element *el, struct column *c)
{
    if (conforms(el->type, c, p->n))
        return true;
    struct value *values = machine_array(p->m, struct value, p->n);
    for (size_t i = 0; values && i < p->n && !p->m->is_stopped; i++)
        values[i] = coerced(p, el, column_value(c, i));
    *c = values ? column_pack(p->m->arena, values, p->n) : *c;
    return values && !p->m->is_stopped;
}

/* --- elements */

static bool take_input(struct pass *p, const struct dmn_element *el, struct column *c)
{
    const struct column *given = NULL;
    for (size_t i = 0; i < p->rows->input_count; i++) {
        if (str_equal(p->rows->inputs[i].name, el->name))
            given = &p->rows->inputs[i].column;
    }
    if (!given)
        p->parts[el->index].is_fixed = true;
    *c = given ? column_from(given, p->first) : constant(p->m, VALUE_NOTHING);
    return !given || coerce(p, el, c);
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
    p->parts[el->index].is_fixed = true;
    *c = constant(p->m, v);
    return true;
}

/* The value of an import in a row: a context of what is needed from it. */
static bool import_column(struct pass *p, const struct dmn_element *el, str name, struct column *c)
{
    struct value *values = machine_array(p->m, struct value, p->n);
    for (size_t row = 0; values && row < p->n; row++) {
        struct entry *entries = machine_array(p->m, struct entry, el->need_count);
        size_t n = 0;
        for (size_t i = 0; entries && i < el->need_count; i++) {
            if (str_equal(el->need_imports[i], name))
                entries[n++] = (struct entry){
                    el->need_names[i], column_value(&p->parts[el->needs[i]->index].column, row)};
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
                globals[g] = p->parts[el->needs[i]->index].column;
        }
        if (!is_found && !import_column(p, el, name, &globals[g]))
            return false;
    }
    return true;
}

static bool run_decision(struct pass *p, const struct dmn_element *el, struct part *part)
{
    if (!part->gear) {
        part->gear = columns_gear_create(p->pool, el->program);
        part->globals = machine_array(p->m, struct column, el->global_count);
    }
    return part->gear && part->globals && fill_globals(p, el, part->globals) &&
           columns_gear_step(part->gear, part->globals, p->n, &part->column) &&
           coerce(p, el, &part->column);
}

static bool run_faulty(struct pass *p, const struct dmn_element *el, struct column *c)
{
    for (size_t i = 0; i < p->n && el->fault; i++)
        machine_warn(p->m, "\"%.*s\" cannot be evaluated: %s", STR_ARG(el->name), el->fault);
    *c = constant(p->m, VALUE_NOTHING);
    return c->values != NULL;
}

static bool run_element(struct pass *p, const struct dmn_element *el)
{
    struct part *part = &p->parts[el->index];
    if (part->is_done)
        return true;
    part->is_done = true;
    if (el->kind == DMN_INPUT)
        return take_input(p, el, &part->column);
    if (el->kind == DMN_BKM || el->kind == DMN_SERVICE)
        return take_function(p, el, &part->column);
    return el->program && !el->fault ? run_decision(p, el, part) : run_faulty(p, el, &part->column);
}

/* Block by block through all decisions, so that what one gives is in the cache for the next. */
bool dmn_decide_rows(const struct dmn_rows *rows, const struct dmn_element *decision,
                     struct machine *m, struct column *result)
{
    size_t n = rows->package->element_count;
    struct pass p = {.rows = rows,
                     .m = m,
                     .pool = columns_pool_create(m, rows->n),
                     .parts = machine_array(m, struct part, n)};
    struct column_builder all = {.m = m, .n = rows->n};
    bool ok = p.parts != NULL;
    for (; ok && p.first < rows->n; p.first += p.n) {
        p.n = rows->n - p.first < COLUMNS_BATCH ? rows->n - p.first : COLUMNS_BATCH;
        for (size_t i = 0; i < n; i++)
            p.parts[i].is_done &= p.parts[i].is_fixed;
        ok = run_element(&p, decision) &&
             column_builder_add(&all, &p.parts[decision->index].column, p.n);
    }
    *result = all.column;
    return ok && !m->is_stopped;
}
