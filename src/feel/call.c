/* Calling functions: closures, built-in ones, those of the host. */
#include "feel/machine.h"

static bool coerce_arguments(struct machine *m, const struct param *params, size_t n,
                             const struct value *from, struct value *to)
{
    for (size_t i = 0; i < n; i++) {
        if (!type_coerce(params[i].type, from[i], &to[i], m)) {
            machine_warn(m, "parameter \"%.*s\" must be a %.*s", STR_ARG(params[i].name),
                         STR_ARG(params[i].type->name));
            return false;
        }
    }
    return true;
}

static struct value call_code(struct machine *m, const struct function *f,
                              const struct value *arguments, size_t n)
{
    enum { MOST = 64 };
    struct value coerced[MOST];
    const struct code *code = f->code;
    if (code->is_external)
        return machine_warn(m, "functions in Java or PMML are not supported");
    if (n != code->param_count || n > MOST)
        return machine_warn(m, "the function takes %zu arguments, not %zu", code->param_count, n);
    if (!coerce_arguments(m, code->params, n, arguments, coerced))
        return VALUE_NOTHING;
    return machine_run_code(m, code, f->globals, f->captured, coerced, n);
}

static struct value call_native(struct machine *m, const struct function *f,
                                const struct value *arguments, size_t n)
{
    if (n != f->param_count)
        return machine_warn(m, "the function takes %zu arguments, not %zu", f->param_count, n);
    struct value *coerced = machine_array(m, struct value, n);
    if (!coerced || !coerce_arguments(m, f->params, n, arguments, coerced))
        return VALUE_NOTHING;
    if (m->depth-- <= 0) {
        machine_stop(m, "calls are nested too deeply");
        return VALUE_NOTHING;
    }
    struct value v = f->native(m, f->data, coerced);
    m->depth++;
    return v;
}

struct value machine_call(struct machine *m, struct value function, const struct value *arguments,
                          size_t n)
{
    if (function.kind != VALUE_FUNCTION)
        return machine_warn(m, "%s cannot be called", value_kind_name(function.kind));
    const struct function *f = function.function;
    if (f->builtin)
        return builtin_run(f->builtin, m, arguments, n);
    return f->code ? call_code(m, f, arguments, n) : call_native(m, f, arguments, n);
}

static struct value call_builtin_named(struct machine *m, const struct builtin *b,
                                       const struct shape *names, const struct value *arguments)
{
    enum { MOST = 8 };
    int order[MOST], n = -1;
    struct value ordered[MOST] = {{0}};
    if (names->n <= MOST)
        n = builtin_order(&b, names->keys, names->n, order);
    if (n < 0)
        return machine_warn(m, "%s() has no parameters of these names", b->name);
    for (size_t i = 0; i < names->n; i++)
        ordered[order[i]] = arguments[i];
    return builtin_run(b, m, ordered, (size_t)n);
}

struct value machine_call_named(struct machine *m, struct value function, const struct shape *names,
                                const struct value *arguments)
{
    if (function.kind != VALUE_FUNCTION)
        return machine_warn(m, "%s cannot be called", value_kind_name(function.kind));
    const struct function *f = function.function;
    if (f->builtin)
        return call_builtin_named(m, f->builtin, names, arguments);
    const struct param *params = f->code ? f->code->params : f->params;
    size_t n = f->code ? f->code->param_count : f->param_count, found = 0;
    struct value *ordered = machine_array(m, struct value, n);
    for (size_t i = 0; ordered && i < n; i++) {
        for (size_t j = 0; j < names->n; j++) {
            if (str_equal(names->keys[j], params[i].name)) {
                ordered[i] = arguments[j];
                found++;
            }
        }
    }
    if (!ordered || found != names->n || found != n)
        return machine_warn(m, "the arguments are not those of the function");
    return machine_call(m, function, ordered, n);
}

struct value function_value(const struct function *f)
{
    return (struct value){.kind = VALUE_FUNCTION, .function = f};
}

const struct type *function_type(const struct function *f)
{
    return f->code ? &f->code->type : f->type;
}
