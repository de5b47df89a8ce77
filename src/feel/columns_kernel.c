/* Operations a batch at a time: by opcode and the kinds of their operands. */
#include "feel/columns_batch.h"

#include "feel/builtin.h"

static const struct {
    loop_ints *arithmetic;    /* a number of two numbers with one exponent (MUL: any) */
    loop_compare *comparison; /* a boolean of two numbers, dates or months */
    enum opcode mirrored;     /* the comparison with its operands swapped */
} LOOPS[] = {[OP_ADD] = {.arithmetic = loop_add}, [OP_SUB] = {.arithmetic = loop_sub},
             [OP_MUL] = {.arithmetic = loop_mul}, [OP_EQ] = {NULL, loop_eq, OP_EQ},
             [OP_NE] = {NULL, loop_ne, OP_NE},    [OP_LT] = {NULL, loop_lt, OP_GT},
             [OP_LE] = {NULL, loop_le, OP_GE},    [OP_GT] = {NULL, loop_gt, OP_LT},
             [OP_GE] = {NULL, loop_ge, OP_LE}};

/* --- arithmetic */

void kernel_warn_of_nulls(struct batch *b, struct insn i, struct vector *const *operands, size_t n,
                          const struct vector *r)
{
    if (!r->nulls)
        return;
    FOR_ACTIVE(b, row)
    {
        if (r->nulls[row])
            scalar_row(b, i, operands, n, row);
    }
}

/* Row by row: NULL when a result is no small number. */
static struct vector *checked(struct batch *b, enum opcode op, const struct vector *x,
                              const struct vector *y, int exp)
{
    struct vector *r = vector_ints(b, VALUE_NUMBER, exp, (uint64_t)VALUE_SMALL_LIMIT - 1);
    for (size_t row = 0; row < b->n; row++) {
        int64_t p = x->ints[row], q = y->ints ? y->ints[row] : y->constant.i, out = 0;
        bool is_bad = op == OP_ADD   ? __builtin_add_overflow(p, q, &out)
                      : op == OP_SUB ? __builtin_sub_overflow(p, q, &out)
                                     : __builtin_mul_overflow(p, q, &out);
        is_bad |= out >= VALUE_SMALL_LIMIT || out <= -VALUE_SMALL_LIMIT;
        if (is_bad && active_rows(b)[row]) {
            vector_drop(b, r);
            return NULL;
        }
        r->int_room[row] = is_bad ? 0 : out;
    }
    return r;
}

struct vector *kernel_spread(struct batch *b, const struct vector *c)
{
    struct vector *r = vector_ints(b, vector_kind(c), vector_exp(c), 0);
    for (size_t row = 0; row < b->n; row++)
        r->int_room[row] = c->constant.i;
    return r;
}

/* Of numbers with one exponent; x is no constant. */
static struct vector *arithmetic(struct batch *b, enum opcode op, struct vector *x,
                                 struct vector *y)
{
    int exp = op == OP_MUL ? vector_exp(x) + vector_exp(y) : vector_exp(x);
    unsigned __int128 m = vector_bound(b, x), n = vector_bound(b, y),
                      bound = op == OP_MUL ? m * n : m + n;
    if (exp < -5000 || exp > 5000)
        return NULL;
    if (bound >= (uint64_t)VALUE_SMALL_LIMIT)
        return checked(b, op, x, y, exp);
    struct vector *r = vector_ints(b, VALUE_NUMBER, exp, (uint64_t)bound);
    LOOPS[op].arithmetic(r->int_room, x->ints, y->ints, y->constant.i, b->n);
    return r;
}

bool kernel_align(struct batch *b, struct vector **x, struct vector **y)
{
    int exp = vector_exp(*x) < vector_exp(*y) ? vector_exp(*x) : vector_exp(*y);
    struct vector *p = vector_rescale(b, *x, exp, active_rows(b)),
                  *q = vector_rescale(b, *y, exp, active_rows(b));
    if (!p || !q) {
        vector_drop(b, p);
        vector_drop(b, q);
        return false;
    }
    vector_drop(b, *x);
    vector_drop(b, *y);
    *x = p;
    *y = q;
    return true;
}

