/* Both gears, row by row the same: random rows of all kinds through fixed and random expressions.
 */
#include "base/buf.h"
#include "feel/columns.h"

#include "check.h"

enum { ROWS = 2500, MOST_ROWS = 2 * COLUMNS_BATCH + 1, INPUTS = 11 };

/* a: numbers; b: cents, some at the edge of small integers; s: few texts; t: booleans; d: dates;
 * m: of mixed kinds; n: numbers of several exponents, none missing; u: many texts; p: booleans none
 * of which is missing; w: nothing at all; k: the same in every row. */
static const str NAMES[INPUTS] = {{"a", 1}, {"b", 1}, {"s", 1}, {"t", 1}, {"d", 1}, {"m", 1},
                                  {"n", 1}, {"u", 1}, {"p", 1}, {"w", 1}, {"k", 1}};

static uint64_t seed = 88172645463325252u;

static uint64_t pick(uint64_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % n;
}

static struct value edge(void)
{
    int64_t i = VALUE_SMALL_LIMIT - 1 - (int64_t)pick(9);
    return (struct value){.kind = VALUE_NUMBER, .exp = -2, .i = pick(2) ? i : -i};
}

static struct value random_value(size_t input, struct arena *a)
{
    static const char *const words[] = {"Wukang", "Xinshi", "Luoshe", "", "19"};
    if (input < 6 && pick(10) == 0)
        return VALUE_NOTHING;
    switch (input) {
    case 0:
        return value_int((int64_t)pick(200) - 50);
    case 1:
        return pick(50)
                   ? (struct value){.kind = VALUE_NUMBER, .exp = -2, .i = (int64_t)pick(100000)}
                   : edge();
    case 2:
        return value_string(str_from(words[pick(5)]));
    case 3:
    case 8:
        return value_boolean(pick(2));
    case 4:
        return (struct value){.kind = VALUE_DATE, .i = (int64_t)pick(40000) - 20000};
    case 5:
        return random_value(pick(5), a);
    case 6:
        return (struct value){
            .kind = VALUE_NUMBER, .exp = (int16_t)(pick(4) - 3), .i = (int64_t)pick(2000) - 500};
    case 7:
        return value_string(arena_format(a, "%llu", (unsigned long long)pick(1000000)));
    case 10:
        return value_int(60);
    default:
        return VALUE_NOTHING;
    }
}

static bool same(struct value x, struct value y)
{
    return x.kind == y.kind && value_equals(x, y) == VALUES_EQUAL;
}

struct rows {
    size_t n;
    struct value *values[INPUTS];
    struct column columns[INPUTS];
};

/* Packed, or as they are; booleans as integers too. */
static struct column make_column(struct arena *a, size_t input, const struct value *values,
                                 size_t n)
{
    if (input == INPUTS - 1)
        return (struct column){.values = values, .is_constant = true};
    if (pick(6) == 0)
        return (struct column){.values = values};
    struct column c = column_pack(a, values, n);
    if (input == 8 && pick(2)) {
        int64_t *ints = arena_array(a, int64_t, n);
        for (size_t i = 0; i < n; i++)
            ints[i] = values[i].i;
        c = (struct column){.kind = VALUE_BOOLEAN, .ints = ints};
    }
    return c;
}

static void make_rows(struct rows *r, struct arena *a, size_t n)
{
    r->n = n;
    for (size_t c = 0; c < INPUTS; c++) {
        r->values[c] = arena_array(a, struct value, n + 1);
        r->values[c][0] = random_value(c, a);
        for (size_t i = 0; i < n; i++)
            r->values[c][i] = random_value(c, a);
        r->columns[c] = make_column(a, c, r->values[c], n);
    }
}

