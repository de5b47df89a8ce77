/* Inside the room: rows spoilt the way offices and spreadsheets spoil them. */
#pragma once
#include "demo/recipe.h"

/* Changes cells in place; texts in the arena.  False when this row cannot be spoilt that way.
 * MESS_repeat leaves the row: the caller writes it, then calls mess_repeat() and writes it again.
 */
bool mess_apply(const struct mess *m, str *cells, struct arena *a);
/* Another value in the field, so that the two rows of a key contradict each other. */
void mess_repeat(const struct mess *m, str *cells, struct arena *a);
