/* One record by key for the bearer of a grant, on the event loop.
 *
 * A look is two groups: the select (which checks the grant's version in the same statement, so a
 * revocation counts at once), then the audit record of all looks of the turn; answers leave when
 * the record is committed. */
#include "share/share.h"

#include "audit/audit.h"
#include "base/date.h"
#include "http/server.h"
#include "store/lane.h"

enum { READ_LANES = 2, MAX_AUDIT = 8 << 20, MAX_KEY_PARTS = 4, TRIES = 3 };

struct cached_grant {
    struct grant grant;
    struct arena arena;
    const struct registry *registry; /* a reference of its own */
    const char *name, *sql;          /* the prepared statement */
    double tokens;                   /* of the rate limit */
    int64_t refilled;                /* ms */
    uint64_t uses;                   /* looks since the last usage row was written */
    bool is_stale;
    int references; /* looks in hand */
};

struct look {
    struct exchange *exchange;
    const struct request *rq;
    struct share_lane *lane;
    struct cached_grant *grant; /* NULL until it is known */
    int64_t grant_id;
    int tries;
    struct look *next; /* waiting for the audit record */
    struct response rs;
};

struct share_lane {
    struct snapshot *snapshot;
    struct lane *reads[READ_LANES], *audit;
    size_t turn;
    struct arena arena;
    struct map grants; /* id as text → struct cached_grant */
    struct buf entries;
    struct look *recorded, *sent; /* answers that wait for the group being filled, in flight */
    uint64_t statements;
    int64_t now_ms;
};

static const char INSERT_AUDIT[] = "insert into shuzhi.audit_batch (entries) values ($1)";
static const char ADD_USAGE[] =
    "insert into shuzhi.share_usage as u (grant_id, day, n) values ($1, current_date, $2)"
    " on conflict (grant_id, day) do update set n = u.n + excluded.n, last_used = now() returning "
    "n";
static const char LOAD_GRANT[] = "load_grant";

static void look_up(struct look *k);

/* --- the grants this process knows ---------------------------------------------------------------
 */

static void grant_drop(struct cached_grant *g)
{
    if (!g || --g->references > 0)
        return;
    registry_drop((struct registry *)(uintptr_t)g->registry);
    arena_release(&g->arena);
    free(g);
}

static void forget(struct share_lane *l, struct cached_grant *g)
{
    char id[24];
    snprintf(id, sizeof id, "%lld", (long long)g->grant.id);
    if (map_find(&l->grants, str_from(id)) == g) {
        map_set(&l->grants, &l->arena, arena_copy(&l->arena, str_from(id)), NULL);
        grant_drop(g);
    }
}

static struct cached_grant *known_grant(struct share_lane *l, int64_t id)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)id);
    struct cached_grant *g = map_find(&l->grants, str_from(text));
    if (!g)
        return NULL;
    struct registry *now = snapshot_take(l->snapshot);
    bool is_current = now == g->registry;
    registry_drop(now);
    if (!is_current) {
        forget(l, g);
        return NULL;
    }
    return g;
}

/* Every record of the dataset, or none, joined to the grant itself: version, then the view. */
static void make_statement(struct share_lane *l, struct cached_grant *g)
{
    BUF_SCOPED struct buf b = {.max = 1 << 20};
    const struct dataset *d = g->grant.dataset;
    str where = g->grant.view.where;
    buf_add_lit(&b, "select g.version, t._batch is not null, ");
    if (where.n) {
        buf_add_format(&b, "exists (select from %.*s u where ", STR_ARG(d->table));
        for (size_t i = 0; i < d->key_count; i++)
            buf_add_format(&b, "%su.%.*s = $%zu", i ? " and " : "", STR_ARG(d->key[i]->column),
                           i + 1);
        buf_add_lit(&b, "), ");
    } else {
        buf_add_lit(&b, "false, ");
    }
    view_columns(&b, &g->grant.view, "t");
    buf_add_format(&b, " from shuzhi.share_grant g left join %.*s t on ", STR_ARG(d->table));
    for (size_t i = 0; i < d->key_count; i++)
        buf_add_format(&b, "%st.%.*s = $%zu", i ? " and " : "", STR_ARG(d->key[i]->column), i + 1);
    if (where.n)
        buf_add_format(&b, " and (%.*s)", STR_ARG(where));
    buf_add_format(&b, " where g.id = %lld and not g.is_revoked and g.until >= current_date",
                   (long long)g->grant.id);
    g->sql = arena_cstr(&g->arena, buf_str(&b));
    g->name = arena_format(&g->arena, "look_%llu", (unsigned long long)l->statements++).p;
}

