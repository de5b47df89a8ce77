/* A small policy over 40,000 rows: figures against those counted here, with one thread and with
 * four. */
#include "dmn/simulate.h"

#include "check.h"

enum { ROWS = 40000 };

#define MODEL(amount)                                                                              \
    "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' namespace='u' name='m'>"    \
    "<inputData name='age' id='age'><variable name='age' typeRef='number'/></inputData>"           \
    "<inputData name='limit' id='limit'><variable name='limit' typeRef='number'/></inputData>"     \
    "<decision name='d' id='d'><variable name='d'/><informationRequirement><requiredInput "        \
    "href='#age'/></informationRequirement><informationRequirement><requiredInput href='#limit'/>" \
    "</informationRequirement><literalExpression><text>if age &gt;= limit then " amount            \
    " else if age = null then null else 0</text></literalExpression></decision></definitions>"

struct state {
    size_t at, fails_at; /* 0: never */
};

/* Ages 0..99 in turn, each thirteenth unknown. */
static bool read_row(void *data, struct value *row, bool *has_row, struct arena *a, struct err *e)
{
    struct state *s = data;
    (void)a;
    if (s->fails_at && s->at == s->fails_at)
        return err_set(e, ERR_BROKEN, "the line is down");
    *has_row = s->at < ROWS;
    row[0] = s->at % 13 == 12 ? VALUE_NOTHING : value_int((int64_t)(s->at % 100));
    row[1] = value_string(s->at % 2 ? STR("east") : STR("west"));
    s->at++;
    return true;
}

static void check_figures(size_t threads)
{
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    struct state s = {0};
    static const str names[] = {{"age", 3}, {"town", 4}};
    static const str by[] = {{"town", 4}};
    struct simulate_source source = {names, 2, read_row, &s};
    struct dmn_input limit = {.name = STR("limit"), .value = value_int(80)};
    struct simulate_report r;
    struct simulate_options o = {.model = dmn_parse(&a, STR(MODEL("2.5")), &e),
                                 .other = dmn_parse(&a, STR(MODEL("age / 40")), &e),
                                 .decision = STR("d"),
                                 .parameters = &limit,
                                 .parameter_count = 1,
                                 .by = by,
                                 .by_count = 1,
                                 .top = 3,
                                 .threads = threads};
    CHECK(o.model && o.other && simulate_run(&source, &o, &a, &r, &e));
    CHECK_NAMED(e.code == ERR_NONE, e.msg);
    size_t paid = 0, unknown = 0;
    for (size_t i = 0; i < ROWS; i++) {
        unknown += i % 13 == 12;
        paid += i % 13 != 12 && i % 100 >= 80;
    }
    struct decimal total = {.coef = paid * 25, .exp = -1};
    CHECK(r.all.rows == ROWS && r.all.nulls == unknown);
    CHECK(decimal_compare(&r.all.total, &total) == 0);
    CHECK(r.all.gain + r.all.lose + r.all.stay == ROWS && r.all.changed == 0);
    CHECK(r.group_counts[0] == 2 && str_is(r.groups[0][0].key, "west"));
    CHECK(r.groups[0][0].rows + r.groups[0][1].rows == ROWS);
    CHECK(r.top_count == 3 && r.top[0].row == 81); /* age 80: 2.5 against 2 */
}

static void test_figures(void)
{
    check_figures(1);
    check_figures(4);
}

static void test_faults(void)
{
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    struct state s = {0};
    static const str names[] = {{"age", 3}, {"town", 4}};
    struct simulate_source source = {names, 2, read_row, &s};
    struct simulate_report r;
    struct simulate_options o = {.model = dmn_parse(&a, STR(MODEL("1")), &e),
                                 .decision = STR("nothing")};
    CHECK(!simulate_run(&source, &o, &a, &r, &e) && e.code == ERR_INVALID);
}

/* The source fails at the first row, in the first chunk, while the first is decided, at the end. */
static void test_source_fails(void)
{
    static const size_t places[] = {1, 100, 20000, ROWS - 1, ROWS};
    for (size_t i = 0; i < 2 * COUNT(places); i++) {
        ARENA_SCOPED struct arena a = {0};
        struct err e = {0};
        struct state s = {.fails_at = places[i / 2]};
        static const str names[] = {{"age", 3}, {"town", 4}};
        struct simulate_source source = {names, 2, read_row, &s};
        struct simulate_report r;
        struct simulate_options o = {.model = dmn_parse(&a, STR(MODEL("1")), &e),
                                     .decision = STR("d"),
                                     .threads = 1 + i % 2};
        CHECK(!simulate_run(&source, &o, &a, &r, &e));
        CHECK_NAMED(e.code == ERR_BROKEN && strcmp(e.msg, "the line is down") == 0, e.msg);
    }
}

int main(void)
{
    RUN(test_figures);
    RUN(test_faults);
    RUN(test_source_fails);
    return check_end();
}
