/* What rows of a mask have from one vector and the others from another. */
#include "feel/columns_batch.h"

static bool is_null(const struct vector *v)
{
    return vector_is_constant(v, VALUE_NULL);
}

static void select_nulls(struct batch *b, struct vector *r, const uint8_t *mask,
                         const struct vector *x, const struct vector *y)
{
    if (x->nulls || y->nulls || is_null(x) || is_null(y))
        loop_select_bytes(vector_null_room(b, r), mask, x->nulls, is_null(x), y->nulls, is_null(y),
                          b->n);
}

static struct vector *select_bits(struct batch *b, const uint8_t *mask, const struct vector *x,
                                  const struct vector *y)
{
    struct vector *r = vector_bits(b);
    loop_select_bytes(r->byte_room, mask, x->bytes, (uint8_t)value_is_true(x->constant), y->bytes,
                      (uint8_t)value_is_true(y->constant), b->n);
    select_nulls(b, r, mask, x, y);
    return r;
}

static struct vector *select_ints(struct batch *b, const uint8_t *mask, struct vector *x,
                                  struct vector *y)
{
    int exp = is_null(x)                      ? vector_exp(y)
              : is_null(y)                    ? vector_exp(x)
              : vector_exp(x) < vector_exp(y) ? vector_exp(x)
                                              : vector_exp(y);
    const uint8_t *all = b->pool->ones; /* the others count, too: they are those that wait */
    struct vector *p = is_null(x) ? vector_keep(x) : vector_rescale(b, x, exp, all);
    struct vector *q = is_null(y) ? vector_keep(y) : vector_rescale(b, y, exp, all), *r = NULL;
    if (p && q) {
        uint64_t m = vector_bound(b, p), n = vector_bound(b, q);
        r = vector_ints(b, is_null(p) ? vector_kind(q) : vector_kind(p), exp, m > n ? m : n);
        loop_select_ints(r->int_room, mask, p->ints, p->constant.i, q->ints, q->constant.i, b->n);
        select_nulls(b, r, mask, p, q);
    }
    vector_drop(b, p);
    vector_drop(b, q);
    return r;
}

static size_t entries_of(const struct vector *v, const struct value **entries)
{
    *entries = v->form == FORM_CONSTANT ? &v->constant : v->entries;
    return v->form == FORM_CONSTANT ? 1 : v->entry_count;
}

/* Strings of tables and branches: the same constant comes again and again. */
static bool is_same(struct value x, struct value y)
{
    return x.kind == y.kind && x.is_big == y.is_big && x.exp == y.exp && x.n == y.n && x.i == y.i;
}

static struct vector *select_codes(struct batch *b, const uint8_t *mask, const struct vector *x,
                                   const struct vector *y)
{
    const struct value *p, *q;
    size_t m = entries_of(x, &p), n = entries_of(y, &q), count = n;
    uint8_t moved[COLUMNS_CODES], codes[COLUMNS_BATCH];
    struct value all[2 * COLUMNS_CODES];
    memcpy(all, q, n * sizeof *q);
    for (size_t i = 0; i < m; i++) {
        size_t at = 0;
        while (at < n && !is_same(all[at], p[i]))
            at++;
        if (at == n) {
            at = count++;
            all[at] = p[i];
        }
        if (at >= COLUMNS_CODES)
            return NULL;
        moved[i] = (uint8_t)at;
    }
    if (x->bytes)
        loop_gather_bytes(codes, x->bytes, moved, b->n);
    const struct value *entries = q;
    if (y->form == FORM_CONSTANT || count > n) {
        struct value *copy = vector_room(b, count, sizeof *copy);
        memcpy(copy, all, count * sizeof *copy);
        entries = copy;
    }
    struct vector *r = vector_codes(b, NULL, entries, count);
    loop_select_bytes(r->byte_room, mask, x->bytes ? codes : NULL, moved[0], y->bytes, 0, b->n);
    return r;
}

static struct vector *select_values(struct batch *b, const uint8_t *mask, const struct vector *x,
                                    const struct vector *y)
{
    struct vector *r = vector_values(b);
    for (size_t row = 0; row < b->n; row++)
        r->value_room[row] = vector_at(mask[row] ? x : y, row);
    return r;
}

static bool is_bits(const struct vector *v)
{
    return v->form == FORM_BITS || (v->form == FORM_CONSTANT && v->constant.kind == VALUE_BOOLEAN);
}

static bool is_ints(const struct vector *v)
{
    return v->form == FORM_INTS || (v->form == FORM_CONSTANT && vector_is_int(v->constant));
}

static bool is_codes(const struct vector *v)
{
    return v->form == FORM_CODES || v->form == FORM_CONSTANT;
}

static struct vector *select_alike(struct batch *b, const uint8_t *mask, struct vector *x,
                                   struct vector *y)
{
    struct vector *r = NULL;
    if ((is_bits(x) && (is_bits(y) || is_null(y))) || (is_null(x) && is_bits(y)))
        r = select_bits(b, mask, x, y);
    else if ((is_ints(x) && (is_null(y) || (is_ints(y) && vector_kind(x) == vector_kind(y)))) ||
             (is_null(x) && is_ints(y)))
        r = select_ints(b, mask, x, y);
    return !r && is_codes(x) && is_codes(y) ? select_codes(b, mask, x, y) : r;
}

/* Codes beside booleans or integers as such, if they are. */
static struct vector *select_operand(struct batch *b, struct vector *v, const struct vector *other)
{
    if (v->form != FORM_CODES)
        return vector_keep(v);
    return is_bits(other) ? vector_as_bits(b, v) : vector_as_ints(b, v);
}

struct vector *vector_select(struct batch *b, const uint8_t *mask, struct vector *x,
                             struct vector *y)
{
    if (x == y ||
        (x->form == FORM_CONSTANT && y->form == FORM_CONSTANT && is_same(x->constant, y->constant)))
        return vector_keep(x);
    struct vector *r = select_alike(b, mask, x, y);
    if (r)
        return r;
    struct vector *p = select_operand(b, x, y), *q = select_operand(b, y, x);
    if (p && q && (p != x || q != y))
        r = select_alike(b, mask, p, q);
    vector_drop(b, p);
    vector_drop(b, q);
    return r ? r : select_values(b, mask, x, y);
}
