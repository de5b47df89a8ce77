/* Catalogue and records: what there is, and the records as the asker may see them. */
#include "access/catalogue.h"
#include "access/handle.h"

#include "audit/audit.h"
#include "base/date.h"

enum { MAX_SQL = 1 << 18, COUNT_LIMIT = 1000 };

const struct dataset *catalogue_require(struct cx *cx, str id)
{
    const struct dataset *d = dataset_find(cx->registry, id);
    if (!d) {
        err_set(cx->err, ERR_MISSING, "there is no dataset \"%.*s\"",
                STR_ARG(str_slice(id, 0, 80)));
        err_zh(cx->err, "没有名为“%.*s”的数据集", STR_ARG(str_slice(id, 0, 80)));
    } else if (cx->audit) {
        cx->audit->dataset = d->id;
    }
    return d;
}

static const char *share_name(enum share_kind s)
{
    return s == SHARE_UNCONDITIONAL ? "unconditional"
           : s == SHARE_CONDITIONAL ? "conditional"
                                    : "none";
}

void catalogue_write_organisation(struct buf *b, const struct registry *r, str code)
{
    buf_add_lit(b, "{\"code\":");
    json_write_string(b, code);
    buf_add_lit(b, ",\"title\":");
    title_write(b, organisation_title(r, code));
    buf_add_char(b, '}');
}

/* records, last batch, whether late, score, quarantined: of one dataset or of all. */
static const char SUMMARY[] =
    "select d.id, d.records, to_json(b.finished)#>>'{}',"
    " (extract(epoch from now() - b.finished) / 86400)::bigint, q.score,"
    " (select coalesce(sum(n_quarantined - n_fixed - n_dropped), 0) from shuzhi.batch w"
    "  where w.dataset = d.id and w.n_quarantined > w.n_fixed + w.n_dropped)"
    " from shuzhi.dataset d"
    " left join lateral (select finished from shuzhi.batch b where b.dataset = d.id and b.state = "
    "'done'"
    "  order by id desc limit 1) b on true"
    " left join lateral (select round(avg(percent), 1) as score from shuzhi.quality_now n"
    "  where n.dataset = d.id) q on true";

static void write_summary(struct buf *b, const struct registry *r, const struct dataset *d,
                          const struct rows *rows, size_t i)
{
    str days = rows_text(rows, i, 3);
    bool is_late = d->update_days && days.p && rows_int(rows, i, 3) > d->update_days;
    buf_add_lit(b, "{\"id\":");
    json_write_string(b, d->id);
    buf_add_lit(b, ",\"title\":");
    title_write(b, d->title);
    buf_add_lit(b, ",\"package\":");
    json_write_string(b, d->package->id);
    buf_add_lit(b, ",\"package_title\":");
    title_write(b, d->package->title);
    buf_add_lit(b, ",\"owner\":");
    catalogue_write_organisation(b, r, d->owner);
    buf_add_format(b, ",\"grade\":\"%s\",\"share\":\"%s\",\"update\":\"%.*s\",\"is_late\":%s",
                   grade_name(d->grade), share_name(d->share), STR_ARG(d->update),
                   is_late ? "true" : "false");
    json_add_raw(b, "records", rows_text(rows, i, 1));
    json_add_text(b, "last_batch_at", rows_text(rows, i, 2));
    json_add_raw(b, "score", rows_text(rows, i, 4));
    json_add_raw(b, "quarantined", rows_text(rows, i, 5));
    buf_add_format(b, ",\"field_count\":%zu", d->field_count);
}

static bool text_has(str hay, str needle)
{
    return str_find(hay, needle) != SIZE_MAX;
}

static bool matches(const struct dataset *d, str q)
{
    if (q.n == 0 || text_has(d->id, q) || text_has(d->title.zh, q) || text_has(d->title.en, q) ||
        text_has(d->description, q))
        return true;
    for (size_t i = 0; i < d->field_count; i++) {
        const struct field *f = &d->fields[i];
        if (text_has(f->name, q) || text_has(f->title.zh, q) || text_has(f->title.en, q))
            return true;
    }
    return false;
}

