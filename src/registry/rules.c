/* rules/NAME.dmn and the cases in test/. */
#include "registry/load.h"

#include "base/digest.h"
#include "dmn/dmn.h"

void load_rules(struct loading *l, const struct bundle_file *f)
{
    struct err e = {0};
    struct json where = {.line = 1};
    struct rule_model *r = arena_new(l->arena, struct rule_model);
    str id = str_slice(f->path, strlen("rules/"), f->path.n - strlen(".dmn"));
    if (!load_id(l, &where, id, &l->registry->rules))
        return;
    const struct dmn_package *model = dmn_parse(l->arena, f->content, &e);
    if (!model) {
        load_complain(l, &where, "%s", e.msg);
        return;
    }
    for (size_t i = 0; i < model->problem_count; i++) {
        const struct dmn_problem *p = &model->problems[i];
        where.line = p->line;
        load_complain(l, &where, "%.*s: %.*s", STR_ARG(p->element), STR_ARG(p->message));
    }
    *r = (struct rule_model){.id = id,
                             .title = {model->root->name, l->package->title.en},
                             .package = l->package,
                             .model = model,
                             .text = f->content,
                             .digest = digest_hex(l->arena, f->content)};
    map_set(&l->registry->rules, l->arena, id, r);
}

void load_cases(struct loading *l, const struct bundle_file *f)
{
    struct json *v = arena_new(l->arena, struct json);
    struct registry *r = l->registry;
    if (!load_json(l, f, v))
        return;
    VEC_ADD(l->arena, r->cases, r->case_count, r->case_size) =
        (struct rule_cases){l->package, l->file, v, NULL, NULL};
}

static void check_case(struct loading *l, const struct rule_model *m, const struct json *c)
{
    str decision = json_text(c, "decision", STR(""));
    const struct json *given = json_find(c, "given");
    if (!json_text(c, "name", STR("")).n)
        load_complain(l, c, "a case needs a name");
    if (!dmn_find(m->model, DMN_DECISION, decision))
        load_complain(l, c, "%.*s has no decision \"%.*s\"", STR_ARG(m->id), STR_ARG(decision));
    if (!json_find(c, "expect"))
        load_complain(l, c, "a case needs expect: the value that must come out (null is one)");
    for (size_t i = 0; given && given->type == JSON_OBJECT && i < given->object.n; i++) {
        if (!dmn_find(m->model, DMN_INPUT, given->object.members[i].key))
            load_complain(l, &given->object.members[i].value, "%.*s has no input \"%.*s\"",
                          STR_ARG(m->id), STR_ARG(given->object.members[i].key));
    }
}

static void check_row_case(struct loading *l, const struct dataset *d, const struct json *c)
{
    const struct json *given = json_find(c, "given"), *expect = json_find(c, "expect");
    bool is_known = expect && (expect->type == JSON_OBJECT ||
                               (expect->type == JSON_STRING && str_is(expect->text, "lands")));
    if (!is_known)
        load_complain(l, c, "expect is lands, or the reasons by field");
    for (size_t i = 0; given && given->type == JSON_OBJECT && i < given->object.n; i++) {
        if (!field_find(d, given->object.members[i].key))
            load_complain(l, &given->object.members[i].value, "%.*s has no field \"%.*s\"",
                          STR_ARG(d->id), STR_ARG(given->object.members[i].key));
    }
}

void load_resolve_cases(struct loading *l)
{
    for (size_t i = 0; i < l->registry->case_count; i++) {
        struct rule_cases *c = &l->registry->cases[i];
        const struct json *list = json_find(c->definition, "cases");
        l->file = c->file;
        c->model = map_find(&l->registry->rules, json_text(c->definition, "model", STR("")));
        c->dataset = dataset_find(l->registry, json_text(c->definition, "dataset", STR("")));
        if (!c->model && !c->dataset) {
            load_complain(l, c->definition,
                          "model must name a file in rules/, or dataset a dataset");
            continue;
        }
        for (size_t k = 0; k < list->array.n; k++) {
            if (c->model)
                check_case(l, c->model, &list->array.items[k]);
            else
                check_row_case(l, c->dataset, &list->array.items[k]);
        }
    }
}
