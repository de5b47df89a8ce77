#include "text/csv.h"

#include "base/buf.h"

#include <stdlib.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
    READ_SIZE = 256 << 10,
    BLOCK = 16,   /* bytes looked at together */
    PADDING = 64, /* readable behind the data, so that a block may run over its end */
    SAMPLE_ROWS = 50
};

struct csv {
    struct source source;
    struct csv_options o;
    char *buf;
    size_t size, n, at; /* at: start of the next row */
    uint64_t offset;    /* of buf in the input */
    uint64_t line, number;
    bool has_ended;
    str *cells;
    size_t cell_count, cell_size;
    uint32_t *quoted; /* cells that need their quotes taken out */
    size_t quoted_count, quoted_size;
};

/* The row being scanned. */
struct scan {
    const char *cell; /* start of the current cell */
    uint64_t lines;   /* line ends passed inside quotes */
    uint64_t quote_line;
    bool is_in_quotes; /* the data ended inside */
    bool has_stray_quote;
};

static void *more_of(void *p, size_t *size, size_t want, size_t item)
{
    size_t grown = *size < 64 ? 64 : *size * 2;
    grown = grown < want ? want : grown;
    void *q = realloc(p, grown * item);
    if (!q) {
        fputs("{\"level\":\"fatal\",\"msg\":\"out of memory\"}\n", stderr);
        abort();
    }
    *size = grown;
    return q;
}

struct csv *csv_create(struct source source, const struct csv_options *options)
{
    size_t one = 0;
    struct csv *c = more_of(NULL, &one, 1, sizeof *c);
    *c = (struct csv){.source = source};
    if (options)
        c->o = *options;
    c->o.separator = c->o.separator ? c->o.separator : ',';
    c->o.line_end = c->o.line_end ? c->o.line_end : '\n';
    c->o.max_columns = c->o.max_columns ? c->o.max_columns : CSV_MAX_COLUMNS;
    c->o.max_cell = c->o.max_cell ? c->o.max_cell : CSV_MAX_CELL;
    c->o.max_row = c->o.max_row ? c->o.max_row : CSV_MAX_ROW;
    c->offset = c->o.offset;
    c->line = c->o.line ? c->o.line : 1;
    return c;
}

void csv_destroy(struct csv *c)
{
    if (!c)
        return;
    free(c->buf);
    free(c->cells);
    free(c->quoted);
    free(c);
}

/* Bit i: p[i] is the separator, a line end or a quote. */
static inline uint32_t special_bits(const char *p, char separator, char line_end)
{
#ifdef __SSE2__
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(separator)),
                               _mm_cmpeq_epi8(v, _mm_set1_epi8(line_end)));
    hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
    return (uint32_t)_mm_movemask_epi8(hit);
#else
    uint32_t bits = 0;
    for (uint32_t i = 0; i < BLOCK; i++)
        bits |= (uint32_t)(p[i] == separator || p[i] == line_end || p[i] == '"') << i;
    return bits;
#endif
}

static bool add_cell(struct csv *c, struct scan *s, const char *end, struct err *e)
{
    size_t n = (size_t)(end - s->cell);
    if (n > c->o.max_cell)
        return err_set(e, ERR_LIMIT, "line %llu: a cell has %zu bytes; at most %zu are read",
                       (unsigned long long)c->line, n, c->o.max_cell);
    if (c->cell_count == c->o.max_columns)
        return err_set(e, ERR_LIMIT, "line %llu: more than %zu columns",
                       (unsigned long long)c->line, c->o.max_columns);
    if (c->cell_count == c->cell_size)
        c->cells = more_of(c->cells, &c->cell_size, 0, sizeof *c->cells);
    c->cells[c->cell_count++] = (str){s->cell, n};
    s->cell = end + 1;
    return true;
}

