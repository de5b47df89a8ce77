#include "rules/rules_http.h"

#include "access/catalogue.h"
#include "access/handle.h"
#include "audit/audit.h"
#include "base/date.h"
#include "dmn/given.h"
#include "dmn/trace.h"
#include "feel/wire.h"
#include "rules/simulate_report.h"
#include "rules/simulate_source.h"
#include "rules/version.h"

enum {
    MAX_INPUTS = 200,
    MAX_BY = 8,
    MAX_CASES = 200,
    LEAST = 5, /* rows of one result that are told as a class: fewer could point to somebody */
};

static void write_elements(struct buf *b, const struct dmn_package *p, enum dmn_kind kind)
{
    bool is_first = true;
    for (size_t i = 0; i < p->root->count; i++) {
        const struct dmn_element *el = p->root->elements[i];
        if (el->kind != kind)
            continue;
        buf_add(b, is_first ? STR("{\"name\":") : STR(",{\"name\":"));
        is_first = false;
        json_write_string(b, el->name);
        buf_add_lit(b, ",\"id\":");
        json_write_string(b, el->id);
        static const char *const types[] = {
            [VALUE_BOOLEAN] = "boolean", [VALUE_NUMBER] = "number",
            [VALUE_STRING] = "string",   [VALUE_DATE] = "date",
            [VALUE_TIME] = "time",       [VALUE_DATE_TIME] = "date-time"};
        bool is_plain = el->type && el->type->form == TYPE_SCALAR &&
                        el->type->kind < COUNT(types) && types[el->type->kind];
        buf_add_format(b, ",\"type\":\"%s\"}", is_plain ? types[el->type->kind] : "any");
    }
}

/* Over all rows with "simulate", else over those they may read. */
static bool may_simulate(struct cx *cx, const struct dataset *d)
{
    return identity_may(cx, "simulate", d) || identity_may(cx, "read", d);
}

static bool is_input(const struct dmn_package *p, const struct field *f)
{
    return dmn_find(p, DMN_INPUT, f->name) || dmn_find(p, DMN_INPUT, f->title.zh) ||
           dmn_find(p, DMN_INPUT, f->title.en);
}

/* Sums by these are no record of anybody. */
static bool may_count_by(const struct field *f)
{
    return !f->is_key && f->grade < GRADE_L3;
}

static void write_dataset_fields(struct buf *b, const struct dataset *d,
                                 const struct dmn_package *p)
{
    bool is_first = true;
    buf_add_lit(b, "\"fields\":[");
    for (size_t i = 0; i < d->field_count; i++) {
        const struct field *f = &d->fields[i];
        if (!may_count_by(f) && !is_input(p, f))
            continue;
        buf_add(b, is_first ? STR("{\"name\":") : STR(",{\"name\":"));
        is_first = false;
        json_write_string(b, f->name);
        buf_add_lit(b, ",\"title\":");
        title_write(b, f->title);
        buf_add_format(b, ",\"is_input\":%s,\"is_counted_by\":%s}",
                       is_input(p, f) ? "true" : "false", may_count_by(f) ? "true" : "false");
    }
    buf_add_char(b, ']');
}

/* Datasets that could be simulated over: those with a field for at least one input. */
static void write_datasets(struct buf *b, struct cx *cx, const struct dmn_package *p)
{
    bool is_first = true;
    for (size_t i = 0; i < cx->registry->datasets.n; i++) {
        const struct dataset *d = cx->registry->datasets.entries[i].value;
        size_t hits = 0;
        for (size_t k = 0; k < d->field_count; k++) {
            hits += is_input(p, &d->fields[k]);
        }
        if (!hits || !may_simulate(cx, d))
            continue;
        buf_add(b, is_first ? STR("{\"id\":") : STR(",{\"id\":"));
        is_first = false;
        json_write_string(b, d->id);
        buf_add_lit(b, ",\"title\":");
        title_write(b, d->title);
        buf_add_format(b, ",\"inputs\":%zu,", hits);
        write_dataset_fields(b, d, p);
        buf_add_char(b, '}');
    }
}

