/* The taker's side of a round: records that came are a batch of intake like any file's. */
#include "exchange/agreement.h"

#include "intake/batch.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool write_file(const char *path, str body, struct err *e)
{
    char beside[4096];
    snprintf(beside, sizeof beside, "%s.XXXXXX", path);
    int fd = mkostemp(beside, O_CLOEXEC); /* 0600 */
    bool ok = fd >= 0;
    for (str rest = body; ok && rest.n;) {
        ssize_t n = write(fd, rest.p, rest.n);
        ok = n > 0 || (n < 0 && errno == EINTR);
        rest = n > 0 ? str_slice(rest, (size_t)n, rest.n) : rest;
    }
    ok = ok && fsync(fd) == 0 && rename(beside, path) == 0;
    int why = errno;
    if (fd >= 0)
        close(fd);
    if (fd >= 0 && !ok)
        unlink(beside);
    return ok || err_set(e, ERR_BUSY, "%s cannot be written: %s", path, strerror(why));
}

struct arrived {
    str id, agreement, partner, body;
    int64_t part, records;
};

static bool make_batch(struct cx *cx, const struct arrived *m, const struct agreement *g,
                       str uploads, int64_t *id)
{
    struct batch batch;
    struct arena *a = cx->arena;
    const struct dataset *d = dataset_find(cx->registry, g->into);
    if (!d)
        return err_set(cx->err, ERR_INVALID, "dataset \"%.*s\" is not in force any more",
                       STR_ARG(g->into));
    str organisation = partner_organisation(a, m->partner);
    struct title from = organisation_title(cx->registry, organisation);
    struct batch_file file = {
        .path = arena_format(a, "%.*s/exchange-%.*s.jsonl", STR_ARG(uploads), STR_ARG(m->id)),
        .name = arena_format(a, "数据走亲·%.*s·%.*s·%lld", STR_ARG(from.zh), STR_ARG(g->dataset),
                             (long long)m->part),
        .source = organisation,
        .login = organisation,
        .kind = STR("exchange")};
    if (!write_file(file.path.p, m->body, cx->err) ||
        !batch_create(cx->db, a, cx->registry, d, &file, &batch, cx->err))
        return false;
    str *columns = arena_array(a, str, batch.header.n);
    for (size_t i = 0; i < batch.header.n; i++)
        columns[i] = json_text(&g->columns, arena_cstr(a, batch.header.columns[i].header), STR(""));
    *id = batch.id;
    return batch_choose(cx->db, a, cx->registry, batch.id, columns, batch.header.n, cx->err) &&
           DB(cx->db, a, NULL, cx->err,
              "insert into shuzhi.job (kind, payload) values ('intake',"
              " jsonb_build_object('batch', $1::bigint))",
              P_INT(a, batch.id)) &&
           DB0(cx->db, a, NULL, cx->err, "notify job");
}

static bool end_message(struct cx *cx, str id, const char *state, str reason, int64_t batch)
{
    return DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.exchange_message set state = $2, reason = $3, batch = nullif($4,"
              " '0')::bigint, body = null where direction = 'in' and id = $1",
              P(id), P_CSTR(state), P(reason), P_INT(cx->arena, batch));
}

static bool tell_outcome(struct cx *cx, str partner, str agreement, str outcome)
{
    struct outgoing o = {
        .partner = partner, .agreement = agreement, .type = MESSAGE_LANDED, .body = outcome};
    return outbox_add(cx, &o);
}

/* What cannot become a batch is told to the giver, with the reason. */
static bool refuse(struct cx *cx, const struct arrived *m, const struct err *why)
{
    BUF_SCOPED struct buf b = {.max = 8000};
    buf_add_format(&b, "{\"message\":\"%.*s\",\"state\":\"failed\",\"error\":", STR_ARG(m->id));
    json_write_string(&b, str_from(why->msg));
    buf_add_char(&b, '}');
    return end_message(cx, m->id, "failed", arena_copy(cx->arena, str_from(why->msg)), 0) &&
           tell_outcome(cx, m->partner, m->agreement, buf_str(&b));
}

