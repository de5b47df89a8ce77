#include "feel/type.h"

#include "feel/function.h"
#include "feel/machine.h"
#include "feel/temporal.h"

static const struct type BUILT_IN[] = {
    {.form = TYPE_ANY, .name = {"Any", 3}},
    {.form = TYPE_ANY, .name = {"any", 3}},
    {.form = TYPE_SCALAR, .kind = VALUE_NULL, .name = {"Null", 4}},
    {.form = TYPE_SCALAR, .kind = VALUE_BOOLEAN, .name = {"boolean", 7}},
    {.form = TYPE_SCALAR, .kind = VALUE_NUMBER, .name = {"number", 6}},
    {.form = TYPE_SCALAR, .kind = VALUE_STRING, .name = {"string", 6}},
    {.form = TYPE_SCALAR, .kind = VALUE_DATE, .name = {"date", 4}},
    {.form = TYPE_SCALAR, .kind = VALUE_TIME, .name = {"time", 4}},
    {.form = TYPE_SCALAR, .kind = VALUE_DATE_TIME, .name = {"date and time", 13}},
    {.form = TYPE_SCALAR, .kind = VALUE_DATE_TIME, .name = {"dateTime", 8}},
    {.form = TYPE_SCALAR, .kind = VALUE_SECONDS, .name = {"days and time duration", 22}},
    {.form = TYPE_SCALAR, .kind = VALUE_SECONDS, .name = {"dayTimeDuration", 15}},
    {.form = TYPE_SCALAR, .kind = VALUE_MONTHS, .name = {"years and months duration", 25}},
    {.form = TYPE_SCALAR, .kind = VALUE_MONTHS, .name = {"yearMonthDuration", 17}},
    {.form = TYPE_LIST, .name = {"list", 4}},
    {.form = TYPE_CONTEXT, .name = {"context", 7}},
    {.form = TYPE_RANGE, .name = {"range", 5}},
    {.form = TYPE_FUNCTION, .name = {"function", 8}},
};

const struct type *type_find(str name)
{
    for (size_t i = 0; i < COUNT(BUILT_IN); i++) {
        if (str_equal(BUILT_IN[i].name, name))
            return &BUILT_IN[i];
    }
    return NULL;
}

const struct type *type_list_of(struct arena *a, const struct type *element)
{
    struct type *t = arena_new(a, struct type);
    *t = (struct type){.form = TYPE_LIST, .element = element};
    return t;
}

static bool has_fields(const struct type *t, struct value v, struct machine *m)
{
    for (size_t i = 0; i < t->field_count; i++) {
        const struct value *field = value_find(v, t->fields[i].name);
        if (!field)
            return false;
        if (field->kind != VALUE_NULL && !type_has(t->fields[i].type, *field, m))
            return false;
    }
    return true;
}

static bool has_items(const struct type *t, struct value v, struct machine *m)
{
    for (uint32_t i = 0; i < v.n; i++) {
        if (t->element && v.items[i].kind != VALUE_NULL && !type_has(t->element, v.items[i], m))
            return false;
    }
    return true;
}

static bool has_ends(const struct type *t, const struct range *r)
{
    const struct value *ends[] = {&r->low, &r->high};
    for (size_t i = 0; t->element && i < 2; i++) {
        if (ends[i]->kind != VALUE_NULL && !type_has(t->element, *ends[i], NULL))
            return false;
    }
    return true;
}

