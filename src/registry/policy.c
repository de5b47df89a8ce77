/* Row-level security written from rights.csv.
 *
 * The condition of a policy is a list of alternatives, each cheap to ask once a statement: a share
 * grant on the dataset, a line without a row condition; then lines with one, and the rarest, an
 * emergency look, last.  A condition that mentions me is asked for each post that the line's role
 * is held in. */
#include "registry/rights.h"
#include "registry/table.h"

#include "base/buf.h"

enum { MAX_POLICY = 1 << 20 };

/* 'role/verb/owner' as a literal; ids hold no quotes. */
static str line_name(struct arena *a, const struct right *g, const struct dataset *d)
{
    return arena_format(a, "'%.*s/%.*s/%.*s'", STR_ARG(g->role), STR_ARG(g->verb),
                        STR_ARG(g->only_own ? d->owner : STR("")));
}

static void add_plain_lines(struct buf *b, struct arena *a, const struct registry *r,
                            const struct dataset *d)
{
    bool is_first = true;
    for (size_t i = 0; i < r->right_count; i++) {
        const struct right *g = &r->rights[i];
        if (!verb_reads_rows(g->verb) || !right_covers(g, d) || g->when.n)
            continue;
        buf_add(b, is_first ? STR(" or (select shuzhi.holds(array[") : STR(","));
        is_first = false;
        buf_add(b, line_name(a, g, d));
    }
    if (!is_first)
        buf_add_lit(b, "]))");
}

static bool add_condition(struct buf *b, struct arena *a, const struct right *g,
                          const struct dataset *d, str table, struct err *e)
{
    str sql;
    bool uses_me;
    str prefix = arena_format(a, "%.*s.", STR_ARG(table));
    if (!right_condition(a, g, d, prefix, NULL, &sql, &uses_me, e))
        return false;
    if (!uses_me)
        buf_add_format(b, " or ((select shuzhi.holds(array[%.*s])) and %.*s)",
                       STR_ARG(line_name(a, g, d)), STR_ARG(sql));
    else
        buf_add_format(
            b,
            " or exists (select from unnest((select shuzhi.posts_for('%.*s','%.*s','%.*s')))"
            " me where %.*s)",
            STR_ARG(g->role), STR_ARG(g->verb), STR_ARG(g->only_own ? d->owner : STR("")),
            STR_ARG(sql));
    return true;
}

static bool write_condition(struct buf *b, struct arena *a, const struct registry *r,
                            const struct dataset *d, str table, struct err *e)
{
    buf_add_format(b, "(select shuzhi.grant_reads('%.*s'))", STR_ARG(d->id));
    add_plain_lines(b, a, r, d);
    for (size_t i = 0; i < r->right_count; i++) {
        const struct right *g = &r->rights[i];
        if (verb_reads_rows(g->verb) && right_covers(g, d) && g->when.n &&
            !add_condition(b, a, g, d, table, e))
            return err_at(e, "%.*s:%u", STR_ARG(g->file), g->line);
    }
    buf_add_lit(b, " or ");
    for (size_t i = 0; i < d->key_count; i++)
        buf_add_format(b, "%s%.*s.%.*s::text", i ? " || '~' || " : "", STR_ARG(table),
                       STR_ARG(d->key[i]->column));
    buf_add_format(b, " = any((select shuzhi.broken_glass('%.*s'))::text[])", STR_ARG(d->id));
    return true;
}

bool policy_bring_up(struct tabling *t, const struct registry *r, const struct dataset *d)
{
    struct rows rows;
    BUF_SCOPED struct buf b = {.max = MAX_POLICY}, sql = {.max = 3 * MAX_POLICY};
    str table = str_slice(d->table, strlen("data."), d->table.n);
    if (!write_condition(&b, t->arena, r, d, table, t->err))
        return false;
    if (b.is_full)
        return err_set(t->err, ERR_LIMIT, "the rights on %.*s are too many", STR_ARG(d->id));
    if (!DB(t->db, t->arena, &rows, t->err,
            "select policy is not distinct from $2 from shuzhi.dataset where id = $1", P(d->id),
            P(buf_str(&b))))
        return false;
    if (rows.n && rows_bool(&rows, 0, 0))
        return true;
    const str tables[] = {d->table, d->history};
    for (size_t i = 0; i < COUNT(tables); i++)
        buf_add_format(&sql,
                       "alter table %.*s enable row level security;"
                       "drop policy if exists shuzhi_read on %.*s;"
                       "create policy shuzhi_read on %.*s for select to shuzhi_reader using (%.*s);"
                       "grant select on %.*s to shuzhi_reader;",
                       STR_ARG(tables[i]), STR_ARG(tables[i]), STR_ARG(tables[i]),
                       STR_ARG(buf_str(&b)), STR_ARG(tables[i]));
    buf_add_char(&sql, '\0');
    return db_script(t->db, sql.p, t->err) &&
           DB(t->db, t->arena, NULL, t->err, "update shuzhi.dataset set policy = $2 where id = $1",
              P(d->id), P(buf_str(&b)));
}