static bool land(struct cx *cx, const struct arrived *m, str uploads)
{
    struct agreement g;
    int64_t batch = 0;
    if (m->records == 0)
        return end_message(cx, m->id, "landing", (str){0}, 0);
    return agreement_load(cx, m->agreement, &g) && make_batch(cx, m, &g, uploads, &batch) &&
           end_message(cx, m->id, "landing", (str){0}, batch);
}

static bool take_next(struct cx *cx, str uploads, bool *is_more)
{
    struct rows r;
    if (!DB0(cx->db, cx->arena, &r, cx->err,
             "select id, agreement, partner, body, part, records from shuzhi.exchange_message"
             " where direction = 'in' and type = 'records' and state = 'taken'"
             " order by partner, sequence limit 1 for update"))
        return false;
    *is_more = r.n > 0;
    if (r.n == 0)
        return true;
    struct arrived m = {.id = rows_text(&r, 0, 0),
                        .agreement = rows_text(&r, 0, 1),
                        .partner = rows_text(&r, 0, 2),
                        .body = rows_text(&r, 0, 3),
                        .part = rows_int(&r, 0, 4),
                        .records = rows_int(&r, 0, 5)};
    if (!db_script(cx->db, "savepoint landing", cx->err))
        return false;
    if (land(cx, &m, uploads))
        return true;
    struct err why = *cx->err;
    if (why.code == ERR_BUSY || why.code == ERR_BROKEN || db_should_retry(cx->db))
        return false;
    err_clear(cx->err);
    return db_script(cx->db, "rollback to savepoint landing", cx->err) && refuse(cx, &m, &why);
}

bool land_next(struct cx *cx, str uploads, bool *is_more)
{
    bool ok =
        db_begin(cx->db, cx->err) && take_next(cx, uploads, is_more) && db_commit(cx->db, cx->err);
    if (!ok)
        db_rollback(cx->db);
    return ok;
}

static bool tell(struct cx *cx)
{
    struct rows r;
    if (!DB0(
            cx->db, cx->arena, &r, cx->err,
            "select m.id, m.partner, m.agreement, coalesce(b.state, 'done') = 'done',"
            " json_build_object('message', m.id, 'state', coalesce(b.state, 'done'), 'batch', b.id,"
            " 'rows', coalesce(b.n_rows, 0), 'new', coalesce(b.n_new, 0), 'changed',"
            " coalesce(b.n_changed, 0), 'unchanged', coalesce(b.n_unchanged, 0), 'quarantined',"
            " coalesce(b.n_quarantined, 0), 'error', b.error->>'detail')"
            " from shuzhi.exchange_message m left join shuzhi.batch b on b.id = m.batch"
            " where m.direction = 'in' and m.state = 'landing'"
            " and (m.batch is null or b.state in ('done', 'failed', 'cancelled')) limit 50"))
        return false;
    for (size_t i = 0; i < r.n; i++) {
        if (!DB(cx->db, cx->arena, NULL, cx->err,
                "update shuzhi.exchange_message set state = $2, outcome = $3, done_at = now()"
                " where direction = 'in' and id = $1",
                P(rows_text(&r, i, 0)), P_CSTR(rows_bool(&r, i, 3) ? "landed" : "failed"),
                P(rows_text(&r, i, 4))) ||
            !tell_outcome(cx, rows_text(&r, i, 1), rows_text(&r, i, 2), rows_text(&r, i, 4)))
            return false;
    }
    return true;
}

bool land_tell(struct cx *cx)
{
    bool ok = db_begin(cx->db, cx->err) && tell(cx) && db_commit(cx->db, cx->err);
    if (!ok)
        db_rollback(cx->db);
    return ok;
}
