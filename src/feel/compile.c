/* Trees to bytecode. */
#include "feel/compile.h"

#include "feel/builtin.h"
#include "feel/machine.h"

enum { MAX_SLOTS = 60000 };

size_t compile_emit(struct compiler *c, enum opcode op, uint32_t b, int32_t operand)
{
    struct code *code = c->fn->code;
    if (b > UINT16_MAX)
        err_set(c->err, ERR_LIMIT, "the expression is too large: %u parts in one place", b);
    if (code->n == code->size) {
        size_t size = code->size ? code->size * 2 : 16;
        struct insn *insns = arena_array(c->arena, struct insn, size);
        uint32_t *places = arena_array(c->arena, uint32_t, size);
        if (code->n) {
            memcpy(insns, code->insns, code->n * sizeof *insns);
            memcpy(places, code->places, code->n * sizeof *places);
        }
        code->insns = insns;
        code->places = places;
        code->size = size;
    }
    code->insns[code->n] = (struct insn){(uint8_t)op, 0, (uint16_t)b, operand};
    code->places[code->n] = c->at;
    return code->n++;
}

void compile_patch(struct compiler *c, size_t jump)
{
    c->fn->code->insns[jump].c = (int32_t)c->fn->code->n;
}

static int32_t constant(struct compiler *c, struct value v)
{
    struct program *p = c->program;
    VEC_ADD(c->arena, p->constants, p->constant_count, p->constant_size) = v;
    return (int32_t)p->constant_count - 1;
}

static int32_t shape(struct compiler *c, const struct param *params, size_t n)
{
    struct program *p = c->program;
    struct shape s = {arena_array(c->arena, str, n), n};
    for (size_t i = 0; i < n; i++)
        s.keys[i] = params[i].name;
    VEC_ADD(c->arena, p->shapes, p->shape_count, p->shape_size) = s;
    return (int32_t)p->shape_count - 1;
}

int32_t compile_type_index(struct compiler *c, const struct type *t)
{
    struct program *p = c->program;
    VEC_ADD(c->arena, p->types, p->type_count, p->type_size) = t;
    return (int32_t)p->type_count - 1;
}

uint32_t compile_slots(struct compiler *c, uint32_t n)
{
    uint32_t slot = c->fn->next_slot;
    c->fn->next_slot += n;
    if (c->fn->next_slot > c->fn->code->slot_count)
        c->fn->code->slot_count = c->fn->next_slot;
    if (c->fn->next_slot > MAX_SLOTS)
        err_set(c->err, ERR_LIMIT, "the expression has more than %d variables", MAX_SLOTS);
    return slot;
}

struct local *compile_declare(struct compiler *c, str name, uint32_t slot)
{
    struct function_state *fn = c->fn;
    VEC_ADD(c->arena, fn->locals, fn->n, fn->size) = (struct local){.name = name, .slot = slot};
    return &fn->locals[fn->n - 1];
}

bool compile_constant(struct compiler *c, struct value v)
{
    compile_emit(c, OP_CONSTANT, 0, constant(c, v));
    return true;
}

/* The index in fn's captures of a local of an enclosing function. */
static uint32_t capture_index(struct compiler *c, struct function_state *fn,
                              struct function_state *owner, const struct local *l)
{
    struct capture want = {.is_local = fn->outer == owner, .index = l->slot, .is_self = false};
    if (!want.is_local)
        want.index = capture_index(c, fn->outer, owner, l);
    else if (l->is_self)
        want.is_self = true;
    struct code *code = fn->code;
    for (uint32_t i = 0; i < code->capture_count; i++) {
        struct capture have = code->captures[i];
        if (have.is_local == want.is_local && have.index == want.index &&
            have.is_self == want.is_self)
            return i;
    }
    VEC_ADD(c->arena, code->captures, code->capture_count, code->capture_size) = want;
    return (uint32_t)code->capture_count - 1;
}

static void load(struct compiler *c, struct function_state *owner, const struct local *l)
{
    if (owner != c->fn)
        compile_emit(c, OP_CAPTURE, 0, (int32_t)capture_index(c, c->fn, owner, l));
    else if (l->is_builder)
        compile_emit(c, OP_BUILT, l->slot, 0);
    else
        compile_emit(c, OP_LOCAL, 0, (int32_t)l->slot);
}

