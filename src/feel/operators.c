/* Operators on values, beyond the fast cases that the machine does itself. */
#include "feel/machine.h"

static struct value mismatch(struct machine *m, const char *sign, struct value a, struct value b)
{
    return machine_warn(m, "%s has no meaning for %s and %s", sign, value_kind_name(a.kind),
                        value_kind_name(b.kind));
}

typedef bool (*decimal_op)(struct decimal *r, const struct decimal *a, const struct decimal *b);

static struct value on_decimals(struct machine *m, decimal_op op, const char *name, struct value a,
                                struct value b)
{
    struct decimal x = value_decimal(a), y = value_decimal(b), r;
    if (!op(&r, &x, &y))
        return machine_warn(m, "%s: the result does not exist or is too large", name);
    return value_number(m->arena, &r);
}

static bool are_numbers(struct value a, struct value b)
{
    return a.kind == VALUE_NUMBER && b.kind == VALUE_NUMBER;
}

static bool is_temporal(struct value v)
{
    return v.kind >= VALUE_DATE && v.kind <= VALUE_MONTHS;
}

static bool is_duration(struct value v)
{
    return v.kind == VALUE_SECONDS || v.kind == VALUE_MONTHS;
}

static struct value join(struct machine *m, struct value a, struct value b)
{
    size_t n = (size_t)a.n + b.n;
    char *text = n < UINT32_MAX ? machine_alloc(m, n + 1, 1) : NULL;
    if (!text || !machine_pay(m, n / 16))
        return VALUE_NOTHING;
    memcpy(text, a.text, a.n);
    memcpy(text + a.n, b.text, b.n);
    return value_string((str){text, n});
}

struct value operator_add(struct machine *m, struct value a, struct value b)
{
    if (are_numbers(a, b))
        return on_decimals(m, decimal_add, "+", a, b);
    if (a.kind == VALUE_STRING && b.kind == VALUE_STRING)
        return join(m, a, b);
    struct value r = VALUE_NOTHING;
    if (is_temporal(a) && is_temporal(b))
        r = temporal_add(m->arena, a, b);
    return r.kind ? r : mismatch(m, "+", a, b);
}

struct value operator_sub(struct machine *m, struct value a, struct value b)
{
    if (are_numbers(a, b))
        return on_decimals(m, decimal_sub, "-", a, b);
    struct value r = VALUE_NOTHING;
    if (is_temporal(a) && is_temporal(b))
        r = temporal_sub(m->arena, a, b);
    return r.kind ? r : mismatch(m, "-", a, b);
}

struct value operator_mul(struct machine *m, struct value a, struct value b)
{
    if (are_numbers(a, b))
        return on_decimals(m, decimal_mul, "*", a, b);
    struct value r = VALUE_NOTHING;
    if (is_duration(a) && b.kind == VALUE_NUMBER)
        r = temporal_mul(m->arena, a, b);
    else if (a.kind == VALUE_NUMBER && is_duration(b))
        r = temporal_mul(m->arena, b, a);
    return r.kind ? r : mismatch(m, "*", a, b);
}

struct value operator_div(struct machine *m, struct value a, struct value b)
{
    if (are_numbers(a, b))
        return on_decimals(m, decimal_div, "/", a, b);
    struct value r = VALUE_NOTHING;
    if (is_duration(a) && (is_duration(b) || b.kind == VALUE_NUMBER))
        r = temporal_div(m->arena, a, b);
    return r.kind ? r : mismatch(m, "/", a, b);
}

struct value operator_pow(struct machine *m, struct value a, struct value b)
{
    if (!are_numbers(a, b))
        return mismatch(m, "**", a, b);
    return machine_pay(m, 200) ? on_decimals(m, decimal_pow, "**", a, b) : VALUE_NOTHING;
}

struct value operator_negate(struct machine *m, struct value a)
{
    if (is_duration(a))
        return temporal_negate(a);
    if (a.kind != VALUE_NUMBER)
        return machine_warn(m, "- has no meaning for %s", value_kind_name(a.kind));
    struct decimal d = value_decimal(a);
    d.is_negative = d.coef && !d.is_negative;
    return value_number(m->arena, &d);
}

struct value operator_compare(struct machine *m, enum opcode op, struct value a, struct value b)
{
    bool is_equality = op == OP_EQ || op == OP_NE;
    enum value_order order = is_equality ? value_equals(a, b) : value_compare(a, b);
    if ((a.kind == VALUE_LIST || a.kind == VALUE_CONTEXT) && !machine_pay(m, (uint64_t)a.n + b.n))
        return VALUE_NOTHING;
    if (order == VALUES_UNRELATED) {
        if (a.kind == VALUE_NULL || b.kind == VALUE_NULL)
            return VALUE_NOTHING; /* a missing value is no fault */
        return machine_warn(m, "%s and %s cannot be compared", value_kind_name(a.kind),
                            value_kind_name(b.kind));
    }
    switch (op) {
    case OP_EQ:
        return value_boolean(order == VALUES_EQUAL);
    case OP_NE:
        return value_boolean(order != VALUES_EQUAL);
    case OP_LT:
        return value_boolean(order == VALUES_LESS);
    case OP_LE:
        return value_boolean(order == VALUES_LESS || order == VALUES_EQUAL);
    case OP_GT:
        return value_boolean(order == VALUES_GREATER);
    default:
        return value_boolean(order == VALUES_GREATER || order == VALUES_EQUAL);
    }
}

