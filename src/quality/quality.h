/* The loop that keeps data true: measured quality, wrong values reported, fixed at the source,
 * told. */
#pragma once
#include "http/http.h"

extern const struct module QUALITY_MODULE; /* figures and lineage of a dataset */
extern const struct module CASE_MODULE;    /* reports, cases, what waits for me, messages */
