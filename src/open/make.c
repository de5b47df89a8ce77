/* What a release holds, and what was measured of it. */
#include "open/noise.h"
#include "open/open.h"

#include "audit/audit.h"
#include "text/csv.h"

enum { MAX_SQL = 1 << 20, MAX_FILE = 48 << 20, MAX_MEASURES = 1 << 20 };

void open_made_release(struct open_made *m)
{
    buf_release(&m->csv);
    buf_release(&m->jsonl);
    buf_release(&m->measures);
}

/* Everything is read as the asker reads it: rows that are kept back from them cannot be opened by
 * them, nor can a mask of theirs be mistaken for the treatment chosen. */
static bool check_sight(struct cx *cx, const struct open_release *r)
{
    struct view v;
    if (!view_for_actor(cx, r->dataset, &v))
        return false;
    if (v.is_limited) {
        err_set(cx->err, ERR_DENIED, "you do not see every row of %.*s, so you cannot open it",
                STR_ARG(r->dataset->title.en));
        return err_zh(cx->err, "您看不到“%.*s”的全部数据，不能办理开放",
                      STR_ARG(r->dataset->title.zh));
    }
    for (size_t i = 0; i < r->field_count; i++) {
        const struct view_field *f = view_find(&v, r->fields[i].field->name);
        if (f && view_is_clear(f))
            continue;
        err_set(cx->err, ERR_DENIED, "%.*s is masked for you, so you cannot open it",
                STR_ARG(r->fields[i].field->name));
        return err_zh(cx->err, "“%.*s”对您是脱敏字段，不能办理开放",
                      STR_ARG(r->fields[i].field->title.zh));
    }
    return true;
}

static void note_look(struct cx *cx, const struct open_release *r, size_t n)
{
    str *names = arena_array(cx->arena, str, r->field_count);
    for (size_t i = 0; i < r->field_count; i++)
        names[i] = r->fields[i].field->name;
    cx->audit->fields = names;
    cx->audit->field_count = r->field_count;
    cx->audit->count = (int64_t)n;
}

static void begin_files(struct open_made *m)
{
    m->csv.max = m->jsonl.max = MAX_FILE;
    m->measures.max = MAX_MEASURES;
    buf_add_lit(&m->csv, "\xef\xbb\xbf");
}

static void write_heading(const struct open_release *r, struct open_made *m, bool has_count)
{
    for (size_t k = 0; k < r->field_count; k++)
        csv_write_cell(&m->csv, r->fields[k].field->name, k ? ',' : 0);
    if (has_count)
        csv_write_cell(&m->csv, STR("count"), ',');
    buf_add_lit(&m->csv, "\r\n");
}

static void write_row(const struct open_release *r, struct open_made *m, const str *cells,
                      const int64_t *count)
{
    for (size_t k = 0; k < r->field_count; k++) {
        csv_write_cell(&m->csv, cells[k], k ? ',' : 0);
        buf_add_char(&m->jsonl, k ? ',' : '{');
        json_write_string(&m->jsonl, r->fields[k].field->name);
        buf_add_char(&m->jsonl, ':');
        if (cells[k].p)
            json_write_string(&m->jsonl, cells[k]);
        else
            buf_add_lit(&m->jsonl, "null");
    }
    if (count) {
        buf_add_format(&m->csv, ",%lld", (long long)*count);
        buf_add_format(&m->jsonl, ",\"count\":%lld", (long long)*count);
    }
    buf_add_lit(&m->csv, "\r\n");
    buf_add_lit(&m->jsonl, "}\n");
    m->rows++;
}

static bool check_size(struct cx *cx, const struct open_made *m)
{
    if (!m->csv.is_full && !m->jsonl.is_full)
        return true;
    err_set(cx->err, ERR_LIMIT, "the release is larger than %d MB: narrow it down", MAX_FILE >> 20);
    return err_zh(cx->err, "开放数据超过 %d MB，请缩小范围", MAX_FILE >> 20);
}

/* --- records -------------------------------------------------------------------------------------
 */

/* f0, f1, …, the size of the row's class, and of each sensitive field how many values its class
 * has; in the order of the values, which tells nothing of the rows' own. */
