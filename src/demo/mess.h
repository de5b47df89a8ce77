/* Inside the room: rows spoilt the way offices and spreadsheets spoil them. */
#pragma once
#include "demo/recipe.h"

/* Changes cells in place; texts in the arena.  False when this row cannot be spoilt that way.
 * MESS_repeat changes nothing: the caller writes the row twice. */
bool mess_apply(const struct mess *m, str *cells, struct arena *a);
