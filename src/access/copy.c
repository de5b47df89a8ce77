#include "access/copy.h"

#include "access/access.h"
#include "base/date.h"
#include "base/digest.h"
#include "text/csv.h"
#include "text/recognise.h"
#include "text/watermark.h"

#include <errno.h>
#include <unistd.h>

enum { MAX_SQL = 1 << 20, PAGE = 2000, MAX_PAGE = 256 << 20 };

static const char *const NAMES[] = {
#define X(code, name, words) name,
    COPY_TREATMENTS(X)
#undef X
};
static const char *const WORDS[] = {
#define X(code, name, words) words,
    COPY_TREATMENTS(X)
#undef X
};

const char *copy_treatment_name(enum copy_treatment t)
{
    return NAMES[t];
}

const char *copy_treatment_words(enum copy_treatment t)
{
    return WORDS[t];
}

static bool is_place(const struct dataset *d, const struct field *f)
{
    return f == d->location.longitude || f == d->location.latitude;
}

static bool is_of_a_person(enum pseudonym_kind k)
{
    return k != PSEUDONYM_USCC && k != PSEUDONYM_PHONE;
}

static bool is_word_of_a_list(const struct registry *r, const struct field *f)
{
    return (f->code.n && map_find(&r->codes, f->code)) || json_find(f->definition, "enum") ||
           str_is(f->format, "division-code");
}

static enum pseudonym_kind kind_of_mask(const struct field *f)
{
    static const struct {
        const char *mask;
        enum pseudonym_kind kind;
    } kinds[] = {{"name", PSEUDONYM_NAME},
                 {"address", PSEUDONYM_ADDRESS},
                 {"phone", PSEUDONYM_PHONE},
                 {"card", PSEUDONYM_CARD}};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (str_is(f->mask, kinds[i].mask))
            return kinds[i].kind;
    }
    return PSEUDONYM_TEXT;
}

enum copy_treatment copy_treatment(const struct registry *r, const struct dataset *d,
                                   const struct field *f, enum pseudonym_kind *kind)
{
    *kind = PSEUDONYM_TEXT;
    bool is_public = f->grade <= GRADE_L1 && !f->mask.n;
    if (f->type == FIELD_JSON || f->grade >= GRADE_L4 || str_is(f->mask, "hide") || is_place(d, f))
        return COPY_OMIT;
    if (f->type == FIELD_DATE || f->type == FIELD_TIMESTAMP)
        return is_public ? COPY_LEAVE : COPY_SHIFT;
    if (f->type != FIELD_TEXT)
        return f->is_key && !is_public ? COPY_REPLACE : COPY_LEAVE;
    if (pseudonym_of_format(f->format, kind))
        return is_public && !is_of_a_person(*kind) ? COPY_LEAVE : COPY_REPLACE;
    if (is_word_of_a_list(r, f) && !f->mask.n)
        return COPY_LEAVE;
    if (is_public)
        return COPY_GUARD;
    *kind = kind_of_mask(f);
    return COPY_REPLACE;
}

/* --- a row -------------------------------------------------------------------------------------
 */

struct column {
    const struct field *field;
    enum copy_treatment treatment;
    enum pseudonym_kind kind;
    bool takes_mark;
};

struct copying {
    struct db *db;
    const struct dataset *dataset;
    const struct copy_order *order;
    struct pseudonymiser *p;
    struct column *columns;
    size_t n;
    int person; /* the column by whose value dates are moved; −1: the key */
    uint32_t number;
    int fd;
    int64_t bytes;
    struct err *e;
};

/* Text that stands open to everybody and yet holds a number of somebody. */
static bool holds_number(const struct field *f, str text)
{
    struct recogniser r;
    struct finding found;
    recognise_begin(&r, text, f->title.zh);
    while (recognise_next(&r, &found)) {
        if (sensitive_grade(found.kind) >= 3)
            return true;
    }
    return false;
}

