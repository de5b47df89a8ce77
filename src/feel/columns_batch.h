/* Shared by the files of the column gear; others use columns.h. */
#pragma once
#include "feel/columns.h"
#include "feel/columns_loop.h"

enum form {
    FORM_CONSTANT,
    FORM_BITS,  /* booleans: bytes, nulls */
    FORM_INTS,  /* NUMBER, DATE or MONTHS: ints, nulls */
    FORM_CODES, /* bytes: entries, of any kinds */
    FORM_VALUES
};

/* What one instruction gave for a batch of rows; never changed once it is made.  Where a row is
 * null its byte or integer is 0.  Rows that were not active hold something harmless. */
struct vector {
    enum form form;
    enum value_kind kind; /* INTS */
    int16_t exp;          /* INTS that are numbers */
    uint64_t bound;       /* INTS: none is larger in size; 0: not known yet, see vector_bound() */
    struct value constant;
    const int64_t *ints;
    const uint8_t *bytes, *nulls; /* nulls NULL: none is */
    const struct value *entries, *values;
    size_t entry_count;

    unsigned references;
    struct vector *next_free;
    struct vector *lender; /* whose room the pointers are into, if not its own */
    int64_t *int_room;
    uint8_t *byte_room, *null_room;
    struct value *value_room;
};

struct columns_pool {
    struct machine *m;
    struct vector *free;
    size_t rows;                 /* that vectors have room for */
    uint8_t ones[COLUMNS_BATCH]; /* the mask of all rows */
};

struct hit { /* of a rule by some rows */
    struct vector *rows, **outputs;
    int32_t rule;
};

/* What has hit so far in the table of a slot.  A first hit is all that most policies ask for. */
struct table_hits {
    struct vector *once, *again; /* masks, NULL: of no row */
    struct vector **outputs;     /* of the first hit of each row */
    size_t output_count;
    struct hit *all; /* in order, for the policies that ask for more */
    size_t count, size;
};

struct waiting {
    struct vector *rows; /* mask; NULL: none wait */
    struct vector *top;  /* their topmost operand; those below are the same for all rows */
    size_t count;
};

struct batch {
    struct machine *m;
    struct columns_pool *pool;
    const struct program *p;
    const struct code *code;
    struct frame frame; /* where warnings are */
    const struct column *inputs;
    size_t n;
    struct vector **stack, **slots, **loaded; /* loaded: globals of this batch */
    struct table_hits *hits;                  /* by slot */
    struct waiting *waiting;                  /* by instruction */
    size_t waiting_count;                     /* rows */
    struct vector *active; /* mask of the rows at the current instruction; NULL: all */
    size_t active_count;
};

/* The mask of the active rows as bytes. */
static inline const uint8_t *active_rows(const struct batch *b)
{
    return b->active ? b->active->bytes : b->pool->ones;
}

static inline bool vector_is_constant(const struct vector *v, enum value_kind kind)
{
    return v->form == FORM_CONSTANT && v->constant.kind == kind;
}

/* Of INTS and constants. */
static inline enum value_kind vector_kind(const struct vector *v)
{
    return v->form == FORM_CONSTANT ? (enum value_kind)v->constant.kind : v->kind;
}

static inline int vector_exp(const struct vector *v)
{
    return v->form == FORM_CONSTANT ? v->constant.exp : v->exp;
}

#define FOR_ACTIVE(b, row)                                                                         \
    for (size_t row = 0; row < (b)->n; row++)                                                      \
        if (active_rows(b)[row])

/* --- columns_vector.c: functions that return a vector give a reference, to be dropped */

struct vector *vector_keep(struct vector *v);
void vector_drop(struct batch *b, struct vector *v); /* NULL allowed */
struct vector *vector_constant(struct batch *b, struct value v);
struct vector *vector_load(struct batch *b, const struct column *c);
struct column vector_column(const struct vector *v);
struct value vector_at(const struct vector *v, size_t row);
uint64_t vector_bound(const struct batch *b, struct vector *v);

