/* Lists and sorting (DMN 1.5, 10.3.4.4, 10.3.4.9). */
#include "feel/machine.h"

/* A list parameter: anything but a list is a list of itself; null is refused. */
static bool take_list(struct machine *m, struct value *list, const struct value *a)
{
    if (a->kind == VALUE_NULL)
        return false;
    *list = a->kind == VALUE_LIST ? *a : value_list(a, 1);
    if (a->kind != VALUE_LIST) { /* arguments live on the stack: what is kept must not */
        struct value *one = machine_array(m, struct value, 1);
        if (!one)
            return false;
        *one = *a;
        *list = value_list(one, 1);
    }
    return machine_pay(m, list->n);
}

static struct value *room(struct machine *m, uint64_t n)
{
    return n < UINT32_MAX ? machine_array(m, struct value, (size_t)n) : NULL;
}

static void copy_items(struct value *to, const struct value *from, size_t n)
{
    if (n)
        memcpy(to, from, n * sizeof *to);
}

/* A position from 1, or from the end below 0, as an index from 0. */
static bool take_position(struct machine *m, struct value v, uint32_t count, uint32_t *at)
{
    int64_t n;
    struct decimal d;
    if (v.kind != VALUE_NUMBER)
        return machine_warn(m, "a position must be a number"), false;
    d = value_decimal(v);
    if (!decimal_truncate(&d, &n) || n == 0 || n > count || n < -(int64_t)count)
        return machine_warn(m, "the list of %u has no such position", count), false;
    *at = (uint32_t)(n > 0 ? n - 1 : count + n);
    return true;
}

static bool same(struct value a, struct value b)
{
    return value_equals(a, b) == VALUES_EQUAL;
}

static bool has_item(struct machine *m, const struct value *items, size_t n, struct value v)
{
    for (size_t i = 0; i < n; i++) {
        if (same(items[i], v))
            return machine_pay(m, i / 4);
    }
    machine_pay(m, n / 4);
    return false;
}

struct value builtin_list_contains(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    struct value list;
    if (!take_list(m, &list, &a[0]))
        return VALUE_NOTHING;
    return value_boolean(has_item(m, list.items, list.n, a[1]));
}

struct value builtin_count(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    struct value list;
    return take_list(m, &list, &a[0]) ? value_int(list.n) : VALUE_NOTHING;
}

struct value builtin_sublist(struct machine *m, const struct value *a, size_t n)
{
    struct value list;
    uint32_t start;
    int64_t length;
    if (!take_list(m, &list, &a[0]) || !take_position(m, a[1], list.n, &start))
        return VALUE_NOTHING;
    if (n < 3 || a[2].kind == VALUE_NULL)
        return value_list(list.items + start, list.n - start);
    struct decimal d = a[2].kind == VALUE_NUMBER ? value_decimal(a[2]) : decimal_from_int(-1);
    if (!decimal_truncate(&d, &length) || length < 0 || length > list.n - start)
        return machine_warn(m, "sublist(): the list has not so many items");
    return value_list(list.items + start, (size_t)length);
}

struct value builtin_append(struct machine *m, const struct value *a, size_t n)
{
    struct value list, *items;
    if (!take_list(m, &list, &a[0]) || !(items = room(m, list.n + (uint64_t)n - 1)))
        return VALUE_NOTHING;
    copy_items(items, list.items, list.n);
    copy_items(items + list.n, a + 1, n - 1);
    return value_list(items, list.n + n - 1);
}

struct value builtin_concatenate(struct machine *m, const struct value *a, size_t n)
{
    struct value list, *items;
    uint64_t total = 0;
    for (size_t i = 0; i < n; i++) {
        if (!take_list(m, &list, &a[i]))
            return VALUE_NOTHING;
        total += list.n;
    }
    if (!(items = room(m, total)))
        return VALUE_NOTHING;
    size_t at = 0;
    for (size_t i = 0; i < n && take_list(m, &list, &a[i]); at += list.n, i++)
        copy_items(items + at, list.items, list.n);
    return value_list(items, at);
}

struct value builtin_insert_before(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    struct value list, *items;
    uint32_t at;
    if (!take_list(m, &list, &a[0]) || !take_position(m, a[1], list.n, &at) ||
        !(items = room(m, (uint64_t)list.n + 1)))
        return VALUE_NOTHING;
    copy_items(items, list.items, at);
    items[at] = a[2];
    copy_items(items + at + 1, list.items + at, list.n - at);
    return value_list(items, (size_t)list.n + 1);
}

struct value builtin_remove(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    struct value list, *items;
    uint32_t at;
    if (!take_list(m, &list, &a[0]) || !take_position(m, a[1], list.n, &at) ||
        !(items = room(m, list.n)))
        return VALUE_NOTHING;
    copy_items(items, list.items, at);
    copy_items(items + at, list.items + at + 1, list.n - at - 1);
    return value_list(items, (size_t)list.n - 1);
}

