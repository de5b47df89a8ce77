#include "audit/merkle.h"

bool hash_equal(const struct hash *a, const struct hash *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

void merkle_begin(struct merkle *m)
{
    *m = (struct merkle){0};
    digest_begin(&m->digest);
}

void merkle_clear(struct merkle *m)
{
    m->height = 0;
    m->n = 0;
}

void merkle_release(struct merkle *m)
{
    digest_drop(&m->digest);
}

struct hash merkle_leaf(struct merkle *m, str data)
{
    struct hash h;
    digest_add(&m->digest, STR("\0"));
    digest_add(&m->digest, data);
    digest_next(&m->digest, h.bytes);
    return h;
}

static struct hash join(struct merkle *m, const struct hash *left, const struct hash *right)
{
    char both[1 + 2 * DIGEST_BYTES] = {1};
    struct hash h;
    memcpy(both + 1, left, DIGEST_BYTES);
    memcpy(both + 1 + DIGEST_BYTES, right, DIGEST_BYTES);
    digest_add(&m->digest, (str){both, sizeof both});
    digest_next(&m->digest, h.bytes);
    return h;
}

void merkle_add(struct merkle *m, const struct hash *leaf)
{
    struct hash h = *leaf;
    /* A level is full for every one that ends the binary number of leaves. */
    for (uint64_t n = m->n; n & 1; n >>= 1)
        h = join(m, &m->level[--m->height], &h);
    m->level[m->height++] = h;
    m->n++;
}

struct hash merkle_root(struct merkle *m)
{
    struct hash h = {{0}};
    if (m->n == 0) {
        digest_next(&m->digest, h.bytes);
        return h;
    }
    h = m->level[m->height - 1];
    for (size_t i = m->height - 1; i-- > 0;)
        h = join(m, &m->level[i], &h);
    return h;
}

/* The largest power of two below n > 1. */
static uint64_t split(uint64_t n)
{
    return (uint64_t)1 << (63 - __builtin_clzll(n - 1));
}

static struct hash root_of(struct merkle *m, const struct hash *leaves, uint64_t n)
{
    merkle_clear(m);
    for (uint64_t i = 0; i < n; i++)
        merkle_add(m, &leaves[i]);
    return merkle_root(m);
}

void merkle_prove(struct merkle *m, const struct hash *leaves, uint64_t n, uint64_t index,
                  struct merkle_path *path)
{
    *path = (struct merkle_path){.index = index, .n = n};
    struct hash down[MERKLE_MAX_DEPTH];
    size_t count = 0;
    for (uint64_t from = 0; n > 1;) {
        uint64_t k = split(n);
        bool is_left = index - from < k;
        down[count++] = is_left ? root_of(m, leaves + from + k, n - k) //
                                : root_of(m, leaves + from, k);
        from += is_left ? 0 : k;
        n = is_left ? k : n - k;
    }
    path->count = count;
    for (size_t i = 0; i < count; i++)
        path->steps[i] = down[count - 1 - i];
}

bool merkle_follow(struct merkle *m, const struct merkle_path *path, const struct hash *leaf,
                   struct hash *root)
{
    bool is_left[MERKLE_MAX_DEPTH];
    size_t count = 0;
    if (path->index >= path->n || path->n > (uint64_t)1 << (MERKLE_MAX_DEPTH - 1))
        return false;
    uint64_t index = path->index;
    for (uint64_t n = path->n; n > 1;) {
        uint64_t k = split(n);
        is_left[count] = index < k;
        n = is_left[count] ? k : n - k;
        index -= is_left[count++] ? 0 : k;
    }
    if (count != path->count)
        return false;
    struct hash h = *leaf;
    for (size_t i = 0; i < count; i++) {
        const struct hash *s = &path->steps[i];
        h = is_left[count - 1 - i] ? join(m, &h, s) : join(m, s, &h);
    }
    *root = h;
    return true;
}
