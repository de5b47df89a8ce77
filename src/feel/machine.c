#include "feel/machine.h"

#include <stdarg.h>

enum { KIND_BUILDER = 200, KIND_SPAN = 201 }; /* in slots only, never on the operand stack */

void machine_init(struct machine *m, struct arena *a, struct err *e, struct limits limits)
{
    *m = (struct machine){
        .arena = a, .err = e, .fuel = limits.fuel, .memory = limits.memory, .depth = limits.depth};
}

void machine_stop(struct machine *m, const char *reason)
{
    m->is_stopped = true;
    err_set(m->err, ERR_LIMIT, "the evaluation was stopped: %s", reason);
}

bool machine_pay(struct machine *m, uint64_t n)
{
    m->fuel -= n < INT32_MAX ? (int64_t)n : INT32_MAX;
    if (m->fuel >= 0)
        return true;
    machine_stop(m, "it took too many steps");
    return false;
}

void *machine_alloc(struct machine *m, size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes) || bytes > m->memory ||
        arena_used(m->arena) > m->memory - bytes) {
        machine_stop(m, "it took too much memory");
        return NULL;
    }
    return arena_alloc(m->arena, n, size);
}

struct value machine_string(struct machine *m, const struct buf *b)
{
    if (b->is_full || b->n >= UINT32_MAX) {
        machine_stop(m, "a text became too long");
        return VALUE_NOTHING;
    }
    char *text = machine_alloc(m, b->n + 1, 1);
    if (!text || !machine_pay(m, b->n / 16))
        return VALUE_NOTHING;
    if (b->n)
        memcpy(text, b->p, b->n);
    return value_string((str){text, b->n});
}

struct value machine_warn(struct machine *m, const char *fmt, ...)
{
    if (m->warning_count++ >= MACHINE_WARNINGS || m->is_stopped)
        return VALUE_NOTHING;
    if (!m->warnings)
        m->warnings = arena_array(m->arena, struct warning, MACHINE_WARNINGS);
    struct warning *w = &m->warnings[m->warning_count - 1];
    va_list args;
    va_start(args, fmt);
    vsnprintf(w->text, sizeof w->text, fmt, args);
    va_end(args);
    for (size_t n = strlen(w->text); n && !utf8_is_valid((str){w->text, n});)
        w->text[--n] = '\0';
    if (m->frame && m->frame->pc) {
        const struct code *code = m->frame->code;
        node_place(code->source, code->places[m->frame->pc - code->insns], &w->line, &w->column);
        w->where = code->program->name;
    }
    return VALUE_NOTHING;
}

bool builder_add(struct machine *m, struct list_builder *b, struct value v)
{
    if (b->n == b->size) {
        size_t size = b->size ? b->size * 2 : 8;
        struct value *items = machine_array(m, struct value, size);
        if (!items)
            return false;
        if (b->n)
            memcpy(items, b->items, b->n * sizeof *items);
        b->items = items;
        b->size = size;
    }
    b->items[b->n++] = v;
    return true;
}

static struct value new_builder(struct machine *m)
{
    return (struct value){.kind = KIND_BUILDER,
                          .builder = arena_new(m->arena, struct list_builder)};
}

static struct value built(struct value v)
{
    return v.kind == KIND_BUILDER ? value_list(v.builder->items, v.builder->n) : v;
}

/* A span in a slot counts: i is the next value, n the direction, the end in the slot after it. */
static struct value span(struct machine *m, struct value low, struct value high, struct value *end)
{
    int64_t from, to;
    bool is_dates = low.kind == VALUE_DATE && high.kind == VALUE_DATE;
    if (is_dates) {
        from = low.i;
        to = high.i;
    } else if (!value_to_int(low, &from) || !value_to_int(high, &to)) {
        return machine_warn(m, "no iteration from %s to %s", value_kind_name(low.kind),
                            value_kind_name(high.kind));
    }
    *end = (struct value){.kind = KIND_SPAN, .i = to};
    return (struct value){
        .kind = KIND_SPAN, .is_big = is_dates, .exp = from <= to ? 1 : -1, .i = from};
}

