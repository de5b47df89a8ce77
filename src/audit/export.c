#include "audit/export.h"

#include "audit/trust.h"

#include "audit/seal.h"
#include "base/date.h"

#include <errno.h>
#include <unistd.h>

enum { FLUSH_BYTES = 1 << 20, MAX_BYTES = 1 << 30 };

struct state {
    struct db *db;
    struct err *e;
    int fd;
    struct buf out;
    struct exported done;
    int64_t after, upto;                 /* batches; upto 0: to the end */
    int64_t checkpoint, last_checkpoint; /* the one written last; the last to write */
};

static bool flush(struct state *s)
{
    if (s->out.is_full)
        return err_set(s->e, ERR_LIMIT, "an audit batch is too long to export");
    for (size_t at = 0; at < s->out.n;) {
        ssize_t n = write(s->fd, s->out.p + at, s->out.n - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_set(s->e, ERR_BROKEN, "the export cannot be written: %s", strerror(errno));
        at += (size_t)n;
    }
    s->done.bytes += (int64_t)s->out.n;
    buf_clear(&s->out);
    return true;
}

static bool find_one(struct state *s, struct arena *a, int64_t checkpoint)
{
    struct rows rows;
    if (!DB(s->db, a, &rows, s->e,
            "select number - 1, coalesce((select upto from shuzhi.audit_checkpoint b where"
            " b.number = c.number - 1), 0), upto, exists (select from shuzhi.audit_archive r where"
            " r.checkpoint >= c.number) from shuzhi.audit_checkpoint c where number = $1",
            P_INT(a, checkpoint)))
        return false;
    if (rows.n == 0 || rows_bool(&rows, 0, 3))
        return err_set(s->e, ERR_MISSING, "checkpoint %lld is not in the database%s",
                       (long long)checkpoint, rows.n ? ": its records were archived" : "");
    s->checkpoint = rows_int(&rows, 0, 0);
    s->after = rows_int(&rows, 0, 1);
    s->upto = rows_int(&rows, 0, 2);
    s->last_checkpoint = checkpoint;
    return true;
}

/* The checkpoint it follows: the last archived, or one before the day asked for. */
static bool find_begin(struct state *s, struct arena *a, str from)
{
    struct rows rows;
    if (!DB(s->db, a, &rows, s->e,
            "select number, upto from shuzhi.audit_checkpoint where number ="
            " (select max(checkpoint) from shuzhi.audit_archive) or at <"
            " $1::date::timestamp at time zone 'Asia/Shanghai' order by number desc limit 1",
            from.n ? P(from) : P_NULL))
        return false;
    s->checkpoint = rows.n ? rows_int(&rows, 0, 0) : 0;
    s->after = rows.n ? rows_int(&rows, 0, 1) : 0;
    return true;
}

static bool find_range(struct state *s, struct arena *a, const struct audit_range *range)
{
    struct rows rows;
    int32_t day;
    if ((range->from.n && !date_parse(range->from, &day)) ||
        (range->to.n && !date_parse(range->to, &day)))
        return err_set(s->e, ERR_INVALID, "from and to are days: YYYY-MM-DD");
    if (range->from.n && range->to.n && str_compare(range->from, range->to) > 0)
        return err_set(s->e, ERR_INVALID, "from is after to");
    if (range->checkpoint)
        return find_one(s, a, range->checkpoint);
    if (!find_begin(s, a, range->from))
        return false;
    if (!range->to.n && !range->upto_checkpoint)
        return true;
    if (!DB(s->db, a, &rows, s->e,
            "select number, upto from shuzhi.audit_checkpoint where number = $2 or at >="
            " ($1::date + 1)::timestamp at time zone 'Asia/Shanghai' order by number limit 1",
            range->to.n ? P(range->to) : P_NULL, P_INT(a, range->upto_checkpoint)))
        return false;
    if (rows.n) {
        s->last_checkpoint = rows_int(&rows, 0, 0);
        s->upto = rows_int(&rows, 0, 1);
    }
    return true;
}

static bool add_head(struct state *s, struct arena *a)
{
    struct rows rows;
    buf_add_format(&s->out, "{\"shuzhi-audit\":1,\"after\":%lld}\n", (long long)s->checkpoint);
    if (!DB0(s->db, a, &rows, s->e, "select pem from shuzhi.audit_key order by since, id"))
        return false;
    for (size_t i = 0; i < rows.n; i++) {
        buf_add_lit(&s->out, "{\"public-key\":");
        json_write_string(&s->out, rows_text(&rows, i, 0));
        buf_add_lit(&s->out, "}\n");
    }
    if (!DB0(s->db, a, &rows, s->e,
             "select body, signature, acceptance from shuzhi.audit_succession order by at, "
             "from_key"))
        return false;
    for (size_t i = 0; i < rows.n; i++) {
        succession_export(&s->out, rows_text(&rows, i, 0), rows_text(&rows, i, 1),
                          rows_text(&rows, i, 2));
        buf_add_char(&s->out, '\n');
    }
    if (!s->checkpoint)
        return true;
    if (!DB(s->db, a, &rows, s->e,
            "select body, signature from shuzhi.audit_checkpoint where number = $1",
            P_INT(a, s->checkpoint)))
        return false;
    checkpoint_export(&s->out, rows_text(&rows, 0, 0), rows_text(&rows, 0, 1));
    return true;
}

static void add_batch(struct state *s, const struct rows *r, size_t i)
{
    struct buf *b = &s->out;
    str rest = rows_text(r, i, 2), line, at = rows_text(r, i, 1);
    buf_add_format(b, "{\"batch\":%.*s,\"at\":%.*s", STR_ARG(rows_text(r, i, 0)),
                   STR_ARG(at.p ? at : STR("null")));
    if (!rows_is_null(r, i, 3)) {
        buf_add_format(b, ",\"sealed\":{\"at\":%.*s,\"lines\":%.*s", STR_ARG(rows_text(r, i, 3)),
                       STR_ARG(rows_text(r, i, 4)));
        static const char *const names[] = {"root", "chain", "marks"};
        for (int k = 0; k < 3; k++)
            json_add_text(b, names[k], rows_text(r, i, 5 + k));
        buf_add_char(b, '}');
    }
    buf_add_lit(b, "}\n");
    while (audit_take_line(&rest, &line)) {
        buf_add(b, line);
        buf_add_char(b, '\n');
        s->done.lines++;
    }
    s->done.batches++;
}

/* Checkpoints whose last batch was written. */
static bool add_checkpoints(struct state *s, struct arena *a, int64_t upto)
{
    struct rows rows;
    if (!DB(s->db, a, &rows, s->e,
            "select number, body, signature from shuzhi.audit_checkpoint where number > $1"
            " and upto <= $2 and number <= $3 order by number",
            P_INT(a, s->checkpoint), P_INT(a, upto), P_INT(a, s->last_checkpoint)))
        return false;
    for (size_t i = 0; i < rows.n; i++) {
        s->checkpoint = rows_int(&rows, i, 0);
        checkpoint_export(&s->out, rows_text(&rows, i, 1), rows_text(&rows, i, 2));
        s->done.checkpoints++;
    }
    return true;
}

/* The batches of a page, up to the next checkpoint: rows and seals that have no other side are
 * shown as such.  $1: after this one; $2: not after this one (0: no end); $3: after this
 * checkpoint. */
static const char PAGE[] =
    "with ids as ("
    "  (select id from shuzhi.audit_batch where id > $1::bigint order by id limit 256)"
    "  union (select batch from shuzhi.audit_seal where batch > $1::bigint order by batch limit"
    "   256)),"
    " top as (select least((select max(id) from (select id from ids order by id limit 256) t),"
    "   nullif($2::bigint, 0), (select upto from shuzhi.audit_checkpoint where number >"
    "   $3::bigint and upto > $1::bigint order by number limit 1)) as id),"
    " b as (select * from shuzhi.audit_batch where id > $1::bigint and id <= (select id from "
    "top)),"
    " s as (select * from shuzhi.audit_seal where batch > $1::bigint"
    "   and batch <= (select id from top)),"
    " sized as (select coalesce(b.id, s.batch) as n, b.id, b.at, b.entries, s.*,"
    "   sum(coalesce(pg_column_size(b.entries), 0)) over (order by coalesce(b.id, s.batch))"
    "   - coalesce(pg_column_size(b.entries), 0) as before"
    "   from b full join s on s.batch = b.id)"
    " select n, case when id is not null then (extract(epoch from sized.at) * 1000000)::bigint end,"
    " entries, at_us, lines, encode(root, 'hex'), encode(chain, 'hex'), encode(marks, 'hex')"
    " from sized where before < 1000000 order by n";

static bool write_pages(struct state *s)
{
    for (size_t n = 1; n;) {
        ARENA_SCOPED struct arena a = {0};
        struct rows rows;
        if (s->upto && s->after >= s->upto)
            break;
        if (!DB(s->db, &a, &rows, s->e, PAGE, P_INT(&a, s->after), P_INT(&a, s->upto),
                P_INT(&a, s->checkpoint)))
            return false;
        n = rows.n;
        for (size_t i = 0; i < n; i++) {
            add_batch(s, &rows, i);
            s->after = rows_int(&rows, i, 0);
            if (s->out.n >= FLUSH_BYTES && !flush(s))
                return false;
        }
        if (n && !add_checkpoints(s, &a, s->after))
            return false;
    }
    return true;
}

static bool write_all(struct state *s, const struct audit_range *range)
{
    ARENA_SCOPED struct arena a = {0};
    if (!find_range(s, &a, range) || !add_head(s, &a) || !write_pages(s) ||
        !add_checkpoints(s, &a, INT64_MAX)) /* of batches that are gone */
        return false;
    buf_add_format(&s->out, "{\"end\":true,\"batches\":%lld,\"lines\":%lld,\"checkpoints\":%lld}\n",
                   (long long)s->done.batches, (long long)s->done.lines,
                   (long long)s->done.checkpoints);
    return flush(s);
}

static bool export_within(struct state *s, const struct audit_range *range, struct exported *done)
{
    bool ok = write_all(s, range);
    buf_release(&s->out);
    if (ok)
        *done = s->done;
    return ok;
}

bool audit_export(struct db *db, const struct audit_range *range, int fd, struct exported *done,
                  struct err *e)
{
    struct state s = {
        .db = db, .e = e, .fd = fd, .out = {.max = MAX_BYTES}, .last_checkpoint = INT64_MAX};
    bool ok = db_script(db, "begin isolation level repeatable read read only", e) &&
              export_within(&s, range, done);
    db_rollback(db);
    return ok;
}

bool audit_export_sealed(struct db *db, const struct audit_range *range, int fd,
                         struct exported *done, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct state s = {.db = db, .e = e, .fd = fd, .out = {.max = MAX_BYTES}};
    struct rows rows;
    if (!DB0(db, &a, &rows, e,
             "select coalesce((select max(batch) from shuzhi.audit_seal), -1),"
             " coalesce((select max(number) from shuzhi.audit_checkpoint), 0)"))
        return false;
    s.upto = rows_int(&rows, 0, 0); /* what is sealed stays as it is */
    s.last_checkpoint = rows_int(&rows, 0, 1);
    return export_within(&s, range, done);
}
