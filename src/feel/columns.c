#include "feel/columns.h"

enum { BATCH = 1024 };

/* A stack place or slot for a batch of rows. */
struct vector {
    bool is_constant; /* the same value in every row */
    bool is_typed;    /* in ints and nulls, of kind and exp; else in values */
    enum value_kind kind;
    int16_t exp;
    struct value constant;
    int64_t ints[BATCH];
    uint8_t nulls[BATCH];
    struct value values[BATCH];
};

struct table_hits { /* in place of a list: tables here keep one hit a row */
    uint32_t counts[BATCH];
    struct vector *outputs;
    size_t output_count;
    bool is_fresh; /* no row has hit yet: the outputs may take any form */
};

struct batch {
    struct machine *m;
    const struct program *p;
    const struct code *code;
    const struct column *inputs;
    size_t first, n; /* rows of the columns */
    struct vector *stack, *slots;
    struct table_hits *hits; /* by slot */
    uint16_t active[BATCH];
    size_t active_count;
    uint16_t waiting_at[BATCH]; /* instruction a row waits at; UINT16_MAX: none, it is active or done */
    size_t waiting_count;
    size_t next_waiting; /* the lowest of them */
    struct vector *result;
};

struct value column_value(const struct column *c, size_t i)
{
    if (!c->ints)
        return c->values[i];
    if (c->nulls && c->nulls[i])
        return VALUE_NOTHING;
    return (struct value){.kind = (uint8_t)c->kind, .exp = c->exp, .i = c->ints[i]};
}

static bool is_int_kind(enum value_kind kind)
{
    return kind == VALUE_BOOLEAN || kind == VALUE_NUMBER || kind == VALUE_DATE ||
           kind == VALUE_MONTHS;
}

static struct value at(const struct vector *v, size_t row)
{
    if (v->is_constant)
        return v->constant;
    if (!v->is_typed)
        return v->values[row];
    if (v->nulls[row])
        return VALUE_NOTHING;
    return (struct value){.kind = (uint8_t)v->kind, .exp = v->exp, .i = v->ints[row]};
}

/* All rows of the batch that matter are active: what a vector held before is of no use. */
static bool is_whole(const struct batch *b)
{
    return b->waiting_count == 0;
}

static void spread(struct batch *b, struct vector *v)
{
    struct value c = v->constant;
    if (!v->is_constant)
        return;
    v->is_constant = false;
    v->is_typed = is_int_kind((enum value_kind)c.kind) && !c.is_big;
    v->kind = (enum value_kind)c.kind;
    v->exp = c.exp;
    for (size_t i = 0; i < b->n; i++) {
        if (v->is_typed) {
            v->ints[i] = c.i;
            v->nulls[i] = 0;
        } else {
            v->values[i] = c;
        }
    }
}

/* Makes the vector take values of any kind in the active rows. */
static void make_general(struct batch *b, struct vector *v)
{
    if (is_whole(b)) {
        v->is_constant = v->is_typed = false;
        return;
    }
    spread(b, v);
    if (!v->is_typed)
        return;
    for (size_t i = 0; i < b->n; i++) {
        v->values[i] = v->nulls[i] ? VALUE_NOTHING
                                   : (struct value){.kind = (uint8_t)v->kind, .exp = v->exp,
                                                    .i = v->ints[i]};
    }
    v->is_typed = false;
}

/* Likewise integers of the kind; false when rows that wait hold something else. */
static bool make_typed(struct batch *b, struct vector *v, enum value_kind kind, int16_t exp)
{
    if (is_whole(b)) {
        v->is_constant = false;
        v->is_typed = true;
        v->kind = kind;
        v->exp = exp;
        return true;
    }
    spread(b, v);
    return v->is_typed && v->kind == kind && (kind != VALUE_NUMBER || v->exp == exp);
}

#define FOR_ACTIVE(b, row)                                                                         \
    for (size_t k_ = 0, row; k_ < (b)->active_count && ((row) = (b)->active[k_], true); k_++)

static void put_general(struct batch *b, struct vector *to, const struct vector *from)
{
    make_general(b, to);
    FOR_ACTIVE(b, row)
        to->values[row] = at(from, row);
}

