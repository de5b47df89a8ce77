#include "http/router.h"

static int hex_value(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

bool url_decode(struct arena *a, str text, str *out)
{
    char *p = arena_alloc(a, text.n + 1, 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != '%') {
            p[n++] = text.p[i];
            continue;
        }
        int high = i + 2 < text.n ? hex_value(text.p[i + 1]) : -1;
        int low = i + 2 < text.n ? hex_value(text.p[i + 2]) : -1;
        if (high < 0 || low < 0 || high + low == 0)
            return false;
        p[n++] = (char)(high << 4 | low);
        i += 2;
    }
    *out = (str){p, n};
    return utf8_is_valid(*out);
}

static bool matches(const char *pattern, str path, str *parts, size_t *count)
{
    str want = str_from(pattern), w, got;
    *count = 0;
    while (str_take_part(&want, '/', &w)) {
        if (!str_take_part(&path, '/', &got))
            return false;
        if (w.n && w.p[0] == '{' && got.n && *count < REQUEST_MAX_PARTS)
            parts[(*count)++] = got;
        else if (!str_equal(w, got))
            return false;
    }
    return !path.p;
}

const struct route *router_find(const struct module *const *modules, struct request *rq,
                                struct err *e)
{
    bool is_path_known = false;
    str parts[REQUEST_MAX_PARTS];
    size_t n;
    str method = rq->is_head ? STR("GET") : rq->method;
    for (; *modules; modules++) {
        for (const struct route *r = (*modules)->routes; r->method; r++) {
            if (!matches(r->path, rq->path, parts, &n))
                continue;
            is_path_known = true;
            if (!str_is(method, r->method))
                continue;
            for (size_t i = 0; i < n; i++) {
                if (!url_decode(rq->arena, parts[i], &rq->parts[i])) {
                    err_set(e, ERR_INVALID,
                            "the path holds a bad %%-escape or bytes that are not UTF-8");
                    return NULL;
                }
            }
            return r;
        }
    }
    if (is_path_known)
        err_set(e, ERR_INVALID, "%.*s is not a method of this address", STR_ARG(rq->method));
    else
        err_set(e, ERR_MISSING, "there is nothing at %.*s", STR_ARG(str_slice(rq->path, 0, 200)));
    return NULL;
}
