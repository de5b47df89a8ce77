/* One JSON line an event, on standard error.  Never a secret, never a person's data. */
#pragma once
#include "base/str.h"

enum log_level { LOG_INFO, LOG_WARNING, LOG_ERROR };

/* message: what happened, from a fixed text; the rest: pairs of name and value, ended by NULL. */
void log_event(enum log_level level, const char *message, ...) __attribute__((sentinel));
