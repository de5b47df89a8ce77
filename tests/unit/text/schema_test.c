#include "text/schema.h"

#include "check.h"
#include "text/value.h"

/* Schemas and instances in YAML's flow style would need a second parser: plain JSON. */
static struct schema *compile(const char *text, unsigned options, struct arena *a, struct err *e)
{
    struct json *v = arena_new(a, struct json);
    return json_parse(v, str_from(text), a, e)
               ? schema_compile(v, STR("http://example.test/root"), NULL, options, a, e)
               : NULL;
}

static bool collect(void *arg, const struct schema_violation *v)
{
    struct buf *out = arg;
    buf_add(out, v->path);
    buf_add_char(out, ' ');
    buf_add(out, str_from(v->keyword));
    if (v->name.n) {
        buf_add_char(out, ' ');
        buf_add(out, v->name);
    }
    buf_add_char(out, ';');
    return true;
}

static void test_violations(void)
{
    static const struct {
        const char *schema, *instance, *want;
    } cases[] = {
        {"{\"type\":\"integer\"}", "1.0", ""},
        {"{\"type\":\"integer\"}", "1.5", " type;"},
        {"{\"type\":[\"string\",\"null\"]}", "1", " type;"},
        {"{\"properties\":{\"a\":{\"minimum\":3},\"b\":{\"maxLength\":2}},\"required\":[\"c\"],"
         "\"additionalProperties\":false}",
         "{\"b\":\"张三丰\",\"a\":2,\"d/e\":0}",
         "/b maxLength;/a minimum; additionalProperties d/e; required c;"},
        {"{\"items\":{\"properties\":{\"x~y\":{\"const\":1}}}}", "[{},{\"x~y\":2}]",
         "/1/x~0y const;"},
        {"{\"maximum\":9007199254740992}", "9007199254740993", " maximum;"},
        {"{\"multipleOf\":0.01}", "19.99", ""},
        {"{\"multipleOf\":0.01}", "19.995", " multipleOf;"},
        {"{\"multipleOf\":123456789012345678901}", "246913578024691357802", ""},
        {"{\"multipleOf\":123456789012345678901}", "246913578024691357803", " multipleOf;"},
        {"{\"multipleOf\":0.5}", "1e400", ""},
        {"{\"uniqueItems\":true}", "[1,1.0]", " uniqueItems;"},
        {"{\"uniqueItems\":true}", "[1,2,3,4,5,6,7,8,9,{\"a\":1,\"b\":2},{\"b\":2,\"a\":1}]",
         " uniqueItems;"},
        {"{\"enum\":[\"1\",\"2\"]}", "\"3\"", " enum;"},
        {"{\"enum\":[1,\"2\",null]}", "1.00", ""},
        {"{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"string\",\"minLength\":2}]}", "\"x\"",
         " minLength;"},
        {"{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"string\"}]}", "1", " anyOf;"},
        {"{\"oneOf\":[{\"type\":\"number\"},{\"type\":\"integer\"}]}", "1", " oneOf;"},
        {"{\"if\":{\"properties\":{\"k\":{\"const\":1}}},\"then\":{\"required\":[\"x\"]}}",
         "{\"k\":1}", " required x;"},
        {"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"properties\":{\"n\":{\"$ref\":\"#\"},"
         "\"v\":{\"type\":\"string\"}}}}}",
         "{\"n\":{\"n\":{\"v\":1}}}", "/n/n/v type;"},
        {"{\"properties\":{\"a\":true},\"unevaluatedProperties\":false}", "{\"a\":1,\"b\":1}",
         " unevaluatedProperties b;"},
        {"{\"format\":\"resident-id\"}", "\"110105194912310021\"", " format resident-id;"},
        {"{\"format\":\"no-such\"}", "\"x\"", ""},
        {"{\"$ref\":\"#\"}", "1", " $ref;"},
        {"{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1}", " dependentRequired b;"},
        {"{\"propertyNames\":{\"pattern\":\"^[a-z]+$\"}}", "{\"A\":1}", "/A pattern;"},
        {"false", "1", " false;"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        ARENA_SCOPED struct arena a = {0};
        BUF_SCOPED struct buf got = {.max = 10000};
        struct json v;
        struct err e = {0};
        struct schema *s = compile(cases[i].schema, SCHEMA_ASSERT_FORMATS, &a, &e);
        CHECK_NAMED(s && json_parse(&v, str_from(cases[i].instance), &a, &e), cases[i].schema);
        if (!s)
            continue;
        bool ok = schema_validate(s, &v, collect, &got);
        CHECK_NAMED(ok == !*cases[i].want && ok == schema_accepts(s, &v), cases[i].schema);
        CHECK_NAMED(str_is(buf_str(&got), cases[i].want), cases[i].schema);
        if (!str_is(buf_str(&got), cases[i].want))
            printf("# got %.*s\n", STR_ARG(buf_str(&got)));
    }
}

static void test_refused(void)
{
    static const struct {
        const char *schema, *message, *at;
    } cases[] = {
        {"[]", "a schema must be", ""},
        {"{\n\"properties\":{\"a\":{\n\"minLength\":-1}}}", "\"minLength\" must be",
         "line 3, #/properties/a"},
        {"{\"type\":\"text\"}", "\"type\" must be", "line 1, #"},
        {"{\"pattern\":\"(\"}", "( is not closed", "line 1, #/pattern"},
        {"{\"$ref\":\"#/$defs/none\"}", "points at nothing", "line 1, #/$ref"},
        {"{\"$ref\":\"http://elsewhere.test/x\"}", "no schema document", "line 1, #/$ref"},
        {"{\"$schema\":\"http://elsewhere.test/x\"}", "no schema document", "line 1"},
        {"{\"allOf\":[]}", "\"allOf\" must be", "line 1, #"},
        {"{\"multipleOf\":0}", "above zero", "line 1, #"},
        {"{\"items\":[{}]}", "\"items\" must be a schema", "line 1, #"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        ARENA_SCOPED struct arena a = {0};
        struct err e = {0};
        CHECK_NAMED(!compile(cases[i].schema, 0, &a, &e), cases[i].schema);
        CHECK_NAMED(strstr(e.msg, cases[i].message), cases[i].schema);
        CHECK_NAMED(strcmp(e.at, cases[i].at) == 0, cases[i].schema);
    }
}

static bool explain(void *arg, const struct schema_violation *v)
{
    struct buf *out = arg;
    schema_explain_zh(out, v);
    buf_add_char(out, '|');
    schema_explain_en(out, v);
    return true;
}

static void test_words(void)
{
    static const struct {
        const char *schema, *instance, *want;
    } cases[] = {
        {"{\"format\":\"resident-id\"}", "\"110105194912310021\"",
         "公民身份号码校验码不对，应为 11010519491231002X|"
         "the resident identity number has a wrong check digit: should it be 11010519491231002X?"},
        {"{\"required\":[\"姓名\"]}", "{}", "缺少必填项“姓名”|the member \"姓名\" is missing"},
        {"{\"maxLength\":2}", "\"abc\"", "最多 2 个字符|must have at most 2 characters"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        ARENA_SCOPED struct arena a = {0};
        BUF_SCOPED struct buf got = {.max = 10000};
        struct json v;
        struct err e = {0};
        struct schema *s = compile(cases[i].schema, SCHEMA_ASSERT_FORMATS, &a, &e);
        CHECK(s && json_parse(&v, str_from(cases[i].instance), &a, &e));
        CHECK(!schema_validate(s, &v, explain, &got));
        CHECK_NAMED(str_is(buf_str(&got), cases[i].want), cases[i].want);
    }
}

static const struct json *find_other(void *arg, str uri)
{
    return str_is(uri, "http://example.test/other") ? arg : NULL;
}

static void test_other_documents(void)
{
    ARENA_SCOPED struct arena a = {0};
    struct json other, root, v;
    struct err e = {0};
    CHECK(json_parse(&other, STR("{\"$defs\":{\"n\":{\"$anchor\":\"n\",\"type\":\"number\"}}}"), &a,
                     &e));
    CHECK(json_parse(&root, STR("{\"items\":{\"$ref\":\"other#n\"}}"), &a, &e));
    struct schema_others others = {find_other, &other};
    struct schema *s = schema_compile(&root, STR("http://example.test/root"), &others, 0, &a, &e);
    CHECK(s && json_parse(&v, STR("[1,\"x\"]"), &a, &e) && !schema_accepts(s, &v));
    /* The built-in meta-schema accepts itself. */
    CHECK(json_parse(&root, STR("{\"$ref\":\"https://json-schema.org/draft/2020-12/schema\"}"), &a,
                     &e));
    s = schema_compile(&root, (str){0}, NULL, 0, &a, &e);
    CHECK(s && schema_accepts(s, &root));
    CHECK(json_parse(&v, STR("{\"properties\":{\"a\":{\"type\":\"text\"}}}"), &a, &e));
    CHECK(s && !schema_accepts(s, &v));
}

static void test_numbers(void)
{
    static const struct {
        const char *a, *b;
        int want;
    } cases[] = {
        {"0", "-0.0", 0},        {"1", "1.000", 0},      {"10e-1", "1", 0},
        {"-1", "1", -1},         {"100", "1e2", 0},      {"1e1000000", "2", 1},
        {"-1e1000000", "2", -1}, {"1e-1000000", "0", 1}, {"0.1", "0.10000000000000000001", -1},
        {"123.45", "123.4", 1},  {"-2", "-10", 1},       {"0e99999999999999", "0", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct number a = number_read(str_from(cases[i].a)), b = number_read(str_from(cases[i].b));
        CHECK_NAMED(number_compare(a, b) == cases[i].want, cases[i].a);
        CHECK_NAMED(number_compare(b, a) == -cases[i].want, cases[i].a);
    }
}

/* More required members than a word has bits, more choices than a line. */
static void test_wide(void)
{
    ARENA_SCOPED struct arena a = {0};
    BUF_SCOPED struct buf schema = {.max = 1 << 20}, value = {.max = 1 << 20};
    struct json v;
    struct err e = {0};
    buf_add_lit(&schema, "{\"required\":[");
    for (int i = 0; i < 100; i++)
        buf_add_format(&schema, "%s\"m%d\"", i ? "," : "", i);
    buf_add_lit(&schema, "],\"additionalProperties\":{\"enum\":[");
    for (int i = 0; i < 1000; i++)
        buf_add_format(&schema, "%s\"c%d\"", i ? "," : "", i);
    buf_add_lit(&schema, "]}}");
    struct schema *s = compile(arena_cstr(&a, buf_str(&schema)), 0, &a, &e);
    for (int missing = -1; missing < 100; missing += 33) {
        buf_clear(&value);
        buf_add_char(&value, '{');
        for (int i = 0; i < 100; i++)
            buf_add_format(&value, "%s\"%s%d\":\"c%d\"", i ? "," : "", i == missing ? "x" : "m", i,
                           i * 10);
        buf_add_char(&value, '}');
        CHECK(json_parse(&v, buf_str(&value), &a, &e));
        CHECK(s && schema_accepts(s, &v) == (missing < 0));
    }
}

int main(void)
{
    RUN(test_violations);
    RUN(test_refused);
    RUN(test_words);
    RUN(test_other_documents);
    RUN(test_numbers);
    RUN(test_wide);
    return check_end();
}