static bool get_datasets(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    str q = request_query(rq, "q"), package = request_query(rq, "package"),
        grade = request_query(rq, "grade");
    bool is_first = true;
    if (!identity_require(cx, "read", NULL) ||
        !DB0(cx->db, cx->arena, &rows, cx->err,
             arena_format(cx->arena, "%s order by d.package, d.id", SUMMARY).p))
        return false;
    buf_add_lit(&rs->body, "{\"datasets\":[");
    for (size_t i = 0; i < rows.n; i++) {
        const struct dataset *d = dataset_find(cx->registry, rows_text(&rows, i, 0));
        if (!d || !matches(d, q) || (package.n && !str_equal(package, d->package->id)) ||
            (grade.n && !str_is(grade, grade_name(d->grade))))
            continue;
        if (!is_first)
            buf_add_char(&rs->body, ',');
        is_first = false;
        write_summary(&rs->body, cx->registry, d, &rows, i);
        buf_add_char(&rs->body, '}');
    }
    buf_add_lit(&rs->body, "]}");
    return true;
}

void catalogue_write_field(struct buf *b, const struct field *f)
{
    buf_add_lit(b, "{\"name\":");
    json_write_string(b, f->name);
    buf_add_lit(b, ",\"title\":");
    title_write(b, f->title);
    buf_add_format(b, ",\"type\":\"%s\",\"grade\":\"%s\",\"is_required\":%s,\"is_key\":%s",
                   field_type_name(f->type), grade_name(f->grade),
                   f->is_required ? "true" : "false", f->is_key ? "true" : "false");
    json_add_text(b, "format", f->format.n ? f->format : (str){0});
    json_add_text(b, "code", f->code.n ? f->code : (str){0});
    json_add_text(b, "mask", f->mask.n ? f->mask : (str){0});
    json_add_text(b, "unit", f->unit.n ? f->unit : (str){0});
    json_add_text(b, "description", f->description.n ? f->description : (str){0});
    const struct json *options = json_find(f->definition, "enum");
    if (options) {
        buf_add_lit(b, ",\"enum\":");
        json_write(b, options);
    }
    buf_add_char(b, '}');
}

/* Passed of tested, in percent, by dimension and over all. */
static bool write_quality(struct cx *cx, const struct dataset *d, struct buf *b)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select dimension, percent, round(avg(percent) over (), 1) from shuzhi.quality_now "
            "where dataset = $1"
            " order by dimension",
            P(d->id)))
        return false;
    buf_add_lit(b, "{\"score\":");
    buf_add(b, rows.n ? rows_text(&rows, 0, 2) : STR("null"));
    buf_add_lit(b, ",\"dimensions\":{");
    for (size_t i = 0; i < rows.n; i++)
        buf_add_format(b, "%s\"%.*s\":%.*s", i ? "," : "", STR_ARG(rows_text(&rows, i, 0)),
                       STR_ARG(rows_text(&rows, i, 1)));
    buf_add_lit(b, "}}");
    return true;
}

static void write_may(struct buf *b, struct cx *cx, const struct dataset *d)
{
    static const char *const verbs[] = {"read", "intake", "fix", "approve", "request", "clear"};
    buf_add_lit(b, ",\"may\":{");
    for (size_t i = 0; i < COUNT(verbs); i++)
        buf_add_format(b, "%s\"%s\":%s", i ? "," : "", verbs[i],
                       identity_may(cx, verbs[i], d) ? "true" : "false");
    buf_add_char(b, '}');
}

static bool get_dataset(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    struct buf *b = &rs->body;
    const struct dataset *d = catalogue_require(cx, rq->parts[0]);
    if (!d || !identity_require(cx, "read", d) ||
        !DB(cx->db, cx->arena, &rows, cx->err,
            arena_format(cx->arena, "%s where d.id = $1", SUMMARY).p, P(d->id)))
        return false;
    if (rows.n == 0)
        return err_set(cx->err, ERR_MISSING, "%.*s has no table yet", STR_ARG(d->id));
    write_summary(b, cx->registry, d, &rows, 0);
    json_add_text(b, "description", d->description.n ? d->description : (str){0});
    json_add_text(b, "standard_ref", d->standard_ref.n ? d->standard_ref : (str){0});
    buf_add_lit(b, ",\"key\":[");
    for (size_t i = 0; i < d->key_count; i++)
        buf_add_format(b, "%s\"%.*s\"", i ? "," : "", STR_ARG(d->key[i]->name));
    buf_add_lit(b, "],\"title_field\":");
    json_write_string(b, d->title_field->name);
    buf_add_lit(b, ",\"fields\":[");
    for (size_t i = 0; i < d->field_count; i++) {
        if (i)
            buf_add_char(b, ',');
        catalogue_write_field(b, &d->fields[i]);
    }
    buf_add_lit(b, "],\"quality\":");
    if (!write_quality(cx, d, b))
        return false;
    write_may(b, cx, d);
    buf_add_char(b, '}');
    return true;
}

