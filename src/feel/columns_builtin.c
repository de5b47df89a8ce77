/* Built-in functions a batch at a time: those that checks and policies call for every row. */
#include "feel/columns_batch.h"

#include "feel/builtin.h"

static bool is_int(const struct vector *v, enum value_kind kind)
{
    return v && v->form == FORM_INTS && v->kind == kind;
}

static bool is_whole_constant(const struct vector *v, int64_t least)
{
    struct value c = v->constant;
    return v->form == FORM_CONSTANT && c.kind == VALUE_NUMBER && !c.is_big && c.exp == 0 &&
           c.i >= least;
}

static bool is_constant_int(const struct vector *v, enum value_kind kind)
{
    return vector_is_constant(v, kind) && vector_is_int(v->constant);
}

/* A number rounded to a whole one; up: towards plus infinity. */
static struct vector *whole(struct batch *b, struct vector *p, bool up)
{
    int64_t unit;
    struct vector *x = vector_keep(p), *r;
    if (p->exp >= 0)
        return x;
    if (!vector_factor(-p->exp, &unit)) {
        vector_drop(b, x);
        return NULL;
    }
    if (up) {
        vector_drop(b, x);
        x = vector_ints(b, VALUE_NUMBER, p->exp, 0);
        loop_add(x->int_room, p->ints, NULL, unit - 1, b->n);
    }
    r = vector_ints(b, VALUE_NUMBER, 0, p->bound);
    loop_floor(r->int_room, x->ints, unit, b->n);
    vector_drop(b, x);
    return r;
}

static struct vector *rounded(struct batch *b, struct insn i, struct vector *const *x, size_t n)
{
    struct vector *p = n == 1 ? vector_as_ints(b, x[0]) : NULL, *r = NULL;
    if (is_int(p, VALUE_NUMBER))
        r = whole(b, p, i.c == BUILTIN_ceiling);
    if (r && r != p)
        vector_set_nulls(b, r, p->nulls, NULL);
    if (r)
        kernel_warn_of_nulls(b, i, x, n, r);
    vector_drop(b, p);
    return r;
}

static struct vector *modulo(struct batch *b, struct insn i, struct vector *const *x, size_t n)
{
    struct vector *p = vector_as_ints(b, x[0]), *c = vector_keep(x[1]), *r = NULL;
    if (is_int(p, VALUE_NUMBER) && is_constant_int(c, VALUE_NUMBER) && c->constant.i &&
        kernel_align(b, &p, &c)) {
        r = vector_ints(b, VALUE_NUMBER, p->exp, vector_bound(b, c));
        loop_modulo(r->int_room, p->ints, c->constant.i, b->n);
        vector_set_nulls(b, r, p->nulls, NULL);
        kernel_warn_of_nulls(b, i, x, n, r);
    }
    vector_drop(b, p);
    vector_drop(b, c);
    return r;
}

static bool is_near_date(struct batch *b, struct vector *v)
{
    return v && (is_int(v, VALUE_DATE) || is_constant_int(v, VALUE_DATE)) &&
           vector_bound(b, v) <= LOOP_DAYS;
}

static struct vector *months(struct batch *b, struct insn i, struct vector *const *x, size_t n)
{
    struct vector *p = vector_as_ints(b, x[0]), *q = vector_as_ints(b, x[1]), *r = NULL;
    if (is_near_date(b, p) && is_near_date(b, q)) {
        struct vector *from = p->form == FORM_CONSTANT ? kernel_spread(b, p) : vector_keep(p);
        r = vector_ints(b, VALUE_MONTHS, 0, 0);
        loop_months(r->int_room, from->ints, q->ints, q->constant.i, b->n);
        vector_set_nulls(b, r, p->nulls, q->nulls);
        kernel_warn_of_nulls(b, i, x, n, r);
        vector_drop(b, from);
    }
    vector_drop(b, p);
    vector_drop(b, q);
    return r;
}

