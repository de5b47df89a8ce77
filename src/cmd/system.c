#include "cmd/system.h"

#include "http/server.h"
#include "store/db.h"

static bool get_health(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    (void)rq;
    if (!DB0(cx->db, cx->arena, &rows, cx->err, "select 1"))
        return false;
    buf_add_lit(&rs->body, "{\"status\":\"ok\"}");
    return true;
}

static bool get_metrics(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    struct server_counts c = server_counts(cx->server);
    struct buf *b = &rs->body;
    (void)rq;
    if (!DB0(cx->db, cx->arena, &rows, cx->err,
             "select (select count(*) from shuzhi.batch where state in ('queued', 'running')),"
             " (select count(*) from shuzhi.quarantine where state = 'waiting'),"
             " (select count(*) from shuzhi.work_case where state = 'open'),"
             " (select count(*) from shuzhi.job)"))
        return false;
    rs->type = STR("text/plain; version=0.0.4; charset=utf-8");
    buf_add_format(b,
                   "# TYPE shuzhi_requests_total counter\nshuzhi_requests_total %llu\n"
                   "# TYPE shuzhi_errors_total counter\nshuzhi_errors_total %llu\n"
                   "# TYPE shuzhi_received_bytes_total counter\nshuzhi_received_bytes_total %llu\n"
                   "# TYPE shuzhi_refused_total counter\nshuzhi_refused_total %llu\n"
                   "# TYPE shuzhi_requests_active gauge\nshuzhi_requests_active %llu\n",
                   (unsigned long long)c.requests, (unsigned long long)c.errors,
                   (unsigned long long)c.bytes_in, (unsigned long long)c.refused,
                   (unsigned long long)c.active);
    static const char *const names[] = {"batches_open", "quarantine_waiting", "cases_open", "jobs"};
    for (int i = 0; i < 4; i++)
        buf_add_format(b, "# TYPE shuzhi_%s gauge\nshuzhi_%s %lld\n", names[i], names[i],
                       (long long)rows_int(&rows, 0, i));
    return true;
}

static const struct route ROUTES[] = {
    {"GET", "/healthz", get_health, NULL, ROUTE_PUBLIC, NULL},
    {"GET", "/metrics", get_metrics, NULL, ROUTE_PUBLIC, NULL},
    {0},
};

const struct module SYSTEM_MODULE = {"system", ROUTES};
