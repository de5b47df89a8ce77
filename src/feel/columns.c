#include "feel/columns_batch.h"

struct value column_value(const struct column *c, size_t i)
{
    if (!c->ints)
        return c->values[c->is_constant ? 0 : i];
    if (c->nulls && c->nulls[i])
        return VALUE_NOTHING;
    return (struct value){.kind = (uint8_t)c->kind, .exp = c->exp, .i = c->ints[i]};
}

static void load_input(struct batch *b, struct vector *to, const struct column *c)
{
    if (c->ints && vector_make_typed(b, to, c->kind, c->exp) && to->exp == c->exp) {
        to->has_nulls |= c->nulls != NULL;
        if (b->active_count == b->n) {
            memcpy(to->ints, c->ints + b->first, b->n * sizeof *to->ints);
            if (c->nulls)
                memcpy(to->nulls, c->nulls + b->first, b->n);
            else
                memset(to->nulls, 0, b->n);
            return;
        }
        FOR_ACTIVE(b, row)
        {
            to->ints[row] = c->ints[b->first + row];
            to->nulls[row] = c->nulls ? c->nulls[b->first + row] : 0;
        }
        return;
    }
    if (c->is_constant) {
        vector_fill(b, to, c->values[0]);
        return;
    }
    vector_make_general(b, to);
    FOR_ACTIVE(b, row)
    to->values[row] = column_value(c, b->first + row);
}

static struct value scalar_binary(struct machine *m, struct insn i, struct value x, struct value y)
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

static void run_binary(struct batch *b, struct insn i, struct vector *x, const struct vector *y)
{
    if (x->is_constant && y->is_constant) {
        vector_fill(b, x, scalar_binary(b->m, i, x->constant, y->constant));
        return;
    }
    if (kernel_binary(b, i, x, y)) {
        vector_copy(b, x, b->result);
        return;
    }
    struct vector *r = b->result;
    FOR_ACTIVE(b, row)
    r->values[row] = scalar_binary(b->m, i, vector_at(x, row), vector_at(y, row));
    r->is_constant = r->is_typed = false;
    vector_copy(b, x, r);
}

static struct value scalar_unary(struct batch *b, struct insn i, struct value x)
{
    struct value out;
    switch ((enum opcode)i.op) {
    case OP_NEGATE:
        return operator_negate(b->m, x);
    case OP_NOT:
        return x.kind == VALUE_BOOLEAN ? value_boolean(!x.i) : VALUE_NOTHING;
    case OP_PATH:
        return operator_path(b->m, x, value_text(b->p->constants[i.c]));
    case OP_INSTANCE:
        return value_boolean(type_has(b->p->types[i.c], x, NULL));
    default:
        type_coerce(b->p->types[i.c], x, &out, b->m);
        return out;
    }
}

/* Nothing to do: typed rows of the very type asked for. */
static bool is_of_type(const struct vector *x, const struct type *t)
{
    return !x->is_constant && x->is_typed && t->form == TYPE_SCALAR && t->kind == x->kind &&
           !t->allowed;
}

static void run_unary(struct batch *b, struct insn i, struct vector *x)
{
    if (i.op == OP_COERCE && is_of_type(x, b->p->types[i.c]))
        return;
    if (x->is_constant) {
        vector_fill(b, x, scalar_unary(b, i, x->constant));
        return;
    }
    struct vector *r = b->result;
    FOR_ACTIVE(b, row)
    r->values[row] = scalar_unary(b, i, vector_at(x, row));
    r->is_constant = r->is_typed = false;
    vector_copy(b, x, r);
}

