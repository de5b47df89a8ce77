/* FEEL text to a tree: recursive descent along the grammar of DMN 1.5, 10.3.1.2. */
#include "feel/parser.h"

#include "feel/builtin.h"
#include "feel/temporal.h"

static struct node *parse_expression(struct parser *p);
static struct node *parse_additive(struct parser *p);

struct node *node_new(struct arena *a, enum node_kind kind, uint32_t at, size_t kids)
{
    struct node *n = arena_new(a, struct node);
    n->kind = kind;
    n->at = at;
    n->n = kids;
    n->kids = kids ? arena_array(a, struct node *, kids) : NULL;
    return n;
}

static struct node *make(struct parser *p, enum node_kind kind, size_t kids)
{
    p->nodes++;
    return node_new(p->arena, kind, (uint32_t)p->lexer.at, kids);
}

struct node *parser_fail(struct parser *p, const char *expected)
{
    lexer_skip_space(&p->lexer);
    lexer_fail(&p->lexer, p->lexer.at, expected);
    return NULL;
}

bool parser_expect(struct parser *p, const char *sign, const char *expected)
{
    return lexer_take(&p->lexer, sign) || parser_fail(p, expected);
}

struct nodes {
    struct node **items;
    size_t n, size;
};

struct params {
    struct param *items;
    size_t n, size;
};

static void add_node(struct parser *p, struct nodes *list, struct node *n)
{
    VEC_ADD(p->arena, list->items, list->n, list->size) = n;
}

static void add_param(struct parser *p, struct params *list, str name, const struct type *type)
{
    VEC_ADD(p->arena, list->items, list->n, list->size) = (struct param){name, type};
}

/* Once a node has its kids: how high it stands, NULL when that is too high. */
static struct node *settle(struct parser *p, struct node *n)
{
    for (size_t i = 0; i < n->n; i++) {
        uint32_t height = n->kids[i] ? n->kids[i]->height + 1 : 0;
        n->height = height > n->height ? height : n->height;
    }
    return n->height <= PARSER_MAX_HEIGHT
               ? n
               : parser_fail(p, "an expression of fewer operators in a row");
}

static struct node *with_kids(struct parser *p, struct node *n, const struct nodes *list)
{
    n->kids = list->items;
    n->n = list->n;
    return settle(p, n);
}

static struct node *constant(struct parser *p, struct value v)
{
    struct node *n = make(p, NODE_CONSTANT, 0);
    n->constant = v;
    return n;
}

static struct node *pair(struct parser *p, struct node *n, struct node *a, struct node *b)
{
    if (!a || !b)
        return NULL;
    n->kids[0] = a;
    n->kids[1] = b;
    return settle(p, n);
}

/* Runs f one level deeper, where '[' is a filter again. */
static struct node *nested(struct parser *p, struct node *(*f)(struct parser *))
{
    bool in_endpoint = p->in_endpoint;
    p->in_endpoint = false;
    struct node *n = f(p);
    p->in_endpoint = in_endpoint;
    return n;
}

static struct node *endpoint(struct parser *p)
{
    bool in_endpoint = p->in_endpoint;
    p->in_endpoint = true;
    struct node *n = parse_expression(p);
    p->in_endpoint = in_endpoint;
    return n;
}

/* After "low ..": the high end and what closes the range. */
static struct node *range_rest(struct parser *p, struct node *low, bool has_low)
{
    struct node *n = make(p, NODE_RANGE, 2), *high = endpoint(p);
    if (!high)
        return NULL;
    bool has_high = lexer_take(&p->lexer, "]");
    if (!has_high && !lexer_take(&p->lexer, ")") && !lexer_take(&p->lexer, "["))
        return parser_fail(p, "']', ')' or '[' at the end of the range");
    n->op = (has_low ? RANGE_HAS_LOW : 0) | (has_high ? RANGE_HAS_HIGH : 0);
    return pair(p, n, low, high);
}

