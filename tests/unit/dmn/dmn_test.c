#include "base/buf.h"
#include "dmn/dmn.h"
#include "feel/wire.h"

#include "check.h"

#define HEAD                                                                                       \
    "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' namespace='u' name='m'>"
#define LITERAL(text) "<literalExpression><text>" text "</text></literalExpression>"
#define DECISION(name, rest)                                                                       \
    "<decision name='" name "' id='" name "'><variable name='" name "'/>" rest "</decision>"
#define NEEDS(kind, what, id)                                                                      \
    "<" kind "Requirement><" what " href='#" id "'/></" kind "Requirement>"
#define INPUT(name, type)                                                                          \
    "<inputData name='" name "' id='" name "'><variable name='" name "' typeRef='" type            \
    "'/></inputData>"
#define TAIL "</definitions>"

/* The value of decision "d" with input "x" as text; "fault: …" when it cannot be had. */
static str decide(struct arena *a, const char *model, const char *x)
{
    struct err e = {0};
    struct machine m;
    struct value input = VALUE_NOTHING, v;
    struct json json;
    struct buf b = {.max = 1 << 16};
    machine_init(&m, a, &e, LIMITS_DEFAULT);
    struct dmn_package *p = dmn_parse(a, str_from(model), &e);
    const struct dmn_element *el = p ? dmn_find(p, DMN_DECISION, STR("d")) : NULL;
    if (!el || el->fault)
        return arena_format(a, "fault: %s", el ? el->fault : e.msg);
    if (x && (!json_parse(&json, str_from(x), a, &e) || !wire_read(&input, &json, a, &e)))
        return STR("bad input");
    struct dmn_input in = {.name = STR("x"), .value = input};
    struct dmn_case c = {.package = p, .inputs = &in, .input_count = 1};
    if (!dmn_decide(&c, el, &m, &v))
        return arena_format(a, "fault: %s", e.msg);
    value_write_literal(&b, v);
    str text = arena_copy(a, buf_str(&b));
    buf_release(&b);
    return text;
}

#define TABLE(attributes, rules)                                                                   \
    HEAD INPUT("x", "number") DECISION(                                                            \
        "d",                                                                                       \
        NEEDS("information", "requiredInput",                                                      \
              "x") "<decisionTable " attributes                                                    \
                   "><input><inputExpression><text>x</text></inputExpression></input><output>"     \
                   "<outputValues><text>\"high\",\"low\",\"none\"</text></outputValues></"         \
                   "output>" rules "</decisionTable>") TAIL
#define RULE(in, out)                                                                              \
    "<rule><inputEntry><text>" in "</text></inputEntry><outputEntry><text>" out                    \
    "</text></outputEntry></rule>"