/* Whether every value of `from` is one of `to`. */
static bool type_conforms(const struct type *from, const struct type *to, int depth)
{
    if (!to || to->form == TYPE_ANY || from == to)
        return true;
    if (!from)
        return true; /* not declared: it may */
    if (from->form == TYPE_ANY || depth > 50)
        return false;
    if (from->form == TYPE_SCALAR && from->kind == VALUE_NULL)
        return true;
    if (from->form != to->form)
        return false;
    switch (to->form) {
    case TYPE_SCALAR:
        return from->kind == to->kind;
    case TYPE_LIST:
    case TYPE_RANGE:
        return type_conforms(from->element, to->element, depth + 1);
    case TYPE_CONTEXT:
        for (size_t i = 0; i < to->field_count; i++) {
            const struct type *field = NULL;
            for (size_t j = 0; j < from->field_count; j++) {
                if (str_equal(from->fields[j].name, to->fields[i].name))
                    field = from->fields[j].type;
            }
            if (!field || !type_conforms(field, to->fields[i].type, depth + 1))
                return false;
        }
        return true;
    case TYPE_FUNCTION:
        if (!to->has_fields)
            return true;
        if (from->field_count != to->field_count)
            return false;
        for (size_t i = 0; i < to->field_count; i++) { /* parameters the other way round */
            if (!type_conforms(to->fields[i].type, from->fields[i].type, depth + 1))
                return false;
        }
        return type_conforms(from->element, to->element, depth + 1);
    default:
        return true;
    }
}

static bool has_shape(const struct type *t, struct value v, struct machine *m)
{
    switch (t->form) {
    case TYPE_ANY:
        return v.kind != VALUE_NULL;
    case TYPE_SCALAR:
        return v.kind == t->kind;
    case TYPE_LIST:
        return v.kind == VALUE_LIST && has_items(t, v, m);
    case TYPE_CONTEXT:
        return v.kind == VALUE_CONTEXT && has_fields(t, v, m);
    case TYPE_RANGE:
        return v.kind == VALUE_RANGE && has_ends(t, v.range);
    case TYPE_FUNCTION: {
        if (v.kind != VALUE_FUNCTION)
            return false;
        const struct type *own = function_type(v.function);
        return !t->has_fields || !own || type_conforms(own, t, 0);
    }
    }
    return false;
}

bool type_has(const struct type *t, struct value v, struct machine *m)
{
    return has_shape(t, v, m) && (!t->allowed || !m || machine_allows(m, t->allowed, v));
}

/* Items and fields each coerced; null where one does not conform at all. */
static bool coerce_inside(const struct type *t, struct value v, struct value *out,
                          struct machine *m)
{
    if (t->form == TYPE_LIST && v.kind == VALUE_LIST && t->element) {
        struct value *items = machine_array(m, struct value, v.n);
        for (uint32_t i = 0; items && i < v.n; i++) {
            if (!type_coerce(t->element, v.items[i], &items[i], m))
                return false;
        }
        *out = value_list(items, items ? v.n : 0);
        return items != NULL;
    }
    if (t->form == TYPE_CONTEXT && v.kind == VALUE_CONTEXT && t->field_count) {
        struct entry *entries = machine_array(m, struct entry, v.n);
        for (uint32_t i = 0; entries && i < v.n; i++) {
            entries[i] = v.entries[i];
            for (size_t j = 0; j < t->field_count; j++) {
                if (str_equal(t->fields[j].name, entries[i].key) &&
                    !type_coerce(t->fields[j].type, v.entries[i].value, &entries[i].value, m))
                    return false;
            }
        }
        *out = value_context(entries, entries ? v.n : 0);
        return entries && has_fields(t, *out, m);
    }
    return false;
}

bool type_coerce(const struct type *t, struct value v, struct value *out, struct machine *m)
{
    *out = v;
    if (!t || v.kind == VALUE_NULL || type_has(t, v, m))
        return true;
    if (t->form == TYPE_LIST && v.kind != VALUE_LIST) {
        struct value *item = machine_array(m, struct value, 1);
        if (item && type_coerce(t->element, v, item, m)) {
            *out = value_list(item, 1);
            return !t->allowed || machine_allows(m, t->allowed, *out);
        }
    } else if (t->form != TYPE_LIST && v.kind == VALUE_LIST && v.n == 1) {
        return type_coerce(t, v.items[0], out, m);
    } else if (t->form == TYPE_SCALAR && t->kind == VALUE_DATE_TIME && v.kind == VALUE_DATE) {
        *out = temporal_moment(m->arena, VALUE_DATE_TIME, temporal_midnight(v.i));
        return !t->allowed || machine_allows(m, t->allowed, *out);
    } else if (coerce_inside(t, v, out, m)) {
        return !t->allowed || machine_allows(m, t->allowed, *out);
    }
    *out = VALUE_NOTHING;
    return false;
}