/* --- records -----------------------------------------------------------------------------------
 */

struct listing {
    struct cx *cx;
    const struct view *view;
    struct buf *sql;
    struct err *err;
};

static bool is_reserved(str name)
{
    static const char *const names[] = {"q", "after", "limit", "order", "lang"};
    for (size_t i = 0; i < COUNT(names); i++) {
        if (str_is(name, names[i]))
            return true;
    }
    return false;
}

/* A masked field can be asked for by its whole value only where that tells nothing new: the key and
 * the title of a record.  Otherwise answers would unmask it. */
static bool is_handle(const struct view_field *f, const struct dataset *d)
{
    return f->field->is_key || f->field == d->title_field;
}

static void add_filter(void *arg, str name, str value)
{
    struct listing *l = arg;
    if (is_reserved(name) || value.n == 0 || l->err->code)
        return;
    const struct view_field *f = view_find(l->view, name);
    if (!f) {
        err_set(l->err, ERR_INVALID, "\"%.*s\" is no field you may see here",
                STR_ARG(str_slice(name, 0, 60)));
        return;
    }
    bool is_open = view_may_ask(f);
    if (f->field->type == FIELD_JSON || (!is_open && !is_handle(f, l->view->dataset))) {
        err_set(l->err, ERR_DENIED, "%.*s is masked for you, so it cannot be searched by",
                STR_ARG(name));
        err_zh(l->err, "“%.*s”对您是脱敏字段，不能用来检索", STR_ARG(f->field->title.zh));
        return;
    }
    buf_add_lit(l->sql, " and ");
    if (is_open)
        view_ask(l->sql, f);
    else
        buf_add_format(l->sql, "t.%.*s", STR_ARG(f->field->column));
    buf_add_format(l->sql, " = %.*s::%s", STR_ARG(sql_literal(l->cx->arena, value)),
                   field_sql_type(f->field->type));
}

/* ?q=: a whole key, or the beginning of the title and of indexed text fields shown in the clear. */
static void add_search(struct listing *l, str q)
{
    const struct dataset *d = l->view->dataset;
    str literal = sql_literal(l->cx->arena, q);
    if (q.n == 0)
        return;
    buf_add_lit(l->sql, " and (false");
    for (size_t i = 0; i < l->view->n; i++) {
        const struct view_field *f = &l->view->fields[i];
        if (f->field->type != FIELD_TEXT)
            continue;
        if (f->field->is_key || (!view_is_clear(f) && f->field == d->title_field)) {
            buf_add_format(l->sql, " or t.%.*s = %.*s", STR_ARG(f->field->column),
                           STR_ARG(literal));
        } else if (view_may_ask(f) && (f->field->is_indexed || f->field == d->title_field)) {
            buf_add_lit(l->sql, " or ");
            view_ask(l->sql, f);
            buf_add_format(l->sql, " ^@ %.*s", STR_ARG(literal));
        }
    }
    buf_add_char(l->sql, ')');
}

