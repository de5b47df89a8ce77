/* Evaluation: requirements first, each element once a case. */
#include "dmn/dmn.h"

enum state { STATE_NEW, STATE_RUNNING, STATE_DONE };

struct evaluation {
    const struct dmn_case *c;
    struct machine *m;
    uint8_t *state;       /* by element index */
    struct value *values; /* likewise */
};

static struct value evaluate(struct evaluation *ev, const struct dmn_element *el);

static bool begin(struct evaluation *ev, const struct dmn_case *c, struct machine *m)
{
    size_t n = c->package->element_count;
    *ev = (struct evaluation){.c = c,
                              .m = m,
                              .state = machine_array(m, uint8_t, n),
                              .values = machine_array(m, struct value, n)};
    return ev->state && ev->values;
}

static void settle(struct evaluation *ev, const struct dmn_element *el, struct value v)
{
    ev->state[el->index] = STATE_DONE;
    ev->values[el->index] = v;
    if (ev->c->watch)
        ev->c->watch(ev->c->watch_data, el, v);
}

static struct value coerced(struct machine *m, const struct dmn_element *el, struct value v)
{
    struct value out;
    if (!type_coerce(el->type, v, &out, m))
        machine_warn(m, "\"%.*s\" is no %.*s", STR_ARG(el->name), STR_ARG(el->type->name));
    return out;
}

static bool is_for(const struct dmn_input *in, const struct dmn_element *el)
{
    return str_equal(in->name, el->name) &&
           (in->space.n == 0 || str_equal(in->space, el->model->space));
}

static struct value input_value(struct evaluation *ev, const struct dmn_element *el)
{
    for (size_t i = 0; i < ev->c->input_count; i++) {
        if (is_for(&ev->c->inputs[i], el))
            return coerced(ev->m, el, ev->c->inputs[i].value);
    }
    return VALUE_NOTHING;
}

/* One value for each global of the program: needs by name, those of an import as its context. */
static bool fill_globals(struct evaluation *ev, const struct dmn_element *el, struct value *globals)
{
    const str *names = el->program->global_names;
    for (size_t g = 0; g < el->global_count; g++) {
        struct entry *entries = machine_array(ev->m, struct entry, el->need_count);
        size_t n = 0;
        bool is_import = false;
        if (!entries)
            return false;
        for (size_t i = 0; i < el->need_count; i++) {
            is_import = el->need_imports[i].n && str_equal(el->need_imports[i], names[g]);
            if (is_import)
                entries[n++] = (struct entry){el->need_names[i], evaluate(ev, el->needs[i])};
            else if (!el->need_imports[i].n && str_equal(el->need_names[i], names[g]))
                globals[g] = evaluate(ev, el->needs[i]);
        }
        if (n)
            globals[g] = value_context(entries, n);
    }
    return !ev->m->is_stopped;
}

static struct value call_service(struct machine *m, void *data, const struct value *arguments);

struct service_call { /* what a service's function value carries */
    const struct dmn_element *service;
    const struct dmn_case *c;
};

static struct value service_value(struct evaluation *ev, const struct dmn_element *el)
{
    struct function *f = machine_array(ev->m, struct function, 1);
    struct service_call *call = machine_array(ev->m, struct service_call, 1);
    if (!f || !call)
        return VALUE_NOTHING;
    *call = (struct service_call){el, ev->c};
    *f = (struct function){.native = call_service,
                           .data = call,
                           .params = el->params,
                           .param_count = el->input_count,
                           .type = &el->service_type,
                           .name = el->name};
    return function_value(f);
}

static struct value run(struct evaluation *ev, const struct dmn_element *el, struct value *globals)
{
    struct value v = VALUE_NOTHING;
    return machine_run(ev->m, el->program, globals, &v) ? v : VALUE_NOTHING;
}

/* A BKM may call itself: its value stands before what it needs is looked up. */
static struct value bkm_value(struct evaluation *ev, const struct dmn_element *el)
{
    struct value *globals = machine_array(ev->m, struct value, el->global_count);
    if (!globals)
        return VALUE_NOTHING;
    struct value v = run(ev, el, globals);
    ev->values[el->index] = v;
    ev->state[el->index] = STATE_DONE;
    return fill_globals(ev, el, globals) ? v : VALUE_NOTHING;
}

static struct value decision_value(struct evaluation *ev, const struct dmn_element *el)
{
    struct value *globals = machine_array(ev->m, struct value, el->global_count);
    if (!globals || !fill_globals(ev, el, globals))
        return VALUE_NOTHING;
    return coerced(ev->m, el, run(ev, el, globals));
}

