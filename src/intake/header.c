#include "intake/header.h"

enum { LOOK_ROWS = 30, MAX_DISTANCE_LENGTH = 64 };

const struct field HEADER_ROW_NUMBER = {.name = {"_row", 4}};

const char *header_how_name(enum header_how how)
{
    static const char *const names[] = {
#define X(name) #name,
        HEADER_HOWS(X)
#undef X
    };
    return names[how];
}

static bool is_dropped(uint32_t c)
{
    static const uint32_t dropped[] = {' ',    '\t',   '\n', '\r',   0x3000, 0xfeff,
                                       0x200b, '*',    ':',  0xff1a, '_',    '-',
                                       '.',    0x3001, ',',  '"',    '\'',   0xa0};
    for (size_t i = 0; i < COUNT(dropped); i++) {
        if (c == dropped[i])
            return true;
    }
    return false;
}

str header_normal(struct arena *a, str s)
{
    char *p = arena_alloc(a, s.n * 2 + 8, 1);
    size_t n = 0;
    while (s.n) {
        uint32_t c = utf8_take(&s);
        if (c >= 0xff01 && c <= 0xff5e)
            c -= 0xfee0; /* full width */
        if (c == '(' || c == 0x3010 || c == '[')
            break; /* 面积（亩）: a unit or a note follows */
        if (is_dropped(c))
            continue;
        if (c >= 'A' && c <= 'Z')
            c += 32;
        n += utf8_put(p + n, c);
    }
    return (str){p, n};
}

/* Longest common subsequence over code points, as a share of the longer text, in percent. */
static int similarity(str x, str y)
{
    uint32_t a[MAX_DISTANCE_LENGTH] = {0}, b[MAX_DISTANCE_LENGTH] = {0};
    int best[MAX_DISTANCE_LENGTH + 1] = {0};
    int n = 0, m = 0;
    while (x.n && n < MAX_DISTANCE_LENGTH)
        a[n++] = utf8_take(&x);
    while (y.n && m < MAX_DISTANCE_LENGTH)
        b[m++] = utf8_take(&y);
    for (int i = 0; i < n; i++) {
        int diagonal = 0;
        for (int j = 0; j < m; j++) {
            int above = best[j + 1];
            best[j + 1] = a[i] == b[j] ? diagonal + 1 : best[j] > above ? best[j] : above;
            diagonal = above;
        }
    }
    int longer = n > m ? n : m;
    return longer ? best[m] * 100 / longer : 0;
}

struct name {
    str text; /* normal form */
    const struct field *field;
    enum header_how how;
};

struct names {
    struct name *items;
    size_t n, size;
};

static void add_name(struct names *names, struct arena *a, const struct field *f, str text,
                     enum header_how how)
{
    str normal = header_normal(a, text);
    if (normal.n)
        VEC_ADD(a, names->items, names->n, names->size) = (struct name){normal, f, how};
}

static struct names names_of(struct arena *a, const struct dataset *d)
{
    struct names names = {0};
    for (size_t i = 0; i < d->field_count; i++) {
        const struct field *f = &d->fields[i];
        add_name(&names, a, f, f->name, HEADER_exact);
        add_name(&names, a, f, f->title.zh, HEADER_exact);
        add_name(&names, a, f, f->title.en, HEADER_exact);
        for (size_t k = 0; k < f->alias_count; k++)
            add_name(&names, a, f, f->aliases[k], HEADER_alias);
    }
    return names;
}

static void match(struct header_column *c, const struct names *names, const struct dataset *d,
                  const struct map *remembered, struct arena *a)
{
    str normal = header_normal(a, c->header);
    int best = 69;
    if (str_is(str_trim(c->header), "_row")) {
        c->field = &HEADER_ROW_NUMBER;
        c->how = HEADER_exact;
        return;
    }
    const str *known = remembered ? map_find(remembered, normal) : NULL;
    if (known) {
        c->field = known->n ? field_find(d, *known) : NULL;
        c->how = HEADER_remembered;
        return;
    }
    for (size_t i = 0; normal.n && i < names->n; i++) {
        const struct name *name = &names->items[i];
        if (str_equal(normal, name->text) && name->how > c->how) {
            c->field = name->field;
            c->how = name->how;
        }
    }
    for (size_t i = 0; c->how == HEADER_none && i < names->n; i++) {
        int s = similarity(normal, names->items[i].text);
        if (s > best) {
            best = s;
            c->field = names->items[i].field;
        }
    }
    if (c->how == HEADER_none && c->field)
        c->how = HEADER_similar;
}

