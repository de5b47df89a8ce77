/* The exchange's thread: what waits for other counties, and what came from them. */
#pragma once
#include "cmd/work.h"

struct exchanging;

struct exchanging *exchanging_start(const struct work *work, struct err *e);
void exchanging_stop(struct exchanging *x); /* NULL allowed */