static struct node *parse_list(struct parser *p)
{
    struct node *n = make(p, NODE_LIST, 0), *item;
    struct nodes items = {0};
    if (lexer_take(&p->lexer, "]"))
        return n;
    do {
        if (!(item = parse_expression(p)))
            return NULL;
        if (items.n == 0 && lexer_take(&p->lexer, ".."))
            return range_rest(p, item, true);
        add_node(p, &items, item);
    } while (lexer_take(&p->lexer, ","));
    return parser_expect(p, "]", "',' or ']'") ? with_kids(p, n, &items) : NULL;
}

static struct node *parse_open_range(struct parser *p)
{
    struct node *low = parse_expression(p);
    if (!low || !parser_expect(p, "..", "'..'"))
        return NULL;
    return range_rest(p, low, false);
}

static struct node *parse_paren(struct parser *p)
{
    struct node *n;
    lexer_skip_space(&p->lexer);
    if (p->known.node && p->known.at == p->lexer.at) {
        n = p->known.node;
        p->lexer.at = p->known.end;
    } else {
        n = parse_expression(p);
    }
    if (!n)
        return NULL;
    if (lexer_take(&p->lexer, ".."))
        return range_rest(p, n, false);
    return parser_expect(p, ")", "')'") ? n : NULL;
}

static bool take_context_key(struct parser *p, str *key)
{
    if (!lexer_sees(&p->lexer, "\""))
        return lexer_take_key(&p->lexer, key) || parser_fail(p, "a key and ':'");
    return lexer_take_string(&p->lexer, key) && parser_expect(p, ":", "':'");
}

static struct node *parse_context(struct parser *p)
{
    struct node *n = make(p, NODE_CONTEXT, 0);
    struct nodes values = {0};
    struct params keys = {0};
    if (lexer_take(&p->lexer, "}"))
        return n;
    do {
        str key;
        if (!take_context_key(p, &key))
            return NULL;
        struct node *value = parse_expression(p);
        if (!value)
            return NULL;
        lexer_know(&p->lexer, key);
        add_param(p, &keys, key, NULL);
        add_node(p, &values, value);
    } while (lexer_take(&p->lexer, ","));
    n->params = keys.items;
    n->param_count = keys.n;
    return parser_expect(p, "}", "',' or '}'") ? with_kids(p, n, &values) : NULL;
}

static struct node *parse_if(struct parser *p)
{
    struct node *n = make(p, NODE_IF, 3);
    if (!(n->kids[0] = parse_expression(p)))
        return NULL;
    if (!lexer_take_word(&p->lexer, "then"))
        return parser_fail(p, "'then'");
    if (!(n->kids[1] = parse_expression(p)))
        return NULL;
    if (!lexer_take_word(&p->lexer, "else"))
        return parser_fail(p, "'else'");
    return (n->kids[2] = parse_expression(p)) ? settle(p, n) : NULL;
}

static struct node *parse_domain(struct parser *p)
{
    struct node *low = parse_expression(p);
    if (!low || !lexer_take(&p->lexer, ".."))
        return low;
    return pair(p, make(p, NODE_SPAN, 2), low, parse_expression(p));
}

/* for, some, every: variables over domains, then what is asked of each */
static struct node *parse_iteration(struct parser *p, enum node_kind kind, const char *then)
{
    struct node *n = make(p, kind, 0);
    struct nodes kids = {0};
    struct params names = {0};
    do {
        str name;
        struct node *domain;
        if (!lexer_take_variable(&p->lexer, &name))
            return parser_fail(p, "the name of a variable");
        if (!lexer_take_word(&p->lexer, "in"))
            return parser_fail(p, "'in'");
        if (!(domain = parse_domain(p)))
            return NULL;
        lexer_know(&p->lexer, name);
        add_param(p, &names, name, NULL);
        add_node(p, &kids, domain);
    } while (lexer_take(&p->lexer, ","));
    if (!lexer_take_word(&p->lexer, then))
        return parser_fail(p, kind == NODE_FOR ? "'return'" : "'satisfies'");
    struct node *body = parse_expression(p);
    if (!body)
        return NULL;
    add_node(p, &kids, body);
    n->params = names.items;
    n->param_count = names.n;
    return with_kids(p, n, &kids);
}

