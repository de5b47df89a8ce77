#include "place/gcj02.h"

#include "check.h"

#include <math.h>

/* Vectors of gcoord 1.0.7. */
static const struct {
    struct position wgs84, gcj02;
} VECTORS[] = {
    {{119.9774, 30.5425}, {119.9820488, 30.5400338}},
    {{120.0331, 30.4796}, {120.0378812, 30.4772768}},
    {{119.87, 30.61}, {119.8746351, 30.6074600}},
};

static bool is_near(struct position a, struct position b, double degrees)
{
    return fabs(a.longitude - b.longitude) < degrees && fabs(a.latitude - b.latitude) < degrees;
}

static void test_vectors(void)
{
    for (size_t i = 0; i < sizeof VECTORS / sizeof *VECTORS; i++)
        CHECK(is_near(gcj02_from_wgs84(VECTORS[i].wgs84), VECTORS[i].gcj02, 1e-7));
}

static void test_back_again(void)
{
    for (int x = 0; x < 50; x++) {
        for (int y = 0; y < 30; y++) {
            struct position p = {119.75 + x * 0.012, 30.42 + y * 0.01};
            CHECK(is_near(gcj02_to_wgs84(gcj02_from_wgs84(p)), p, 1e-8));
        }
    }
}

static void test_likely(void)
{
    struct position home = VECTORS[0].wgs84;
    CHECK(gcj02_is_likely(VECTORS[0].gcj02, home));
    CHECK(!gcj02_is_likely(home, home));
    CHECK(!gcj02_is_likely((struct position){home.longitude + 0.005, home.latitude + 0.005},
                           home)); /* elsewhere */
    CHECK(!gcj02_is_likely((struct position){home.longitude + 0.2, home.latitude}, home));
    CHECK(position_distance(VECTORS[0].gcj02, home) > 400 &&
          position_distance(VECTORS[0].gcj02, home) < 600);
}

int main(void)
{
    RUN(test_vectors);
    RUN(test_back_again);
    RUN(test_likely);
    return check_end();
}
