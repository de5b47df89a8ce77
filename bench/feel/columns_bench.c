/* The policy of policy.dmn over 550,000 generated persons: in columns, row by row, and as C written
 * by hand over the same arrays.  usage: bench-columns bench/feel/policy.dmn */
#include "dmn/columns.h"

enum { ROWS = 550000 };

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
    for (int i = 0; i < 7; i++) {
        double start = now();
        by_hand();
        hand = now() - start < hand ? now() - start : hand;
    }
    for (int i = 0; i < 7; i++) {
        double spent = run_columns(p, &wrong);
        columns = spent < columns ? spent : columns;
    }
    scalar = argc > 2 ? 0 : run_scalar(p, &wrong);
    printf(
        "%d rows, 3 decisions: by hand %.2f ms, columns %.2f ms (%.1f x by hand), scalar %.0f ms "
        "(%.0f ns a case), wrong %zu\n",
        ROWS, hand, columns, columns / hand, scalar, scalar * 1e6 / ROWS, wrong);
    return wrong != 0;
}
