/* From a document to nodes with rules. */
#include "text/schema_compiler.h"

const struct node *schema_node(struct compiler *c, const struct json *v, const struct resource *r,
                               str where)
{
    struct node *n = schema_map_at(&c->nodes, v);
    if (n)
        return n;
    n = arena_new(c->arena, struct node);
    const struct resource *own = schema_map_at(&c->roots, v);
    *n = (struct node){.types = TYPE_ANY, .resource = own ? own : r, .source = v, .where = where};
    schema_map_put(c, &c->nodes, v, n);
    VEC_ADD(c->arena, c->pending, c->pending_count, c->pending_size) = n;
    return n;
}

bool schema_is(const struct json *v)
{
    return v->type == JSON_OBJECT || v->type == JSON_TRUE || v->type == JSON_FALSE;
}

static bool fill(struct compiler *c, struct node *n)
{
    const struct resource *r = n->resource;
    if (n->source->type != JSON_OBJECT) {
        n->kind = n->source->type == JSON_TRUE ? NODE_TRUE : NODE_FALSE;
        return true;
    }
    bool has_only_ref = r->dialect == DIALECT_7 && json_find(n->source, "$ref");
    for (size_t i = 0; i < n->source->object.n; i++) {
        const struct json_member *m = &n->source->object.members[i];
        const struct keyword *k = schema_keyword(m->key);
        struct place p = {c, n, m->key, &m->value};
        if (!k || !k->read || !(k->dialects & r->dialect) || !(k->vocabulary & r->vocabularies))
            continue;
        if (has_only_ref && !str_is(m->key, "$ref"))
            continue;
        if (!k->read(&p))
            return false;
    }
    return true;
}

static bool fill_pending(struct compiler *c)
{
    while (c->pending_count) {
        if (!fill(c, c->pending[--c->pending_count]))
            return false;
    }
    return true;
}

/* Any dynamic anchor may be where a dynamic reference leads: all of them get their node.  Filling
 * these may read in further documents, so until nothing is added. */
static bool compile_dynamic_anchors(struct compiler *c)
{
    size_t before;
    do {
        before = c->nodes.n;
        for (size_t i = 0; i < c->all_count; i++) {
            struct resource *r = c->all[i];
            for (size_t k = 0; k < r->dynamic.n; k++) {
                const struct map_entry *m = &r->dynamic.entries[k];
                const struct node *n = schema_node(
                    c, m->value, r,
                    arena_format(c->arena, "%.*s#%.*s", STR_ARG(r->base), STR_ARG(m->key)));
                map_set(&r->dynamic_nodes, c->arena, m->key, (void *)(uintptr_t)n);
            }
        }
        if (!fill_pending(c))
            return false;
    } while (c->nodes.n != before);
    return true;
}

struct schema *schema_compile(const struct json *document, str base_uri,
                              const struct schema_others *others, unsigned options, struct arena *a,
                              struct err *e)
{
    struct compiler c = {.arena = a, .err = e, .others = others, .options = options};
    struct schema *s = arena_new(a, struct schema);
    if (!schema_is(document)) {
        err_set(e, ERR_INVALID, "a schema must be an object, true or false");
        return NULL;
    }
    struct resource *r = schema_load_document(&c, document, base_uri);
    if (!r)
        return NULL;
    s->root = schema_node(&c, document, r, STR("#"));
    return fill_pending(&c) && compile_dynamic_anchors(&c) ? s : NULL;
}
