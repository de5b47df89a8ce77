/* A batch's run: one thread reads and checks, the other stages and merges, a chunk at a time.  A
 * chunk's rows, its quarantine and the batch's progress are one transaction. */
#include "intake/batch.h"

#include "base/log.h"
#include "intake/merge.h"
#include "intake/seen.h"
#include "place/gcj02.h"

#include <math.h>
#include <pthread.h>

enum {
    CHUNK_ROWS = 50000,
    CHUNK_BYTES = 8 << 20,
    CHUNK_ROOM = 64 << 20, /* one row more may be this large */
    QUEUE = 2,
    PENDING = 1000, /* rows checked together, and looked up against a reference */
    MAX_PARENTS = 100000,
};

struct chunk {
    struct buf lines, bad; /* COPY lines of the dataset and of the quarantine */
    struct buf parents;    /* "{1,2}": rows of the corrected batch that landed again */
    uint64_t upto;         /* the last row in it */
    uint64_t rows, bad_rows, position;
    bool is_last;
    bool are_keys_known; /* duplicates were told, so keys are distinct over the whole file */
};

struct pending { /* a row that waits for its checks and its reference */
    struct checked checked;
    str *cells;
    uint64_t number;
    int64_t parent;
};

struct run {
    str url;
    const struct registry *registry;
    const struct dataset *dataset;
    int64_t id, corrects, same_as;
    struct arena arena, row_arena;
    struct plan *plan;
    struct reader *reader;
    struct seen *seen;
    size_t *field_of; /* column → field index; SIZE_MAX: none, SIZE_MAX - 1: row number */
    size_t column_count;
    uint64_t header_row, rows_done;
    struct db *lookup; /* the checking thread's connection, for references */

    struct pending pending[PENDING];
    size_t pending_count;
    struct chunk *filling;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct chunk *queue[QUEUE];
    size_t queued;
    bool is_stopping; /* the merging side gave up */
    bool is_over;     /* the checking side ended; err tells how */
    struct err err;

    struct db *db;
    struct merge *merge;
    uint64_t total, n_new;
    struct batch_progress progress;
    batch_watch watch;
    void *watch_arg;
};

/* --- between the threads -----------------------------------------------------------------------
 */

static struct chunk *chunk_create(void)
{
    struct chunk *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    c->lines.max = c->bad.max = c->parents.max = CHUNK_ROOM;
    c->are_keys_known = true;
    return c;
}

static void chunk_destroy(struct chunk *c)
{
    if (!c)
        return;
    buf_release(&c->lines);
    buf_release(&c->bad);
    buf_release(&c->parents);
    free(c);
}

static bool hand_over(struct run *r, bool is_last)
{
    struct chunk *c = r->filling;
    c->is_last = is_last;
    c->position = reader_position(r->reader);
    c->are_keys_known = !seen_is_full(r->seen);
    pthread_mutex_lock(&r->lock);
    while (r->queued == QUEUE && !r->is_stopping)
        pthread_cond_wait(&r->changed, &r->lock);
    bool ok = !r->is_stopping;
    if (ok)
        r->queue[r->queued++] = c;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    r->filling = ok && !is_last ? chunk_create() : NULL;
    if (!ok)
        chunk_destroy(c);
    return ok;
}

static struct chunk *take_chunk(struct run *r)
{
    pthread_mutex_lock(&r->lock);
    while (r->queued == 0 && !r->is_over)
        pthread_cond_wait(&r->changed, &r->lock);
    struct chunk *c = r->queued ? r->queue[0] : NULL;
    if (c) {
        for (size_t i = 1; i < r->queued; i++)
            r->queue[i - 1] = r->queue[i];
        r->queued--;
        pthread_cond_broadcast(&r->changed);
    }
    pthread_mutex_unlock(&r->lock);
    return c;
}

/* --- the checking side -------------------------------------------------------------------------
 */