static struct vector *run_arithmetic(struct batch *b, enum opcode op, struct vector **x,
                                     struct vector **y)
{
    if (op != OP_MUL && !kernel_align(b, x, y))
        return NULL;
    if ((*x)->form != FORM_CONSTANT)
        return arithmetic(b, op, *x, *y);
    if (op != OP_SUB)
        return arithmetic(b, op, *y, *x);
    struct vector *all = kernel_spread(b, *x), *r = arithmetic(b, op, all, *y);
    vector_drop(b, all);
    return r;
}

/* x / c as x × (1 / c), for a divisor of a power of ten. */
static bool reciprocal(struct value c, struct value *r)
{
    int64_t power = 1, size = c.i < 0 ? -c.i : c.i;
    int n = 0;
    while (size && power % size && n < 17) {
        power *= 10;
        n++;
    }
    if (!size || power % size || c.exp > 1000 || c.exp < -1000)
        return false;
    *r = (struct value){.kind = VALUE_NUMBER, .exp = (int16_t)(-n - c.exp), .i = power / c.i};
    return true;
}

static struct vector *numbers(struct batch *b, struct insn i, struct vector *x, struct vector *y)
{
    struct vector *p = vector_as_ints(b, x), *q = vector_as_ints(b, y), *r = NULL;
    bool fits = p && q && vector_kind(p) == VALUE_NUMBER && vector_kind(q) == VALUE_NUMBER;
    enum opcode op = (enum opcode)i.op;
    if (fits && op == OP_DIV) {
        struct value turned;
        fits = q->form == FORM_CONSTANT && reciprocal(q->constant, &turned);
        if (fits) {
            vector_drop(b, q);
            q = vector_constant(b, turned);
            op = OP_MUL;
        }
    }
    if (fits)
        r = run_arithmetic(b, op, &p, &q);
    if (r) {
        vector_set_nulls(b, r, p->nulls, q->nulls);
        kernel_warn_of_nulls(b, i, (struct vector *[]){x, y}, 2, r);
    }
    vector_drop(b, p);
    vector_drop(b, q);
    return r;
}

/* --- comparison */

/* Of a vector with null: whether it is null is certain. */
static struct vector *equals_null(struct batch *b, enum opcode op, const struct vector *x)
{
    if (x->form == FORM_CONSTANT || x->form == FORM_CODES)
        return NULL;
    struct vector *r = vector_bits(b);
    if (x->form == FORM_VALUES) {
        for (size_t row = 0; row < b->n; row++)
            r->byte_room[row] = (x->values[row].kind == VALUE_NULL) == (op == OP_EQ);
    } else if (x->nulls) {
        loop_select_bytes(r->byte_room, x->nulls, NULL, op == OP_EQ, NULL, op != OP_EQ, b->n);
    } else {
        memset(r->byte_room, op != OP_EQ, b->n);
    }
    return r;
}

/* Null equals null and nothing else; order has none.  Where null, the operands are 0. */
static void compare_nulls(struct batch *b, enum opcode op, struct vector *r, const uint8_t *x,
                          const uint8_t *y)
{
    uint8_t one[COLUMNS_BATCH], out[COLUMNS_BATCH];
    const uint8_t *unlike = x ? x : y;
    if (op != OP_EQ && op != OP_NE) {
        vector_set_nulls(b, r, x, y);
        return;
    }
    if (!unlike)
        return;
    if (x && y) {
        loop_unlike(one, x, y, b->n);
        unlike = one;
    }
    (op == OP_EQ ? loop_without : loop_either)(out, r->byte_room, unlike, b->n);
    memcpy(r->byte_room, out, b->n);
}

