/* Decisions over columns give what they give case by case: tables of every policy, random rows. */
#include "base/buf.h"
#include "dmn/columns.h"

#include "check.h"

enum { ROWS = COLUMNS_BATCH + 500 };

#define MODEL(attributes)                                                                          \
    "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' namespace='u' name='m'>"    \
    "<inputData name='age' id='age'><variable name='age' typeRef='number'/></inputData>"           \
    "<inputData name='town' id='town'><variable name='town' typeRef='string'/></inputData>"        \
    "<businessKnowledgeModel name='twice' id='twice'><encapsulatedLogic><formalParameter "         \
    "name='n'/><literalExpression><text>n * 2</text></literalExpression></encapsulatedLogic>"      \
    "</businessKnowledgeModel>"                                                                    \
    "<decision name='t' id='t'><variable name='t'/><informationRequirement><requiredInput "        \
    "href='#age'/></informationRequirement><informationRequirement><requiredInput href='#town'/>"  \
    "</informationRequirement><decisionTable " attributes "><input><inputExpression><text>age"     \
    "</text></inputExpression></input><input><inputExpression><text>town</text></inputExpression>" \
    "</input><output><outputValues><text>5.5, 3, 2, 1</text></outputValues>"                       \
    "<defaultOutputEntry><text>-1</text></defaultOutputEntry></output>"                            \
    "<rule><inputEntry><text>&lt; 20</text></inputEntry><inputEntry><text>-</text></inputEntry>"   \
    "<outputEntry><text>1</text></outputEntry></rule>"                                             \
    "<rule><inputEntry><text>[20..60)</text></inputEntry><inputEntry><text>\"A\",\"B\"</text>"     \
    "</inputEntry><outputEntry><text>2</text></outputEntry></rule>"                                \
    "<rule><inputEntry><text>[50..90]</text></inputEntry><inputEntry><text>not(\"B\")</text>"      \
    "</inputEntry><outputEntry><text>3</text></outputEntry></rule>"                                \
    "<rule><inputEntry><text>null</text></inputEntry><inputEntry><text>-</text></inputEntry>"      \
    "<outputEntry><text>5.5</text></outputEntry></rule></decisionTable></decision>"                \
    "<decision name='d' id='d'><variable name='d'/><informationRequirement><requiredDecision "     \
    "href='#t'/></informationRequirement><informationRequirement><requiredInput href='#age'/>"     \
    "</informationRequirement><literalExpression><text>if age &gt; 70 then t else [t]</text>"      \
    "</literalExpression></decision>"                                                              \
    "<decision name='f' id='f'><variable name='f' typeRef='number'/><informationRequirement>"      \
    "<requiredInput href='#age'/></informationRequirement><knowledgeRequirement>"                  \
    "<requiredKnowledge href='#twice'/></knowledgeRequirement><literalExpression><text>twice(age)" \
    "</text></literalExpression></decision></definitions>"

/* Two outputs, inputs with allowed values, no default; a boxed condition that may be no boolean;
 * types that do not fit. */
static const char WIDE[] =
    "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' namespace='w' name='w'>"
    "<inputData name='age' id='age'><variable name='age' typeRef='number'/></inputData>"
    "<inputData name='town' id='town'><variable name='town' typeRef='string'/></inputData>"
    "<decision name='t' id='t'><variable name='t'/><informationRequirement><requiredInput "
    "href='#age'/></informationRequirement><informationRequirement><requiredInput href='#town'/>"
    "</informationRequirement><decisionTable hitPolicy='UNIQUE'><input><inputExpression><text>town"
    "</text></inputExpression><inputValues><text>\"A\",\"B\"</text></inputValues></input><input>"
    "<inputExpression><text>age</text></inputExpression></input><input><inputExpression><text>age "
    "&gt; 50</text></inputExpression></input><output name='sum'/><output name='class' "
    "typeRef='string'/>"
    "<rule><inputEntry><text>\"A\"</text></inputEntry><inputEntry><text>[10..60]</text>"
    "</inputEntry><inputEntry><text>-</text></inputEntry><outputEntry><text>age * 1.5</text>"
    "</outputEntry><outputEntry><text>\"middle\"</text></outputEntry></rule>"
    "<rule><inputEntry><text>\"A\",\"C\"</text></inputEntry><inputEntry><text>&gt; 55</text>"
    "</inputEntry><inputEntry><text>true</text></inputEntry><outputEntry><text>7</text>"
    "</outputEntry><outputEntry><text>\"old\"</text></outputEntry></rule>"
    "<rule><inputEntry><text>null</text></inputEntry><inputEntry><text>-</text></inputEntry>"
    "<inputEntry><text>false</text></inputEntry><outputEntry><text>null</text></outputEntry>"
    "<outputEntry><text>age</text></outputEntry></rule></decisionTable></decision>"
    "<decision name='d' id='d'><variable name='d'/><informationRequirement><requiredDecision "
    "href='#t'/></informationRequirement><informationRequirement><requiredInput href='#age'/>"
    "</informationRequirement><conditional><if><literalExpression><text>if age &gt; 80 then age "
    "else age &gt; 20</text></literalExpression></if><then><literalExpression><text>t.sum + 1"
    "</text></literalExpression></then><else><literalExpression><text>t.class</text>"
    "</literalExpression></else></conditional></decision>"
    "<decision name='f' id='f'><variable name='f' typeRef='number'/><informationRequirement>"
    "<requiredDecision href='#d'/></informationRequirement><literalExpression><text>d</text>"
    "</literalExpression></decision></definitions>";

