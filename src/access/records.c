/* Records: lists, exports, one record with its history, as the asker may see them. */
#include "access/catalogue.h"
#include "access/handle.h"

#include "audit/audit.h"
#include "text/csv.h"
#include "text/watermark.h"
#include "text/workbook.h"

#include <fcntl.h>
#include <unistd.h>

enum { MAX_SQL = 1 << 18, COUNT_LIMIT = 1000, MAX_EXPORT = 50000 };

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
            buf_add_lit(l->sql, " and ");
            if (!key_to_after(l->cx->arena, d, after, l->sql, l->err))
                return false;
        }
        buf_add_lit(l->sql, " order by ");
        key_order(l->sql, d);
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

/* Which records were shown: everybody can find the looks at their own. */
static void note_shown(struct cx *cx, const struct rows *rows, size_t n)
{
    str *keys = arena_array(cx->arena, str, n);
    for (size_t i = 0; i < n; i++)
        keys[i] = rows_text(rows, i, 0);
    cx->audit->count = (int64_t)n;
    cx->audit->result = n ? STR("ok") : STR("none");
    if (n == 1)
        cx->audit->key = keys[0];
    else
        cx->audit->keys = keys, cx->audit->key_count = n;
}

/* The rows asked for, one more than the limit if there are more: key, then the view's columns. */
static bool ask_rows(struct listing *l, const struct request *rq, int64_t limit, int64_t *offset,
                     struct rows *rows)
{
    const struct dataset *d = l->view->dataset;
    struct cx *cx = l->cx;
    struct buf *where = l->sql;
    BUF_SCOPED struct buf sql = {.max = MAX_SQL}, order = {.max = MAX_SQL};
    request_each_query(rq, add_filter, l);
    add_search(l, request_query(rq, "q"));
    if (cx->err->code)
        return false;
    l->sql = &order;
    if (!add_order(l, rq, offset))
        return false;
    l->sql = where;
    buf_add_lit(&sql, "select ");
    key_expression(&sql, d);
    buf_add_lit(&sql, ", ");
    view_columns(&sql, l->view, "t");
    buf_add_format(&sql, " from %.*s t where true%.*s%.*s limit %lld offset %lld%c",
                   STR_ARG(d->table), STR_ARG(buf_str(where)), STR_ARG(buf_str(&order)),
                   (long long)limit + 1, (long long)*offset, 0);
    if (sql.is_full || where->is_full)
        return err_set(cx->err, ERR_LIMIT, "the question is too long");
    struct db *reader = access_reader(cx, "read");
    return reader && DB0(reader, cx->arena, rows, cx->err, sql.p);
}

static bool get_records(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct view view = {0};
    struct rows rows;
    int64_t limit, offset;
    BUF_SCOPED struct buf where = {.max = MAX_SQL};
    struct listing l = {cx, &view, &where, cx->err};
    const struct dataset *d = catalogue_require(cx, rq->parts[0]);
    if (!d || !view_for_actor(cx, d, &view) || !request_limit(rq, 50, 200, &limit, cx->err) ||
        !ask_rows(&l, rq, limit, &offset, &rows))
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
    note_shown(cx, &rows, n);
    return true;
}

/* --- exports -------------------------------------------------------------------------------------
 */

/* Free text carries the mark: names and addresses, not codes and numbers that others look up by. */
static bool takes_mark(const struct field *f)
{
    return f->type == FIELD_TEXT && !f->is_key && !f->format.n && !f->code.n && !f->pattern.n &&
           !json_find(f->definition, "enum");
}

/* A fresh number for the file, and what was asked. */
static bool number_export(struct cx *cx, const struct request *rq, const struct dataset *d,
                          const char *format, size_t n, uint32_t *number)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "insert into shuzhi.export (login, dataset, format, question, purpose, n)"
            " values ($1, $2, $3, $4, $5, $6) returning id",
            P(cx->actor->login), P(d->id), P_CSTR(format), P(utf8_clip(rq->path, 2000)),
            P(cx->purpose.p ? cx->purpose : STR("")), P_INT(cx->arena, n)))
        return false;
    *number = (uint32_t)rows_int(&rows, 0, 0);
    return true;
}

static bool ask_export(struct cx *cx, const struct request *rq, struct view *view,
                       struct rows *rows)
{
    int64_t offset;
    BUF_SCOPED struct buf where = {.max = MAX_SQL};
    struct listing l = {cx, view, &where, cx->err};
    const struct dataset *d = catalogue_require(cx, rq->parts[0]);
    if (!d || !view_for_actor(cx, d, view) || !ask_rows(&l, rq, MAX_EXPORT, &offset, rows))
        return false;
    note_shown(cx, rows, rows->n <= MAX_EXPORT ? rows->n : 0);
    if (rows->n <= MAX_EXPORT)
        return true;
    err_set(cx->err, ERR_LIMIT, "more than %d rows: narrow the question down", MAX_EXPORT);
    return err_zh(cx->err, "超过 %d 行，请先缩小范围", MAX_EXPORT);
}

/* A value, with the mark behind it in every fourth row. */
static str marked(struct arena *a, const struct field *f, str value, size_t row, uint32_t number)
{
    return takes_mark(f) ? watermark_add(a, value, row, number) : value;
}

static str heading(const struct request *rq, const struct field *f)
{
    return str_is(request_query(rq, "lang"), "en") ? f->title.en : f->title.zh;
}

