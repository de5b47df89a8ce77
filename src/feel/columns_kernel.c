/* Operations on integers, a batch at a time. */
#include "feel/columns_batch.h"

static const uint8_t NO_NULL = 0;

#define COMPARE(sign)                                                                              \
    KERNEL(b, r->ints[row] = p[row * a.step] sign q[row * c.step]);                                \
    break

bool kernel_ints(const struct vector *v, struct ints *out)
{
    if (v->is_constant) {
        struct value c = v->constant;
        if (!vector_is_int_kind((enum value_kind)c.kind) || c.is_big)
            return false;
        *out = (struct ints){
            .nulls = &NO_NULL, .kind = (enum value_kind)c.kind, .exp = c.exp, .one = c.i};
        return true;
    }
    if (!v->is_typed)
        return false;
    *out = (struct ints){
        v->ints, v->has_nulls ? v->nulls : &NO_NULL, 1, v->has_nulls, v->kind, v->exp, 0};
    return true;
}

const int64_t *kernel_first(const struct ints *x)
{
    return x->step ? x->p : &x->one;
}

/* Both to the smaller exponent: a constant at once, a column into the scratch vector. */
static bool align(struct batch *b, struct ints *x, struct ints *y)
{
    int64_t factor;
    if (x->exp == y->exp || x->kind != VALUE_NUMBER)
        return true;
    struct ints *up = x->exp > y->exp ? x : y, *down = up == x ? y : x;
    if (!vector_factor(up->exp - down->exp, &factor))
        return false;
    up->exp = down->exp;
    if (!up->step)
        return vector_scale(&up->one, factor);
    int64_t *scaled = b->scaled->ints;
    const int64_t *from = up->p;
    bool is_bad = false;
    KERNEL(b, {
        int64_t v = from[row];
        is_bad |= !vector_scale(&v, factor) & !up->nulls[row * up->null_step];
        scaled[row] = v;
    });
    up->p = scaled;
    return !is_bad;
}

static bool out_of_range(int64_t v)
{
    return v >= VALUE_SMALL_LIMIT || v <= -VALUE_SMALL_LIMIT;
}

/* The form of a kernel's result, and its nulls: those of either operand. */
static void set_form(struct batch *b, struct vector *r, enum value_kind kind, int exp,
                     const struct ints *x, const struct ints *y)
{
    bool has_nulls = x->null_step || y->null_step;
    if (has_nulls)
        KERNEL(b, r->nulls[row] = x->nulls[row * x->null_step] | y->nulls[row * y->null_step]);
    else
        memset(r->nulls, 0, b->n);
    r->is_constant = false;
    r->is_typed = true;
    r->has_nulls = has_nulls;
    r->kind = kind;
    r->exp = (int16_t)exp;
}

/* Results into b->result first: a row too large sends the whole batch the general way. */
static bool arithmetic(struct batch *b, enum opcode op, const struct vector *x,
                       const struct vector *y)
{
    struct ints a, c;
    struct vector *r = b->result;
    if (!kernel_ints(x, &a) || !kernel_ints(y, &c) || a.kind != VALUE_NUMBER ||
        c.kind != VALUE_NUMBER)
        return false;
    if (op != OP_MUL && !align(b, &a, &c))
        return false;
    int exp = op == OP_MUL ? a.exp + c.exp : a.exp;
    if (exp < -5000 || exp > 5000)
        return false;
    const int64_t *p = kernel_first(&a), *q = kernel_first(&c);
    bool is_bad = false;
    if (op == OP_ADD)
        KERNEL(b, r->ints[row] = p[row * a.step] + q[row * c.step]);
    else if (op == OP_SUB)
        KERNEL(b, r->ints[row] = p[row * a.step] - q[row * c.step]);
    else
        KERNEL(b,
               is_bad |= __builtin_mul_overflow(p[row * a.step], q[row * c.step], &r->ints[row]));
    set_form(b, r, VALUE_NUMBER, exp, &a, &c);
    KERNEL(b, is_bad |= out_of_range(r->ints[row]) & !r->nulls[row]);
    return !is_bad;
}

