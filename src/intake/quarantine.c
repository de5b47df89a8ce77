#include "intake/quarantine.h"

#include "access/catalogue.h"
#include "access/rule.h"
#include "audit/audit.h"
#include "intake/batch.h"
#include "text/csv.h"

enum { ACCEPT_AT_ONCE = 5000 };

struct waiting {
    const struct dataset *dataset;
    str batch;
    bool sees_all; /* every field of every row in the clear: the usual case, the data's own
                      department */
};

/* Who fixes sees the values as they came; they are the department's own. */
static bool enter(struct cx *cx, const struct request *rq, const char *verb, struct waiting *w)
{
    struct rows rows;
    int64_t id;
    if (!str_to_int64(rq->parts[0], &id) ||
        !DB(cx->db, cx->arena, &rows, cx->err, "select dataset from shuzhi.batch where id = $1",
            P_INT(cx->arena, id)))
        return err_set(cx->err, ERR_MISSING, "there is no batch \"%.*s\"",
                       STR_ARG(utf8_clip(rq->parts[0], 40)));
    w->dataset = rows.n ? dataset_find(cx->registry, rows_text(&rows, 0, 0)) : NULL;
    w->batch = arena_format(cx->arena, "%lld", (long long)id);
    if (!w->dataset) {
        err_set(cx->err, ERR_MISSING, "there is no batch %lld", (long long)id);
        return err_zh(cx->err, "没有编号为 %lld 的批次", (long long)id);
    }
    cx->audit->dataset = w->dataset->id;
    struct view v;
    if (!identity_require(cx, verb, w->dataset) || !view_for_actor(cx, w->dataset, &v))
        return false;
    w->sees_all = !v.is_limited && v.n == w->dataset->field_count;
    for (size_t i = 0; i < v.n; i++)
        w->sees_all &= view_is_clear(&v.fields[i]);
    return true;
}

static str text_of(const struct json *row, str field)
{
    const struct json *v = json_find_str(row, field);
    return v && v->type == JSON_STRING ? v->text : (str){0};
}

/* A refused row is shown as its record would be: not at all where no line gives it, fields hidden
 * that would not be in the clear.  *values is written anew where something is hidden. */
static bool show_row(struct cx *cx, const struct waiting *w, str *values, bool *is_seen)
{
    struct json row;
    struct rule rule;
    const struct dataset *d = w->dataset;
    struct value *given = arena_array(cx->arena, struct value, d->field_count);
    BUF_SCOPED struct buf b = {.max = 16 << 20};
    *is_seen = true;
    if (w->sees_all)
        return true;
    if (!json_parse(&row, *values, cx->arena, cx->err))
        return false;
    for (size_t i = 0; i < d->field_count; i++)
        given[i] = rule_value(cx->arena, &d->fields[i], text_of(&row, d->fields[i].name));
    if (!rule_find(cx, cx->actor, d, given, &rule, cx->err))
        return false;
    *is_seen = rule.is_seen;
    buf_add_char(&b, '{');
    for (size_t i = 0; rule.is_seen && i < d->field_count; i++) {
        const struct rule_line *by;
        str mask, text = text_of(&row, d->fields[i].name);
        enum sight s = rule_sight(&rule, &d->fields[i], &by, &mask);
        if (!text.p || s == SIGHT_NONE)
            continue;
        if (b.n > 1)
            buf_add_char(&b, ',');
        json_write_string(&b, d->fields[i].name);
        buf_add_char(&b, ':');
        batch_write_text(&b, s == SIGHT_CLEAR ? text : STR("***"));
    }
    buf_add_char(&b, '}');
    *values = arena_copy(cx->arena, buf_str(&b));
    return true;
}

/* Suggestions and words of a problem hold the value too. */
static bool is_shown(const struct json *values, str field)
{
    str shown = text_of(values, field);
    return shown.p && !str_is(shown, "***");
}

