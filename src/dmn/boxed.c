/* Boxed expressions (DMN 1.5, chapter 7.3 and 8) to the trees of FEEL. */
#include "dmn/reader.h"

enum { MAX_DEPTH = 100 };

static const char *const EXPRESSIONS[] = {
    "literalExpression",  "decisionTable", "context", "invocation", "relation", "list",
    "functionDefinition", "conditional",   "filter",  "for",        "some",     "every"};

const struct xml *reader_find_expression(const struct xml *x)
{
    for (const struct xml *k = x ? x->first : NULL; k; k = k->next) {
        for (size_t i = 0; i < COUNT(EXPRESSIONS); i++) {
            if (str_is(k->name, EXPRESSIONS[i]) && str_equal(k->space, x->space))
                return k;
        }
    }
    return NULL;
}

/* Moves the places of a tree, so that they count from the start of the element's source. */
static void shift(struct node *n, uint32_t by)
{
    if (!n)
        return;
    n->at += by;
    for (size_t i = 0; i < n->n; i++)
        shift(n->kids[i], by);
}

struct node *reader_text(struct reader *r, const struct xml *x, text_parser parse,
                         const struct scope *scope, struct source *s, struct err *e)
{
    for (; s->line < x->line; s->line++)
        buf_add_char(&s->text, '\n');
    size_t start = s->text.n;
    buf_add(&s->text, x->text);
    buf_add_char(&s->text, ' ');
    for (size_t i = 0; i < x->text.n; i++)
        s->line += x->text.p[i] == '\n';
    struct node *n = parse(r->arena, x->text, scope, e);
    if (n)
        shift(n, (uint32_t)start);
    else
        err_at(e, "line %u", x->line);
    return n;
}

static struct node *nothing(struct reader *r)
{
    return node_new(r->arena, NODE_CONSTANT, 0, 0);
}

static struct node *with_type(struct reader *r, struct loaded *l, const struct xml *x,
                              struct node *n)
{
    const struct type *t = reader_type(r, l, x, xml_attribute(x, "typeRef"));
    if (!n || !t)
        return n;
    struct node *coerce = node_new(r->arena, NODE_COERCE, n->at, 1);
    coerce->kids[0] = n;
    coerce->type = t;
    return coerce;
}

static struct node *read_literal(struct reader *r, struct loaded *l, const struct xml *x,
                                 const struct scope *scope, struct source *s, struct err *e)
{
    const struct xml *text = xml_child(x, "text");
    str language = xml_attribute(x, "expressionLanguage");
    (void)l;
    if (language.n && str_find(language, STR("FEEL")) == SIZE_MAX &&
        str_find(language, STR("feel")) == SIZE_MAX) {
        err_set(e, ERR_INVALID, "the expression language %.*s is not supported", STR_ARG(language));
        return NULL;
    }
    if (!text || str_trim(text->text).n == 0)
        return nothing(r);
    return reader_text(r, text, node_parse, scope, s, e);
}

struct kids {
    struct node **items;
    size_t n, size;
    struct param *params;
    size_t param_count, param_size;
};

static bool add_kid(struct reader *r, struct kids *k, struct node *n)
{
    if (n)
        VEC_ADD(r->arena, k->items, k->n, k->size) = n;
    return n != NULL;
}

static void add_param(struct reader *r, struct kids *k, str name, const struct type *type)
{
    VEC_ADD(r->arena, k->params, k->param_count, k->param_size) = (struct param){name, type};
}

static struct node *from_kids(struct reader *r, enum node_kind kind, const struct kids *k)
{
    struct node *n = node_new(r->arena, kind, k->n ? k->items[0]->at : 0, 0);
    n->kids = k->items;
    n->n = k->n;
    n->params = k->params;
    n->param_count = k->param_count;
    return n;
}

/* The expression inside x, null where there is none. */
static struct node *inner(struct reader *r, struct loaded *l, const struct xml *x,
                          const struct scope *scope, struct source *s, struct err *e)
{
    const struct xml *expression = reader_find_expression(x);
    return expression ? reader_boxed(r, l, expression, scope, s, e) : nothing(r);
}

