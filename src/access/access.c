#include "access/access.h"

#include "registry/mask.h"

enum { MAX_CONDITIONS = 20, MAX_IN = 200, MAX_SQL = 1 << 20 };

/* --- what the posts of a person give -------------------------------------------------------------
 */

/* A line of rights.csv that a post holds, with its row condition for that post. */
struct hold {
    const struct right *right; /* NULL: an emergency look, all fields in the clear */
    str condition;             /* SQL over t, me put in; empty: every row */
};

struct holds {
    struct hold *items;
    size_t n, size;
};

static bool is_held(const struct holds *h, const struct right *g, str condition)
{
    for (size_t i = 0; i < h->n; i++) {
        if (h->items[i].right == g && str_equal(h->items[i].condition, condition))
            return true;
    }
    return false;
}

static bool find_holds(struct cx *cx, const struct dataset *d, const char *verb, struct holds *out)
{
    const struct registry *r = cx->registry;
    for (size_t i = 0; i < r->right_count; i++) {
        const struct right *g = &r->rights[i];
        for (size_t k = 0; str_is(g->verb, verb) && k < cx->actor->post_count; k++) {
            const struct post *p = &cx->actor->posts[k];
            struct asker who = post_asker(cx->actor, p, cx->purpose);
            str sql;
            bool uses_me;
            if (!post_holds(p, g, d))
                continue;
            if (!right_condition(cx->arena, g, d, STR("t."), &who, &sql, &uses_me, cx->err))
                return false;
            if (!is_held(out, g, sql))
                VEC_ADD(cx->arena, out->items, out->n, out->size) = (struct hold){g, sql};
        }
    }
    return true;
}

/* Emergency looks that are open now. */
static bool add_broken_glass(struct cx *cx, const struct dataset *d, struct holds *out)
{
    struct rows rows;
    BUF_SCOPED struct buf sql = {.max = MAX_SQL};
    if (!identity_may(cx, "break-glass", d))
        return true;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select key from shuzhi.break_glass where login = $1 and dataset = $2 and until > now()"
            " limit 50",
            P(cx->actor->login), P(d->id)))
        return false;
    for (size_t i = 0; i < rows.n; i++) {
        buf_add(&sql, i ? STR(", ") : STR(" in ("));
        buf_add(&sql, sql_literal(cx->arena, rows_text(&rows, i, 0)));
    }
    if (rows.n == 0)
        return true;
    BUF_SCOPED struct buf whole = {.max = MAX_SQL};
    buf_add_char(&whole, '(');
    key_expression(&whole, d);
    buf_add(&whole, buf_str(&sql));
    buf_add_lit(&whole, "))");
    VEC_ADD(cx->arena, out->items, out->n, out->size) =
        (struct hold){NULL, arena_copy(cx->arena, buf_str(&whole))};
    return true;
}

static bool gives_field(const struct hold *h, str name)
{
    return !h->right || right_gives_field(h->right, name);
}

/* Alternatives of the holds that give the field: empty when one gives it in every row; p == NULL
 * when none gives it. */
static str any_of(struct arena *a, const struct holds *h, str field)
{
    BUF_SCOPED struct buf b = {.max = MAX_SQL};
    for (size_t i = 0; i < h->n; i++) {
        if (!gives_field(&h->items[i], field))
            continue;
        if (h->items[i].condition.n == 0)
            return STR("");
        buf_add(&b, b.n ? STR(" or ") : STR("("));
        buf_add(&b, h->items[i].condition);
    }
    if (b.n == 0)
        return (str){0};
    buf_add_char(&b, ')');
    return arena_copy(a, buf_str(&b));
}

static bool ends(const struct view_field *f)
{
    return f->n && f->cases[f->n - 1].condition.n == 0;
}

/* The first case that fits a row says how it is shown; what comes after one for all rows is dead.
 */
static void add_case(struct view_field *f, str condition, str mask)
{
    if (!ends(f) && f->n < VIEW_MAX_CASES)
        f->cases[f->n++] = (struct view_case){condition, mask};
}

