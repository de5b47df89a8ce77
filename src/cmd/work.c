#include "cmd/work.h"

#include "audit/audit.h"
#include "base/digest.h"
#include "base/log.h"
#include "http/rate.h"
#include "identity/identity.h"
#include "store/db.h"

enum { TRIES = 4 };

struct worker {
    struct db *db, *reader;
    struct server *server;
    struct rate *rate;
    bool is_charged; /* the request at hand: a second try costs nothing */
    int64_t wait_ms; /* 0: it was not refused for its rate */
};

static const char SETUP[] = "set statement_timeout = '120s'";
static const char READER_SETUP[] =
    "set statement_timeout = '120s'; set default_transaction_read_only = on";

bool work_check_reader(str url, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct rows rows;
    struct db *db = db_open(url, e);
    bool ok = db && DB0(db, &a, &rows, e,
                        "select rolsuper or rolbypassrls or exists (select from pg_class c"
                        " join pg_namespace n on n.oid = c.relnamespace and n.nspname in ('data',"
                        " 'history', 'shuzhi') where pg_has_role(r.oid, c.relowner, 'member'))"
                        " from pg_roles r where rolname = current_user");
    if (ok && rows_bool(&rows, 0, 0))
        ok = err_set(
            e, ERR_INVALID,
            "the reader's role passes row-level security by: set SHUZHI_READER_URL to a role "
            "like shuzhi_reader, which is no superuser, owns no table and has no bypassrls");
    else if (!db)
        err_at(e, "the reader's connection; see SHUZHI_READER_URL in docs/operating.md");
    db_close(db);
    return ok;
}

void *work_create(void *arg, struct server *s, struct err *e)
{
    struct work *work = arg;
    struct worker *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->server = s;
    w->rate = work->rate;
    w->db = db_open(work->url, e);
    w->reader = w->db ? db_open(work->reader_url, e) : NULL;
    if (!w->reader || !db_script(w->db, SETUP, e) || !db_script(w->reader, READER_SETUP, e)) {
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
    db_close(w->reader);
    free(w);
}

/* What the request is for, as its sender says: conditions may ask for it (me.purpose), the record
 * keeps it. */
static str purpose_of(const struct request *rq)
{
    str said = request_header(rq, "X-Purpose");
    return said.p && utf8_is_valid(said) ? utf8_clip(str_trim(said), 200) : (str){0};
}

static void begin_entry(struct cx *cx, const struct route *route, const struct request *rq,
                        struct audit_entry *entry)
{
    *entry = (struct audit_entry){.via = STR("desk"),
                                  .action = str_from(route->audit ? route->audit : ""),
                                  .address = rq->address,
                                  .purpose = cx->purpose,
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

/* What a person may ask, wherever from; the server counts by address before. */
static bool charge(struct worker *w, struct cx *cx, const struct route *r)
{
    struct timespec t;
    if (!cx->actor || w->is_charged || !w->rate)
        return true;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    w->is_charged = true;
    return rate_take(w->rate, cx->actor->login, rate_cost(r->flags),
                     (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000, &w->wait_ms) ||
           err_set(cx->err, ERR_LIMIT, "too many requests");
}

static bool run_once(struct worker *w, struct cx *cx, const struct route *r,
                     const struct request *rq, struct response *rs)
{
    if (!db_begin(cx->db, cx->err) || !identity_enter(cx, r, rq))
        return false;
    name_actor(cx);
    if (!charge(w, cx, r))
        return false;
    if (!r->run(cx, rq, rs))
        return false;
    name_actor(cx);        /* signing in names somebody new */
    if (rs->status >= 400) /* an answer of a protocol of its own */
        cx->audit->result = STR("denied");
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

/* The log has the words of a fault, which may name tables and values; who asked gets its number. */
static void tell_log(const struct route *route, const struct request *rq, struct err *e)
{
    str number = random_token(rq->arena, 6);
    log_event(LOG_ERROR, "request failed", "route", route->path, "number", number.p, "error",
              e->msg, NULL);
    if (e->code != ERR_BROKEN)
        return;
    err_clear(e);
    err_set(e, ERR_BROKEN, "a fault inside, number %s in the server's log", number.p);
    err_zh(e, "系统内部故障，日志编号 %s，请告知管理员", number.p);
}

void work_serve(void *arg, void *worker, const struct route *route, const struct request *rq,
                struct response *rs)
{
    struct work *work = arg;
    struct worker *w = worker;
    struct err err = {0};
    struct audit_entry entry;
    struct registry *registry = snapshot_take(work->snapshot);
    struct cx cx = {.arena = rq->arena,
                    .db = w->db,
                    .reader = w->reader,
                    .purpose = purpose_of(rq),
                    .err = &err,
                    .registry = registry,
                    .server = w->server,
                    .issuer = work->issuer,
                    .ring = work->ring,
                    .exchange_key = work->exchange_key};
    begin_entry(&cx, route, rq, &entry);
    bool is_done = false;
    w->is_charged = false;
    w->wait_ms = 0;
    for (int left = TRIES; !is_done && left > 0; left--) {
        is_done = db_revive_with(w->db, SETUP, &err) &&
                  db_revive_with(w->reader, READER_SETUP, &err) && run_once(w, &cx, route, rq, rs);
        db_rollback(w->reader); /* it only read */
        cx.reading = NULL;
        if (is_done)
            break;
        db_rollback(w->db);
        bool may_pass = db_should_retry(w->db) || (err.code == ERR_BUSY && left == TRIES);
        if (!may_pass || left == 1)
            break;
        buf_clear(&rs->body);
        response_drop_file(rs);
        rs->header_count = 0;
        err_clear(&err);
        cx.actor = NULL;
        begin_entry(&cx, route, rq, &entry);
    }
    if (!is_done) {
        if (!w->wait_ms) /* a flood does not fill the audit */
            record_refusal(&cx, route);
        response_drop_file(rs);
        rs->header_count = 0;
        if (w->wait_ms) {
            server_note_refused(w->server);
            err_clear(&err);
            rate_refuse(rs, rq->arena, w->wait_ms, &err);
        }
        if (err.code == ERR_BROKEN || err.code == ERR_BUSY)
            tell_log(route, rq, &err);
        response_problem(rs, &err);
    }
    registry_drop(registry);
}