static bool range_span(struct machine *m, const struct range *r, struct value *slots)
{
    struct value low = r->low, high = r->high;
    if (r->form != RANGE_INTERVAL || low.kind != high.kind ||
        (low.kind != VALUE_NUMBER && low.kind != VALUE_DATE))
        return false;
    slots[0] = span(m, low, high, &slots[1]);
    if (slots[0].kind != KIND_SPAN)
        return false;
    slots[0].i += !r->has_low;
    slots[1].i -= !r->has_high;
    slots[0].exp = 1;
    if (slots[0].i > slots[1].i)
        slots[0] = value_list(NULL, 0), slots[1] = value_int(0);
    return true;
}

/* false: there is nothing to go through, the iteration as a whole is null */
static bool iterate(struct machine *m, struct value domain, struct value *slots)
{
    slots[1] = value_int(0);
    if (domain.kind == VALUE_RANGE) {
        bool is_backward = value_compare(domain.range->low, domain.range->high) == VALUES_GREATER;
        if (!is_backward && range_span(m, domain.range, slots))
            return true;
        machine_warn(m, "this range has no items to go through");
        return false;
    }
    if (domain.kind == VALUE_NULL) {
        machine_warn(m, "there is no list to go through");
        return false;
    }
    slots[0] = domain;
    if (domain.kind != VALUE_LIST) {
        struct value *one = machine_array(m, struct value, 1);
        if (!one)
            return false;
        *one = domain;
        slots[0] = value_list(one, 1);
    }
    return true;
}

static bool next_item(struct value *slots, struct value *item)
{
    if (slots[0].kind == VALUE_LIST) {
        if (slots[1].i >= slots[0].n)
            return false;
        *item = slots[0].items[slots[1].i++];
        return true;
    }
    if (slots[0].kind != KIND_SPAN)
        return false;
    int64_t i = slots[0].i, step = slots[0].exp;
    if (step > 0 ? i > slots[1].i : i < slots[1].i)
        return false;
    *item = (struct value){.kind = slots[0].is_big ? VALUE_DATE : VALUE_NUMBER, .i = i};
    slots[0].i += step;
    return true;
}

/* Nothing to go through: no rounds, and the result, which c names, is null. */
static void null_iteration(struct value *slots, const struct insn *pc)
{
    slots[pc->b] = value_list(NULL, 0);
    slots[pc->b + 1] = value_int(0);
    slots[pc->c] = VALUE_NOTHING;
}

/* Slots of a filter: list, index, result, item. */
static bool filter_begin(struct machine *m, struct value list, struct value *slots)
{
    slots[2] = VALUE_NOTHING;
    if (list.kind == VALUE_NULL || !iterate(m, list, slots))
        return false;
    slots[2] = new_builder(m);
    return true;
}

static bool filter_next(struct value *slots)
{
    if (next_item(slots, &slots[3]))
        return true;
    if (slots[0].kind != VALUE_LIST || slots[0].n || slots[1].i)
        return false;
    slots[1].i = 1; /* an empty list: asked once, for the condition may be an index */
    slots[3] = VALUE_NOTHING;
    return true;
}

/* true: the filter is done */
static bool filter_test(struct machine *m, struct value condition, struct value *slots,
                        bool is_strict)
{
    if (is_strict && condition.kind != VALUE_BOOLEAN && condition.kind != VALUE_NULL) {
        slots[2] = machine_warn(m, "the condition is no boolean");
        return true;
    }
    bool is_empty = slots[0].kind == VALUE_LIST && slots[0].n == 0;
    if (value_is_true(condition) && !is_empty)
        builder_add(m, slots[2].builder, slots[3]);
    if (condition.kind != VALUE_NUMBER)
        return false;
    struct value list = slots[0];
    if (list.kind == KIND_SPAN)
        return true;
    slots[2] = operator_index(m, list, condition);
    return true;
}

struct value machine_and(struct machine *m, struct value a, struct value b)
{
    if (value_is_false(a) || value_is_false(b))
        return value_boolean(false);
    if (value_is_true(a) && value_is_true(b))
        return value_boolean(true);
    struct value odd = value_is_true(a) ? b : a;
    if (odd.kind != VALUE_NULL)
        machine_warn(m, "and: %s is no boolean", value_kind_name(odd.kind));
    return VALUE_NOTHING;
}

