/* Where other counties' messages come in: each is proved, taken once, and answered by a signed
 * receipt. */
#include "exchange/agreement.h"
#include "exchange/exchange.h"

#include "audit/audit.h"
#include "base/date.h"

/* The sequence from a partner, locked: its messages are taken one by one. */
static bool lock_partner(struct cx *cx, str partner, int64_t *last)
{
    struct rows r;
    if (!DB(cx->db, cx->arena, NULL, cx->err,
            "insert into shuzhi.exchange_partner (partner) values ($1) on conflict do nothing",
            P(partner)) ||
        !DB(cx->db, cx->arena, &r, cx->err,
            "select last_in from shuzhi.exchange_partner where partner = $1 for update",
            P(partner)))
        return false;
    *last = rows_int(&r, 0, 0);
    return true;
}

static bool answer_receipt(struct cx *cx, const struct message *m, const struct receipt *receipt,
                           struct response *rs)
{
    struct err e = {0};
    str text;
    struct key *k = key_load(cx->exchange_key, &e);
    if (!k) {
        *cx->err = e;
        return false;
    }
    bool ok = receipt_sign(cx->arena, k, receipt, &text, cx->err);
    key_destroy(k);
    if (!ok || !DB(cx->db, cx->arena, NULL, cx->err,
                   "update shuzhi.exchange_message set receipt = $2 where direction = 'in' and"
                   " id = $1",
                   P(m->id), P(text)))
        return false;
    buf_add(&rs->body, text);
    buf_add_char(&rs->body, '\n');
    rs->type = STR("application/jose");
    return true;
}

static struct receipt receipt_of(const struct message *m, str state, str reason, int64_t at)
{
    bool is_refused = str_is(state, "refused");
    return (struct receipt){.of = m->id,
                            .from = m->to,
                            .to = m->from,
                            .digest = m->digest,
                            .sequence = m->sequence,
                            .taken_at = at,
                            .is_taken = !is_refused,
                            .reason = is_refused ? reason : STR("")};
}

/* A message that came before is answered as it was then: its sender did not hear. */
static bool answer_again(struct cx *cx, const struct message *m, const struct rows *r,
                         struct response *rs)
{
    if (!str_equal(rows_text(r, 0, 0), m->digest) || rows_int(r, 0, 4) != m->sequence ||
        !str_equal(rows_text(r, 0, 5), m->from)) {
        err_set(cx->err, ERR_CONFLICT,
                "message %.*s came before with another body, sequence or "
                "sender",
                STR_ARG(m->id));
        return false;
    }
    struct receipt receipt =
        receipt_of(m, rows_text(r, 0, 1), rows_text(r, 0, 2), rows_int(r, 0, 3));
    cx->audit->result = STR("none");
    return answer_receipt(cx, m, &receipt, rs);
}

/* Does what the message asks, or refuses it with a reason; both are an answer.  What a refused one
 * had begun is undone. */
static bool handle(struct cx *cx, const struct message *m, int64_t *records, bool *is_taken)
{
    struct err why = {0};
    if (!db_script(cx->db, "savepoint message", cx->err))
        return false;
    *is_taken = message_handle(cx, m, records);
    if (*is_taken)
        return true;
    why = *cx->err;
    if (why.code == ERR_BUSY || why.code == ERR_BROKEN || db_should_retry(cx->db))
        return false;
    err_clear(cx->err);
    if (!db_script(cx->db, "rollback to savepoint message", cx->err))
        return false;
    *cx->err = why;
    return true;
}

static bool take(struct cx *cx, const struct message *m, struct response *rs)
{
    int64_t records = 0, now = clock_unix_ms() / 1000;
    bool is_taken;
    if (!handle(cx, m, &records, &is_taken))
        return false;
    struct err why = *cx->err;
    err_clear(cx->err);
    str reason = is_taken ? (str){0} : arena_copy(cx->arena, str_from(why.msg));
    str state = !is_taken                    ? STR("refused")
                : m->type == MESSAGE_RECORDS ? STR("taken")
                                             : STR("landed");
    bool has_body = is_taken && m->type == MESSAGE_RECORDS;
    struct arena *a = cx->arena;
    if (!is_taken)
        cx->audit->result = STR("refused");
    if (!DB(cx->db, a, NULL, cx->err,
            "insert into shuzhi.exchange_message (id, direction, partner, sequence, type, "
            "agreement,"
            " part, is_last, records, body, digest, bytes, token, state, reason, expires, at)"
            " values ($1, 'in', $2, $3, $4, nullif($5, '')::uuid, $6, $7, $8, $9, $10, $11, $12,"
            " $13, $14, to_timestamp($15::bigint), to_timestamp($16::bigint))",
            P(m->id), P(m->from), P_INT(a, m->sequence), P_CSTR(message_type_name(m->type)),
            P(m->agreement), P_INT(a, m->part), P_BOOL(m->is_last), P_INT(a, records),
            P(has_body ? m->body : (str){0}), P(m->digest), P_INT(a, m->body.n), P(m->line),
            P(state), P(reason), P_INT(a, m->expires), P_INT(a, now)) ||
        !DB(cx->db, a, NULL, cx->err,
            "update shuzhi.exchange_partner set last_in = $2 where partner = $1", P(m->from),
            P_INT(a, m->sequence)) ||
        (has_body && !DB0(cx->db, a, NULL, cx->err, "notify exchange")))
        return false;
    struct receipt receipt = receipt_of(m, state, reason, now);
    return answer_receipt(cx, m, &receipt, rs);
}

static bool post_message(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct message m;
    struct rows known;
    int64_t last;
    cx->audit->via = STR("exchange");
    if (!message_parse(&m, cx->arena, rq->body, cx->err))
        return false;
    const struct partner *p = partner_find(cx->registry, m.from);
    if (!p)
        return err_set(cx->err, ERR_UNKNOWN, "\"%.*s\" is no partner of this county",
                       STR_ARG(utf8_clip(m.from, 48)));
    if (!message_verify(&m, p->keys, p->key_count, cx->err))
        return false;
    cx->audit->who = cx->audit->organisation = partner_organisation(cx->arena, p->id);
    if (!message_check(&m, cx->registry->county.id, clock_unix_ms() / 1000, cx->err) ||
        !lock_partner(cx, p->id, &last) ||
        !DB(cx->db, cx->arena, &known, cx->err,
            "select digest, state, reason, extract(epoch from at)::bigint, sequence, partner"
            " from shuzhi.exchange_message where direction = 'in' and id = $1",
            P(m.id)))
        return false;
    if (known.n)
        return answer_again(cx, &m, &known, rs);
    if (m.sequence != last + 1)
        return err_set(cx->err, ERR_CONFLICT, "message %lld of \"%.*s\" is due, this is %lld",
                       (long long)last + 1, STR_ARG(p->id), (long long)m.sequence);
    return take(cx, &m, rs);
}

static const struct route ROUTES[] = {
    {"POST", "/exchange/v1/messages", post_message, "exchange.receive",
     ROUTE_PUBLIC | ROUTE_NO_CSRF, NULL},
    {0},
};

const struct module EXCHANGE_DOOR_MODULE = {"exchange-door", ROUTES};
