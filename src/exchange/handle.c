/* What each type of message does where it arrives. */
#include "exchange/agreement.h"

#include "audit/audit.h"
#include "notify/notify.h"
#include "share/share.h"

enum { MAX_RECORDS = 100000, MAX_BODY = 1 << 20 };

static bool read_body(struct cx *cx, const struct message *m, struct json *body)
{
    return (json_parse(body, m->body, cx->arena, cx->err) && body->type == JSON_OBJECT) ||
           err_set(cx->err, ERR_INVALID, "the message's body is no JSON object");
}

/* The agreement of the message: the sender's, and this county on the side that is meant. */
static bool find_agreement(struct cx *cx, const struct message *m, struct agreement *g)
{
    if (!agreement_load(cx, m->agreement, g))
        return false;
    cx->audit->dataset = agreement_is_giver(g) ? g->dataset : g->into;
    cx->audit->purpose = g->purpose;
    cx->audit->grant = g->grant;
    return str_equal(g->partner, m->from) ||
           err_set(cx->err, ERR_DENIED, "agreement %.*s is not with \"%.*s\"", STR_ARG(g->id),
                   STR_ARG(m->from));
}

static bool require_taker(struct cx *cx, const struct message *m, struct agreement *g)
{
    return find_agreement(cx, m, g) &&
           (!agreement_is_giver(g) ||
            err_set(cx->err, ERR_DENIED, "this county is the giver of agreement %.*s",
                    STR_ARG(g->id)));
}

static bool require_giver(struct cx *cx, const struct message *m, struct agreement *g)
{
    return find_agreement(cx, m, g) &&
           (agreement_is_giver(g) ||
            err_set(cx->err, ERR_DENIED, "this county is the taker of agreement %.*s",
                    STR_ARG(g->id)));
}

static bool is_frequency(str s)
{
    static const char *const all[] = {"once", "daily", "weekly", "monthly"};
    for (size_t i = 0; i < COUNT(all); i++) {
        if (str_is(s, all[i]))
            return true;
    }
    return false;
}

/* Another county asks: a share request of its own stands at the owner's desk, as any does. */
static bool on_request(struct cx *cx, const struct message *m, int64_t *records)
{
    struct json body;
    struct rows known;
    str request, who = partner_organisation(cx->arena, m->from);
    (void)records;
    if (!read_body(cx, m, &body))
        return false;
    str frequency = json_text(&body, "frequency", STR("once"));
    if (!m->agreement.n || !is_frequency(frequency))
        return err_set(cx->err, ERR_INVALID,
                       "the request names no agreement, or its frequency is "
                       "none of once, daily, weekly, monthly");
    if (!DB(cx->db, cx->arena, &known, cx->err,
            "select from shuzhi.exchange_agreement where id = $1", P(m->agreement)))
        return false;
    if (known.n)
        return err_set(cx->err, ERR_CONFLICT, "there is an agreement %.*s already",
                       STR_ARG(m->agreement));
    return share_ask(cx, &body, who, who, &request) &&
           DB(cx->db, cx->arena, NULL, cx->err,
              "insert into shuzhi.exchange_agreement (id, side, partner, dataset, fields, clear,"
              " filter, purpose, legal_basis, until, frequency, request, login, organisation)"
              " select $1, 'giver', $2, dataset, fields, clear, filter, purpose, legal_basis, "
              "until,"
              " $3, id, login, organisation from shuzhi.share_request where id = $4",
              P(m->agreement), P(m->from), P(frequency), P(request));
}

static str as_text(struct arena *a, const struct json *v)
{
    BUF_SCOPED struct buf b = {.max = MAX_BODY};
    if (!v)
        return (str){0};
    json_write(&b, v);
    return arena_copy(a, buf_str(&b));
}

