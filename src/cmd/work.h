/* The work lane: one request, one transaction, with the only loop that retries one. */
#pragma once
#include "http/server.h"
#include "registry/snapshot.h"

struct work {
    str url, reader_url;
    struct snapshot *snapshot;
    struct issuer *issuer;    /* of tokens; NULL: only commands run */
    struct ring *ring;        /* of keys */
    struct rate *rate;        /* by person; NULL: any */
    const char *exchange_key; /* file */
    str uploads;              /* folder of the files that batches come from */
};

/* Whether row-level security holds for the role records are read as. */
MUST_USE bool work_check_reader(str reader_url, struct err *e);

void *work_create(void *work, struct server *s, struct err *e);
void work_destroy(void *work, void *worker);
void work_serve(void *work, void *worker, const struct route *route, const struct request *rq,
                struct response *rs);