static void write_model(struct buf *b, struct cx *cx, const struct rule_model *r)
{
    size_t cases = 0;
    for (size_t i = 0; i < cx->registry->case_count; i++) {
        const struct rule_cases *c = &cx->registry->cases[i];
        cases += c->model == r ? json_find(c->definition, "cases")->array.n : 0;
    }
    buf_add_lit(b, "{\"id\":");
    json_write_string(b, r->id);
    buf_add_lit(b, ",\"title\":");
    title_write(b, r->title);
    buf_add_lit(b, ",\"package\":");
    json_write_string(b, r->package->id);
    buf_add_lit(b, ",\"package_title\":");
    title_write(b, r->package->title);
    buf_add_format(b, ",\"digest\":\"%.*s\",\"case_count\":%zu,\"inputs\":[", STR_ARG(r->digest),
                   cases);
    write_elements(b, r->model, DMN_INPUT);
    buf_add_lit(b, "],\"decisions\":[");
    write_elements(b, r->model, DMN_DECISION);
    buf_add_lit(b, "],\"datasets\":[");
    write_datasets(b, cx, r->model);
    buf_add_char(b, ']');
}

static bool get_rules(struct cx *cx, const struct request *rq, struct response *rs)
{
    (void)rq;
    buf_add_lit(&rs->body, "{\"rules\":[");
    for (size_t i = 0; i < cx->registry->rules.n; i++) {
        if (i)
            buf_add_char(&rs->body, ',');
        write_model(&rs->body, cx, cx->registry->rules.entries[i].value);
        buf_add_char(&rs->body, '}');
    }
    buf_add_lit(&rs->body, "]}");
    return true;
}

static bool get_rule(struct cx *cx, const struct request *rq, struct response *rs)
{
    const struct rule_model *r = rule_model_find(cx, rq->parts[0]);
    bool is_first = true;
    struct rule_version now;
    if (!r || !rule_version_on(cx, r, date_today_china(), &now))
        return false;
    write_model(&rs->body, cx, r);
    buf_add_lit(&rs->body, ",\"cases\":[");
    for (size_t i = 0; i < cx->registry->case_count; i++) {
        const struct rule_cases *c = &cx->registry->cases[i];
        const struct json *list = json_find(c->definition, "cases");
        for (size_t k = 0; c->model == r && k < list->array.n; k++) {
            if (!is_first)
                buf_add_char(&rs->body, ',');
            is_first = false;
            json_write(&rs->body, &list->array.items[k]);
        }
    }
    buf_add_format(&rs->body, "],\"version\":%lld,\"xml\":", (long long)now.version);
    json_write_string(&rs->body, now.text);
    buf_add_char(&rs->body, '}');
    return true;
}

/* The machine's clock, as an argument: China's. */
static void set_now(struct machine *m)
{
    int64_t ms = clock_unix_ms();
    m->has_now = true;
    m->now = (struct moment){
        .day = ms / 86400000, .nano = ms % 86400000 * 1000000, .zone_kind = MOMENT_OFFSET};
}

static bool take_inputs(struct cx *cx, const struct rule_version *r, const struct json *given,
                        struct dmn_input *inputs, size_t *n)
{
    *n = 0;
    if (!given || given->type != JSON_OBJECT)
        return true;
    if (given->object.n > MAX_INPUTS)
        return err_set(cx->err, ERR_LIMIT, "at most %d inputs are taken", MAX_INPUTS);
    for (size_t i = 0; i < given->object.n; i++) {
        const struct json_member *g = &given->object.members[i];
        const struct dmn_element *input = dmn_find(r->model, DMN_INPUT, g->key);
        if (!input) {
            err_set(cx->err, ERR_INVALID, "the rule has no input \"%.*s\"",
                    STR_ARG(utf8_clip(g->key, 80)));
            return err_zh(cx->err, "规则没有名为“%.*s”的输入", STR_ARG(utf8_clip(g->key, 80)));
        }
        inputs[(*n)++] = (struct dmn_input){
            .name = g->key, .value = given_of_json(input->type, &g->value, cx->arena)};
    }
    return true;
}

