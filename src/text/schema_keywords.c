/* Each keyword of JSON Schema: what its value must look like, and the rules it makes. */
#include "text/schema_compiler.h"

static bool bad(const struct place *p, const char *want)
{
    err_set(p->c->err, ERR_INVALID, "\"%.*s\" must be %s", STR_ARG(p->keyword), want);
    return err_at(p->c->err, "line %u, %.*s", p->value->line, STR_ARG(p->node->where));
}

static bool failed_at(const struct place *p)
{
    return err_at(p->c->err, "line %u, %.*s/%.*s", p->value->line, STR_ARG(p->node->where),
                  STR_ARG(p->keyword));
}

/* The rules of one kind, made when the first keyword of the kind is met. */
#define RULES(p, kind)                                                                             \
    ((struct kind##_rules *)(uintptr_t)((p)->node->kind ? (p)->node->kind                          \
                                                        : ((p)->node->kind = new_##kind##_rules(   \
                                                               (p)->c->arena))))

static struct number_rules *new_number_rules(struct arena *a)
{
    return arena_new(a, struct number_rules);
}

static struct string_rules *new_string_rules(struct arena *a)
{
    struct string_rules *r = arena_new(a, struct string_rules);
    r->max_length = UINT64_MAX;
    return r;
}

static struct array_rules *new_array_rules(struct arena *a)
{
    struct array_rules *r = arena_new(a, struct array_rules);
    r->max_items = r->max_contains = UINT64_MAX;
    r->min_contains = 1;
    return r;
}

static struct object_rules *new_object_rules(struct arena *a)
{
    struct object_rules *r = arena_new(a, struct object_rules);
    r->max_properties = UINT64_MAX;
    return r;
}

static struct value_rules *new_value_rules(struct arena *a)
{
    return arena_new(a, struct value_rules);
}

static struct logic_rules *new_logic_rules(struct arena *a)
{
    return arena_new(a, struct logic_rules);
}

static bool read_schema(const struct place *p, const struct node **to)
{
    if (!schema_is(p->value))
        return bad(p, "a schema: an object, true or false");
    *to = schema_node(
        p->c, p->value, p->node->resource,
        arena_format(p->c->arena, "%.*s/%.*s", STR_ARG(p->node->where), STR_ARG(p->keyword)));
    return true;
}

static bool read_schema_list(const struct place *p, struct node_list *list)
{
    if (p->value->type != JSON_ARRAY || p->value->array.n == 0)
        return bad(p, "an array of schemas, not empty");
    list->nodes = arena_array(p->c->arena, const struct node *, p->value->array.n);
    list->n = p->value->array.n;
    for (size_t i = 0; i < list->n; i++) {
        struct place item = *p;
        item.value = &p->value->array.items[i];
        item.keyword = arena_format(p->c->arena, "%.*s/%zu", STR_ARG(p->keyword), i);
        if (!read_schema(&item, &list->nodes[i]))
            return false;
    }
    return true;
}

/* The schema of one member of "properties" and the like. */
static bool read_member(const struct place *p, const struct json_member *m, const struct node **to)
{
    struct place member = *p;
    member.value = &m->value;
    member.keyword = arena_format(p->c->arena, "%.*s/%.*s", STR_ARG(p->keyword), STR_ARG(m->key));
    return read_schema(&member, to);
}

static bool read_count(const struct place *p, uint64_t *to)
{
    struct number n = {0};
    bool ok = p->value->type == JSON_NUMBER;
    if (ok)
        n = number_read(p->value->text);
    if (!ok || n.is_negative || !number_is_integer(n))
        return bad(p, "an integer, not negative");
    if (n.exponent > 18) {
        *to = UINT64_MAX;
        return true;
    }
    *to = 0;
    for (int64_t i = 0; i < n.exponent; i++) {
        size_t k = (size_t)i;
        char digit = k < n.whole.n              ? n.whole.p[k]
                     : k < n.whole.n + n.part.n ? n.part.p[k - n.whole.n]
                                                : '0';
        *to = *to * 10 + (uint64_t)(digit - '0');
    }
    return true;
}

static bool read_flag(const struct place *p, bool *to)
{
    if (p->value->type != JSON_TRUE && p->value->type != JSON_FALSE)
        return bad(p, "true or false");
    *to = p->value->type == JSON_TRUE;
    return true;
}

