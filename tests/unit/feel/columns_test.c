/* Both gears, row by row the same: random rows of all kinds through fixed and random expressions.
 */
#include "base/buf.h"
#include "feel/columns.h"

#include "check.h"

enum { ROWS = 2500, INPUTS = 6 };

static const str NAMES[INPUTS] = {{"a", 1}, {"b", 1}, {"s", 1}, {"t", 1}, {"d", 1}, {"m", 1}};

static uint64_t seed = 88172645463325252u;

static uint64_t pick(uint64_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % n;
}

static struct value random_value(size_t input)
{
    static const char *const words[] = {"Wukang", "Xinshi", "Luoshe", ""};
    if (pick(10) == 0)
        return VALUE_NOTHING;
    switch (input) {
    case 0:
        return value_int((int64_t)pick(200) - 50);
    case 1: /* cents, at times too large for plain integers */
        return (struct value){.kind = VALUE_NUMBER,
                              .exp = -2,
                              .i = pick(50) ? (int64_t)pick(100000)
                                            : VALUE_SMALL_LIMIT - 1 - (int64_t)pick(9)};
    case 2:
        return value_string(str_from(words[pick(4)]));
    case 3:
        return value_boolean(pick(2));
    case 4:
        return (struct value){.kind = VALUE_DATE, .i = (int64_t)pick(20000)};
    default: /* of mixed kinds */
        return random_value(pick(5));
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

static void make_rows(struct rows *r, struct arena *a)
{
    r->n = ROWS;
    for (size_t c = 0; c < INPUTS; c++) {
        r->values[c] = arena_array(a, struct value, ROWS);
        for (size_t i = 0; i < ROWS; i++)
            r->values[c][i] = random_value(c);
        r->columns[c] = column_pack(a, r->values[c], ROWS);
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
        "d in [@\"1980-01-01\"..@\"1999-12-31\"]"};
    ARENA_SCOPED struct arena a = {0};
    struct rows r;
    size_t on_columns = 0;
    make_rows(&r, &a);
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
                                         "1",
                                         "2.5",
                                         "null",
                                         "true",
                                         "\"Wukang\"",
                                         "60",
                                         "@\"2001-01-01\"",
                                         "0.01"};
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
                                        "(# between # and #)",
                                        "(# in (#, < #))",
                                        "not(#)",
                                        "(-#)",
                                        "(# / #)",
                                        "(# in [10..60])",
                                        "string(#)",
                                        "{k: #, l: k}.l"};
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

static void test_random_expressions(void)
{
    ARENA_SCOPED struct arena a = {0};
    struct rows r;
    make_rows(&r, &a);
    for (int i = 0; i < 300 && !check_failed_here; i++) {
        BUF_SCOPED struct buf b = {.max = 100000};
        write_random(&b, 4);
        check_both(&r, buf_str(&b));
    }
}

int main(void)
{
    RUN(test_expressions);
    RUN(test_random_expressions);
    return check_end();
}
