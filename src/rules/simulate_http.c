#include "rules/rules_http.h"

#include "access/handle.h"
#include "audit/audit.h"
#include "base/date.h"
#include "base/digest.h"
#include "feel/wire.h"
#include "rules/asking.h"
#include "rules/running.h"
#include "rules/simulate_report.h"
#include "rules/simulate_source.h"

#include <ctype.h>

enum {
    MAX_CASES = 200,
    MAX_KEPT = 4 << 20, /* bytes of a report */
    LEAST = 5, /* rows of one result that are told as a class: fewer could point to somebody */
};

/* What the model reads.  Who holds "simulate" has the policy tried over every row, which says
 * nothing of one; anybody else over the rows they may read, and with fields they see in the clear
 * there. */
static bool find_inputs(struct cx *cx, const struct dataset *d, const struct dmn_package *model,
                        struct view *v, const struct view **shown_as)
{
    *shown_as = NULL;
    if (identity_may(cx, "simulate", d))
        return true;
    if (!view_for_actor(cx, d, v))
        return false;
    *shown_as = v;
    for (size_t i = 0; i < d->field_count; i++) {
        const struct field *f = &d->fields[i];
        const struct view_field *shown = view_find(v, f->name);
        if (!simulate_input_of(model, f) || (shown && view_may_ask(shown)))
            continue;
        err_set(cx->err, ERR_DENIED, "the policy reads %.*s, which is masked for you",
                STR_ARG(f->title.en));
        return err_zh(cx->err, "该政策用到“%.*s”，此字段对您脱敏，不能试算", STR_ARG(f->title.zh));
    }
    return true;
}

/* A simulation under way, from what was asked to what is kept of it. */
struct simulation {
    struct asking asking;
    const struct json *body;
    str id;
    struct view view;
    const struct view *shown_as; /* NULL: all rows, as they are */
    struct simulate_classes classes;
    struct simulate_report report;
    str data; /* version */
    int64_t began;
    bool is_stopped, is_limited;
};

static bool is_run_id(str id)
{
    bool is_good = id.n >= 8 && id.n <= 64;
    for (size_t i = 0; is_good && i < id.n; i++)
        is_good = (id.p[i] && strchr("-_", id.p[i])) || isalnum((unsigned char)id.p[i]);
    return is_good;
}

static bool take_id(struct cx *cx, struct simulation *s)
{
    struct rows rows;
    s->id = json_text(s->body, "run", (str){0});
    if (!s->id.p) {
        s->id = random_token(cx->arena, 16);
        return true;
    }
    if (!is_run_id(s->id)) {
        err_set(cx->err, ERR_INVALID, "run is 8 to 64 letters, digits, - or _");
        return err_at(cx->err, "/run");
    }
    if (!DB(cx->db, cx->arena, &rows, cx->err, "select from shuzhi.rule_run where id = $1",
            P(s->id)))
        return false;
    return rows.n == 0 || (err_set(cx->err, ERR_CONFLICT, "there is a run with this number"),
                           err_zh(cx->err, "已有同号的模拟"));
}

static bool run_rows(struct cx *cx, struct simulation *s, const char *verb)
{
    struct asking *w = &s->asking;
    struct db *reader = access_reader(cx, verb);
    struct simulate_rows *rows =
        reader ? simulate_rows_of_dataset(cx->db, reader, w->dataset, s->shown_as, w->version.model,
                                          SIMULATE_WITHOUT_KEY, w->by, w->options.by_count,
                                          cx->arena, cx->err)
               : NULL;
    struct simulate_source source = rows ? simulate_rows_source(rows) : (struct simulate_source){0};
    bool ok = rows && simulate_run(&source, &w->options, cx->arena, &s->report, cx->err);
    s->data = rows ? simulate_rows_version(rows, cx->arena) : (str){0};
    simulate_rows_close(rows);
    return ok;
}

