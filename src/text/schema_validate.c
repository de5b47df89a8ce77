#include "text/schema_impl.h"

/* Where in the instance: a chain on the stack, written out only when something is wrong. */
struct path {
    const struct path *up;
    const str *name; /* NULL: index */
    size_t index;
};

/* The resources entered on the way, for $dynamicRef. */
struct scope {
    const struct scope *outer;
    const struct resource *resource;
};

/* Which members or items of one value were evaluated (core, section 11). */
struct marks {
    bool *is_seen;
    size_t n;
};

struct run {
    schema_visitor *visit; /* NULL: only yes or no */
    void *arg;
    const struct scope *scope;
    int depth;
    uint64_t fuel;
    bool has_stopped;    /* the visitor had enough, or a limit was passed */
    struct arena memory; /* marks, paths */
};

struct spot { /* a node at a value: what every rule needs */
    struct run *run;
    const struct node *node;
    const struct json *value;
    const struct path *path;
    struct marks *marks; /* NULL: nobody asks */
};

static bool evaluate(struct run *r, const struct node *n, const struct json *v,
                     const struct path *path, struct marks *marks);

static void write_path(struct buf *out, const struct path *p)
{
    if (!p->up)
        return;
    write_path(out, p->up);
    buf_add_char(out, '/');
    if (!p->name) {
        buf_add_int(out, (int64_t)p->index);
        return;
    }
    for (size_t i = 0; i < p->name->n; i++) {
        char c = p->name->p[i];
        if (c == '~')
            buf_add_lit(out, "~0");
        else if (c == '/')
            buf_add_lit(out, "~1");
        else
            buf_add_char(out, c);
    }
}

static bool is_quiet(const struct run *r)
{
    return !r->visit || r->has_stopped;
}

/* Reports what v has filled in already; always false.  Kept out of line: its frame is large. */
__attribute__((noinline)) static bool report(struct spot *s, const char *keyword,
                                             struct schema_violation v)
{
    BUF_SCOPED struct buf path = {.max = 1 << 20};
    if (is_quiet(s->run))
        return false;
    write_path(&path, s->path);
    v.path = buf_str(&path);
    v.instance = s->value;
    v.keyword = keyword;
    v.schema = s->node->source;
    if (!s->run->visit(s->run->arg, &v))
        s->run->has_stopped = true;
    return false;
}

static bool violates(struct spot *s, const char *keyword)
{
    return report(s, keyword, (struct schema_violation){0});
}

static bool violates_with(struct spot *s, const char *keyword, str name)
{
    return report(s, keyword, (struct schema_violation){.name = name});
}

static bool evaluate_quietly(struct spot *s, const struct node *n, struct marks *marks)
{
    schema_visitor *visit = s->run->visit;
    s->run->visit = NULL;
    bool ok = evaluate(s->run, n, s->value, s->path, marks);
    s->run->visit = visit;
    return ok;
}

/* marks */

static size_t parts_of(const struct json *v)
{
    return v->type == JSON_OBJECT ? v->object.n : v->type == JSON_ARRAY ? v->array.n : 0;
}

static struct marks new_marks(struct run *r, const struct json *v)
{
    size_t n = parts_of(v);
    return (struct marks){arena_array(&r->memory, bool, n), n};
}

static void mark(struct marks *m, size_t i)
{
    if (m)
        m->is_seen[i] = true;
}

static void merge_marks(struct marks *to, const struct marks *from)
{
    for (size_t i = 0; i < to->n; i++)
        to->is_seen[i] |= from->is_seen[i];
}

/* type, const, enum */

static bool is_integer_text(str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '.' || c == 'e' || c == 'E')
            return number_is_integer(number_read(text));
    }
    return true;
}

static bool check_type(struct spot *s)
{
    uint8_t types = s->node->types;
    enum json_type type = s->value->type;
    if (types >> type & 1)
        return true;
    if (type == JSON_NUMBER && (types >> TYPE_INTEGER & 1) && is_integer_text(s->value->text))
        return true;
    return violates(s, "type");
}

static bool is_text_choice(const struct value_rules *r, str text)
{
    for (size_t at = schema_name_hash(text) & r->slot_mask; r->slots[at];
         at = (at + 1) & r->slot_mask) {
        if (str_equal(r->choices->array.items[r->slots[at] - 1].text, text))
            return true;
    }
    return false;
}