static void write_question(const struct open_release *r, struct buf *sql)
{
    bool has_quasi = false;
    buf_add_lit(sql, "with r as materialized (select ");
    for (size_t k = 0; k < r->field_count; k++) {
        open_expression(sql, &r->fields[k]);
        buf_add_format(sql, " as f%zu, ", k);
    }
    buf_add_lit(sql, "jsonb_build_array(");
    for (size_t k = 0; k < r->field_count; k++) {
        if (r->fields[k].role != ROLE_QUASI)
            continue;
        buf_add(sql, has_quasi ? STR(", ") : STR(""));
        open_expression(sql, &r->fields[k]);
        has_quasi = true;
    }
    buf_add_format(sql, ")::text as g from %.*s t", STR_ARG(r->dataset->table));
    if (r->where.n)
        buf_add_format(sql, " where %.*s", STR_ARG(r->where));
    buf_add_lit(sql, "), c as (select g, count(*) as n");
    for (size_t k = 0; k < r->field_count; k++) {
        if (r->fields[k].role == ROLE_SENSITIVE)
            buf_add_format(sql, ", count(distinct coalesce(f%zu, '')) as l%zu", k, k);
    }
    buf_add_lit(sql, " from r group by g) select ");
    for (size_t k = 0; k < r->field_count; k++)
        buf_add_format(sql, "r.f%zu, ", k);
    buf_add_lit(sql, "c.n");
    for (size_t k = 0; k < r->field_count; k++) {
        if (r->fields[k].role == ROLE_SENSITIVE)
            buf_add_format(sql, ", c.l%zu", k);
    }
    buf_add_lit(sql, " from r join c on c.g = r.g order by ");
    for (size_t k = 0; k < r->field_count; k++)
        buf_add_format(sql, "%s%zu", k ? ", " : "", k + 1);
    buf_add_format(sql, " limit %d%c", OPEN_MAX_ROWS + 1, 0);
}

struct measured {
    int64_t n, kept, small[OPEN_MAX_FIELDS * 32], least_all, least_kept,
        least_values[OPEN_MAX_FIELDS];
    size_t room;
};

static void write_measures(const struct open_release *r, const struct measured *s, struct buf *b)
{
    bool is_first = true;
    buf_add_format(b,
                   "{\"records\":%lld,\"published\":%lld,\"suppressed\":%lld,\"share_suppressed\":"
                   "%.4f,\"k\":%lld,\"k_before\":%lld,\"wanted\":%lld,\"small\":[",
                   (long long)s->n, (long long)s->kept, (long long)(s->n - s->kept),
                   s->n ? (double)(s->n - s->kept) / (double)s->n : 0, (long long)s->least_kept,
                   (long long)s->least_all, (long long)r->k);
    for (size_t i = 1; i < s->room && (int64_t)i < r->k; i++) {
        if (s->small[i] == 0)
            continue;
        buf_add_format(b, "%s{\"size\":%zu,\"classes\":%lld,\"records\":%lld}", is_first ? "" : ",",
                       i, (long long)(s->small[i] / (int64_t)i), (long long)s->small[i]);
        is_first = false;
    }
    buf_add_lit(b, "],\"values\":{");
    is_first = true;
    for (size_t k = 0; k < r->field_count; k++) {
        if (r->fields[k].role != ROLE_SENSITIVE)
            continue;
        buf_add_format(b, "%s\"%.*s\":%lld", is_first ? "" : ",", STR_ARG(r->fields[k].field->name),
                       (long long)s->least_values[k]);
        is_first = false;
    }
    buf_add_lit(b, "}}");
}

static void measure(const struct open_release *r, const struct rows *rows, struct open_made *m,
                    struct measured *s)
{
    str cells[OPEN_MAX_FIELDS];
    for (size_t i = 0; i < rows->n; i++) {
        int64_t n = rows_int(rows, i, (int)r->field_count);
        s->least_all = !s->least_all || n < s->least_all ? n : s->least_all;
        s->n++;
        if (n < r->k) {
            s->small[n < (int64_t)s->room ? n : 0]++;
            continue;
        }
        s->least_kept = !s->least_kept || n < s->least_kept ? n : s->least_kept;
        s->kept++;
        int column = (int)r->field_count + 1;
        for (size_t k = 0; k < r->field_count; k++) {
            cells[k] = rows_text(rows, i, (int)k);
            if (r->fields[k].role != ROLE_SENSITIVE)
                continue;
            int64_t l = rows_int(rows, i, column++);
            int64_t *least = &s->least_values[k];
            *least = !*least || l < *least ? l : *least;
        }
        write_row(r, m, cells, NULL);
    }
}

