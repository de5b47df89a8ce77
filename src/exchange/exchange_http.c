/* Agreements, messages and partners at the desk. */
#include "exchange/agreement.h"
#include "exchange/exchange.h"

#include "access/catalogue.h"
#include "audit/audit.h"
#include "base/date.h"
#include "identity/identity.h"

enum { MAX_BODY = 1 << 20, MAX_TEXT = 2000, MAX_TERM_DAYS = 1096 };

/* Who follows exchanges: whoever makes them, approves them, or audits. */
static bool require_follower(struct cx *cx)
{
    return identity_may(cx, "approve", NULL) || identity_may(cx, "audit", NULL) ||
           identity_require(cx, "exchange", NULL);
}

/* --- partners ----------------------------------------------------------------------------------
 */

static bool get_partners(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows r;
    struct buf *b = &rs->body;
    (void)rq;
    if (!require_follower(cx))
        return false;
    buf_add_lit(b, "{\"me\":");
    json_write_string(b, cx->registry->county.id);
    buf_add_lit(b, ",\"partners\":[");
    for (size_t i = 0; i < cx->registry->partners.n; i++) {
        const struct partner *p = cx->registry->partners.entries[i].value;
        if (!DB(cx->db, cx->arena, &r, cx->err,
                "select coalesce(sum((direction = 'out' and state = 'waiting')::int), 0),"
                " coalesce(sum((direction = 'out' and receipt is not null)::int), 0),"
                " coalesce(sum((direction = 'in')::int), 0), to_json(max(done_at))#>>'{}',"
                " max(error) filter (where direction = 'out' and state = 'waiting')"
                " from shuzhi.exchange_message where partner = $1",
                P(p->id)))
            return false;
        buf_add(b, i ? STR(",{\"id\":") : STR("{\"id\":"));
        json_write_string(b, p->id);
        buf_add_lit(b, ",\"title\":");
        title_write(b, p->title);
        json_add_text(b, "division", p->division);
        json_add_text(b, "url", p->url);
        buf_add_format(b, ",\"keys\":%zu", p->key_count);
        json_add_raw(b, "waiting", rows_text(&r, 0, 0));
        json_add_raw(b, "sent", rows_text(&r, 0, 1));
        json_add_raw(b, "received", rows_text(&r, 0, 2));
        json_add_text(b, "last", rows_text(&r, 0, 3));
        json_add_text(b, "error", rows_text(&r, 0, 4));
        buf_add_char(b, '}');
    }
    buf_add_lit(b, "]}");
    return true;
}

/* --- agreements --------------------------------------------------------------------------------
 */

static const char AGREEMENTS[] =
    "select a.id, a.side, a.partner, a.dataset, a.title, to_json(a.fields), to_json(a.clear),"
    " a.filter, a.purpose, a.legal_basis, a.until, a.frequency, a.into_dataset, a.columns,"
    " a.request, a.grant_id, a.state, a.reason, a.login, a.organisation, to_json(a.at)#>>'{}',"
    " to_json(a.decided_at)#>>'{}', to_json(a.ended_at)#>>'{}',"
    " (select coalesce(sum(m.records), 0) from shuzhi.exchange_message m where m.agreement = a.id"
    " and m.type = 'records' and m.receipt is not null and m.state <> 'refused')"
    " from shuzhi.exchange_agreement a";

static void write_agreement(struct cx *cx, struct buf *b, const struct rows *r, size_t i)
{
    static const struct {
        const char *name;
        int column;
        bool is_text;
    } members[] = {{"fields", 5, false},     {"clear", 6, false},      {"filter", 7, false},
                   {"purpose", 8, true},     {"legal_basis", 9, true}, {"until", 10, true},
                   {"frequency", 11, true},  {"into", 12, true},       {"columns", 13, false},
                   {"request", 14, false},   {"grant", 15, false},     {"state", 16, true},
                   {"reason", 17, true},     {"login", 18, true},      {"at", 20, true},
                   {"decided_at", 21, true}, {"ended_at", 22, true},   {"records", 23, false}};
    const struct dataset *d = dataset_find(cx->registry, rows_text(r, i, 3));
    buf_add_format(b, "{\"id\":\"%.*s\",\"side\":\"%.*s\",\"partner\":{\"id\":",
                   STR_ARG(rows_text(r, i, 0)), STR_ARG(rows_text(r, i, 1)));
    json_write_string(b, rows_text(r, i, 2));
    buf_add_lit(b, ",\"title\":");
    title_write(
        b, organisation_title(cx->registry, partner_organisation(cx->arena, rows_text(r, i, 2))));
    buf_add_char(b, '}');
    json_add_text(b, "dataset", rows_text(r, i, 3));
    buf_add_lit(b, ",\"title\":");
    if (!rows_is_null(r, i, 4))
        buf_add(b, rows_text(r, i, 4));
    else
        title_write(b, d && str_is(rows_text(r, i, 1), "giver")
                           ? d->title
                           : (struct title){rows_text(r, i, 3), rows_text(r, i, 3)});
    for (size_t k = 0; k < COUNT(members); k++) {
        str v = rows_text(r, i, members[k].column);
        if (members[k].is_text)
            json_add_text(b, members[k].name, v);
        else
            json_add_raw(b, members[k].name, v);
    }
    buf_add_lit(b, ",\"organisation\":");
    catalogue_write_organisation(b, cx->registry, rows_text(r, i, 19));
    buf_add_char(b, '}');
}