static bool is_choice(const struct value_rules *r, const struct json *v)
{
    if (r->slots)
        return v->type == JSON_STRING && is_text_choice(r, v->text);
    for (size_t i = 0; i < r->choices->array.n; i++) {
        if (value_equal(&r->choices->array.items[i], v))
            return true;
    }
    return false;
}

static bool check_value(struct spot *s)
{
    const struct value_rules *r = s->node->value;
    bool ok = true;
    if (r->constant && !value_equal(r->constant, s->value))
        ok = violates(s, "const");
    if (r->choices && !is_choice(r, s->value))
        ok = violates(s, "enum");
    return ok;
}

/* numbers */

struct operand {
    str text;
    struct number number;
    int64_t as_int;
    bool is_int, is_read;
};

static int compare_to(struct operand *o, const struct bound *b)
{
    if (o->is_int && b->is_int)
        return (o->as_int > b->as_int) - (o->as_int < b->as_int);
    if (!o->is_read)
        o->number = number_read(o->text);
    o->is_read = true;
    return number_compare(o->number, b->value);
}

static bool is_multiple(struct operand *o, const struct bound *b)
{
    if (o->is_int && b->is_int)
        return o->as_int % b->as_int == 0;
    return number_is_multiple(number_read(o->text), b->value);
}

static bool check_number(struct spot *s)
{
    const struct number_rules *r = s->node->number;
    struct operand o = {.text = s->value->text};
    bool ok = true;
    o.is_int = str_to_int64(o.text, &o.as_int);
    if (r->minimum.keyword && compare_to(&o, &r->minimum) < 0)
        ok = violates(s, "minimum");
    if (r->exclusive_minimum.keyword && compare_to(&o, &r->exclusive_minimum) <= 0)
        ok = violates(s, "exclusiveMinimum");
    if (r->maximum.keyword && compare_to(&o, &r->maximum) > 0)
        ok = violates(s, "maximum");
    if (r->exclusive_maximum.keyword && compare_to(&o, &r->exclusive_maximum) >= 0)
        ok = violates(s, "exclusiveMaximum");
    if (r->multiple_of.keyword && !is_multiple(&o, &r->multiple_of))
        ok = violates(s, "multipleOf");
    return ok;
}

/* strings */

static bool check_string(struct spot *s)
{
    const struct string_rules *r = s->node->string;
    str text = s->value->text;
    bool ok = true;
    /* A code point is one to four bytes: most texts need no count. */
    if (text.n > r->max_length && utf8_count(text) > r->max_length)
        ok = violates(s, "maxLength");
    if (text.n / 4 < r->min_length && utf8_count(text) < r->min_length)
        ok = violates(s, "minLength");
    if (r->pattern && !regex_matches(r->pattern, text))
        ok = violates(s, "pattern");
    if (r->format && (ok || !is_quiet(s->run))) {
        struct schema_violation v = {.name = str_from(r->format->name)};
        v.reason = format_check(r->format, text, is_quiet(s->run) ? NULL : &v.advice);
        if (v.reason)
            ok = report(s, "format", v);
    }
    return ok;
}

/* arrays */

static bool check_item(struct spot *s, const struct node *n, size_t i)
{
    struct path at = {.up = s->path, .index = i};
    mark(s->marks, i);
    return evaluate(s->run, n, &s->value->array.items[i], &at, NULL);
}

struct hashed {
    uint64_t hash;
    const struct json *value;
};

