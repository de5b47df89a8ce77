/* Bad input: every one of these ends soon, with an error or null, and never with a crash. */
#include "base/buf.h"
#include "feel/machine.h"
#include "feel/xpath_regex.h"

#include "check.h"

static const struct limits SMALL = {2000000, 32u << 20, 200};

/* The error code of compiling and running the text. */
static enum err_code outcome(str text, struct value *v)
{
    static struct arena a;
    struct err e = {0};
    struct machine m;
    arena_reset(&a);
    machine_init(&m, &a, &e, SMALL);
    struct program *p = program_compile(&a, text, NULL, &e);
    if (p && machine_run(&m, p, NULL, v))
        return ERR_NONE;
    return e.code;
}

static str repeat(struct buf *b, const char *part, size_t times)
{
    for (size_t i = 0; i < times; i++)
        buf_add(b, str_from(part));
    return buf_str(b);
}

static void test_deep_nesting(void)
{
    static const char *const parts[] = {"(",         "[",
                                        "{a:",       "-",
                                        "not(",      "if true then ",
                                        "[1..[",     "]",
                                        "for i in ", "function(a) ",
                                        "@",         "a(",
                                        "a[",        "1 in (",
                                        "<",         "1 + ",
                                        "a.",        "1 and ",
                                        "x[1]",      "1 instance of list<"};
    for (size_t i = 0; i < COUNT(parts); i++) {
        BUF_SCOPED struct buf b = {.max = 4 << 20};
        struct value v;
        double start = (double)clock() / CLOCKS_PER_SEC;
        CHECK_NAMED(outcome(repeat(&b, parts[i], 100000), &v) != ERR_NONE, parts[i]);
        CHECK_NAMED((double)clock() / CLOCKS_PER_SEC - start < 5, parts[i]);
    }
}

static void test_work_without_end(void)
{
    static const struct {
        const char *text;
        enum err_code want;
    } cases[] = {
        {"for i in 1..1000000000 return i", ERR_LIMIT},
        {"some i in 1..1000000000 satisfies i < 0", ERR_LIMIT},
        {"count(for i in 1..100000, j in 1..100000 return 1)", ERR_LIMIT},
        {"{f: function(n) f(n + 1), r: f(0)}.r", ERR_LIMIT},
        {"{f: function(n) if n = 0 then 1 else f(n - 1) + f(n - 1), r: f(40)}.r", ERR_LIMIT},
        {"{a: \"0123456789\", b: a+a+a+a+a+a+a+a, c: b+b+b+b+b+b+b+b, d: c+c+c+c+c+c+c+c, "
         "e: d+d+d+d+d+d+d+d, f: e+e+e+e+e+e+e+e, g: f+f+f+f+f+f+f+f, h: g+g+g+g+g+g+g+g, "
         "i: h+h+h+h+h+h+h+h}",
         ERR_LIMIT},
        {"for i in 1..30 return if i = 1 then [1,1] else concatenate(partial[-1], partial[-1])",
         ERR_LIMIT},
        {"sort(for i in 1..200000 return -i, function(a, b) a < b)", ERR_LIMIT},
        {"distinct values(for i in 1..100000 return i)", ERR_LIMIT},
        {"matches(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\", \"(a*)*\\1b\")", ERR_LIMIT},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct value v;
        CHECK_NAMED(outcome(str_from(cases[i].text), &v) == cases[i].want, cases[i].text);
    }
}

static void test_catastrophic_patterns(void)
{
    static const char *const patterns[] = {"(a+)+$",          "(a|aa)+$",   "(a|a?)+$",
                                           "(.*)*x",          "(.*a){12}$", "((a?){30}){30}",
                                           "(a{1,50}){1,50}b"};
    for (size_t i = 0; i < COUNT(patterns); i++) {
        BUF_SCOPED struct buf b = {.max = 1 << 20};
        struct value v = VALUE_NOTHING;
        buf_add_lit(&b, "matches(\"");
        repeat(&b, "a", 2000);
        buf_add_format(&b, "!\", \"%s\")", patterns[i]);
        double start = (double)clock() / CLOCKS_PER_SEC;
        enum err_code code = outcome(buf_str(&b), &v);
        CHECK_NAMED(code == ERR_NONE || code == ERR_LIMIT, patterns[i]);
        CHECK_NAMED((double)clock() / CLOCKS_PER_SEC - start < 5, patterns[i]);
    }
}

