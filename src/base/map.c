#include "base/map.h"

static size_t slot_of(const struct map *m, str key)
{
    size_t mask = m->slot_count - 1;
    size_t i = (size_t)str_hash(key, 0) & mask;
    while (m->slots[i] && !str_equal(m->entries[m->slots[i] - 1].key, key))
        i = (i + 1) & mask;
    return i;
}

static struct map_entry *entry_find(const struct map *m, str key)
{
    if (!m->slot_count)
        return NULL;
    uint32_t at = m->slots[slot_of(m, key)];
    return at ? &m->entries[at - 1] : NULL;
}

void *map_find(const struct map *m, str key)
{
    struct map_entry *e = entry_find(m, key);
    return e ? e->value : NULL;
}

bool map_has(const struct map *m, str key)
{
    return entry_find(m, key) != NULL;
}

static void grow_slots(struct map *m, struct arena *a)
{
    m->slot_count = m->slot_count ? m->slot_count * 2 : 16;
    m->slots = arena_array(a, uint32_t, m->slot_count);
    for (size_t i = 0; i < m->n; i++)
        m->slots[slot_of(m, m->entries[i].key)] = (uint32_t)(i + 1);
}

void map_set(struct map *m, struct arena *a, str key, void *value)
{
    struct map_entry *e = entry_find(m, key);
    if (e) {
        e->value = value;
        return;
    }
    VEC_ADD(a, m->entries, m->n, m->size) = (struct map_entry){key, value};
    if (m->n * 2 > m->slot_count)
        grow_slots(m, a);
    else
        m->slots[slot_of(m, key)] = (uint32_t)m->n;
}

void vec_grow(struct arena *a, void **items, size_t n, size_t *size, size_t item_size)
{
    if (n < *size)
        return;
    size_t grown = *size ? *size * 2 : 8;
    void *p = arena_alloc(a, grown, item_size);
    if (n)
        memcpy(p, *items, n * item_size);
    *items = p;
    *size = grown;
}
