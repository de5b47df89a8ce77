#include "store/lane.h"

#include "base/map.h"

#include <libpq-fe.h>

enum op_kind { OP_QUERY, OP_PREPARE, OP_SYNC };
enum { MAX_PARAMS = 8, TRIES = 2 };

struct op {
    struct op *next;
    enum op_kind kind;
    struct statement *statement;
    struct sql_param params[MAX_PARAMS];
    size_t n;
    lane_done done;
    void *arg;
    PGresult *result;
    struct err *err; /* NULL: none; apart, for it is large and rare */
    bool is_aborted;
    int tries;
    char text[]; /* the parameters' bytes, each NUL-terminated */
};

struct statement {
    const char *name, *sql;
    bool is_prepared;
};

struct queue {
    struct op *first, **last;
};

struct lane {
    PGconn *conn;
    str url;
    const char *setup_sql;
    enum lane_failure failure;
    struct queue waiting; /* not handed to libpq yet: again after a group failed, or while down */
    struct queue sent;    /* in the pipeline, oldest first */
    struct op *group;     /* answered members of the group being read, newest first */
    size_t unsynced;      /* sent since the last sync */
    size_t in_flight;
    uint64_t connection;
    bool wants_write;
    struct map statements;
    struct arena arena;
};

static void queue_add(struct queue *q, struct op *o)
{
    o->next = NULL;
    if (!q->first)
        q->last = &q->first;
    *q->last = o;
    q->last = &o->next;
}

static struct op *queue_take(struct queue *q)
{
    struct op *o = q->first;
    if (o)
        q->first = o->next;
    return o;
}

static void op_fail(struct op *o, enum err_code code, const char *what, const char *detail)
{
    if (o->err)
        return;
    o->err = calloc(1, sizeof *o->err);
    if (!o->err)
        abort();
    err_set(o->err, code, "%s%s", what, detail);
}

static void op_finish(struct op *o)
{
    if (o->done) {
        struct rows rows = {0};
        static const struct err NONE;
        bool ok = !o->err && o->result;
        if (ok)
            rows = (struct rows){o->result, (size_t)PQntuples(o->result), 0};
        else if (!o->err)
            op_fail(o, ERR_BUSY, "database: the connection was lost", "");
        o->done(o->arg, ok ? &rows : NULL, ok ? &NONE : o->err);
    }
    free(o->err);
    PQclear(o->result);
    free(o);
}

static bool connect_now(struct lane *l, struct err *e)
{
    l->conn = PQconnectdb(arena_cstr(&l->arena, l->url));
    if (PQstatus(l->conn) == CONNECTION_OK && l->setup_sql) {
        PGresult *r = PQexec(l->conn, l->setup_sql);
        if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
            err_set(e, ERR_BROKEN, "database: %s", PQresultErrorMessage(r));
        PQclear(r);
    }
    if (!e->code && PQstatus(l->conn) == CONNECTION_OK && PQsetnonblocking(l->conn, 1) == 0 &&
        PQenterPipelineMode(l->conn) == 1) {
        l->connection++;
        return true;
    }
    err_set(e, ERR_BUSY, "database: %s", PQerrorMessage(l->conn));
    PQfinish(l->conn);
    l->conn = NULL;
    return false;
}

struct lane *lane_create(str url, const char *setup_sql, enum lane_failure failure, struct err *e)
{
    struct lane *l = calloc(1, sizeof *l);
    if (!l) {
        err_set(e, ERR_BUSY, "out of memory");
        return NULL;
    }
    l->url = arena_copy(&l->arena, url);
    l->setup_sql = setup_sql;
    l->failure = failure;
    if (!connect_now(l, e)) {
        lane_destroy(l);
        return NULL;
    }
    return l;
}

/* The connection is gone: everything unanswered fails, nothing is prepared any more. */
static void fail_all(struct lane *l)
{
    struct queue lost = l->sent, waiting = l->waiting;
    struct op *group = l->group;
    l->sent = l->waiting = (struct queue){0};
    l->group = NULL;
    l->unsynced = l->in_flight = 0;
    l->wants_write = false;
    for (size_t i = 0; i < l->statements.n; i++)
        ((struct statement *)l->statements.entries[i].value)->is_prepared = false;
    if (l->conn)
        PQfinish(l->conn);
    l->conn = NULL;
    for (struct op *o = group, *next; o; o = next) {
        next = o->next;
        PQclear(o->result);
        o->result = NULL;
        op_finish(o);
    }
    for (struct op *o; (o = queue_take(&lost));)
        op_finish(o);
    for (struct op *o; (o = queue_take(&waiting));)
        op_finish(o);
}

void lane_destroy(struct lane *l)
{
    if (!l)
        return;
    fail_all(l);
    arena_release(&l->arena);
    free(l);
}

static struct op *op_create(struct statement *s, const struct sql_param *params, size_t n,
                            lane_done done, void *arg)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += params[i].s.n + 1;
    struct op *o = calloc(1, sizeof *o + bytes);
    if (!o)
        abort();
    *o = (struct op){.statement = s, .n = n, .done = done, .arg = arg};
    char *at = o->text;
    for (size_t i = 0; i < n; i++) {
        if (!params[i].s.p)
            continue;
        memcpy(at, params[i].s.p, params[i].s.n);
        o->params[i] = (struct sql_param){{at, params[i].s.n}};
        at += params[i].s.n + 1;
    }
    return o;
}

