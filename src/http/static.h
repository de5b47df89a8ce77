/* The built web front end, read into memory at start. */
#pragma once
#include "http/http.h"

struct static_files;

/* A folder that is not there gives an empty set. */
struct static_files *static_load(str folder, struct err *e);
void static_free(struct static_files *s);
/* Fills rs for GET path; a desk path without a file gets index.html.  False: no such file. */
bool static_answer(const struct static_files *s, str path, bool takes_gzip, struct response *rs);
