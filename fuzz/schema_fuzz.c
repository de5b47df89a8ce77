/* A schema and an instance, on two lines: the quick answer and the full one must agree. */
#include "fuzz.h"
#include "text/schema.h"

static bool count(void *arg, const struct schema_violation *v)
{
    BUF_SCOPED struct buf words = {.max = 1 << 16};
    size_t *n = arg;
    MUST(v->keyword && v->schema && v->instance && utf8_is_valid(v->path));
    schema_explain_zh(&words, v);
    schema_explain_en(&words, v);
    return ++*n < 1000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    ARENA_SCOPED struct arena a = {0};
    str rest = {(const char *)data, n}, line;
    struct json schema, instance;
    struct err e = {0};
    if (n == 0 || n > 4096 || !str_take_part(&rest, '\n', &line) || !rest.p ||
        !json_parse(&schema, line, &a, &e) || !json_parse(&instance, rest, &a, &e))
        return 0;
    struct schema *s =
        schema_compile(&schema, STR("http://fuzz.test/root"), NULL, SCHEMA_ASSERT_FORMATS, &a, &e);
    if (!s) {
        MUST(e.code && e.msg[0]);
        return 0;
    }
    size_t violations = 0;
    bool ok = schema_validate(s, &instance, count, &violations);
    MUST(ok == schema_accepts(s, &instance) && ok == (violations == 0));
    return 0;
}
