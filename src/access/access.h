/* The one read path.  Every door that shows records of a dataset gets its columns, masks and row
 * condition from a view, and nowhere else. */
#pragma once
#include "identity/identity.h"

enum { VIEW_MAX_CASES = 24 };

/* How a field is shown in the rows that fit: the first case that fits counts; none: not at all. */
struct view_case {
    str condition; /* SQL over t; empty: all rows */
    str mask;      /* of registry/mask.h, or "none": in the clear */
};

struct view_field {
    const struct field *field;
    bool is_masked; /* in some rows, or all */
    struct view_case *cases;
    size_t n;
};

struct view {
    const struct dataset *dataset;
    struct view_field *fields;
    size_t n;
    str where;       /* of a grant: SQL over t, or empty: all rows */
    bool is_limited; /* there may be rows the asker does not see; the database keeps them back */
};

/* What the signed-in person may see, as the lines of rights.csv add up over their posts: fields of
 * grade L3 and above masked, or left out where they have no mask, unless a "clear" line gives them.
 * DENIED when no line gives "read". */
MUST_USE bool view_for_actor(struct cx *cx, const struct dataset *d, struct view *v);
/* What a grant gives: only its fields, masked unless granted clear; rows by its filter.
 * INVALID when the dataset has changed so that a field or filter no longer fits. */
MUST_USE bool view_for_grant(struct arena *a, const struct dataset *d, const str *fields,
                             size_t field_count, const str *clear, size_t clear_count,
                             const struct json *filter, struct view *v, struct err *e);
/* A field in the clear in every row. */
void view_field_clear(struct arena *a, const struct field *field, struct view_field *f);
bool view_is_clear(const struct view_field *f); /* in every row */
/* Whether the asker may search and order by it: it is in the clear in some rows. */
bool view_may_ask(const struct view_field *f);
void view_ask(struct buf *sql, const struct view_field *f);

/* The connection records are read through: a role that owns nothing, told who asks and what for
 * ("read", "simulate"), so that row-level security keeps back what they may not see.  NULL on
 * failure. */
MUST_USE struct db *access_reader(struct cx *cx, const char *verb);
MUST_USE struct db *access_reader_for_grant(struct cx *cx, int64_t grant);
/* Some line gives the asker every row: what is counted over the whole dataset may be told. */
bool access_sees_all_rows(struct cx *cx, const struct dataset *d);
/* How a record, and a field of it (NULL: only the record), looks to the asker. */
enum sight { SIGHT_NONE, SIGHT_MASKED, SIGHT_CLEAR };
MUST_USE bool view_sight(struct cx *cx, const struct view *v, str key, const struct view_field *f,
                         enum sight *out);
/* A record as its own table has it, for the kernel's own work: all cells as text, in the order of
 * the fields. Nothing of it may be shown that a view does not show.  MISSING when it is not there.
 */
MUST_USE bool access_cells(struct cx *cx, const struct dataset *d, str key, str *cells);
/* Says of a record that was not found whether it is not permitted (DENIED) or not there (MISSING);
 * where is the condition on its key.  Returns false. */
bool access_missing(struct cx *cx, const struct view *v, str where);

const struct view_field *view_find(const struct view *v, str name);
/* The expression that gives a field as text; name it yourself. */
void view_expression(struct buf *sql, const struct view_field *f, const char *alias);
/* "expression, expression, …" in the order of v->fields. */
void view_columns(struct buf *sql, const struct view *v, const char *alias);
/* One shown value as JSON: what is masked becomes text. */
void view_write_value(struct buf *out, const struct view_field *f, str value);
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
/* Pages by key: "(t.a, t.b) > (…)" after this key, and "t.a, t.b" to order by. */
MUST_USE bool key_to_after(struct arena *a, const struct dataset *d, str key, struct buf *sql,
                           struct err *e);
void key_order(struct buf *sql, const struct dataset *d);
