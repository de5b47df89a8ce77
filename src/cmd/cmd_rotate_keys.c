/* shuzhi rotate_keys: new keys that sign tokens, while servers run. */
#include "cmd/command.h"
#include "cmd/settings.h"

#include "identity/issuer.h"

#include <sys/stat.h>

/* The public part is listed before the file is there to sign with: no client meets a token whose
 * key it cannot find. */
static bool rotate(struct db *db, enum key_kind kind, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    const char *path = arena_cstr(&a, issuer_key_file(&a, settings_key_folder(), kind));
    struct key *k = key_generate(kind, e);
    bool ok = k && issuer_list(db, k, e) && key_replace(k, path, e);
    if (ok)
        printf("%s: %.*s\n", path, STR_ARG(key_id(&a, k)));
    key_destroy(k);
    return ok;
}

int cmd_rotate_keys(int argc, char **argv)
{
    struct err e = {0};
    (void)argv;
    if (argc > 1) {
        fputs("usage: shuzhi rotate_keys\n", stderr);
        return err_exit_code(ERR_INVALID);
    }
    mkdir(settings_key_folder(), 0700);
    struct db *db = db_open(settings_database_url(), &e);
    bool ok = db && rotate(db, KEY_ES256, &e) && rotate(db, KEY_RS256, &e);
    db_close(db);
    return ok ? 0 : settings_fail(&e);
}
