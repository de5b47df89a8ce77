#include "text/regex.h"

#include "check.h"

static void test_matches(void)
{
    static const struct {
        const char *pattern, *text;
        bool want;
    } cases[] = {
        {"", "", true},
        {"", "x", true},
        {"^$", "", true},
        {"^$", "x", false},
        {"$^", "", true},
        {"a", "xay", true},
        {"^a", "ba", false},
        {"a$", "ab", false},
        {"^a*$", "aaab", false},
        {"^(ab|a)(bc)?$", "abc", true},
        {"^(ab|a)(bc)?$", "abcb", false},
        {"^a{2,3}$", "a", false},
        {"^a{2,3}$", "aaa", true},
        {"^a{2,3}$", "aaaa", false},
        {"^a{2,}$", "aaaaaa", true},
        {"^(a?){3}$", "aa", true},
        {"^(){9999999}$", "", true},
        {"^(|a)+$", "aaa", true},
        {"^[^abc]+$", "xyz", true},
        {"^[^abc]+$", "xbz", false},
        {"[]", "x", false},
        {"^[^]$", "\n", true},
        {"^.$", "\n", false},
        {"^.$", "\xf0\x9f\x90\xb2", true},
        {"^\\D$", "\xe0\xa7\xaa", true},
        {"^\\w$", "\xc3\xa9", false},
        {"^\\s$", "\xe3\x80\x80", true},
        {"^\\s$", "\xef\xbb\xbf", true},
        {"^\\S$", "\xe3\x80\x80", false},
        {"^[\\d-]+$", "1-2", true},
        {"^[-\\w.]+$", "a-b.c", true},
        {"^\\cC$", "\x03", true},
        {"^\\x41\\u0042\\u{43}$", "ABC", true},
        {"^\\ud83d\\udc32$", "\xf0\x9f\x90\xb2", true},
        {"^\\p{Letter}+$", "\xe6\xb9\x96\xe5\xb7\x9e", true},
        {"^\\p{Script=Han}+$", "\xe6\xb9\x96\xe5\xb7\x9e", true},
        {"^\\p{sc=Han}+$", "ab", false},
        {"^\\P{Lu}+$", "abC", false},
        {"^\\p{Nd}$", "\xe0\xa7\xaa", true},
        {"^[\xe4\xb8\x80-\xe9\xbe\xa5]{2,4}$", "\xe5\xbc\xa0\xe4\xb8\x89", true},
        {"^[\xe4\xb8\x80-\xe9\xbe\xa5]{2,4}$", "\xe5\xbc\xa0", false},
        {"\\bcat\\b", "a cat!", true},
        {"\\bcat\\b", "concat", false},
        {"\\Bcat", "concat", true},
        {"^(?=.*\\d)(?=.*[a-z]).{4,}$", "ab1c", true},
        {"^(?=.*\\d)(?=.*[a-z]).{4,}$", "abcd", false},
        {"^(?!foo)", "foobar", false},
        {"^(?!foo)", "barfoo", true},
        {"(?<=a+)b", "aab", true},
        {"(?<=a+)b", "cb", false},
        {"(?<!a)b", "ab", false},
        {"(?<!a)b", "cb", true},
        {"^(?:(?=a(?!c))a[bc])+$", "abab", true},
        {"^(?:(?=a(?!c))a[bc])+$", "abac", false},
        {"^(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", false},
        {"a.{0,90}b.{0,90}c", "xxaxxbxxc", true},
        {"^(?<year>\\d{4})-\\d\\d$", "2021-09", true},
        {"a|b|", "zzz", true},
        {"\\-\\@\\/", "-@/", true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        ARENA_SCOPED struct arena a = {0};
        struct err e = {0};
        struct regex *r = regex_compile(str_from(cases[i].pattern), &a, &e);
        CHECK_NAMED(r != NULL, cases[i].pattern);
        if (r)
            CHECK_NAMED(regex_matches(r, str_from(cases[i].text)) == cases[i].want,
                        cases[i].pattern);
    }
}

static void test_refused(void)
{
    static const char *const cases[] = {"(",
                                        ")",
                                        "[a",
                                        "a**",
                                        "*",
                                        "a{2",
                                        "{",
                                        "}",
                                        "]",
                                        "\\a",
                                        "\\Z",
                                        "\\",
                                        "[z-a]",
                                        "[\\d-z]",
                                        "(?i)a",
                                        "\\p{Nonsense}",
                                        "\\p",
                                        "\\u{110000}",
                                        "\\1",
                                        "\\k<x>",
                                        "(?<x>a)(?<x>b)",
                                        "a{3,2}",
                                        "(?=a)*",
                                        "^*",
                                        "(?<1>a)",
                                        "\\00",
                                        "\\xZ",
                                        "\\c1",
                                        "\\_",
                                        "(^abc]"};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err e = {0};
        CHECK_NAMED(!regex_check(str_from(cases[i]), &e), cases[i]);
        CHECK_NAMED(e.code == ERR_INVALID && e.msg[0], cases[i]);
    }
}

static void test_bounds(void)
{
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    CHECK(!regex_compile(STR("((a{100}){100}){100}"), &a, &e) && e.code == ERR_LIMIT);
    err_clear(&e);
    CHECK(regex_check(STR("(a)\\1"), &e) && !regex_compile(STR("(a)\\1"), &a, &e));
    err_clear(&e);
    /* A pattern whose table would be exponential, on a text long enough to tell. */
    struct regex *r = regex_compile(STR("(?:a|b)*a(?:a|b){40}$"), &a, &e);
    char *text = arena_alloc(&a, 100001, 1);
    memset(text, 'a', 100000);
    CHECK(r && regex_matches(r, (str){text, 100000}));
}

int main(void)
{
    RUN(test_matches);
    RUN(test_refused);
    RUN(test_bounds);
    return check_end();
}
