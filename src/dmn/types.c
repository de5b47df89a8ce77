/* Item definitions to types (DMN 1.5, 7.3.2). */
#include "dmn/reader.h"

static struct type *make_type(struct reader *r, struct loaded *l, struct definition *d);

static str without_prefix(str ref)
{
    size_t colon = str_find(ref, STR(":"));
    return colon == SIZE_MAX ? ref : str_slice(ref, colon + 1, ref.n);
}

/* By the name as written, then without an XML prefix ("feel:string", "tns:tPerson"). */
static const struct type *find_type(struct reader *r, struct loaded *l, str name)
{
    struct definition *d = map_find(&l->definitions, name);
    if (d)
        return make_type(r, l, d);
    if (map_has(&l->types, name))
        return map_find(&l->types, name);
    return type_find(name);
}

const struct type *reader_type(struct reader *r, struct loaded *l, const struct xml *x, str ref)
{
    ref = str_trim(ref);
    if (ref.n == 0)
        return NULL;
    const struct type *t = find_type(r, l, ref);
    if (!t)
        t = find_type(r, l, without_prefix(ref));
    if (!t && str_find(ref, STR("<")) != SIZE_MAX) {
        struct err e = {0};
        struct scope scope = {.types = &l->types};
        t = node_parse_type(r->arena, ref, &scope, &e);
    }
    if (!t)
        reader_problem(r, l, x, (str){0}, "there is no type \"%.*s\"", STR_ARG(ref));
    return t && t->form == TYPE_ANY ? NULL : t;
}

static const struct program *read_constraint(struct reader *r, struct loaded *l,
                                             const struct xml *x, const char *name)
{
    static const str INPUT = {"?", 1};
    str text = xml_child_text(xml_child(x, name), "text");
    struct scope scope = {.names = &INPUT, .n = 1, .types = &l->types, .words = &l->words};
    struct err e = {0};
    if (text.n == 0)
        return NULL;
    struct program *p = program_compile_tests(r->arena, text, &scope, &e);
    if (!p)
        reader_problem(r, l, x, xml_attribute(x, "name"), "%s: %s", name, e.msg);
    return p;
}

static void fill_components(struct reader *r, struct loaded *l, const struct xml *x,
                            struct type *t);

static const struct type *any_type(void)
{
    return type_find(STR("Any"));
}

/* What one value is, before it is made a list of them. */
static struct type item_type(struct reader *r, struct loaded *l, const struct xml *x, str name)
{
    const struct xml *function = xml_child(x, "functionItem");
    struct type t = *any_type();
    if (xml_child(x, "itemComponent")) {
        t = (struct type){.form = TYPE_CONTEXT, .has_fields = true};
        fill_components(r, l, x, &t);
    } else if (function) {
        t = (struct type){.form = TYPE_FUNCTION, .has_fields = true};
        t.element = reader_type(r, l, function, xml_attribute(function, "outputTypeRef"));
        size_t size = 0;
        for (const struct xml *p = xml_child(function, "parameters"); p;
             p = xml_next(p, "parameters"))
            VEC_ADD(r->arena, t.fields, t.field_count, size) = (struct type_field){
                xml_attribute(p, "name"), reader_type(r, l, p, xml_attribute(p, "typeRef"))};
    } else {
        const struct type *base = reader_type(r, l, x, xml_child_text(x, "typeRef"));
        if (base)
            t = *base;
    }
    t.name = name;
    return t;
}

/* A base type may have constraints of its own: both must hold, so the base stays the element. */
static void constrain(struct reader *r, struct loaded *l, const struct xml *x, struct type *t,
                      const char *child)
{
    const struct program *allowed = read_constraint(r, l, x, child);
    if (allowed)
        t->allowed = allowed;
}

static void fill_type(struct reader *r, struct loaded *l, const struct xml *x, str name,
                      struct type *out)
{
    str collection = xml_attribute(x, "isCollection");
    struct type t = item_type(r, l, x, name);
    constrain(r, l, x, &t, "allowedValues");
    if (!str_is(collection, "true") && !str_is(collection, "1")) {
        constrain(r, l, x, &t, "typeConstraint");
        *out = t;
        return;
    }
    struct type *element = arena_new(r->arena, struct type);
    *element = t;
    *out = (struct type){.form = TYPE_LIST, .name = name, .element = element};
    constrain(r, l, x, out, "typeConstraint");
}

static void fill_components(struct reader *r, struct loaded *l, const struct xml *x, struct type *t)
{
    size_t size = 0;
    for (const struct xml *c = xml_child(x, "itemComponent"); c; c = xml_next(c, "itemComponent")) {
        struct type *field = arena_new(r->arena, struct type);
        str name = xml_attribute(c, "name");
        if (r->depth++ < 100)
            fill_type(r, l, c, name, field);
        r->depth--;
        VEC_ADD(r->arena, t->fields, t->field_count, size) = (struct type_field){name, field};
    }
}

static struct type *make_type(struct reader *r, struct loaded *l, struct definition *d)
{
    if (d->state == 0) {
        d->state = 1;
        fill_type(r, l, d->xml, xml_attribute(d->xml, "name"), d->type);
        d->state = 2;
    } else if (d->state == 1 && d->type->form == TYPE_ANY && !xml_child(d->xml, "itemComponent")) {
        reader_problem(r, l, d->xml, xml_attribute(d->xml, "name"),
                       "the type is defined by itself");
    }
    return d->type;
}

void reader_make_types(struct reader *r, struct loaded *l)
{
    const struct xml *x = xml_child(l->root, "itemDefinition");
    for (; x; x = xml_next(x, "itemDefinition")) {
        struct definition *d = arena_new(r->arena, struct definition);
        *d = (struct definition){.xml = x, .type = arena_new(r->arena, struct type)};
        str name = xml_attribute(x, "name");
        if (map_has(&l->definitions, name))
            reader_problem(r, l, x, name, "two types have this name");
        map_set(&l->definitions, r->arena, name, d);
    }
    for (const struct import *i = l->imports; i; i = i->next) {
        for (size_t k = 0; i->model && k < i->model->definitions.n; k++) {
            struct map_entry entry = i->model->definitions.entries[k];
            str name = entry.key;
            if (i->name.n)
                name = arena_format(r->arena, "%.*s.%.*s", STR_ARG(i->name), STR_ARG(name));
            map_set(&l->types, r->arena, name, ((struct definition *)entry.value)->type);
        }
    }
    for (size_t i = 0; i < l->definitions.n; i++) {
        struct map_entry entry = l->definitions.entries[i];
        map_set(&l->types, r->arena, entry.key, make_type(r, l, entry.value));
    }
}