static bool get_agreements(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows r;
    (void)rq;
    if (!require_follower(cx) ||
        !DB0(cx->db, cx->arena, &r, cx->err,
             arena_format(cx->arena, "%s order by a.at desc limit 500", AGREEMENTS).p))
        return false;
    buf_add_lit(&rs->body, "{\"agreements\":[");
    for (size_t i = 0; i < r.n; i++) {
        if (i)
            buf_add_char(&rs->body, ',');
        write_agreement(cx, &rs->body, &r, i);
    }
    buf_add_lit(&rs->body, "]}");
    return true;
}

static bool answer_agreement(struct cx *cx, str id, struct response *rs)
{
    struct rows r;
    if (!uuid_is_valid(id))
        return err_set(cx->err, ERR_MISSING, "there is no agreement \"%.*s\"",
                       STR_ARG(utf8_clip(id, 40)));
    if (!DB(cx->db, cx->arena, &r, cx->err,
            arena_format(cx->arena, "%s where a.id = $1", AGREEMENTS).p, P(id)))
        return false;
    if (r.n == 0)
        return err_set(cx->err, ERR_MISSING, "there is no agreement %.*s", STR_ARG(id));
    write_agreement(cx, &rs->body, &r, 0);
    return true;
}

static bool get_agreement(struct cx *cx, const struct request *rq, struct response *rs)
{
    return require_follower(cx) && answer_agreement(cx, rq->parts[0], rs);
}

static bool take_text(struct cx *cx, const struct json *body, const char *name, const char *zh,
                      str *out)
{
    *out = str_trim(json_text(body, name, STR("")));
    if (out->n && out->n <= MAX_TEXT && !memchr(out->p, 0, out->n))
        return true;
    err_set(cx->err, ERR_INVALID, "%s is missing or longer than %d bytes", name, MAX_TEXT);
    err_zh(cx->err, "请填写“%s”（不超过 %d 字节）", zh, MAX_TEXT);
    return err_at(cx->err, "/%s", name);
}

/* {field there: field here}: every field here exists, none twice, none required is missing. */
static bool check_columns(struct cx *cx, const struct dataset *d, const struct json *columns)
{
    if (!columns || columns->type != JSON_OBJECT || columns->object.n == 0) {
        err_set(cx->err, ERR_INVALID, "columns says for each field there which field it is here");
        err_zh(cx->err, "请说明对方的每个字段对应本地的哪个字段");
        return err_at(cx->err, "/columns");
    }
    for (size_t i = 0; i < columns->object.n; i++) {
        const struct json *v = &columns->object.members[i].value;
        if (v->type != JSON_STRING || !field_find(d, v->text)) {
            err_set(cx->err, ERR_INVALID, "\"%.*s\" is no field of %.*s",
                    STR_ARG(v->type == JSON_STRING ? utf8_clip(v->text, 60) : STR("?")),
                    STR_ARG(d->title.en));
            return err_at(cx->err, "/columns");
        }
        for (size_t k = 0; k < i; k++) {
            if (str_equal(columns->object.members[k].value.text, v->text)) {
                err_set(cx->err, ERR_INVALID, "two fields are both given to %.*s",
                        STR_ARG(v->text));
                return err_at(cx->err, "/columns");
            }
        }
    }
    for (size_t f = 0; f < d->field_count; f++) {
        bool is_given = !d->fields[f].is_required;
        for (size_t i = 0; i < columns->object.n; i++)
            is_given |= str_equal(columns->object.members[i].value.text, d->fields[f].name);
        if (!is_given) {
            err_set(cx->err, ERR_INVALID, "nothing is given to the required field %.*s",
                    STR_ARG(d->fields[f].name));
            err_zh(cx->err, "必填字段“%.*s”没有对应的来源", STR_ARG(d->fields[f].title.zh));
            return err_at(cx->err, "/columns");
        }
    }
    return true;
}

/* The fields asked for, as a list in JSON: the keys of columns. */
static void write_fields(struct buf *b, const struct json *columns)
{
    for (size_t i = 0; i < columns->object.n; i++) {
        buf_add_char(b, i ? ',' : '[');
        json_write_string(b, columns->object.members[i].key);
    }
    buf_add_char(b, ']');
}