static void find_cases(struct arena *a, const struct holds *read, const struct holds *clear,
                       struct view_field *f)
{
    const struct field *field = f->field;
    str given = any_of(a, read, field->name), open = any_of(a, clear, field->name);
    f->cases = arena_array(a, struct view_case, VIEW_MAX_CASES);
    if (!given.p)
        return;
    if (open.p && open.n && given.n)
        add_case(f, arena_format(a, "(%.*s and %.*s)", STR_ARG(open), STR_ARG(given)), STR("none"));
    else if (open.p)
        add_case(f, open.n ? open : given, STR("none"));
    for (size_t i = 0; i < read->n && !ends(f); i++) {
        const struct hold *h = &read->items[i];
        str mask = h->right ? right_mask(h->right, field) : STR("none");
        if (gives_field(h, field->name) && (mask.n || field->grade < GRADE_L4))
            add_case(f, h->condition, mask.n ? mask : STR("hide"));
    }
    for (size_t i = 0; i < f->n; i++)
        f->is_masked |= !str_is(f->cases[i].mask, "none");
}

bool view_for_actor(struct cx *cx, const struct dataset *d, struct view *v)
{
    struct holds read = {0}, clear = {0};
    if (!add_broken_glass(cx, d, &read) || (read.n == 0 && !identity_require(cx, "read", d)) ||
        !find_holds(cx, d, "read", &read) || !find_holds(cx, d, "clear", &clear))
        return false;
    *v = (struct view){.dataset = d,
                       .is_limited = true,
                       .fields = arena_array(cx->arena, struct view_field, d->field_count)};
    for (size_t i = 0; i < read.n; i++)
        v->is_limited &= read.items[i].condition.n > 0;
    for (size_t i = 0; i < d->field_count; i++) {
        struct view_field f = {.field = &d->fields[i]};
        find_cases(cx->arena, &read, &clear, &f);
        if (f.n)
            v->fields[v->n++] = f;
    }
    return true;
}

void view_field_clear(struct arena *a, const struct field *field, struct view_field *f)
{
    *f = (struct view_field){.field = field, .n = 1, .cases = arena_new(a, struct view_case)};
    f->cases[0].mask = STR("none");
}

bool view_is_clear(const struct view_field *f)
{
    return f->n == 1 && f->cases[0].condition.n == 0 && str_is(f->cases[0].mask, "none");
}

bool view_may_ask(const struct view_field *f)
{
    if (f->field->type == FIELD_JSON)
        return false;
    for (size_t i = 0; i < f->n; i++) {
        if (str_is(f->cases[i].mask, "none"))
            return true;
    }
    return false;
}

/* The column where it is shown in the clear, null where it is not: what filters and order go by, so
 * that an answer tells nothing of a value that the asker would not be shown. */
void view_ask(struct buf *sql, const struct view_field *f)
{
    if (view_is_clear(f)) {
        buf_add_format(sql, "t.%.*s", STR_ARG(f->field->column));
        return;
    }
    buf_add_lit(sql, "(case");
    for (size_t i = 0; i < f->n; i++) {
        bool is_clear = str_is(f->cases[i].mask, "none");
        str condition = f->cases[i].condition.n ? f->cases[i].condition : STR("true");
        buf_add_format(sql, " when %.*s then ", STR_ARG(condition));
        if (is_clear)
            buf_add_format(sql, "t.%.*s", STR_ARG(f->field->column));
        else
            buf_add_lit(sql, "null");
    }
    buf_add_lit(sql, " end)");
}

/* --- the reader's connection ---------------------------------------------------------------------
 */

static struct db *begin_reading(struct cx *cx, str who, str verb, str grants)
{
    BUF_SCOPED struct buf sql = {.max = MAX_SQL};
    struct arena *a = cx->arena;
    db_rollback(cx->reader);
    buf_add_format(&sql,
                   "begin read only; select set_config('shuzhi.who', %.*s, true),"
                   " set_config('shuzhi.verb', %.*s, true), set_config('shuzhi.purpose', %.*s, "
                   "true), set_config('shuzhi.grants', %.*s, true)%c",
                   STR_ARG(sql_literal(a, who)), STR_ARG(sql_literal(a, verb)),
                   STR_ARG(sql_literal(a, cx->purpose.p ? cx->purpose : STR(""))),
                   STR_ARG(sql_literal(a, grants)), 0);
    return db_script(cx->reader, sql.p, cx->err) ? cx->reader : NULL;
}