static struct node *parse_function(struct parser *p)
{
    struct node *n = make(p, NODE_FUNCTION, 1);
    struct params params = {0};
    if (!parser_expect(p, "(", "'('"))
        return NULL;
    while (!lexer_take(&p->lexer, ")")) {
        str name;
        const struct type *type = NULL;
        if (!lexer_take_until(&p->lexer, ":,)", &name))
            return parser_fail(p, "the name of a parameter");
        if (lexer_take(&p->lexer, ":") && !(type = parser_type(p)))
            return NULL;
        lexer_know(&p->lexer, name);
        add_param(p, &params, name, type);
        if (!lexer_take(&p->lexer, ",") && !lexer_sees(&p->lexer, ")"))
            return parser_fail(p, "',' or ')'");
    }
    if (lexer_take_word(&p->lexer, "external"))
        n->kind = NODE_EXTERNAL;
    n->params = params.items;
    n->param_count = params.n;
    return (n->kids[0] = parse_expression(p)) ? settle(p, n) : NULL;
}

static bool take_test_op(struct parser *p, int *op)
{
    static const struct {
        const char *sign;
        int op;
    } ops[] = {{"<=", NODE_LE}, {">=", NODE_GE}, {"!=", NODE_NE},
               {"<", NODE_LT},  {">", NODE_GT},  {"=", NODE_EQ}};
    for (size_t i = 0; i < COUNT(ops); i++) {
        if (lexer_take(&p->lexer, ops[i].sign)) {
            *op = ops[i].op;
            return true;
        }
    }
    return false;
}

static struct node *parse_test_operand(struct parser *p, int op)
{
    struct node *n = make(p, NODE_TEST, 1);
    n->op = op;
    if (p->depth > PARSER_MAX_DEPTH)
        return parser_fail(p, "an expression nested less deeply");
    p->depth++;
    n->kids[0] = parse_additive(p);
    p->depth--;
    return n->kids[0] ? settle(p, n) : NULL;
}

static struct node *parse_at_literal(struct parser *p)
{
    str text;
    struct value v;
    struct node *n = constant(p, VALUE_NOTHING);
    if (!lexer_take_string(&p->lexer, &text))
        return parser_fail(p, "a string after '@'");
    if (temporal_parse(&v, text, p->arena))
        n->constant = v;
    return n;
}

static struct node *parse_word(struct parser *p)
{
    str name;
    struct node *n = make(p, NODE_NAME, 0);
    if (lexer_take_name(&p->lexer, &name)) {
        n->name = name;
        return n;
    }
    if (lexer_take_word(&p->lexer, "true"))
        return constant(p, value_boolean(true));
    if (lexer_take_word(&p->lexer, "false"))
        return constant(p, value_boolean(false));
    if (lexer_take_word(&p->lexer, "null"))
        return constant(p, VALUE_NOTHING);
    if (lexer_take_word(&p->lexer, "if"))
        return nested(p, parse_if);
    if (lexer_take_word(&p->lexer, "for"))
        return parse_iteration(p, NODE_FOR, "return");
    if (lexer_take_word(&p->lexer, "some"))
        return parse_iteration(p, NODE_SOME, "satisfies");
    if (lexer_take_word(&p->lexer, "every"))
        return parse_iteration(p, NODE_EVERY, "satisfies");
    if (lexer_take_word(&p->lexer, "function"))
        return nested(p, parse_function);
    return parser_fail(p, "an expression");
}

static struct node *parse_primary(struct parser *p)
{
    struct lexer *l = &p->lexer;
    struct value v;
    str text;
    int op;
    lexer_skip_space(l);
    if (lexer_take_number(l, &v))
        return constant(p, v);
    if (l->err->code)
        return NULL;
    if (lexer_sees(l, "\""))
        return lexer_take_string(l, &text) ? constant(p, value_string(text)) : NULL;
    if (lexer_take(l, "("))
        return nested(p, parse_paren);
    if (lexer_take(l, "["))
        return nested(p, parse_list);
    if (lexer_take(l, "]"))
        return nested(p, parse_open_range);
    if (lexer_take(l, "{"))
        return nested(p, parse_context);
    if (lexer_take(l, "@"))
        return parse_at_literal(p);
    if (take_test_op(p, &op))
        return parse_test_operand(p, op);
    return parse_word(p);
}

