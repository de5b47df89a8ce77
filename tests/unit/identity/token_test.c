#include "identity/token.h"

#include "identity/form.h"

#include "check.h"

static struct arena arena;

static void test_round_and_confusion(void)
{
    for (enum key_kind kind = KEY_ES256; kind <= KEY_SM2; kind++) {
        struct err e = {0};
        struct token t;
        str text;
        struct key *k = key_generate(kind, &e);
        struct key *other = key_generate(kind == KEY_ES256 ? KEY_RS256 : KEY_ES256, &e);
        CHECK(token_sign(&arena, k, STR("{\"iss\":\"a\",\"aud\":[\"b\",\"c\"],\"exp\":1000}"),
                         &text, &e));
        CHECK(token_parse(&t, &arena, text, &e) && token_verify(&t, k, &e));
        CHECK(str_equal(t.kid, key_id(&arena, k)));
        CHECK(token_check(&t, STR("a"), STR("c"), 1059, &e));
        CHECK(!token_check(&t, STR("a"), STR("c"), 1061, &e));
        CHECK(!token_check(&t, STR("a"), STR("d"), 900, &e));
        CHECK(!token_check(&t, STR("A"), STR("c"), 900, &e));
        CHECK(!token_verify(&t, other, &e));
        t.algorithm = STR("none");
        CHECK(!token_verify(&t, k, &e));
        key_destroy(k);
        key_destroy(other);
    }
}

static void test_broken(void)
{
    static const char *const cases[] = {"",
                                        ".",
                                        "..",
                                        "...",
                                        "e30.e30",
                                        "e30.e30.A",
                                        "W10.e30.",
                                        "e30.W10.",
                                        "e30.e30.e30.e30",
                                        "e30=.e30.",
                                        " e30.e30.",
                                        "eyJjcml0IjpbXX0.e30.",
                                        "eyJ0eXAiOiJhdCtqd3QifQ.e30.",
                                        "_.e30."};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct token t;
        struct err e = {0};
        CHECK_NAMED(!token_parse(&t, &arena, str_from(cases[i]), &e) && e.code == ERR_INVALID,
                    cases[i]);
    }
}

static void test_form(void)
{
    struct form f;
    struct err e = {0};
    CHECK(form_read(&f, &arena, STR("a=1&b=x+y%20z&c=&d&%E5%8E%BF=%e5%8e%bf"), &e) && f.n == 5);
    CHECK(str_is(form_text(&f, "b"), "x y z") && !form_text(&f, "c").p && !form_text(&f, "d").p);
    CHECK(str_is(form_text(&f, "县"), "县") && !form_text(&f, "e").p);
    CHECK(form_read(&f, &arena, STR(""), &e) && f.n == 0);
    static const char *const bad[] = {"a=1&a=2", "a=%", "a=%4", "a=%zz", "a=%00", "a=%ff", "%ff=1"};
    for (size_t i = 0; i < COUNT(bad); i++)
        CHECK_NAMED(!form_read(&f, &arena, str_from(bad[i]), &(struct err){0}), bad[i]);
    BUF_SCOPED struct buf b = {.max = 100};
    buf_add_lit(&b, "http://a/");
    form_add(&b, "x", STR("1 &县"));
    form_add(&b, "none", (str){0});
    form_add(&b, "y", STR(""));
    CHECK(str_is(buf_str(&b), "http://a/?x=1%20%26%E5%8E%BF&y="));
}

int main(void)
{
    RUN(test_round_and_confusion);
    RUN(test_broken);
    RUN(test_form);
    arena_release(&arena);
    return check_end();
}