static void add_bad(struct run *r, const struct pending *p)
{
    struct chunk *c = r->filling;
    BUF_SCOPED struct buf values = {.max = CHUNK_ROOM}, problems = {.max = CHUNK_ROOM};
    bool is_first = true;
    buf_add_char(&values, '{');
    for (size_t i = 0; i < r->dataset->field_count; i++) {
        if (!p->cells[i].p)
            continue;
        if (!is_first)
            buf_add_char(&values, ',');
        is_first = false;
        json_write_string(&values, r->dataset->fields[i].name);
        buf_add_char(&values, ':');
        batch_write_text(&values, p->cells[i]);
    }
    buf_add_char(&values, '}');
    batch_write_problems(&problems, &p->checked);
    buf_add_format(&c->bad, "%lld\t%llu\t", (long long)r->id, (unsigned long long)p->number);
    merge_add_copy_text(&c->bad, buf_str(&values));
    buf_add_char(&c->bad, '\t');
    merge_add_copy_text(&c->bad, buf_str(&problems));
    buf_add_char(&c->bad, '\n');
    c->bad_rows++;
}

static void check_duplicate(struct run *r, struct pending *p, bool *is_repeated)
{
    bool is_same = false;
    uint32_t first =
        seen_add(r->seen, p->checked.key_hash, p->checked.hash, (uint32_t)p->number, &is_same);
    *is_repeated = first && is_same;
    plan_count_row_rule(r->plan, REASON_DUPLICATE, !first || is_same);
    if (!first || is_same)
        return;
    const struct field *key = r->dataset->key[0];
    size_t i = (size_t)(key - r->dataset->fields);
    plan_add_problem(&p->checked, key, p->checked.values[i], REASON_DUPLICATE, (str){0});
    struct problem *problem = &p->checked.problems[p->checked.problem_count - 1];
    problem->detail_zh = arena_format(&r->row_arena, "与第 %u 行相同", first);
    problem->detail_en = arena_format(&r->row_arena, "row %u has it too", first);
}

static void emit(struct run *r, struct pending *p)
{
    struct chunk *c = r->filling;
    bool is_repeated = false;
    if (p->checked.problem_count == 0)
        check_duplicate(r, p, &is_repeated);
    if (p->number <= r->rows_done)
        return; /* landed before the run was cut short */
    bool is_good = p->checked.problem_count == 0;
    plan_count_row_rule(r->plan, REASON_NONE, is_good);
    c->upto = p->number;
    c->rows++;
    if (!is_good) {
        add_bad(r, p);
        return;
    }
    if (!is_repeated)
        merge_format_row(&c->lines, &p->checked, r->id, (int64_t)p->number);
    if (p->parent > 0 && c->parents.n < MAX_PARENTS)
        buf_add_format(&c->parents, "%s%lld", c->parents.n ? "," : "", (long long)p->parent);
}

static double degrees(str s)
{
    char text[40];
    snprintf(text, sizeof text, "%.*s", STR_ARG(s));
    return strtod(text, NULL);
}

static bool load_references(struct run *r, struct arena *a, struct map *places, struct err *e)
{
    const struct location *l = &r->dataset->location;
    const struct dataset *ref = dataset_find(r->registry, l->reference);
    size_t by = (size_t)(l->by - r->dataset->fields);
    struct rows rows;
    BUF_SCOPED struct buf keys = {.max = CHUNK_ROOM};
    buf_add_format(&keys,
                   "select %.*s::text, %.*s, %.*s from %.*s where %.*s is not null and %.*s in (''",
                   STR_ARG(ref->key[0]->column), STR_ARG(ref->location.longitude->column),
                   STR_ARG(ref->location.latitude->column), STR_ARG(ref->table),
                   STR_ARG(ref->location.longitude->column), STR_ARG(ref->key[0]->column));
    for (size_t i = 0; i < r->pending_count; i++) {
        str key = r->pending[i].checked.values[by];
        if (key.p)
            buf_add_format(&keys, ",%.*s", STR_ARG(sql_literal(a, key)));
    }
    buf_add(&keys, (str){")\0", 2});
    if (keys.is_full || !DB0(r->lookup, a, &rows, e, keys.p))
        return false;
    for (size_t i = 0; i < rows.n; i++) {
        struct position *p = arena_new(a, struct position);
        *p = (struct position){degrees(rows_text(&rows, i, 1)), degrees(rows_text(&rows, i, 2))};
        map_set(places, a, rows_text(&rows, i, 0), p);
    }
    return true;
}

