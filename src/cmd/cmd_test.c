/* shuzhi test: the cases of a package's rules and datasets, as TAP. */
#include "cmd/command.h"
#include "cmd/settings.h"
#include "dmn/given.h"
#include "feel/wire.h"
#include "intake/plan.h"

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

static void report(const struct rule_cases *set, const struct json *c, struct count *count, bool ok,
                   str got, const struct err *e)
{
    count->run++;
    count->failed += !ok;
    printf("%sok %zu - %.*s: %.*s\n", ok ? "" : "not ", count->run,
           STR_ARG(set->model ? set->model->id : set->dataset->id),
           STR_ARG(json_text(c, "name", STR(""))));
    if (!ok)
        printf("# %.*s:%u: got %.*s %s\n", STR_ARG(set->file), c->line, STR_ARG(got), e->msg);
}

/* A check goes by its id. */
static str problem_code(const struct problem *p)
{
    return p->check ? p->check->id : str_from(reason_name(p->reason));
}

/* Every reason asked for is told, and no other field is refused. */
static bool are_as_expected(const struct checked *row, const struct json *expect)
{
    bool ok = (expect->type == JSON_OBJECT) == (row->problem_count > 0);
    for (size_t i = 0; i < row->problem_count; i++) {
        const struct problem *p = &row->problems[i];
        const struct json *want = p->field ? json_find_str(expect, p->field->name) : NULL;
        ok &= want && want->type == JSON_STRING && str_equal(want->text, problem_code(p));
    }
    for (size_t k = 0; expect->type == JSON_OBJECT && k < expect->object.n; k++) {
        bool is_told = false;
        for (size_t i = 0; i < row->problem_count; i++)
            is_told |= row->problems[i].field &&
                       str_equal(row->problems[i].field->name, expect->object.members[k].key);
        ok &= is_told;
    }
    return ok;
}

/* A row through the dataset's own checks; codes, which only the database has, are not looked up. */
static void run_row_case(const struct registry *r, const struct rule_cases *set,
                         const struct json *c, struct count *count)
{
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    struct checked row;
    BUF_SCOPED struct buf got = {.max = 1 << 20};
    const struct dataset *d = set->dataset;
    const struct json *given = json_find(c, "given");
    str *cells = arena_array(&a, str, d->field_count);
    for (size_t i = 0; i < d->field_count; i++) {
        const struct json *v = json_find_str(given, d->fields[i].name);
        if (v && (v->type == JSON_STRING || v->type == JSON_NUMBER))
            cells[i] = v->text;
    }
    struct plan *plan = plan_create(&a, r, d, NULL, &e);
    bool ok = plan != NULL;
    if (ok) {
        plan_check(plan, cells, &a, &row);
        ok = plan_check_rules(plan, (struct checked *[]){&row}, 1, &e);
    }
    if (ok) {
        for (size_t i = 0; i < row.problem_count; i++)
            buf_add_format(
                &got, "%.*s %.*s ",
                STR_ARG(row.problems[i].field ? row.problems[i].field->name : STR("row")),
                STR_ARG(problem_code(&row.problems[i])));
        ok = are_as_expected(&row, json_find(c, "expect"));
    }
    report(set, c, count, ok, buf_str(&got), &e);
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
    report(set, c, count, ok, buf_str(&got), &e);
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
        for (size_t k = 0; is_asked(&r->cases[i], argv + 1, argc - 1) && k < list->array.n; k++) {
            if (r->cases[i].model)
                run_case(&r->cases[i], &list->array.items[k], &count);
            else
                run_row_case(r, &r->cases[i], &list->array.items[k], &count);
        }
    }
    if (r)
        printf("1..%zu\n", count.run);
    registry_destroy(r);
    complaints_release(&c);
    bundle_release(&bundle);
    return code ? code : count.failed ? 1 : 0;
}