/* The topmost b operands of each row, by a function of them. */
static void run_many(struct batch *b, struct insn i, struct vector *first)
{
    struct value *args = machine_array(b->m, struct value, (size_t)i.b + 1);
    struct vector *r = b->result;
    if (!args)
        return;
    FOR_ACTIVE(b, row)
    {
        for (size_t k = 0; k < i.b; k++)
            args[k] = vector_at(&first[k], row);
        if (i.op == OP_BUILTIN) {
            r->values[row] = builtin_run(&BUILTIN_LIST[i.c], b->m, args, i.b);
            continue;
        }
        struct value *items = machine_array(b->m, struct value, i.b);
        if (!items)
            return;
        memcpy(items, args, i.b * sizeof *items);
        r->values[row] = value_list(items, i.b);
    }
    r->is_constant = r->is_typed = false;
    vector_copy(b, first, r);
}

static void run_context(struct batch *b, struct insn i, struct vector *to)
{
    const struct shape *s = &b->p->shapes[i.c];
    vector_make_general(b, to);
    FOR_ACTIVE(b, row)
    {
        struct entry *entries = machine_array(b->m, struct entry, s->n);
        for (size_t k = 0; entries && k < s->n; k++)
            entries[k] = (struct entry){s->keys[k], vector_at(&b->slots[i.b + k], row)};
        to->values[row] = entries ? value_context(entries, s->n) : VALUE_NOTHING;
    }
}

static void run_between(struct batch *b, struct vector *x)
{
    struct insn ge = {.op = OP_GE}, le = {.op = OP_LE}, both = {.op = OP_AND};
    struct vector *r = b->result;
    bool is_fast = kernel_compare(b, OP_GE, x, &x[1]);
    if (is_fast) { /* x[1] is used up: it holds the first half */
        vector_copy(b, &x[1], r);
        run_binary(b, le, x, &x[2]);
        run_binary(b, both, x, &x[1]);
        return;
    }
    FOR_ACTIVE(b, row)
    {
        struct value v = vector_at(x, row);
        r->values[row] = machine_and(b->m, scalar_binary(b->m, ge, v, vector_at(&x[1], row)),
                                     scalar_binary(b->m, le, v, vector_at(&x[2], row)));
    }
    r->is_constant = r->is_typed = false;
    vector_copy(b, x, r);
}

static size_t depth_at(const struct code *code, size_t pc)
{
    return code->depths[pc];
}

/* Rows begin to wait at the instruction. */
static void note_target(struct batch *b, size_t pc, size_t went)
{
    if (went == 0)
        return;
    size_t i = 0;
    while (i < b->target_count && b->targets[i] != pc)
        i++;
    if (i == b->target_count)
        b->targets[b->target_count++] = (uint16_t)pc;
    b->waiting_count += went;
    if (pc < b->next_waiting)
        b->next_waiting = pc;
}

/* Puts the rows' operands from one vector into another, where other rows may have theirs. */
static void merge(struct batch *b, struct vector *to, const struct vector *from, uint16_t *rows,
                  size_t n, bool is_first)
{
    uint16_t *active = b->active;
    size_t count = b->active_count;
    b->active = rows;
    b->active_count = n;
    b->place = is_first ? PLACE_FREE : PLACE_KEPT;
    vector_copy(b, to, from);
    b->place = PLACE_AUTO;
    b->active = active;
    b->active_count = count;
}

static void save_operand(struct batch *b, size_t pc, size_t gone, bool is_first)
{
    size_t depth = depth_at(b->code, pc);
    if (gone && depth)
        merge(b, b->saved[pc], &b->stack[depth - 1], b->gone, gone, is_first);
}

/* Sends the rows for which `goes` holds to the instruction; the rest stays. */
#define SEND(b, pc, goes)                                                                          \
    do {                                                                                           \
        size_t stay_ = 0, gone_ = 0, all_ = (b)->active_count;                                     \
        for (size_t k_ = 0; k_ < all_; k_++) {                                                     \
            size_t row = (b)->active[k_];                                                          \
            bool goes_ = (goes) != 0;                                                              \
            (b)->active[stay_] = (b)->gone[gone_] = (uint16_t)row;                                 \
            stay_ += !goes_;                                                                       \
            gone_ += goes_;                                                                        \
        }                                                                                          \
        (b)->active_count = stay_;                                                                 \
        send((b), (size_t)(pc), gone_);                                                            \
    } while (0)

