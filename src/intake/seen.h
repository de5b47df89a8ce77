/* The keys a file has given so far, to tell duplicates: a bounded table of hashes. */
#pragma once
#include "base/str.h"

enum { SEEN_MAX = 2790000 }; /* keys; 16 bytes each in a table twice as large at most */

struct seen;

struct seen *seen_create(void);
void seen_destroy(struct seen *s);
/* 0: the key is new, and kept.  Else the row that gave it first; *is_same: with the same values. */
uint32_t seen_add(struct seen *s, uint64_t key, uint64_t values, uint32_t row, bool *is_same);
/* Past SEEN_MAX keys nothing more is kept, and repeated keys are no longer told. */
bool seen_is_full(const struct seen *s);
