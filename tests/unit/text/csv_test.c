#include "text/csv.h"

#include "base/buf.h"
#include "check.h"

/* Gives the text a few bytes at a time. */
struct slow {
    str rest;
    size_t step;
};

static bool read_slowly(void *arg, char *p, size_t room, size_t *n, struct err *e)
{
    struct slow *s = arg;
    (void)e;
    *n = s->rest.n < s->step ? s->rest.n : s->step;
    *n = *n < room ? *n : room;
    memcpy(p, s->rest.p, *n);
    s->rest = str_slice(s->rest, *n, s->rest.n);
    return true;
}

/* Cells as [a][b], rows ended by ;, an error as !code. */
static void read_all(struct buf *out, str text, size_t step, const struct csv_options *o)
{
    struct slow slow = {text, step};
    struct csv *c = csv_create((struct source){read_slowly, &slow}, o);
    struct csv_row row;
    bool has_row;
    struct err e = {0};
    while (csv_take_row(c, &row, &has_row, &e) && has_row) {
        for (size_t i = 0; i < row.n; i++)
            buf_add_format(out, "[%.*s]", STR_ARG(row.cells[i]));
        buf_add_format(out, "%s%s@%llu,%llu;", row.is_ragged ? "~" : "",
                       row.has_stray_quote ? "\"" : "", (unsigned long long)row.line,
                       (unsigned long long)row.offset);
    }
    if (e.code)
        buf_add_format(out, "!%s %s", err_name(e.code), e.msg);
    csv_destroy(c);
}

static void test_rows(void)
{
    static const struct {
        const char *text, *want;
        struct csv_options o;
    } cases[] = {
        {"", "", {0}},
        {"a,b\n1,2\n", "[a][b]@1,0;[1][2]@2,4;", {0}},
        {"a,b\r\n1,2", "[a][b]@1,0;[1][2]@2,5;", {0}},
        {"a\tb\n", "[a][b]@1,0;", {.separator = '\t'}},
        {"a,b\r1,2\r", "[a][b]@1,0;[1][2]@2,4;", {.line_end = '\r'}},
        {"\xef\xbb\xbf\"a\",b\n", "[a][b]@1,3;", {0}},
        {"\"a\"\"b\",\"\"\n", "[a\"b][]@1,0;", {0}},
        {"\"x\ny\",1\n2,3\n", "[x\ny][1]@1,0;[2][3]@3,8;", {0}},
        {"\"x,\r\ny\",\"z\"\r\n", "[x,\r\ny][z]@1,0;", {0}},
        {"a,b\n\n1\n1,2,3\n", "[a][b]@1,0;[1]~@3,5;[1][2][3]~@4,7;", {0}},
        {"a\"b,c\n", "[a\"b][c]@1,0;", {0}},
        {"\"a\"b,c\n", "[ab][c]\"@1,0;", {0}},
        {",\n", "[][]@1,0;", {0}},
        {"a,b\n1,\"2\n3,4\n",
         "[a][b]@1,0;!INVALID line 2: the quote that opens here is not closed",
         {0}},
        {"a,\"b", "!INVALID line 1: the quote that opens here is not closed", {0}},
        {"a,\"b\"", "[a][b]@1,0;", {0}},
        {"1,2,3\n", "!LIMIT line 1: more than 2 columns", {.max_columns = 2}},
        {"1,22222\n", "!LIMIT line 1: a cell has 5 bytes; at most 3 are read", {.max_cell = 3}},
        {"1,2\n11111,11111\n",
         "[1][2]@1,0;!LIMIT line 2: the row has more than 8 bytes",
         {.max_row = 8}},
        {"1,2\n", "[1][2]~@7,100;", {.offset = 100, .line = 7, .width = 3}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t step = 1; step < 2000; step *= 3) {
            BUF_SCOPED struct buf got = {.max = 10000};
            read_all(&got, str_from(cases[i].text), step, &cases[i].o);
            CHECK_NAMED(str_is(buf_str(&got), cases[i].want), cases[i].text);
            if (!str_is(buf_str(&got), cases[i].want))
                printf("# got %.*s\n", STR_ARG(buf_str(&got)));
        }
    }
}

