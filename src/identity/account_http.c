/* Accounts, for whoever holds the verb "accounts": on a line of scope any over all, on one of scope
 * own over those of the post's organisation.
 *
 * Nobody changes their own account here, and whoever administers one organisation gives only roles
 * they hold themselves: the verb makes nobody more than they are. */
#include "base/digest.h"
#include "identity/password.h"
#include "identity/tell.h"

enum { MAX_POSTS = 32, MAX_LOGIN = 64, MAX_ROLES = 20, GIVEN_BYTES = 12 };

struct reach {
    bool is_all;
    str organisations; /* a PostgreSQL array */
};

static str as_array(struct arena *a, const str *items, size_t n)
{
    BUF_SCOPED struct buf b = {.max = 1 << 16};
    buf_add_char(&b, '{');
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_add_char(&b, ',');
        json_write_string(&b, items[i]);
    }
    buf_add_char(&b, '}');
    return arena_copy(a, buf_str(&b));
}

static bool find_reach(struct cx *cx, struct reach *out)
{
    str codes[MAX_POSTS];
    size_t n = 0;
    if (!identity_require(cx, "accounts", NULL))
        return false;
    *out = (struct reach){.is_all = false};
    for (size_t i = 0; i < cx->registry->right_count; i++) {
        const struct right *g = &cx->registry->rights[i];
        for (size_t k = 0; str_is(g->verb, "accounts") && k < cx->actor->post_count; k++) {
            if (!post_holds(&cx->actor->posts[k], g, NULL))
                continue;
            out->is_all |= !g->only_own;
            if (n < MAX_POSTS)
                codes[n++] = cx->actor->posts[k].organisation;
        }
    }
    out->organisations = as_array(cx->arena, codes, n);
    return true;
}

/* One account as JSON, for lists and for one. */
#define ACCOUNT_JSON                                                                               \
    "json_build_object('login', s.login, 'name', s.name, 'kind', s.kind, 'organisation',"          \
    " s.organisation, 'is_active', s.is_active, 'has_second', s.totp is not null,"                 \
    " 'must_change', s.must_change, 'created', s.created, 'last_seen',"                            \
    " (select max(e.last_seen) from shuzhi.session e where e.login = s.login),"                    \
    " 'posts', coalesce((select json_agg(json_build_object('id', p.id, 'organisation',"            \
    " p.organisation, 'roles', p.roles, 'area', p.area, 'duty', p.duty) order by p.id)"            \
    " from shuzhi.post p where p.login = s.login and p.delegated_by is null), '[]'))"

static bool get_accounts(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct reach reach;
    struct rows rows;
    int64_t limit;
    str q = request_query(rq, "q"), organisation = request_query(rq, "organisation"),
        kind = request_query(rq, "kind"), after = request_query(rq, "after");
    if (!find_reach(cx, &reach) || !request_limit(rq, 50, 200, &limit, cx->err) ||
        !DB(cx->db, cx->arena, &rows, cx->err,
            "with page as (select * from shuzhi.staff s where ($1::bool or organisation = any($2))"
            " and ($3 = '' or strpos(lower(login), lower($3)) > 0"
            "  or strpos(lower(name->>'zh'), lower($3)) > 0"
            "  or strpos(lower(name->>'en'), lower($3)) > 0)"
            " and ($4 = '' or organisation = $4) and ($5 = '' or kind = $5) and login > $6"
            " order by login limit $7::int + 1)"
            " select s.login, " ACCOUNT_JSON " from page s order by s.login",
            P_BOOL(reach.is_all), P(reach.organisations), P(q.p ? q : STR("")),
            P(organisation.p ? organisation : STR("")), P(kind.p ? kind : STR("")),
            P(after.p ? after : STR("")), P_INT(cx->arena, limit)))
        return false;
    size_t n = rows.n > (size_t)limit ? (size_t)limit : rows.n;
    buf_add_lit(&rs->body, "{\"accounts\":[");
    for (size_t i = 0; i < n; i++) {
        buf_add(&rs->body, i ? STR(",") : STR(""));
        buf_add(&rs->body, rows_text(&rows, i, 1));
    }
    buf_add_lit(&rs->body, "]");
    json_add_text(&rs->body, "next", rows.n > n ? rows_text(&rows, n - 1, 0) : (str){0});
    buf_add_char(&rs->body, '}');
    return true;
}