static void send(struct batch *b, size_t pc, size_t gone)
{
    uint64_t *bits = b->waiting[pc], any = 0;
    for (size_t w = 0; w < WORDS; w++)
        any |= bits[w];
    save_operand(b, pc, gone, any == 0);
    for (size_t k = 0; k < gone; k++)
        bits[b->gone[k] / 64] |= (uint64_t)1 << (b->gone[k] % 64);
    note_target(b, pc, gone);
}

static void run_jump(struct batch *b, struct insn i, const struct vector *x)
{
    struct ints a;
    bool is_fast = x && kernel_ints(x, &a) && a.kind == VALUE_BOOLEAN;
    const int64_t *p = is_fast ? kernel_first(&a) : NULL;
    switch ((enum opcode)i.op) {
    case OP_JUMP:
        SEND(b, i.c, true);
        return;
    case OP_JUMP_UNLESS:
        if (is_fast)
            SEND(b, i.c, (p[row * a.step] == 0) | a.nulls[row * a.null_step]);
        else
            SEND(b, i.c, !value_is_true(vector_at(x, row)));
        return;
    case OP_JUMP_IF_FALSE:
        if (is_fast)
            SEND(b, i.c, (p[row * a.step] | a.nulls[row * a.null_step]) == 0);
        else
            SEND(b, i.c, value_is_false(vector_at(x, row)));
        return;
    case OP_JUMP_IF_TRUE:
        if (is_fast)
            SEND(b, i.c, p[row * a.step] > a.nulls[row * a.null_step]);
        else
            SEND(b, i.c, value_is_true(vector_at(x, row)));
        return;
    default: /* OP_HITS */
        SEND(b, i.c, b->hits[i.b].counts[row] > 0);
    }
}

static void run_hit(struct batch *b, uint32_t slot, struct vector *outputs, size_t n)
{
    struct table_hits *h = &b->hits[slot];
    uint16_t all[BATCH];
    size_t count = b->active_count, fresh = 0;
    memcpy(all, b->active, count * sizeof *all);
    for (size_t k = 0; k < count; k++) { /* only a first hit is kept, later ones are counted */
        if (h->counts[all[k]]++ == 0)
            b->active[fresh++] = all[k];
    }
    b->active_count = fresh;
    b->place = h->is_fresh ? PLACE_FREE : PLACE_KEPT; /* what other rows hit before must stay */
    for (size_t i = 0; i < n && fresh; i++)
        vector_copy(b, &h->outputs[i], &outputs[i]);
    b->place = PLACE_AUTO;
    h->is_fresh &= fresh == 0;
    memcpy(b->active, all, count * sizeof *all);
    b->active_count = count;
}

static void begin_hits(struct batch *b, uint32_t slot)
{
    FOR_ACTIVE(b, row)
    b->hits[slot].counts[row] = 0;
    if (b->waiting_count == 0)
        b->hits[slot].is_fresh = true;
}

