#include "intake/batch.h"

#include "intake/merge.h"

#include <unistd.h>

enum { MAX_JSON = 4 << 20 };

static void unlink_path(void *arg)
{
    unlink(arg);
}

/* A pass over all rows before the first is landed: a file that is broken in its middle lands
 * nothing. */
static bool look_through(const struct batch *b, struct arena *a, struct err *e)
{
    str *keys = NULL;
    size_t n = 0;
    struct raw_row row;
    bool has_row = true;
    if (b->facts.kind == FILE_JSONL && !reader_find_keys(b->work_path.p, a, &keys, &n, e))
        return false;
    struct reader *r =
        reader_open(b->work_path.p, b->facts.kind == FILE_JSONL ? FILE_JSONL : FILE_CSV,
                    b->facts.encoding, keys, n, e);
    bool ok = r != NULL;
    while (ok && has_row)
        ok = reader_take(r, &row, &has_row, e);
    reader_close(r);
    if (!ok)
        err_zh(e,
               "文件内容有错误，未导入任何数据：请检查引号是否成对、单元格是否过大、列数是否过多");
    return ok;
}

static bool is_table_text(enum file_kind kind)
{
    return kind == FILE_CSV || kind == FILE_JSONL;
}

static bool load_remembered(struct db *db, struct arena *a, const struct dataset *d, str source,
                            struct map *remembered, struct err *e)
{
    struct rows rows;
    if (!DB(db, a, &rows, e,
            "select header, coalesce(field, '') from shuzhi.header_match where dataset = $1"
            " and source = $2",
            P(d->id), P(source)))
        return false;
    for (size_t i = 0; i < rows.n; i++) {
        str *field = arena_new(a, str);
        *field = rows_text(&rows, i, 1);
        map_set(remembered, a, rows_text(&rows, i, 0), field);
    }
    return true;
}

static str columns_json(struct arena *a, const struct header *h)
{
    struct buf b = {.max = MAX_JSON};
    buf_add_char(&b, '[');
    for (size_t i = 0; i < h->n; i++) {
        const struct header_column *c = &h->columns[i];
        buf_add_lit(&b, "{\"header\":");
        batch_write_text(&b, c->header);
        buf_add_lit(&b, ",\"field\":");
        if (c->field)
            json_write_string(&b, c->field->name);
        else
            buf_add_lit(&b, "null");
        buf_add_format(&b, ",\"how\":\"%s\",\"samples\":[", header_how_name(c->how));
        for (size_t k = 0; k < c->sample_count; k++) {
            if (k)
                buf_add_char(&b, ',');
            batch_write_text(&b, utf8_clip(c->samples[k], 200));
        }
        buf_add_lit(&b, "]}");
        if (i + 1 < h->n)
            buf_add_char(&b, ',');
    }
    buf_add_char(&b, ']');
    str s = arena_copy(a, buf_str(&b));
    buf_release(&b);
    return s;
}

static str sheets_json(struct arena *a, const struct batch *b)
{
    struct buf out = {.max = MAX_JSON};
    buf_add_char(&out, '[');
    for (size_t i = 0; i < b->sheet_count; i++) {
        if (i)
            buf_add_char(&out, ',');
        json_write_string(&out, b->sheets[i]);
    }
    buf_add_char(&out, ']');
    str s = arena_copy(a, buf_str(&out));
    buf_release(&out);
    return s;
}

static bool save_batch(struct db *db, struct arena *a, const struct dataset *d,
                       const struct batch_file *file, struct batch *b, struct err *e)
{
    struct rows rows;
    if (!DB(db, a, &rows, e,
            "select id from shuzhi.batch where dataset = $1 and file_digest = $2 and state = 'done'"
            " order by id limit 1",
            P(d->id), P(b->facts.digest)))
        return false;
    b->same_as = rows.n ? rows_int(&rows, 0, 0) : 0;
    if (!DB(db, a, &rows, e,
            "insert into shuzhi.batch (dataset, kind, file_name, file_bytes, file_digest, path, "
            "format, encoding,"
            " sheet, source, header_row, columns, sheets, state, total, same_as, corrects, login)"
            " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'mapping', $4,"
            " nullif($14, '0')::bigint, nullif($15, '0')::bigint, $16) returning id",
            P(d->id), P(file->kind), P(file->name), P_INT(a, b->facts.bytes), P(b->facts.digest),
            P(b->work_path), P_CSTR(file_kind_name(b->facts.kind)),
            P_CSTR(is_table_text(b->facts.kind) ? encoding_name(b->facts.encoding) : ""),
            P(file->sheet.p ? file->sheet : STR("")), P(file->source), P_INT(a, b->header.row),
            P(columns_json(a, &b->header)), P(sheets_json(a, b)), P_INT(a, b->same_as),
            P_INT(a, file->corrects), P(file->login)))
        return false;
    b->id = rows_int(&rows, 0, 0);
    return true;
}

