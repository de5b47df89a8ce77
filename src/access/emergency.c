/* Break-glass: in an emergency somebody on duty sees one record they have no right to, with a
 * reason, for half an hour.  The owner is told at once, and a person who audits the dataset reviews
 * every such look. */
#include "access/emergency.h"

#include "access/catalogue.h"
#include "access/handle.h"
#include "audit/audit.h"
#include "notify/notify.h"

enum { MIN_REASON = 4, MAX_REASON = 1000 }; /* characters */

static const char LOOKS[] =
    "select g.id, g.login, s.name, s.organisation, g.dataset, g.key, g.reason, "
    "to_json(g.at)#>>'{}',"
    " to_json(g.until)#>>'{}', g.until > now(), g.state, g.reviewed_by, g.review"
    " from shuzhi.break_glass g left join shuzhi.staff s on s.login = g.login";

static bool take_reason(struct cx *cx, const struct json *body, const char *name, str *out)
{
    *out = utf8_clip(str_trim(json_text(body, name, STR(""))), MAX_REASON * 4);
    if (utf8_count(*out) >= MIN_REASON)
        return true;
    err_set(cx->err, ERR_INVALID, "%s is missing: say why, in at least %d characters", name,
            MIN_REASON);
    err_zh(cx->err, "请写明理由（至少 %d 个字）", MIN_REASON);
    return err_at(cx->err, "/%s", name);
}

static bool tell(struct cx *cx, const struct dataset *d, str reason, str link)
{
    struct title what = {STR("有人启用了紧急查看，请核查"),
                         STR("An emergency look was opened: please review")};
    struct title how = {arena_format(cx->arena, "%.*s · %.*s：%.*s", STR_ARG(d->title.zh),
                                     STR_ARG(cx->actor->name.zh), STR_ARG(reason)),
                        arena_format(cx->arena, "%.*s · %.*s: %.*s", STR_ARG(d->title.en),
                                     STR_ARG(cx->actor->name.en), STR_ARG(reason))};
    return notify_organisation(cx, d->owner, what, how, link);
}

static bool post_open(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct rows rows;
    str key, reason;
    const struct dataset *d = catalogue_require(cx, rq->parts[0]);
    BUF_SCOPED struct buf where = {.max = 1 << 16};
    if (!d || !handle_open(cx, d, rq->parts[1], &key) || !identity_require(cx, "break-glass", d) ||
        !request_json(rq, &body, cx->err) || !take_reason(cx, &body, "reason", &reason) ||
        !key_to_where(cx->arena, d, key, &where, cx->err))
        return false;
    cx->audit->key = key;
    cx->audit->purpose = reason;
    if (!DB0(cx->db, cx->arena, &rows, cx->err,
             arena_format(cx->arena, "select 1 from %.*s t where %.*s", STR_ARG(d->table),
                          STR_ARG(buf_str(&where)))
                 .p))
        return false;
    if (!rows.n) {
        err_set(cx->err, ERR_MISSING, "%.*s has no record with this key", STR_ARG(d->title.en));
        return err_zh(cx->err, "“%.*s”中没有这条记录", STR_ARG(d->title.zh));
    }
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "insert into shuzhi.break_glass (login, dataset, key, reason) values ($1, $2, $3, $4)"
            " returning id, to_json(until)#>>'{}'",
            P(cx->actor->login), P(d->id), P(key), P(reason)))
        return false;
    rs->status = 201;
    buf_add_format(&rs->body, "{\"id\":%.*s,\"until\":\"%.*s\"}", STR_ARG(rows_text(&rows, 0, 0)),
                   STR_ARG(rows_text(&rows, 0, 1)));
    return tell(cx, d, reason, STR("/audit"));
}

