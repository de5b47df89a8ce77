#include "text/format.h"

#include "check.h"

static void test_chinese(void)
{
    static const struct {
        const char *format, *text;
        enum format_reason want;
        const char *suggestion;
    } cases[] = {
        {"resident-id", "11010519491231002X", FORMAT_NONE, ""},
        {"resident-id", "440524188001010014", FORMAT_NONE, ""},
        {"resident-id", "110105194912310021", FORMAT_CHECK_DIGIT, "11010519491231002X"},
        {"resident-id", "11010519491231002x", FORMAT_LETTER_CASE, "11010519491231002X"},
        {"resident-id", "110105491231002", FORMAT_OLD_15, "11010519491231002X"},
        {"resident-id", "11010519490231002X", FORMAT_DATE, ""},
        {"resident-id", "3.30521E+17", FORMAT_SCIENTIFIC, ""},
        {"resident-id", "330521199001010000", FORMAT_ROUNDED, ""},
        {"resident-id", "01010519491231002X", FORMAT_REGION, ""},
        {"resident-id", "1101051949123100", FORMAT_LENGTH, ""},
        {"resident-id", "1101051949123A002X", FORMAT_CHARACTER, ""},
        {"resident-id", "", FORMAT_LENGTH, ""},
        {"uscc", "91350100M000100Y43", FORMAT_NONE, ""},
        {"uscc", "91350100M000100Y44", FORMAT_CHECK_DIGIT, "91350100M000100Y43"},
        {"uscc", "91350100m000100y43", FORMAT_LETTER_CASE, "91350100M000100Y43"},
        {"uscc", "91350100M000I00Y43", FORMAT_CHARACTER, ""},
        {"uscc", "9135", FORMAT_LENGTH, ""},
        {"org-code", "D2143569X", FORMAT_NONE, ""},
        {"org-code", "D2143569-X", FORMAT_NONE, ""},
        {"org-code", "D21435691", FORMAT_CHECK_DIGIT, "D2143569X"},
        {"division-code", "330521", FORMAT_NONE, ""},
        {"division-code", "330521001200", FORMAT_NONE, ""},
        {"division-code", "33052", FORMAT_LENGTH, ""},
        {"division-code", "990521", FORMAT_REGION, ""},
        {"mobile-cn", "13800138000", FORMAT_NONE, ""},
        {"mobile-cn", "+86 138-0013-8000", FORMAT_STRUCTURE, "13800138000"},
        {"mobile-cn", "12800138000", FORMAT_STRUCTURE, ""},
        {"mobile-cn", "1.38E+10", FORMAT_SCIENTIFIC, ""},
        {"phone-cn", "0572-8062000", FORMAT_NONE, ""},
        {"phone-cn", "010-12345678", FORMAT_STRUCTURE, ""},
        {"phone-cn", "12345", FORMAT_NONE, ""},
        {"phone-cn", "0572-8062000-801", FORMAT_NONE, ""},
        {"plate-cn", "浙E12345", FORMAT_NONE, ""},
        {"plate-cn", "浙E·12345", FORMAT_STRUCTURE, "浙E12345"},
        {"plate-cn", "浙e12345", FORMAT_LETTER_CASE, "浙E12345"},
        {"plate-cn", "浙ED12345", FORMAT_NONE, ""},
        {"plate-cn", "浙E12345D", FORMAT_NONE, ""},
        {"plate-cn", "浙E1234挂", FORMAT_NONE, ""},
        {"plate-cn", "浙EI2345", FORMAT_STRUCTURE, ""},
        {"vin", "LSVAA4182E2184847", FORMAT_NONE, ""},
        {"vin", "lsvaa4182e2184847", FORMAT_LETTER_CASE, "LSVAA4182E2184847"},
        {"vin", "LSVAA4182O2184847", FORMAT_CHARACTER, ""},
        {"postcode-cn", "313200", FORMAT_NONE, ""},
        {"postcode-cn", "31320", FORMAT_LENGTH, ""},
        {"bank-card", "6222021234567890128", FORMAT_NONE, ""},
        {"bank-card", "4111111111111111", FORMAT_NONE, ""},
        {"bank-card", "4111111111111112", FORMAT_CHECK_DIGIT, "4111111111111111"},
        {"parcel-code", "330521001001GB00001", FORMAT_NONE, ""},
        {"parcel-code", "330521001001GB00001F00010001", FORMAT_NONE, ""},
        {"parcel-code", "330521001001GB00001A00010001", FORMAT_CHARACTER, ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct format_advice advice;
        const struct format *f = format_find(str_from(cases[i].format));
        CHECK_NAMED(f != NULL, cases[i].format);
        if (!f)
            continue;
        enum format_reason r = format_check(f, str_from(cases[i].text), &advice);
        CHECK_NAMED(r == cases[i].want, cases[i].text);
        if (cases[i].suggestion)
            CHECK_NAMED(strcmp(advice.suggestion, cases[i].suggestion) == 0, cases[i].text);
        CHECK_NAMED(format_check(f, str_from(cases[i].text), NULL) == r, cases[i].text);
        /* What is suggested is right, unless another mistake stands beside it. */
        if (advice.suggestion[0])
            CHECK_NAMED(format_check(f, str_from(advice.suggestion), NULL) == FORMAT_NONE,
                        cases[i].text);
    }
}

static void test_standard(void)
{
    static const struct {
        const char *format, *text;
        bool want;
    } cases[] = {
        {"date", "2024-02-29", true},
        {"date", "2023-02-29", false},
        {"time", "23:59:60Z", true},
        {"time", "22:59:60Z", false},
        {"time", "12:00:00", false},
        {"date-time", "2021-09-07T12:00:00+08:00", true},
        {"date-time", "2021-09-07 12:00:00+08:00", false},
        {"duration", "P1Y2M3DT4H5M6S", true},
        {"duration", "PT", false},
        {"email", "a@deqing.gov.cn", true},
        {"email", "a@-deqing.gov.cn", false},
        {"idn-email", "张三@例子.中国", true},
        {"hostname", "www.deqing.gov.cn", true},
        {"hostname", "www.deqing.gov.cn.", false},
        {"hostname", "a_b.cn", false},
        {"idn-hostname", "德清。中国", true},
        {"idn-hostname", "。", false},
        {"ipv4", "127.0.0.1", true},
        {"ipv4", "127.0.0.01", false},
        {"ipv6", "::1", true},
        {"ipv6", "1::2::3", false},
        {"ipv6", "1:2:3:4:5:6:7:8", true},
        {"ipv6", "1:2:3:4:5:6:7::", true},
        {"ipv6", ":1", false},
        {"ipv6", "::ffff:1.2.3.4", true},
        {"uri", "http://a/b?c#d", true},
        {"uri", "/b", false},
        {"uri-reference", "/b", true},
        {"iri", "http://例子/路径", true},
        {"uri", "http://例子/路径", false},
        {"uri-template", "/a/{b}{?c*,d:3}", true},
        {"uri-template", "/a/{b", false},
        {"json-pointer", "/a/~0~1", true},
        {"json-pointer", "/a/~2", false},
        {"relative-json-pointer", "1/a", true},
        {"relative-json-pointer", "01/a", false},
        {"regex", "^a+$", true},
        {"regex", "a**", false},
        {"uuid", "2eb8aa08-aa98-11ea-b4aa-73b441d16380", true},
        {"uuid", "2eb8aa08aa98-11ea-b4aa-73b441d16380", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct format *f = format_find(str_from(cases[i].format));
        CHECK_NAMED(f && f->is_standard, cases[i].format);
        if (f)
            CHECK_NAMED((format_check(f, str_from(cases[i].text), NULL) == FORMAT_NONE) ==
                            cases[i].want,
                        cases[i].text);
    }
}

int main(void)
{
    RUN(test_chinese);
    RUN(test_standard);
    return check_end();
}