/* A field belongs to one column: the better match keeps it, the first among equals. */
static void settle_doubles(struct header_column *columns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            bool is_loser =
                i != j && columns[i].field && columns[i].field == columns[j].field &&
                (columns[i].how < columns[j].how || (columns[i].how == columns[j].how && i > j));
            if (is_loser) {
                columns[i].field = NULL;
                columns[i].how = HEADER_none;
                break;
            }
        }
    }
}

struct look {
    const struct dataset *dataset;
    const struct map *remembered;
    struct names names;
    struct arena *arena;
    str *rows[LOOK_ROWS];
    size_t widths[LOOK_ROWS];
    size_t n;
};

static struct header_column *match_row(struct look *l, size_t row, size_t width, int *score)
{
    struct header_column *columns = arena_array(l->arena, struct header_column, width);
    *score = 0;
    for (size_t i = 0; i < width; i++) {
        str header = i < l->widths[row] ? str_trim(l->rows[row][i]) : (str){"", 0};
        /* Merged over two rows: what is empty here stands above. */
        if (header.n == 0 && row > 0 && i < l->widths[row - 1])
            header = str_trim(l->rows[row - 1][i]);
        columns[i].header = header;
        if (header.n)
            match(&columns[i], &l->names, l->dataset, l->remembered, l->arena);
    }
    settle_doubles(columns, width);
    for (size_t i = 0; i < width; i++)
        *score += columns[i].how == HEADER_similar ? 1 : columns[i].how != HEADER_none ? 3 : 0;
    return columns;
}

static void add_samples(struct look *l, struct header *h)
{
    for (size_t r = (size_t)h->row; r < l->n; r++) {
        for (size_t i = 0; i < h->n && i < l->widths[r]; i++) {
            struct header_column *c = &h->columns[i];
            str v = str_trim(l->rows[r][i]);
            if (v.n && c->sample_count < HEADER_SAMPLES)
                c->samples[c->sample_count++] = v;
        }
    }
}

static bool look_at_rows(struct look *l, struct reader *r, struct err *e)
{
    while (l->n < LOOK_ROWS) {
        struct raw_row row;
        bool has_row;
        if (!reader_take(r, &row, &has_row, e))
            return false;
        if (!has_row)
            break;
        str *cells = arena_array(l->arena, str, row.n);
        for (size_t i = 0; i < row.n; i++)
            cells[i] = arena_copy(l->arena, row.cells[i]);
        l->rows[l->n] = cells;
        l->widths[l->n++] = row.n;
    }
    return true;
}

static void choose_row(struct look *l, struct header *h)
{
    int best = 0;
    for (size_t r = 0; r < l->n && r < HEADER_MAX_ROW; r++) {
        int score;
        size_t width = l->widths[r];
        if (r > 0 && l->widths[r - 1] > width)
            width = l->widths[r - 1];
        struct header_column *columns = match_row(l, r, width, &score);
        if (score > best || r == 0) {
            best = score;
            *h = (struct header){r + 1, columns, width};
        }
    }
}

static bool examine_json(struct look *l, const char *path, struct header *h, struct err *e)
{
    str *keys;
    size_t n;
    if (!reader_find_keys(path, l->arena, &keys, &n, e))
        return false;
    h->columns = arena_array(l->arena, struct header_column, n);
    h->n = n;
    for (size_t i = 0; i < n; i++) {
        h->columns[i].header = keys[i];
        match(&h->columns[i], &l->names, l->dataset, l->remembered, l->arena);
    }
    settle_doubles(h->columns, n);
    struct reader *r = reader_open(path, FILE_JSONL, ENCODING_UTF8, keys, n, e);
    bool ok = r && look_at_rows(l, r, e);
    reader_close(r);
    return ok;
}

bool header_examine(const char *path, enum file_kind kind, enum encoding encoding,
                    const struct dataset *d, const struct map *remembered, struct arena *a,
                    struct header *h, struct err *e)
{
    struct look l = {.dataset = d, .remembered = remembered, .names = names_of(a, d), .arena = a};
    *h = (struct header){0};
    if (kind == FILE_JSONL) {
        if (!examine_json(&l, path, h, e))
            return false;
    } else {
        struct reader *r = reader_open(path, FILE_CSV, encoding, NULL, 0, e);
        bool ok = r && look_at_rows(&l, r, e);
        reader_close(r);
        if (!ok)
            return false;
        if (l.n == 0) {
            err_set(e, ERR_INVALID, "the file has no rows");
            return err_zh(e, "文件中没有数据行");
        }
        choose_row(&l, h);
    }
    add_samples(&l, h);
    return true;
}
