/* Looks into a zip archive without unpacking anything: is it whole, and does it keep to its size?
 */
#pragma once
#include "base/err.h"

enum { ZIP_MAX_ENTRIES = 20000, ZIP_MAX_RATIO = 300 };
#define ZIP_MAX_BYTES ((uint64_t)2 << 30)   /* unpacked, in all */
#define ZIP_RATIO_FROM ((uint64_t)64 << 20) /* from this size on the ratio counts */

struct zip_facts {
    bool is_workbook;  /* holds xl/workbook.xml */
    bool is_shapefile; /* holds a .shp */
    uint64_t unpacked;
    size_t entries;
};

/* INVALID: truncated, encrypted, a path that leaves the folder; LIMIT: unpacks to too much. */
MUST_USE bool zip_examine(int fd, struct zip_facts *facts, struct err *e);
