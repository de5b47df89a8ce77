/* Coarser groups of a simulation than a field's own values: a town of a village's code, ten years
 * of age of a date.  Written "division.town", "birth_date.age@2026-11-25". */
#pragma once
#include "registry/registry.h"

enum cut_kind { CUT_NONE, CUT_TOWN, CUT_AGE };

struct cut {
    enum cut_kind kind;
    const struct field *field;
    int32_t day; /* of which the age is, since 1970-01-01 */
};

/* False when text is no cut, or of a field it does not fit. */
MUST_USE bool cut_read(const struct dataset *d, str text, struct cut *c);
bool cut_fits(enum cut_kind kind, const struct field *f);
/* The groups as text; value is the SQL of the field. */
void cut_sql(struct buf *out, const struct cut *c, str value);
struct title cut_title(enum cut_kind kind);
const char *cut_name(enum cut_kind kind); /* "town" */
