#include "intake/intake_http.h"

#include "access/catalogue.h"
#include "audit/audit.h"
#include "intake/batch.h"

#include <errno.h>
#include <unistd.h>

enum { MAX_COLUMNS = 4096 };

const char BATCH_SELECT[] =
    "select b.id, b.dataset, b.kind, b.file_name, b.file_bytes, b.file_digest, b.format, "
    "b.encoding, b.state,"
    " b.position, b.total, b.n_rows, b.n_new, b.n_changed, b.n_unchanged, b.n_quarantined, "
    "b.n_fixed, b.n_dropped,"
    " b.same_as, b.corrects, b.error, b.login, s.name, to_json(b.at)#>>'{}', "
    "to_json(b.started)#>>'{}',"
    " to_json(b.finished)#>>'{}', b.score, b.repaired, b.columns, b.header_row, b.sheets, b.sheet"
    " from shuzhi.batch b left join shuzhi.staff s on s.login = b.login";

static str said(str v)
{
    return v.n ? v : (str){0};
}

void batch_write_json(struct buf *b, const struct registry *r, const struct rows *rows, size_t i)
{
    const struct dataset *d = dataset_find(r, rows_text(rows, i, 1));
    static const char *const counts[] = {"rows",        "new",   "changed", "unchanged",
                                         "quarantined", "fixed", "dropped"};
    buf_add_format(b, "{\"id\":%.*s", STR_ARG(rows_text(rows, i, 0)));
    json_add_text(b, "dataset", rows_text(rows, i, 1));
    buf_add_lit(b, ",\"title\":");
    title_write(b, d ? d->title : (struct title){rows_text(rows, i, 1), {0}});
    json_add_text(b, "kind", rows_text(rows, i, 2));
    buf_add_lit(b, ",\"file\":{\"name\":");
    json_write_string(b, rows_text(rows, i, 3));
    json_add_raw(b, "bytes", rows_text(rows, i, 4));
    json_add_text(b, "digest", said(rows_text(rows, i, 5)));
    json_add_text(b, "format", said(rows_text(rows, i, 6)));
    json_add_text(b, "encoding", said(rows_text(rows, i, 7)));
    json_add_text(b, "sheet", said(rows_text(rows, i, 31)));
    buf_add_char(b, '}');
    json_add_text(b, "state", rows_text(rows, i, 8));
    buf_add_format(b, ",\"progress\":{\"bytes\":%.*s,\"total\":%.*s,\"rows\":%.*s}",
                   STR_ARG(rows_text(rows, i, 9)), STR_ARG(rows_text(rows, i, 10)),
                   STR_ARG(rows_text(rows, i, 11)));
    buf_add_lit(b, ",\"counts\":{");
    for (int k = 0; k < 7; k++)
        buf_add_format(b, "%s\"%s\":%.*s", k ? "," : "", counts[k],
                       STR_ARG(rows_text(rows, i, 11 + k)));
    buf_add_char(b, '}');
    json_add_raw(b, "same_as", rows_text(rows, i, 18));
    json_add_raw(b, "corrects", rows_text(rows, i, 19));
    json_add_raw(b, "error", rows_text(rows, i, 20));
    buf_add_lit(b, ",\"by\":{\"login\":");
    json_write_string(b, rows_text(rows, i, 21));
    json_add_raw(b, "name", rows_text(rows, i, 22));
    buf_add_char(b, '}');
    json_add_text(b, "at", rows_text(rows, i, 23));
    json_add_text(b, "started", rows_text(rows, i, 24));
    json_add_text(b, "finished", rows_text(rows, i, 25));
    json_add_raw(b, "quality", rows_text(rows, i, 26));
    json_add_raw(b, "repaired", rows_text(rows, i, 27));
    buf_add_char(b, '}');
}

/* The batch named in the address, if the actor may load into its dataset. */
static bool find_batch(struct cx *cx, const struct request *rq, const char *verb, struct rows *rows,
                       const struct dataset **d)
{
    int64_t id;
    if (!str_to_int64(rq->parts[0], &id))
        return err_set(cx->err, ERR_MISSING, "there is no batch \"%.*s\"",
                       STR_ARG(utf8_clip(rq->parts[0], 40)));
    if (!DB(cx->db, cx->arena, rows, cx->err,
            arena_format(cx->arena, "%s where b.id = $1", BATCH_SELECT).p, P_INT(cx->arena, id)))
        return false;
    *d = rows->n ? dataset_find(cx->registry, rows_text(rows, 0, 1)) : NULL;
    if (!*d) {
        err_set(cx->err, ERR_MISSING, "there is no batch %lld", (long long)id);
        return err_zh(cx->err, "没有编号为 %lld 的批次", (long long)id);
    }
    cx->audit->dataset = (*d)->id;
    return identity_require(cx, verb, *d);
}

