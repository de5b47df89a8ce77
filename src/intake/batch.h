/* One file on its way into a dataset: kept, understood, run, resumed. */
#pragma once
#include "access/access.h"
#include "intake/header.h"
#include "intake/plan.h"
#include "store/db.h"

struct batch_file {
    str path;   /* where the bytes lie; the batch owns the file from now on */
    str name;   /* as the sender called it */
    str sheet;  /* of a workbook; empty: the first with rows */
    str source; /* organisation code: header matches are remembered by it */
    str login;
    str kind;         /* file, seed, fix */
    int64_t corrects; /* the batch whose quarantined rows this file corrects; 0: none */
};

struct batch {
    int64_t id;
    struct file_facts facts;
    struct header header;
    str work_path; /* CSV or JSON lines the rows are read from */
    str *sheets;
    size_t sheet_count;
    int64_t same_as; /* a finished batch with the same bytes; 0: none */
};

/* Identifies, converts and looks through the file, and makes its batch in state "mapping", in the
 * caller's transaction.  Nothing is made when the file cannot be taken. */
MUST_USE bool batch_create(struct db *db, struct arena *a, const struct registry *r,
                           const struct dataset *d, const struct batch_file *file,
                           struct batch *out, struct err *e);
/* columns: field name or empty, by column.  Remembers them for the source and sets state "queued".
 * Refuses a column given twice, a key or required field without one, an unknown field. */
MUST_USE bool batch_choose(struct db *db, struct arena *a, const struct registry *r, int64_t id,
                           const str *columns, size_t n, struct err *e);
/* Required fields that no column gives. */
size_t batch_missing(const struct dataset *d, const struct header *h, const struct field **out,
                     size_t room);

struct batch_progress {
    uint64_t position, total; /* bytes of the file */
    uint64_t rows, added, changed, unchanged, quarantined;
};
typedef void (*batch_watch)(void *arg, const struct batch_progress *p);

/* Runs a queued or interrupted batch to its end, with connections of its own, in chunks that are
 * each whole.  True when it is done, or ended for good as failed or cancelled; false when it was
 * cut short (database away, disk full) and may be tried again: nothing is lost or doubled.
 * BUSY when another process runs it. */
MUST_USE bool batch_run(str url, const struct registry *r, int64_t id, batch_watch watch, void *arg,
                        struct err *e);

/* One row that is not from a file: a fixed quarantine row, a corrected value.  In the caller's
 * transaction.  True with checked->problem_count == 0 when it landed. */
MUST_USE bool batch_land_row(struct db *db, struct arena *a, const struct registry *r,
                             const struct dataset *d, int64_t batch, int64_t row, const str *cells,
                             struct checked *out, struct err *e);

/* [{"field","value","code","reason":{zh,en},"suggestion"}…] */
void batch_write_text(struct buf *out, str s); /* a JSON string that the database takes */
void batch_write_problems(struct buf *out, const struct checked *row);
