/* The rows of a simulation: a CSV file, or a dataset in the database. */
#pragma once
#include "access/access.h"
#include "dmn/simulate.h"
#include "store/db.h"

struct simulate_rows;

/* Columns named like the model's inputs become those; the others can be counted by. */
MUST_USE struct simulate_rows *simulate_rows_of_csv(const char *path,
                                                    const struct dmn_package *model,
                                                    struct arena *a, struct err *e);
/* Whether the model may name a record: a key given to a draft would let it pick out one person. */
enum simulate_key { SIMULATE_WITH_KEY, SIMULATE_WITHOUT_KEY };
/* Reads on the connection whose transaction has begun, as a reader of access/access.h; db tells the
 * version, and is not touched otherwise.
 * Fields whose name or title (either language) is an input's name, the fields in by, and the key if
 * asked, and cuts of fields in by (rules/cut.h); as v shows them, so that a field masked for the
 * asker is null (v NULL: as they are). */
MUST_USE struct simulate_rows *
simulate_rows_of_dataset(struct db *db, struct db *reader, const struct dataset *d,
                         const struct view *v, const struct dmn_package *model,
                         enum simulate_key key, str *by, size_t by_count, struct arena *a,
                         struct err *e);
/* The input of the model that a field gives; NULL: none. */
const struct dmn_element *simulate_input_of(const struct dmn_package *model, const struct field *f);
void simulate_rows_close(struct simulate_rows *r); /* NULL allowed */
struct simulate_source simulate_rows_source(struct simulate_rows *r);
/* Where the key or another field of the dataset stands in a row. */
size_t simulate_rows_column(const struct simulate_rows *r, const struct field *f);
/* What was read, for the record of a run: a hash of the file, or dataset, batch and number of
 * records.  After the last row. */
str simulate_rows_version(const struct simulate_rows *r, struct arena *a);