/* The giver has decided; what is given is told, for the taker's record. */
static bool on_decided(struct cx *cx, const struct message *m, int64_t *records)
{
    struct json body;
    struct agreement g;
    (void)records;
    if (!read_body(cx, m, &body) || !require_taker(cx, m, &g))
        return false;
    bool is_active = str_is(json_text(&body, "state", STR("")), "active");
    if (!str_is(g.state, "asked"))
        return err_set(cx->err, ERR_CONFLICT, "agreement %.*s is %.*s already", STR_ARG(g.id),
                       STR_ARG(g.state));
    if (!DB(cx->db, cx->arena, NULL, cx->err,
            "update shuzhi.exchange_agreement set state = $2, reason = $3, decided_at = now(),"
            " title = $4, until = coalesce($5::date, until),"
            " fields = coalesce((select array_agg(v) from jsonb_array_elements_text($6) v), "
            "fields),"
            " clear = coalesce((select array_agg(v) from jsonb_array_elements_text($7) v), clear),"
            " filter = coalesce($8, filter) where id = $1",
            P(g.id), P_CSTR(is_active ? "active" : "refused"),
            P(utf8_clip(json_text(&body, "reason", STR("")), 2000)),
            P(as_text(cx->arena, json_find(&body, "title"))),
            P(json_text(&body, "until", (str){0})),
            P(as_text(cx->arena, json_find(&body, "fields"))),
            P(as_text(cx->arena, json_find(&body, "clear"))),
            P(as_text(cx->arena, json_find(&body, "filter")))))
        return false;
    return notify_login(
        cx, g.login,
        (struct title){
            str_from(is_active ? "数据走亲申请已获对方批准" : "数据走亲申请未获对方批准"),
            str_from(is_active ? "Another county agreed to your exchange"
                               : "Another county refused your exchange")},
        organisation_title(cx->registry, partner_organisation(cx->arena, m->from)),
        arena_format(cx->arena, "/exchange/%.*s", STR_ARG(g.id)));
}

static bool on_ended(struct cx *cx, const struct message *m, int64_t *records)
{
    struct json body;
    struct agreement g;
    (void)records;
    if (!read_body(cx, m, &body) || !find_agreement(cx, m, &g))
        return false;
    if (str_is(g.state, "ended"))
        return true; /* both ended it at once */
    str reason = utf8_clip(json_text(&body, "reason", STR("")), 2000);
    const struct dataset *d =
        dataset_find(cx->registry, agreement_is_giver(&g) ? g.dataset : g.into);
    struct title text = organisation_title(cx->registry, partner_organisation(cx->arena, m->from));
    return agreement_end(cx, &g, reason) &&
           notify_organisation(
               cx, agreement_is_giver(&g) && d ? d->owner : g.organisation,
               (struct title){str_from("对方终止了数据走亲协议"),
                              str_from("Another county ended an exchange agreement")},
               text, arena_format(cx->arena, "/exchange/%.*s", STR_ARG(g.id)));
}

/* Whole lines, each a JSON object as far as its first and last byte; the rest is intake's to judge.
 */
static bool count_records(struct cx *cx, str body, int64_t *n)
{
    str rest = body, line;
    *n = 0;
    if (body.n == 0)
        return true;
    if (body.p[body.n - 1] != '\n')
        return err_set(cx->err, ERR_INVALID, "the last record has no end of line");
    rest.n--;
    while (str_take_part(&rest, '\n', &line)) {
        if (line.n < 2 || line.p[0] != '{' || line.p[line.n - 1] != '}' || ++*n > MAX_RECORDS)
            return err_set(cx->err, ERR_INVALID,
                           "record %lld is no JSON object in one line, or there are too many",
                           (long long)*n);
    }
    return true;
}

/* Kept whole; land.c takes it through the ordinary door of intake. */
static bool on_records(struct cx *cx, const struct message *m, int64_t *records)
{
    struct agreement g;
    if (!require_taker(cx, m, &g) || !agreement_allows(&g, cx->err) ||
        !count_records(cx, m->body, records))
        return false;
    cx->audit->count = *records;
    return true;
}

static bool on_landed(struct cx *cx, const struct message *m, int64_t *records)
{
    struct json body;
    struct agreement g;
    (void)records;
    return read_body(cx, m, &body) && require_giver(cx, m, &g) &&
           DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.exchange_message set outcome = $3 where direction = 'out'"
              " and agreement = $1 and id::text = $2",
              P(g.id), P(json_text(&body, "message", STR(""))), P(m->body));
}

static bool (*const HANDLERS[])(struct cx *, const struct message *, int64_t *) = {
    [MESSAGE_REQUEST] = on_request, [MESSAGE_DECIDED] = on_decided, [MESSAGE_ENDED] = on_ended,
    [MESSAGE_RECORDS] = on_records, [MESSAGE_LANDED] = on_landed,
};

bool message_handle(struct cx *cx, const struct message *m, int64_t *records)
{
    *records = 0;
    return HANDLERS[m->type](cx, m, records);
}
