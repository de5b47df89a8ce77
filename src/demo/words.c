#include "demo/words.h"

#include "text/csv.h"

bool demo_value_number(str text, int64_t *millionths)
{
    bool is_negative = text.n && *text.p == '-';
    int64_t n = 0;
    size_t i = is_negative, digits = 0, decimals = 0;
    bool has_point = false;
    for (; i < text.n; i++) {
        if (text.p[i] == '.' && !has_point && digits) {
            has_point = true;
            continue;
        }
        if (text.p[i] < '0' || text.p[i] > '9' || decimals == 6 || ++digits > 18)
            return false;
        n = n * 10 + (text.p[i] - '0');
        decimals += has_point;
    }
    if (digits == 0 || (has_point && decimals == 0))
        return false;
    for (; decimals < 6; decimals++) {
        if (__builtin_mul_overflow(n, 10, &n))
            return false;
    }
    *millionths = is_negative ? -n : n;
    return true;
}

struct value value_of_text(str text)
{
    struct value v = {text, 0};
    if (!demo_value_number(text, &v.n))
        v.n = 0;
    return v;
}

str value_format(struct arena *a, int64_t millionths, int digits)
{
    char *p = arena_alloc(a, 28, 1);
    size_t at = 28;
    bool is_negative = millionths < 0;
    uint64_t n = is_negative ? -(uint64_t)millionths : (uint64_t)millionths, unit = 1;
    for (int i = digits; i < 6; i++)
        unit *= 10;
    n = (n + unit / 2) / unit;
    is_negative &= n != 0;
    for (int i = 0; i < digits || n || i == digits; i++) {
        if (i == digits && digits)
            p[--at] = '.';
        p[--at] = (char)('0' + n % 10);
        n /= 10;
    }
    if (is_negative)
        p[--at] = '-';
    return (str){p + at, 28 - at};
}

int words_column(const struct words *w, str column)
{
    for (size_t i = 0; i < w->column_count; i++) {
        if (str_equal(w->columns[i], column))
            return (int)i;
    }
    return -1;
}

static bool read_rows(struct words *w, str content, struct complaints *c, str file, struct arena *a)
{
    struct source_memory memory;
    struct err e = {0};
    struct csv_row row;
    size_t n = 0, size = 0;
    bool has_row = false, ok;
    if (str_starts(content, STR("\xef\xbb\xbf")))
        content = str_slice(content, 3, content.n);
    struct csv *csv = csv_create(source_of_memory(&memory, content), NULL);
    while ((ok = csv_take_row(csv, &row, &has_row, &e)) && has_row) {
        if (row.is_ragged) {
            complain(c, file, (uint32_t)row.line, "the line has %zu cells, the header has %zu",
                     row.n, w->column_count);
            continue;
        }
        if (row.number == 1) {
            w->column_count = row.n;
            w->columns = arena_array(a, str, row.n);
            for (size_t i = 0; i < row.n; i++)
                w->columns[i] = arena_copy(a, row.cells[i]);
            continue;
        }
        for (size_t i = 0; i < row.n; i++)
            VEC_ADD(a, w->cells, n, size) = value_of_text(arena_copy(a, row.cells[i]));
        w->rows++;
    }
    if (!ok)
        complain(c, file, 1, "%s", e.msg);
    csv_destroy(csv);
    return ok;
}

static void load_one(struct map *all, str name, str file, str content, struct complaints *c,
                     struct arena *a)
{
    struct words *w = arena_new(a, struct words);
    w->name = name;
    if (map_has(all, name)) {
        complain(c, file, 1, "there is another list called \"%.*s\"", STR_ARG(name));
        return;
    }
    if (!read_rows(w, content, c, file, a))
        return;
    for (size_t i = 0; i < w->rows; i++) {
        struct value *cells = w->cells + i * w->column_count;
        if (!map_has(&w->by_first, cells->text))
            map_set(&w->by_first, a, cells->text, cells);
    }
    map_set(all, a, name, w);
}

void words_load(struct map *all, const struct bundle *source, struct complaints *c, struct arena *a)
{
    for (size_t i = 0; i < source->n; i++) {
        const struct bundle_package *p = &source->packages[i];
        for (size_t k = 0; k < p->n; k++) {
            str path = p->files[k].path;
            bool is_list = (str_starts(path, STR("demo/")) || str_starts(path, STR("seed/"))) &&
                           str_ends(path, STR(".csv"));
            if (is_list)
                load_one(all, str_slice(path, 5, path.n - 4),
                         arena_format(a, "%.*s/%.*s", STR_ARG(p->folder), STR_ARG(path)),
                         p->files[k].content, c, a);
        }
    }
}

void table_add(struct table *t, struct arena *a, struct value item, int64_t weight)
{
    size_t n = t->n, size = t->size;
    uint64_t total = table_total(t) + (weight > 0 ? (uint64_t)weight : 0);
    VEC_ADD(a, t->items, n, size) = item;
    n = t->n;
    size = t->size;
    VEC_ADD(a, t->up_to, n, size) = total;
    t->n = n;
    t->size = size;
}

size_t table_find(const struct table *t, uint64_t at)
{
    size_t low = 0, high = t->n - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (t->up_to[middle] > at)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}
