#include "cmd/command.h"
#include "cmd/settings.h"

#include "identity/identity.h"
#include "registry/apply.h"
#include "store/migrate.h"

static int apply(struct db *db, struct bundle *source, struct complaints *c, struct err *e)
{
    struct applied done;
    struct registry *r = registry_create(source, c);
    int code = 0;
    if (!r)
        return settings_complain(c, STR(""));
    if (registry_apply(db, r, STR("command"), &done, c, e) && identity_make_accounts(db, r, e))
        printf("%zu packages in force: %zu tables made, %zu columns added, %zu migrations run\n",
               done.packages, done.tables_made, done.columns_added, done.migrations_run);
    else
        code = settings_complain(c, STR("")) + settings_fail(e);
    registry_destroy(r);
    return code;
}

int cmd_apply(int argc, char **argv)
{
    struct bundle source = {0};
    struct complaints c = {0};
    struct err e = {0};
    if (argc < 2) {
        fputs("usage: shuzhi apply PACKAGE…\n", stderr);
        return err_exit_code(ERR_INVALID);
    }
    struct db *db = db_open(settings_database_url(), &e);
    int code =
        db && migrate_kernel(db, &e) && settings_read_packages(&source, argv + 1, argc - 1, &e)
            ? apply(db, &source, &c, &e)
            : settings_fail(&e);
    complaints_release(&c);
    bundle_release(&source);
    db_close(db);
    return code;
}
