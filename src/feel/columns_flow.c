/* Which rows an instruction is for: jumps, where rows wait, and the hits of tables. */
#include "feel/columns_batch.h"

static void set_active(struct batch *b, struct vector *rows, size_t count)
{
    vector_drop(b, b->active);
    if (count == b->n) {
        vector_drop(b, rows);
        rows = NULL;
    }
    b->active = rows;
    b->active_count = count;
}

/* Rows of the mask begin to wait at the instruction; takes the mask. */
static void send(struct batch *b, size_t pc, struct vector *rows, size_t count, struct vector *top)
{
    struct waiting *w = &b->waiting[pc];
    b->waiting_count += count;
    w->count += count;
    if (!w->rows) {
        w->rows = rows;
        w->top = top ? vector_keep(top) : NULL;
        return;
    }
    if (top && top != w->top) {
        struct vector *merged = vector_select(b, rows->bytes, top, w->top);
        vector_drop(b, w->top);
        w->top = merged;
    }
    struct vector *all = vector_bits(b);
    loop_either(all->byte_room, w->rows->bytes, rows->bytes, b->n);
    vector_drop(b, w->rows);
    vector_drop(b, rows);
    w->rows = all;
}

static struct vector *active_mask(struct batch *b)
{
    if (b->active)
        return vector_keep(b->active);
    struct vector *all = vector_bits(b);
    memset(all->byte_room, 1, b->n);
    return all;
}

/* Sends the active rows of x (those without, when they are not to go) and keeps the rest. */
static void part(struct batch *b, size_t pc, const uint8_t *x, bool goes, struct vector *top)
{
    struct vector *holds = vector_bits(b), *not = vector_bits(b);
    loop_split(holds->byte_room, not ->byte_room, active_rows(b), x, b->n);
    struct vector *go = goes ? holds : not, *stay = goes ? not : holds;
    size_t gone = loop_count(go->bytes, b->n), left = b->active_count - gone;
    if (gone)
        send(b, pc, go, gone, top);
    else
        vector_drop(b, go);
    set_active(b, stay, left);
}

static void jump(struct batch *b, size_t pc, struct vector *top)
{
    send(b, pc, active_mask(b), b->active_count, top);
    set_active(b, NULL, 0);
}

static void jump_on(struct batch *b, struct insn i, struct vector *x, struct vector *top)
{
    bool is_false = i.op == OP_JUMP_IF_FALSE;
    if (x->form == FORM_CONSTANT) {
        bool goes = i.op == OP_JUMP_UNLESS ? !value_is_true(x->constant)
                    : is_false             ? value_is_false(x->constant)
                                           : value_is_true(x->constant);
        if (goes)
            jump(b, (size_t)i.c, top);
        return;
    }
    struct vector *t = vector_truth(b, x);
    uint8_t no[COLUMNS_BATCH];
    if (is_false)
        loop_neither(no, t->bytes, t->nulls ? t->nulls : t->bytes, b->n);
    part(b, (size_t)i.c, is_false ? no : t->bytes, i.op != OP_JUMP_UNLESS, top);
    vector_drop(b, t);
}

/* Rows whose condition is neither boolean nor null: null, and off they go. */
static void jump_if_odd(struct batch *b, struct insn i, struct vector *x)
{
    struct vector *bits = vector_as_bits(b, x), *odd, *nothing;
    if (bits) {
        vector_drop(b, bits);
        return;
    }
    odd = vector_bits(b);
    memset(odd->byte_room, 0, b->n);
    FOR_ACTIVE(b, row)
    {
        struct value v = vector_at(x, row);
        odd->byte_room[row] = v.kind != VALUE_BOOLEAN && v.kind != VALUE_NULL;
        if (odd->byte_room[row])
            machine_warn(b->m, "the condition is no boolean");
    }
    nothing = vector_constant(b, VALUE_NOTHING);
    part(b, (size_t)i.c, odd->bytes, true, nothing);
    vector_drop(b, odd);
    vector_drop(b, nothing);
}