/* From an opening quote to behind the closing one; NULL when the data ends before. */
static const char *skip_quoted(struct csv *c, struct scan *s, const char *p, const char *end)
{
    s->quote_line = c->line + s->lines;
    for (p++;;) {
        const char *q = p < end ? memchr(p, '"', (size_t)(end - p)) : NULL;
        const char *stop = q ? q : end;
        for (const char *nl = p; (nl = memchr(nl, c->o.line_end, (size_t)(stop - nl))); nl++)
            s->lines++;
        if (!q) {
            s->is_in_quotes = true;
            return NULL;
        }
        if (q + 1 < end && q[1] == '"') {
            p = q + 2;
            continue;
        }
        if (q + 1 == end && !c->has_ended) /* perhaps the first of two */
            return NULL;
        if (c->quoted_count == c->quoted_size)
            c->quoted = more_of(c->quoted, &c->quoted_size, 0, sizeof *c->quoted);
        c->quoted[c->quoted_count++] = (uint32_t)c->cell_count;
        return q + 1;
    }
}

enum outcome { ROW_FOUND, ROW_OPEN /* the data ends before the row does */, ROW_FAILED };

/* Finds the cells of the row that begins at c->at.  *next: behind its end. */
static enum outcome scan_row(struct csv *c, struct scan *s, size_t *next, struct err *e)
{
    const char *p = c->buf + c->at, *end = c->buf + c->n;
    *s = (struct scan){.cell = p};
    c->cell_count = c->quoted_count = 0;
    while (p < end) {
        uint32_t bits = special_bits(p, c->o.separator, c->o.line_end);
        const char *block = p;
        p += BLOCK;
        for (; bits; bits &= bits - 1) {
            const char *q = block + __builtin_ctz(bits);
            if (q >= end)
                break;
            if (*q == '"') {
                if (q != s->cell) /* a quote inside a bare cell is only itself */
                    continue;
                p = skip_quoted(c, s, q, end);
                if (!p)
                    return ROW_OPEN;
                if (p < end && *p != c->o.separator && *p != c->o.line_end && *p != '\r')
                    s->has_stray_quote = true;
                break;
            }
            if (*q == c->o.separator) {
                if (!add_cell(c, s, q, e))
                    return ROW_FAILED;
                continue;
            }
            bool is_crlf = q > s->cell && q[-1] == '\r' && c->o.line_end == '\n';
            *next = (size_t)(q + 1 - c->buf);
            return add_cell(c, s, q - is_crlf, e) ? ROW_FOUND : ROW_FAILED;
        }
    }
    if (!c->has_ended)
        return ROW_OPEN;
    *next = c->n;
    end -= end > s->cell && end[-1] == '\r';
    return add_cell(c, s, end, e) ? ROW_FOUND : ROW_FAILED;
}

/* Takes the quotes out, in place.  Text behind the closing quote is kept as it is. */
static str unquote(str cell)
{
    char *out = (char *)(uintptr_t)cell.p + 1, *start = out;
    const char *p = cell.p + 1, *end = cell.p + cell.n;
    for (;;) {
        const char *q = p < end ? memchr(p, '"', (size_t)(end - p)) : NULL;
        const char *stop = q ? q : end;
        memmove(out, p, (size_t)(stop - p));
        out += stop - p;
        if (!q)
            break;
        p = q + 1;
        if (p < end && *p == '"') {
            *out++ = '"';
            p++;
            continue;
        }
        memmove(out, p, (size_t)(end - p));
        out += end - p;
        break;
    }
    return (str){start, (size_t)(out - start)};
}

/* Reads on, keeping what begins at c->at.  A long row gets as much again as it has. */
static bool refill(struct csv *c, struct err *e)
{
    size_t left = c->n - c->at, n = 0;
    size_t want = left > READ_SIZE ? left : READ_SIZE;
    if (c->at)
        memmove(c->buf, c->buf + c->at, left);
    c->offset += c->at;
    c->n = left;
    c->at = 0;
    if (c->size < left + want + PADDING)
        c->buf = more_of(c->buf, &c->size, left + want + PADDING, 1);
    do {
        if (!source_take(c->source, c->buf + c->n, want, &n, e))
            return false;
        c->n += n;
        want -= n;
    } while (n && want);
    c->has_ended = n == 0;
    memset(c->buf + c->n, 0, PADDING);
    return true;
}

static bool fail_open_row(struct csv *c, const struct scan *s, struct err *e)
{
    if (s->is_in_quotes)
        return err_set(e, c->has_ended ? ERR_INVALID : ERR_LIMIT,
                       "line %llu: the quote that opens here is not closed",
                       (unsigned long long)s->quote_line);
    return err_set(e, ERR_LIMIT, "line %llu: the row has more than %zu bytes",
                   (unsigned long long)c->line, c->o.max_row);
}

