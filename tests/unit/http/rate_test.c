#include "http/rate.h"

#include "check.h"

#include <pthread.h>

static void test_a_bucket(void)
{
    struct rate *r = rate_create(10, 20);
    int64_t wait = 0, now = 1000;
    for (int i = 0; i < 20; i++)
        CHECK(rate_take(r, STR("a"), 1, now, &wait));
    CHECK(!rate_take(r, STR("a"), 1, now, &wait) && wait > 90 && wait <= 101);
    CHECK(!rate_take(r, STR("a"), 5, now, &wait) && wait > 490 && wait <= 501);
    CHECK(rate_take(r, STR("b"), 1, now, &wait)); /* somebody else */
    CHECK(!rate_take(r, STR("a"), 1, now + 90, &wait));
    CHECK(rate_take(r, STR("a"), 1, now + 101, &wait));
    CHECK(rate_take(r, STR("a"), 1, now - 5000, &wait) == false); /* a clock set back gives none */
    for (int i = 0; i < 20; i++)
        CHECK(rate_take(r, STR("a"), 1, now + 100000, &wait)); /* never more than the burst */
    CHECK(!rate_take(r, STR("a"), 1, now + 100000, &wait));
    CHECK(rate_take(r, STR("c"), 1000, now, &wait)); /* costs more than the burst: all of it */
    CHECK(!rate_take(r, STR("c"), 1, now, &wait));
    rate_destroy(r);
    CHECK(!rate_create(0, 10) && rate_take(NULL, STR("a"), 1, 0, &wait));
}

/* A flood from a million clients pushes out only who has not asked for longest. */
static void test_a_flood(void)
{
    struct rate *r = rate_create(1, 2);
    int64_t wait = 0, refused = 0;
    for (int i = 0; i < 1000000; i++) {
        char who[32];
        int n = snprintf(who, sizeof who, "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
        CHECK(rate_take(r, (str){who, (size_t)n}, 1, 1000 + i / 1000, &wait));
        if (i % 50 == 0)
            refused += !rate_take(r, STR("steady"), 1, 1000 + i / 1000, &wait);
    }
    CHECK(refused > 19900);
    rate_destroy(r);
}

static struct rate *shared;
static int passed[4];

static void *take_many(void *arg)
{
    int *n = arg;
    int64_t wait;
    for (int i = 0; i < 100000; i++)
        *n += rate_take(shared, STR("one"), 1, 5000, &wait);
    return NULL;
}

static void test_threads_share_a_bucket(void)
{
    pthread_t threads[4];
    shared = rate_create(1, 1000);
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, take_many, &passed[i]) == 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK(passed[0] + passed[1] + passed[2] + passed[3] == 1000);
    rate_destroy(shared);
}

static void test_addresses(void)
{
    char a[16], b[16];
    CHECK(str_is(rate_address(STR("192.0.2.1"), a), "192.0.2.1"));
    CHECK(str_equal(rate_address(STR("2001:db8:1:2::1"), a),
                    rate_address(STR("2001:db8:1:2:ffff::9"), b)));
    CHECK(!str_equal(rate_address(STR("2001:db8:1:2::1"), a),
                     rate_address(STR("2001:db8:1:3::1"), b)));
    CHECK(!str_equal(rate_address(STR("::ffff:192.0.2.1"), a),
                     rate_address(STR("::ffff:192.0.2.2"), b)));
    CHECK(rate_address(STR(""), a).n == 0 && str_is(rate_address(STR("x:y"), a), "x:y"));
}

int main(void)
{
    RUN(test_a_bucket);
    RUN(test_a_flood);
    RUN(test_threads_share_a_bucket);
    RUN(test_addresses);
    return check_end();
}