static struct node *parse_arguments(struct parser *p)
{
    struct node *n = make(p, NODE_CALL, 0);
    struct nodes kids = {0};
    struct params names = {0};
    add_node(p, &kids, NULL); /* the function */
    if (!lexer_take(&p->lexer, ")")) {
        do {
            str name = {0};
            bool has_name = lexer_take_key(&p->lexer, &name);
            struct node *argument = parse_expression(p);
            if (!argument)
                return NULL;
            if (kids.n > 1 && has_name != n->has_names)
                return parser_fail(p, "all arguments named, or none");
            n->has_names = has_name;
            add_param(p, &names, name, NULL);
            add_node(p, &kids, argument);
        } while (lexer_take(&p->lexer, ","));
        if (!parser_expect(p, ")", "',' or ')'"))
            return NULL;
    }
    n->params = names.items;
    n->param_count = names.n;
    return with_kids(p, n, &kids);
}

/* "a[…]"; at the end of a range '[' may instead close it, which shows when no filter can follow. */
static struct node *parse_filter(struct parser *p, struct node *list, bool *is_closing)
{
    struct lexer before = p->lexer;
    bool in_endpoint = p->in_endpoint;
    struct err own = {0}, *outer = p->lexer.err;
    *is_closing = false;
    lexer_take(&p->lexer, "[");
    if (in_endpoint)
        p->lexer.err = &own;
    struct node *n = make(p, NODE_FILTER, 2), *condition = nested(p, parse_expression);
    bool ok = condition && parser_expect(p, "]", "']'");
    p->lexer.err = outer;
    if (ok)
        return pair(p, n, list, condition);
    if (in_endpoint) {
        p->lexer.at = before.at;
        *is_closing = true;
    }
    return NULL;
}

static struct node *parse_postfix(struct parser *p)
{
    struct lexer *l = &p->lexer;
    struct node *n = parse_primary(p);
    while (n) {
        lexer_skip_space(l);
        if (p->nodes > p->most_nodes)
            return parser_fail(p, "an expression of fewer parts");
        if (lexer_take(l, "(")) {
            struct node *call = nested(p, parse_arguments);
            if (call) {
                call->kids[0] = n;
                call->at = n->at;
            }
            n = call ? settle(p, call) : NULL;
        } else if (lexer_sees(l, "[")) {
            bool is_closing;
            struct node *filter = parse_filter(p, n, &is_closing);
            if (is_closing)
                return n;
            n = filter;
        } else if (lexer_sees(l, ".") && !lexer_sees(l, "..")) {
            lexer_take(l, ".");
            struct node *path = make(p, NODE_PATH, 1);
            path->kids[0] = n;
            if (!lexer_take_name(l, &path->name))
                return parser_fail(p, "a name after '.'");
            n = settle(p, path);
        } else {
            return n;
        }
    }
    return NULL;
}

static struct node *parse_unary(struct parser *p)
{
    if (p->depth > PARSER_MAX_DEPTH)
        return parser_fail(p, "an expression nested less deeply");
    if (lexer_sees(&p->lexer, "-")) {
        struct node *n = make(p, NODE_NEGATE, 1);
        lexer_take(&p->lexer, "-");
        p->depth++;
        n->kids[0] = parse_unary(p);
        p->depth--;
        return n->kids[0] ? settle(p, n) : NULL;
    }
    struct node *n = parse_postfix(p);
    while (n && lexer_sees_word(&p->lexer, "instance")) {
        struct node *instance = make(p, NODE_INSTANCE, 1);
        lexer_take_word(&p->lexer, "instance");
        if (!lexer_take_word(&p->lexer, "of"))
            return parser_fail(p, "'of'");
        instance->kids[0] = n;
        if (!(instance->type = parser_type(p)))
            return NULL;
        n = settle(p, instance);
    }
    return n;
}

