/* shuzhi why USER DATASET/KEY: which line of rights.csv allows or denies. */
#include "access/rule.h"
#include "cmd/command.h"
#include "cmd/settings.h"
#include "registry/snapshot.h"

int cmd_why(int argc, char **argv)
{
    ARENA_SCOPED struct arena a = {0};
    BUF_SCOPED struct buf text = {.max = 4 << 20};
    struct err e = {0};
    str key = argc == 3 ? str_from(argv[2]) : (str){0}, dataset;
    if (argc != 3 || !str_take_part(&key, '/', &dataset) || !key.n) {
        fputs("usage: shuzhi why USER DATASET/KEY\n", stderr);
        return err_exit_code(ERR_INVALID);
    }
    struct db *db = db_open(settings_database_url(), &e);
    struct registry *r = db ? snapshot_load(db, &e) : NULL;
    struct cx cx = {.arena = &a, .db = db, .err = &e, .registry = r};
    bool ok = r && why_write(&cx, str_from(argv[1]), dataset, key, NULL, &text);
    if (ok)
        fwrite(text.p, 1, text.n, stdout);
    registry_drop(r);
    arena_reset(&a);
    db_close(db);
    return ok ? 0 : settings_fail(&e);
}