struct db *access_reader(struct cx *cx, const char *verb)
{
    str who = cx->actor ? cx->actor->login : STR("");
    if (cx->reading && strcmp(cx->reading, verb) == 0)
        return cx->reader;
    cx->reading = verb;
    return begin_reading(cx, who, str_from(verb), STR(""));
}

struct db *access_reader_for_grant(struct cx *cx, int64_t grant)
{
    cx->reading = "grant";
    return begin_reading(cx, STR(""), STR("read"),
                         arena_format(cx->arena, "{%lld}", (long long)grant));
}

bool access_sees_all_rows(struct cx *cx, const struct dataset *d)
{
    const struct registry *r = cx->registry;
    for (size_t i = 0; cx->actor && i < r->right_count; i++) {
        const struct right *g = &r->rights[i];
        for (size_t k = 0; k < cx->actor->post_count; k++) {
            if (str_is(g->verb, "read") && !g->when.n && post_holds(&cx->actor->posts[k], g, d))
                return true;
        }
    }
    return false;
}

bool view_sight(struct cx *cx, const struct view *v, str key, const struct view_field *f,
                enum sight *out)
{
    struct rows rows;
    BUF_SCOPED struct buf sql = {.max = MAX_SQL};
    struct db *reader = access_reader(cx, "read");
    buf_add_lit(&sql, "select ");
    if (f && f->cases[0].condition.n) {
        buf_add_lit(&sql, "case");
        for (size_t i = 0; i < f->n; i++) {
            str condition = f->cases[i].condition.n ? f->cases[i].condition : STR("true");
            buf_add_format(&sql, " when %.*s then %s", STR_ARG(condition),
                           str_is(f->cases[i].mask, "none") ? "true" : "false");
        }
        buf_add_lit(&sql, " end");
    } else {
        buf_add(&sql, !f || str_is(f->cases[0].mask, "none") ? STR("true") : STR("false"));
    }
    buf_add_format(&sql, " from %.*s t where ", STR_ARG(v->dataset->table));
    if (!reader || !key_to_where(cx->arena, v->dataset, key, &sql, cx->err))
        return false;
    buf_add_char(&sql, '\0');
    if (!DB0(reader, cx->arena, &rows, cx->err, sql.p))
        return false;
    bool is_shown = rows.n && !rows_is_null(&rows, 0, 0);
    *out = !is_shown ? SIGHT_NONE : rows_bool(&rows, 0, 0) ? SIGHT_CLEAR : SIGHT_MASKED;
    return true;
}

bool access_cells(struct cx *cx, const struct dataset *d, str key, str *cells)
{
    struct rows rows;
    BUF_SCOPED struct buf sql = {.max = MAX_SQL};
    struct view whole = {.dataset = d,
                         .fields = arena_array(cx->arena, struct view_field, d->field_count),
                         .n = d->field_count};
    for (size_t i = 0; i < d->field_count; i++)
        view_field_clear(cx->arena, &d->fields[i], &whole.fields[i]);
    buf_add_lit(&sql, "select ");
    view_columns(&sql, &whole, "t");
    buf_add_format(&sql, " from %.*s t where ", STR_ARG(d->table));
    if (!key_to_where(cx->arena, d, key, &sql, cx->err))
        return false;
    buf_add_char(&sql, '\0');
    if (!DB0(cx->db, cx->arena, &rows, cx->err, sql.p))
        return false;
    if (rows.n == 0) {
        err_set(cx->err, ERR_MISSING, "%.*s has no record with this key", STR_ARG(d->title.en));
        return err_zh(cx->err, "“%.*s”中没有这条记录", STR_ARG(d->title.zh));
    }
    for (size_t i = 0; i < d->field_count; i++)
        cells[i] = rows_text(&rows, 0, (int)i);
    return true;
}

