#include "http/rate.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

enum { SETS = 4096, WAYS = 8 };

struct bucket {
    uint64_t who; /* 0: free */
    double tokens;
    int64_t at; /* ms */
};

struct rate {
    double per_ms, burst;
    uint64_t seed; /* nobody can choose whose bucket theirs falls on */
    pthread_mutex_t lock;
    struct bucket buckets[SETS][WAYS];
};

struct rate *rate_create(double per_second, double burst)
{
    if (per_second <= 0)
        return NULL;
    struct rate *r = calloc(1, sizeof *r);
    if (!r || getrandom(&r->seed, sizeof r->seed, 0) != sizeof r->seed)
        abort();
    r->per_ms = per_second / 1000;
    r->burst = burst < 1 ? 1 : burst;
    pthread_mutex_init(&r->lock, NULL);
    return r;
}

void rate_destroy(struct rate *r)
{
    if (!r)
        return;
    pthread_mutex_destroy(&r->lock);
    free(r);
}

/* The bucket of who, or the one of its set untouched longest, made anew. */
static struct bucket *find(struct rate *r, uint64_t who, int64_t now_ms)
{
    struct bucket *set = r->buckets[who % SETS], *oldest = set;
    for (int i = 0; i < WAYS; i++) {
        if (set[i].who == who)
            return &set[i];
        if (!set[i].who || (oldest->who && set[i].at < oldest->at))
            oldest = &set[i];
    }
    *oldest = (struct bucket){who, r->burst, now_ms};
    return oldest;
}

bool rate_take(struct rate *r, str who, double cost, int64_t now_ms, int64_t *wait_ms)
{
    if (!r)
        return true;
    uint64_t hash = str_hash(who, r->seed) | 1;
    double asked = cost > r->burst ? r->burst : cost;
    pthread_mutex_lock(&r->lock);
    struct bucket *b = find(r, hash, now_ms);
    if (now_ms > b->at) {
        b->tokens += (double)(now_ms - b->at) * r->per_ms;
        b->tokens = b->tokens > r->burst ? r->burst : b->tokens;
        b->at = now_ms;
    }
    bool ok = b->tokens >= asked;
    if (ok)
        b->tokens -= asked;
    else
        *wait_ms = (int64_t)((asked - b->tokens) / r->per_ms) + 1;
    pthread_mutex_unlock(&r->lock);
    return ok;
}

double rate_cost(unsigned route_flags)
{
    enum { ONE = 1, LIST = 4, HEAVY = 40 };
    return route_flags & ROUTE_HEAVY ? HEAVY : route_flags & ROUTE_LIST ? LIST : ONE;
}

void rate_refuse(struct response *rs, struct arena *a, int64_t wait_ms, struct err *e)
{
    long long seconds = (long long)(wait_ms + 999) / 1000;
    err_set(e, ERR_LIMIT, "too many requests: try again in %lld seconds", seconds);
    err_zh(e, "请求过于频繁，请 %lld 秒后再试", seconds);
    response_header(rs, STR("Retry-After"), arena_format(a, "%lld", seconds));
}

str rate_address(str address, char room[16])
{
    char text[INET6_ADDRSTRLEN];
    unsigned char bytes[sizeof(struct in6_addr)];
    if (!address.n || address.n >= sizeof text || !memchr(address.p, ':', address.n))
        return address;
    memcpy(text, address.p, address.n);
    text[address.n] = '\0';
    if (inet_pton(AF_INET6, text, bytes) != 1)
        return address;
    bool is_mapped = memcmp(bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0;
    memcpy(room, bytes, 16);
    return (str){room, is_mapped ? 16 : 8};
}