static void copy_active(struct batch *b, struct vector *to, const struct vector *from)
{
    if (is_whole(b) && from->is_constant) {
        to->is_constant = true;
        to->constant = from->constant;
        return;
    }
    struct value c = from->constant;
    bool is_typed = from->is_constant ? is_int_kind((enum value_kind)c.kind) && !c.is_big
                                      : from->is_typed;
    enum value_kind kind = from->is_constant ? (enum value_kind)c.kind : from->kind;
    int16_t exp = from->is_constant ? c.exp : from->exp;
    if (!is_typed || !make_typed(b, to, kind, exp)) {
        put_general(b, to, from);
        return;
    }
    if (from->is_constant) {
        FOR_ACTIVE(b, row) {
            to->ints[row] = c.i;
            to->nulls[row] = 0;
        }
        return;
    }
    if (b->active_count == b->n) {
        memcpy(to->ints, from->ints, b->n * sizeof *to->ints);
        memcpy(to->nulls, from->nulls, b->n);
        return;
    }
    FOR_ACTIVE(b, row) {
        to->ints[row] = from->ints[row];
        to->nulls[row] = from->nulls[row];
    }
}

static void push_constant(struct batch *b, struct vector *to, struct value v)
{
    struct vector *from = b->result; /* only its constant is read */
    from->is_constant = true;
    from->constant = v;
    copy_active(b, to, from);
}

static void load_input(struct batch *b, struct vector *to, const struct column *c)
{
    if (c->ints && make_typed(b, to, c->kind, c->exp)) {
        if (b->active_count == b->n) {
            memcpy(to->ints, c->ints + b->first, b->n * sizeof *to->ints);
            if (c->nulls)
                memcpy(to->nulls, c->nulls + b->first, b->n);
            else
                memset(to->nulls, 0, b->n);
            return;
        }
        FOR_ACTIVE(b, row) {
            to->ints[row] = c->ints[b->first + row];
            to->nulls[row] = c->nulls ? c->nulls[b->first + row] : 0;
        }
        return;
    }
    make_general(b, to);
    FOR_ACTIVE(b, row)
        to->values[row] = column_value(c, b->first + row);
}

/* An operand as integers: a pointer and a step of 1, or of 0 for a constant. */
struct ints {
    const int64_t *p;
    const uint8_t *nulls;
    size_t step;
    enum value_kind kind;
    int exp;
    int64_t one;
};

static const uint8_t NO_NULL = 0;

static bool take_ints(const struct vector *v, struct ints *out)
{
    if (v->is_constant) {
        struct value c = v->constant;
        if (!is_int_kind((enum value_kind)c.kind) || c.is_big)
            return false;
        *out = (struct ints){.nulls = &NO_NULL, .kind = (enum value_kind)c.kind,
                             .exp = c.exp, .one = c.i};
        return true;
    }
    if (!v->is_typed)
        return false;
    *out = (struct ints){v->ints, v->nulls, 1, v->kind, v->exp, 0};
    return true;
}

static const int64_t *first_of(const struct ints *x)
{
    return x->step ? x->p : &x->one;
}

/* Both to the smaller exponent; only constants are rescaled, columns of one scale are common. */
static bool align(struct ints *a, struct ints *b)
{
    if (a->exp == b->exp)
        return true;
    struct ints *up = a->exp > b->exp ? a : b, *down = up == a ? b : a;
    int apart = up->exp - down->exp;
    int64_t scaled;
    if (up->step || apart > 18 ||
        __builtin_mul_overflow(up->one, (int64_t)decimal_power_of_ten(apart), &scaled) ||
        scaled >= VALUE_SMALL_LIMIT || scaled <= -VALUE_SMALL_LIMIT)
        return false;
    up->one = scaled;
    up->exp = down->exp;
    return true;
}

/* The loop of a kernel: over all rows, which the compiler vectorizes, or the active ones. */
#define KERNEL(b, ...)                                                                             \
    do {                                                                                           \
        if ((b)->active_count == (b)->n) {                                                         \
            for (size_t row = 0; row < (b)->n; row++) {                                            \
                __VA_ARGS__;                                                                       \
            }                                                                                      \
        } else {                                                                                   \
            FOR_ACTIVE(b, row) {                                                                   \
                __VA_ARGS__;                                                                       \
            }                                                                                      \
        }                                                                                          \
    } while (0)

static bool out_of_range(int64_t v)
{
    return v >= VALUE_SMALL_LIMIT || v <= -VALUE_SMALL_LIMIT;
}

