#include "feel/columns_batch.h"

#include "feel/builtin.h"

struct columns_gear {
    struct batch b;
    bool is_row_wise;
    struct vector *result; /* of the last step */
    struct value *values;  /* likewise, row by row */
};

struct columns_pool *columns_pool_create(struct machine *m, size_t n)
{
    struct columns_pool *pool = arena_new(m->arena, struct columns_pool);
    pool->m = m;
    pool->rows = n < COLUMNS_BATCH ? n : COLUMNS_BATCH;
    memset(pool->ones, 1, sizeof pool->ones);
    return pool;
}

/* Whether the program can run here at all. */
static bool is_straight(const struct program *p)
{
    const struct code *code = p->codes[0];
    for (size_t pc = 0; pc < code->n; pc++) {
        struct insn i = code->insns[pc];
        switch ((enum opcode)i.op) {
        case OP_CAPTURE:
        case OP_CLOSURE:
        case OP_ITEM_KEY:
        case OP_ITERATE:
        case OP_ITERATE_SPAN:
        case OP_NEXT:
        case OP_APPEND:
        case OP_BUILT:
        case OP_SOME_STEP:
        case OP_EVERY_STEP:
        case OP_FILTER:
        case OP_FILTER_NEXT:
        case OP_FILTER_TEST:
        case OP_FILTERED:
            return false;
        case OP_JUMP:
            if ((size_t)i.c <= pc)
                return false;
            break;
        default:
            break;
        }
    }
    return true;
}

/* Room for the hits of each table. */
static bool prepare_hits(struct batch *b)
{
    const struct code *code = b->code;
    for (size_t pc = 0; pc < code->n; pc++) {
        struct insn i = code->insns[pc];
        if (i.op != OP_HIT)
            continue;
        struct table_hits *h = &b->hits[code->insns[pc + 1].b];
        h->output_count = i.b > h->output_count ? i.b : h->output_count;
        h->size += !flow_takes_first(b->p->tables[i.c]);
    }
    for (size_t slot = 0; slot < code->slot_count; slot++) {
        struct table_hits *h = &b->hits[slot];
        size_t n = h->output_count;
        if (n == 0)
            continue;
        struct vector **outputs = machine_array(b->m, struct vector *, n * (h->size + 1));
        if (!outputs || !(h->all = machine_array(b->m, struct hit, h->size)))
            return false;
        h->outputs = outputs;
        for (size_t k = 0; k < h->size; k++)
            h->all[k].outputs = outputs + n * (k + 1);
    }
    return true;
}

static bool prepare(struct batch *b)
{
    struct machine *m = b->m;
    const struct code *code = b->code;
    b->stack = machine_array(m, struct vector *, (size_t)code->stack_size + 1);
    b->slots = machine_array(m, struct vector *, code->slot_count);
    b->loaded = machine_array(m, struct vector *, b->p->global_count);
    b->hits = machine_array(m, struct table_hits, code->slot_count);
    b->waiting = machine_array(m, struct waiting, code->n);
    if (!b->stack || !b->slots || !b->loaded || !b->hits || !b->waiting)
        return false;
    return prepare_hits(b);
}

struct columns_gear *columns_gear_create(struct columns_pool *pool, const struct program *p)
{
    struct columns_gear *g = machine_array(pool->m, struct columns_gear, 1);
    if (!g)
        return NULL;
    g->b = (struct batch){.m = pool->m, .pool = pool, .p = p, .code = p->codes[0]};
    g->is_row_wise = !is_straight(p);
    if (g->is_row_wise)
        g->values = machine_array(pool->m, struct value, pool->rows);
    return (g->is_row_wise ? g->values != NULL : prepare(&g->b)) ? g : NULL;
}

/* --- one instruction for the active rows; sp: operands below it */

/* The result in place of n operands. */
static void put(struct batch *b, size_t sp, size_t n, struct vector *r)
{
    for (size_t i = 0; i < n; i++) {
        vector_drop(b, b->stack[sp - n + i]);
        b->stack[sp - n + i] = NULL;
    }
    vector_drop(b, b->stack[sp - n]); /* what rows that are elsewhere left */
    b->stack[sp - n] = r;
}