static bool add_order(struct listing *l, const struct request *rq, int64_t *offset)
{
    const struct dataset *d = l->view->dataset;
    str order = request_query(rq, "order"), after = request_query(rq, "after");
    if (!handle_open(l->cx, d, after, &after))
        return false;
    bool is_down = order.n && order.p[0] == '-';
    str name = is_down ? str_slice(order, 1, order.n) : order;
    *offset = 0;
    if (name.n == 0) {
        if (after.n) {
            buf_add_lit(l->sql, " and (");
            for (size_t i = 0; i < d->key_count; i++)
                buf_add_format(l->sql, "%st.%.*s", i ? ", " : "", STR_ARG(d->key[i]->column));
            buf_add_lit(l->sql, ") > (");
            str rest = after, part = {0};
            for (size_t i = 0; i < d->key_count; i++) {
                if (i + 1 == d->key_count)
                    part = rest;
                else if (!str_take_part(&rest, '~', &part))
                    return err_set(l->err, ERR_INVALID, "after is not from an earlier answer");
                buf_add_format(l->sql, "%s%.*s::%s", i ? ", " : "",
                               STR_ARG(sql_literal(l->cx->arena, part.p ? part : STR(""))),
                               field_sql_type(d->key[i]->type));
            }
            buf_add_char(l->sql, ')');
        }
        buf_add_lit(l->sql, " order by ");
        for (size_t i = 0; i < d->key_count; i++)
            buf_add_format(l->sql, "%st.%.*s", i ? ", " : "", STR_ARG(d->key[i]->column));
        return true;
    }
    const struct view_field *f = view_find(l->view, name);
    if (!f || !view_may_ask(f))
        return err_set(l->err, ERR_INVALID,
                       "cannot order by \"%.*s\": it is no field shown in the clear",
                       STR_ARG(str_slice(name, 0, 60)));
    if (after.n && (!str_to_int64(after, offset) || *offset < 0 || *offset > 100000))
        return err_set(l->err, ERR_INVALID, "after is not from an earlier answer");
    buf_add_lit(l->sql, " order by ");
    view_ask(l->sql, f);
    buf_add(l->sql, is_down ? STR(" desc nulls last") : STR(" asc nulls last"));
    for (size_t i = 0; i < d->key_count; i++)
        buf_add_format(l->sql, ", t.%.*s", STR_ARG(d->key[i]->column));
    return true;
}

static bool write_total(struct listing *l, str where, bool is_filtered, struct buf *out)
{
    struct rows rows;
    const struct dataset *d = l->view->dataset;
    struct db *from = is_filtered ? access_reader(l->cx, "read") : l->cx->db;
    str sql =
        is_filtered
            ? arena_format(l->cx->arena,
                           "select count(*) from (select 1 from %.*s t where true%.*s limit %d) c",
                           STR_ARG(d->table), STR_ARG(where), COUNT_LIMIT + 1)
            : arena_format(l->cx->arena, "select records from shuzhi.dataset where id = '%.*s'",
                           STR_ARG(d->id));
    if (!from || !DB0(from, l->cx->arena, &rows, l->err, sql.p))
        return false;
    int64_t n = rows.n ? rows_int(&rows, 0, 0) : 0;
    if (is_filtered && n > COUNT_LIMIT)
        buf_add_lit(out, ",\"total\":null");
    else
        buf_add_format(out, ",\"total\":%lld", (long long)n);
    return true;
}

static bool get_records(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct view view;
    struct rows rows;
    int64_t limit, offset;
    BUF_SCOPED struct buf sql = {.max = MAX_SQL}, where = {.max = MAX_SQL},
                          order = {.max = MAX_SQL};
    struct listing l = {cx, &view, &where, cx->err};
    const struct dataset *d = catalogue_require(cx, rq->parts[0]);
    if (!d || !view_for_actor(cx, d, &view) || !request_limit(rq, 50, 200, &limit, cx->err))
        return false;
    request_each_query(rq, add_filter, &l);
    add_search(&l, request_query(rq, "q"));
    if (cx->err->code)
        return false;
    l.sql = &order;
    if (!add_order(&l, rq, &offset))
        return false;
    buf_add_lit(&sql, "select ");
    key_expression(&sql, d);
    buf_add_lit(&sql, ", ");
    view_columns(&sql, &view, "t");
    buf_add_format(&sql, " from %.*s t where true%.*s%.*s limit %lld offset %lld%c",
                   STR_ARG(d->table), STR_ARG(buf_str(&where)), STR_ARG(buf_str(&order)),
                   (long long)limit + 1, (long long)offset, 0);
    if (sql.is_full || where.is_full)
        return err_set(cx->err, ERR_LIMIT, "the question is too long");
    struct db *reader = access_reader(cx, "read");
    if (!reader || !DB0(reader, cx->arena, &rows, cx->err, sql.p))
        return false;
    size_t n = rows.n > (size_t)limit ? (size_t)limit : rows.n;
    struct buf *b = &rs->body;
    buf_add_lit(b, "{\"records\":[");
    for (size_t i = 0; i < n; i++) {
        buf_add_format(b, "%s{\"_key\":", i ? "," : "");
        json_write_string(b, handle_of(cx, d, &view, rows_text(&rows, i, 0)));
        view_write_row(b, &view, &rows, i, 1);
        buf_add_char(b, '}');
    }
    buf_add_lit(b, "],\"masked\":");
    view_write_masked(b, &view);
    buf_add_lit(b, ",\"next\":");
    if (rows.n <= (size_t)limit)
        buf_add_lit(b, "null");
    else if (request_query(rq, "order").n)
        buf_add_format(b, "\"%lld\"", (long long)(offset + limit));
    else
        json_write_string(b, handle_of(cx, d, &view, rows_text(&rows, n - 1, 0)));
    if (!write_total(&l, buf_str(&where), where.n > 0 || view.is_limited, b))
        return false;
    buf_add_format(b, ",\"is_limited\":%s}", view.is_limited ? "true" : "false");
    cx->audit->count = (int64_t)n;
    if (n == 1)
        cx->audit->key = rows_text(&rows, 0, 0);
    cx->audit->result = n ? STR("ok") : STR("none");
    return true;
}

