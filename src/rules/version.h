/* Versions of a decision model: the package's file (0), and those made, approved and put in force
 * at the desk.  A day begins at midnight in China; the version in force follows from it, so nothing
 * has to run at that hour. */
#pragma once
#include "access/access.h"
#include "dmn/dmn.h"

struct rule_version {
    int64_t version;
    str digest, text;
    const struct dmn_package *model;
};

/* The version in force on a day since 1970-01-01. */
MUST_USE bool rule_version_on(struct cx *cx, const struct rule_model *r, int32_t day,
                              struct rule_version *v);
/* Any version, draft or not: MISSING when there is none, INVALID when its text is broken. */
MUST_USE bool rule_version_load(struct cx *cx, const struct rule_model *r, int64_t version,
                                struct rule_version *v);
/* What a request asks for: {version} or {date}, else what is in force today.  Drafts only for those
 * who may write or decide on them. */
MUST_USE bool rule_version_asked(struct cx *cx, const struct rule_model *r, const struct json *body,
                                 struct rule_version *v);
/* A DMN text from outside, read whole: INVALID with the place of the first problem. */
MUST_USE bool rule_text_read(struct cx *cx, str text, const char *at,
                             const struct dmn_package **model);
/* "draft" or "approve", on the organisation that owns the rule's package. */
bool rule_may(struct cx *cx, const struct rule_model *r, const char *verb);
const struct rule_model *rule_model_find(struct cx *cx, str id);
