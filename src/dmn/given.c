#include "dmn/given.h"

#include "feel/temporal.h"

struct value given_of_text(const struct type *t, str s, struct arena *a)
{
    struct value v = value_string(s);
    struct decimal d;
    enum value_kind kind = t && t->form == TYPE_SCALAR ? t->kind : VALUE_NULL;
    if ((kind == VALUE_NUMBER || kind == VALUE_NULL) && decimal_parse(&d, s))
        return value_number(a, &d);
    if ((kind == VALUE_BOOLEAN || kind == VALUE_NULL) && (str_is(s, "true") || str_is(s, "false")))
        return value_boolean(str_is(s, "true"));
    bool ok = kind == VALUE_DATE                              ? temporal_parse_date(&v, s)
              : kind == VALUE_TIME                            ? temporal_parse_time(&v, s, a)
              : kind == VALUE_DATE_TIME                       ? temporal_parse_date_time(&v, s, a)
              : kind == VALUE_SECONDS || kind == VALUE_MONTHS ? temporal_parse_duration(&v, s)
                                                              : false;
    return ok ? v : value_string(s);
}

static struct value list_of_json(const struct json *v, struct arena *a)
{
    struct value *items = arena_array(a, struct value, v->array.n);
    for (size_t i = 0; i < v->array.n; i++)
        items[i] = given_of_json(NULL, &v->array.items[i], a);
    return value_list(items, (uint32_t)v->array.n);
}

static struct value context_of_json(const struct json *v, struct arena *a)
{
    struct entry *entries = arena_array(a, struct entry, v->object.n);
    for (size_t i = 0; i < v->object.n; i++)
        entries[i] = (struct entry){v->object.members[i].key,
                                    given_of_json(NULL, &v->object.members[i].value, a)};
    return value_context(entries, (uint32_t)v->object.n);
}

struct value given_of_json(const struct type *t, const struct json *v, struct arena *a)
{
    struct decimal d;
    switch (v->type) {
    case JSON_NULL:
        return VALUE_NOTHING;
    case JSON_FALSE:
    case JSON_TRUE:
        return value_boolean(v->type == JSON_TRUE);
    case JSON_NUMBER:
        return decimal_parse(&d, v->text) ? value_number(a, &d) : VALUE_NOTHING;
    case JSON_STRING:
        return t ? given_of_text(t, v->text, a) : value_string(v->text);
    case JSON_ARRAY:
        return list_of_json(v, a);
    case JSON_OBJECT:
        break;
    }
    return context_of_json(v, a);
}
