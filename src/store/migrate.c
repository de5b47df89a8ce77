#include "store/migrate.h"

#include "base/digest.h"
#include "base/embed.h"

static bool apply_one(struct db *db, struct arena *a, const struct embedded *f, struct err *e)
{
    struct rows rows;
    str digest = digest_hex(a, f->text);
    if (!DB(db, a, &rows, e, "select digest from shuzhi.kernel_migration where name = $1",
            P_CSTR(f->name)))
        return false;
    if (rows.n && str_equal(rows_text(&rows, 0, 0), digest))
        return true;
    if (rows.n)
        return err_set(
            e, ERR_CONFLICT,
            "this database was made by another version of %s: write a new migration file "
            "instead of editing one that is in force",
            f->name);
    return db_script(db, f->text.p, e) &&
           DB(db, a, NULL, e, "insert into shuzhi.kernel_migration (name, digest) values ($1, $2)",
              P_CSTR(f->name), P(digest));
}

static bool apply_all(struct db *db, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    if (!db_script(db,
                   "select pg_advisory_xact_lock(83301);"
                   "create schema if not exists shuzhi;"
                   "create table if not exists shuzhi.kernel_migration (name text primary key,"
                   " digest text not null, at timestamptz not null default now())",
                   e))
        return false;
    for (const struct embedded *f = KERNEL_SQL; f->name; f++) {
        if (!apply_one(db, &a, f, e))
            return err_at(e, "%s", f->name);
    }
    return true;
}

bool migrate_kernel(struct db *db, struct err *e)
{
    if (db_begin(db, e) && apply_all(db, e) && db_commit(db, e))
        return true;
    db_rollback(db);
    return false;
}