/* Told how far it is, and stopped when its asker says so: then no failure, but a short answer. */
static bool run_watched(struct cx *cx, struct simulation *s, const char *verb)
{
    struct rows rows;
    struct asking *w = &s->asking;
    if (!DB(cx->db, cx->arena, &rows, cx->err, "select records from shuzhi.dataset where id = $1",
            P(w->dataset->id)))
        return false;
    struct running *r = running_begin(s->id, w->rule->id, cx->actor->login,
                                      rows.n ? rows_int(&rows, 0, 0) : 0, cx->err);
    if (!r)
        return false;
    w->options.progress = running_step;
    w->options.progress_data = r;
    bool ok = run_rows(cx, s, verb);
    s->is_stopped = !ok && running_is_stopped(r) && cx->err->code == ERR_CONFLICT;
    running_end(r);
    if (s->is_stopped)
        err_clear(cx->err);
    return ok || s->is_stopped;
}

static void write_answer(struct cx *cx, const struct simulation *s, str report, struct buf *b)
{
    const struct asking *w = &s->asking;
    buf_add_lit(b, "{\"run\":");
    json_write_string(b, s->id);
    buf_add_format(b,
                   ",\"state\":\"%s\",\"is_limited\":%s,\"record\":{\"model\":\"%.*s\","
                   "\"version\":%lld,\"data\":",
                   s->is_stopped ? "stopped" : "done", s->is_limited ? "true" : "false",
                   STR_ARG(w->version.digest), (long long)w->version.version);
    json_write_string(b, s->data);
    buf_add_lit(b, ",\"decision\":");
    json_write_string(b, w->options.decision);
    if (!s->is_stopped) {
        buf_add_lit(b, ",\"report\":");
        json_write_string(b, digest_hex(cx->arena, report));
    }
    buf_add_char(b, '}');
    if (!s->is_stopped) {
        buf_add_char(b, ',');
        buf_add(b, report);
    }
    buf_add_char(b, '}');
}

static bool keep_run(struct cx *cx, const struct simulation *s, str report)
{
    const struct asking *w = &s->asking;
    BUF_SCOPED struct buf request = {.max = 64 << 20};
    json_write(&request, s->body);
    bool is_kept = !s->is_stopped && report.n <= MAX_KEPT;
    return DB(cx->db, cx->arena, NULL, cx->err,
              "insert into shuzhi.rule_run (id, rule, version, model, dataset, data, request,"
              " compares, state, rows, is_limited, digest, report, login, ms) values ($1, $2,"
              " $3::int, $4, $5, $6, $7, $8::boolean, $9, $10::bigint, $11::boolean, $12, $13,"
              " $14, $15::bigint)",
              P(s->id), P(w->rule->id), P_INT(cx->arena, w->version.version), P(w->version.digest),
              P(w->dataset->id), P(s->data), P(buf_str(&request)), P_BOOL(w->options.other != NULL),
              s->is_stopped ? P_CSTR("stopped") : P_CSTR("done"),
              P_INT(cx->arena, s->report.all.rows), P_BOOL(s->is_limited),
              s->is_stopped ? P_NULL : P(digest_hex(cx->arena, report)),
              is_kept ? P(report) : P_NULL, P(cx->actor->login),
              P_INT(cx->arena, clock_unix_ms() - s->began));
}

/* Sums by fields of low grade are no record of anybody; single cases are not given. */
static bool post_simulate(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct simulation *s = arena_new(cx->arena, struct simulation);
    struct asking *w = &s->asking;
    BUF_SCOPED struct buf report = {.max = 256 << 20};
    s->body = &body;
    s->classes = (struct simulate_classes){.arena = cx->arena, .least = LEAST};
    s->began = clock_unix_ms();
    if (!request_json(rq, &body, cx->err) || !asking_take(cx, rq, &body, w) || !take_id(cx, s))
        return false;
    const struct dataset *d = w->dataset;
    const char *verb = identity_may(cx, "simulate", d) ? "simulate" : "read";
    if (!identity_require(cx, verb, d) ||
        !find_inputs(cx, d, w->version.model, &s->view, &s->shown_as))
        return false;
    w->options.row = simulate_classes_row;
    w->options.row_data = &s->classes;
    if (!run_watched(cx, s, verb))
        return false;
    s->is_limited = s->shown_as && !access_sees_all_rows(cx, d);
    if (!s->is_stopped)
        simulate_report_write(&report, &s->report,
                              &(struct simulate_asked){cx->registry, d, w->by, w->options.by_count,
                                                       w->options.other != NULL, &s->classes});
    write_answer(cx, s, buf_str(&report), &rs->body);
    cx->audit->count = (int64_t)s->report.all.rows;
    return keep_run(cx, s, buf_str(&report));
}