/* New ones, to be filled through their room. */
struct vector *vector_bits(struct batch *b);
struct vector *vector_ints(struct batch *b, enum value_kind kind, int exp, uint64_t bound);
/* like: whose bytes they are, NULL: their own */
struct vector *vector_codes(struct batch *b, struct vector *like, const struct value *entries,
                            size_t n);
struct vector *vector_values(struct batch *b); /* all null */
/* Makes nulls those of either, which may be NULL; the rows' own values there are 0. */
void vector_set_nulls(struct batch *b, struct vector *v, const uint8_t *x, const uint8_t *y);
uint8_t *vector_null_room(struct batch *b, struct vector *v);

/* As BITS or a boolean or null constant; as INTS or a constant of a small integer kind; NULL when
 * it is none. */
struct vector *vector_as_bits(struct batch *b, struct vector *v);
struct vector *vector_as_ints(struct batch *b, struct vector *v);
/* BITS of any vector: true where it is true, null where it is no boolean. */
struct vector *vector_truth(struct batch *b, struct vector *v);
/* Takes VALUES; gives BITS or INTS where the active rows are such. */
struct vector *vector_narrow(struct batch *b, struct vector *v);
/* columns_select.c: rows of the mask from x, the others from y. */
struct vector *vector_select(struct batch *b, const uint8_t *mask, struct vector *x,
                             struct vector *y);
/* A small number, a date or months. */
bool vector_is_int(struct value v);
/* 10^n; false when it is none of an int64. */
bool vector_factor(int n, int64_t *factor);
/* *i times 10^n; false, and nothing changed, when that is no small number. */
bool vector_scale(int64_t *i, int n);
/* Zeroed, until the end of the run; past the limit the run is stopped. */
void *vector_room(struct batch *b, size_t n, size_t size);
/* Ints to an exponent; NULL when one of the rows would leave the range. */
struct vector *vector_rescale(struct batch *b, struct vector *v, int exp, const uint8_t *rows);

/* --- columns_kernel.c: NULL when the operation has no kernel for the operands */

struct vector *kernel_binary(struct batch *b, struct insn i, struct vector *x, struct vector *y);
struct vector *kernel_unary(struct batch *b, struct insn i, struct vector *x);
struct vector *kernel_between(struct batch *b, struct vector *x, struct vector *low,
                              struct vector *high);

/* Both to the smaller exponent; false, and nothing changed, when one cannot be. */
bool kernel_align(struct batch *b, struct vector **x, struct vector **y);
/* A constant in every row. */
struct vector *kernel_spread(struct batch *b, const struct vector *c);
/* What the machine says of the rows where the result is null for want of an operand. */
void kernel_warn_of_nulls(struct batch *b, struct insn i, struct vector *const *operands, size_t n,
                          const struct vector *r);

/* --- columns_builtin.c: likewise */
struct vector *kernel_builtin(struct batch *b, struct insn i, struct vector *const *x, size_t n);
struct vector *kernel_floor_of_quotient(struct batch *b, struct insn divide, struct insn floor,
                                        struct vector *x, struct vector *y);

/* --- columns_scalar.c: any operation, by the machine's own functions: once where all operands are
 * constant, once an entry where they are codes, else for each active row */
struct vector *scalar_run(struct batch *b, struct insn i, struct vector *const *operands, size_t n);
bool scalar_is_few(const struct batch *b, struct vector *const *operands, size_t n);
struct value scalar_row(struct batch *b, struct insn i, struct vector *const *operands, size_t n,
                        size_t row);
struct value scalar_binary(struct machine *m, struct insn i, struct value x, struct value y);

/* --- columns_flow.c */
bool flow_wake(struct batch *b, size_t pc); /* whether rows are active at pc */
void flow_jump(struct batch *b, struct insn i, struct vector *x); /* x: NULL or the condition */
void flow_begin_hits(struct batch *b, uint32_t slot);
void flow_hit(struct batch *b, const struct table_node *t, struct insn info,
              struct vector *const *outputs);
bool flow_takes_first(const struct table_node *t);
struct vector *flow_table(struct batch *b, struct insn i, const struct vector *priorities);
