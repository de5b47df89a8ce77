#include "cmd/sealing.h"

#include "audit/archive.h"
#include "audit/seal.h"
#include "base/date.h"
#include "base/log.h"
#include "cmd/settings.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_MS = 1000, STEP_MS = 50, COMPLAIN_MS = 60000, ROLL_MS = 3600000 };

struct sealing {
    struct arena arena;
    struct sealer how;
    struct key *key;
    struct stat read; /* of the key's file, when it was read */
    struct db *db;
    pthread_t thread;
    bool is_stopping;
};

static bool is_stopping(struct sealing *s)
{
    return __atomic_load_n(&s->is_stopping, __ATOMIC_ACQUIRE);
}

/* Takes a key up that was put in the place of the one held. */
static bool follow_key(struct sealing *s, struct err *e)
{
    struct stat st = {0};
    struct sealer how;
    struct arena a = {0};
    bool is_there = stat(settings_audit_key_path(), &st) == 0;
    if (s->key && is_there && st.st_ino == s->read.st_ino &&
        st.st_mtim.tv_sec == s->read.st_mtim.tv_sec &&
        st.st_mtim.tv_nsec == s->read.st_mtim.tv_nsec)
        return true;
    struct key *k = settings_audit_key(&a, &how, e);
    if (!k) {
        arena_release(&a);
        return false;
    }
    key_destroy(s->key);
    arena_release(&s->arena);
    s->arena = a;
    s->key = k;
    s->how = how;
    s->read = st; /* one that was made just now is read again at the next turn */
    return true;
}

static void *sealing_loop(void *arg)
{
    struct sealing *s = arg;
    setpriority(PRIO_PROCESS, (id_t)gettid(), 10); /* who waits for an answer comes first */
    int64_t complained = 0, rolled = 0;
    while (!is_stopping(s)) {
        struct err e = {0};
        struct sealed done = {0};
        bool ok = follow_key(s, &e) && db_revive(s->db, &e) &&
                  audit_seal(s->db, &s->how, clock_unix_ms(), &done, &e);
        if (ok && clock_unix_ms() - rolled >= ROLL_MS) {
            struct err later = {0}; /* next month's part can wait; sealing cannot */
            rolled = clock_unix_ms();
            if (!audit_roll(s->db, &later))
                log_event(LOG_ERROR, "the audit's parts of the coming months could not be made",
                          "error", later.msg, NULL);
        }
        if (!ok && clock_unix_ms() - complained >= COMPLAIN_MS) {
            complained = clock_unix_ms();
            log_event(LOG_ERROR, "the audit cannot be sealed", "error", e.msg, NULL);
        }
        if (ok && done.is_waiting && done.batches)
            continue; /* behind: at once again */
        for (int i = 0; i < PAUSE_MS / STEP_MS && !is_stopping(s); i++)
            nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000}, NULL);
    }
    return NULL;
}

struct sealing *sealing_start(const struct work *work, struct err *e)
{
    struct sealing *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->db = follow_key(s, e) ? db_open(work->url, e) : NULL;
    if (s->db && pthread_create(&s->thread, NULL, sealing_loop, s) == 0)
        return s;
    db_close(s->db);
    key_destroy(s->key);
    arena_release(&s->arena);
    free(s);
    err_set(e, ERR_BUSY, "the sealer of the audit could not be started");
    return NULL;
}

void sealing_stop(struct sealing *s)
{
    if (!s)
        return;
    __atomic_store_n(&s->is_stopping, true, __ATOMIC_RELEASE);
    pthread_join(s->thread, NULL);
    db_close(s->db);
    key_destroy(s->key);
    arena_release(&s->arena);
    free(s);
}
