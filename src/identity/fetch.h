/* Another server, asked by this one.  Blocking: work lane and threads of their own only. */
#pragma once
#include "text/json.h"

enum { FETCH_MAX = 1 << 20, FETCH_SECONDS = 10 };

/* GET, or POST when form.p is given.  basic: "id:secret", or p == NULL.  Only https, or http on
 * this machine; no redirect is followed.  BUSY when the server cannot be reached or answers no JSON
 * object with status 200. */
MUST_USE bool fetch_json(struct arena *a, str url, str form, str basic, struct json *out,
                         struct err *e);

/* POST of a body; *status is the HTTP status of an answer of whatever kind, *answer its first
 * FETCH_MAX bytes. BUSY when there was none.  Where it may go: as above. */
MUST_USE bool fetch_post(struct arena *a, str url, const char *type, str body, long *status,
                         str *answer, struct err *e);