bool batch_create(struct db *db, struct arena *a, const struct registry *r, const struct dataset *d,
                  const struct batch_file *file, struct batch *out, struct err *e)
{
    struct batch b = {.work_path = arena_copy(a, file->path)};
    struct map remembered = {0};
    (void)r;
    if (!file_identify(b.work_path.p, a, &b.facts, e) ||
        !load_remembered(db, a, d, file->source, &remembered, e))
        return false;
    if (!is_table_text(b.facts.kind)) {
        str csv = arena_format(a, "%s.csv", b.work_path.p);
        if (!file_convert(b.work_path.p, b.facts.kind, file->sheet, csv.p, a, &b.sheets,
                          &b.sheet_count, e))
            return false;
        b.work_path = csv;
    }
    bool ok = look_through(&b, a, e) &&
              header_examine(b.work_path.p, b.facts.kind, b.facts.encoding, d, &remembered, a,
                             &b.header, e) &&
              save_batch(db, a, d, file, &b, e);
    if (!ok && !is_table_text(b.facts.kind))
        unlink_path((char *)(uintptr_t)b.work_path.p);
    if (ok)
        *out = b;
    return ok;
}

size_t batch_missing(const struct dataset *d, const struct header *h, const struct field **out,
                     size_t room)
{
    size_t n = 0;
    for (size_t i = 0; i < d->field_count; i++) {
        bool is_there = !d->fields[i].is_required;
        for (size_t k = 0; k < h->n; k++)
            is_there |= h->columns[k].field == &d->fields[i];
        if (!is_there && n < room)
            out[n++] = &d->fields[i];
    }
    return n;
}

static bool check_columns(const struct dataset *d, const str *columns, size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        if (columns[i].n == 0 || str_is(columns[i], "_row"))
            continue;
        if (!field_find(d, columns[i])) {
            err_set(e, ERR_INVALID, "\"%.*s\" is no field of %.*s",
                    STR_ARG(str_slice(columns[i], 0, 60)), STR_ARG(d->id));
            return err_at(e, "/columns/%zu", i);
        }
        for (size_t k = 0; k < i; k++) {
            if (str_equal(columns[i], columns[k])) {
                err_set(e, ERR_INVALID, "columns %zu and %zu are both given to %.*s", k + 1, i + 1,
                        STR_ARG(columns[i]));
                err_zh(e, "第 %zu 列和第 %zu 列都对应到了同一个字段", k + 1, i + 1);
                return err_at(e, "/columns/%zu", i);
            }
        }
    }
    for (size_t f = 0; f < d->field_count; f++) {
        bool is_given = !d->fields[f].is_required;
        for (size_t i = 0; i < n; i++)
            is_given |= str_equal(columns[i], d->fields[f].name);
        if (!is_given) {
            err_set(e, ERR_INVALID, "no column is given to the required field %.*s (%.*s)",
                    STR_ARG(d->fields[f].name), STR_ARG(d->fields[f].title.en));
            return err_zh(e, "必填字段“%.*s”没有对应的列", STR_ARG(d->fields[f].title.zh));
        }
    }
    return true;
}

static bool remember(struct db *db, struct arena *a, const struct dataset *d, str source,
                     const struct json *old, const str *columns, size_t n, struct err *e)
{
    for (size_t i = 0; i < n && i < old->array.n; i++) {
        str header = header_normal(a, json_text(&old->array.items[i], "header", STR("")));
        if (header.n == 0 || str_is(columns[i], "_row"))
            continue;
        if (!DB(db, a, NULL, e,
                "insert into shuzhi.header_match (dataset, source, header, field) values ($1, $2, "
                "$3, nullif($4, ''))"
                " on conflict (dataset, source, header) do update set field = excluded.field, at = "
                "now()",
                P(d->id), P(source), P(header), P(columns[i].n ? columns[i] : STR(""))))
            return false;
    }
    return true;
}

