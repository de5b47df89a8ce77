/* Columns as they go in and out: made from values, read as values, put in a row. */
#include "feel/columns_batch.h"

struct value column_value(const struct column *c, size_t i)
{
    if (c->is_constant)
        return c->values[0];
    if (c->values)
        return c->values[i];
    if (c->entries)
        return c->entries[c->bytes[i]];
    if (c->nulls && c->nulls[i])
        return VALUE_NOTHING;
    if (c->bytes)
        return value_boolean(c->bytes[i]);
    return (struct value){.kind = (uint8_t)c->kind, .exp = c->exp, .i = c->ints[i]};
}

struct column column_from(const struct column *c, size_t first)
{
    struct column r = *c;
    r.ints = c->ints ? c->ints + first : NULL;
    r.bytes = c->bytes ? c->bytes + first : NULL;
    r.nulls = c->nulls ? c->nulls + first : NULL;
    r.values = c->values && !c->is_constant ? c->values + first : c->values;
    return r;
}

/* --- from values */

/* To a smaller exponent, all or none. */
static bool rescale(int64_t *ints, size_t n, int by)
{
    for (size_t i = 0; i < n && by; i++) {
        int64_t scaled = ints[i];
        if (!vector_scale(&scaled, by))
            return false;
    }
    for (size_t i = 0; i < n && by; i++)
        (void)!vector_scale(&ints[i], by);
    return true;
}

static struct column pack_ints(struct arena *a, const struct value *values, size_t n)
{
    int64_t *ints = arena_array(a, int64_t, n);
    uint8_t *nulls = arena_array(a, uint8_t, n), any = 0;
    struct column c = {.ints = ints};
    for (size_t i = 0; i < n; i++) {
        struct value v = values[i];
        if (v.kind == VALUE_NULL) {
            any = nulls[i] = 1;
            continue;
        }
        if (c.kind == VALUE_NULL) {
            c.kind = (enum value_kind)v.kind;
            c.exp = v.exp;
        }
        ints[i] = v.i;
        if (v.kind != c.kind || !vector_is_int(v) ||
            (v.exp < c.exp && !rescale(ints, i, c.exp - v.exp)))
            return (struct column){.values = values};
        c.exp = v.exp < c.exp ? v.exp : c.exp;
        if (!vector_scale(&ints[i], v.exp - c.exp))
            return (struct column){.values = values};
    }
    c.nulls = any ? nulls : NULL;
    return c;
}

static struct column pack_booleans(struct arena *a, const struct value *values, size_t n)
{
    uint8_t *bytes = arena_array(a, uint8_t, n), *nulls = arena_array(a, uint8_t, n), any = 0;
    for (size_t i = 0; i < n; i++) {
        if (values[i].kind != VALUE_NULL && values[i].kind != VALUE_BOOLEAN)
            return (struct column){.values = values};
        any |= nulls[i] = values[i].kind == VALUE_NULL;
        bytes[i] = value_is_true(values[i]);
    }
    return (struct column){.kind = VALUE_BOOLEAN, .bytes = bytes, .nulls = any ? nulls : NULL};
}

/* Texts of which there are few: codes found by a small table of hashes. */
enum { HASHES = 1024 };

static uint32_t hash_of(struct value v)
{
    uint64_t h = v.n * 0x9e3779b97f4a7c15u, word = 0;
    uint32_t i = 0;
    for (; i + sizeof word <= v.n; i += (uint32_t)sizeof word) {
        memcpy(&word, v.text + i, sizeof word);
        h = (h ^ word) * 0x9e3779b97f4a7c15u;
        h ^= h >> 29;
    }
    word = 0;
    for (; i < v.n; i++)
        word = word << 8 | (uint8_t)v.text[i];
    h = (h ^ word) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(h >> 32) % HASHES;
}

static bool is_same_text(struct value x, struct value y)
{
    return x.kind == y.kind &&
           (x.kind == VALUE_NULL || (x.n == y.n && memcmp(x.text, y.text, x.n) == 0));
}

static struct column pack_texts(struct arena *a, const struct value *values, size_t n)
{
    uint16_t codes[HASHES] = {0}; /* code + 1 */
    uint8_t *bytes = arena_array(a, uint8_t, n);
    struct value *entries = arena_array(a, struct value, COLUMNS_CODES);
    struct column c = {.bytes = bytes, .entries = entries};
    for (size_t i = 0; i < n; i++) {
        struct value v = values[i];
        if (v.kind != VALUE_STRING && v.kind != VALUE_NULL)
            return (struct column){.values = values};
        uint32_t at = v.kind == VALUE_NULL ? 0 : hash_of(v);
        while (codes[at] && !is_same_text(entries[codes[at] - 1], v))
            at = (at + 1) % HASHES;
        if (!codes[at]) {
            /* Many, or most of the first rows are different: a code would save nothing. */
            if (c.entry_count == COLUMNS_CODES || (c.entry_count > 64 && c.entry_count * 4 > i * 3))
                return (struct column){.values = values};
            entries[c.entry_count] = v;
            codes[at] = (uint16_t)++c.entry_count;
        }
        bytes[i] = (uint8_t)(codes[at] - 1);
    }
    return c;
}

