/* shuzhi exchange key | next-key | rotate | resume: the key that signs for other counties. */
#include "audit/audit.h"
#include "cmd/command.h"
#include "cmd/settings.h"
#include "store/migrate.h"

#include <errno.h>
#include <stdio.h>

static int usage(void)
{
    fputs("usage: shuzhi exchange key\n"
          "       shuzhi exchange next-key\n"
          "       shuzhi exchange rotate\n"
          "       shuzhi exchange resume PARTNER SEQUENCE\n",
          stderr);
    return err_exit_code(ERR_INVALID);
}

static bool show(const char *path, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct key *k = key_load_or_make(path, KEY_SM2, e);
    if (!k)
        return false;
    str pem = key_public_pem(&a, k);
    fwrite(pem.p, 1, pem.n, stdout);
    key_destroy(k);
    return true;
}

/* The partners have the next key in their lists by now; what was signed before stays proved by the
 * old one there. */
static bool rotate(const char *path, const char *next, struct err *e)
{
    if (rename(next, path) == 0)
        return show(path, e);
    return err_set(e, errno == ENOENT ? ERR_MISSING : ERR_BROKEN,
                   "%s cannot take the place of %s: %s; shuzhi exchange next-key makes one", next,
                   path, strerror(errno));
}

/* After a backup was restored: the partner's next message is this one, what lies between is lost.
 */
static bool resume(struct db *db, str partner, int64_t sequence, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct audit_entry entry = {
        .who = STR("-"),
        .via = STR("command"),
        .action = STR("exchange.resume"),
        .key = arena_format(&a, "%.*s/%lld", STR_ARG(partner), (long long)sequence),
        .count = -1,
        .result = STR("ok")};
    return migrate_kernel(db, e) && db_begin(db, e) &&
           DB(db, &a, NULL, e,
              "insert into shuzhi.exchange_partner (partner, last_in) values ($1, $2)"
              " on conflict (partner) do update set last_in = excluded.last_in",
              P(partner), P_INT(&a, sequence - 1)) &&
           audit_save(db, &a, &entry, e) && db_commit(db, e);
}

int cmd_exchange(int argc, char **argv)
{
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    const char *path = settings_exchange_key(&a), *next = arena_format(&a, "%s.next", path).p;
    str what = argc > 1 ? str_from(argv[1]) : STR("");
    int64_t sequence = 0;
    bool ok = false;
    if (argc == 2 && str_is(what, "key"))
        ok = show(path, &e);
    else if (argc == 2 && str_is(what, "next-key"))
        ok = show(next, &e);
    else if (argc == 2 && str_is(what, "rotate"))
        ok = rotate(path, next, &e);
    else if (argc == 4 && str_is(what, "resume") && str_to_int64(str_from(argv[3]), &sequence) &&
             sequence > 0) {
        struct db *db = db_open(settings_database_url(), &e);
        ok = db && resume(db, str_from(argv[2]), sequence, &e);
        db_close(db);
    } else
        return usage();
    return ok ? 0 : settings_fail(&e);
}