static bool read_bound(const struct place *p, const char *keyword, struct bound *to)
{
    if (p->value->type != JSON_NUMBER)
        return bad(p, "a number");
    to->keyword = keyword;
    to->value = number_read(p->value->text);
    to->is_int = str_to_int64(p->value->text, &to->as_int);
    return true;
}

/* type, const, enum */

static bool type_bits(str name, uint8_t *bits)
{
    static const struct {
        const char *name;
        uint8_t bits;
    } types[] = {
        {"null", 1u << JSON_NULL},       {"boolean", 1u << JSON_FALSE | 1u << JSON_TRUE},
        {"number", 1u << JSON_NUMBER},   {"string", 1u << JSON_STRING},
        {"array", 1u << JSON_ARRAY},     {"object", 1u << JSON_OBJECT},
        {"integer", 1u << TYPE_INTEGER},
    };
    for (size_t i = 0; i < COUNT(types); i++) {
        if (str_is(name, types[i].name)) {
            *bits |= types[i].bits;
            return true;
        }
    }
    return false;
}

static bool read_type(const struct place *p)
{
    static const char want[] =
        "null, boolean, integer, number, string, array or object, or an array of these";
    uint8_t bits = 0;
    const struct json *items = p->value;
    size_t n = 1;
    if (p->value->type == JSON_ARRAY) {
        items = p->value->array.items;
        n = p->value->array.n;
    }
    for (size_t i = 0; i < n; i++) {
        if (items[i].type != JSON_STRING || !type_bits(items[i].text, &bits))
            return bad(p, want);
    }
    p->node->types = bits;
    return true;
}

static bool read_const(const struct place *p)
{
    RULES(p, value)->constant = p->value;
    return true;
}

static bool has_only_texts(const struct json *choices)
{
    for (size_t i = 0; i < choices->array.n; i++) {
        if (choices->array.items[i].type != JSON_STRING)
            return false;
    }
    return choices->array.n > 0 && choices->array.n < 20000;
}

static bool read_enum(const struct place *p)
{
    struct value_rules *r = RULES(p, value);
    if (p->value->type != JSON_ARRAY)
        return bad(p, "an array");
    r->choices = p->value;
    if (!has_only_texts(r->choices))
        return true;
    for (r->slot_mask = 15; r->slot_mask < r->choices->array.n * 2;)
        r->slot_mask = r->slot_mask * 2 + 1;
    r->slots = arena_array(p->c->arena, uint16_t, r->slot_mask + 1);
    for (size_t i = 0; i < r->choices->array.n; i++) {
        size_t at = schema_name_hash(r->choices->array.items[i].text) & r->slot_mask;
        while (r->slots[at])
            at = (at + 1) & r->slot_mask;
        r->slots[at] = (uint16_t)(i + 1);
    }
    return true;
}

/* numbers */

static bool read_minimum(const struct place *p)
{
    return read_bound(p, "minimum", &RULES(p, number)->minimum);
}

static bool read_maximum(const struct place *p)
{
    return read_bound(p, "maximum", &RULES(p, number)->maximum);
}

static bool read_exclusive_minimum(const struct place *p)
{
    return read_bound(p, "exclusiveMinimum", &RULES(p, number)->exclusive_minimum);
}

static bool read_exclusive_maximum(const struct place *p)
{
    return read_bound(p, "exclusiveMaximum", &RULES(p, number)->exclusive_maximum);
}

static bool read_multiple_of(const struct place *p)
{
    struct bound *b = &RULES(p, number)->multiple_of;
    if (!read_bound(p, "multipleOf", b))
        return false;
    return (!b->value.is_negative && b->value.whole.n + b->value.part.n > 0) ||
           bad(p, "a number above zero");
}

/* strings */

static bool read_min_length(const struct place *p)
{
    return read_count(p, &RULES(p, string)->min_length);
}

static bool read_max_length(const struct place *p)
{
    return read_count(p, &RULES(p, string)->max_length);
}

static bool read_pattern(const struct place *p)
{
    if (p->value->type != JSON_STRING)
        return bad(p, "a regular expression");
    RULES(p, string)->pattern = regex_compile(p->value->text, p->c->arena, p->c->err);
    return p->node->string->pattern || failed_at(p);
}