static void add_shifted(struct run *r, struct pending *p, struct position said)
{
    const struct location *l = &r->dataset->location;
    struct position meant = gcj02_to_wgs84(said);
    plan_add_problem(&p->checked, l->longitude, arena_format(&r->row_arena, "%.7f", said.longitude),
                     REASON_GCJ02, arena_format(&r->row_arena, "%.7f", meant.longitude));
    plan_add_problem(&p->checked, l->latitude, arena_format(&r->row_arena, "%.7f", said.latitude),
                     REASON_GCJ02, arena_format(&r->row_arena, "%.7f", meant.latitude));
}

static bool check_locations(struct run *r, struct err *e)
{
    const struct location *l = &r->dataset->location;
    ARENA_SCOPED struct arena a = {0};
    struct map places = {0};
    size_t x = (size_t)(l->longitude - r->dataset->fields),
           y = (size_t)(l->latitude - r->dataset->fields);
    size_t by = (size_t)(l->by - r->dataset->fields);
    if (!load_references(r, &a, &places, e))
        return false;
    for (size_t i = 0; i < r->pending_count; i++) {
        struct pending *p = &r->pending[i];
        const str *v = p->checked.values;
        const struct position *there = v[by].p ? map_find(&places, v[by]) : NULL;
        if (p->checked.problem_count || p->number <= r->rows_done || !there || !v[x].p || !v[y].p)
            continue;
        struct position said = {degrees(v[x]), degrees(v[y])};
        bool is_shifted = gcj02_is_likely(said, *there);
        plan_count_row_rule(r->plan, REASON_GCJ02, !is_shifted);
        if (is_shifted)
            add_shifted(r, p, said);
    }
    return true;
}

static bool flush_pending(struct run *r, struct err *e)
{
    struct checked *rows[PENDING];
    for (size_t i = 0; i < r->pending_count; i++)
        rows[i] = &r->pending[i].checked;
    if (!plan_check_rules(r->plan, rows, r->pending_count, e) ||
        (r->dataset->location.longitude && !check_locations(r, e)))
        return false;
    for (size_t i = 0; i < r->pending_count; i++) {
        emit(r, &r->pending[i]);
        struct chunk *c = r->filling;
        bool is_enough =
            c->rows >= CHUNK_ROWS || c->lines.n >= CHUNK_BYTES || c->bad.n >= CHUNK_BYTES;
        if (c->lines.is_full || c->bad.is_full)
            return err_set(e, ERR_LIMIT, "row %llu is too large",
                           (unsigned long long)r->pending[i].number);
        if (is_enough && !hand_over(r, false))
            return err_set(e, ERR_BUSY, "the run was stopped");
    }
    r->pending_count = 0;
    arena_reset(&r->row_arena);
    return true;
}

static bool is_blank(const struct raw_row *row)
{
    for (size_t i = 0; i < row->n; i++) {
        if (str_trim(row->cells[i]).n)
            return false;
    }
    return true;
}

/* Rows are looked up or checked together, which their cells must outlive. */
static bool waits(const struct dataset *d)
{
    return d->location.longitude || d->check_count;
}

