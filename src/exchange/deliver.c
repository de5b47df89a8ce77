/* The giver's side of a round: what was decided is told, what is due is made into messages. */
#include "exchange/agreement.h"

#include "audit/audit.h"
#include "share/share.h"

enum { MAX_ROWS = 2000, MAX_SQL = 1 << 20, MAX_BODY = 1 << 20, MAX_UNDER_WAY = 4 };

static bool queue_json(struct cx *cx, str partner, str agreement, enum message_type type, str body)
{
    struct outgoing o = {.partner = partner, .agreement = agreement, .type = type, .body = body};
    return outbox_add(cx, &o);
}

static void add_title(struct buf *b, const struct registry *r, str dataset)
{
    const struct dataset *d = dataset_find(r, dataset);
    if (!d)
        return;
    buf_add_lit(b, ",\"title\":");
    title_write(b, d->title);
}

static bool tell_decision(struct cx *cx, const struct rows *r, size_t i)
{
    BUF_SCOPED struct buf b = {.max = MAX_BODY};
    str id = rows_text(r, i, 0);
    bool is_given = !rows_is_null(r, i, 5);
    if (!DB(cx->db, cx->arena, NULL, cx->err,
            "update shuzhi.exchange_agreement a set state = $2, reason = $3, decided_at = now(),"
            " grant_id = g.id, fields = coalesce(g.fields, a.fields), clear = coalesce(g.clear,"
            " a.clear), filter = coalesce(g.filter, a.filter), until = coalesce(g.until, a.until)"
            " from (select $4::bigint as wanted) w left join shuzhi.share_grant g on g.id = "
            "w.wanted"
            " where a.id = $1",
            P(id), P_CSTR(is_given ? "active" : "refused"), P(rows_text(r, i, 4)),
            P(rows_text(r, i, 5))))
        return false;
    if (is_given &&
        !DB(cx->db, cx->arena, NULL, cx->err,
            "insert into shuzhi.exchange_delivery (agreement, login) values ($1, '-')", P(id)))
        return false;
    buf_add_format(&b, "{\"state\":\"%s\"", is_given ? "active" : "refused");
    json_add_text(&b, "reason", rows_text(r, i, 4));
    add_title(&b, cx->registry, rows_text(r, i, 2));
    if (is_given) {
        json_add_raw(&b, "fields", rows_text(r, i, 6));
        json_add_raw(&b, "clear", rows_text(r, i, 7));
        json_add_raw(&b, "filter", rows_text(r, i, 8));
        json_add_text(&b, "until", rows_text(r, i, 9));
    }
    buf_add_char(&b, '}');
    return queue_json(cx, rows_text(r, i, 1), id, MESSAGE_DECIDED, buf_str(&b));
}

static bool tell_end(struct cx *cx, const struct rows *r, size_t i)
{
    struct agreement g;
    BUF_SCOPED struct buf b = {.max = MAX_BODY};
    str reason = rows_text(r, i, 1).n ? rows_text(r, i, 1) : STR("its term is over");
    buf_add_lit(&b, "{\"reason\":");
    json_write_string(&b, reason);
    buf_add_char(&b, '}');
    return agreement_load(cx, rows_text(r, i, 0), &g) && agreement_end(cx, &g, reason) &&
           queue_json(cx, g.partner, g.id, MESSAGE_ENDED, buf_str(&b));
}

static bool tell(struct cx *cx)
{
    struct rows r;
    if (!DB0(cx->db, cx->arena, &r, cx->err,
             "select a.id, a.partner, a.dataset, r.state, r.note, g.id, to_json(g.fields),"
             " to_json(g.clear), g.filter, g.until from shuzhi.exchange_agreement a"
             " join shuzhi.share_request r on r.id = a.request"
             " left join shuzhi.share_grant g on g.request = r.id"
             " where a.side = 'giver' and a.state = 'asked' and r.state <> 'waiting' limit 20"))
        return false;
    for (size_t i = 0; i < r.n; i++) {
        if (!tell_decision(cx, &r, i))
            return false;
    }
    if (!DB0(cx->db, cx->arena, &r, cx->err,
             "select a.id, g.revoked_reason from shuzhi.exchange_agreement a"
             " join shuzhi.share_grant g on g.id = a.grant_id where a.side = 'giver'"
             " and a.state = 'active' and (g.is_revoked or g.until < current_date) limit 20"))
        return false;
    for (size_t i = 0; i < r.n; i++) {
        if (!tell_end(cx, &r, i))
            return false;
    }
    return DB0(cx->db, cx->arena, NULL, cx->err,
               "update shuzhi.exchange_agreement set state = 'ended', ended_at = now() where"
               " side = 'taker' and state = 'active' and until < current_date");
}