static void add_json(struct buf *b, const char *name, const struct json *v, const char *otherwise)
{
    buf_add_format(b, ",\"%s\":", name);
    if (v && v->type == JSON_ARRAY)
        json_write(b, v);
    else
        buf_add(b, str_from(otherwise));
}

static bool check_term(struct cx *cx, str until)
{
    int32_t day, today = date_today_china();
    if (date_parse(until, &day) && day >= today && day <= today + MAX_TERM_DAYS)
        return true;
    err_set(cx->err, ERR_INVALID,
            "until is a day from today to three years from now, as 2026-12-31");
    err_zh(cx->err, "使用期限应为今天起三年之内的日期");
    return err_at(cx->err, "/until");
}

/* Asks a partner for data: the agreement here, and the message that asks. */
static bool post_agreement(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct rows r;
    str dataset, purpose, basis;
    BUF_SCOPED struct buf ask = {.max = MAX_BODY}, fields = {.max = MAX_BODY},
                          columns_text = {.max = MAX_BODY};
    if (!request_json(rq, &body, cx->err))
        return false;
    const struct partner *p = partner_find(cx->registry, json_text(&body, "partner", STR("")));
    if (!p) {
        err_set(cx->err, ERR_MISSING, "this is no partner of the county");
        err_zh(cx->err, "对方不在数据走亲名单中");
        return err_at(cx->err, "/partner");
    }
    const struct dataset *into = catalogue_require(cx, json_text(&body, "into", STR("")));
    const struct json *columns = json_find(&body, "columns");
    str until = json_text(&body, "until", STR("")),
        frequency = json_text(&body, "frequency", STR("once"));
    if (!into || !identity_require(cx, "exchange", into) || !identity_require(cx, "intake", into) ||
        !take_text(cx, &body, "dataset", "对方数据集", &dataset) ||
        !take_text(cx, &body, "purpose", "用途", &purpose) ||
        !take_text(cx, &body, "legal_basis", "依据", &basis) || !check_term(cx, until) ||
        !check_columns(cx, into, columns))
        return false;
    write_fields(&fields, columns);
    json_write(&columns_text, columns);
    buf_add_lit(&ask, "{\"dataset\":");
    json_write_string(&ask, dataset);
    json_add_raw(&ask, "fields", buf_str(&fields));
    add_json(&ask, "clear", json_find(&body, "clear"), "[]");
    add_json(&ask, "filter", json_find(&body, "filter"), "[]");
    json_add_text(&ask, "purpose", purpose);
    json_add_text(&ask, "legal_basis", basis);
    json_add_text(&ask, "until", until);
    json_add_text(&ask, "frequency", frequency);
    buf_add_lit(&ask, ",\"quota_per_day\":1000000000,\"rate_per_second\":1000000}");
    if (!DB(cx->db, cx->arena, &r, cx->err,
            "insert into shuzhi.exchange_agreement (id, side, partner, dataset, fields, clear,"
            " filter, purpose, legal_basis, until, frequency, into_dataset, columns, login,"
            " organisation) select gen_random_uuid(), 'taker', $1, v->>'dataset',"
            " array(select jsonb_array_elements_text(v->'fields')),"
            " array(select jsonb_array_elements_text(v->'clear')), v->'filter', v->>'purpose',"
            " v->>'legal_basis', (v->>'until')::date, v->>'frequency', $3, $4, $5, $6"
            " from (select $2::jsonb as v) a returning id",
            P(p->id), P(buf_str(&ask)), P(into->id), P(buf_str(&columns_text)), P(cx->actor->login),
            P(cx->actor->organisation)))
        return false;
    str id = rows_text(&r, 0, 0);
    struct outgoing o = {
        .partner = p->id, .agreement = id, .type = MESSAGE_REQUEST, .body = buf_str(&ask)};
    rs->status = 201;
    return outbox_add(cx, &o) && answer_agreement(cx, id, rs);
}

/* The owner here, or whoever asked. */
static bool require_party(struct cx *cx, const struct agreement *g)
{
    const struct dataset *d =
        dataset_find(cx->registry, agreement_is_giver(g) ? g->dataset : g->into);
    cx->audit->dataset = d ? d->id : (str){0};
    if (!d)
        return err_set(cx->err, ERR_MISSING, "the agreement's dataset is not in force any more");
    return identity_require(cx, agreement_is_giver(g) ? "approve" : "exchange", d);
}

