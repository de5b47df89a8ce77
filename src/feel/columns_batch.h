/* Shared by the files of the column gear; others use columns.h. */
#pragma once
#include "feel/columns.h"

enum { BATCH = 1024, WORDS = BATCH / 64 };

/* A stack place or slot for a batch of rows. */
struct vector {
    bool is_constant; /* the same value in every row */
    bool is_typed;    /* in ints and nulls, of kind and exp; else in values */
    bool has_nulls;   /* false: nulls are all 0, and kernels need not look */
    enum value_kind kind;
    int16_t exp;
    struct value constant;
    int64_t ints[BATCH];
    uint8_t nulls[BATCH];
    struct value values[BATCH];
};

struct table_hits { /* in place of a list: tables here keep one hit a row */
    uint32_t counts[BATCH];
    struct vector *outputs;
    size_t output_count;
    bool is_fresh; /* no row has hit yet: the outputs may take any form */
};

struct batch {
    struct machine *m;
    const struct program *p;
    const struct code *code;
    const struct column *inputs;
    size_t first, n; /* rows of the columns */
    struct vector *stack, *slots;
    struct table_hits *hits; /* by slot */
    uint16_t
        *active; /* rows at the current instruction, ascending: `rows`, or others for a while */
    size_t active_count;
    uint16_t rows[BATCH], gone[BATCH];
    uint64_t (*waiting)[WORDS]; /* by instruction: the rows that wait there, as bits */
    size_t waiting_count;
    uint16_t *targets; /* instructions where rows wait */
    size_t target_count;
    size_t next_waiting;   /* the lowest of them */
    struct vector **saved; /* by instruction: the topmost operand of the rows that wait there */
    enum { PLACE_AUTO, PLACE_FREE, PLACE_KEPT } place; /* what other rows have where one is put */
    struct vector *result, *scaled;
};

/* Rows at the current instruction. */
#define FOR_ACTIVE(b, row)                                                                         \
    for (size_t k_ = 0, row; k_ < (b)->active_count && ((row) = (b)->active[k_], true); k_++)

/* The loop of a kernel: over all rows, which the compiler vectorizes, or the active ones. */
#define KERNEL(b, ...)                                                                             \
    do {                                                                                           \
        if ((b)->active_count == (b)->n) {                                                         \
            for (size_t row = 0; row < (b)->n; row++) {                                            \
                __VA_ARGS__;                                                                       \
            }                                                                                      \
        } else {                                                                                   \
            FOR_ACTIVE(b, row)                                                                     \
            {                                                                                      \
                __VA_ARGS__;                                                                       \
            }                                                                                      \
        }                                                                                          \
    } while (0)

/* An operand as integers: a pointer and a step of 1, or of 0 for a constant. */
struct ints {
    const int64_t *p;
    const uint8_t *nulls;
    size_t step, null_step;
    enum value_kind kind;
    int exp;
    int64_t one;
};

/* columns_vector.c */
bool vector_is_int_kind(enum value_kind kind);
struct value vector_at(const struct vector *v, size_t row);
/* A constant to one entry a row. */
void vector_spread(struct batch *b, struct vector *v);
/* Lets the vector take values of any kind in the active rows. */
void vector_make_general(struct batch *b, struct vector *v);
/* Likewise integers of the kind; false when other rows hold something else.  Its exponent is then
 * exp or smaller. */
bool vector_make_typed(struct batch *b, struct vector *v, enum value_kind kind, int16_t exp);
/* The active rows of one into another. */
void vector_copy(struct batch *b, struct vector *to, const struct vector *from);
void vector_fill(struct batch *b, struct vector *to, struct value v);
/* *v times by; false when it leaves the range of small numbers. */
bool vector_scale(int64_t *v, int64_t by);
/* 10^n; false when it is none of an int64. */
bool vector_factor(int n, int64_t *factor);

/* columns_kernel.c */
bool kernel_ints(const struct vector *v, struct ints *out);
const int64_t *kernel_first(const struct ints *x);
bool kernel_compare(struct batch *b, enum opcode op, const struct vector *x,
                    const struct vector *y);
/* The operation on integers into b->result; false when the rows are not such. */
bool kernel_binary(struct batch *b, struct insn i, const struct vector *x, const struct vector *y);
