/* Sessions: signing in with all its steps, out, and the list of one's own. */
#include "identity/session.h"

#include "audit/audit.h"
#include "base/digest.h"
#include "identity/issuer.h"
#include "identity/password.h"
#include "identity/second.h"

enum { MAX_LOGIN = 100, MAX_AGENT = 200 };

static void write_may(struct buf *b, struct cx *cx)
{
    static const char *const verbs[] = {"intake", "fix",      "approve",  "request",    "audit",
                                        "apply",  "accounts", "simulate", "break-glass"};
    bool is_first = true;
    buf_add_lit(b, ",\"may\":[");
    for (size_t v = 0; v < COUNT(verbs); v++) {
        if (!identity_may(cx, verbs[v], NULL))
            continue;
        buf_add_format(b, "%s\"%s\"", is_first ? "" : ",", verbs[v]);
        is_first = false;
    }
    buf_add_char(b, ']');
}

static void write_role(struct buf *b, const struct registry *r, str role)
{
    const struct title *t = map_find(&r->roles, role);
    buf_add_lit(b, "{\"id\":");
    json_write_string(b, role);
    buf_add_lit(b, ",\"title\":");
    title_write(b, t ? *t : (struct title){role, role});
    buf_add_char(b, '}');
}

static void write_posts(struct buf *b, struct cx *cx)
{
    const struct actor *who = cx->actor;
    buf_add_lit(b, ",\"posts\":[");
    for (size_t i = 0; i < who->post_count; i++) {
        const struct post *p = &who->posts[i];
        buf_add_format(b, "%s{\"id\":%lld,\"organisation\":{\"code\":", i ? "," : "",
                       (long long)p->id);
        json_write_string(b, p->organisation);
        buf_add_lit(b, ",\"title\":");
        title_write(b, organisation_title(cx->registry, p->organisation));
        buf_add_lit(b, "},\"roles\":[");
        for (size_t k = 0; k < p->role_count; k++) {
            if (k)
                buf_add_char(b, ',');
            write_role(b, cx->registry, p->roles[k]);
        }
        buf_add_char(b, ']');
        json_add_text(b, "area", p->area);
        json_add_text(b, "duty", p->duty);
        json_add_text(b, "delegated_by", p->delegated_by);
        json_add_text(b, "until", p->until);
        buf_add_char(b, '}');
    }
    buf_add_char(b, ']');
}

void session_write(struct cx *cx, struct buf *b)
{
    const struct actor *who = cx->actor;
    buf_add_lit(b, "{\"user\":{\"login\":");
    json_write_string(b, who->login);
    buf_add_lit(b, ",\"name\":");
    title_write(b, who->name);
    buf_add_lit(b, ",\"organisation\":{\"code\":");
    json_write_string(b, who->organisation);
    buf_add_lit(b, ",\"title\":");
    title_write(b, organisation_title(cx->registry, who->organisation));
    buf_add_char(b, '}');
    write_posts(b, cx);
    write_may(b, cx);
    buf_add_format(b, ",\"has_own\":%s", who->id_number.p || who->uscc.p ? "true" : "false");
    buf_add_lit(b, "},\"county\":");
    title_write(b, cx->registry->county.title);
    json_add_text(b, "csrf", who->csrf);
}

static bool get_session(struct cx *cx, const struct request *rq, struct response *rs)
{
    (void)rq;
    session_write(cx, &rs->body);
    buf_add_char(&rs->body, '}');
    return true;
}

/* --- patience ----------------------------------------------------------------------------------
 */

bool patience_check(struct cx *cx, str login, str place)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select ceil(extract(epoch from last - now()) + least(900, 2 ^ least(n - 4, "
            "10)))::bigint"
            " from shuzhi.sign_in_failure where login = $1 and address = $2 and n >= 5",
            P(login), P(place)))
        return false;
    int64_t seconds = rows.n ? rows_int(&rows, 0, 0) : 0;
    if (seconds <= 0)
        return true;
    err_set(cx->err, ERR_LIMIT, "too many wrong passwords or codes: wait %lld seconds",
            (long long)seconds);
    return err_zh(cx->err, "密码或动态口令错误次数过多，请 %lld 秒后再试", (long long)seconds);
}