static struct node *read_context(struct reader *r, struct loaded *l, const struct xml *x,
                                 const struct scope *scope, struct source *s, struct err *e)
{
    struct kids k = {0};
    bool has_result = false;
    for (const struct xml *c = xml_child(x, "contextEntry"); c; c = xml_next(c, "contextEntry")) {
        const struct xml *variable = xml_child(c, "variable");
        struct node *value = inner(r, l, c, scope, s, e);
        if (!add_kid(r, &k, value))
            return NULL;
        has_result = variable == NULL;
        add_param(r, &k, variable ? xml_attribute(variable, "name") : (str){0},
                  variable ? reader_type(r, l, variable, xml_attribute(variable, "typeRef"))
                           : NULL);
        if (has_result)
            break;
    }
    return from_kids(r, has_result ? NODE_BODY : NODE_CONTEXT, &k);
}

static struct node *read_invocation(struct reader *r, struct loaded *l, const struct xml *x,
                                    const struct scope *scope, struct source *s, struct err *e)
{
    struct kids k = {0};
    if (!add_kid(r, &k, inner(r, l, x, scope, s, e)))
        return NULL;
    for (const struct xml *b = xml_child(x, "binding"); b; b = xml_next(b, "binding")) {
        const struct xml *parameter = xml_child(b, "parameter");
        struct node *value = inner(r, l, b, scope, s, e);
        if (parameter)
            value = with_type(r, l, parameter, value);
        if (!add_kid(r, &k, value))
            return NULL;
        add_param(r, &k, parameter ? xml_attribute(parameter, "name") : (str){0}, NULL);
    }
    struct node *call = from_kids(r, NODE_CALL, &k);
    call->has_names = k.n > 1;
    return call;
}

static struct node *read_relation(struct reader *r, struct loaded *l, const struct xml *x,
                                  const struct scope *scope, struct source *s, struct err *e)
{
    struct kids rows = {0}, columns = {0};
    for (const struct xml *c = xml_child(x, "column"); c; c = xml_next(c, "column"))
        add_param(r, &columns, xml_attribute(c, "name"),
                  reader_type(r, l, c, xml_attribute(c, "typeRef")));
    for (const struct xml *row = xml_child(x, "row"); row; row = xml_next(row, "row")) {
        struct kids cells = {.params = columns.params, .param_count = columns.param_count};
        for (const struct xml *c = row->first; c; c = c->next) {
            if (!str_equal(c->space, row->space) || cells.n == columns.param_count)
                continue;
            if (!add_kid(r, &cells, reader_boxed(r, l, c, scope, s, e)))
                return NULL;
        }
        while (cells.n < columns.param_count)
            add_kid(r, &cells, nothing(r));
        add_kid(r, &rows, from_kids(r, NODE_CONTEXT, &cells));
    }
    return from_kids(r, NODE_LIST, &rows);
}

static struct node *read_list(struct reader *r, struct loaded *l, const struct xml *x,
                              const struct scope *scope, struct source *s, struct err *e)
{
    struct kids k = {0};
    for (const struct xml *c = x->first; c; c = c->next) {
        for (size_t i = 0; i < COUNT(EXPRESSIONS); i++) {
            if (str_is(c->name, EXPRESSIONS[i]) && str_equal(c->space, x->space) &&
                !add_kid(r, &k, reader_boxed(r, l, c, scope, s, e)))
                return NULL;
        }
    }
    return from_kids(r, NODE_LIST, &k);
}

struct node *reader_function(struct reader *r, struct loaded *l, const struct xml *x,
                             const struct scope *scope, struct source *s, struct err *e)
{
    struct kids k = {0};
    str kind = xml_attribute(x, "kind");
    for (const struct xml *p = xml_child(x, "formalParameter"); p;
         p = xml_next(p, "formalParameter"))
        add_param(r, &k, xml_attribute(p, "name"),
                  reader_type(r, l, p, xml_attribute(p, "typeRef")));
    bool is_external = kind.n && !str_is(kind, "FEEL") && !str_is(kind, "F");
    if (is_external)
        reader_problem(r, l, x, (str){0}, "functions in %.*s are not supported: they give null",
                       STR_ARG(kind));
    if (!add_kid(r, &k, is_external ? nothing(r) : inner(r, l, x, scope, s, e)))
        return NULL;
    return from_kids(r, is_external ? NODE_EXTERNAL : NODE_FUNCTION, &k);
}

