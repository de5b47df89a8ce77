#include "text/json.h"

#include "check.h"

static void test_parse(void)
{
    static const struct {
        const char *text, *want; /* want: written again; NULL = refused */
    } cases[] = {
        {"null", "null"},
        {" [1, 2.50e3 ,-0] ", "[1,2.50e3,-0]"},
        {"{\"a\":{\"b\":[]},\"c\":{}}", "{\"a\":{\"b\":[]},\"c\":{}}"},
        {"\"\\u4e2d\\ud83d\\udc0e\\n\"", "\"中🐎\\n\""},
        {"\"\\u0000\"", "\"\\u0000\""},
        {"01", NULL},
        {"1.", NULL},
        {"-", NULL},
        {"[1,]", NULL},
        {"{\"a\":1,\"a\":2}", NULL},
        {"\"\\ud800\"", NULL},
        {"\"\\ud800\\u0041\"", NULL},
        {"\"\xc3\"", NULL},
        {"\"a\nb\"", NULL},
        {"\"abc", NULL},
        {"\"abc\\", NULL},
        {"nul", NULL},
        {"1 2", NULL},
        {"", NULL},
        {"{\"a\" 1}", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        ARENA_SCOPED struct arena a = {0};
        BUF_SCOPED struct buf b = {.max = 1000};
        struct json v;
        struct err e = {0};
        bool ok = json_parse(&v, str_from(cases[i].text), &a, &e);
        CHECK_NAMED(ok == (cases[i].want != NULL), cases[i].text);
        CHECK_NAMED(ok || (e.code == ERR_INVALID && e.msg[0]), cases[i].text);
        if (ok) {
            json_write(&b, &v);
            CHECK_NAMED(cases[i].want && str_is(buf_str(&b), cases[i].want), cases[i].text);
        }
    }
}

static void test_depth(void)
{
    ARENA_SCOPED struct arena a = {0};
    char deep[100000];
    memset(deep, '[', sizeof deep);
    struct json v;
    struct err e = {0};
    CHECK(!json_parse(&v, (str){deep, sizeof deep}, &a, &e));
    CHECK(strstr(e.msg, "deep") != NULL);
}

static void test_lines(void)
{
    ARENA_SCOPED struct arena a = {0};
    struct json v;
    struct err e = {0};
    CHECK(json_parse(&v, STR("{\n\"a\": 1,\n\n\"b\": true}"), &a, &e));
    CHECK(json_find(&v, "b")->line == 4);
    CHECK(!json_parse(&v, STR("{\n\"a\": x}"), &a, &e));
    CHECK(strstr(e.msg, "line 2, column 6") != NULL);
}

static void test_canonical(void)
{
    ARENA_SCOPED struct arena a = {0};
    BUF_SCOPED struct buf b = {.max = 1000};
    struct json v;
    struct err e = {0};
    CHECK(json_parse(&v, STR("{\"b\":1,\"a\":{\"z\":0,\"y\":0}}"), &a, &e));
    json_write_canonical(&b, &v, &a);
    CHECK(str_is(buf_str(&b), "{\"a\":{\"y\":0,\"z\":0},\"b\":1}"));
}

int main(void)
{
    RUN(test_parse);
    RUN(test_depth);
    RUN(test_lines);
    RUN(test_canonical);
    return check_end();
}
