/* shuzhi test: the cases of a package's rules, as TAP. */
#include "cmd/command.h"
#include "cmd/settings.h"
#include "dmn/given.h"
#include "feel/wire.h"

struct count {
    size_t run, failed;
};

static bool decide(const struct rule_model *model, const struct json *c, struct arena *a,
                   struct value *result, struct err *e)
{
    struct machine m;
    const struct json *given = json_find(c, "given");
    size_t n = given && given->type == JSON_OBJECT ? given->object.n : 0;
    struct dmn_input *inputs = arena_array(a, struct dmn_input, n);
    for (size_t i = 0; i < n; i++) {
        const struct json_member *g = &given->object.members[i];
        const struct dmn_element *input = dmn_find(model->model, DMN_INPUT, g->key);
        inputs[i] = (struct dmn_input){
            .name = g->key, .value = given_of_json(input ? input->type : NULL, &g->value, a)};
    }
    struct dmn_case one = {.package = model->model, .inputs = inputs, .input_count = n};
    machine_init(&m, a, e, LIMITS_DEFAULT);
    return dmn_decide(&one, dmn_find(model->model, DMN_DECISION, json_text(c, "decision", STR(""))),
                      &m, result);
}

static void run_case(const struct rule_cases *set, const struct json *c, struct count *count)
{
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    struct value result = VALUE_NOTHING;
    BUF_SCOPED struct buf got = {.max = 1 << 20};
    struct value want = given_of_json(NULL, json_find(c, "expect"), &a);
    bool ok = decide(set->model, c, &a, &result, &e);
    bool is_null = want.kind == VALUE_NULL;
    ok = ok && (is_null ? result.kind == VALUE_NULL : value_equals(result, want) == VALUES_EQUAL);
    wire_write(&got, result);
    count->run++;
    count->failed += !ok;
    printf("%sok %zu - %.*s: %.*s\n", ok ? "" : "not ", count->run, STR_ARG(set->model->id),
           STR_ARG(json_text(c, "name", STR(""))));
    if (!ok)
        printf("# %.*s:%u: got %.*s %s\n", STR_ARG(set->file), c->line, STR_ARG(buf_str(&got)),
               e.msg);
}

static bool is_asked(const struct rule_cases *set, char **folders, int n)
{
    for (int i = 0; i < n; i++) {
        str folder = str_from(folders[i]);
        while (folder.n > 1 && folder.p[folder.n - 1] == '/')
            folder.n--;
        if (str_equal(set->package->source->folder, folder))
            return true;
    }
    return false;
}

int cmd_test(int argc, char **argv)
{
    struct bundle bundle = {0};
    struct complaints c = {0};
    struct err e = {0};
    struct count count = {0};
    if (argc < 2) {
        fputs("usage: shuzhi test PACKAGE…\n", stderr);
        return err_exit_code(ERR_INVALID);
    }
    int code = 0;
    struct registry *r = NULL;
    if (!settings_read_packages(&bundle, argv + 1, argc - 1, &e))
        code = settings_fail(&e);
    else if (!(r = registry_create(&bundle, &c)))
        code = settings_complain(&c, STR(""));
    for (size_t i = 0; r && i < r->case_count; i++) {
        const struct json *list = json_find(r->cases[i].definition, "cases");
        for (size_t k = 0; is_asked(&r->cases[i], argv + 1, argc - 1) && k < list->array.n; k++)
            run_case(&r->cases[i], &list->array.items[k], &count);
    }
    if (r)
        printf("1..%zu\n", count.run);
    registry_destroy(r);
    complaints_release(&c);
    bundle_release(&bundle);
    return code ? code : count.failed ? 1 : 0;
}
