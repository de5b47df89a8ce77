/* Reads {"name", "expression", "context"} lines, answers {"run", "whole", "result"}: nanoseconds an
 * evaluation of a compiled program, and of compiling and running. */
#include "feel/machine.h"
#include "feel/wire.h"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

struct job {
    str text;
    struct scope scope;
    struct value *globals;
    const struct program *program; /* NULL: compile every time */
};

static struct value run(const struct job *j, struct arena *a)
{
    struct err e = {0};
    struct machine m;
    struct value v = VALUE_NOTHING;
    machine_init(&m, a, &e, LIMITS_DEFAULT);
    const struct program *p = j->program ? j->program : program_compile(a, j->text, &j->scope, &e);
    if (!p || !machine_run(&m, p, j->globals, &v))
        fprintf(stderr, "%s\n", e.msg);
    return v;
}

/* The best of three rounds of 0.1 s. */
static double time_of(const struct job *j)
{
    struct arena a = {0};
    double best = 1e18;
    for (int round = 0; round < 3; round++) {
        double start = now(), spent = 0;
        size_t n = 0;
        do {
            for (int i = 0; i < 20; i++) {
                run(j, &a);
                arena_reset(&a);
            }
            n += 20;
            spent = now() - start;
        } while (spent < 1e8);
        best = spent / (double)n < best ? spent / (double)n : best;
    }
    arena_release(&a);
    return best;
}

static void bench(const struct json *request, struct arena *a, struct buf *out)
{
    struct err e = {0};
    struct value context;
    struct job j = {.text = json_text(request, "expression", (str){0})};
    if (!wire_read(&context, json_find(request, "context"), a, &e))
        return;
    str *names = arena_array(a, str, context.n);
    j.globals = arena_array(a, struct value, context.n);
    for (uint32_t i = 0; i < context.n; i++) {
        names[i] = context.entries[i].key;
        j.globals[i] = context.entries[i].value;
    }
    j.scope = (struct scope){.names = names, .n = context.n};
    double whole = time_of(&j);
    j.program = program_compile(a, j.text, &j.scope, &e);
    buf_add_format(out, "{\"run\":%.1f,\"whole\":%.1f,\"result\":", time_of(&j), whole);
    wire_write(out, run(&j, a));
    buf_add_lit(out, "}\n");
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    while ((n = getline(&line, &size, stdin)) > 0) {
        ARENA_SCOPED struct arena a = {0};
        BUF_SCOPED struct buf out = {.max = 1 << 20};
        struct json request;
        struct err e = {0};
        if (!json_parse(&request, (str){line, (size_t)n}, &a, &e))
            return 2;
        bench(&request, &a, &out);
        fwrite(out.p, 1, out.n, stdout);
    }
    free(line);
    return 0;
}
