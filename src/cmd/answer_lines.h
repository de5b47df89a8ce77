/* JSON lines in, JSON lines out: each request an object with an "id", each answer one line. */
#pragma once
#include "feel/machine.h"
#include "text/json.h"

/* Evaluates a request; on false e says why. */
typedef bool (*lines_answer)(void *data, const struct json *request, struct machine *m,
                             struct value *result);

/* Answers every line of standard input.  Returns the exit code. */
int lines_run(lines_answer answer, void *data);
/* The machine's now: the system clock in UTC.  Only commands look at the clock. */
void lines_set_now(struct machine *m);
void lines_write_warnings(struct buf *out, const struct machine *m);
