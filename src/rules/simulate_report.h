/* A simulation's report as members of a JSON object: "all", "fields" (titles of what was counted
 * by), "by", "classes" and "top". */
#pragma once
#include "dmn/simulate.h"
#include "registry/registry.h"

/* How many rows came to each result that is no number (a class, yes or no), by both models: counted
 * as rows go by, with simulate_classes_row as options.row. */
struct simulate_classes {
    struct arena *arena;
    struct map counts; /* value → struct simulate_class */
    bool is_full;      /* more values than classes ever have: none are told */
    size_t least;      /* a value of fewer rows is told with others, as null */
};
void simulate_classes_row(void *classes, const struct value *row, struct value result,
                          struct value other);

/* What a report is of; registry and dataset give fields and codes their titles, NULL: none. */
struct simulate_asked {
    const struct registry *registry;
    const struct dataset *dataset;
    const str *by;
    size_t by_count;
    bool compares;
    const struct simulate_classes *classes;
};

void simulate_report_write(struct buf *out, const struct simulate_report *r,
                           const struct simulate_asked *asked);
