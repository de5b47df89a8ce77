/* Inside the room: an agreement as it stands, and what is queued for a partner. */
#pragma once
#include "exchange/message.h"
#include "http/http.h"
#include "registry/registry.h"
#include "store/db.h"

struct agreement {
    str id, side, partner, dataset, purpose, legal_basis, until, frequency, state, reason, login,
        organisation;
    str into;            /* taker: the dataset records land in */
    struct json columns; /* taker: {field of the giver: field here} */
    int64_t request, grant;
    bool is_over; /* past its until */
};

/* Locks it; MISSING when there is none of this id. */
MUST_USE bool agreement_load(struct cx *cx, str id, struct agreement *g);
bool agreement_is_giver(const struct agreement *g);
/* DENIED, with the reason, when no records go under it. */
MUST_USE bool agreement_allows(const struct agreement *g, struct err *e);
/* Ends it here, and what is being delivered under it; a giver's grant is revoked. */
MUST_USE bool agreement_end(struct cx *cx, const struct agreement *g, str reason);

struct outgoing {
    str partner, agreement, body;
    enum message_type type;
    int64_t delivery, part, records; /* of records; 0: none */
    bool is_last;
};
/* Queues a message, in the caller's transaction: it takes the next sequence to the partner. */
MUST_USE bool outbox_add(struct cx *cx, const struct outgoing *o);

/* What a message does here, in the caller's transaction.  False with ERR_BUSY or ERR_BROKEN: try
 * again; with anything else: refused, for the reason in cx->err. */
MUST_USE bool message_handle(struct cx *cx, const struct message *m, int64_t *records);

/* Steps of a round; each in its own transaction.  False with cx->err. */
MUST_USE bool deliver_tell(struct cx *cx);                /* decisions and ends, to the taker */
MUST_USE bool deliver_due(struct cx *cx);                 /* deliveries by their frequency */
MUST_USE bool deliver_next(struct cx *cx, bool *is_more); /* a message of records */
MUST_USE bool land_next(struct cx *cx, str uploads, bool *is_more); /* records to a batch */
MUST_USE bool land_tell(struct cx *cx);                             /* its outcome, to the giver */
MUST_USE bool send_next(struct cx *cx, const struct partner *p, bool *is_more);
