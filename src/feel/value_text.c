/* Values as text: string() and FEEL literals. */
#include "feel/temporal.h"
#include "feel/value.h"

enum { MAX_DEPTH = 400 };

static void write_quoted(struct buf *out, str s)
{
    buf_add_char(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\')
            buf_add_char(out, '\\');
        if (s.p[i] == '\n')
            buf_add_lit(out, "\\n");
        else
            buf_add_char(out, s.p[i]);
    }
    buf_add_char(out, '"');
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

/* Whether a key can stand bare: words with single spaces between. */
static bool is_bare_key(str key)
{
    if (key.n == 0 || !is_word_byte(key.p[0]) || (key.p[0] >= '0' && key.p[0] <= '9'))
        return false;
    for (size_t i = 0; i < key.n; i++) {
        bool is_gap = key.p[i] == ' ' && i + 1 < key.n && is_word_byte(key.p[i + 1]);
        if (!is_word_byte(key.p[i]) && !is_gap)
            return false;
    }
    return true;
}

static void write_nested(struct buf *out, struct value v, int depth);

static void write_range(struct buf *out, const struct range *r, int depth)
{
    static const char *const signs[] = {"", "<", ">", "=", "!="};
    if (r->form == RANGE_INTERVAL) {
        buf_add_char(out, r->has_low ? '[' : '(');
        write_nested(out, r->low, depth);
        buf_add_lit(out, "..");
        write_nested(out, r->high, depth);
        buf_add_char(out, r->has_high ? ']' : ')');
        return;
    }
    buf_add_format(out, "%s%s ", signs[r->form],
                   (r->form == RANGE_BELOW && r->has_high) || (r->form == RANGE_ABOVE && r->has_low)
                       ? "="
                       : "");
    write_nested(out, r->form == RANGE_BELOW ? r->high : r->low, depth);
}

static void write_context(struct buf *out, struct value v, int depth)
{
    buf_add_char(out, '{');
    for (uint32_t i = 0; i < v.n && !out->is_full; i++) {
        if (i)
            buf_add_lit(out, ", ");
        if (is_bare_key(v.entries[i].key))
            buf_add(out, v.entries[i].key);
        else
            write_quoted(out, v.entries[i].key);
        buf_add_lit(out, ": ");
        write_nested(out, v.entries[i].value, depth);
    }
    buf_add_char(out, '}');
}

static void write_nested(struct buf *out, struct value v, int depth)
{
    if (depth > MAX_DEPTH) {
        out->is_full = true;
        return;
    }
    switch ((enum value_kind)v.kind) {
    case VALUE_NULL:
        buf_add_lit(out, "null");
        return;
    case VALUE_BOOLEAN:
        buf_add(out, v.i ? STR("true") : STR("false"));
        return;
    case VALUE_NUMBER: {
        struct decimal d = value_decimal(v);
        decimal_write(out, &d);
        return;
    }
    case VALUE_STRING:
        write_quoted(out, value_text(v));
        return;
    case VALUE_LIST:
        buf_add_char(out, '[');
        for (uint32_t i = 0; i < v.n && !out->is_full; i++) {
            if (i)
                buf_add_lit(out, ", ");
            write_nested(out, v.items[i], depth + 1);
        }
        buf_add_char(out, ']');
        return;
    case VALUE_CONTEXT:
        write_context(out, v, depth + 1);
        return;
    case VALUE_RANGE:
        write_range(out, v.range, depth + 1);
        return;
    case VALUE_FUNCTION:
        buf_add_lit(out, "function");
        return;
    default:
        temporal_write(out, v);
    }
}

void value_write(struct buf *out, struct value v)
{
    if (v.kind == VALUE_STRING)
        buf_add(out, value_text(v));
    else
        write_nested(out, v, 0);
}

void value_write_literal(struct buf *out, struct value v)
{
    bool is_temporal = v.kind >= VALUE_DATE && v.kind <= VALUE_MONTHS;
    if (is_temporal)
        buf_add_lit(out, "@\"");
    write_nested(out, v, 0);
    if (is_temporal)
        buf_add_char(out, '"');
}
