#include "text/xml.h"

#include "check.h"

static void test_tree(void)
{
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    const struct xml *x = xml_parse(
        &a, STR("<a xmlns='u' k='v &amp; w'>\n<b> t <![CDATA[<&]]></b><c xmlns='o'/><b>2</b></a>"),
        &e);
    CHECK(x && str_is(x->name, "a") && str_is(x->space, "u"));
    CHECK(str_is(xml_attribute(x, "k"), "v & w") && xml_attribute(x, "z").p == NULL);
    const struct xml *b = xml_child(x, "b");
    CHECK(b && b->line == 2 && str_is(xml_child_text(x, "b"), "t <&"));
    CHECK((b = xml_next(b, "b")) && str_is(b->text, "2") && !xml_next(b, "b"));
    CHECK(!xml_child(x, "c")); /* of another namespace */
}

static void test_refused(void)
{
    static const struct {
        const char *text;
        enum err_code want;
    } cases[] = {
        {"<a>", ERR_INVALID},
        {"", ERR_INVALID},
        {"<a/><b/>", ERR_INVALID},
        {"<!DOCTYPE a><a/>", ERR_DENIED},
        {"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", ERR_DENIED},
        {"<!DOCTYPE a SYSTEM 'http://example.com/x.dtd'><a/>", ERR_DENIED},
        {"<!DOCTYPE a [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;'>"
         "<!ENTITY d '&c;&c;&c;&c;'>]><a k='&d;'>&d;</a>",
         ERR_DENIED},
        {"<a>&unknown;</a>", ERR_INVALID},
        {"<a>\xff</a>", ERR_INVALID},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        ARENA_SCOPED struct arena a = {0};
        struct err e = {0};
        CHECK_NAMED(!xml_parse(&a, str_from(cases[i].text), &e), cases[i].text);
        CHECK_NAMED(e.code == cases[i].want, cases[i].text);
    }
}

static void test_depth(void)
{
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    char text[250 * 7 + 1];
    size_t n = 0;
    for (int i = 0; i < 250; i++, n += 3)
        memcpy(text + n, "<a>", 3);
    for (int i = 0; i < 250; i++, n += 4)
        memcpy(text + n, "</a>", 4);
    CHECK(!xml_parse(&a, (str){text, n}, &e) && e.code != ERR_NONE);
}

int main(void)
{
    RUN(test_tree);
    RUN(test_refused);
    RUN(test_depth);
    return check_end();
}