static str moved(struct arena *a, str text, int32_t days)
{
    int32_t day;
    if (!date_parse(str_slice(text, 0, 10), &day))
        return (str){0};
    return arena_format(a, "%.*s%.*s", STR_ARG(date_format(a, day + days)),
                        STR_ARG(str_slice(text, 10, text.n)));
}

static str treat(struct copying *c, struct arena *a, const struct column *k, str text, int32_t days,
                 size_t row)
{
    str out = text;
    if (!text.p)
        return text;
    if (k->treatment == COPY_SHIFT)
        return moved(a, text, days);
    if (k->treatment == COPY_REPLACE)
        out = pseudonym_make(c->p, a, k->kind, text);
    else if (k->treatment == COPY_GUARD && holds_number(k->field, text))
        out = pseudonym_make(c->p, a, PSEUDONYM_TEXT, text);
    return k->takes_mark ? watermark_add(a, out, row, c->number) : out;
}

static void write_json_value(struct buf *b, const struct column *k, str value)
{
    bool is_raw = k->treatment != COPY_REPLACE &&
                  (k->field->type == FIELD_INTEGER || k->field->type == FIELD_NUMBER);
    if (k->field->type == FIELD_BOOLEAN)
        buf_add(b, str_is(value, "t") || str_is(value, "true") ? STR("true") : STR("false"));
    else if (is_raw)
        buf_add(b, value);
    else
        json_write_string(b, value);
}

static void write_row(struct copying *c, struct arena *a, struct buf *b, const struct rows *rows,
                      size_t i, size_t row)
{
    str person = rows_text(rows, i, c->person >= 0 ? c->person : (int)c->n);
    int32_t days = pseudonym_days(c->p, person);
    bool is_json = c->order->format == COPY_JSONL, is_first = true;
    for (size_t k = 0; k < c->n; k++) {
        if (c->columns[k].treatment == COPY_OMIT)
            continue;
        str value = treat(c, a, &c->columns[k], rows_text(rows, i, (int)k), days, row);
        if (!is_json) {
            csv_write_cell(b, value, is_first ? 0 : ',');
            is_first = false;
        } else if (value.p) {
            buf_add_char(b, is_first ? '{' : ',');
            json_write_string(b, c->columns[k].field->name);
            buf_add_char(b, ':');
            write_json_value(b, &c->columns[k], value);
            is_first = false;
        }
    }
    if (is_json)
        buf_add(b, is_first ? STR("{}\n") : STR("}\n"));
    else
        buf_add_lit(b, "\r\n");
}

/* --- all of it ---------------------------------------------------------------------------------
 */