static bool find_global(struct compiler *c, str name, int32_t *index)
{
    if (!map_has(&c->globals, name))
        return false;
    *index = (int32_t)((uintptr_t)map_find(&c->globals, name) - 1);
    return true;
}

static bool load_builtin(struct compiler *c, str name)
{
    const struct builtin *b = builtin_find(name);
    if (!b)
        return false;
    struct function *f = arena_new(c->arena, struct function);
    *f = (struct function){.builtin = b, .name = name};
    return compile_constant(c, function_value(f));
}

static void note_unknown(struct compiler *c, str name)
{
    struct program *p = c->program;
    if (p->unknown_count < 100)
        VEC_ADD(c->arena, p->unknown, p->unknown_count, p->unknown_size) = name;
}

/* Innermost meaning first; the members of an item of a filter are only known when it runs, so that
 * each such item on the way out is asked. */
static bool compile_name(struct compiler *c, str name)
{
    enum { MOST = 64 };
    size_t jumps[MOST], jump_count = 0;
    int32_t global;
    bool is_found = false;
    if (str_is(name, "?"))
        c->uses_input = true;
    for (struct function_state *fn = c->fn; fn && !is_found; fn = fn->outer) {
        for (size_t i = fn->n; i > 0 && !is_found; i--) {
            const struct local *l = &fn->locals[i - 1];
            if (l->is_item && jump_count < MOST) {
                load(c, fn, l);
                compile_emit(c, OP_ITEM_KEY, 0, constant(c, value_string(name)));
                jumps[jump_count++] = compile_emit(c, OP_JUMP, 0, 0);
            }
            if (str_equal(l->name, name)) {
                load(c, fn, l);
                is_found = true;
            }
        }
    }
    if (!is_found && find_global(c, name, &global))
        compile_emit(c, OP_GLOBAL, 0, global);
    else if (!is_found && !load_builtin(c, name)) {
        if (jump_count == 0)
            note_unknown(c, name);
        compile_constant(c, VALUE_NOTHING);
    }
    for (size_t i = 0; i < jump_count; i++)
        compile_patch(c, jumps[i]);
    return true;
}

/* Whether the name means a built-in function here and nothing else. */
static const struct builtin *builtin_here(struct compiler *c, const struct node *n)
{
    int32_t global;
    if (n->kind != NODE_NAME || find_global(c, n->name, &global))
        return NULL;
    for (struct function_state *fn = c->fn; fn; fn = fn->outer) {
        for (size_t i = 0; i < fn->n; i++) {
            if (str_equal(fn->locals[i].name, n->name))
                return NULL;
        }
    }
    return builtin_find(n->name);
}

bool compile_nodes(struct compiler *c, struct node **kids, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!compile_node(c, kids[i]))
            return false;
    }
    return true;
}

/* Constant arguments of conversions are converted once. */
static bool fold(struct compiler *c, const struct builtin *b, const struct node *n)
{
    static const enum builtin_id pure[] = {BUILTIN_date, BUILTIN_time, BUILTIN_date_and_time,
                                           BUILTIN_duration};
    bool is_pure = false;
    struct value arguments[4];
    size_t count = n->n - 1;
    for (size_t i = 0; i < COUNT(pure); i++)
        is_pure |= b == &BUILTIN_LIST[pure[i]];
    if (!is_pure || n->has_names || count == 0 || count > 4)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (n->kids[i + 1]->kind != NODE_CONSTANT)
            return false;
        arguments[i] = n->kids[i + 1]->constant;
    }
    struct machine m;
    struct err ignored = {0};
    machine_init(&m, c->arena, &ignored, (struct limits){1000, SIZE_MAX, 10});
    struct value v = builtin_run(b, &m, arguments, count);
    return v.kind != VALUE_NULL && compile_constant(c, v); /* null warns when it runs */
}

