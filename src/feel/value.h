/* FEEL values (DMN 1.5, 10.3.2): 16 bytes, immutable, anything larger in an arena.
 *
 * A number is a small one (i × 10^exp, |i| < 10^18) or points to a struct decimal; which of both is
 * no part of its value.  Lists and contexts are slices: pointer and count.  A date is a day number,
 * a time or date and time a struct moment, durations are seconds and nanoseconds or months. */
#pragma once
#include "base/arena.h"
#include "base/decimal.h"

/* kind, FEEL name */
#define VALUE_KINDS(X)                                                                             \
    X(NULL, "Null")                                                                                \
    X(BOOLEAN, "boolean")                                                                          \
    X(NUMBER, "number")                                                                            \
    X(STRING, "string")                                                                            \
    X(DATE, "date")                                                                                \
    X(TIME, "time")                                                                                \
    X(DATE_TIME, "date and time")                                                                  \
    X(SECONDS, "days and time duration")                                                           \
    X(MONTHS, "years and months duration")                                                         \
    X(LIST, "list")                                                                                \
    X(CONTEXT, "context")                                                                          \
    X(RANGE, "range")                                                                              \
    X(FUNCTION, "function")

enum value_kind {
#define X(kind, name) VALUE_##kind,
    VALUE_KINDS(X)
#undef X
};

struct value {
    uint8_t kind;
    uint8_t is_big; /* NUMBER: see `big` */
    int16_t exp;    /* NUMBER, when small */
    uint32_t n; /* STRING bytes, LIST items, CONTEXT entries, SECONDS nanoseconds 0..999999999 */
    union {
        int64_t i; /* BOOLEAN, small NUMBER, DATE (days since 1970-01-01), SECONDS, MONTHS */
        const char *text;
        const struct decimal *big;
        const struct moment *moment;
        const struct value *items;
        const struct entry *entries;
        const struct range *range;
        const struct function *function;
        struct list_builder *builder; /* only inside the machine */
    };
};

struct entry {
    str key;
    struct value value;
};

/* How a range was written: an interval, or a unary test such as (< 10), whose other end is open. */
enum range_form {
    RANGE_INTERVAL,
    RANGE_BELOW, /* < and <= */
    RANGE_ABOVE, /* > and >= */
    RANGE_EQUAL,
    RANGE_UNEQUAL
};

struct range {
    struct value low, high; /* null: unbounded */
    bool has_low, has_high; /* the end itself belongs to it */
    enum range_form form;
};

static const struct value VALUE_NOTHING = {.kind = VALUE_NULL};
static const int64_t VALUE_SMALL_LIMIT = 1000000000000000000; /* 10^18 */

static inline struct value value_boolean(bool b)
{
    return (struct value){.kind = VALUE_BOOLEAN, .i = b};
}

static inline struct value value_int(int64_t i)
{
    /* Callers give counts, calendar fields and the like, all under 10^18. */
    return (struct value){.kind = VALUE_NUMBER, .i = i};
}

static inline struct value value_string(str s)
{
    return (struct value){.kind = VALUE_STRING, .n = (uint32_t)s.n, .text = s.p};
}

static inline struct value value_list(const struct value *items, size_t n)
{
    return (struct value){.kind = VALUE_LIST, .n = (uint32_t)n, .items = items};
}

static inline struct value value_context(const struct entry *entries, size_t n)
{
    return (struct value){.kind = VALUE_CONTEXT, .n = (uint32_t)n, .entries = entries};
}

static inline str value_text(struct value v)
{
    return (str){v.text, v.n};
}

static inline bool value_is_true(struct value v)
{
    return v.kind == VALUE_BOOLEAN && v.i;
}

static inline bool value_is_false(struct value v)
{
    return v.kind == VALUE_BOOLEAN && !v.i;
}

const char *value_kind_name(enum value_kind kind);

/* Small where it fits. */
struct value value_number(struct arena *a, const struct decimal *d);
struct decimal value_decimal(struct value number);
/* False unless a number that is whole and fits. */
MUST_USE bool value_to_int(struct value v, int64_t *n);
int value_compare_numbers(struct value a, struct value b);

/* NULL if absent or no context. */
const struct value *value_find(struct value context, str key);

/* How two values stand to each other.  VALUES_DIFFER: of one kind, neither first. */
enum value_order { VALUES_LESS, VALUES_EQUAL, VALUES_GREATER, VALUES_DIFFER, VALUES_UNRELATED };

/* DMN 1.5 table 53: `=`.  UNRELATED when the kinds differ and neither is null. */
enum value_order value_equals(struct value a, struct value b);
/* `<` and its kin: numbers, strings, dates, times, durations; else UNRELATED.  A time or date and
 * time with a zone has no order with one without. */
enum value_order value_compare(struct value a, struct value b);
/* `is` (10.3.4.?): same kind, same value in every field, zone and written form of a range. */
bool value_is(struct value a, struct value b);
/* Whether the value lies in the range, as a FEEL boolean; null when it cannot be compared. */
struct value value_in_range(struct value v, const struct range *r);

/* What string() gives: strings bare at the top, quoted within lists and contexts. */
void value_write(struct buf *out, struct value v);
/* A FEEL literal: strings quoted at the top too. */
void value_write_literal(struct buf *out, struct value v);

/* A copy that owns all it points to (except functions). */
struct value value_copy(struct arena *a, struct value v);