static bool write_account(struct cx *cx, str login, str password, struct response *rs)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select " ACCOUNT_JSON " from shuzhi.staff s where s.login = $1", P(login)))
        return false;
    buf_add_format(&rs->body, "{\"account\":%.*s", STR_ARG(rows_text(&rows, 0, 0)));
    if (password.p)
        json_add_text(&rs->body, "password", password); /* shown once */
    buf_add_char(&rs->body, '}');
    return true;
}

/* The account the path names, when it is within reach; locked. */
static bool find_account(struct cx *cx, const struct request *rq)
{
    struct reach reach;
    struct rows rows;
    str login = rq->parts[0];
    if (!find_reach(cx, &reach) ||
        !DB(cx->db, cx->arena, &rows, cx->err,
            "select 1 from shuzhi.staff where login = $1 and ($2::bool or organisation = any($3))"
            " for update",
            P(login), P_BOOL(reach.is_all), P(reach.organisations)))
        return false;
    if (rows.n)
        return true;
    err_set(cx->err, ERR_MISSING, "there is no account \"%.*s\" for you to see",
            STR_ARG(utf8_clip(login, 60)));
    return err_zh(cx->err, "没有您可管理的账号“%.*s”", STR_ARG(utf8_clip(login, 60)));
}

static bool find_other(struct cx *cx, const struct request *rq)
{
    if (!find_account(cx, rq))
        return false;
    if (!str_equal(rq->parts[0], cx->actor->login))
        return true;
    err_set(cx->err, ERR_DENIED, "nobody changes their own account here: ask a colleague");
    return err_zh(cx->err, "不能在这里变更自己的账号，请由其他管理员办理");
}

/* Whether one post of the asker is at least this one: the same organisation, the role, an area
 * within its own, its own duty or none.  A post without an area sees nothing by area, so it gives
 * none. */
static bool holds_post(const struct actor *who, str organisation, str role, str area, str duty)
{
    for (size_t i = 0; i < who->post_count; i++) {
        const struct post *p = &who->posts[i];
        bool is_within = str_equal(p->organisation, organisation) &&
                         (p->area.n ? str_starts(area, p->area) : area.n == 0) &&
                         (duty.n == 0 || str_equal(p->duty, duty));
        for (size_t k = 0; is_within && k < p->role_count; k++) {
            if (str_equal(p->roles[k], role))
                return true;
        }
    }
    return false;
}

/* Who resets an account learns a password of it: only posts one could have given. */
static bool find_resettable(struct cx *cx, const struct request *rq)
{
    struct reach reach;
    struct rows rows;
    if (!find_other(cx, rq) || !find_reach(cx, &reach) ||
        !DB(cx->db, cx->arena, &rows, cx->err,
            "select organisation, unnest(roles), area, duty from shuzhi.post where login = $1"
            " and (until is null or until > now())",
            P(rq->parts[0])))
        return false;
    for (size_t i = 0; i < rows.n && !reach.is_all; i++) {
        if (holds_post(cx->actor, rows_text(&rows, i, 0), rows_text(&rows, i, 1),
                       rows_text(&rows, i, 2), rows_text(&rows, i, 3)))
            continue;
        err_set(cx->err, ERR_DENIED, "the account has posts wider than yours");
        return err_zh(cx->err, "该账号的岗位超出您的权限，请由县账号管理员办理");
    }
    return true;
}

static bool get_account(struct cx *cx, const struct request *rq, struct response *rs)
{
    return find_account(cx, rq) && write_account(cx, rq->parts[0], (str){0}, rs);
}

struct wanted {
    str login, kind, organisation, area, duty, id_number, uscc, name;
    str roles[MAX_ROLES];
    size_t role_count;
};

