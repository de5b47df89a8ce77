/* What was meant by a value that does not pass as it stands: the marks of spreadsheets and habits. */
#pragma once
#include "intake/reason.h"
#include "registry/registry.h"

struct repair_options {
    str timezone;            /* "+08:00": of times without one */
    const struct json *epoch; /* fields that hold seconds since 1970 */
};

struct repair {
    str value;        /* p == NULL: no idea; empty: a way to write nothing */
    bool is_harmless; /* beyond doubt: taken without asking */
    enum reason reason; /* when it must be asked; REASON_NONE: what the check said stands */
};

/* options may be NULL. */
MUST_USE bool repair_options_read(struct repair_options *r, const struct json *options, struct err *e);
/* False: nothing to say. */
bool repair_value(const struct repair_options *o, const struct field *f, str s, struct arena *a,
                  struct repair *out);