static bool require_k(struct cx *cx, const struct open_release *r, const struct measured *s)
{
    int64_t small = s->n - s->kept;
    if (s->kept && (small == 0 || r->suppresses))
        return true;
    err_set(cx->err, ERR_CONFLICT,
            "k is %lld, %lld is wanted: %lld of %lld records (%.1f %%) stand in smaller classes; "
            "generalise more, or leave them out%s",
            (long long)s->least_all, (long long)r->k, (long long)small, (long long)s->n,
            s->n ? 100.0 * (double)small / (double)s->n : 0,
            s->kept ? "" : " (then nothing would be left)");
    return err_zh(
        cx->err,
        "实测 k=%lld，要求 %lld：%lld 条中有 %lld 条（%.1f%%）所在组过小；请进一步泛化，或"
        "选择剔除这些记录%s",
        (long long)s->least_all, (long long)r->k, (long long)s->n, (long long)small,
        s->n ? 100.0 * (double)small / (double)s->n : 0, s->kept ? "" : "（剔除后将没有剩余）");
}

bool open_make_records(struct cx *cx, const struct open_release *r, struct open_made *m)
{
    struct rows rows;
    struct measured s = {.room = COUNT(s.small)};
    BUF_SCOPED struct buf sql = {.max = MAX_SQL};
    if (!check_sight(cx, r))
        return false;
    write_question(r, &sql);
    struct db *reader = access_reader(cx, "read");
    if (!reader || !DB0(reader, cx->arena, &rows, cx->err, sql.p))
        return false;
    note_look(cx, r, rows.n);
    if (rows.n > OPEN_MAX_ROWS)
        return err_set(cx->err, ERR_LIMIT, "more than %d rows: narrow it down", OPEN_MAX_ROWS);
    begin_files(m);
    write_heading(r, m, false);
    measure(r, &rows, m, &s);
    write_measures(r, &s, &m->measures);
    return require_k(cx, r, &s) && check_size(cx, m);
}

/* --- counts --------------------------------------------------------------------------------------
 */

struct domain {
    str *values;
    size_t n, size;
};

static void add_value(struct arena *a, struct domain *d, str v)
{
    for (size_t i = 0; i < d->n; i++) {
        if (str_equal(d->values[i], v))
            return;
    }
    VEC_ADD(a, d->values, d->n, d->size) = v;
}

/* Every value that could be, whatever the data hold: a group that is not there would tell. */
static bool find_domain(struct cx *cx, const struct open_field *f, struct domain *d)
{
    struct arena *a = cx->arena;
    int band = f->treatment == OPEN_age5 ? 5 : f->treatment == OPEN_age10 ? 10 : 0;
    for (int age = 0; band && age < 90; age += band)
        add_value(a, d, arena_format(a, "%d-%d", age, age + band - 1));
    if (band)
        add_value(a, d, STR("90+"));
    bool is_code =
        f->treatment == OPEN_keep || f->treatment == OPEN_town || f->treatment == OPEN_county;
    const struct map *codes =
        is_code && f->field->code.n ? map_find(&cx->registry->codes, f->field->code) : NULL;
    size_t cut = f->treatment == OPEN_town ? 9 : f->treatment == OPEN_county ? 6 : SIZE_MAX;
    for (size_t i = 0; codes && i < codes->n; i++) {
        if (cut == SIZE_MAX || codes->entries[i].key.n >= cut)
            add_value(a, d, str_slice(codes->entries[i].key, 0, cut));
    }
    if (d->n == 0) {
        err_set(cx->err, ERR_INVALID,
                "groups by %.*s cannot be counted: its values are no code list and no age bands",
                STR_ARG(f->field->name));
        return err_zh(cx->err, "不能按“%.*s”分组计数：它的取值不是代码表，也不是年龄段",
                      STR_ARG(f->field->title.zh));
    }
    add_value(a, d, STR("")); /* not said, or something else */
    return true;
}

