#include "intake/merge.h"

enum { MAX_SQL = 1 << 20 };

struct merge {
    struct db *db;
    struct arena *arena;
    const char *copy_stage, *copy_table, *merge;
    bool is_analyzed;
};

static void add_columns(struct buf *b, const struct dataset *d, const char *prefix)
{
    for (size_t i = 0; i < d->field_count; i++)
        buf_add_format(b, "%s%s%.*s", i ? ", " : "", prefix, STR_ARG(d->fields[i].column));
}

static void add_key_match(struct buf *b, const struct dataset *d)
{
    for (size_t i = 0; i < d->key_count; i++)
        buf_add_format(b, "%st.%.*s = s.%.*s", i ? " and " : "", STR_ARG(d->key[i]->column),
                       STR_ARG(d->key[i]->column));
}

static const char *keep(struct merge *m, struct buf *b, struct err *e)
{
    if (b->is_full)
        err_set(e, ERR_LIMIT, "the dataset has too many fields");
    const char *s = arena_cstr(m->arena, buf_str(b));
    buf_clear(b);
    return s;
}

static const char *make_stage_sql(struct merge *m, const struct dataset *d, struct buf *b,
                                  struct err *e)
{
    buf_add_lit(b, "create temporary table if not exists stage (");
    for (size_t i = 0; i < d->field_count; i++)
        buf_add_format(b, "%.*s %s, ", STR_ARG(d->fields[i].column),
                       field_sql_type(d->fields[i].type));
    buf_add_lit(b, "_hash bigint, _row bigint, _batch bigint)");
    return keep(m, b, e);
}

/* One pass over the keys says what is new, what has changed and what has not; the rest touches only
 * rows that differ.  All parts see the table as it was before the statement. */
static void make_merge_sql(const struct dataset *d, int64_t batch, struct buf *b)
{
    buf_add_format(b,
                   "with m as materialized (select s.ctid as stage, t.ctid as place, t._hash <> "
                   "s._hash as differs"
                   " from stage s left join %.*s t on ",
                   STR_ARG(d->table));
    add_key_match(b, d);
    buf_add_format(b, "), kept as (insert into %.*s (", STR_ARG(d->history));
    add_columns(b, d, "");
    buf_add_lit(b, ", _batch, _row, _since, _until, _until_batch) select ");
    add_columns(b, d, "t.");
    buf_add_format(
        b,
        ", t._batch, t._row, t._since, now(), %lld from m join %.*s t on t.ctid = m.place"
        " where m.differs returning 1), changed as (update %.*s t set ",
        (long long)batch, STR_ARG(d->table), STR_ARG(d->table));
    for (size_t i = 0; i < d->field_count; i++) {
        if (!d->fields[i].is_key)
            buf_add_format(b, "%.*s = s.%.*s, ", STR_ARG(d->fields[i].column),
                           STR_ARG(d->fields[i].column));
    }
    buf_add_format(
        b,
        "_hash = s._hash, _batch = s._batch, _row = s._row, _since = now() from m join stage s on"
        " s.ctid = m.stage where t.ctid = m.place and m.differs), added as (insert into %.*s (",
        STR_ARG(d->table));
    add_columns(b, d, "");
    buf_add_lit(b, ", _hash, _batch, _row) select ");
    add_columns(b, d, "s.");
    buf_add_lit(b, ", s._hash, s._batch, s._row from m join stage s on s.ctid = m.stage where "
                   "m.place is null returning 1)"
                   " select (select count(*) from added), (select count(*) from kept)");
}

struct merge *merge_create(struct db *db, struct arena *a, const struct dataset *d, int64_t batch,
                           struct err *e)
{
    struct merge *m = arena_new(a, struct merge);
    BUF_SCOPED struct buf b = {.max = MAX_SQL};
    *m = (struct merge){.db = db, .arena = a};
    if (!db_script(db, "drop table if exists stage", e) ||
        !db_script(db, make_stage_sql(m, d, &b, e), e))
        return NULL;
    buf_add_lit(&b, "copy stage (");
    add_columns(&b, d, "");
    buf_add_lit(&b, ", _hash, _batch, _row) from stdin");
    m->copy_stage = keep(m, &b, e);
    buf_add_format(&b, "copy %.*s (", STR_ARG(d->table));
    add_columns(&b, d, "");
    buf_add_lit(&b, ", _hash, _batch, _row) from stdin");
    m->copy_table = keep(m, &b, e);
    make_merge_sql(d, batch, &b);
    m->merge = keep(m, &b, e);
    return e->code ? NULL : m;
}

void merge_add_copy_text(struct buf *out, str v)
{
    size_t done = 0;
    for (size_t i = 0; i < v.n; i++) {
        char c = v.p[i];
        char escaped = c == '\\' ? '\\' : c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : 0;
        if (!escaped)
            continue;
        buf_add(out, str_slice(v, done, i));
        buf_add(out, (str){(char[]){'\\', escaped}, 2});
        done = i + 1;
    }
    buf_add(out, str_slice(v, done, v.n));
}

void merge_format_row(struct buf *out, const struct checked *row, int64_t batch, int64_t number)
{
    for (size_t i = 0; i < row->n; i++) {
        if (row->values[i].p)
            merge_add_copy_text(out, row->values[i]);
        else
            buf_add_lit(out, "\\N");
        buf_add_char(out, '\t');
    }
    buf_add_int(out, (int64_t)row->hash);
    buf_add_char(out, '\t');
    buf_add_int(out, batch);
    buf_add_char(out, '\t');
    buf_add_int(out, number);
    buf_add_char(out, '\n');
}

static bool copy(struct merge *m, const char *sql, str lines, struct err *e)
{
    if (!db_copy_begin(m->db, sql, e))
        return false;
    if (db_copy_data(m->db, lines, e))
        return db_copy_end(m->db, e);
    db_copy_abandon(m->db);
    return false;
}

static size_t count_lines(str s)
{
    size_t n = 0;
    for (const char *p = s.p, *end = s.p + s.n; p < end && (p = memchr(p, '\n', (size_t)(end - p)));
         p++)
        n++;
    return n;
}

bool merge_rows(struct merge *m, str lines, bool is_first_load, struct merged *counts,
                struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct rows rows;
    size_t n = count_lines(lines);
    *counts = (struct merged){0};
    if (n == 0)
        return true;
    if (is_first_load) {
        counts->added = n;
        return copy(m, m->copy_table, lines, e);
    }
    if (!db_script(m->db, "truncate stage", e) || !copy(m, m->copy_stage, lines, e))
        return false;
    /* The planner knows nothing of a new temporary table; one look serves all chunks. */
    if (!m->is_analyzed && n > 1000 && !db_script(m->db, "analyze stage", e))
        return false;
    m->is_analyzed |= n > 1000;
    if (!DB0(m->db, &a, &rows, e, m->merge))
        return false;
    counts->added = (uint64_t)rows_int(&rows, 0, 0);
    counts->changed = (uint64_t)rows_int(&rows, 0, 1);
    counts->unchanged = n - counts->added - counts->changed;
    return true;
}

bool merge_lock(struct db *db, const struct dataset *d, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    return DB(db, &a, NULL, e, "select pg_advisory_xact_lock(83310, hashtext($1))", P(d->id));
}