static int by_hash(const void *a, const void *b)
{
    const struct hashed *x = a, *y = b;
    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

__attribute__((noinline)) static bool has_equal_items(const struct json *v)
{
    size_t n = v->array.n;
    const struct json *items = v->array.items;
    if (n <= 8) {
        for (size_t i = 1; i < n; i++) {
            for (size_t k = 0; k < i; k++) {
                if (value_equal(&items[i], &items[k]))
                    return true;
            }
        }
        return false;
    }
    ARENA_SCOPED struct arena scratch = {0};
    struct hashed *all = arena_array(&scratch, struct hashed, n);
    for (size_t i = 0; i < n; i++)
        all[i] = (struct hashed){value_hash(&items[i]), &items[i]};
    qsort(all, n, sizeof *all, by_hash);
    for (size_t i = 1; i < n; i++) {
        for (size_t k = i; k-- > 0 && all[k].hash == all[i].hash;) {
            if (value_equal(all[i].value, all[k].value))
                return true;
        }
    }
    return false;
}

static bool check_contains(struct spot *s)
{
    const struct array_rules *r = s->node->array;
    uint64_t hits = 0;
    for (size_t i = 0; i < s->value->array.n; i++) {
        struct path at = {.up = s->path, .index = i};
        struct spot item = *s;
        item.value = &s->value->array.items[i];
        item.path = &at;
        if (evaluate_quietly(&item, r->contains, NULL)) {
            hits++;
            mark(s->marks, i);
            if (!s->marks && hits >= r->min_contains && r->max_contains == UINT64_MAX)
                return true;
        }
    }
    if (hits < r->min_contains)
        return violates(s, r->min_contains == 1 ? "contains" : "minContains");
    return hits <= r->max_contains || violates(s, "maxContains");
}

static bool check_array(struct spot *s)
{
    const struct array_rules *r = s->node->array;
    size_t n = s->value->array.n, i = 0;
    bool ok = true;
    if (n < r->min_items)
        ok = violates(s, "minItems");
    if (n > r->max_items)
        ok = violates(s, "maxItems");
    for (; i < n && i < r->prefix_count && (ok || !is_quiet(s->run)); i++)
        ok &= check_item(s, r->prefix[i], i);
    for (; r->items && i < n && (ok || !is_quiet(s->run)); i++)
        ok &= check_item(s, r->items, i);
    if (r->contains && (ok || !is_quiet(s->run)))
        ok &= check_contains(s);
    if (r->is_unique && (ok || !is_quiet(s->run)) && has_equal_items(s->value))
        ok = violates(s, "uniqueItems");
    return ok;
}

/* objects */

static bool check_member(struct spot *s, const struct node *n, size_t i)
{
    const struct json_member *m = &s->value->object.members[i];
    struct path at = {.up = s->path, .name = &m->key};
    mark(s->marks, i);
    return evaluate(s->run, n, &m->value, &at, NULL);
}

static bool check_patterns(struct spot *s, size_t i, bool *is_known)
{
    const struct object_rules *r = s->node->object;
    bool ok = true;
    for (size_t k = 0; k < r->pattern_count; k++) {
        if (regex_matches(r->patterns[k].regex, s->value->object.members[i].key)) {
            *is_known = true;
            ok &= check_member(s, r->patterns[k].node, i);
        }
    }
    return ok;
}

/* A surplus member is told as such, at the object it is in. */
static bool check_surplus(struct spot *s, const struct node *n, size_t i, const char *keyword)
{
    if (n->kind != NODE_FALSE)
        return check_member(s, n, i);
    mark(s->marks, i);
    return violates_with(s, keyword, s->value->object.members[i].key);
}

/* The property of a name; members usually come in the order of the schema. */
static const struct property *guess_property(const struct object_rules *r, str name, size_t *next)
{
    const struct property *p = NULL;
    if (*next < r->n && str_equal(r->properties[*next].name, name))
        p = &r->properties[*next];
    else
        p = schema_find_property(r, name);
    if (p)
        *next = (size_t)(p - r->properties) + 1;
    return p;
}

static bool check_members(struct spot *s, uint64_t *seen)
{
    const struct object_rules *r = s->node->object;
    size_t next = 0;
    bool ok = true;
    for (size_t i = 0; i < s->value->object.n && (ok || !is_quiet(s->run)); i++) {
        str name = s->value->object.members[i].key;
        const struct property *p = guess_property(r, name, &next);
        bool is_known = p && p->node;
        if (p && p->is_required)
            *seen |= 1ull << p->bit;
        if (is_known)
            ok &= check_member(s, p->node, i);
        if (r->pattern_count)
            ok &= check_patterns(s, i, &is_known);
        if (!is_known && r->additional)
            ok &= check_surplus(s, r->additional, i, "additionalProperties");
        if (r->names) {
            struct json key = json_string(name);
            struct path at = {.up = s->path, .name = &s->value->object.members[i].key};
            key.line = s->value->object.members[i].value.line;
            ok &= evaluate(s->run, r->names, &key, &at, NULL);
        }
    }
    return ok;
}

static bool check_required(struct spot *s, uint64_t seen)
{
    const struct object_rules *r = s->node->object;
    bool ok = true;
    if (seen == r->required && r->required_count < 64)
        return true;
    if (is_quiet(s->run) && r->required_count < 64)
        return false;
    for (size_t i = 0; i < r->n; i++) {
        const struct property *p = &r->properties[i];
        if (p->is_required && !json_find_str(s->value, p->name))
            ok = violates_with(s, "required", p->name);
    }
    return ok;
}

static bool check_dependencies(struct spot *s)
{
    const struct object_rules *r = s->node->object;
    bool ok = true;
    for (size_t i = 0; i < r->dependency_count && (ok || !is_quiet(s->run)); i++) {
        const struct dependency *d = &r->dependencies[i];
        if (!json_find_str(s->value, d->name))
            continue;
        for (size_t k = 0; k < d->n; k++) {
            if (!json_find_str(s->value, d->names[k]))
                ok = violates_with(s, d->keyword, d->names[k]);
        }
        if (d->node)
            ok &= evaluate(s->run, d->node, s->value, s->path, s->marks);
    }
    return ok;
}

static bool check_object(struct spot *s)
{
    const struct object_rules *r = s->node->object;
    size_t n = s->value->object.n;
    uint64_t seen = 0;
    bool ok = true;
    if (n < r->min_properties)
        ok = violates(s, "minProperties");
    if (n > r->max_properties)
        ok = violates(s, "maxProperties");
    if (r->n || r->pattern_count || r->additional || r->names)
        ok &= check_members(s, &seen);
    if (r->required_count && (ok || !is_quiet(s->run)))
        ok &= check_required(s, seen);
    if (r->dependency_count && (ok || !is_quiet(s->run)))
        ok &= check_dependencies(s);
    return ok;
}

/* What no keyword beside or below has evaluated. */
static bool check_unevaluated(struct spot *s)
{
    bool ok = true;
    const struct array_rules *a = s->node->array;
    const struct object_rules *o = s->node->object;
    if (s->value->type == JSON_ARRAY && a && a->unevaluated) {
        for (size_t i = 0; i < s->marks->n; i++) {
            if (!s->marks->is_seen[i] && a->unevaluated->kind == NODE_FALSE) {
                struct path at = {.up = s->path, .index = i};
                struct spot item = *s;
                item.value = &s->value->array.items[i];
                item.path = &at;
                ok = violates(&item, "unevaluatedItems");
            } else if (!s->marks->is_seen[i]) {
                ok &= check_item(s, a->unevaluated, i);
            }
            mark(s->marks, i);
        }
    }
    if (s->value->type == JSON_OBJECT && o && o->unevaluated) {
        for (size_t i = 0; i < s->marks->n; i++) {
            if (!s->marks->is_seen[i])
                ok &= check_surplus(s, o->unevaluated, i, "unevaluatedProperties");
        }
    }
    return ok;
}

/* logic */

/* Evaluates with marks of its own, which count only if it holds. */
static bool holds(struct spot *s, const struct node *n)
{
    if (!s->marks)
        return evaluate_quietly(s, n, NULL);
    struct marks own = new_marks(s->run, s->value);
    bool ok = evaluate_quietly(s, n, &own);
    if (ok)
        merge_marks(s->marks, &own);
    return ok;
}

static bool admits_type(const struct node *n, const struct json *v)
{
    for (int hops = 0; hops < 8 && n->logic && n->logic->ref && n->types == TYPE_ANY; hops++)
        n = n->logic->ref;
    if (n->kind != NODE_RULES)
        return n->kind == NODE_TRUE;
    return (n->types >> v->type & 1) || (v->type == JSON_NUMBER && (n->types >> TYPE_INTEGER & 1));
}

/* None fits.  If just one is meant for this type of value, its own violations say more. */
static bool blame(struct spot *s, const struct node_list *list, const char *keyword)
{
    const struct node *only = NULL;
    size_t n = 0;
    if (is_quiet(s->run))
        return false;
    for (size_t i = 0; i < list->n; i++) {
        if (admits_type(list->nodes[i], s->value)) {
            only = list->nodes[i];
            n++;
        }
    }
    if (n == 1)
        return evaluate(s->run, only, s->value, s->path, NULL);
    return violates(s, keyword);
}

static bool check_any_of(struct spot *s, const struct node_list *list)
{
    bool has_one = false;
    for (size_t i = 0; i < list->n && !(has_one && !s->marks); i++)
        has_one |= holds(s, list->nodes[i]);
    return has_one || blame(s, list, "anyOf");
}

static bool check_one_of(struct spot *s, const struct node_list *list)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n && n < 2; i++)
        n += holds(s, list->nodes[i]);
    return n == 1 || (n == 0 ? blame(s, list, "oneOf") : violates(s, "oneOf"));
}

