/* Megabytes a second of CSV, from memory: bare bytes, plain cells, quoted cells, and with the
 * encodings in front.  csv_bench SECONDS */
#include <iconv.h>

#include "base/buf.h"
#include "text/csv.h"
#include "text/encoding.h"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void add_rows(struct buf *b, size_t bytes, const char *quote)
{
    for (int i = 0; b->n < bytes; i++)
        buf_add_format(b,
                       "33052119%02d0101%04d,%s张三丰%s,1,01,1990-01-%02d,13800%06d,"
                       "%s浙江省湖州市德清县武康街道中兴南路%d号%s,330521001012,31,20,%d,%d.50,"
                       "u%d@example.com,2021-09-07,0\n",
                       i % 100, i % 10000, quote, quote, i % 28 + 1, i % 1000000, quote, i % 900,
                       quote, i % 8, i % 50000, i % 100000);
}

static size_t read_rows(str text, enum encoding encoding, bool is_converted, size_t *cells)
{
    struct source_memory m;
    struct encoding_reader r;
    struct err e = {0};
    struct csv_row row;
    bool has_row;
    size_t rows = 0;
    struct source s = source_of_memory(&m, text);
    if (is_converted && !encoding_open(&r, s, encoding, &e))
        return 0;
    struct csv *c = csv_create(is_converted ? encoding_source(&r) : s, NULL);
    while (csv_take_row(c, &row, &has_row, &e) && has_row) {
        rows++;
        *cells += row.n;
    }
    csv_destroy(c);
    if (is_converted)
        encoding_close(&r);
    return rows;
}

static void measure(const char *name, str text, enum encoding encoding, bool is_converted,
                    double seconds)
{
    double best = 0, end = now() + seconds;
    size_t rows = 0, cells;
    do {
        double start = now();
        cells = 0;
        rows = read_rows(text, encoding, is_converted, &cells);
        double rate = (double)text.n / 1e6 / (now() - start);
        best = rate > best ? rate : best;
    } while (now() < end);
    printf("%-28s %8zu rows %9zu cells %8.0f MB/s\n", name, rows, cells, best);
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 2;
    enum { BYTES = 64 << 20 };
    struct buf plain, quoted, gb;
    buf_init(&plain, BYTES * 2);
    buf_init(&quoted, BYTES * 2);
    buf_init(&gb, BYTES * 2);
    add_rows(&plain, BYTES, "");
    add_rows(&quoted, BYTES, "\"");
    iconv_t cd = iconv_open("GB18030", "UTF-8");
    char *in = plain.p;
    size_t left = plain.n, room = BYTES + BYTES / 2;
    if (cd == (iconv_t)-1 || !buf_reserve(&gb, room))
        return 1;
    char *out = gb.p;
    if (iconv(cd, &in, &left, &out, &room) == (size_t)-1)
        return 1;
    gb.n = (size_t)(out - gb.p);
    iconv_close(cd);
    measure("plain cells", buf_str(&plain), ENCODING_UTF8, false, seconds);
    measure("two of fifteen quoted", buf_str(&quoted), ENCODING_UTF8, false, seconds);
    measure("plain, UTF-8 checked", buf_str(&plain), ENCODING_UTF8, true, seconds);
    measure("plain, from GB18030", buf_str(&gb), ENCODING_GB18030, true, seconds);
    buf_release(&plain);
    buf_release(&quoted);
    buf_release(&gb);
    return 0;
}
