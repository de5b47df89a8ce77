/* Addresses and parameters as clients send them: routing, escapes, keys, filters, key paths. */
#include "access/access.h"
#include "fuzz.h"
#include "http/router.h"

static bool nothing(struct cx *cx, const struct request *rq, struct response *rs)
{
    (void)cx, (void)rq, (void)rs;
    return true;
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/datasets/{dataset}/records/{key}", nothing, NULL, 0, NULL},
    {"POST", "/api/v1/batches/{batch}/quarantine/{row}/drop", nothing, NULL, 0, NULL},
    {"GET", "/", nothing, NULL, 0, NULL},
    {0},
};
static const struct module MODULE = {"fuzzed", ROUTES};
static const struct module *const MODULES[] = {&MODULE, NULL};

static struct field fields[] = {
    {.name = {"code", 4}, .column = {"\"code\"", 6}, .type = FIELD_TEXT, .is_key = true},
    {.name = {"n", 1}, .column = {"\"n\"", 3}, .type = FIELD_INTEGER},
};
static const struct field *key[] = {&fields[0], &fields[1]};
static const struct dataset dataset = {
    .id = {"d", 1}, .fields = fields, .field_count = 2, .key = key, .key_count = 2};

/* Quotes come in pairs, so nothing a client sends ends a literal. */
static void check_quotes(const struct buf *sql)
{
    size_t n = 0;
    for (size_t i = 0; i < sql->n; i++) {
        n += sql->p[i] == '\'';
        if (sql->p[i] == '\0')
            abort();
    }
    if (n % 2)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_SCOPED struct arena a = {0};
    BUF_SCOPED struct buf sql = {.max = 1 << 20}, where = {.max = 1 << 20};
    struct err e = {0}, bad = {0}, worse = {0};
    struct json filter;
    str text = {(const char *)data, size}, decoded;
    struct request rq = {.method = STR("GET"), .path = text, .arena = &a};
    const struct route *r = router_find(MODULES, &rq, &e);
    if (!r && !e.code)
        abort();
    if (url_decode(&a, text, &decoded) && !utf8_is_valid(decoded))
        abort();
    if (key_to_where(&a, &dataset, text, &sql, &bad))
        check_quotes(&sql);
    if (json_parse(&filter, text, &a, &worse) &&
        filter_to_sql(&a, &dataset, &filter, &where, &worse))
        check_quotes(&where);
    return 0;
}
