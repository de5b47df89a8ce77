/* Decision tables to bytecode: rules one after the other, each test a jump. */
#include "feel/compile.h"

static bool compile_table_rule(struct compiler *c, const struct table_node *t, size_t rule,
                               uint32_t inputs, uint32_t hits, int32_t table, bool is_first,
                               size_t *end)
{
    size_t *misses = arena_array(c->arena, size_t, t->input_count), locals = c->fn->n;
    for (size_t i = 0; i < t->input_count; i++) {
        const struct node *test = t->rules[rule].tests[i];
        misses[i] = SIZE_MAX;
        if (test->n == 0 && test->kind == NODE_TESTS)
            continue;
        compile_declare(c, STR("?"), inputs + (uint32_t)i);
        if (!compile_node(c, test))
            return false;
        c->fn->n = locals;
        misses[i] = compile_emit(c, OP_JUMP_UNLESS, 0, 0);
    }
    for (size_t i = 0; i < t->output_count; i++) {
        if (!compile_node(c, t->rules[rule].outputs[i]))
            return false;
        if (t->output_types[i])
            compile_emit(c, OP_COERCE, 0, compile_type_index(c, t->output_types[i]));
    }
    compile_emit(c, OP_HIT, (uint32_t)t->output_count, table);
    compile_emit(c, OP_HIT_INFO, hits, (int32_t)rule);
    *end = is_first ? compile_emit(c, OP_JUMP, 0, 0) : SIZE_MAX;
    for (size_t i = 0; i < t->input_count; i++) {
        if (misses[i] != SIZE_MAX)
            compile_patch(c, misses[i]);
    }
    return true;
}

/* Inputs outside their allowed values are null. */
static bool compile_table_inputs(struct compiler *c, const struct table_node *t, uint32_t inputs)
{
    size_t locals = c->fn->n;
    for (size_t i = 0; i < t->input_count; i++) {
        uint32_t slot = inputs + (uint32_t)i;
        if (!compile_node(c, t->inputs[i]))
            return false;
        compile_emit(c, OP_STORE, 0, (int32_t)slot);
        if (!t->input_values[i])
            continue;
        compile_declare(c, STR("?"), slot);
        if (!compile_node(c, t->input_values[i]))
            return false;
        c->fn->n = locals;
        size_t bad = compile_emit(c, OP_JUMP_UNLESS, 0, 0), good = compile_emit(c, OP_JUMP, 0, 0);
        compile_patch(c, bad);
        compile_constant(c, VALUE_NOTHING);
        compile_emit(c, OP_STORE, 0, (int32_t)slot);
        compile_patch(c, good);
    }
    return true;
}

static bool compile_defaults(struct compiler *c, const struct table_node *t, int32_t table,
                             uint32_t hits)
{
    bool has_default = false;
    for (size_t i = 0; i < t->output_count; i++)
        has_default |= t->defaults[i] != NULL;
    if (!has_default)
        return true;
    size_t jump = compile_emit(c, OP_HITS, hits, 0);
    for (size_t i = 0; i < t->output_count; i++) {
        if (t->defaults[i] ? !compile_node(c, t->defaults[i]) : !compile_constant(c, VALUE_NOTHING))
            return false;
    }
    compile_emit(c, OP_HIT, (uint32_t)t->output_count, table);
    compile_emit(c, OP_HIT_INFO, hits, -1);
    compile_patch(c, jump);
    return true;
}

bool compile_table(struct compiler *c, const struct node *n)
{
    const struct table_node *t = n->table;
    struct program *p = c->program;
    uint32_t before = c->fn->next_slot, inputs = compile_slots(c, (uint32_t)t->input_count),
             hits = compile_slots(c, 1);
    bool is_first = t->policy == 'F', is_ranked = t->policy == 'P' || t->policy == 'O';
    VEC_ADD(c->arena, p->tables, p->table_count, p->table_size) = n->table;
    int32_t table = (int32_t)p->table_count - 1;
    size_t *ends = arena_array(c->arena, size_t, t->rule_count);
    if (!compile_table_inputs(c, t, inputs))
        return false;
    compile_emit(c, OP_BUILD, hits, 0);
    for (size_t i = 0; i < t->rule_count; i++) {
        if (!compile_table_rule(c, t, i, inputs, hits, table, is_first, &ends[i]))
            return false;
    }
    for (size_t i = 0; i < t->rule_count; i++) {
        if (ends[i] != SIZE_MAX)
            compile_patch(c, ends[i]);
    }
    if (!compile_defaults(c, t, table, hits))
        return false;
    for (size_t i = 0; is_ranked && i < t->output_count; i++) {
        if (t->output_values[i] ? !compile_node(c, t->output_values[i])
                                : !compile_constant(c, VALUE_NOTHING))
            return false;
    }
    compile_emit(c, OP_LIST, is_ranked ? (uint32_t)t->output_count : 0, 0);
    compile_emit(c, OP_TABLE, hits, table);
    c->fn->next_slot = before;
    return true;
}
