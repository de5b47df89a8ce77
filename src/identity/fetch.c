#include "identity/fetch.h"

#include "text/uri.h"

#include <curl/curl.h>
#include <pthread.h>

static void begin(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
        abort();
}

static size_t take(char *data, size_t size, size_t n, void *arg)
{
    struct buf *b = arg;
    buf_add(b, (str){data, size * n});
    return b->is_full ? 0 : size * n;
}

static bool is_allowed(str url)
{
    struct uri u = uri_split(url);
    str host = u.authority, name;
    if (str_take_part(&host, ':', &name))
        host = name;
    else
        host = u.authority;
    return str_is(u.scheme, "https") ||
           (str_is(u.scheme, "http") && (str_is(host, "127.0.0.1") || str_is(host, "localhost")));
}

/* A handle for the address, with what holds for all of them; NULL with the error. */
static CURL *open_url(struct arena *a, str url, struct buf *into, char *why, struct err *e)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, begin);
    if (!is_allowed(url)) {
        err_set(e, ERR_INVALID, "%.*s is not asked: https is needed", STR_ARG(utf8_clip(url, 200)));
        return NULL;
    }
    CURL *c = curl_easy_init();
    if (!c)
        abort();
    curl_easy_setopt(c, CURLOPT_URL, arena_cstr(a, url));
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)FETCH_SECONDS);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_NOPROXY, "127.0.0.1,localhost");
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, into);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why);
    return c;
}

bool fetch_json(struct arena *a, str url, str form, str basic, struct json *out, struct err *e)
{
    BUF_SCOPED struct buf b = {.max = FETCH_MAX};
    char why[CURL_ERROR_SIZE] = "";
    long status = 0;
    CURL *c = open_url(a, url, &b, why, e);
    if (!c)
        return false;
    if (form.p) {
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)form.n);
        curl_easy_setopt(c, CURLOPT_COPYPOSTFIELDS, arena_cstr(a, form));
    }
    if (basic.p)
        curl_easy_setopt(c, CURLOPT_USERPWD, arena_cstr(a, basic));
    CURLcode code = curl_easy_perform(c);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(c);
    struct err bad = {0};
    if (code == CURLE_OK && status == 200 && json_parse(out, arena_copy(a, buf_str(&b)), a, &bad) &&
        out->type == JSON_OBJECT)
        return true;
    err_set(e, ERR_BUSY, "%.*s did not answer as it should: %s (status %ld)",
            STR_ARG(utf8_clip(url, 200)), code == CURLE_OK ? "no JSON object" : why, status);
    return err_zh(e, "外部身份源暂时无法访问，请稍后再试或用本县账号登录");
}

bool fetch_post(struct arena *a, str url, const char *type, str body, long *status, str *answer,
                struct err *e)
{
    BUF_SCOPED struct buf b = {.max = FETCH_MAX};
    char why[CURL_ERROR_SIZE] = "";
    CURL *c = open_url(a, url, &b, why, e);
    if (!c)
        return false;
    struct curl_slist *headers =
        curl_slist_append(NULL, arena_format(a, "Content-Type: %s", type).p);
    headers = curl_slist_append(headers, "Expect:"); /* no wait for a 100 */
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)body.n);
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, body.n ? body.p : "");
    CURLcode code = curl_easy_perform(c);
    long got = 0;
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &got);
    curl_easy_cleanup(c);
    curl_slist_free_all(headers);
    if (code != CURLE_OK)
        return err_set(e, ERR_BUSY, "%.*s did not answer: %s", STR_ARG(utf8_clip(url, 200)),
                       why[0] ? why : curl_easy_strerror(code));
    *status = got;
    *answer = arena_copy(a, buf_str(&b));
    return true;
}
