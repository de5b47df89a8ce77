/* Text to pointer, in an arena.  Keys are borrowed: they must live as long as the map.
 * Iteration goes in the order of insertion. */
#pragma once
#include "base/arena.h"

struct map_entry {
    str key;
    void *value;
};

struct map {
    struct map_entry *entries;
    size_t n, size;
    uint32_t *slots; /* index + 1 into entries; 0 is free */
    size_t slot_count;
};

/* NULL if absent. */
void *map_find(const struct map *m, str key);
bool map_has(const struct map *m, str key);
/* Replaces the value of a key that is there. */
void map_set(struct map *m, struct arena *a, str key, void *value);

/* Appends to an arena array: VEC_ADD(arena, list.items, list.n, list.size) = value; */
#define VEC_ADD(a, items, n, size)                                                                 \
    (*(vec_grow((a), (void **)&(items), (n), &(size), sizeof *(items)), &(items)[(n)++]))
void vec_grow(struct arena *a, void **items, size_t n, size_t *size, size_t item_size);
