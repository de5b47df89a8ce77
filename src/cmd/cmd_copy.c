/* shuzhi copy: a dataset for others to work with, in which nobody is named. */
#include "access/copy.h"
#include "audit/audit.h"
#include "cmd/command.h"
#include "cmd/settings.h"
#include "keys/keeping.h"
#include "registry/snapshot.h"
#include "store/migrate.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int usage(void)
{
    fputs("usage: shuzhi copy DATASET --masked [--for WORD] [--generation N] [--format csv|jsonl]\n"
          "                   [--purpose TEXT] --out FILE\n"
          "       shuzhi copy DATASET --masked --plan\n",
          stderr);
    return err_exit_code(ERR_INVALID);
}

static void print_plan(const struct registry *r, const struct dataset *d)
{
    for (size_t i = 0; i < d->field_count; i++) {
        enum pseudonym_kind kind;
        const struct field *f = &d->fields[i];
        enum copy_treatment t = copy_treatment(r, d, f, &kind);
        printf("%.*s %s %s%s%s\n", STR_ARG(f->name), grade_name(f->grade), copy_treatment_words(t),
               t == COPY_REPLACE ? " as " : "", t == COPY_REPLACE ? pseudonym_name(kind) : "");
    }
}

static bool write_recorded(struct db *db, const struct registry *r, struct ring *ring,
                           const struct dataset *d, const struct copy_order *order, int fd,
                           struct copied *done, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct audit_entry entry = {.who = order->login,
                                .via = STR("command"),
                                .action = STR("records.copy"),
                                .dataset = d->id,
                                .purpose = order->purpose,
                                .result = STR("ok")};
    bool ok = db_begin(db, e) && copy_write(db, r, ring, d, order, fd, done, e);
    entry.count = ok ? done->rows : 0;
    ok = ok && audit_save(db, &a, &entry, e) && db_commit(db, e);
    if (!ok)
        db_rollback(db);
    return ok;
}

static bool write_file(struct db *db, const struct registry *r, const struct dataset *d,
                       const struct copy_order *order, const char *path, struct err *e)
{
    char beside[4096];
    struct copied done;
    mkdir("var", 0700);
    mkdir(settings_key_folder(), 0700);
    struct ring *ring = keeping_open(db, settings_key_ring(), e);
    if (!ring)
        return false;
    snprintf(beside, sizeof beside, "%s.XXXXXX", path);
    int fd = mkostemp(beside, O_CLOEXEC);
    bool ok = fd >= 0 || err_set(e, ERR_BROKEN, "%s: %s", path, strerror(errno));
    ok = ok && write_recorded(db, r, ring, d, order, fd, &done, e) &&
         ((fsync(fd) == 0 && rename(beside, path) == 0) ||
          err_set(e, ERR_BROKEN, "%s: %s", path, strerror(errno)));
    if (fd >= 0) {
        close(fd);
        if (!ok)
            unlink(beside);
    }
    ring_close(ring);
    if (ok)
        printf("{\"rows\":%lld,\"generation\":%lld,\"export\":%lld}\n", (long long)done.rows,
               (long long)done.generation, (long long)done.number);
    return ok;
}

int cmd_copy(int argc, char **argv)
{
    static const struct option LONG[] = {
        {"masked", no_argument, NULL, 'm'},       {"for", required_argument, NULL, 'w'},
        {"plan", no_argument, NULL, 'l'},         {"generation", required_argument, NULL, 'g'},
        {"format", required_argument, NULL, 'f'}, {"purpose", required_argument, NULL, 'p'},
        {"out", required_argument, NULL, 'o'},    {0}};
    struct copy_order order = {.login = STR("-")};
    struct err e = {0};
    const char *out = NULL;
    bool is_masked = false, is_plan = false, is_wrong = false;
    for (int c; (c = getopt_long(argc, argv, "", LONG, NULL)) != -1;) {
        str given = str_from(optarg);
        is_masked |= c == 'm';
        is_plan |= c == 'l';
        if (c == 'w')
            order.word = given;
        else if (c == 'p')
            order.purpose = utf8_clip(given, 200);
        else if (c == 'o')
            out = optarg;
        else if (c == 'f')
            order.format = str_is(given, "jsonl") ? COPY_JSONL : COPY_CSV;
        if ((c == 'f' && !str_is(given, "jsonl") && !str_is(given, "csv")) || c == '?' ||
            (c == 'g' && (!str_to_int64(given, &order.generation) || order.generation < 1)) ||
            ((c == 'w' || c == 'p') && !utf8_is_valid(given)))
            is_wrong = true;
    }
    if (is_wrong || !is_masked || optind + 1 != argc || is_plan == (out != NULL))
        return usage();
    struct db *db = db_open(settings_database_url(), &e);
    struct registry *r = db && migrate_kernel(db, &e) ? snapshot_load(db, &e) : NULL;
    const struct dataset *d = r ? dataset_find(r, str_from(argv[optind])) : NULL;
    if (r && !d)
        err_set(&e, ERR_MISSING, "there is no dataset \"%s\"", argv[optind]);
    bool ok = d && (is_plan ? (print_plan(r, d), true) : write_file(db, r, d, &order, out, &e));
    registry_drop(r);
    db_close(db);
    return ok ? 0 : settings_fail(&e);
}