struct value machine_or(struct machine *m, struct value a, struct value b)
{
    if (value_is_true(a) || value_is_true(b))
        return value_boolean(true);
    if (value_is_false(a) && value_is_false(b))
        return value_boolean(false);
    struct value odd = value_is_false(a) ? b : a;
    if (odd.kind != VALUE_NULL)
        machine_warn(m, "or: %s is no boolean", value_kind_name(odd.kind));
    return VALUE_NOTHING;
}

struct value machine_context(struct machine *m, const str *keys, const struct value *from, size_t n)
{
    struct entry *entries = machine_array(m, struct entry, n);
    if (!entries)
        return VALUE_NOTHING;
    for (size_t i = 0; i < n; i++)
        entries[i] = (struct entry){keys[i], from[i]};
    return value_context(entries, n);
}

static struct value make_closure(struct machine *m, const struct code *code,
                                 const struct value *slots, const struct value *captured,
                                 const struct value *globals)
{
    struct function *f = machine_array(m, struct function, 1);
    struct value *caught = machine_array(m, struct value, code->capture_count);
    if (!f || !caught)
        return VALUE_NOTHING;
    *f = (struct function){.code = code, .captured = caught, .globals = globals};
    for (size_t i = 0; i < code->capture_count; i++) {
        struct capture c = code->captures[i];
        caught[i] = c.is_self    ? function_value(f)
                    : c.is_local ? built(slots[c.index])
                                 : captured[c.index];
    }
    return function_value(f);
}

struct value machine_list(struct machine *m, const struct value *from, size_t n)
{
    struct value *items = machine_array(m, struct value, n);
    if (!items)
        return VALUE_NOTHING;
    if (n)
        memcpy(items, from, n * sizeof *items);
    return value_list(items, n);
}

static void add_hit(struct machine *m, const struct table_node *t, struct value *hits, int32_t rule,
                    const struct value *outputs, size_t n)
{
    struct value *record = machine_array(m, struct value, n + 1);
    if (!record)
        return;
    record[0] = value_int(rule);
    memcpy(record + 1, outputs, n * sizeof *outputs);
    builder_add(m, hits->builder, value_list(record, n + 1));
    if (m->trace.hit)
        m->trace.hit(m->trace.data, t, (size_t)rule, record + 1);
}

/* The three operations that most steps are: exact on small numbers, the rest elsewhere. */
static inline struct value add(struct machine *m, struct value a, struct value b)
{
    int64_t sum;
    if (a.kind == VALUE_NUMBER && b.kind == VALUE_NUMBER && !a.is_big && !b.is_big &&
        a.exp == b.exp) {
        sum = a.i + b.i; /* both under 10^18 */
        if (sum < VALUE_SMALL_LIMIT && sum > -VALUE_SMALL_LIMIT)
            return (struct value){.kind = VALUE_NUMBER, .exp = a.exp, .i = sum};
    }
    return operator_add(m, a, b);
}

static inline struct value sub(struct machine *m, struct value a, struct value b)
{
    if (a.kind == VALUE_NUMBER && b.kind == VALUE_NUMBER && !a.is_big && !b.is_big &&
        a.exp == b.exp) {
        int64_t rest = a.i - b.i;
        if (rest < VALUE_SMALL_LIMIT && rest > -VALUE_SMALL_LIMIT)
            return (struct value){.kind = VALUE_NUMBER, .exp = a.exp, .i = rest};
    }
    return operator_sub(m, a, b);
}

static inline struct value mul(struct machine *m, struct value a, struct value b)
{
    int64_t product;
    int exp = a.exp + b.exp;
    if (a.kind == VALUE_NUMBER && b.kind == VALUE_NUMBER && !a.is_big && !b.is_big &&
        !__builtin_mul_overflow(a.i, b.i, &product) && product < VALUE_SMALL_LIMIT &&
        product > -VALUE_SMALL_LIMIT && exp > -6000 && exp < 6000)
        return (struct value){.kind = VALUE_NUMBER, .exp = (int16_t)exp, .i = product};
    return operator_mul(m, a, b);
}

