/* What a case about looks stands on; rules in force and watched records, for the auditors. */
#include "access/catalogue.h"
#include "access/handle.h"
#include "audit/audit.h"
#include "quality/unusual.h"

static void write_person(struct cx *cx, struct buf *b, const struct rows *rows, size_t i, int first)
{
    str name = rows_text(rows, i, first + 1);
    buf_add_lit(b, "{\"login\":");
    json_write_string(b, rows_text(rows, i, first));
    json_add_raw(b, "name", name.p ? name : STR("null"));
    buf_add_lit(b, ",\"organisation\":");
    catalogue_write_organisation(b, cx->registry, rows_text(rows, i, first + 2));
    buf_add_char(b, '}');
}

/* A record by its handle: the key of one that is masked for the auditor too stays sealed. */
static void write_keys(struct cx *cx, struct buf *b, const struct dataset *d, str key)
{
    buf_add_lit(b, ",\"key\":");
    if (d && key.n)
        json_write_string(b, handle_for_actor(cx, d, key));
    else
        buf_add_lit(b, "null");
}

static bool write_evidence(struct cx *cx, struct buf *b, str work_case)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select e.batch || '-' || e.seq, to_json(e.at)#>>'{}', e.action, e.dataset,"
            " coalesce(e.key, case when cardinality(e.keys) = 1 then e.keys[1] end),"
            " greatest(coalesce(cardinality(e.keys), e.count, 1), 1), e.purpose, e.address"
            " from shuzhi.unusual_look u, unnest(u.evidence) id join shuzhi.audit_event e on"
            " e.batch = split_part(id, '-', 1)::bigint and e.seq = split_part(id, '-', 2)::int"
            " where u.work_case = $1 order by e.at desc",
            P(work_case)))
        return false;
    buf_add_lit(b, ",\"evidence\":[");
    for (size_t i = 0; i < rows.n; i++) {
        const struct dataset *d = dataset_find(cx->registry, rows_text(&rows, i, 3));
        buf_add_format(b, "%s{\"id\":\"%.*s\"", i ? "," : "", STR_ARG(rows_text(&rows, i, 0)));
        json_add_text(b, "at", rows_text(&rows, i, 1));
        json_add_text(b, "action", rows_text(&rows, i, 2));
        json_add_text(b, "dataset", rows_text(&rows, i, 3));
        write_keys(cx, b, d, rows_text(&rows, i, 4));
        json_add_raw(b, "count", rows_text(&rows, i, 5));
        json_add_text(b, "purpose", rows_text(&rows, i, 6));
        json_add_text(b, "address", rows_text(&rows, i, 7));
        buf_add_char(b, '}');
    }
    buf_add_char(b, ']');
    return true;
}

bool unusual_write(struct cx *cx, struct buf *b, str work_case)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select u.login, s.name, s.organisation, u.rule, u.day, u.measure, u.usual from"
            " shuzhi.unusual_look u left join shuzhi.staff s on s.login = u.login where"
            " u.work_case = $1",
            P(work_case)))
        return false;
    const struct watch *w = map_find(&cx->registry->watches, rows_text(&rows, 0, 3));
    struct title gone = {rows_text(&rows, 0, 3), rows_text(&rows, 0, 3)};
    buf_add_lit(b, "{\"who\":");
    write_person(cx, b, &rows, 0, 0);
    json_add_text(b, "rule", rows_text(&rows, 0, 3));
    buf_add_lit(b, ",\"title\":");
    title_write(b, w ? w->title : gone);
    json_add_text(b, "kind", w ? str_from(watch_kind_name(w->kind)) : STR(""));
    json_add_text(b, "day", rows_text(&rows, 0, 4));
    json_add_raw(b, "measure", rows_text(&rows, 0, 5));
    json_add_raw(b, "usual", rows_text(&rows, 0, 6).p ? rows_text(&rows, 0, 6) : STR("null"));
    if (!write_evidence(cx, b, work_case))
        return false;
    buf_add_char(b, '}');
    return true;
}

/* --- rules and watched records -----------------------------------------------------------------
 */

static bool require_auditor(struct cx *cx)
{
    if (identity_audits_all(cx))
        return true;
    err_set(cx->err, ERR_DENIED, "this is for who may read the audit of every dataset");
    return err_zh(cx->err, "仅限可查阅全部审计记录的人员");
}

