/* shuzhi feel: expressions from the command line or as JSON lines. */
#include "cmd/answer_lines.h"
#include "cmd/command.h"
#include "feel/sql.h"
#include "feel/wire.h"

static bool evaluate(str text, const struct json *context, struct machine *m, struct value *result,
                     struct program **program)
{
    struct arena *a = m->arena;
    struct value input = value_context(NULL, 0);
    if (context && !wire_read(&input, context, a, m->err))
        return false;
    if (input.kind != VALUE_CONTEXT)
        return err_set(m->err, ERR_INVALID, "the context must be an object");
    str *names = arena_array(a, str, input.n);
    struct value *globals = arena_array(a, struct value, input.n);
    for (uint32_t i = 0; i < input.n; i++) {
        names[i] = input.entries[i].key;
        globals[i] = input.entries[i].value;
    }
    struct scope scope = {.names = names, .n = input.n};
    if (!(*program = program_compile(a, text, &scope, m->err)))
        return false;
    for (size_t i = 0; i < (*program)->unknown_count; i++)
        machine_warn(m, "there is no \"%.*s\"", STR_ARG((*program)->unknown[i]));
    return machine_run(m, *program, globals, result);
}

/* A row condition over fields {name: type}, as the SQL that row-level security runs. */
static bool to_sql(str text, const struct json *fields, struct arena *a, struct value *result,
                   struct err *e)
{
    static const char *const me[] = {"login",   "organisation", "area", "duty",
                                     "purpose", "id_number",    "uscc"};
    struct sql_column columns[64], mine[COUNT(me)];
    struct sql_scope scope = {
        .fields = columns, .me = mine, .me_count = COUNT(me), .today = STR("current_date")};
    str sql;
    bool uses_me;
    if (fields->type != JSON_OBJECT || fields->object.n > COUNT(columns))
        return err_set(e, ERR_INVALID, "fields is an object of at most %zu types", COUNT(columns));
    for (size_t i = 0; i < fields->object.n; i++) {
        const struct json_member *m = &fields->object.members[i];
        const struct type *t = m->value.type == JSON_STRING ? type_find(m->value.text) : NULL;
        if (!t || str_find(m->key, STR("\"")) != SIZE_MAX)
            return err_set(e, ERR_INVALID, "the field \"%.*s\" has no FEEL type", STR_ARG(m->key));
        columns[scope.field_count++] =
            (struct sql_column){m->key, arena_format(a, "t.\"%.*s\"", STR_ARG(m->key)), t->kind};
    }
    for (size_t i = 0; i < COUNT(me); i++)
        mine[i] =
            (struct sql_column){str_from(me[i]), arena_format(a, "me.%s", me[i]), VALUE_STRING};
    if (!sql_condition(a, text, &scope, &sql, &uses_me, e))
        return false;
    *result = value_string(sql);
    return true;
}

static bool answer(void *data, const struct json *request, struct machine *m, struct value *result)
{
    (void)data;
    const struct json *text = json_find(request, "expression");
    const struct json *fields = json_find(request, "fields");
    struct program *p;
    if (text && text->type == JSON_STRING && fields)
        return to_sql(text->text, fields, m->arena, result, m->err);
    if (!text || text->type != JSON_STRING)
        return err_set(m->err, ERR_INVALID, "the request has no \"expression\"");
    return evaluate(text->text, json_find(request, "context"), m, result, &p);
}

static int describe(void (*write)(struct buf *out))
{
    BUF_SCOPED struct buf out = {.max = 1 << 20};
    write(&out);
    fwrite(out.p, 1, out.n, stdout);
    return 0;
}

static int show_sql(const char *text, const char *fields_text)
{
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    struct json fields;
    struct value sql;
    if (!json_parse(&fields, str_from(fields_text), &a, &e) ||
        !to_sql(str_from(text), &fields, &a, &sql, &e)) {
        fprintf(stderr, "shuzhi feel: %s\n", e.msg);
        return err_exit_code(e.code);
    }
    printf("%.*s\n", STR_ARG(value_text(sql)));
    return 0;
}

static int run_one(const char *text, const char *context_text, bool shows_code)
{
    ARENA_SCOPED struct arena a = {0};
    BUF_SCOPED struct buf out = {.max = 64 << 20};
    struct err e = {0};
    struct machine m;
    struct value result;
    struct json context = {.type = JSON_OBJECT};
    struct program *p = NULL;
    machine_init(&m, &a, &e, LIMITS_DEFAULT);
    lines_set_now(&m);
    if ((context_text && !json_parse(&context, str_from(context_text), &a, &e)) ||
        !evaluate(str_from(text), &context, &m, &result, &p)) {
        fprintf(stderr, "shuzhi feel: %s\n", e.msg);
        return err_exit_code(e.code);
    }
    if (shows_code)
        program_disassemble(&out, p);
    value_write_literal(&out, result);
    buf_add_char(&out, '\n');
    fwrite(out.p, 1, out.n, stdout);
    for (size_t i = 0; i < m.warning_count && i < MACHINE_WARNINGS; i++)
        fprintf(stderr, "warning: line %u, column %u: %s\n", m.warnings[i].line,
                m.warnings[i].column, m.warnings[i].text);
    return 0;
}

int cmd_feel(int argc, char **argv)
{
    const char *text = NULL, *context = NULL, *fields = NULL;
    bool shows_code = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--batch") == 0)
            return lines_run(answer, NULL);
        if (strcmp(argv[i], "--functions") == 0)
            return describe(builtin_describe);
        if (strcmp(argv[i], "--operations") == 0)
            return describe(program_describe_machine);
        if (strcmp(argv[i], "--code") == 0)
            shows_code = true;
        else if (strcmp(argv[i], "--context") == 0 && i + 1 < argc)
            context = argv[++i];
        else if (strcmp(argv[i], "--sql") == 0 && i + 1 < argc)
            fields = argv[++i];
        else
            text = argv[i];
    }
    if (text && fields)
        return show_sql(text, fields);
    if (text)
        return run_one(text, context, shows_code);
    fputs("shuzhi feel: give an expression, or --batch\n", stderr);
    return err_exit_code(ERR_INVALID);
}
