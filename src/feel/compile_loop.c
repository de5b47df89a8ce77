/* for, some, every and filters to bytecode. */
#include "feel/compile.h"

static bool compile_domain(struct compiler *c, const struct node *domain, uint32_t slot,
                           uint32_t result)
{
    if (domain->kind == NODE_SPAN) {
        if (!compile_nodes(c, domain->kids, 2))
            return false;
        c->at = domain->at;
        compile_emit(c, OP_ITERATE_SPAN, slot, (int32_t)result);
        return true;
    }
    if (!compile_node(c, domain))
        return false;
    c->at = domain->at;
    compile_emit(c, OP_ITERATE, slot, (int32_t)result);
    return true;
}

/* One loop inside another; the innermost does `step`. */
static bool compile_loops(struct compiler *c, const struct node *n, uint32_t result)
{
    enum { MOST_LOOPS = 60 };
    size_t next[MOST_LOOPS], count = n->param_count, locals = c->fn->n;
    if (count > MOST_LOOPS)
        return err_set(c->err, ERR_LIMIT, "more than %d variables in one iteration", MOST_LOOPS);
    if (n->kind == NODE_FOR)
        compile_declare(c, STR("partial"), result)->is_builder = true;
    for (size_t i = 0; i < count; i++) {
        uint32_t slot = compile_slots(c, 3);
        if (!compile_domain(c, n->kids[i], slot, result))
            return false;
        next[i] = compile_emit(c, OP_NEXT, slot, 0);
        compile_emit(c, OP_STORE, 0, (int32_t)slot + 2);
        compile_declare(c, n->params[i].name, slot + 2);
    }
    if (!compile_node(c, n->kids[count]))
        return false;
    c->at = n->kids[count]->at;
    size_t step = 0;
    if (n->kind == NODE_FOR)
        compile_emit(c, OP_APPEND, result, 0);
    else
        step = compile_emit(c, n->kind == NODE_SOME ? OP_SOME_STEP : OP_EVERY_STEP, result, 0);
    for (size_t i = count; i > 0; i--) {
        compile_emit(c, OP_JUMP, 0, (int32_t)next[i - 1]);
        compile_patch(c, next[i - 1]);
    }
    if (step)
        compile_patch(c, step);
    c->fn->n = locals;
    return true;
}

bool compile_iteration(struct compiler *c, const struct node *n)
{
    uint32_t before = c->fn->next_slot, result = compile_slots(c, 1);
    if (n->kind == NODE_FOR) {
        compile_emit(c, OP_BUILD, result, 0);
    } else {
        compile_constant(c, value_boolean(n->kind == NODE_EVERY));
        compile_emit(c, OP_STORE, 0, (int32_t)result);
    }
    if (!compile_loops(c, n, result))
        return false;
    compile_emit(c, n->kind == NODE_FOR ? OP_BUILT : OP_LOCAL, n->kind == NODE_FOR ? result : 0,
                 n->kind == NODE_FOR ? 0 : (int32_t)result);
    c->fn->next_slot = before;
    return true;
}

static bool is_number_constant(const struct node *n)
{
    if (n->kind == NODE_NEGATE)
        return is_number_constant(n->kids[0]);
    return n->kind == NODE_CONSTANT && n->constant.kind == VALUE_NUMBER;
}

bool compile_filter(struct compiler *c, const struct node *n)
{
    if (!compile_node(c, n->kids[0]))
        return false;
    if (is_number_constant(n->kids[1]) && !n->op) {
        if (!compile_node(c, n->kids[1]))
            return false;
        compile_emit(c, OP_INDEX, 0, 0);
        return true;
    }
    size_t locals = c->fn->n;
    uint32_t before = c->fn->next_slot, slot = compile_slots(c, 4);
    size_t begin = compile_emit(c, OP_FILTER, slot, 0);
    size_t next = compile_emit(c, OP_FILTER_NEXT, slot, 0);
    compile_declare(c, STR("item"), slot + 3)->is_item = true;
    if (!compile_node(c, n->kids[1]))
        return false;
    c->at = n->at;
    size_t test = compile_emit(c, OP_FILTER_TEST, slot, 0);
    c->fn->code->insns[test].a = (uint8_t)n->op;
    compile_emit(c, OP_JUMP, 0, (int32_t)next);
    compile_patch(c, begin);
    compile_patch(c, next);
    compile_patch(c, test);
    compile_emit(c, OP_FILTERED, slot, 0);
    c->fn->n = locals;
    c->fn->next_slot = before;
    return true;
}