static inline struct value compare(struct machine *m, enum opcode op, struct value a,
                                   struct value b)
{
    if (a.kind == VALUE_NUMBER && b.kind == VALUE_NUMBER && !a.is_big && !b.is_big &&
        a.exp == b.exp) {
        switch (op) {
        case OP_EQ:
            return value_boolean(a.i == b.i);
        case OP_NE:
            return value_boolean(a.i != b.i);
        case OP_LT:
            return value_boolean(a.i < b.i);
        case OP_LE:
            return value_boolean(a.i <= b.i);
        case OP_GT:
            return value_boolean(a.i > b.i);
        default:
            return value_boolean(a.i >= b.i);
        }
    }
    if (op == OP_EQ && a.kind == VALUE_STRING && b.kind == VALUE_STRING)
        return value_boolean(a.n == b.n && memcmp(a.text, b.text, a.n) == 0);
    return operator_compare(m, op, a, b);
}

static struct value between(struct machine *m, struct value v, struct value low, struct value high)
{
    return machine_and(m, compare(m, OP_GE, v, low), compare(m, OP_LE, v, high));
}

/* false: the loop at a quantifier goes on */
static bool quantify(struct machine *m, struct value condition, struct value *result, bool until)
{
    if (condition.kind == VALUE_BOOLEAN && condition.i == until) {
        *result = condition;
        return true;
    }
    if (condition.kind != VALUE_BOOLEAN) {
        if (condition.kind != VALUE_NULL)
            machine_warn(m, "the condition is no boolean");
        *result = VALUE_NOTHING;
    }
    return false;
}

