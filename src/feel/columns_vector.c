/* Vectors: what the rows of a batch hold, in one of five forms, and from one form to another. */
#include "feel/columns_batch.h"

bool vector_is_int(struct value v)
{
    return (v.kind == VALUE_NUMBER && !v.is_big) || v.kind == VALUE_DATE || v.kind == VALUE_MONTHS;
}

/* --- memory */

void *vector_room(struct batch *b, size_t n, size_t size)
{
    if (arena_used(b->m->arena) + n * size > b->m->memory && !b->m->is_stopped)
        machine_stop(b->m, "it took too much memory");
    return arena_alloc(b->m->arena, n, size);
}

static struct vector *vector_new(struct batch *b, enum form form)
{
    struct vector *v = b->pool->free;
    if (v)
        b->pool->free = v->next_free;
    else
        v = vector_room(b, 1, sizeof *v);
    *v = (struct vector){.form = form,
                         .references = 1,
                         .int_room = v->int_room,
                         .byte_room = v->byte_room,
                         .null_room = v->null_room,
                         .value_room = v->value_room};
    return v;
}

struct vector *vector_keep(struct vector *v)
{
    v->references++;
    return v;
}

void vector_drop(struct batch *b, struct vector *v)
{
    if (!v || --v->references)
        return;
    vector_drop(b, v->lender);
    v->next_free = b->pool->free;
    b->pool->free = v;
}

uint8_t *vector_null_room(struct batch *b, struct vector *v)
{
    if (!v->null_room)
        v->null_room = vector_room(b, b->pool->rows, 1);
    v->nulls = v->null_room;
    return v->null_room;
}

static uint8_t *byte_room(struct batch *b, struct vector *v)
{
    if (!v->byte_room)
        v->byte_room = vector_room(b, b->pool->rows, 1);
    v->bytes = v->byte_room;
    return v->byte_room;
}

struct vector *vector_constant(struct batch *b, struct value v)
{
    struct vector *r = vector_new(b, FORM_CONSTANT);
    r->constant = v;
    return r;
}

struct vector *vector_bits(struct batch *b)
{
    struct vector *r = vector_new(b, FORM_BITS);
    byte_room(b, r);
    return r;
}

struct vector *vector_ints(struct batch *b, enum value_kind kind, int exp, uint64_t bound)
{
    struct vector *r = vector_new(b, FORM_INTS);
    r->kind = kind;
    r->exp = (int16_t)exp;
    r->bound = bound;
    if (!r->int_room)
        r->int_room = vector_room(b, b->pool->rows, sizeof *r->int_room);
    r->ints = r->int_room;
    return r;
}

struct vector *vector_codes(struct batch *b, struct vector *like, const struct value *entries,
                            size_t n)
{
    struct vector *r = vector_new(b, FORM_CODES);
    if (like) {
        r->bytes = like->bytes;
        r->lender = vector_keep(like);
    } else {
        byte_room(b, r);
    }
    r->entries = entries;
    r->entry_count = n;
    return r;
}

struct vector *vector_values(struct batch *b)
{
    struct vector *r = vector_new(b, FORM_VALUES);
    if (!r->value_room)
        r->value_room = vector_room(b, b->pool->rows, sizeof *r->value_room);
    memset(r->value_room, 0, b->n * sizeof *r->value_room);
    r->values = r->value_room;
    return r;
}

void vector_set_nulls(struct batch *b, struct vector *v, const uint8_t *x, const uint8_t *y)
{
    if (!x && !y)
        return;
    if (x && y)
        loop_either(vector_null_room(b, v), x, y, b->n);
    else
        memcpy(vector_null_room(b, v), x ? x : y, b->n);
    if (v->form == FORM_INTS)
        loop_clear(v->int_room, v->nulls, b->n);
    else
        loop_clear_bytes(v->byte_room, v->nulls, b->n);
}

/* --- columns */

struct vector *vector_load(struct batch *b, const struct column *c)
{
    if (c->is_constant)
        return vector_constant(b, c->values[0]);
    if (c->ints && c->kind == VALUE_BOOLEAN) {
        struct vector *v = vector_bits(b);
        loop_truth(v->byte_room, c->ints, b->n);
        v->nulls = c->nulls;
        return v;
    }
    struct vector *v = vector_new(b, c->ints      ? FORM_INTS
                                     : !c->bytes  ? FORM_VALUES
                                     : c->entries ? FORM_CODES
                                                  : FORM_BITS);
    v->kind = c->kind;
    v->exp = c->exp;
    v->ints = c->ints;
    v->bytes = c->bytes;
    v->nulls = c->nulls;
    v->values = c->values;
    v->entries = c->entries;
    v->entry_count = c->entry_count;
    return v;
}

struct column vector_column(const struct vector *v)
{
    if (v->form == FORM_CONSTANT)
        return (struct column){.values = &v->constant, .is_constant = true};
    return (struct column){.kind = v->form == FORM_BITS ? VALUE_BOOLEAN : v->kind,
                           .exp = v->exp,
                           .ints = v->ints,
                           .bytes = v->bytes,
                           .nulls = v->nulls,
                           .values = v->values,
                           .entries = v->entries,
                           .entry_count = v->entry_count};
}