static void test_hit_policies(void)
{
#define RULES RULE("&lt;10", "\"low\"") RULE("[5..20]", "\"high\"") RULE("100,200", "\"none\"")
#define NUMBERS RULE("&lt;10", "1") RULE("[5..20]", "2") RULE("not(1)", "3")
    static const struct {
        const char *model, *x, *want;
    } cases[] = {
        {TABLE("", RULES), "1", "\"low\""},
        {TABLE("", RULES), "7", "null"},
        {TABLE("hitPolicy='UNIQUE'", RULES), "200", "\"none\""},
        {TABLE("hitPolicy='FIRST'", RULES), "7", "\"low\""},
        {TABLE("hitPolicy='ANY'", RULES), "7", "null"},
        {TABLE("hitPolicy='PRIORITY'", RULES), "7", "\"high\""},
        {TABLE("hitPolicy='RULE ORDER'", RULES), "7", "[\"low\", \"high\"]"},
        {TABLE("hitPolicy='OUTPUT ORDER'", RULES), "7", "[\"high\", \"low\"]"},
        {TABLE("hitPolicy='COLLECT'", RULES), "7", "[\"low\", \"high\"]"},
        {TABLE("hitPolicy='COLLECT'", RULES), "50", "null"},
        {TABLE("hitPolicy='COLLECT' aggregation='SUM'", NUMBERS), "7", "6"},
        {TABLE("hitPolicy='COLLECT' aggregation='MIN'", NUMBERS), "7", "1"},
        {TABLE("hitPolicy='COLLECT' aggregation='MAX'", NUMBERS), "7", "3"},
        {TABLE("hitPolicy='COLLECT' aggregation='COUNT'", NUMBERS), "7", "3"},
        {TABLE("hitPolicy='COLLECT' aggregation='COUNT'", RULES), "50", "0"},
        {TABLE("hitPolicy='SOME'", RULES), "1", "fault: line 1: unknown hit policy \"SOME\" \"\""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        ARENA_SCOPED struct arena a = {0};
        str got = decide(&a, cases[i].model, cases[i].x);
        str want = str_from(cases[i].want);
        if (!str_equal(got, want))
            printf("# %zu: got %.*s, expected %.*s\n", i, STR_ARG(got), STR_ARG(want));
        CHECK(str_equal(got, want));
    }
}

static void test_boxed_expressions(void)
{
    static const struct {
        const char *model, *x, *want;
    } cases[] = {
        {HEAD DECISION("d", "<conditional><if>" LITERAL("1 &lt; 2") "</if><then>" LITERAL(
                                "\"a\"") "</then><else>" LITERAL("\"b\"") "</else></conditional>")
             TAIL,
         NULL, "\"a\""},
        {HEAD DECISION("d", "<filter><in>" LITERAL("[1,2,3]") "</in><match>" LITERAL(
                                "item &gt; 1") "</match></filter>") TAIL,
         NULL, "[2, 3]"},
        {HEAD DECISION("d", "<for iteratorVariable='i'><in>" LITERAL(
                                "1..3") "</in><return>" LITERAL("i * i") "</return></for>") TAIL,
         NULL, "[1, 4, 9]"},
        {HEAD DECISION("d", "<list>" LITERAL("1") LITERAL("\"x\"") "</list>") TAIL, NULL,
         "[1, \"x\"]"},
        {HEAD DECISION("d", "<relation><column name='a'/><column name='b'/><row>" LITERAL("1")
                                LITERAL("2") "</row></relation>") TAIL,
         NULL, "[{a: 1, b: 2}]"},
        {HEAD DECISION(
             "d",
             "<context><contextEntry><variable name='a'/>" LITERAL(
                 "2") "</contextEntry><contextEntry>" LITERAL("a + 1") "</contextEntry></context>")
             TAIL,
         NULL, "3"},
        {HEAD
         "<businessKnowledgeModel name='f' id='f'><encapsulatedLogic><formalParameter name='n'"
         "/>" LITERAL(
             "if n &lt;= 1 then 1 else n * f(n - 1)") "</encapsulatedLogic>"
                                                      "</businessKnowledgeModel>" DECISION(
                                                          "d",
                                                          NEEDS("knowledge", "requiredKnowledge", "f") "<invocation>" LITERAL(
                                                              "f") "<binding><parameter "
                                                                   "name='n'/>" LITERAL("5") "</"
                                                                                             "bindi"
                                                                                             "ng></"
                                                                                             "invoc"
                                                                                             "ation"
                                                                                             ">")
                                                          TAIL,
         NULL, "120"},
        {HEAD DECISION("d", NEEDS("information", "requiredInput", "x") LITERAL("x"))
             INPUT("x", "number") TAIL,
         "\"text\"", "null"},
        {HEAD DECISION("d", NEEDS("information", "requiredInput", "x") LITERAL("x"))
             INPUT("x", "number") TAIL,
         "[5]", "5"},
        {HEAD "<itemDefinition name='t' isCollection='true'><typeRef>number</typeRef>"
              "<allowedValues><text>[1..9]</text></allowedValues></itemDefinition>" DECISION(
                  "d", NEEDS("information", "requiredInput", "x") LITERAL("x")) INPUT("x", "t")
                  TAIL,
         "[5, 10]", "null"},
        {HEAD DECISION("d", "<functionDefinition kind='Java'/>") TAIL, NULL, "function"},
        {HEAD DECISION("d", "") TAIL, NULL, "null"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        ARENA_SCOPED struct arena a = {0};
        str got = decide(&a, cases[i].model, cases[i].x);
        str want = str_from(cases[i].want);
        if (!str_equal(got, want))
            printf("# %zu: got %.*s, expected %.*s\n", i, STR_ARG(got), STR_ARG(want));
        CHECK(str_equal(got, want));
    }
}

static void test_bad_models(void)
{
    static const struct {
        const char *model, *want; /* what some problem or the error says */
    } cases[] = {
        {HEAD DECISION("d", NEEDS("information", "requiredDecision", "e") LITERAL("e"))
             DECISION("e", NEEDS("information", "requiredDecision", "d") LITERAL("d")) TAIL,
         "requires itself"},
        {HEAD DECISION("d", NEEDS("information", "requiredDecision", "zz") LITERAL("1")) TAIL,
         "not there"},
        {HEAD DECISION("d", LITERAL("frobnicate(1)")) TAIL, "frobnicate"},
        {HEAD DECISION("d", LITERAL("1 +")) TAIL, "expected an expression"},
        {HEAD DECISION("d", LITERAL("1")) DECISION("d", LITERAL("2")) TAIL, "have this name"},
        {HEAD INPUT("x", "nothing") DECISION("d", LITERAL("1")) TAIL, "no type"},
        {HEAD "<itemDefinition name='a'><typeRef>b</typeRef></itemDefinition><itemDefinition "
              "name='b'><typeRef>a</typeRef></itemDefinition>" DECISION("d", LITERAL("1")) TAIL,
         "defined by itself"},
        {HEAD "<import name='i' namespace='nowhere' importType="
              "'https://www.omg.org/spec/DMN/20230324/MODEL/'/>" DECISION("d", LITERAL("1")) TAIL,
         "no model here"},
        {HEAD DECISION("d", "<functionDefinition kind='PMML'/>") TAIL, "not supported"},
        {"<definitions xmlns='http://example.com/' namespace='u'/>", "no namespace of DMN"},
        {"<definitions/>", "no namespace of DMN"},
        {"<other xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/'/>", "not DMN"},
        {"<!DOCTYPE d [<!ENTITY a 'b'>]><d>&a;</d>", "DOCTYPE"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        ARENA_SCOPED struct arena a = {0};
        struct err e = {0};
        struct dmn_package *p = dmn_parse(&a, str_from(cases[i].model), &e);
        bool is_said = strstr(e.msg, cases[i].want) != NULL;
        for (size_t k = 0; p && k < p->problem_count; k++)
            is_said |= str_find(p->problems[k].message, str_from(cases[i].want)) != SIZE_MAX;
        CHECK_NAMED(is_said, cases[i].want);
    }
}

static void test_faulty_decisions_do_not_hang(void)
{
    ARENA_SCOPED struct arena a = {0};
    str got = decide(
        &a, HEAD DECISION("d", NEEDS("information", "requiredDecision", "d") LITERAL("d")) TAIL,
        NULL);
    CHECK(str_starts(got, STR("fault: ")));
}

int main(void)
{
    RUN(test_hit_policies);
    RUN(test_boxed_expressions);
    RUN(test_bad_models);
    RUN(test_faulty_decisions_do_not_hang);
    return check_end();
}
