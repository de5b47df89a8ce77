#include "demo/chance.h"

int64_t chance_between(uint64_t *state, int64_t from, int64_t to)
{
    return to <= from ? from : from + (int64_t)chance_below(state, (uint64_t)(to - from) + 1);
}

/* A Feistel network over the next even number of bits, walked until the result is below n. */
uint64_t chance_shuffle(uint64_t key, uint64_t i, uint64_t n)
{
    unsigned half = 1;
    while ((uint64_t)1 << (2 * half) < n)
        half++;
    uint64_t mask = ((uint64_t)1 << half) - 1;
    if (n < 2)
        return 0;
    do {
        uint64_t left = i >> half, right = i & mask;
        for (uint64_t round = 0; round < 4; round++) {
            uint64_t next = left ^ (chance_mix(key + round, right) & mask);
            left = right;
            right = next;
        }
        i = left << half | right;
    } while (i >= n);
    return i;
}
