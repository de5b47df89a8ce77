/* Inside the room: chance without state.  Every draw follows from a key. */
#pragma once
#include "base/str.h"

static inline uint64_t chance_mix(uint64_t key, uint64_t with)
{
    uint64_t z = (key ^ (with * 0x9e3779b97f4a7c15u)) + 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* The next draw of a sequence. */
static inline uint64_t chance_next(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    return chance_mix(*state, 0);
}

/* 0..n-1, n > 0. */
static inline uint64_t chance_below(uint64_t *state, uint64_t n)
{
    return (uint64_t)(((unsigned __int128)chance_next(state) * n) >> 64);
}

/* from..to, both included; from when they are the wrong way round. */
int64_t chance_between(uint64_t *state, int64_t from, int64_t to);

/* Where i comes to stand when 0..n-1 is shuffled by key: each place is taken once.  i < n. */
uint64_t chance_shuffle(uint64_t key, uint64_t i, uint64_t n);