/* NULL: there is none, or not for such operands. */
static struct vector *run_kernel(struct batch *b, struct insn i, struct vector *const *x, size_t n)
{
    switch ((enum opcode)i.op) {
    case OP_LIST:
    case OP_CALL:
    case OP_CALL_NAMED:
        return NULL;
    case OP_BUILTIN:
        return kernel_builtin(b, i, x, n);
    case OP_BETWEEN:
        return kernel_between(b, x[0], x[1], x[2]);
    default:
        return n == 1 ? kernel_unary(b, i, x[0]) : kernel_binary(b, i, x[0], x[1]);
    }
}

static void run_operation(struct batch *b, struct insn i, size_t sp, size_t n)
{
    struct vector **x = b->stack + sp - n;
    struct vector *r = scalar_is_few(b, x, n) ? NULL : run_kernel(b, i, x, n);
    put(b, sp, n, r ? r : scalar_run(b, i, x, n));
}

static struct vector *load_global(struct batch *b, size_t g)
{
    if (!b->loaded[g])
        b->loaded[g] = vector_load(b, &b->inputs[g]);
    return vector_keep(b->loaded[g]);
}

static struct vector *load_slot(struct batch *b, size_t slot)
{
    return b->slots[slot] ? vector_keep(b->slots[slot]) : vector_constant(b, VALUE_NOTHING);
}

/* floor(x / y) at once, unless rows wait for the floor; false when it is none. */
static bool run_floor_of_quotient(struct batch *b, size_t pc, size_t sp)
{
    struct insn i = b->code->insns[pc], next = b->code->insns[pc + 1];
    struct vector **x = b->stack + sp - 2;
    if (next.op != OP_BUILTIN || next.c != BUILTIN_floor || next.b != 1 ||
        b->waiting[pc + 1].rows || scalar_is_few(b, x, 2))
        return false;
    struct vector *r = kernel_floor_of_quotient(b, i, next, x[0], x[1]);
    if (r)
        put(b, sp, 2, r);
    return r != NULL;
}

/* Rows that wait keep what they have there. */
static void store(struct batch *b, size_t slot, struct vector *v)
{
    struct vector *before = b->slots[slot];
    b->slots[slot] =
        before && b->waiting_count ? vector_select(b, active_rows(b), v, before) : vector_keep(v);
    vector_drop(b, before);
}

static struct vector *make_context(struct batch *b, struct insn i)
{
    size_t n = b->p->shapes[i.c].n;
    struct vector **members = machine_array(b->m, struct vector *, n);
    for (size_t k = 0; members && k < n; k++)
        members[k] = load_slot(b, i.b + k);
    struct vector *r = members ? scalar_run(b, i, members, n) : vector_constant(b, VALUE_NOTHING);
    for (size_t k = 0; members && k < n; k++)
        vector_drop(b, members[k]);
    return r;
}

static void step(struct batch *b, size_t pc, size_t sp)
{
    struct insn i = b->code->insns[pc];
    switch ((enum opcode)i.op) {
    case OP_CONSTANT:
        put(b, sp, 0, vector_constant(b, b->p->constants[i.c]));
        return;
    case OP_LOCAL:
        put(b, sp, 0, load_slot(b, (size_t)i.c));
        return;
    case OP_GLOBAL:
        put(b, sp, 0, load_global(b, (size_t)i.c));
        return;
    case OP_STORE:
        store(b, (size_t)i.c, b->stack[sp - 1]);
        return;
    case OP_CONTEXT:
        put(b, sp, 0, make_context(b, i));
        return;
    case OP_LIST:
    case OP_BUILTIN:
        run_operation(b, i, sp, i.b);
        return;
    case OP_CALL:
    case OP_CALL_NAMED: /* the function is under its arguments */
        run_operation(b, i, sp, (size_t)i.b + 1);
        return;
    case OP_NEGATE:
    case OP_NOT:
    case OP_PATH:
    case OP_INSTANCE:
    case OP_COERCE:
        run_operation(b, i, sp, 1);
        return;
    case OP_BETWEEN:
        run_operation(b, i, sp, 3);
        return;
    case OP_JUMP:
    case OP_HITS:
        flow_jump(b, i, NULL);
        return;
    case OP_JUMP_UNLESS:
        flow_jump(b, i, b->stack[sp - 1]);
        return;
    case OP_JUMP_IF_FALSE:
    case OP_JUMP_IF_TRUE:
    case OP_JUMP_IF_ODD:
        flow_jump(b, i, b->stack[sp - 1]);
        return;
    case OP_BUILD:
        flow_begin_hits(b, i.b);
        return;
    case OP_HIT:
        flow_hit(b, b->p->tables[i.c], b->code->insns[pc + 1], b->stack + sp - i.b);
        return;
    case OP_HIT_INFO:
        return;
    case OP_TABLE:
        put(b, sp, 1, flow_table(b, i, b->stack[sp - 1]));
        return;
    default:
        run_operation(b, i, sp, 2);
    }
}