static bool read_login(struct cx *cx, struct wanted *w)
{
    bool ok = w->login.n >= 2 && w->login.n <= MAX_LOGIN;
    for (size_t i = 0; i < w->login.n; i++) {
        char c = w->login.p[i];
        ok &= (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (i && strchr("-._", c) && c);
    }
    if (ok)
        return true;
    err_set(cx->err, ERR_INVALID,
            "login: 2 to %d lower-case letters, digits, - . _, a letter or digit first", MAX_LOGIN);
    return err_zh(cx->err, "登录名为 2 至 %d 位小写字母、数字或 - . _，以字母或数字开头",
                  MAX_LOGIN);
}

static bool read_roles(struct cx *cx, const struct json *body, struct wanted *w)
{
    const struct json *roles = json_find(body, "roles");
    for (size_t i = 0; roles && roles->type == JSON_ARRAY && i < roles->array.n; i++) {
        const struct json *v = &roles->array.items[i];
        if (v->type != JSON_STRING || !map_has(&cx->registry->roles, v->text) || i == MAX_ROLES)
            return err_set(cx->err, ERR_INVALID, "roles/%zu is no role, or one too many", i);
        w->roles[w->role_count++] = v->text;
    }
    return true;
}

static bool read_wanted(struct cx *cx, const struct json *body, struct wanted *w)
{
    static const char *const KINDS[] = {"citizen", "firm", "staff", "system", "device"};
    const struct json *name = json_find(body, "name");
    struct title title = {json_text(name, "zh", STR("")), json_text(name, "en", STR(""))};
    BUF_SCOPED struct buf b = {.max = 4096};
    bool is_kind = false;
    *w = (struct wanted){.login = json_text(body, "login", STR("")),
                         .kind = json_text(body, "kind", STR("staff")),
                         .organisation = json_text(body, "organisation", STR("")),
                         .area = json_text(body, "area", STR("")),
                         .duty = json_text(body, "duty", STR("")),
                         .id_number = json_text(body, "id_number", STR("")),
                         .uscc = json_text(body, "uscc", STR(""))};
    for (size_t i = 0; i < COUNT(KINDS); i++)
        is_kind |= str_is(w->kind, KINDS[i]);
    if (!read_login(cx, w) || !read_roles(cx, body, w))
        return false;
    if (!is_kind || !title.zh.n || title.zh.n > 200 || title.en.n > 200)
        return err_set(cx->err, ERR_INVALID,
                       "kind is citizen, firm, staff, system or device; name.zh is needed");
    if (!map_has(&cx->registry->organisations, w->organisation)) {
        err_set(cx->err, ERR_INVALID, "organisation \"%.*s\" is not in the list of organisations",
                STR_ARG(utf8_clip(w->organisation, 60)));
        return err_zh(cx->err, "机构“%.*s”不在机构目录中", STR_ARG(utf8_clip(w->organisation, 60)));
    }
    title_write(&b, title);
    w->name = arena_copy(cx->arena, buf_str(&b));
    return true;
}

static bool may_give(struct cx *cx, const struct wanted *w, const struct reach *reach)
{
    bool is_within = reach->is_all || str_find(reach->organisations,
                                               arena_format(cx->arena, "\"%.*s\"",
                                                            STR_ARG(w->organisation))) != SIZE_MAX;
    for (size_t i = 0; i < w->role_count; i++)
        is_within &=
            reach->is_all || holds_post(cx->actor, w->organisation, w->roles[i], w->area, w->duty);
    if (is_within)
        return true;
    err_set(cx->err, ERR_DENIED,
            "accounts of your own organisation, with posts no wider than one of yours, are yours "
            "to make");
    return err_zh(cx->err, "您只能在本单位开设账号，岗位的角色、辖区和职责不能超出您自己的岗位");
}

/* Letters that are not mistaken for one another, in groups; changed at the first sign-in. */
static bool give_password(struct cx *cx, str *password, str *hash)
{
    static const char LETTERS[] = "abcdefghjkmnpqrstuvwxyz23456789";
    str bytes = random_token(cx->arena, GIVEN_BYTES);
    BUF_SCOPED struct buf b = {.max = 64};
    for (size_t i = 0; i < bytes.n; i++) {
        if (i && i % 4 == 0)
            buf_add_char(&b, '-');
        buf_add_char(&b, LETTERS[(unsigned char)bytes.p[i] % (sizeof LETTERS - 1)]);
    }
    *password = arena_copy(cx->arena, buf_str(&b));
    return password_hash(cx->arena, *password, hash, cx->err);
}

static bool post_account(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct wanted w;
    struct reach reach;
    struct rows rows;
    str password, hash;
    if (!find_reach(cx, &reach) || !request_json(rq, &body, cx->err) ||
        !read_wanted(cx, &body, &w) || !may_give(cx, &w, &reach) ||
        !give_password(cx, &password, &hash) ||
        !DB(cx->db, cx->arena, &rows, cx->err,
            "with made as (insert into shuzhi.staff (login, name, organisation, password, kind,"
            " id_number, uscc, must_change) values ($1, $2, $3, $4, $5, nullif($6, ''),"
            " nullif($7, ''), true) on conflict do nothing returning login, organisation),"
            " post as (insert into shuzhi.post (login, organisation, roles, area, duty)"
            " select login, organisation, $8, nullif($9, ''), nullif($10, '') from made"
            " where $8 <> '{}'::text[]) select login from made",
            P(w.login), P(w.name), P(w.organisation), P(hash), P(w.kind), P(w.id_number), P(w.uscc),
            P(as_array(cx->arena, w.roles, w.role_count)), P(w.area), P(w.duty)))
        return false;
    if (!rows.n) {
        err_set(cx->err, ERR_CONFLICT, "login %.*s is taken", STR_ARG(w.login));
        return err_zh(cx->err, "登录名 %.*s 已被使用", STR_ARG(w.login));
    }
    rs->status = 201;
    return write_account(cx, w.login, password, rs);
}

/* Out everywhere, at once. */
static bool end_all(struct cx *cx, str login, const char *why)
{
    return DB(cx->db, cx->arena, NULL, cx->err, "delete from shuzhi.session where login = $1",
              P(login)) &&
           DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.oidc_family set ended = now(), why = $2 where login = $1"
              " and ended is null",
              P(login), P_CSTR(why));
}