static bool compile_builtin(struct compiler *c, const struct builtin *b, const struct node *n)
{
    enum { MOST_NAMED = 16 };
    size_t count = n->n - 1;
    if (fold(c, b, n))
        return true;
    if (!n->has_names) {
        if (!compile_nodes(c, n->kids + 1, count))
            return false;
        c->at = n->at;
        compile_emit(c, OP_BUILTIN, (uint32_t)count, (int32_t)(b - BUILTIN_LIST));
        return true;
    }
    str names[MOST_NAMED];
    int order[MOST_NAMED], positions = -1;
    for (size_t i = 0; i < count && count <= MOST_NAMED; i++)
        names[i] = n->params[i].name;
    if (count <= MOST_NAMED)
        positions = builtin_order(&b, names, count, order);
    if (positions < 0) { /* no such parameters: called with none, it warns and gives null */
        compile_emit(c, OP_BUILTIN, UINT16_MAX, (int32_t)(b - BUILTIN_LIST));
        c->fn->code->insns[c->fn->code->n - 1].b = 0;
        if (b->least == 0)
            c->fn->code->insns[c->fn->code->n - 1] =
                (struct insn){OP_CONSTANT, 0, 0, constant(c, VALUE_NOTHING)};
        return true;
    }
    for (int at = 0; at < positions; at++) {
        size_t i = 0;
        while (i < count && order[i] != at)
            i++;
        if (i < count ? !compile_node(c, n->kids[i + 1]) : !compile_constant(c, VALUE_NOTHING))
            return false;
    }
    compile_emit(c, OP_BUILTIN, (uint32_t)positions, (int32_t)(b - BUILTIN_LIST));
    return true;
}

static bool compile_call(struct compiler *c, const struct node *n)
{
    const struct builtin *b = builtin_here(c, n->kids[0]);
    if (b)
        return compile_builtin(c, b, n);
    if (!compile_nodes(c, n->kids, n->n))
        return false;
    c->at = n->at;
    if (n->has_names)
        compile_emit(c, OP_CALL_NAMED, (uint32_t)n->n - 1, shape(c, n->params, n->n - 1));
    else
        compile_emit(c, OP_CALL, (uint32_t)n->n - 1, 0);
    const struct builtin *hidden =
        n->kids[0]->kind == NODE_NAME && !n->has_names ? builtin_find(n->kids[0]->name) : NULL;
    if (hidden)
        c->fn->code->insns[c->fn->code->n - 1].a = (uint8_t)(hidden - BUILTIN_LIST + 1);
    return true;
}

/* What the body certainly gives, as far as its outermost form shows; NULL: anything. */
static const struct type *certain_type(const struct node *fn, const struct node *body)
{
    if (body->kind == NODE_CONSTANT)
        return type_find(str_from(value_kind_name(body->constant.kind)));
    for (size_t i = 0; body->kind == NODE_NAME && i < fn->param_count; i++) {
        if (str_equal(fn->params[i].name, body->name))
            return fn->params[i].type;
    }
    if (body->kind == NODE_BINARY && body->op >= NODE_EQ)
        return type_find(STR("boolean"));
    if (body->kind == NODE_BINARY) {
        const struct type *a = certain_type(fn, body->kids[0]),
                          *b = certain_type(fn, body->kids[1]);
        return a == b ? a : NULL;
    }
    return NULL;
}

static struct type closure_type(struct compiler *c, const struct node *n)
{
    struct type t = {.form = TYPE_FUNCTION, .has_fields = true, .field_count = n->param_count};
    t.element = n->type ? n->type : certain_type(n, n->kids[0]);
    t.fields = arena_array(c->arena, struct type_field, n->param_count);
    for (size_t i = 0; i < n->param_count; i++)
        t.fields[i] = (struct type_field){n->params[i].name, n->params[i].type};
    return t;
}

static bool compile_function(struct compiler *c, const struct node *n)
{
    struct program *p = c->program;
    struct code *code = arena_new(c->arena, struct code);
    *code = (struct code){.params = n->params,
                          .param_count = n->param_count,
                          .program = p,
                          .source = n->text.p ? n->text : c->fn->code->source,
                          .is_external = n->kind == NODE_EXTERNAL};
    code->type = closure_type(c, n);
    VEC_ADD(c->arena, p->codes, p->code_count, p->code_size) = code;
    int32_t index = (int32_t)p->code_count - 1;
    struct function_state fn = {.outer = c->fn, .code = code}, *outer = c->fn;
    c->fn = &fn;
    for (size_t i = 0; i < n->param_count; i++)
        compile_declare(c, n->params[i].name, compile_slots(c, 1));
    bool ok = code->is_external ? compile_constant(c, VALUE_NOTHING) : compile_node(c, n->kids[0]);
    if (n->type)
        compile_emit(c, OP_COERCE, 0, compile_type_index(c, n->type));
    compile_emit(c, OP_RETURN, 0, 0);
    c->fn = outer;
    compile_emit(c, OP_CLOSURE, 0, index);
    return ok;
}

