#include "feel/wire.h"

#include "feel/temporal.h"

static bool read_typed(struct value *v, const struct json *from, str type, struct arena *a,
                       struct err *e);

static bool read_members(struct value *v, const struct json *from, struct arena *a, struct err *e)
{
    struct entry *entries = arena_array(a, struct entry, from->object.n);
    for (size_t i = 0; i < from->object.n; i++) {
        const struct json_member *m = &from->object.members[i];
        entries[i].key = m->key;
        if (!wire_read(&entries[i].value, &m->value, a, e))
            return false;
    }
    *v = value_context(entries, from->object.n);
    return true;
}

static bool read_items(struct value *v, const struct json *from, struct arena *a, struct err *e)
{
    struct value *items = arena_array(a, struct value, from->array.n);
    for (size_t i = 0; i < from->array.n; i++) {
        if (!wire_read(&items[i], &from->array.items[i], a, e))
            return false;
    }
    *v = value_list(items, from->array.n);
    return true;
}

bool wire_read(struct value *v, const struct json *from, struct arena *a, struct err *e)
{
    struct decimal d;
    str type = json_text(from, "@type", (str){0});
    switch (from->type) {
    case JSON_NULL:
        *v = VALUE_NOTHING;
        return true;
    case JSON_FALSE:
    case JSON_TRUE:
        *v = value_boolean(from->type == JSON_TRUE);
        return true;
    case JSON_STRING:
        *v = value_string(from->text);
        return true;
    case JSON_NUMBER:
        if (!decimal_parse(&d, from->text))
            return err_set(e, ERR_INVALID, "a number is beyond 10^6144");
        *v = value_number(a, &d);
        return true;
    case JSON_ARRAY:
        return read_items(v, from, a, e);
    case JSON_OBJECT:
        return type.p ? read_typed(v, from, type, a, e) : read_members(v, from, a, e);
    }
    return false;
}

static bool read_range(struct value *v, const struct json *from, struct arena *a, struct err *e)
{
    static const struct json NOTHING = {.type = JSON_NULL};
    const struct json *low = json_find(from, "start"), *high = json_find(from, "end");
    struct range *r = arena_new(a, struct range);
    r->has_low = json_flag(from, "startIncluded", false);
    r->has_high = json_flag(from, "endIncluded", false);
    *v = (struct value){.kind = VALUE_RANGE, .range = r};
    return wire_read(&r->low, low ? low : &NOTHING, a, e) &&
           wire_read(&r->high, high ? high : &NOTHING, a, e);
}

static bool read_typed(struct value *v, const struct json *from, str type, struct arena *a,
                       struct err *e)
{
    str text = json_text(from, "value", STR(""));
    bool ok = false;
    if (str_is(type, "range"))
        return read_range(v, from, a, e);
    if (str_is(type, "date"))
        ok = temporal_parse_date(v, text);
    else if (str_is(type, "time"))
        ok = temporal_parse_time(v, text, a);
    else if (str_is(type, "date and time"))
        ok = temporal_parse_date_time(v, text, a);
    else if (str_is(type, "days and time duration"))
        ok = temporal_parse_duration(v, text) && v->kind == VALUE_SECONDS;
    else if (str_is(type, "years and months duration"))
        ok = temporal_parse_duration(v, text) && v->kind == VALUE_MONTHS;
    return ok || err_set(e, ERR_INVALID, "\"%.*s\" is no %.*s", STR_ARG(text), STR_ARG(type));
}

static void write_typed(struct buf *out, struct value v)
{
    buf_add_format(out, "{\"@type\":\"%s\",\"value\":\"", value_kind_name(v.kind));
    temporal_write(out, v); /* digits, signs and zone names: nothing to escape */
    buf_add_lit(out, "\"}");
}

static void write_at(struct buf *out, struct value v, int depth);

static void write_range(struct buf *out, const struct range *r, int depth)
{
    buf_add_lit(out, "{\"@type\":\"range\",\"start\":");
    write_at(out, r->low, depth);
    buf_add_format(out, ",\"startIncluded\":%s,\"end\":", r->has_low ? "true" : "false");
    write_at(out, r->form == RANGE_EQUAL ? r->low : r->high, depth);
    buf_add_format(out, ",\"endIncluded\":%s}", r->has_high ? "true" : "false");
}

static void write_at(struct buf *out, struct value v, int depth)
{
    enum { MAX_DEPTH = 400 };
    if (depth > MAX_DEPTH) {
        out->is_full = true;
        return;
    }
    switch ((enum value_kind)v.kind) {
    case VALUE_STRING:
        json_write_string(out, value_text(v));
        return;
    case VALUE_LIST:
        buf_add_char(out, '[');
        for (uint32_t i = 0; i < v.n && !out->is_full; i++) {
            if (i)
                buf_add_char(out, ',');
            write_at(out, v.items[i], depth + 1);
        }
        buf_add_char(out, ']');
        return;
    case VALUE_CONTEXT:
        buf_add_char(out, '{');
        for (uint32_t i = 0; i < v.n && !out->is_full; i++) {
            if (i)
                buf_add_char(out, ',');
            json_write_string(out, v.entries[i].key);
            buf_add_char(out, ':');
            write_at(out, v.entries[i].value, depth + 1);
        }
        buf_add_char(out, '}');
        return;
    case VALUE_RANGE:
        write_range(out, v.range, depth + 1);
        return;
    case VALUE_FUNCTION:
        buf_add_lit(out, "{\"@type\":\"function\"}");
        return;
    case VALUE_NULL:
    case VALUE_BOOLEAN:
    case VALUE_NUMBER:
        value_write(out, v);
        return;
    default:
        write_typed(out, v);
    }
}

void wire_write(struct buf *out, struct value v)
{
    write_at(out, v, 0);
}
