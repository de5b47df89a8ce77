/* Contexts (DMN 1.5, 10.3.4.10). */
#include "feel/machine.h"

static struct value set_member(struct machine *m, struct value context, str key, struct value v)
{
    struct entry *entries = machine_array(m, struct entry, (size_t)context.n + 1);
    uint32_t at = 0;
    if (!entries || !machine_pay(m, context.n))
        return VALUE_NOTHING;
    if (context.n)
        memcpy(entries, context.entries, context.n * sizeof *entries);
    while (at < context.n && !str_equal(entries[at].key, key))
        at++;
    entries[at] = (struct entry){key, v};
    return value_context(entries, at == context.n ? at + 1 : context.n);
}

struct value builtin_get_value(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    if (a[0].kind != VALUE_CONTEXT || a[1].kind != VALUE_STRING)
        return machine_warn(m, "get value() takes a context and a string");
    const struct value *member = value_find(a[0], value_text(a[1]));
    return member ? *member : VALUE_NOTHING;
}

struct value builtin_get_entries(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    if (a[0].kind != VALUE_CONTEXT)
        return machine_warn(m, "get entries() takes a context");
    struct value *items = machine_array(m, struct value, a[0].n);
    for (uint32_t i = 0; items && i < a[0].n; i++) {
        struct entry *pair = machine_array(m, struct entry, 2);
        if (!pair)
            return VALUE_NOTHING;
        pair[0] = (struct entry){STR("key"), value_string(a[0].entries[i].key)};
        pair[1] = (struct entry){STR("value"), a[0].entries[i].value};
        items[i] = value_context(pair, 2);
    }
    return items ? value_list(items, a[0].n) : VALUE_NOTHING;
}

struct value builtin_context(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    struct value list = a[0].kind == VALUE_LIST ? a[0] : value_list(a, 1);
    struct entry *entries = machine_array(m, struct entry, list.n);
    for (uint32_t i = 0; entries && i < list.n; i++) {
        const struct value *key = value_find(list.items[i], STR("key"));
        const struct value *v = value_find(list.items[i], STR("value"));
        if (!key || !v || key->kind != VALUE_STRING)
            return machine_warn(m, "context() takes a list of contexts with key and value");
        for (uint32_t j = 0; j < i; j++) {
            if (str_equal(entries[j].key, value_text(*key)))
                return machine_warn(m, "context(): the key \"%.*s\" stands twice",
                                    STR_ARG(value_text(*key)));
        }
        if (!machine_pay(m, 1 + i / 8))
            return VALUE_NOTHING;
        entries[i] = (struct entry){value_text(*key), *v};
    }
    return entries ? value_context(entries, list.n) : VALUE_NOTHING;
}

static struct value put_path(struct machine *m, struct value context, const struct value *keys,
                             size_t n, struct value v)
{
    if (context.kind != VALUE_CONTEXT || keys[0].kind != VALUE_STRING)
        return machine_warn(m, "context put() takes a context and strings as keys");
    str key = value_text(keys[0]);
    if (n == 1)
        return set_member(m, context, key, v);
    const struct value *inner = value_find(context, key);
    struct value changed =
        inner ? put_path(m, *inner, keys + 1, n - 1, v)
              : machine_warn(m, "context put(): there is no \"%.*s\"", STR_ARG(key));
    return changed.kind == VALUE_CONTEXT ? set_member(m, context, key, changed) : VALUE_NOTHING;
}

struct value builtin_context_put(struct machine *m, const struct value *a, size_t n)
{
    enum { MAX_KEYS = 500 };
    (void)n;
    bool is_path = a[1].kind == VALUE_LIST;
    size_t count = is_path ? a[1].n : 1;
    if (count == 0 || count > MAX_KEYS)
        return machine_warn(m, "context put(): the list of keys must have 1 to %d", MAX_KEYS);
    return put_path(m, a[0], is_path ? a[1].items : &a[1], count, a[2]);
}

struct value builtin_context_put_key(struct machine *m, const struct value *a, size_t n)
{
    if (a[1].kind == VALUE_LIST)
        return machine_warn(m, "context put(): the key must be a string");
    return builtin_context_put(m, a, n);
}

struct value builtin_context_merge(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    struct value list = a[0].kind == VALUE_LIST ? a[0] : value_list(a, 1);
    struct value all = value_context(NULL, 0);
    for (uint32_t i = 0; i < list.n; i++) {
        struct value one = list.items[i];
        if (one.kind != VALUE_CONTEXT)
            return machine_warn(m, "context merge() takes contexts");
        for (uint32_t j = 0; j < one.n && all.kind; j++)
            all = set_member(m, all, one.entries[j].key, one.entries[j].value);
    }
    return all;
}