static struct vector *compare_ints(struct batch *b, enum opcode op, struct vector **x,
                                   struct vector **y)
{
    if (vector_kind(*x) == VALUE_NUMBER && !kernel_align(b, x, y))
        return NULL;
    const struct vector *p = *x, *q = *y;
    if (p->form == FORM_CONSTANT) {
        p = *y;
        q = *x;
        op = LOOPS[op].mirrored;
    }
    struct vector *r = vector_bits(b);
    LOOPS[op].comparison(r->byte_room, p->ints, q->ints, q->constant.i, b->n);
    compare_nulls(b, op, r, p->nulls, q->nulls);
    return r;
}

static struct vector *compare_bits(struct batch *b, enum opcode op, struct vector *x,
                                   struct vector *y)
{
    struct vector *p = vector_truth(b, x), *q = vector_truth(b, y), *r = vector_bits(b);
    uint8_t unlike[COLUMNS_BATCH];
    loop_unlike(unlike, p->bytes, q->bytes, b->n);
    if (op == OP_NE)
        memcpy(r->byte_room, unlike, b->n);
    else
        loop_neither(r->byte_room, unlike, unlike, b->n);
    compare_nulls(b, op, r, p->nulls, q->nulls);
    vector_drop(b, p);
    vector_drop(b, q);
    return r;
}

static struct vector *compare(struct batch *b, enum opcode op, struct vector *x, struct vector *y)
{
    bool is_equality = op == OP_EQ || op == OP_NE;
    if (is_equality && (vector_is_constant(x, VALUE_NULL) || vector_is_constant(y, VALUE_NULL)))
        return equals_null(b, op, vector_is_constant(x, VALUE_NULL) ? y : x);
    if (x->form == FORM_BITS || y->form == FORM_BITS) {
        struct vector *p = vector_as_bits(b, x), *q = vector_as_bits(b, y);
        struct vector *r = p && q && is_equality ? compare_bits(b, op, p, q) : NULL;
        vector_drop(b, p);
        vector_drop(b, q);
        return r;
    }
    struct vector *p = vector_as_ints(b, x), *q = vector_as_ints(b, y);
    struct vector *r =
        p && q && vector_kind(p) == vector_kind(q) ? compare_ints(b, op, &p, &q) : NULL;
    vector_drop(b, p);
    vector_drop(b, q);
    return r;
}

/* --- three-valued logic */

static struct vector *logic(struct batch *b, enum opcode op, struct vector *x, struct vector *y)
{
    struct vector *p = vector_truth(b, x), *q = vector_truth(b, y), *r = vector_bits(b);
    const uint8_t *m = p->nulls, *n = q->nulls;
    uint8_t no[COLUMNS_BATCH], other_no[COLUMNS_BATCH], any_no[COLUMNS_BATCH];
    (op == OP_AND ? loop_both : loop_either)(r->byte_room, p->bytes, q->bytes, b->n);
    if (op == OP_AND && (m || n)) { /* neither true nor false for certain */
        loop_neither(no, p->bytes, m ? m : p->bytes, b->n);
        loop_neither(other_no, q->bytes, n ? n : q->bytes, b->n);
        loop_either(any_no, no, other_no, b->n);
        loop_neither(vector_null_room(b, r), r->bytes, any_no, b->n);
    } else if (m || n) {
        if (m && n)
            loop_either(no, m, n, b->n);
        loop_without(vector_null_room(b, r), m && n ? no : m ? m : n, r->bytes, b->n);
    }
    vector_drop(b, p);
    vector_drop(b, q);
    return r;
}

static struct vector *run_logic(struct batch *b, enum opcode op, struct vector *x, struct vector *y)
{
    struct vector *p = vector_as_bits(b, x), *q = vector_as_bits(b, y);
    struct vector *r = p && q ? logic(b, op, p, q) : NULL;
    vector_drop(b, p);
    vector_drop(b, q);
    return r;
}

/* --- tests */

/* A small integer of the kind with the exponent. */
static bool take_end(struct value v, enum value_kind kind, int exp, int64_t *i)
{
    *i = v.i;
    return v.kind == kind && vector_is_int(v) && vector_scale(i, v.exp - exp);
}