/* --- the cases behind a difference -------------------------------------------------------------
 */

struct one_case {
    str key;
    struct value result, other;
};

struct picking {
    struct cx *cx;
    struct asking *asking;
    size_t key_at[4], group_at; /* columns of the key and of the group */
    str group;                  /* p == NULL: any */
    enum { PICK_GAIN, PICK_LOSE, PICK_CHANGED } what;
    struct one_case cases[MAX_CASES];
    size_t n, found;
};

static str text_of(struct arena *a, struct value v)
{
    BUF_SCOPED struct buf b = {.max = 4000};
    if (v.kind != VALUE_NULL)
        value_write(&b, v);
    return arena_copy(a, buf_str(&b));
}

/* By the model asked for against the other, as the sums count them. */
static bool is_picked(const struct picking *p, struct value mine, struct value theirs)
{
    if (mine.kind == VALUE_NUMBER && theirs.kind == VALUE_NUMBER) {
        int order = value_compare_numbers(mine, theirs);
        return p->what == PICK_GAIN ? order > 0 : p->what == PICK_LOSE && order < 0;
    }
    return p->what == PICK_CHANGED && value_equals(mine, theirs) != VALUES_EQUAL;
}

static void pick_row(void *data, const struct value *row, struct value result, struct value other)
{
    struct picking *p = data;
    const struct dataset *d = p->asking->dataset;
    struct arena *a = p->cx->arena;
    if (!is_picked(p, result, other) ||
        (p->group.p && !str_equal(text_of(a, row[p->group_at]), p->group)))
        return;
    p->found++;
    if (p->n == MAX_CASES)
        return;
    str key = text_of(a, row[p->key_at[0]]);
    for (size_t i = 1; i < d->key_count; i++)
        key = arena_format(a, "%.*s~%.*s", STR_ARG(key), STR_ARG(text_of(a, row[p->key_at[i]])));
    p->cases[p->n++] = (struct one_case){key, value_copy(a, result), value_copy(a, other)};
}

/* What a decision says of somebody tells of the fields it looks at: rows give them as they are
 * shown.  A key that names the record is read as it is, so no model may look at it unless it is in
 * the clear everywhere. */
static bool require_inputs_shown(struct cx *cx, const struct asking *w, const struct view *v)
{
    const struct dataset *d = w->dataset;
    for (size_t i = 0; i < d->field_count; i++) {
        const struct field *field = &d->fields[i];
        const struct view_field *f = view_find(v, field->name);
        bool is_used =
            asking_is_input(w->version.model, field) || asking_is_input(w->options.other, field);
        if (!is_used || (f && (field->is_key ? view_is_clear(f) : view_may_ask(f))))
            continue;
        err_set(cx->err, ERR_DENIED,
                "the decision looks at %.*s, which is not shown to you in the clear: single cases "
                "are not either",
                STR_ARG(field->title.en));
        return err_zh(cx->err, "决策用到“%.*s”，该字段对您脱敏或不可见，因此不能查看到个案",
                      STR_ARG(field->title.zh));
    }
    return true;
}

static bool take_picking(struct cx *cx, const struct json *body, struct picking *p)
{
    str what = json_text(body, "what", STR(""));
    p->what = str_is(what, "gain") ? PICK_GAIN : str_is(what, "lose") ? PICK_LOSE : PICK_CHANGED;
    p->group = json_text(body, "value", (str){0});
    if (p->what == PICK_CHANGED && !str_is(what, "changed")) {
        err_set(cx->err, ERR_INVALID, "what is gain, lose or changed");
        return err_at(cx->err, "/what");
    }
    if (!p->asking->options.other) {
        err_set(cx->err, ERR_INVALID, "against is missing: cases are those of a difference");
        return err_at(cx->err, "/against");
    }
    if (p->group.p && p->asking->options.by_count != 1) {
        err_set(cx->err, ERR_INVALID, "value is one of the only field in by");
        return err_at(cx->err, "/value");
    }
    return true;
}