static str show_problems(struct cx *cx, const struct waiting *w, str values, str problems)
{
    struct json row, list;
    struct err ignored = {0};
    BUF_SCOPED struct buf b = {.max = 4 << 20};
    if (w->sees_all)
        return problems;
    buf_add_char(&b, '[');
    if (json_parse(&row, values, cx->arena, &ignored) &&
        json_parse(&list, problems, cx->arena, &ignored)) {
        for (size_t i = 0; i < list.array.n; i++) {
            str field = json_text(&list.array.items[i], "field", STR(""));
            if (b.n > 1)
                buf_add_char(&b, ',');
            if (is_shown(&row, field)) {
                json_write(&b, &list.array.items[i]);
                continue;
            }
            buf_add_lit(&b, "{\"field\":");
            json_write_string(&b, field);
            buf_add_lit(&b, ",\"code\":");
            json_write_string(&b, json_text(&list.array.items[i], "code", STR("")));
            buf_add_lit(&b,
                        ",\"reason\":{\"zh\":\"有问题（该字段对您脱敏）\",\"en\":\"is wrong (the "
                        "field is masked for you)\"}}");
        }
    }
    buf_add_char(&b, ']');
    return arena_copy(cx->arena, buf_str(&b));
}

static bool get_rows(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct waiting w;
    struct rows rows, total;
    int64_t limit, after = -1;
    struct buf *b = &rs->body;
    str state = request_query(rq, "state"), reason = request_query(rq, "reason"),
        field = request_query(rq, "field");
    if (!enter(cx, rq, "fix", &w) || !request_limit(rq, 50, 200, &limit, cx->err))
        return false;
    if (request_query(rq, "after").n && !str_to_int64(request_query(rq, "after"), &after))
        return err_set(cx->err, ERR_INVALID, "after is not from an earlier answer");
    static const char where[] =
        " from shuzhi.quarantine where batch = $1 and ($2 = '' or state = $2) and ($3 = '' or "
        "problems @>"
        " jsonb_build_array(jsonb_build_object('code', $3))) and ($4 = '' or problems @>"
        " jsonb_build_array(jsonb_build_object('field', $4)))";
    struct sql_param params[] = {P(w.batch),
                                 P(state.p ? state : STR("waiting")),
                                 P(reason.p ? reason : STR("")),
                                 P(field.p ? field : STR("")),
                                 P_INT(cx->arena, after),
                                 P_INT(cx->arena, limit)};
    if (!db_query(
            cx->db, cx->arena, &rows, cx->err,
            arena_format(
                cx->arena,
                "select row, state, \"values\", problems%s and row > $5 order by row limit $6",
                where)
                .p,
            params, 6) ||
        !db_query(cx->db, cx->arena, &total, cx->err,
                  arena_format(cx->arena, "select count(*)%s", where).p, params, 4))
        return false;
    buf_add_lit(b, "{\"rows\":[");
    bool is_seen, is_first = true;
    for (size_t i = 0; i < rows.n; i++) {
        str values = rows_text(&rows, i, 2);
        if (!show_row(cx, &w, &values, &is_seen))
            return false;
        if (!is_seen)
            continue;
        str problems = show_problems(cx, &w, values, rows_text(&rows, i, 3));
        buf_add_format(b, "%s{\"row\":%.*s,\"state\":\"%.*s\",\"values\":%.*s,\"problems\":%.*s}",
                       is_first ? "" : ",", STR_ARG(rows_text(&rows, i, 0)),
                       STR_ARG(rows_text(&rows, i, 1)), STR_ARG(values), STR_ARG(problems));
        is_first = false;
    }
    buf_add_lit(b, "],\"next\":");
    if (rows.n == (size_t)limit)
        json_write_string(b, rows_text(&rows, rows.n - 1, 0));
    else
        buf_add_lit(b, "null");
    buf_add_format(b, ",\"total\":%.*s,\"dataset\":\"%.*s\",\"fields\":[",
                   STR_ARG(w.sees_all ? rows_text(&total, 0, 0) : STR("null")),
                   STR_ARG(w.dataset->id));
    for (size_t i = 0; i < w.dataset->field_count; i++) {
        if (i)
            buf_add_char(b, ',');
        catalogue_write_field(b, &w.dataset->fields[i]);
    }
    buf_add_lit(b, "]}");
    cx->audit->count = (int64_t)rows.n;
    return true;
}

