/* Operations by the machine's own functions, as often as is needed. */
#include "feel/columns_batch.h"

#include "feel/builtin.h"

struct value scalar_binary(struct machine *m, struct insn i, struct value x, struct value y)
{
    switch ((enum opcode)i.op) {
    case OP_ADD:
        return operator_add(m, x, y);
    case OP_SUB:
        return operator_sub(m, x, y);
    case OP_MUL:
        return operator_mul(m, x, y);
    case OP_DIV:
        return operator_div(m, x, y);
    case OP_POW:
        return operator_pow(m, x, y);
    case OP_AND:
        return machine_and(m, x, y);
    case OP_OR:
        return machine_or(m, x, y);
    case OP_MATCH:
        return operator_match(m, x, y, false);
    case OP_MATCH_CELL:
        return operator_match(m, x, y, true);
    case OP_RANGE:
        return operator_range(m, x, y, i.c);
    case OP_INDEX:
        return operator_index(m, x, y);
    default:
        return operator_compare(m, (enum opcode)i.op, x, y);
    }
}

static struct value coerce(struct batch *b, const struct type *t, struct value x)
{
    struct value out;
    if (!type_coerce(t, x, &out, b->m))
        machine_warn(b->m, "the value is no %.*s", STR_ARG(t->name));
    return out;
}

static struct value between(struct machine *m, const struct value *v)
{
    return machine_and(m, operator_compare(m, OP_GE, v[0], v[1]),
                       operator_compare(m, OP_LE, v[0], v[2]));
}

/* The operation on one row's operands. */
static struct value run(struct batch *b, struct insn i, const struct value *v, size_t n)
{
    switch ((enum opcode)i.op) {
    case OP_NEGATE:
        return operator_negate(b->m, v[0]);
    case OP_NOT:
        return v[0].kind == VALUE_BOOLEAN ? value_boolean(!v[0].i) : VALUE_NOTHING;
    case OP_PATH:
        return operator_path(b->m, v[0], value_text(b->p->constants[i.c]));
    case OP_INSTANCE:
        return value_boolean(type_has(b->p->types[i.c], v[0], NULL));
    case OP_COERCE:
        return coerce(b, b->p->types[i.c], v[0]);
    case OP_BETWEEN:
        return between(b->m, v);
    case OP_LIST:
        return machine_list(b->m, v, n);
    case OP_CONTEXT:
        return machine_context(b->m, b->p->shapes[i.c].keys, v, n);
    case OP_TABLE:
        return machine_context(b->m, b->p->tables[i.c]->output_names, v, n);
    case OP_BUILTIN:
        return builtin_run(&BUILTIN_LIST[i.c], b->m, v, n);
    case OP_CALL:
        if (i.a && v[0].kind != VALUE_FUNCTION) /* a variable hides a built-in function */
            return builtin_run(&BUILTIN_LIST[i.a - 1], b->m, v + 1, n - 1);
        return machine_call(b->m, v[0], v + 1, n - 1);
    case OP_CALL_NAMED:
        return machine_call_named(b->m, v[0], &b->p->shapes[i.c], v + 1);
    default:
        return scalar_binary(b->m, i, v[0], v[1]);
    }
}

enum { FEW_OPERANDS = 8 };

struct value scalar_row(struct batch *b, struct insn i, struct vector *const *operands, size_t n,
                        size_t row)
{
    struct value few[FEW_OPERANDS], *v = few;
    if (n > FEW_OPERANDS && !(v = machine_array(b->m, struct value, n)))
        return VALUE_NOTHING;
    for (size_t k = 0; k < n; k++)
        v[k] = vector_at(operands[k], row);
    return run(b, i, v, n);
}

/* The codes that all operands share which are no constants; NULL: there are none such. */
static struct vector *shared_codes(struct vector *const *operands, size_t n)
{
    struct vector *codes = NULL;
    for (size_t k = 0; k < n; k++) {
        if (operands[k]->form == FORM_CONSTANT)
            continue;
        if (operands[k]->form != FORM_CODES || (codes && codes->bytes != operands[k]->bytes))
            return NULL;
        codes = operands[k];
    }
    return codes;
}

static bool are_constant(struct vector *const *operands, size_t n)
{
    size_t k = 0;
    while (k < n && operands[k]->form == FORM_CONSTANT)
        k++;
    return k == n;
}

bool scalar_is_few(const struct batch *b, struct vector *const *operands, size_t n)
{
    struct vector *codes = shared_codes(operands, n);
    return codes ? codes->entry_count <= b->active_count : are_constant(operands, n);
}

/* One evaluation stood for `rows` of them: so do its warnings. */
static void warn_for(struct machine *m, size_t before, size_t rows)
{
    size_t given = m->warning_count - before, all = before + given * rows;
    for (size_t i = m->warning_count; given && i < all && i < MACHINE_WARNINGS; i++)
        m->warnings[i] = m->warnings[i - given];
    m->warning_count = all;
}

static size_t rows_of_code(const struct batch *b, const struct vector *codes, size_t code)
{
    size_t count = 0;
    FOR_ACTIVE(b, row)
    count += codes->bytes[row] == code;
    return count;
}

static struct vector *once(struct batch *b, struct insn i, struct vector *const *operands, size_t n)
{
    size_t before = b->m->warning_count;
    struct value v = scalar_row(b, i, operands, n, 0);
    warn_for(b->m, before, b->active_count);
    return vector_constant(b, v);
}

static struct vector *by_entry(struct batch *b, struct insn i, struct vector *const *operands,
                               size_t n, struct vector *codes)
{
    struct value few[FEW_OPERANDS], *v = few;
    struct value *entries = machine_array(b->m, struct value, codes->entry_count);
    if (n > FEW_OPERANDS)
        v = machine_array(b->m, struct value, n);
    for (size_t e = 0; v && entries && e < codes->entry_count && !b->m->is_stopped; e++) {
        size_t before = b->m->warning_count;
        for (size_t k = 0; k < n; k++)
            v[k] =
                operands[k]->form == FORM_CODES ? operands[k]->entries[e] : operands[k]->constant;
        entries[e] = run(b, i, v, n);
        if (b->m->warning_count > before)
            warn_for(b->m, before, rows_of_code(b, codes, e));
    }
    return entries ? vector_codes(b, codes, entries, codes->entry_count)
                   : vector_constant(b, VALUE_NOTHING);
}

struct vector *scalar_run(struct batch *b, struct insn i, struct vector *const *operands, size_t n)
{
    struct vector *codes = shared_codes(operands, n);
    if (are_constant(operands, n))
        return once(b, i, operands, n);
    if (codes && codes->entry_count <= b->active_count)
        return by_entry(b, i, operands, n, codes);
    struct vector *r = vector_values(b);
    FOR_ACTIVE(b, row)
    {
        r->value_room[row] = scalar_row(b, i, operands, n, row);
        if (b->m->is_stopped)
            break;
    }
    return vector_narrow(b, r);
}
