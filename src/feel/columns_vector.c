/* Vectors: what the rows of a batch hold, in one of five forms, and from one form to another. */
#include "feel/columns_batch.h"

bool vector_is_int_kind(enum value_kind kind)
{
    return kind == VALUE_NUMBER || kind == VALUE_DATE || kind == VALUE_MONTHS;
}

static bool is_small_int(struct value v)
{
    return vector_is_int_kind((enum value_kind)v.kind) && !v.is_big;
}

/* --- memory */

/* Past the limit the run is stopped, and ends after this instruction. */
static void *room(struct batch *b, size_t n, size_t size)
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
        v = room(b, 1, sizeof *v);
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
        v->null_room = room(b, COLUMNS_BATCH, 1);
    v->nulls = v->null_room;
    return v->null_room;
}

static uint8_t *byte_room(struct batch *b, struct vector *v)
{
    if (!v->byte_room)
        v->byte_room = room(b, COLUMNS_BATCH, 1);
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
        r->int_room = room(b, COLUMNS_BATCH, sizeof *r->int_room);
    r->ints = r->int_room;
    return r;
}

struct vector *vector_codes(struct batch *b, struct vector *like, const struct value *entries)
{
    struct vector *r = vector_new(b, FORM_CODES);
    r->bytes = like->bytes;
    r->lender = vector_keep(like);
    r->entries = entries;
    r->entry_count = like->entry_count;
    return r;
}

struct vector *vector_values(struct batch *b)
{
    struct vector *r = vector_new(b, FORM_VALUES);
    if (!r->value_room)
        r->value_room = room(b, COLUMNS_BATCH, sizeof *r->value_room);
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
    if (v->form == FORM_INTS) {
        for (size_t row = 0; row < b->n; row++)
            v->int_room[row] = v->nulls[row] ? 0 : v->int_room[row];
    } else {
        for (size_t row = 0; row < b->n; row++)
            v->byte_room[row] &= v->nulls[row] ^ 1;
    }
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

struct vector *vector_rescale(struct batch *b, struct vector *v, int exp)
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
            if (is_bad && active_rows(b)[row]) {
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
        if (!is_small_int(v) || (form->kind && form->kind != (enum value_kind)v.kind))
            return false;
        form->exp = form->kind && form->exp < v.exp ? form->exp : v.exp;
        form->kind = (enum value_kind)v.kind;
    }
    return true;
}

/* One value to the form: false when it does not fit. */
static bool take_int(struct value v, struct int_form form, int64_t *i, uint8_t *is_null)
{
    int64_t factor;
    *is_null = v.kind == VALUE_NULL;
    *i = *is_null ? 0 : v.i;
    if (*is_null || v.exp == form.exp)
        return true;
    if (v.i == 0)
        return true;
    return vector_factor(v.exp - form.exp, &factor) && !__builtin_mul_overflow(v.i, factor, i) &&
           *i<VALUE_SMALL_LIMIT && * i> - VALUE_SMALL_LIMIT;
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
    else if (is_small_int(v->values[row]))
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
        return is_small_int(v->constant) ? vector_keep(v) : NULL;
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

/* --- selection */

static bool is_null(const struct vector *v)
{
    return v->form == FORM_CONSTANT && v->constant.kind == VALUE_NULL;
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

static int exp_of(const struct vector *v)
{
    return v->form == FORM_CONSTANT ? v->constant.exp : v->exp;
}

static enum value_kind kind_of(const struct vector *v)
{
    return v->form == FORM_CONSTANT ? (enum value_kind)v->constant.kind : v->kind;
}

static struct vector *select_ints(struct batch *b, const uint8_t *mask, struct vector *x,
                                  struct vector *y)
{
    int exp = is_null(x)              ? exp_of(y)
              : is_null(y)            ? exp_of(x)
              : exp_of(x) < exp_of(y) ? exp_of(x)
                                      : exp_of(y);
    struct vector *p = is_null(x) ? vector_keep(x) : vector_rescale(b, x, exp);
    struct vector *q = is_null(y) ? vector_keep(y) : vector_rescale(b, y, exp), *r = NULL;
    if (p && q) {
        uint64_t m = vector_bound(b, p), n = vector_bound(b, q);
        r = vector_ints(b, is_null(p) ? kind_of(q) : kind_of(p), exp, m > n ? m : n);
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
    struct vector *r = vector_new(b, FORM_CODES);
    loop_select_bytes(byte_room(b, r), mask, x->bytes ? codes : NULL, moved[0], y->bytes, 0, b->n);
    r->entries = q;
    r->entry_count = count;
    if (y->form == FORM_CONSTANT || count > n) {
        struct value *entries = room(b, count, sizeof *entries);
        memcpy(entries, all, count * sizeof *entries);
        r->entries = entries;
    }
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
    return v->form == FORM_INTS || (v->form == FORM_CONSTANT && is_small_int(v->constant));
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
    else if ((is_ints(x) && (is_null(y) || (is_ints(y) && kind_of(x) == kind_of(y)))) ||
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