static bool take_row(struct cx *cx, const struct waiting *w, str row, struct json *values)
{
    struct rows rows;
    int64_t number;
    if (!str_to_int64(row, &number) || !DB(cx->db, cx->arena, &rows, cx->err,
                                           "select state, \"values\" from shuzhi.quarantine where "
                                           "batch = $1 and row = $2 for update",
                                           P(w->batch), P(row)))
        return err_set(cx->err, ERR_INVALID, "\"%.*s\" is no row number",
                       STR_ARG(utf8_clip(row, 40)));
    if (rows.n == 0)
        return err_set(cx->err, ERR_MISSING, "row %.*s was not refused in this batch",
                       STR_ARG(row));
    if (!str_is(rows_text(&rows, 0, 0), "waiting")) {
        err_set(cx->err, ERR_CONFLICT, "row %.*s is %.*s already", STR_ARG(row),
                STR_ARG(rows_text(&rows, 0, 0)));
        return err_zh(cx->err, "第 %.*s 行已经处理过了", STR_ARG(row));
    }
    bool is_seen;
    str shown = rows_text(&rows, 0, 1);
    if (!show_row(cx, w, &shown, &is_seen))
        return false;
    if (!is_seen) {
        err_set(cx->err, ERR_DENIED, "row %.*s is outside the rows you may see", STR_ARG(row));
        return err_zh(cx->err, "第 %.*s 行不在您的数据范围内", STR_ARG(row));
    }
    return json_parse(values, rows_text(&rows, 0, 1), cx->arena, cx->err);
}

/* The row's cells: as they came, with the changes on top. */
static bool merge_cells(struct cx *cx, const struct dataset *d, const struct json *old,
                        const struct json *changes, str *cells)
{
    for (size_t i = 0; i < d->field_count; i++) {
        const struct json *v = json_find_str(changes, d->fields[i].name);
        if (v && v->type != JSON_STRING && v->type != JSON_NUMBER && v->type != JSON_NULL)
            return err_set(cx->err, ERR_INVALID, "the value of %.*s is no text",
                           STR_ARG(d->fields[i].name));
        if (v && v->type == JSON_NULL)
            cells[i] = (str){0};
        else if (v)
            cells[i] = v->text;
        else
            cells[i] = json_text(old, arena_cstr(cx->arena, d->fields[i].name), (str){0});
    }
    for (size_t i = 0; changes && i < changes->object.n; i++) {
        if (!field_find(d, changes->object.members[i].key))
            return err_set(cx->err, ERR_INVALID, "\"%.*s\" is no field of %.*s",
                           STR_ARG(utf8_clip(changes->object.members[i].key, 60)), STR_ARG(d->id));
    }
    return true;
}

static str cells_json(struct cx *cx, const struct dataset *d, const str *cells)
{
    struct buf b = {.max = 16 << 20};
    buf_add_char(&b, '{');
    for (size_t i = 0; i < d->field_count; i++) {
        if (!cells[i].p)
            continue;
        if (b.n > 1)
            buf_add_char(&b, ',');
        json_write_string(&b, d->fields[i].name);
        buf_add_char(&b, ':');
        batch_write_text(&b, cells[i]);
    }
    buf_add_char(&b, '}');
    str s = arena_copy(cx->arena, buf_str(&b));
    buf_release(&b);
    return s;
}

/* Tries the row; keeps what was tried, with its new problems, or lands it. */
static bool try_row(struct cx *cx, const struct waiting *w, str row, const str *cells,
                    struct checked *checked, struct buf *problems)
{
    int64_t number, batch;
    if (!str_to_int64(row, &number) || !str_to_int64(w->batch, &batch) ||
        !batch_land_row(cx->db, cx->arena, cx->registry, w->dataset, batch, number, cells, checked,
                        cx->err))
        return err_set(cx->err, ERR_INVALID, "the row cannot be tried");
    bool has_landed = checked->problem_count == 0;
    batch_write_problems(problems, checked);
    if (!DB(cx->db, cx->arena, NULL, cx->err,
            "update shuzhi.quarantine set \"values\" = $3, problems = $4, state = case when $5 "
            "then 'landed' else state"
            " end, login = $6, at = now() where batch = $1 and row = $2",
            P(w->batch), P(row), P(cells_json(cx, w->dataset, cells)), P(buf_str(problems)),
            P_BOOL(has_landed), P(cx->actor->login)))
        return false;
    return !has_landed ||
           DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.batch set n_fixed = n_fixed + 1 where id = $1", P(w->batch));
}

