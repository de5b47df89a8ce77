#include "registry/apply.h"

#include "base/digest.h"
#include "registry/table.h"

enum { MAX_DEFINITION = 8 << 20 };

static str as_json(struct arena *a, const struct json *v)
{
    struct buf b = {.max = MAX_DEFINITION};
    json_write(&b, v);
    str s = arena_copy(a, buf_str(&b));
    buf_release(&b);
    return s;
}

static str title_json(struct arena *a, struct title t)
{
    struct buf b = {.max = 4096};
    title_write(&b, t);
    str s = arena_copy(a, buf_str(&b));
    buf_release(&b);
    return s;
}

static bool run_migrations(struct tabling *t, const struct package *p)
{
    for (size_t i = 0; i < p->source->n; i++) {
        const struct bundle_file *f = &p->source->files[i];
        struct rows rows;
        if (!str_starts(f->path, STR("migrations/")) || !str_ends(f->path, STR(".sql")))
            continue;
        str digest = digest_hex(t->arena, f->content);
        if (!DB(t->db, t->arena, &rows, t->err,
                "select digest from shuzhi.dataset_migration where package = $1 and name = $2",
                P(p->id), P(f->path)))
            return false;
        if (rows.n && !str_equal(rows_text(&rows, 0, 0), digest))
            complain(t->complaints, f->path, 1,
                     "was run already, and then edited: write a new file");
        if (rows.n)
            continue;
        if (!db_script(t->db, arena_cstr(t->arena, f->content), t->err))
            return err_at(t->err, "%.*s/%.*s", STR_ARG(p->source->folder), STR_ARG(f->path));
        if (!DB(t->db, t->arena, NULL, t->err,
                "insert into shuzhi.dataset_migration (package, name, digest) values ($1, $2, $3)",
                P(p->id), P(f->path), P(digest)))
            return false;
        t->done->migrations_run++;
    }
    return true;
}

static bool keep_files(struct tabling *t, const struct package *p, str login)
{
    if (!DB(t->db, t->arena, NULL, t->err,
            "insert into shuzhi.package (id, title, digest, applied_by) values ($1, $2, $3, $4)"
            " on conflict (id) do update set title = excluded.title, digest = excluded.digest,"
            " applied = now(), applied_by = excluded.applied_by",
            P(p->id), P(title_json(t->arena, p->title)), P(p->digest), P(login)) ||
        !DB(t->db, t->arena, NULL, t->err, "delete from shuzhi.package_file where package = $1",
            P(p->id)))
        return false;
    for (size_t i = 0; i < p->source->n; i++) {
        const struct bundle_file *f = &p->source->files[i];
        if (!DB(t->db, t->arena, NULL, t->err,
                "insert into shuzhi.package_file (package, path, content) values ($1, $2, $3)",
                P(p->id), P(f->path), P(f->content)))
            return err_at(t->err, "%.*s/%.*s", STR_ARG(p->id), STR_ARG(f->path));
    }
    return true;
}

static bool keep_dataset(struct tabling *t, const struct dataset *d)
{
    return DB(t->db, t->arena, NULL, t->err,
              "insert into shuzhi.dataset (id, package, definition, digest) values ($1, $2, $3, $4)"
              " on conflict (id) do update set package = excluded.package,"
              " definition = excluded.definition, digest = excluded.digest, applied = now()"
              " where shuzhi.dataset.digest <> excluded.digest or shuzhi.dataset.package <> "
              "excluded.package",
              P(d->id), P(d->package->id), P(as_json(t->arena, d->definition)), P(d->digest));
}

/* In the order of need, then of name. */
static int by_order(const void *a, const void *b)
{
    const struct package *const *x = a, *const *y = b;
    return (*x)->order != (*y)->order ? (*x)->order - (*y)->order : str_compare((*x)->id, (*y)->id);
}

static bool apply_all(struct tabling *t, const struct registry *r, str login)
{
    const struct package **packages = arena_array(t->arena, const struct package *, r->packages.n);
    for (size_t i = 0; i < r->packages.n; i++)
        packages[i] = r->packages.entries[i].value;
    qsort(packages, r->packages.n, sizeof *packages, by_order);
    for (size_t i = 0; i < r->packages.n; i++) {
        if (!run_migrations(t, packages[i]) || !keep_files(t, packages[i], login))
            return false;
        t->done->packages++;
    }
    for (size_t i = 0; i < r->datasets.n; i++) {
        const struct dataset *d = r->datasets.entries[i].value;
        if (!table_bring_up(t, d) || !keep_dataset(t, d) || !policy_bring_up(t, r, d))
            return err_at(t->err, "%.*s", STR_ARG(d->file));
    }
    return true;
}

bool registry_guard(struct db *db, const struct registry *r, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct tabling t = {.db = db, .arena = &a, .err = e};
    bool ok = db_begin(db, e) && db_script(db, "select pg_advisory_xact_lock(83302)", e);
    for (size_t i = 0; ok && i < r->datasets.n; i++)
        ok = policy_bring_up(&t, r, r->datasets.entries[i].value);
    if (ok && db_commit(db, e))
        return true;
    db_rollback(db);
    return false;
}

bool registry_apply(struct db *db, const struct registry *r, str login, struct applied *done,
                    struct complaints *c, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct tabling t = {db, &a, c, done, e};
    *done = (struct applied){0};
    bool ok = db_begin(db, e) && db_script(db, "select pg_advisory_xact_lock(83302)", e) &&
              apply_all(&t, r, login);
    if (ok && c->n)
        ok = err_set(e, ERR_CONFLICT, "%zu thing(s) stand against it; nothing was changed", c->n);
    if (ok && db_script(db, "notify registry", e) && db_commit(db, e))
        return true;
    db_rollback(db);
    return false;
}