static struct vector *within(struct batch *b, struct vector *x, const struct range *range)
{
    struct vector *p = vector_as_ints(b, x), *r = NULL;
    int64_t low, high;
    if (p && p->form == FORM_INTS && range->form == RANGE_INTERVAL) {
        int exp = p->exp < range->low.exp ? p->exp : range->low.exp;
        exp = exp < range->high.exp ? exp : range->high.exp;
        struct vector *scaled =
            p->kind == VALUE_NUMBER ? vector_rescale(b, p, exp, active_rows(b)) : vector_keep(p);
        if (scaled && take_end(range->low, p->kind, scaled->exp, &low) &&
            take_end(range->high, p->kind, scaled->exp, &high)) {
            r = vector_bits(b);
            loop_within(r->byte_room, scaled->ints, low + !range->has_low, high - !range->has_high,
                        b->n);
            vector_set_nulls(b, r, scaled->nulls, NULL);
        }
        vector_drop(b, scaled);
    }
    vector_drop(b, p);
    return r;
}

/* A cell that is a boolean: of booleans the same, for anything else the cell itself. */
static struct vector *match_boolean(struct batch *b, struct vector *x, bool cell)
{
    if (x->form == FORM_INTS)
        return vector_constant(b, value_boolean(cell));
    if (x->form != FORM_BITS)
        return NULL;
    struct vector *r = vector_bits(b);
    const uint8_t *nulls = x->nulls ? x->nulls : x->bytes;
    (cell ? loop_either : loop_neither)(r->byte_room, x->bytes, nulls, b->n);
    return r;
}

/* Texts, and what else is among them, with a constant text or each other. */
static struct vector *texts(struct batch *b, struct insn i, const struct vector *x,
                            const struct vector *y)
{
    bool takes = (x->form == FORM_VALUES || vector_is_constant(x, VALUE_STRING)) &&
                 (y->form == FORM_VALUES || vector_is_constant(y, VALUE_STRING));
    const uint8_t *active = active_rows(b);
    struct vector *r = takes ? vector_bits(b) : NULL;
    uint8_t *nulls = r ? vector_null_room(b, r) : NULL, any = 0;
    for (size_t row = 0; r && row < b->n; row++) {
        r->byte_room[row] = nulls[row] = 0;
        if (!active[row])
            continue;
        struct value p = vector_at(x, row), q = vector_at(y, row);
        if (p.kind == VALUE_STRING && q.kind == VALUE_STRING) {
            bool is_equal = p.n == q.n && memcmp(p.text, q.text, p.n) == 0;
            r->byte_room[row] = is_equal != (i.op == OP_NE);
            continue;
        }
        struct value v = scalar_binary(b->m, i, p, q); /* a boolean or null */
        r->byte_room[row] = value_is_true(v);
        any |= nulls[row] = v.kind == VALUE_NULL;
    }
    if (r && !any)
        r->nulls = NULL;
    return r;
}

static struct vector *match(struct batch *b, struct insn i, struct vector *x, struct vector *y)
{
    if (vector_is_constant(y, VALUE_RANGE))
        return within(b, x, y->constant.range);
    if (vector_is_constant(y, VALUE_BOOLEAN) && i.op == OP_MATCH_CELL)
        return match_boolean(b, x, y->constant.i);
    /* Lists and ranges may be among the tests; what a boolean cell matches depends on the input. */
    bool is_odd = y->form == FORM_VALUES || y->form == FORM_CODES ||
                  (i.op == OP_MATCH_CELL && y->form == FORM_BITS);
    if (is_odd || vector_is_constant(y, VALUE_LIST) || vector_is_constant(x, VALUE_LIST))
        return NULL;
    return compare(b, OP_EQ, x, y);
}

struct vector *kernel_binary(struct batch *b, struct insn i, struct vector *x, struct vector *y)
{
    struct vector *r = NULL;
    switch ((enum opcode)i.op) {
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_DIV:
        return numbers(b, i, x, y);
    case OP_EQ:
    case OP_NE:
        r = compare(b, (enum opcode)i.op, x, y);
        return r ? r : texts(b, i, x, y);
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
        return compare(b, (enum opcode)i.op, x, y);
    case OP_AND:
    case OP_OR:
        return run_logic(b, (enum opcode)i.op, x, y);
    case OP_MATCH:
    case OP_MATCH_CELL:
        r = match(b, i, x, y);
        return r ? r : texts(b, i, x, y);
    default:
        return NULL;
    }
}

