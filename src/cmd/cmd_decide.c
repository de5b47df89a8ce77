/* shuzhi decide: decisions of DMN models, one case or JSON lines. */
#include "cmd/batch.h"
#include "cmd/command.h"
#include "dmn/dmn.h"
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
            map_set(&k->faults, &k->arena, own,
                    arena_cstr(&k->arena, str_from(fault.msg)));
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

int cmd_decide(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--batch") == 0) {
        struct models k = {0};
        int code = batch_run(answer, &k);
        arena_release(&k.arena);
        return code;
    }
    fputs("shuzhi decide: give --batch\n", stderr);
    return err_exit_code(ERR_INVALID);
}