/* Why rows were refused, most frequent first. */
static bool add_reasons(struct cx *cx, const struct dataset *d, str batch, struct buf *b)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select p->>'code', p->>'field', count(*) from shuzhi.quarantine q, "
            "jsonb_array_elements(q.problems) p"
            " where q.batch = $1 and q.state = 'waiting' group by 1, 2 order by 3 desc limit 100",
            P(batch)))
        return false;
    b->n--; /* the batch's closing brace */
    buf_add_lit(b, ",\"reasons\":[");
    for (size_t i = 0; i < rows.n; i++) {
        enum reason r = reason_find(rows_text(&rows, i, 0));
        const struct field *f =
            rows_is_null(&rows, i, 1) ? NULL : field_find(d, rows_text(&rows, i, 1));
        buf_add_format(b, "%s{\"code\":\"%s\",\"title\":", i ? "," : "", reason_name(r));
        title_write(b, (struct title){str_from(reason_zh(r)), str_from(reason_en(r))});
        json_add_text(b, "field", f ? f->name : (str){0});
        buf_add_lit(b, ",\"field_title\":");
        if (f)
            title_write(b, f->title);
        else
            buf_add_lit(b, "null");
        json_add_raw(b, "count", rows_text(&rows, i, 2));
        buf_add_char(b, '}');
    }
    buf_add_lit(b, "]}");
    return true;
}

static bool get_batch(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    const struct dataset *d;
    if (!find_batch(cx, rq, "read", &rows, &d))
        return false;
    batch_write_json(&rs->body, cx->registry, &rows, 0);
    return add_reasons(cx, d, rows_text(&rows, 0, 0), &rs->body);
}

static bool get_batches(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    int64_t limit, after = INT64_MAX;
    str state = request_query(rq, "state"), dataset = request_query(rq, "dataset");
    if (!identity_require(cx, "read", NULL) || !request_limit(rq, 50, 200, &limit, cx->err))
        return false;
    if (request_query(rq, "after").n && !str_to_int64(request_query(rq, "after"), &after))
        return err_set(cx->err, ERR_INVALID, "after is not from an earlier answer");
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            arena_format(
                cx->arena,
                "%s where ($1 = '' or b.state = $1) and ($2 = '' or b.dataset = $2) and b.id < $3"
                " and b.kind <> 'fix' order by b.id desc limit $4",
                BATCH_SELECT)
                .p,
            P(state.p ? state : STR("")), P(dataset.p ? dataset : STR("")), P_INT(cx->arena, after),
            P_INT(cx->arena, limit)))
        return false;
    buf_add_lit(&rs->body, "{\"batches\":[");
    for (size_t i = 0; i < rows.n; i++) {
        if (i)
            buf_add_char(&rs->body, ',');
        batch_write_json(&rs->body, cx->registry, &rows, i);
    }
    buf_add_lit(&rs->body, "],\"next\":");
    if (rows.n == (size_t)limit)
        json_write_string(&rs->body, rows_text(&rows, rows.n - 1, 0));
    else
        buf_add_lit(&rs->body, "null");
    buf_add_char(&rs->body, '}');
    return true;
}

/* --- a new file --------------------------------------------------------------------------------
 */

static bool write_mapping(struct cx *cx, const struct dataset *d, str id, struct buf *b)
{
    struct rows rows;
    struct json columns;
    bool is_first = true;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            arena_format(cx->arena, "%s where b.id = $1", BATCH_SELECT).p, P(id)) ||
        !json_parse(&columns, rows_text(&rows, 0, 28), cx->arena, cx->err))
        return false;
    buf_add_lit(b, "{\"batch\":");
    batch_write_json(b, cx->registry, &rows, 0);
    buf_add_lit(b, ",\"columns\":[");
    for (size_t i = 0; i < columns.array.n; i++) {
        struct json *c = &columns.array.items[i];
        buf_add_format(b, "%s{\"index\":%zu,", i ? "," : "", i);
        size_t start = b->n;
        json_write(b, c);
        memmove(b->p + start, b->p + start + 1, b->n - start - 1); /* its own opening brace */
        b->n--;
    }
    buf_add_lit(b, "],\"missing\":[");
    for (size_t f = 0; f < d->field_count; f++) {
        bool is_there = !d->fields[f].is_required;
        for (size_t i = 0; i < columns.array.n; i++)
            is_there |=
                str_equal(json_text(&columns.array.items[i], "field", STR("")), d->fields[f].name);
        if (is_there)
            continue;
        if (!is_first)
            buf_add_char(b, ',');
        is_first = false;
        json_write_string(b, d->fields[f].name);
    }
    buf_add_format(b, "],\"header_row\":%.*s,\"sheets\":%.*s,\"sheet\":",
                   STR_ARG(rows_text(&rows, 0, 29)), STR_ARG(rows_text(&rows, 0, 30)));
    json_write_string(b, rows_text(&rows, 0, 31));
    buf_add_char(b, '}');
    return true;
}

/* The bytes move from the request's temporary file to the batch's own. */
static bool claim_upload(struct cx *cx, const struct request *rq, str *path)
{
    const char *slash = strrchr(rq->body_path.p, '/');
    *path = arena_format(cx->arena, "%.*s/batch-%lld-%d-%s", (int)(slash - rq->body_path.p),
                         rq->body_path.p, (long long)time(NULL), getpid(),
                         slash + 1 + strlen("incoming-"));
    if (rename(rq->body_path.p, path->p) != 0)
        return err_set(cx->err, ERR_BUSY, "the upload could not be kept: %s", strerror(errno));
    return true;
}