/* --- one record --------------------------------------------------------------------------------
 */

static bool write_lineage(struct cx *cx, const struct rows *record, struct buf *b)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select b.id, b.file_name, s.name, to_json(coalesce(b.finished, b.at))#>>'{}', b.kind"
            " from shuzhi.batch b left join shuzhi.staff s on s.login = b.login where b.id = $1",
            P(rows_text(record, 0, 0))))
        return false;
    buf_add_lit(b, ",\"lineage\":{\"batch\":");
    buf_add(b, rows_text(record, 0, 0));
    buf_add_format(b, ",\"row\":%.*s", STR_ARG(rows_text(record, 0, 1)));
    json_add_text(b, "since", rows_text(record, 0, 2));
    json_add_text(b, "file", rows.n ? rows_text(&rows, 0, 1) : (str){0});
    json_add_raw(b, "by", rows.n ? rows_text(&rows, 0, 2) : (str){0});
    json_add_text(b, "at", rows.n ? rows_text(&rows, 0, 3) : (str){0});
    json_add_text(b, "kind", rows.n ? rows_text(&rows, 0, 4) : (str){0});
    buf_add_char(b, '}');
    return true;
}

static void write_value(struct buf *b, const struct view_field *f, str v)
{
    if (!v.p)
        buf_add_lit(b, "null");
    else if (f->is_masked || field_is_quoted(f->field->type))
        json_write_string(b, v);
    else
        buf_add(b, v);
}

/* Old versions newest first; each tells what the next one changed.  rows: since, until,
 * until_batch, then the view's columns; the newest "old" row is compared with the record itself. */
static bool write_history(struct cx *cx, const struct view *v, str where, const struct rows *now,
                          struct buf *b)
{
    struct rows rows;
    BUF_SCOPED struct buf sql = {.max = MAX_SQL};
    buf_add_lit(&sql,
                "select to_json(t._since)#>>'{}', to_json(t._until)#>>'{}', t._until_batch, ");
    view_columns(&sql, v, "t");
    buf_add_format(&sql, " from %.*s t where %.*s order by t._until desc limit 50%c",
                   STR_ARG(v->dataset->history), STR_ARG(where), 0);
    struct db *reader = access_reader(cx, "read");
    if (!reader || !DB0(reader, cx->arena, &rows, cx->err, sql.p))
        return false;
    buf_add_lit(b, ",\"history\":[");
    for (size_t i = 0; i < rows.n; i++) {
        bool is_first = true;
        buf_add_format(b, "%s{\"from\":\"%.*s\",\"until\":\"%.*s\",\"batch\":%.*s,\"changes\":[",
                       i ? "," : "", STR_ARG(rows_text(&rows, i, 0)),
                       STR_ARG(rows_text(&rows, i, 1)), STR_ARG(rows_text(&rows, i, 2)));
        for (size_t k = 0; k < v->n; k++) {
            str old = rows_text(&rows, i, 3 + (int)k);
            str new = i ? rows_text(&rows, i - 1, 3 + (int)k) : rows_text(now, 0, 3 + (int)k);
            if (str_equal(old, new) && !old.p == !new.p)
                continue;
            buf_add_format(b, "%s{\"field\":\"%.*s\",\"old\":", is_first ? "" : ",",
                           STR_ARG(v->fields[k].field->name));
            write_value(b, &v->fields[k], old);
            buf_add_lit(b, ",\"new\":");
            write_value(b, &v->fields[k], new);
            buf_add_char(b, '}');
            is_first = false;
        }
        buf_add_lit(b, "]}");
    }
    buf_add_char(b, ']');
    return true;
}

