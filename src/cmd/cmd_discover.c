/* shuzhi discover: what sensitive content a file or a dataset holds, by column, and the grade
 * (DB33/T 2351) that it asks for.  A value itself is never printed. */
#include "audit/audit.h"
#include "cmd/command.h"
#include "cmd/settings.h"
#include "registry/snapshot.h"
#include "text/csv.h"
#include "text/encoding.h"
#include "text/recognise.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { MAX_LINE = 1 << 20, MAX_REPORT = 64 << 20, SAMPLE = 1 << 16, MAX_SQL = 1 << 20 };

struct column {
    str name, heading;
    const struct field *field; /* of a dataset; NULL: of a file */
    size_t cells;              /* not empty */
    size_t with[SENSITIVE_COUNT];
};

static void add_cell(struct column *c, str cell)
{
    struct recogniser r;
    struct finding f;
    unsigned seen = 0;
    if (str_trim(cell).n == 0)
        return;
    c->cells++;
    recognise_begin(&r, cell, c->heading);
    while (recognise_next(&r, &f)) {
        c->with[f.kind] += !(seen >> f.kind & 1);
        seen |= 1u << f.kind;
    }
}

/* Three cells or one in a hundred: one number that only looks like something moves no grade. */
static enum grade proposed(const struct column *c)
{
    int grade = GRADE_L1;
    for (size_t k = 0; k < SENSITIVE_COUNT; k++) {
        bool counts = c->with[k] && (c->with[k] >= 3 || c->with[k] * 100 >= c->cells);
        if (counts && sensitive_grade((enum sensitive_kind)k) > grade)
            grade = sensitive_grade((enum sensitive_kind)k);
    }
    return (enum grade)grade;
}

static bool is_too_low(const struct column *c)
{
    return c->field && c->field->grade < proposed(c);
}

static void write_json(struct buf *out, const struct column *columns, size_t n)
{
    buf_add_lit(out, "{\"columns\":[");
    for (size_t i = 0; i < n; i++) {
        const struct column *c = &columns[i];
        buf_add(out, i ? STR(",\n{\"name\":") : STR("\n{\"name\":"));
        json_write_string(out, c->name);
        buf_add_format(out, ",\"cells\":%zu,\"kinds\":[", c->cells);
        bool is_first = true;
        for (size_t k = 0; k < SENSITIVE_COUNT; k++) {
            if (!c->with[k])
                continue;
            buf_add_format(out, "%s{\"kind\":\"%s\",\"cells\":%zu,\"share\":%.4f}",
                           is_first ? "" : ",", sensitive_name((enum sensitive_kind)k), c->with[k],
                           (double)c->with[k] / (double)c->cells);
            is_first = false;
        }
        buf_add_format(out, "],\"proposed\":\"%s\"", grade_name(proposed(c)));
        if (c->field)
            buf_add_format(out, ",\"x-grade\":\"%s\",\"is_too_low\":%s",
                           grade_name(c->field->grade), is_too_low(c) ? "true" : "false");
        buf_add_char(out, '}');
    }
    buf_add_lit(out, "\n]}\n");
}

static void write_text(struct buf *out, const struct column *columns, size_t n)
{
    size_t low = 0;
    for (size_t i = 0; i < n; i++) {
        const struct column *c = &columns[i];
        buf_add_format(out, "%.*s: %zu cells, proposed %s", STR_ARG(c->name), c->cells,
                       grade_name(proposed(c)));
        if (c->field)
            buf_add_format(out, ", x-grade %s%s", grade_name(c->field->grade),
                           is_too_low(c) ? " is too low" : "");
        buf_add_char(out, '\n');
        for (size_t k = 0; k < SENSITIVE_COUNT; k++) {
            if (c->with[k])
                buf_add_format(out, "    %s %s: %zu cells, %.2f %%\n",
                               sensitive_zh((enum sensitive_kind)k),
                               sensitive_name((enum sensitive_kind)k), c->with[k],
                               100 * (double)c->with[k] / (double)c->cells);
        }
        low += is_too_low(c);
    }
    if (n && columns->field)
        buf_add_format(out, "%zu of %zu fields are graded too low\n", low, n);
}

static bool report(const struct column *columns, size_t n, bool is_json, struct err *e)
{
    BUF_SCOPED struct buf out = {.max = MAX_REPORT};
    (is_json ? write_json : write_text)(&out, columns, n);
    if (out.is_full)
        return err_set(e, ERR_LIMIT, "the report is longer than %d bytes", MAX_REPORT);
    fwrite(out.p, 1, out.n, stdout);
    return true;
}

/* --- files --------------------------------------------------------------------------------------
 */

static bool read_table(struct csv *csv, bool is_json, struct arena *a, struct err *e)
{
    struct csv_row row;
    bool has_row;
    if (!csv_take_row(csv, &row, &has_row, e))
        return false;
    if (!has_row)
        return err_set(e, ERR_INVALID, "the file is empty");
    size_t n = row.n;
    struct column *columns = arena_array(a, struct column, n);
    for (size_t i = 0; i < n; i++)
        columns[i].name = columns[i].heading = arena_copy(a, str_trim(row.cells[i]));
    while (csv_take_row(csv, &row, &has_row, e) && has_row) {
        for (size_t i = 0; i < row.n; i++) /* what is past the heading goes with the last column */
            add_cell(&columns[i < n ? i : n - 1], row.cells[i]);
    }
    return !e->code && report(columns, n, is_json, e);
}

