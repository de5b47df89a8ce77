#include "registry/load.h"

#include "registry/kinds.h"
#include "text/yaml.h"

#include <stdarg.h>

void complain(struct complaints *c, str file, uint32_t line, const char *fmt, ...)
{
    char text[600];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    VEC_ADD(&c->arena, c->items, c->n, c->size) = (struct complaint){
        arena_copy(&c->arena, file), line, arena_copy(&c->arena, str_from(text))};
}

void complaints_release(struct complaints *c)
{
    arena_release(&c->arena);
    *c = (struct complaints){0};
}

void load_complain(struct loading *l, const struct json *where, const char *fmt, ...)
{
    char text[600];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    complain(l->complaints, l->file, where ? where->line : 1, "%s", text);
}

/* Parsers put the place first: "line 3, column 7: …". */
static uint32_t line_of_message(const char *msg)
{
    unsigned line = 1;
    return sscanf(msg, "line %u", &line) == 1 ? line : 1;
}

bool load_json(struct loading *l, const struct bundle_file *f, struct json *out)
{
    struct err e = {0};
    bool is_yaml = str_ends(f->path, STR(".yaml"));
    bool ok = is_yaml ? yaml_parse(out, f->content, l->arena, &e)
                      : json_parse(out, f->content, l->arena, &e);
    if (ok && out->type != JSON_OBJECT)
        ok = err_set(&e, ERR_INVALID, "line 1: the file does not hold an object");
    if (!ok)
        complain(l->complaints, l->file, line_of_message(e.msg), "%s", e.msg);
    return ok;
}

struct title load_title(struct loading *l, const struct json *owner, const char *key)
{
    const struct json *v = json_find(owner, key);
    struct title t = {json_text(v, "zh", STR("")), json_text(v, "en", STR(""))};
    if (!v)
        load_complain(l, owner, "%s is missing: a title in both languages, {zh: …, en: …}", key);
    else if (t.zh.n == 0 || t.en.n == 0)
        load_complain(l, v, "%s needs both zh and en", key);
    return t;
}

bool load_id(struct loading *l, const struct json *where, str id, struct map *taken)
{
    bool ok = id.n > 0 && id.n <= 48 && id.p[0] >= 'a' && id.p[0] <= 'z';
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        ok &= (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    }
    if (!ok) {
        load_complain(l, where,
                      "\"%.*s\" is no id: lower-case letters, digits and hyphens, a letter "
                      "first, at most 48",
                      STR_ARG(str_slice(id, 0, 60)));
        return false;
    }
    if (map_has(taken, id)) {
        load_complain(l, where, "\"%.*s\" is taken already", STR_ARG(id));
        return false;
    }
    return true;
}

static const struct kind {
    const char *prefix, *ending;
    const char *schema; /* of registry/kinds; NULL: the reader checks by itself */
    void (*load)(struct loading *l, const struct bundle_file *f);
} KINDS[] = {
    {"app", ".yaml", "app", load_app},
    {"county", ".yaml", "county", load_county},
    {"calendar", ".yaml", "calendar", load_calendar},
    {"providers", ".yaml", "providers", load_providers},
    {"clients", ".yaml", "clients", load_clients},
    {"partners", ".yaml", "partners", load_partners},
    {"rights", ".csv", NULL, load_rights},
    {"data/", ".schema.json", "dataset", load_dataset},
    {"pages/", ".yaml", "page", load_page},
    {"feeds/", ".yaml", "feed", load_feed},
    {"checks/", ".yaml", "checks", load_checks},
    {"watch/", ".yaml", "watch", load_watch},
    {"rules/", ".dmn", NULL, load_rules},
    {"test/", ".yaml", "cases", load_cases},
    {"demo/", ".yaml", "demo", NULL},
};

/* The schema first: the reader then meets only files of the right shape. */
static void load_file(struct loading *l, const struct kind *kind, const struct bundle_file *f)
{
    struct json v;
    if (kind->schema && (!load_json(l, f, &v) || !kinds_check(l, kind->schema, &v)))
        return;
    if (kind->load)
        kind->load(l, f);
}

static void load_package(struct loading *l)
{
    for (size_t k = 0; k < COUNT(KINDS); k++) {
        for (size_t i = 0; i < l->source->n; i++) {
            const struct bundle_file *f = &l->source->files[i];
            if (!str_starts(f->path, str_from(KINDS[k].prefix)) ||
                !str_ends(f->path, str_from(KINDS[k].ending)))
                continue;
            l->file =
                arena_format(l->arena, "%.*s/%.*s", STR_ARG(l->source->folder), STR_ARG(f->path));
            load_file(l, &KINDS[k], f);
        }
    }
}

