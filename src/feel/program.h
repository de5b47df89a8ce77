/* Bytecode.  One table of operations says all there is to know about each: the compiler, the
 * verifier, the disassembler and docs/feel-machine.md are made from it.
 *
 * A program is immutable and may be run by any number of machines at once.  It consists of codes:
 * the expression itself and one for each function literal in it.  A code has numbered slots
 * (parameters first) and an operand stack, whose depth at each place the verifier knows. */
#pragma once
#include "feel/node.h"

/* What c, and sometimes b, of an instruction means. */
enum operand {
    OPERAND_NONE,
    OPERAND_CONSTANT,
    OPERAND_SLOT,
    OPERAND_GLOBAL,
    OPERAND_CAPTURE,
    OPERAND_JUMP,
    OPERAND_COUNT,
    OPERAND_SHAPE,
    OPERAND_BUILTIN,
    OPERAND_CODE,
    OPERAND_TYPE,
    OPERAND_TABLE
};

/* name, pops (-1: counted by b), pushes, meaning of c, slots used from b on, what it does */
#define OPCODES(X)                                                                                 \
    X(CONSTANT, 0, 1, CONSTANT, 0, "push a constant")                                              \
    X(LOCAL, 0, 1, SLOT, 0, "push a slot")                                                         \
    X(STORE, 1, 0, SLOT, 0, "pop into a slot")                                                     \
    X(GLOBAL, 0, 1, GLOBAL, 0, "push an input of the program")                                     \
    X(CAPTURE, 0, 1, CAPTURE, 0, "push a value captured by the function")                          \
    X(ADD, 2, 1, NONE, 0, "a + b")                                                                 \
    X(SUB, 2, 1, NONE, 0, "a - b")                                                                 \
    X(MUL, 2, 1, NONE, 0, "a * b")                                                                 \
    X(DIV, 2, 1, NONE, 0, "a / b")                                                                 \
    X(POW, 2, 1, NONE, 0, "a ** b")                                                                \
    X(NEGATE, 1, 1, NONE, 0, "-a")                                                                 \
    X(EQ, 2, 1, NONE, 0, "a = b")                                                                  \
    X(NE, 2, 1, NONE, 0, "a != b")                                                                 \
    X(LT, 2, 1, NONE, 0, "a < b")                                                                  \
    X(LE, 2, 1, NONE, 0, "a <= b")                                                                 \
    X(GT, 2, 1, NONE, 0, "a > b")                                                                  \
    X(GE, 2, 1, NONE, 0, "a >= b")                                                                 \
    X(AND, 2, 1, NONE, 0, "three-valued and")                                                      \
    X(OR, 2, 1, NONE, 0, "three-valued or")                                                        \
    X(NOT, 1, 1, NONE, 0, "three-valued not")                                                      \
    X(JUMP, 0, 0, JUMP, 0, "go to c")                                                              \
    X(JUMP_UNLESS, 1, 0, JUMP, 0, "pop; go to c unless it is true")                                \
    X(JUMP_IF_FALSE, 1, 1, JUMP, 0, "go to c, keeping the operand, if it is false")                \
    X(JUMP_IF_TRUE, 1, 1, JUMP, 0, "go to c, keeping the operand, if it is true")                  \
    X(JUMP_IF_ODD, 1, 1, JUMP, 0, "neither boolean nor null: make it null and go to c")            \
    X(BETWEEN, 3, 1, NONE, 0, "a between b and c")                                                 \
    X(MATCH, 2, 1, NONE, 0, "a in b: equal, within the range, or a match of an item")              \
    X(MATCH_CELL, 2, 1, NONE, 0, "as MATCH, and a test that is true by itself holds")              \
    X(LIST, -1, 1, NONE, 0, "list of the topmost b")                                               \
    X(CONTEXT, 0, 1, SHAPE, 0, "context of the keys of shape c with slots from b on")              \
    X(RANGE, 2, 1, COUNT, 0, "range; c: ends included, form")                                      \
    X(PATH, 1, 1, CONSTANT, 0, "member or property; of a list, of each item")                      \
    X(INDEX, 2, 1, NONE, 0, "item by number; negative from the end")                               \
    X(ITEM_KEY, 1, 1, CONSTANT, 0, "pop a context; if it has the key push it, else skip one")      \
    X(CALL, -1, 1, NONE, 0, "function under b arguments")                                          \
    X(CALL_NAMED, -1, 1, SHAPE, 0, "likewise, the arguments named by shape c")                     \
    X(BUILTIN, -1, 1, BUILTIN, 0, "built-in function c of b arguments")                            \
    X(CLOSURE, 0, 1, CODE, 0, "function literal with what it captures")                            \
    X(ITERATE, 1, 0, SLOT, 2, "pop a list or range; slots b, b+1 go through it, c is the result")  \
    X(ITERATE_SPAN, 2, 0, SLOT, 2, "pop low and high; likewise")                                   \
    X(NEXT, 0, 1, JUMP, 2, "push the next item of b, or go to c without")                          \
    X(BUILD, 0, 0, NONE, 1, "begin a list in slot b")                                              \
    X(APPEND, 1, 0, NONE, 1, "pop onto the list in slot b")                                        \
    X(BUILT, 0, 1, NONE, 1, "push the list in slot b")                                             \
    X(SOME_STEP, 1, 0, JUMP, 1, "note a condition in slot b; true goes to c")                      \
    X(EVERY_STEP, 1, 0, JUMP, 1, "note a condition in slot b; false goes to c")                    \
    X(FILTER, 1, 0, JUMP, 4, "pop a list to filter: slots list, index, result, item; null: to c")  \
    X(FILTER_NEXT, 0, 0, JUMP, 4, "next item to slot b+3, or go to c")                             \
    X(FILTER_TEST, 1, 0, JUMP, 4, "pop: true keeps the item, a number picks one and goes to c")    \
    X(FILTERED, 0, 1, NONE, 4, "push the result of the filter at b")                               \
    X(INSTANCE, 1, 1, TYPE, 0, "instance of")                                                      \
    X(COERCE, 1, 1, TYPE, 0, "convert to a type, null when it does not conform")                   \
    X(HIT, -1, 0, TABLE, 0, "pop b outputs of a matching rule, numbered by the next instruction")  \
    X(HIT_INFO, 0, 0, COUNT, 1, "(operand of HIT: rule c, hits in slot b)")                        \
    X(HITS, 0, 0, JUMP, 1, "go to c if slot b has hits")                                           \
    X(TABLE, 1, 1, TABLE, 1, "pop output priorities; result of the hits in slot b by policy")      \
    X(RETURN, 1, 0, NONE, 0, "end with the operand")