static bool in_transaction(struct cx *cx, bool (*work)(struct cx *))
{
    bool ok = db_begin(cx->db, cx->err) && work(cx) && db_commit(cx->db, cx->err);
    if (!ok)
        db_rollback(cx->db);
    return ok;
}

bool deliver_tell(struct cx *cx)
{
    return in_transaction(cx, tell);
}

static bool add_due(struct cx *cx)
{
    return DB0(cx->db, cx->arena, NULL, cx->err,
               "insert into shuzhi.exchange_delivery (agreement, login) select a.id, '-'"
               " from shuzhi.exchange_agreement a where a.side = 'giver' and a.state = 'active'"
               " and a.frequency <> 'once' and not exists (select from shuzhi.exchange_delivery d"
               " where d.agreement = a.id and (d.state = 'running' or"
               " ((d.at at time zone 'Asia/Shanghai') + case a.frequency when 'daily' then interval"
               " '1 day' when 'weekly' then interval '7 days' else interval '1 month' end)::date >"
               " (now() at time zone 'Asia/Shanghai')::date)) on conflict do nothing");
}

bool deliver_due(struct cx *cx)
{
    return in_transaction(cx, add_due);
}

/* --- a message of records ------------------------------------------------------------------------
 */

struct delivery {
    str id, agreement, partner, position;
    int64_t parts, grant;
};

static bool stop(struct cx *cx, const struct delivery *d, const char *state, str reason)
{
    return DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.exchange_delivery set state = $2, reason = $3, done_at = now()"
              " where id = $1",
              P(d->id), P_CSTR(state), P(reason));
}

static bool ask_rows(struct cx *cx, const struct grant *g, const struct delivery *d,
                     struct rows *rows)
{
    BUF_SCOPED struct buf sql = {.max = MAX_SQL};
    buf_add_lit(&sql, "select ");
    key_expression(&sql, g->dataset);
    buf_add_lit(&sql, ", ");
    view_columns(&sql, &g->view, "t");
    buf_add_format(&sql, " from %.*s t where true", STR_ARG(g->dataset->table));
    if (g->view.where.n)
        buf_add_format(&sql, " and (%.*s)", STR_ARG(g->view.where));
    if (d->position.n) {
        buf_add_lit(&sql, " and ");
        if (!key_to_after(cx->arena, g->dataset, d->position, &sql, cx->err))
            return false;
    }
    buf_add_lit(&sql, " order by ");
    key_order(&sql, g->dataset);
    buf_add_format(&sql, " limit %d%c", MAX_ROWS + 1, 0);
    struct db *reader = access_reader_for_grant(cx, g->id);
    return reader && DB0(reader, cx->arena, rows, cx->err, sql.p);
}

/* Every field in every line: what is null is told as such. */
static size_t write_rows(const struct grant *g, const struct rows *rows, struct buf *b)
{
    size_t i = 0;
    for (; i < rows->n && i < MAX_ROWS; i++) {
        size_t start = b->n;
        for (size_t k = 0; k < g->view.n; k++) {
            buf_add_char(b, k ? ',' : '{');
            json_write_string(b, g->view.fields[k].field->name);
            buf_add_char(b, ':');
            view_write_value(b, &g->view.fields[k], rows_text(rows, i, (int)k + 1));
        }
        buf_add_lit(b, "}\n");
        if (b->is_full || b->n > MESSAGE_BODY_MAX) {
            b->n = start;
            return i;
        }
    }
    return i;
}

