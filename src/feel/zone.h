/* IANA time zones, read once from the system's TZif files (RFC 8536) and kept for the life of the
 * process: a cache of files that do not change, safe from any thread. */
#pragma once
#include "base/str.h"

struct zone;

/* NULL if there is no such zone. */
const struct zone *zone_find(str name);
str zone_name(const struct zone *z);
/* Seconds east of Greenwich at an instant. */
int32_t zone_offset_at(const struct zone *z, int64_t utc_second);
/* At a local time.  Twice-occurring times take the earlier, skipped ones the offset before the gap,
 * as java.time does. */
int32_t zone_offset_local(const struct zone *z, int64_t local_second);
