/* The policy of policy.dmn over 550,000 generated persons: in columns, row by row, and as C written
 * by hand over the same arrays, all on one core.  The loop by hand is plain int64 arithmetic that
 * looks for no null and no overflow and writes to memory that is there; columns do both and take
 * their memory anew.  Every row of each is compared.  Then expressions over texts and dates, as the
 * checks of packages have them: columns against the scalar gear.
 *
 * usage: bench-columns bench/feel/policy.dmn */
#include "dmn/columns.h"

enum { ROWS = 550000, TRIES = 7, CHECK_ROWS = 50000 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int64_t age[ROWS], income[ROWS], ability[ROWS], resident[ROWS], want[ROWS];

static void generate(void)
{
    uint64_t seed = 88172645463325252u;
    for (size_t i = 0; i < ROWS; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        age[i] = (int64_t)(seed % 105);
        income[i] = (int64_t)(seed >> 8) % 1000000; /* cents */
        income[i] = income[i] < 0 ? -income[i] : income[i];
        ability[i] = (int64_t)(seed >> 40) % 101;
        resident[i] = (seed >> 60) != 0;
    }
}

/* The same rules in C; amounts in hundredths of a cent. */
static __attribute__((noinline)) void by_hand(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        int64_t base = 0, care = 0;
        if (resident[i])
            base = age[i] >= 90   ? 300
                   : age[i] >= 80 ? 120
                   : age[i] >= 70 ? 60
                   : age[i] >= 60 ? 30
                                  : 0;
        if (ability[i] < 30 && income[i] < 250000)
            care = 500;
        else if (ability[i] < 60)
            care = 200;
        want[i] = base + care > 0 ? (base + care) * 10000 - income[i] : 0;
    }
}

static bool is_right(struct value v, size_t i)
{
    struct value w = {.kind = VALUE_NUMBER, .exp = -4, .i = want[i]};
    return v.kind == VALUE_NUMBER && value_compare_numbers(v, w) == 0;
}

static double run_columns(const struct dmn_package *p, size_t *wrong)
{
    struct dmn_column_input inputs[] = {
        {STR("age"), {.kind = VALUE_NUMBER, .ints = age}},
        {STR("income"), {.kind = VALUE_NUMBER, .exp = -2, .ints = income}},
        {STR("ability"), {.kind = VALUE_NUMBER, .ints = ability}},
        {STR("resident"), {.kind = VALUE_BOOLEAN, .ints = resident}}};
    struct dmn_rows rows = {p, inputs, COUNT(inputs), ROWS};
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    struct machine m;
    struct column out;
    double start = now();
    machine_init(&m, &a, &e, (struct limits){INT64_MAX / 2, (size_t)2 << 30, 100});
    if (!dmn_decide_rows(&rows, dmn_find(p, DMN_DECISION, STR("allowance")), &m, &out))
        printf("%s\n", e.msg);
    double spent = now() - start;
    for (size_t i = 0; i < ROWS; i++)
        *wrong += !is_right(column_value(&out, i), i);
    return spent;
}

static double run_scalar(const struct dmn_package *p, size_t *wrong)
{
    const struct dmn_element *el = dmn_find(p, DMN_DECISION, STR("allowance"));
    ARENA_SCOPED struct arena a = {0};
    double start = now();
    for (size_t i = 0; i < ROWS; i++) {
        struct dmn_input inputs[] = {
            {.name = STR("age"), .value = value_int(age[i])},
            {.name = STR("income"), .value = {.kind = VALUE_NUMBER, .exp = -2, .i = income[i]}},
            {.name = STR("ability"), .value = value_int(ability[i])},
            {.name = STR("resident"), .value = value_boolean(resident[i])}};
        struct dmn_case c = {.package = p, .inputs = inputs, .input_count = COUNT(inputs)};
        struct err e = {0};
        struct machine m;
        struct value v = VALUE_NOTHING;
        machine_init(&m, &a, &e, LIMITS_DEFAULT);
        *wrong += !dmn_decide(&c, el, &m, &v) || !is_right(v, i);
        arena_reset(&a);
    }
    return now() - start;
}

/* --- texts and dates */

enum { FIELDS = 5 };
static const str FIELD_NAMES[FIELDS] = {
    {"id_number", 9}, {"sex", 3}, {"birth_date", 10}, {"registered_on", 13}, {"town", 4}};

static void make_person(struct arena *a, size_t i, struct value *fields)
{
    static const char *const towns[] = {"Wukang", "Xinshi", "Luoshe", "Qianyuan", "Zhongguan"};
    int64_t day = (int64_t)(i * 7919 % 36500) - 14610;
    struct civil d = temporal_civil(day);
    fields[0] = value_string(arena_format(a, "330521%04d%02d%02d%03zu%zu", (int)d.year, d.month,
                                          d.day, i % 1000, i % 10));
    fields[1] = value_string(arena_copy(a, i / 10 % 2 ? STR("1") : STR("2")));
    fields[2] = (struct value){.kind = VALUE_DATE, .i = day};
    fields[3] = (struct value){.kind = VALUE_DATE, .i = day + (int64_t)(i % 300)};
    fields[4] = value_string(arena_copy(a, str_from(towns[i % COUNT(towns)])));
}