static const struct dmn_element *find_decision(struct cx *cx, const struct rule_version *r,
                                               const struct json *body)
{
    str name = json_text(body, "decision", STR(""));
    const struct dmn_element *el = dmn_find(r->model, DMN_DECISION, name);
    if (!el || el->fault) {
        err_set(cx->err, ERR_INVALID, "the rule has no decision \"%.*s\"",
                STR_ARG(utf8_clip(name, 80)));
        err_zh(cx->err, "规则没有名为“%.*s”的决策", STR_ARG(utf8_clip(name, 80)));
        err_at(cx->err, "/decision");
        return NULL;
    }
    return el;
}

static bool post_decide(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct machine m;
    struct value result;
    struct dmn_input inputs[MAX_INPUTS];
    struct dmn_trace trace = {.arena = cx->arena};
    const struct rule_model *r = rule_model_find(cx, rq->parts[0]);
    struct rule_version v;
    if (!r || !request_json(rq, &body, cx->err) || !rule_version_asked(cx, r, &body, &v))
        return false;
    const struct dmn_element *el = find_decision(cx, &v, &body);
    struct dmn_case c = {.package = v.model, .inputs = inputs};
    if (!el || !take_inputs(cx, &v, json_find(&body, "inputs"), inputs, &c.input_count))
        return false;
    machine_init(&m, cx->arena, cx->err, LIMITS_DEFAULT);
    set_now(&m);
    dmn_trace_attach(&trace, &c, &m);
    if (!dmn_decide(&c, el, &m, &result))
        return false;
    buf_add_lit(&rs->body, "{\"decision\":");
    json_write_string(&rs->body, el->name);
    buf_add_lit(&rs->body, ",\"result\":");
    wire_write(&rs->body, result);
    buf_add_lit(&rs->body, ",\"steps\":");
    dmn_trace_write_json(&rs->body, &trace);
    buf_add_format(&rs->body, ",\"model\":\"%.*s\",\"version\":%lld}", STR_ARG(v.digest),
                   (long long)v.version);
    return true;
}

static bool take_by(struct cx *cx, const struct dataset *d, const struct json *list, str *by,
                    size_t *n)
{
    *n = 0;
    if (!list)
        return true;
    if (list->type != JSON_ARRAY || list->array.n > MAX_BY)
        return err_set(cx->err, ERR_INVALID, "by is a list of at most %d fields", MAX_BY);
    for (size_t i = 0; i < list->array.n; i++) {
        const struct json *v = &list->array.items[i];
        const struct field *f = v->type == JSON_STRING ? field_find(d, v->text) : NULL;
        if (!f || !may_count_by(f)) {
            err_set(cx->err, ERR_DENIED,
                    "only fields of grade L1 and L2 that are no key can be counted by");
            return err_zh(cx->err, "只能按 L1、L2 级且非主键的字段分组统计");
        }
        by[(*n)++] = f->name;
    }
    return true;
}

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

/* To compare with: a draft as DMN text, or the number of a version. */
static bool take_other(struct cx *cx, const struct rule_model *r, const struct json *against,
                       const struct dmn_package **other)
{
    struct rule_version v;
    struct json asked = json_object(cx->arena, 1);
    if (!against || against->type == JSON_NULL)
        return true;
    if (against->type == JSON_STRING)
        return rule_text_read(cx, against->text, "/against", other);
    json_put(&asked, STR("version"), *against);
    if (!rule_version_asked(cx, r, &asked, &v))
        return err_at(cx->err, "/against");
    *other = v.model;
    return true;
}

/* A simulation asked for: model, dataset, parameters and what to compare with. */
struct asking {
    const struct rule_model *rule;
    struct rule_version version;
    const struct dataset *dataset;
    struct dmn_input parameters[MAX_INPUTS];
    str by[MAX_BY];
    struct simulate_options options;
};

