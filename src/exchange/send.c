/* Messages on their way: one after another to each partner, until its receipt is here. */
#include "exchange/agreement.h"
#include "exchange/exchange.h"

#include "audit/audit.h"
#include "base/date.h"
#include "base/log.h"
#include "identity/fetch.h"

enum { MAX_IN_A_ROUND = 64, MAX_BACKOFF = 600 };

/* The next message to the partner; n == 0: none is due.  What waits for its time holds up those
 * behind it, for they go in order. */
static bool find_next(struct cx *cx, const struct partner *p, struct rows *r)
{
    return DB(cx->db, cx->arena, r, cx->err,
              "select * from (select id, type, agreement, sequence, part, is_last, body,"
              " next_try <= now() as is_due, tries from shuzhi.exchange_message"
              " where direction = 'out' and partner = $1 and state = 'waiting'"
              " order by sequence limit 1) m where is_due",
              P(p->id));
}

static bool read_message(struct cx *cx, const struct partner *p, const struct rows *r,
                         struct message *m)
{
    *m = (struct message){.id = rows_text(r, 0, 0),
                          .from = cx->registry->county.id,
                          .to = p->id,
                          .agreement = rows_text(r, 0, 2),
                          .sequence = rows_int(r, 0, 3),
                          .part = rows_int(r, 0, 4),
                          .is_last = rows_bool(r, 0, 5),
                          .body = rows_text(r, 0, 6)};
    for (enum message_type t = MESSAGE_REQUEST; t <= MESSAGE_LANDED; t++) {
        if (str_is(rows_text(r, 0, 1), message_type_name(t))) {
            m->type = t;
            return true;
        }
    }
    return err_set(cx->err, ERR_BROKEN, "message %.*s is of no type", STR_ARG(m->id));
}

/* Out and back: the receipt, proved. */
static bool ask(struct cx *cx, const struct partner *p, struct message *m, struct receipt *receipt,
                str *text)
{
    long status = 0;
    struct arena *a = cx->arena;
    struct key *k = key_load(cx->exchange_key, cx->err);
    bool ok = k && message_sign(m, a, k, clock_unix_ms() / 1000, cx->err);
    key_destroy(k);
    str bytes = ok ? arena_format(a, "%.*s\n%.*s", STR_ARG(m->line), STR_ARG(m->body)) : (str){0};
    if (!ok || !fetch_post(a, arena_format(a, "%.*s/exchange/v1/messages", STR_ARG(p->url)),
                           "application/jose", bytes, &status, text, cx->err))
        return false;
    if (status != 200)
        return err_set(cx->err, ERR_BUSY, "%.*s answered with status %ld: %.*s", STR_ARG(p->id),
                       status, STR_ARG(utf8_clip(*text, 200)));
    return receipt_read(receipt, a, *text, p->keys, p->key_count, cx->err) &&
           receipt_fits(receipt, m, cx->err);
}

/* A request that was refused ends its agreement here; records that were, their delivery. */
static bool follow_refusal(struct cx *cx, const struct message *m, str reason)
{
    if (m->type == MESSAGE_REQUEST)
        return DB(cx->db, cx->arena, NULL, cx->err,
                  "update shuzhi.exchange_agreement set state = 'refused', reason = $2,"
                  " decided_at = now() where id = $1 and state = 'asked'",
                  P(m->agreement), P(reason));
    if (m->type == MESSAGE_RECORDS)
        return DB(cx->db, cx->arena, NULL, cx->err,
                  "update shuzhi.exchange_delivery set state = 'stopped', reason = $2, done_at ="
                  " now() where agreement = $1 and state = 'running'",
                  P(m->agreement), P(reason));
    return true;
}

static bool keep_receipt(struct cx *cx, const struct message *m, const struct receipt *r, str text)
{
    str who = partner_organisation(cx->arena, m->to);
    struct audit_entry entry = {.who = who,
                                .organisation = who,
                                .via = STR("exchange"),
                                .action = STR("exchange.receipt"),
                                .key = m->id,
                                .count = -1,
                                .result = r->is_taken ? STR("ok") : STR("refused")};
    return DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.exchange_message set state = $2, reason = nullif($3, ''), receipt = "
              "$4,"
              " token = $5, body = null, error = null, tries = tries + 1, done_at = now(), expires "
              "="
              " to_timestamp($6::bigint) where direction = 'out' and id = $1",
              P(m->id), P_CSTR(r->is_taken ? "taken" : "refused"),
              P(r->reason.p ? r->reason : STR("")), P(text), P(m->line),
              P_INT(cx->arena, m->expires)) &&
           (r->is_taken || follow_refusal(cx, m, r->reason)) &&
           audit_save(cx->db, cx->arena, &entry, cx->err);
}

static bool put_off(struct cx *cx, const struct message *m, const struct err *why)
{
    log_event(LOG_WARNING, "a message to another county was not taken", "partner",
              arena_cstr(cx->arena, m->to), "error", why->msg, NULL);
    return DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.exchange_message set tries = tries + 1, error = $2, next_try = now() +"
              " least($3::int, 2 ^ least(tries, 10)) * interval '1 second' where direction = 'out'"
              " and id = $1",
              P(m->id), P_CSTR(why->msg), P_INT(cx->arena, MAX_BACKOFF));
}

bool send_next(struct cx *cx, const struct partner *p, bool *is_more)
{
    struct rows r;
    struct message m;
    struct receipt receipt;
    str text = {0};
    *is_more = false;
    if (!find_next(cx, p, &r))
        return false;
    if (r.n == 0)
        return true;
    if (!read_message(cx, p, &r, &m))
        return false;
    if (!ask(cx, p, &m, &receipt, &text)) {
        struct err why = *cx->err;
        err_clear(cx->err);
        return put_off(cx, &m, &why);
    }
    *is_more = true;
    bool ok = db_begin(cx->db, cx->err) && keep_receipt(cx, &m, &receipt, text) &&
              db_commit(cx->db, cx->err);
    if (!ok)
        db_rollback(cx->db);
    return ok;
}

/* --- a round -------------------------------------------------------------------------------------
 */

static bool send_all(struct cx *cx, bool *is_more)
{
    for (size_t i = 0; i < cx->registry->partners.n; i++) {
        bool goes_on = true;
        for (int n = 0; goes_on && n < MAX_IN_A_ROUND; n++) {
            if (!send_next(cx, cx->registry->partners.entries[i].value, &goes_on))
                return false;
        }
        *is_more |= goes_on;
    }
    return true;
}

bool exchange_round(struct cx *cx, str uploads, bool *is_more)
{
    struct rows r;
    bool has_made = true, has_landed = true;
    *is_more = false;
    if (cx->registry->partners.n == 0)
        return true;
    if (!DB0(cx->db, cx->arena, &r, cx->err, "select pg_try_advisory_lock(83322)"))
        return false;
    if (!rows_bool(&r, 0, 0))
        return true;
    bool ok = deliver_tell(cx) && deliver_due(cx);
    for (int i = 0; ok && (has_made || has_landed) && i < MAX_IN_A_ROUND; i++)
        ok = (!has_made || deliver_next(cx, &has_made)) &&
             (!has_landed || land_next(cx, uploads, &has_landed));
    ok = ok && land_tell(cx) && send_all(cx, is_more);
    struct err ignored = {0};
    if (!db_script(cx->db, "select pg_advisory_unlock(83322)", &ignored))
        log_event(LOG_WARNING, "the exchange's lock was lost", NULL);
    return ok;
}
