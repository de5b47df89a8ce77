#include "cmd/loading.h"

#include "audit/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct intake {
    struct db *db;
    const struct registry *registry;
    const struct dataset *dataset;
    struct loading_options options;
};

static void draw(void *arg, const struct batch_progress *p)
{
    const struct intake *in = arg;
    if (in->options.is_quiet || !isatty(2))
        return;
    int percent = p->total ? (int)(p->position * 100 / p->total) : 100;
    percent = percent > 100 ? 100 : percent;
    fprintf(stderr, "\r[%-40.*s] %3d %%  %llu rows, %llu refused ", percent * 40 / 100,
            "########################################", percent, (unsigned long long)p->rows,
            (unsigned long long)p->quarantined);
}

/* The batch keeps the bytes: the sender may take the file away. */
static bool keep_copy(const struct intake *in, const char *path, struct arena *a, str *kept,
                      struct err *e)
{
    char piece[1 << 16];
    int from = open(path, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return err_set(e, ERR_MISSING, "%s: %s", path, strerror(errno));
    *kept = arena_format(a, "%.*s/command-%d-%ld", STR_ARG(in->options.uploads), getpid(),
                         (long)random());
    int to = open(kept->p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = to >= 0;
    for (ssize_t n; ok && (n = read(from, piece, sizeof piece)) > 0;)
        ok = write(to, piece, (size_t)n) == n;
    ok = ok && fsync(to) == 0;
    if (!ok)
        err_set(e, ERR_BUSY, "%s cannot be written: %s", kept->p, strerror(errno));
    close(from);
    if (to >= 0)
        close(to);
    return ok;
}

/* A run that was cut short: the same bytes for the same dataset, not ended. */
static bool find_open(struct intake *in, struct arena *a, const char *path, int64_t *id,
                      struct err *e)
{
    struct file_facts facts;
    struct rows rows;
    *id = 0;
    if (!file_identify(path, a, &facts, e) ||
        !DB(in->db, a, &rows, e,
            "select id from shuzhi.batch where dataset = $1 and file_digest = $2"
            " and state in ('queued', 'running') order by id desc limit 1",
            P(in->dataset->id), P(facts.digest)))
        return false;
    *id = rows.n ? rows_int(&rows, 0, 0) : 0;
    return true;
}

static bool make_batch(struct intake *in, struct arena *a, const char *path, int64_t *id,
                       struct err *e)
{
    str kept;
    struct batch batch;
    const char *slash = strrchr(path, '/');
    if (!keep_copy(in, path, a, &kept, e))
        return false;
    struct batch_file file = {.path = kept,
                              .name = str_from(slash ? slash + 1 : path),
                              .sheet = in->options.sheet,
                              .source = in->options.source,
                              .login = in->options.login,
                              .kind = in->options.kind};
    struct audit_entry entry = {.who = in->options.login,
                                .via = STR("command"),
                                .action = STR("intake.start"),
                                .dataset = in->dataset->id,
                                .count = -1,
                                .result = STR("ok")};
    if (!db_begin(in->db, e) ||
        !batch_create(in->db, a, in->registry, in->dataset, &file, &batch, e)) {
        unlink(kept.p);
        return false;
    }
    str *columns = arena_array(a, str, batch.header.n);
    for (size_t i = 0; i < batch.header.n; i++)
        columns[i] = batch.header.columns[i].field ? batch.header.columns[i].field->name : STR("");
    if (batch.same_as)
        printf("%s: the same bytes were loaded before, in batch %lld\n", path,
               (long long)batch.same_as);
    for (size_t i = 0; !in->options.is_quiet && i < batch.header.n; i++)
        printf("  %.*s → %.*s (%s)\n", STR_ARG(batch.header.columns[i].header),
               STR_ARG(columns[i].n ? columns[i] : STR("left out")),
               header_how_name(batch.header.columns[i].how));
    *id = batch.id;
    return batch_choose(in->db, a, in->registry, batch.id, columns, batch.header.n, e) &&
           audit_save(in->db, a, &entry, e) && db_commit(in->db, e);
}

static bool report(struct intake *in, struct arena *a, int64_t id, const char *path, struct err *e)
{
    struct rows rows;
    if (!DB(in->db, a, &rows, e,
            "select state, n_rows, n_new, n_changed, n_unchanged, n_quarantined, error->>'detail',"
            " extract(epoch from finished - started)::numeric(12,2) from shuzhi.batch where id = "
            "$1",
            P_INT(a, id)))
        return false;
    if (!str_is(rows_text(&rows, 0, 0), "done"))
        return err_set(e, ERR_INVALID, "%s: %.*s", path, STR_ARG(rows_text(&rows, 0, 6)));
    bool is_nothing = rows_int(&rows, 0, 2) == 0 && rows_int(&rows, 0, 3) == 0;
    printf("%s: batch %lld: %.*s rows, %.*s new, %.*s changed, %.*s unchanged, %.*s refused, %.*s "
           "s%s\n",
           path, (long long)id, STR_ARG(rows_text(&rows, 0, 1)), STR_ARG(rows_text(&rows, 0, 2)),
           STR_ARG(rows_text(&rows, 0, 3)), STR_ARG(rows_text(&rows, 0, 4)),
           STR_ARG(rows_text(&rows, 0, 5)), STR_ARG(rows_text(&rows, 0, 7)),
           is_nothing ? ": nothing was changed" : "");
    return true;
}

static bool load(struct intake *in, const char *path, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    int64_t id;
    if (!find_open(in, &a, path, &id, e))
        return false;
    if (id)
        printf("%s: going on with batch %lld, which was cut short\n", path, (long long)id);
    else if (!make_batch(in, &a, path, &id, e))
        return false;
    bool is_over = batch_run(in->options.url, in->registry, id, draw, in, e);
    if (!in->options.is_quiet && isatty(2))
        fputc('\n', stderr);
    if (!is_over)
        return false;
    struct err why = *e;
    err_clear(e);
    return report(in, &a, id, path, e) || (why.code && (*e = why, false));
}

bool loading_file(struct db *db, const struct registry *r, const struct dataset *d,
                  const struct loading_options *options, const char *path, struct err *e)
{
    struct intake in = {db, r, d, *options};
    if (in.options.source.n == 0)
        in.options.source = d->owner;
    if (load(&in, path, e))
        return true;
    db_rollback(db);
    return false;
}

void loading_make_folders(const struct loading_options *options)
{
    srandom((unsigned)(time(NULL) ^ getpid()));
    mkdir("var", 0755);
    mkdir(options->uploads.p, 0700);
}