static void drop_upload(void *path)
{
    unlink(path);
}

static bool check_parent(struct cx *cx, const struct dataset *d, str text, int64_t *parent)
{
    struct rows rows;
    *parent = 0;
    if (text.n == 0)
        return true;
    if (!str_to_int64(text, parent) ||
        !DB(cx->db, cx->arena, &rows, cx->err,
            "select 1 from shuzhi.batch where id = $1 and dataset = $2", P_INT(cx->arena, *parent),
            P(d->id)))
        return err_set(cx->err, ERR_INVALID, "corrects is no batch number");
    return rows.n ||
           err_set(cx->err, ERR_MISSING, "batch %lld is none of this dataset", (long long)*parent);
}

static bool post_file(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct batch batch;
    struct batch_file file = {.kind = STR("file"), .sheet = request_query(rq, "sheet")};
    const struct dataset *d = catalogue_require(cx, rq->parts[0]);
    str name = request_query(rq, "name");
    if (!d || !identity_require(cx, "intake", d) ||
        !check_parent(cx, d, request_query(rq, "corrects"), &file.corrects))
        return false;
    if (rq->body_bytes == 0) {
        err_set(cx->err, ERR_INVALID, "the request carries no file");
        return err_zh(cx->err, "没有收到文件内容");
    }
    if (!claim_upload(cx, rq, &file.path))
        return false;
    file.name = name.n ? utf8_clip(name, 200) : STR("upload");
    file.source = cx->actor->organisation;
    file.login = cx->actor->login;
    if (!batch_create(cx->db, cx->arena, cx->registry, d, &file, &batch, cx->err)) {
        drop_upload((char *)(uintptr_t)file.path.p);
        return false;
    }
    rs->status = 201;
    return write_mapping(cx, d, arena_format(cx->arena, "%lld", (long long)batch.id), &rs->body);
}

static bool get_mapping(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    const struct dataset *d;
    return find_batch(cx, rq, "intake", &rows, &d) &&
           write_mapping(cx, d, rows_text(&rows, 0, 0), &rs->body);
}

static bool post_start(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    struct json body;
    const struct dataset *d;
    str columns[MAX_COLUMNS];
    if (!find_batch(cx, rq, "intake", &rows, &d) || !request_json(rq, &body, cx->err))
        return false;
    const struct json *list = json_find(&body, "columns");
    if (!list || list->type != JSON_ARRAY || list->array.n > MAX_COLUMNS)
        return err_set(cx->err, ERR_INVALID,
                       "columns is missing: a field or null for each column of the file");
    for (size_t i = 0; i < list->array.n; i++) {
        const struct json *c = &list->array.items[i];
        columns[i] = c->type == JSON_STRING ? c->text : STR("");
    }
    str id = rows_text(&rows, 0, 0);
    int64_t number = rows_int(&rows, 0, 0);
    if (!batch_choose(cx->db, cx->arena, cx->registry, number, columns, list->array.n, cx->err) ||
        !DB(cx->db, cx->arena, NULL, cx->err,
            "insert into shuzhi.job (kind, payload) values ('intake', jsonb_build_object('batch', "
            "$1::bigint))",
            P(id)) ||
        !DB0(cx->db, cx->arena, NULL, cx->err, "notify job") ||
        !DB(cx->db, cx->arena, &rows, cx->err,
            arena_format(cx->arena, "%s where b.id = $1", BATCH_SELECT).p, P(id)))
        return false;
    rs->status = 202;
    batch_write_json(&rs->body, cx->registry, &rows, 0);
    return true;
}

static bool post_cancel(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows, changed;
    const struct dataset *d;
    if (!find_batch(cx, rq, "intake", &rows, &d) ||
        !DB(cx->db, cx->arena, &changed, cx->err,
            "update shuzhi.batch set state = 'cancelled', finished = now() where id = $1"
            " and state in ('mapping', 'queued', 'running')",
            P(rows_text(&rows, 0, 0))))
        return false;
    if (changed.changed == 0) {
        err_set(cx->err, ERR_CONFLICT, "the batch has ended already");
        return err_zh(cx->err, "这个批次已经结束，不能取消");
    }
    rs->status = 202;
    buf_add_lit(&rs->body, "{\"state\":\"cancelled\"}");
    return true;
}

static const struct route ROUTES[] = {
    {"POST", "/api/v1/intake/{dataset}/files", post_file, "intake.upload", ROUTE_UPLOAD, NULL},
    {"GET", "/api/v1/batches", get_batches, NULL, 0, NULL},
    {"GET", "/api/v1/batches/{batch}", get_batch, NULL, 0, NULL},
    {"GET", "/api/v1/batches/{batch}/mapping", get_mapping, "intake.look", 0, NULL},
    {"POST", "/api/v1/batches/{batch}/start", post_start, "intake.start", 0, NULL},
    {"POST", "/api/v1/batches/{batch}/cancel", post_cancel, "intake.cancel", 0, NULL},
    {0},
};

const struct module INTAKE_MODULE = {"intake", ROUTES};