static bool write_looks(struct cx *cx, const struct dataset *d, str key, struct buf *b)
{
    struct rows rows = {0};
    buf_add_lit(b, ",\"looks\":[");
    if (identity_may(cx, "audit", d) || identity_may(cx, "fix", d)) {
        if (!DB0(cx->db, cx->arena, NULL, cx->err, "select shuzhi.audit_unfold()") ||
            !DB(cx->db, cx->arena, &rows, cx->err,
                "select to_json(at)#>>'{}', who, organisation, action, purpose from "
                "shuzhi.audit_event"
                " where dataset = $1 and key = $2 order by at desc limit 50",
                P(d->id), P(key)))
            return false;
    }
    for (size_t i = 0; i < rows.n; i++) {
        buf_add_format(b, "%s{\"at\":\"%.*s\"", i ? "," : "", STR_ARG(rows_text(&rows, i, 0)));
        json_add_text(b, "who", rows_text(&rows, i, 1));
        buf_add_lit(b, ",\"organisation\":");
        catalogue_write_organisation(b, cx->registry, rows_text(&rows, i, 2));
        json_add_text(b, "action", rows_text(&rows, i, 3));
        json_add_text(b, "purpose", rows_text(&rows, i, 4));
        buf_add_char(b, '}');
    }
    buf_add_char(b, ']');
    return true;
}

static bool write_cases(struct cx *cx, const struct dataset *d, str key, struct buf *b)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select coalesce(json_agg(json_build_object('id', id, 'field', field, 'state', state,"
            " 'due', due) order by id desc), '[]') from shuzhi.work_case where dataset = $1 and "
            "key = $2",
            P(d->id), P(key)))
        return false;
    buf_add_lit(b, ",\"cases\":");
    buf_add(b, rows_text(&rows, 0, 0));
    return true;
}

static bool get_record(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct view view;
    struct rows rows;
    struct buf *b = &rs->body;
    BUF_SCOPED struct buf sql = {.max = MAX_SQL}, where = {.max = MAX_SQL};
    const struct dataset *d = catalogue_require(cx, rq->parts[0]);
    str key;
    if (!d || !handle_open(cx, d, rq->parts[1], &key) || !view_for_actor(cx, d, &view) ||
        !key_to_where(cx->arena, d, key, &where, cx->err))
        return false;
    cx->audit->key = key;
    buf_add_lit(&sql, "select t._batch, t._row, to_json(t._since)#>>'{}', ");
    view_columns(&sql, &view, "t");
    buf_add_format(&sql, " from %.*s t where %.*s%c", STR_ARG(d->table), STR_ARG(buf_str(&where)),
                   0);
    struct db *reader = access_reader(cx, "read");
    if (!reader || !DB0(reader, cx->arena, &rows, cx->err, sql.p))
        return false;
    if (rows.n == 0)
        return access_missing(cx, &view, buf_str(&where));
    buf_add_lit(b, "{\"record\":{\"_key\":");
    json_write_string(b, handle_of(cx, d, &view, key));
    view_write_row(b, &view, &rows, 0, 3);
    buf_add_lit(b, "},\"masked\":");
    view_write_masked(b, &view);
    if (!write_lineage(cx, &rows, b) || !write_history(cx, &view, buf_str(&where), &rows, b) ||
        !write_looks(cx, d, key, b) || !write_cases(cx, d, key, b))
        return false;
    buf_add_char(b, '}');
    return true;
}

/* --- codes, pages, menu ------------------------------------------------------------------------
 */