bool patience_fail(struct cx *cx, str login, str place, const char *words, const char *words_zh)
{
    struct err e = {0};
    /* The request's own transaction is rolled back with the refusal; this must stay. */
    db_rollback(cx->db);
    if (!db_begin(cx->db, &e) ||
        !DB(cx->db, cx->arena, NULL, &e,
            "insert into shuzhi.sign_in_failure as f (login, address, n, last) values ($1, $2, 1, "
            "now())"
            " on conflict (login, address) do update set last = now(),"
            " n = case when f.last < now() - interval '1 hour' then 1 else f.n + 1 end",
            P(login), P(place)) ||
        !db_commit(cx->db, &e) || !db_begin(cx->db, &e))
        return err_set(cx->err, ERR_BROKEN, "%s", e.msg);
    err_set(cx->err, ERR_UNKNOWN, "%s", words);
    return err_zh(cx->err, "%s", words_zh);
}

bool patience_forget(struct cx *cx, str login, str place)
{
    return DB(cx->db, cx->arena, NULL, cx->err,
              "delete from shuzhi.sign_in_failure where login = $1 and address = $2", P(login),
              P(place));
}

/* --- in ----------------------------------------------------------------------------------------
 */

/* What a password is checked against when there is no such account, so that both take as long. */
static str dummy_hash(void)
{
    return STR("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"
               "J4moa2MM0/6uf3HbY2Tf5Fux8JIBTwIhmhxGRbsY14E");
}

bool session_open(struct cx *cx, str login, enum session_factors factors, const struct request *rq,
                  struct response *rs)
{
    str token = random_token(cx->arena, 32), csrf = random_token(cx->arena, 24);
    str digest = digest_hex(cx->arena, token), agent = request_header(rq, "User-Agent");
    if (!utf8_is_valid(agent) || memchr(agent.p ? agent.p : "", 0, agent.n))
        agent = STR("");
    agent = utf8_clip(agent.p ? agent : STR(""), MAX_AGENT);
    struct actor *actor = arena_new(cx->arena, struct actor);
    if (!DB(cx->db, cx->arena, NULL, cx->err,
            "insert into shuzhi.session (token_digest, login, csrf, address, agent, has_second)"
            " values ($1, $2, $3, $4, $5, $6)",
            P(digest), P(login), P(csrf), P(rq->address), P(agent),
            P_BOOL(factors == SESSION_TWO_FACTORS)) ||
        !DB0(cx->db, cx->arena, NULL, cx->err,
             "delete from shuzhi.session where last_seen < now() - interval '1 day'"
             " or created < now() - interval '1 day'") ||
        !identity_load(cx->db, cx->arena, login, actor, cx->err))
        return false;
    actor->csrf = csrf;
    cx->actor = actor;
    response_header(rs, STR("Set-Cookie"),
                    arena_format(cx->arena, "%s=%.*s; Path=/; HttpOnly; SameSite=Strict%s",
                                 session_cookie(cx), STR_ARG(token),
                                 issuer_is_https(cx->issuer) ? "; Secure" : ""));
    return true;
}

struct signing_in {
    str login, password, code, new_password; /* p == NULL: not sent */
    bool must_change;
};

static bool read_body(struct cx *cx, const struct request *rq, struct signing_in *in)
{
    struct json body;
    if (!request_json(rq, &body, cx->err))
        return false;
    *in = (struct signing_in){.login = json_text(&body, "login", STR("")),
                              .password = json_text(&body, "password", STR("")),
                              .code = json_text(&body, "code", (str){0}),
                              .new_password = json_text(&body, "new_password", (str){0})};
    if (in->login.n == 0 || in->login.n > MAX_LOGIN || memchr(in->login.p, 0, in->login.n))
        return err_set(cx->err, ERR_INVALID, "login is missing or too long");
    if (in->code.n > 40 || (in->code.p && memchr(in->code.p, 0, in->code.n)))
        return err_set(cx->err, ERR_INVALID, "code is too long");
    return true;
}

