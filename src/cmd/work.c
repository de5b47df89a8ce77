#include "cmd/work.h"

#include "audit/audit.h"
#include "base/log.h"
#include "identity/identity.h"
#include "store/db.h"

enum { TRIES = 4 };

struct worker {
    struct db *db;
    struct server *server;
};

void *work_create(void *arg, struct server *s, struct err *e)
{
    struct work *work = arg;
    struct worker *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->server = s;
    w->db = db_open(work->url, e);
    if (!w->db || !db_script(w->db, "set statement_timeout = '120s'", e)) {
        work_destroy(arg, w);
        return NULL;
    }
    return w;
}

void work_destroy(void *arg, void *worker)
{
    struct worker *w = worker;
    (void)arg;
    if (!w)
        return;
    db_close(w->db);
    free(w);
}

static void begin_entry(struct cx *cx, const struct route *route, const struct request *rq,
                        struct audit_entry *entry)
{
    *entry = (struct audit_entry){.via = STR("desk"),
                                  .action = str_from(route->audit ? route->audit : ""),
                                  .address = rq->address,
                                  .count = -1,
                                  .result = STR("ok")};
    cx->audit = entry;
}

static void name_actor(struct cx *cx)
{
    if (!cx->actor)
        return;
    cx->audit->who = cx->actor->login;
    cx->audit->organisation = cx->actor->organisation;
}

static bool run_once(struct cx *cx, const struct route *r, const struct request *rq,
                     struct response *rs)
{
    if (!db_begin(cx->db, cx->err) || !identity_enter(cx, r, rq))
        return false;
    name_actor(cx);
    if (!r->run(cx, rq, rs))
        return false;
    name_actor(cx); /* signing in names somebody new */
    if (r->audit && !audit_save(cx->db, cx->arena, cx->audit, cx->err))
        return false;
    return db_commit(cx->db, cx->err);
}

/* What was refused is recorded as well; the request's own transaction is gone by now. */
static void record_refusal(struct cx *cx, const struct route *r)
{
    struct err e = {0};
    if (!r->audit || cx->err->code == ERR_INVALID || cx->err->code == ERR_BROKEN)
        return;
    cx->audit->result = cx->err->code == ERR_MISSING ? STR("none") : STR("denied");
    if (!audit_save(cx->db, cx->arena, cx->audit, &e))
        log_event(LOG_ERROR, "a refusal could not be recorded", "error", e.msg, NULL);
}

void work_serve(void *arg, void *worker, const struct route *route, const struct request *rq,
                struct response *rs)
{
    struct work *work = arg;
    struct worker *w = worker;
    struct err err = {0};
    struct audit_entry entry;
    struct registry *registry = snapshot_take(work->snapshot);
    struct cx cx = {
        .arena = rq->arena, .db = w->db, .err = &err, .registry = registry, .server = w->server};
    begin_entry(&cx, route, rq, &entry);
    bool is_done = false;
    for (int left = TRIES; !is_done && left > 0; left--) {
        is_done = db_revive(w->db, &err) && run_once(&cx, route, rq, rs);
        if (is_done)
            break;
        db_rollback(w->db);
        bool may_pass = db_should_retry(w->db) || (err.code == ERR_BUSY && left == TRIES);
        if (!may_pass || left == 1)
            break;
        buf_clear(&rs->body);
        rs->header_count = 0;
        err_clear(&err);
        cx.actor = NULL;
        begin_entry(&cx, route, rq, &entry);
    }
    if (!is_done) {
        record_refusal(&cx, route);
        rs->header_count = 0;
        response_problem(rs, &err);
        if (err.code == ERR_BROKEN || err.code == ERR_BUSY)
            log_event(LOG_ERROR, "request failed", "route", route->path, "error", err.msg, NULL);
    }
    registry_drop(registry);
}