static void run_table(struct batch *b, struct insn i, struct vector *to)
{
    const struct table_node *t = b->p->tables[i.c];
    struct table_hits *h = &b->hits[i.b];
    bool takes_first = t->policy == 'F';
    vector_spread(b, h->outputs);
    if (t->output_count == 1 && h->outputs->is_typed && !h->outputs->is_constant &&
        vector_make_typed(b, to, h->outputs->kind, h->outputs->exp) && to->exp == h->outputs->exp) {
        to->has_nulls = true;
        KERNEL(b, {
            bool has = h->counts[row] == 1 || (takes_first && h->counts[row]);
            to->ints[row] = h->outputs->ints[row];
            to->nulls[row] = (uint8_t)(has ? h->outputs->nulls[row] : 1);
        });
        return;
    }
    vector_make_general(b, to);
    FOR_ACTIVE(b, row)
    {
        bool has = h->counts[row] == 1 || (takes_first && h->counts[row]);
        if (!has) {
            to->values[row] = machine_warn(b->m, "no rule hits, or more than one");
            continue;
        }
        if (t->output_count == 1) {
            to->values[row] = vector_at(h->outputs, row);
            continue;
        }
        struct entry *entries = machine_array(b->m, struct entry, t->output_count);
        for (size_t k = 0; entries && k < t->output_count; k++)
            entries[k] = (struct entry){t->output_names[k], vector_at(&h->outputs[k], row)};
        to->values[row] = entries ? value_context(entries, t->output_count) : VALUE_NOTHING;
    }
}

/* Whether the program can run here at all. */
static bool is_straight(const struct program *p)
{
    const struct code *code = p->codes[0];
    if (code->n >= UINT16_MAX)
        return false;
    for (size_t pc = 0; pc < code->n; pc++) {
        struct insn i = code->insns[pc];
        switch ((enum opcode)i.op) {
        case OP_CAPTURE:
        case OP_CALL:
        case OP_CALL_NAMED:
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
        case OP_JUMP_IF_ODD:
            return false;
        case OP_JUMP:
            if ((size_t)i.c <= pc)
                return false;
            break;
        case OP_TABLE:
            if (p->tables[i.c]->policy != 'U' && p->tables[i.c]->policy != 'F')
                return false;
            break;
        default:
            break;
        }
    }
    return true;
}

/* One instruction for the active rows; sp: operands below it.  Returns how many there are after. */
static size_t step(struct batch *b, size_t pc, size_t sp)
{
    struct insn i = b->code->insns[pc];
    struct vector *top = b->stack + sp;
    switch ((enum opcode)i.op) {
    case OP_CONSTANT:
        vector_fill(b, top, b->p->constants[i.c]);
        return sp + 1;
    case OP_LOCAL:
        vector_copy(b, top, &b->slots[i.c]);
        return sp + 1;
    case OP_STORE:
        vector_copy(b, &b->slots[i.c], top - 1);
        return sp - 1;
    case OP_GLOBAL:
        load_input(b, top, &b->inputs[i.c]);
        return sp + 1;
    case OP_NEGATE:
    case OP_NOT:
    case OP_PATH:
    case OP_INSTANCE:
    case OP_COERCE:
        run_unary(b, i, top - 1);
        return sp;
    case OP_LIST:
        if (i.b == 0)
            vector_fill(b, top, value_list(NULL, 0));
        else
            run_many(b, i, top - i.b);
        return sp + 1 - i.b;
    case OP_BUILTIN:
        run_many(b, i, top - i.b);
        return sp + 1 - i.b;
    case OP_CONTEXT:
        run_context(b, i, top);
        return sp + 1;
    case OP_BETWEEN:
        run_between(b, top - 3);
        return sp - 2;
    case OP_JUMP:
    case OP_HITS:
        run_jump(b, i, NULL);
        return sp;
    case OP_JUMP_UNLESS:
        run_jump(b, i, top - 1);
        return sp - 1;
    case OP_JUMP_IF_FALSE:
    case OP_JUMP_IF_TRUE:
        run_jump(b, i, top - 1);
        return sp;
    case OP_BUILD:
        begin_hits(b, i.b);
        return sp;
    case OP_HIT:
        run_hit(b, b->code->insns[pc + 1].b, top - i.b, i.b);
        return sp - i.b;
    case OP_HIT_INFO:
        return sp;
    case OP_TABLE:
        run_table(b, i, top - 1);
        return sp;
    default:
        run_binary(b, i, top - 2, top - 1);
        return sp - 1;
    }
}

