/* checks/NAME.yaml: quality rules of a dataset, compiled once all datasets are known. */
#include "registry/load.h"

#include "feel/program.h"

struct checks_file {
    str file;
    const struct json *definition;
};

void load_checks(struct loading *l, const struct bundle_file *f)
{
    struct json *v = arena_new(l->arena, struct json);
    if (!load_json(l, f, v))
        return;
    struct checks_file *file = arena_new(l->arena, struct checks_file);
    *file = (struct checks_file){l->file, v};
    map_set(&l->checks, l->arena, l->file, file);
}

static const struct scope *scope_of(struct loading *l, const struct dataset *d)
{
    str *names = arena_array(l->arena, str, d->field_count);
    struct scope *scope = arena_new(l->arena, struct scope);
    for (size_t i = 0; i < d->field_count; i++)
        names[i] = d->fields[i].name;
    *scope = (struct scope){.names = names, .n = d->field_count};
    return scope;
}

bool program_uses(const struct program *p, size_t global)
{
    for (size_t i = 0; i < p->code_count; i++) {
        const struct code *c = p->codes[i];
        for (size_t k = 0; k < c->n; k++) {
            if (c->insns[k].op == OP_GLOBAL && (size_t)c->insns[k].c == global)
                return true;
        }
    }
    return false;
}

static const struct program *compile(struct loading *l, const struct dataset *d,
                                     const struct scope *scope, const struct json *text)
{
    struct err e = {0};
    struct program *p = program_compile(l->arena, text->text, scope, &e);
    if (!p) {
        load_complain(l, text, "the expression cannot be read: %s", e.msg);
        return NULL;
    }
    for (size_t i = 0; i < p->unknown_count; i++)
        load_complain(l, text, "\"%.*s\" is no field of %.*s", STR_ARG(p->unknown[i]),
                      STR_ARG(d->id));
    for (size_t i = 0; i < d->field_count; i++) {
        if (d->fields[i].type == FIELD_JSON && program_uses(p, i))
            load_complain(l, text, "%.*s holds a list or an object, which no check can use",
                          STR_ARG(d->fields[i].name));
    }
    return p;
}

static void add_check(struct loading *l, struct dataset *d, const struct scope *scope,
                      const struct json *v)
{
    str name = json_text(v, "field", STR(""));
    const struct json *suggestion = json_find(v, "suggestion");
    struct check c = {.id = json_text(v, "id", STR("")),
                      .title = load_title(l, v, "title"),
                      .field = field_find(d, name),
                      .is_refusing = str_is(json_text(v, "severity", STR("")), "refuse"),
                      .dimension = json_text(v, "dimension", STR(""))};
    if (!c.field)
        load_complain(l, json_find(v, "field"), "\"%.*s\" is no field of %.*s", STR_ARG(name),
                      STR_ARG(d->id));
    for (size_t i = 0; i < d->check_count; i++) {
        if (str_equal(d->checks[i].id, c.id))
            load_complain(l, json_find(v, "id"), "\"%.*s\" is a check of %.*s already",
                          STR_ARG(c.id), STR_ARG(d->id));
    }
    c.expression = compile(l, d, scope, json_find(v, "expression"));
    c.suggestion = suggestion ? compile(l, d, scope, suggestion) : NULL;
    VEC_ADD(l->arena, d->checks, d->check_count, d->check_size) = c;
}

void load_resolve_checks(struct loading *l)
{
    for (size_t i = 0; i < l->checks.n; i++) {
        const struct checks_file *f = l->checks.entries[i].value;
        const struct json *rules = json_find(f->definition, "rules");
        str id = json_text(f->definition, "dataset", STR(""));
        struct dataset *d = map_find(&l->registry->datasets, id);
        l->file = f->file;
        if (!d) {
            load_complain(l, json_find(f->definition, "dataset"), "dataset \"%.*s\" is not there",
                          STR_ARG(id));
            continue;
        }
        const struct scope *scope = scope_of(l, d);
        for (size_t k = 0; k < rules->array.n; k++)
            add_check(l, d, scope, &rules->array.items[k]);
    }
}

const struct check *check_find(const struct dataset *d, str id)
{
    for (size_t i = 0; i < d->check_count; i++) {
        if (str_equal(d->checks[i].id, id))
            return &d->checks[i];
    }
    return NULL;
}
