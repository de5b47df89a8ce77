/* Places for a batch of rows: a constant, integers, or values of any kind. */
#include "feel/columns_batch.h"

bool vector_is_int_kind(enum value_kind kind)
{
    return kind == VALUE_BOOLEAN || kind == VALUE_NUMBER || kind == VALUE_DATE ||
           kind == VALUE_MONTHS;
}

struct value vector_at(const struct vector *v, size_t row)
{
    if (v->is_constant)
        return v->constant;
    if (!v->is_typed)
        return v->values[row];
    if (v->nulls[row])
        return VALUE_NOTHING;
    return (struct value){.kind = (uint8_t)v->kind, .exp = v->exp, .i = v->ints[row]};
}

/* What the vector holds for other rows is of no use.  On the stack it never is: rows that wait have
 * their topmost operand saved, and nothing below it is written until they are back. */
static bool vector_is_free(const struct batch *b, const struct vector *v)
{
    if (b->place != PLACE_AUTO)
        return b->place == PLACE_FREE;
    return b->waiting_count == 0 || (v >= b->stack && v <= b->stack + b->code->stack_size);
}

void vector_spread(struct batch *b, struct vector *v)
{
    struct value c = v->constant;
    if (!v->is_constant)
        return;
    v->is_constant = false;
    v->is_typed = vector_is_int_kind((enum value_kind)c.kind) && !c.is_big;
    v->kind = (enum value_kind)c.kind;
    v->exp = c.exp;
    v->has_nulls = false;
    for (size_t i = 0; i < b->n; i++) {
        if (v->is_typed) {
            v->ints[i] = c.i;
            v->nulls[i] = 0;
        } else {
            v->values[i] = c;
        }
    }
}

void vector_make_general(struct batch *b, struct vector *v)
{
    if (vector_is_free(b, v)) {
        v->is_constant = v->is_typed = false;
        return;
    }
    vector_spread(b, v);
    if (!v->is_typed)
        return;
    for (size_t i = 0; i < b->n; i++) {
        v->values[i] =
            v->nulls[i] ? VALUE_NOTHING
                        : (struct value){.kind = (uint8_t)v->kind, .exp = v->exp, .i = v->ints[i]};
    }
    v->is_typed = false;
}

bool vector_scale(int64_t *v, int64_t by)
{
    return !__builtin_mul_overflow(*v, by, v) && *v<VALUE_SMALL_LIMIT && * v> - VALUE_SMALL_LIMIT;
}

/* 10^n as a factor; false when it is none of an int64. */
bool vector_factor(int n, int64_t *factor)
{
    if (n < 0 || n > 17)
        return false;
    *factor = (int64_t)decimal_power_of_ten(n);
    return true;
}

/* Numbers already there, to a smaller exponent; rows that mean nothing may spoil it. */
static bool rescale_kept(struct batch *b, struct vector *v, int16_t exp)
{
    int64_t factor;
    if (!vector_factor(v->exp - exp, &factor))
        return false;
    for (size_t row = 0; row < b->n; row++) {
        int64_t scaled = v->ints[row];
        if (!vector_scale(&scaled, factor) && !v->nulls[row])
            return false; /* all stays as it is: the caller makes it general */
    }
    for (size_t row = 0; row < b->n; row++)
        v->ints[row] = (int64_t)((uint64_t)v->ints[row] * (uint64_t)factor);
    v->exp = exp;
    return true;
}

bool vector_make_typed(struct batch *b, struct vector *v, enum value_kind kind, int16_t exp)
{
    if (vector_is_free(b, v)) {
        v->is_constant = v->has_nulls = false;
        v->is_typed = true;
        v->kind = kind;
        v->exp = exp;
        return true;
    }
    vector_spread(b, v);
    if (!v->is_typed || v->kind != kind)
        return false;
    return kind != VALUE_NUMBER || v->exp <= exp || rescale_kept(b, v, exp);
}

static void put_general(struct batch *b, struct vector *to, const struct vector *from)
{
    vector_make_general(b, to);
    FOR_ACTIVE(b, row)
    to->values[row] = vector_at(from, row);
}

void vector_copy(struct batch *b, struct vector *to, const struct vector *from)
{
    if (from->is_constant && vector_is_free(b, to)) {
        to->is_constant = true;
        to->constant = from->constant;
        return;
    }
    struct value c = from->constant;
    bool is_typed = from->is_constant ? vector_is_int_kind((enum value_kind)c.kind) && !c.is_big
                                      : from->is_typed;
    enum value_kind kind = from->is_constant ? (enum value_kind)c.kind : from->kind;
    int16_t exp = from->is_constant ? c.exp : from->exp;
    if (!is_typed || !vector_make_typed(b, to, kind, exp)) {
        put_general(b, to, from);
        return;
    }
    to->has_nulls |= !from->is_constant && from->has_nulls;
    int64_t factor = 1;
    bool is_scaled = to->exp != exp && kind == VALUE_NUMBER, is_bad = false;
    if (is_scaled && !vector_factor(exp - to->exp, &factor)) {
        put_general(b, to, from);
        return;
    }
    if (from->is_constant) {
        is_bad = is_scaled && !vector_scale(&c.i, factor);
        FOR_ACTIVE(b, row)
        {
            to->ints[row] = c.i;
            to->nulls[row] = 0;
        }
    } else if (is_scaled) {
        FOR_ACTIVE(b, row)
        {
            int64_t v = from->ints[row];
            is_bad |= !vector_scale(&v, factor) && !from->nulls[row];
            to->ints[row] = v;
            to->nulls[row] = from->nulls[row];
        }
    } else if (b->active_count == b->n) {
        memcpy(to->ints, from->ints, b->n * sizeof *to->ints);
        memcpy(to->nulls, from->nulls, b->n);
    } else {
        FOR_ACTIVE(b, row)
        {
            to->ints[row] = from->ints[row];
            to->nulls[row] = from->nulls[row];
        }
    }
    if (is_bad)
        put_general(b, to, from);
}

void vector_fill(struct batch *b, struct vector *to, struct value v)
{
    struct vector *from = b->result; /* only its constant is read */
    from->is_constant = true;
    from->constant = v;
    vector_copy(b, to, from);
}
