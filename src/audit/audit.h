/* The record of who looked at what and changed what.  Durable before the answer leaves. */
#pragma once
#include "http/http.h"
#include "store/db.h"

struct audit_entry {
    str who, organisation, via; /* via: desk, share, command */
    str action;                 /* of the route: records.read, share.read, … */
    str dataset, key, purpose, address;
    int64_t grant, count; /* 0: not said; count -1: not said */
    const str *fields;
    size_t field_count;
    const str *keys; /* of the records a list showed, where they are more than one */
    size_t key_count;
    str result; /* ok, none, denied, refused, failed */
};

/* One line of JSON with its newline; ms since 1970. */
void audit_format(struct buf *out, const struct audit_entry *e, int64_t at_ms);
/* In the caller's transaction. */
MUST_USE bool audit_save(struct db *db, struct arena *a, const struct audit_entry *entry,
                         struct err *e);