static bool get_codes(struct cx *cx, const struct request *rq, struct response *rs)
{
    const struct dataset *d = catalogue_require(cx, rq->parts[0]);
    const struct map *codes = d ? map_find(&cx->registry->codes, d->id) : NULL;
    struct buf *b = &rs->body;
    if (!d || !identity_require(cx, "read", d))
        return false;
    if (!codes)
        return err_set(cx->err, ERR_MISSING, "%.*s is no code list", STR_ARG(d->id));
    buf_add_lit(b, "{\"items\":[");
    for (size_t i = 0; i < codes->n; i++) {
        buf_add_format(b, "%s{\"code\":", i ? "," : "");
        json_write_string(b, codes->entries[i].key);
        buf_add_lit(b, ",\"title\":");
        title_write(b, *(struct title *)codes->entries[i].value);
        buf_add_char(b, '}');
    }
    buf_add_char(b, ']');
    json_add_text(b, "standard_ref", d->standard_ref.n ? d->standard_ref : (str){0});
    buf_add_char(b, '}');
    return true;
}

static void write_page(struct buf *b, const struct page *p)
{
    static const char *const parts[] = {"kind", "columns", "filters", "order"};
    buf_add_lit(b, "{\"id\":");
    json_write_string(b, p->id);
    buf_add_lit(b, ",\"title\":");
    title_write(b, p->title);
    buf_add_lit(b, ",\"dataset\":");
    json_write_string(b, p->dataset->id);
    for (size_t i = 0; i < COUNT(parts); i++) {
        const struct json *v = json_find(p->definition, parts[i]);
        buf_add_format(b, ",\"%s\":", parts[i]);
        if (v)
            json_write(b, v);
        else
            buf_add_lit(b, "null");
    }
    buf_add_char(b, '}');
}

static bool get_pages(struct cx *cx, const struct request *rq, struct response *rs)
{
    bool is_first = true;
    (void)rq;
    buf_add_lit(&rs->body, "{\"pages\":[");
    for (size_t i = 0; i < cx->registry->pages.n; i++) {
        const struct page *p = cx->registry->pages.entries[i].value;
        if (!identity_may(cx, "read", p->dataset))
            continue;
        if (!is_first)
            buf_add_char(&rs->body, ',');
        is_first = false;
        write_page(&rs->body, p);
    }
    buf_add_lit(&rs->body, "]}");
    return true;
}

static bool get_page(struct cx *cx, const struct request *rq, struct response *rs)
{
    const struct page *p = map_find(&cx->registry->pages, rq->parts[0]);
    if (!p)
        return err_set(cx->err, ERR_MISSING, "there is no page \"%.*s\"",
                       STR_ARG(str_slice(rq->parts[0], 0, 60)));
    if (!identity_require(cx, "read", p->dataset))
        return false;
    write_page(&rs->body, p);
    return true;
}

static bool get_menu(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct buf *b = &rs->body;
    bool is_first = true;
    (void)rq;
    buf_add_lit(b, "{\"groups\":[");
    for (size_t i = 0; i < cx->registry->packages.n; i++) {
        const struct package *p = cx->registry->packages.entries[i].value;
        const struct json *menu = json_find(p->app, "menu");
        if (!menu || menu->type != JSON_ARRAY || menu->array.n == 0)
            continue;
        buf_add(b, is_first ? STR("{\"id\":") : STR(",{\"id\":"));
        is_first = false;
        json_write_string(b, p->id);
        buf_add_lit(b, ",\"title\":");
        title_write(b, p->title);
        buf_add_lit(b, ",\"items\":");
        json_write(b, menu);
        buf_add_char(b, '}');
    }
    buf_add_lit(b, "]}");
    return true;
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/datasets", get_datasets, NULL, 0, NULL},
    {"GET", "/api/v1/datasets/{dataset}", get_dataset, NULL, 0, NULL},
    {"GET", "/api/v1/datasets/{dataset}/records", get_records, "records.list", 0, NULL},
    {"GET", "/api/v1/datasets/{dataset}/records/{key}", get_record, "records.read", 0, NULL},
    {"GET", "/api/v1/codes/{dataset}", get_codes, NULL, 0, NULL},
    {"GET", "/api/v1/pages", get_pages, NULL, 0, NULL},
    {"GET", "/api/v1/pages/{page}", get_page, NULL, 0, NULL},
    {"GET", "/api/v1/menu", get_menu, NULL, 0, NULL},
    {0},
};

const struct module CATALOGUE_MODULE = {"catalogue", ROUTES};