static struct value evaluate(struct evaluation *ev, const struct dmn_element *el)
{
    if (ev->state[el->index] == STATE_DONE)
        return ev->values[el->index];
    if (ev->m->is_stopped)
        return VALUE_NOTHING;
    if (el->fault || ev->state[el->index] == STATE_RUNNING) {
        machine_warn(ev->m, "\"%.*s\" cannot be evaluated: %s", STR_ARG(el->name),
                     el->fault ? el->fault : "it requires itself");
        return VALUE_NOTHING;
    }
    ev->state[el->index] = STATE_RUNNING;
    struct value v = VALUE_NOTHING;
    if (el->kind == DMN_INPUT)
        v = input_value(ev, el);
    else if (el->kind == DMN_SERVICE)
        v = service_value(ev, el);
    else if (el->program)
        v = el->kind == DMN_BKM ? bkm_value(ev, el) : decision_value(ev, el);
    settle(ev, el, v);
    return v;
}

/* A service sees only its arguments: its own evaluation, in which they are settled. */
static struct value run_service(struct machine *m, const struct dmn_case *c,
                                const struct dmn_element *el, const struct value *arguments,
                                str output)
{
    struct evaluation ev;
    struct dmn_case inner = *c;
    inner.inputs = NULL;
    inner.input_count = 0;
    if (el->fault || !begin(&ev, &inner, m))
        return VALUE_NOTHING;
    for (size_t i = 0; i < el->input_count; i++)
        settle(&ev, el->inputs[i], arguments[i]);
    struct entry *entries = machine_array(m, struct entry, el->output_count);
    for (size_t i = 0; entries && i < el->output_count; i++) {
        entries[i] = (struct entry){el->outputs[i]->name, evaluate(&ev, el->outputs[i])};
        if (output.p && el->output_count > 1 && str_equal(output, el->outputs[i]->name))
            return entries[i].value;
    }
    if (!entries)
        return VALUE_NOTHING;
    struct value v =
        el->output_count == 1 ? entries[0].value : value_context(entries, el->output_count);
    struct value out;
    const struct type *t = el->type;
    if (t && t->form == TYPE_FUNCTION)
        t = t->element;
    type_coerce(t, v, &out, m);
    return out;
}

static struct value call_service(struct machine *m, void *data, const struct value *arguments)
{
    const struct service_call *call = data;
    return run_service(m, call->c, call->service, arguments, (str){0});
}

bool dmn_decide(const struct dmn_case *c, const struct dmn_element *decision, struct machine *m,
                struct value *result)
{
    struct evaluation ev;
    struct value v = begin(&ev, c, m) ? evaluate(&ev, decision) : VALUE_NOTHING;
    if (m->is_stopped)
        return false;
    *result = v;
    return true;
}

static struct value argument(const struct dmn_case *c, str name)
{
    for (size_t i = 0; i < c->input_count; i++) {
        if (str_equal(c->inputs[i].name, name))
            return c->inputs[i].value;
    }
    return VALUE_NOTHING;
}

static bool coerce_all(struct machine *m, const struct param *params, size_t n,
                       struct value *arguments)
{
    for (size_t i = 0; i < n; i++) {
        if (!type_coerce(params[i].type, arguments[i], &arguments[i], m))
            return false;
    }
    return true;
}

bool dmn_invoke(const struct dmn_case *c, const struct dmn_element *invocable, str output,
                struct machine *m, struct value *result)
{
    struct evaluation ev;
    struct value v = begin(&ev, c, m) ? evaluate(&ev, invocable) : VALUE_NOTHING;
    if (v.kind == VALUE_FUNCTION) {
        const struct function *f = v.function;
        size_t n = f->code ? f->code->param_count : f->param_count;
        const struct param *params = f->code ? f->code->params : f->params;
        struct value *arguments = machine_array(m, struct value, n);
        for (size_t i = 0; arguments && i < n; i++)
            arguments[i] = argument(c, params[i].name);
        if (!arguments)
            v = VALUE_NOTHING;
        else if (invocable->kind == DMN_SERVICE)
            v = coerce_all(m, params, n, arguments)
                    ? run_service(m, c, invocable, arguments, output)
                    : VALUE_NOTHING;
        else
            v = machine_call(m, v, arguments, n);
    }
    if (m->is_stopped)
        return false;
    *result = v;
    return true;
}
