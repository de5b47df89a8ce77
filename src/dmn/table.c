/* Decision tables (DMN 1.5, chapter 8) to NODE_TABLE. */
#include "dmn/reader.h"

static const struct {
    const char *name;
    char letter;
} POLICIES[] = {{"UNIQUE", 'U'},     {"ANY", 'A'},          {"PRIORITY", 'P'}, {"FIRST", 'F'},
                {"RULE ORDER", 'R'}, {"OUTPUT ORDER", 'O'}, {"COLLECT", 'C'}},
  AGGREGATIONS[] = {{"SUM", '+'}, {"COUNT", '#'}, {"MIN", '<'}, {"MAX", '>'}};

struct table_reader {
    struct reader *r;
    struct loaded *l;
    const struct scope *scope;
    struct scope tests; /* the same and "?" */
    struct source *source;
    struct err *err;
    struct table_node *t;
};

static size_t count_children(const struct xml *x, const char *name)
{
    size_t n = 0;
    for (const struct xml *k = xml_child(x, name); k; k = xml_next(k, name))
        n++;
    return n;
}

/* The text of a child <text>, read by `parse`; no text is `empty`. */
static struct node *read_text(struct table_reader *tr, const struct xml *x, text_parser parse,
                              enum node_kind empty)
{
    const struct xml *text = xml_child(x, "text");
    if (!text || str_trim(text->text).n == 0)
        return node_new(tr->r->arena, empty, 0, 0);
    const struct scope *scope = parse == node_parse_tests ? &tr->tests : tr->scope;
    return reader_text(tr->r, text, parse, scope, tr->source, tr->err);
}

static bool has_text(const struct xml *x)
{
    return x && xml_child_text(x, "text").n;
}

static bool read_input(struct table_reader *tr, const struct xml *x, size_t i)
{
    const struct xml *expression = xml_child(x, "inputExpression");
    const struct xml *values = xml_child(x, "inputValues");
    if (!has_text(expression))
        return err_set(tr->err, ERR_INVALID, "line %u: an input has no expression", x->line);
    struct node *n = read_text(tr, expression, node_parse, NODE_CONSTANT);
    const struct type *t =
        reader_type(tr->r, tr->l, expression, xml_attribute(expression, "typeRef"));
    if (n && t) {
        struct node *coerce = node_new(tr->r->arena, NODE_COERCE, n->at, 1);
        coerce->kids[0] = n;
        coerce->type = t;
        n = coerce;
    }
    tr->t->inputs[i] = n;
    if (n && has_text(values))
        return (tr->t->input_values[i] = read_text(tr, values, node_parse_tests, NODE_TESTS));
    return n != NULL;
}

/* The allowed values of an output: as tests, and when they are plain values, best first. */
static bool read_output_values(struct table_reader *tr, const struct xml *values, size_t i)
{
    tr->t->output_tests[i] = read_text(tr, values, node_parse_tests, NODE_TESTS);
    struct err ignored = {0};
    struct source aside = {.text = {.max = 1 << 20}};
    const struct xml *text = xml_child(values, "text");
    tr->t->output_values[i] =
        reader_text(tr->r, text, node_parse_list, tr->scope, &aside, &ignored);
    buf_release(&aside.text);
    return tr->t->output_tests[i] != NULL;
}

static bool read_output(struct table_reader *tr, const struct xml *x, size_t i)
{
    const struct xml *values = xml_child(x, "outputValues");
    const struct xml *standard = xml_child(x, "defaultOutputEntry");
    tr->t->output_names[i] = xml_attribute(x, "name");
    tr->t->output_types[i] = reader_type(tr->r, tr->l, x, xml_attribute(x, "typeRef"));
    if (has_text(values) && !read_output_values(tr, values, i))
        return false;
    if (has_text(standard))
        return (tr->t->defaults[i] = read_text(tr, standard, node_parse, NODE_CONSTANT));
    return true;
}

