#include "text/encoding.h"

#include <fcntl.h>
#include <glob.h>
#include <unistd.h>

#include "check.h"
#include "text/csv.h"
#include "text/jsonl.h"

static const char *shared(void)
{
    const char *named = getenv("SHUZHI_SHARED");
    if (named && *named)
        return named;
    return access("../shared/data", R_OK) == 0 ? "../shared" : "../../shared";
}

/* Gives its bytes in pieces of a size that cuts characters. */
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

static void test_convert(void)
{
    static const struct {
        str in;
        enum encoding encoding;
        const char *want;
        uint64_t bad, first_bad;
    } cases[] = {
        {{"abc", 3}, ENCODING_UTF8, "abc", 0, 0},
        {{"\xef\xbb\xbf德清", 9}, ENCODING_UTF8_MARKED, "德清", 0, 0},
        {{"\xff\xfe\xb7\x5f\x05\x6e", 6}, ENCODING_UTF16LE, "德清", 0, 0},
        {{"\xfe\xff\x5f\xb7\x6e\x05", 6}, ENCODING_UTF16BE, "德清", 0, 0},
        {{"\xb5\xc2\xc7\xe5\xcf\xd8", 6}, ENCODING_GB18030, "德清县", 0, 0},
        {{"\xb5\xc2\x82\x35\x8f\x33", 6}, ENCODING_GB18030, "德\xe9\xbe\xa6", 0, 0},
        {{"caf\xe9 cr\xe8me", 10}, ENCODING_LATIN1, "café crème", 0, 0},
        {{"\xff\xfe\xb7\x5f\x05", 5}, ENCODING_UTF16LE, "德\xef\xbf\xbd", 1, 4},
        {{"", 0}, ENCODING_UTF8, "", 0, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t step = 1; step < 20; step += 4) {
            struct encoding_reader r;
            struct slow slow = {cases[i].in, step};
            struct err e = {0};
            str text;
            CHECK_NAMED(encoding_detect(cases[i].in) == cases[i].encoding, cases[i].want);
            CHECK(encoding_open(&r, (struct source){read_slowly, &slow}, cases[i].encoding, &e));
            CHECK(source_read_all(encoding_source(&r), 1000, &text, &e));
            CHECK_NAMED(str_is(text, cases[i].want), cases[i].want);
            CHECK_NAMED(r.bad_count == cases[i].bad, cases[i].want);
            CHECK_NAMED(!r.bad_count || r.bad_offsets[0] == cases[i].first_bad, cases[i].want);
            free((void *)(uintptr_t)text.p);
            encoding_close(&r);
        }
    }
}

static void test_bad_bytes(void)
{
    struct encoding_reader r;
    struct source_memory m;
    struct err e = {0};
    str text, in = STR("ab\xff"
                       "c\xe5\xbe"
                       "d\xc0\x80");
    CHECK(encoding_open(&r, source_of_memory(&m, in), ENCODING_UTF8, &e));
    CHECK(source_read_all(encoding_source(&r), 1000, &text, &e));
    CHECK(utf8_is_valid(text) && r.bad_count == 5 && r.bad_offsets[0] == 2);
    CHECK(r.bad_offsets[1] == 4 && r.bad_offsets[3] == 7);
    free((void *)(uintptr_t)text.p);
    encoding_close(&r);
}

/* Every file of a pattern: what it is taken for, and that it converts. */
static void check_files(const char *pattern, int want)
{
    char path[1000];
    glob_t found;
    snprintf(path, sizeof path, "%s/%s", shared(), pattern);
    if (glob(path, 0, NULL, &found) != 0) {
        printf("# skipped: no %s\n", path);
        return;
    }
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct source_file f;
        struct encoding_reader r;
        struct source_memory m;
        struct err e = {0};
        str raw, text;
        int fd = open(found.gl_pathv[i], O_RDONLY);
        CHECK_NAMED(source_read_all(source_of_file(&f, fd), 64 << 20, &raw, &e), found.gl_pathv[i]);
        close(fd);
        enum encoding got = encoding_detect(str_slice(raw, 0, 65536));
        CHECK_NAMED(want < 0 || (int)got == want, found.gl_pathv[i]);
        if (want >= 0 && (int)got != want)
            printf("# taken for %s\n", encoding_name(got));
        CHECK(encoding_open(&r, source_of_memory(&m, raw), got, &e));
        CHECK(source_read_all(encoding_source(&r), 256 << 20, &text, &e) && utf8_is_valid(text));
        CHECK_NAMED(r.bad_count * 1000 <= raw.n, found.gl_pathv[i]);
        encoding_close(&r);
        free((void *)(uintptr_t)text.p);
        free((void *)(uintptr_t)raw.p);
    }
    globfree(&found);
}

