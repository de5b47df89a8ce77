/* One record by key for the bearer of a grant, on the event loop.
 *
 * Looks go to the database in groups.  Each group ends with a statement that asks which of its
 * grants are still what we think they are: it runs after the looks, so a revocation counts at once.
 * Then the audit records of what was seen go out, many at a time; answers leave when those are
 * committed. */
#include "share/share.h"

#include "audit/audit.h"
#include "base/date.h"
#include "base/digest.h"
#include "http/server.h"
#include "store/lane.h"

enum {
    READ_LANES = 2,
    AUDIT_LANES = 1,
    GROUP = 32, /* looks sent to the database while the turn still goes on, so that both work */
    MAX_AUDIT = 8 << 20,
    MAX_KEY_PARTS = 4,
    TRIES = 3
};

struct cached_grant {
    struct grant grant;
    struct arena arena;
    const struct registry *registry; /* a reference of its own */
    const char *name, *sql;          /* the prepared statement */
    double tokens;                   /* of the rate limit */
    int64_t refilled;                /* ms */
    uint64_t uses;                   /* looks since the last usage row was written */
    str good_key;                    /* that was found to have the grant's digest */
    int references;                  /* looks in hand */
};

/* Looks sent together: one statement a grant takes all its keys, then one checks the grants. */
struct look_group {
    struct look *seen; /* answered by the database, not yet by us */
    struct look_set {
        struct cached_grant *grant;
        struct look_group *group;
        struct look *looks[GROUP];
        size_t n;
    } sets[GROUP];
    size_t set_count, n;
};

struct look {
    struct exchange *exchange;
    const struct request *rq;
    struct share_lane *lane;
    struct cached_grant *grant; /* NULL until it is known */
    int64_t grant_id;
    int tries;
    struct sql_param parts[MAX_KEY_PARTS]; /* of the key */
    bool is_there, is_outside;             /* what the database said */
    struct look *next; /* in the group's list, then waiting for the audit record */
    struct response rs;
};

struct audit_lane {
    struct lane *lane;
    struct look *sent; /* answers that wait for the records in flight here */
};

struct share_lane {
    struct snapshot *snapshot;
    struct lane *reads[READ_LANES];
    struct told {
        struct buf ids;      /* the grants the connection certainly knows; empty: none */
        uint64_t connection; /* it knows them on */
        uint64_t last;       /* telling sent */
    } told[READ_LANES];
    struct audit_lane audits[AUDIT_LANES];
    struct look_group *filling;
    size_t turn;
    struct arena arena;
    struct map grants; /* id as text → struct cached_grant */
    struct buf entries;
    struct look *recorded; /* answers whose records are in entries */
    uint64_t statements;
    int64_t now_ms;
};

/* Statements are the same each time, so planning them again could gain nothing. */
static const char READ_SETUP[] =
    "set statement_timeout = '5s'; set default_transaction_read_only = on;"
    " set plan_cache_mode = force_generic_plan";
static const char INSERT_AUDIT[] = "insert into shuzhi.audit_batch (entries) values ($1)";
static const char ADD_USAGE[] =
    "insert into shuzhi.share_usage as u (grant_id, day, n) values ($1, current_date, $2)"
    " on conflict (grant_id, day) do update set n = u.n + excluded.n, last_used = now() returning "
    "n";
static const char LOAD_GRANT[] = "load_grant";
static const char TELL_GRANTS[] = "select set_config('shuzhi.grants', $1, false)";
static const char CHECK_GRANTS[] =
    "select id, version from shuzhi.share_grant where id = any($1::bigint[])"
    " and not is_revoked and until >= current_date";

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

/* For arrays of key parts: which of them, whether it is outside the rows granted, then the view's
 * columns; no row: there is no such record. */
static void make_statement(struct share_lane *l, struct cached_grant *g)
{
    BUF_SCOPED struct buf b = {.max = 1 << 20};
    const struct dataset *d = g->grant.dataset;
    str where = g->grant.view.where;
    buf_add_lit(&b, "select k.i, ");
    if (where.n)
        buf_add_format(&b, "(%.*s) is not true, ", STR_ARG(where));
    else
        buf_add_lit(&b, "false, ");
    for (size_t i = 0; i < g->grant.view.n; i++) {
        if (i)
            buf_add_lit(&b, ", ");
        if (where.n) /* what is outside does not leave the database */
            buf_add_format(&b, "case when (%.*s) then (", STR_ARG(where));
        view_expression(&b, &g->grant.view.fields[i], "t");
        if (where.n)
            buf_add_lit(&b, ")::text end");
    }
    buf_add_lit(&b, " from unnest(");
    for (size_t i = 0; i < d->key_count; i++)
        buf_add_format(&b, "%s$%zu::%s[]", i ? ", " : "", i + 1, field_sql_type(d->key[i]->type));
    buf_add_lit(&b, ") with ordinality as k(");
    for (size_t i = 0; i < d->key_count; i++)
        buf_add_format(&b, "k%zu, ", i);
    buf_add_format(&b, "i) join %.*s t on ", STR_ARG(d->table));
    for (size_t i = 0; i < d->key_count; i++)
        buf_add_format(&b, "%st.%.*s = k.k%zu", i ? " and " : "", STR_ARG(d->key[i]->column), i);
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
    struct audit_lane *lane = arg;
    struct look *sent = lane->sent;
    struct err lost = {0};
    (void)rows;
    lane->sent = NULL;
    if (e->code)
        err_set(&lost, ERR_BUSY, "the look could not be recorded, so it is not answered");
    for (struct look *k = sent, *next; k; k = next) {
        next = k->next;
        release(k, e->code ? &lost : NULL);
    }
}