bool batch_choose(struct db *db, struct arena *a, const struct registry *r, int64_t id,
                  const str *columns, size_t n, struct err *e)
{
    struct rows rows;
    struct json old;
    BUF_SCOPED struct buf chosen = {.max = MAX_JSON};
    if (!DB(db, a, &rows, e,
            "select dataset, source, columns, state from shuzhi.batch where id = $1 for update",
            P_INT(a, id)))
        return false;
    if (rows.n == 0)
        return err_set(e, ERR_MISSING, "there is no batch %lld", (long long)id);
    if (!str_is(rows_text(&rows, 0, 3), "mapping")) {
        err_set(e, ERR_CONFLICT, "batch %lld is %.*s already", (long long)id,
                STR_ARG(rows_text(&rows, 0, 3)));
        return err_zh(e, "这个批次已经开始或结束");
    }
    const struct dataset *d = dataset_find(r, rows_text(&rows, 0, 0));
    if (!d || !json_parse(&old, rows_text(&rows, 0, 2), a, e))
        return err_set(e, ERR_BROKEN, "batch %lld cannot be read", (long long)id);
    if (n != old.array.n)
        return err_set(e, ERR_INVALID, "the file has %zu columns, %zu were given", old.array.n, n);
    if (!check_columns(d, columns, n, e) ||
        !remember(db, a, d, rows_text(&rows, 0, 1), &old, columns, n, e))
        return false;
    buf_add_char(&chosen, '[');
    for (size_t i = 0; i < n; i++) {
        struct json *c = &old.array.items[i];
        for (size_t k = 0; k < c->object.n; k++) {
            if (str_is(c->object.members[k].key, "field"))
                c->object.members[k].value =
                    columns[i].n ? json_string(columns[i]) : (struct json){.type = JSON_NULL};
        }
        if (i)
            buf_add_char(&chosen, ',');
        json_write(&chosen, c);
    }
    buf_add_char(&chosen, ']');
    return DB(db, a, NULL, e,
              "update shuzhi.batch set state = 'queued', columns = $2 where id = $1", P_INT(a, id),
              P(buf_str(&chosen)));
}

/* PostgreSQL's text holds no U+0000. */
void batch_write_text(struct buf *out, str s)
{
    const char *zero = s.n ? memchr(s.p, 0, s.n) : NULL;
    s = utf8_clip(s, 2000);
    if (!zero) {
        json_write_string(out, s);
        return;
    }
    BUF_SCOPED struct buf b = {.max = 8000};
    for (size_t i = 0; i < s.n; i++)
        buf_add(&b, s.p[i] ? (str){s.p + i, 1} : STR("\xef\xbf\xbd"));
    json_write_string(out, buf_str(&b));
}

/* A check's title says it all. */
static void write_words(struct buf *out, const struct problem *p, const char *reason, str detail)
{
    if (p->check) {
        json_write_string(out, detail);
        return;
    }
    BUF_SCOPED struct buf words = {.max = 2000};
    buf_add(&words, str_from(reason));
    if (detail.n && !str_is(detail, reason)) {
        buf_add_lit(&words, ": ");
        buf_add(&words, detail);
    }
    json_write_string(out, buf_str(&words));
}

void batch_write_problems(struct buf *out, const struct checked *row)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < row->problem_count; i++) {
        const struct problem *p = &row->problems[i];
        buf_add(out, i ? STR(",{\"field\":") : STR("{\"field\":"));
        if (p->field)
            json_write_string(out, p->field->name);
        else
            buf_add_lit(out, "null");
        buf_add_lit(out, ",\"value\":");
        batch_write_text(out, p->value);
        buf_add_format(out, ",\"code\":\"%s\",\"reason\":{\"zh\":", reason_name(p->reason));
        write_words(out, p, reason_zh(p->reason), p->detail_zh);
        buf_add_lit(out, ",\"en\":");
        write_words(out, p, reason_en(p->reason), p->detail_en);
        buf_add_lit(out, "},\"check\":");
        if (p->check)
            json_write_string(out, p->check->id);
        else
            buf_add_lit(out, "null");
        buf_add_lit(out, ",\"suggestion\":");
        if (p->suggestion.p)
            batch_write_text(out, p->suggestion);
        else
            buf_add_lit(out, "null");
        buf_add_char(out, '}');
    }
    buf_add_char(out, ']');
}

bool batch_land_row(struct db *db, struct arena *a, const struct registry *r,
                    const struct dataset *d, int64_t batch, int64_t row, const str *cells,
                    struct checked *out, struct err *e)
{
    BUF_SCOPED struct buf line = {.max = 64 << 20};
    struct merged counts;
    struct plan *plan = plan_create(a, r, d, NULL, e);
    if (!plan)
        return false;
    plan_check(plan, cells, a, out);
    if (!plan_check_rules(plan, (struct checked *[]){out}, 1, e))
        return false;
    if (out->problem_count)
        return true;
    merge_format_row(&line, out, batch, row);
    struct merge *m = merge_lock(db, d, e) ? merge_create(db, a, d, batch, e) : NULL;
    return m && merge_rows(m, buf_str(&line), false, &counts, e) &&
           DB(db, a, NULL, e, "update shuzhi.dataset set records = records + $2 where id = $1",
              P(d->id), P_INT(a, counts.added));
}
