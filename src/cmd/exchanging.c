#include "cmd/exchanging.h"

#include "audit/audit.h"
#include "base/date.h"
#include "base/log.h"
#include "exchange/exchange.h"

#include <pthread.h>

enum { PAUSE_MS = 500, COMPLAIN_MS = 60000 };

struct exchanging {
    const struct work *work;
    struct db *db, *reader;
    pthread_t thread;
    bool is_stopping;
};

static bool round_once(struct exchanging *x, bool *is_more, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct audit_entry entry = {.count = -1};
    struct registry *r = snapshot_take(x->work->snapshot);
    struct cx cx = {.arena = &a,
                    .db = x->db,
                    .reader = x->reader,
                    .err = e,
                    .registry = r,
                    .audit = &entry,
                    .exchange_key = x->work->exchange_key};
    bool ok = db_revive_with(x->db, "listen exchange", e) && db_revive(x->reader, e) &&
              exchange_round(&cx, x->work->uploads, is_more);
    registry_drop(r);
    return ok;
}

static void *exchanging_loop(void *arg)
{
    struct exchanging *x = arg;
    int64_t complained = 0;
    while (!__atomic_load_n(&x->is_stopping, __ATOMIC_ACQUIRE)) {
        struct err e = {0};
        bool is_more = false;
        bool ok = round_once(x, &is_more, &e);
        if (!ok && clock_unix_ms() - complained >= COMPLAIN_MS) {
            complained = clock_unix_ms();
            log_event(LOG_ERROR, "the exchange with other counties does not go on", "error", e.msg,
                      NULL);
        }
        if (!is_more || !ok)
            db_wait_notify(x->db, PAUSE_MS);
    }
    return NULL;
}

struct exchanging *exchanging_start(const struct work *work, struct err *e)
{
    struct exchanging *x = calloc(1, sizeof *x);
    if (!x)
        abort();
    x->work = work;
    x->db = db_open(work->url, e);
    x->reader = x->db ? db_open(work->reader_url, e) : NULL;
    if (x->reader && db_script(x->db, "listen exchange", e) &&
        pthread_create(&x->thread, NULL, exchanging_loop, x) == 0)
        return x;
    db_close(x->db);
    db_close(x->reader);
    free(x);
    err_set(e, ERR_BUSY, "the exchange with other counties could not be started");
    return NULL;
}

void exchanging_stop(struct exchanging *x)
{
    if (!x)
        return;
    __atomic_store_n(&x->is_stopping, true, __ATOMIC_RELEASE);
    pthread_join(x->thread, NULL);
    db_close(x->db);
    db_close(x->reader);
    free(x);
}