static bool read_format(const struct place *p)
{
    if (p->value->type != JSON_STRING)
        return bad(p, "the name of a format");
    if ((p->c->options & SCHEMA_ASSERT_FORMATS) ||
        (p->node->resource->vocabularies & VOCABULARY_FORMAT_ASSERTION))
        RULES(p, string)->format = format_find(p->value->text);
    return true;
}

/* arrays */

static bool read_min_items(const struct place *p)
{
    return read_count(p, &RULES(p, array)->min_items);
}

static bool read_max_items(const struct place *p)
{
    return read_count(p, &RULES(p, array)->max_items);
}

static bool read_min_contains(const struct place *p)
{
    return read_count(p, &RULES(p, array)->min_contains);
}

static bool read_max_contains(const struct place *p)
{
    return read_count(p, &RULES(p, array)->max_contains);
}

static bool read_unique_items(const struct place *p)
{
    return read_flag(p, &RULES(p, array)->is_unique);
}

static bool read_contains(const struct place *p)
{
    return read_schema(p, &RULES(p, array)->contains);
}

static bool read_prefix_items(const struct place *p)
{
    struct node_list list = {0};
    struct array_rules *r = RULES(p, array);
    if (!read_schema_list(p, &list))
        return false;
    r->prefix = list.nodes;
    r->prefix_count = list.n;
    return true;
}

static bool read_items(const struct place *p)
{
    if (p->value->type == JSON_ARRAY && p->node->resource->dialect != DIALECT_2020)
        return p->value->array.n == 0 || read_prefix_items(p);
    return read_schema(p, &RULES(p, array)->items);
}

/* Before 2020-12: behind an array of items only. */
static bool read_additional_items(const struct place *p)
{
    const struct json *items = json_find(p->node->source, "items");
    if (!items || items->type != JSON_ARRAY)
        return true;
    return read_schema(p, &RULES(p, array)->items);
}

static bool read_unevaluated_items(const struct place *p)
{
    p->node->tracks = true;
    return read_schema(p, &RULES(p, array)->unevaluated);
}

/* objects */

static struct property *get_property(const struct place *p, str name)
{
    struct object_rules *r = RULES(p, object);
    struct property *found = (struct property *)(uintptr_t)schema_find_property(r, name);
    if (found)
        return found;
    struct property *added = &VEC_ADD(p->c->arena, r->properties, r->n, r->size);
    *added = (struct property){.name = name};
    if (!r->slots || r->n * 2 > r->slot_mask) {
        r->slot_mask = r->slots ? r->slot_mask * 2 + 1 : 15;
        r->slots = arena_array(p->c->arena, uint16_t, r->slot_mask + 1);
        for (size_t i = 0; i + 1 < r->n; i++) {
            size_t at = schema_name_hash(r->properties[i].name) & r->slot_mask;
            while (r->slots[at])
                at = (at + 1) & r->slot_mask;
            r->slots[at] = (uint16_t)(i + 1);
        }
    }
    size_t at = schema_name_hash(name) & r->slot_mask;
    while (r->slots[at])
        at = (at + 1) & r->slot_mask;
    r->slots[at] = (uint16_t)r->n;
    return added;
}

const struct property *schema_find_property(const struct object_rules *o, str name)
{
    if (!o->slots)
        return NULL;
    for (size_t at = schema_name_hash(name) & o->slot_mask; o->slots[at];
         at = (at + 1) & o->slot_mask) {
        const struct property *p = &o->properties[o->slots[at] - 1];
        if (str_equal(p->name, name))
            return p;
    }
    return NULL;
}

static bool read_properties(const struct place *p)
{
    if (p->value->type != JSON_OBJECT)
        return bad(p, "an object of schemas");
    if (p->value->object.n > 20000)
        return bad(p, "at most 20000 properties");
    RULES(p, object);
    for (size_t i = 0; i < p->value->object.n; i++) {
        const struct json_member *m = &p->value->object.members[i];
        const struct node *n;
        if (!read_member(p, m, &n))
            return false;
        get_property(p, m->key)->node = n;
    }
    return true;
}

/* Array of strings. */
static bool check_names(const struct place *p, const struct json *v)
{
    bool ok = v->type == JSON_ARRAY;
    for (size_t i = 0; ok && i < v->array.n; i++)
        ok = v->array.items[i].type == JSON_STRING;
    return ok || bad(p, "an array of member names");
}