/* The look, on record before it leaves: which records, which fields, for whom. */
static bool record_look(struct cx *cx, const struct delivery *d, const struct grant *g,
                        const struct rows *rows, size_t n)
{
    str who = partner_organisation(cx->arena, d->partner);
    str *keys = arena_array(cx->arena, str, n);
    for (size_t i = 0; i < n; i++)
        keys[i] = rows_text(rows, i, 0);
    struct audit_entry entry = {.who = who,
                                .organisation = who,
                                .via = STR("exchange"),
                                .action = STR("exchange.send"),
                                .dataset = g->dataset_id,
                                .purpose = g->purpose,
                                .grant = g->id,
                                .count = (int64_t)n,
                                .fields = g->fields,
                                .field_count = g->field_count,
                                .keys = keys,
                                .key_count = n,
                                .result = n ? STR("ok") : STR("none")};
    return audit_save(cx->db, cx->arena, &entry, cx->err) &&
           DB(cx->db, cx->arena, NULL, cx->err,
              "insert into shuzhi.share_usage as u (grant_id, day, n) values ($1, current_date,"
              " greatest($2::bigint, 1)) on conflict (grant_id, day) do update set n = u.n +"
              " excluded.n, last_used = now()",
              P_INT(cx->arena, g->id), P_INT(cx->arena, n));
}

static bool make_part(struct cx *cx, const struct delivery *d, const struct grant *g)
{
    struct rows rows;
    BUF_SCOPED struct buf body = {.max = MESSAGE_BODY_MAX + (1 << 20)};
    if (!ask_rows(cx, g, d, &rows))
        return false;
    size_t n = write_rows(g, &rows, &body);
    if (n == 0 && rows.n)
        return stop(cx, d, "stopped", STR("a record is larger than a message may be"));
    bool is_last = n == rows.n;
    struct outgoing o = {.partner = d->partner,
                         .agreement = d->agreement,
                         .type = MESSAGE_RECORDS,
                         .body = body.n ? buf_str(&body) : STR(""),
                         .part = d->parts + 1,
                         .records = (int64_t)n,
                         .is_last = is_last};
    if (!str_to_int64(d->id, &o.delivery) || !record_look(cx, d, g, &rows, n) ||
        !outbox_add(cx, &o))
        return false;
    return DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.exchange_delivery set position = coalesce($2, position), parts = parts"
              " + 1, records = records + $3, state = $4, done_at = case when $4 = 'done' then now()"
              " end where id = $1",
              P(d->id), P(n ? rows_text(&rows, n - 1, 0) : (str){0}), P_INT(cx->arena, n),
              P_CSTR(is_last ? "done" : "running"));
}

static bool make_for(struct cx *cx, const struct delivery *d)
{
    struct rows rows;
    struct grant g;
    struct err why = {0};
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            arena_format(cx->arena, "%s where g.id = $1", GRANT_SELECT).p,
            P_INT(cx->arena, d->grant)))
        return false;
    if (rows.n == 0 || !partner_find(cx->registry, d->partner))
        return stop(cx, d, "stopped", STR("the partner or its grant is not there any more"));
    if (!grant_read(cx->arena, cx->registry, &rows, 0, &g, &why) || !grant_allows(&g, &why))
        return stop(cx, d, "stopped", arena_copy(cx->arena, str_from(why.msg)));
    return make_part(cx, d, &g);
}

static bool make_next(struct cx *cx, bool *is_more)
{
    struct rows r;
    if (!DB(cx->db, cx->arena, &r, cx->err,
            "select d.id, d.agreement, a.partner, d.position, d.parts, a.grant_id"
            " from shuzhi.exchange_delivery d join shuzhi.exchange_agreement a on a.id = "
            "d.agreement"
            " where d.state = 'running' and (select count(*) from shuzhi.exchange_message m where"
            " m.direction = 'out' and m.state = 'waiting' and m.delivery = d.id) < $1"
            " order by d.id limit 1 for update of d skip locked",
            P_INT(cx->arena, MAX_UNDER_WAY)))
        return false;
    *is_more = r.n > 0;
    struct delivery d = {0};
    if (r.n)
        d = (struct delivery){.id = rows_text(&r, 0, 0),
                              .agreement = rows_text(&r, 0, 1),
                              .partner = rows_text(&r, 0, 2),
                              .position = rows_text(&r, 0, 3),
                              .parts = rows_int(&r, 0, 4),
                              .grant = rows_int(&r, 0, 5)};
    return r.n == 0 || make_for(cx, &d);
}

bool deliver_next(struct cx *cx, bool *is_more)
{
    bool ok = db_begin(cx->db, cx->err) && make_next(cx, is_more) && db_commit(cx->db, cx->err);
    if (!ok)
        db_rollback(cx->db);
    db_rollback(cx->reader);
    cx->reading = NULL;
    return ok;
}