static struct node *binary(struct parser *p, int op, struct node *left,
                           struct node *(*next)(struct parser *))
{
    struct node *n = make(p, NODE_BINARY, 2);
    n->op = op;
    return pair(p, n, left, next(p));
}

static struct node *parse_power(struct parser *p)
{
    struct node *n = parse_unary(p);
    while (n && lexer_take(&p->lexer, "**"))
        n = binary(p, NODE_POW, n, parse_unary);
    return n;
}

static struct node *parse_multiplicative(struct parser *p)
{
    struct node *n = parse_power(p);
    while (n) {
        if (lexer_take(&p->lexer, "*"))
            n = binary(p, NODE_MUL, n, parse_power);
        else if (lexer_take(&p->lexer, "/"))
            n = binary(p, NODE_DIV, n, parse_power);
        else
            return n;
    }
    return NULL;
}

static struct node *parse_additive(struct parser *p)
{
    struct node *n = parse_multiplicative(p);
    while (n) {
        if (lexer_take(&p->lexer, "+"))
            n = binary(p, NODE_ADD, n, parse_multiplicative);
        else if (lexer_take(&p->lexer, "-"))
            n = binary(p, NODE_SUB, n, parse_multiplicative);
        else
            return n;
    }
    return NULL;
}

/* Whether what follows makes a parenthesis after `in` the start of an expression or range. */
static bool is_operand(struct parser *p)
{
    static const char *const goes_on[] = {".", "[", "+", "-", "*", "/"};
    if (lexer_sees(&p->lexer, ".."))
        return true;
    struct lexer before = p->lexer;
    bool goes = false;
    if (lexer_take(&p->lexer, ")")) {
        for (size_t i = 0; i < COUNT(goes_on); i++)
            goes |= lexer_sees(&p->lexer, goes_on[i]);
    }
    p->lexer.at = before.at;
    return goes;
}

/* "(test, test)" after `in`, when it is no expression in parentheses: then nothing is taken. */
static bool parse_test_group(struct parser *p, struct nodes *tests, bool *is_group)
{
    size_t start = p->lexer.at;
    *is_group = true;
    lexer_take(&p->lexer, "(");
    lexer_skip_space(&p->lexer);
    size_t inside = p->lexer.at;
    do {
        struct node *n = nested(p, parse_expression);
        if (!n)
            return false;
        if (tests->n == 1 && is_operand(p)) {
            p->known.at = inside;
            p->known.end = p->lexer.at;
            p->known.node = n;
            p->lexer.at = start;
            *is_group = false;
            return true;
        }
        add_node(p, tests, n);
    } while (lexer_take(&p->lexer, ","));
    return parser_expect(p, ")", "',' or ')'");
}

static struct node *parse_in(struct parser *p, struct node *value)
{
    struct node *n = make(p, NODE_IN, 0), *test;
    struct nodes kids = {0};
    bool is_group = false;
    add_node(p, &kids, value);
    if (lexer_sees(&p->lexer, "(") && !parse_test_group(p, &kids, &is_group))
        return NULL;
    if (is_group)
        return with_kids(p, n, &kids);
    if (!(test = parse_additive(p)))
        return NULL;
    add_node(p, &kids, test);
    return with_kids(p, n, &kids);
}

static struct node *parse_between(struct parser *p, struct node *value)
{
    struct node *n = make(p, NODE_BETWEEN, 3);
    n->kids[0] = value;
    if (!(n->kids[1] = parse_additive(p)))
        return NULL;
    if (!lexer_take_word(&p->lexer, "and"))
        return parser_fail(p, "'and'");
    return (n->kids[2] = parse_additive(p)) ? settle(p, n) : NULL;
}

static struct node *parse_comparison(struct parser *p)
{
    struct node *n = parse_additive(p);
    int op;
    while (n) {
        if (take_test_op(p, &op))
            n = binary(p, op, n, parse_additive);
        else if (lexer_take_word(&p->lexer, "between"))
            n = parse_between(p, n);
        else if (lexer_take_word(&p->lexer, "in"))
            n = parse_in(p, n);
        else
            return n;
    }
    return NULL;
}

