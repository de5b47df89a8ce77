#include "identity/totp.h"

#include "check.h"

static struct arena arena;

/* RFC 6238, appendix B, cut to six digits. */
static void test_codes(void)
{
    static const struct {
        int64_t at;
        const char *code;
    } cases[] = {{59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
                 {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_NAMED(
            str_is(totp_code(&arena, STR("12345678901234567890"), cases[i].at / 30), cases[i].code),
            cases[i].code);
}

static void test_a_code_counts_once_and_drifts_one_step(void)
{
    str secret = STR("12345678901234567890");
    int64_t step = 0, now = 1111111109, at = now / TOTP_STEP;
    CHECK(totp_matches(secret, STR("081804"), now, 0, &step) && step == at);
    CHECK(!totp_matches(secret, STR("081804"), now, at, &step));
    CHECK(totp_matches(secret, STR("081804"), now + TOTP_STEP, 0, &step) && step == at);
    CHECK(totp_matches(secret, STR("081804"), now - TOTP_STEP, 0, &step));
    CHECK(!totp_matches(secret, STR("081804"), now + 2 * TOTP_STEP, 0, &step));
    CHECK(!totp_matches(secret, STR("81804"), now, 0, &step));
    CHECK(!totp_matches(secret, STR(""), now, 0, &step));
}

/* RFC 4648, section 10. */
static void test_base32(void)
{
    CHECK(str_is(base32(&arena, STR("foobar")), "MZXW6YTBOI"));
    CHECK(str_is(base32(&arena, STR("fo")), "MZXQ"));
    CHECK(str_is(base32(&arena, STR("")), ""));
}

static void test_uri_and_qr(void)
{
    struct err e = {0};
    str svg, uri = totp_uri(&arena, STR("德清县"), STR("a&b"), STR("12345678901234567890"));
    CHECK(str_is(uri,
                 "otpauth://totp/%E5%BE%B7%E6%B8%85%E5%8E%BF:a%26b"
                 "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=%E5%BE%B7%E6%B8%85%E5%8E%BF"));
    CHECK(qr_svg(&arena, uri, &svg, &e) && str_starts(svg, STR("<svg ")));
    char *long_text = arena_alloc(&arena, 5000, 1);
    memset(long_text, 'a', 5000);
    CHECK(!qr_svg(&arena, (str){long_text, 5000}, &svg, &e) && e.code == ERR_INVALID);
}

int main(void)
{
    RUN(test_codes);
    RUN(test_a_code_counts_once_and_drifts_one_step);
    RUN(test_base32);
    RUN(test_uri_and_qr);
    arena_release(&arena);
    return check_end();
}
