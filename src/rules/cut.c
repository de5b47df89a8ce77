#include "rules/cut.h"

#include "base/date.h"

static const struct {
    const char *name, *zh, *en;
} CUTS[] = {
    [CUT_TOWN] = {"town", "乡镇", "town"},
    [CUT_AGE] = {"age", "年龄段", "age"},
};

bool cut_fits(enum cut_kind kind, const struct field *f)
{
    if (kind == CUT_TOWN)
        return f->type == FIELD_TEXT && str_is(f->code, "division");
    return kind == CUT_AGE && f->type == FIELD_DATE;
}

bool cut_read(const struct dataset *d, str text, struct cut *c)
{
    size_t dot = str_find(text, STR("."));
    *c = (struct cut){0};
    if (dot == SIZE_MAX || !(c->field = field_find(d, str_slice(text, 0, dot))))
        return false;
    str kind = str_slice(text, dot + 1, text.n), day = {0};
    size_t at = str_find(kind, STR("@"));
    if (at != SIZE_MAX) {
        day = str_slice(kind, at + 1, kind.n);
        kind = str_slice(kind, 0, at);
    }
    if (str_is(kind, CUTS[CUT_AGE].name) && date_parse(day, &c->day))
        c->kind = CUT_AGE;
    else if (str_is(kind, CUTS[CUT_TOWN].name) && !day.p)
        c->kind = CUT_TOWN;
    return cut_fits(c->kind, c->field);
}

void cut_sql(struct buf *out, const struct cut *c, str value)
{
    if (c->kind == CUT_TOWN) {
        buf_add_format(out, "left(%.*s, 9)", STR_ARG(value));
        return;
    }
    /* The oldest together: few of a county are past ninety, fewer past a hundred. */
    buf_add_format(out,
                   "(select case when y < 0 then null when y >= 90 then '90+'"
                   " else y / 10 * 10 || '-' || y / 10 * 10 + 9 end from (select extract(year from"
                   " age(date '1970-01-01' + %d, (%.*s)::date))::int as y) as of_day)",
                   c->day, STR_ARG(value));
}

struct title cut_title(enum cut_kind kind)
{
    return (struct title){str_from(CUTS[kind].zh), str_from(CUTS[kind].en)};
}

const char *cut_name(enum cut_kind kind)
{
    return CUTS[kind].name;
}