/* A person is called what the view shows. */
static bool write_case(struct cx *cx, const struct view *v, struct db *reader,
                       const struct one_case *c, struct buf *b)
{
    struct rows rows;
    const struct dataset *d = v->dataset;
    const struct view_field *title = view_find(v, d->title_field->name);
    BUF_SCOPED struct buf sql = {.max = 1 << 16};
    buf_add_lit(&sql, "select ");
    if (title)
        view_expression(&sql, title, "t");
    else
        buf_add_lit(&sql, "null");
    buf_add_format(&sql, " from %.*s t where ", STR_ARG(d->table));
    if (!key_to_where(cx->arena, d, c->key, &sql, cx->err))
        return false;
    buf_add_char(&sql, '\0');
    if (!DB0(reader, cx->arena, &rows, cx->err, sql.p))
        return false;
    buf_add_lit(b, "{\"key\":");
    json_write_string(b, handle_of(cx, d, v, c->key));
    buf_add_lit(b, ",\"title\":");
    if (rows.n && !rows_is_null(&rows, 0, 0))
        json_write_string(b, rows_text(&rows, 0, 0));
    else
        buf_add_lit(b, "null");
    buf_add_lit(b, ",\"result\":");
    wire_write(b, c->result);
    buf_add_lit(b, ",\"against\":");
    wire_write(b, c->other);
    buf_add_char(b, '}');
    return true;
}

static bool pick(struct cx *cx, struct picking *p, const struct view *v, struct db *reader)
{
    struct asking *w = p->asking;
    struct simulate_report report;
    const struct dataset *d = w->dataset;
    struct simulate_rows *rows =
        simulate_rows_of_dataset(cx->db, reader, d, v, w->version.model, SIMULATE_WITH_KEY, w->by,
                                 w->options.by_count, cx->arena, cx->err);
    if (!rows)
        return false;
    for (size_t i = 0; i < d->key_count; i++)
        p->key_at[i] = simulate_rows_column(rows, d->key[i]);
    struct simulate_source source = simulate_rows_source(rows);
    for (size_t i = 0; p->group.p && i < source.n; i++)
        p->group_at = str_equal(source.names[i], w->by[0]) ? i : p->group_at;
    w->options.row = pick_row;
    w->options.row_data = p;
    bool ok = simulate_run(&source, &w->options, cx->arena, &report, cx->err);
    simulate_rows_close(rows);
    return ok;
}

/* The records behind a gain or loss, of those the asker may read. */
static bool post_cases(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct view v;
    struct picking *p = arena_new(cx->arena, struct picking);
    *p = (struct picking){.cx = cx, .asking = arena_new(cx->arena, struct asking)};
    if (!request_json(rq, &body, cx->err) || !asking_take(cx, rq, &body, p->asking) ||
        !take_picking(cx, &body, p) || !identity_require(cx, "read", p->asking->dataset) ||
        !view_for_actor(cx, p->asking->dataset, &v) || !require_inputs_shown(cx, p->asking, &v))
        return false;
    struct db *reader = access_reader(cx, "read");
    if (!reader || !pick(cx, p, &v, reader))
        return false;
    buf_add_format(&rs->body, "{\"total\":%zu,\"is_limited\":%s,\"cases\":[", p->found,
                   access_sees_all_rows(cx, p->asking->dataset) ? "false" : "true");
    for (size_t i = 0; i < p->n; i++) {
        if (i)
            buf_add_char(&rs->body, ',');
        if (!write_case(cx, &v, reader, &p->cases[i], &rs->body))
            return false;
    }
    buf_add_lit(&rs->body, "]}");
    cx->audit->count = (int64_t)p->n;
    return true;
}

static const struct route ROUTES[] = {
    {"POST", "/api/v1/rules/{rule}/simulate", post_simulate, "rules.simulate", ROUTE_LIST, NULL},
    {"POST", "/api/v1/rules/{rule}/cases", post_cases, "rules.cases", ROUTE_LIST, NULL},
    {0},
};

const struct module SIMULATE_MODULE = {"simulate", ROUTES};
