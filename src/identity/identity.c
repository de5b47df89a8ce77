#include "identity/identity.h"

#include "base/digest.h"
#include "identity/oidc.h"

static str text_array(struct arena *a, const str *items, size_t n)
{
    struct buf b = {.max = 1 << 16};
    buf_add_char(&b, '{');
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_add_char(&b, ',');
        json_write_string(&b,
                          items[i]); /* ids hold nothing that JSON and an array quote differently */
    }
    buf_add_char(&b, '}');
    str s = arena_copy(a, buf_str(&b));
    buf_release(&b);
    return s;
}

static bool make_account(struct db *db, struct arena *a, const struct account *c, struct err *e)
{
    struct rows rows;
    str hash;
    BUF_SCOPED struct buf name = {.max = 4096};
    if (!DB(db, a, &rows, e, "select 1 from shuzhi.staff where login = $1", P(c->login)))
        return false;
    if (rows.n)
        return true;
    title_write(&name, c->name);
    return password_hash(a, c->password, &hash, e) &&
           DB(db, a, NULL, e,
              "with made as (insert into shuzhi.staff (login, name, organisation, password, kind,"
              " id_number, uscc) values ($1, $2, $3, $4, $8, nullif($9, ''), nullif($10, ''))"
              " on conflict do nothing returning login, organisation)"
              " insert into shuzhi.post (login, organisation, roles, area, duty)"
              " select login, organisation, $5, nullif($6, ''), nullif($7, '') from made",
              P(c->login), P(buf_str(&name)), P(c->organisation), P(hash),
              P(text_array(a, c->roles, c->role_count)), P(c->area), P(c->duty), P(c->kind),
              P(c->id_number), P(c->uscc));
}

bool identity_make_accounts(struct db *db, const struct registry *r, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    for (size_t i = 0; i < r->county.account_count; i++) {
        if (!make_account(db, &a, &r->county.accounts[i], e))
            return err_at(e, "account %.*s", STR_ARG(r->county.accounts[i].login));
    }
    return true;
}

static bool read_post(struct arena *a, const struct json *v, struct post *p, struct err *e)
{
    const struct json *roles = json_find(v, "roles"), *id = json_find(v, "id");
    *p = (struct post){.organisation = json_text(v, "organisation", STR("")),
                       .area = json_text(v, "area", (str){0}),
                       .duty = json_text(v, "duty", (str){0}),
                       .delegated_by = json_text(v, "delegated_by", (str){0}),
                       .until = json_text(v, "until", (str){0})};
    if (!roles || roles->type != JSON_ARRAY || !id || id->type != JSON_NUMBER ||
        !str_to_int64(id->text, &p->id))
        return err_set(e, ERR_BROKEN, "a post cannot be read");
    p->roles = arena_array(a, str, roles->array.n);
    for (size_t i = 0; i < roles->array.n; i++)
        p->roles[p->role_count++] = roles->array.items[i].text;
    return true;
}

/* Columns of an account: login, name, organisation, posts, id_number, uscc. */
#define ACCOUNT                                                                                    \
    "s.login, s.name, s.organisation,"                                                             \
    " coalesce((select json_agg(p order by p.id) from shuzhi.post_now p where p.login = "          \
    "s.login), '[]'),"                                                                             \
    " s.id_number, s.uscc"

static bool read_account(struct arena *a, const struct rows *rows, struct actor *actor,
                         struct err *e)
{
    struct json name, posts;
    struct err ignored = {0};
    *actor = (struct actor){.login = rows_text(rows, 0, 0),
                            .organisation = rows_text(rows, 0, 2),
                            .id_number = rows_text(rows, 0, 4),
                            .uscc = rows_text(rows, 0, 5)};
    if (!json_parse(&name, rows_text(rows, 0, 1), a, &ignored) ||
        !json_parse(&posts, rows_text(rows, 0, 3), a, &ignored) || posts.type != JSON_ARRAY)
        return err_set(e, ERR_BROKEN, "the account of %.*s cannot be read", STR_ARG(actor->login));
    actor->name = (struct title){json_text(&name, "zh", STR("")), json_text(&name, "en", STR(""))};
    actor->posts = arena_array(a, struct post, posts.array.n);
    for (size_t i = 0; i < posts.array.n; i++) {
        if (!read_post(a, &posts.array.items[i], &actor->posts[actor->post_count++], e))
            return false;
    }
    return true;
}

bool identity_load(struct db *db, struct arena *a, str login, struct actor *actor, struct err *e)
{
    struct rows rows;
    if (!DB(db, a, &rows, e, "select " ACCOUNT " from shuzhi.staff s where s.login = $1", P(login)))
        return false;
    if (rows.n == 0) {
        err_set(e, ERR_MISSING, "there is no account \"%.*s\"", STR_ARG(utf8_clip(login, 80)));
        return err_zh(e, "没有账号“%.*s”", STR_ARG(utf8_clip(login, 80)));
    }
    return read_account(a, &rows, actor, e);
}

/* Half an hour without a sign of life, or half a day in all, ends a session (GB/T 22239 level 3).
 */
static const char FIND_SESSION[] =
    "select " ACCOUNT ", e.csrf, e.last_seen < now() - interval '1 minute'"
    " from shuzhi.session e join shuzhi.staff s on s.login = e.login"
    " where e.token_digest = $1 and s.is_active and e.last_seen > now() - interval '30 minutes'"
    " and e.created > now() - interval '12 hours'";
