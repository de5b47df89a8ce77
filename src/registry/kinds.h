/* The JSON Schemas of package files, inside the binary: src/registry/kinds/NAME.schema.json. */
#pragma once
#include "registry/load.h"

/* Complains of every violation with its line.  True when there was none, and when the kind has no
 * schema. */
bool kinds_check(struct loading *l, const char *kind, const struct json *v);
