/* Row conditions: FEEL over the fields of a record and `me`, as an SQL condition.
 *
 * The two say the same of every row: what the machine (machine.h) finds true, SQL finds true, and
 * so with false and null.  What SQL would answer otherwise, even in a rare row, is refused here
 * with its place: multiplication and division (34 digits), upper and lower case, patterns, lists of
 * records.  SQL_FEATURES lists what is taken. */
#pragma once
#include "base/err.h"
#include "feel/value.h"

/* A name an expression may use: STRING, NUMBER, BOOLEAN or DATE; kind NULL: known, but of a kind
 * that a condition cannot use. */
struct sql_column {
    str name, sql;
    enum value_kind kind;
};

struct sql_scope {
    const struct sql_column *fields, *me; /* me.NAME */
    size_t field_count, me_count;
    str today; /* the SQL of today(); empty: refused */
};

/* Text to the SQL of a boolean, in parentheses.  *uses_me: it mentions me or today().  INVALID says
 * line and column.  Constants are quoted here, never copied from the text. */
MUST_USE bool sql_condition(struct arena *a, str text, const struct sql_scope *scope, str *sql,
                            bool *uses_me, struct err *e);
/* The functions a condition may call, for documentation: name, what it becomes. */
void sql_describe(struct buf *out);