static struct node *parse_and(struct parser *p)
{
    struct node *n = parse_comparison(p);
    while (n && lexer_take_word(&p->lexer, "and"))
        n = pair(p, make(p, NODE_AND, 2), n, parse_comparison(p));
    return n;
}

static struct node *parse_expression(struct parser *p)
{
    if (p->depth > PARSER_MAX_DEPTH)
        return parser_fail(p, "an expression nested less deeply");
    p->depth++;
    struct node *n = parse_and(p);
    while (n && lexer_take_word(&p->lexer, "or"))
        n = pair(p, make(p, NODE_OR, 2), n, parse_and(p));
    p->depth--;
    return n;
}

void parser_init(struct parser *p, struct arena *a, str text, const struct scope *scope,
                 struct err *e)
{
    *p = (struct parser){.arena = a, .scope = scope, .most_nodes = 1000 + 16 * text.n};
    lexer_init(&p->lexer, text, a, e);
    builtin_know_names(&p->lexer);
    for (size_t i = 0; scope && i < scope->n; i++)
        lexer_know(&p->lexer, scope->names[i]);
    for (size_t i = 0; scope && scope->words && i < scope->words->n; i++)
        lexer_know(&p->lexer, scope->words->entries[i].key);
    for (size_t i = 0; scope && scope->types && i < scope->types->n; i++)
        lexer_know(&p->lexer, scope->types->entries[i].key);
}

static bool is_too_long(str text, struct err *e)
{
    enum { LONGEST = 4 << 20 };
    return text.n > LONGEST &&
           !err_set(e, ERR_LIMIT, "the expression is longer than %d bytes", LONGEST);
}

static struct node *whole(struct parser *p, struct node *n)
{
    return !n || lexer_is_end(&p->lexer) ? n : parser_fail(p, "an operator or the end");
}

struct node *node_parse(struct arena *a, str text, const struct scope *scope, struct err *e)
{
    struct parser p;
    if (is_too_long(text, e))
        return NULL;
    parser_init(&p, a, text, scope, e);
    return whole(&p, parse_expression(&p));
}

struct node *node_parse_domain(struct arena *a, str text, const struct scope *scope, struct err *e)
{
    struct parser p;
    if (is_too_long(text, e))
        return NULL;
    parser_init(&p, a, text, scope, e);
    return whole(&p, parse_domain(&p));
}

static struct node *parse_comma_list(struct parser *p, enum node_kind kind)
{
    struct node *n = make(p, kind, 0), *item;
    struct nodes items = {0};
    do {
        if (!(item = parse_expression(p)))
            return NULL;
        add_node(p, &items, item);
    } while (lexer_take(&p->lexer, ","));
    return with_kids(p, n, &items);
}

struct node *node_parse_list(struct arena *a, str text, const struct scope *scope, struct err *e)
{
    struct parser p;
    if (is_too_long(text, e))
        return NULL;
    parser_init(&p, a, text, scope, e);
    return whole(&p, parse_comma_list(&p, NODE_LIST));
}

struct node *node_parse_tests(struct arena *a, str text, const struct scope *scope, struct err *e)
{
    struct parser p;
    if (is_too_long(text, e))
        return NULL;
    parser_init(&p, a, text, scope, e);
    struct lexer *l = &p.lexer;
    if (lexer_take(l, "-") && lexer_is_end(l))
        return make(&p, NODE_TESTS, 0);
    l->at = 0;
    if (lexer_take_word(l, "not") && lexer_take(l, "(")) {
        struct err own = {0};
        l->err = &own;
        struct node *n = parse_comma_list(&p, NODE_TESTS);
        bool ok = n && lexer_take(l, ")") && lexer_is_end(l);
        l->err = e;
        if (ok) {
            n->op = 1;
            return n;
        }
    }
    l->at = 0;
    return whole(&p, parse_comma_list(&p, NODE_TESTS));
}
