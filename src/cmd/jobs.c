#include "cmd/jobs.h"

#include "base/date.h"
#include "base/log.h"
#include "cmd/settings.h"
#include "identity/second.h"
#include "intake/batch.h"
#include "keys/keeping.h"
#include "quality/late.h"
#include "quality/unusual.h"
#include "store/db.h"

#include <pthread.h>

enum { MAX_TRIES = 1000, LATE_SECONDS = 600, KEYS_MS = 1000, COMPLAIN_MS = 60000 };

struct jobs {
    const struct work *work;
    struct db *db;
    pthread_t thread;
    bool is_stopping;
    int64_t next_late; /* ms: when feeds are looked over again */
    int64_t next_keys, complained;
    int64_t next_watch;  /* ms: when looks are weighed again */
    int64_t sealed_with; /* the generation that everything is sealed with */
};

static void look_for_late(struct jobs *j)
{
    struct err e = {0};
    if (clock_unix_ms() < j->next_late)
        return;
    j->next_late = clock_unix_ms() + LATE_SECONDS * 1000;
    struct registry *r = snapshot_take(j->work->snapshot);
    if (!late_check(j->db, r, date_today_china(), &e))
        log_event(LOG_WARNING, "late feeds could not be looked for", "error", e.msg, NULL);
    registry_drop(r);
}

/* Follows the key ring, and seals again what an older generation sealed. */
static bool reseal(struct jobs *j, struct err *e)
{
    struct ring_file f;
    int64_t done = 1, all = 0, active = ring_active(j->work->ring);
    if (active == j->sealed_with)
        return true;
    ring_copy(j->work->ring, &f);
    bool ok = db_revive(j->db, e) && keeping_check(j->db, &f, e);
    ring_wipe(&f);
    while (ok && done) {
        ok = db_begin(j->db, e) && second_reseal(j->db, j->work->ring, &done, e) &&
             db_commit(j->db, e);
        all += ok ? done : 0;
    }
    if (!ok) {
        db_rollback(j->db);
        return false;
    }
    j->sealed_with = active;
    if (all)
        log_event(LOG_INFO, "secrets were sealed with the active generation of the key ring", NULL);
    return true;
}

static void tend_keys(struct jobs *j)
{
    struct err e = {0};
    int64_t now = clock_unix_ms();
    if (now < j->next_keys)
        return;
    j->next_keys = now + KEYS_MS;
    if ((!ring_refresh(j->work->ring, &e) || !reseal(j, &e)) &&
        now - j->complained >= COMPLAIN_MS) {
        j->complained = now;
        log_event(LOG_ERROR, "the key ring cannot be followed", "error", e.msg, NULL);
    }
}

static void watch_looks(struct jobs *j)
{
    struct err e = {0};
    int found = 0;
    if (clock_unix_ms() < j->next_watch)
        return;
    j->next_watch = clock_unix_ms() + settings_watch_ms();
    struct registry *r = snapshot_take(j->work->snapshot);
    if (!unusual_check(j->db, r, date_today_china(), &found, &e))
        log_event(LOG_WARNING, "looks could not be weighed", "error", e.msg, "at", e.at, NULL);
    else if (found)
        log_event(LOG_INFO, "unusual looks were found: see the cases of the auditors", NULL);
    registry_drop(r);
}

static bool run_intake(struct jobs *j, const struct json *payload, struct err *e)
{
    struct registry *r = snapshot_take(j->work->snapshot);
    bool is_over = batch_run(j->work->url, r, json_int(payload, "batch", 0), NULL, NULL, e);
    registry_drop(r);
    return is_over;
}

static const struct job_kind {
    const char *name;
    bool (*run)(struct jobs *j, const struct json *payload, struct err *e);
} KINDS[] = {{"intake", run_intake}};

static bool run_job(struct jobs *j, struct arena *a, str kind, str payload, struct err *e)
{
    struct json v;
    for (size_t i = 0; i < COUNT(KINDS); i++) {
        if (str_is(kind, KINDS[i].name))
            return json_parse(&v, payload, a, e) && KINDS[i].run(j, &v, e);
    }
    return err_set(e, ERR_INVALID, "no job \"%.*s\"", STR_ARG(kind));
}

/* The row stays locked while the job runs: when this process dies the lock goes and another takes
 * the job up again. */
static bool take_and_run(struct jobs *j, bool *had_work, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct rows rows;
    struct err why = {0};
    *had_work = false;
    if (!db_revive(j->db, e) || !db_begin(j->db, e) ||
        !DB0(j->db, &a, &rows, e,
             "select id, kind, payload, tries from shuzhi.job where run_at <= now()"
             " order by run_at, id limit 1 for update skip locked"))
        return false;
    if (rows.n == 0)
        return db_commit(j->db, e);
    *had_work = true;
    str id = rows_text(&rows, 0, 0);
    bool is_done = run_job(j, &a, rows_text(&rows, 0, 1), rows_text(&rows, 0, 2), &why);
    bool is_hopeless = !is_done && why.code != ERR_BUSY && why.code != ERR_BROKEN;
    if (is_done || is_hopeless || rows_int(&rows, 0, 3) >= MAX_TRIES) {
        if (!DB(j->db, &a, NULL, e, "delete from shuzhi.job where id = $1", P(id)))
            return false;
    } else if (!DB(j->db, &a, NULL, e,
                   "update shuzhi.job set tries = tries + 1, error = $2, run_at = now() + "
                   "least(60, 2 ^ least(tries, 6))"
                   " * interval '1 second' where id = $1",
                   P(id), P_CSTR(why.msg))) {
        return false;
    }
    if (!is_done)
        log_event(LOG_WARNING, "job did not finish", "error", why.msg, NULL);
    return db_commit(j->db, e);
}

static void *job_loop(void *arg)
{
    struct jobs *j = arg;
    while (!__atomic_load_n(&j->is_stopping, __ATOMIC_ACQUIRE)) {
        struct err e = {0};
        bool had_work = false;
        if (!take_and_run(j, &had_work, &e)) {
            db_rollback(j->db);
            log_event(LOG_ERROR, "jobs cannot be read", "error", e.msg, NULL);
            nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
        } else if (!had_work) {
            look_for_late(j);
            tend_keys(j);
            watch_looks(j);
            db_wait_notify(j->db, 400);
        }
    }
    return NULL;
}

struct jobs *jobs_start(const struct work *work, struct err *e)
{
    struct jobs *j = calloc(1, sizeof *j);
    if (!j)
        abort();
    j->work = work;
    j->db = db_open(work->url, e);
    if (!j->db || !db_script(j->db, "listen job", e) ||
        pthread_create(&j->thread, NULL, job_loop, j) != 0) {
        db_close(j->db);
        free(j);
        err_set(e, ERR_BUSY, "background work could not be started");
        return NULL;
    }
    return j;
}

void jobs_stop(struct jobs *j)
{
    if (!j)
        return;
    __atomic_store_n(&j->is_stopping, true, __ATOMIC_RELEASE);
    pthread_join(j->thread, NULL);
    db_close(j->db);
    free(j);
}
