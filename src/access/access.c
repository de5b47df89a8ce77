#include "access/access.h"

#include "registry/mask.h"

enum { MAX_CONDITIONS = 20, MAX_IN = 200, MAX_SQL = 1 << 20 };

bool view_for_actor(struct cx *cx, const struct dataset *d, struct view *v)
{
    if (!identity_require(cx, "read", d))
        return false;
    bool sees_clear = identity_may(cx, "clear", d);
    *v = (struct view){.dataset = d,
                       .fields = arena_array(cx->arena, struct view_field, d->field_count)};
    for (size_t i = 0; i < d->field_count; i++) {
        const struct field *f = &d->fields[i];
        bool is_masked = f->grade >= GRADE_L3 && !sees_clear;
        if (is_masked && f->mask.n == 0 && f->grade >= GRADE_L4)
            continue;
        v->fields[v->n++] = (struct view_field){f, is_masked};
    }
    return true;
}

static bool is_listed(const str *list, size_t n, str name)
{
    for (size_t i = 0; i < n; i++) {
        if (str_equal(list[i], name))
            return true;
    }
    return false;
}

bool view_for_grant(struct arena *a, const struct dataset *d, const str *fields, size_t field_count,
                    const str *clear, size_t clear_count, const struct json *filter, struct view *v,
                    struct err *e)
{
    struct view got = {.dataset = d, .fields = arena_array(a, struct view_field, field_count)};
    for (size_t i = 0; i < field_count; i++) {
        const struct field *f = field_find(d, fields[i]);
        if (!f)
            return err_set(e, ERR_INVALID, "\"%.*s\" is no field of %.*s", STR_ARG(fields[i]),
                           STR_ARG(d->id));
        bool is_masked = f->grade >= GRADE_L3 && !is_listed(clear, clear_count, f->name);
        got.fields[got.n++] = (struct view_field){f, is_masked};
    }
    struct buf where = {.max = MAX_SQL};
    bool ok = filter_to_sql(a, d, filter, &where, e);
    got.where = arena_copy(a, buf_str(&where));
    buf_release(&where);
    if (ok)
        *v = got;
    return ok;
}

const struct view_field *view_find(const struct view *v, str name)
{
    for (size_t i = 0; i < v->n; i++) {
        if (str_equal(v->fields[i].field->name, name))
            return &v->fields[i];
    }
    return NULL;
}

void view_expression(struct buf *sql, const struct view_field *f, const char *alias)
{
    str column = f->field->column;
    if (f->is_masked) {
        str mask = f->field->mask.n ? f->field->mask : STR("hide");
        const char *cast = mask_cast(mask);
        buf_add_format(sql, "%s(%s.%.*s::%s)", mask_sql(mask), alias, STR_ARG(column), cast);
    } else if (f->field->type == FIELD_BOOLEAN) {
        buf_add_format(sql, "case when %s.%.*s then 'true' when not %s.%.*s then 'false' end",
                       alias, STR_ARG(column), alias, STR_ARG(column));
    } else if (f->field->type == FIELD_TIMESTAMP) {
        buf_add_format(sql, "to_json(%s.%.*s)#>>'{}'", alias, STR_ARG(column));
    } else {
        buf_add_format(sql, "%s.%.*s", alias, STR_ARG(column));
    }
}

void view_columns(struct buf *sql, const struct view *v, const char *alias)
{
    for (size_t i = 0; i < v->n; i++) {
        if (i)
            buf_add_lit(sql, ", ");
        view_expression(sql, &v->fields[i], alias);
    }
}

void view_write_row(struct buf *out, const struct view *v, const struct rows *rows, size_t row,
                    int first_column)
{
    for (size_t i = 0; i < v->n; i++) {
        const struct view_field *f = &v->fields[i];
        str value = rows_text(rows, row, first_column + (int)i);
        if (!value.p)
            continue;
        if (out->n && out->p[out->n - 1] != '{')
            buf_add_char(out, ',');
        json_write_string(out, f->field->name);
        buf_add_char(out, ':');
        if (f->is_masked || field_is_quoted(f->field->type))
            json_write_string(out, value);
        else
            buf_add(out, value);
    }
}

void view_write_masked(struct buf *out, const struct view *v)
{
    bool is_first = true;
    buf_add_char(out, '[');
    for (size_t i = 0; i < v->n; i++) {
        if (!v->fields[i].is_masked)
            continue;
        if (!is_first)
            buf_add_char(out, ',');
        is_first = false;
        json_write_string(out, v->fields[i].field->name);
    }
    buf_add_char(out, ']');
}

