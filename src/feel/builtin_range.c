/* How points and ranges lie to each other (DMN 1.5, 10.3.4.8, after Allen's intervals). */
#include "feel/machine.h"

#include "feel/node.h"

/* A point is the range [point..point]: most relations then need one rule for both. */
struct span {
    struct value low, high;
    bool has_low, has_high, is_point;
};

static bool take_span(struct value v, struct span *s)
{
    if (v.kind == VALUE_RANGE) {
        const struct range *r = v.range;
        if (r->form == RANGE_UNEQUAL)
            return false;
        *s = (struct span){r->low, r->form == RANGE_EQUAL ? r->low : r->high, r->has_low,
                           r->has_high, false};
        return true;
    }
    *s = (struct span){v, v, true, true, true};
    return value_compare(v, v) != VALUES_UNRELATED;
}

/* Which end of a span; an open end lies beyond all. */
enum { LOW, HIGH };

static bool order(const struct span *a, int end_a, const struct span *b, int end_b,
                  enum value_order *o)
{
    struct value x = end_a == LOW ? a->low : a->high, y = end_b == LOW ? b->low : b->high;
    bool open_x = x.kind == VALUE_NULL, open_y = y.kind == VALUE_NULL;
    if (open_x && open_y)
        *o = end_a == end_b ? VALUES_EQUAL : end_a == LOW ? VALUES_LESS : VALUES_GREATER;
    else if (open_x)
        *o = end_a == LOW ? VALUES_LESS : VALUES_GREATER;
    else if (open_y)
        *o = end_b == LOW ? VALUES_GREATER : VALUES_LESS;
    else
        *o = value_compare(x, y);
    return *o != VALUES_UNRELATED;
}

struct relation { /* between the ends of two spans */
    enum value_order low_low, low_high, high_low, high_high;
};

static bool take_two(struct machine *m, const struct value *v, struct span *a, struct span *b,
                     struct relation *r)
{
    if (v[0].kind == VALUE_NULL || v[1].kind == VALUE_NULL)
        return false;
    if (take_span(v[0], a) && take_span(v[1], b) && order(a, LOW, b, LOW, &r->low_low) &&
        order(a, LOW, b, HIGH, &r->low_high) && order(a, HIGH, b, LOW, &r->high_low) &&
        order(a, HIGH, b, HIGH, &r->high_high))
        return true;
    machine_warn(m, "%s and %s have no order", value_kind_name(v[0].kind),
                 value_kind_name(v[1].kind));
    return false;
}

static bool is_before(const struct span *a, const struct span *b, const struct relation *r)
{
    return r->high_low == VALUES_LESS ||
           (r->high_low == VALUES_EQUAL && !(a->has_high && b->has_low));
}

static bool is_after(const struct span *a, const struct span *b, const struct relation *r)
{
    return r->low_high == VALUES_GREATER ||
           (r->low_high == VALUES_EQUAL && !(a->has_low && b->has_high));
}

static bool meets(const struct span *a, const struct span *b, const struct relation *r)
{
    return r->high_low == VALUES_EQUAL && a->has_high && b->has_low;
}

static bool met_by(const struct span *a, const struct span *b, const struct relation *r)
{
    return r->low_high == VALUES_EQUAL && a->has_low && b->has_high;
}

/* a begins no later, ends no earlier than b */
static bool starts_with_or_before(const struct span *a, const struct span *b,
                                  const struct relation *r)
{
    return r->low_low == VALUES_LESS || (r->low_low == VALUES_EQUAL && (a->has_low || !b->has_low));
}

static bool ends_with_or_after(const struct span *a, const struct span *b, const struct relation *r)
{
    return r->high_high == VALUES_GREATER ||
           (r->high_high == VALUES_EQUAL && (a->has_high || !b->has_high));
}

static bool starts_with_or_after(const struct span *a, const struct span *b,
                                 const struct relation *r)
{
    return r->low_low == VALUES_GREATER ||
           (r->low_low == VALUES_EQUAL && (!a->has_low || b->has_low));
}

static bool ends_with_or_before(const struct span *a, const struct span *b,
                                const struct relation *r)
{
    return r->high_high == VALUES_LESS ||
           (r->high_high == VALUES_EQUAL && (!a->has_high || b->has_high));
}

static bool overlaps(const struct span *a, const struct span *b, const struct relation *r)
{
    return !is_before(a, b, r) && !is_after(a, b, r);
}

static bool overlaps_before(const struct span *a, const struct span *b, const struct relation *r)
{
    bool begins_first =
        r->low_low == VALUES_LESS || (r->low_low == VALUES_EQUAL && a->has_low && !b->has_low);
    return begins_first && !is_before(a, b, r) && ends_with_or_before(a, b, r);
}

static bool overlaps_after(const struct span *a, const struct span *b, const struct relation *r)
{
    bool begins_last =
        r->low_low == VALUES_GREATER || (r->low_low == VALUES_EQUAL && b->has_low && !a->has_low);
    return begins_last && !is_after(a, b, r) && ends_with_or_after(a, b, r);
}

