/* A simulation's report as members of a JSON object: "all", "by" and "top". */
#pragma once
#include "dmn/simulate.h"

void simulate_report_write(struct buf *out, const struct simulate_report *r, const str *by,
                           size_t by_count, bool compares);
