/* Catalogue and records over HTTP, and what other rooms' routes share with it. */
#pragma once
#include "access/access.h"

/* The dataset named in an address; NULL with MISSING.  Notes it for the audit record. */
const struct dataset *catalogue_require(struct cx *cx, str id);
void catalogue_write_organisation(struct buf *b, const struct registry *r, str code);
void catalogue_write_field(struct buf *b, const struct field *f);

extern const struct module CATALOGUE_MODULE;
extern const struct module RECORDS_MODULE;
extern const struct module AUDIT_MODULE;      /* audit_http.c: who looked */
extern const struct module AUDIT_FILE_MODULE; /* audit_file.c: exports and proofs of it */
