#include "identity/delegation.h"

#include "audit/audit.h"
#include "base/date.h"
#include "identity/identity.h"

enum { MAX_DAYS = 366 };

static const struct post *own_post(struct cx *cx, const struct json *body)
{
    int64_t id = json_int(body, "post", 0);
    for (size_t i = 0; i < cx->actor->post_count; i++) {
        const struct post *p = &cx->actor->posts[i];
        if (p->id != id)
            continue;
        if (!p->delegated_by.p)
            return p;
        err_set(cx->err, ERR_DENIED, "a post that was delegated to you cannot be passed on");
        err_zh(cx->err, "受托的岗位不能再转托");
        return NULL;
    }
    err_set(cx->err, ERR_DENIED, "post %lld is not yours", (long long)id);
    err_zh(cx->err, "岗位 %lld 不是您的", (long long)id);
    return NULL;
}

static bool has_role(const struct post *p, str role)
{
    for (size_t i = 0; i < p->role_count; i++) {
        if (str_equal(p->roles[i], role))
            return true;
    }
    return false;
}

/* The roles named, or all of the post, as an array for PostgreSQL. */
static bool take_roles(struct cx *cx, const struct json *body, const struct post *p, str *out)
{
    const struct json *v = json_find(body, "roles");
    BUF_SCOPED struct buf b = {.max = 1 << 16};
    buf_add_char(&b, '{');
    for (size_t i = 0; v && v->type == JSON_ARRAY && i < v->array.n; i++) {
        str role = v->array.items[i].type == JSON_STRING ? v->array.items[i].text : STR("");
        if (!has_role(p, role)) {
            err_set(cx->err, ERR_DENIED, "the post does not have the role \"%.*s\"",
                    STR_ARG(utf8_clip(role, 60)));
            err_zh(cx->err, "该岗位没有角色“%.*s”", STR_ARG(utf8_clip(role, 60)));
            return err_at(cx->err, "/roles/%zu", i);
        }
        buf_add_format(&b, "%s\"%.*s\"", b.n > 1 ? "," : "", STR_ARG(role));
    }
    for (size_t i = 0; b.n == 1 && i < p->role_count; i++)
        buf_add_format(&b, "%s\"%.*s\"", i ? "," : "", STR_ARG(p->roles[i]));
    buf_add_char(&b, '}');
    *out = arena_copy(cx->arena, buf_str(&b));
    return true;
}

static bool take_until(struct cx *cx, const struct json *body, str *until)
{
    int32_t day, today = date_today_china();
    *until = json_text(body, "until", STR(""));
    if (date_parse(*until, &day) && day >= today && day <= today + MAX_DAYS)
        return true;
    err_set(cx->err, ERR_INVALID, "until is a day from today to a year from now");
    err_zh(cx->err, "截止日期须在今天起的一年之内");
    return err_at(cx->err, "/until");
}

static bool post_delegation(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct rows rows;
    struct actor to;
    str roles, until;
    if (!request_json(rq, &body, cx->err))
        return false;
    const struct post *p = own_post(cx, &body);
    str login = json_text(&body, "to", STR("")),
        reason = str_trim(json_text(&body, "reason", STR("")));
    if (!p || !take_roles(cx, &body, p, &roles) || !take_until(cx, &body, &until))
        return false;
    if (str_equal(login, cx->actor->login))
        return err_set(cx->err, ERR_INVALID, "a post is delegated to somebody else");
    if (!identity_load(cx->db, cx->arena, login, &to, cx->err))
        return err_at(cx->err, "/to");
    if (!reason.n) {
        err_set(cx->err, ERR_INVALID, "reason is missing");
        return err_zh(cx->err, "请写明委托事由");
    }
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "insert into shuzhi.post (login, organisation, roles, area, duty, until, delegated_by,"
            " delegated_from, reason) values ($1, $2, $3, $4, $5,"
            " ($6::date + 1)::timestamp at time zone 'Asia/Shanghai', $7, $8, $9) returning id",
            P(login), P(p->organisation), P(roles), P(p->area), P(p->duty), P(until),
            P(cx->actor->login), P_INT(cx->arena, p->id), P(utf8_clip(reason, 1000))))
        return false;
    cx->audit->key = login;
    cx->audit->purpose = utf8_clip(reason, 1000);
    rs->status = 201;
    buf_add_format(&rs->body, "{\"id\":%.*s}", STR_ARG(rows_text(&rows, 0, 0)));
    return true;
}

/* Given and received, those in force. */
static bool get_delegations(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    (void)rq;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select coalesce(json_agg(json_build_object('id', p.id, 'post', p.delegated_from, 'to',"
            " p.login, 'to_name', s.name, 'by', p.delegated_by, 'by_name', f.name, 'roles', "
            "p.roles,"
            " 'organisation', p.organisation, 'until', ((p.until at time zone "
            "'Asia/Shanghai')::date - 1),"
            " 'reason', p.reason, 'is_mine', p.delegated_by = $1) order by p.id), '[]')"
            " from shuzhi.post_now p join shuzhi.staff s on s.login = p.login"
            " join shuzhi.staff f on f.login = p.delegated_by"
            " where p.delegated_by = $1 or (p.login = $1 and p.delegated_by is not null)",
            P(cx->actor->login)))
        return false;
    buf_add_format(&rs->body, "{\"delegations\":%.*s}", STR_ARG(rows_text(&rows, 0, 0)));
    return true;
}

static bool post_end(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    int64_t id;
    (void)rs;
    if (!str_to_int64(rq->parts[0], &id) ||
        !DB(cx->db, cx->arena, &rows, cx->err,
            "update shuzhi.post set until = now() where id = $1 and delegated_by is not null"
            " and (until is null or until > now()) and (delegated_by = $2 or login = $2) returning "
            "login",
            P_INT(cx->arena, id), P(cx->actor->login)) ||
        rows.n == 0)
        return err_set(cx->err, ERR_MISSING, "there is no delegation of yours with this number");
    cx->audit->key = rows_text(&rows, 0, 0);
    return true;
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/delegations", get_delegations, NULL, ROUTE_SESSION, NULL},
    {"POST", "/api/v1/delegations", post_delegation, "post.delegate", ROUTE_SESSION, NULL},
    {"POST", "/api/v1/delegations/{post}/end", post_end, "post.end", ROUTE_SESSION, NULL},
    {0},
};

const struct module DELEGATION_MODULE = {"delegation", ROUTES};
