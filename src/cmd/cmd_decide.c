/* shuzhi decide: decisions of DMN models, one case or JSON lines. */
#include "cmd/answer_lines.h"
#include "cmd/command.h"
#include "dmn/dmn.h"
#include "dmn/trace.h"
#include "feel/wire.h"

/* Models stay loaded: many requests follow for one. */
struct models {
    struct arena arena;
    struct map by_path; /* to struct dmn_package; NULL when it could not be read */
    struct map faults;
};

static const struct dmn_package *find_model(struct models *k, str path, struct err *e)
{
    if (!map_has(&k->by_path, path)) {
        str own = arena_copy(&k->arena, path);
        struct err fault = {0};
        struct dmn_package *p = dmn_load(&k->arena, own.p, &fault);
        map_set(&k->by_path, &k->arena, own, p);
        if (!p)
            map_set(&k->faults, &k->arena, own, arena_cstr(&k->arena, str_from(fault.msg)));
    }
    struct dmn_package *p = map_find(&k->by_path, path);
    if (!p)
        err_set(e, ERR_INVALID, "%s", (const char *)map_find(&k->faults, path));
    return p;
}

static bool read_inputs(const struct json *request, struct machine *m, struct dmn_case *c)
{
    const struct json *inputs = json_find(request, "inputs");
    const struct json *spaces = json_find(request, "inputNamespaces");
    if (!inputs)
        return true;
    if (inputs->type != JSON_OBJECT)
        return err_set(m->err, ERR_INVALID, "\"inputs\" must be an object");
    struct dmn_input *list = arena_array(m->arena, struct dmn_input, inputs->object.n);
    for (size_t i = 0; i < inputs->object.n; i++) {
        const struct json_member *member = &inputs->object.members[i];
        const struct json *space = json_find_str(spaces, member->key);
        list[i].name = member->key;
        if (space && space->type == JSON_STRING)
            list[i].space = space->text;
        if (!wire_read(&list[i].value, &member->value, m->arena, m->err))
            return false;
    }
    c->inputs = list;
    c->input_count = inputs->object.n;
    return true;
}

static bool answer(void *data, const struct json *request, struct machine *m, struct value *result)
{
    str path = json_text(request, "model", (str){0}), type = json_text(request, "type", (str){0});
    str name = json_text(request, "decision", (str){0});
    enum dmn_kind kind = str_is(type, "bkm")               ? DMN_BKM
                         : str_is(type, "decisionService") ? DMN_SERVICE
                                                           : DMN_DECISION;
    struct dmn_case c = {0};
    if (!(c.package = find_model(data, path, m->err)) || !read_inputs(request, m, &c))
        return false;
    const struct dmn_element *el = dmn_find(c.package, kind, name);
    if (!el)
        return err_set(m->err, ERR_MISSING, "the model has no %s \"%.*s\"",
                       kind == DMN_DECISION ? "decision" : "invocable", STR_ARG(name));
    if (el->fault)
        return err_set(m->err, ERR_INVALID, "\"%.*s\": %s", STR_ARG(name), el->fault);
    if (kind == DMN_DECISION)
        return dmn_decide(&c, el, m, result);
    return dmn_invoke(&c, el, json_text(request, "output", (str){0}), m, result);
}

enum form { FORM_RESULT, FORM_TRACE, FORM_TEXT };

static void write_outcome(struct buf *out, enum form form, const struct dmn_trace *t, str decision,
                          struct value result, const struct machine *m)
{
    for (size_t i = 0; form == FORM_TEXT && i < t->n; i++)
        dmn_step_write_text(out, &t->steps[i]);
    if (form == FORM_TEXT)
        return;
    buf_add_lit(out, "{\"decision\":");
    json_write_string(out, decision);
    buf_add_lit(out, ",\"result\":");
    wire_write(out, result);
    lines_write_warnings(out, m);
    if (form == FORM_TRACE) {
        buf_add_lit(out, ",\"steps\":");
        dmn_trace_write_json(out, t);
    }
    buf_add_lit(out, "}\n");
}

static bool decide_one(const char *path, str name, const char *input, enum form form,
                       struct arena *a, struct err *e)
{
    BUF_SCOPED struct buf out = {.max = 256 << 20};
    struct machine m;
    struct value result;
    struct dmn_trace t = {.arena = a};
    struct json *request = arena_new(a, struct json), *inputs = arena_new(a, struct json);
    struct dmn_case c = {0};
    *request = json_object(a, 1);
    machine_init(&m, a, e, LIMITS_DEFAULT);
    lines_set_now(&m);
    dmn_trace_attach(&t, &c, &m);
    if (input && !json_parse(inputs, str_from(input), a, e))
        return false;
    if (input)
        json_put(request, STR("inputs"), *inputs);
    if (!(c.package = dmn_load(a, path, e)) || !read_inputs(request, &m, &c))
        return false;
    const struct dmn_element *el = dmn_find(c.package, DMN_DECISION, name);
    if (!el)
        return err_set(e, ERR_MISSING, "%s has no decision \"%.*s\"", path, STR_ARG(name));
    if (el->fault)
        return err_set(e, ERR_INVALID, "\"%.*s\": %s", STR_ARG(name), el->fault);
    if (!dmn_decide(&c, el, &m, &result))
        return false;
    write_outcome(&out, form, &t, name, result, &m);
    fwrite(out.p, 1, out.n, stdout);
    return true;
}

/* All that is wrong with a model, one line each. */
static bool list_problems(const char *path, struct arena *a, struct err *e)
{
    const struct dmn_package *p = dmn_load(a, path, e);
    for (size_t i = 0; p && i < p->problem_count; i++)
        printf("%.*s:%u: %.*s: %.*s\n", STR_ARG(p->problems[i].file), p->problems[i].line,
               STR_ARG(p->problems[i].element), STR_ARG(p->problems[i].message));
    if (p && p->problem_count)
        return err_set(e, ERR_INVALID, "%zu problems", p->problem_count);
    return p != NULL;
}

static int run_batch(void)
{
    struct models k = {0};
    int code = lines_run(answer, &k);
    arena_release(&k.arena);
    return code;
}

int cmd_decide(int argc, char **argv)
{
    const char *words[2] = {NULL, NULL}, *input = NULL;
    size_t n = 0;
    enum form form = FORM_RESULT;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--batch") == 0)
            return run_batch();
        if (strcmp(argv[i], "--trace") == 0 || strcmp(argv[i], "--trace=json") == 0)
            form = FORM_TRACE;
        else if (strcmp(argv[i], "--trace=text") == 0)
            form = FORM_TEXT;
        else if (strcmp(argv[i], "--input") == 0 && i + 1 < argc)
            input = argv[++i];
        else if (n < 2)
            words[n++] = argv[i];
    }
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    bool ok = n == 2   ? decide_one(words[0], str_from(words[1]), input, form, &a, &e)
              : n == 1 ? list_problems(words[0], &a, &e)
                       : err_set(&e, ERR_INVALID, "give a model and a decision, or --batch");
    if (!ok)
        fprintf(stderr, "shuzhi decide: %s%s%s\n", e.at, e.at[0] ? ": " : "", e.msg);
    return err_exit_code(e.code);
}
