#include "registry/rights.h"

#include "feel/sql.h"
#include "registry/load.h"
#include "registry/mask.h"
#include "text/csv.h"

enum { RIGHT_COLUMNS = 7, MAX_WORDS = 200 };

static const char *const COLUMNS[RIGHT_COLUMNS] = {"role",   "resource", "verb", "scope",
                                                   "fields", "masks",    "when"};
static const char *const KNOWN_VERBS[] = {
#define X(verb, does) verb,
    VERBS(X)
#undef X
};

bool verb_is_known(str verb)
{
    for (size_t i = 0; i < COUNT(KNOWN_VERBS); i++) {
        if (str_is(verb, KNOWN_VERBS[i]))
            return true;
    }
    return false;
}

bool verb_reads_rows(str verb)
{
    return str_is(verb, "read") || str_is(verb, "simulate");
}

/* --- reading ------------------------------------------------------------------------------------
 */

static bool take_word(str *rest, str *word)
{
    while (str_take_part(rest, ' ', word)) {
        *word = str_trim(*word);
        if (word->n)
            return true;
    }
    return false;
}

static void read_fields(struct loading *l, struct right *g, str cell)
{
    str word;
    g->fields = arena_array(l->arena, str, MAX_WORDS);
    for (cell = arena_copy(l->arena, cell); take_word(&cell, &word) && g->field_count < MAX_WORDS;)
        g->fields[g->field_count++] = word;
}

static void read_masks(struct loading *l, struct right *g, str cell, const struct json *where)
{
    str word, name;
    g->masks = arena_array(l->arena, struct right_mask, MAX_WORDS);
    for (cell = arena_copy(l->arena, cell); take_word(&cell, &word) && g->mask_count < MAX_WORDS;) {
        str rest = word;
        if (!str_take_part(&rest, '=', &name) || (!str_is(rest, "none") && !mask_sql(rest))) {
            load_complain(l, where, "\"%.*s\": expected field=mask, mask one of none, " MASK_NAMES,
                          STR_ARG(word));
            continue;
        }
        g->masks[g->mask_count++] = (struct right_mask){name, rest};
    }
}

static bool is_heading(const struct csv_row *row)
{
    bool ok = row->n >= 4 && row->n <= RIGHT_COLUMNS;
    for (size_t i = 0; ok && i < row->n; i++)
        ok = str_is(str_trim(row->cells[i]), COLUMNS[i]);
    return ok;
}

static void read_line(struct loading *l, const struct csv_row *row)
{
    struct registry *r = l->registry;
    const struct json where = {.line = (uint32_t)row->line};
    str cells[RIGHT_COLUMNS] = {{0}};
    for (size_t i = 0; i < row->n && i < RIGHT_COLUMNS; i++)
        cells[i] = str_trim(row->cells[i]);
    bool is_scope = str_is(cells[3], "own") || str_is(cells[3], "any");
    if (row->n < 4 || row->n > RIGHT_COLUMNS || !verb_is_known(cells[2]) || !is_scope) {
#define X(verb, does) " " verb
        load_complain(l, &where,
                      "expected role,resource,verb,scope[,fields[,masks[,when]]]: verb one "
                      "of" VERBS(X) ", scope own or any");
#undef X
        return;
    }
    struct right g = {.role = arena_copy(l->arena, cells[0]),
                      .resource = arena_copy(l->arena, cells[1]),
                      .verb = arena_copy(l->arena, cells[2]),
                      .only_own = str_is(cells[3], "own"),
                      .when = arena_copy(l->arena, cells[6]),
                      .file = l->file,
                      .line = (uint32_t)row->line};
    read_fields(l, &g, cells[4]);
    read_masks(l, &g, cells[5], &where);
    VEC_ADD(l->arena, r->rights, r->right_count, r->right_size) = g;
}

void load_rights(struct loading *l, const struct bundle_file *f)
{
    struct source_memory memory;
    struct csv *c = csv_create(source_of_memory(&memory, f->content), NULL);
    struct csv_row row;
    struct err e = {0};
    struct json where = {.line = 1};
    bool has_row = true, ok = true;
    while (ok && (ok = csv_take_row(c, &row, &has_row, &e)) && has_row) {
        where.line = (uint32_t)row.line;
        if (row.number > 1) {
            read_line(l, &row);
        } else if (!is_heading(&row)) {
            load_complain(l, &where,
                          "the first line must be role,resource,verb,scope and may go on with "
                          "fields,masks,when");
            break;
        }
    }
    if (!ok)
        load_complain(l, &where, "%s", e.msg);
    csv_destroy(c);
}

/* --- checking -----------------------------------------------------------------------------------
 */

static void check_line(struct loading *l, const struct right *g, const struct dataset *d)
{
    const struct json where = {.line = g->line};
    struct err e = {0};
    str sql;
    bool uses_me;
    ARENA_SCOPED struct arena a = {0};
    for (size_t i = 0; i < g->field_count; i++) {
        if (!field_find(d, g->fields[i]))
            load_complain(l, &where, "\"%.*s\" is no field of %.*s", STR_ARG(g->fields[i]),
                          STR_ARG(d->id));
    }
    for (size_t i = 0; i < g->mask_count; i++) {
        if (!field_find(d, g->masks[i].field))
            load_complain(l, &where, "\"%.*s\" is no field of %.*s", STR_ARG(g->masks[i].field),
                          STR_ARG(d->id));
    }
    if (!right_condition(&a, g, d, STR("t."), NULL, &sql, &uses_me, &e))
        load_complain(l, &where, "when: %s (%.*s)", e.msg, STR_ARG(d->id));
}

