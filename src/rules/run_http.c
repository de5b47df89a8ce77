/* Simulations under way, watched and stopped, and those that were run. */
#include "rules/asking.h"
#include "rules/rules_http.h"
#include "rules/running.h"

/* more: two columns, the body asked with and the report, or none. */
#define RUN_SELECT(more)                                                                           \
    "select id, state, version, model, dataset, data, compares, rows, is_limited,"                 \
    " coalesce(digest, ''), login, to_char(at at time zone 'UTC', "                                \
    "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), ms" more " from shuzhi.rule_run "

/* Figures are for those who might have had them counted: their own while they may simulate the
 * dataset at all, anybody's over all rows with the verb "simulate". */
static bool may_see(struct cx *cx, const struct rows *r, size_t i)
{
    const struct dataset *d = dataset_find(cx->registry, rows_text(r, i, 4));
    bool is_own = str_equal(rows_text(r, i, 10), cx->actor->login);
    return d && (is_own ? asking_may_simulate(cx, d)
                        : !rows_bool(r, i, 8) && identity_may(cx, "simulate", d));
}

static void write_run(struct buf *b, const struct rows *r, size_t i)
{
    buf_add_lit(b, "{\"run\":");
    json_write_string(b, rows_text(r, i, 0));
    json_add_text(b, "state", rows_text(r, i, 1));
    buf_add_format(b, ",\"version\":%lld", (long long)rows_int(r, i, 2));
    json_add_text(b, "model", rows_text(r, i, 3));
    json_add_text(b, "data", rows_text(r, i, 5));
    buf_add_format(b, ",\"compares\":%s,\"rows\":%lld,\"is_limited\":%s",
                   rows_bool(r, i, 6) ? "true" : "false", (long long)rows_int(r, i, 7),
                   rows_bool(r, i, 8) ? "true" : "false");
    json_add_text(b, "report_digest", rows_text(r, i, 9));
    json_add_text(b, "login", rows_text(r, i, 10));
    json_add_text(b, "at", rows_text(r, i, 11));
    buf_add_format(b, ",\"ms\":%lld", (long long)rows_int(r, i, 12));
}

static bool get_runs(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    int64_t limit;
    bool is_first = true;
    const struct rule_model *r = rule_model_find(cx, rq->parts[0]);
    if (!r || !request_limit(rq, 20, 100, &limit, cx->err) ||
        !DB(cx->db, cx->arena, &rows, cx->err,
            RUN_SELECT("") "where rule = $1 and (login = $2 or not is_limited)"
                           " order by at desc, id limit 500",
            P(r->id), P(cx->actor->login)))
        return false;
    buf_add_lit(&rs->body, "{\"runs\":[");
    for (size_t i = 0; i < rows.n && limit > 0; i++) {
        if (!may_see(cx, &rows, i))
            continue;
        if (!is_first)
            buf_add_char(&rs->body, ',');
        is_first = false;
        write_run(&rs->body, &rows, i);
        buf_add_char(&rs->body, '}');
        limit--;
    }
    buf_add_lit(&rs->body, "]}");
    return true;
}

/* A draft that was compared with is for those who write or decide on drafts, as everywhere. */
static bool write_request(struct cx *cx, const struct rule_model *m, const struct rows *r,
                          struct buf *b)
{
    struct json asked;
    str text = rows_text(r, 0, 13);
    if (!json_parse(&asked, text, cx->arena, cx->err))
        return false;
    const struct json *against = json_find(&asked, "against");
    bool is_open = !against || against->type != JSON_STRING ||
                   str_equal(rows_text(r, 0, 10), cx->actor->login) || rule_may(cx, m, "draft") ||
                   rule_may(cx, m, "approve");
    json_add_raw(b, "request", is_open ? text : STR("null"));
    return true;
}

static bool missing(struct cx *cx)
{
    err_set(cx->err, ERR_MISSING, "there is no such simulation, or it is not yours to see");
    return err_zh(cx->err, "没有这次模拟，或您无权查看");
}

static bool get_run(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    struct running_state now;
    const struct rule_model *r = rule_model_find(cx, rq->parts[0]);
    if (!r)
        return false;
    if (running_find(rq->parts[1], r->id, cx->actor->login, &now)) {
        buf_add_lit(&rs->body, "{\"run\":");
        json_write_string(&rs->body, rq->parts[1]);
        buf_add_format(&rs->body, ",\"state\":\"running\",\"rows\":%lld,\"expected\":%lld}",
                       (long long)now.rows, (long long)now.expected);
        return true;
    }
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            RUN_SELECT(", request, report") "where rule = $1 and id = $2", P(r->id),
            P(rq->parts[1])))
        return false;
    if (rows.n == 0 || !may_see(cx, &rows, 0))
        return missing(cx);
    write_run(&rs->body, &rows, 0);
    if (!write_request(cx, r, &rows, &rs->body))
        return false;
    buf_add_lit(&rs->body, ",\"report\":");
    if (rows_is_null(&rows, 0, 14)) {
        buf_add_lit(&rs->body, "null");
    } else {
        buf_add_char(&rs->body, '{');
        buf_add(&rs->body, rows_text(&rows, 0, 14));
        buf_add_char(&rs->body, '}');
    }
    buf_add_char(&rs->body, '}');
    return true;
}

/* Who began it stops it; the rows in hand are still decided, then its answer says "stopped". */
static bool post_stop(struct cx *cx, const struct request *rq, struct response *rs)
{
    const struct rule_model *r = rule_model_find(cx, rq->parts[0]);
    if (!r)
        return false;
    if (!running_stop(rq->parts[1], r->id, cx->actor->login)) {
        err_set(cx->err, ERR_MISSING, "no simulation of yours with this number is running");
        return err_zh(cx->err, "您没有正在进行的这次模拟");
    }
    rs->status = 204;
    return true;
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/rules/{rule}/runs", get_runs, "rules.runs", 0, NULL},
    {"GET", "/api/v1/rules/{rule}/runs/{run}", get_run, NULL, 0, NULL},
    {"POST", "/api/v1/rules/{rule}/runs/{run}/stop", post_stop, "rules.stop", 0, NULL},
    {0},
};

const struct module RUN_MODULE = {"run", ROUTES};
