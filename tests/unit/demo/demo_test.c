#include "check.h"

#include "base/digest.h"
#include "demo/chance.h"
#include "demo/demo.h"
#include "demo/words.h"
#include "text/csv.h"
#include "text/format.h"

#include <fcntl.h>
#include <unistd.h>

enum { PERSONS = 3000 };

/* The packages of the house and what they make. */
struct house {
    struct bundle source;
    struct complaints complaints;
    struct registry *registry;
    struct arena arena;
    struct demo *demo;
};

static bool house_open(struct house *h)
{
    struct err e = {0};
    *h = (struct house){0};
    if (!bundle_add_folders(&h->source, STR("apps"), &e) ||
        !bundle_add_folders(&h->source, STR("county"), &e))
        return false;
    bundle_finish(&h->source);
    h->registry = registry_create(&h->source, &h->complaints);
    h->demo = h->registry ? demo_compile(h->registry, &h->source, &h->complaints, &h->arena) : NULL;
    for (size_t i = 0; i < h->complaints.n; i++)
        printf("# %.*s:%u: %.*s\n", STR_ARG(h->complaints.items[i].file),
               h->complaints.items[i].line, STR_ARG(h->complaints.items[i].reason));
    return h->demo;
}

static void house_close(struct house *h)
{
    registry_destroy(h->registry);
    complaints_release(&h->complaints);
    bundle_release(&h->source);
    arena_release(&h->arena);
}

struct made {
    char names[8][300];
    uint64_t rows[8];
    size_t n;
};

static char written[64][300];
static size_t written_count;

static void note(void *arg, const struct dataset *d, const char *path, uint64_t rows, bool is_messy)
{
    struct made *m = arg;
    (void)d;
    (void)is_messy;
    if (written_count < COUNT(written))
        snprintf(written[written_count++], sizeof written[0], "%s", path);
    if (m->n < 8) {
        snprintf(m->names[m->n], sizeof m->names[0], "%s", path);
        m->rows[m->n++] = rows;
    }
}

static bool make(const char *folder, uint64_t seed, int bad, bool is_in_place, struct made *m)
{
    struct house h;
    struct err e = {0};
    struct demo_options o = {.scale = PERSONS,
                             .seed = seed,
                             .bad_percent = bad,
                             .is_bad_in_place = is_in_place,
                             .folder = str_from(folder)};
    *m = (struct made){0};
    bool ok = house_open(&h) && demo_write(h.demo, &o, note, m, &e);
    if (e.code)
        printf("# %s\n", e.msg);
    house_close(&h);
    return ok;
}

static str read_file(struct arena *a, const char *path)
{
    struct source_file file;
    struct err e = {0};
    str text = {0};
    int fd = open(path, O_RDONLY);
    if (fd < 0 || !source_read_all(source_of_file(&file, fd), 1 << 28, &text, &e))
        return (str){0};
    str copy = arena_copy(a, text);
    free((char *)(uintptr_t)text.p);
    close(fd);
    return copy;
}

static void remove_all(void)
{
    for (size_t i = 0; i < written_count; i++) {
        unlink(written[i]);
        *strrchr(written[i], '/') = '\0';
        rmdir(written[i]); /* once it is empty */
        *strrchr(written[i], '/') = '\0';
        rmdir(written[i]);
    }
}

static char *folder_of(char *where, const char *name)
{
    static char base[] = "/tmp/shuzhi-demo-test-XXXXXX";
    static bool is_made;
    if (!is_made)
        is_made = mkdtemp(base);
    snprintf(where, 200, "%s/%s", base, name);
    return where;
}

static void test_same_seed_same_bytes(void)
{
    ARENA_SCOPED struct arena a = {0};
    struct made first, second, third;
    char one[200], two[200], three[200];
    CHECK(make(folder_of(one, "one"), 7, 20, false, &first));
    CHECK(make(folder_of(two, "two"), 7, 20, false, &second));
    CHECK(make(folder_of(three, "three"), 8, 20, false, &third));
    CHECK(first.n == 8 && second.n == 8 && third.n == 8);
    for (size_t i = 0; i < first.n; i++) {
        str x = read_file(&a, first.names[i]), y = read_file(&a, second.names[i]);
        CHECK_NAMED(x.n > 0 && str_equal(x, y), first.names[i]);
        CHECK_NAMED(!str_equal(x, read_file(&a, third.names[i])), first.names[i]);
    }
}

struct table_of {
    str *cells;
    size_t columns, rows;
};

