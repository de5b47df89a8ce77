#include "keys/keeping.h"

#include "base/cipher.h"

static const struct generation *generation_of(const struct ring_file *f, int64_t id)
{
    for (size_t i = 0; i < f->n; i++) {
        if (f->generations[i].id == id)
            return &f->generations[i];
    }
    return NULL;
}

bool keeping_check(struct db *db, const struct ring_file *f, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct rows rows;
    char proof[2 * RING_KEY_BYTES + 1];
    if (!DB0(db, &a, &rows, e,
             "select id, proof from shuzhi.key_generation where retired is null order by id"))
        return false;
    for (size_t i = 0; i < rows.n; i++) {
        const struct generation *g = generation_of(f, rows_int(&rows, i, 0));
        if (g)
            generation_proof(g, proof);
        if (!g || !str_is(rows_text(&rows, i, 1), proof))
            return err_set(e, ERR_CONFLICT,
                           "the key ring %s generation %lld that this database is sealed with: "
                           "copy the file from the other servers, or from its backup",
                           g ? "has another" : "lacks", (long long)rows_int(&rows, i, 0));
    }
    for (size_t i = 0; i < f->n; i++) {
        generation_proof(&f->generations[i], proof);
        if (!DB(db, &a, NULL, e,
                "insert into shuzhi.key_generation (id, proof) values ($1, $2) on conflict do "
                "nothing",
                P_INT(&a, f->generations[i].id), P_CSTR(proof)))
            return false;
    }
    return true;
}

bool keeping_inside(struct db *db, struct ring_file *f, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct rows rows;
    if (!DB0(db, &a, &rows, e, "select name, value from shuzhi.secret"))
        return false;
    for (size_t i = 0; i < rows.n; i++) {
        for (enum key_use use = 0; use < KEY_USE_COUNT; use++) {
            if (f->has_database[use] || !str_is(rows_text(&rows, i, 0), key_use_name(use)))
                continue;
            f->has_database[use] =
                bytes_from_hex(rows_text(&rows, i, 1), f->database[use], RING_KEY_BYTES);
            if (!f->has_database[use])
                return err_set(e, ERR_BROKEN, "the secret %s of the database is no 64 digits",
                               key_use_name(use));
        }
    }
    return true;
}

static bool is_sealed(struct db *db, bool *sealed, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct rows rows;
    if (!DB0(db, &a, &rows, e,
             "select exists (select from shuzhi.key_generation where retired is null)"))
        return false;
    *sealed = rows_bool(&rows, 0, 0);
    return true;
}

bool keeping_load(struct db *db, const char *path, struct ring_file *f, struct err *e)
{
    struct err why = {0};
    bool sealed = false;
    if (ring_file_load(f, path, &why))
        return keeping_check(db, f, e);
    if (why.code == ERR_MISSING && is_sealed(db, &sealed, e) && sealed)
        return err_set(e, ERR_MISSING,
                       "there is no key ring %s, but this database is sealed with one: copy the "
                       "file from the other servers, or from its backup",
                       path);
    if (!e->code)
        *e = why;
    return false;
}

struct ring *keeping_open(struct db *db, const char *path, struct err *e)
{
    struct err why = {0};
    struct ring *r = NULL;
    struct ring_file f = {0};
    bool ok = keeping_load(db, path, &f, &why), sealed = true;
    if (!ok && why.code == ERR_MISSING && is_sealed(db, &sealed, e) && !sealed) {
        why = (struct err){0};
        ok = ring_file_add(&f, &why) && ring_file_save(&f, path, RING_NEW, &why);
        if (!ok && why.code == ERR_CONFLICT) { /* another process was first */
            why = (struct err){0};
            ok = ring_file_load(&f, path, &why);
        }
        ok = ok && keeping_check(db, &f, &why);
    }
    ok = ok && keeping_inside(db, &f, &why);
    if (ok)
        r = ring_open(path, &why);
    for (enum key_use use = 0; r && use < KEY_USE_COUNT; use++) {
        if (f.has_database[use])
            ring_adopt(r, use, f.database[use]);
    }
    ring_wipe(&f);
    if (!r && !e->code)
        *e = why;
    return r;
}