static bool put_row(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct waiting w;
    struct json body, old;
    struct checked checked;
    BUF_SCOPED struct buf problems = {.max = 1 << 20};
    if (!enter(cx, rq, "fix", &w) || !request_json(rq, &body, cx->err) ||
        !take_row(cx, &w, rq->parts[1], &old))
        return false;
    const struct json *values = json_find(&body, "values");
    str *cells = arena_array(cx->arena, str, w.dataset->field_count);
    if (!values || values->type != JSON_OBJECT)
        return err_set(cx->err, ERR_INVALID, "values is missing: {field: text}");
    if (!merge_cells(cx, w.dataset, &old, values, cells) ||
        !try_row(cx, &w, rq->parts[1], cells, &checked, &problems))
        return false;
    buf_add_format(&rs->body, "{\"row\":%.*s,\"state\":\"%s\",\"problems\":%.*s}",
                   STR_ARG(rq->parts[1]), checked.problem_count ? "waiting" : "landed",
                   STR_ARG(buf_str(&problems)));
    cx->audit->count = 1;
    return true;
}

/* Puts each problem's suggestion in; false: one of them has none. */
static bool apply_suggestions(const struct dataset *d, const struct json *problems, str reason,
                              str field, str *cells)
{
    bool is_any = false;
    for (size_t i = 0; i < problems->array.n; i++) {
        const struct json *p = &problems->array.items[i];
        str name = json_text(p, "field", STR("")),
            suggestion = json_text(p, "suggestion", (str){0});
        const struct field *f = field_find(d, name);
        bool is_asked = str_equal(json_text(p, "code", STR("")), reason) &&
                        (!field.n || str_equal(field, name));
        /* Swapped columns come in pairs: both sides move. */
        is_asked |= str_is(reason, "SWAPPED") && str_is(json_text(p, "code", STR("")), "SWAPPED");
        if (!f || !suggestion.p || !is_asked)
            continue;
        cells[f - d->fields] = suggestion;
        is_any = true;
    }
    return is_any;
}

static bool post_accept(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct waiting w;
    struct json body;
    struct rows rows;
    size_t landed = 0, waiting = 0;
    if (!enter(cx, rq, "fix", &w) || !request_json(rq, &body, cx->err))
        return false;
    str reason = json_text(&body, "reason", STR("")), field = json_text(&body, "field", STR(""));
    if (reason_find(reason) == REASON_NONE)
        return err_set(cx->err, ERR_INVALID, "reason \"%.*s\" is not known",
                       STR_ARG(utf8_clip(reason, 40)));
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select row, \"values\", problems from shuzhi.quarantine where batch = $1 and state = "
            "'waiting' and problems @>"
            " jsonb_build_array(jsonb_build_object('code', $2::text)) order by row limit $3 for "
            "update",
            P(w.batch), P(reason), P_INT(cx->arena, ACCEPT_AT_ONCE)))
        return false;
    for (size_t i = 0; i < rows.n; i++) {
        struct json old, problems;
        struct checked checked;
        BUF_SCOPED struct buf told = {.max = 1 << 20};
        str *cells = arena_array(cx->arena, str, w.dataset->field_count);
        bool is_seen;
        str shown = rows_text(&rows, i, 1);
        if (!show_row(cx, &w, &shown, &is_seen))
            return false;
        if (!is_seen)
            continue;
        if (!json_parse(&old, rows_text(&rows, i, 1), cx->arena, cx->err) ||
            !json_parse(&problems, rows_text(&rows, i, 2), cx->arena, cx->err) ||
            !merge_cells(cx, w.dataset, &old, NULL, cells))
            return false;
        if (!apply_suggestions(w.dataset, &problems, reason, field, cells))
            continue;
        if (!try_row(cx, &w, rows_text(&rows, i, 0), cells, &checked, &told))
            return false;
        landed += checked.problem_count == 0;
        waiting += checked.problem_count != 0;
    }
    buf_add_format(&rs->body, "{\"landed\":%zu,\"waiting\":%zu}", landed, waiting);
    cx->audit->count = (int64_t)landed;
    return true;
}

