/* Numbers (DMN 1.5, 10.3.4.5) and figures over lists of numbers. */
#include "feel/machine.h"

/* The arguments as one list: f([1, 2]) and f(1, 2) are the same.  Null stays null. */
static bool take_list(struct value *list, const struct value *a, size_t n)
{
    *list = n == 1 && a[0].kind == VALUE_LIST ? a[0] : value_list(a, n);
    return n != 1 || a[0].kind != VALUE_NULL;
}

static bool take_numbers(struct machine *m, struct value *list, const struct value *a, size_t n,
                         const char *name)
{
    if (!take_list(list, a, n) || !machine_pay(m, list->n))
        return false;
    for (uint32_t i = 0; i < list->n; i++) {
        if (list->items[i].kind != VALUE_NUMBER) {
            machine_warn(m, "%s(): %s is no number", name, value_kind_name(list->items[i].kind));
            return false;
        }
    }
    return true;
}

static struct value extreme(struct machine *m, const struct value *a, size_t n,
                            enum value_order better)
{
    struct value list;
    if (!take_list(&list, a, n) || list.n == 0 || !machine_pay(m, list.n))
        return VALUE_NOTHING;
    struct value best = list.items[0];
    if (value_compare(best, best) == VALUES_UNRELATED)
        return VALUE_NOTHING;
    for (uint32_t i = 1; i < list.n; i++) {
        enum value_order order = value_compare(list.items[i], best);
        if (order == VALUES_UNRELATED)
            return machine_warn(m, "%s and %s cannot be compared", value_kind_name(best.kind),
                                value_kind_name(list.items[i].kind));
        if (order == better)
            best = list.items[i];
    }
    return best;
}

struct value builtin_min(struct machine *m, const struct value *a, size_t n)
{
    return extreme(m, a, n, VALUES_LESS);
}

struct value builtin_max(struct machine *m, const struct value *a, size_t n)
{
    return extreme(m, a, n, VALUES_GREATER);
}

static struct value sum_of(struct machine *m, struct value list)
{
    struct value sum = list.items[0];
    for (uint32_t i = 1; i < list.n; i++) {
        sum = operator_add(m, sum, list.items[i]);
        if (sum.kind == VALUE_NULL)
            break;
    }
    return sum;
}

struct value builtin_sum(struct machine *m, const struct value *a, size_t n)
{
    struct value list;
    if (!take_numbers(m, &list, a, n, "sum") || list.n == 0)
        return VALUE_NOTHING;
    return sum_of(m, list);
}

struct value builtin_mean(struct machine *m, const struct value *a, size_t n)
{
    struct value list;
    if (!take_numbers(m, &list, a, n, "mean") || list.n == 0)
        return VALUE_NOTHING;
    return operator_div(m, sum_of(m, list), value_int(list.n));
}

struct value builtin_product(struct machine *m, const struct value *a, size_t n)
{
    struct value list;
    if (!take_numbers(m, &list, a, n, "product") || list.n == 0)
        return VALUE_NOTHING;
    struct value product = list.items[0];
    for (uint32_t i = 1; i < list.n && product.kind; i++)
        product = operator_mul(m, product, list.items[i]);
    return product;
}

static int by_number(const void *a, const void *b)
{
    return value_compare_numbers(*(const struct value *)a, *(const struct value *)b);
}

static struct value *sorted_numbers(struct machine *m, struct value list)
{
    struct value *items = machine_array(m, struct value, list.n);
    if (!items || !machine_pay(m, (uint64_t)list.n * 8))
        return NULL;
    memcpy(items, list.items, list.n * sizeof *items);
    qsort(items, list.n, sizeof *items, by_number);
    return items;
}

struct value builtin_median(struct machine *m, const struct value *a, size_t n)
{
    struct value list, *items;
    if (!take_numbers(m, &list, a, n, "median") || list.n == 0 ||
        !(items = sorted_numbers(m, list)))
        return VALUE_NOTHING;
    uint32_t half = list.n / 2;
    if (list.n % 2)
        return items[half];
    return operator_div(m, operator_add(m, items[half - 1], items[half]), value_int(2));
}

struct value builtin_stddev(struct machine *m, const struct value *a, size_t n)
{
    struct value list;
    if (!take_numbers(m, &list, a, n, "stddev") || list.n < 2)
        return VALUE_NOTHING;
    struct value mean = operator_div(m, sum_of(m, list), value_int(list.n)), sum = value_int(0);
    for (uint32_t i = 0; i < list.n && sum.kind == VALUE_NUMBER && mean.kind == VALUE_NUMBER; i++) {
        struct value off = operator_sub(m, list.items[i], mean);
        sum = off.kind == VALUE_NUMBER ? operator_add(m, sum, operator_mul(m, off, off)) : off;
    }
    struct value variance = operator_div(m, sum, value_int(list.n - 1));
    return variance.kind ? builtin_sqrt(m, &variance, 1) : variance;
}

struct value builtin_mode(struct machine *m, const struct value *a, size_t n)
{
    struct value list, *items;
    struct list_builder modes = {0};
    if (!take_numbers(m, &list, a, n, "mode") || !(items = sorted_numbers(m, list)))
        return VALUE_NOTHING;
    uint32_t most = 0;
    for (uint32_t i = 0, run; i < list.n; i += run) {
        for (run = 1; i + run < list.n && by_number(&items[i], &items[i + run]) == 0;)
            run++;
        if (run > most)
            modes.n = 0;
        most = run > most ? run : most;
        if (run == most && !builder_add(m, &modes, items[i]))
            return VALUE_NOTHING;
    }
    return value_list(modes.items, modes.n);
}