static bool spend(struct cx *cx, const struct open_release *r)
{
    struct rows rows;
    str epsilon = arena_format(cx->arena, "%lld.%03lld", (long long)(r->epsilon / 1000),
                               (long long)(r->epsilon % 1000));
    if (!DB(cx->db, cx->arena, NULL, cx->err,
            "insert into shuzhi.open_budget (dataset) values ($1) on conflict do nothing",
            P(r->dataset->id)) ||
        !DB(cx->db, cx->arena, &rows, cx->err,
            "update shuzhi.open_budget set spent = spent + $2::numeric where dataset = $1 and spent"
            " + $2::numeric <= total returning spent",
            P(r->dataset->id), P(epsilon)))
        return false;
    if (rows.n)
        return true;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select total - spent from shuzhi.open_budget where dataset = $1", P(r->dataset->id)))
        return false;
    err_set(cx->err, ERR_LIMIT, "the dataset's privacy budget has %.*s left, epsilon %.*s is asked",
            STR_ARG(rows_text(&rows, 0, 0)), STR_ARG(epsilon));
    return err_zh(cx->err, "该数据集的隐私预算还剩 %.*s，不足本次所需的 %.*s",
                  STR_ARG(rows_text(&rows, 0, 0)), STR_ARG(epsilon));
}

static void write_count_question(const struct open_release *r, struct buf *sql)
{
    buf_add_lit(sql, "select ");
    for (size_t k = 0; k < r->field_count; k++) {
        buf_add_lit(sql, "coalesce(");
        open_expression(sql, &r->fields[k]);
        buf_add_lit(sql, ", ''), ");
    }
    buf_add_format(sql, "count(*) from %.*s t", STR_ARG(r->dataset->table));
    if (r->where.n)
        buf_add_format(sql, " where %.*s", STR_ARG(r->where));
    buf_add_lit(sql, " group by ");
    for (size_t k = 0; k < r->field_count; k++)
        buf_add_format(sql, "%s%zu", k ? ", " : "", k + 1);
    buf_add_char(sql, '\0');
}

/* The cell a group falls in; a value out of its domain falls under "". */
static size_t cell_of(const struct open_release *r, const struct domain *domains,
                      const struct rows *rows, size_t i)
{
    size_t cell = 0;
    for (size_t k = 0; k < r->field_count; k++) {
        const struct domain *d = &domains[k];
        size_t at = d->n - 1;
        for (size_t v = 0; v + 1 < d->n; v++) {
            if (str_equal(d->values[v], rows_text(rows, i, (int)k)))
                at = v;
        }
        cell = cell * d->n + at;
    }
    return cell;
}

static void write_cells(const struct open_release *r, const struct domain *domains,
                        const int64_t *counts, size_t n, struct open_made *m)
{
    str cells[OPEN_MAX_FIELDS];
    for (size_t cell = 0; cell < n; cell++) {
        size_t rest = cell;
        for (size_t k = r->field_count; k-- > 0;) {
            cells[k] = domains[k].values[rest % domains[k].n];
            rest /= domains[k].n;
        }
        int64_t noisy = counts[cell] + noise_geometric(r->epsilon);
        write_row(r, m, cells, &noisy);
    }
}

bool open_make_counts(struct cx *cx, const struct open_release *r, struct open_made *m)
{
    struct rows rows;
    struct domain domains[OPEN_MAX_FIELDS] = {0};
    BUF_SCOPED struct buf sql = {.max = MAX_SQL};
    size_t n = 1;
    if (!check_sight(cx, r))
        return false;
    for (size_t k = 0; k < r->field_count; k++) {
        if (!find_domain(cx, &r->fields[k], &domains[k]))
            return false;
        n = n > OPEN_MAX_CELLS ? n : n * domains[k].n;
    }
    if (n > OPEN_MAX_CELLS)
        return err_set(cx->err, ERR_LIMIT, "there would be more than %d groups: take fewer fields",
                       OPEN_MAX_CELLS);
    if (!spend(cx, r))
        return false;
    write_count_question(r, &sql);
    struct db *reader = access_reader(cx, "read");
    if (!reader || !DB0(reader, cx->arena, &rows, cx->err, sql.p))
        return false;
    note_look(cx, r, rows.n);
    int64_t *counts = arena_array(cx->arena, int64_t, n);
    for (size_t i = 0; i < rows.n; i++)
        counts[cell_of(r, domains, &rows, i)] += rows_int(&rows, i, (int)r->field_count);
    begin_files(m);
    write_heading(r, m, true);
    write_cells(r, domains, counts, n, m);
    buf_add_format(&m->measures, "{\"groups\":%zu,\"epsilon\":%lld.%03lld}", n,
                   (long long)(r->epsilon / 1000), (long long)(r->epsilon % 1000));
    return check_size(cx, m);
}
