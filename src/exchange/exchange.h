/* Data between two counties' servers (数据走亲): agreements, signed messages, receipts. */
#pragma once
#include "http/http.h"
#include "store/db.h"

extern const struct module EXCHANGE_MODULE;      /* agreements and messages, at the desk */
extern const struct module EXCHANGE_DOOR_MODULE; /* where other counties' messages come in */

/* One round of what waits: decisions to tell, deliveries due, records to send and to land, messages
 * to send.  In transactions of its own; nothing is lost or done twice when it is cut short.  One at
 * a time on a database, whoever calls.  cx: arena, db, reader, registry, err, exchange_key;
 * uploads: where files of batches stand.  False only when the database fails; *is_more: there is
 * more to do at once. */
MUST_USE bool exchange_round(struct cx *cx, str uploads, bool *is_more);
