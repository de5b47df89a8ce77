#include "registry/table.h"

#include "base/buf.h"

enum { MAX_SQL = 1 << 20 };

/* Beside the fields: the hash of the values, where they came from, since when they hold. */
static const char SYSTEM_COLUMNS[] =
    ", _hash bigint not null, _batch bigint not null,"
    " _row bigint not null, _since timestamptz not null default now()";
static const char HISTORY_COLUMNS[] = ", _batch bigint not null, _row bigint not null,"
                                      " _since timestamptz not null, _until timestamptz not null,"
                                      " _until_batch bigint not null";

static str table_of(const struct dataset *d) /* without schema and quotes */
{
    return str_slice(d->table, strlen("data.\""), d->table.n - 1);
}

static void add_key(struct buf *b, const struct dataset *d)
{
    for (size_t i = 0; i < d->key_count; i++)
        buf_add_format(b, "%s%.*s", i ? ", " : "", STR_ARG(d->key[i]->column));
}

static bool run(struct tabling *t, struct buf *b)
{
    buf_add_char(b, '\0');
    if (b->is_full)
        return err_set(t->err, ERR_LIMIT, "the statement is too long");
    bool ok = db_script(t->db, b->p, t->err);
    buf_clear(b);
    return ok;
}

static bool make_index(struct tabling *t, const struct dataset *d, const struct field *f)
{
    BUF_SCOPED struct buf b = {.max = MAX_SQL};
    str table = table_of(d);
    buf_add_format(&b, "create index if not exists \"%.*s_%.*s\" on %.*s (%.*s%s)", STR_ARG(table),
                   STR_ARG(f->name), STR_ARG(d->table), STR_ARG(f->column),
                   f->type == FIELD_TEXT ? " text_pattern_ops" : "");
    return run(t, &b);
}

static bool make_table(struct tabling *t, const struct dataset *d)
{
    BUF_SCOPED struct buf b = {.max = MAX_SQL};
    str table = table_of(d);
    buf_add_format(&b, "create table %.*s (", STR_ARG(d->table));
    for (size_t i = 0; i < d->field_count; i++)
        buf_add_format(&b, "%s%.*s %s%s", i ? ", " : "", STR_ARG(d->fields[i].column),
                       field_sql_type(d->fields[i].type), d->fields[i].is_key ? " not null" : "");
    buf_add(&b, str_from(SYSTEM_COLUMNS));
    buf_add_lit(&b, ", primary key (");
    add_key(&b, d);
    buf_add_format(&b, ")); create table %.*s (", STR_ARG(d->history));
    for (size_t i = 0; i < d->field_count; i++)
        buf_add_format(&b, "%s%.*s %s", i ? ", " : "", STR_ARG(d->fields[i].column),
                       field_sql_type(d->fields[i].type));
    buf_add(&b, str_from(HISTORY_COLUMNS));
    buf_add_format(&b, "); create index \"%.*s_key\" on %.*s (", STR_ARG(table),
                   STR_ARG(d->history));
    add_key(&b, d);
    buf_add_lit(&b, ")");
    if (!run(t, &b))
        return false;
    for (size_t i = 0; i < d->field_count; i++) {
        if (d->fields[i].is_indexed && !d->fields[i].is_key && !make_index(t, d, &d->fields[i]))
            return false;
    }
    t->done->tables_made++;
    return true;
}

static void refuse(struct tabling *t, const struct dataset *d, uint32_t line, str name,
                   const char *what)
{
    complain(
        t->complaints, d->file, line,
        "%.*s: %s. Write migrations/NAME.sql in the package that changes %.*s and %.*s, or undo "
        "the change",
        STR_ARG(name), what, STR_ARG(d->table), STR_ARG(d->history));
}

static bool add_column(struct tabling *t, const struct dataset *d, const struct field *f,
                       bool is_empty)
{
    BUF_SCOPED struct buf b = {.max = MAX_SQL};
    if (f->is_required && !is_empty) {
        refuse(t, d, f->line, f->name, "a new required field, but rows are there that lack it");
        return true;
    }
    buf_add_format(&b, "alter table %.*s add column %.*s %s; alter table %.*s add column %.*s %s",
                   STR_ARG(d->table), STR_ARG(f->column), field_sql_type(f->type),
                   STR_ARG(d->history), STR_ARG(f->column), field_sql_type(f->type));
    t->done->columns_added++;
    return run(t, &b);
}

static const char *postgres_type(enum field_type type)
{
    return type == FIELD_TIMESTAMP ? "timestamp with time zone" : field_sql_type(type);
}

static bool compare_field(struct tabling *t, const struct dataset *d, const struct field *f,
                          const struct rows *columns, bool is_empty)
{
    for (size_t i = 0; i < columns->n; i++) {
        if (!str_equal(rows_text(columns, i, 0), f->name))
            continue;
        if (!str_is(rows_text(columns, i, 1), postgres_type(f->type)))
            refuse(t, d, f->line, f->name,
                   arena_format(t->arena, "its type is %.*s in the table and %s in the file",
                                STR_ARG(rows_text(columns, i, 1)), field_sql_type(f->type))
                       .p);
        else if (rows_bool(columns, i, 2) != f->is_key)
            refuse(t, d, f->line, f->name, f->is_key ? "it is new in the key" : "it left the key");
        else if (f->is_indexed && !f->is_key)
            return make_index(t, d, f);
        return true;
    }
    return add_column(t, d, f, is_empty);
}

static bool compare(struct tabling *t, const struct dataset *d, const struct rows *columns)
{
    struct rows some;
    BUF_SCOPED struct buf b = {.max = MAX_SQL};
    buf_add_format(&b, "select 1 from %.*s limit 1%c", STR_ARG(d->table), 0);
    if (!DB0(t->db, t->arena, &some, t->err, b.p))
        return false;
    for (size_t i = 0; i < d->field_count; i++) {
        if (!compare_field(t, d, &d->fields[i], columns, some.n == 0))
            return false;
    }
    for (size_t i = 0; i < columns->n; i++) {
        str name = rows_text(columns, i, 0);
        if (name.p[0] != '_' && !field_find(d, name))
            refuse(t, d, d->definition->line, name,
                   "the table has this field, the file no longer does");
    }
    return true;
}

bool table_bring_up(struct tabling *t, const struct dataset *d)
{
    struct rows columns;
    if (!DB(t->db, t->arena, &columns, t->err,
            "select a.attname, format_type(a.atttypid, a.atttypmod),"
            " exists (select from pg_index i where i.indrelid = a.attrelid and i.indisprimary"
            "         and a.attnum = any(i.indkey))"
            " from pg_attribute a where a.attrelid = to_regclass($1) and a.attnum > 0"
            " and not a.attisdropped",
            P(d->table)))
        return false;
    return columns.n ? compare(t, d, &columns) : make_table(t, d);
}
