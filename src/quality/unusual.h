/* Unusual looks of staff: found in the audit by the rules in the folder watch of packages, each a
 * case for the auditors with the lines of the audit that show it.
 *
 * Every look at the desk is weighed once; days of people are kept as sums
 * (shuzhi.look_day), so that a turn costs what was looked at since the last.  A day is one of
 * Beijing.  "Usual" is the mean of a person's own last 28 days with looks, and of their
 * organisation's others; what is unusual is more than factor times the greater of the two. */
#pragma once
#include "http/http.h"
#include "registry/registry.h"
#include "store/db.h"

/* What a case about looks stands on, for who may settle it: the rule, who and when, figures, and
 * the lines of the audit. */
MUST_USE bool unusual_write(struct cx *cx, struct buf *b, str work_case);

/* One turn, in a transaction of its own; *found: cases opened.  Another process may be at it:
 * nothing is done then.  today: days since 1970-01-01 in China. */
MUST_USE bool unusual_check(struct db *db, const struct registry *r, int32_t today, int *found,
                            struct err *e);

/* Rules in force, and the list of records whose every look is told. */
extern const struct module WATCH_MODULE;