static void on_usage(void *arg, const struct rows *rows, const struct err *e)
{
    struct cached_grant *g = arg;
    (void)e;
    if (rows && rows->n)
        g->grant.used_today = rows_int(rows, 0, 0);
    grant_drop(g);
}

static void send_usage(struct share_lane *l, struct lane *lane, struct arena *a)
{
    for (size_t i = 0; i < l->grants.n; i++) {
        struct cached_grant *g = l->grants.entries[i].value;
        if (!g || !g->uses)
            continue;
        struct sql_param params[] = {P_INT(a, g->grant.id), P_INT(a, g->uses)};
        g->grant.used_today += (int64_t)g->uses;
        g->uses = 0;
        g->references++;
        lane_send(lane, "add_usage", ADD_USAGE, params, 2, on_usage, g);
    }
}

#ifdef SHUZHI_AUDIT_OFF
/* Only in the program that bench/share/run holds against the real one: what the audit costs. */
static void answer_unrecorded(struct share_lane *l)
{
    ARENA_SCOPED struct arena a = {0};
    struct lane *lane = l->audits[0].lane;
    struct look *recorded = l->recorded;
    if (recorded && lane_is_idle(lane)) {
        send_usage(l, lane, &a);
        lane_flush(lane);
    }
    l->recorded = NULL;
    buf_clear(&l->entries);
    for (struct look *k = recorded, *next; k; k = next) {
        next = k->next;
        release(k, NULL);
    }
}
#endif

