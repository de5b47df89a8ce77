#include "rules/simulate_source.h"

#include "rules/cut.h"

#include "base/digest.h"
#include "dmn/given.h"
#include "text/csv.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { TRIES = 3, FETCH = 20000, MAX_SQL = 1 << 18 };

struct simulate_rows {
    const str *names;
    const struct type **types; /* of the model's inputs; NULL: by the look of the text */
    size_t n;

    int fd; /* CSV: -1 when there is none */
    struct csv *csv;
    struct digest digest;
    struct source_file file;

    struct db *db, *reader; /* dataset: NULL when there is none */
    const struct dataset *dataset;
    const struct field *const *fields; /* of the dataset, by column */
    struct arena fetched_arena;
    struct rows fetched;
    size_t next;
    bool is_open;
    str version;
};

static struct simulate_rows *rows_create(struct arena *a)
{
    struct simulate_rows *r = arena_new(a, struct simulate_rows);
    r->fd = -1;
    return r;
}

void simulate_rows_close(struct simulate_rows *r)
{
    if (!r)
        return;
    if (r->csv)
        csv_destroy(r->csv);
    if (r->digest.state) {
        uint8_t unused[DIGEST_BYTES];
        digest_end(&r->digest, unused);
    }
    if (r->fd >= 0)
        close(r->fd);
    struct err ignored = {0};
    if (r->is_open && !db_script(r->reader, "close simulated", &ignored))
        db_rollback(r->reader);
    arena_release(&r->fetched_arena);
}

/* --- CSV
 * ------------------------------------------------------------------------------------------ */

static bool read_file(void *arg, char *p, size_t room, size_t *n, struct err *e)
{
    struct simulate_rows *r = arg;
    if (!source_take(source_of_file(&r->file, r->fd), p, room, n, e))
        return false;
    digest_add(&r->digest, (str){p, *n});
    return true;
}

static bool read_csv_row(void *data, struct value *row, bool *has_row, struct arena *a,
                         struct err *e)
{
    struct simulate_rows *r = data;
    struct csv_row c;
    if (!csv_take_row(r->csv, &c, has_row, e) || !*has_row)
        return !e->code;
    for (size_t i = 0; i < r->n; i++) {
        str cell = i < c.n ? c.cells[i] : (str){0};
        row[i] = cell.n ? given_of_text(r->types[i], arena_copy(a, cell), a) : VALUE_NOTHING;
    }
    return true;
}

struct simulate_rows *simulate_rows_of_csv(const char *path, const struct dmn_package *model,
                                           struct arena *a, struct err *e)
{
    struct simulate_rows *r = rows_create(a);
    struct csv_row head;
    bool has_row;
    digest_begin(&r->digest);
    r->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0) {
        err_set(e, ERR_MISSING, "%s cannot be read: %s", path, strerror(errno));
        simulate_rows_close(r);
        return NULL;
    }
    r->csv = csv_create((struct source){read_file, r}, NULL);
    if (!csv_take_row(r->csv, &head, &has_row, e) || !has_row) {
        err_set(e, ERR_INVALID, "%s is empty", path);
        simulate_rows_close(r);
        return NULL;
    }
    str *names = arena_array(a, str, head.n);
    r->types = arena_array(a, const struct type *, head.n);
    for (size_t i = 0; i < head.n; i++) {
        str name = head.cells[i];
        if (i == 0 && str_starts(name, STR("\xef\xbb\xbf")))
            name = str_slice(name, 3, name.n);
        names[i] = arena_copy(a, str_trim(name));
        const struct dmn_element *input = dmn_find(model, DMN_INPUT, names[i]);
        r->types[i] = input ? input->type : NULL;
    }
    r->names = names;
    r->n = head.n;
    return r;
}

/* --- a dataset
 * -------------------------------------------------------------------------------------- */

static bool fetch(struct simulate_rows *r, struct err *e)
{
    arena_reset(&r->fetched_arena);
    r->next = 0;
    return DB0(r->reader, &r->fetched_arena, &r->fetched, e, "fetch 20000 from simulated");
}

static bool read_dataset_row(void *data, struct value *row, bool *has_row, struct arena *a,
                             struct err *e)
{
    struct simulate_rows *r = data;
    if (r->next == r->fetched.n && (r->fetched.n == FETCH || r->next == 0) && !fetch(r, e))
        return false;
    *has_row = r->next < r->fetched.n;
    if (!*has_row)
        return true;
    for (size_t i = 0; i < r->n; i++) {
        str cell = rows_text(&r->fetched, r->next, (int)i);
        row[i] = cell.p ? given_of_text(r->types[i], arena_copy(a, cell), a) : VALUE_NOTHING;
    }
    r->next++;
    return true;
}

static bool is_named(const struct field *f, str name)
{
    return str_equal(f->name, name) || str_equal(f->title.zh, name) || str_equal(f->title.en, name);
}

const struct dmn_element *simulate_input_of(const struct dmn_package *model, const struct field *f)
{
    const struct dmn_element *input = dmn_find(model, DMN_INPUT, f->name);
    input = input ? input : dmn_find(model, DMN_INPUT, f->title.zh);
    return input ? input : dmn_find(model, DMN_INPUT, f->title.en);
}

static bool is_wanted(const struct field *f, const struct dmn_element *input, enum simulate_key key,
                      const str *by, size_t by_count)
{
    bool is_asked = input || (f->is_key && key == SIMULATE_WITH_KEY);
    for (size_t i = 0; i < by_count; i++)
        is_asked |= is_named(f, by[i]);
    return is_asked;
}

