/* Numbers in values, and what equals, precedes and is what. */
#include "feel/value.h"

#include "feel/temporal.h"

const char *value_kind_name(enum value_kind kind)
{
    static const char *const names[] = {
#define X(kind, name) name,
        VALUE_KINDS(X)
#undef X
    };
    return names[kind];
}

struct value value_number(struct arena *a, const struct decimal *d)
{
    if (d->coef < (decimal_coef)VALUE_SMALL_LIMIT && d->exp > -6000 && d->exp < 6000) {
        int64_t i = (int64_t)d->coef;
        return (struct value){
            .kind = VALUE_NUMBER, .exp = (int16_t)d->exp, .i = d->is_negative ? -i : i};
    }
    struct decimal *big = arena_new(a, struct decimal);
    *big = *d;
    return (struct value){.kind = VALUE_NUMBER, .is_big = 1, .big = big};
}

struct decimal value_decimal(struct value v)
{
    if (v.is_big)
        return *v.big;
    return (struct decimal){
        .coef = (uint64_t)(v.i < 0 ? -v.i : v.i), .exp = v.exp, .is_negative = v.i < 0};
}

bool value_to_int(struct value v, int64_t *n)
{
    if (v.kind != VALUE_NUMBER)
        return false;
    if (!v.is_big && v.exp == 0) {
        *n = v.i;
        return true;
    }
    struct decimal d = value_decimal(v);
    return decimal_to_int64(&d, n);
}

int value_compare_numbers(struct value a, struct value b)
{
    if (!a.is_big && !b.is_big && a.exp == b.exp)
        return (a.i > b.i) - (a.i < b.i);
    struct decimal x = value_decimal(a), y = value_decimal(b);
    return decimal_compare(&x, &y);
}

const struct value *value_find(struct value context, str key)
{
    if (context.kind != VALUE_CONTEXT)
        return NULL;
    for (uint32_t i = 0; i < context.n; i++) {
        if (str_equal(context.entries[i].key, key))
            return &context.entries[i].value;
    }
    return NULL;
}

static enum value_order order_of(int64_t a, int64_t b)
{
    return a < b ? VALUES_LESS : a > b ? VALUES_GREATER : VALUES_EQUAL;
}

static enum value_order compare_moments(const struct moment *a, const struct moment *b,
                                        enum value_order when_mixed)
{
    int64_t s, t, m, n;
    if (temporal_instant(a, &s, &m) != temporal_instant(b, &t, &n))
        return when_mixed;
    enum value_order order = order_of(s, t);
    return order == VALUES_EQUAL ? order_of(m, n) : order;
}

enum value_order value_compare(struct value a, struct value b)
{
    if (a.kind != b.kind)
        return VALUES_UNRELATED;
    switch (a.kind) {
    case VALUE_NUMBER:
        return order_of(value_compare_numbers(a, b), 0);
    case VALUE_STRING:
        return order_of(str_compare(value_text(a), value_text(b)), 0);
    case VALUE_DATE:
    case VALUE_MONTHS:
        return order_of(a.i, b.i);
    case VALUE_SECONDS:
        return a.i == b.i ? order_of(a.n, b.n) : order_of(a.i, b.i);
    case VALUE_TIME:
    case VALUE_DATE_TIME:
        return compare_moments(a.moment, b.moment, VALUES_UNRELATED);
    default:
        return VALUES_UNRELATED;
    }
}

static enum value_order same_if(bool is_same)
{
    return is_same ? VALUES_EQUAL : VALUES_DIFFER;
}

enum { MAX_DEPTH = 500 }; /* deeper values are equal to none, copied as null */

static enum value_order equals(struct value a, struct value b, int depth);

static bool ranges_equal(const struct range *x, const struct range *y)
{
    return x->form == y->form && x->has_low == y->has_low && x->has_high == y->has_high &&
           value_equals(x->low, y->low) == VALUES_EQUAL &&
           value_equals(x->high, y->high) == VALUES_EQUAL;
}

static bool contexts_equal(struct value a, struct value b, int depth)
{
    for (uint32_t i = 0; i < a.n; i++) {
        const struct value *other = value_find(b, a.entries[i].key);
        if (!other || equals(a.entries[i].value, *other, depth) != VALUES_EQUAL)
            return false;
    }
    return a.n == b.n;
}

/* Table 53 compares times by hour, minute, second and offset: fractions do not count. */
static bool moments_equal(const struct moment *a, const struct moment *b)
{
    struct moment x = *a, y = *b;
    x.nano -= x.nano % NANOS;
    y.nano -= y.nano % NANOS;
    return compare_moments(&x, &y, VALUES_DIFFER) == VALUES_EQUAL;
}