static void refill(struct cached_grant *g, int64_t now)
{
    double rate = (double)g->grant.rate_per_second;
    g->tokens += rate * (double)(now - g->refilled) / 1000;
    g->tokens = g->tokens > rate ? rate : g->tokens;
    g->refilled = now;
}

/* --- the record ----------------------------------------------------------------------------------
 */

/* The answer is ready; it waits until its record is durable. */
static void record(struct look *k, str result)
{
    struct share_lane *l = k->lane;
    const struct grant *g = k->grant ? &k->grant->grant : NULL;
    struct audit_entry entry = {.via = STR("share"),
                                .action = STR("share.read"),
                                .who = g ? g->organisation : STR("-"),
                                .organisation = g ? g->organisation : STR(""),
                                .dataset = g ? g->dataset_id : STR(""),
                                .key = utf8_clip(k->rq->parts[1], 200),
                                .purpose = g ? g->purpose : STR(""),
                                .fields = g ? g->fields : NULL,
                                .field_count = g ? g->field_count : 0,
                                .grant = k->grant_id,
                                .count = str_is(result, "ok") ? 1 : 0,
                                .address = k->rq->address,
                                .result = result};
    audit_format(&l->entries, &entry, l->now_ms);
    if (k->grant)
        k->grant->uses++;
    k->next = l->recorded;
    l->recorded = k;
}

static void release(struct look *k, const struct err *e)
{
    if (e)
        response_problem(&k->rs, e);
    grant_drop(k->grant);
    exchange_answer(k->exchange, &k->rs);
}

static void on_recorded(void *arg, const struct rows *rows, const struct err *e)
{
    struct share_lane *l = arg;
    struct err lost = {0};
    (void)rows;
    if (e->code)
        err_set(&lost, ERR_BUSY, "the look could not be recorded, so it is not answered");
    for (struct look *k = l->sent, *next; k; k = next) {
        next = k->next;
        release(k, e->code ? &lost : NULL);
    }
    l->sent = NULL;
}

static void on_usage(void *arg, const struct rows *rows, const struct err *e)
{
    struct cached_grant *g = arg;
    (void)e;
    if (rows && rows->n)
        g->grant.used_today = rows_int(rows, 0, 0);
    grant_drop(g);
}

static void send_usage(struct share_lane *l, struct arena *a)
{
    for (size_t i = 0; i < l->grants.n; i++) {
        struct cached_grant *g = l->grants.entries[i].value;
        if (!g || !g->uses)
            continue;
        struct param params[] = {P_INT(a, g->grant.id), P_INT(a, g->uses)};
        g->grant.used_today += (int64_t)g->uses;
        g->uses = 0;
        g->references++;
        lane_send(l->audit, "add_usage", ADD_USAGE, params, 2, on_usage, g);
    }
}

/* One group at a time: what comes while it is on its way goes with the next. */
static void send_records(struct share_lane *l)
{
    ARENA_SCOPED struct arena a = {0};
    if (!l->recorded || l->sent || !lane_is_idle(l->audit))
        return;
    l->sent = l->recorded;
    l->recorded = NULL;
    send_usage(l, &a);
    lane_send(l->audit, "insert_audit", INSERT_AUDIT, (struct param[]){P(buf_str(&l->entries))}, 1,
              on_recorded, l);
    buf_clear(&l->entries);
}

/* --- one look ------------------------------------------------------------------------------------
 */

static void refuse(struct look *k, const struct err *e, str result)
{
    response_problem(&k->rs, e);
    if (e->code == ERR_LIMIT)
        response_header(&k->rs, STR("Retry-After"), STR("1"));
    record(k, result);
}

static void answer(struct look *k, const struct rows *rows)
{
    struct err e = {0};
    const struct grant *g = &k->grant->grant;
    if (rows_bool(rows, 0, 1)) {
        buf_add_char(&k->rs.body, '{');
        view_write_row(&k->rs.body, &g->view, rows, 0, 3);
        buf_add_char(&k->rs.body, '}');
        record(k, STR("ok"));
    } else if (rows_bool(rows, 0, 2)) {
        err_set(&e, ERR_DENIED, "the record is outside the rows grant %lld gives",
                (long long)g->id);
        err_zh(&e, "该记录不在授权 %lld 的数据范围内", (long long)g->id);
        refuse(k, &e, STR("denied"));
    } else {
        err_set(&e, ERR_MISSING, "there is no record with this key");
        err_zh(&e, "没有这条记录");
        refuse(k, &e, STR("none"));
    }
}

