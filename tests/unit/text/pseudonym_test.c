#include "text/pseudonym.h"

#include "text/format.h"

#include "check.h"

#include <stdlib.h>

static struct arena arena;
static const uint8_t KEY[PSEUDONYM_KEY_BYTES] = {1, 2, 3};

static struct pseudonymiser *with(str word)
{
    struct err e = {0};
    struct pseudonymiser *p = pseudonymiser_create(KEY, word, &e);
    CHECK(p != NULL);
    return p;
}

/* Every value of a kind stays in its domain, goes back, and is another. */
static void test_shapes(void)
{
    static const struct {
        enum pseudonym_kind kind;
        const char *text, *kept; /* what stays at the beginning */
    } cases[] = {
        {PSEUDONYM_RESIDENT_ID, "330521199001010014", ""},
        {PSEUDONYM_RESIDENT_ID, "11010519491231002X", ""},
        {PSEUDONYM_RESIDENT_ID, "990105180012310017", "99"},
        {PSEUDONYM_USCC, "91330521MA28CJCYXR", "91"},
        {PSEUDONYM_MOBILE, "13812345678", "1"},
        {PSEUDONYM_MOBILE, "19900000000", "1"},
        {PSEUDONYM_PHONE, "0572-8062345", "0572-"},
        {PSEUDONYM_PHONE, "057280623456", "0572"},
        {PSEUDONYM_PHONE, "8062345", ""},
        {PSEUDONYM_PHONE, "010-62345678-123", "010-"},
        {PSEUDONYM_PHONE, "13812345678", "1"},
        {PSEUDONYM_CARD, "6222021205012345674", "622202"},
        {PSEUDONYM_PLATE, "浙E12345", "浙E"},
        {PSEUDONYM_PLATE, "浙EA1B2C", "浙E"},
        {PSEUDONYM_PLATE, "浙ED12345", "浙E"},
        {PSEUDONYM_PLATE, "浙E12345D", "浙E"},
        {PSEUDONYM_PLATE, "粤Z1234港", "粤Z"},
    };
    struct pseudonymiser *p = with(STR("research")), *other = with(STR("university"));
    for (size_t i = 0; i < COUNT(cases); i++) {
        str in = str_from(cases[i].text), back;
        struct format_advice advice = {{0}};
        const struct format *f = format_find(str_from(pseudonym_name(cases[i].kind)));
        if (format_check(f, in, &advice) != FORMAT_NONE && advice.suggestion[0])
            in = arena_copy(&arena, str_from(advice.suggestion)); /* the right check digit */
        CHECK_NAMED(format_check(f, in, NULL) == FORMAT_NONE, cases[i].text);
        str out = pseudonym_make(p, &arena, cases[i].kind, in);
        const char *name = arena_format(&arena, "%s → %s", cases[i].text, out.p).p;
        CHECK_NAMED(format_check(f, out, NULL) == FORMAT_NONE, name);
        CHECK_NAMED(!str_equal(in, out), name);
        CHECK_NAMED(out.n == in.n && str_starts(out, str_from(cases[i].kept)), name);
        CHECK_NAMED(pseudonym_undo(p, &arena, cases[i].kind, out, &back), name);
        CHECK_NAMED(str_equal(back, in), name);
        CHECK_NAMED(str_equal(out, pseudonym_make(p, &arena, cases[i].kind, in)), name);
        CHECK_NAMED(!str_equal(out, pseudonym_make(other, &arena, cases[i].kind, in)), name);
    }
    str mobile = pseudonym_make(p, &arena, PSEUDONYM_MOBILE, STR("13812345678"));
    CHECK(str_equal(mobile, pseudonym_make(p, &arena, PSEUDONYM_PHONE, STR("13812345678"))));
    pseudonymiser_destroy(p);
    pseudonymiser_destroy(other);
}

static str resident(struct arena *a, unsigned n)
{
    struct format_advice advice;
    str s = arena_format(a, "3305%02u%04u%02u%02u%03u1", n % 31, 1901 + n % 120, 1 + n / 7 % 12,
                         1 + n / 3 % 28, n % 1000);
    if (format_check(format_find(STR("resident-id")), s, &advice) != FORMAT_NONE)
        s = arena_copy(a, str_from(advice.suggestion));
    return s;
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, 18);
}

