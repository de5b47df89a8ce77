/* schema_bench SCHEMA FILE SECONDS: the same measure as ajv.mjs, on our side, from bytes. */
#include <fcntl.h>
#include <unistd.h>

#include "text/schema.h"
#include "text/source.h"

struct bench {
    const struct schema *schema;
    str text;            /* JSON lines */
    struct json *values; /* all of them, for "only" */
    size_t n;
    struct arena arena; /* of one instance */
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t parse_and_check(struct bench *b)
{
    size_t valid = 0;
    str rest = b->text, line;
    while (str_take_part(&rest, '\n', &line)) {
        struct json v;
        struct err e = {0};
        if (line.n && json_parse(&v, line, &b->arena, &e))
            valid += schema_accepts(b->schema, &v);
        arena_reset(&b->arena);
    }
    return valid;
}

static size_t only_check(struct bench *b)
{
    size_t valid = 0;
    for (size_t i = 0; i < b->n; i++)
        valid += schema_accepts(b->schema, &b->values[i]);
    return valid;
}

static void measure(const char *name, struct bench *b, size_t (*pass)(struct bench *),
                    double seconds)
{
    double best = 0, end = now() + seconds;
    size_t valid;
    do {
        double start = now();
        valid = pass(b);
        double rate = (double)b->n / (now() - start);
        best = rate > best ? rate : best;
    } while (now() < end);
    printf("%s %zu %zu %.0f\n", name, valid, b->n, best);
}

static bool read_text(const char *path, str *text, struct err *e)
{
    struct source_file f;
    int fd = open(path, O_RDONLY);
    return fd >= 0 && source_read_all(source_of_file(&f, fd), 1 << 30, text, e);
}

int main(int argc, char **argv)
{
    static struct arena arena;
    struct bench b = {0};
    struct json document;
    struct err e = {0};
    str schema_text, rest, line;
    if (argc != 4 || !read_text(argv[1], &schema_text, &e) || !read_text(argv[2], &b.text, &e) ||
        !json_parse(&document, schema_text, &arena, &e) ||
        !(b.schema =
              schema_compile(&document, (str){0}, NULL, SCHEMA_ASSERT_FORMATS, &arena, &e))) {
        fprintf(stderr, "schema_bench: %s\n", e.msg);
        return 1;
    }
    size_t lines = 1;
    for (size_t i = 0; i < b.text.n; i++)
        lines += b.text.p[i] == '\n';
    b.values = arena_array(&arena, struct json, lines);
    rest = b.text;
    while (str_take_part(&rest, '\n', &line)) {
        if (line.n && json_parse(&b.values[b.n], line, &arena, &e))
            b.n++;
    }
    measure("both", &b, parse_and_check, strtod(argv[3], NULL));
    measure("only", &b, only_check, strtod(argv[3], NULL));
    return 0;
}
