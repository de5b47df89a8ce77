/* PostgreSQL, the event-loop way: one connection in pipeline mode.
 *
 * Statements sent in one turn of the loop form a group that ends with one sync, and is one
 * transaction.  The callback of each runs when its group's sync has come back: by then what it
 * wrote is committed.  */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "store/db.h"

struct lane;

/* rows is valid during the call; NULL when e tells of a failure. */
typedef void (*lane_done)(void *arg, const struct rows *rows, const struct err *e);

/* What becomes of the innocent statements of a group in which one failed: each is run again in a
 * group of its own, or all fail with ERR_BUSY, where a statement means nothing without those before
 * it. */
enum lane_failure { LANE_RUN_AGAIN, LANE_FAIL_TOGETHER };

struct lane *lane_create(str url, const char *setup_sql, enum lane_failure failure, struct err *e);
void lane_destroy(struct lane *l); /* pending callbacks run with ERR_BUSY */

/* Queues one prepared statement; it is prepared on first use.  name and sql must live as long as
 * the lane (one name, one sql); parameters are copied. */
void lane_send(struct lane *l, const char *name, const char *sql, const struct sql_param *params,
               size_t n, lane_done done, void *arg);
/* At the end of a loop turn: one sync for what was queued, and out with it. */
void lane_flush(struct lane *l);
/* When the socket is readable, or writable while lane_wants_write(). */
void lane_work(struct lane *l);
bool lane_wants_write(const struct lane *l);
bool lane_is_idle(const struct lane *l); /* nothing sent is unanswered */
int lane_fd(const struct lane *l);       /* changes when the lane reconnects; -1 while it is down */
/* Rises with each new connection: what a session was told before is gone. */
uint64_t lane_connection(const struct lane *l);
/* Called about once a second: reconnects a lost connection. */
void lane_tick(struct lane *l);
