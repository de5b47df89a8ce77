/* Reading the record.  Reading it is recorded too. */
#include "access/catalogue.h"
#include "access/handle.h"
#include "audit/audit.h"

enum { MAX_SQL = 1 << 16 };

static void add_condition(struct buf *sql, struct arena *a, const struct request *rq,
                          const char *parameter, const char *condition)
{
    str v = request_query(rq, parameter);
    if (v.n) {
        buf_add_lit(sql, " and ");
        buf_add_format(sql, "%s", condition);
        buf_add(sql, sql_literal(a, v));
    }
}

/* The owner of a dataset sees who looked at it; "any" sees all. */
static bool add_scope(struct cx *cx, struct buf *sql)
{
    const struct registry *r = cx->registry;
    bool sees_all = true;
    buf_add_lit(sql, " and dataset in (''");
    for (size_t i = 0; i < r->datasets.n; i++) {
        const struct dataset *d = r->datasets.entries[i].value;
        if (identity_may(cx, "audit", d))
            buf_add_format(sql, ", '%.*s'", STR_ARG(d->id));
        else
            sees_all = false;
    }
    buf_add_lit(sql, ")");
    return sees_all;
}

static void write_event(struct cx *cx, struct buf *b, const struct rows *rows, size_t i)
{
    const struct registry *r = cx->registry;
    const struct dataset *d = dataset_find(r, rows_text(rows, i, 6));
    str organisation = rows_text(rows, i, 3), fields = rows_text(rows, i, 9);
    buf_add_format(b, "%s{\"id\":\"%.*s\"", i ? "," : "", STR_ARG(rows_text(rows, i, 0)));
    json_add_text(b, "at", rows_text(rows, i, 1));
    json_add_text(b, "who", rows_text(rows, i, 2));
    buf_add_lit(b, ",\"organisation\":{\"code\":");
    json_write_string(b, organisation);
    buf_add_lit(b, ",\"title\":");
    title_write(b, organisation_title(r, organisation));
    buf_add_char(b, '}');
    static const char *const names[] = {"via", "action", "dataset"};
    for (int k = 0; k < 3; k++)
        json_add_text(b, names[k], rows_text(rows, i, 4 + k));
    str key = rows_text(rows, i, 7);
    json_add_text(b, "key", d ? handle_for_actor(cx, d, key) : key);
    str count = rows_text(rows, i, 8);
    buf_add_format(b, ",\"count\":%.*s,\"fields\":%.*s", STR_ARG(count.p ? count : STR("null")),
                   STR_ARG(fields.p ? fields : STR("[]")));
    json_add_text(b, "purpose", rows_text(rows, i, 10));
    str grant = rows_text(rows, i, 11);
    buf_add_format(b, ",\"grant\":%.*s", STR_ARG(grant.p ? grant : STR("null")));
    json_add_text(b, "result", rows_text(rows, i, 12));
    json_add_text(b, "address", rows_text(rows, i, 13));
    buf_add_char(b, '}');
}

static bool get_audit(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    int64_t limit;
    BUF_SCOPED struct buf sql = {.max = MAX_SQL}, scope = {.max = MAX_SQL};
    if (!identity_require(cx, "audit", NULL) || !request_limit(rq, 50, 200, &limit, cx->err) ||
        !DB0(cx->db, cx->arena, NULL, cx->err, "select shuzhi.audit_unfold()"))
        return false;
    buf_add_lit(&sql,
                "select batch || '-' || seq, to_json(at)#>>'{}', who, organisation, via, action,"
                " dataset, key, count, to_json(fields), purpose, grant_id, result, address"
                " from shuzhi.audit_event where true");
    if (!add_scope(cx, &scope))
        buf_add(&sql, buf_str(&scope));
    add_condition(&sql, cx->arena, rq, "dataset", "dataset = ");
    str key = request_query(rq, "key");
    const struct dataset *d = dataset_find(cx->registry, request_query(rq, "dataset"));
    if (d && !handle_open(cx, d, key, &key))
        return false;
    if (key.n)
        buf_add_format(&sql, " and key = %.*s", STR_ARG(sql_literal(cx->arena, key)));
    add_condition(&sql, cx->arena, rq, "who", "who = ");
    add_condition(&sql, cx->arena, rq, "action", "action = ");
    add_condition(&sql, cx->arena, rq, "result", "result = ");
    add_condition(&sql, cx->arena, rq, "from", "at >= (");
    if (request_query(rq, "from").n)
        buf_add_lit(&sql, "::date::timestamp at time zone 'Asia/Shanghai')");
    add_condition(&sql, cx->arena, rq, "to", "at < ((");
    if (request_query(rq, "to").n)
        buf_add_lit(&sql, "::date + 1)::timestamp at time zone 'Asia/Shanghai')");
    str after = request_query(rq, "after"), batch, rest = after;
    int64_t b, s;
    if (after.n) {
        if (!str_take_part(&rest, '-', &batch) || !str_to_int64(batch, &b) ||
            !str_to_int64(rest, &s))
            return err_set(cx->err, ERR_INVALID, "after is not from an earlier answer");
        buf_add_format(&sql, " and (batch, seq) < (%lld, %lld)", (long long)b, (long long)s);
    }
    buf_add_format(&sql, " order by batch desc, seq desc limit %lld%c", (long long)limit, 0);
    if (!DB0(cx->db, cx->arena, &rows, cx->err, sql.p))
        return false;
    buf_add_lit(&rs->body, "{\"events\":[");
    for (size_t i = 0; i < rows.n; i++)
        write_event(cx, &rs->body, &rows, i);
    buf_add_lit(&rs->body, "],\"next\":");
    if (rows.n == (size_t)limit)
        json_write_string(&rs->body, rows_text(&rows, rows.n - 1, 0));
    else
        buf_add_lit(&rs->body, "null");
    buf_add_char(&rs->body, '}');
    cx->audit->count = (int64_t)rows.n;
    cx->audit->dataset = request_query(rq, "dataset");
    cx->audit->key = key;
    return true;
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/audit", get_audit, "audit.read", ROUTE_LIST, NULL},
    {0},
};

const struct module AUDIT_MODULE = {"audit", ROUTES};