/* The outermost resource on the way that has the dynamic anchor (core, section 8.2.3.2). */
static const struct node *dynamic_target(const struct run *r, const struct logic_rules *l)
{
    const struct node *found = l->dynamic_ref;
    for (const struct scope *s = r->scope; l->is_dynamic && s; s = s->outer) {
        const struct node *n = map_find(&s->resource->dynamic_nodes, l->dynamic_name);
        found = n ? n : found;
    }
    return found;
}

static bool check_logic(struct spot *s)
{
    const struct logic_rules *r = s->node->logic;
    struct run *run = s->run;
    bool ok = true;
    if (r->ref)
        ok &= evaluate(run, r->ref, s->value, s->path, s->marks);
    if (r->dynamic_ref && (ok || !is_quiet(run)))
        ok &= evaluate(run, dynamic_target(run, r), s->value, s->path, s->marks);
    for (size_t i = 0; i < r->all_of.n && (ok || !is_quiet(run)); i++)
        ok &= evaluate(run, r->all_of.nodes[i], s->value, s->path, s->marks);
    if (r->any_of.n && (ok || !is_quiet(run)))
        ok &= check_any_of(s, &r->any_of);
    if (r->one_of.n && (ok || !is_quiet(run)))
        ok &= check_one_of(s, &r->one_of);
    if (r->not &&(ok || !is_quiet(run)) && evaluate_quietly(s, r->not, NULL))
        ok = violates(s, "not");
    if (r->condition && (ok || !is_quiet(run)) && (r->then || r->otherwise || s->marks)) {
        const struct node *way = holds(s, r->condition) ? r->then : r->otherwise;
        if (way)
            ok &= evaluate(run, way, s->value, s->path, s->marks);
    }
    return ok;
}