static void test_no_two_become_one(void)
{
    enum { MANY = 40000 };
    struct pseudonymiser *p = with(STR(""));
    char *in = arena_alloc(&arena, MANY, 18), *out = arena_alloc(&arena, MANY, 18);
    size_t n_in = 1, n_out = 1, bad = 0;
    for (unsigned i = 0; i < MANY; i++) {
        ARENA_SCOPED struct arena a = {0};
        str was = resident(&a, i * 7919u), back;
        str is = pseudonym_make(p, &a, PSEUDONYM_RESIDENT_ID, was);
        bad += is.n != 18 || format_check(format_find(STR("resident-id")), is, NULL);
        bad += !pseudonym_undo(p, &a, PSEUDONYM_RESIDENT_ID, is, &back) || !str_equal(back, was);
        memcpy(in + i * 18, was.p, 18);
        memcpy(out + i * 18, is.p, 18);
    }
    qsort(in, MANY, 18, compare);
    qsort(out, MANY, 18, compare);
    for (size_t i = 1; i < MANY; i++) {
        n_in += memcmp(in + i * 18, in + (i - 1) * 18, 18) != 0;
        n_out += memcmp(out + i * 18, out + (i - 1) * 18, 18) != 0;
    }
    CHECK(bad == 0 && n_in == n_out && n_in > MANY / 2);
    pseudonymiser_destroy(p);
}

static void test_text(void)
{
    struct pseudonymiser *p = with(STR(""));
    str back;
    CHECK(pseudonym_make(p, &arena, PSEUDONYM_NAME, STR("")).n == 0);
    str name = pseudonym_make(p, &arena, PSEUDONYM_NAME, STR("张小明"));
    CHECK(name.n == 9 && !str_is(name, "张小明") && utf8_is_valid(name));
    CHECK(str_equal(name, pseudonym_make(p, &arena, PSEUDONYM_NAME, STR("张小明"))));
    CHECK(pseudonym_make(p, &arena, PSEUDONYM_NAME, STR("John Smith")).n == 11);
    str at = pseudonym_make(p, &arena, PSEUDONYM_ADDRESS,
                            STR("浙江省湖州市德清县武康街道英溪南路121号3幢201室"));
    CHECK(str_starts(at, STR("浙江省湖州市德清县武康街道")));
    CHECK(str_find(at, STR("英溪")) == SIZE_MAX && str_find(at, STR("121")) == SIZE_MAX);
    CHECK(str_find(pseudonym_make(p, &arena, PSEUDONYM_ADDRESS, STR("英溪路7号")), STR("英溪")) ==
          SIZE_MAX);
    str text = pseudonym_make(p, &arena, PSEUDONYM_TEXT, STR("他住在武康"));
    CHECK(text.n == 22 && str_starts(text, STR("P-")));
    CHECK(!pseudonym_undo(p, &arena, PSEUDONYM_TEXT, text, &back));
    /* What has not the shape of its kind is text. */
    CHECK(str_starts(pseudonym_make(p, &arena, PSEUDONYM_RESIDENT_ID, STR("330521")), STR("P-")));
    CHECK(str_starts(pseudonym_make(p, &arena, PSEUDONYM_MOBILE, STR("4008001234")), STR("P-")));
    CHECK(!str_equal(pseudonym_make(p, &arena, PSEUDONYM_MOBILE, STR("x")),
                     pseudonym_make(p, &arena, PSEUDONYM_CARD, STR("x"))));
    pseudonymiser_destroy(p);
    struct err e = {0};
    char *word = arena_alloc(&arena, 300, 1);
    memset(word, 'w', 300);
    CHECK(!pseudonymiser_create(KEY, (str){word, 300}, &e) && e.code == ERR_INVALID);
}

static void test_days(void)
{
    struct pseudonymiser *p = with(STR("")), *other = with(STR("b"));
    size_t same = 0, ahead = 0;
    for (unsigned i = 0; i < 1000; i++) {
        str who = arena_format(&arena, "person %u", i);
        int32_t d = pseudonym_days(p, who);
        CHECK(d >= -183 && d <= 183 && d != 0 && d == pseudonym_days(p, who));
        same += d == pseudonym_days(other, who);
        ahead += d > 0;
    }
    CHECK(same < 20 && ahead > 400 && ahead < 600);
    pseudonymiser_destroy(p);
    pseudonymiser_destroy(other);
}

int main(void)
{
    RUN(test_shapes);
    RUN(test_no_two_become_one);
    RUN(test_text);
    RUN(test_days);
    arena_release(&arena);
    return check_end();
}