/* Long, for it is the machine: one case for each row of OPCODES. */
static struct value execute(struct machine *m, struct frame *frame, struct value *slots,
                            struct value *sp, const struct value *globals,
                            const struct value *captured)
{
    const struct code *code = frame->code;
    const struct program *p = code->program;
    const struct insn *pc = code->insns;
    struct value v;
#define GO(to)                                                                                     \
    do {                                                                                           \
        const struct insn *there = code->insns + (to);                                             \
        if (there <= pc && (m->fuel -= pc - there + 1) < 0) {                                      \
            machine_pay(m, 1);                                                                     \
            return VALUE_NOTHING;                                                                  \
        }                                                                                          \
        pc = there - 1;                                                                            \
    } while (0)
#define BINARY(f)                                                                                  \
    frame->pc = pc;                                                                                \
    sp--;                                                                                          \
    sp[-1] = f;                                                                                    \
    break
    for (;; pc++) {
        switch ((enum opcode)pc->op) {
        case OP_CONSTANT:
            *sp++ = p->constants[pc->c];
            break;
        case OP_LOCAL:
            *sp++ = slots[pc->c];
            break;
        case OP_STORE:
            slots[pc->c] = *--sp;
            break;
        case OP_GLOBAL:
            *sp++ = globals[pc->c];
            break;
        case OP_CAPTURE:
            *sp++ = captured[pc->c];
            break;
        case OP_ADD:
            BINARY(add(m, sp[-1], sp[0]));
        case OP_SUB:
            BINARY(sub(m, sp[-1], sp[0]));
        case OP_MUL:
            BINARY(mul(m, sp[-1], sp[0]));
        case OP_DIV:
            BINARY(operator_div(m, sp[-1], sp[0]));
        case OP_POW:
            BINARY(operator_pow(m, sp[-1], sp[0]));
        case OP_EQ:
        case OP_NE:
        case OP_LT:
        case OP_LE:
        case OP_GT:
        case OP_GE:
            BINARY(compare(m, (enum opcode)pc->op, sp[-1], sp[0]));
        case OP_AND:
            BINARY(machine_and(m, sp[-1], sp[0]));
        case OP_OR:
            BINARY(machine_or(m, sp[-1], sp[0]));
        case OP_MATCH:
            BINARY(operator_match(m, sp[-1], sp[0], false));
        case OP_MATCH_CELL:
            BINARY(operator_match(m, sp[-1], sp[0], true));
        case OP_RANGE:
            BINARY(operator_range(m, sp[-1], sp[0], pc->c));
        case OP_INDEX:
            BINARY(operator_index(m, sp[-1], sp[0]));
        case OP_NEGATE:
            frame->pc = pc;
            sp[-1] = operator_negate(m, sp[-1]);
            break;
        case OP_NOT:
            sp[-1] = sp[-1].kind == VALUE_BOOLEAN ? value_boolean(!sp[-1].i) : VALUE_NOTHING;
            break;
        case OP_JUMP:
            GO(pc->c);
            break;
        case OP_JUMP_UNLESS:
            if (!value_is_true(*--sp))
                GO(pc->c);
            break;
        case OP_JUMP_IF_FALSE:
            if (value_is_false(sp[-1]))
                GO(pc->c);
            break;
        case OP_JUMP_IF_TRUE:
            if (value_is_true(sp[-1]))
                GO(pc->c);
            break;
        case OP_JUMP_IF_ODD:
            frame->pc = pc;
            if (sp[-1].kind != VALUE_BOOLEAN && sp[-1].kind != VALUE_NULL) {
                sp[-1] = machine_warn(m, "the condition is no boolean");
                GO(pc->c);
            }
            break;
        case OP_BETWEEN:
            frame->pc = pc;
            sp -= 2;
            sp[-1] = between(m, sp[-1], sp[0], sp[1]);
            break;
        case OP_LIST:
            sp -= pc->b;
            v = machine_list(m, sp, pc->b);
            *sp++ = v;
            break;
        case OP_CONTEXT:
            *sp++ = machine_context(m, p->shapes[pc->c].keys, slots + pc->b, p->shapes[pc->c].n);
            break;
        case OP_PATH:
            frame->pc = pc;
            sp[-1] = operator_path(m, sp[-1], value_text(p->constants[pc->c]));
            break;
        case OP_ITEM_KEY: {
            const struct value *member = value_find(sp[-1], value_text(p->constants[pc->c]));
            if (member) {
                sp[-1] = *member;
            } else {
                sp--;
                pc++;
            }
            break;
        }
        case OP_CALL:
            frame->pc = pc;
            m->sp = sp;
            sp -= pc->b;
            if (pc->a && sp[-1].kind != VALUE_FUNCTION) /* a variable hides a built-in function */
                sp[-1] = builtin_run(&BUILTIN_LIST[pc->a - 1], m, sp, pc->b);
            else
                sp[-1] = machine_call(m, sp[-1], sp, pc->b);
            break;
        case OP_CALL_NAMED:
            frame->pc = pc;
            m->sp = sp;
            sp -= pc->b;
            sp[-1] = machine_call_named(m, sp[-1], &p->shapes[pc->c], sp);
            break;
        case OP_BUILTIN:
            frame->pc = pc;
            m->sp = sp;
            sp -= pc->b;
            v = builtin_run(&BUILTIN_LIST[pc->c], m, sp, pc->b);
            *sp++ = v;
            if (m->is_stopped)
                return VALUE_NOTHING;
            break;
        case OP_CLOSURE:
            *sp++ = make_closure(m, p->codes[pc->c], slots, captured, globals);
            break;
        case OP_ITERATE:
            frame->pc = pc;
            if (!iterate(m, *--sp, slots + pc->b))
                null_iteration(slots, pc);
            break;
        case OP_ITERATE_SPAN:
            frame->pc = pc;
            sp -= 2;
            slots[pc->b] = span(m, sp[0], sp[1], &slots[pc->b + 1]);
            if (slots[pc->b].kind != KIND_SPAN)
                null_iteration(slots, pc);
            break;
        case OP_NEXT:
            if (next_item(slots + pc->b, sp))
                sp++;
            else
                GO(pc->c);
            break;
        case OP_BUILD:
            slots[pc->b] = new_builder(m);
            break;
        case OP_APPEND:
            sp--;
            if (slots[pc->b].kind == KIND_BUILDER && !builder_add(m, slots[pc->b].builder, *sp))
                return VALUE_NOTHING;
            break;
        case OP_BUILT:
            *sp++ = built(slots[pc->b]);
            break;
        case OP_SOME_STEP:
        case OP_EVERY_STEP:
            frame->pc = pc;
            if (quantify(m, *--sp, &slots[pc->b], pc->op == OP_SOME_STEP))
                GO(pc->c);
            break;
        case OP_FILTER:
            frame->pc = pc;
            if (!filter_begin(m, *--sp, slots + pc->b))
                GO(pc->c);
            break;
        case OP_FILTER_NEXT:
            if (!filter_next(slots + pc->b))
                GO(pc->c);
            break;
        case OP_FILTER_TEST:
            frame->pc = pc;
            if (filter_test(m, *--sp, slots + pc->b, pc->a))
                GO(pc->c);
            break;
        case OP_FILTERED:
            *sp++ = built(slots[pc->b + 2]);
            break;
        case OP_INSTANCE:
            sp[-1] = value_boolean(type_has(p->types[pc->c], sp[-1], NULL));
            break;
        case OP_COERCE:
            frame->pc = pc;
            m->sp = sp;
            if (!type_coerce(p->types[pc->c], sp[-1], &v, m))
                machine_warn(m, "the value is no %.*s", STR_ARG(p->types[pc->c]->name));
            sp[-1] = v;
            break;
        case OP_HIT:
            frame->pc = pc;
            sp -= pc->b;
            add_hit(m, p->tables[pc->c], &slots[pc[1].b], pc[1].c, sp, pc->b);
            pc++;
            break;
        case OP_HIT_INFO:
            break;
        case OP_HITS:
            if (slots[pc->b].builder->n)
                GO(pc->c);
            break;
        case OP_TABLE:
            frame->pc = pc;
            sp[-1] = table_result(m, p->tables[pc->c], built(slots[pc->b]), sp[-1]);
            break;
        case OP_RETURN:
            return sp[-1];
        }
    }
#undef GO
#undef BINARY
}