/* One group at a time on each lane: what comes while all are busy goes with the next. */
static void send_records(struct share_lane *l)
{
    ARENA_SCOPED struct arena a = {0};
#ifdef SHUZHI_AUDIT_OFF
    answer_unrecorded(l);
#endif
    for (size_t i = 0; l->recorded && i < AUDIT_LANES; i++) {
        struct audit_lane *to = &l->audits[i];
        if (to->sent || !lane_is_idle(to->lane))
            continue;
        to->sent = l->recorded;
        l->recorded = NULL;
        if (i == 0) /* one writer of the usage rows, or the lanes would wait for each other */
            send_usage(l, to->lane, &a);
        lane_send(to->lane, "insert_audit", INSERT_AUDIT,
                  (struct sql_param[]){P(buf_str(&l->entries))}, 1, on_recorded, to);
        lane_flush(to->lane);
        buf_clear(&l->entries);
    }
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

static void answer(struct look *k)
{
    struct err e = {0};
    const struct grant *g = &k->grant->grant;
    if (k->is_there && !k->is_outside) {
        record(k, STR("ok"));
    } else if (k->is_outside) {
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

/* What we thought of the grant is not so, or its table has changed: begin again. */
static void start_over(struct look *k)
{
    forget(k->lane, k->grant);
    grant_drop(k->grant);
    k->grant = NULL;
    buf_clear(&k->rs.body);
    k->is_there = k->is_outside = false;
    look_up(k);
}

static void take_row(struct look *k, const struct rows *rows, size_t i)
{
    k->is_there = true;
    k->is_outside = rows_bool(rows, i, 1);
    if (k->is_outside)
        return;
    buf_add_char(&k->rs.body, '{');
    view_write_row(&k->rs.body, &k->grant->grant.view, rows, i, 2);
    buf_add_char(&k->rs.body, '}');
}

/* Bodies are written now, while the rows are here; whether they leave the check decides. */
static void on_looked(void *arg, const struct rows *rows, const struct err *e)
{
    struct look_set *set = arg;
    for (size_t i = 0; rows && i < rows->n; i++) {
        size_t which = (size_t)rows_int(rows, i, 0) - 1;
        if (which < set->n)
            take_row(set->looks[which], rows, i);
    }
    for (size_t i = 0; i < set->n; i++) {
        struct look *k = set->looks[i];
        if (e->code && k->tries < TRIES) {
            start_over(k);
        } else if (e->code) {
            release(k, e);
        } else {
            k->next = set->group->seen;
            set->group->seen = k;
        }
    }
}

static bool is_confirmed(const struct rows *rows, const struct grant *g)
{
    for (size_t i = 0; rows && i < rows->n; i++) {
        if (rows_int(rows, i, 0) == g->id)
            return rows_int(rows, i, 1) == g->version;
    }
    return false;
}

static void on_checked(void *arg, const struct rows *rows, const struct err *e)
{
    struct look_group *group = arg;
    for (struct look *k = group->seen, *next; k; k = next) {
        next = k->next;
        if (e->code && k->tries >= TRIES)
            release(k, e);
        else if (!e->code && is_confirmed(rows, &k->grant->grant))
            answer(k);
        else
            start_over(k);
    }
    free(group);
}

static struct lane *lane_of_turn(struct share_lane *l)
{
    return l->reads[l->turn % READ_LANES];
}

/* {"a","b"}: an array of one key part of all looks of a set. */
static void add_array(struct buf *b, const struct look_set *set, size_t part)
{
    buf_add_char(b, '{');
    for (size_t i = 0; i < set->n; i++) {
        str v = set->looks[i]->parts[part].s;
        buf_add(b, i ? STR(",\"") : STR("\""));
        for (size_t k = 0; k < v.n; k++) {
            if (v.p[k] == '"' || v.p[k] == '\\')
                buf_add_char(b, '\\');
            buf_add_char(b, v.p[k]);
        }
        buf_add_char(b, '"');
    }
    buf_add_char(b, '}');
}

static void send_set(struct share_lane *l, struct look_set *set)
{
    struct sql_param params[MAX_KEY_PARTS];
    struct buf arrays[MAX_KEY_PARTS];
    size_t parts = set->grant->grant.dataset->key_count;
    for (size_t i = 0; i < parts; i++) {
        buf_init(&arrays[i], 1 << 20);
        add_array(&arrays[i], set, i);
        params[i] = P(buf_str(&arrays[i]));
    }
    lane_send(lane_of_turn(l), set->grant->name, set->grant->sql, params, parts, on_looked, set);
    for (size_t i = 0; i < parts; i++)
        buf_release(&arrays[i]);
}

struct telling {
    struct told *told;
    str ids; /* behind the struct */
    uint64_t number, connection;
};

/* Only the last telling sent counts, and only when it is committed: until then, and after a
 * failure, each group tells anew, for without it the policies let nothing through. */
static void on_told(void *arg, const struct rows *rows, const struct err *e)
{
    struct telling *t = arg;
    (void)rows;
    if (!e->code && t->number == t->told->last) {
        buf_clear(&t->told->ids);
        buf_add(&t->told->ids, t->ids);
        t->told->connection = t->connection;
    }
    free(t);
}

static void tell_grants(struct share_lane *l, str ids)
{
    struct lane *lane = lane_of_turn(l);
    struct told *told = &l->told[l->turn % READ_LANES];
    if (str_equal(buf_str(&told->ids), ids) && told->connection == lane_connection(lane))
        return;
    struct telling *t = malloc(sizeof *t + ids.n);
    if (!t)
        abort();
    memcpy(t + 1, ids.p, ids.n);
    buf_clear(&told->ids);
    *t =
        (struct telling){told, {(const char *)(t + 1), ids.n}, ++told->last, lane_connection(lane)};
    lane_send(lane, "tell_grants", TELL_GRANTS, (struct sql_param[]){P(ids)}, 1, on_told, t);
}

static void close_group(struct share_lane *l)
{
    struct look_group *g = l->filling;
    BUF_SCOPED struct buf ids = {.max = GROUP * 24};
    if (!g)
        return;
    l->filling = NULL;
    buf_add_char(&ids, '{');
    for (size_t i = 0; i < g->set_count; i++) {
        if (i)
            buf_add_char(&ids, ',');
        buf_add_int(&ids, g->sets[i].grant->grant.id);
    }
    buf_add_char(&ids, '}');
    tell_grants(l, buf_str(&ids));
    for (size_t i = 0; i < g->set_count; i++)
        send_set(l, &g->sets[i]);
    lane_send(lane_of_turn(l), "check_grants", CHECK_GRANTS, (struct sql_param[]){P(buf_str(&ids))},
              1, on_checked, g);
    lane_flush(lane_of_turn(l));
    l->turn++;
}

/* A look holds a reference to its grant, so a set's grant lives as long as its looks do. */
static void join_group(struct share_lane *l, struct look *k)
{
    bool is_alone = k->tries > 1; /* its group failed: perhaps through it */
    if (is_alone)
        close_group(l);
    if (!l->filling) {
        l->filling = calloc(1, sizeof *l->filling);
        if (!l->filling)
            abort();
    }
    struct look_group *g = l->filling;
    struct look_set *set = NULL;
    for (size_t i = 0; i < g->set_count && !set; i++)
        set = g->sets[i].grant == k->grant ? &g->sets[i] : NULL;
    if (!set) {
        set = &g->sets[g->set_count++];
        set->grant = k->grant;
        set->group = g;
    }
    set->looks[set->n++] = k;
    if (++g->n >= GROUP || is_alone)
        close_group(l);
}

static bool key_fits(const struct field *f, str v)
{
    int64_t n;
    int32_t day;
    return f->type == FIELD_INTEGER ? str_to_int64(v, &n)
           : f->type == FIELD_DATE  ? date_parse(v, &day)
                                    : f->type == FIELD_TEXT;
}

static bool split_key(const struct dataset *d, str key, struct sql_param *parts)
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
    const struct grant *g = &k->grant->grant;
    str key = grant_bearer(k->rq);
    if (key.p && k->grant->good_key.p && bytes_equal_constant(key, k->grant->good_key)) {
        if (!grant_allows(g, &e) || !take_token(k, &e)) {
            refuse(k, &e, STR("denied"));
            return;
        }
    } else {
        if (!grant_admits(g, key, &e) || !take_token(k, &e)) {
            refuse(k, &e, STR("denied"));
            return;
        }
        k->grant->good_key = arena_copy(&k->grant->arena, key);
    }
    if (!split_key(g->dataset, k->rq->parts[1], k->parts)) {
        err_set(&e, ERR_MISSING, "there is no record with this key");
        err_zh(&e, "没有这条记录");
        refuse(k, &e, STR("none"));
        return;
    }
    join_group(l, k);
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
    str key = grant_bearer(k->rq);
    if (g && key.p && g->good_key.p && bytes_equal_constant(key, g->good_key) &&
        grant_allows(&g->grant, &e)) {
        g->references++;
        k->grant = g;
        look_with_grant(k);
        return;
    }
    /* Not known, or what we know refuses: the database has the last word. */
    ARENA_SCOPED struct arena a = {0};
    str sql = arena_format(&a, "%s where g.id = $1", GRANT_SELECT);
    lane_send(l->audits[0].lane, LOAD_GRANT, sql.p, (struct sql_param[]){P_INT(&a, k->grant_id)}, 1,
              on_grant, k);
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

struct share_lane *share_lane_create(str url, str reader_url, struct snapshot *snapshot,
                                     struct err *e)
{
    struct share_lane *l = calloc(1, sizeof *l);
    if (!l)
        abort();
    l->snapshot = snapshot;
    l->entries.max = MAX_AUDIT;
    for (size_t i = 0; i < READ_LANES; i++)
        l->told[i].ids.max = GROUP * 24;
    for (size_t i = 0; i < READ_LANES; i++) {
        if (!(l->reads[i] = lane_create(reader_url, READ_SETUP, LANE_FAIL_TOGETHER, e))) {
            share_lane_destroy(l);
            return NULL;
        }
    }
    for (size_t i = 0; i < AUDIT_LANES; i++) {
        if (!(l->audits[i].lane =
                  lane_create(url, "set statement_timeout = '20s'", LANE_RUN_AGAIN, e))) {
            share_lane_destroy(l);
            return NULL;
        }
    }
    return l;
}

void share_lane_destroy(struct share_lane *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < READ_LANES; i++) {
        lane_destroy(l->reads[i]);
        buf_release(&l->told[i].ids);
    }
    for (size_t i = 0; i < AUDIT_LANES; i++)
        lane_destroy(l->audits[i].lane);
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
    for (size_t i = 0; i < AUDIT_LANES; i++)
        fds[READ_LANES + i] =
            (struct loop_fd){lane_fd(l->audits[i].lane), lane_wants_write(l->audits[i].lane)};
    return READ_LANES + AUDIT_LANES;
}

void share_lane_ready(void *lane, size_t index)
{
    struct share_lane *l = lane;
    lane_work(index < READ_LANES ? l->reads[index] : l->audits[index - READ_LANES].lane);
}

void share_lane_turn(void *lane)
{
    struct share_lane *l = lane;
    close_group(l);
    send_records(l);
    for (size_t i = 0; i < READ_LANES; i++)
        lane_flush(l->reads[i]);
    for (size_t i = 0; i < AUDIT_LANES; i++)
        lane_flush(l->audits[i].lane);
}

void share_lane_tick(void *lane)
{
    struct share_lane *l = lane;
    for (size_t i = 0; i < READ_LANES; i++)
        lane_tick(l->reads[i]);
    for (size_t i = 0; i < AUDIT_LANES; i++)
        lane_tick(l->audits[i].lane);
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
    for (size_t i = 0; i < AUDIT_LANES; i++) {
        lane_destroy(l->audits[i].lane);
        l->audits[i].lane = NULL;
    }
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
