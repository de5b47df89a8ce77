/* shuzhi audit seal | export | archive: what stands between the record of looks and who checks it.
 */
#include "audit/archive.h"
#include "audit/audit.h"
#include "audit/export.h"
#include "audit/seal.h"
#include "base/date.h"
#include "cmd/command.h"
#include "cmd/settings.h"
#include "store/migrate.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

static int usage(void)
{
    fputs("usage: shuzhi audit seal\n"
          "       shuzhi audit export [--from YYYY-MM-DD] [--to YYYY-MM-DD] --out FILE\n"
          "       shuzhi audit archive --before YYYY-MM-01 --out FILE\n"
          "       shuzhi audit key\n"
          "       shuzhi audit rotate\n",
          stderr);
    return err_exit_code(ERR_INVALID);
}

static bool seal_all(struct db *db, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct sealer how;
    struct sealed done = {.is_waiting = true};
    int64_t batches = 0, lines = 0, last = 0;
    struct key *k = settings_audit_key(&a, &how, e);
    if (!k)
        return false;
    how.every_ms = 0;
    bool ok = true;
    for (int i = 0; ok && done.is_waiting && i < 1000; i++) {
        ok = audit_seal(db, &how, clock_unix_ms(), &done, e);
        batches += done.batches;
        lines += done.lines;
        last = done.checkpoint ? done.checkpoint : last;
        if (ok && done.is_waiting && !done.batches)
            usleep(20000);
    }
    key_destroy(k);
    if (ok)
        printf("{\"batches\":%lld,\"lines\":%lld,\"upto\":%lld,\"checkpoint\":%lld}\n",
               (long long)batches, (long long)lines, (long long)done.upto, (long long)last);
    return ok && (!done.is_waiting ||
                  err_set(e, ERR_BUSY, "an append or another sealer is still at work"));
}

/* Exporting the audit is reading it, so it is recorded first. */
static bool export_to(struct db *db, const struct audit_range *range, const char *path,
                      struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct exported done;
    struct audit_entry entry = {
        .who = STR("-"),
        .via = STR("command"),
        .action = STR("audit.export"),
        .count = -1,
        .purpose = arena_format(&a, "%.*s..%.*s", STR_ARG(range->from), STR_ARG(range->to)),
        .result = STR("ok")};
    char beside[4096];
    if (!audit_save(db, &a, &entry, e))
        return false;
    snprintf(beside, sizeof beside, "%s.XXXXXX", path);
    int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return err_set(e, ERR_BROKEN, "%s: %s", path, strerror(errno));
    bool ok = audit_export(db, range, fd, &done, e) &&
              (fsync(fd) == 0 && rename(beside, path) == 0
                   ? true
                   : err_set(e, ERR_BROKEN, "%s: %s", path, strerror(errno)));
    close(fd);
    if (!ok)
        unlink(beside);
    else
        printf("{\"batches\":%lld,\"lines\":%lld,\"checkpoints\":%lld,\"bytes\":%lld}\n",
               (long long)done.batches, (long long)done.lines, (long long)done.checkpoints,
               (long long)done.bytes);
    return ok;
}

static bool archive_to(struct db *db, str before, const char *path, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct sealer how;
    struct archived done;
    struct audit_entry entry = {.who = STR("-"),
                                .via = STR("command"),
                                .action = STR("audit.archive"),
                                .count = -1,
                                .purpose = arena_format(&a, "..%.*s", STR_ARG(before)),
                                .result = STR("ok")};
    struct key *k = settings_audit_key(&a, &how, e);
    bool ok = k && audit_save(db, &a, &entry, e) &&
              audit_archive(db, k, before, date_today_china(), path, &done, e);
    key_destroy(k);
    if (ok)
        printf("{\"months\":%d,\"lines\":%lld,\"checkpoint\":%lld}\n", done.parts,
               (long long)done.lines, (long long)done.checkpoint);
    return ok;
}

/* The new key is in a file before anything names it, and takes its place after: a command that was
 * cut short is begun again. */
static bool rotate(struct db *db, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct sealer how;
    struct audit_entry entry = {.who = STR("-"),
                                .via = STR("command"),
                                .action = STR("audit.rotate"),
                                .count = -1,
                                .result = STR("ok")};
    int64_t after = 0;
    str next;
    struct key *old = settings_audit_key(&a, &how, e), *new = NULL;
    const char *path = settings_audit_key_path(), *beside = arena_format(&a, "%s.next", path).p;
    bool ok = old && (new = key_load_or_make(beside, KEY_SM2, e)) &&
              audit_save(db, &a, &entry, e) && audit_successor(db, &a, old, &next, e);
    if (ok && !next.p)
        ok = audit_succeed(db, old, new, clock_unix_ms(), &after, e);
    else if (ok && !str_equal(next, key_id(&a, new)))
        ok = err_set(e, ERR_CONFLICT,
                     "%s was given over to another key already: copy that file here", path);
    if (ok && rename(beside, path) != 0)
        ok = err_set(e, ERR_BROKEN, "%s: %s", beside, strerror(errno));
    if (ok)
        printf("%s: %.*s follows %.*s after checkpoint %lld\n", path, STR_ARG(key_id(&a, new)),
               STR_ARG(key_id(&a, old)), (long long)after);
    key_destroy(old);
    key_destroy(new);
    return ok;
}

static int show_key(void)
{
    ARENA_SCOPED struct arena a = {0};
    struct sealer how;
    struct err e = {0};
    struct key *k = settings_audit_key(&a, &how, &e);
    if (!k)
        return settings_fail(&e);
    str pem = key_public_pem(&a, k);
    fwrite(pem.p, 1, pem.n, stdout);
    key_destroy(k);
    return 0;
}

int cmd_audit(int argc, char **argv)
{
    static const struct option LONG[] = {{"from", required_argument, NULL, 'f'},
                                         {"to", required_argument, NULL, 't'},
                                         {"out", required_argument, NULL, 'o'},
                                         {"before", required_argument, NULL, 'b'},
                                         {0}};
    struct audit_range range = {0};
    const char *out = NULL;
    str before = {0};
    struct err e = {0};
    for (int c; (c = getopt_long(argc, argv, "", LONG, NULL)) != -1;) {
        if (c == 'f')
            range.from = str_from(optarg);
        else if (c == 't')
            range.to = str_from(optarg);
        else if (c == 'o')
            out = optarg;
        else if (c == 'b')
            before = str_from(optarg);
        else
            return usage();
    }
    str what = optind + 1 == argc ? str_from(argv[optind]) : (str){0};
    bool is_seal = str_is(what, "seal"), is_rotate = str_is(what, "rotate"),
         is_export = str_is(what, "export") && out,
         is_archive = str_is(what, "archive") && out && before.n;
    if (str_is(what, "key"))
        return show_key();
    if (!is_seal && !is_export && !is_archive && !is_rotate)
        return usage();
    struct db *db = db_open(settings_database_url(), &e);
    bool ok = db && migrate_kernel(db, &e) &&
              (is_seal     ? seal_all(db, &e)
               : is_rotate ? rotate(db, &e)
               : is_export ? export_to(db, &range, out, &e)
                           : archive_to(db, before, out, &e));
    db_close(db);
    return ok ? 0 : settings_fail(&e);
}
