/* Checks programs before they run, and shows them to people. */
#include "feel/builtin.h"
#include "feel/program.h"

static const struct {
    const char *name;
    int pops, pushes;
    enum operand operand;
    int slots;
    const char *does;
} OPS[] = {
#define X(name, pops, pushes, operand, slots, does)                                                \
    {#name, pops, pushes, OPERAND_##operand, slots, does},
    OPCODES(X)
#undef X
};

struct check {
    const struct program *program;
    struct code *code;
    int32_t *depth; /* at each instruction, -1: not reached yet */
    uint32_t *work; /* reached, to be followed */
    size_t work_count;
    struct err *err;
};

static bool bad(struct check *k, size_t pc, const char *what)
{
    return err_set(k->err, ERR_BROKEN, "bytecode fault at %zu (%s): %s", pc,
                   k->code->insns[pc].op < COUNT(OPS) ? OPS[k->code->insns[pc].op].name : "?",
                   what);
}

static bool is_below(int32_t v, size_t end)
{
    return v >= 0 && (size_t)v < end;
}

static bool operand_fits(const struct check *k, struct insn i)
{
    const struct program *p = k->program;
    switch (OPS[i.op].operand) {
    case OPERAND_NONE:
    case OPERAND_COUNT:
        return true;
    case OPERAND_CONSTANT:
        return is_below(i.c, p->constant_count);
    case OPERAND_SLOT:
        return is_below(i.c, k->code->slot_count);
    case OPERAND_GLOBAL:
        return is_below(i.c, p->global_count);
    case OPERAND_CAPTURE:
        return is_below(i.c, k->code->capture_count);
    case OPERAND_JUMP:
        return is_below(i.c, k->code->n);
    case OPERAND_SHAPE:
        if (!is_below(i.c, p->shape_count))
            return false;
        return i.op != OP_CONTEXT || i.b + p->shapes[i.c].n <= k->code->slot_count;
    case OPERAND_BUILTIN:
        return is_below(i.c, BUILTIN_COUNT);
    case OPERAND_CODE:
        return is_below(i.c, p->code_count);
    case OPERAND_TYPE:
        return is_below(i.c, p->type_count);
    case OPERAND_TABLE:
        return is_below(i.c, p->table_count);
    }
    return false;
}

static bool reach(struct check *k, size_t from, size_t to, int32_t depth)
{
    if (to >= k->code->n)
        return bad(k, from, "runs off the end");
    if (k->depth[to] < 0) {
        k->depth[to] = depth;
        k->work[k->work_count++] = (uint32_t)to;
        return true;
    }
    return k->depth[to] == depth || bad(k, from, "stack depths differ");
}

static int32_t pops_of(struct insn i)
{
    if (OPS[i.op].pops >= 0)
        return OPS[i.op].pops;
    return i.b + (i.op == OP_CALL || i.op == OP_CALL_NAMED); /* the function is under them */
}

static bool step(struct check *k, size_t pc)
{
    struct insn i = k->code->insns[pc];
    if (i.op >= COUNT(OPS) || !operand_fits(k, i) ||
        (OPS[i.op].slots && i.b + (size_t)OPS[i.op].slots > k->code->slot_count))
        return bad(k, pc, "operand out of range");
    if (i.op == OP_CALL && i.a > BUILTIN_COUNT)
        return bad(k, pc, "no such built-in");
    int32_t before = k->depth[pc], left = before - pops_of(i), after = left + OPS[i.op].pushes;
    if (left < 0)
        return bad(k, pc, "stack underflow");
    if ((uint32_t)after > k->code->stack_size)
        k->code->stack_size = (uint32_t)after;
    if (i.op == OP_RETURN)
        return left == 0 || bad(k, pc, "operands left over");
    if (i.op == OP_HIT && (pc + 1 >= k->code->n || k->code->insns[pc + 1].op != OP_HIT_INFO))
        return bad(k, pc, "HIT without HIT_INFO");
    if (i.op == OP_ITEM_KEY && !reach(k, pc, pc + 2, left))
        return false;
    if (OPS[i.op].operand == OPERAND_JUMP) {
        int32_t there = i.op == OP_NEXT ? before : after;
        if (!reach(k, pc, (size_t)i.c, there))
            return false;
    }
    return i.op == OP_JUMP || reach(k, pc, pc + 1, after);
}

static bool verify_code(const struct program *p, struct code *code, struct arena *a, struct err *e)
{
    struct check k = {p, code, arena_array(a, int32_t, code->n), arena_array(a, uint32_t, code->n),
                      0, e};
    for (size_t i = 0; i < code->n; i++)
        k.depth[i] = -1;
    if (code->param_count > code->slot_count)
        return err_set(e, ERR_BROKEN, "bytecode fault: parameters without slots");
    code->stack_size = 0;
    if (!reach(&k, 0, 0, 0))
        return false;
    while (k.work_count) {
        if (!step(&k, k.work[--k.work_count]))
            return false;
    }
    code->depths = arena_array(a, uint32_t, code->n);
    for (size_t i = 0; i < code->n; i++)
        code->depths[i] = k.depth[i] < 0 ? 0 : (uint32_t)k.depth[i];
    return true;
}

bool program_verify(struct program *p, struct arena *a, struct err *e)
{
    for (size_t i = 0; i < p->code_count; i++) {
        if (!verify_code(p, p->codes[i], a, e))
            return false;
    }
    return true;
}

static void write_operand(struct buf *out, const struct program *p, struct insn i)
{
    switch (OPS[i.op].operand) {
    case OPERAND_CONSTANT:
        buf_add_char(out, ' ');
        value_write_literal(out, p->constants[i.c]);
        return;
    case OPERAND_GLOBAL:
        buf_add_format(out, " %.*s", STR_ARG(p->global_names[i.c]));
        return;
    case OPERAND_BUILTIN:
        buf_add_format(out, " %s/%u", BUILTIN_LIST[i.c].name, i.b);
        return;
    case OPERAND_NONE:
        if (OPS[i.op].pops < 0 || OPS[i.op].slots)
            buf_add_format(out, " %u", i.b);
        return;
    case OPERAND_JUMP:
        buf_add_format(out, OPS[i.op].slots ? " %u -> %d" : "%.0u -> %d", OPS[i.op].slots ? i.b : 0,
                       i.c);
        return;
    default:
        buf_add_format(out, " %u %d", i.b, i.c);
    }
}

void program_disassemble(struct buf *out, const struct program *p)
{
    for (size_t n = 0; n < p->code_count; n++) {
        const struct code *code = p->codes[n];
        buf_add_format(out, "code %zu: %zu parameters, %u slots, stack %u\n", n, code->param_count,
                       code->slot_count, code->stack_size);
        for (size_t pc = 0; pc < code->n; pc++) {
            buf_add_format(out, "%5zu  %s", pc, OPS[code->insns[pc].op].name);
            write_operand(out, p, code->insns[pc]);
            buf_add_char(out, '\n');
        }
    }
}

void program_describe_machine(struct buf *out)
{
    buf_add_lit(out, "| operation | pops | pushes | what it does |\n| --- | --- | --- | --- |\n");
    for (size_t i = 0; i < COUNT(OPS); i++) {
        if (OPS[i].pops < 0)
            buf_add_format(out, "| %s | b | %d | %s |\n", OPS[i].name, OPS[i].pushes, OPS[i].does);
        else
            buf_add_format(out, "| %s | %d | %d | %s |\n", OPS[i].name, OPS[i].pops, OPS[i].pushes,
                           OPS[i].does);
    }
}
