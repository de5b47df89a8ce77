#include "registry/registry.h"

#include "base/date.h"
#include "check.h"

static int32_t day(const char *text)
{
    int32_t d = 0;
    CHECK_NAMED(date_parse(str_from(text), &d), text);
    return d;
}

/* 2026: Labour Day 1 to 5 May off, Saturday 9 May worked. */
static void test_working_days(void)
{
    int32_t off[5], work[1] = {day("2026-05-09")};
    for (int i = 0; i < 5; i++)
        off[i] = day("2026-05-01") + i;
    struct calendar c = {.off = off, .work = work, .off_count = 5, .work_count = 1};
    static const struct {
        const char *from;
        int n;
        const char *to;
    } cases[] = {
        {"2026-04-30", 1, "2026-05-06"},  {"2026-04-30", 3, "2026-05-08"},
        {"2026-04-30", 4, "2026-05-09"},  {"2026-04-30", 5, "2026-05-11"},
        {"2026-11-25", 10, "2026-12-09"}, {"2026-11-27", 1, "2026-11-30"},
        {"2026-11-28", 1, "2026-11-30"},  {"2026-11-25", 0, "2026-11-25"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CHECK_NAMED(calendar_add_working_days(&c, day(cases[i].from), cases[i].n) ==
                        day(cases[i].to),
                    cases[i].from);
        CHECK_NAMED(calendar_working_days_between(&c, day(cases[i].from), day(cases[i].to)) ==
                        cases[i].n,
                    cases[i].from);
    }
    CHECK(calendar_working_days_between(&c, day("2026-05-06"), day("2026-04-30")) == -1);
}

static void test_dates(void)
{
    int32_t d;
    CHECK(day("1970-01-01") == 0 && day("2000-02-29") == 11016 && day("0001-01-01") == -719162);
    CHECK(!date_parse(STR("1900-02-29"), &d) && !date_parse(STR("2026-13-01"), &d) &&
          !date_parse(STR("2026-1-01"), &d));
    for (int32_t i = -800000; i < 2000000; i += 997) {
        struct date back = date_from_days(i);
        CHECK(date_to_days(back) == i);
    }
}

int main(void)
{
    RUN(test_working_days);
    RUN(test_dates);
    return check_end();
}