static void compare(const struct dmn_package *p, const char *decision, const struct value *ages,
                    const struct value *towns)
{
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    struct machine m;
    struct column out;
    const struct dmn_element *el = dmn_find(p, DMN_DECISION, str_from(decision));
    struct dmn_column_input inputs[] = {{STR("age"), column_pack(&a, ages, ROWS)},
                                        {STR("town"), column_pack(&a, towns, ROWS)}};
    struct dmn_rows rows = {p, inputs, 2, ROWS};
    machine_init(&m, &a, &e, (struct limits){INT64_MAX / 2, (size_t)1 << 30, 100});
    bool ok = dmn_decide_rows(&rows, el, &m, &out);
    CHECK_NAMED(ok, e.msg);
    size_t warnings = m.warning_count;
    m.warning_count = 0;
    for (size_t i = 0; ok && i < ROWS; i++) {
        struct dmn_input one[] = {{.name = STR("age"), .value = ages[i]},
                                  {.name = STR("town"), .value = towns[i]}};
        struct dmn_case c = {.package = p, .inputs = one, .input_count = 2};
        struct value want, got = column_value(&out, i);
        ok = dmn_decide(&c, el, &m, &want) && want.kind == got.kind &&
             value_equals(want, got) == VALUES_EQUAL;
    }
    CHECK_NAMED(ok, decision);
    CHECK_NAMED(warnings == m.warning_count, decision);
}

static void test_tables(void)
{
    static const char *const models[] = {MODEL("hitPolicy='UNIQUE'"),
                                         MODEL("hitPolicy='FIRST'"),
                                         MODEL("hitPolicy='ANY'"),
                                         MODEL("hitPolicy='PRIORITY'"),
                                         MODEL("hitPolicy='RULE ORDER'"),
                                         MODEL("hitPolicy='OUTPUT ORDER'"),
                                         MODEL("hitPolicy='COLLECT'"),
                                         MODEL("hitPolicy='COLLECT' aggregation='SUM'"),
                                         MODEL("hitPolicy='COLLECT' aggregation='MAX'"),
                                         WIDE};
    static const char *const towns[] = {"A", "B", "C"};
    ARENA_SCOPED struct arena a = {0};
    struct value *ages = arena_array(&a, struct value, ROWS);
    struct value *places = arena_array(&a, struct value, ROWS);
    uint64_t seed = 88172645463325252u;
    for (size_t i = 0; i < ROWS; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        ages[i] = seed % 11 ? value_int((int64_t)(seed % 100)) : VALUE_NOTHING;
        places[i] =
            (seed >> 20) % 9 ? value_string(str_from(towns[(seed >> 30) % 3])) : VALUE_NOTHING;
    }
    for (size_t i = 0; i < COUNT(models); i++) {
        struct err e = {0};
        struct dmn_package *p = dmn_parse(&a, str_from(models[i]), &e);
        CHECK(p && p->problem_count == 0);
        compare(p, "t", ages, places);
        compare(p, "d", ages, places);
        compare(p, "f", ages, places);
    }
}

int main(void)
{
    RUN(test_tables);
    return check_end();
}
