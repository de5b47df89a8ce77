#include "open/open.h"

#include "registry/mask.h"

static const struct treatment {
    const char *name;
    enum open_need need;
    const char *zh, *en;
} TREATMENTS[] = {
#define X(name, need, zh, en) {#name, need, zh, en},
    OPEN_TREATMENTS(X)
#undef X
};

const char *open_treatment_name(enum open_treatment t)
{
    return TREATMENTS[t].name;
}

void open_write_treatments(struct buf *b)
{
    static const char *const needs[] = {"any", "date", "number", "text"};
    for (size_t i = 0; i < COUNT(TREATMENTS); i++) {
        const struct treatment *t = &TREATMENTS[i];
        buf_add_format(b, "%s{\"name\":\"%s\",\"for\":\"%s\",\"title\":", i ? "," : "", t->name,
                       needs[t->need]);
        title_write(b, (struct title){str_from(t->zh), str_from(t->en)});
        buf_add_char(b, '}');
    }
}

static bool fits(const struct treatment *t, const struct field *f)
{
    switch (t->need) {
    case NEED_DATE:
        return f->type == FIELD_DATE;
    case NEED_NUMBER:
        return f->type == FIELD_INTEGER || f->type == FIELD_NUMBER;
    case NEED_TEXT:
        return f->type == FIELD_TEXT;
    case NEED_ANY:
        break;
    }
    return f->type != FIELD_JSON;
}

static bool read_field(struct cx *cx, const struct json *v, size_t at, struct open_release *r)
{
    str name = json_text(v, "name", STR("")), how = json_text(v, "treatment", STR("keep")),
        role = json_text(v, "role", STR("quasi"));
    const struct field *f = field_find(r->dataset, name);
    if (!f) {
        err_set(cx->err, ERR_INVALID, "\"%.*s\" is no field of %.*s", STR_ARG(utf8_clip(name, 60)),
                STR_ARG(r->dataset->title.en));
        return err_at(cx->err, "/fields/%zu", at);
    }
    struct open_field *out = &r->fields[r->field_count];
    *out = (struct open_field){.field = f,
                               .role = str_is(role, "sensitive") ? ROLE_SENSITIVE : ROLE_QUASI};
    for (size_t i = 0; i < r->field_count; i++) {
        if (r->fields[i].field == f)
            return err_set(cx->err, ERR_INVALID, "%.*s is there twice", STR_ARG(f->name));
    }
    for (size_t i = 0; i < COUNT(TREATMENTS); i++) {
        if (!str_is(how, TREATMENTS[i].name) || !fits(&TREATMENTS[i], f))
            continue;
        out->treatment = (enum open_treatment)i;
        r->field_count++;
        return true;
    }
    err_set(cx->err, ERR_INVALID, "\"%.*s\" cannot be done to %.*s", STR_ARG(utf8_clip(how, 40)),
            STR_ARG(f->name));
    err_zh(cx->err, "字段“%.*s”不能这样处理", STR_ARG(f->title.zh));
    return err_at(cx->err, "/fields/%zu", at);
}

bool open_read_fields(struct cx *cx, const struct json *list, struct open_release *r)
{
    if (!list || list->type != JSON_ARRAY || list->array.n == 0 ||
        list->array.n > OPEN_MAX_FIELDS) {
        err_set(cx->err, ERR_INVALID, "fields is a list of 1 to %d fields with their treatment",
                OPEN_MAX_FIELDS);
        err_zh(cx->err, "请选择 1 到 %d 个字段", OPEN_MAX_FIELDS);
        return err_at(cx->err, "/fields");
    }
    r->fields = arena_array(cx->arena, struct open_field, list->array.n);
    for (size_t i = 0; i < list->array.n; i++) {
        if (!read_field(cx, &list->array.items[i], i, r))
            return false;
    }
    return true;
}

static void add_ages(struct buf *sql, str column, int band, int open_from)
{
    const char *age = "extract(year from age((now() at time zone 'Asia/Shanghai')::date, t.";
    buf_add_format(sql,
                   "case when %s%.*s))::int >= %d then '%d+' else (%s%.*s))::int / %d * %d) ||"
                   " '-' || (%s%.*s))::int / %d * %d + %d) end",
                   age, STR_ARG(column), open_from, open_from, age, STR_ARG(column), band, band,
                   age, STR_ARG(column), band, band, band - 1);
}

static void add_bands(struct buf *sql, str column, int band)
{
    buf_add_format(sql,
                   "(floor(t.%.*s / %d.0) * %d)::bigint || '-' || (floor(t.%.*s / %d.0) * %d +"
                   " %d)::bigint",
                   STR_ARG(column), band, band, STR_ARG(column), band, band, band - 1);
}

void open_expression(struct buf *sql, const struct open_field *f)
{
    str c = f->field->column, mask = f->field->mask.n ? f->field->mask : STR("hide");
    switch (f->treatment) {
    case OPEN_keep:
        buf_add_format(sql, "t.%.*s::text", STR_ARG(c));
        return;
    case OPEN_mask:
        buf_add_format(sql, "%s(t.%.*s::%s)", mask_sql(mask), STR_ARG(c), mask_cast(mask));
        return;
    case OPEN_year:
        buf_add_format(sql, "to_char(t.%.*s, 'YYYY')", STR_ARG(c));
        return;
    case OPEN_month:
        buf_add_format(sql, "to_char(t.%.*s, 'YYYY-MM')", STR_ARG(c));
        return;
    case OPEN_age5:
        add_ages(sql, c, 5, 90);
        return;
    case OPEN_age10:
        add_ages(sql, c, 10, 90);
        return;
    case OPEN_county:
        buf_add_format(sql, "left(t.%.*s, 6)", STR_ARG(c));
        return;
    case OPEN_town:
        buf_add_format(sql, "left(t.%.*s, 9)", STR_ARG(c));
        return;
    case OPEN_tens:
        add_bands(sql, c, 10);
        return;
    case OPEN_hundreds:
        add_bands(sql, c, 100);
        return;
    }
}
