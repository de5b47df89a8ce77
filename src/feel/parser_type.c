/* Types in FEEL text (DMN 1.5, grammar rules 65 to 69). */
#include "feel/parser.h"

static const struct type *derived(struct parser *p, struct type t)
{
    struct type *copy = arena_new(p->arena, struct type);
    *copy = t;
    return copy;
}

static const struct type *parse_element_type(struct parser *p, enum type_form form)
{
    const struct type *element = parser_type(p);
    if (!element || !parser_expect(p, ">", "'>'"))
        return NULL;
    return derived(p, (struct type){.form = form, .element = element});
}

static void add_field(struct parser *p, struct type *t, size_t *size, struct type_field field)
{
    VEC_ADD(p->arena, t->fields, t->field_count, *size) = field;
}

static const struct type *parse_context_type(struct parser *p)
{
    struct type t = {.form = TYPE_CONTEXT, .has_fields = true};
    size_t size = 0;
    do {
        str name;
        if (!lexer_take_key(&p->lexer, &name)) {
            parser_fail(p, "a key and ':'");
            return NULL;
        }
        const struct type *type = parser_type(p);
        if (!type)
            return NULL;
        add_field(p, &t, &size, (struct type_field){name, type});
    } while (lexer_take(&p->lexer, ","));
    return parser_expect(p, ">", "',' or '>'") ? derived(p, t) : NULL;
}

static const struct type *parse_function_type(struct parser *p)
{
    struct type t = {.form = TYPE_FUNCTION, .has_fields = true};
    size_t size = 0;
    while (!lexer_take(&p->lexer, ">")) {
        const struct type *type = parser_type(p);
        if (!type)
            return NULL;
        add_field(p, &t, &size, (struct type_field){.type = type});
        if (!lexer_take(&p->lexer, ",") && !lexer_sees(&p->lexer, ">")) {
            parser_fail(p, "',' or '>'");
            return NULL;
        }
    }
    if (!parser_expect(p, "->", "'->'") || !(t.element = parser_type(p)))
        return NULL;
    return derived(p, t);
}

static const struct type *named_type(struct parser *p, str name)
{
    const struct type *t = type_find(name);
    const struct map *types = p->scope ? p->scope->types : NULL;
    return types && map_has(types, name) ? map_find(types, name) : t;
}

const struct type *parser_type(struct parser *p)
{
    static const char *const longer[] = {"date and time", "days and time duration",
                                         "years and months duration"};
    struct lexer *l = &p->lexer;
    if (p->depth > PARSER_MAX_DEPTH) {
        parser_fail(p, "a type nested less deeply");
        return NULL;
    }
    for (size_t i = 0; i < COUNT(longer); i++)
        lexer_know(l, str_from(longer[i]));
    p->depth++;
    const struct type *t = NULL;
    str name;
    size_t start = l->at;
    if (lexer_take_word(l, "function")) {
        t = lexer_take(l, "<") ? parse_function_type(p) : type_find(STR("function"));
    } else if (lexer_take_word(l, "null")) {
        t = type_find(STR("Null"));
    } else if (!lexer_take_name(l, &name)) {
        parser_fail(p, "a type");
    } else if (str_is(name, "list") && lexer_take(l, "<")) {
        t = parse_element_type(p, TYPE_LIST);
    } else if (str_is(name, "range") && lexer_take(l, "<")) {
        t = parse_element_type(p, TYPE_RANGE);
    } else if (str_is(name, "context") && lexer_take(l, "<")) {
        t = parse_context_type(p);
    } else {
        str part;
        while (lexer_sees(l, ".") && !lexer_sees(l, "..") && lexer_take(l, ".") &&
               lexer_take_name(l, &part))
            name = arena_format(p->arena, "%.*s.%.*s", STR_ARG(name), STR_ARG(part));
        if (!(t = named_type(p, name)))
            lexer_fail(l, start, "a known type");
    }
    p->depth--;
    return t;
}

const struct type *node_parse_type(struct arena *a, str text, const struct scope *scope,
                                   struct err *e)
{
    struct parser p;
    parser_init(&p, a, text, scope, e);
    const struct type *t = parser_type(&p);
    if (t && !lexer_is_end(&p.lexer)) {
        parser_fail(&p, "the end of the type");
        return NULL;
    }
    return t;
}