static bool check_row(struct run *r, const struct raw_row *row, struct err *e)
{
    struct pending *p = &r->pending[r->pending_count];
    bool must_wait = waits(r->dataset);
    *p = (struct pending){.cells = arena_array(&r->row_arena, str, r->dataset->field_count),
                          .number = row->number};
    for (size_t i = 0; i < r->column_count && i < row->n; i++) {
        str cell = row->cells[i];
        if (r->field_of[i] < r->dataset->field_count)
            p->cells[r->field_of[i]] = must_wait ? arena_copy(&r->row_arena, cell) : cell;
        else if (r->field_of[i] == SIZE_MAX - 1 && !str_to_int64(str_trim(cell), &p->parent))
            p->parent = 0;
    }
    plan_check(r->plan, p->cells, &r->row_arena, &p->checked);
    if (row->is_ragged && (row->n > r->column_count || p->checked.problem_count)) {
        plan_add_problem(&p->checked, NULL, STR(""), REASON_RAGGED, (str){0});
        p->checked.problems[p->checked.problem_count - 1].detail_zh =
            arena_format(&r->row_arena, "本行 %zu 列，表头 %zu 列", row->n, r->column_count);
        p->checked.problems[p->checked.problem_count - 1].detail_en =
            arena_format(&r->row_arena, "%zu cells, %zu in the header", row->n, r->column_count);
    }
    r->pending_count++;
    return (must_wait && r->pending_count < PENDING) || flush_pending(r, e);
}

static bool check_all(struct run *r, struct err *e)
{
    struct raw_row row;
    for (bool has_row = true;;) {
        if (!reader_take(r->reader, &row, &has_row, e))
            return false;
        if (!has_row)
            return flush_pending(r, e) && hand_over(r, true);
        if (row.number <= r->header_row || is_blank(&row))
            continue;
        if (!check_row(r, &row, e))
            return false;
    }
}