static void test_detect(void)
{
    static const struct {
        const char *text;
        char separator, line_end;
    } cases[] = {
        {"a,b,c\n1,2,3\n", ',', '\n'},
        {"a\tb\n1,5\t2\n", '\t', '\n'},
        {"a;b;c\n1,5;2;3\n", ';', '\n'},
        {"a|b|c\n1|2|3", '|', '\n'},
        {"name\nx\n", ',', '\n'},
        {"a,b\r1,2\r", ',', '\r'},
        {"\"a;b;c\",d\n\"x\",y\n", ',', '\n'},
        {"", ',', '\n'},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct csv_options o = {0};
        csv_detect(str_from(cases[i].text), &o);
        CHECK_NAMED(o.separator == cases[i].separator && o.line_end == cases[i].line_end,
                    cases[i].text);
    }
}

/* A row longer than one reading, and a file longer than the buffer; resumed at any row. */
static void test_long(void)
{
    BUF_SCOPED struct buf text = {.max = 8 << 20};
    uint64_t offset = 0, line = 0, rows = 0;
    for (int i = 0; i < 60000; i++)
        buf_add_format(&text, "%d,\"a\nb\"\"%d\",%s\n", i, i, i == 30000 ? "" : "x");
    buf_add_char(&text, '"');
    for (int i = 0; i < 900000; i++)
        buf_add_char(&text, 'y');
    buf_add_lit(&text, "\",1,2\n");
    struct source_memory m;
    struct csv *c = csv_create(source_of_memory(&m, buf_str(&text)), NULL);
    struct csv_row row;
    bool has_row;
    struct err e = {0};
    while (csv_take_row(c, &row, &has_row, &e) && has_row) {
        CHECK(!row.is_ragged);
        if (++rows == 50001) {
            offset = row.offset;
            line = row.line;
        }
    }
    CHECK(!e.code && rows == 60001 && line == 100001);
    CHECK(row.n == 3 && row.cells[0].n == 900000);
    csv_destroy(c);
    struct csv_options o = {.offset = offset, .line = line, .width = 3};
    c = csv_create(source_of_memory(&m, str_slice(buf_str(&text), offset, text.n)), &o);
    CHECK(csv_take_row(c, &row, &has_row, &e) && has_row);
    CHECK(str_is(row.cells[0], "50000") && row.line == line && row.offset == offset);
    csv_destroy(c);
}

/* A spreadsheet gone wrong: 100,000 columns, a cell of two megabytes, one of a gigabyte. */
static bool endless(void *arg, char *p, size_t room, size_t *n, struct err *e)
{
    size_t *given = arg;
    (void)e;
    memset(p, 'x', room);
    *n = room;
    *given += room;
    return *given < (size_t)1 << 30;
}

static void test_default_limits(void)
{
    static char text[3 << 20];
    struct source_memory m;
    struct csv_row row;
    bool has_row;
    struct err e = {0};
    memset(text, ',', 100000);
    struct csv *c = csv_create(source_of_memory(&m, (str){text, 100000}), NULL);
    CHECK(!csv_take_row(c, &row, &has_row, &e) && e.code == ERR_LIMIT);
    csv_destroy(c);
    err_clear(&e);
    memset(text, 'x', sizeof text);
    c = csv_create(source_of_memory(&m, (str){text, sizeof text}), NULL);
    CHECK(!csv_take_row(c, &row, &has_row, &e) && e.code == ERR_LIMIT);
    csv_destroy(c);
    err_clear(&e);
    size_t given = 0;
    c = csv_create((struct source){endless, &given}, NULL);
    CHECK(!csv_take_row(c, &row, &has_row, &e) && e.code == ERR_LIMIT);
    CHECK(given < (size_t)100 << 20);
    csv_destroy(c);
}

int main(void)
{
    RUN(test_rows);
    RUN(test_detect);
    RUN(test_long);
    RUN(test_default_limits);
    return check_end();
}
