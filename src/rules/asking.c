#include "rules/asking.h"

#include "access/catalogue.h"
#include "dmn/given.h"

/* Over all rows with "simulate", else over those they may read. */
bool asking_may_simulate(struct cx *cx, const struct dataset *d)
{
    return identity_may(cx, "simulate", d) || identity_may(cx, "read", d);
}

bool asking_is_input(const struct dmn_package *p, const struct field *f)
{
    return dmn_find(p, DMN_INPUT, f->name) || dmn_find(p, DMN_INPUT, f->title.zh) ||
           dmn_find(p, DMN_INPUT, f->title.en);
}

/* Sums by these are no record of anybody. */
bool asking_may_count_by(const struct field *f)
{
    return !f->is_key && f->grade < GRADE_L3;
}

/* Ten years of age are no record of anybody either, though a date of birth is. */
bool asking_may_cut(enum cut_kind kind, const struct field *f)
{
    return cut_fits(kind, f) &&
           (asking_may_count_by(f) || (kind == CUT_AGE && !f->is_key && f->grade == GRADE_L3));
}

bool asking_inputs(struct cx *cx, const struct rule_version *r, const struct json *given,
                   struct dmn_input *inputs, size_t *n)
{
    *n = 0;
    if (!given || given->type != JSON_OBJECT)
        return true;
    if (given->object.n > ASKING_INPUTS)
        return err_set(cx->err, ERR_LIMIT, "at most %d inputs are taken", ASKING_INPUTS);
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

const struct dmn_element *asking_decision(struct cx *cx, const struct rule_version *r,
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

static bool take_by(struct cx *cx, const struct dataset *d, const struct json *list, str *by,
                    size_t *n)
{
    *n = 0;
    if (!list)
        return true;
    if (list->type != JSON_ARRAY || list->array.n > ASKING_BY)
        return err_set(cx->err, ERR_INVALID, "by is a list of at most %d fields", ASKING_BY);
    for (size_t i = 0; i < list->array.n; i++) {
        const struct json *v = &list->array.items[i];
        const struct field *f = v->type == JSON_STRING ? field_find(d, v->text) : NULL;
        struct cut cut;
        bool is_cut = !f && v->type == JSON_STRING && cut_read(d, v->text, &cut) &&
                      asking_may_cut(cut.kind, cut.field);
        if (!is_cut && (!f || !asking_may_count_by(f))) {
            err_set(cx->err, ERR_DENIED,
                    "only fields of grade L1 and L2 that are no key can be counted by");
            return err_zh(cx->err, "只能按 L1、L2 级且非主键的字段分组统计");
        }
        by[(*n)++] = f ? f->name : v->text;
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

bool asking_take(struct cx *cx, const struct request *rq, const struct json *body, struct asking *w)
{
    struct simulate_options *o = &w->options;
    w->rule = rule_model_find(cx, rq->parts[0]);
    if (!w->rule || !rule_version_asked(cx, w->rule, body, &w->version))
        return false;
    w->dataset = catalogue_require(cx, json_text(body, "dataset", STR("")));
    const struct dmn_element *el = w->dataset ? asking_decision(cx, &w->version, body) : NULL;
    *o = (struct simulate_options){
        .model = w->version.model, .parameters = w->parameters, .by = w->by, .threads = 2};
    if (!el)
        return false;
    o->decision = el->name;
    return asking_inputs(cx, &w->version, json_find(body, "parameters"), w->parameters,
                         &o->parameter_count) &&
           take_by(cx, w->dataset, json_find(body, "by"), w->by, &o->by_count) &&
           take_other(cx, w->rule, json_find(body, "against"), &o->other);
}
