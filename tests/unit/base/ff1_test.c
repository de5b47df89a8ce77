#include "base/ff1.h"

#include "base/cipher.h"

#include "check.h"

#include <stdlib.h>

static struct arena arena;

static const char DIGITS[] = "0123456789abcdefghijklmnopqrstuvwxyz";

static size_t numerals_of(const char *text, uint16_t *x)
{
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++)
        x[i] = (uint16_t)(strchr(DIGITS, text[i]) - DIGITS);
    return n;
}

/* The samples that NIST publishes with SP 800-38G ("FF1samples"). */
static void test_samples_of_the_standard(void)
{
#define KEY128 "2B7E151628AED2A6ABF7158809CF4F3C"
#define KEY192 KEY128 "EF4359D8D580AA4F"
#define KEY256 KEY192 "7F036D6F04FC6A94"
    static const struct {
        const char *key, *tweak;
        unsigned radix;
        const char *plain, *sealed;
    } cases[] = {
        {KEY128, "", 10, "0123456789", "2433477484"},
        {KEY128, "39383736353433323130", 10, "0123456789", "6124200773"},
        {KEY128, "3737373770717273373737", 36, "0123456789abcdefghi", "a9tv40mll9kdu509eum"},
        {KEY192, "", 10, "0123456789", "2830668132"},
        {KEY192, "39383736353433323130", 10, "0123456789", "2496655549"},
        {KEY192, "3737373770717273373737", 36, "0123456789abcdefghi", "xbj3kv35jrawxv32ysr"},
        {KEY256, "", 10, "0123456789", "6657667009"},
        {KEY256, "39383736353433323130", 10, "0123456789", "1001623463"},
        {KEY256, "3737373770717273373737", 36, "0123456789abcdefghi", "xs8a0azh2avyalyzuwd"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err e = {0};
        uint8_t key[32], tweak[32];
        uint16_t x[32], want[32], before[32];
        size_t key_n = strlen(cases[i].key) / 2, tweak_n = strlen(cases[i].tweak) / 2;
        size_t n = numerals_of(cases[i].plain, x);
        numerals_of(cases[i].plain, before);
        numerals_of(cases[i].sealed, want);
        CHECK(bytes_from_hex(str_from(cases[i].key), key, key_n));
        CHECK(bytes_from_hex(str_from(cases[i].tweak), tweak, tweak_n));
        struct ff1 *f = ff1_create(FF1_AES, (str){(char *)key, key_n}, &e);
        str t = {(char *)tweak, tweak_n};
        CHECK(ff1_apply(f, FF1_ENCRYPT, cases[i].radix, t, x, n, &e));
        CHECK_NAMED(memcmp(x, want, n * sizeof *x) == 0, cases[i].sealed);
        CHECK(ff1_apply(f, FF1_DECRYPT, cases[i].radix, t, x, n, &e));
        CHECK_NAMED(memcmp(x, before, n * sizeof *x) == 0, cases[i].plain);
        ff1_destroy(f);
    }
}

static struct ff1 *with_sm4(void)
{
    struct err e = {0};
    struct ff1 *f = ff1_create(FF1_SM4, STR("0123456789abcdef"), &e);
    CHECK(f != NULL);
    return f;
}

static void test_limits(void)
{
    struct ff1 *f = with_sm4();
    static const struct {
        unsigned radix;
        size_t n;
        bool is_good;
    } cases[] = {
        {10, 6, true},     {10, 5, false},   {2, 20, true},    {2, 19, false},     {65536, 2, true},
        {65537, 2, false}, {1, 20, false},   {1000, 2, true},  {999, 2, false},    {10, 38, true},
        {10, 40, false},   {10, 129, false}, {65536, 8, true}, {65536, 10, false}, {10, 1, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint16_t x[160] = {0};
        struct err e = {0};
        char name[32];
        snprintf(name, sizeof name, "radix %u, %zu numerals", cases[i].radix, cases[i].n);
        bool ok = ff1_apply(f, FF1_ENCRYPT, cases[i].radix, STR("t"), x, cases[i].n, &e);
        CHECK_NAMED(ok == cases[i].is_good, name);
        bool back = ok && ff1_apply(f, FF1_DECRYPT, cases[i].radix, STR("t"), x, cases[i].n, &e);
        for (size_t k = 0; back && k < cases[i].n; k++)
            CHECK_NAMED(x[k] == 0, name);
    }
    uint16_t x[] = {1, 2, 3, 4, 5, 10};
    struct err e = {0};
    CHECK(!ff1_apply(f, FF1_ENCRYPT, 10, STR(""), x, 6, &e) && e.code == ERR_INVALID);
    e = (struct err){0};
    CHECK(!ff1_create(FF1_SM4, STR("short"), &e) && e.code == ERR_INVALID);
    ff1_destroy(f);
}

/* Every value of a whole domain once: a permutation. */
static void test_permutes(void)
{
    struct ff1 *f = with_sm4();
    enum { SIZE = 1000003 };
    uint8_t *seen = arena_alloc(&arena, SIZE, 1);
    size_t fixed = 0, twice = 0;
    for (unsigned i = 0; i < SIZE; i++) {
        struct err e = {0};
        ff1_number x = i;
        if (!ff1_permute(f, FF1_ENCRYPT, SIZE, STR("d"), &x, &e) || x >= SIZE)
            abort();
        twice += seen[x]++;
        fixed += x == i;
    }
    CHECK(twice == 0 && fixed < 12);
    static const uint64_t sizes[] = {1000000,    34ull * 34 * 34 * 34, 7000000000, 4294967296,
                                     4294967297, 131487300000000,      UINT64_MAX};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        for (uint64_t k = 0; k < 200; k++) {
            struct err e = {0};
            ff1_number was = (ff1_number)(k * 2654435761u * 97003) % sizes[i], x = was;
            CHECK(ff1_permute(f, FF1_ENCRYPT, sizes[i], STR("t"), &x, &e) && x < sizes[i]);
            CHECK(ff1_permute(f, FF1_DECRYPT, sizes[i], STR("t"), &x, &e) && x == was);
        }
    }
    struct err e = {0};
    ff1_number x = 5;
    CHECK(!ff1_permute(f, FF1_ENCRYPT, 999999, STR(""), &x, &e) && e.code == ERR_INVALID);
    ff1_destroy(f);
}

static void test_tweaks_are_permutations_of_their_own(void)
{
    struct ff1 *f = with_sm4();
    unsigned same = 0;
    for (unsigned i = 0; i < 200; i++) {
        struct err e = {0};
        ff1_number a = i, b = i;
        CHECK(ff1_permute(f, FF1_ENCRYPT, 10000000, STR("a"), &a, &e));
        CHECK(ff1_permute(f, FF1_ENCRYPT, 10000000, STR("b"), &b, &e));
        same += a == b;
    }
    CHECK(same == 0);
    ff1_destroy(f);
}

int main(void)
{
    RUN(test_samples_of_the_standard);
    RUN(test_limits);
    RUN(test_permutes);
    RUN(test_tweaks_are_permutations_of_their_own);
    arena_release(&arena);
    return check_end();
}
