#include "exchange/agreement.h"

#include "base/digest.h"
#include "share/share.h"

static const char SELECT[] =
    "select id, side, partner, dataset, purpose, legal_basis, until, frequency, state, reason,"
    " login, organisation, into_dataset, coalesce(columns, '{}'), request, grant_id,"
    " until < current_date from shuzhi.exchange_agreement where id = $1 for update";

bool agreement_load(struct cx *cx, str id, struct agreement *g)
{
    struct rows r;
    if (!uuid_is_valid(id))
        return err_set(cx->err, ERR_MISSING, "there is no agreement \"%.*s\"",
                       STR_ARG(utf8_clip(id, 40)));
    if (!DB(cx->db, cx->arena, &r, cx->err, SELECT, P(id)))
        return false;
    if (r.n == 0) {
        err_set(cx->err, ERR_MISSING, "there is no agreement %.*s", STR_ARG(id));
        return err_zh(cx->err, "没有编号为 %.*s 的协议", STR_ARG(id));
    }
    *g = (struct agreement){.id = rows_text(&r, 0, 0),
                            .side = rows_text(&r, 0, 1),
                            .partner = rows_text(&r, 0, 2),
                            .dataset = rows_text(&r, 0, 3),
                            .purpose = rows_text(&r, 0, 4),
                            .legal_basis = rows_text(&r, 0, 5),
                            .until = rows_text(&r, 0, 6),
                            .frequency = rows_text(&r, 0, 7),
                            .state = rows_text(&r, 0, 8),
                            .reason = rows_text(&r, 0, 9),
                            .login = rows_text(&r, 0, 10),
                            .organisation = rows_text(&r, 0, 11),
                            .into = rows_text(&r, 0, 12),
                            .request = rows_int(&r, 0, 14),
                            .grant = rows_int(&r, 0, 15),
                            .is_over = rows_bool(&r, 0, 16)};
    return json_parse(&g->columns, rows_text(&r, 0, 13), cx->arena, cx->err);
}

bool agreement_is_giver(const struct agreement *g)
{
    return str_is(g->side, "giver");
}

bool agreement_allows(const struct agreement *g, struct err *e)
{
    if (!str_is(g->state, "active")) {
        err_set(e, ERR_DENIED, "agreement %.*s is %.*s, not active", STR_ARG(g->id),
                STR_ARG(g->state));
        return err_zh(e, "该数据走亲协议未生效或已终止");
    }
    if (g->is_over) {
        err_set(e, ERR_DENIED, "agreement %.*s ended on %.*s", STR_ARG(g->id), STR_ARG(g->until));
        return err_zh(e, "该数据走亲协议已于 %.*s 到期", STR_ARG(g->until));
    }
    return true;
}

bool agreement_end(struct cx *cx, const struct agreement *g, str reason)
{
    if (g->grant && !grant_revoke(cx, arena_format(cx->arena, "%lld", (long long)g->grant), reason))
        return false;
    return DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.exchange_delivery set state = 'stopped', reason = $2, done_at = now()"
              " where agreement = $1 and state = 'running'",
              P(g->id), P(reason)) &&
           DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.exchange_agreement set state = 'ended', reason = $2, ended_at = now()"
              " where id = $1",
              P(g->id), P(reason));
}

bool outbox_add(struct cx *cx, const struct outgoing *o)
{
    struct rows r;
    struct arena *a = cx->arena;
    if (!DB(cx->db, a, &r, cx->err,
            "insert into shuzhi.exchange_partner as p (partner, last_out) values ($1, 1)"
            " on conflict (partner) do update set last_out = p.last_out + 1 returning last_out",
            P(o->partner)))
        return false;
    return DB(cx->db, a, NULL, cx->err,
              "insert into shuzhi.exchange_message (id, direction, partner, sequence, type,"
              " agreement, delivery, part, is_last, records, body, digest, bytes, state)"
              " values (gen_random_uuid(), 'out', $1, $2, $3, $4, nullif($5, '0')::bigint, $6, $7,"
              " $8, $9, $10, $11, 'waiting')",
              P(o->partner), P(rows_text(&r, 0, 0)), P_CSTR(message_type_name(o->type)),
              P(o->agreement), P_INT(a, o->delivery), P_INT(a, o->part), P_BOOL(o->is_last),
              P_INT(a, o->records), P(o->body), P(digest_hex(a, o->body)), P_INT(a, o->body.n)) &&
           DB0(cx->db, a, NULL, cx->err, "notify exchange");
}