void flow_jump(struct batch *b, struct insn i, struct vector *x)
{
    /* Those that jump take along what is topmost where they land. */
    struct vector *top = b->code->depths[i.c] ? b->stack[b->code->depths[i.c] - 1] : NULL;
    const struct vector *once = i.op == OP_HITS ? b->hits[i.b].once : NULL;
    switch ((enum opcode)i.op) {
    case OP_JUMP:
        jump(b, (size_t)i.c, top);
        return;
    case OP_JUMP_IF_ODD:
        jump_if_odd(b, i, x);
        return;
    case OP_HITS:
        if (once)
            part(b, (size_t)i.c, once->bytes, true, top);
        return;
    default:
        jump_on(b, i, x, top);
    }
}

bool flow_wake(struct batch *b, size_t pc)
{
    struct waiting *w = &b->waiting[pc];
    size_t depth = b->code->depths[pc], count = b->active_count + w->count;
    if (!w->rows)
        return b->active_count > 0;
    struct vector *top = depth ? b->stack[depth - 1] : NULL, *rows = w->rows;
    if (depth && b->active_count == 0) {
        b->stack[depth - 1] = w->top;
        w->top = NULL;
        vector_drop(b, top);
    } else if (depth) {
        b->stack[depth - 1] = vector_select(b, w->rows->bytes, w->top, top);
        vector_drop(b, top);
    }
    if (b->active_count && count < b->n) {
        rows = vector_bits(b);
        loop_either(rows->byte_room, w->rows->bytes, active_rows(b), b->n);
        vector_drop(b, w->rows);
    }
    vector_drop(b, w->top);
    b->waiting_count -= w->count;
    *w = (struct waiting){0};
    set_active(b, rows, count);
    return true;
}

/* --- tables */

static void forget(struct batch *b, struct vector **v)
{
    vector_drop(b, *v);
    *v = NULL;
}

/* For all rows: those that wait have left other tables behind, or not come to this one. */
void flow_begin_hits(struct batch *b, uint32_t slot)
{
    struct table_hits *h = &b->hits[slot];
    forget(b, &h->once);
    forget(b, &h->again);
    for (size_t i = 0; i < h->output_count; i++)
        forget(b, &h->outputs[i]);
    while (h->count) {
        struct hit *one = &h->all[--h->count];
        forget(b, &one->rows);
        for (size_t i = 0; i < h->output_count; i++)
            forget(b, &one->outputs[i]);
    }
}

/* Whether no hit of a row but the first has a say in its result. */
bool flow_takes_first(const struct table_node *t)
{
    return t->policy == 'U' || t->policy == 'F';
}

/* The active rows that hit for the first time. */
static struct vector *note_hits(struct batch *b, struct table_hits *h)
{
    struct vector *active = active_mask(b), *once, *again, *fresh;
    if (!h->once) {
        h->once = vector_keep(active);
        return active;
    }
    once = vector_bits(b);
    again = vector_bits(b);
    fresh = vector_bits(b);
    loop_split(again->byte_room, fresh->byte_room, active->bytes, h->once->bytes, b->n);
    loop_either(once->byte_room, h->once->bytes, active->bytes, b->n);
    if (h->again) {
        struct vector *all = vector_bits(b);
        loop_either(all->byte_room, h->again->bytes, again->bytes, b->n);
        vector_drop(b, again);
        again = all;
    }
    vector_drop(b, h->once);
    vector_drop(b, h->again);
    vector_drop(b, active);
    h->once = once;
    h->again = again;
    return fresh;
}

static void keep_hit(struct table_hits *h, struct vector *rows, int32_t rule,
                     struct vector *const *outputs, size_t n)
{
    struct hit *one = &h->all[h->count++];
    one->rows = vector_keep(rows);
    one->rule = rule;
    for (size_t i = 0; i < n; i++)
        one->outputs[i] = vector_keep(outputs[i]);
}

