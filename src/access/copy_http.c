/* Masked copies over HTTP. */
#include "access/catalogue.h"
#include "access/copy.h"

#include "audit/audit.h"

#include <unistd.h>

static const struct dataset *require(struct cx *cx, const struct request *rq)
{
    const struct dataset *d = catalogue_require(cx, rq->parts[0]);
    return d && identity_require(cx, "approve", d) ? d : NULL;
}

static bool read_order(struct cx *cx, const struct request *rq, struct copy_order *order)
{
    str format = request_query(rq, "format"), generation = request_query(rq, "generation");
    *order = (struct copy_order){.word = str_trim(request_query(rq, "for")),
                                 .purpose = utf8_clip(str_trim(request_query(rq, "purpose")), 200),
                                 .login = cx->actor->login,
                                 .format = str_is(format, "jsonl") ? COPY_JSONL : COPY_CSV};
    if (format.n && !str_is(format, "jsonl") && !str_is(format, "csv"))
        return err_set(cx->err, ERR_INVALID, "format is csv or jsonl");
    if (generation.n && (!str_to_int64(generation, &order->generation) || order->generation < 1))
        return err_set(cx->err, ERR_INVALID, "generation is a number from 1");
    if (order->word.n && order->purpose.n)
        return true;
    err_set(cx->err, ERR_INVALID, "for whom and to what purpose the copy is made must be said");
    return err_zh(cx->err, "请写明副本给谁、作什么用");
}

static bool get_copy(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct copy_order order;
    struct copied done;
    int fd;
    const struct dataset *d = require(cx, rq);
    if (!d || !read_order(cx, rq, &order) || !file_open_nameless(&fd, cx->err))
        return false;
    if (!copy_write(cx->db, cx->registry, cx->ring, d, &order, fd, &done, cx->err)) {
        close(fd);
        return false;
    }
    rs->file = fd;
    rs->file_bytes = (uint64_t)done.bytes;
    bool is_csv = order.format == COPY_CSV;
    rs->type = is_csv ? STR("text/csv; charset=utf-8") : STR("application/jsonl");
    response_header(rs, STR("Content-Disposition"),
                    arena_format(cx->arena, "attachment; filename=\"%.*s-masked-%lld.%s\"",
                                 STR_ARG(d->id), (long long)done.number, is_csv ? "csv" : "jsonl"));
    cx->audit->count = done.rows;
    cx->audit->purpose = order.purpose;
    return true;
}

static bool get_plan(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct buf *b = &rs->body;
    const struct dataset *d = require(cx, rq);
    if (!d)
        return false;
    buf_add_lit(b, "{\"fields\":[");
    for (size_t i = 0; i < d->field_count; i++) {
        enum pseudonym_kind kind;
        const struct field *f = &d->fields[i];
        enum copy_treatment t = copy_treatment(cx->registry, d, f, &kind);
        buf_add_format(b, "%s{\"field\":\"%.*s\",\"title\":", i ? "," : "", STR_ARG(f->name));
        title_write(b, f->title);
        buf_add_format(b, ",\"treatment\":\"%s\"", copy_treatment_name(t));
        json_add_text(b, "as", t == COPY_REPLACE ? str_from(pseudonym_name(kind)) : (str){0});
        buf_add_char(b, '}');
    }
    buf_add_lit(b, "]}");
    return true;
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/datasets/{dataset}/copy", get_copy, "records.copy", ROUTE_HEAVY, NULL},
    {"GET", "/api/v1/datasets/{dataset}/copy/plan", get_plan, NULL, 0, NULL},
    {0},
};

const struct module COPY_MODULE = {"copy", ROUTES};