void load_resolve_rights(struct loading *l)
{
    struct registry *r = l->registry;
    for (size_t i = 0; i < r->right_count; i++) {
        const struct right *g = &r->rights[i];
        const struct json where = {.line = g->line};
        l->file = g->file;
        if (!map_has(&r->roles, g->role))
            load_complain(l, &where, "role \"%.*s\" is not declared in any app.yaml or county.yaml",
                          STR_ARG(g->role));
        if (!str_is(g->resource, "*") && !dataset_find(r, g->resource)) {
            load_complain(l, &where, "resource \"%.*s\" is no dataset", STR_ARG(g->resource));
            continue;
        }
        if (g->when.n && !verb_reads_rows(g->verb) && !str_is(g->verb, "clear"))
            load_complain(l, &where, "only read, clear and simulate take a row condition");
        for (size_t k = 0; k < r->datasets.n; k++) {
            if (right_covers(g, r->datasets.entries[k].value))
                check_line(l, g, r->datasets.entries[k].value);
        }
    }
}

/* --- what a line says ---------------------------------------------------------------------------
 */

bool right_covers(const struct right *g, const struct dataset *d)
{
    return str_is(g->resource, "*") || str_equal(g->resource, d->id);
}

bool right_gives_field(const struct right *g, str name)
{
    for (size_t i = 0; i < g->field_count; i++) {
        if (str_equal(g->fields[i], name))
            return true;
    }
    return g->field_count == 0;
}

str right_mask(const struct right *g, const struct field *f)
{
    for (size_t i = 0; i < g->mask_count; i++) {
        if (str_equal(g->masks[i].field, f->name))
            return g->masks[i].mask;
    }
    if (f->grade < GRADE_L3)
        return STR("none");
    return f->mask;
}

static enum value_kind kind_of(enum field_type type)
{
    switch (type) {
    case FIELD_TEXT:
        return VALUE_STRING;
    case FIELD_INTEGER:
    case FIELD_NUMBER:
        return VALUE_NUMBER;
    case FIELD_BOOLEAN:
        return VALUE_BOOLEAN;
    case FIELD_DATE:
        return VALUE_DATE;
    case FIELD_TIMESTAMP:
    case FIELD_JSON:
        break;
    }
    return VALUE_NULL;
}

static str quote(struct arena *a, str s)
{
    if (!s.p)
        return STR("null::text");
    char *p = arena_alloc(a, s.n * 2 + 8, 1);
    size_t n = 0;
    p[n++] = '\'';
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\'')
            p[n++] = '\'';
        if (s.p[i])
            p[n++] = s.p[i];
    }
    memcpy(p + n, "'::text", 7);
    return (str){p, n + 7};
}

bool right_condition(struct arena *a, const struct right *g, const struct dataset *d, str prefix,
                     const struct asker *who, str *sql, bool *uses_me, struct err *e)
{
    *sql = (str){0};
    *uses_me = false;
    if (g->when.n == 0)
        return true;
    struct sql_column *fields = arena_array(a, struct sql_column, d->field_count);
    for (size_t i = 0; i < d->field_count; i++)
        fields[i] = (struct sql_column){
            d->fields[i].name,
            arena_format(a, "%.*s%.*s", STR_ARG(prefix), STR_ARG(d->fields[i].column)),
            kind_of(d->fields[i].type)};
    struct sql_column me[] = {
#define X(name) {STR(#name), who ? quote(a, who->name) : STR("me." #name), VALUE_STRING},
        ASKER_FIELDS(X)
#undef X
    };
    struct sql_scope scope = {.fields = fields,
                              .field_count = d->field_count,
                              .me = me,
                              .me_count = COUNT(me),
                              .today = STR("(now() at time zone 'Asia/Shanghai')::date")};
    return sql_condition(a, g->when, &scope, sql, uses_me, e);
}

struct program *right_program(struct arena *a, const struct right *g, const struct dataset *d,
                              struct err *e)
{
    str *names = arena_array(a, str, d->field_count + 1);
    for (size_t i = 0; i < d->field_count; i++)
        names[i] = d->fields[i].name;
    names[d->field_count] = STR("me");
    struct scope *scope = arena_new(a, struct scope);
    *scope = (struct scope){.names = names, .n = d->field_count + 1};
    return program_compile(a, g->when, scope, e);
}

struct value asker_value(struct arena *a, const struct asker *who)
{
    struct entry list[] = {
#define X(name) {STR(#name), who->name.p ? value_string(who->name) : VALUE_NOTHING},
        ASKER_FIELDS(X)
#undef X
    };
    struct entry *entries = arena_array(a, struct entry, COUNT(list));
    memcpy(entries, list, sizeof list);
    return value_context(entries, COUNT(list));
}
