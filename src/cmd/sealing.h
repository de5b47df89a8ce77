/* The sealer's thread: seals the audit every second, signs it every minute. */
#pragma once
#include "cmd/work.h"

struct sealing;

struct sealing *sealing_start(const struct work *work, struct err *e);
void sealing_stop(struct sealing *s); /* NULL allowed */
