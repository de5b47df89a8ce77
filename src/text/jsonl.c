#include "text/jsonl.h"

enum { READ_SIZE = 1 << 16 };

void jsonl_open(struct jsonl *j, struct source source, size_t max_line)
{
    *j = (struct jsonl){.source = source, .is_first = true};
    j->max_line = max_line ? max_line : JSONL_MAX_LINE;
    buf_init(&j->buf, j->max_line + 2 * READ_SIZE);
}

void jsonl_close(struct jsonl *j)
{
    buf_release(&j->buf);
}

/* Reads on; what was taken is dropped first. */
static bool refill(struct jsonl *j, struct err *e)
{
    size_t left = j->buf.n - j->taken, n = 0;
    if (j->taken) {
        memmove(j->buf.p, j->buf.p + j->taken, left);
        j->offset += j->taken;
        j->buf.n = left;
        j->taken = 0;
    }
    if (left > j->max_line || !buf_reserve(&j->buf, READ_SIZE))
        return err_set(e, ERR_LIMIT, "line %llu is longer than %zu bytes",
                       (unsigned long long)j->line + 1, j->max_line);
    if (!source_take(j->source, j->buf.p + j->buf.n, READ_SIZE, &n, e))
        return false;
    j->buf.n += n;
    j->has_ended = n == 0;
    return true;
}

/* The next line as it stands. */
static bool take_raw(struct jsonl *j, str *line, bool *has_line, struct err *e)
{
    size_t searched = 0;
    for (;;) {
        char *from = j->buf.p ? j->buf.p + j->taken : NULL; /* nothing was read yet */
        size_t left = j->buf.n - j->taken;
        char *end = left > searched ? memchr(from + searched, '\n', left - searched) : NULL;
        size_t n = end ? (size_t)(end - from) : left;
        if (end || (j->has_ended && left)) {
            if (n > j->max_line)
                return err_set(e, ERR_LIMIT, "line %llu is longer than %zu bytes",
                               (unsigned long long)j->line + 1, j->max_line);
            *line = (str){from, n};
            j->line++;
            j->start = j->offset + j->taken;
            j->taken += n + (end != NULL);
            *has_line = true;
            return true;
        }
        if (j->has_ended) {
            *has_line = false;
            return true;
        }
        searched = left;
        if (!refill(j, e))
            return false;
    }
}

bool jsonl_take_line(struct jsonl *j, str *line, bool *has_line, struct err *e)
{
    for (;;) {
        str got;
        if (!take_raw(j, &got, has_line, e))
            return false;
        if (!*has_line)
            return true;
        if (j->is_first && str_starts(got, STR("\xef\xbb\xbf")))
            got = str_slice(got, 3, got.n);
        j->is_first = false;
        got = str_trim(got);
        if (got.n) {
            *line = got;
            return true;
        }
    }
}