/* The rows of the bits, in order. */
static size_t list_rows(uint16_t *rows, const uint64_t *bits)
{
    size_t n = 0;
    for (size_t w = 0; w < WORDS; w++) {
        for (uint64_t left = bits[w]; left; left &= left - 1)
            rows[n++] = (uint16_t)(w * 64 + (size_t)__builtin_ctzll(left));
    }
    return n;
}

/* Rows that wait at pc become active again, in their order. */
static void wake(struct batch *b, size_t pc)
{
    if (b->next_waiting != pc)
        return;
    uint64_t *bits = b->waiting[pc];
    size_t woken = list_rows(b->gone, bits), left = 0, depth = depth_at(b->code, pc);
    if (depth)
        merge(b, &b->stack[depth - 1], b->saved[pc], b->gone, woken, b->active_count == 0);
    FOR_ACTIVE(b, row)
    bits[row / 64] |= (uint64_t)1 << (row % 64);
    b->active_count = list_rows(b->active, bits);
    b->waiting_count -= woken;
    memset(bits, 0, sizeof b->waiting[0]);
    b->next_waiting = SIZE_MAX;
    for (size_t i = 0; i < b->target_count; i++) {
        size_t target = b->targets[i];
        if (target == pc)
            continue;
        b->targets[left++] = (uint16_t)target;
        b->next_waiting = target < b->next_waiting ? target : b->next_waiting;
    }
    b->target_count = left;
}

/* Runs to the end; the results are in stack[0]. */
static bool run_batch(struct batch *b)
{
    size_t pc = 0, sp = 0;
    b->active = b->rows;
    for (size_t row = 0; row < b->n; row++)
        b->active[row] = (uint16_t)row;
    b->active_count = b->n;
    b->waiting_count = b->target_count = 0;
    b->next_waiting = SIZE_MAX;
    for (;;) {
        wake(b, pc);
        if (b->code->insns[pc].op == OP_RETURN)
            return !b->m->is_stopped;
        if (!machine_pay(b->m, b->active_count / 16 + 1))
            return false;
        sp = step(b, pc, sp);
        if (b->m->is_stopped)
            return false;
        pc++;
        if (b->active_count == 0) { /* go where the next rows wait; the depth there is known */
            pc = b->next_waiting;
            sp = depth_at(b->code, pc);
        }
    }
}

/* The result of a batch into the column: integers as long as all batches agree on them. */
static bool keep_result(struct batch *b, struct column *out, int64_t *ints, uint8_t *nulls,
                        struct value **values, size_t total)
{
    struct vector *v = &b->stack[0];
    vector_spread(b, v);
    bool fits =
        v->is_typed && !*values && (b->first == 0 || (v->kind == out->kind && v->exp == out->exp));
    if (fits) {
        out->kind = v->kind;
        out->exp = v->exp;
        memcpy(ints + b->first, v->ints, b->n * sizeof *ints);
        memcpy(nulls + b->first, v->nulls, b->n);
        if (v->has_nulls && memchr(v->nulls, 1, b->n))
            out->nulls = nulls;
        return true;
    }
    if (!*values) {
        *values = machine_array(b->m, struct value, total);
        if (!*values)
            return false;
        struct column before = {out->kind, out->exp, ints, nulls, NULL, false};
        for (size_t i = 0; i < b->first; i++)
            (*values)[i] = column_value(&before, i);
    }
    for (size_t i = 0; i < b->n; i++)
        (*values)[b->first + i] = vector_at(v, i);
    return true;
}