static struct table_of read_table(struct arena *a, const char *path)
{
    struct table_of t = {0};
    struct source_memory m;
    struct csv_row row;
    struct err e = {0};
    size_t n = 0, size = 0;
    bool has_row;
    struct csv *c = csv_create(source_of_memory(&m, read_file(a, path)), NULL);
    while (csv_take_row(c, &row, &has_row, &e) && has_row) {
        t.columns = row.n;
        t.rows += row.number > 1;
        for (size_t i = 0; i < row.n && row.number > 1; i++)
            VEC_ADD(a, t.cells, n, size) = arena_copy(a, row.cells[i]);
    }
    csv_destroy(c);
    return t;
}

static void test_people_are_consistent(void)
{
    ARENA_SCOPED struct arena a = {0};
    struct made m;
    char one[200];
    struct map ids = {0}, addresses = {0};
    size_t wrong = 0, twice = 0, homeless = 0, mobiles = 0, old = 0;
    CHECK(make(folder_of(one, "people"), 1, 0, false, &m));
    CHECK(m.n == 4 && m.rows[2] == PERSONS && m.rows[1] == PERSONS / 10);
    if (m.n != 4)
        return;
    struct table_of t = read_table(&a, m.names[0]), p = read_table(&a, m.names[2]);
    for (size_t i = 0; i < t.rows; i++)
        map_set(&addresses, &a, t.cells[i * t.columns], "");
    CHECK(addresses.n == t.rows);
    for (size_t i = 0; i < p.rows; i++) {
        const str *c =
            p.cells + i * p.columns; /* id, name, sex, birth, …, mobile at 7, code at 9 */
        str birth = arena_format(&a, "%.4s%.2s%.2s", c[3].p, c[3].p + 5, c[3].p + 8);
        wrong += format_check(format_find(STR("resident-id")), c[0], NULL) != FORMAT_NONE ||
                 !str_equal(str_slice(c[0], 6, 14), birth) ||
                 (c[0].p[16] & 1) != (c[2].p[0] == '1');
        twice += map_has(&ids, c[0]);
        map_set(&ids, &a, c[0], "");
        homeless += !map_has(&addresses, c[9]);
        mobiles += c[7].n && format_check(format_find(STR("mobile-cn")), c[7], NULL) != FORMAT_NONE;
        old += str_compare(c[3], STR("1966-01-01")) < 0;
    }
    CHECK(p.rows == PERSONS && wrong == 0 && twice == 0 && homeless == 0 && mobiles == 0);
    CHECK(old > PERSONS / 5 && old < PERSONS / 3); /* over 60 */
}

static void test_firms_are_consistent(void)
{
    ARENA_SCOPED struct arena a = {0};
    struct made m;
    char one[200];
    struct map ids = {0}, codes = {0};
    size_t wrong = 0, unknown = 0;
    CHECK(make(folder_of(one, "firms"), 3, 0, false, &m) && m.n == 4);
    if (m.n != 4)
        return;
    struct table_of f = read_table(&a, m.names[1]), p = read_table(&a, m.names[2]);
    for (size_t i = 0; i < p.rows; i++)
        map_set(&ids, &a, p.cells[i * p.columns], "");
    for (size_t i = 0; i < f.rows; i++) {
        const str *c = f.cells + i * f.columns;
        wrong +=
            format_check(format_find(STR("uscc")), c[0], NULL) != FORMAT_NONE ||
            format_check(format_find(STR("org-code")), str_slice(c[0], 8, 17), NULL) != FORMAT_NONE;
        unknown += !map_has(&ids, c[4]);
        map_set(&codes, &a, c[0], "");
    }
    CHECK(wrong == 0 && unknown == 0 && codes.n == f.rows);

    /* Figures are of manufacturing firms and of no others. */
    struct table_of figures = read_table(&a, m.names[3]);
    struct map makers = {0};
    for (size_t i = 0; i < f.rows; i++) {
        const str *c = f.cells + i * f.columns;
        if (str_is(c[2], "91") && str_is(c[7], "C"))
            map_set(&makers, &a, c[0], "");
    }
    size_t others = 0;
    for (size_t i = 0; i < figures.rows; i++)
        others += !map_has(&makers, figures.cells[i * figures.columns]);
    CHECK(others == 0 && figures.rows == makers.n && figures.rows > 0);
}

static void test_bad_in_place(void)
{
    ARENA_SCOPED struct arena a = {0};
    struct made m;
    char one[200];
    size_t wrong = 0;
    CHECK(make(folder_of(one, "bad"), 1, 10, true, &m) && m.n == 4);
    struct table_of p = read_table(&a, m.names[2]);
    for (size_t i = 0; i < p.rows; i++)
        wrong += format_check(format_find(STR("resident-id")), p.cells[i * p.columns], NULL) !=
                 FORMAT_NONE;
    /* four of the eleven ways spoil the number */
    CHECK(wrong > PERSONS / 10 * 4 / 11 * 6 / 10 && wrong < PERSONS / 10 * 4 / 11 * 14 / 10);
}

