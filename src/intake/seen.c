#include "intake/seen.h"

struct slot {
    uint64_t key; /* 0 is free */
    uint32_t row, values;
};

struct seen {
    struct slot *slots;
    size_t n, size;
};

struct seen *seen_create(void)
{
    struct seen *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->size = 1 << 12;
    s->slots = calloc(s->size, sizeof *s->slots);
    if (!s->slots)
        abort();
    return s;
}

void seen_destroy(struct seen *s)
{
    if (!s)
        return;
    free(s->slots);
    free(s);
}

static struct slot *slot_of(const struct seen *s, uint64_t key)
{
    size_t i = (size_t)key & (s->size - 1);
    while (s->slots[i].key && s->slots[i].key != key)
        i = (i + 1) & (s->size - 1);
    return &s->slots[i];
}

static void grow(struct seen *s)
{
    struct slot *old = s->slots;
    size_t n = s->size;
    s->size *= 2;
    s->slots = calloc(s->size, sizeof *s->slots);
    if (!s->slots)
        abort();
    for (size_t i = 0; i < n; i++) {
        if (old[i].key)
            *slot_of(s, old[i].key) = old[i];
    }
    free(old);
}

uint32_t seen_add(struct seen *s, uint64_t key, uint64_t values, uint32_t row, bool *is_same)
{
    key += key == 0;
    struct slot *slot = slot_of(s, key);
    if (slot->key) {
        *is_same = slot->values == (uint32_t)values;
        return slot->row;
    }
    if (s->n < SEEN_MAX) {
        *slot = (struct slot){key, row, (uint32_t)values};
        if (++s->n * 3 > s->size * 2)
            grow(s);
    }
    return 0;
}

bool seen_is_full(const struct seen *s)
{
    return s->n >= SEEN_MAX;
}