static void test_real_files(void)
{
    check_files("data/encodings/gb/*.xml", -1);
    check_files("data/encodings/CSV-basic-ISO-8859-1*", ENCODING_LATIN1);
    check_files("data/encodings/test.csvy.UTF8*", ENCODING_UTF8);
    check_files("data/addresses/cn-addresses.csv", ENCODING_UTF8);
    check_files("data/addresses/cn-addresses.gb18030.csv", ENCODING_GB18030);
}

struct open_csv {
    int fd;
    struct source_file file;
    struct encoding_reader reader;
    struct csv *csv;
};

static bool open_csv(struct open_csv *o, const char *name)
{
    char path[1000], sample[65536];
    struct err e = {0};
    snprintf(path, sizeof path, "%s/data/addresses/%s", shared(), name);
    o->fd = open(path, O_RDONLY);
    if (o->fd < 0)
        return false;
    ssize_t n = pread(o->fd, sample, sizeof sample, 0);
    enum encoding encoding = encoding_detect((str){sample, n > 0 ? (size_t)n : 0});
    CHECK(encoding_open(&o->reader, source_of_file(&o->file, o->fd), encoding, &e));
    o->csv = csv_create(encoding_source(&o->reader), NULL);
    return true;
}

static void close_csv(struct open_csv *o)
{
    csv_destroy(o->csv);
    encoding_close(&o->reader);
    close(o->fd);
}

static void test_addresses_are_identical(void)
{
    struct open_csv a, b;
    struct csv_row x, y;
    struct err e = {0};
    bool has_x, has_y;
    size_t rows = 0;
    if (!open_csv(&a, "cn-addresses.csv")) {
        printf("# skipped: no data/addresses under %s\n", shared());
        return;
    }
    CHECK(open_csv(&b, "cn-addresses.gb18030.csv"));
    for (;; rows++) {
        CHECK(csv_take_row(a.csv, &x, &has_x, &e) && csv_take_row(b.csv, &y, &has_y, &e));
        CHECK(has_x == has_y);
        if (!has_x || !has_y || e.code)
            break;
        CHECK(x.n == y.n && x.line == y.line);
        for (size_t i = 0; i < x.n && i < y.n; i++)
            CHECK(str_equal(x.cells[i], y.cells[i]));
    }
    CHECK(!e.code && rows > 12000 && a.reader.bad_count + b.reader.bad_count == 0);
    printf("# %zu rows\n", rows);
    close_csv(&a);
    close_csv(&b);
}

static void test_resume(void)
{
    struct encoding_reader r;
    struct source_memory m;
    struct csv_row row;
    struct err e = {0};
    bool has_row;
    str in = STR("\xb5\xc2,1\n\xc7\xe5,2\n\xcf\xd8,3\n"); /* GB18030 */
    uint64_t offset = 0, line = 0;
    for (int pass = 0; pass < 2; pass++) {
        struct csv_options o = {.offset = offset, .line = line};
        CHECK(encoding_open(&r, source_of_memory(&m, in), ENCODING_GB18030, &e));
        CHECK(source_skip(encoding_source(&r), offset, &e));
        struct csv *c = csv_create(encoding_source(&r), &o);
        for (int i = pass ? 2 : 0; i < 3; i++)
            CHECK(csv_take_row(c, &row, &has_row, &e) && has_row);
        CHECK(str_is(row.cells[0], "县") && row.line == 3 && row.offset == 12);
        offset = row.offset;
        line = row.line;
        csv_destroy(c);
        encoding_close(&r);
    }
    CHECK(!source_skip(source_of_memory(&m, in), 1000, &e) && e.code == ERR_INVALID);
}

static void test_jsonl(void)
{
    struct jsonl j;
    struct slow slow = {STR("\xef\xbb\xbf{\"a\":1}\r\n\n  \n[2]\n3"), 1};
    struct err e = {0};
    str line;
    bool has_line;
    jsonl_open(&j, (struct source){read_slowly, &slow}, 0);
    CHECK(jsonl_take_line(&j, &line, &has_line, &e) && str_is(line, "{\"a\":1}") && j.line == 1);
    CHECK(jsonl_take_line(&j, &line, &has_line, &e) && str_is(line, "[2]") && j.line == 4);
    CHECK(j.start == 16);
    CHECK(jsonl_take_line(&j, &line, &has_line, &e) && str_is(line, "3") && j.line == 5);
    CHECK(jsonl_take_line(&j, &line, &has_line, &e) && !has_line);
    jsonl_close(&j);
    slow = (struct slow){STR("1\n22222222\n"), 3};
    jsonl_open(&j, (struct source){read_slowly, &slow}, 4);
    CHECK(jsonl_take_line(&j, &line, &has_line, &e) && has_line);
    CHECK(!jsonl_take_line(&j, &line, &has_line, &e) && e.code == ERR_LIMIT);
    jsonl_close(&j);
}

int main(void)
{
    RUN(test_convert);
    RUN(test_bad_bytes);
    RUN(test_real_files);
    RUN(test_addresses_are_identical);
    RUN(test_resume);
    RUN(test_jsonl);
    return check_end();
}