static enum value_order equals(struct value a, struct value b, int depth)
{
    if (depth > MAX_DEPTH)
        return VALUES_DIFFER;
    if (a.kind == VALUE_NULL || b.kind == VALUE_NULL)
        return same_if(a.kind == b.kind);
    if (a.kind != b.kind)
        return VALUES_UNRELATED;
    switch (a.kind) {
    case VALUE_BOOLEAN:
    case VALUE_DATE:
    case VALUE_MONTHS:
        return same_if(a.i == b.i);
    case VALUE_SECONDS:
        return same_if(a.i == b.i && a.n == b.n);
    case VALUE_NUMBER:
        return same_if(value_compare_numbers(a, b) == 0);
    case VALUE_STRING:
        return same_if(a.n == b.n && memcmp(a.text, b.text, a.n) == 0);
    case VALUE_TIME:
    case VALUE_DATE_TIME:
        return same_if(moments_equal(a.moment, b.moment));
    case VALUE_LIST:
        for (uint32_t i = 0; a.n == b.n && i < a.n; i++) {
            if (equals(a.items[i], b.items[i], depth + 1) != VALUES_EQUAL)
                return VALUES_DIFFER;
        }
        return same_if(a.n == b.n);
    case VALUE_CONTEXT:
        return same_if(contexts_equal(a, b, depth + 1));
    case VALUE_RANGE:
        return same_if(ranges_equal(a.range, b.range));
    default:
        return same_if(a.function == b.function);
    }
}

enum value_order value_equals(struct value a, struct value b)
{
    return equals(a, b, 0);
}

bool value_is(struct value a, struct value b)
{
    if (a.kind != b.kind)
        return false;
    if (a.kind != VALUE_TIME && a.kind != VALUE_DATE_TIME)
        return value_equals(a, b) == VALUES_EQUAL;
    const struct moment *x = a.moment, *y = b.moment;
    return x->day == y->day && x->nano == y->nano && x->zone_kind == y->zone_kind &&
           x->offset == y->offset && x->zone == y->zone;
}

static struct value within(enum value_order order, enum value_order side, bool has_end)
{
    if (order == VALUES_UNRELATED)
        return VALUE_NOTHING;
    return value_boolean(order == side || (has_end && order == VALUES_EQUAL));
}

struct value value_in_range(struct value v, const struct range *r)
{
    if (r->form == RANGE_EQUAL || r->form == RANGE_UNEQUAL) {
        enum value_order same = value_equals(v, r->low);
        if (same == VALUES_UNRELATED)
            return VALUE_NOTHING;
        return value_boolean((same == VALUES_EQUAL) == (r->form == RANGE_EQUAL));
    }
    /* A written end that is null cannot be compared; only < and > have no other end. */
    struct value above = value_boolean(true), below = above;
    if (r->form != RANGE_BELOW)
        above = within(value_compare(v, r->low), VALUES_GREATER, r->has_low);
    if (r->form != RANGE_ABOVE)
        below = within(value_compare(v, r->high), VALUES_LESS, r->has_high);
    if (value_is_false(above) || value_is_false(below))
        return value_boolean(false);
    return above.kind == VALUE_NULL ? above : below;
}

static str copy_text(struct arena *a, struct value v)
{
    return arena_copy(a, value_text(v));
}

static struct value copy(struct arena *a, struct value v, int depth)
{
    if (depth > MAX_DEPTH)
        return VALUE_NOTHING;
    if (v.kind == VALUE_STRING)
        return value_string(copy_text(a, v));
    if (v.kind == VALUE_NUMBER && v.is_big)
        return value_number(a, v.big);
    if (v.kind == VALUE_TIME || v.kind == VALUE_DATE_TIME)
        return temporal_moment(a, v.kind, *v.moment);
    if (v.kind == VALUE_LIST) {
        struct value *items = arena_array(a, struct value, v.n);
        for (uint32_t i = 0; i < v.n; i++)
            items[i] = copy(a, v.items[i], depth + 1);
        return value_list(items, v.n);
    }
    if (v.kind == VALUE_CONTEXT) {
        struct entry *entries = arena_array(a, struct entry, v.n);
        for (uint32_t i = 0; i < v.n; i++)
            entries[i] = (struct entry){arena_copy(a, v.entries[i].key),
                                        copy(a, v.entries[i].value, depth + 1)};
        return value_context(entries, v.n);
    }
    if (v.kind == VALUE_RANGE) {
        struct range *r = arena_new(a, struct range);
        *r = *v.range;
        r->low = copy(a, r->low, depth + 1);
        r->high = copy(a, r->high, depth + 1);
        v.range = r;
    }
    return v;
}

struct value value_copy(struct arena *a, struct value v)
{
    return copy(a, v, 0);
}
