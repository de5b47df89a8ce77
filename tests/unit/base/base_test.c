#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"

#include "check.h"

static int deferred_order[2], deferred_count;

static void note_deferred(void *arg)
{
    deferred_order[deferred_count++] = *(int *)arg;
}

static void test_arena(void)
{
    struct arena a = {0};
    int first = 1, second = 2;
    arena_defer(&a, note_deferred, &first);
    arena_defer(&a, note_deferred, &second);
    for (size_t i = 0; i < 1000; i++) {
        char *p = arena_alloc(&a, i, 1);
        CHECK(((uintptr_t)p & 15) == 0);
        for (size_t j = 0; j < i; j++)
            CHECK(p[j] == 0);
        memset(p, 0xff, i);
    }
    arena_reset(&a);
    CHECK(deferred_count == 2 && deferred_order[0] == 2 && deferred_order[1] == 1);
    CHECK(arena_used(&a) == 0);
    CHECK(*(char *)arena_alloc(&a, 100, 1) == 0);
    arena_release(&a);
}

static void test_buf_stops_at_its_limit(void)
{
    BUF_SCOPED struct buf b = {.max = 10};
    buf_add_lit(&b, "12345678");
    buf_add_lit(&b, "abc");
    CHECK(b.is_full && str_is(buf_str(&b), "12345678"));
    buf_clear(&b);
    buf_add_int(&b, INT64_MIN);
    CHECK(b.is_full);
    BUF_SCOPED struct buf c = {.max = 100};
    buf_add_int(&c, INT64_MIN);
    buf_add_format(&c, " %d", 0);
    CHECK(str_is(buf_str(&c), "-9223372036854775808 0"));
}

static void test_err_keeps_the_first_and_whole_characters(void)
{
    struct err e = {0};
    char longer[600];
    memset(longer, 'a', sizeof longer);
    memcpy(longer + sizeof e.msg - 3, "德", 3);
    longer[599] = '\0';
    CHECK(!err_set(&e, ERR_LIMIT, "%s", longer));
    CHECK(!err_set(&e, ERR_BROKEN, "second"));
    CHECK(e.code == ERR_LIMIT && utf8_is_valid(str_from(e.msg)) &&
          strlen(e.msg) == sizeof e.msg - 3);
}

static void test_int64(void)
{
    int64_t n = 7;
    CHECK(str_to_int64(STR("-9223372036854775808"), &n) && n == INT64_MIN);
    CHECK(str_to_int64(STR("9223372036854775807"), &n) && n == INT64_MAX);
    CHECK(!str_to_int64(STR("9223372036854775808"), &n) && n == INT64_MAX);
    CHECK(!str_to_int64(STR(""), &n) && !str_to_int64(STR("-"), &n) &&
          !str_to_int64(STR("1 "), &n));
}

static void test_utf8(void)
{
    CHECK(utf8_is_valid(STR("德清 🐎 abcdefghijkl")));
    static const char *const bad[] = {"\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe5\xbe",
                                      "aaaaaaaa\x80"};
    for (size_t i = 0; i < COUNT(bad); i++)
        CHECK_NAMED(!utf8_is_valid(str_from(bad[i])), bad[i]);
    CHECK(utf8_count(STR("德清a")) == 3);
    CHECK(utf8_is_ascii(STR("")) && utf8_is_ascii(STR("12345678 and on")));
    CHECK(!utf8_is_ascii(STR("1234567\xe5")) && !utf8_is_ascii(STR("12345678\xe5")));
}

static void test_map(void)
{
    ARENA_SCOPED struct arena a = {0};
    struct map m = {0};
    for (int i = 0; i < 1000; i++)
        map_set(&m, &a, arena_format(&a, "key%d", i),
                arena_format(&a, "%d", i).p == NULL ? NULL : &m);
    CHECK(m.n == 1000 && map_find(&m, STR("key999")) == &m && !map_has(&m, STR("key1000")));
    map_set(&m, &a, STR("key5"), NULL);
    CHECK(m.n == 1000 && map_has(&m, STR("key5")) && !map_find(&m, STR("key5")));
    CHECK(str_is(m.entries[7].key, "key7"));
}

static void test_parts(void)
{
    str rest = STR("a,,b"), part;
    CHECK(str_take_part(&rest, ',', &part) && str_is(part, "a"));
    CHECK(str_take_part(&rest, ',', &part) && part.n == 0);
    CHECK(str_take_part(&rest, ',', &part) && str_is(part, "b"));
    CHECK(!str_take_part(&rest, ',', &part));
}

int main(void)
{
    RUN(test_arena);
    RUN(test_buf_stops_at_its_limit);
    RUN(test_err_keeps_the_first_and_whole_characters);
    RUN(test_int64);
    RUN(test_utf8);
    RUN(test_map);
    RUN(test_parts);
    return check_end();
}