static void on_looked(void *arg, const struct rows *rows, const struct err *e)
{
    struct look *k = arg;
    struct share_lane *l = k->lane;
    if (e->code) {
        if (e->code == ERR_BROKEN && k->tries < TRIES &&
            k->grant) { /* the table may have changed under us */
            forget(l, k->grant);
            grant_drop(k->grant);
            k->grant = NULL;
            look_up(k);
            return;
        }
        release(k, e);
        return;
    }
    bool is_current = rows->n && rows_int(rows, 0, 0) == k->grant->grant.version;
    if (is_current) {
        answer(k, rows);
        return;
    }
    forget(l, k->grant); /* changed or revoked since we read it: look at it again */
    grant_drop(k->grant);
    k->grant = NULL;
    look_up(k);
}

static bool key_fits(const struct field *f, str v)
{
    int64_t n;
    int32_t day;
    return f->type == FIELD_INTEGER ? str_to_int64(v, &n)
           : f->type == FIELD_DATE  ? date_parse(v, &day)
                                    : f->type == FIELD_TEXT;
}

static bool split_key(const struct dataset *d, str key, struct param *parts)
{
    str rest = key, part;
    for (size_t i = 0; i < d->key_count; i++) {
        if (i + 1 == d->key_count)
            part = rest;
        else if (!str_take_part(&rest, '~', &part))
            return false;
        if (!part.p || part.n > 500 || memchr(part.p, 0, part.n) || !key_fits(d->key[i], part))
            return false;
        parts[i] = P(part);
    }
    return true;
}

static bool take_token(struct look *k, struct err *e)
{
    refill(k->grant, k->lane->now_ms);
    if (k->grant->tokens < 1) {
        err_set(e, ERR_LIMIT, "more than %lld looks a second",
                (long long)k->grant->grant.rate_per_second);
        return err_zh(e, "超过每秒 %lld 次的限制", (long long)k->grant->grant.rate_per_second);
    }
    k->grant->tokens -= 1;
    return true;
}

static void look_with_grant(struct look *k)
{
    struct err e = {0};
    struct share_lane *l = k->lane;
    struct param parts[MAX_KEY_PARTS];
    const struct grant *g = &k->grant->grant;
    struct grant now = *g;
    now.used_today += (int64_t)k->grant->uses;
    if (!grant_admits(&now, grant_bearer(k->rq), &e) || !take_token(k, &e)) {
        refuse(k, &e, STR("denied"));
        return;
    }
    if (!split_key(g->dataset, k->rq->parts[1], parts)) {
        err_set(&e, ERR_MISSING, "there is no record with this key");
        err_zh(&e, "没有这条记录");
        refuse(k, &e, STR("none"));
        return;
    }
    lane_send(l->reads[l->turn++ % READ_LANES], k->grant->name, k->grant->sql, parts,
              g->dataset->key_count, on_looked, k);
}

static void on_grant(void *arg, const struct rows *rows, const struct err *e)
{
    struct look *k = arg;
    struct share_lane *l = k->lane;
    struct err why = {0};
    if (e->code) {
        release(k, e);
        return;
    }
    if (rows->n == 0) {
        err_set(&why, ERR_MISSING, "there is no grant %lld", (long long)k->grant_id);
        refuse(k, &why, STR("denied"));
        return;
    }
    struct cached_grant *g = known_grant(l, k->grant_id);
    if (!g || g->grant.version != rows_int(rows, 0, 1)) {
        if (g)
            forget(l, g);
        g = calloc(1, sizeof *g);
        if (!g)
            abort();
        g->registry = snapshot_take(l->snapshot);
        g->references = 1;
        g->refilled = l->now_ms;
        if (!grant_read(&g->arena, g->registry, rows, 0, &g->grant, &why)) {
            grant_drop(g);
            refuse(k, &why, STR("denied"));
            return;
        }
        g->tokens = (double)g->grant.rate_per_second;
        make_statement(l, g);
        map_set(&l->grants, &l->arena, arena_format(&l->arena, "%lld", (long long)k->grant_id), g);
    }
    g->grant.used_today = rows_int(rows, 0, 14); /* a new day, or another server's looks */
    g->grant.is_expired = rows_bool(rows, 0, 16);
    g->references++;
    k->grant = g;
    look_with_grant(k);
}

