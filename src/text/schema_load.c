/* Documents, identifiers, references (JSON Schema core, sections 8 and 9). */
#include "text/schema_compiler.h"
#include "text/uri.h"

static const struct {
    const char *uri;
    enum dialect dialect;
} DIALECTS[] = {
    {"https://json-schema.org/draft/2020-12/schema", DIALECT_2020},
    {"https://json-schema.org/draft/2019-09/schema", DIALECT_2019},
    {"http://json-schema.org/draft-07/schema", DIALECT_7},
    {"http://json-schema.org/draft-06/schema", DIALECT_7},
};

static const struct {
    const char *name;
    uint8_t bit; /* enum vocabulary */
} VOCABULARIES[] = {
    {"core", VOCABULARY_CORE},
    {"applicator", VOCABULARY_APPLICATOR},
    {"unevaluated", VOCABULARY_UNEVALUATED},
    {"validation", VOCABULARY_VALIDATION},
    {"meta-data", VOCABULARY_ANNOTATION},
    {"content", VOCABULARY_ANNOTATION},
    {"format-annotation", VOCABULARY_ANNOTATION},
    {"format", VOCABULARY_ANNOTATION},
    {"format-assertion", VOCABULARY_FORMAT_ASSERTION},
};

static str address_key(const void *const *address)
{
    return (str){(const char *)address, sizeof *address};
}

void *schema_map_at(const struct map *m, const void *address)
{
    return map_find(m, address_key(&address));
}

void schema_map_put(struct compiler *c, struct map *m, const void *address, void *value)
{
    const void **key = arena_new(c->arena, const void *);
    *key = address;
    map_set(m, c->arena, address_key(key), value);
}

/* The keywords of a custom meta-schema's vocabularies. */
static bool read_vocabularies(struct compiler *c, struct resource *r, const struct json *listed)
{
    r->vocabularies = 0;
    for (size_t i = 0; i < listed->object.n; i++) {
        const struct json_member *m = &listed->object.members[i];
        bool is_2020 = str_starts(m->key, STR("https://json-schema.org/draft/2020-12/vocab/"));
        bool is_2019 = str_starts(m->key, STR("https://json-schema.org/draft/2019-09/vocab/"));
        str name =
            str_slice(m->key, strlen("https://json-schema.org/draft/2020-12/vocab/"), m->key.n);
        uint8_t bit = 0;
        for (size_t k = 0; (is_2020 || is_2019) && k < COUNT(VOCABULARIES); k++) {
            if (str_is(name, VOCABULARIES[k].name))
                bit = VOCABULARIES[k].bit;
        }
        if (!bit && m->value.type == JSON_TRUE)
            return err_set(c->err, ERR_INVALID, "the vocabulary \"%.*s\" is required, but unknown",
                           STR_ARG(m->key));
        if (is_2019)
            r->dialect = DIALECT_2019;
        /* In 2019-09 applicators and the unevaluated keywords are one vocabulary. */
        if (is_2019 && bit == VOCABULARY_APPLICATOR)
            bit |= VOCABULARY_UNEVALUATED;
        r->vocabularies |= bit;
    }
    return true;
}

static bool read_dialect(struct compiler *c, struct resource *r, str uri)
{
    str bare = uri_without_fragment(uri);
    r->vocabularies = VOCABULARY_ALL;
    r->dialect = DIALECT_2020;
    for (size_t i = 0; i < COUNT(DIALECTS); i++) {
        if (str_is(bare, DIALECTS[i].uri)) {
            r->dialect = (uint8_t)DIALECTS[i].dialect;
            return true;
        }
    }
    struct resource *meta = schema_load(c, bare);
    if (!meta)
        return false;
    const struct json *listed = json_find(meta->root, "$vocabulary");
    return !listed || listed->type != JSON_OBJECT || read_vocabularies(c, r, listed);
}

static struct resource *add_resource(struct compiler *c, const struct json *root, str base,
                                     const struct resource *outer)
{
    struct resource *r = arena_new(c->arena, struct resource);
    *r = (struct resource){.base = base, .root = root};
    r->dialect = outer ? outer->dialect : DIALECT_2020;
    r->vocabularies = outer ? outer->vocabularies : VOCABULARY_ALL;
    VEC_ADD(c->arena, c->all, c->all_count, c->all_size) = r;
    schema_map_put(c, &c->roots, root, r);
    if (!map_has(&c->resources, base))
        map_set(&c->resources, c->arena, base, r);
    return r;
}

static bool scan(struct compiler *c, const struct json *v, struct resource *r);

static bool scan_children(struct compiler *c, const struct json *v, struct resource *r)
{
    for (size_t i = 0; i < v->object.n; i++) {
        const struct json *child = &v->object.members[i].value;
        enum holds holds = schema_keyword_holds(v->object.members[i].key);
        bool is_list =
            child->type == JSON_ARRAY && (holds == HOLDS_LIST || holds == HOLDS_ONE_OR_LIST);
        if (is_list) {
            for (size_t k = 0; k < child->array.n; k++) {
                if (!scan(c, &child->array.items[k], r))
                    return false;
            }
        } else if (holds == HOLDS_MAP && child->type == JSON_OBJECT) {
            for (size_t k = 0; k < child->object.n; k++) {
                if (!scan(c, &child->object.members[k].value, r))
                    return false;
            }
        } else if ((holds == HOLDS_ONE || holds == HOLDS_ONE_OR_LIST) && !scan(c, child, r)) {
            return false;
        }
    }
    return true;
}

