/* How a record is named to somebody who may see the record but not its key: in lists, addresses,
 * cases and the audit record stands a sealed key ("~" and a seal of keys/ring.h), which opens only
 * here. */
#pragma once
#include "access/access.h"

/* The key itself where every key field is in the clear in every row, else sealed.  v NULL: sealed.
 */
str handle_of(struct cx *cx, const struct dataset *d, const struct view *v, str key);
/* The same, with the view of whoever is signed in; sealed when they may not read the dataset. */
str handle_for_actor(struct cx *cx, const struct dataset *d, str key);
/* The key behind a handle; a key as it is stays so.  MISSING when the seal is not ours. */
MUST_USE bool handle_open(struct cx *cx, const struct dataset *d, str handle, str *key);