/* Results into b->result first: a row too large sends the whole batch the general way. */
static bool arithmetic(struct batch *b, enum opcode op, const struct vector *x,
                       const struct vector *y)
{
    struct ints a, c;
    struct vector *r = b->result;
    if (!take_ints(x, &a) || !take_ints(y, &c) || a.kind != VALUE_NUMBER || c.kind != VALUE_NUMBER)
        return false;
    if (op != OP_MUL && !align(&a, &c))
        return false;
    int exp = op == OP_MUL ? a.exp + c.exp : a.exp;
    if (exp < -5000 || exp > 5000)
        return false;
    const int64_t *p = first_of(&a), *q = first_of(&c);
    bool is_bad = false;
    if (op == OP_ADD)
        KERNEL(b, r->ints[row] = p[row * a.step] + q[row * c.step]);
    else if (op == OP_SUB)
        KERNEL(b, r->ints[row] = p[row * a.step] - q[row * c.step]);
    else
        KERNEL(b, is_bad |= __builtin_mul_overflow(p[row * a.step], q[row * c.step],
                                                   &r->ints[row]));
    KERNEL(b, r->nulls[row] = a.nulls[row * a.step] | c.nulls[row * c.step]);
    KERNEL(b, is_bad |= out_of_range(r->ints[row]) && !r->nulls[row]);
    r->is_constant = false;
    r->is_typed = true;
    r->kind = VALUE_NUMBER;
    r->exp = (int16_t)exp;
    return !is_bad;
}

#define COMPARE(sign)                                                                              \
    KERNEL(b, r->ints[row] = p[row * a.step] sign q[row * c.step]);                                \
    break

static bool comparison(struct batch *b, enum opcode op, const struct vector *x,
                       const struct vector *y)
{
    struct ints a, c;
    struct vector *r = b->result;
    if (!take_ints(x, &a) || !take_ints(y, &c) || a.kind != c.kind || !align(&a, &c))
        return false;
    if (a.kind == VALUE_BOOLEAN && op != OP_EQ && op != OP_NE)
        return false;
    const int64_t *p = first_of(&a), *q = first_of(&c);
    switch (op) {
    case OP_EQ:
        COMPARE(==);
    case OP_NE:
        COMPARE(!=);
    case OP_LT:
        COMPARE(<);
    case OP_LE:
        COMPARE(<=);
    case OP_GT:
        COMPARE(>);
    default:
        COMPARE(>=);
    }
    if (op == OP_EQ || op == OP_NE) { /* null equals null and nothing else, and that is certain */
        KERNEL(b, {
            uint8_t m = a.nulls[row * a.step], n = c.nulls[row * c.step];
            if (m | n)
                r->ints[row] = (op == OP_EQ) == (m == n);
            r->nulls[row] = 0;
        });
    } else {
        KERNEL(b, r->nulls[row] = a.nulls[row * a.step] | c.nulls[row * c.step]);
    }
    r->is_constant = false;
    r->is_typed = true;
    r->kind = VALUE_BOOLEAN;
    r->exp = 0;
    return true;
}

static bool logic(struct batch *b, enum opcode op, const struct vector *x, const struct vector *y)
{
    struct ints a, c;
    struct vector *r = b->result;
    if (!take_ints(x, &a) || !take_ints(y, &c) || a.kind != VALUE_BOOLEAN ||
        c.kind != VALUE_BOOLEAN)
        return false;
    const int64_t *p = first_of(&a), *q = first_of(&c);
    int64_t decides = op == OP_OR; /* true decides an or, false an and */
    KERNEL(b, {
        uint8_t m = a.nulls[row * a.step], n = c.nulls[row * c.step];
        bool is_decided = (!m && p[row * a.step] == decides) || (!n && q[row * c.step] == decides);
        r->ints[row] = is_decided ? decides : !decides;
        r->nulls[row] = !is_decided && (m | n);
    });
    r->is_constant = false;
    r->is_typed = true;
    r->kind = VALUE_BOOLEAN;
    r->exp = 0;
    return true;
}

