/* Bytes as a FEEL expression, as unary tests, and as a pattern with a text; run with small limits,
 * one row at a time and in columns, which must give the same. */
#include "base/buf.h"
#include "feel/columns.h"
#include "feel/xpath_regex.h"

static const struct limits SMALL = {200000, 8u << 20, 60};

static void run(struct arena *a, const struct program *p, const struct value *globals)
{
    struct err e = {0};
    struct machine m;
    struct value v;
    BUF_SCOPED struct buf out = {.max = 1 << 20};
    machine_init(&m, a, &e, SMALL);
    if (machine_run(&m, p, globals, &v))
        value_write_literal(&out, v);
    program_disassemble(&out, p);
}

enum { ROWS = 5, NAMES = 3 };

/* Rows of the columns: numbers, a context with texts, lists; null in the last. */
static void run_columns(struct arena *a, const struct program *p, const struct value *globals)
{
    struct value rows[NAMES][ROWS], want;
    struct column columns[NAMES], result;
    struct err e = {0};
    struct machine m, one;
    struct columns_report report;
    for (size_t i = 0; i < NAMES * ROWS; i++) {
        size_t row = i % ROWS, name = i / ROWS;
        bool is_number = name == 0 && row < ROWS - 1;
        rows[name][row] = is_number        ? (struct value){.kind = VALUE_NUMBER,
                                                            .exp = (int16_t)(row % 2 ? -2 : 0),
                                                            .i = (int64_t)row * 50 - 50}
                          : row < ROWS - 1 ? globals[name]
                                           : VALUE_NOTHING;
    }
    for (size_t i = 0; i < NAMES; i++)
        columns[i] = column_pack(a, rows[i], ROWS);
    machine_init(&m, a, &e, SMALL);
    if (!columns_run(&m, p, columns, ROWS, &result, &report))
        return;
    for (size_t row = 0; row < ROWS; row++) {
        struct value row_globals[NAMES];
        for (size_t i = 0; i < NAMES; i++)
            row_globals[i] = rows[i][row];
        machine_init(&one, a, &e, SMALL);
        if (!machine_run(&one, p, row_globals, &want))
            return;
        struct value got = column_value(&result, row);
        if (want.kind != got.kind ||
            (want.kind != VALUE_FUNCTION && value_equals(want, got) == VALUES_UNRELATED))
            abort();
        if (want.kind <= VALUE_DATE && value_equals(want, got) != VALUES_EQUAL)
            abort();
    }
}

static void search(struct arena *a, str pattern, str text)
{
    struct err e = {0};
    struct xpath_regex r;
    struct xpath_regex_match match;
    int64_t fuel = 100000;
    if (xpath_regex_compile(&r, pattern, STR("i"), a, &e))
        (void)xpath_regex_search(&r, text, 0, &match, &fuel, a, 64u << 20);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct arena a;
    struct entry fields[] = {{STR("full name"), value_string(STR("Wang"))},
                             {STR("age"), value_int(81)}};
    struct value items[] = {value_int(1), value_int(2), VALUE_NOTHING};
    struct value globals[] = {value_int(7), value_context(fields, 2), value_list(items, 3)};
    static const str names[] = {{"?", 1}, {"p", 1}, {"the list", 8}};
    struct scope scope = {.names = names, .n = 3};
    str text = {(const char *)data, n};
    struct err e = {0};
    arena_reset(&a);
    if (!utf8_is_valid(text))
        return 0;
    struct program *p = program_compile(&a, text, &scope, &e);
    if (p) {
        run(&a, p, globals);
        run_columns(&a, p, globals);
    }
    e = (struct err){0};
    if ((p = program_compile_tests(&a, text, &scope, &e))) {
        run(&a, p, globals);
        run_columns(&a, p, globals);
    }
    search(&a, str_slice(text, 0, n / 2), str_slice(text, n / 2, n));
    return 0;
}