enum { SESSION_CSRF = 6, SESSION_IS_QUIET };

static bool read_actor(struct cx *cx, const struct rows *rows, struct actor *actor)
{
    if (!read_account(cx->arena, rows, actor, cx->err))
        return false;
    actor->csrf = rows_text(rows, 0, SESSION_CSRF);
    return true;
}

static bool is_changing(const struct request *rq)
{
    return !rq->is_head && !str_is(rq->method, "GET") && !str_is(rq->method, "OPTIONS");
}

/* A system, or a client on a person's behalf: an access token with scope api.  No cookie comes with
 * it, so no page can forge it. */
static bool enter_by_token(struct cx *cx, str token)
{
    struct family f;
    if (!family_of_access(cx, token, &f))
        return false;
    if (!scope_has(f.scope, "api")) {
        err_set(cx->err, ERR_DENIED, "the access token has no scope api");
        return err_zh(cx->err, "访问令牌没有 api 范围");
    }
    struct actor *actor = arena_new(cx->arena, struct actor);
    cx->actor = actor;
    return identity_load(cx->db, cx->arena, f.login, actor, cx->err);
}

const char *session_cookie(const struct cx *cx)
{
    return issuer_is_https(cx->issuer) ? "__Host-shuzhi_session" : "shuzhi_session";
}

str session_token(const struct cx *cx, const struct request *rq)
{
    return request_cookie(rq, session_cookie(cx));
}

bool identity_enter(struct cx *cx, const struct route *route, const struct request *rq)
{
    struct rows rows;
    str token = session_token(cx, rq), bearer = bearer_token(rq);
    if (bearer.p && !token.n && (route->flags & ROUTE_SESSION)) {
        err_set(cx->err, ERR_DENIED, "this is for the person who signed in, not for their systems");
        return err_zh(cx->err, "此操作只能由本人登录后办理");
    }
    if (bearer.p && !token.n && !(route->flags & ROUTE_PUBLIC))
        return enter_by_token(cx, bearer);
    if (token.n) {
        str digest = digest_hex(cx->arena, token);
        if (!DB(cx->db, cx->arena, &rows, cx->err, FIND_SESSION, P(digest)))
            return false;
        if (rows.n) {
            struct actor *actor = arena_new(cx->arena, struct actor);
            if (!read_actor(cx, &rows, actor))
                return false;
            cx->actor = actor;
            if (rows_bool(&rows, 0, SESSION_IS_QUIET) &&
                !DB(cx->db, cx->arena, NULL, cx->err,
                    "update shuzhi.session set last_seen = now() where token_digest = $1",
                    P(digest)))
                return false;
        }
    }
    if (!(route->flags & ROUTE_PUBLIC) && !cx->actor) {
        err_set(cx->err, ERR_UNKNOWN, "nobody is signed in, or the session has ended");
        return err_zh(cx->err, "尚未登录，或登录已过期，请重新登录");
    }
    if (is_changing(rq) && cx->actor && !(route->flags & ROUTE_NO_CSRF)) {
        str sent = request_header(rq, "X-CSRF-Token");
        if (!sent.p || !bytes_equal_constant(sent, cx->actor->csrf)) {
            err_set(cx->err, ERR_DENIED,
                    "the X-CSRF-Token header is missing or wrong: load the page again");
            return err_zh(cx->err, "页面校验码缺失或已失效，请刷新页面后重试");
        }
    }
    return true;
}

bool post_holds(const struct post *p, const struct right *g, const struct dataset *d)
{
    bool has_role = false;
    for (size_t i = 0; i < p->role_count && !has_role; i++)
        has_role = str_equal(p->roles[i], g->role);
    if (!has_role || !d)
        return has_role;
    return right_covers(g, d) && (!g->only_own || str_equal(d->owner, p->organisation));
}

struct asker post_asker(const struct actor *who, const struct post *p, str purpose)
{
    return (struct asker){.login = who->login,
                          .organisation = p->organisation,
                          .area = p->area,
                          .duty = p->duty,
                          .purpose = purpose,
                          .id_number = who->id_number,
                          .uscc = who->uscc};
}

bool identity_may(const struct cx *cx, const char *verb, const struct dataset *d)
{
    const struct registry *r = cx->registry;
    for (size_t i = 0; cx->actor && i < r->right_count; i++) {
        const struct right *g = &r->rights[i];
        if (!str_is(g->verb, verb))
            continue;
        for (size_t k = 0; k < cx->actor->post_count; k++) {
            if (post_holds(&cx->actor->posts[k], g, d))
                return true;
        }
    }
    return false;
}

bool identity_audits_all(const struct cx *cx)
{
    const struct registry *r = cx->registry;
    for (size_t i = 0; i < r->datasets.n; i++) {
        if (!identity_may(cx, "audit", r->datasets.entries[i].value))
            return false;
    }
    return r->datasets.n > 0;
}

bool identity_require(struct cx *cx, const char *verb, const struct dataset *d)
{
    if (identity_may(cx, verb, d))
        return true;
    if (!d) {
        err_set(cx->err, ERR_DENIED, "no role of yours gives \"%s\"", verb);
        return err_zh(cx->err, "您的岗位没有“%s”权限", verb);
    }
    err_set(cx->err, ERR_DENIED, "no role of yours gives \"%s\" on %.*s", verb,
            STR_ARG(d->title.en));
    return err_zh(cx->err, "您的岗位没有对“%.*s”的“%s”权限", STR_ARG(d->title.zh), verb);
}