static bool compile_context(struct compiler *c, const struct node *n, bool is_body)
{
    size_t locals = c->fn->n;
    uint32_t before = c->fn->next_slot, base = compile_slots(c, (uint32_t)n->n);
    for (size_t i = 0; i < n->n; i++) {
        for (size_t j = 0; j < i && !is_body; j++) {
            if (str_equal(n->params[i].name, n->params[j].name))
                return err_set(c->err, ERR_INVALID, "the key \"%.*s\" stands twice in a context",
                               STR_ARG(n->params[i].name));
        }
        const struct node *value = n->kids[i];
        bool is_function = value->kind == NODE_FUNCTION;
        if (is_function)
            compile_declare(c, n->params[i].name, base + (uint32_t)i)->is_self = true;
        if (!compile_node(c, value))
            return false;
        if (is_function)
            c->fn->n--;
        if (n->params[i].type)
            compile_emit(c, OP_COERCE, 0, compile_type_index(c, n->params[i].type));
        if (is_body && i + 1 == n->n)
            break;
        compile_emit(c, OP_STORE, 0, (int32_t)(base + i));
        compile_declare(c, n->params[i].name, base + (uint32_t)i);
    }
    if (!is_body)
        compile_emit(c, OP_CONTEXT, base, shape(c, n->params, n->n));
    c->fn->n = locals;
    c->fn->next_slot = before;
    return true;
}

/* A value in a test of it: < 10 compares, all else is matched. */
static bool compile_test(struct compiler *c, const struct node *test, bool is_cell)
{
    static const enum opcode compare[] = {[NODE_EQ] = OP_EQ, [NODE_NE] = OP_NE, [NODE_LT] = OP_LT,
                                          [NODE_LE] = OP_LE, [NODE_GT] = OP_GT, [NODE_GE] = OP_GE};
    if (test->kind == NODE_TEST) {
        if (!compile_node(c, test->kids[0]))
            return false;
        compile_emit(c, compare[test->op], 0, 0);
        return true;
    }
    if (!compile_node(c, test))
        return false;
    compile_emit(c, is_cell ? OP_MATCH_CELL : OP_MATCH, 0, 0);
    return true;
}

static bool compile_in(struct compiler *c, const struct node *n)
{
    uint32_t before = c->fn->next_slot, slot = compile_slots(c, 1);
    if (!compile_node(c, n->kids[0]))
        return false;
    compile_emit(c, OP_STORE, 0, (int32_t)slot);
    size_t *jumps = arena_array(c->arena, size_t, n->n);
    for (size_t i = 1; i < n->n; i++) {
        compile_emit(c, OP_LOCAL, 0, (int32_t)slot);
        if (!compile_test(c, n->kids[i], false))
            return false;
        if (i > 1)
            compile_emit(c, OP_OR, 0, 0);
        jumps[i] = i + 1 < n->n ? compile_emit(c, OP_JUMP_IF_TRUE, 0, 0) : 0;
    }
    for (size_t i = 1; i + 1 < n->n; i++)
        compile_patch(c, jumps[i]);
    c->fn->next_slot = before;
    return true;
}

/* Unary tests of ?.  A test that mentions ? is a condition, otherwise a value to match. */
static bool compile_tests(struct compiler *c, const struct node *n)
{
    str input = STR("?");
    if (n->n == 0)
        return compile_constant(c, value_boolean(true));
    size_t *jumps = arena_array(c->arena, size_t, n->n);
    for (size_t i = 0; i < n->n; i++) {
        const struct node *test = n->kids[i];
        size_t start = c->fn->code->n;
        c->uses_input = false;
        compile_name(c, input);
        c->uses_input = false;
        if (!compile_test(c, test, true))
            return false;
        if (c->uses_input && test->kind != NODE_TEST) {
            c->fn->code->n = start;
            if (!compile_node(c, test))
                return false;
        }
        if (i)
            compile_emit(c, OP_OR, 0, 0);
        jumps[i] = i + 1 < n->n ? compile_emit(c, OP_JUMP_IF_TRUE, 0, 0) : 0;
    }
    for (size_t i = 0; i + 1 < n->n; i++)
        compile_patch(c, jumps[i]);
    if (n->op)
        compile_emit(c, OP_NOT, 0, 0);
    return true;
}

