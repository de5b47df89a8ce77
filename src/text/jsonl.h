/* JSON lines: one value a line, in UTF-8, read in constant memory. */
#pragma once
#include "text/json.h"
#include "text/source.h"

enum { JSONL_MAX_LINE = 16 << 20 };

struct jsonl {
    struct source source;
    size_t max_line;
    struct buf buf;  /* what was read and not yet taken */
    size_t taken;    /* of buf */
    uint64_t offset; /* of buf's first byte in the input */
    uint64_t line;   /* of the line taken last, from 1 */
    uint64_t start;  /* byte offset of that line */
    bool has_ended, is_first;
};

/* max_line: bytes a line may have; 0 is JSONL_MAX_LINE. */
void jsonl_open(struct jsonl *j, struct source source, size_t max_line);
void jsonl_close(struct jsonl *j);

/* The next line that is not blank, without its end (LF or CRLF) and without a byte order mark;
 * valid until the next call.  *has_line is false at the end.  A line past the limit fails with
 * ERR_LIMIT.
 */
MUST_USE bool jsonl_take_line(struct jsonl *j, str *line, bool *has_line, struct err *e);