/* --- a batch */

static void drop_all(struct batch *b, struct vector **v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        vector_drop(b, v[i]);
        v[i] = NULL;
    }
}

static void clear(struct batch *b)
{
    drop_all(b, b->stack, (size_t)b->code->stack_size + 1);
    drop_all(b, b->slots, b->code->slot_count);
    drop_all(b, b->loaded, b->p->global_count);
    drop_all(b, &b->active, 1);
    for (size_t i = 0; i < b->code->slot_count; i++) {
        if (b->hits[i].once)
            flow_begin_hits(b, (uint32_t)i);
    }
}

/* To the end, where all rows meet; false when a limit was reached. */
static bool run(struct batch *b)
{
    b->active_count = b->n;
    for (size_t pc = 0;; pc++) {
        if (!flow_wake(b, pc))
            continue; /* no row comes by here */
        if (b->code->insns[pc].op == OP_RETURN)
            return true;
        if (!machine_pay(b->m, b->active_count / 16 + 1))
            return false;
        b->frame.pc = b->code->insns + pc;
        if (b->code->insns[pc].op == OP_DIV && run_floor_of_quotient(b, pc, b->code->depths[pc]))
            pc++;
        else
            step(b, pc, b->code->depths[pc]);
        if (b->m->is_stopped)
            return false;
    }
}

static bool run_rows(struct columns_gear *g, const struct column *inputs, size_t n)
{
    const struct program *p = g->b.p;
    struct value *globals = machine_array(g->b.m, struct value, p->global_count);
    for (size_t i = 0; globals && i < n; i++) {
        for (size_t k = 0; k < p->global_count; k++)
            globals[k] = column_value(&inputs[k], i);
        if (!machine_run(g->b.m, p, globals, &g->values[i]))
            return false;
    }
    return globals != NULL;
}

bool columns_gear_step(struct columns_gear *g, const struct column *inputs, size_t n,
                       struct column *result)
{
    struct batch *b = &g->b;
    if (g->is_row_wise) {
        *result = (struct column){.values = g->values};
        return run_rows(g, inputs, n);
    }
    drop_all(b, &g->result, 1);
    b->inputs = inputs;
    b->n = n;
    b->frame = (struct frame){.up = b->m->frame, .code = b->code, .pc = b->code->insns};
    b->m->frame = &b->frame;
    bool ok = run(b);
    b->m->frame = b->frame.up;
    if (!ok)
        return false;
    g->result = vector_keep(b->stack[0]);
    clear(b);
    *result = vector_column(g->result);
    return true;
}

bool columns_run(struct machine *m, const struct program *p, const struct column *inputs, size_t n,
                 struct column *result, struct columns_report *report)
{
    struct columns_pool *pool = columns_pool_create(m, n);
    struct columns_gear *g = columns_gear_create(pool, p);
    struct column *part = machine_array(m, struct column, p->global_count), out;
    struct column_builder all = {.m = m, .n = n};
    *report = (struct columns_report){.is_row_wise = g && g->is_row_wise};
    bool ok = g && part;
    for (size_t first = 0; ok && first < n; first += COLUMNS_BATCH) {
        size_t count = n - first < COLUMNS_BATCH ? n - first : COLUMNS_BATCH;
        for (size_t i = 0; i < p->global_count; i++)
            part[i] = column_from(&inputs[i], first);
        ok = columns_gear_step(g, part, count, &out) && column_builder_add(&all, &out, count);
    }
    *result = all.column;
    report->warnings = m->warning_count;
    return ok && !m->is_stopped;
}
