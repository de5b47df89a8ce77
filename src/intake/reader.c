#include "intake/file.h"

#include "base/map.h"
#include "text/csv.h"
#include "text/jsonl.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { SAMPLE = 1 << 16, KEY_LINES = 500, MAX_KEYS = 4096 };

struct reader {
    enum file_kind kind;
    int fd;
    uint64_t position;
    struct encoding_reader encoding;
    bool has_encoding;
    struct csv *csv;
    struct jsonl jsonl;
    struct arena arena, line_arena;
    struct map columns; /* key → cell */
    str *cells;
    size_t column_count;
    uint64_t number;
};

static bool read_file(void *arg, char *p, size_t room, size_t *n, struct err *e)
{
    struct reader *r = arg;
    ssize_t got;
    do {
        got = read(r->fd, p, room);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return err_set(e, ERR_BROKEN, "the file cannot be read: %s", strerror(errno));
    *n = (size_t)got;
    r->position += (uint64_t)got;
    return true;
}

static bool open_csv(struct reader *r, struct source source, struct err *e)
{
    struct csv_options options = {0};
    char sample[SAMPLE];
    size_t n = 0, got = 1;
    /* The separator shows in the first bytes; the file is then read from its start again. */
    while (n < sizeof sample - 16 && got) {
        if (!source_take(source, sample + n, sizeof sample - n, &got, e))
            return false;
        n += got;
    }
    csv_detect((str){sample, n}, &options);
    enum encoding encoding = r->encoding.encoding;
    if (r->has_encoding)
        encoding_close(&r->encoding);
    r->position = 0;
    if (lseek(r->fd, 0, SEEK_SET) != 0 ||
        !encoding_open(&r->encoding, (struct source){read_file, r}, encoding, e))
        return err_set(e, ERR_BROKEN, "the file cannot be read from its start");
    r->csv = csv_create(encoding_source(&r->encoding), &options);
    return true;
}

struct reader *reader_open(const char *path, enum file_kind kind, enum encoding encoding,
                           const str *columns, size_t column_count, struct err *e)
{
    struct reader *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    r->kind = kind;
    r->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0) {
        err_set(e, ERR_MISSING, "the file cannot be opened: %s", strerror(errno));
        reader_close(r);
        return NULL;
    }
    if (!encoding_open(&r->encoding, (struct source){read_file, r}, encoding, e)) {
        reader_close(r);
        return NULL;
    }
    r->has_encoding = true;
    if (kind == FILE_JSONL) {
        jsonl_open(&r->jsonl, encoding_source(&r->encoding), 0);
        r->cells = arena_array(&r->arena, str, column_count);
        r->column_count = column_count;
        for (size_t i = 0; i < column_count; i++)
            map_set(&r->columns, &r->arena, arena_copy(&r->arena, columns[i]), &r->cells[i]);
    } else if (!open_csv(r, encoding_source(&r->encoding), e)) {
        reader_close(r);
        return NULL;
    }
    return r;
}

void reader_close(struct reader *r)
{
    if (!r)
        return;
    if (r->csv)
        csv_destroy(r->csv);
    if (r->kind == FILE_JSONL && r->has_encoding)
        jsonl_close(&r->jsonl);
    if (r->has_encoding)
        encoding_close(&r->encoding);
    if (r->fd >= 0)
        close(r->fd);
    arena_release(&r->arena);
    arena_release(&r->line_arena);
    free(r);
}

static str cell_of_json(struct arena *a, const struct json *v)
{
    if (v->type == JSON_STRING || v->type == JSON_NUMBER)
        return v->text;
    if (v->type == JSON_NULL)
        return STR("");
    if (v->type == JSON_TRUE || v->type == JSON_FALSE)
        return v->type == JSON_TRUE ? STR("true") : STR("false");
    BUF_SCOPED struct buf b = {.max = JSONL_MAX_LINE};
    json_write(&b, v);
    return arena_copy(a, buf_str(&b));
}

static bool take_json_line(struct reader *r, struct raw_row *row, bool *has_row, struct err *e)
{
    str line;
    struct json v;
    if (!jsonl_take_line(&r->jsonl, &line, has_row, e))
        return false;
    if (!*has_row)
        return true;
    arena_reset(&r->line_arena);
    struct err bad = {0};
    bool is_object = json_parse(&v, line, &r->line_arena, &bad) && v.type == JSON_OBJECT;
    memset(r->cells, 0, r->column_count * sizeof *r->cells);
    for (size_t i = 0; is_object && i < v.object.n; i++) {
        str *cell = map_find(&r->columns, v.object.members[i].key);
        if (cell)
            *cell = cell_of_json(&r->line_arena, &v.object.members[i].value);
    }
    *row = (struct raw_row){r->cells, r->column_count, ++r->number, !is_object};
    return true;
}

bool reader_take(struct reader *r, struct raw_row *row, bool *has_row, struct err *e)
{
    struct csv_row c;
    if (r->kind == FILE_JSONL)
        return take_json_line(r, row, has_row, e);
    if (!csv_take_row(r->csv, &c, has_row, e))
        return false;
    if (*has_row)
        *row = (struct raw_row){c.cells, c.n, c.number, c.is_ragged || c.has_stray_quote};
    return true;
}

uint64_t reader_position(const struct reader *r)
{
    return r->position;
}

static bool collect_keys(struct reader *r, struct arena *a, struct map *seen, struct err *e)
{
    for (int i = 0; i < KEY_LINES; i++) {
        str line;
        bool has_line;
        struct json v;
        struct err bad = {0};
        if (!jsonl_take_line(&r->jsonl, &line, &has_line, e))
            return false;
        if (!has_line)
            return true;
        arena_reset(&r->line_arena);
        if (!json_parse(&v, line, &r->line_arena, &bad) || v.type != JSON_OBJECT)
            continue;
        for (size_t k = 0; k < v.object.n; k++) {
            if (seen->n >= MAX_KEYS)
                return err_set(e, ERR_LIMIT, "the lines have more than %d different keys",
                               MAX_KEYS);
            if (!map_has(seen, v.object.members[k].key))
                map_set(seen, a, arena_copy(a, v.object.members[k].key), NULL);
        }
    }
    return true;
}

bool reader_find_keys(const char *path, struct arena *a, str **keys, size_t *n, struct err *e)
{
    struct map seen = {0};
    struct reader *r = reader_open(path, FILE_JSONL, ENCODING_UTF8, NULL, 0, e);
    bool ok = r && collect_keys(r, a, &seen, e);
    reader_close(r);
    if (!ok)
        return false;
    if (seen.n == 0) {
        err_set(e, ERR_INVALID, "no line of the file is a JSON object");
        return err_zh(e, "文件中没有一行是 JSON 对象");
    }
    *keys = arena_array(a, str, seen.n);
    for (size_t i = 0; i < seen.n; i++)
        (*keys)[i] = seen.entries[i].key;
    *n = seen.n;
    return true;
}
