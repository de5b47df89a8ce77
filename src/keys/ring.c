#include "keys/ring.h"

#include "base/cipher.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum { LOOK_MS = 500, MAX_PATH = 3000 };

struct ring {
    char path[MAX_PATH];
    pthread_mutex_t lock;
    struct ring_file now;
    struct stat read; /* of the file, when it was read */
    bool is_adopted[KEY_USE_COUNT];
    uint8_t adopted[KEY_USE_COUNT][RING_KEY_BYTES];
    int64_t next_look; /* ms of the monotonic clock; 0: at once */
};

static int64_t monotonic_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_mode == b->st_mode;
}

/* A number stands for one key for ever: else what it sealed would be lost. */
static bool agrees(const struct ring_file *before, const struct ring_file *after, struct err *e)
{
    for (size_t i = 0; i < before->n; i++) {
        for (size_t k = 0; k < after->n; k++) {
            const struct generation *b = &before->generations[i], *a = &after->generations[k];
            if (a->id == b->id && memcmp(a->master, b->master, RING_KEY_BYTES) != 0)
                return err_set(e, ERR_CONFLICT,
                               "generation %lld of the key ring has another key than before: the "
                               "file of another county?",
                               (long long)a->id);
        }
    }
    return true;
}

/* With the lock held. */
static bool look(struct ring *r, struct err *e)
{
    struct stat st;
    struct ring_file got = {0};
    r->next_look = monotonic_ms() + LOOK_MS;
    if (stat(r->path, &st) != 0)
        return err_set(e, ERR_BUSY, "key ring %s: %s", r->path, strerror(errno));
    if (r->now.n && is_same_file(&st, &r->read))
        return true;
    bool ok = ring_file_load(&got, r->path, e) && agrees(&r->now, &got, e);
    if (ok) {
        r->now = got;
        r->read = st;
    }
    ring_wipe(&got);
    return ok;
}

static void look_now_and_then(struct ring *r)
{
    struct err ignored = {0}; /* ring_refresh() tells it to who logs */
    int64_t next = __atomic_load_n(&r->next_look, __ATOMIC_RELAXED);
    if (monotonic_ms() >= next && !look(r, &ignored))
        return;
}

struct ring *ring_open(const char *path, struct err *e)
{
    struct ring *r = calloc(1, sizeof *r);
    struct stat st;
    if (!r)
        abort();
    pthread_mutex_init(&r->lock, NULL);
    snprintf(r->path, sizeof r->path, "%s", path);
    bool ok = stat(path, &st) == 0 || err_set(e, errno == ENOENT ? ERR_MISSING : ERR_BROKEN,
                                              "key ring %s: %s", path, strerror(errno));
    if (ok && look(r, e))
        return r;
    ring_close(r);
    return NULL;
}

void ring_close(struct ring *r)
{
    if (!r)
        return;
    pthread_mutex_destroy(&r->lock);
    explicit_bzero(r, sizeof *r);
    free(r);
}

void ring_adopt(struct ring *r, enum key_use use, const uint8_t key[RING_KEY_BYTES])
{
    pthread_mutex_lock(&r->lock);
    r->is_adopted[use] = true;
    memcpy(r->adopted[use], key, RING_KEY_BYTES);
    pthread_mutex_unlock(&r->lock);
}

bool ring_refresh(struct ring *r, struct err *e)
{
    pthread_mutex_lock(&r->lock);
    bool ok = look(r, e);
    pthread_mutex_unlock(&r->lock);
    return ok;
}

void ring_poke(struct ring *r)
{
    __atomic_store_n(&r->next_look, 0, __ATOMIC_RELAXED);
}

int64_t ring_active(struct ring *r)
{
    pthread_mutex_lock(&r->lock);
    look_now_and_then(r);
    int64_t id = ring_file_active(&r->now)->id;
    pthread_mutex_unlock(&r->lock);
    return id;
}

void ring_copy(struct ring *r, struct ring_file *out)
{
    pthread_mutex_lock(&r->lock);
    *out = r->now;
    pthread_mutex_unlock(&r->lock);
}

/* With the lock held.  0: of the database. */
static bool find(struct ring *r, enum key_use use, int64_t id, uint8_t out[RING_KEY_BYTES])
{
    const uint8_t *key = NULL;
    if (id == 0)
        key = r->now.has_database[use] ? r->now.database[use]
              : r->is_adopted[use]     ? r->adopted[use]
                                       : NULL;
    for (size_t i = 0; !key && id && i < r->now.n; i++) {
        if (r->now.generations[i].id == id)
            key = r->now.generations[i].keys[use];
    }
    if (key)
        memcpy(out, key, RING_KEY_BYTES);
    return key != NULL;
}

bool ring_key(struct ring *r, enum key_use use, int64_t *generation, uint8_t out[RING_KEY_BYTES],
              struct err *e)
{
    struct err ignored = {0};
    pthread_mutex_lock(&r->lock);
    look_now_and_then(r);
    int64_t id = *generation ? *generation : ring_file_active(&r->now)->id;
    bool is_there = find(r, use, id, out) || (look(r, &ignored) && find(r, use, id, out));
    pthread_mutex_unlock(&r->lock);
    if (!is_there)
        return err_set(e, ERR_MISSING, "the key ring has no generation %lld", (long long)id);
    *generation = id;
    return true;
}

str ring_seal(struct ring *r, struct arena *a, enum key_use use, str label, str text)
{
    uint8_t key[RING_KEY_BYTES];
    int64_t id = 0;
    struct err none = {0};
    if (!ring_key(r, use, &id, key, &none)) /* a ring has an active generation */
        abort();
    str sealed = seal(a, key, label, text);
    explicit_bzero(key, sizeof key);
    return arena_format(a, "%lld.%.*s", (long long)id, STR_ARG(sealed));
}

bool ring_unseal(struct ring *r, struct arena *a, enum key_use use, str label, str sealed,
                 str *text)
{
    uint8_t key[RING_KEY_BYTES];
    str rest = sealed, number = {0};
    int64_t id = 0;
    struct err none = {0};
    bool is_numbered = memchr(sealed.p ? sealed.p : "", '.', sealed.n) != NULL;
    if (is_numbered && !str_take_part(&rest, '.', &number))
        return false;
    if (number.n && (!str_to_int64(number, &id) || id < 1))
        return false;
    if (id) {
        if (!ring_key(r, use, &id, key, &none))
            return false;
    } else {
        pthread_mutex_lock(&r->lock);
        bool is_there = find(r, use, 0, key);
        pthread_mutex_unlock(&r->lock);
        if (!is_there)
            return false;
    }
    bool ok = seal_open(a, key, label, rest, text);
    explicit_bzero(key, sizeof key);
    return ok;
}
