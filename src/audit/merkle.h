/* Merkle trees of the shape of RFC 6962, section 2.1, over SM3 (GB/T 32905) in place of SHA-256:
 * a leaf is SM3(0x00 ‖ data), a node SM3(0x01 ‖ left ‖ right); the tree of no leaves is SM3(). */
#pragma once
#include "base/digest.h"

enum { MERKLE_MAX_DEPTH = 48 };

struct hash {
    uint8_t bytes[DIGEST_BYTES];
};

bool hash_equal(const struct hash *a, const struct hash *b);

/* Leaves are added one by one; memory is one hash a level. */
struct merkle {
    struct digest digest;
    struct hash level[MERKLE_MAX_DEPTH]; /* of the whole subtrees so far, largest first */
    size_t height;
    uint64_t n; /* leaves added */
};
void merkle_begin(struct merkle *m);
void merkle_clear(struct merkle *m); /* for the next tree */
void merkle_release(struct merkle *m);
/* The leaf of this data. */
struct hash merkle_leaf(struct merkle *m, str data);
void merkle_add(struct merkle *m, const struct hash *leaf);
struct hash merkle_root(struct merkle *m);

/* An audit path (RFC 6962, section 2.1.1): the siblings from the leaf upwards. */
struct merkle_path {
    uint64_t index, n; /* the leaf's place, leaves of the tree */
    struct hash steps[MERKLE_MAX_DEPTH];
    size_t count;
};
/* leaves: all n of them; index < n. */
void merkle_prove(struct merkle *m, const struct hash *leaves, uint64_t n, uint64_t index,
                  struct merkle_path *path);
/* The root that the path leads to; false when the path has not the length that index and n ask. */
MUST_USE bool merkle_follow(struct merkle *m, const struct merkle_path *path,
                            const struct hash *leaf, struct hash *root);