struct value vector_at(const struct vector *v, size_t row)
{
    switch (v->form) {
    case FORM_CONSTANT:
        return v->constant;
    case FORM_CODES:
        return v->entries[v->bytes[row]];
    case FORM_VALUES:
        return v->values[row];
    case FORM_BITS:
    case FORM_INTS:
        break;
    }
    if (v->nulls && v->nulls[row])
        return VALUE_NOTHING;
    if (v->form == FORM_BITS)
        return value_boolean(v->bytes[row]);
    return (struct value){.kind = (uint8_t)v->kind, .exp = v->exp, .i = v->ints[row]};
}

uint64_t vector_bound(const struct batch *b, struct vector *v)
{
    if (v->form == FORM_CONSTANT)
        return (uint64_t)(v->constant.i < 0 ? -v->constant.i : v->constant.i);
    if (!v->bound)
        v->bound = loop_bound(v->ints, b->n);
    return v->bound;
}

/* --- numbers to another exponent */

bool vector_factor(int n, int64_t *factor)
{
    if (n < 0 || n > 17)
        return false;
    *factor = (int64_t)decimal_power_of_ten(n);
    return true;
}

bool vector_scale(int64_t *i, int n)
{
    int64_t factor, scaled;
    if (n == 0 || *i == 0)
        return true;
    if (!vector_factor(n, &factor) || __builtin_mul_overflow(*i, factor, &scaled) ||
        scaled >= VALUE_SMALL_LIMIT || scaled <= -VALUE_SMALL_LIMIT)
        return false;
    *i = scaled;
    return true;
}

struct vector *vector_rescale(struct batch *b, struct vector *v, int exp, const uint8_t *rows)
{
    int64_t factor;
    int from = v->form == FORM_CONSTANT ? v->constant.exp : v->exp;
    if (from == exp)
        return vector_keep(v);
    if (!vector_factor(from - exp, &factor))
        return NULL;
    unsigned __int128 bound = (unsigned __int128)vector_bound(b, v) * (uint64_t)factor;
    if (v->form == FORM_CONSTANT) {
        struct value c = v->constant;
        if (bound >= (uint64_t)VALUE_SMALL_LIMIT)
            return NULL;
        return vector_constant(
            b, (struct value){.kind = c.kind, .exp = (int16_t)exp, .i = c.i * factor});
    }
    struct vector *r = vector_ints(b, v->kind, exp, (uint64_t)bound);
    if (bound < (uint64_t)VALUE_SMALL_LIMIT) {
        loop_mul(r->int_room, v->ints, NULL, factor, b->n);
    } else {
        r->bound = (uint64_t)VALUE_SMALL_LIMIT - 1;
        for (size_t row = 0; row < b->n; row++) {
            int64_t i = v->ints[row], limit = VALUE_SMALL_LIMIT / factor;
            bool is_bad = i >= limit || i <= -limit;
            if (is_bad && rows[row]) {
                vector_drop(b, r);
                return NULL;
            }
            r->int_room[row] = is_bad ? 0 : i * factor;
        }
    }
    vector_set_nulls(b, r, v->nulls, NULL);
    return r;
}

/* --- from one form to another */

/* The kind and least exponent of small integers among values; false: others are among them, or the
 * exponents lie too far apart.  Null everywhere: kind NULL. */
struct int_form {
    enum value_kind kind;
    int exp;
};

static bool int_form_of(const struct value *values, const uint8_t *rows, size_t n,
                        struct int_form *form)
{
    *form = (struct int_form){VALUE_NULL, 0};
    for (size_t i = 0; i < n; i++) {
        struct value v = values[i];
        if ((rows && !rows[i]) || v.kind == VALUE_NULL)
            continue;
        if (!vector_is_int(v) || (form->kind && form->kind != (enum value_kind)v.kind))
            return false;
        form->exp = form->kind && form->exp < v.exp ? form->exp : v.exp;
        form->kind = (enum value_kind)v.kind;
    }
    return true;
}

/* One value to the form: false when it does not fit. */
static bool take_int(struct value v, struct int_form form, int64_t *i, uint8_t *is_null)
{
    *is_null = v.kind == VALUE_NULL;
    *i = *is_null ? 0 : v.i;
    return vector_scale(i, *is_null ? 0 : v.exp - form.exp);
}

static struct vector *ints_of_codes(struct batch *b, const struct vector *v)
{
    int64_t ints[COLUMNS_CODES] = {0};
    uint8_t nulls[COLUMNS_CODES] = {0};
    struct int_form form;
    bool has_nulls = false;
    if (!int_form_of(v->entries, NULL, v->entry_count, &form) || !form.kind)
        return NULL;
    for (size_t i = 0; i < v->entry_count; i++) {
        if (!take_int(v->entries[i], form, &ints[i], &nulls[i]))
            return NULL;
        has_nulls |= nulls[i];
    }
    struct vector *r = vector_ints(b, form.kind, form.exp, loop_bound(ints, v->entry_count));
    loop_gather(r->int_room, v->bytes, ints, b->n);
    if (has_nulls)
        loop_gather_bytes(vector_null_room(b, r), v->bytes, nulls, b->n);
    return r;
}