static void test_shuffle_takes_each_place_once(void)
{
    static const uint64_t sizes[] = {1, 2, 3, 64, 1000, 4097};
    for (size_t k = 0; k < COUNT(sizes); k++) {
        bool seen[4097] = {0};
        uint64_t n = sizes[k], hits = 0;
        for (uint64_t i = 0; i < n; i++) {
            uint64_t at = chance_shuffle(42, i, n);
            hits += at < n && !seen[at];
            seen[at < n ? at : 0] = true;
        }
        CHECK(hits == n);
    }
}

static void test_numbers(void)
{
    ARENA_SCOPED struct arena a = {0};
    static const struct {
        const char *text;
        bool is_number;
        int64_t n;
        int digits;
        const char *back;
    } cases[] = {{"12", true, 12000000, 0, "12"},
                 {"-0.25", true, -250000, 2, "-0.25"},
                 {"0.2", true, 200000, 6, "0.200000"},
                 {"119.968733", true, 119968733, 6, "119.968733"},
                 {"1.2345678", false, 0, 0, NULL},
                 {"", false, 0, 0, NULL},
                 {"1.", false, 0, 0, NULL},
                 {"0.6", true, 600000, 0, "1"},
                 {"12345678901234", false, 0, 0, NULL}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t n = 0;
        bool ok = demo_value_number(str_from(cases[i].text), &n);
        CHECK_NAMED(ok == cases[i].is_number && n == cases[i].n, cases[i].text);
        if (ok)
            CHECK_NAMED(str_is(value_format(&a, n, cases[i].digits), cases[i].back), cases[i].text);
    }
}

/* Recipes that cannot be meant: the line, and a word of the reason. */
static void test_broken_recipes(void)
{
    static const struct {
        const char *recipe, *reason;
        uint32_t line;
    } cases[] = {
        {"things:\n  a:\n    rows: nowhere\n", "no list \"nowhere\"", 3},
        {"things:\n  a:\n    rows: words\n    let:\n      x: \"{y}\"\n", "has no \"y\"", 5},
        {"things:\n  a:\n    rows: words\n    let:\n      x: \"{y}\"\n      y: 1\n", "further down",
         5},
        {"things:\n  a:\n    rows: words\n    let:\n      x: {by: word, cases: {p: {pick: {}}}}\n",
         "nothing to choose", 5},
        {"things:\n  a:\n    rows: words\n    let:\n      x: {dice: 6}\n", "no generator", 5},
        {"things:\n  b:\n    in: a\n    count: {per: 2}\n", "no thing \"a\"", 3},
        {"things:\n  a:\n    rows: words\n  b:\n    in: a\n    count: {per: 0}\n", "more than 0",
         6},
        {"things:\n  a: {rows: words}\ndatasets:\n  none:\n    rows: []\n", "no dataset", 5},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bundle s = {0};
        struct complaints c = {0};
        ARENA_SCOPED struct arena a = {0};
        struct registry r = {0};
        struct bundle_file files[] = {{STR("demo/r.yaml"), str_from(cases[i].recipe)},
                                      {STR("demo/words.csv"), STR("word,weight\np,1\nq,2\n")}};
        struct bundle_package p = {
            .id = STR("t"), .folder = STR("t"), .files = files, .n = COUNT(files)};
        s.packages = &p;
        s.n = 1;
        CHECK_NAMED(demo_compile(&r, &s, &c, &a) == NULL && c.n > 0, cases[i].recipe);
        bool is_told = false;
        for (size_t k = 0; k < c.n; k++)
            is_told |= c.items[k].line == cases[i].line &&
                       str_find(c.items[k].reason, str_from(cases[i].reason)) != SIZE_MAX;
        for (size_t k = 0; !is_told && k < c.n; k++)
            printf("# told line %u: %.*s\n", c.items[k].line, STR_ARG(c.items[k].reason));
        CHECK_NAMED(is_told, cases[i].reason);
        complaints_release(&c);
    }
}

int main(void)
{
    RUN(test_shuffle_takes_each_place_once);
    RUN(test_numbers);
    RUN(test_broken_recipes);
    RUN(test_same_seed_same_bytes);
    RUN(test_people_are_consistent);
    RUN(test_firms_are_consistent);
    RUN(test_bad_in_place);
    remove_all();
    return check_end();
}