static bool read_required(const struct place *p)
{
    if (!check_names(p, p->value))
        return false;
    if (p->value->array.n > 20000)
        return bad(p, "at most 20000 names");
    struct object_rules *r = RULES(p, object);
    for (size_t i = 0; i < p->value->array.n; i++) {
        struct property *property = get_property(p, p->value->array.items[i].text);
        if (property->is_required)
            continue;
        property->is_required = true;
        property->bit = (uint8_t)(r->required_count < 63 ? r->required_count : 63);
        r->required |= 1ull << property->bit;
        r->required_count++;
    }
    return true;
}

static bool read_pattern_properties(const struct place *p)
{
    if (p->value->type != JSON_OBJECT)
        return bad(p, "an object of schemas");
    struct object_rules *r = RULES(p, object);
    r->pattern_count = p->value->object.n;
    r->patterns = arena_array(p->c->arena, struct pattern_property, r->pattern_count);
    for (size_t i = 0; i < r->pattern_count; i++) {
        const struct json_member *m = &p->value->object.members[i];
        if (!read_member(p, m, &r->patterns[i].node))
            return false;
        r->patterns[i].regex = regex_compile(m->key, p->c->arena, p->c->err);
        if (!r->patterns[i].regex)
            return failed_at(p);
    }
    return true;
}

static struct dependency *add_dependency(const struct place *p, str name, const char *keyword)
{
    struct object_rules *r = RULES(p, object);
    struct dependency *d =
        &VEC_ADD(p->c->arena, r->dependencies, r->dependency_count, r->dependency_size);
    *d = (struct dependency){.name = name, .keyword = keyword};
    return d;
}

static bool read_dependent_names(const struct place *p, const struct json_member *m,
                                 const char *keyword)
{
    if (!check_names(p, &m->value))
        return false;
    struct dependency *d = add_dependency(p, m->key, keyword);
    d->n = m->value.array.n;
    d->names = arena_array(p->c->arena, str, d->n);
    for (size_t i = 0; i < d->n; i++)
        d->names[i] = m->value.array.items[i].text;
    return true;
}

static bool read_dependencies_of(const struct place *p, const char *keyword, bool takes_names,
                                 bool takes_schemas)
{
    if (p->value->type != JSON_OBJECT)
        return bad(p, "an object");
    for (size_t i = 0; i < p->value->object.n; i++) {
        const struct json_member *m = &p->value->object.members[i];
        const struct node *n;
        if (takes_names && (!takes_schemas || m->value.type == JSON_ARRAY)) {
            if (!read_dependent_names(p, m, keyword))
                return false;
        } else {
            if (!read_member(p, m, &n))
                return false;
            add_dependency(p, m->key, keyword)->node = n;
        }
    }
    return true;
}

static bool read_dependent_required(const struct place *p)
{
    return read_dependencies_of(p, "dependentRequired", true, false);
}

static bool read_dependent_schemas(const struct place *p)
{
    return read_dependencies_of(p, "dependentSchemas", false, true);
}

static bool read_dependencies(const struct place *p)
{
    return read_dependencies_of(p, "dependencies", true, true);
}

static bool read_min_properties(const struct place *p)
{
    return read_count(p, &RULES(p, object)->min_properties);
}

static bool read_max_properties(const struct place *p)
{
    return read_count(p, &RULES(p, object)->max_properties);
}

static bool read_additional_properties(const struct place *p)
{
    return read_schema(p, &RULES(p, object)->additional);
}

static bool read_property_names(const struct place *p)
{
    return read_schema(p, &RULES(p, object)->names);
}

static bool read_unevaluated_properties(const struct place *p)
{
    p->node->tracks = true;
    return read_schema(p, &RULES(p, object)->unevaluated);
}

/* logic and references */

static bool read_all_of(const struct place *p)
{
    return read_schema_list(p, &RULES(p, logic)->all_of);
}

static bool read_any_of(const struct place *p)
{
    return read_schema_list(p, &RULES(p, logic)->any_of);
}

static bool read_one_of(const struct place *p)
{
    return read_schema_list(p, &RULES(p, logic)->one_of);
}