static bool compile_logic(struct compiler *c, const struct node *n)
{
    bool is_and = n->kind == NODE_AND;
    if (!compile_node(c, n->kids[0]))
        return false;
    size_t jump = compile_emit(c, is_and ? OP_JUMP_IF_FALSE : OP_JUMP_IF_TRUE, 0, 0);
    if (!compile_node(c, n->kids[1]))
        return false;
    c->at = n->at;
    compile_emit(c, is_and ? OP_AND : OP_OR, 0, 0);
    compile_patch(c, jump);
    return true;
}

static bool compile_if(struct compiler *c, const struct node *n)
{
    if (!compile_node(c, n->kids[0]))
        return false;
    size_t odd = n->op ? compile_emit(c, OP_JUMP_IF_ODD, 0, 0) : SIZE_MAX;
    size_t otherwise = compile_emit(c, OP_JUMP_UNLESS, 0, 0);
    if (!compile_node(c, n->kids[1]))
        return false;
    size_t end = compile_emit(c, OP_JUMP, 0, 0);
    compile_patch(c, otherwise);
    if (!compile_node(c, n->kids[2]))
        return false;
    compile_patch(c, end);
    if (odd != SIZE_MAX)
        compile_patch(c, odd);
    return true;
}

/* < 10 as a value: the range of what passes. */
static bool compile_test_value(struct compiler *c, const struct node *n)
{
    static const struct {
        enum range_form form;
        int ends;
    } how[] = {[NODE_EQ] = {RANGE_EQUAL, RANGE_HAS_LOW | RANGE_HAS_HIGH},
               [NODE_NE] = {RANGE_UNEQUAL, 0},
               [NODE_LT] = {RANGE_BELOW, 0},
               [NODE_LE] = {RANGE_BELOW, RANGE_HAS_HIGH},
               [NODE_GT] = {RANGE_ABOVE, 0},
               [NODE_GE] = {RANGE_ABOVE, RANGE_HAS_LOW}};
    enum range_form form = how[n->op].form;
    if (form == RANGE_BELOW)
        compile_constant(c, VALUE_NOTHING);
    if (!compile_node(c, n->kids[0]))
        return false;
    if (form == RANGE_ABOVE || form == RANGE_EQUAL || form == RANGE_UNEQUAL)
        compile_constant(c, VALUE_NOTHING);
    c->at = n->at;
    compile_emit(c, OP_RANGE, 0, how[n->op].ends | (int)form << 2);
    return true;
}

/* A range of constants is a constant. */
static bool fold_range(struct compiler *c, const struct node *n)
{
    struct machine m;
    struct err ignored = {0};
    if (n->kids[0]->kind != NODE_CONSTANT || n->kids[1]->kind != NODE_CONSTANT)
        return false;
    machine_init(&m, c->arena, &ignored, (struct limits){1000, SIZE_MAX, 10});
    struct value v = operator_range(&m, n->kids[0]->constant, n->kids[1]->constant, n->op);
    return v.kind != VALUE_NULL && compile_constant(c, v);
}

static bool compile_binary(struct compiler *c, const struct node *n)
{
    static const enum opcode ops[] = {
        [NODE_ADD] = OP_ADD, [NODE_SUB] = OP_SUB, [NODE_MUL] = OP_MUL, [NODE_DIV] = OP_DIV,
        [NODE_POW] = OP_POW, [NODE_EQ] = OP_EQ,   [NODE_NE] = OP_NE,   [NODE_LT] = OP_LT,
        [NODE_LE] = OP_LE,   [NODE_GT] = OP_GT,   [NODE_GE] = OP_GE};
    if (!compile_nodes(c, n->kids, 2))
        return false;
    c->at = n->at;
    compile_emit(c, ops[n->op], 0, 0);
    return true;
}

static bool compile_unary(struct compiler *c, const struct node *n, enum opcode op, int32_t operand)
{
    if (!compile_node(c, n->kids[0]))
        return false;
    c->at = n->at;
    compile_emit(c, op, 0, operand);
    return true;
}

