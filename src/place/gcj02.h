/* GCJ-02, the shifted coordinates of consumer maps in China.  Degrees; formula and vectors as
 * published and checked against gcoord 1.0.7. */
#pragma once
#include <stdbool.h>

struct position {
    double longitude, latitude; /* degrees */
};

struct position gcj02_from_wgs84(struct position p);
/* By iteration, to 1e-9 degrees. */
struct position gcj02_to_wgs84(struct position p);
/* Metres along the ground, for points up to some kilometres apart. */
double position_distance(struct position a, struct position b);
/* Whether p, said to be at reference, is there only when read as GCJ-02: 100 to 1,500 m off as it
 * stands, and less than 60 m off and a quarter of that when converted. */
bool gcj02_is_likely(struct position p, struct position reference);
