#include "cmd/answer_lines.h"

#include "feel/wire.h"

enum { MAX_ANSWER = 256 << 20 };

void lines_set_now(struct machine *m)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    m->has_now = true;
    m->now = (struct moment){.day = t.tv_sec / DAY_SECONDS,
                             .nano = t.tv_sec % DAY_SECONDS * NANOS + t.tv_nsec,
                             .zone_kind = MOMENT_OFFSET};
}

void lines_write_warnings(struct buf *out, const struct machine *m)
{
    size_t n = m->warning_count < MACHINE_WARNINGS ? m->warning_count : MACHINE_WARNINGS;
    if (n == 0)
        return;
    buf_add_lit(out, ",\"warnings\":[");
    for (size_t i = 0; i < n; i++) {
        const struct warning *w = &m->warnings[i];
        str text = arena_format(m->arena, "%.*s%sline %u, column %u: %s", STR_ARG(w->where),
                                w->where.n ? ", " : "", w->line, w->column, w->text);
        if (i)
            buf_add_char(out, ',');
        json_write_string(out, text);
    }
    buf_add_char(out, ']');
}

static void write_id(struct buf *out, const struct json *id)
{
    buf_add_lit(out, "{\"id\":");
    if (id)
        json_write(out, id);
    else
        buf_add_lit(out, "null");
}

static void write_error(struct buf *out, const struct json *id, const struct err *e)
{
    buf_clear(out);
    write_id(out, id);
    buf_add_lit(out, ",\"error\":");
    json_write_string(out, str_from(e->msg[0] ? e->msg : "the evaluation failed"));
    buf_add_lit(out, "}\n");
}

static void answer_line(struct buf *out, str line, struct arena *a, lines_answer answer, void *data)
{
    struct json request = {.type = JSON_NULL};
    struct err e = {0};
    struct machine m;
    struct value result;
    machine_init(&m, a, &e, LIMITS_DEFAULT);
    lines_set_now(&m);
    bool ok = json_parse(&request, line, a, &e) && answer(data, &request, &m, &result);
    const struct json *id = json_find(&request, "id");
    if (ok) {
        write_id(out, id);
        buf_add_lit(out, ",\"result\":");
        wire_write(out, result);
        lines_write_warnings(out, &m);
        buf_add_lit(out, "}\n");
        if (!out->is_full)
            return;
        err_set(&e, ERR_LIMIT, "the result is too large or nested too deeply");
    }
    write_error(out, id, &e);
}

int lines_run(lines_answer answer, void *data)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    ARENA_SCOPED struct arena a = {0};
    BUF_SCOPED struct buf out = {.max = MAX_ANSWER};
    while ((n = getline(&line, &size, stdin)) > 0) {
        str text = str_trim((str){line, (size_t)n});
        if (text.n == 0)
            continue;
        buf_clear(&out);
        answer_line(&out, text, &a, answer, data);
        fwrite(out.p, 1, out.n, stdout);
        fflush(stdout);
        arena_reset(&a);
    }
    free(line);
    return 0;
}