static bool post_close(struct cx *cx, const struct request *rq, struct response *rs)
{
    return find_other(cx, rq) &&
           DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.staff set is_active = false, closed = now() where login = $1",
              P(rq->parts[0])) &&
           end_all(cx, rq->parts[0], "account closed") &&
           write_account(cx, rq->parts[0], (str){0}, rs);
}

static bool post_open(struct cx *cx, const struct request *rq, struct response *rs)
{
    return find_other(cx, rq) &&
           DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.staff set is_active = true, closed = null where login = $1",
              P(rq->parts[0])) &&
           write_account(cx, rq->parts[0], (str){0}, rs);
}

/* A lost password, a lost phone: a password to change at once, and the second factor anew. */
static bool post_reset(struct cx *cx, const struct request *rq, struct response *rs)
{
    str password, hash;
    return find_resettable(cx, rq) && give_password(cx, &password, &hash) &&
           DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.staff set password = $2, password_set = now(), must_change = true,"
              " totp = null, totp_waiting = null where login = $1",
              P(rq->parts[0]), P(hash)) &&
           DB(cx->db, cx->arena, NULL, cx->err, "delete from shuzhi.recovery_code where login = $1",
              P(rq->parts[0])) &&
           DB(cx->db, cx->arena, NULL, cx->err, "delete from shuzhi.passkey where login = $1",
              P(rq->parts[0])) &&
           end_all(cx, rq->parts[0], "account reset") && tell_way_in(cx, rq->parts[0], WAY_RESET) &&
           write_account(cx, rq->parts[0], password, rs);
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/accounts", get_accounts, "account.list", ROUTE_SESSION, NULL},
    {"POST", "/api/v1/accounts", post_account, "account.make", ROUTE_SESSION, NULL},
    {"GET", "/api/v1/accounts/{login}", get_account, "account.look", ROUTE_SESSION, NULL},
    {"POST", "/api/v1/accounts/{login}/close", post_close, "account.close", ROUTE_SESSION, NULL},
    {"POST", "/api/v1/accounts/{login}/open", post_open, "account.open", ROUTE_SESSION, NULL},
    {"POST", "/api/v1/accounts/{login}/reset", post_reset, "account.reset", ROUTE_SESSION, NULL},
    {0},
};

const struct module ACCOUNT_MODULE = {"account", ROUTES};