static bool compile_negate(struct compiler *c, const struct node *n)
{
    const struct node *kid = n->kids[0];
    if (kid->kind == NODE_CONSTANT && kid->constant.kind == VALUE_NUMBER && !kid->constant.is_big) {
        struct value v = kid->constant;
        v.i = -v.i;
        return compile_constant(c, v);
    }
    return compile_unary(c, n, OP_NEGATE, 0);
}

bool compile_node(struct compiler *c, const struct node *n)
{
    c->at = n->at;
    switch (n->kind) {
    case NODE_CONSTANT:
        return compile_constant(c, n->constant);
    case NODE_NAME:
        return compile_name(c, n->name);
    case NODE_NEGATE:
        return compile_negate(c, n);
    case NODE_BINARY:
        return compile_binary(c, n);
    case NODE_AND:
    case NODE_OR:
        return compile_logic(c, n);
    case NODE_IF:
        return compile_if(c, n);
    case NODE_FOR:
    case NODE_SOME:
    case NODE_EVERY:
        return compile_iteration(c, n);
    case NODE_LIST:
        if (!compile_nodes(c, n->kids, n->n))
            return false;
        compile_emit(c, OP_LIST, (uint32_t)n->n, 0);
        return true;
    case NODE_CONTEXT:
    case NODE_BODY:
        return compile_context(c, n, n->kind == NODE_BODY);
    case NODE_PATH:
        return compile_unary(c, n, OP_PATH, constant(c, value_string(n->name)));
    case NODE_FILTER:
        return compile_filter(c, n);
    case NODE_RANGE:
        if (fold_range(c, n))
            return true;
        /* fall through */
    case NODE_SPAN:
        if (!compile_nodes(c, n->kids, 2))
            return false;
        compile_emit(c, OP_RANGE, 0, n->kind == NODE_SPAN ? RANGE_HAS_LOW | RANGE_HAS_HIGH : n->op);
        return true;
    case NODE_TEST:
        return compile_test_value(c, n);
    case NODE_BETWEEN:
        if (!compile_nodes(c, n->kids, 3))
            return false;
        compile_emit(c, OP_BETWEEN, 0, 0);
        return true;
    case NODE_IN:
        return compile_in(c, n);
    case NODE_CALL:
        return compile_call(c, n);
    case NODE_FUNCTION:
    case NODE_EXTERNAL:
        return compile_function(c, n);
    case NODE_INSTANCE:
        return compile_unary(c, n, OP_INSTANCE, compile_type_index(c, n->type));
    case NODE_COERCE:
        return compile_unary(c, n, OP_COERCE, compile_type_index(c, n->type));
    case NODE_TESTS:
        return compile_tests(c, n);
    case NODE_TABLE:
        return compile_table(c, n);
    }
    return false;
}

struct program *program_compile_node(struct arena *a, struct node *node, str text,
                                     const struct scope *scope, struct err *e)
{
    struct program *p = arena_new(a, struct program);
    struct code *code = arena_new(a, struct code);
    *p = (struct program){.source = text};
    *code = (struct code){.program = p, .source = text};
    VEC_ADD(a, p->codes, p->code_count, p->code_size) = code;
    p->global_count = scope ? scope->n : 0;
    p->global_names = scope ? scope->names : NULL;
    struct function_state fn = {.code = code};
    struct compiler c = {.program = p, .scope = scope, .arena = a, .err = e, .fn = &fn};
    for (size_t i = 0; i < p->global_count; i++)
        map_set(&c.globals, a, scope->names[i], (void *)(uintptr_t)(i + 1));
    bool ok = compile_node(&c, node);
    compile_emit(&c, OP_RETURN, 0, 0);
    if (!ok || e->code || !program_verify(p, a, e)) {
        err_set(e, ERR_BROKEN, "the expression could not be compiled");
        return NULL;
    }
    return p;
}

struct program *program_compile(struct arena *a, str text, const struct scope *scope, struct err *e)
{
    struct node *n = node_parse(a, text, scope, e);
    return n ? program_compile_node(a, n, text, scope, e) : NULL;
}

struct program *program_compile_tests(struct arena *a, str text, const struct scope *scope,
                                      struct err *e)
{
    struct node *n = node_parse_tests(a, text, scope, e);
    return n ? program_compile_node(a, n, text, scope, e) : NULL;
}