static bool read_not(const struct place *p)
{
    return read_schema(p, &RULES(p, logic)->not );
}

static bool read_if(const struct place *p)
{
    return read_schema(p, &RULES(p, logic)->condition);
}

static bool read_then(const struct place *p)
{
    return read_schema(p, &RULES(p, logic)->then);
}

static bool read_else(const struct place *p)
{
    return read_schema(p, &RULES(p, logic)->otherwise);
}

static bool resolve(const struct place *p, struct target *t, const struct node **node)
{
    if (p->value->type != JSON_STRING)
        return bad(p, "a URI reference");
    if (!schema_resolve(p->c, p->node->resource, p->value->text, t))
        return failed_at(p);
    *node = schema_node(p->c, t->json, t->resource, t->where);
    return true;
}

static bool read_ref(const struct place *p)
{
    struct target t;
    return resolve(p, &t, &RULES(p, logic)->ref);
}

static bool read_dynamic_ref(const struct place *p)
{
    struct target t;
    struct logic_rules *r = RULES(p, logic);
    if (!resolve(p, &t, &r->dynamic_ref))
        return false;
    r->dynamic_keyword = "$dynamicRef";
    r->dynamic_name = t.anchor;
    /* Only what was found by a dynamic anchor is looked up in the dynamic scope. */
    r->is_dynamic = t.anchor.n && map_has(&t.resource->dynamic, t.anchor);
    return true;
}

static bool read_recursive_ref(const struct place *p)
{
    struct target t;
    struct logic_rules *r = RULES(p, logic);
    if (!resolve(p, &t, &r->dynamic_ref))
        return false;
    r->dynamic_keyword = "$recursiveRef";
    r->dynamic_name = STR("$recursiveAnchor");
    r->is_dynamic = map_has(&t.resource->dynamic, r->dynamic_name);
    return true;
}

/* Checked for shape when the document is scanned; what they say is used there. */
static bool read_text(const struct place *p)
{
    return p->value->type == JSON_STRING || bad(p, "a string");
}

static bool read_definitions(const struct place *p)
{
    return p->value->type == JSON_OBJECT || bad(p, "an object of schemas");
}

enum {
    NEW = DIALECT_2020,
    FROM_2019 = DIALECT_2020 | DIALECT_2019,
    ALL = 7,
    OLD = DIALECT_2019 | DIALECT_7
};

