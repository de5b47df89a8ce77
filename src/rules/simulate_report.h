/* A simulation's report as members of a JSON object: "all", "fields" (titles of what was counted
 * by), "by" and "top". */
#pragma once
#include "dmn/simulate.h"
#include "registry/registry.h"

/* What a report is of; registry and dataset give fields and codes their titles, NULL: none. */
struct simulate_asked {
    const struct registry *registry;
    const struct dataset *dataset;
    const str *by;
    size_t by_count;
    bool compares;
};

void simulate_report_write(struct buf *out, const struct simulate_report *r,
                           const struct simulate_asked *asked);