/* From a place on, of texts whose characters up to the end of the part are bytes. */
static struct vector *substring(struct batch *b, struct insn i, struct vector *const *x, size_t n)
{
    if (x[0]->form != FORM_VALUES || !is_whole_constant(x[1], 1) ||
        (n == 3 && !is_whole_constant(x[2], 1)))
        return NULL;
    uint64_t first = (uint64_t)x[1]->constant.i - 1,
             length = n == 3 ? (uint64_t)x[2]->constant.i : UINT32_MAX, end = first + length;
    struct vector *r = vector_values(b);
    FOR_ACTIVE(b, row)
    {
        struct value v = x[0]->values[row];
        size_t to = v.n < end ? v.n : (size_t)end;
        if (v.kind == VALUE_STRING && v.n > first && utf8_is_ascii((str){v.text, to}))
            r->value_room[row] = value_string((str){v.text + first, to - first});
        else
            r->value_room[row] = scalar_row(b, i, x, n, row);
    }
    return r;
}

/* Of texts that are small whole numbers. */
static struct vector *number(struct batch *b, struct insn i, struct vector *const *x, size_t n)
{
    enum { SMALL_DIGITS = 18 };
    if (x[0]->form != FORM_VALUES || n != 1)
        return NULL;
    struct vector *r = vector_values(b);
    FOR_ACTIVE(b, row)
    {
        struct value v = x[0]->values[row];
        int64_t whole;
        bool is_small =
            v.kind == VALUE_STRING && v.n <= SMALL_DIGITS && str_to_int64(value_text(v), &whole);
        r->value_room[row] = is_small ? value_int(whole) : scalar_row(b, i, x, n, row);
    }
    return vector_narrow(b, r);
}

static const struct {
    enum builtin_id id;
    struct vector *(*run)(struct batch *b, struct insn i, struct vector *const *x, size_t n);
} KERNELS[] = {{BUILTIN_substring, substring}, {BUILTIN_number, number},
               {BUILTIN_floor, rounded},       {BUILTIN_ceiling, rounded},
               {BUILTIN_modulo, modulo},       {BUILTIN_years_and_months_duration, months}};

struct vector *kernel_builtin(struct batch *b, struct insn i, struct vector *const *x, size_t n)
{
    const struct builtin *f = &BUILTIN_LIST[i.c];
    if (n < (size_t)f->least || (f->most >= 0 && n > (size_t)f->most))
        return NULL;
    for (size_t k = 0; k < COUNT(KERNELS); k++) {
        if (KERNELS[k].id == (enum builtin_id)i.c)
            return KERNELS[k].run(b, i, x, n);
    }
    return NULL;
}

/* floor(x / y) of numbers, or of months, which is how an age is told: the quotient itself has no
 * end as a decimal.  Its 34 digits cannot round it up to a whole number, for x and y have 18. */
struct vector *kernel_floor_of_quotient(struct batch *b, struct insn divide, struct insn floor,
                                        struct vector *x, struct vector *y)
{
    struct vector *p = vector_as_ints(b, x), *c = vector_keep(y), *r = NULL, *operands[] = {x, y};
    bool fits = (is_int(p, VALUE_NUMBER) && is_constant_int(c, VALUE_NUMBER)) ||
                (is_int(p, VALUE_MONTHS) && is_constant_int(c, VALUE_MONTHS));
    if (fits && c->constant.i && kernel_align(b, &p, &c)) {
        r = vector_ints(b, VALUE_NUMBER, 0, vector_bound(b, p));
        loop_floor(r->int_room, p->ints, c->constant.i, b->n);
        vector_set_nulls(b, r, p->nulls, NULL);
        if (r->nulls) {
            FOR_ACTIVE(b, row)
            {
                struct value v;
                if (!r->nulls[row])
                    continue;
                v = scalar_row(b, divide, operands, 2, row);
                builtin_run(&BUILTIN_LIST[floor.c], b->m, &v, 1); /* for its warning */
            }
        }
    }
    vector_drop(b, p);
    vector_drop(b, c);
    return r;
}