/* Compiles and compares; returns whether it ran on columns. */
static bool check_both(const struct rows *r, str text)
{
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    struct machine m;
    struct column result;
    struct columns_report report = {0};
    struct scope scope = {.names = NAMES, .n = INPUTS};
    struct program *p = program_compile(&a, text, &scope, &e);
    CHECK_NAMED(p != NULL, e.msg);
    machine_init(&m, &a, &e, (struct limits){INT64_MAX / 2, (size_t)1 << 32, 100});
    bool ok = p && columns_run(&m, p, r->columns, r->n, &result, &report);
    CHECK_NAMED(ok, e.msg);
    m.warning_count = 0;
    for (size_t i = 0; ok && i < r->n; i++) {
        struct value globals[INPUTS], want;
        for (size_t c = 0; c < INPUTS; c++)
            globals[c] = r->values[c][i];
        ok = machine_run(&m, p, globals, &want) && same(want, column_value(&result, i));
        if (!ok) {
            BUF_SCOPED struct buf b = {.max = 10000};
            value_write_literal(&b, want);
            buf_add_lit(&b, " and in columns ");
            value_write_literal(&b, column_value(&result, i));
            printf("# %.*s, row %zu: %.*s\n", STR_ARG(text), i, STR_ARG(buf_str(&b)));
        }
    }
    CHECK(ok);
    if (ok && m.warning_count != report.warnings)
        printf("# %.*s: %zu warnings and in columns %zu\n", STR_ARG(text), m.warning_count,
               report.warnings);
    CHECK(!ok || m.warning_count == report.warnings);
    return !report.is_row_wise;
}

static void test_expressions(void)
{
    static const char *const texts[] = {
        "a + 1",
        "a * b - a",
        "a / 4",
        "b + 0.5",
        "a ** 2",
        "-a",
        "a > 10",
        "a = null",
        "a != 5",
        "b >= 100.5",
        "s = \"Wukang\"",
        "s = m",
        "t and a > 0",
        "t or a > 0 or b < 5",
        "not(t) and not(a > 3)",
        "if a > 10 then b else a",
        "if t then s else a",
        "if a > 60 then if b > 500 then 300 else 200 else if t then 100 else 0",
        "a between 5 and 60",
        "a in [10..50)",
        "a in (1, 2, [50..70])",
        "s in (\"Wukang\", \"Xinshi\")",
        "d > @\"2000-01-01\"",
        "d + @\"P1Y\"",
        "d.year",
        "m + 1",
        "m = a",
        "m > 5",
        "if m > 5 then 1 else null",
        "floor(b) + round half up(b, 1)",
        "string length(s)",
        "upper case(s) = \"WUKANG\"",
        "{x: a + 1, y: x * 2}.y",
        "[a, b][1]",
        "a instance of number",
        "count([a, b, s])",
        "if d < @\"1990-01-01\" and t then d else null",
        "a + b + m",
        "sum([a, a]) * 2",
        "some x in [a, b] satisfies x > 5",
        "[1, 2, 3][item > a]",
        "for i in 1..3 return i * a",
        "b * b * b * b",
        "if t = null then \"?\" else string(t)",
        "t = t",
        "d in [@\"1980-01-01\"..@\"1999-12-31\"]",
        "if p then n + b else a",
        "u = s or u = \"19\"",
        "substring(u, 1, 2) = s",
        "number(substring(u, 2)) = n",
        "d.year * 10000 + d.month * 100 + d.day",
        "w = null and a > w",
        "if a > k then \"old\" else if a > 20 then \"young\" else s",
        "upper case(if p then s else \"Qianyuan\")",
        "years and months duration(d, @\"2020-02-29\")",
        "floor(years and months duration(d, @\"2020-02-29\") / duration(\"P1Y\"))",
        "modulo(a, 7) = 3",
        "if t then b else a * 1000000000000000",
        "if a > 9 then a * 1000000000000000 else if a >= 0 then 0.25 else null",
        "if t then a * 1000000000000000 else b",
        "if t then a * 1000000000000000 else if p then b else n",
        "n / 8 + n / 0.05",
        "b * 1000000000 - b",
        "if s in (\"Wukang\", \"Xinshi\") then (if u in (\"1\", \"2\") then 1 else 2) else a"};
    ARENA_SCOPED struct arena a = {0};
    struct rows r;
    size_t on_columns = 0;
    make_rows(&r, &a, ROWS);
    for (size_t i = 0; i < COUNT(texts); i++)
        on_columns += check_both(&r, str_from(texts[i]));
    CHECK(on_columns == COUNT(texts) - 3);
}

