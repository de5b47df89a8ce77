#include "intake/header.h"
#include "intake/seen.h"
#include "intake/zip_guard.h"

#include "check.h"

#include <unistd.h>

static void test_normal(void)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"身份证号", "身份证号"},
        {" 身份证号： ", "身份证号"},
        {"ＩＤ　Number*", "idnumber"},
        {"面积（亩）", "面积"},
        {"Date_Of-Birth", "dateofbirth"},
        {"住址[必填]", "住址"},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        ARENA_SCOPED struct arena a = {0};
        CHECK_NAMED(str_is(header_normal(&a, str_from(cases[i].text)), cases[i].want),
                    cases[i].text);
    }
}

static void test_seen(void)
{
    struct seen *s = seen_create();
    bool is_same = false;
    for (uint32_t i = 1; i <= 100000; i++)
        CHECK(seen_add(s, i * 0x9e3779b97f4a7c15u, i, i, &is_same) == 0);
    CHECK(seen_add(s, 5 * 0x9e3779b97f4a7c15u, 5, 7, &is_same) == 5 && is_same);
    CHECK(seen_add(s, 5 * 0x9e3779b97f4a7c15u, 6, 7, &is_same) == 5 && !is_same);
    CHECK(seen_add(s, 0, 1, 9, &is_same) == 0 &&
          seen_add(s, 0, 1, 10, &is_same) == 9); /* a hash of zero */
    seen_destroy(s);
}

static bool examine(const void *bytes, size_t n, struct err *e)
{
    struct zip_facts facts;
    char path[] = "/tmp/zip-test-XXXXXX";
    int fd = mkstemp(path);
    bool ok = fd >= 0 && write(fd, bytes, n) == (ssize_t)n && zip_examine(fd, &facts, e);
    close(fd);
    unlink(path);
    return ok;
}

static void test_zip(void)
{
    static const char empty[22] = "PK\x05\x06";
    char cut[40] = "PK\x03\x04 not a whole archive";
    char liar[22] = "PK\x05\x06";
    struct err e = {0}, f = {0}, g = {0};
    CHECK(examine(empty, sizeof empty, &e));
    CHECK(!examine(cut, sizeof cut, &f) && f.code == ERR_INVALID && f.msg_zh[0]);
    liar[10] = 5; /* five entries, no directory */
    CHECK(!examine(liar, sizeof liar, &g) && g.code == ERR_INVALID);
}

int main(void)
{
    RUN(test_normal);
    RUN(test_seen);
    RUN(test_zip);
    return check_end();
}