static bool check_rules(struct spot *s)
{
    const struct node *n = s->node;
    enum json_type type = s->value->type;
    bool ok = n->types == TYPE_ANY || check_type(s);
    if (n->value && (ok || !is_quiet(s->run)))
        ok &= check_value(s);
    if (!ok && is_quiet(s->run))
        return false;
    if (type == JSON_STRING && n->string)
        ok &= check_string(s);
    else if (type == JSON_NUMBER && n->number)
        ok &= check_number(s);
    else if (type == JSON_OBJECT && n->object)
        ok &= check_object(s);
    else if (type == JSON_ARRAY && n->array)
        ok &= check_array(s);
    if (n->logic && (ok || !is_quiet(s->run)))
        ok &= check_logic(s);
    if (n->tracks && (ok || !is_quiet(s->run)))
        ok &= check_unevaluated(s);
    return ok;
}

static bool evaluate(struct run *r, const struct node *n, const struct json *v,
                     const struct path *path, struct marks *marks)
{
    struct spot s = {r, n, v, path, marks};
    if (n->kind != NODE_RULES)
        return n->kind == NODE_TRUE || violates(&s, "false");
    if (r->depth >= SCHEMA_MAX_NESTING || r->fuel == 0) {
        bool ok = violates(&s, "$ref"); /* a reference that leads to itself, or far too much work */
        r->has_stopped = true;
        return ok;
    }
    struct scope inner = {r->scope, n->resource};
    const struct scope *before = r->scope;
    if (!before || before->resource != n->resource)
        r->scope = &inner;
    r->depth++;
    r->fuel--;
    struct marks own;
    if (n->tracks && parts_of(v)) {
        own = new_marks(r, v);
        s.marks = &own;
    } else if (n->tracks) {
        own = (struct marks){0};
        s.marks = &own;
    }
    bool ok = check_rules(&s);
    if (n->tracks && marks)
        merge_marks(marks, &own);
    r->depth--;
    r->scope = before;
    return ok;
}

static bool run(const struct schema *s, const struct json *instance, schema_visitor *visit,
                void *arg)
{
    struct run r = {.visit = visit, .arg = arg, .fuel = SCHEMA_FUEL};
    struct path top = {0};
    bool ok = evaluate(&r, s->root, instance, &top, NULL) && !r.has_stopped;
    arena_release(&r.memory);
    return ok;
}

bool schema_accepts(const struct schema *s, const struct json *instance)
{
    return run(s, instance, NULL, NULL);
}

bool schema_validate(const struct schema *s, const struct json *instance, schema_visitor *visit,
                     void *arg)
{
    /* Nearly all values are right: the quick way first. */
    return run(s, instance, NULL, NULL) || run(s, instance, visit, arg);
}
