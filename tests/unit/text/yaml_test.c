#include "text/yaml.h"

#include "check.h"

static void test_parse(void)
{
    static const struct {
        const char *text, *want; /* want: compact JSON, or NULL when refused */
    } cases[] = {
        {"a: 1\nb: [x, 'y', \"z\"]", "{\"a\":1,\"b\":[\"x\",\"y\",\"z\"]}"},
        {"[true, True, FALSE, yes, no, on, null, ~, Null]",
         "[true,true,false,\"yes\",\"no\",\"on\",null,null,null]"},
        {"- \n- ''\n- 'null'\n- \"1\"", "[null,\"\",\"null\",\"1\"]"},
        {"[0, -0, +1, 12345678901234567890123, 1.50, .5, 1., 1e3, -1.5E-7, 0x1F, 0o17]",
         "[0,-0,1,12345678901234567890123,1.50,0.5,1,1e3,-1.5E-7,31,15]"},
        {"[007, 0572, 01.5, 2021-09-07, 12:30, 1_000, ., -, +, 1e, 0x, 0xg, 0b1, 330521001]",
         "[\"007\",\"0572\",\"01.5\",\"2021-09-07\",\"12:30\",\"1_000\",\".\",\"-\",\"+\",\"1e\","
         "\"0x\",\"0xg\",\"0b1\",330521001]"},
        {"text: |\n  one\n  two\nfolded: >-\n  one\n  two\n",
         "{\"text\":\"one\\ntwo\\n\",\"folded\":\"one two\"}"},
        {"姓名: 张三 # 注释\n1: x\n~: y", "{\"姓名\":\"张三\",\"1\":\"x\",\"~\":\"y\"}"},
        {"!!str 12", "\"12\""},
        {"! 12", "\"12\""},
        {"!!int 12", "12"},
        {"%YAML 1.2\n---\na: {b: {}}\n...\n", "{\"a\":{\"b\":{}}}"},
        {"\xef\xbb\xbf"
         "a: b",
         "{\"a\":\"b\"}"},
        {"!!int x", NULL},
        {"!!timestamp 2001-01-01", NULL},
        {"!ours x", NULL},
        {"[.inf]", NULL},
        {"a: &x 1\nb: *x", NULL},
        {"*x : 1", NULL},
        {"a: {<<: {b: 1}}", NULL},
        {"a: 1\nb: 2\na: 3", NULL},
        {"? [a]\n: 1", NULL},
        {"a: [1, 2", NULL},
        {"a: b: c", NULL},
        {"a: 1\n---\nb: 2", NULL},
        {"", NULL},
        {"# only a remark\n", NULL},
        {"\xc3(", NULL},
        {"a: \"\\x\"", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        ARENA_SCOPED struct arena a = {0};
        BUF_SCOPED struct buf b = {.max = 1000};
        struct json v;
        struct err e = {0};
        bool ok = yaml_parse(&v, str_from(cases[i].text), &a, &e);
        CHECK_NAMED(ok == (cases[i].want != NULL), cases[i].text);
        CHECK_NAMED(ok || (e.code == ERR_INVALID && e.msg[0]), cases[i].text);
        if (ok) {
            json_write(&b, &v);
            CHECK_NAMED(cases[i].want && str_is(buf_str(&b), cases[i].want), cases[i].text);
        }
    }
}

static void test_places(void)
{
    ARENA_SCOPED struct arena a = {0};
    struct json v;
    struct err e = {0};
    CHECK(yaml_parse(&v, STR("# 第一行\na: 1\nb:\n  - x\n  - {c: 2}\n"), &a, &e));
    CHECK(v.line == 2 && json_find(&v, "a")->line == 2);
    CHECK(json_find(&v, "b")->array.items[1].line == 5);
    CHECK(!yaml_parse(&v, STR("a: 1\nb: 2\n  c: 3\n"), &a, &e));
    CHECK(strstr(e.msg, "line 3, column ") != NULL);
    err_clear(&e);
    CHECK(!yaml_parse(&v, STR("a: 1\nb: 2\na: 3\n"), &a, &e));
    CHECK(strncmp(e.msg, "line 3, column 1: ", 18) == 0);
}

static void test_bombs(void)
{
    ARENA_SCOPED struct arena a = {0};
    static char deep[5000];
    struct json v;
    struct err e = {0};
    memset(deep, '[', sizeof deep);
    CHECK(!yaml_parse(&v, (str){deep, sizeof deep}, &a, &e));
    CHECK(strstr(e.msg, "deep") != NULL);
    err_clear(&e);
    CHECK(!yaml_parse(&v, (str){deep, (size_t)YAML_MAX_BYTES + 1}, &a, &e));
    CHECK(e.code == ERR_LIMIT);
    err_clear(&e);
    CHECK(!yaml_parse(&v, STR("a: &a [x]\nb: &b [*a,*a]\nc: [*b,*b]"), &a, &e));
    CHECK(strstr(e.msg, "line 2") && strstr(e.msg, "alias"));
}

int main(void)
{
    RUN(test_parse);
    RUN(test_places);
    RUN(test_bombs);
    return check_end();
}
