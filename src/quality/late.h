/* Feeds that did not come when their dataset promises: a case at the source, closed by the next
 * load. */
#pragma once
#include "registry/registry.h"
#include "store/db.h"

/* Opens a case for each dataset whose newest load is older than its x-update, unless one is open,
 * and closes those that have been loaded since.  today: days since 1970-01-01 in China. */
MUST_USE bool late_check(struct db *db, const struct registry *r, int32_t today, struct err *e);