static struct vector *bits_of_codes(struct batch *b, const struct vector *v, bool takes_any)
{
    uint8_t bits[COLUMNS_CODES] = {0}, nulls[COLUMNS_CODES] = {0};
    bool has_nulls = false;
    for (size_t i = 0; i < v->entry_count; i++) {
        struct value e = v->entries[i];
        if (e.kind != VALUE_BOOLEAN && e.kind != VALUE_NULL && !takes_any)
            return NULL;
        nulls[i] = e.kind != VALUE_BOOLEAN;
        bits[i] = value_is_true(e);
        has_nulls |= nulls[i];
    }
    struct vector *r = vector_bits(b);
    loop_gather_bytes(r->byte_room, v->bytes, bits, b->n);
    if (has_nulls)
        loop_gather_bytes(vector_null_room(b, r), v->bytes, nulls, b->n);
    return r;
}

static struct vector *bits_of_values(struct batch *b, const struct vector *v, bool takes_any)
{
    const uint8_t *active = active_rows(b);
    struct vector *r = vector_bits(b);
    uint8_t *nulls = vector_null_room(b, r);
    for (size_t row = 0; row < b->n; row++) {
        struct value x = active[row] ? v->values[row] : VALUE_NOTHING;
        if (x.kind != VALUE_BOOLEAN && x.kind != VALUE_NULL && !takes_any) {
            vector_drop(b, r);
            return NULL;
        }
        r->byte_room[row] = value_is_true(x);
        nulls[row] = x.kind != VALUE_BOOLEAN;
    }
    return r;
}

static struct vector *ints_of_values(struct batch *b, const struct vector *v)
{
    const uint8_t *active = active_rows(b);
    struct int_form form;
    uint8_t any = 0;
    if (!int_form_of(v->values, active, b->n, &form) || !form.kind)
        return NULL;
    struct vector *r = vector_ints(b, form.kind, form.exp, 0);
    uint8_t *nulls = vector_null_room(b, r);
    for (size_t row = 0; row < b->n; row++) {
        struct value x = active[row] ? v->values[row] : VALUE_NOTHING;
        if (!take_int(x, form, &r->int_room[row], &nulls[row])) {
            vector_drop(b, r);
            return NULL;
        }
        any |= nulls[row];
    }
    if (!any)
        r->nulls = NULL;
    return r;
}

struct vector *vector_narrow(struct batch *b, struct vector *v)
{
    struct vector *r = NULL;
    size_t row = 0;
    while (row < b->n && (!active_rows(b)[row] || v->values[row].kind == VALUE_NULL))
        row++; /* the first that is something says what is worth trying */
    if (row == b->n || v->values[row].kind == VALUE_BOOLEAN)
        r = bits_of_values(b, v, false);
    else if (vector_is_int(v->values[row]))
        r = ints_of_values(b, v);
    if (!r)
        return v;
    vector_drop(b, v);
    return r;
}

struct vector *vector_as_bits(struct batch *b, struct vector *v)
{
    switch (v->form) {
    case FORM_CONSTANT:
        return v->constant.kind == VALUE_BOOLEAN || v->constant.kind == VALUE_NULL ? vector_keep(v)
                                                                                   : NULL;
    case FORM_BITS:
        return vector_keep(v);
    case FORM_CODES:
        return bits_of_codes(b, v, false);
    case FORM_VALUES:
        return bits_of_values(b, v, false);
    case FORM_INTS:
        break;
    }
    return NULL;
}

struct vector *vector_as_ints(struct batch *b, struct vector *v)
{
    switch (v->form) {
    case FORM_CONSTANT:
        return vector_is_int(v->constant) ? vector_keep(v) : NULL;
    case FORM_INTS:
        return vector_keep(v);
    case FORM_CODES:
        return ints_of_codes(b, v);
    case FORM_VALUES:
        return ints_of_values(b, v);
    case FORM_BITS:
        break;
    }
    return NULL;
}

struct vector *vector_truth(struct batch *b, struct vector *v)
{
    if (v->form == FORM_BITS)
        return vector_keep(v);
    if (v->form == FORM_CODES)
        return bits_of_codes(b, v, true);
    if (v->form == FORM_VALUES)
        return bits_of_values(b, v, true);
    struct vector *r = vector_bits(b); /* a constant; integers are no booleans */
    bool is_boolean = v->form == FORM_CONSTANT && v->constant.kind == VALUE_BOOLEAN;
    memset(r->byte_room, is_boolean && v->constant.i, b->n);
    if (!is_boolean)
        memset(vector_null_room(b, r), 1, b->n);
    return r;
}
