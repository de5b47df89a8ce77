#include "http/exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <microhttpd.h>

static str lookup(const struct request *rq, enum MHD_ValueKind kind, const char *name)
{
    const struct exchange *x = rq->exchange;
    const char *value = NULL;
    size_t n = 0;
    if (MHD_lookup_connection_value_n(x->connection, kind, name, strlen(name), &value, &n) !=
        MHD_YES)
        return (str){0};
    return (str){value ? value : "", n};
}

str request_header(const struct request *rq, const char *name)
{
    return lookup(rq, MHD_HEADER_KIND, name);
}

str request_query(const struct request *rq, const char *name)
{
    return lookup(rq, MHD_GET_ARGUMENT_KIND, name);
}

str request_cookie(const struct request *rq, const char *name)
{
    return lookup(rq, MHD_COOKIE_KIND, name);
}

struct each_query {
    void (*each)(void *arg, str name, str value);
    void *arg;
};

static enum MHD_Result pass_on(void *arg, enum MHD_ValueKind kind, const char *name,
                               size_t name_length, const char *value, size_t value_length)
{
    const struct each_query *q = arg;
    (void)kind;
    q->each(q->arg, (str){name, name_length}, (str){value ? value : "", value ? value_length : 0});
    return MHD_YES;
}

void request_each_query(const struct request *rq, void (*each)(void *arg, str name, str value),
                        void *arg)
{
    const struct exchange *x = rq->exchange;
    struct each_query q = {each, arg};
    MHD_get_connection_values_n(x->connection, MHD_GET_ARGUMENT_KIND, pass_on, &q);
}

bool request_json(const struct request *rq, struct json *body, struct err *e)
{
    struct json got;
    if (rq->body.n == 0)
        return err_set(e, ERR_INVALID, "the request has no body; a JSON object is expected");
    if (!json_parse(&got, rq->body, rq->arena, e))
        return err_at(e, "body");
    if (got.type != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "the body is not a JSON object");
    *body = got;
    return true;
}

bool request_limit(const struct request *rq, int64_t otherwise, int64_t most, int64_t *limit,
                   struct err *e)
{
    str text = request_query(rq, "limit");
    int64_t n = otherwise;
    if (text.p && (!str_to_int64(text, &n) || n < 1 || n > most))
        return err_set(e, ERR_INVALID, "limit \"%.*s\" is not a whole number from 1 to %lld",
                       STR_ARG(str_slice(text, 0, 40)), (long long)most);
    *limit = n;
    return true;
}

bool file_open_nameless(int *fd, struct err *e)
{
    *fd = open("var", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return *fd >= 0 || err_set(e, ERR_BROKEN, "no file can be made in var: %s", strerror(errno));
}

void response_drop_file(struct response *rs)
{
    if (rs->file_bytes)
        close(rs->file);
    rs->file_bytes = 0;
}

void response_header(struct response *rs, str name, str value)
{
    if (rs->header_count < COUNT(rs->headers))
        rs->headers[rs->header_count++] = (struct response_header){name, value};
}

/* What a code means to somebody at a desk. */
static str chinese_title(enum err_code code)
{
    switch (code) {
    case ERR_INVALID:
        return STR("输入有误");
    case ERR_UNKNOWN:
        return STR("请先登录");
    case ERR_DENIED:
        return STR("没有权限");
    case ERR_MISSING:
        return STR("没有找到");
    case ERR_CONFLICT:
        return STR("与现状冲突");
    case ERR_LIMIT:
        return STR("超出限制");
    case ERR_BUSY:
        return STR("暂时无法办理，请稍后再试");
    case ERR_NONE:
    case ERR_BROKEN:
        break;
    }
    return STR("系统内部故障");
}

static str english_title(enum err_code code)
{
    static const char *const titles[] = {
#define X(name, status, exit_code, meaning) meaning,
        ERR_CODES(X)
#undef X
    };
    return str_from(titles[code]);
}

void response_problem(struct response *rs, const struct err *e)
{
    struct buf *b = &rs->body;
    buf_clear(b);
    rs->status = err_http_status(e->code);
    rs->type = STR("application/problem+json");
    buf_add_lit(b, "{\"type\":\"about:blank\",\"title\":");
    json_write_string(b, english_title(e->code));
    buf_add_lit(b, ",\"title_zh\":");
    json_write_string(b, chinese_title(e->code));
    buf_add_format(b, ",\"status\":%d,\"code\":\"%s\",\"detail\":", rs->status, err_name(e->code));
    json_write_string(b, str_from(e->msg));
    if (e->msg_zh[0]) {
        buf_add_lit(b, ",\"detail_zh\":");
        json_write_string(b, str_from(e->msg_zh));
    }
    if (e->at[0]) {
        buf_add_lit(b, ",\"at\":");
        json_write_string(b, str_from(e->at));
    }
    buf_add_char(b, '}');
}
