/* Shared by the files of the compiler; others use program.h. */
#pragma once
#include "feel/program.h"

struct local {
    str name;
    uint32_t slot;
    bool is_item;    /* the item of a filter: its members are names too */
    bool is_builder; /* `partial`: a list still growing */
    bool is_self;    /* the function being defined, under its own name */
};

struct function_state {
    struct function_state *outer;
    struct code *code;
    struct local *locals;
    size_t n, size;
    uint32_t next_slot;
};

struct compiler {
    struct program *program;
    const struct scope *scope;
    struct arena *arena;
    struct err *err;
    struct function_state *fn;
    uint32_t at;
    bool uses_input; /* the test now compiled mentions ? */
    struct map globals;
};

/* Appends an instruction, returns where; sets c->err when it is too large. */
size_t compile_emit(struct compiler *c, enum opcode op, uint32_t b, int32_t operand);
/* Lets the jump go to what comes next. */
void compile_patch(struct compiler *c, size_t jump);
int32_t compile_type_index(struct compiler *c, const struct type *t);
/* n slots in a row; given back by resetting fn->next_slot. */
uint32_t compile_slots(struct compiler *c, uint32_t n);
struct local *compile_declare(struct compiler *c, str name, uint32_t slot);
bool compile_constant(struct compiler *c, struct value v); /* true */

/* Each leaves one operand on the stack.  False on a fault. */
bool compile_node(struct compiler *c, const struct node *n);
bool compile_nodes(struct compiler *c, struct node **kids, size_t n);
bool compile_iteration(struct compiler *c, const struct node *n);
bool compile_filter(struct compiler *c, const struct node *n);
bool compile_table(struct compiler *c, const struct node *n);