/* Enters the identifiers of the schema and of all in it. */
static bool scan(struct compiler *c, const struct json *v, struct resource *r)
{
    if (v->type != JSON_OBJECT || schema_map_at(&c->scanned, v))
        return true;
    schema_map_put(c, &c->scanned, v, r);
    bool ignores_siblings = r->dialect == DIALECT_7 && json_find(v, "$ref");
    str id = ignores_siblings ? (str){0} : json_text(v, "$id", (str){0});
    str dialect = json_text(v, "$schema", (str){0});
    bool is_root = r->root == v;
    if (id.n && *id.p == '#' && id.n > 1) { /* how draft-07 wrote an anchor */
        map_set(&r->anchors, c->arena, str_slice(id, 1, id.n), (void *)(uintptr_t)v);
    } else if (id.n) {
        str base = uri_without_fragment(uri_resolve(r->base, id, c->arena));
        if (is_root) {
            r->base = base;
            if (!map_has(&c->resources, base))
                map_set(&c->resources, c->arena, base, r);
        } else {
            r = add_resource(c, v, base, r);
            is_root = true;
        }
    }
    if (is_root && dialect.n && !read_dialect(c, r, dialect))
        return err_at(c->err, "line %u", v->line);
    str anchor = json_text(v, "$anchor", (str){0});
    str dynamic = json_text(v, "$dynamicAnchor", (str){0});
    if (anchor.n)
        map_set(&r->anchors, c->arena, anchor, (void *)(uintptr_t)v);
    if (dynamic.n) {
        map_set(&r->anchors, c->arena, dynamic, (void *)(uintptr_t)v);
        map_set(&r->dynamic, c->arena, dynamic, (void *)(uintptr_t)v);
    }
    if (is_root && r->dialect == DIALECT_2019 && json_flag(v, "$recursiveAnchor", false))
        map_set(&r->dynamic, c->arena, STR("$recursiveAnchor"), (void *)(uintptr_t)v);
    return scan_children(c, v, r);
}

struct resource *schema_load_document(struct compiler *c, const struct json *document, str uri)
{
    struct resource *r = add_resource(c, document, uri, NULL);
    return scan(c, document, r) ? r : NULL;
}

struct resource *schema_load(struct compiler *c, str uri)
{
    struct resource *r = map_find(&c->resources, uri);
    if (r)
        return r;
    str text = schema_builtin(uri);
    const struct json *document = NULL;
    if (text.n) {
        struct json *parsed = arena_new(c->arena, struct json);
        if (!json_parse(parsed, text, c->arena, c->err))
            return NULL;
        document = parsed;
    } else if (c->others && c->others->find) {
        document = c->others->find(c->others->arg, uri);
    }
    if (!document) {
        err_set(c->err, ERR_MISSING, "no schema document \"%.*s\" is known here", STR_ARG(uri));
        return NULL;
    }
    return schema_load_document(c, document, arena_copy(c->arena, uri));
}

static str unescape_token(str token, struct arena *a)
{
    char *out = arena_alloc(a, token.n + 1, 1);
    size_t n = 0;
    for (size_t i = 0; i < token.n; i++) {
        if (token.p[i] == '~' && i + 1 < token.n)
            out[n++] = token.p[++i] == '1' ? '/' : '~';
        else
            out[n++] = token.p[i];
    }
    return (str){out, n};
}

static const struct json *step_into(const struct json *v, str token)
{
    int64_t i;
    if (v->type == JSON_OBJECT)
        return json_find_str(v, token);
    if (v->type != JSON_ARRAY || !str_to_int64(token, &i) || i < 0 || (size_t)i >= v->array.n)
        return NULL;
    return &v->array.items[i];
}

/* Follows a pointer; the resource changes where a schema with an $id is entered. */
static bool follow_pointer(struct compiler *c, const struct resource *r, str pointer,
                           struct target *t)
{
    const struct json *v = r->root;
    str token, rest = str_slice(pointer, 1, pointer.n);
    while (str_take_part(&rest, '/', &token)) {
        v = step_into(v, unescape_token(token, c->arena));
        if (!v)
            return false;
        const struct resource *inner = schema_map_at(&c->roots, v);
        r = inner ? inner : r;
    }
    *t = (struct target){.json = v, .resource = r};
    return true;
}

bool schema_resolve(struct compiler *c, const struct resource *from, str reference,
                    struct target *target)
{
    str full = uri_resolve(from->base, reference, c->arena);
    str uri = uri_without_fragment(full);
    str fragment = {0};
    if (uri.n < full.n)
        fragment = uri_decode(str_slice(full, uri.n + 1, full.n), c->arena);
    struct resource *r =
        uri.n == 0 && from->base.n == 0 ? map_find(&c->resources, from->base) : schema_load(c, uri);
    struct target t = {0};
    if (!r)
        return false;
    if (fragment.n == 0) {
        t = (struct target){.json = r->root, .resource = r};
    } else if (*fragment.p == '/') {
        if (!follow_pointer(c, r, fragment, &t))
            return err_set(c->err, ERR_MISSING, "\"%.*s\" points at nothing", STR_ARG(reference));
    } else {
        t = (struct target){map_find(&r->anchors, fragment), r, fragment, {0}};
        if (!t.json)
            return err_set(c->err, ERR_MISSING, "there is no anchor for \"%.*s\"",
                           STR_ARG(reference));
    }
    t.where = full;
    if (t.json->type != JSON_OBJECT && t.json->type != JSON_TRUE && t.json->type != JSON_FALSE)
        return err_set(c->err, ERR_INVALID, "\"%.*s\" points at something that is no schema",
                       STR_ARG(reference));
    /* A place no keyword leads to becomes a schema by being pointed at. */
    if (!schema_map_at(&c->scanned, t.json) &&
        !scan(c, t.json, (struct resource *)(uintptr_t)t.resource))
        return false;
    *target = t;
    return true;
}