/* true when any is, false when all are the other; null where that is open */
static struct value over_booleans(struct machine *m, const struct value *a, size_t n, bool decides)
{
    struct value list, result = value_boolean(!decides);
    if (!take_list(&list, a, n) || !machine_pay(m, list.n))
        return VALUE_NOTHING;
    for (uint32_t i = 0; i < list.n; i++) {
        struct value item = list.items[i];
        if (item.kind == VALUE_BOOLEAN && item.i == decides)
            return item;
        if (item.kind != VALUE_BOOLEAN)
            result = VALUE_NOTHING;
    }
    return result;
}

struct value builtin_all(struct machine *m, const struct value *a, size_t n)
{
    return over_booleans(m, a, n, false);
}

struct value builtin_any(struct machine *m, const struct value *a, size_t n)
{
    return over_booleans(m, a, n, true);
}

static struct value round_to(struct machine *m, const struct value *a, size_t n,
                             enum decimal_rounding how, const char *name)
{
    int64_t scale = 0;
    if (a[0].kind != VALUE_NUMBER || (n > 1 && a[1].kind != VALUE_NUMBER))
        return machine_warn(m, "%s() takes numbers", name);
    struct decimal d = value_decimal(a[0]), s, r;
    if (n > 1) {
        s = value_decimal(a[1]);
        if (!decimal_truncate(&s, &scale))
            return machine_warn(m, "%s(): the scale is out of range", name);
    }
    if (!decimal_round(&r, &d, scale, how))
        return machine_warn(m, "%s(): the scale is out of range", name);
    return value_number(m->arena, &r);
}

#define ROUNDING(name, how)                                                                        \
    struct value builtin_##name(struct machine *m, const struct value *a, size_t n)                \
    {                                                                                              \
        return round_to(m, a, n, DECIMAL_##how, #name);                                            \
    }
ROUNDING(decimal, HALF_EVEN)
ROUNDING(floor, FLOOR)
ROUNDING(ceiling, CEILING)
ROUNDING(round_up, UP)
ROUNDING(round_down, DOWN)
ROUNDING(round_half_up, HALF_UP)
ROUNDING(round_half_down, HALF_DOWN)

struct value builtin_abs(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    if (a[0].kind == VALUE_SECONDS || a[0].kind == VALUE_MONTHS)
        return a[0].i < 0 ? temporal_negate(a[0]) : a[0];
    if (a[0].kind != VALUE_NUMBER)
        return machine_warn(m, "abs() takes a number or a duration");
    struct decimal d = value_decimal(a[0]);
    d.is_negative = false;
    return value_number(m->arena, &d);
}

struct value builtin_modulo(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    if (a[0].kind != VALUE_NUMBER || a[1].kind != VALUE_NUMBER)
        return machine_warn(m, "modulo() takes numbers");
    if (!a[0].is_big && !a[1].is_big && a[0].exp == a[1].exp && a[1].i) {
        int64_t rest = a[0].i % a[1].i; /* takes the sign of the divisor */
        rest += rest && (rest < 0) != (a[1].i < 0) ? a[1].i : 0;
        return (struct value){.kind = VALUE_NUMBER, .exp = a[0].exp, .i = rest};
    }
    struct decimal x = value_decimal(a[0]), y = value_decimal(a[1]), r;
    if (!decimal_modulo(&r, &x, &y))
        return machine_warn(m, "modulo(): the divisor is 0");
    return value_number(m->arena, &r);
}

typedef bool (*decimal_function)(struct decimal *r, const struct decimal *a);

static struct value apply(struct machine *m, struct value a, decimal_function f, const char *name)
{
    if (a.kind != VALUE_NUMBER)
        return machine_warn(m, "%s() takes a number", name);
    struct decimal d = value_decimal(a), r;
    if (!machine_pay(m, 100))
        return VALUE_NOTHING;
    if (!f(&r, &d))
        return machine_warn(m, "%s(): the number is out of range", name);
    return value_number(m->arena, &r);
}

struct value builtin_sqrt(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    return apply(m, a[0], decimal_sqrt, "sqrt");
}

struct value builtin_log(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    return apply(m, a[0], decimal_log, "log");
}

struct value builtin_exp(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    return apply(m, a[0], decimal_exp, "exp");
}

/* 0 or 1; -1 when it is neither */
static int parity(struct machine *m, struct value v, const char *name)
{
    static const struct decimal TWO = {2, 0, false};
    if (v.kind != VALUE_NUMBER) {
        machine_warn(m, "%s() takes a number", name);
        return -1;
    }
    struct decimal d = value_decimal(v), rest;
    if (!decimal_is_integer(&d) || !decimal_modulo(&rest, &d, &TWO))
        return 2;
    return rest.coef != 0;
}

struct value builtin_odd(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    int p = parity(m, a[0], "odd");
    return p < 0 ? VALUE_NOTHING : value_boolean(p == 1);
}

struct value builtin_even(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    int p = parity(m, a[0], "even");
    return p < 0 ? VALUE_NOTHING : value_boolean(p == 0);
}
