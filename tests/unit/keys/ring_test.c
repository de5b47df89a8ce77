#include "keys/ring.h"

#include "base/cipher.h"

#include "check.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct arena arena;
#define A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define B "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"

static void test_parse(void)
{
    static const struct {
        const char *text;
        bool is_good;
    } cases[] = {
        {"shuzhi-keys 1\ngeneration 1 active 2026-01-01T00:00:00Z " A "\n", true},
        {"shuzhi-keys 1\n# a word\n\ngeneration 3 old 2026-01-01T00:00:00Z " A "\n"
         "generation 7 active 2026-01-01T00:00:00Z " B "\ndatabase record-handle " A "\n",
         true},
        {"", false},
        {"shuzhi-keys 1\n", false},
        {"shuzhi-keys 2\ngeneration 1 active 2026-01-01T00:00:00Z " A "\n", false},
        {"generation 1 active 2026-01-01T00:00:00Z " A "\n", false},
        {"shuzhi-keys 1\ngeneration 1 old 2026-01-01T00:00:00Z " A "\n", false},
        {"shuzhi-keys 1\ngeneration 0 active 2026-01-01T00:00:00Z " A "\n", false},
        {"shuzhi-keys 1\ngeneration 1 active 2026-01-01T00:00:00Z 0011\n", false},
        {"shuzhi-keys 1\ngeneration 1 active " A "\n", false},
        {"shuzhi-keys 1\ngeneration 1 active 2026-01-01T00:00:00Z " A " more\n", false},
        {"shuzhi-keys 1\ngeneration 1 king 2026-01-01T00:00:00Z " A "\n", false},
        {"shuzhi-keys 1\ngeneration 1 active 2026-01-01T00:00:00Z000000000000000 " A "\n", false},
        {"shuzhi-keys 1\ngeneration 2 active 2026-01-01T00:00:00Z " A "\n"
         "generation 1 old 2026-01-01T00:00:00Z " B "\n",
         false},
        {"shuzhi-keys 1\ngeneration 1 active 2026-01-01T00:00:00Z " A "\n"
         "generation 2 active 2026-01-01T00:00:00Z " B "\n",
         false},
        {"shuzhi-keys 1\ngeneration 1 active 2026-01-01T00:00:00Z " A "\ndatabase x " A "\n",
         false},
        {"shuzhi-keys 1\nking\n", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ring_file f = {0};
        struct err e = {0};
        bool ok = ring_file_parse(&f, str_from(cases[i].text), &e);
        CHECK_NAMED(ok == cases[i].is_good, cases[i].text);
        CHECK_NAMED(ok || (e.code == ERR_INVALID && !f.n && !strstr(e.msg, "0011")), cases[i].text);
        ring_wipe(&f);
    }
}

static void test_uses_have_keys_of_their_own(void)
{
    struct ring_file f = {0};
    struct err e = {0};
    CHECK(ring_file_add(&f, &e) && ring_file_add(&f, &e));
    CHECK(f.generations[0].state == GENERATION_ACTIVE);
    CHECK(f.generations[1].state == GENERATION_WAITING);
    for (size_t i = 0; i < 2; i++) {
        for (size_t use = 0; use < KEY_USE_COUNT; use++) {
            CHECK(memcmp(f.generations[i].keys[use], f.generations[i].master, 32) != 0);
            CHECK(memcmp(f.generations[i].keys[use], f.generations[!i].keys[use], 32) != 0);
            size_t other = (use + 1) % KEY_USE_COUNT;
            CHECK(memcmp(f.generations[i].keys[use], f.generations[i].keys[other], 32) != 0);
        }
    }
    ring_wipe(&f);
}

static void test_a_ring_follows_its_file(void)
{
    char path[] = "/tmp/shuzhi-ring-XXXXXX";
    struct ring_file f = {0};
    struct err e = {0};
    str text, old, new;
    close(mkstemp(path));
    unlink(path);
    CHECK(!ring_open(path, &e) && e.code == ERR_MISSING);
    e = (struct err){0};
    CHECK(ring_file_add(&f, &e) && ring_file_save(&f, path, RING_NEW, &e));
    CHECK(!ring_file_save(&f, path, RING_NEW, &e) && e.code == ERR_CONFLICT);
    e = (struct err){0};
    struct ring *r = ring_open(path, &e);
    CHECK(r != NULL);
    old = ring_seal(r, &arena, KEY_USE_HANDLE, STR("person"), STR("330521"));
    CHECK(str_starts(old, STR("1.")));
    CHECK(ring_file_add(&f, &e) && ring_file_activate(&f, &e) &&
          ring_file_save(&f, path, RING_OVER, &e));
    /* Another process may know the new generation first. */
    struct ring *other = ring_open(path, &e);
    new = ring_seal(other, &arena, KEY_USE_HANDLE, STR("person"), STR("330521"));
    CHECK(str_starts(new, STR("2.")));
    CHECK(ring_unseal(r, &arena, KEY_USE_HANDLE, STR("person"), new, &text));
    CHECK(str_is(text, "330521"));
    CHECK(ring_active(r) == 2);
    CHECK(ring_unseal(other, &arena, KEY_USE_HANDLE, STR("person"), old, &text));
    CHECK(!ring_unseal(r, &arena, KEY_USE_HANDLE, STR("firm"), old, &text));
    CHECK(!ring_unseal(r, &arena, KEY_USE_SECOND, STR("person"), old, &text));
    CHECK(!ring_unseal(r, &arena, KEY_USE_HANDLE, STR("person"), str_slice(old, 2, old.n), &text));
    CHECK(ring_file_drop(&f, 1, &e) && ring_file_save(&f, path, RING_OVER, &e));
    CHECK(ring_refresh(r, &e));
    CHECK(!ring_unseal(r, &arena, KEY_USE_HANDLE, STR("person"), old, &text));
    f.generations[0].master[3] ^= 1;
    CHECK(ring_file_save(&f, path, RING_OVER, &e));
    CHECK(!ring_refresh(r, &e) && e.code == ERR_CONFLICT);
    CHECK(ring_unseal(r, &arena, KEY_USE_HANDLE, STR("person"), new, &text));
    e = (struct err){0};
    CHECK(chmod(path, 0644) == 0 && !ring_refresh(r, &e) && e.code == ERR_INVALID);
    ring_close(r);
    ring_close(other);
    unlink(path);
}

static void test_keys_of_a_database_open(void)
{
    char path[] = "/tmp/shuzhi-ring-XXXXXX";
    struct ring_file f = {0};
    struct err e = {0};
    uint8_t key[RING_KEY_BYTES] = {7};
    str text;
    close(mkstemp(path));
    CHECK(ring_file_add(&f, &e) && ring_file_save(&f, path, RING_OVER, &e));
    struct ring *r = ring_open(path, &e);
    str sealed = seal(&arena, key, STR("l"), STR("text"));
    CHECK(!ring_unseal(r, &arena, KEY_USE_SECOND, STR("l"), sealed, &text));
    ring_adopt(r, KEY_USE_SECOND, key);
    CHECK(ring_unseal(r, &arena, KEY_USE_SECOND, STR("l"), sealed, &text) && str_is(text, "text"));
    CHECK(!ring_unseal(r, &arena, KEY_USE_HANDLE, STR("l"), sealed, &text));
    ring_close(r);
    unlink(path);
}

int main(void)
{
    RUN(test_parse);
    RUN(test_uses_have_keys_of_their_own);
    RUN(test_a_ring_follows_its_file);
    RUN(test_keys_of_a_database_open);
    arena_release(&arena);
    return check_end();
}