struct vector *kernel_between(struct batch *b, struct vector *x, struct vector *low,
                              struct vector *high)
{
    bool takes = x->form != FORM_CONSTANT;
    struct vector *from = takes ? compare(b, OP_GE, x, low) : NULL;
    struct vector *to = from ? compare(b, OP_LE, x, high) : NULL;
    struct vector *r = from && to ? logic(b, OP_AND, from, to) : NULL;
    vector_drop(b, from);
    vector_drop(b, to);
    return r;
}

/* --- one operand */

static struct vector *negate(struct batch *b, struct insn i, struct vector *x)
{
    struct vector *p = vector_as_ints(b, x), *r = NULL;
    if (p && p->form == FORM_INTS && p->kind == VALUE_NUMBER) {
        r = vector_ints(b, VALUE_NUMBER, p->exp, p->bound);
        loop_mul(r->int_room, p->ints, NULL, -1, b->n);
        vector_set_nulls(b, r, p->nulls, NULL);
        kernel_warn_of_nulls(b, i, &x, 1, r);
    }
    vector_drop(b, p);
    return r;
}

static struct vector *negation(struct batch *b, struct vector *x)
{
    struct vector *p = vector_truth(b, x), *r = vector_bits(b);
    loop_neither(r->byte_room, p->bytes, p->nulls ? p->nulls : p->bytes, b->n);
    vector_set_nulls(b, r, p->nulls, NULL);
    vector_drop(b, p);
    return r;
}

static struct vector *date_part(struct batch *b, struct vector *x, str name)
{
    static const char *const names[] = {
        [LOOP_YEAR] = "year", [LOOP_MONTH] = "month", [LOOP_DAY] = "day"};
    size_t part = 0;
    while (part < COUNT(names) && !str_is(name, names[part]))
        part++;
    if (part == COUNT(names) || x->form != FORM_INTS || x->kind != VALUE_DATE ||
        vector_bound(b, x) > LOOP_DAYS)
        return NULL;
    struct vector *r = vector_ints(b, VALUE_NUMBER, 0, 0);
    loop_date_part(r->int_room, x->ints, (enum loop_part)part, b->n);
    vector_set_nulls(b, r, x->nulls, NULL);
    return r;
}

/* Of integers and booleans, whose kind is known. */
static bool is_plain(const struct vector *x, const struct type *t, bool *is_of_kind)
{
    *is_of_kind = t->form == TYPE_SCALAR &&
                  t->kind == (x->form == FORM_BITS ? VALUE_BOOLEAN : x->kind) && !t->allowed;
    return (x->form == FORM_BITS || x->form == FORM_INTS) && t->form == TYPE_SCALAR;
}

static struct vector *instance(struct batch *b, const struct vector *x, const struct type *t)
{
    bool is_of_kind;
    if (!is_plain(x, t, &is_of_kind) || t->kind == VALUE_NULL || t->allowed)
        return NULL;
    struct vector *r = vector_bits(b);
    if (x->nulls && is_of_kind)
        loop_neither(r->byte_room, x->nulls, x->nulls, b->n);
    else
        memset(r->byte_room, is_of_kind, b->n);
    return r;
}

struct vector *kernel_unary(struct batch *b, struct insn i, struct vector *x)
{
    bool is_of_kind;
    switch ((enum opcode)i.op) {
    case OP_NEGATE:
        return negate(b, i, x);
    case OP_NOT:
        return negation(b, x);
    case OP_PATH:
        return date_part(b, x, value_text(b->p->constants[i.c]));
    case OP_INSTANCE:
        return instance(b, x, b->p->types[i.c]);
    case OP_COERCE:
        return is_plain(x, b->p->types[i.c], &is_of_kind) && is_of_kind ? vector_keep(x) : NULL;
    default:
        return NULL;
    }
}