static bool skip_byte_order_mark(struct csv *c, struct err *e)
{
    if (c->buf)
        return true;
    if (!refill(c, e))
        return false;
    if (c->offset == 0 && c->n >= 3 && memcmp(c->buf, "\xef\xbb\xbf", 3) == 0)
        c->at = 3;
    return true;
}

static void give(struct csv *c, const struct scan *s, struct csv_row *row)
{
    for (size_t i = 0; i < c->quoted_count; i++)
        c->cells[c->quoted[i]] = unquote(c->cells[c->quoted[i]]);
    if (!c->o.width)
        c->o.width = c->cell_count;
    *row = (struct csv_row){c->cells,          c->cell_count, c->offset + c->at,
                            c->line,           ++c->number,   c->cell_count != c->o.width,
                            s->has_stray_quote};
}

bool csv_take_row(struct csv *c, struct csv_row *row, bool *has_row, struct err *e)
{
    struct scan s;
    size_t next;
    if (!skip_byte_order_mark(c, e))
        return false;
    for (;;) {
        if (c->at == c->n && c->has_ended) {
            *has_row = false;
            return true;
        }
        enum outcome o = c->at == c->n ? ROW_OPEN : scan_row(c, &s, &next, e);
        if (o == ROW_FAILED)
            return false;
        if (o == ROW_OPEN) {
            if (c->at < c->n && (c->has_ended || c->n - c->at > c->o.max_row))
                return fail_open_row(c, &s, e);
            if (!refill(c, e))
                return false;
            continue;
        }
        if (next - c->at > c->o.max_row)
            return fail_open_row(c, &s, e);
        bool is_blank = c->cell_count == 1 && c->cells[0].n == 0;
        if (!is_blank)
            give(c, &s, row);
        c->line += 1 + s.lines;
        c->at = next;
        if (!is_blank) {
            *has_row = true;
            return true;
        }
    }
}

/* How well a separator fits: rows with as many cells as the first, and how many cells. */
static size_t score(str sample, char separator, char line_end)
{
    size_t rows = 0, alike = 0, first = 0, count = 0;
    bool is_quoted = false;
    for (size_t i = 0; i < sample.n && rows < SAMPLE_ROWS; i++) {
        char ch = sample.p[i];
        if (ch == '"') {
            is_quoted = !is_quoted;
        } else if (!is_quoted && ch == separator) {
            count++;
        } else if (!is_quoted && ch == line_end) {
            first = rows == 0 ? count : first;
            alike += count == first;
            rows++;
            count = 0;
        }
    }
    if (rows == 0) {
        first = count;
        rows = alike = 1;
    }
    return first ? alike * 10000 / rows * 100 + (first < 100 ? first : 99) : 0;
}

void csv_detect(str sample, struct csv_options *o)
{
    static const char candidates[] = ",\t;|";
    size_t best = 0;
    bool has_lf = sample.n && memchr(sample.p, '\n', sample.n);
    bool has_cr = sample.n && memchr(sample.p, '\r', sample.n);
    o->line_end = has_cr && !has_lf ? '\r' : '\n';
    o->separator = ',';
    for (const char *c = candidates; *c; c++) {
        size_t s = score(sample, *c, o->line_end);
        if (s > best) {
            best = s;
            o->separator = *c;
        }
    }
}

void csv_write_cell(struct buf *b, str s, char before)
{
    bool is_formula =
        s.n && (s.p[0] == '=' || s.p[0] == '@' || s.p[0] == '+' || s.p[0] == '-' || s.p[0] == '\t');
    for (size_t i = 1; is_formula && s.p[0] == '-' && i <= s.n;
         i++) { /* a number below zero is none */
        if (i == s.n)
            is_formula = s.n == 1;
        else if ((s.p[i] < '0' || s.p[i] > '9') && s.p[i] != '.')
            break;
    }
    if (before)
        buf_add_char(b, before);
    buf_add_char(b, '"');
    if (is_formula)
        buf_add_char(b, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            buf_add_char(b, '"');
        buf_add_char(b, s.p[i]);
    }
    buf_add_char(b, '"');
}
