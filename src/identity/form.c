#include "identity/form.h"

#include "http/router.h"

bool form_decode(struct arena *a, str text, str *out)
{
    char *p = arena_alloc(a, text.n + 1, 1);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == 0)
            return false;
        p[i] = text.p[i] == '+' ? ' ' : text.p[i];
    }
    return url_decode(a, (str){p, text.n}, out);
}

bool form_read(struct form *f, struct arena *a, str body, struct err *e)
{
    struct form got = {.n = 0};
    str part;
    while (body.n && str_take_part(&body, '&', &part)) {
        str name, value = part, decoded;
        if (!part.n)
            continue;
        if (!str_take_part(&value, '=', &name))
            name = part;
        if (got.n == FORM_MAX)
            return err_set(e, ERR_INVALID, "more than %d parameters", FORM_MAX);
        if (!form_decode(a, name, &decoded))
            return err_set(e, ERR_INVALID, "a parameter's name cannot be decoded");
        struct form_field *field = &got.fields[got.n];
        field->name = decoded;
        if (!form_decode(a, value.p ? value : STR(""), &field->value))
            return err_set(e, ERR_INVALID, "the value of %.*s cannot be decoded",
                           STR_ARG(utf8_clip(decoded, 40)));
        for (size_t i = 0; i < got.n; i++) {
            if (str_equal(got.fields[i].name, decoded))
                return err_set(e, ERR_INVALID, "%.*s is given twice",
                               STR_ARG(utf8_clip(decoded, 40)));
        }
        got.n++;
    }
    *f = got;
    return true;
}

str form_text(const struct form *f, const char *name)
{
    for (size_t i = 0; i < f->n; i++) {
        if (str_is(f->fields[i].name, name) && f->fields[i].value.n)
            return f->fields[i].value;
    }
    return (str){0};
}

void form_encode(struct buf *out, str text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            (c && strchr("-._~", c)))
            buf_add_char(out, (char)c);
        else
            buf_add_format(out, "%%%02X", c);
    }
}

void form_add(struct buf *address, const char *name, str value)
{
    if (!value.p)
        return;
    buf_add_char(address, memchr(address->p, '?', address->n) ? '&' : '?');
    buf_add(address, str_from(name));
    buf_add_char(address, '=');
    form_encode(address, value);
}
