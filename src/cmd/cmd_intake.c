#include "cmd/command.h"
#include "cmd/settings.h"

#include "audit/audit.h"
#include "intake/batch.h"
#include "registry/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

struct intake {
    struct db *db;
    str url;
    const struct registry *registry;
    const struct dataset *dataset;
    str source, login, sheet, uploads, kind;
    bool is_quiet;
};

int cmd_convert(int argc, char **argv)
{
    return file_convert_main(argc, argv);
}

static void draw(void *arg, const struct batch_progress *p)
{
    const struct intake *in = arg;
    if (in->is_quiet || !isatty(2))
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
    *kept = arena_format(a, "%.*s/command-%d-%ld", STR_ARG(in->uploads), getpid(), (long)random());
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
                              .sheet = in->sheet,
                              .source = in->source,
                              .login = in->login,
                              .kind = in->kind};
    struct audit_entry entry = {.who = in->login,
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
    for (size_t i = 0; !in->is_quiet && i < batch.header.n; i++)
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

static bool load_one(struct intake *in, const char *path, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    int64_t id;
    if (!find_open(in, &a, path, &id, e))
        return false;
    if (id)
        printf("%s: going on with batch %lld, which was cut short\n", path, (long long)id);
    else if (!make_batch(in, &a, path, &id, e))
        return false;
    bool is_over = batch_run(in->url, in->registry, id, draw, in, e);
    if (!in->is_quiet && isatty(2))
        fputc('\n', stderr);
    if (!is_over)
        return false;
    struct err why = *e;
    err_clear(e);
    return report(in, &a, id, path, e) || (why.code && (*e = why, false));
}

static int load_all(struct intake *in, str dataset, char **files, int n, struct err *e)
{
    struct registry *r = snapshot_load(in->db, e);
    int code = 0;
    if (!r)
        return settings_fail(e);
    in->registry = r;
    in->dataset = dataset_find(r, dataset);
    if (!in->dataset)
        err_set(e, ERR_MISSING, "there is no dataset \"%.*s\"", STR_ARG(dataset));
    else if (in->source.n == 0)
        in->source = in->dataset->owner;
    for (int i = 0; in->dataset && i < n && !code; i++) {
        if (!load_one(in, files[i], e)) {
            db_rollback(in->db);
            code = settings_fail(e);
        }
    }
    if (!in->dataset)
        code = settings_fail(e);
    registry_drop(r);
    return code;
}

int cmd_intake(int argc, char **argv)
{
    static const struct option LONG[] = {
        {"source", required_argument, NULL, 's'},  {"sheet", required_argument, NULL, 't'},
        {"uploads", required_argument, NULL, 'u'}, {"kind", required_argument, NULL, 'k'},
        {"quiet", no_argument, NULL, 'q'},         {0}};
    struct err e = {0};
    struct intake in = {.url = settings_database_url(),
                        .login = STR("command"),
                        .uploads = STR("var/uploads"),
                        .kind = STR("file")};
    for (int c; (c = getopt_long(argc, argv, "", LONG, NULL)) != -1;) {
        if (c == 's')
            in.source = str_from(optarg);
        else if (c == 't')
            in.sheet = str_from(optarg);
        else if (c == 'u')
            in.uploads = str_from(optarg);
        else if (c == 'k')
            in.kind = str_from(optarg);
        else if (c == 'q')
            in.is_quiet = true;
        else
            optind = argc;
    }
    if (argc - optind < 2) {
        fputs(
            "usage: shuzhi intake [--source ORGANISATION] [--sheet NAME] [--quiet] DATASET FILE…\n",
            stderr);
        return err_exit_code(ERR_INVALID);
    }
    srandom((unsigned)(time(NULL) ^ getpid()));
    mkdir("var", 0700);
    mkdir(in.uploads.p, 0700);
    in.db = db_open(in.url, &e);
    int code = in.db
                   ? load_all(&in, str_from(argv[optind]), argv + optind + 1, argc - optind - 1, &e)
                   : settings_fail(&e);
    db_close(in.db);
    return code;
}