static bool check_password(struct cx *cx, const struct request *rq, struct signing_in *in)
{
    struct rows rows;
    if (!patience_check(cx, in->login, rq->address) ||
        !DB(cx->db, cx->arena, &rows, cx->err,
            "select password, must_change or (kind = 'staff' and password_set < now() - $2 *"
            " interval '1 day') from shuzhi.staff where login = $1 and is_active"
            " and kind in ('citizen', 'firm', 'staff')",
            P(in->login), P_INT(cx->arena, PASSWORD_DAYS)))
        return false;
    bool is_right = password_verify(rows.n ? rows_text(&rows, 0, 0) : dummy_hash(), in->password);
    /* Whom it was tried for is on record; what is no account is not, as it may be a password. */
    if (rows.n && !is_right)
        cx->audit->who = in->login;
    if (!rows.n || !is_right)
        return patience_fail(cx, in->login, rq->address, "the account or the password is wrong",
                             "账号或密码不正确");
    in->must_change = rows_bool(&rows, 0, 1);
    return true;
}

/* One request tells all: what is missing is answered as {"needs":…}, and nothing is opened. */
static bool post_session(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct signing_in in;
    enum second_state second = SECOND_NONE;
    BUF_SCOPED struct buf more = {.max = 1 << 18};
    if (!read_body(cx, rq, &in) || !check_password(cx, rq, &in) ||
        !patience_check(cx, in.login, PLACE_SECOND) ||
        !second_try(cx, in.login, in.code, &second, &more))
        return false;
    if (second == SECOND_WRONG) {
        cx->audit->who = in.login;
        return patience_fail(cx, in.login, PLACE_SECOND, "the code is wrong, or was used",
                             "动态口令不正确或已用过");
    }
    const char *needs = second == SECOND_WANTED ? "code" : second == SECOND_ENROL ? "enrol" : NULL;
    if (needs) {
        buf_add_format(&rs->body, "{\"needs\":\"%s\"%.*s}", needs, STR_ARG(buf_str(&more)));
        return true;
    }
    if (in.must_change && !in.new_password.p) {
        /* A code counts once: this one is not taken yet, so that it can come with the password. */
        db_rollback(cx->db);
        buf_add_lit(&rs->body, "{\"needs\":\"password\"}");
        return db_begin(cx->db, cx->err);
    }
    if (in.must_change && !password_set(cx, in.login, in.new_password, STR("")))
        return false;
    if (!patience_forget(cx, in.login, rq->address) ||
        !patience_forget(cx, in.login, PLACE_SECOND) ||
        !session_open(cx, in.login, second == SECOND_OK ? SESSION_TWO_FACTORS : SESSION_ONE_FACTOR,
                      rq, rs))
        return false;
    session_write(cx, &rs->body);
    buf_add(&rs->body, buf_str(&more));
    buf_add_char(&rs->body, '}');
    return true;
}

/* --- out, and one's own list -------------------------------------------------------------------
 */

/* A session ends with what was got in it, but for what the person let go on without them. */
static bool end_session(struct cx *cx, str login, str id, bool *was_there)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, NULL, cx->err,
            "update shuzhi.oidc_family set ended = now(), why = 'signed out'"
            " where login = $1 and session = $2 and ended is null"
            " and not 'offline_access' = any(string_to_array(scope, ' '))",
            P(login), P(id)) ||
        !DB(cx->db, cx->arena, &rows, cx->err,
            "delete from shuzhi.session where login = $1 and id = $2", P(login), P(id)))
        return false;
    *was_there = rows.changed > 0;
    return true;
}

static bool delete_session(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    bool was_there;
    response_header(rs, STR("Set-Cookie"),
                    arena_format(cx->arena, "%s=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict%s",
                                 session_cookie(cx),
                                 issuer_is_https(cx->issuer) ? "; Secure" : ""));
    return DB(cx->db, cx->arena, &rows, cx->err,
              "select id from shuzhi.session where token_digest = $1",
              P(digest_hex(cx->arena, session_token(cx, rq)))) &&
           (!rows.n || end_session(cx, cx->actor->login, rows_text(&rows, 0, 0), &was_there));
}

