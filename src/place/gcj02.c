#include "place/gcj02.h"

#include <math.h>

static const double AXIS = 6378245.0, ECCENTRICITY = 0.00669342162296594323; /* Krasovsky 1940 */
static const double EARTH_RADIUS = 6371008.8;                                /* metres, mean */

static double shift_latitude(double x, double y)
{
    return -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(fabs(x)) +
           (20 * sin(6 * M_PI * x) + 20 * sin(2 * M_PI * x)) * 2 / 3 +
           (20 * sin(M_PI * y) + 40 * sin(M_PI * y / 3)) * 2 / 3 +
           (160 * sin(M_PI * y / 12) + 320 * sin(M_PI * y / 30)) * 2 / 3;
}

static double shift_longitude(double x, double y)
{
    return 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(fabs(x)) +
           (20 * sin(6 * M_PI * x) + 20 * sin(2 * M_PI * x)) * 2 / 3 +
           (20 * sin(M_PI * x) + 40 * sin(M_PI * x / 3)) * 2 / 3 +
           (150 * sin(M_PI * x / 12) + 300 * sin(M_PI * x / 30)) * 2 / 3;
}

struct position gcj02_from_wgs84(struct position p)
{
    double x = p.longitude - 105, y = p.latitude - 35, latitude = p.latitude / 180 * M_PI;
    double m = 1 - ECCENTRICITY * sin(latitude) * sin(latitude);
    double north = shift_latitude(x, y) * 180 / (AXIS * (1 - ECCENTRICITY) / (m * sqrt(m)) * M_PI);
    double east = shift_longitude(x, y) * 180 / (AXIS / sqrt(m) * cos(latitude) * M_PI);
    return (struct position){p.longitude + east, p.latitude + north};
}

struct position gcj02_to_wgs84(struct position p)
{
    struct position at = p;
    for (int i = 0; i < 30; i++) {
        struct position there = gcj02_from_wgs84(at);
        double east = there.longitude - p.longitude, north = there.latitude - p.latitude;
        at = (struct position){at.longitude - east, at.latitude - north};
        if (fabs(east) < 1e-9 && fabs(north) < 1e-9)
            break;
    }
    return at;
}

double position_distance(struct position a, struct position b)
{
    double middle = (a.latitude + b.latitude) / 360 * M_PI;
    double east = (a.longitude - b.longitude) / 180 * M_PI * cos(middle);
    double north = (a.latitude - b.latitude) / 180 * M_PI;
    return EARTH_RADIUS * sqrt(east * east + north * north);
}

bool gcj02_is_likely(struct position p, struct position reference)
{
    double off = position_distance(p, reference);
    double after = position_distance(gcj02_to_wgs84(p), reference);
    return off > 100 && off < 1500 && after < 60 && after < off / 4;
}