struct value builtin_list_replace(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    struct value list, *items;
    uint32_t at;
    if (!take_list(m, &list, &a[0]) || !(items = room(m, list.n)))
        return VALUE_NOTHING;
    copy_items(items, list.items, list.n);
    if (a[1].kind != VALUE_FUNCTION) {
        if (!take_position(m, a[1], list.n, &at))
            return VALUE_NOTHING;
        items[at] = a[2];
        return value_list(items, list.n);
    }
    for (uint32_t i = 0; i < list.n; i++) {
        struct value pair[] = {list.items[i], a[2]}, hit = machine_call(m, a[1], pair, 2);
        if (m->is_stopped || hit.kind != VALUE_BOOLEAN)
            return machine_warn(m, "list replace(): the match function must give a boolean");
        if (hit.i)
            items[i] = a[2];
    }
    return value_list(items, list.n);
}

struct value builtin_reverse(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    struct value list, *items;
    if (!take_list(m, &list, &a[0]) || !(items = room(m, list.n)))
        return VALUE_NOTHING;
    for (uint32_t i = 0; i < list.n; i++)
        items[i] = list.items[list.n - 1 - i];
    return value_list(items, list.n);
}

struct value builtin_index_of(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    struct value list;
    struct list_builder found = {0};
    if (!take_list(m, &list, &a[0]))
        return VALUE_NOTHING;
    for (uint32_t i = 0; i < list.n; i++) {
        if (same(list.items[i], a[1]) && !builder_add(m, &found, value_int((int64_t)i + 1)))
            return VALUE_NOTHING;
    }
    return value_list(found.items, found.n);
}

static struct value distinct(struct machine *m, struct value list)
{
    struct value *items = room(m, list.n);
    uint32_t count = 0;
    for (uint32_t i = 0; items && i < list.n && !m->is_stopped; i++) {
        if (!has_item(m, items, count, list.items[i]))
            items[count++] = list.items[i];
    }
    return items && !m->is_stopped ? value_list(items, count) : VALUE_NOTHING;
}

struct value builtin_union(struct machine *m, const struct value *a, size_t n)
{
    struct value all = builtin_concatenate(m, a, n);
    return all.kind == VALUE_LIST ? distinct(m, all) : all;
}

struct value builtin_distinct_values(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    struct value list;
    return take_list(m, &list, &a[0]) ? distinct(m, list) : VALUE_NOTHING;
}

static bool flatten_into(struct machine *m, struct list_builder *out, struct value list, int depth)
{
    enum { MAX_DEPTH = 1000 };
    if (depth > MAX_DEPTH || !machine_pay(m, list.n))
        return false;
    for (uint32_t i = 0; i < list.n; i++) {
        struct value item = list.items[i];
        if (item.kind == VALUE_LIST ? !flatten_into(m, out, item, depth + 1)
                                    : !builder_add(m, out, item))
            return false;
    }
    return true;
}

struct value builtin_flatten(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    struct value list;
    struct list_builder out = {0};
    if (!take_list(m, &list, &a[0]) || !flatten_into(m, &out, list, 0))
        return VALUE_NOTHING;
    return value_list(out.items, out.n);
}

/* Whether b must come before a; -1 when the two have no order. */
static int must_swap(struct machine *m, const struct value *precedes, struct value a,
                     struct value b)
{
    if (!machine_pay(m, 1))
        return -1;
    if (!precedes) {
        enum value_order order = value_compare(b, a);
        return order == VALUES_UNRELATED ? -1 : order == VALUES_LESS;
    }
    struct value pair[] = {b, a}, before = machine_call(m, *precedes, pair, 2);
    return before.kind == VALUE_BOOLEAN ? (int)before.i : -1;
}

/* Merge sort: stable, and n log n calls however the function answers. */
static bool sort_items(struct machine *m, const struct value *precedes, struct value *items,
                       struct value *spare, size_t n)
{
    if (n < 2)
        return true;
    size_t half = n / 2;
    if (!sort_items(m, precedes, items, spare, half) ||
        !sort_items(m, precedes, items + half, spare, n - half))
        return false;
    copy_items(spare, items, half);
    size_t left = 0, right = half, to = 0;
    while (left < half && right < n) {
        int swap = must_swap(m, precedes, spare[left], items[right]);
        if (swap < 0)
            return false;
        items[to++] = swap ? items[right++] : spare[left++];
    }
    copy_items(items + to, spare + left, half - left);
    return true;
}

struct value builtin_sort(struct machine *m, const struct value *a, size_t n)
{
    struct value list, *items, *spare;
    if (n == 2 && a[1].kind != VALUE_FUNCTION && a[0].kind == VALUE_FUNCTION) {
        struct value swapped[] = {a[1], a[0]};
        return builtin_sort(m, swapped, 2);
    }
    if (!take_list(m, &list, &a[0]))
        return VALUE_NOTHING;
    if (n == 2 && a[1].kind != VALUE_FUNCTION)
        return machine_warn(m, "sort(): the order must be a function of two");
    items = room(m, list.n);
    spare = room(m, list.n);
    if (!items || !spare)
        return VALUE_NOTHING;
    copy_items(items, list.items, list.n);
    if (!sort_items(m, n == 2 ? &a[1] : NULL, items, spare, list.n))
        return machine_warn(m, "sort(): two items have no order");
    return value_list(items, list.n);
}
