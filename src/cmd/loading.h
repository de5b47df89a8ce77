/* Loading a file from the command line, as shuzhi intake and shuzhi apply do. */
#pragma once
#include "intake/batch.h"
#include "registry/registry.h"

struct loading_options {
    str url, source, login, sheet, uploads, kind; /* source empty: the dataset's owner */
    bool is_quiet;
};

/* Makes the batch, or goes on with one that was cut short, runs it and prints what came of it. */
MUST_USE bool loading_file(struct db *db, const struct registry *r, const struct dataset *d,
                           const struct loading_options *options, const char *path, struct err *e);
/* Makes var/ and the folder of uploads. */
void loading_make_folders(const struct loading_options *options);
