/* shuzhi simulate: a decision over all rows of a CSV file or a dataset, with totals, by field, and
 * against another version of the model.  The report names model, data and parameters: the same
 * again gives the same bytes. */
#include "cmd/command.h"
#include "cmd/settings.h"
#include "feel/wire.h"
#include "registry/snapshot.h"
#include "rules/simulate_report.h"
#include "rules/simulate_source.h"

#include <errno.h>
#include <unistd.h>

enum { MAX_WORDS = 32 };

struct arguments {
    const char *model, *decision, *csv, *dataset, *against, *out;
    struct dmn_input parameters[MAX_WORDS];
    str by[MAX_WORDS];
    size_t parameter_count, by_count, top;
    const struct registry *registry; /* of a dataset, for titles */
    const struct dataset *of;
};

static uint64_t file_hash(const char *path)
{
    char part[1 << 14];
    uint64_t hash = 0;
    FILE *f = path ? fopen(path, "rb") : NULL;
    for (size_t n; f && (n = fread(part, 1, sizeof part, f)) > 0;)
        hash = str_hash((str){part, n}, hash);
    if (f)
        fclose(f);
    return hash;
}

/* What was run: enough to run it again. */
static void write_record(struct buf *out, const struct arguments *w, str version)
{
    buf_add_format(out, "{\"record\":{\"model\":\"%016llx\",\"against\":",
                   (unsigned long long)file_hash(w->model));
    if (w->against)
        buf_add_format(out, "\"%016llx\"", (unsigned long long)file_hash(w->against));
    else
        buf_add_lit(out, "null");
    buf_add_lit(out, ",\"data\":");
    json_write_string(out, version);
    buf_add_lit(out, ",\"decision\":");
    json_write_string(out, str_from(w->decision));
    buf_add_lit(out, ",\"parameters\":{");
    for (size_t i = 0; i < w->parameter_count; i++) {
        if (i)
            buf_add_char(out, ',');
        json_write_string(out, w->parameters[i].name);
        buf_add_char(out, ':');
        wire_write(out, w->parameters[i].value);
    }
    buf_add_lit(out, "}},\n");
}

static bool show_progress(void *data, size_t rows)
{
    (void)data;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%zu rows", rows);
    return true;
}

struct row_writer {
    FILE *file;
    size_t fields;
    bool compares;
    struct simulate_classes classes;
};

static void write_cell(FILE *f, struct value v)
{
    BUF_SCOPED struct buf b = {.max = 1 << 20};
    if (v.kind != VALUE_NULL)
        value_write(&b, v);
    bool needs_quotes =
        b.n && (memchr(b.p, ',', b.n) || memchr(b.p, '"', b.n) || memchr(b.p, '\n', b.n));
    if (needs_quotes)
        fputc('"', f);
    for (size_t i = 0; i < b.n; i++) {
        if (b.p[i] == '"')
            fputc('"', f);
        fputc(b.p[i], f);
    }
    if (needs_quotes)
        fputc('"', f);
}

static void write_row(void *data, const struct value *row, struct value result, struct value other)
{
    struct row_writer *w = data;
    simulate_classes_row(&w->classes, row, result, other);
    if (!w->file)
        return;
    for (size_t i = 0; i < w->fields; i++) {
        write_cell(w->file, row[i]);
        fputc(',', w->file);
    }
    write_cell(w->file, result);
    if (w->compares) {
        fputc(',', w->file);
        write_cell(w->file, other);
    }
    fputc('\n', w->file);
}

static bool begin_rows(struct row_writer *rows, const struct arguments *w,
                       const struct simulate_source *c, struct err *e)
{
    if (!(rows->file = fopen(w->out, "wb")))
        return err_set(e, ERR_BROKEN, "%s cannot be written: %s", w->out, strerror(errno));
    rows->fields = c->n;
    rows->compares = w->against != NULL;
    for (size_t i = 0; i < c->n; i++) {
        write_cell(rows->file, value_string(c->names[i]));
        fputc(',', rows->file);
    }
    fputs(w->against ? "result,against\n" : "result\n", rows->file);
    return true;
}

static bool report(const struct arguments *w, struct simulate_rows *from,
                   struct simulate_options *o, struct arena *a, struct err *e)
{
    BUF_SCOPED struct buf out = {.max = 256 << 20};
    struct row_writer rows = {.classes = {.arena = a}};
    struct simulate_report r;
    struct simulate_source source = simulate_rows_source(from);
    if (w->out && !begin_rows(&rows, w, &source, e))
        return false;
    o->row = write_row;
    o->row_data = &rows;
    bool ok = simulate_run(&source, o, a, &r, e);
    if (rows.file && fclose(rows.file) != 0)
        ok = err_set(e, ERR_BROKEN, "%s could not be written whole", w->out);
    if (!ok)
        return false;
    if (isatty(STDERR_FILENO))
        fputc('\n', stderr);
    write_record(&out, w, simulate_rows_version(from, a));
    simulate_report_write(&out, &r,
                          &(struct simulate_asked){w->registry, w->of, w->by, w->by_count,
                                                   w->against != NULL, &rows.classes});
    buf_add_lit(&out, "}\n");
    fwrite(out.p, 1, out.n, stdout);
    return true;
}