enum opcode {
#define X(name, pops, pushes, operand, slots, does) OP_##name,
    OPCODES(X)
#undef X
};

struct insn {
    uint8_t op;
    uint8_t
        a; /* FILTER_TEST: the condition must be a boolean; CALL: built-in + 1 of the same name */
    uint16_t b;
    int32_t c;
};

struct capture {
    bool is_local; /* of the enclosing code; else one of its captures */
    bool is_self;  /* the closure itself: a function may call itself by its name */
    uint32_t index;
};

struct code {
    struct insn *insns;
    uint32_t *places; /* byte in the source, for each instruction */
    uint32_t *depths; /* operands on the stack before each instruction, from the verifier */
    size_t n, size;
    struct param *params;
    size_t param_count;
    struct capture *captures;
    size_t capture_count, capture_size;
    uint32_t slot_count, stack_size;
    struct type type; /* as a function */
    bool is_external; /* Java, PMML: cannot be called */
    const struct program *program;
    str source;
};

struct shape { /* keys of a context, names of arguments */
    str *keys;
    size_t n;
};

struct program {
    str source;
    str name; /* of the decision, for messages */
    struct code **codes;
    size_t code_count, code_size;
    struct value *constants;
    size_t constant_count, constant_size;
    struct shape *shapes;
    size_t shape_count, shape_size;
    const struct type **types;
    size_t type_count, type_size;
    struct table_node **tables;
    size_t table_count, table_size;
    size_t global_count;
    const str *global_names;
    str *unknown; /* names that mean nothing: they give null */
    size_t unknown_count, unknown_size;
};

/* NULL on a fault.  The program lives in the arena; text must live as long. */
struct program *program_compile(struct arena *a, str text, const struct scope *scope,
                                struct err *e);
/* Unary tests over "?", which must be a name of the scope. */
struct program *program_compile_tests(struct arena *a, str text, const struct scope *scope,
                                      struct err *e);
struct program *program_compile_node(struct arena *a, struct node *node, str text,
                                     const struct scope *scope, struct err *e);

/* Every program is verified before it runs: operands in range, jumps inside, the same stack depth
 * at a place however it is reached, no underflow.  Sets stack_size.  A fault is BROKEN. */
MUST_USE bool program_verify(struct program *p, struct arena *a, struct err *e);
void program_disassemble(struct buf *out, const struct program *p);
/* The table of operations as Markdown. */
void program_describe_machine(struct buf *out);