static void write_look(struct cx *cx, struct buf *b, const struct rows *rows, size_t i)
{
    const struct dataset *d = dataset_find(cx->registry, rows_text(rows, i, 4));
    str name = rows_text(rows, i, 2);
    buf_add_format(b, "{\"id\":%.*s", STR_ARG(rows_text(rows, i, 0)));
    json_add_text(b, "login", rows_text(rows, i, 1));
    json_add_raw(b, "name", name.p ? name : STR("null"));
    buf_add_lit(b, ",\"organisation\":");
    catalogue_write_organisation(b, cx->registry, rows_text(rows, i, 3));
    json_add_text(b, "dataset", d->id);
    buf_add_lit(b, ",\"title\":");
    title_write(b, d->title);
    json_add_text(b, "key", handle_for_actor(cx, d, rows_text(rows, i, 5)));
    json_add_text(b, "reason", rows_text(rows, i, 6));
    json_add_text(b, "at", rows_text(rows, i, 7));
    json_add_text(b, "until", rows_text(rows, i, 8));
    buf_add_format(b, ",\"is_open\":%s", rows_bool(rows, i, 9) ? "true" : "false");
    json_add_text(b, "state", rows_text(rows, i, 10));
    json_add_text(b, "reviewed_by", rows_text(rows, i, 11));
    json_add_text(b, "review", rows_text(rows, i, 12));
    bool may_review = identity_may(cx, "audit", d) &&
                      !str_equal(rows_text(rows, i, 1), cx->actor->login) &&
                      str_is(rows_text(rows, i, 10), "open");
    buf_add_format(b, ",\"may_review\":%s}", may_review ? "true" : "false");
}

/* One's own looks, and those at datasets one audits. */
static bool get_looks(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    bool is_first = true;
    (void)rq;
    if (!DB0(
            cx->db, cx->arena, &rows, cx->err,
            arena_format(cx->arena, "%s order by g.state <> 'open', g.id desc limit 200", LOOKS).p))
        return false;
    buf_add_lit(&rs->body, "{\"looks\":[");
    for (size_t i = 0; i < rows.n; i++) {
        const struct dataset *d = dataset_find(cx->registry, rows_text(&rows, i, 4));
        if (!d ||
            (!identity_may(cx, "audit", d) && !str_equal(rows_text(&rows, i, 1), cx->actor->login)))
            continue;
        if (!is_first)
            buf_add_char(&rs->body, ',');
        is_first = false;
        write_look(cx, &rs->body, &rows, i);
    }
    buf_add_lit(&rs->body, "]}");
    return true;
}

static bool post_review(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct rows rows;
    int64_t id;
    str note, state;
    if (!str_to_int64(rq->parts[0], &id) ||
        !DB(cx->db, cx->arena, &rows, cx->err,
            arena_format(cx->arena, "%s where g.id = $1 for update of g", LOOKS).p,
            P_INT(cx->arena, id)) ||
        rows.n == 0)
        return err_set(cx->err, ERR_MISSING, "there is no emergency look \"%.*s\"",
                       STR_ARG(utf8_clip(rq->parts[0], 40)));
    const struct dataset *d = catalogue_require(cx, rows_text(&rows, 0, 4));
    if (!d || !identity_require(cx, "audit", d) || !request_json(rq, &body, cx->err) ||
        !take_reason(cx, &body, "note", &note))
        return false;
    state = json_text(&body, "state", STR(""));
    if (str_equal(rows_text(&rows, 0, 1), cx->actor->login)) {
        err_set(cx->err, ERR_DENIED, "one's own emergency look is reviewed by somebody else");
        return err_zh(cx->err, "本人的紧急查看须由他人核查");
    }
    if (!str_is(state, "justified") && !str_is(state, "unjustified"))
        return err_set(cx->err, ERR_INVALID, "state is justified or unjustified");
    if (!str_is(rows_text(&rows, 0, 10), "open")) {
        err_set(cx->err, ERR_CONFLICT, "it was reviewed already");
        return err_zh(cx->err, "这次紧急查看已核查过");
    }
    cx->audit->key = rows_text(&rows, 0, 5);
    if (!DB(cx->db, cx->arena, NULL, cx->err,
            "update shuzhi.break_glass set state = $2, reviewed_by = $3, review = $4,"
            " reviewed_at = now(), until = least(until, now()) where id = $1",
            P_INT(cx->arena, id), P(state), P(cx->actor->login), P(note)))
        return false;
    buf_add_format(&rs->body, "{\"id\":%lld,\"state\":\"%.*s\"}", (long long)id, STR_ARG(state));
    return notify_login(
        cx, rows_text(&rows, 0, 1),
        (struct title){STR("您的紧急查看已核查"), STR("Your emergency look was reviewed")},
        (struct title){note, note}, STR("/audit"));
}

static const struct route ROUTES[] = {
    {"POST", "/api/v1/datasets/{dataset}/records/{key}/break-glass", post_open, "glass.open",
     ROUTE_SESSION, NULL},
    {"GET", "/api/v1/break-glass", get_looks, "glass.list", ROUTE_SESSION, NULL},
    {"POST", "/api/v1/break-glass/{look}/review", post_review, "glass.review", ROUTE_SESSION, NULL},
    {0},
};

const struct module EMERGENCY_MODULE = {"emergency", ROUTES};