static bool range_property(struct value *r, const struct range *range, str name)
{
    if (str_is(name, "start"))
        *r = range->low;
    else if (str_is(name, "end"))
        *r = range->form == RANGE_EQUAL ? range->low : range->high;
    else if (str_is(name, "start included"))
        *r = value_boolean(range->has_low);
    else if (str_is(name, "end included"))
        *r = value_boolean(range->has_high);
    else
        return false;
    return true;
}

static struct value path_of_items(struct machine *m, struct value list, str name)
{
    struct value *items = machine_array(m, struct value, list.n);
    if (!items || !machine_pay(m, list.n))
        return VALUE_NOTHING;
    for (uint32_t i = 0; i < list.n; i++)
        items[i] = operator_path(m, list.items[i], name);
    return value_list(items, list.n);
}

struct value operator_path(struct machine *m, struct value v, str name)
{
    struct value r = VALUE_NOTHING;
    const struct value *member;
    switch (v.kind) {
    case VALUE_NULL:
        return VALUE_NOTHING;
    case VALUE_CONTEXT:
        if ((member = value_find(v, name)))
            return *member;
        return machine_warn(m, "the context has no \"%.*s\"", STR_ARG(name));
    case VALUE_LIST:
        return path_of_items(m, v, name);
    case VALUE_RANGE:
        if (range_property(&r, v.range, name))
            return r;
        break;
    default:
        if (temporal_property(&r, v, name, m->arena))
            return r;
    }
    return machine_warn(m, "%s has no property \"%.*s\"", value_kind_name(v.kind), STR_ARG(name));
}

struct value operator_index(struct machine *m, struct value list, struct value at)
{
    int64_t n;
    if (list.kind == VALUE_NULL)
        return VALUE_NOTHING;
    if (at.kind != VALUE_NUMBER)
        return machine_warn(m, "an index must be a number, not %s", value_kind_name(at.kind));
    bool is_list = list.kind == VALUE_LIST;
    int64_t count = is_list ? list.n : 1;
    if (!value_to_int(at, &n) || n == 0 || n > count || n < -count)
        return machine_warn(m, "the list of %lld has no such item", (long long)count);
    return is_list ? list.items[n > 0 ? n - 1 : count + n] : list;
}

static struct value match_list(struct machine *m, struct value v, struct value list)
{
    if (!machine_pay(m, list.n))
        return VALUE_NOTHING;
    for (uint32_t i = 0; i < list.n; i++) {
        struct value item = list.items[i];
        bool is_range = item.kind == VALUE_RANGE && v.kind != VALUE_RANGE;
        if (is_range ? value_is_true(value_in_range(v, item.range))
                     : value_equals(v, item) == VALUES_EQUAL)
            return value_boolean(true);
    }
    return value_boolean(v.kind == VALUE_LIST && value_equals(v, list) == VALUES_EQUAL);
}

struct value operator_match(struct machine *m, struct value v, struct value test, bool is_cell)
{
    if (test.kind == VALUE_LIST)
        return match_list(m, v, test);
    if (test.kind == VALUE_RANGE && v.kind != VALUE_RANGE)
        return value_in_range(v, test.range);
    if (is_cell && v.kind != VALUE_BOOLEAN && test.kind == VALUE_BOOLEAN)
        return test;
    enum value_order order = value_equals(v, test);
    if (order != VALUES_UNRELATED)
        return value_boolean(order == VALUES_EQUAL);
    if (v.kind == VALUE_LIST && is_cell) /* a list input against a scalar test: any item */
        return value_boolean(value_is_true(match_list(m, test, v)));
    return VALUE_NOTHING;
}

static bool is_range_end(struct value v)
{
    return v.kind == VALUE_NUMBER || v.kind == VALUE_STRING || is_temporal(v);
}

struct value operator_range(struct machine *m, struct value low, struct value high, int how)
{
    enum range_form form = (enum range_form)(how >> 2);
    struct range r = {low, high, how & RANGE_HAS_LOW, how & RANGE_HAS_HIGH, form};
    if (form == RANGE_EQUAL || form == RANGE_UNEQUAL)
        r.high = VALUE_NOTHING;
    bool has_low = low.kind != VALUE_NULL, has_high = high.kind != VALUE_NULL;
    if (form == RANGE_INTERVAL) {
        if ((has_low && !is_range_end(low)) || (has_high && !is_range_end(high)) ||
            (has_low && has_high && value_compare(low, high) == VALUES_UNRELATED))
            return machine_warn(m, "no range from %s to %s", value_kind_name(low.kind),
                                value_kind_name(high.kind));
    }
    struct range *copy = machine_array(m, struct range, 1);
    if (!copy)
        return VALUE_NOTHING;
    *copy = r;
    return (struct value){.kind = VALUE_RANGE, .range = copy};
}