static void look_up(struct look *k)
{
    struct share_lane *l = k->lane;
    struct err e = {0};
    if (k->tries++ >= TRIES) {
        err_set(&e, ERR_BUSY, "the grant is changing; try again");
        release(k, &e);
        return;
    }
    struct cached_grant *g = k->tries == 1 ? known_grant(l, k->grant_id) : NULL;
    if (g && grant_bearer(k->rq).p && grant_admits(&g->grant, grant_bearer(k->rq), &e)) {
        g->references++;
        k->grant = g;
        look_with_grant(k);
        return;
    }
    /* Not known, or what we know refuses: the database has the last word. */
    ARENA_SCOPED struct arena a = {0};
    str sql = arena_format(&a, "%s where g.id = $1", GRANT_SELECT);
    lane_send(l->reads[0], LOAD_GRANT, sql.p, (struct param[]){P_INT(&a, k->grant_id)}, 1, on_grant,
              k);
}

void share_lane_get(struct exchange *x, const struct request *rq, void *lane)
{
    struct look *k = arena_new(rq->arena, struct look);
    struct err e = {0};
    *k = (struct look){.exchange = x, .rq = rq, .lane = lane, .rs = {.body = {.max = 16 << 20}}};
    k->lane->now_ms = clock_unix_ms();
    if (!grant_id_parse(rq->parts[0], &k->grant_id, &e)) {
        refuse(k, &e, STR("denied"));
        return;
    }
    look_up(k);
}

/* --- the loop's hooks ----------------------------------------------------------------------------
 */

struct share_lane *share_lane_create(str url, struct snapshot *snapshot, struct err *e)
{
    struct share_lane *l = calloc(1, sizeof *l);
    if (!l)
        abort();
    l->snapshot = snapshot;
    l->entries.max = MAX_AUDIT;
    for (size_t i = 0; i < READ_LANES; i++) {
        if (!(l->reads[i] = lane_create(
                  url, "set statement_timeout = '5s'; set default_transaction_read_only = on",
                  e))) {
            share_lane_destroy(l);
            return NULL;
        }
    }
    if (!(l->audit = lane_create(url, "set statement_timeout = '20s'", e))) {
        share_lane_destroy(l);
        return NULL;
    }
    return l;
}

void share_lane_destroy(struct share_lane *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < READ_LANES; i++)
        lane_destroy(l->reads[i]);
    lane_destroy(l->audit);
    for (size_t i = 0; i < l->grants.n; i++)
        grant_drop(l->grants.entries[i].value);
    buf_release(&l->entries);
    arena_release(&l->arena);
    free(l);
}

size_t share_lane_fds(void *lane, struct loop_fd *fds, size_t room)
{
    struct share_lane *l = lane;
    (void)room;
    for (size_t i = 0; i < READ_LANES; i++)
        fds[i] = (struct loop_fd){lane_fd(l->reads[i]), lane_wants_write(l->reads[i])};
    fds[READ_LANES] = (struct loop_fd){lane_fd(l->audit), lane_wants_write(l->audit)};
    return READ_LANES + 1;
}

void share_lane_ready(void *lane, size_t index)
{
    struct share_lane *l = lane;
    lane_work(index < READ_LANES ? l->reads[index] : l->audit);
}

void share_lane_turn(void *lane)
{
    struct share_lane *l = lane;
    send_records(l);
    for (size_t i = 0; i < READ_LANES; i++)
        lane_flush(l->reads[i]);
    lane_flush(l->audit);
}

void share_lane_tick(void *lane)
{
    struct share_lane *l = lane;
    for (size_t i = 0; i < READ_LANES; i++)
        lane_tick(l->reads[i]);
    lane_tick(l->audit);
}

void share_lane_stop(void *lane)
{
    struct share_lane *l = lane;
    struct err e = {0};
    err_set(&e, ERR_BUSY, "the server is stopping");
    for (size_t i = 0; i < READ_LANES; i++) {
        lane_destroy(l->reads[i]);
        l->reads[i] = NULL;
    }
    lane_destroy(l->audit);
    l->audit = NULL;
    for (struct look *k = l->recorded, *next; k; k = next) { /* not recorded, so not answered */
        next = k->next;
        release(k, &e);
    }
    l->recorded = NULL;
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/share/{grant}/records/{key}", NULL, "share.read", ROUTE_PUBLIC,
     share_lane_get},
    {0},
};

const struct module SHARED_MODULE = {"shared", ROUTES};