/* The giver sends again now. */
static bool post_deliver(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct agreement g;
    struct rows r;
    if (!agreement_load(cx, rq->parts[0], &g) || !require_party(cx, &g))
        return false;
    if (!agreement_is_giver(&g)) {
        err_set(cx->err, ERR_DENIED, "only the county that gives the data sends them");
        return err_zh(cx->err, "只有提供数据的一方可以发送");
    }
    if (!agreement_allows(&g, cx->err) ||
        !DB(cx->db, cx->arena, &r, cx->err,
            "insert into shuzhi.exchange_delivery (agreement, login) values ($1, $2)"
            " on conflict do nothing returning id",
            P(g.id), P(cx->actor->login)) ||
        !DB0(cx->db, cx->arena, NULL, cx->err, "notify exchange"))
        return false;
    if (r.n == 0) {
        err_set(cx->err, ERR_CONFLICT, "a delivery is under way already");
        return err_zh(cx->err, "上一次发送还没有结束");
    }
    rs->status = 202;
    return answer_agreement(cx, g.id, rs);
}

static bool post_end(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct agreement g;
    struct json body;
    str reason;
    BUF_SCOPED struct buf b = {.max = MAX_BODY};
    if (!request_json(rq, &body, cx->err) || !agreement_load(cx, rq->parts[0], &g) ||
        !require_party(cx, &g) || !take_text(cx, &body, "reason", "理由", &reason) ||
        !agreement_allows(&g, cx->err) || !agreement_end(cx, &g, reason))
        return false;
    buf_add_lit(&b, "{\"reason\":");
    json_write_string(&b, reason);
    buf_add_char(&b, '}');
    struct outgoing o = {
        .partner = g.partner, .agreement = g.id, .type = MESSAGE_ENDED, .body = buf_str(&b)};
    return outbox_add(cx, &o) && answer_agreement(cx, g.id, rs);
}

/* --- messages ----------------------------------------------------------------------------------
 */

static bool get_messages(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows r;
    int64_t limit;
    str partner = request_query(rq, "partner"), agreement = request_query(rq, "agreement");
    if (!require_follower(cx) || !request_limit(rq, 100, 500, &limit, cx->err) ||
        !DB(cx->db, cx->arena, &r, cx->err,
            "select coalesce(json_agg(m order by m.at desc), '[]') from (select id, direction,"
            " partner, sequence, type, agreement, part, is_last, records, digest, bytes, state,"
            " reason, outcome, batch, tries, error, at, done_at, next_try, receipt is not null as"
            " has_receipt from shuzhi.exchange_message where ($1 = '' or partner = $1) and ($2 = ''"
            " or agreement::text = $2) order by at desc, sequence desc limit $3) m",
            P(partner.p ? partner : STR("")), P(agreement.p ? agreement : STR("")),
            P_INT(cx->arena, limit)))
        return false;
    buf_add_lit(&rs->body, "{\"messages\":");
    buf_add(&rs->body, rows_text(&r, 0, 0));
    buf_add_char(&rs->body, '}');
    return true;
}

/* The signed head and the signed receipt, as they came: proof for whoever has the two public keys.
 */
static bool get_message(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows r;
    str direction = rq->parts[0], id = rq->parts[1];
    if (!require_follower(cx))
        return false;
    if (!uuid_is_valid(id))
        return err_set(cx->err, ERR_MISSING, "there is no such message");
    if (!DB(cx->db, cx->arena, &r, cx->err,
            "select json_build_object('id', id, 'direction', direction, 'partner', partner,"
            " 'sequence', sequence, 'type', type, 'agreement', agreement, 'digest', digest,"
            " 'state', state, 'reason', reason, 'outcome', outcome, 'token', token, 'receipt',"
            " receipt) from shuzhi.exchange_message where direction = $1 and id = $2",
            P(direction), P(id)))
        return false;
    if (r.n == 0)
        return err_set(cx->err, ERR_MISSING, "there is no such message");
    buf_add(&rs->body, rows_text(&r, 0, 0));
    return true;
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/exchange/partners", get_partners, NULL, 0, NULL},
    {"GET", "/api/v1/exchange/agreements", get_agreements, NULL, 0, NULL},
    {"POST", "/api/v1/exchange/agreements", post_agreement, "exchange.ask", 0, NULL},
    {"GET", "/api/v1/exchange/agreements/{agreement}", get_agreement, NULL, 0, NULL},
    {"POST", "/api/v1/exchange/agreements/{agreement}/deliver", post_deliver, "exchange.deliver", 0,
     NULL},
    {"POST", "/api/v1/exchange/agreements/{agreement}/end", post_end, "exchange.end", 0, NULL},
    {"GET", "/api/v1/exchange/messages", get_messages, NULL, 0, NULL},
    {"GET", "/api/v1/exchange/messages/{direction}/{message}", get_message, NULL, 0, NULL},
    {0},
};

const struct module EXCHANGE_MODULE = {"exchange", ROUTES};