static const struct keyword KEYWORDS[] = {
    {"$id", VOCABULARY_CORE, ALL, HOLDS_NONE, read_text},
    {"$schema", VOCABULARY_CORE, ALL, HOLDS_NONE, read_text},
    {"$anchor", VOCABULARY_CORE, FROM_2019, HOLDS_NONE, read_text},
    {"$dynamicAnchor", VOCABULARY_CORE, NEW, HOLDS_NONE, read_text},
    {"$ref", VOCABULARY_CORE, ALL, HOLDS_NONE, read_ref},
    {"$dynamicRef", VOCABULARY_CORE, NEW, HOLDS_NONE, read_dynamic_ref},
    {"$recursiveRef", VOCABULARY_CORE, DIALECT_2019, HOLDS_NONE, read_recursive_ref},
    {"$defs", VOCABULARY_CORE, ALL, HOLDS_MAP, read_definitions},
    {"definitions", VOCABULARY_CORE, ALL, HOLDS_MAP, read_definitions},
    {"type", VOCABULARY_VALIDATION, ALL, HOLDS_NONE, read_type},
    {"const", VOCABULARY_VALIDATION, ALL, HOLDS_NONE, read_const},
    {"enum", VOCABULARY_VALIDATION, ALL, HOLDS_NONE, read_enum},
    {"minimum", VOCABULARY_VALIDATION, ALL, HOLDS_NONE, read_minimum},
    {"maximum", VOCABULARY_VALIDATION, ALL, HOLDS_NONE, read_maximum},
    {"exclusiveMinimum", VOCABULARY_VALIDATION, ALL, HOLDS_NONE, read_exclusive_minimum},
    {"exclusiveMaximum", VOCABULARY_VALIDATION, ALL, HOLDS_NONE, read_exclusive_maximum},
    {"multipleOf", VOCABULARY_VALIDATION, ALL, HOLDS_NONE, read_multiple_of},
    {"minLength", VOCABULARY_VALIDATION, ALL, HOLDS_NONE, read_min_length},
    {"maxLength", VOCABULARY_VALIDATION, ALL, HOLDS_NONE, read_max_length},
    {"pattern", VOCABULARY_VALIDATION, ALL, HOLDS_NONE, read_pattern},
    {"format", VOCABULARY_ANNOTATION | VOCABULARY_FORMAT_ASSERTION, ALL, HOLDS_NONE, read_format},
    {"minItems", VOCABULARY_VALIDATION, ALL, HOLDS_NONE, read_min_items},
    {"maxItems", VOCABULARY_VALIDATION, ALL, HOLDS_NONE, read_max_items},
    {"uniqueItems", VOCABULARY_VALIDATION, ALL, HOLDS_NONE, read_unique_items},
    {"minContains", VOCABULARY_VALIDATION, FROM_2019, HOLDS_NONE, read_min_contains},
    {"maxContains", VOCABULARY_VALIDATION, FROM_2019, HOLDS_NONE, read_max_contains},
    {"prefixItems", VOCABULARY_APPLICATOR, NEW, HOLDS_LIST, read_prefix_items},
    {"items", VOCABULARY_APPLICATOR, ALL, HOLDS_ONE_OR_LIST, read_items},
    {"additionalItems", VOCABULARY_APPLICATOR, OLD, HOLDS_ONE, read_additional_items},
    {"contains", VOCABULARY_APPLICATOR, ALL, HOLDS_ONE, read_contains},
    {"unevaluatedItems", VOCABULARY_UNEVALUATED, FROM_2019, HOLDS_ONE, read_unevaluated_items},
    {"properties", VOCABULARY_APPLICATOR, ALL, HOLDS_MAP, read_properties},
    {"required", VOCABULARY_VALIDATION, ALL, HOLDS_NONE, read_required},
    {"patternProperties", VOCABULARY_APPLICATOR, ALL, HOLDS_MAP, read_pattern_properties},
    {"additionalProperties", VOCABULARY_APPLICATOR, ALL, HOLDS_ONE, read_additional_properties},
    {"propertyNames", VOCABULARY_APPLICATOR, ALL, HOLDS_ONE, read_property_names},
    {"minProperties", VOCABULARY_VALIDATION, ALL, HOLDS_NONE, read_min_properties},
    {"maxProperties", VOCABULARY_VALIDATION, ALL, HOLDS_NONE, read_max_properties},
    {"dependentRequired", VOCABULARY_VALIDATION, FROM_2019, HOLDS_NONE, read_dependent_required},
    {"dependentSchemas", VOCABULARY_APPLICATOR, FROM_2019, HOLDS_MAP, read_dependent_schemas},
    {"dependencies", VOCABULARY_APPLICATOR, ALL, HOLDS_MAP, read_dependencies},
    {"unevaluatedProperties", VOCABULARY_UNEVALUATED, FROM_2019, HOLDS_ONE,
     read_unevaluated_properties},
    {"allOf", VOCABULARY_APPLICATOR, ALL, HOLDS_LIST, read_all_of},
    {"anyOf", VOCABULARY_APPLICATOR, ALL, HOLDS_LIST, read_any_of},
    {"oneOf", VOCABULARY_APPLICATOR, ALL, HOLDS_LIST, read_one_of},
    {"not", VOCABULARY_APPLICATOR, ALL, HOLDS_ONE, read_not},
    {"if", VOCABULARY_APPLICATOR, ALL, HOLDS_ONE, read_if},
    {"then", VOCABULARY_APPLICATOR, ALL, HOLDS_ONE, read_then},
    {"else", VOCABULARY_APPLICATOR, ALL, HOLDS_ONE, read_else},
    {"contentSchema", VOCABULARY_ANNOTATION, FROM_2019, HOLDS_ONE, NULL},
};

const struct keyword *schema_keyword(str name)
{
    for (size_t i = 0; i < COUNT(KEYWORDS); i++) {
        if (str_is(name, KEYWORDS[i].name))
            return &KEYWORDS[i];
    }
    return NULL;
}

enum holds schema_keyword_holds(str name)
{
    const struct keyword *k = schema_keyword(name);
    return k ? (enum holds)k->holds : HOLDS_NONE;
}