static void write_random(struct buf *b, int depth)
{
    static const char *const leaves[] = {"a",
                                         "b",
                                         "s",
                                         "t",
                                         "d",
                                         "m",
                                         "n",
                                         "u",
                                         "p",
                                         "w",
                                         "k",
                                         "1",
                                         "2.5",
                                         "null",
                                         "true",
                                         "60",
                                         "0.01",
                                         "\"Wukang\"",
                                         "@\"2001-01-01\"",
                                         "@\"P1Y2M\"",
                                         "999999999999999999",
                                         "1000000000000000",
                                         "0.25"};
    static const char *const forms[] = {"(# + #)",
                                        "(# - #)",
                                        "(# * #)",
                                        "(# < #)",
                                        "(# >= #)",
                                        "(# = #)",
                                        "(# != #)",
                                        "(# and #)",
                                        "(# or #)",
                                        "(if # then # else #)",
                                        "(if # > 60 then # * # else if # < 9 then # else #)",
                                        "(# between # and #)",
                                        "(# in (#, < #))",
                                        "not(#)",
                                        "(-#)",
                                        "(# / #)",
                                        "(# / 4)",
                                        "(# in [10..60])",
                                        "(# in (20..59.5])",
                                        "string(#)",
                                        "{k: #, l: k}.l",
                                        "(#).year",
                                        "(#).day",
                                        "upper case(#)",
                                        "string length(#)",
                                        "substring(#, 2, 3)",
                                        "number(#)",
                                        "(# instance of number)",
                                        "floor(#)",
                                        "modulo(#, 7)",
                                        "years and months duration(#, #)",
                                        "contains(#, \"u\")",
                                        "[#, #][1]",
                                        "(# in [#..#])",
                                        "(# in (\"Wukang\", \"19\", null))",
                                        "abs(#)",
                                        "(# ** 2)",
                                        "ceiling(#)",
                                        "substring(#, 2)",
                                        "modulo(#, -0.3)",
                                        "floor(# / 7)",
                                        "floor(# / duration(\"P1Y\"))",
                                        "floor(# / #)",
                                        "(#).month"};
    if (depth == 0 || pick(5) == 0) {
        buf_add(b, str_from(leaves[pick(COUNT(leaves))]));
        return;
    }
    for (const char *c = forms[pick(COUNT(forms))]; *c; c++) {
        if (*c == '#')
            write_random(b, depth - 1);
        else
            buf_add_char(b, *c);
    }
}

/* Of as many rows as fill batches, nearly fill them, or are but few. */
static void test_random_expressions(void)
{
    static const size_t sizes[] = {
        0, 1, 31, 33, COLUMNS_BATCH - 1, COLUMNS_BATCH, COLUMNS_BATCH + 1, MOST_ROWS};
    const char *rounds = getenv("COLUMNS_ROUNDS"); /* more of them than a test has time for */
    for (size_t round = 0; round < (rounds ? (size_t)atoll(rounds) : 2); round++) {
        for (size_t k = 0; k < COUNT(sizes); k++) {
            ARENA_SCOPED struct arena a = {0};
            struct rows r;
            make_rows(&r, &a, sizes[k]);
            for (int i = 0; i < 50 && !check_failed_here; i++) {
                BUF_SCOPED struct buf b = {.max = 100000};
                write_random(&b, 4);
                check_both(&r, buf_str(&b));
            }
        }
    }
}

/* Whatever the limit, a run that comes to it says so, and one that does not is right. */
static void test_limits(void)
{
    static const char *const texts[] = {"if a > 10 then string(b) + s else upper case(u)",
                                        "{x: a + b, y: if t then x else n}.y * 2",
                                        "if u in (\"1\", s) then [a, b][1] else m + 1"};
    ARENA_SCOPED struct arena a = {0};
    struct rows r;
    make_rows(&r, &a, ROWS);
    for (size_t i = 0; i < 40 * COUNT(texts); i++) {
        ARENA_SCOPED struct arena own = {0};
        struct err e = {0};
        struct machine m;
        struct column result;
        struct columns_report report;
        struct scope scope = {.names = NAMES, .n = INPUTS};
        struct program *p = program_compile(&own, str_from(texts[i / 40]), &scope, &e);
        bool by_fuel = i % 2;
        struct limits limits = {by_fuel ? (int64_t)(i % 40) * 151 : INT64_MAX / 2,
                                by_fuel ? SIZE_MAX : (i % 40) * 20011, 100};
        machine_init(&m, &own, &e, limits);
        bool ok = p && columns_run(&m, p, r.columns, ROWS, &result, &report);
        CHECK_NAMED(ok || e.code == ERR_LIMIT, e.msg);
        CHECK(i % 40 > 3 || !ok);
    }
}

int main(void)
{
    RUN(test_expressions);
    RUN(test_random_expressions);
    RUN(test_limits);
    return check_end();
}