static void *checking_thread(void *arg)
{
    struct run *r = arg;
    struct err e = {0};
    bool ok = check_all(r, &e);
    pthread_mutex_lock(&r->lock);
    if (!ok && !r->is_stopping)
        r->err = e;
    r->is_over = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

/* --- the merging side --------------------------------------------------------------------------
 */

static bool land_parents(struct run *r, struct arena *a, const struct chunk *c, struct err *e)
{
    struct rows rows;
    if (!r->corrects || c->parents.n == 0)
        return true;
    return DB(r->db, a, &rows, e,
              "update shuzhi.quarantine set state = 'landed', at = now() where batch = $1 and "
              "state = 'waiting'"
              " and row = any(('{' || $2 || '}')::bigint[])",
              P_INT(a, r->corrects), P(buf_str(&c->parents))) &&
           DB(r->db, a, NULL, e, "update shuzhi.batch set n_fixed = n_fixed + $2 where id = $1",
              P_INT(a, r->corrects), P_INT(a, rows.changed));
}

/* A row that an earlier load of the same bytes refused is not refused twice. */
static bool drop_known(struct run *r, struct arena *a, uint64_t *known, struct err *e)
{
    struct rows rows;
    if (!r->same_as)
        return true;
    if (!DB(r->db, a, &rows, e,
            "delete from shuzhi.quarantine q using shuzhi.quarantine o where q.batch = $1 and "
            "o.batch = $2"
            " and o.row = q.row",
            P_INT(a, r->id), P_INT(a, r->same_as)))
        return false;
    *known = rows.changed;
    return true;
}

static bool quarantine(struct run *r, struct arena *a, const struct chunk *c, uint64_t *known,
                       struct err *e)
{
    *known = 0;
    if (c->bad.n == 0)
        return true;
    if (!db_copy_begin(r->db,
                       "copy shuzhi.quarantine (batch, row, \"values\", problems) from stdin", e))
        return false;
    if (db_copy_data(r->db, buf_str(&c->bad), e))
        return db_copy_end(r->db, e) && drop_known(r, a, known, e);
    db_copy_abandon(r->db);
    return false;
}

/* True: the table holds only rows of this batch, so all keys of this chunk are new in it. */
static bool find_first_load(struct run *r, struct arena *a, const struct chunk *c, bool *is_first,
                            struct err *e)
{
    struct rows rows;
    if (!DB(r->db, a, &rows, e, "select records from shuzhi.dataset where id = $1 for update",
            P(r->dataset->id)))
        return false;
    *is_first = c->are_keys_known && rows.n && rows_int(&rows, 0, 0) == (int64_t)r->n_new;
    return true;
}

static bool land_chunk(struct run *r, const struct chunk *c, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct merged m;
    struct rows rows;
    bool is_first;
    uint64_t known;
    if (!db_begin(r->db, e) || !merge_lock(r->db, r->dataset, e) ||
        !find_first_load(r, &a, c, &is_first, e) ||
        !merge_rows(r->merge, buf_str(&c->lines), is_first, &m, e) ||
        !quarantine(r, &a, c, &known, e) || !land_parents(r, &a, c, e) ||
        !DB(r->db, &a, NULL, e, "update shuzhi.dataset set records = records + $2 where id = $1",
            P(r->dataset->id), P_INT(&a, m.added)) ||
        !DB(r->db, &a, &rows, e,
            "update shuzhi.batch set rows_done = greatest(rows_done, $2), position = $3, n_new = "
            "n_new + $4,"
            " n_changed = n_changed + $5, n_unchanged = n_unchanged + $6, n_quarantined = "
            "n_quarantined + $7,"
            " n_rows = n_rows + $8 where id = $1 and state = 'running'",
            P_INT(&a, r->id), P_INT(&a, c->upto), P_INT(&a, c->position), P_INT(&a, m.added),
            P_INT(&a, m.changed), P_INT(&a, c->rows - c->bad_rows + known - m.added - m.changed),
            P_INT(&a, c->bad_rows - known), P_INT(&a, c->rows)))
        return false;
    if (rows.changed == 0)
        return err_set(e, ERR_CONFLICT, "the batch was cancelled");
    if (!db_commit(r->db, e))
        return false;
    r->n_new += m.added;
    r->progress.added += m.added;
    r->progress.changed += m.changed;
    r->progress.quarantined += c->bad_rows - known;
    r->progress.rows += c->rows;
    r->progress.unchanged =
        r->progress.rows - r->progress.quarantined - r->progress.added - r->progress.changed;
    r->progress.position = c->position;
    if (r->watch)
        r->watch(r->watch_arg, &r->progress);
    return true;
}

static bool save_quality(struct run *r, struct arena *a, struct err *e)
{
    size_t n;
    const struct tally *t = plan_tallies(r->plan, &n);
    for (size_t i = 0; i < n; i++) {
        if (t[i].tested == 0)
            continue;
        if (!DB(r->db, a, NULL, e,
                "insert into shuzhi.quality (dataset, batch, field, rule, dimension, tested, "
                "passed)"
                " values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
                P(r->dataset->id), P_INT(a, r->id), P(t[i].field ? t[i].field->name : STR("")),
                P(t[i].rule), P_CSTR(dimension_name(t[i].dimension)), P_INT(a, t[i].tested),
                P_INT(a, t[i].passed)))
            return false;
    }
    if (r->dataset->update_days == 0)
        return true;
    /* In time: the batch before came no longer ago than the dataset promises. */
    return DB(r->db, a, NULL, e,
              "insert into shuzhi.quality (dataset, batch, field, rule, dimension, tested, passed)"
              " select $1, $2, '', 'in-time', 'timeliness', 1, case when max(finished) is null"
              " or max(finished) > now() - make_interval(days => $3) then 1 else 0 end"
              " from shuzhi.batch where dataset = $1 and state = 'done' and id <> $2 on conflict "
              "do nothing",
              P(r->dataset->id), P_INT(a, r->id), P_INT(a, r->dataset->update_days));
}

static str repaired_json(struct run *r, struct arena *a)
{
    struct buf b = {.max = 1 << 20};
    size_t cursor = 0;
    const struct field *f;
    enum cell_reason because;
    uint64_t n;
    buf_add_char(&b, '[');
    while (plan_repaired(r->plan, &cursor, &f, &because, &n)) {
        buf_add_format(&b, "%s{\"field\":\"%.*s\",\"code\":\"%s\",\"count\":%llu,\"title\":",
                       b.n > 1 ? "," : "", STR_ARG(f->name), cell_reason_name(because),
                       (unsigned long long)n);
        title_write(&b, (struct title){str_from(cell_reason_zh(because)),
                                       str_from(cell_reason_en(because))});
        buf_add_char(&b, '}');
    }
    buf_add_char(&b, ']');
    str s = arena_copy(a, buf_str(&b));
    buf_release(&b);
    return s;
}

static bool finish(struct run *r, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    return db_begin(r->db, e) && save_quality(r, &a, e) &&
           DB(r->db, &a, NULL, e,
              "update shuzhi.batch set state = 'done', finished = now(), position = total, error = "
              "null,"
              " repaired = $2, score = (select round(avg(100.0 * passed / tested), 1) from "
              "shuzhi.quality"
              " where batch = $1 and tested > 0) where id = $1 and state = 'running'",
              P_INT(&a, r->id), P(repaired_json(r, &a))) &&
           DB(r->db, &a, NULL, e,
              "select pg_notify('registry', '') where $1 like 'code-%' or $1 = $2",
              P(r->dataset->id), P(r->registry->county.organisation_dataset)) &&
           db_commit(r->db, e);
}

static bool merge_all(struct run *r, struct err *e)
{
    for (bool is_last = false; !is_last;) {
        struct chunk *c = take_chunk(r);
        if (!c) {
            *e = r->err;
            return err_set(e, ERR_BROKEN, "the rows could not be read to the end");
        }
        bool ok = land_chunk(r, c, e);
        is_last = c->is_last;
        chunk_destroy(c);
        if (!ok)
            return false;
    }
    return finish(r, e);
}

/* --- the whole ---------------------------------------------------------------------------------
 */

static bool read_columns(struct run *r, str text, enum file_kind kind, str **keys, struct err *e)
{
    struct json v;
    (void)kind;
    if (!json_parse(&v, text, &r->arena, e) || v.type != JSON_ARRAY)
        return err_set(e, ERR_BROKEN, "the batch's columns cannot be read");
    r->column_count = v.array.n;
    r->field_of = arena_array(&r->arena, size_t, v.array.n);
    *keys = arena_array(&r->arena, str, v.array.n);
    for (size_t i = 0; i < v.array.n; i++) {
        str name = json_text(&v.array.items[i], "field", STR(""));
        const struct field *f = name.n ? field_find(r->dataset, name) : NULL;
        (*keys)[i] = json_text(&v.array.items[i], "header", STR(""));
        r->field_of[i] = f                      ? (size_t)(f - r->dataset->fields)
                         : str_is(name, "_row") ? SIZE_MAX - 1
                                                : SIZE_MAX;
    }
    return true;
}

static const struct json *feed_options(const struct registry *r, const struct dataset *d,
                                       str source)
{
    const struct json *any = NULL;
    for (size_t i = 0; i < r->feeds.n; i++) {
        const struct feed *f = r->feeds.entries[i].value;
        if (f->dataset != d)
            continue;
        any = f->definition;
        if (str_equal(f->source, source))
            return f->definition;
    }
    return any;
}

static bool open_run(struct run *r, struct err *e)
{
    struct rows rows;
    enum file_kind kind;
    enum encoding encoding = ENCODING_UTF8;
    str *keys = NULL;
    ARENA_SCOPED struct arena a = {0};
    if (!(r->db = db_open(r->url, e)) ||
        !DB(r->db, &a, &rows, e, "select pg_try_advisory_lock(83303, $1::int)", P_INT(&a, r->id)))
        return false;
    if (!rows_bool(&rows, 0, 0))
        return err_set(e, ERR_BUSY, "another process runs batch %lld", (long long)r->id);
    if (!DB(r->db, &r->arena, &rows, e,
            "update shuzhi.batch set state = 'running', started = coalesce(started, now()), error "
            "= null"
            " where id = $1 and state in ('queued', 'running') returning dataset, path, format, "
            "encoding, columns,"
            " header_row, rows_done, n_new, coalesce(corrects, 0), total, source, n_rows, "
            "n_changed, n_quarantined, coalesce(same_as, 0)",
            P_INT(&a, r->id)))
        return false;
    if (rows.n == 0)
        return err_set(e, ERR_CONFLICT, "batch %lld does not wait to be run", (long long)r->id);
    r->dataset = dataset_find(r->registry, rows_text(&rows, 0, 0));
    if (!r->dataset || !file_kind_find(rows_text(&rows, 0, 2), &kind))
        return err_set(e, ERR_INVALID, "the dataset of batch %lld is not in force any more",
                       (long long)r->id);
    encoding_find(rows_text(&rows, 0, 3), &encoding);
    r->header_row = (uint64_t)rows_int(&rows, 0, 5);
    r->rows_done = (uint64_t)rows_int(&rows, 0, 6);
    r->n_new = r->progress.added = (uint64_t)rows_int(&rows, 0, 7);
    r->corrects = rows_int(&rows, 0, 8);
    r->same_as = rows_int(&rows, 0, 14);
    r->progress.total = (uint64_t)rows_int(&rows, 0, 9);
    r->progress.rows = (uint64_t)rows_int(&rows, 0, 11);
    r->progress.changed = (uint64_t)rows_int(&rows, 0, 12);
    r->progress.quarantined = (uint64_t)rows_int(&rows, 0, 13);
    return read_columns(r, rows_text(&rows, 0, 4), kind, &keys, e) &&
           (r->plan =
                plan_create(&r->arena, r->registry, r->dataset,
                            feed_options(r->registry, r->dataset, rows_text(&rows, 0, 10)), e)) &&
           (r->merge = merge_create(r->db, &r->arena, r->dataset, r->id, e)) &&
           (!r->dataset->location.longitude || (r->lookup = db_open(r->url, e))) &&
           (r->reader =
                reader_open(rows_text(&rows, 0, 1).p, kind == FILE_JSONL ? FILE_JSONL : FILE_CSV,
                            encoding, keys, r->column_count, e));
}

static void stop_checking(struct run *r, pthread_t thread)
{
    pthread_mutex_lock(&r->lock);
    r->is_stopping = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    pthread_join(thread, NULL);
    while (r->queued)
        chunk_destroy(r->queue[--r->queued]);
    chunk_destroy(r->filling);
    r->filling = NULL;
}

/* Ended for good: the reason stays with the batch.  A database that is away or full is no such end.
 */
static bool end_failed(struct run *r, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    BUF_SCOPED struct buf error = {.max = 4000};
    struct err again = {0};
    bool is_final = e->code != ERR_BUSY && e->code != ERR_BROKEN;
    if (!r->db || !db_revive(r->db, &again))
        return false;
    db_rollback(r->db);
    buf_add_lit(&error, "{\"detail\":");
    batch_write_text(&error, str_from(e->msg));
    buf_add_lit(&error, ",\"detail_zh\":");
    batch_write_text(&error, str_from(e->msg_zh));
    buf_add_lit(&error, ",\"at\":");
    batch_write_text(&error, str_from(e->at));
    buf_add_char(&error, '}');
    bool is_kept =
        DB(r->db, &a, NULL, &again,
           "update shuzhi.batch set error = $2, state = case when $3 then 'failed' else state end,"
           " finished = case when $3 then now() end where id = $1 and state = 'running'",
           P_INT(&a, r->id), P(buf_str(&error)), P_BOOL(is_final));
    return is_final && is_kept;
}

static void close_run(struct run *r)
{
    reader_close(r->reader);
    seen_destroy(r->seen);
    db_close(r->lookup);
    db_close(r->db);
    arena_release(&r->row_arena);
    arena_release(&r->arena);
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->changed);
    free(r);
}

bool batch_run(str url, const struct registry *registry, int64_t id, batch_watch watch, void *arg,
               struct err *e)
{
    struct run *r = calloc(1, sizeof *r);
    pthread_t thread;
    if (!r)
        abort();
    r->url = url;
    r->registry = registry;
    r->id = id;
    r->watch = watch;
    r->watch_arg = arg;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->changed, NULL);
    bool ok = open_run(r, e);
    if (ok) {
        r->seen = seen_create();
        r->filling = chunk_create();
        ok = pthread_create(&thread, NULL, checking_thread, r) == 0;
        if (ok) {
            ok = merge_all(r, e);
            stop_checking(r, thread);
        }
    }
    bool is_over = ok || end_failed(r, e);
    close_run(r);
    return is_over;
}
