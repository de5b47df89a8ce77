/* Inside the room: the JSON Schema of each kind of package file (kinds/NAME.schema.json). */
#pragma once
#include "base/embed.h"
#include "text/json.h"

extern const struct embedded KIND_SCHEMAS[];

/* Called for each violation with the line it stands on. */
typedef void kind_listener(void *arg, uint32_t line, str reason);

/* True when the file is as its kind asks.  kind: "app", "county", "calendar", "dataset", "feed",
 * "page", "demo"; the schemas are compiled at the first call, once in a process. */
MUST_USE bool kind_check(const char *kind, const struct json *content, kind_listener *tell,
                         void *arg);
