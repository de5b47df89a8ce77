#include "text/source.h"

#include <errno.h>
#include <unistd.h>

#include "base/buf.h"

bool source_take(struct source s, char *p, size_t room, size_t *n, struct err *e)
{
    return s.read(s.arg, p, room, n, e);
}

bool source_skip(struct source s, uint64_t n, struct err *e)
{
    char waste[16384];
    uint64_t left = n;
    while (left) {
        size_t got;
        if (!source_take(s, waste, left < sizeof waste ? (size_t)left : sizeof waste, &got, e))
            return false;
        if (got == 0)
            return err_set(e, ERR_INVALID, "the input is shorter than the %llu bytes to skip",
                           (unsigned long long)n);
        left -= got;
    }
    return true;
}

static bool read_memory(void *arg, char *p, size_t room, size_t *n, struct err *e)
{
    struct source_memory *m = arg;
    (void)e;
    *n = m->rest.n < room ? m->rest.n : room;
    if (*n)
        memcpy(p, m->rest.p, *n);
    m->rest = str_slice(m->rest, *n, m->rest.n);
    return true;
}

struct source source_of_memory(struct source_memory *m, str text)
{
    m->rest = text;
    return (struct source){read_memory, m};
}

static bool read_file(void *arg, char *p, size_t room, size_t *n, struct err *e)
{
    struct source_file *f = arg;
    ssize_t got;
    do
        got = read(f->fd, p, room);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return err_set(e, ERR_BROKEN, "cannot read: %s", strerror(errno));
    *n = (size_t)got;
    return true;
}

struct source source_of_file(struct source_file *f, int fd)
{
    f->fd = fd;
    return (struct source){read_file, f};
}

bool source_read_all(struct source s, size_t max, str *text, struct err *e)
{
    enum { STEP = 1 << 16 };
    struct buf b;
    size_t n;
    buf_init(&b, max + STEP);
    do {
        if (!buf_reserve(&b, STEP) || !source_take(s, b.p + b.n, STEP, &n, e)) {
            err_set(e, ERR_LIMIT, "more than %zu bytes", max);
            buf_release(&b);
            return false;
        }
        b.n += n;
    } while (n);
    if (b.n > max) {
        buf_release(&b);
        return err_set(e, ERR_LIMIT, "more than %zu bytes", max);
    }
    *text = buf_str(&b);
    return true;
}