static bool get_sessions(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select coalesce(json_agg(json_build_object('id', id, 'address', address, 'agent',"
            " agent, 'since', created, 'last_seen', last_seen, 'has_second', has_second,"
            " 'is_this', token_digest = $2) order by last_seen desc), '[]')"
            " from shuzhi.session where login = $1 and last_seen > now() - interval '30 minutes'"
            " and created > now() - interval '12 hours'",
            P(cx->actor->login), P(digest_hex(cx->arena, session_token(cx, rq)))))
        return false;
    buf_add_format(&rs->body, "{\"sessions\":%.*s", STR_ARG(rows_text(&rows, 0, 0)));
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select id, client, scope, at from shuzhi.oidc_family f where login = $1"
            " and ended is null and exists (select from shuzhi.oidc_token t where t.family = f.id"
            " and t.kind <> 'code' and t.used is null and t.until > now()) order by id desc"
            " limit 200",
            P(cx->actor->login)))
        return false;
    buf_add_lit(&rs->body, ",\"systems\":[");
    for (size_t i = 0; i < rows.n; i++) {
        const struct client *c = map_find(&cx->registry->clients, rows_text(&rows, i, 1));
        buf_add_format(&rs->body, "%s{\"id\":%.*s,\"title\":", i ? "," : "",
                       STR_ARG(rows_text(&rows, i, 0)));
        title_write(&rs->body,
                    c ? c->title : (struct title){rows_text(&rows, i, 1), rows_text(&rows, i, 1)});
        json_add_text(&rs->body, "scope", rows_text(&rows, i, 2));
        json_add_text(&rs->body, "since", rows_text(&rows, i, 3));
        buf_add_char(&rs->body, '}');
    }
    buf_add_lit(&rs->body, "]}");
    return true;
}

static bool number_part(struct cx *cx, str part)
{
    int64_t n;
    return str_to_int64(part, &n) ||
           err_set(cx->err, ERR_INVALID, "\"%.*s\" is no number", STR_ARG(utf8_clip(part, 40)));
}

static bool delete_one(struct cx *cx, const struct request *rq, struct response *rs)
{
    bool was_there;
    (void)rs;
    if (!number_part(cx, rq->parts[0]) ||
        !end_session(cx, cx->actor->login, rq->parts[0], &was_there))
        return false;
    return was_there || err_set(cx->err, ERR_MISSING, "no such session of yours");
}

static bool delete_system(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    (void)rs;
    if (!number_part(cx, rq->parts[0]) ||
        !DB(cx->db, cx->arena, &rows, cx->err,
            "update shuzhi.oidc_family set ended = now(), why = 'withdrawn by the person'"
            " where id = $1 and login = $2 and ended is null returning client",
            P(rq->parts[0]), P(cx->actor->login)))
        return false;
    if (!rows.n)
        return err_set(cx->err, ERR_MISSING, "no such system of yours");
    return DB(cx->db, cx->arena, NULL, cx->err,
              "delete from shuzhi.oidc_consent where login = $1 and client = $2",
              P(cx->actor->login), P(rows_text(&rows, 0, 0)));
}

static bool post_password(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct rows rows;
    str login = cx->actor->login;
    (void)rs;
    if (!request_json(rq, &body, cx->err) || !patience_check(cx, login, rq->address) ||
        !DB(cx->db, cx->arena, &rows, cx->err, "select password from shuzhi.staff where login = $1",
            P(login)))
        return false;
    if (!rows.n ||
        !password_verify(rows_text(&rows, 0, 0), json_text(&body, "password", STR("")))) {
        patience_fail(cx, login, rq->address, "", "");
        err_clear(cx->err); /* 401 would say that the session has ended */
        err_set(cx->err, ERR_INVALID, "the present password is wrong");
        return err_zh(cx->err, "当前口令不正确");
    }
    return password_set(cx, login, json_text(&body, "new_password", STR("")),
                        digest_hex(cx->arena, session_token(cx, rq)));
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/session", get_session, NULL, 0, NULL},
    {"POST", "/api/v1/session", post_session, "session.open", ROUTE_PUBLIC | ROUTE_NO_CSRF, NULL},
    {"DELETE", "/api/v1/session", delete_session, "session.close", 0, NULL},
    {"GET", "/api/v1/account/sessions", get_sessions, NULL, ROUTE_SESSION, NULL},
    {"DELETE", "/api/v1/account/sessions/{id}", delete_one, "session.close", ROUTE_SESSION, NULL},
    {"DELETE", "/api/v1/account/systems/{id}", delete_system, "oidc.withdraw", ROUTE_SESSION, NULL},
    {"POST", "/api/v1/account/password", post_password, "account.password", ROUTE_SESSION, NULL},
    {0},
};

const struct module IDENTITY_MODULE = {"identity", ROUTES};
