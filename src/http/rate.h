/* How much each client may ask: token buckets in memory.  A bucket fills at a rate up to a burst;
 * a request takes its cost out of it, or is refused until there is enough.
 *
 * A fixed number of buckets: those longest untouched make room for new ones, so that a flood from
 * many clients costs no memory.  A process counts by itself: behind n servers a client may ask n
 * times as much. */
#pragma once
#include "http/http.h"

struct rate;

/* per_second 0: NULL, everything passes.  Both in units of cost. */
struct rate *rate_create(double per_second, double burst);
void rate_destroy(struct rate *r); /* NULL allowed */
/* From any thread.  False: *wait_ms until it would pass.  What costs more than the burst takes the
 * whole bucket. */
MUST_USE bool rate_take(struct rate *r, str who, double cost, int64_t now_ms, int64_t *wait_ms);
/* What a request to a route costs: a unit, a few for lists, many for exports. */
double rate_cost(unsigned route_flags);
/* Fills e with words for who must wait, and the header Retry-After. */
void rate_refuse(struct response *rs, struct arena *a, int64_t wait_ms, struct err *e);
/* Who an address stands for: itself, or the first 64 bits of one of IPv6, which one client is given
 * whole.  Bytes in room. */
str rate_address(str address, char room[16]);
