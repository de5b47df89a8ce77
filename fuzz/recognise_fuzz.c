/* Any bytes as text and heading: findings lie in the text in order of their ends, and reading twice
 * gives the same. */
#include "fuzz.h"
#include "text/recognise.h"

static uint64_t digest(str text, str heading)
{
    struct recogniser r;
    struct finding f;
    size_t end = 0;
    uint64_t h = 0;
    recognise_begin(&r, text, heading);
    while (recognise_next(&r, &f)) {
        MUST(f.kind < SENSITIVE_COUNT && f.confidence > 0 && f.confidence < 100);
        MUST(f.length > 0 && f.offset <= text.n && f.length <= text.n - f.offset);
        MUST(f.offset + f.length >= end);
        end = f.offset + f.length;
        h = h * 31 + f.kind + f.offset * 7 + f.length;
    }
    MUST(r.at == text.n);
    return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    str all = {(const char *)data, n};
    size_t line = str_find(all, STR("\n"));
    str heading = str_slice(all, 0, line == SIZE_MAX ? 0 : line);
    /* A copy of its own: reading past either end is seen. */
    size_t size = n - heading.n;
    char *copy = malloc(size ? size : 1);
    MUST(copy);
    if (size)
        memcpy(copy, data + heading.n, size);
    MUST(digest((str){copy, size}, heading) == digest((str){copy, size}, heading));
    free(copy);
    return 0;
}