/* A JSON scalar as a quoted literal of the field's type. */
static bool add_value(struct arena *a, const struct field *f, const struct json *v, struct buf *sql,
                      struct err *e)
{
    str text = v->type == JSON_TRUE                               ? STR("true")
               : v->type == JSON_FALSE                            ? STR("false")
               : v->type == JSON_STRING || v->type == JSON_NUMBER ? v->text
                                                                  : (str){0};
    if (!text.p || text.n > 1000 || (text.n && memchr(text.p, 0, text.n)))
        return err_set(e, ERR_INVALID,
                       "the value for %.*s is no text, number or boolean of at most 1000 bytes",
                       STR_ARG(f->name));
    buf_add_format(sql, "%.*s::%s", STR_ARG(sql_literal(a, text)), field_sql_type(f->type));
    return true;
}

static bool add_in(struct arena *a, const struct field *f, const struct json *list, struct buf *sql,
                   struct err *e)
{
    if (list->type != JSON_ARRAY || list->array.n == 0 || list->array.n > MAX_IN)
        return err_set(e, ERR_INVALID, "\"in\" takes a list of 1 to %d values", MAX_IN);
    buf_add_format(sql, "t.%.*s in (", STR_ARG(f->column));
    for (size_t i = 0; i < list->array.n; i++) {
        if (i)
            buf_add_lit(sql, ", ");
        if (!add_value(a, f, &list->array.items[i], sql, e))
            return false;
    }
    buf_add_char(sql, ')');
    return true;
}

static bool add_starts(struct arena *a, const struct field *f, const struct json *v,
                       struct buf *sql, struct err *e)
{
    if (f->type != FIELD_TEXT || v->type != JSON_STRING || v->text.n == 0 || v->text.n > 200 ||
        memchr(v->text.p, 0, v->text.n))
        return err_set(e, ERR_INVALID,
                       "\"starts\" takes a text field and a text of 1 to 200 bytes");
    buf_add_format(sql, "starts_with(t.%.*s, %.*s)", STR_ARG(f->column),
                   STR_ARG(sql_literal(a, v->text)));
    return true;
}

static bool add_condition(struct arena *a, const struct dataset *d, const struct json *c,
                          struct buf *sql, struct err *e)
{
    static const char *const orders[] = {"=", ">=", "<="};
    str name = json_text(c, "field", STR("")), op = json_text(c, "op", STR(""));
    const struct json *value = json_find(c, "value");
    const struct field *f = field_find(d, name);
    if (!f)
        return err_set(e, ERR_INVALID, "\"%.*s\" is no field of %.*s",
                       STR_ARG(str_slice(name, 0, 60)), STR_ARG(d->title.en));
    if (!value || f->type == FIELD_JSON)
        return err_set(e, ERR_INVALID, "the condition on %.*s needs a value", STR_ARG(f->name));
    if (str_is(op, "in"))
        return add_in(a, f, value, sql, e);
    if (str_is(op, "starts"))
        return add_starts(a, f, value, sql, e);
    for (size_t i = 0; i < COUNT(orders); i++) {
        if (!str_is(op, orders[i]))
            continue;
        buf_add_format(sql, "t.%.*s %s ", STR_ARG(f->column), orders[i]);
        return add_value(a, f, value, sql, e);
    }
    return err_set(e, ERR_INVALID, "\"%.*s\" is no comparison; there are = in starts >= <=",
                   STR_ARG(str_slice(op, 0, 20)));
}

bool filter_to_sql(struct arena *a, const struct dataset *d, const struct json *filter,
                   struct buf *sql, struct err *e)
{
    if (!filter || filter->type == JSON_NULL)
        return true;
    if (filter->type != JSON_ARRAY || filter->array.n > MAX_CONDITIONS) {
        err_set(e, ERR_INVALID, "filter is a list of at most %d conditions", MAX_CONDITIONS);
        return err_at(e, "/filter");
    }
    for (size_t i = 0; i < filter->array.n; i++) {
        if (i)
            buf_add_lit(sql, " and ");
        if (!add_condition(a, d, &filter->array.items[i], sql, e))
            return err_at(e, "/filter/%zu", i);
    }
    return true;
}

bool key_to_where(struct arena *a, const struct dataset *d, str key, struct buf *sql, struct err *e)
{
    str rest = key, part;
    for (size_t i = 0; i < d->key_count; i++) {
        bool is_last = i + 1 == d->key_count;
        if (is_last) {
            part = rest.p ? rest : STR("");
        } else if (!str_take_part(&rest, '~', &part) || !rest.p) {
            return err_set(e, ERR_INVALID, "a key here has %zu parts joined by ~", d->key_count);
        }
        if (part.n > 500 || (part.n && memchr(part.p, 0, part.n)))
            return err_set(e, ERR_INVALID, "the key is too long");
        buf_add_format(sql, "%st.%.*s = %.*s", i ? " and " : "", STR_ARG(d->key[i]->column),
                       STR_ARG(sql_literal(a, part)));
    }
    return true;
}

void key_expression(struct buf *sql, const struct dataset *d)
{
    for (size_t i = 0; i < d->key_count; i++)
        buf_add_format(sql, "%st.%.*s::text", i ? " || '~' || " : "", STR_ARG(d->key[i]->column));
}