static bool put(struct copying *c, struct buf *b)
{
    if (b->is_full)
        return err_set(c->e, ERR_LIMIT, "the rows are too long to copy");
    for (size_t at = 0; at < b->n;) {
        ssize_t n = write(c->fd, b->p + at, b->n - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_set(c->e, ERR_BROKEN, "the copy cannot be written: %s", strerror(errno));
        at += (size_t)n;
    }
    c->bytes += (int64_t)b->n;
    buf_clear(b);
    return true;
}

static void write_head(struct copying *c, struct buf *b)
{
    bool is_first = true;
    if (c->order->format == COPY_JSONL)
        return;
    for (size_t k = 0; k < c->n; k++) {
        if (c->columns[k].treatment == COPY_OMIT)
            continue;
        csv_write_cell(b, c->columns[k].field->name, is_first ? 0 : ',');
        is_first = false;
    }
    buf_add_lit(b, "\r\n");
}

/* The columns as text, the key, in an order that says nothing of theirs. */
static bool open_rows(struct copying *c, struct arena *a)
{
    BUF_SCOPED struct buf sql = {.max = MAX_SQL};
    const struct dataset *d = c->dataset;
    buf_add_lit(&sql, "declare copied no scroll cursor for select ");
    for (size_t k = 0; k < c->n; k++) {
        const struct field *f = c->columns[k].field;
        bool is_time = f->type == FIELD_TIMESTAMP;
        buf_add_format(&sql, is_time ? "to_json(t.%.*s)#>>'{}', " : "t.%.*s::text, ",
                       STR_ARG(f->column));
    }
    key_expression(&sql, d);
    buf_add_format(&sql, " from %.*s t order by md5(", STR_ARG(d->table));
    key_expression(&sql, d);
    buf_add_format(&sql, " || '%.*s')", STR_ARG(random_token(a, 24)));
    buf_add_char(&sql, '\0');
    return (!sql.is_full || err_set(c->e, ERR_LIMIT, "%.*s has too many fields", STR_ARG(d->id))) &&
           db_script(c->db, sql.p, c->e);
}

static bool write_rows(struct copying *c, int64_t *count)
{
    BUF_SCOPED struct buf b = {.max = MAX_PAGE};
    *count = 0;
    write_head(c, &b);
    for (size_t got = 1; got;) {
        ARENA_SCOPED struct arena page = {0};
        struct rows rows;
        if (!DB0(c->db, &page, &rows, c->e, arena_format(&page, "fetch %d from copied", PAGE).p))
            return false;
        for (size_t i = 0; i < rows.n; i++)
            write_row(c, &page, &b, &rows, i, (size_t)*count + i);
        *count += (int64_t)rows.n;
        got = rows.n;
        if (!put(c, &b))
            return false;
    }
    return true;
}

static bool number_copy(struct copying *c, struct arena *a, int64_t generation)
{
    struct rows rows;
    str question = arena_format(a, "copy --masked --generation %lld --for '%.*s'",
                                (long long)generation, STR_ARG(c->order->word));
    if (!DB(c->db, a, &rows, c->e,
            "insert into shuzhi.export (login, dataset, format, question, purpose, n)"
            " values ($1, $2, $3, $4, $5, 0) returning id",
            P(c->order->login), P(c->dataset->id),
            P_CSTR(c->order->format == COPY_CSV ? "csv" : "jsonl"), P(question),
            P(c->order->purpose.p ? c->order->purpose : STR(""))))
        return false;
    c->number = (uint32_t)rows_int(&rows, 0, 0);
    return true;
}

static void plan(struct copying *c, const struct registry *r, struct arena *a)
{
    const struct dataset *d = c->dataset;
    c->n = d->field_count;
    c->columns = arena_array(a, struct column, c->n);
    c->person = -1;
    for (size_t k = 0; k < c->n; k++) {
        struct column *col = &c->columns[k];
        col->field = &d->fields[k];
        col->treatment = copy_treatment(r, d, col->field, &col->kind);
        bool is_words = col->kind == PSEUDONYM_NAME || col->kind == PSEUDONYM_ADDRESS;
        col->takes_mark = (col->treatment == COPY_REPLACE && is_words) ||
                          (col->treatment == COPY_GUARD && !col->field->is_key);
        if (c->person < 0 && str_is(col->field->format, "resident-id"))
            c->person = (int)k;
    }
}

bool copy_write(struct db *db, const struct registry *r, struct ring *ring, const struct dataset *d,
                const struct copy_order *order, int fd, struct copied *done, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    uint8_t key[RING_KEY_BYTES];
    struct copying c = {.db = db, .dataset = d, .order = order, .fd = fd, .e = e};
    struct copied got = {.generation = order->generation};
    if (!ring_key(ring, KEY_USE_MASK, &got.generation, key, e))
        return false;
    c.p = pseudonymiser_create(key, order->word, e);
    explicit_bzero(key, sizeof key);
    if (!c.p)
        return false;
    plan(&c, r, &a);
    bool ok = number_copy(&c, &a, got.generation) && open_rows(&c, &a) &&
              write_rows(&c, &got.rows) && db_script(db, "close copied", e) &&
              DB(db, &a, NULL, e, "update shuzhi.export set n = $2 where id = $1",
                 P_INT(&a, c.number), P_INT(&a, got.rows));
    pseudonymiser_destroy(c.p);
    got.number = c.number;
    got.bytes = c.bytes;
    if (ok)
        *done = got;
    return ok;
}