static void test_sizes(void)
{
    struct value v = VALUE_NOTHING;
    BUF_SCOPED struct buf b = {.max = 8 << 20};
    CHECK(outcome(repeat(&b, "9", 1000000), &v) == ERR_INVALID);
    buf_clear(&b);
    buf_add_lit(&b, "0.");
    CHECK(outcome(repeat(&b, "3", 1000000), &v) == ERR_NONE && v.kind == VALUE_NUMBER);
    buf_clear(&b);
    CHECK(outcome(repeat(&b, "1 + ", 2000000), &v) == ERR_LIMIT); /* longer than allowed */
    buf_clear(&b);
    buf_add_lit(&b, "[0");
    repeat(&b, ",1", 70000);
    buf_add_char(&b, ']');
    CHECK(outcome(buf_str(&b), &v) == ERR_LIMIT);
    CHECK(outcome(STR("1e99999999999999999999"), &v) == ERR_INVALID);
    CHECK(outcome(STR("date(\"99999999999999999999-01-01\")"), &v) == ERR_NONE && v.kind == 0);
    CHECK(outcome(STR("duration(\"P999999999999999999Y\")"), &v) == ERR_NONE && v.kind == 0);
    CHECK(outcome(STR("@\"P999999999999999999D\" * 1000"), &v) == ERR_NONE && v.kind == 0);
    CHECK(outcome(STR("1 = for i in 1..1000 return [partial[-1]]"), &v) == ERR_NONE);
    CHECK(outcome(STR("string(for i in 1..1000 return [partial[-1]])"), &v) == ERR_LIMIT);
}

static void test_unknown_names(void)
{
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    struct program *p = program_compile(&a, STR("frobnicate(1) + x"), NULL, &e);
    CHECK(p && p->unknown_count == 2 && str_is(p->unknown[0], "frobnicate"));
}

static void test_errors_say_where(void)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"1 +", "line 1, column 4: expected an expression, found the end"},
        {"if true\nthen 1", "line 2, column 7: expected 'else', found the end"},
        {"[1, 2", "line 1, column 6: expected ',' or ']', found the end"},
        {"\"abc", "line 1, column 5: expected '\"' at the end of the string, found the end"},
        {"1 2", "line 1, column 3: expected an operator or the end, found \"2\""},
        {"{a 1}", "line 1, column 2: expected a key and ':', found \"a 1}\""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        ARENA_SCOPED struct arena a = {0};
        struct err e = {0};
        CHECK_NAMED(!program_compile(&a, str_from(cases[i].text), NULL, &e), cases[i].text);
        CHECK_NAMED(strcmp(e.msg, cases[i].want) == 0, e.msg);
    }
}

/* What the compiler never makes, the verifier refuses. */
static void test_verifier(void)
{
    static const struct insn bad[][3] = {
        {{OP_ADD, 0, 0, 0}, {OP_RETURN, 0, 0, 0}, {OP_RETURN, 0, 0, 0}},
        {{OP_CONSTANT, 0, 0, 5}, {OP_RETURN, 0, 0, 0}, {OP_RETURN, 0, 0, 0}},
        {{OP_JUMP, 0, 0, 9}, {OP_RETURN, 0, 0, 0}, {OP_RETURN, 0, 0, 0}},
        {{OP_LOCAL, 0, 0, 0}, {OP_RETURN, 0, 0, 0}, {OP_RETURN, 0, 0, 0}},
        {{OP_CONSTANT, 0, 0, 0}, {OP_CONSTANT, 0, 0, 0}, {OP_RETURN, 0, 0, 0}},
        {{OP_CONSTANT, 0, 0, 0}, {OP_JUMP, 0, 0, 0}, {OP_RETURN, 0, 0, 0}},
        {{OP_CONSTANT, 0, 0, 0}, {OP_POW + 200, 0, 0, 0}, {OP_RETURN, 0, 0, 0}},
        {{OP_CONSTANT, 0, 0, 0}, {OP_STORE, 0, 0, -1}, {OP_RETURN, 0, 0, 0}},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        ARENA_SCOPED struct arena a = {0};
        struct err e = {0};
        struct program p = {0};
        struct value constant = value_int(1);
        struct insn insns[3];
        memcpy(insns, bad[i], sizeof insns);
        struct code code = {.insns = insns, .n = 3, .program = &p}, *codes[] = {&code};
        p.codes = codes;
        p.code_count = 1;
        p.constants = &constant;
        p.constant_count = 1;
        CHECK(!program_verify(&p, &a, &e) && e.code == ERR_BROKEN);
    }
}

int main(void)
{
    RUN(test_deep_nesting);
    RUN(test_work_without_end);
    RUN(test_catastrophic_patterns);
    RUN(test_sizes);
    RUN(test_unknown_names);
    RUN(test_errors_say_where);
    RUN(test_verifier);
    return check_end();
}
