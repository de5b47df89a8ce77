/* Where package files come from: folders on disk, or the copy in force in the database. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "store/db.h"

struct source_file {
    str path; /* inside the package: data/person.schema.json */
    str content;
};

struct source_package {
    str id;                    /* the folder's name */
    str folder;                /* for messages: apps/person */
    struct source_file *files; /* sorted by path */
    size_t n, size;
    str digest; /* SM3 over paths and contents */
};

struct source {
    struct arena arena;
    struct source_package *packages; /* sorted by id */
    size_t n, size;
};

/* Adds the package in a folder, found by app.yaml or county.yaml.  Hidden files, files over 8 MiB
 * and kinds no room reads are passed over; symbolic links are refused. */
MUST_USE bool source_add_folder(struct source *s, str folder, struct err *e);
/* Adds every package folder below a folder. */
MUST_USE bool source_add_folders(struct source *s, str parent, struct err *e);
MUST_USE bool source_add_database(struct source *s, struct db *db, struct err *e);
void source_finish(struct source *s); /* sorts and digests; before registry_create() */
void source_release(struct source *s);
const struct source_file *source_find(const struct source_package *p, str path);
