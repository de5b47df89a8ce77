#include "registry/snapshot.h"

#include "registry/bundle.h"

#include <sched.h>

static void free_source(void *arg)
{
    bundle_release(arg);
    free(arg);
}

static bool table_exists(struct db *db, struct arena *a, const struct dataset *d, bool *exists,
                         struct err *e)
{
    struct rows rows;
    if (!DB(db, a, &rows, e, "select to_regclass($1) is not null", P(d->table)))
        return false;
    *exists = rows_bool(&rows, 0, 0);
    return true;
}

/* Code lists, and organisations, which are one. */
static bool load_codes(struct db *db, struct registry *r, const struct dataset *d, struct err *e)
{
    struct rows rows;
    ARENA_SCOPED struct arena scratch = {0};
    bool exists;
    const struct field *zh = field_find(d, STR("name_zh")), *en = field_find(d, STR("name_en"));
    if (!zh || !en || d->key_count != 1)
        return true;
    if (!table_exists(db, &scratch, d, &exists, e))
        return false;
    if (!exists)
        return true;
    str sql = arena_format(&scratch, "select %.*s, name_zh, name_en from %.*s order by 1",
                           STR_ARG(d->key[0]->column), STR_ARG(d->table));
    if (!DB0(db, &scratch, &rows, e, sql.p))
        return false;
    struct map *codes = arena_new(&r->arena, struct map);
    for (size_t i = 0; i < rows.n; i++) {
        struct title *t = arena_new(&r->arena, struct title);
        *t = (struct title){arena_copy(&r->arena, rows_text(&rows, i, 1)),
                            arena_copy(&r->arena, rows_text(&rows, i, 2))};
        map_set(codes, &r->arena, arena_copy(&r->arena, rows_text(&rows, i, 0)), t);
    }
    map_set(&r->codes, &r->arena, d->id, codes);
    if (str_equal(d->id, r->county.organisation_dataset))
        r->organisations = *codes;
    return true;
}

struct registry *snapshot_load(struct db *db, struct err *e)
{
    struct bundle *source = calloc(1, sizeof *source);
    struct complaints c = {0};
    struct registry *r = NULL;
    if (source && bundle_add_database(source, db, e)) {
        bundle_finish(source);
        r = registry_create(source, &c);
        if (!r && c.n)
            err_set(e, ERR_BROKEN, "the packages in force cannot be read: %.*s:%u: %.*s",
                    STR_ARG(c.items[0].file), c.items[0].line, STR_ARG(c.items[0].reason));
    }
    complaints_release(&c);
    if (!r) {
        if (source)
            free_source(source);
        return NULL;
    }
    arena_defer(&r->arena, free_source, source);
    bool ok = true;
    for (size_t i = 0; ok && i < r->datasets.n; i++)
        ok = load_codes(db, r, r->datasets.entries[i].value, e);
    if (ok)
        return r;
    registry_destroy(r);
    return NULL;
}

static void lock(struct snapshot *s)
{
    while (__atomic_exchange_n(&s->lock, 1, __ATOMIC_ACQUIRE))
        sched_yield();
}

static void unlock(struct snapshot *s)
{
    __atomic_store_n(&s->lock, 0, __ATOMIC_RELEASE);
}

void registry_drop(struct registry *r)
{
    if (r && __atomic_sub_fetch(&r->references, 1, __ATOMIC_ACQ_REL) == 0)
        registry_destroy(r);
}

void snapshot_put(struct snapshot *s, struct registry *r)
{
    lock(s);
    struct registry *old = s->current;
    s->current = r;
    unlock(s);
    registry_drop(old);
}

struct registry *snapshot_take(struct snapshot *s)
{
    lock(s);
    struct registry *r = s->current;
    if (r)
        __atomic_add_fetch(&r->references, 1, __ATOMIC_ACQ_REL);
    unlock(s);
    return r;
}
