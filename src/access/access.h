/* The one read path.  Every door that shows records of a dataset gets its columns, masks and row
 * condition from a view, and nowhere else. */
#pragma once
#include "identity/identity.h"

struct view_field {
    const struct field *field;
    bool is_masked;
};

struct view {
    const struct dataset *dataset;
    struct view_field *fields;
    size_t n;
    str where; /* SQL over the table's columns, or empty: all rows */
};

/* What the signed-in person may see: fields of grade L3 and above masked, or left out where they
 * have no mask, unless a role gives "clear".  DENIED when no role gives "read". */
MUST_USE bool view_for_actor(struct cx *cx, const struct dataset *d, struct view *v);
/* What a grant gives: only its fields, masked unless granted clear; rows by its filter.
 * INVALID when the dataset has changed so that a field or filter no longer fits. */
MUST_USE bool view_for_grant(struct arena *a, const struct dataset *d, const str *fields,
                             size_t field_count, const str *clear, size_t clear_count,
                             const struct json *filter, struct view *v, struct err *e);

const struct view_field *view_find(const struct view *v, str name);
/* The expression that gives a field as text; name it yourself. */
void view_expression(struct buf *sql, const struct view_field *f, const char *alias);
/* "expression, expression, …" in the order of v->fields. */
void view_columns(struct buf *sql, const struct view *v, const char *alias);
/* One row of the columns above as members of the JSON object that is open in out; nulls left out.
 */
void view_write_row(struct buf *out, const struct view *v, const struct rows *rows, size_t row,
                    int first_column);
void view_write_masked(struct buf *out, const struct view *v); /* ["id_number", …] */

/* [{"field","op","value"}…] as an SQL condition; every value is quoted.  INVALID names the place.
 */
MUST_USE bool filter_to_sql(struct arena *a, const struct dataset *d, const struct json *filter,
                            struct buf *sql, struct err *e);
/* "key" of a record in an address: its key fields joined by "~". */
MUST_USE bool key_to_where(struct arena *a, const struct dataset *d, str key, struct buf *sql,
                           struct err *e);
void key_expression(struct buf *sql, const struct dataset *d); /* the same, as SQL text */