static struct node *read_conditional(struct reader *r, struct loaded *l, const struct xml *x,
                                     const struct scope *scope, struct source *s, struct err *e)
{
    static const char *const parts[] = {"if", "then", "else"};
    struct kids k = {0};
    for (size_t i = 0; i < COUNT(parts); i++) {
        const struct xml *part = xml_child(x, parts[i]);
        if (!add_kid(r, &k, part ? inner(r, l, part, scope, s, e) : nothing(r)))
            return NULL;
    }
    struct node *n = from_kids(r, NODE_IF, &k);
    n->op = 1;
    return n;
}

/* An iteration or filter: the domain in `in`, then what is asked in one of `body`. */
static struct node *read_iteration(struct reader *r, struct loaded *l, const struct xml *x,
                                   enum node_kind kind, const char *body, const struct scope *scope,
                                   struct source *s, struct err *e)
{
    struct kids k = {0};
    const struct xml *in = xml_child(x, "in"), *then = xml_child(x, body);
    if (!in || !then) {
        err_set(e, ERR_INVALID, "<%.*s> needs <in> and <%s>", STR_ARG(x->name), body);
        return NULL;
    }
    const struct xml *literal = xml_child(in, "literalExpression");
    const struct xml *text = literal ? xml_child(literal, "text") : NULL;
    struct node *domain = text && kind != NODE_FILTER
                              ? reader_text(r, text, node_parse_domain, scope, s, e)
                              : inner(r, l, in, scope, s, e);
    if (kind == NODE_FILTER)
        domain = with_type(r, l, in, domain);
    if (!add_kid(r, &k, domain) || !add_kid(r, &k, inner(r, l, then, scope, s, e)))
        return NULL;
    if (kind != NODE_FILTER)
        add_param(r, &k, xml_attribute(x, "iteratorVariable"), NULL);
    struct node *n = from_kids(r, kind, &k);
    n->op = kind == NODE_FILTER;
    return n;
}

struct node *reader_boxed(struct reader *r, struct loaded *l, const struct xml *x,
                          const struct scope *scope, struct source *s, struct err *e)
{
    struct node *n = NULL;
    if (++r->depth > MAX_DEPTH) {
        err_set(e, ERR_LIMIT, "boxed expressions are nested more than %d deep", MAX_DEPTH);
    } else if (str_is(x->name, "literalExpression")) {
        n = read_literal(r, l, x, scope, s, e);
    } else if (str_is(x->name, "decisionTable")) {
        n = reader_table(r, l, x, scope, s, e);
    } else if (str_is(x->name, "context")) {
        n = read_context(r, l, x, scope, s, e);
    } else if (str_is(x->name, "invocation")) {
        n = read_invocation(r, l, x, scope, s, e);
    } else if (str_is(x->name, "relation")) {
        n = read_relation(r, l, x, scope, s, e);
    } else if (str_is(x->name, "list")) {
        n = read_list(r, l, x, scope, s, e);
    } else if (str_is(x->name, "functionDefinition")) {
        n = reader_function(r, l, x, scope, s, e);
    } else if (str_is(x->name, "conditional")) {
        n = read_conditional(r, l, x, scope, s, e);
    } else if (str_is(x->name, "filter")) {
        n = read_iteration(r, l, x, NODE_FILTER, "match", scope, s, e);
    } else if (str_is(x->name, "for")) {
        n = read_iteration(r, l, x, NODE_FOR, "return", scope, s, e);
    } else if (str_is(x->name, "some")) {
        n = read_iteration(r, l, x, NODE_SOME, "satisfies", scope, s, e);
    } else if (str_is(x->name, "every")) {
        n = read_iteration(r, l, x, NODE_EVERY, "satisfies", scope, s, e);
    } else {
        err_set(e, ERR_INVALID, "<%.*s> is no expression", STR_ARG(x->name));
    }
    r->depth--;
    if (str_is(x->name, "functionDefinition"))
        return n;
    return with_type(r, l, x, n);
}
