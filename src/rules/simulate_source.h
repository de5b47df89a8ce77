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
/* Fields whose name or title (either language) is an input's name, the fields in by, and the key if
 * asked.  A field a model asks for by name is its input whether it is a key or not.  rows: in a
 * transaction, which is rolled back at the end, with the fields as v shows them (NULL: as they are;
 * where v masks a field it is null); kernel: may read what the kernel keeps of the dataset. */
MUST_USE struct simulate_rows *
simulate_rows_of_dataset(struct db *rows, struct db *kernel, const struct dataset *d,
                         const struct view *v, const struct dmn_package *model,
                         enum simulate_key key, str *by, size_t by_count, struct arena *a,
                         struct err *e);
/* The input of the model that a field gives; NULL: none. */
const struct dmn_element *simulate_input_of(const struct dmn_package *model, const struct field *f);
void simulate_rows_close(struct simulate_rows *r); /* NULL allowed */
struct simulate_source simulate_rows_source(struct simulate_rows *r);
/* What was read, for the record of a run: a hash of the file, or dataset, batch and number of
 * records.  After the last row. */
str simulate_rows_version(const struct simulate_rows *r, struct arena *a);