/* Packages go after those they need; a circle is refused. */
static int order_of(struct loading *l, struct package *p, int depth)
{
    const struct json *needs = json_find(p->app, "needs");
    if (p->order)
        return p->order;
    int order = 1;
    if (depth > 64) {
        load_complain(l, needs, "packages need each other in a circle through \"%.*s\"",
                      STR_ARG(p->id));
        return p->order = 1;
    }
    for (size_t i = 0; needs && needs->type == JSON_ARRAY && i < needs->array.n; i++) {
        const struct json *need = &needs->array.items[i];
        struct package *other =
            need->type == JSON_STRING ? map_find(&l->registry->packages, need->text) : NULL;
        if (!other) {
            l->file = arena_format(l->arena, "%.*s/app.yaml", STR_ARG(p->source->folder));
            load_complain(l, need, "needs \"%.*s\", which is no package here",
                          STR_ARG(need->type == JSON_STRING ? need->text : STR("?")));
            continue;
        }
        int below = order_of(l, other, depth + 1) + 1;
        order = below > order ? below : order;
    }
    return p->order = order;
}

struct registry *registry_create(const struct bundle *source, struct complaints *c)
{
    static _Atomic int64_t versions;
    struct registry *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    struct loading l = {.registry = r, .complaints = c, .arena = &r->arena};
    r->version = ++versions;
    r->references = 1;
    for (size_t i = 0; i < source->n; i++) {
        l.source = &source->packages[i];
        struct package *p = l.package = arena_new(&r->arena, struct package);
        *p = (struct package){.id = arena_copy(&r->arena, l.source->id),
                              .digest = arena_copy(&r->arena, l.source->digest),
                              .source = l.source};
        map_set(&r->packages, &r->arena, p->id, p);
        load_package(&l);
    }
    load_resolve(&l);
    load_resolve_checks(&l);
    load_resolve_cases(&l);
    for (size_t i = 0; i < r->packages.n; i++)
        order_of(&l, r->packages.entries[i].value, 0);
    if (c->n) {
        registry_destroy(r);
        return NULL;
    }
    return r;
}

void registry_destroy(struct registry *r)
{
    if (!r)
        return;
    arena_release(&r->arena);
    free(r);
}

const struct dataset *dataset_find(const struct registry *r, str id)
{
    return map_find(&r->datasets, id);
}

const struct field *field_find(const struct dataset *d, str name)
{
    for (size_t i = 0; i < d->field_count; i++) {
        if (str_equal(d->fields[i].name, name))
            return &d->fields[i];
    }
    return NULL;
}

static const struct {
    const char *sql;
    bool is_quoted;
} TYPES[] = {
#define X(name, sql, quoted) {sql, quoted},
    FIELD_TYPES(X)
#undef X
};

const char *field_sql_type(enum field_type type)
{
    return TYPES[type].sql;
}

bool field_is_quoted(enum field_type type)
{
    return TYPES[type].is_quoted;
}

const char *field_type_name(enum field_type type)
{
    switch (type) {
    case FIELD_INTEGER:
        return "integer";
    case FIELD_NUMBER:
        return "number";
    case FIELD_BOOLEAN:
        return "boolean";
    case FIELD_JSON:
        return "object";
    case FIELD_TEXT:
    case FIELD_DATE:
    case FIELD_TIMESTAMP:
        break;
    }
    return "string";
}

const char *grade_name(enum grade g)
{
    static const char *const names[] = {"", "L1", "L2", "L3", "L4"};
    return names[g];
}

struct title organisation_title(const struct registry *r, str code)
{
    const struct title *t = map_find(&r->organisations, code);
    if (!t && str_starts(code, STR(PARTNER_PREFIX))) {
        const struct partner *p = partner_find(r, str_slice(code, strlen(PARTNER_PREFIX), code.n));
        t = p ? &p->title : NULL;
    }
    return t ? *t : (struct title){code, code};
}

void title_write(struct buf *out, struct title t)
{
    buf_add_lit(out, "{\"zh\":");
    json_write_string(out, t.zh);
    buf_add_lit(out, ",\"en\":");
    json_write_string(out, t.en.n ? t.en : t.zh);
    buf_add_char(out, '}');
}
