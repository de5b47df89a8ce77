#include "base/log.h"

#include "base/date.h"

#include <stdarg.h>
#include <stdio.h>

enum { MAX_LINE = 2000 };

static size_t add_quoted(char *out, size_t n, const char *text)
{
    out[n++] = '"';
    for (; *text && n < MAX_LINE - 10; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            out[n++] = '\\';
        out[n++] = c < 0x20 ? ' ' : (char)c;
    }
    out[n++] = '"';
    return n;
}

void log_event(enum log_level level, const char *message, ...)
{
    static const char *const names[] = {"info", "warning", "error"};
    char line[MAX_LINE + 100];
    int64_t ms = clock_unix_ms();
    va_list args;
    size_t n = (size_t)snprintf(line, sizeof line, "{\"t\":%lld.%03d,\"level\":\"%s\",\"msg\":",
                                (long long)(ms / 1000), (int)(ms % 1000), names[level]);
    n = add_quoted(line, n, message);
    va_start(args, message);
    for (const char *name; (name = va_arg(args, const char *)) && n < MAX_LINE - 100;) {
        line[n++] = ',';
        n = add_quoted(line, n, name);
        line[n++] = ':';
        n = add_quoted(line, n, va_arg(args, const char *));
    }
    va_end(args);
    line[n++] = '}';
    line[n++] = '\n';
    fwrite(line, 1, n, stderr);
}
