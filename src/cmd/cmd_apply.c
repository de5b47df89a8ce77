#include "cmd/command.h"
#include "cmd/loading.h"
#include "cmd/settings.h"

#include "base/digest.h"
#include "identity/identity.h"
#include "registry/apply.h"
#include "registry/snapshot.h"
#include "store/migrate.h"

/* seed/DATASET.csv: rows that come with the package, through the same door as any file. */
static bool load_seeds(struct db *db, const struct package *p, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct loading_options o = {.url = settings_database_url(),
                                .login = STR("command"),
                                .is_quiet = true,
                                .uploads = STR("var/uploads"),
                                .kind = STR("seed")};
    for (size_t i = 0; i < p->source->n; i++) {
        const struct bundle_file *f = &p->source->files[i];
        struct rows rows;
        if (!str_starts(f->path, STR("seed/")) || !str_ends(f->path, STR(".csv")))
            continue;
        str id = str_slice(f->path, 5, f->path.n - 4);
        /* Read anew for each file: a seed may check itself against the one before it. */
        struct registry *r = snapshot_load(db, e);
        const struct dataset *d = r ? dataset_find(r, id) : NULL;
        bool ok = r && (d || err_set(e, ERR_MISSING, "there is no dataset \"%.*s\"", STR_ARG(id)));
        ok = ok && DB(db, &a, &rows, e,
                      "select 1 from shuzhi.batch where dataset = $1 and file_digest = $2 and "
                      "state = 'done' and id ="
                      " (select max(id) from shuzhi.batch where dataset = $1 and kind = 'seed')",
                      P(id), P(digest_hex(&a, f->content)));
        if (ok && rows.n == 0)
            ok = loading_file(
                db, r, d, &o,
                arena_format(&a, "%.*s/%.*s", STR_ARG(p->source->folder), STR_ARG(f->path)).p, e);
        registry_drop(r);
        if (!ok)
            return err_at(e, "%.*s/%.*s", STR_ARG(p->source->folder), STR_ARG(f->path));
    }
    return true;
}

static bool load_all_seeds(struct db *db, const struct registry *r, struct err *e)
{
    loading_make_folders(&(struct loading_options){.uploads = STR("var/uploads")});
    for (int order = 1; order <= 64; order++) { /* those needed first */
        for (size_t i = 0; i < r->packages.n; i++) {
            const struct package *p = r->packages.entries[i].value;
            if (p->order == order && !load_seeds(db, p, e))
                return false;
        }
    }
    return true;
}

static int apply(struct db *db, struct bundle *source, struct complaints *c, struct err *e)
{
    struct applied done = {0};
    struct registry *r = registry_create(source, c);
    int code = 0;
    if (!r)
        return settings_complain(c, STR(""));
    if (registry_apply(db, r, STR("command"), &done, c, e) && identity_make_accounts(db, r, e) &&
        load_all_seeds(db, r, e))
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