bool access_missing(struct cx *cx, const struct view *v, str where)
{
    const struct dataset *d = v->dataset;
    struct rows rows = {0};
    if (v->is_limited && !DB0(cx->db, cx->arena, &rows, cx->err,
                              arena_format(cx->arena, "select 1 from %.*s t where %.*s",
                                           STR_ARG(d->table), STR_ARG(where))
                                  .p))
        return false;
    if (rows.n) {
        err_set(cx->err, ERR_DENIED, "this record of %.*s is outside the rows you may see",
                STR_ARG(d->title.en));
        return err_zh(cx->err, "“%.*s”的这条记录不在您的数据范围内", STR_ARG(d->title.zh));
    }
    err_set(cx->err, ERR_MISSING, "%.*s has no record with this key", STR_ARG(d->title.en));
    return err_zh(cx->err, "“%.*s”中没有这条记录", STR_ARG(d->title.zh));
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
        struct view_field *to = &got.fields[got.n++];
        view_field_clear(a, f, to);
        to->is_masked = f->grade >= GRADE_L3 && !is_listed(clear, clear_count, f->name);
        if (to->is_masked)
            to->cases[0].mask = f->mask.n ? f->mask : STR("hide");
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

static void add_shown(struct buf *sql, const struct field *f, str mask, const char *alias)
{
    if (!str_is(mask, "none"))
        buf_add_format(sql, "%s(%s.%.*s::%s)", mask_sql(mask), alias, STR_ARG(f->column),
                       mask_cast(mask));
    else if (f->type == FIELD_BOOLEAN)
        buf_add_format(sql, "case when %s.%.*s then 'true' when not %s.%.*s then 'false' end",
                       alias, STR_ARG(f->column), alias, STR_ARG(f->column));
    else if (f->type == FIELD_TIMESTAMP)
        buf_add_format(sql, "to_json(%s.%.*s)#>>'{}'", alias, STR_ARG(f->column));
    else
        buf_add_format(sql, "%s.%.*s", alias, STR_ARG(f->column));
}

void view_expression(struct buf *sql, const struct view_field *f, const char *alias)
{
    if (f->cases[0].condition.n == 0) {
        add_shown(sql, f->field, f->cases[0].mask, alias);
        return;
    }
    buf_add_lit(sql, "case");
    for (size_t i = 0; i < f->n; i++) {
        str condition = f->cases[i].condition.n ? f->cases[i].condition : STR("true");
        buf_add_format(sql, " when %.*s then (", STR_ARG(condition));
        add_shown(sql, f->field, f->cases[i].mask, alias);
        buf_add_lit(sql, ")::text");
    }
    buf_add_lit(sql, " end");
}

void view_columns(struct buf *sql, const struct view *v, const char *alias)
{
    for (size_t i = 0; i < v->n; i++) {
        if (i)
            buf_add_lit(sql, ", ");
        view_expression(sql, &v->fields[i], alias);
    }
}

/* A mask leaves a star, or the type was text to begin with. */
void view_write_value(struct buf *out, const struct view_field *f, str value)
{
    if (!value.p)
        buf_add_lit(out, "null");
    else if (field_is_quoted(f->field->type) ||
             memchr(value.p, '*', f->field->type == FIELD_JSON && value.n ? 1 : value.n))
        json_write_string(out, value);
    else
        buf_add(out, value);
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
        view_write_value(out, f, value);
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

void key_order(struct buf *sql, const struct dataset *d)
{
    for (size_t i = 0; i < d->key_count; i++)
        buf_add_format(sql, "%st.%.*s", i ? ", " : "", STR_ARG(d->key[i]->column));
}

bool key_to_after(struct arena *a, const struct dataset *d, str key, struct buf *sql, struct err *e)
{
    str rest = key, part = {0};
    buf_add_char(sql, '(');
    key_order(sql, d);
    buf_add_lit(sql, ") > (");
    for (size_t i = 0; i < d->key_count; i++) {
        if (i + 1 == d->key_count)
            part = rest;
        else if (!str_take_part(&rest, '~', &part))
            return err_set(e, ERR_INVALID, "after is not from an earlier answer");
        buf_add_format(sql, "%s%.*s::%s", i ? ", " : "",
                       STR_ARG(sql_literal(a, part.p ? part : STR(""))),
                       field_sql_type(d->key[i]->type));
    }
    buf_add_char(sql, ')');
    return true;
}