static bool read_rule(struct table_reader *tr, const struct xml *x, struct table_rule *rule)
{
    struct arena *a = tr->r->arena;
    const struct table_node *t = tr->t;
    rule->id = xml_attribute(x, "id");
    rule->tests = arena_array(a, struct node *, t->input_count);
    rule->outputs = arena_array(a, struct node *, t->output_count);
    if (count_children(x, "inputEntry") != t->input_count ||
        count_children(x, "outputEntry") != t->output_count)
        return err_set(tr->err, ERR_INVALID, "line %u: the rule has not one entry a column",
                       x->line);
    size_t i = 0;
    for (const struct xml *c = xml_child(x, "inputEntry"); c; c = xml_next(c, "inputEntry")) {
        if (!(rule->tests[i++] = read_text(tr, c, node_parse_tests, NODE_TESTS)))
            return false;
    }
    i = 0;
    for (const struct xml *c = xml_child(x, "outputEntry"); c; c = xml_next(c, "outputEntry")) {
        if (!(rule->outputs[i++] = read_text(tr, c, node_parse, NODE_CONSTANT)))
            return false;
    }
    return true;
}

static bool read_policy(struct table_reader *tr, const struct xml *x)
{
    str policy = xml_attribute(x, "hitPolicy"), aggregation = xml_attribute(x, "aggregation");
    tr->t->policy = policy.n ? 0 : 'U';
    for (size_t i = 0; i < COUNT(POLICIES); i++) {
        if (str_is(policy, POLICIES[i].name))
            tr->t->policy = POLICIES[i].letter;
    }
    for (size_t i = 0; aggregation.n && i < COUNT(AGGREGATIONS); i++) {
        if (str_is(aggregation, AGGREGATIONS[i].name))
            tr->t->aggregation = AGGREGATIONS[i].letter;
    }
    if (!tr->t->policy || (aggregation.n && !tr->t->aggregation))
        return err_set(tr->err, ERR_INVALID, "line %u: unknown hit policy \"%.*s\" \"%.*s\"",
                       x->line, STR_ARG(policy), STR_ARG(aggregation));
    return true;
}

static bool read_columns(struct table_reader *tr, const struct xml *x)
{
    size_t i = 0;
    for (const struct xml *c = xml_child(x, "input"); c; c = xml_next(c, "input")) {
        if (!read_input(tr, c, i++))
            return false;
    }
    i = 0;
    for (const struct xml *c = xml_child(x, "output"); c; c = xml_next(c, "output")) {
        if (!read_output(tr, c, i++))
            return false;
    }
    i = 0;
    for (const struct xml *c = xml_child(x, "rule"); c; c = xml_next(c, "rule")) {
        if (!read_rule(tr, c, &tr->t->rules[i++]))
            return false;
    }
    return true;
}

struct node *reader_table(struct reader *r, struct loaded *l, const struct xml *x,
                          const struct scope *scope, struct source *s, struct err *e)
{
    struct arena *a = r->arena;
    struct table_node *t = arena_new(a, struct table_node);
    struct table_reader tr = {.r = r, .l = l, .scope = scope, .source = s, .err = e, .t = t};
    tr.tests = *scope;
    t->input_count = count_children(x, "input");
    t->output_count = count_children(x, "output");
    t->rule_count = count_children(x, "rule");
    if (t->output_count == 0 || t->output_count > 1000 || t->input_count > 1000) {
        err_set(e, ERR_INVALID, "line %u: the table needs 1 to 1000 outputs", x->line);
        return NULL;
    }
    t->inputs = arena_array(a, struct node *, t->input_count);
    t->input_values = arena_array(a, struct node *, t->input_count);
    t->output_names = arena_array(a, str, t->output_count);
    t->output_types = arena_array(a, const struct type *, t->output_count);
    t->output_values = arena_array(a, struct node *, t->output_count);
    t->output_tests = arena_array(a, struct node *, t->output_count);
    t->defaults = arena_array(a, struct node *, t->output_count);
    t->rules = arena_array(a, struct table_rule, t->rule_count);
    t->name = xml_attribute(x->parent, "name");
    if (!read_policy(&tr, x) || !read_columns(&tr, x))
        return NULL;
    struct node *n = node_new(a, NODE_TABLE, 0, 0);
    n->table = t;
    return n;
}
