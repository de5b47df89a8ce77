/* Lawful sharing: request, approval, grant with a key, and the looks made with it. */
#pragma once
#include "access/access.h"
#include "registry/snapshot.h"

extern const struct module SHARE_MODULE;  /* requests and grants, at the desk */
extern const struct module SHARED_MODULE; /* the API for other systems */

struct grant {
    int64_t id, version, request;
    str dataset_id, organisation, purpose, legal_basis, key_digest, until;
    str *fields, *clear;
    size_t field_count, clear_count;
    struct json filter;
    int64_t quota_per_day, rate_per_second, used_today;
    bool is_revoked, is_expired;
    const struct dataset *dataset; /* of the registry it was read with */
    struct view view;
};

/* A request of an organisation, as the body of POST /api/v1/requests says it; the owner is told. */
MUST_USE bool share_ask(struct cx *cx, const struct json *body, str organisation, str login,
                        str *id);
/* Ends a grant; one that was revoked already keeps its reason. */
MUST_USE bool grant_revoke(struct cx *cx, str id, str reason);

/* SELECT list and FROM of a grant; append WHERE g.id = $1. */
extern const char GRANT_SELECT[];
/* From a row of GRANT_SELECT; everything is copied into a. */
MUST_USE bool grant_read(struct arena *a, const struct registry *r, const struct rows *rows,
                         size_t row, struct grant *g, struct err *e);
/* Whether the bearer of this key may look: UNKNOWN for a wrong key, DENIED for a grant that is
 * revoked or over, LIMIT for a quota used up.  Words say which. */
MUST_USE bool grant_admits(const struct grant *g, str key, struct err *e);
/* The second half of it, where the key is known to be right. */
MUST_USE bool grant_allows(const struct grant *g, struct err *e);
/* "Bearer KEY" of the Authorization header; p == NULL when there is none. */
str grant_bearer(const struct request *rq);
MUST_USE bool grant_id_parse(str text, int64_t *id, struct err *e);
void share_write_openapi(struct buf *b, const struct registry *r, const struct grant *g);

/* The read lane: one record by key, on the loop's own connections. */
struct share_lane;
MUST_USE struct share_lane *share_lane_create(str url, str reader_url, struct snapshot *snapshot,
                                              struct err *e);
void share_lane_destroy(struct share_lane *l);
struct loop_fd;
size_t share_lane_fds(void *lane, struct loop_fd *fds, size_t room);
void share_lane_ready(void *lane, size_t index);
void share_lane_turn(void *lane);
void share_lane_tick(void *lane);
void share_lane_stop(void *lane); /* ends what is in hand */
void share_lane_get(struct exchange *x, const struct request *rq, void *lane);