/* Lines are the cells of one column without a heading. */
static bool read_lines(struct source s, bool is_json, struct err *e)
{
    struct column c = {.name = STR("text")};
    BUF_SCOPED struct buf held = {.max = MAX_LINE + SAMPLE};
    char piece[SAMPLE];
    size_t n;
    do {
        if (!source_take(s, piece, sizeof piece, &n, e))
            return false;
        str rest = {piece, n};
        for (size_t at; (at = str_find(rest, STR("\n"))) != SIZE_MAX;) {
            buf_add(&held, str_slice(rest, 0, at));
            add_cell(&c, buf_str(&held));
            buf_clear(&held);
            rest = str_slice(rest, at + 1, rest.n);
        }
        buf_add(&held, rest);
        if (held.n > MAX_LINE || held.is_full)
            return err_set(e, ERR_LIMIT, "a line is longer than %d bytes", MAX_LINE);
    } while (n);
    add_cell(&c, buf_str(&held));
    return report(&c, 1, is_json, e);
}

static bool discover_file(const char *path, bool is_json, struct arena *a, struct err *e)
{
    struct encoding_reader reader;
    struct csv_options options = {0};
    struct source_file file;
    char *sample = arena_alloc(a, SAMPLE, 1);
    str name = str_from(path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : pread(fd, sample, SAMPLE, 0);
    bool ok = n >= 0 || err_set(e, ERR_MISSING, "%s: %s", path, strerror(errno));
    str head = {sample, n > 0 ? (size_t)n : 0};
    if (ok && memchr(sample, 0, head.n) && !str_starts(head, STR("\xff\xfe")) &&
        !str_starts(head, STR("\xfe\xff")))
        ok = err_set(e, ERR_INVALID, "%s is no text; a workbook as CSV: shuzhi convert", path);
    ok = ok && encoding_open(&reader, source_of_file(&file, fd), encoding_detect(head), e);
    if (ok) {
        bool is_table = str_ends(name, STR(".csv")) || str_ends(name, STR(".tsv"));
        csv_detect(head, &options);
        if (is_table) {
            struct csv *csv = csv_create(encoding_source(&reader), &options);
            ok = read_table(csv, is_json, a, e);
            csv_destroy(csv);
        } else {
            ok = read_lines(encoding_source(&reader), is_json, e);
        }
        encoding_close(&reader);
    }
    if (fd >= 0)
        close(fd);
    return ok;
}

/* --- datasets -----------------------------------------------------------------------------------
 */

/* Reading all of a dataset is a look at it: on record before anything is told. */
static bool record(struct db *db, const struct dataset *d, int64_t rows, struct arena *a,
                   struct err *e)
{
    struct audit_entry entry = {.who = STR("-"),
                                .via = STR("command"),
                                .action = STR("discover"),
                                .dataset = d->id,
                                .count = rows,
                                .result = STR("ok")};
    db_rollback(db); /* it only read */
    return audit_save(db, a, &entry, e);
}

static bool read_dataset(struct db *db, const struct dataset *d, bool is_json, struct arena *a,
                         struct err *e)
{
    BUF_SCOPED struct buf sql = {.max = MAX_SQL};
    struct column *columns = arena_array(a, struct column, d->field_count);
    buf_add_lit(&sql, "declare discovered no scroll cursor for select ");
    for (size_t i = 0; i < d->field_count; i++) {
        const struct field *f = &d->fields[i];
        columns[i] = (struct column){.name = f->name, .heading = f->title.zh, .field = f};
        buf_add_format(&sql, "%s%.*s::text", i ? ", " : "", STR_ARG(f->column));
    }
    buf_add_format(&sql, " from %.*s", STR_ARG(d->table));
    buf_add_char(&sql, '\0');
    if (sql.is_full || !db_script(db, "begin isolation level repeatable read read only", e) ||
        !db_script(db, sql.p, e))
        return err_set(e, ERR_LIMIT, "%.*s has too many fields", STR_ARG(d->id));
    int64_t all = 0;
    for (size_t got = 1; got;) {
        ARENA_SCOPED struct arena part = {0};
        struct rows rows;
        if (!DB0(db, &part, &rows, e, "fetch 5000 from discovered"))
            return false;
        for (size_t row = 0; row < rows.n; row++) {
            for (size_t i = 0; i < d->field_count; i++)
                add_cell(&columns[i], rows_text(&rows, row, (int)i));
        }
        got = rows.n;
        all += (int64_t)rows.n;
    }
    return record(db, d, all, a, e) && report(columns, d->field_count, is_json, e);
}

static bool discover_dataset(const char *name, bool is_json, struct arena *a, struct err *e)
{
    struct db *db = db_open(settings_database_url(), e);
    struct registry *r = db ? snapshot_load(db, e) : NULL;
    const struct dataset *d = r ? dataset_find(r, str_from(name)) : NULL;
    if (r && !d)
        err_set(e, ERR_MISSING, "there is no dataset \"%s\"", name);
    bool ok = d && read_dataset(db, d, is_json, a, e);
    db_rollback(db);
    registry_drop(r);
    db_close(db);
    return ok;
}

int cmd_discover(int argc, char **argv)
{
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    const char *file = NULL, *dataset = NULL;
    bool is_json = false, is_wrong = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            is_json = true;
        else if (strcmp(argv[i], "--dataset") == 0 && i + 1 < argc)
            dataset = argv[++i];
        else if (*argv[i] != '-' && !file)
            file = argv[i];
        else
            is_wrong = true;
    }
    if (is_wrong || !file == !dataset) {
        fputs("usage: shuzhi discover [--json] FILE | [--json] --dataset NAME\n", stderr);
        return err_exit_code(ERR_INVALID);
    }
    bool ok =
        file ? discover_file(file, is_json, &a, &e) : discover_dataset(dataset, is_json, &a, &e);
    return ok ? 0 : settings_fail(&e);
}