/* Integers within a constant range of their kind. */
static bool in_range(struct batch *b, const struct vector *x, const struct range *range)
{
    struct vector ends[2] = {{.is_constant = true, .constant = range->low},
                             {.is_constant = true, .constant = range->high}};
    struct ints a, low, high, same;
    struct vector *r = b->result;
    if (range->form != RANGE_INTERVAL || !take_ints(x, &a) || !take_ints(&ends[0], &low) ||
        !take_ints(&ends[1], &high) || a.kind != low.kind || a.kind != high.kind || !a.step ||
        a.kind == VALUE_BOOLEAN)
        return false;
    same = a;
    if (!align(&a, &low) || a.exp != same.exp || !align(&a, &high) || a.exp != same.exp)
        return false;
    int64_t from = low.one + !range->has_low, to = high.one - !range->has_high;
    KERNEL(b, r->ints[row] = (a.p[row] >= from) & (a.p[row] <= to));
    KERNEL(b, r->nulls[row] = a.nulls[row]);
    r->is_constant = false;
    r->is_typed = true;
    r->kind = VALUE_BOOLEAN;
    r->exp = 0;
    return true;
}

/* Values that may be strings against a constant string. */
static bool equals_text(struct batch *b, const struct vector *x, const struct vector *y)
{
    struct vector *r = b->result;
    if (!y->is_constant || y->constant.kind != VALUE_STRING || x->is_constant || x->is_typed)
        return false;
    struct value want = y->constant;
    FOR_ACTIVE(b, row) {
        struct value v = x->values[row];
        if (v.kind != VALUE_STRING)
            return false;
        r->ints[row] = v.n == want.n && memcmp(v.text, want.text, want.n) == 0;
        r->nulls[row] = 0;
    }
    r->is_constant = false;
    r->is_typed = true;
    r->kind = VALUE_BOOLEAN;
    r->exp = 0;
    return true;
}

static bool match(struct batch *b, const struct vector *x, const struct vector *y)
{
    if (y->is_constant && y->constant.kind == VALUE_RANGE)
        return in_range(b, x, y->constant.range);
    if (equals_text(b, x, y))
        return true;
    struct ints a, c; /* the same kinds: as equality, unless a list or the like is among them */
    return take_ints(x, &a) && take_ints(y, &c) && a.kind == c.kind && comparison(b, OP_EQ, x, y);
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

static bool kernel_binary(struct batch *b, struct insn i, const struct vector *x,
                          const struct vector *y)
{
    switch ((enum opcode)i.op) {
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
        return arithmetic(b, (enum opcode)i.op, x, y);
    case OP_EQ:
        return comparison(b, OP_EQ, x, y) || equals_text(b, x, y);
    case OP_NE:
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
        return comparison(b, (enum opcode)i.op, x, y);
    case OP_AND:
    case OP_OR:
        return logic(b, (enum opcode)i.op, x, y);
    case OP_MATCH:
    case OP_MATCH_CELL:
        return match(b, x, y);
    default:
        return false;
    }
}

static void run_binary(struct batch *b, struct insn i, struct vector *x, const struct vector *y)
{
    if (x->is_constant && y->is_constant) {
        push_constant(b, x, scalar_binary(b->m, i, x->constant, y->constant));
        return;
    }
    if (kernel_binary(b, i, x, y)) {
        copy_active(b, x, b->result);
        return;
    }
    struct vector *r = b->result;
    FOR_ACTIVE(b, row)
        r->values[row] = scalar_binary(b->m, i, at(x, row), at(y, row));
    r->is_constant = r->is_typed = false;
    copy_active(b, x, r);
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
        push_constant(b, x, scalar_unary(b, i, x->constant));
        return;
    }
    struct vector *r = b->result;
    FOR_ACTIVE(b, row)
        r->values[row] = scalar_unary(b, i, at(x, row));
    r->is_constant = r->is_typed = false;
    copy_active(b, x, r);
}

