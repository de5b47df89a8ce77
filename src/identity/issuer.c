#include "identity/issuer.h"

#include "base/cipher.h"
#include "text/json.h"

#include <pthread.h>
#include <sys/stat.h>

enum { MAX_FOLDER = 3000, KINDS = 2 }; /* ES256 and RS256: what clients of the web verify */

struct held {
    struct key *key;
    struct timespec written; /* of the file, when it was read */
    ino_t inode;
    bool is_listed;
    struct held *older; /* threads may still sign with it */
};

struct issuer {
    str url;
    char folder[MAX_FOLDER];
    pthread_mutex_t lock;
    struct held *held[KINDS];
    struct arena arena;
};

str issuer_url(const struct issuer *i)
{
    return i->url;
}

bool issuer_is_https(const struct issuer *i)
{
    return str_starts(i->url, STR("https://"));
}

str issuer_key_file(struct arena *a, const char *key_folder, enum key_kind kind)
{
    return arena_format(a, "%s/token-%s.pem", key_folder, key_algorithm(kind));
}

/* With the lock held.  Reads the file again when it is not the one that was read last. */
static struct held *take_up(struct issuer *i, enum key_kind kind, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct stat st = {0};
    struct held *now = i->held[kind];
    const char *path = arena_cstr(&a, issuer_key_file(&a, i->folder, kind));
    bool is_there = stat(path, &st) == 0;
    if (now && is_there && st.st_ino == now->inode && st.st_mtim.tv_sec == now->written.tv_sec &&
        st.st_mtim.tv_nsec == now->written.tv_nsec)
        return now;
    struct key *k = key_load_or_make(path, kind, e);
    if (k && key_kind(k) != kind) {
        err_set(e, ERR_INVALID, "key file %s holds no %s key", path, key_algorithm(kind));
        key_destroy(k);
        k = NULL;
    }
    if (!k)
        return NULL;
    if (stat(path, &st) != 0) {
        err_set(e, ERR_BUSY, "key file %s went while it was read", path);
        key_destroy(k);
        return NULL;
    }
    struct held *h = calloc(1, sizeof *h);
    if (!h)
        abort();
    *h = (struct held){.key = k, .written = st.st_mtim, .inode = st.st_ino, .older = now};
    i->held[kind] = h;
    return h;
}

struct issuer *issuer_create(str url, const char *key_folder, struct err *e)
{
    struct issuer *i = calloc(1, sizeof *i);
    if (!i)
        abort();
    pthread_mutex_init(&i->lock, NULL);
    i->url = arena_copy(&i->arena, url);
    snprintf(i->folder, sizeof i->folder, "%s", key_folder);
    mkdir(key_folder, 0700);
    for (int kind = 0; kind < KINDS; kind++) {
        if (!take_up(i, (enum key_kind)kind, e)) {
            issuer_destroy(i);
            return NULL;
        }
    }
    return i;
}

void issuer_destroy(struct issuer *i)
{
    if (!i)
        return;
    for (int kind = 0; kind < KINDS; kind++) {
        for (struct held *h = i->held[kind], *older; h; h = older) {
            older = h->older;
            key_destroy(h->key);
            free(h);
        }
    }
    pthread_mutex_destroy(&i->lock);
    arena_release(&i->arena);
    free(i);
}

bool issuer_secret(const struct issuer *i, struct arena *a, str file, str *secret, struct err *e)
{
    char text[1024];
    struct stat st;
    const char *path = arena_cstr(a, arena_format(a, "%s/%.*s", i->folder, STR_ARG(file)));
    FILE *f = fopen(path, "r");
    if (!f)
        return err_set(e, ERR_BUSY, "the secret file %s cannot be read", path);
    bool is_ours = fstat(fileno(f), &st) == 0 && (st.st_mode & 077) == 0;
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    if (!is_ours)
        return err_set(e, ERR_BUSY, "secret file %s may be read by others: chmod 600 it", path);
    *secret = arena_copy(a, str_trim((str){text, n}));
    return true;
}

bool issuer_list(struct db *db, const struct key *k, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    BUF_SCOPED struct buf jwk = {.max = 1 << 14};
    str kid = key_id(&a, k), algorithm = str_from(key_algorithm(key_kind(k)));
    key_write_jwk(&jwk, k);
    return DB(db, &a, NULL, e,
              "update shuzhi.signing_key set until = now() + interval '1 day'"
              " where algorithm = $2 and kid <> $1 and until is null",
              P(kid), P(algorithm)) &&
           DB(db, &a, NULL, e,
              "insert into shuzhi.signing_key (kid, algorithm, jwk) values ($1, $2, $3)"
              " on conflict (kid) do update set until = null where signing_key.until is not null",
              P(kid), P(algorithm), P(buf_str(&jwk)));
}

const struct key *issuer_key(struct issuer *i, struct db *db, enum key_kind kind, struct err *e)
{
    pthread_mutex_lock(&i->lock);
    struct held *h = take_up(i, kind, e);
    bool is_listed = h && h->is_listed;
    pthread_mutex_unlock(&i->lock);
    if (!h || (!is_listed && !issuer_list(db, h->key, e)))
        return NULL;
    if (!is_listed) {
        /* Said after this request's commit only by its next signature; a roll-back lists again. */
        ARENA_SCOPED struct arena a = {0};
        struct rows rows;
        if (!DB(db, &a, &rows, e,
                "select 1 from shuzhi.signing_key where kid = $1 and until is null"
                " and since < now()",
                P(key_id(&a, h->key))))
            return NULL;
        pthread_mutex_lock(&i->lock);
        h->is_listed = rows.n > 0;
        pthread_mutex_unlock(&i->lock);
    }
    return h->key;
}

struct key *issuer_find(struct db *db, struct arena *a, str kid, struct err *e)
{
    struct rows rows;
    struct json jwk;
    str x, y;
    if (!DB(db, a, &rows, e,
            "select jwk, algorithm from shuzhi.signing_key where kid = $1"
            " and (until is null or until > now())",
            P(kid)))
        return NULL;
    if (!rows.n || !json_parse(&jwk, rows_text(&rows, 0, 0), a, e)) {
        err_set(e, ERR_MISSING, "no key of ours has this id");
        return NULL;
    }
    bool is_rsa = str_is(rows_text(&rows, 0, 1), "RS256");
    if (!base64url_decode(a, json_text(&jwk, is_rsa ? "n" : "x", STR("")), &x) ||
        !base64url_decode(a, json_text(&jwk, is_rsa ? "e" : "y", STR("")), &y)) {
        err_set(e, ERR_BROKEN, "a listed key cannot be read");
        return NULL;
    }
    return is_rsa ? key_from_modulus(x, y, e) : key_from_point(x, y, e);
}