static bool simulate_dataset(struct arguments *w, struct simulate_options *o, struct arena *a,
                             struct err *e)
{
    struct db *db = db_open(settings_database_url(), e);
    struct registry *r = db ? snapshot_load(db, e) : NULL;
    const struct dataset *d = r ? dataset_find(r, str_from(w->dataset)) : NULL;
    if (r && !d)
        err_set(e, ERR_MISSING, "there is no dataset \"%s\"", w->dataset);
    w->registry = r;
    w->of = d;
    struct simulate_rows *rows =
        d && db_script(db, "begin isolation level repeatable read read only", e)
            ? simulate_rows_of_dataset(db, db, d, NULL, o->model, SIMULATE_WITH_KEY, w->by,
                                       w->by_count, a, e)
            : NULL;
    bool ok = rows && report(w, rows, o, a, e);
    simulate_rows_close(rows);
    db_rollback(db);
    registry_drop(r);
    db_close(db);
    return ok;
}

static bool simulate(struct arguments *w, struct arena *a, struct err *e)
{
    struct simulate_options o = {.decision = str_from(w->decision),
                                 .parameters = w->parameters,
                                 .parameter_count = w->parameter_count,
                                 .by = w->by,
                                 .by_count = w->by_count,
                                 .top = w->top,
                                 .threads = (size_t)sysconf(_SC_NPROCESSORS_ONLN),
                                 .progress = show_progress};
    if (!(o.model = dmn_load(a, w->model, e)) ||
        (w->against && !(o.other = dmn_load(a, w->against, e))))
        return false;
    if (w->dataset)
        return simulate_dataset(w, &o, a, e);
    struct simulate_rows *rows = simulate_rows_of_csv(w->csv, o.model, a, e);
    bool ok = rows && report(w, rows, &o, a, e);
    simulate_rows_close(rows);
    return ok;
}

/* NAME=VALUE, the value a FEEL literal. */
static bool take_parameter(struct arguments *w, const char *word, struct arena *a, struct err *e)
{
    struct machine m;
    struct dmn_input *in = &w->parameters[w->parameter_count++];
    str text = str_from(word);
    size_t sign = str_find(text, STR("="));
    if (sign == SIZE_MAX)
        return err_set(e, ERR_INVALID, "--set takes NAME=VALUE, not \"%s\"", word);
    in->name = str_slice(text, 0, sign);
    machine_init(&m, a, e, LIMITS_DEFAULT);
    struct program *p = program_compile(a, str_slice(text, sign + 1, text.n), NULL, e);
    return p && machine_run(&m, p, NULL, &in->value);
}

static bool take_arguments(struct arguments *w, int argc, char **argv, struct arena *a,
                           struct err *e)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *next = i + 1 < argc ? argv[i + 1] : NULL;
        bool is_option = word[0] == '-' && next;
        if (is_option && strcmp(word, "--csv") == 0)
            w->csv = next;
        else if (is_option && strcmp(word, "--dataset") == 0)
            w->dataset = next;
        else if (is_option && strcmp(word, "--against") == 0)
            w->against = next;
        else if (is_option && strcmp(word, "--out") == 0)
            w->out = next;
        else if (is_option && strcmp(word, "--top") == 0)
            w->top = (size_t)strtoul(next, NULL, 10) % 100001;
        else if (is_option && strcmp(word, "--by") == 0 && w->by_count < MAX_WORDS)
            w->by[w->by_count++] = str_from(next);
        else if (is_option && strcmp(word, "--set") == 0 && w->parameter_count < MAX_WORDS) {
            if (!take_parameter(w, next, a, e))
                return false;
        } else if (word[0] != '-' && !w->decision) {
            *(w->model ? &w->decision : &w->model) = word;
            continue;
        } else {
            return err_set(e, ERR_INVALID, "what is \"%s\"?", word);
        }
        i++;
    }
    return (w->decision && !w->csv != !w->dataset) ||
           err_set(e, ERR_INVALID, "give a model, a decision, and --csv FILE or --dataset NAME");
}

int cmd_simulate(int argc, char **argv)
{
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    struct arguments w = {.top = 10};
    bool ok = take_arguments(&w, argc, argv, &a, &e) && simulate(&w, &a, &e);
    if (!ok)
        fprintf(stderr, "shuzhi simulate: %s%s%s\n", e.at, e.at[0] ? ": " : "", e.msg);
    return err_exit_code(e.code);
}