struct column column_pack(struct arena *a, const struct value *values, size_t n)
{
    size_t i = 0;
    while (i < n && values[i].kind == VALUE_NULL)
        i++;
    if (i == n)
        return (struct column){.values = values};
    if (values[i].kind == VALUE_BOOLEAN)
        return pack_booleans(a, values, n);
    if (values[i].kind == VALUE_STRING)
        return pack_texts(a, values, n);
    return vector_is_int(values[i]) ? pack_ints(a, values, n) : (struct column){.values = values};
}

/* --- put in a row */

static bool begin(struct column_builder *b, const struct column *c)
{
    struct value v = c->is_constant ? c->values[0] : VALUE_NOTHING;
    bool is_int = c->ints || vector_is_int(v);
    bool is_bits = (c->bytes && !c->entries) || v.kind == VALUE_BOOLEAN;
    if (is_int) {
        b->column.kind = c->ints ? c->kind : (enum value_kind)v.kind;
        b->column.exp = c->ints ? c->exp : v.exp;
        b->column.ints = b->ints = machine_array(b->m, int64_t, b->n);
    } else if (is_bits) {
        b->column.kind = VALUE_BOOLEAN;
        b->column.bytes = b->bytes = machine_array(b->m, uint8_t, b->n);
    } else {
        b->column.values = b->values = machine_array(b->m, struct value, b->n);
    }
    return b->ints || b->bytes || b->values;
}

/* What is there so far as values. */
static bool to_values(struct column_builder *b)
{
    struct value *values = b->values ? b->values : machine_array(b->m, struct value, b->n);
    for (size_t i = 0; !b->values && values && i < b->filled; i++)
        values[i] = column_value(&b->column, i);
    b->values = values;
    b->ints = NULL;
    b->bytes = b->nulls = NULL;
    b->column = (struct column){.values = values};
    return values != NULL;
}

static bool add_ints(struct column_builder *b, const struct column *c, size_t n)
{
    if (!b->ints || !c->ints || c->kind != b->column.kind ||
        (c->exp < b->column.exp && !rescale(b->ints, b->filled, b->column.exp - c->exp)))
        return false;
    int64_t *to = b->ints + b->filled;
    b->column.exp = c->exp < b->column.exp ? c->exp : b->column.exp;
    memcpy(to, c->ints, n * sizeof *to);
    return rescale(to, n, c->exp - b->column.exp);
}

static bool add_bytes(struct column_builder *b, const struct column *c, size_t n)
{
    if (!b->bytes || !c->bytes || c->entries)
        return false;
    memcpy(b->bytes + b->filled, c->bytes, n);
    return true;
}

static bool add_constant(struct column_builder *b, struct value v, size_t n)
{
    bool is_null = v.kind == VALUE_NULL;
    if (b->bytes && (v.kind == VALUE_BOOLEAN || is_null)) {
        memset(b->bytes + b->filled, value_is_true(v), n);
        return true;
    }
    struct column one = {.kind = b->column.kind, .exp = v.exp, .ints = &v.i};
    if (!b->ints || !(is_null || (v.kind == b->column.kind && vector_is_int(v))) ||
        (!is_null && !add_ints(b, &one, 1)))
        return false;
    int64_t *to = b->ints + b->filled;
    *to = is_null ? 0 : *to;
    for (size_t k = 1; k < n; k++)
        to[k] = *to;
    return true;
}

static bool add_nulls(struct column_builder *b, const struct column *c, size_t n)
{
    bool is_null = c->is_constant && c->values[0].kind == VALUE_NULL;
    if (!c->nulls && !is_null)
        return true;
    if (!b->nulls)
        b->column.nulls = b->nulls = machine_array(b->m, uint8_t, b->n);
    if (b->nulls && is_null)
        memset(b->nulls + b->filled, 1, n);
    else if (b->nulls)
        memcpy(b->nulls + b->filled, c->nulls, n);
    return b->nulls != NULL;
}

bool column_builder_add(struct column_builder *b, const struct column *c, size_t n)
{
    if (b->filled == 0 && !begin(b, c))
        return false;
    bool fits =
        c->is_constant ? add_constant(b, c->values[0], n) : add_ints(b, c, n) || add_bytes(b, c, n);
    if (fits && !add_nulls(b, c, n))
        return false;
    if (!fits) {
        if (!to_values(b))
            return false;
        for (size_t i = 0; i < n; i++)
            b->values[b->filled + i] = column_value(c, i);
    }
    b->filled += n;
    return true;
}
