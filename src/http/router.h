/* Finds the route of a method and a path. */
#pragma once
#include "http/http.h"

/* NULL: none; e says MISSING, or INVALID with the methods there are.  Fills rq->parts. */
const struct route *router_find(const struct module *const *modules, struct request *rq,
                                struct err *e);
/* %XX decoded; false on a bad escape or U+0000. */
MUST_USE bool url_decode(struct arena *a, str text, str *out);
