/* What a request asks of a decision model: one of its decisions, over given inputs or the rows of a
 * dataset. */
#pragma once
#include "dmn/simulate.h"
#include "rules/cut.h"
#include "rules/version.h"

enum { ASKING_INPUTS = 200, ASKING_BY = 8 };

/* A simulation: model, dataset, parameters and what to compare with. */
struct asking {
    const struct rule_model *rule;
    struct rule_version version;
    const struct dataset *dataset;
    struct dmn_input parameters[ASKING_INPUTS];
    str by[ASKING_BY];
    struct simulate_options options;
};

/* {"dataset", "decision", "parameters"?, "by"?, "against"?}; against is a draft as DMN text, or the
 * number of a version.  INVALID names the member, DENIED a field that is not counted by. */
MUST_USE bool asking_take(struct cx *cx, const struct request *rq, const struct json *body,
                          struct asking *w);
/* {"decision"}; NULL with INVALID: the model has none of this name. */
const struct dmn_element *asking_decision(struct cx *cx, const struct rule_version *r,
                                          const struct json *body);
/* An object of values by name, at most ASKING_INPUTS; NULL: none.  INVALID for an unknown name. */
MUST_USE bool asking_inputs(struct cx *cx, const struct rule_version *r, const struct json *given,
                            struct dmn_input *inputs, size_t *n);

/* Over all rows with "simulate", else over those they may read. */
bool asking_may_simulate(struct cx *cx, const struct dataset *d);
bool asking_is_input(const struct dmn_package *p, const struct field *f);
/* Sums by these are no record of anybody. */
bool asking_may_count_by(const struct field *f);
bool asking_may_cut(enum cut_kind kind, const struct field *f);