static void name_file(struct cx *cx, struct response *rs, const struct dataset *d, uint32_t number,
                      const char *ending)
{
    response_header(rs, STR("Content-Disposition"),
                    arena_format(cx->arena, "attachment; filename=\"%.*s-%u.%s\"", STR_ARG(d->id),
                                 number, ending));
}

static bool get_csv(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct view view = {0};
    struct rows rows;
    uint32_t number;
    struct buf *b = &rs->body;
    if (!ask_export(cx, rq, &view, &rows) ||
        !number_export(cx, rq, view.dataset, "csv", rows.n, &number))
        return false;
    buf_add_lit(b, "\xef\xbb\xbf");
    for (size_t k = 0; k < view.n; k++)
        csv_write_cell(b, heading(rq, view.fields[k].field), k ? ',' : 0);
    buf_add_lit(b, "\r\n");
    for (size_t i = 0; i < rows.n; i++) {
        for (size_t k = 0; k < view.n; k++)
            csv_write_cell(
                b,
                marked(cx->arena, view.fields[k].field, rows_text(&rows, i, (int)k + 1), i, number),
                k ? ',' : 0);
        buf_add_lit(b, "\r\n");
    }
    rs->type = STR("text/csv; charset=utf-8");
    name_file(cx, rs, view.dataset, number, "csv");
    return !b->is_full ||
           err_set(cx->err, ERR_LIMIT, "the file is too large: narrow the question down");
}

static bool write_book(struct cx *cx, const struct request *rq, const struct view *view,
                       const struct rows *rows, uint32_t number, const char *path)
{
    struct workbook *w = workbook_create(path, view->dataset->title.zh, cx->err);
    if (!w)
        return false;
    for (size_t k = 0; k < view->n; k++)
        workbook_add_text(w, k, heading(rq, view->fields[k].field));
    workbook_end_row(w);
    for (size_t i = 0; i < rows->n; i++) {
        for (size_t k = 0; k < view->n; k++) {
            const struct view_field *f = &view->fields[k];
            str v = rows_text(rows, i, (int)k + 1);
            bool is_number = f->field->type == FIELD_INTEGER || f->field->type == FIELD_NUMBER;
            if (v.p && is_number && view_is_clear(f) && v.n <= 15)
                workbook_add_number(w, k, strtod(arena_cstr(cx->arena, v), NULL));
            else if (v.p)
                workbook_add_text(w, k, marked(cx->arena, f->field, v, i, number));
        }
        workbook_end_row(w);
    }
    return workbook_finish(w, cx->err);
}

static bool read_file(const char *path, struct buf *out, struct err *e)
{
    struct source_file file;
    str text;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && source_read_all(source_of_file(&file, fd), out->max, &text, e);
    if (ok) {
        buf_add(out, text);
        free((char *)(uintptr_t)text.p);
    } else if (!e->code) {
        err_set(e, ERR_BUSY, "the workbook could not be read back");
    }
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool get_xlsx(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct view view = {0};
    struct rows rows;
    uint32_t number;
    char path[] = "/tmp/shuzhi-export-XXXXXX";
    if (!ask_export(cx, rq, &view, &rows) ||
        !number_export(cx, rq, view.dataset, "xlsx", rows.n, &number))
        return false;
    int fd = mkstemp(path); /* 0600 */
    if (fd < 0)
        return err_set(cx->err, ERR_BUSY, "no temporary file for the workbook");
    close(fd);
    bool ok = write_book(cx, rq, &view, &rows, number, path) && read_file(path, &rs->body, cx->err);
    unlink(path);
    rs->type = STR("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
    name_file(cx, rs, view.dataset, number, "xlsx");
    return ok;
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
            view_write_value(b, &v->fields[k], old);
            buf_add_lit(b, ",\"new\":");
            view_write_value(b, &v->fields[k], new);
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
                " where dataset = $1 and (key = $2 or keys @> array[$2]) order by at desc limit 50",
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

/* In a list a field counts as masked where it is so in some rows; of one record it can be told
 * exactly. */
static bool find_masked_here(struct cx *cx, struct view *v, str key)
{
    for (size_t i = 0; i < v->n; i++) {
        enum sight s;
        if (!v->fields[i].cases[0].condition.n)
            continue;
        if (!view_sight(cx, v, key, &v->fields[i], &s))
            return false;
        v->fields[i].is_masked = s == SIGHT_MASKED;
    }
    return true;
}

static bool get_record(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct view view = {0};
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
    if (!find_masked_here(cx, &view, key))
        return false;
    view_write_masked(b, &view);
    if (!write_lineage(cx, &rows, b) || !write_history(cx, &view, buf_str(&where), &rows, b) ||
        !write_looks(cx, d, key, b) || !write_cases(cx, d, key, b))
        return false;
    buf_add_char(b, '}');
    return true;
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/datasets/{dataset}/records", get_records, "records.list", ROUTE_LIST, NULL},
    {"GET", "/api/v1/datasets/{dataset}/records.csv", get_csv, "records.export", ROUTE_HEAVY, NULL},
    {"GET", "/api/v1/datasets/{dataset}/records.xlsx", get_xlsx, "records.export", ROUTE_HEAVY,
     NULL},
    {"GET", "/api/v1/datasets/{dataset}/records/{key}", get_record, "records.read", 0, NULL},
    {0},
};

const struct module RECORDS_MODULE = {"records", ROUTES};