static struct statement *statement_of(struct lane *l, const char *name, const char *sql)
{
    struct statement *s = map_find(&l->statements, str_from(name));
    if (!s) {
        s = arena_new(&l->arena, struct statement);
        *s = (struct statement){arena_cstr(&l->arena, str_from(name)),
                                arena_cstr(&l->arena, str_from(sql)), false};
        map_set(&l->statements, &l->arena, str_from(s->name), s);
    }
    return s;
}

static void sent_add(struct lane *l, struct op *o)
{
    queue_add(&l->sent, o);
    l->in_flight++;
}

static void send_now(struct lane *l, struct op *o)
{
    struct statement *s = o->statement;
    const char *values[MAX_PARAMS];
    bool ok = true;
    if (!s->is_prepared) {
        ok = PQsendPrepare(l->conn, s->name, s->sql, (int)o->n, NULL) == 1;
        if (ok) {
            struct op *p = op_create(s, NULL, 0, NULL, NULL);
            p->kind = OP_PREPARE;
            sent_add(l, p);
            s->is_prepared = true;
        }
    }
    for (size_t i = 0; i < o->n; i++)
        values[i] = o->params[i].s.p;
    sent_add(l, o);
    l->unsynced++;
    if (!ok || PQsendQueryPrepared(l->conn, s->name, (int)o->n, values, NULL, NULL, 0) != 1)
        fail_all(l);
}

void lane_send(struct lane *l, const char *name, const char *sql, const struct sql_param *params,
               size_t n, lane_done done, void *arg)
{
    struct op *o = op_create(statement_of(l, name, sql), params, n, done, arg);
    if (!l->conn)
        op_finish(o);
    else
        send_now(l, o);
}

static void sync_now(struct lane *l)
{
    struct op *o = op_create(NULL, NULL, 0, NULL, NULL);
    o->kind = OP_SYNC;
    sent_add(l, o);
    l->unsynced = 0;
    if (PQpipelineSync(l->conn) != 1)
        fail_all(l);
}

static void push_out(struct lane *l)
{
    int left = l->conn ? PQflush(l->conn) : 0;
    if (left < 0)
        fail_all(l);
    l->wants_write = left > 0;
}

void lane_flush(struct lane *l)
{
    if (l->conn && l->unsynced)
        sync_now(l);
    while (l->conn && l->waiting.first) {
        send_now(l, queue_take(&l->waiting));
        if (l->conn)
            sync_now(l);
    }
    push_out(l);
}

/* All members of a group are answered and its sync is here. */
static void finish_group(struct lane *l)
{
    struct op *members = NULL;
    bool has_failed = false;
    for (struct op *o = l->group, *next; o; o = next) { /* back into the order they were sent */
        next = o->next;
        o->next = members;
        members = o;
        has_failed |= o->err != NULL || o->is_aborted;
    }
    l->group = NULL;
    for (struct op *p = members; p; p = p->next) { /* what could not be prepared cannot be run */
        for (struct op *o = members; p->kind == OP_PREPARE && p->err && o; o = o->next) {
            if (o != p && o->statement == p->statement)
                op_fail(o, p->err->code, p->err->msg, "");
        }
    }
    for (struct op *o = members, *next; o; o = next) {
        next = o->next;
        if (o->kind == OP_PREPARE) {
            op_finish(o);
            continue;
        }
        if (has_failed && !o->err && l->failure == LANE_FAIL_TOGETHER)
            op_fail(o, ERR_BUSY, "another statement of the transaction failed", "");
        if (has_failed && !o->err && o->tries++ < TRIES) {
            PQclear(o->result);
            o->result = NULL;
            o->is_aborted = false;
            queue_add(&l->waiting, o);
            continue;
        }
        op_finish(o);
    }
}

static void take_result(struct op *o, PGresult *r)
{
    ExecStatusType status = PQresultStatus(r);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        PQclear(o->result);
        o->result = r;
        return;
    }
    if (o->kind == OP_PREPARE)
        o->statement->is_prepared = false;
    if (status == PGRES_PIPELINE_ABORTED) {
        o->is_aborted = true;
    } else {
        const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
        op_fail(o, ERR_BROKEN, "database: ", message ? message : "unknown failure");
    }
    PQclear(r);
}

static void move_to_group(struct lane *l)
{
    struct op *o = queue_take(&l->sent);
    l->in_flight--;
    o->next = l->group;
    l->group = o;
}

void lane_work(struct lane *l)
{
    if (!l->conn)
        return;
    if (PQconsumeInput(l->conn) != 1) {
        fail_all(l);
        return;
    }
    while (l->conn && l->sent.first && !PQisBusy(l->conn)) {
        struct op *o = l->sent.first;
        PGresult *r = PQgetResult(l->conn);
        if (!r) { /* the end of one statement's results */
            if (o->kind != OP_SYNC)
                move_to_group(l);
            continue;
        }
        if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) {
            PQclear(r);
            free(queue_take(&l->sent));
            l->in_flight--;
            finish_group(l);
            continue;
        }
        take_result(o, r);
    }
    if (l->conn && PQstatus(l->conn) != CONNECTION_OK)
        fail_all(l);
    if (l->conn && l->waiting.first)
        lane_flush(l);
    else
        push_out(l);
}

bool lane_wants_write(const struct lane *l)
{
    return l->wants_write;
}

bool lane_is_idle(const struct lane *l)
{
    return l->in_flight == 0 && !l->waiting.first;
}

int lane_fd(const struct lane *l)
{
    return l->conn ? PQsocket(l->conn) : -1;
}

uint64_t lane_connection(const struct lane *l)
{
    return l->connection;
}

void lane_tick(struct lane *l)
{
    struct err ignored = {0};
    if (!l->conn && !connect_now(l, &ignored))
        l->conn = NULL;
}