/* Two readings alike, before and after the rows were fixed, name what the rows are of. */
static bool read_version(struct simulate_rows *r, struct arena *a, str *version, struct err *e)
{
    struct rows rows;
    if (!DB(r->db, a, &rows, e,
            "select $1 || ' ' || coalesce(max(b.id), 0) || ' ' || (select records from "
            "shuzhi.dataset where id = $1)"
            " from shuzhi.batch b where b.dataset = $1 and b.state = 'done'",
            P(r->dataset->id)))
        return false;
    *version = rows_text(&rows, 0, 0);
    return true;
}

static bool open_rows(struct simulate_rows *r, const char *declare, struct arena *a, struct err *e)
{
    for (int left = TRIES;; left--) {
        str before, after;
        if (!read_version(r, a, &before, e) || !db_script(r->reader, declare, e))
            return false;
        r->is_open = true;
        if (!read_version(r, a, &after, e))
            return false;
        if (str_equal(before, after) || left == 0) {
            r->version = after;
            return true;
        }
        if (!db_script(r->reader, "close simulated", e))
            return false;
        r->is_open = false;
    }
}

/* v NULL: as it is. */
static void add_asked(struct buf *sql, const struct field *f, const struct view *v)
{
    const struct view_field *shown = v ? view_find(v, f->name) : NULL;
    if (shown)
        view_ask(sql, shown);
    else if (v)
        buf_add_lit(sql, "null");
    else
        buf_add_format(sql, "t.%.*s", STR_ARG(f->column));
}

struct simulate_rows *simulate_rows_of_dataset(struct db *db, struct db *reader,
                                               const struct dataset *d, const struct view *v,
                                               const struct dmn_package *model,
                                               enum simulate_key key, str *by, size_t by_count,
                                               struct arena *a, struct err *e)
{
    struct simulate_rows *r = rows_create(a);
    BUF_SCOPED struct buf sql = {.max = MAX_SQL};
    size_t most = d->field_count + by_count;
    str *names = arena_array(a, str, most);
    r->types = arena_array(a, const struct type *, most);
    const struct field **fields = arena_array(a, const struct field *, most);
    r->fields = fields;
    r->dataset = d;
    r->db = db;
    r->reader = reader;
    buf_add_lit(&sql, "declare simulated no scroll cursor for select ");
    for (size_t i = 0; i < d->field_count; i++) {
        const struct field *f = &d->fields[i];
        const struct dmn_element *input = simulate_input_of(model, f);
        if (!is_wanted(f, input, key, by, by_count))
            continue;
        names[r->n] = input ? input->name : f->name;
        for (size_t k = 0; k < by_count; k++)
            by[k] = is_named(f, by[k]) ? names[r->n] : by[k];
        /* A code is text however it looks: 01 is not 1. */
        r->types[r->n] = input                   ? input->type
                         : f->type == FIELD_TEXT ? type_find(STR("string"))
                                                 : NULL;
        fields[r->n] = f;
        BUF_SCOPED struct buf asked = {.max = MAX_SQL};
        bool is_name = f->is_key && key == SIMULATE_WITH_KEY && !input; /* no model reads it */
        add_asked(&asked, f, is_name ? NULL : v);
        buf_add_format(&sql,
                       f->type == FIELD_BOOLEAN
                           ? "%s(case when %.*s then 'true' when not %.*s then 'false' end)"
                           : "%s%.*s",
                       r->n ? ", " : "", STR_ARG(buf_str(&asked)), STR_ARG(buf_str(&asked)));
        r->n++;
    }
    for (size_t k = 0; k < by_count; k++) {
        struct cut cut;
        BUF_SCOPED struct buf asked = {.max = MAX_SQL};
        if (!cut_read(d, by[k], &cut))
            continue;
        add_asked(&asked, cut.field, v);
        buf_add(&sql, r->n ? STR(", ") : STR(""));
        cut_sql(&sql, &cut, buf_str(&asked));
        names[r->n] = by[k];
        r->types[r->n] = type_find(STR("string"));
        fields[r->n++] = NULL;
    }
    r->names = names;
    buf_add_format(&sql, " from %.*s t", STR_ARG(d->table));
    /* In the order of the key: the same data give the same report, byte for byte. */
    for (size_t i = 0; i < d->key_count; i++)
        buf_add_format(&sql, "%st.%.*s", i ? ", " : " order by ", STR_ARG(d->key[i]->column));
    buf_add_char(&sql, '\0');
    if (!open_rows(r, sql.p, a, e)) {
        simulate_rows_close(r);
        return NULL;
    }
    return r;
}

struct simulate_source simulate_rows_source(struct simulate_rows *r)
{
    return (struct simulate_source){r->names, r->n, r->db ? read_dataset_row : read_csv_row, r};
}

size_t simulate_rows_column(const struct simulate_rows *r, const struct field *f)
{
    size_t i = 0;
    while (i < r->n && r->fields[i] != f)
        i++;
    return i;
}

str simulate_rows_version(const struct simulate_rows *r, struct arena *a)
{
    uint8_t out[DIGEST_BYTES];
    struct digest d = r->digest;
    if (r->db)
        return r->version;
    digest_end(&d, out);
    ((struct simulate_rows *)(uintptr_t)r)->digest.state = NULL;
    return bytes_to_hex(a, out, sizeof out);
}