static bool finishes(const struct span *a, const struct span *b, const struct relation *r)
{
    return r->high_high == VALUES_EQUAL && a->has_high == b->has_high &&
           starts_with_or_after(a, b, r);
}

static bool finished_by(const struct span *a, const struct span *b, const struct relation *r)
{
    return r->high_high == VALUES_EQUAL && a->has_high == b->has_high &&
           starts_with_or_before(a, b, r);
}

static bool includes(const struct span *a, const struct span *b, const struct relation *r)
{
    return starts_with_or_before(a, b, r) && ends_with_or_after(a, b, r);
}

static bool during(const struct span *a, const struct span *b, const struct relation *r)
{
    return starts_with_or_after(a, b, r) && ends_with_or_before(a, b, r);
}

static bool starts(const struct span *a, const struct span *b, const struct relation *r)
{
    return r->low_low == VALUES_EQUAL && a->has_low == b->has_low && ends_with_or_before(a, b, r);
}

static bool started_by(const struct span *a, const struct span *b, const struct relation *r)
{
    return r->low_low == VALUES_EQUAL && a->has_low == b->has_low && ends_with_or_after(a, b, r);
}

static bool coincides(const struct span *a, const struct span *b, const struct relation *r)
{
    return r->low_low == VALUES_EQUAL && r->high_high == VALUES_EQUAL && a->has_low == b->has_low &&
           a->has_high == b->has_high;
}

/* Which of the two may be points. */
enum { POINT_NONE = 0, POINT_FIRST = 1, POINT_SECOND = 2, POINT_BOTH = 4 };

typedef bool (*relation_test)(const struct span *a, const struct span *b, const struct relation *r);

static struct value relate(struct machine *m, const struct value *v, relation_test test, int points)
{
    struct span a, b;
    struct relation r;
    if (!take_two(m, v, &a, &b, &r))
        return VALUE_NOTHING;
    int have = a.is_point && b.is_point ? POINT_BOTH
               : a.is_point             ? POINT_FIRST
               : b.is_point             ? POINT_SECOND
                                        : POINT_NONE;
    if (have && !(points & have))
        return machine_warn(m, "a range is needed here, not %s", value_kind_name(v[0].kind));
    return value_boolean(test(&a, &b, &r));
}

#define RELATION(name, test, points)                                                               \
    struct value builtin_##name(struct machine *m, const struct value *a, size_t n)                \
    {                                                                                              \
        (void)n;                                                                                   \
        return relate(m, a, test, points);                                                         \
    }
RELATION(before, is_before, POINT_FIRST | POINT_SECOND | POINT_BOTH)
RELATION(after, is_after, POINT_FIRST | POINT_SECOND | POINT_BOTH)
RELATION(meets, meets, POINT_NONE)
RELATION(met_by, met_by, POINT_NONE)
RELATION(overlaps, overlaps, POINT_NONE)
RELATION(overlaps_before, overlaps_before, POINT_NONE)
RELATION(overlaps_after, overlaps_after, POINT_NONE)
RELATION(finishes, finishes, POINT_FIRST)
RELATION(finished_by, finished_by, POINT_SECOND)
RELATION(includes, includes, POINT_SECOND)
RELATION(during, during, POINT_FIRST)
RELATION(starts, starts, POINT_FIRST)
RELATION(started_by, started_by, POINT_SECOND)
RELATION(coincides, coincides, POINT_BOTH)

struct value builtin_is(struct machine *m, const struct value *a, size_t n)
{
    (void)m;
    (void)n;
    return value_boolean(value_is(a[0], a[1]));
}

/* An end of a range() text: a literal, or a conversion of a string literal. */
static bool is_literal(const struct node *n)
{
    if (n->kind == NODE_NEGATE)
        return is_literal(n->kids[0]);
    if (n->kind == NODE_CONSTANT)
        return true;
    static const char *const conversions[] = {"date", "time", "date and time", "duration"};
    if (n->kind != NODE_CALL || n->n != 2 || n->has_names || n->kids[0]->kind != NODE_NAME ||
        n->kids[1]->kind != NODE_CONSTANT)
        return false;
    for (size_t i = 0; i < COUNT(conversions); i++) {
        if (str_is(n->kids[0]->name, conversions[i]))
            return true;
    }
    return false;
}

struct value builtin_range(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    struct err e = {0};
    if (a[0].kind != VALUE_STRING)
        return machine_warn(m, "range() reads a string");
    struct node *node = node_parse(m->arena, value_text(a[0]), NULL, &e);
    if (!node || node->kind != NODE_RANGE || !is_literal(node->kids[0]) ||
        !is_literal(node->kids[1]))
        return machine_warn(m, "range(): the text is no range of literals");
    struct program *p = program_compile_node(m->arena, node, value_text(a[0]), NULL, &e);
    struct value v;
    if (!p || !machine_run(m, p, NULL, &v) || v.kind != VALUE_RANGE)
        return VALUE_NOTHING;
    enum value_order o = value_compare(v.range->low, v.range->high);
    if (o != VALUES_LESS && o != VALUES_EQUAL)
        return machine_warn(m, "range(): the ends are not in order");
    return v;
}