bool kernel_compare(struct batch *b, enum opcode op, const struct vector *x, const struct vector *y)
{
    struct ints a, c;
    struct vector *r = b->result;
    if (!kernel_ints(x, &a) || !kernel_ints(y, &c) || a.kind != c.kind || !align(b, &a, &c))
        return false;
    if (a.kind == VALUE_BOOLEAN && op != OP_EQ && op != OP_NE)
        return false;
    const int64_t *p = kernel_first(&a), *q = kernel_first(&c);
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
    bool is_equality = op == OP_EQ || op == OP_NE;
    if (is_equality && (a.null_step || c.null_step)) {
        /* null equals null and nothing else, and that is certain */
        KERNEL(b, {
            uint8_t m = a.nulls[row * a.null_step], n = c.nulls[row * c.null_step];
            if (m | n)
                r->ints[row] = (op == OP_EQ) == (m == n);
        });
        a.null_step = c.null_step = 0;
    }
    set_form(b, r, VALUE_BOOLEAN, 0, &a, &c);
    return true;
}

static bool logic(struct batch *b, enum opcode op, const struct vector *x, const struct vector *y)
{
    struct ints a, c;
    struct vector *r = b->result;
    if (!kernel_ints(x, &a) || !kernel_ints(y, &c) || a.kind != VALUE_BOOLEAN ||
        c.kind != VALUE_BOOLEAN)
        return false;
    const int64_t *p = kernel_first(&a), *q = kernel_first(&c);
    int64_t decides = op == OP_OR; /* true decides an or, false an and */
    KERNEL(b, {
        uint8_t m = a.nulls[row * a.null_step], n = c.nulls[row * c.null_step];
        bool is_decided = (!m && p[row * a.step] == decides) || (!n && q[row * c.step] == decides);
        r->ints[row] = is_decided ? decides : !decides;
        r->nulls[row] = !is_decided && (m | n);
    });
    r->is_constant = false;
    r->is_typed = true;
    r->has_nulls = a.null_step || c.null_step;
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
    if (range->form != RANGE_INTERVAL || !kernel_ints(x, &a) || !kernel_ints(&ends[0], &low) ||
        !kernel_ints(&ends[1], &high) || a.kind != low.kind || a.kind != high.kind || !a.step ||
        a.kind == VALUE_BOOLEAN)
        return false;
    same = a;
    if (!align(b, &a, &low) || a.exp != same.exp || !align(b, &a, &high) || a.exp != same.exp)
        return false;
    int64_t from = low.one + !range->has_low, to = high.one - !range->has_high;
    KERNEL(b, r->ints[row] = (a.p[row] >= from) & (a.p[row] <= to));
    set_form(b, r, VALUE_BOOLEAN, 0, &a, &a);
    return true;
}

/* Values that may be strings against a constant string. */
static bool equals_text(struct batch *b, const struct vector *x, const struct vector *y)
{
    struct vector *r = b->result;
    if (!y->is_constant || y->constant.kind != VALUE_STRING || x->is_constant || x->is_typed)
        return false;
    struct value want = y->constant;
    FOR_ACTIVE(b, row)
    {
        struct value v = x->values[row];
        if (v.kind != VALUE_STRING)
            return false;
        r->ints[row] = v.n == want.n && memcmp(v.text, want.text, want.n) == 0;
        r->nulls[row] = 0;
    }
    r->is_constant = r->has_nulls = false;
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
    return kernel_ints(x, &a) && kernel_ints(y, &c) && a.kind == c.kind &&
           kernel_compare(b, OP_EQ, x, y);
}

bool kernel_binary(struct batch *b, struct insn i, const struct vector *x, const struct vector *y)
{
    switch ((enum opcode)i.op) {
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
        return arithmetic(b, (enum opcode)i.op, x, y);
    case OP_EQ:
        return kernel_compare(b, OP_EQ, x, y) || equals_text(b, x, y);
    case OP_NE:
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
        return kernel_compare(b, (enum opcode)i.op, x, y);
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