static bool post_drop(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct waiting w;
    struct json body, old;
    if (!enter(cx, rq, "fix", &w) || !request_json(rq, &body, cx->err) ||
        !take_row(cx, &w, rq->parts[1], &old))
        return false;
    str note = json_text(&body, "note", STR(""));
    if (str_trim(note).n == 0) {
        err_set(cx->err, ERR_INVALID, "note is missing: say why the row is dropped");
        return err_zh(cx->err, "请说明为什么丢弃这一行");
    }
    if (!DB(cx->db, cx->arena, NULL, cx->err,
            "update shuzhi.quarantine set state = 'dropped', note = $3, login = $4, at = now() "
            "where batch = $1 and row = $2",
            P(w.batch), P(rq->parts[1]), P(utf8_clip(note, 2000)), P(cx->actor->login)) ||
        !DB(cx->db, cx->arena, NULL, cx->err,
            "update shuzhi.batch set n_dropped = n_dropped + 1 where id = $1", P(w.batch)))
        return false;
    buf_add_format(&rs->body, "{\"row\":%.*s,\"state\":\"dropped\"}", STR_ARG(rq->parts[1]));
    return true;
}

static void add_csv_row(struct buf *b, struct cx *cx, const struct dataset *d, str row, str values,
                        str problems)
{
    struct json v, p;
    struct err ignored = {0};
    BUF_SCOPED struct buf reasons = {.max = 1 << 20};
    if (!json_parse(&v, values, cx->arena, &ignored) ||
        !json_parse(&p, problems, cx->arena, &ignored))
        return;
    csv_write_cell(b, row, 0);
    for (size_t i = 0; i < d->field_count; i++)
        csv_write_cell(b, json_text(&v, arena_cstr(cx->arena, d->fields[i].name), STR("")), ',');
    for (size_t i = 0; i < p.array.n; i++) {
        const struct json *one = &p.array.items[i];
        const struct field *f = field_find(d, json_text(one, "field", STR("")));
        str suggestion = json_text(one, "suggestion", (str){0});
        buf_add_format(&reasons, "%s%.*s%.*s", i ? "；" : "",
                       STR_ARG(f ? f->title.zh : STR("本行")),
                       STR_ARG(json_text(json_find(one, "reason"), "zh", STR(""))));
        if (suggestion.p)
            buf_add_format(&reasons, "，建议：%.*s", STR_ARG(suggestion));
    }
    csv_write_cell(b, buf_str(&reasons), ',');
    buf_add_lit(b, "\r\n");
}

static bool get_csv(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct waiting w;
    struct rows rows;
    struct buf *b = &rs->body;
    if (!enter(cx, rq, "fix", &w) || !DB(cx->db, cx->arena, &rows, cx->err,
                                         "select row, \"values\", problems from shuzhi.quarantine "
                                         "where batch = $1 and state = 'waiting' order by row"
                                         " limit 100000",
                                         P(w.batch)))
        return false;
    buf_add_lit(b, "\xef\xbb\xbf_row");
    for (size_t i = 0; i < w.dataset->field_count; i++)
        csv_write_cell(b, w.dataset->fields[i].title.zh, ',');
    buf_add_lit(b, ",\"问题\"\r\n");
    for (size_t i = 0; i < rows.n; i++) {
        bool is_seen;
        str values = rows_text(&rows, i, 1);
        if (!show_row(cx, &w, &values, &is_seen))
            return false;
        if (is_seen)
            add_csv_row(b, cx, w.dataset, rows_text(&rows, i, 0), values,
                        show_problems(cx, &w, values, rows_text(&rows, i, 2)));
    }
    rs->type = STR("text/csv; charset=utf-8");
    response_header(rs, STR("Content-Disposition"),
                    arena_format(cx->arena, "attachment; filename=\"%.*s-%.*s.csv\"",
                                 STR_ARG(w.dataset->id), STR_ARG(w.batch)));
    cx->audit->count = (int64_t)rows.n;
    return true;
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/batches/{batch}/quarantine", get_rows, "quarantine.read", 0, NULL},
    {"GET", "/api/v1/batches/{batch}/quarantine.csv", get_csv, "quarantine.export", ROUTE_HEAVY,
     NULL},
    {"PUT", "/api/v1/batches/{batch}/quarantine/{row}", put_row, "quarantine.fix", 0, NULL},
    {"POST", "/api/v1/batches/{batch}/quarantine/accept", post_accept, "quarantine.fix", 0, NULL},
    {"POST", "/api/v1/batches/{batch}/quarantine/{row}/drop", post_drop, "quarantine.drop", 0,
     NULL},
    {0},
};

const struct module QUARANTINE_MODULE = {"quarantine", ROUTES};
