#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *name;
    int status, exit_code;
} CODES[] = {
#define X(name, status, exit_code, meaning) {#name, status, exit_code},
    ERR_CODES(X)
#undef X
};

/* vsnprintf may cut a character in half at the end of the room; a JSON answer must not carry that.
 */
static void drop_cut_character(char *text)
{
    size_t n = strlen(text);
    size_t start = n;
    while (start > 0 && n - start < 4) {
        start--;
        if (((unsigned char)text[start] & 0xc0) != 0x80)
            break;
    }
    if (start < n && !utf8_is_valid((str){text + start, n - start}))
        text[start] = '\0';
}

bool err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
    if (e->code)
        return false;
    va_list args;
    va_start(args, fmt);
    vsnprintf(e->msg, sizeof e->msg, fmt, args);
    va_end(args);
    drop_cut_character(e->msg);
    e->code = code;
    return false;
}

bool err_at(struct err *e, const char *fmt, ...)
{
    if (e->at[0])
        return false;
    va_list args;
    va_start(args, fmt);
    vsnprintf(e->at, sizeof e->at, fmt, args);
    va_end(args);
    drop_cut_character(e->at);
    return false;
}

bool err_zh(struct err *e, const char *fmt, ...)
{
    if (e->msg_zh[0])
        return false;
    va_list args;
    va_start(args, fmt);
    vsnprintf(e->msg_zh, sizeof e->msg_zh, fmt, args);
    va_end(args);
    drop_cut_character(e->msg_zh);
    return false;
}

void err_clear(struct err *e)
{
    *e = (struct err){0};
}

const char *err_name(enum err_code code)
{
    return CODES[code].name;
}

int err_http_status(enum err_code code)
{
    return CODES[code].status;
}

int err_exit_code(enum err_code code)
{
    return CODES[code].exit_code;
}