static bool take_asking(struct cx *cx, const struct request *rq, const struct json *body,
                        struct asking *w)
{
    struct simulate_options *o = &w->options;
    w->rule = rule_model_find(cx, rq->parts[0]);
    if (!w->rule || !rule_version_asked(cx, w->rule, body, &w->version))
        return false;
    w->dataset = catalogue_require(cx, json_text(body, "dataset", STR("")));
    const struct dmn_element *el = w->dataset ? find_decision(cx, &w->version, body) : NULL;
    *o = (struct simulate_options){
        .model = w->version.model, .parameters = w->parameters, .by = w->by, .threads = 2};
    if (!el)
        return false;
    o->decision = el->name;
    return take_inputs(cx, &w->version, json_find(body, "parameters"), w->parameters,
                       &o->parameter_count) &&
           take_by(cx, w->dataset, json_find(body, "by"), w->by, &o->by_count) &&
           take_other(cx, w->rule, json_find(body, "against"), &o->other);
}

/* Sums by fields of low grade are no record of anybody; single cases are not given. */
static bool post_simulate(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct simulate_report report;
    struct asking *w = arena_new(cx->arena, struct asking);
    struct simulate_classes classes = {.arena = cx->arena, .least = LEAST};
    if (!request_json(rq, &body, cx->err) || !take_asking(cx, rq, &body, w))
        return false;
    const struct dataset *d = w->dataset;
    struct view view;
    const struct view *shown_as;
    const char *verb = identity_may(cx, "simulate", d) ? "simulate" : "read";
    if (!identity_require(cx, verb, d) || !find_inputs(cx, d, w->version.model, &view, &shown_as))
        return false;
    w->options.row = simulate_classes_row;
    w->options.row_data = &classes;
    struct db *reader = access_reader(cx, verb);
    struct simulate_rows *rows =
        reader ? simulate_rows_of_dataset(cx->db, reader, d, shown_as, w->version.model,
                                          SIMULATE_WITHOUT_KEY, w->by, w->options.by_count,
                                          cx->arena, cx->err)
               : NULL;
    struct simulate_source source = rows ? simulate_rows_source(rows) : (struct simulate_source){0};
    bool ok = rows && simulate_run(&source, &w->options, cx->arena, &report, cx->err);
    str version = ok ? simulate_rows_version(rows, cx->arena) : (str){0};
    simulate_rows_close(rows);
    if (!ok)
        return false;
    buf_add_format(&rs->body,
                   "{\"is_limited\":%s,\"record\":{\"model\":\"%.*s\",\"version\":%lld,\"data\":",
                   !shown_as || access_sees_all_rows(cx, d) ? "false" : "true",
                   STR_ARG(w->version.digest), (long long)w->version.version);
    json_write_string(&rs->body, version);
    buf_add_lit(&rs->body, ",\"decision\":");
    json_write_string(&rs->body, w->options.decision);
    buf_add_lit(&rs->body, "},");
    simulate_report_write(&rs->body, &report,
                          &(struct simulate_asked){cx->registry, d, w->by, w->options.by_count,
                                                   w->options.other != NULL, &classes});
    buf_add_char(&rs->body, '}');
    cx->audit->count = (int64_t)report.all.rows;
    return true;
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
        bool is_used = is_input(w->version.model, field) || is_input(w->options.other, field);
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
    if (!request_json(rq, &body, cx->err) || !take_asking(cx, rq, &body, p->asking) ||
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
    {"GET", "/api/v1/rules", get_rules, NULL, 0, NULL},
    {"GET", "/api/v1/rules/{rule}", get_rule, NULL, 0, NULL},
    {"POST", "/api/v1/rules/{rule}/decide", post_decide, "rules.decide", 0, NULL},
    {"POST", "/api/v1/rules/{rule}/simulate", post_simulate, "rules.simulate", ROUTE_LIST, NULL},
    {"POST", "/api/v1/rules/{rule}/cases", post_cases, "rules.cases", ROUTE_LIST, NULL},
    {0},
};

const struct module RULES_MODULE = {"rules", ROUTES};
