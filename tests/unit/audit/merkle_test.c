#include "audit/chain.h"
#include "audit/merkle.h"

#include "check.h"

/* Straight from the definition, with a digest of its own. */
static struct hash plain(const char *prefix, size_t n, const void *a, size_t an, const void *b,
                         size_t bn)
{
    struct digest d;
    struct hash h;
    digest_begin(&d);
    digest_add(&d, (str){prefix, n});
    digest_add(&d, (str){a, an});
    digest_add(&d, (str){b, bn});
    digest_end(&d, h.bytes);
    return h;
}

static struct hash leaf_of(const char *text)
{
    return plain("\0", 1, text, strlen(text), "", 0);
}

static struct hash node_of(struct hash l, struct hash r)
{
    return plain("\1", 1, &l, sizeof l, &r, sizeof r);
}

static struct hash root_of(struct merkle *m, const char *const *texts, size_t n)
{
    merkle_clear(m);
    for (size_t i = 0; i < n; i++) {
        struct hash leaf = merkle_leaf(m, str_from(texts[i]));
        merkle_add(m, &leaf);
    }
    return merkle_root(m);
}

/* The trees of RFC 6962, section 2.1.3: seven leaves and what comes before. */
static void test_shapes(void)
{
    static const char *const t[] = {"a", "", "县", "d", "e", "f", "g"};
    struct hash l[7], want[8];
    struct merkle m;
    merkle_begin(&m);
    for (int i = 0; i < 7; i++)
        l[i] = leaf_of(t[i]);
    struct hash g = node_of(l[0], l[1]), h = node_of(l[2], l[3]), i = node_of(l[4], l[5]);
    struct hash k = node_of(g, h);
    want[0] = plain("", 0, "", 0, "", 0);
    want[1] = l[0];
    want[2] = g;
    want[3] = node_of(g, l[2]);
    want[4] = k;
    want[5] = node_of(k, l[4]);
    want[6] = node_of(k, i);
    want[7] = node_of(k, node_of(i, l[6]));
    for (size_t n = 0; n <= 7; n++) {
        struct hash got = root_of(&m, t, n);
        CHECK(hash_equal(&got, &want[n]));
    }
    /* GB/T 32905, A.1: the digest is SM3. */
    struct hash abc = plain("", 0, "abc", 3, "", 0);
    static const uint8_t sm3[] = {0x66, 0xc7, 0xf0, 0xf4};
    CHECK(memcmp(abc.bytes, sm3, sizeof sm3) == 0);
    merkle_release(&m);
}

static void test_paths(void)
{
    enum { MOST = 70 };
    struct hash leaves[MOST], root, got;
    struct merkle m;
    struct merkle_path path;
    merkle_begin(&m);
    for (uint64_t i = 0; i < MOST; i++)
        leaves[i] = merkle_leaf(&m, (str){(const char *)&i, sizeof i});
    for (uint64_t n = 1; n <= MOST; n++) {
        merkle_clear(&m);
        for (uint64_t i = 0; i < n; i++)
            merkle_add(&m, &leaves[i]);
        root = merkle_root(&m);
        for (uint64_t i = 0; i < n; i++) {
            merkle_prove(&m, leaves, n, i, &path);
            CHECK(path.count <= 7);
            CHECK(merkle_follow(&m, &path, &leaves[i], &got) && hash_equal(&got, &root));
            CHECK(!merkle_follow(&m, &path, &leaves[(i + 1) % MOST], &got) ||
                  !hash_equal(&got, &root));
            path.count++; /* a path of the wrong length */
            CHECK(!merkle_follow(&m, &path, &leaves[i], &got));
            path.count--;
            path.index = n; /* off the tree */
            CHECK(!merkle_follow(&m, &path, &leaves[i], &got));
        }
    }
    path = (struct merkle_path){.index = 0, .n = UINT64_MAX};
    CHECK(!merkle_follow(&m, &path, &leaves[0], &got));
    merkle_release(&m);
}

/* Nothing about a batch can change and leave the chain as it was. */
static void test_chain(void)
{
    struct merkle m;
    struct hash zero = {0};
    merkle_begin(&m);
    struct batch_seal s = {.batch = 7, .at_us = 1764000000000000, .lines = 3};
    struct hash was = chain_next(&m, &zero, &s);
    struct batch_seal other[] = {s, s, s, s};
    other[0].batch++;
    other[1].at_us++;
    other[2].lines++;
    other[3].root.bytes[31] ^= 1;
    for (size_t i = 0; i < COUNT(other); i++) {
        struct hash h = chain_next(&m, &zero, &other[i]);
        CHECK(!hash_equal(&h, &was));
    }
    struct hash next = chain_next(&m, &was, &s);
    CHECK(!hash_equal(&next, &was));
    merkle_release(&m);
}

static void test_lines(void)
{
    static const struct {
        const char *text;
        size_t n;
    } cases[] = {{"", 0}, {"\n", 1}, {"a", 1}, {"a\n", 1}, {"a\nb", 2}, {"a\n\nb\n", 3}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        str rest = str_from(cases[i].text), line;
        size_t n = 0;
        while (audit_take_line(&rest, &line))
            n++;
        CHECK_NAMED(n == cases[i].n, cases[i].text);
    }
}

int main(void)
{
    RUN(test_shapes);
    RUN(test_paths);
    RUN(test_chain);
    RUN(test_lines);
    return check_end();
}
