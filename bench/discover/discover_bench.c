/* Reads the lines of bench/discover/generate; prints {"text": n, "found": [[kind, value]…]} for
 * each line, and on standard error the megabytes a second of one core over the texts. */
#include "base/buf.h"
#include "text/json.h"
#include "text/recognise.h"
#include "text/source.h"

#include <stdlib.h>
#include <time.h>

enum { MAX_TEXT = 512 << 20 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void tell(str text, str heading)
{
    BUF_SCOPED struct buf out = {.max = 1 << 20};
    struct recogniser r;
    struct finding f;
    size_t n = 0;
    buf_add_char(&out, '[');
    recognise_begin(&r, text, heading);
    while (recognise_next(&r, &f)) {
        buf_add_format(&out, "%s[\"%s\",", n++ ? "," : "", sensitive_name(f.kind));
        json_write_string(&out, str_slice(text, f.offset, f.offset + f.length));
        buf_add_char(&out, ']');
    }
    buf_add_lit(&out, "]\n");
    fwrite(out.p, 1, out.n, stdout);
}

int main(void)
{
    BUF_SCOPED struct buf whole = {.max = MAX_TEXT};
    struct source_file file;
    struct err e = {0};
    str text, line;
    if (!source_read_all(source_of_file(&file, 0), MAX_TEXT, &text, &e))
        return 1;
    for (str rest = text; str_take_part(&rest, '\n', &line);) {
        ARENA_SCOPED struct arena a = {0};
        struct json v;
        if (!line.n)
            continue;
        if (!json_parse(&v, line, &a, &e))
            return 1;
        tell(json_text(&v, "text", STR("")), json_text(&v, "heading", STR("")));
        if (!json_text(&v, "heading", STR("")).n)
            buf_add(&whole, json_text(&v, "text", STR("")));
    }
    free((char *)(uintptr_t)text.p);
    double best = 0;
    size_t findings = 0;
    for (int i = 0; i < 5; i++) {
        struct recogniser r;
        struct finding f;
        double start = now();
        recognise_begin(&r, buf_str(&whole), STR(""));
        while (recognise_next(&r, &f))
            findings++;
        double rate = (double)whole.n / 1e6 / (now() - start);
        best = rate > best ? rate : best;
    }
    fprintf(stderr, "%.1f %zu\n", best, findings);
    return 0;
}