static bool prepare(struct batch *b, const struct program *p)
{
    const struct code *code = b->code;
    b->stack = machine_array(b->m, struct vector, (size_t)code->stack_size + 1);
    b->slots = machine_array(b->m, struct vector, code->slot_count);
    b->result = machine_array(b->m, struct vector, 1);
    b->scaled = machine_array(b->m, struct vector, 1);
    b->hits = machine_array(b->m, struct table_hits, code->slot_count);
    b->waiting = machine_alloc(b->m, code->n, sizeof *b->waiting);
    b->targets = machine_array(b->m, uint16_t, code->n);
    b->saved = machine_array(b->m, struct vector *, code->n);
    if (!b->waiting || !b->saved || !b->targets || !b->stack || !b->slots || !b->result ||
        !b->scaled || !b->hits)
        return false;
    for (size_t pc = 0; pc < code->n; pc++) {
        struct insn i = code->insns[pc];
        bool is_jump = i.op == OP_JUMP || i.op == OP_JUMP_UNLESS || i.op == OP_JUMP_IF_FALSE ||
                       i.op == OP_JUMP_IF_TRUE || i.op == OP_HITS;
        if (is_jump && code->depths[i.c] && !b->saved[i.c] &&
            !(b->saved[i.c] = machine_array(b->m, struct vector, 1)))
            return false;
        if (i.op != OP_TABLE)
            continue;
        size_t n = p->tables[i.c]->output_count;
        b->hits[i.b].output_count = n;
        if (!(b->hits[i.b].outputs = machine_array(b->m, struct vector, n)))
            return false;
    }
    return true;
}

static bool run_rows(struct machine *m, const struct program *p, const struct column *inputs,
                     size_t n, struct column *result)
{
    struct value *values = machine_array(m, struct value, n);
    struct value *globals = machine_array(m, struct value, p->global_count);
    if (!values || !globals)
        return false;
    for (size_t i = 0; i < n; i++) {
        for (size_t g = 0; g < p->global_count; g++)
            globals[g] = column_value(&inputs[g], i);
        if (!machine_run(m, p, globals, &values[i]))
            return false;
    }
    *result = (struct column){.values = values};
    return true;
}

bool columns_run(struct machine *m, const struct program *p, const struct column *inputs, size_t n,
                 struct column *result, struct columns_report *report)
{
    struct batch b = {.m = m, .p = p, .code = p->codes[0], .inputs = inputs};
    *report = (struct columns_report){.is_row_wise = !is_straight(p)};
    bool ok;
    if (report->is_row_wise) {
        ok = run_rows(m, p, inputs, n, result);
    } else {
        int64_t *ints = machine_array(m, int64_t, n);
        uint8_t *nulls = machine_array(m, uint8_t, n);
        struct value *values = NULL;
        struct column out = {.kind = VALUE_NULL};
        ok = ints && nulls && prepare(&b, p);
        for (size_t at_row = 0; ok && at_row < n; at_row += BATCH) {
            b.first = at_row;
            b.n = n - at_row < BATCH ? n - at_row : BATCH;
            ok = run_batch(&b) && keep_result(&b, &out, ints, nulls, &values, n);
        }
        if (values)
            *result = (struct column){.values = values};
        else
            *result = (struct column){out.kind, out.exp, ints, out.nulls, NULL, false};
    }
    report->warnings = m->warning_count;
    return ok && !m->is_stopped;
}

struct column column_pack(struct arena *a, const struct value *values, size_t n)
{
    int64_t *ints = arena_array(a, int64_t, n);
    uint8_t *nulls = arena_array(a, uint8_t, n);
    struct column c = {.kind = VALUE_NULL, .values = values};
    for (size_t i = 0; i < n; i++) {
        struct value v = values[i];
        nulls[i] = v.kind == VALUE_NULL;
        ints[i] = nulls[i] ? 0 : v.i;
        if (nulls[i])
            continue;
        if (c.kind == VALUE_NULL) {
            c.kind = (enum value_kind)v.kind;
            c.exp = v.exp;
        }
        if (v.kind != c.kind || v.exp != c.exp || !vector_is_int_kind(c.kind) || v.is_big)
            return (struct column){.values = values};
    }
    if (c.kind == VALUE_NULL)
        return (struct column){.values = values};
    return (struct column){c.kind, c.exp, ints, nulls, NULL, false};
}