struct value machine_run_code(struct machine *m, const struct code *code,
                              const struct value *globals, const struct value *captured,
                              const struct value *arguments, size_t n)
{
    enum { CHUNK = 256 };
    struct value *stack = m->stack, *end = m->stack_end, *sp = m->sp;
    size_t need = (size_t)code->slot_count + code->stack_size + 1;
    if (m->is_stopped || !machine_pay(m, code->slot_count / 8 + 4))
        return VALUE_NOTHING;
    if (m->depth-- <= 0) {
        machine_stop(m, "calls are nested too deeply");
        return VALUE_NOTHING;
    }
    if (!sp || (size_t)(end - sp) < need) {
        size_t size = need > CHUNK ? need : CHUNK;
        m->stack = m->sp = machine_array(m, struct value, size);
        if (!m->stack)
            return VALUE_NOTHING;
        m->stack_end = m->stack + size;
    }
    struct value *slots = m->sp;
    for (size_t i = 0; i < code->slot_count; i++)
        slots[i] = i < n ? arguments[i] : VALUE_NOTHING;
    m->sp = slots + code->slot_count;
    struct frame frame = {.up = m->frame, .code = code};
    m->frame = &frame;
    struct value v = execute(m, &frame, slots, m->sp, globals, captured);
    m->frame = frame.up;
    m->depth++;
    if (sp) {
        m->stack = stack;
        m->stack_end = end;
        m->sp = sp;
    } else {
        m->sp = m->stack; /* the first piece of stack serves all runs of this machine */
    }
    return m->is_stopped ? VALUE_NOTHING : v;
}

bool machine_run(struct machine *m, const struct program *p, const struct value *globals,
                 struct value *result)
{
    struct value v = machine_run_code(m, p->codes[0], globals, NULL, NULL, 0);
    if (m->is_stopped)
        return false;
    *result = v;
    return true;
}

bool machine_allows(struct machine *m, const struct program *allowed, struct value v)
{
    return value_is_true(machine_run_code(m, allowed->codes[0], &v, NULL, NULL, 0));
}