/* The topmost b operands of each row, by a function of them. */
static void run_many(struct batch *b, struct insn i, struct vector *first)
{
    struct value *args = machine_array(b->m, struct value, (size_t)i.b + 1);
    struct vector *r = b->result;
    if (!args)
        return;
    FOR_ACTIVE(b, row) {
        for (size_t k = 0; k < i.b; k++)
            args[k] = at(&first[k], row);
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
    copy_active(b, first, r);
}

static void run_context(struct batch *b, struct insn i, struct vector *to)
{
    const struct shape *s = &b->p->shapes[i.c];
    make_general(b, to);
    FOR_ACTIVE(b, row) {
        struct entry *entries = machine_array(b->m, struct entry, s->n);
        for (size_t k = 0; entries && k < s->n; k++)
            entries[k] = (struct entry){s->keys[k], at(&b->slots[i.b + k], row)};
        to->values[row] = entries ? value_context(entries, s->n) : VALUE_NOTHING;
    }
}

static void run_between(struct batch *b, struct vector *x)
{
    struct insn ge = {.op = OP_GE}, le = {.op = OP_LE}, both = {.op = OP_AND};
    struct vector *r = b->result;
    bool is_fast = comparison(b, OP_GE, x, &x[1]);
    if (is_fast) { /* x[1] is used up: it holds the first half */
        copy_active(b, &x[1], r);
        run_binary(b, le, x, &x[2]);
        run_binary(b, both, x, &x[1]);
        return;
    }
    FOR_ACTIVE(b, row) {
        struct value v = at(x, row);
        r->values[row] = machine_and(b->m, scalar_binary(b->m, ge, v, at(&x[1], row)),
                                     scalar_binary(b->m, le, v, at(&x[2], row)));
    }
    r->is_constant = r->is_typed = false;
    copy_active(b, x, r);
}

/* Sends the rows for which `goes` holds to the instruction; the rest stays. */
#define SEND(b, pc, goes)                                                                          \
    do {                                                                                           \
        size_t stay_ = 0;                                                                          \
        FOR_ACTIVE(b, row) {                                                                       \
            bool goes_ = (goes);                                                                   \
            (b)->waiting_at[row] = goes_ ? (uint16_t)(pc) : UINT16_MAX;                            \
            (b)->active[stay_] = (uint16_t)row;                                                    \
            stay_ += !goes_;                                                                       \
        }                                                                                          \
        size_t went_ = (b)->active_count - stay_;                                                  \
        (b)->active_count = stay_;                                                                 \
        (b)->waiting_count += went_;                                                               \
        if (went_ && (size_t)(pc) < (b)->next_waiting)                                             \
            (b)->next_waiting = (size_t)(pc);                                                      \
    } while (0)

static void run_jump(struct batch *b, struct insn i, const struct vector *x)
{
    struct ints a;
    bool is_fast = x && take_ints(x, &a) && a.kind == VALUE_BOOLEAN;
    const int64_t *p = is_fast ? first_of(&a) : NULL;
    switch ((enum opcode)i.op) {
    case OP_JUMP:
        SEND(b, i.c, true);
        return;
    case OP_JUMP_UNLESS:
        if (is_fast)
            SEND(b, i.c, (p[row * a.step] == 0) | a.nulls[row * a.step]);
        else
            SEND(b, i.c, !value_is_true(at(x, row)));
        return;
    case OP_JUMP_IF_FALSE:
        if (is_fast)
            SEND(b, i.c, (p[row * a.step] | a.nulls[row * a.step]) == 0);
        else
            SEND(b, i.c, value_is_false(at(x, row)));
        return;
    case OP_JUMP_IF_TRUE:
        if (is_fast)
            SEND(b, i.c, p[row * a.step] > a.nulls[row * a.step]);
        else
            SEND(b, i.c, value_is_true(at(x, row)));
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
    size_t waiting = b->waiting_count;
    b->waiting_count = !h->is_fresh; /* what other rows hit before must stay */
    for (size_t i = 0; i < n && fresh; i++)
        copy_active(b, &h->outputs[i], &outputs[i]);
    b->waiting_count = waiting;
    h->is_fresh &= fresh == 0;
    memcpy(b->active, all, count * sizeof *all);
    b->active_count = count;
}

static void begin_hits(struct batch *b, uint32_t slot)
{
    FOR_ACTIVE(b, row)
        b->hits[slot].counts[row] = 0;
    if (is_whole(b))
        b->hits[slot].is_fresh = true;
}

static void run_table(struct batch *b, struct insn i, struct vector *to)
{
    const struct table_node *t = b->p->tables[i.c];
    struct table_hits *h = &b->hits[i.b];
    bool takes_first = t->policy == 'F';
    spread(b, h->outputs);
    if (t->output_count == 1 && h->outputs->is_typed && !h->outputs->is_constant &&
        make_typed(b, to, h->outputs->kind, h->outputs->exp)) {
        KERNEL(b, {
            bool has = h->counts[row] == 1 || (takes_first && h->counts[row]);
            to->ints[row] = h->outputs->ints[row];
            to->nulls[row] = (uint8_t)(has ? h->outputs->nulls[row] : 1);
        });
        return;
    }
    make_general(b, to);
    FOR_ACTIVE(b, row) {
        bool has = h->counts[row] == 1 || (takes_first && h->counts[row]);
        if (!has) {
            to->values[row] = machine_warn(b->m, "no rule hits, or more than one");
            continue;
        }
        if (t->output_count == 1) {
            to->values[row] = at(h->outputs, row);
            continue;
        }
        struct entry *entries = machine_array(b->m, struct entry, t->output_count);
        for (size_t k = 0; entries && k < t->output_count; k++)
            entries[k] = (struct entry){t->output_names[k], at(&h->outputs[k], row)};
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

static size_t depth_at(const struct code *code, size_t pc);

/* One instruction for the active rows; sp: operands below it.  Returns how many there are after. */
static size_t step(struct batch *b, size_t pc, size_t sp)
{
    struct insn i = b->code->insns[pc];
    struct vector *top = b->stack + sp;
    switch ((enum opcode)i.op) {
    case OP_CONSTANT:
        push_constant(b, top, b->p->constants[i.c]);
        return sp + 1;
    case OP_LOCAL:
        copy_active(b, top, &b->slots[i.c]);
        return sp + 1;
    case OP_STORE:
        copy_active(b, &b->slots[i.c], top - 1);
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
            push_constant(b, top, value_list(NULL, 0));
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

/* Rows that wait at pc become active again, in their order. */
static void wake(struct batch *b, size_t pc)
{
    if (b->next_waiting != pc)
        return;
    size_t count = 0, woken = 0, next = SIZE_MAX;
    uint8_t is_active[BATCH] = {0};
    FOR_ACTIVE(b, row)
        is_active[row] = 1;
    for (size_t row = 0; row < b->n; row++) {
        size_t waits = b->waiting_at[row];
        bool wakes = waits == pc;
        woken += wakes;
        if (wakes)
            b->waiting_at[row] = UINT16_MAX;
        else if (waits != UINT16_MAX && waits < next)
            next = waits;
        b->active[count] = (uint16_t)row;
        count += wakes || is_active[row];
    }
    b->active_count = count;
    b->waiting_count -= woken;
    b->next_waiting = next;
}

/* Runs to the end; the results are in stack[0]. */
static bool run_batch(struct batch *b)
{
    size_t pc = 0, sp = 0;
    for (size_t row = 0; row < b->n; row++) {
        b->active[row] = (uint16_t)row;
        b->waiting_at[row] = UINT16_MAX;
    }
    b->active_count = b->n;
    b->waiting_count = 0;
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

static size_t depth_at(const struct code *code, size_t pc)
{
    return code->depths[pc];
}

/* The result of a batch into the column: integers as long as all batches agree on them. */
static bool keep_result(struct batch *b, struct column *out, int64_t *ints, uint8_t *nulls,
                        struct value **values, size_t total)
{
    struct vector *v = &b->stack[0];
    spread(b, v);
    bool fits = v->is_typed && !*values && (b->first == 0 || (v->kind == out->kind &&
                                                              v->exp == out->exp));
    if (fits) {
        out->kind = v->kind;
        out->exp = v->exp;
        memcpy(ints + b->first, v->ints, b->n * sizeof *ints);
        memcpy(nulls + b->first, v->nulls, b->n);
        return true;
    }
    if (!*values) {
        *values = machine_array(b->m, struct value, total);
        if (!*values)
            return false;
        struct column before = {out->kind, out->exp, ints, nulls, NULL};
        for (size_t i = 0; i < b->first; i++)
            (*values)[i] = column_value(&before, i);
    }
    for (size_t i = 0; i < b->n; i++)
        (*values)[b->first + i] = at(v, i);
    return true;
}

static bool prepare(struct batch *b, const struct program *p)
{
    const struct code *code = b->code;
    b->stack = machine_array(b->m, struct vector, (size_t)code->stack_size + 1);
    b->slots = machine_array(b->m, struct vector, code->slot_count);
    b->result = machine_array(b->m, struct vector, 1);
    b->hits = machine_array(b->m, struct table_hits, code->slot_count);
    if (!b->stack || !b->slots || !b->result || !b->hits)
        return false;
    for (size_t pc = 0; pc < code->n; pc++) {
        struct insn i = code->insns[pc];
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
            *result = (struct column){out.kind, out.exp, ints, nulls, NULL};
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
        if (v.kind != c.kind || v.exp != c.exp || !is_int_kind(c.kind) || v.is_big)
            return (struct column){.values = values};
    }
    if (c.kind == VALUE_NULL)
        return (struct column){.values = values};
    return (struct column){c.kind, c.exp, ints, nulls, NULL};
}
