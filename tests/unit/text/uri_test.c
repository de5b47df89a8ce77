#include "text/uri.h"

#include "check.h"
#include "text/hostname.h"

/* RFC 3986, section 5.4. */
static void test_resolve(void)
{
    static const struct {
        const char *reference, *want;
    } cases[] = {
        {"g:h", "g:h"},
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y#s", "http://a/b/c/g?y#s"},
        {"#s", "http://a/b/c/d;p?q#s"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../../g", "http://a/g"},
        {"../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {"..g", "http://a/b/c/..g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/../y", "http://a/b/c/y"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        ARENA_SCOPED struct arena a = {0};
        str got = uri_resolve(STR("http://a/b/c/d;p?q"), str_from(cases[i].reference), &a);
        CHECK_NAMED(str_is(got, cases[i].want), cases[i].reference);
    }
}

static void test_other_bases(void)
{
    static const struct {
        const char *base, *reference, *want;
    } cases[] = {
        {"", "x#y", "x#y"},
        {"urn:example:a", "#b", "urn:example:a#b"},
        {"http://a", "b", "http://a/b"},
        {"file:///x/y.json", "z.json", "file:///x/z.json"},
        {"http://a/b", "urn:c", "urn:c"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        ARENA_SCOPED struct arena a = {0};
        str got = uri_resolve(str_from(cases[i].base), str_from(cases[i].reference), &a);
        CHECK_NAMED(str_is(got, cases[i].want), cases[i].want);
    }
}

static void test_hostnames(void)
{
    CHECK(hostname_is_valid(STR("deqing.gov.cn")) && !hostname_is_valid(STR("")));
    CHECK(hostname_is_valid(STR("xn--fiqs8s")) && !hostname_is_valid(STR("xn--X")));
    CHECK(hostname_is_valid_idn(STR("中国")) && !hostname_is_valid(STR("中国")));
    CHECK(!hostname_is_valid_idn(STR("0a.\xd7\x90"))); /* left to right beside Hebrew */
}

int main(void)
{
    RUN(test_resolve);
    RUN(test_other_bases);
    RUN(test_hostnames);
    return check_end();
}
