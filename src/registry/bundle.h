/* Where package files come from: folders on disk, or the copy in force in the database. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "store/db.h"

struct bundle_file {
    str path; /* inside the package: data/person.schema.json */
    str content;
};

struct bundle_package {
    str id;                    /* the folder's name */
    str folder;                /* for messages: apps/person */
    struct bundle_file *files; /* sorted by path */
    size_t n, size;
    str digest; /* SM3 over paths and contents */
};

struct bundle {
    struct arena arena;
    struct bundle_package *packages; /* sorted by id */
    size_t n, size;
};

/* Adds the package in a folder, found by app.yaml or county.yaml.  Hidden files, files over 8 MiB
 * and kinds no room reads are passed over; symbolic links are refused. */
MUST_USE bool bundle_add_folder(struct bundle *s, str folder, struct err *e);
/* Adds every package folder below a folder. */
MUST_USE bool bundle_add_folders(struct bundle *s, str parent, struct err *e);
MUST_USE bool bundle_add_database(struct bundle *s, struct db *db, struct err *e);
void bundle_finish(struct bundle *s); /* sorts and digests; before registry_create() */
void bundle_release(struct bundle *s);
const struct bundle_file *bundle_find(const struct bundle_package *p, str path);