static bool get_watch(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    struct buf *b = &rs->body;
    const struct registry *r = cx->registry;
    (void)rq;
    if (!require_auditor(cx) ||
        !DB0(cx->db, cx->arena, &rows, cx->err,
             "select w.added_by, s.name, s.organisation, w.dataset, w.key, w.reason,"
             " to_json(w.since)#>>'{}' from shuzhi.watched_record w left join shuzhi.staff s on"
             " s.login = w.added_by order by w.since desc limit 1000"))
        return false;
    buf_add_lit(b, "{\"rules\":[");
    for (size_t i = 0; i < r->watches.n; i++) {
        const struct watch *w = r->watches.entries[i].value;
        buf_add_format(b, "%s{\"id\":\"%.*s\",\"kind\":\"%s\"", i ? "," : "", STR_ARG(w->id),
                       watch_kind_name(w->kind));
        buf_add_lit(b, ",\"title\":");
        title_write(b, w->title);
        json_add_text(b, "dataset", w->dataset ? w->dataset->id : (str){0});
        buf_add_format(b, ",\"at_least\":%lld,\"factor\":%.*s,\"working_days\":%d}",
                       (long long)w->at_least, STR_ARG(w->factor), w->working_days);
    }
    buf_add_lit(b, "],\"watched\":[");
    for (size_t i = 0; i < rows.n; i++) {
        const struct dataset *d = dataset_find(r, rows_text(&rows, i, 3));
        buf_add(b, i ? STR(",{\"by\":") : STR("{\"by\":"));
        write_person(cx, b, &rows, i, 0);
        json_add_text(b, "dataset", rows_text(&rows, i, 3));
        buf_add_lit(b, ",\"title\":");
        title_write(b, d ? d->title : (struct title){rows_text(&rows, i, 3), {0}});
        write_keys(cx, b, d, rows_text(&rows, i, 4));
        json_add_text(b, "reason", rows_text(&rows, i, 5));
        json_add_text(b, "since", rows_text(&rows, i, 6));
        buf_add_char(b, '}');
    }
    buf_add_lit(b, "]}");
    return true;
}

static bool post_watched(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    str key;
    const struct dataset *d = catalogue_require(cx, rq->parts[0]);
    if (!d || !require_auditor(cx) || !handle_open(cx, d, rq->parts[1], &key) ||
        !request_json(rq, &body, cx->err))
        return false;
    str reason = utf8_clip(str_trim(json_text(&body, "reason", STR(""))), 500);
    str *cells = arena_array(cx->arena, str, d->field_count);
    cx->audit->key = key;
    cx->audit->purpose = reason;
    if (!reason.n) {
        err_set(cx->err, ERR_INVALID, "reason is missing: say why looks at the record are told");
        return err_zh(cx->err, "请写明为什么关注这条记录");
    }
    rs->status = 201;
    buf_add_lit(&rs->body, "{}");
    return access_cells(cx, d, key, cells) &&
           DB(cx->db, cx->arena, NULL, cx->err,
              "insert into shuzhi.watched_record (dataset, key, reason, added_by) values ($1, $2,"
              " $3, $4) on conflict (dataset, key) do update set reason = excluded.reason,"
              " added_by = excluded.added_by",
              P(d->id), P(key), P(reason), P(cx->actor->login));
}

static bool delete_watched(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    str key;
    const struct dataset *d = catalogue_require(cx, rq->parts[0]);
    (void)rs;
    if (!d || !require_auditor(cx) || !handle_open(cx, d, rq->parts[1], &key))
        return false;
    cx->audit->key = key;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "delete from shuzhi.watched_record where dataset = $1 and key = $2", P(d->id), P(key)))
        return false;
    if (rows.changed)
        return true;
    err_set(cx->err, ERR_MISSING, "the record is not on the list");
    return err_zh(cx->err, "名单上没有这条记录");
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/watch", get_watch, "watch.list", 0, NULL},
    {"POST", "/api/v1/watch/{dataset}/{key}", post_watched, "watch.add", ROUTE_SESSION, NULL},
    {"DELETE", "/api/v1/watch/{dataset}/{key}", delete_watched, "watch.remove", ROUTE_SESSION,
     NULL},
    {0},
};

const struct module WATCH_MODULE = {"watch", ROUTES};
