/* What went wrong, for people and for programs.  The first error wins. */
#pragma once
#include "base/str.h"

/* name, HTTP status, exit code, meaning */
#define ERR_CODES(X)                                                                               \
    X(NONE, 200, 0, "no error")                                                                    \
    X(INVALID, 400, 2, "the input is wrong; the message says where and what is expected")          \
    X(UNKNOWN, 401, 3, "who is asking is not known: sign in, or send a valid key")                 \
    X(DENIED, 403, 3, "known, but not permitted")                                                  \
    X(MISSING, 404, 4, "no such thing")                                                            \
    X(CONFLICT, 409, 5, "somebody else changed it, or it already is so")                           \
    X(LIMIT, 429, 6, "too much or too large: a quota, size or rate was passed")                    \
    X(BUSY, 503, 7, "cannot be done at present; try again later")                                  \
    X(BROKEN, 500, 8, "a fault inside: database, disk or program")

enum err_code {
#define X(name, status, exit_code, meaning) ERR_##name,
    ERR_CODES(X)
#undef X
};

struct err {
    enum err_code code;
    char msg[400];
    char msg_zh[400]; /* the same for a clerk; empty where there is none */
    char at[160];     /* place, such as "/rows/3/phone" or "apps/muck/app.yaml:12" */
};

/* Sets code and message unless an error is already there.  Returns false, for `return err_set(…)`.
 */
bool err_set(struct err *e, enum err_code code, const char *fmt, ...) PRINTF(3, 4)
    __attribute__((nonnull(1, 3)));
/* Names the place, if none was named yet.  Returns false. */
bool err_at(struct err *e, const char *fmt, ...) PRINTF(2, 3) __attribute__((nonnull(1, 2)));
/* Adds the Chinese words of the error just set; nothing if some are there.  Returns false. */
bool err_zh(struct err *e, const char *fmt, ...) PRINTF(2, 3) __attribute__((nonnull(1, 2)));
void err_clear(struct err *e);

const char *err_name(enum err_code code);
int err_http_status(enum err_code code);
int err_exit_code(enum err_code code);
