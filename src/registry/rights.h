/* rights.csv: role,resource,verb,scope[,fields[,masks[,when]]].
 *
 *   resource  a dataset, or * for all         scope  own: datasets the post's organisation owns;
 * any fields    names with blanks between; empty: all of them masks     field=mask with blanks
 * between: instead of the field's own mask; mask "none" shows it when      a row condition in FEEL
 * over the record and `me` (feel/sql.h); empty: every row
 *
 * Lines add up: a row is seen when a line gives it, a field of it when a line that gives the row
 * gives the field, in the clear when a "clear" line gives that field of that row.  Nothing else is
 * seen. */
#pragma once
#include "feel/node.h"
#include "feel/program.h"
#include "registry/registry.h"

/* verb, what it lets do */
#define VERBS(X)                                                                                   \
    X("read", "see records")                                                                       \
    X("clear", "see graded fields without their mask")                                             \
    X("intake", "load files")                                                                      \
    X("fix", "put right what was refused or reported")                                             \
    X("draft", "write drafts of decision models")                                                  \
    X("approve", "decide requests and drafts")                                                     \
    X("request", "ask for data")                                                                   \
    X("audit", "see who looked")                                                                   \
    X("apply", "put packages in force")                                                            \
    X("accounts", "make, close and reset accounts")                                                \
    X("simulate", "decide over all rows for sums, without seeing them")                            \
    X("break-glass", "see one record in an emergency, with a reason")                              \
    X("exchange", "ask other counties for data, and follow what goes to and fro")                  \
    X("open", "prepare open data for the public")

bool verb_is_known(str verb);
bool verb_reads_rows(str verb); /* it opens rows of a dataset: read, simulate */

/* The asker's attributes in conditions: me.NAME, column of shuzhi.asker. */
#define ASKER_FIELDS(X) X(login) X(organisation) X(area) X(duty) X(purpose) X(id_number) X(uscc)
struct asker {
#define X(name) str name; /* p == NULL: null */
    ASKER_FIELDS(X)
#undef X
};

bool right_covers(const struct right *g, const struct dataset *d);
bool right_gives_field(const struct right *g, str name);
/* The mask of a field under this line: its own, another, or "none". */
str right_mask(const struct right *g, const struct field *f);

/* The line's row condition as SQL over columns after prefix (`t.`); empty when every row is given.
 * who NULL: me.x is the column x of a row source named me; else its values, quoted. */
MUST_USE bool right_condition(struct arena *a, const struct right *g, const struct dataset *d,
                              str prefix, const struct asker *who, str *sql, bool *uses_me,
                              struct err *e);
/* The same for one record on the machine: globals are the dataset's fields in order, then me. */
struct program *right_program(struct arena *a, const struct right *g, const struct dataset *d,
                              struct err *e);
struct value asker_value(struct arena *a, const struct asker *who);