void flow_hit(struct batch *b, const struct table_node *t, struct insn info,
              struct vector *const *outputs)
{
    struct table_hits *h = &b->hits[info.b];
    struct vector *active = active_mask(b), *fresh = note_hits(b, h);
    if (!flow_takes_first(t))
        keep_hit(h, active, info.c, outputs, t->output_count);
    vector_drop(b, active);
    for (size_t i = 0; flow_takes_first(t) && i < t->output_count; i++) {
        struct vector *before = h->outputs[i];
        h->outputs[i] =
            before ? vector_select(b, fresh->bytes, outputs[i], before) : vector_keep(outputs[i]);
        vector_drop(b, before);
    }
    vector_drop(b, fresh);
}

/* The rows that hit as the policy wants it, NULL when all do; the others are warned of. */
static struct vector *decided(struct batch *b, const struct table_node *t,
                              const struct table_hits *h)
{
    struct vector *rows = vector_bits(b);
    uint8_t here[COLUMNS_BATCH];
    size_t hit, many = 0;
    loop_both(here, active_rows(b), h->once ? h->once->bytes : active_rows(b), b->n);
    hit = h->once ? loop_count(here, b->n) : 0;
    if (t->policy == 'U' && h->again) {
        loop_without(rows->byte_room, here, h->again->bytes, b->n);
        many = hit - loop_count(rows->bytes, b->n);
    } else {
        memcpy(rows->byte_room, here, b->n);
    }
    for (size_t i = hit; i < b->active_count; i++)
        machine_warn(b->m, "%.*s: no rule hits", STR_ARG(t->name));
    for (size_t i = 0; i < many; i++)
        machine_warn(b->m, "%.*s: more than one rule hits", STR_ARG(t->name));
    if (hit == b->active_count && many == 0) {
        vector_drop(b, rows);
        rows = NULL;
    }
    return rows;
}

/* The hits of a row as the machine has them: lists of rule number and outputs. */
static struct value hits_of_row(struct batch *b, const struct table_node *t,
                                const struct table_hits *h, size_t row)
{
    size_t n = 0;
    for (size_t k = 0; k < h->count; k++)
        n += h->all[k].rows->bytes[row];
    struct value *hits = machine_array(b->m, struct value, n);
    for (size_t k = 0, at = 0; hits && k < h->count; k++) {
        struct value *record;
        if (!h->all[k].rows->bytes[row])
            continue;
        if (!(record = machine_array(b->m, struct value, t->output_count + 1)))
            return VALUE_NOTHING;
        record[0] = value_int(h->all[k].rule);
        for (size_t i = 0; i < t->output_count; i++)
            record[i + 1] = vector_at(h->all[k].outputs[i], row);
        hits[at++] = value_list(record, t->output_count + 1);
    }
    return hits ? value_list(hits, n) : VALUE_NOTHING;
}

static struct vector *collected(struct batch *b, const struct table_node *t,
                                const struct table_hits *h, const struct vector *priorities)
{
    struct vector *r = vector_values(b);
    FOR_ACTIVE(b, row)
    {
        struct value hits = hits_of_row(b, t, h, row);
        if (b->m->is_stopped)
            break;
        r->value_room[row] = table_result(b->m, t, hits, vector_at(priorities, row));
    }
    return vector_narrow(b, r);
}

struct vector *flow_table(struct batch *b, struct insn i, const struct vector *priorities)
{
    if (!flow_takes_first(b->p->tables[i.c]))
        return collected(b, b->p->tables[i.c], &b->hits[i.b], priorities);
    const struct table_node *t = b->p->tables[i.c];
    const struct table_hits *h = &b->hits[i.b];
    struct vector *rows = decided(b, t, h), *value, *r, *nothing;
    if (!h->once) {
        vector_drop(b, rows);
        return vector_constant(b, VALUE_NOTHING);
    }
    value = t->output_count == 1 ? vector_keep(h->outputs[0])
                                 : scalar_run(b, i, h->outputs, t->output_count);
    if (!rows)
        return value;
    nothing = vector_constant(b, VALUE_NOTHING);
    r = vector_select(b, rows->bytes, value, nothing);
    vector_drop(b, value);
    vector_drop(b, nothing);
    vector_drop(b, rows);
    return r;
}
