/* What an auditor takes away: the state of the chain, exports, proofs of one record. */
#include "access/catalogue.h"
#include "audit/audit.h"
#include "audit/export.h"
#include "audit/proof.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { MAX_PROOF = 4 << 20 };

/* Lines stand in an export as they were written, so it is for who may read the audit of everything.
 */
static bool require_all(struct cx *cx)
{
    return identity_require(cx, "audit", NULL) &&
           (identity_audits_all(cx) ||
            err_set(cx->err, ERR_DENIED,
                    "an export or proof is for who may read the audit of every dataset"));
}

static bool get_state(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    (void)rq;
    if (!identity_require(cx, "audit", NULL) ||
        !DB0(
            cx->db, cx->arena, &rows, cx->err,
            "select (select max(batch) from shuzhi.audit_seal), (select count(*) from"
            " shuzhi.audit_batch where id > coalesce((select max(batch) from shuzhi.audit_seal),"
            " 0)), c.number, c.upto, to_json(c.at)#>>'{}', c.body::json->>'key',"
            " c.body::json->>'all_lines', (c.body::json->>'back_us')::bigint / 1000, k.pem"
            " from (select) one left join (select * from shuzhi.audit_checkpoint order by number"
            " desc limit 1) c on true left join shuzhi.audit_key k on k.id = c.body::json->>'key'"))
        return false;
    static const char *const names[] = {"sealed_upto", "unsealed",      "checkpoint",
                                        "signed_upto", "signed_at",     "key",
                                        "records",     "clock_back_ms", "public_key"};
    static const bool is_text[] = {false, false, false, false, true, true, false, false, true};
    struct buf *b = &rs->body;
    for (int i = 0; i < (int)COUNT(names); i++) {
        str v = rows_text(&rows, 0, i);
        buf_add_format(b, "%c\"%s\":", i ? ',' : '{', names[i]);
        if (v.p && is_text[i])
            json_write_string(b, v);
        else
            buf_add(b, v.p ? v : STR("null"));
    }
    buf_add_format(b, ",\"may_export\":%s}", identity_audits_all(cx) ? "true" : "false");
    return true;
}

static bool get_export(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct audit_range range = {.from = request_query(rq, "from"), .to = request_query(rq, "to")};
    struct exported done;
    int fd;
    if (!require_all(cx) || !file_open_nameless(&fd, cx->err))
        return false;
    if (!audit_export_sealed(cx->db, &range, fd, &done, cx->err)) {
        close(fd);
        return false;
    }
    rs->file = fd;
    rs->file_bytes = (uint64_t)done.bytes;
    rs->type = STR("application/jsonl");
    response_header(rs, STR("Content-Disposition"), STR("attachment; filename=\"audit.jsonl\""));
    cx->audit->count = done.lines;
    cx->audit->purpose =
        arena_format(cx->arena, "%.*s..%.*s", STR_ARG(range.from), STR_ARG(range.to));
    return true;
}

static bool prove_from(struct cx *cx, str record, int64_t checkpoint, int fd, struct response *rs)
{
    struct audit_range range = {.checkpoint = checkpoint};
    struct audit_check how = {0};
    struct exported done;
    struct source_file file;
    if (!audit_export_sealed(cx->db, &range, fd, &done, cx->err))
        return false;
    if (lseek(fd, 0, SEEK_SET) != 0)
        return err_set(cx->err, ERR_BROKEN, "the export cannot be read: %s", strerror(errno));
    return audit_prove(source_of_file(&file, fd), &how, record, &rs->body, cx->err);
}

static bool get_proof(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    str record = request_query(rq, "record"), rest = record, batch;
    int64_t id, line;
    int fd;
    if (!require_all(cx))
        return false;
    if (!str_take_part(&rest, '-', &batch) || !str_to_int64(batch, &id) ||
        !str_to_int64(rest, &line))
        return err_set(cx->err, ERR_INVALID, "record is BATCH-LINE, the id of an audit event");
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select number from shuzhi.audit_checkpoint where upto >= $1 order by upto limit 1",
            P(batch)))
        return false;
    cx->audit->key = record;
    if (rows.n == 0)
        return err_set(cx->err, ERR_BUSY, "the record is not signed yet: ask again in a minute") ||
               err_zh(cx->err, "这条记录还没有签名，请一分钟后再试");
    if (!file_open_nameless(&fd, cx->err))
        return false;
    bool ok = prove_from(cx, record, rows_int(&rows, 0, 0), fd, rs);
    close(fd);
    response_header(rs, STR("Content-Disposition"), STR("attachment; filename=\"proof.json\""));
    return ok;
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/audit/state", get_state, NULL, 0, NULL},
    {"GET", "/api/v1/audit/export", get_export, "audit.export", ROUTE_HEAVY, NULL},
    {"GET", "/api/v1/audit/proof", get_proof, "audit.proof", 0, NULL},
    {0},
};

const struct module AUDIT_FILE_MODULE = {"audit-file", ROUTES};
