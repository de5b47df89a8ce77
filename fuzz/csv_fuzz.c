/* Any bytes as CSV in any encoding, at once and in pieces: the same rows, the same end. */
#include "fuzz.h"
#include "text/csv.h"
#include "text/encoding.h"

struct pieces {
    str rest;
    size_t step;
};

static bool read_pieces(void *arg, char *p, size_t room, size_t *n, struct err *e)
{
    struct pieces *s = arg;
    (void)e;
    *n = s->rest.n < s->step ? s->rest.n : s->step;
    *n = *n < room ? *n : room;
    if (*n)
        memcpy(p, s->rest.p, *n);
    s->rest = str_slice(s->rest, *n, s->rest.n);
    return true;
}

static uint64_t digest(str text, size_t step, const struct csv_options *o)
{
    struct pieces pieces = {text, step};
    struct encoding_reader r;
    struct csv_row row;
    struct err e = {0};
    bool has_row;
    uint64_t h = 0, offset = 0;
    MUST(encoding_open(&r, (struct source){read_pieces, &pieces}, encoding_detect(text), &e));
    struct csv *c = csv_create(encoding_source(&r), o);
    while (csv_take_row(c, &row, &has_row, &e) && has_row) {
        MUST(row.offset >= offset && row.n > 0);
        offset = row.offset;
        h = h * 31 + row.n * 4 + row.is_ragged * 2 + row.has_stray_quote;
        for (size_t i = 0; i < row.n; i++) {
            h = str_hash(row.cells[i], h);
            MUST(utf8_is_valid(row.cells[i]));
        }
        h = h * 31 + row.line;
    }
    csv_destroy(c);
    encoding_close(&r);
    return h * 31 + (uint64_t)e.code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct csv_options o = {.max_columns = 100, .max_cell = 1000, .max_row = 4000};
    str text = {(const char *)data, n};
    if (n < 1)
        return 0;
    csv_detect(text, &o);
    uint64_t whole = digest(text, SIZE_MAX, &o);
    MUST(digest(text, 1 + data[0] % 7u, &o) == whole);
    return 0;
}
