#include "rules/rules_http.h"

#include "access/catalogue.h"
#include "base/date.h"
#include "dmn/trace.h"
#include "feel/wire.h"
#include "rules/asking.h"

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

static void write_dataset_fields(struct buf *b, const struct dataset *d,
                                 const struct dmn_package *p)
{
    bool is_first = true;
    buf_add_lit(b, "\"fields\":[");
    for (size_t i = 0; i < d->field_count; i++) {
        const struct field *f = &d->fields[i];
        enum cut_kind cut = asking_may_cut(CUT_TOWN, f)  ? CUT_TOWN
                            : asking_may_cut(CUT_AGE, f) ? CUT_AGE
                                                         : CUT_NONE;
        if (!asking_may_count_by(f) && !asking_is_input(p, f) && cut == CUT_NONE)
            continue;
        buf_add(b, is_first ? STR("{\"name\":") : STR(",{\"name\":"));
        is_first = false;
        json_write_string(b, f->name);
        buf_add_lit(b, ",\"title\":");
        title_write(b, f->title);
        buf_add_format(b, ",\"is_input\":%s,\"is_counted_by\":%s",
                       asking_is_input(p, f) ? "true" : "false",
                       asking_may_count_by(f) ? "true" : "false");
        if (cut != CUT_NONE) {
            buf_add_format(b, ",\"cut\":{\"name\":\"%s\",\"title\":", cut_name(cut));
            title_write(b, cut_title(cut));
            buf_add_char(b, '}');
        }
        buf_add_char(b, '}');
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
            hits += asking_is_input(p, &d->fields[k]);
        }
        if (!hits || !asking_may_simulate(cx, d))
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

static bool post_decide(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct machine m;
    struct value result;
    struct dmn_input inputs[ASKING_INPUTS];
    struct dmn_trace trace = {.arena = cx->arena};
    const struct rule_model *r = rule_model_find(cx, rq->parts[0]);
    struct rule_version v;
    if (!r || !request_json(rq, &body, cx->err) || !rule_version_asked(cx, r, &body, &v))
        return false;
    const struct dmn_element *el = asking_decision(cx, &v, &body);
    struct dmn_case c = {.package = v.model, .inputs = inputs};
    if (!el || !asking_inputs(cx, &v, json_find(&body, "inputs"), inputs, &c.input_count))
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

static const struct route ROUTES[] = {
    {"GET", "/api/v1/rules", get_rules, NULL, 0, NULL},
    {"GET", "/api/v1/rules/{rule}", get_rule, NULL, 0, NULL},
    {"POST", "/api/v1/rules/{rule}/decide", post_decide, "rules.decide", 0, NULL},
    {0},
};

const struct module RULES_MODULE = {"rules", ROUTES};