static double check_in_columns(const struct program *p, const struct column *columns,
                               struct arena *a, struct column *out)
{
    struct err e = {0};
    struct machine m;
    struct columns_report report;
    double start = now();
    machine_init(&m, a, &e, (struct limits){INT64_MAX / 2, (size_t)2 << 30, 100});
    if (!columns_run(&m, p, columns, CHECK_ROWS, out, &report))
        printf("%s\n", e.msg);
    return now() - start;
}

static double check_row_by_row(const struct program *p, struct value *const *values,
                               const struct column *out, size_t *wrong)
{
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    struct machine m;
    double start = now();
    machine_init(&m, &a, &e, (struct limits){INT64_MAX / 2, (size_t)2 << 30, 100});
    for (size_t i = 0; i < CHECK_ROWS; i++) {
        struct value globals[FIELDS], v = VALUE_NOTHING;
        for (size_t f = 0; f < FIELDS; f++)
            globals[f] = values[f][i];
        *wrong += !machine_run(&m, p, globals, &v) ||
                  value_equals(v, column_value(out, i)) != VALUES_EQUAL;
    }
    return now() - start;
}

static void run_check(str text, struct value *const *values, const struct column *columns,
                      size_t *wrong)
{
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    struct scope scope = {.names = FIELD_NAMES, .n = FIELDS};
    const struct program *p = program_compile(&a, text, &scope, &e);
    double in_columns = 1e9, scalar = 1e9;
    for (int i = 0; p && i < TRIES; i++) {
        ARENA_SCOPED struct arena own = {0};
        struct column out;
        double spent = check_in_columns(p, columns, &own, &out);
        in_columns = spent < in_columns ? spent : in_columns;
        spent = check_row_by_row(p, values, &out, wrong);
        scalar = spent < scalar ? spent : scalar;
    }
    printf("%7.1f ns a row, scalar %7.1f (%5.1f x)  %s\n", in_columns * 1e6 / CHECK_ROWS,
           scalar * 1e6 / CHECK_ROWS, scalar / in_columns, p ? text.p : e.msg);
}

static void run_checks(size_t *wrong)
{
    static const char *const texts[] = {
        "number(substring(id_number, 7, 8)) = birth_date.year * 10000 + birth_date.month * 100 + "
        "birth_date.day",
        "if sex in (\"1\", \"2\") then modulo(number(substring(id_number, 17, 1)), 2) = "
        "(if sex = \"1\" then 1 else 0) else null",
        "registered_on >= birth_date",
        "substring(id_number, 1, 6) = \"330521\"",
        "floor(years and months duration(birth_date, @\"2026-01-01\") / duration(\"P1Y\"))",
        "town in (\"Wukang\", \"Xinshi\", \"Luoshe\")"};
    ARENA_SCOPED struct arena a = {0};
    struct value *values[FIELDS], person[FIELDS];
    struct column columns[FIELDS];
    for (size_t f = 0; f < FIELDS; f++)
        values[f] = arena_array(&a, struct value, CHECK_ROWS);
    for (size_t i = 0; i < CHECK_ROWS; i++) {
        make_person(&a, i, person);
        for (size_t f = 0; f < FIELDS; f++)
            values[f][i] = person[f];
    }
    double start = now();
    for (size_t f = 0; f < FIELDS; f++)
        columns[f] = column_pack(&a, values[f], CHECK_ROWS);
    printf("%7.1f ns a row to pack %d columns of values\n", (now() - start) * 1e6 / CHECK_ROWS,
           FIELDS);
    for (size_t i = 0; i < COUNT(texts); i++)
        run_check(str_from(texts[i]), values, columns, wrong);
}

int main(int argc, char **argv)
{
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    struct dmn_package *p = dmn_load(&a, argc > 1 ? argv[1] : "policy.dmn", &e);
    if (!p || p->problem_count) {
        printf("%s\n", p ? p->problems[0].message.p : e.msg);
        return 1;
    }
    generate();
    size_t wrong = 0;
    double hand = 1e9, columns = 1e9, scalar;
    by_hand();                            /* its memory is there from now on */
    for (int i = 0; i < 2 * TRIES; i++) { /* in turn, so that other work on the machine hits both */
        double start = now(), spent;
        by_hand();
        spent = now() - start;
        hand = spent < hand ? spent : hand;
        spent = run_columns(p, &wrong);
        columns = spent < columns ? spent : columns;
    }
    scalar = argc > 2 ? 0 : run_scalar(p, &wrong);
    printf("%d rows, 3 decisions: by hand %.2f ms, columns %.2f ms (%.2f x by hand, at most 1.5), "
           "scalar %.0f ms (%.0f ns a case)\n",
           ROWS, hand, columns, columns / hand, scalar, scalar * 1e6 / ROWS);
    if (argc <= 2)
        run_checks(&wrong);
    printf("rows that differ: %zu\n", wrong);
    return wrong != 0;
}
