#include "feel/columns_loop.h"

/* Under a sanitizer the choice of a clone would run before the sanitizer is up. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__)
#define LOOP_OF(type) __attribute__((optimize("O3"), target_clones("avx2", "default"))) type
#else
#define LOOP_OF(type) type
#endif
#define LOOP LOOP_OF(void)

#define EACH_ROW for (size_t row = 0; row < n; row++)

/* r = x by y, or by the constant. */
#define BY_ROW_OR_CONSTANT(name, type, sign)                                                       \
    LOOP name(type *restrict r, const int64_t *x, const int64_t *y, int64_t c, size_t n)           \
    {                                                                                              \
        if (y) {                                                                                   \
            EACH_ROW r[row] = (type)(x[row] sign y[row]);                                          \
        } else {                                                                                   \
            EACH_ROW r[row] = (type)(x[row] sign c);                                               \
        }                                                                                          \
    }

BY_ROW_OR_CONSTANT(loop_add, int64_t, +)
BY_ROW_OR_CONSTANT(loop_sub, int64_t, -)
BY_ROW_OR_CONSTANT(loop_mul, int64_t, *)
BY_ROW_OR_CONSTANT(loop_eq, uint8_t, ==)
BY_ROW_OR_CONSTANT(loop_ne, uint8_t, !=)
BY_ROW_OR_CONSTANT(loop_lt, uint8_t, <)
BY_ROW_OR_CONSTANT(loop_le, uint8_t, <=)
BY_ROW_OR_CONSTANT(loop_gt, uint8_t, >)
BY_ROW_OR_CONSTANT(loop_ge, uint8_t, >=)

LOOP loop_within(uint8_t *restrict r, const int64_t *x, int64_t low, int64_t high, size_t n)
{
    EACH_ROW r[row] = (uint8_t)((x[row] >= low) & (x[row] <= high));
}

#define BYTES(name, expression)                                                                    \
    LOOP name(uint8_t *restrict r, const uint8_t *x, const uint8_t *y, size_t n)                   \
    {                                                                                              \
        EACH_ROW r[row] = (uint8_t)(expression);                                                   \
    }

BYTES(loop_both, x[row] & y[row])
BYTES(loop_either, x[row] | y[row])
BYTES(loop_without, x[row] & (y[row] ^ 1))
BYTES(loop_neither, (x[row] | y[row]) ^ 1)
BYTES(loop_unlike, x[row] ^ y[row])

LOOP_OF(size_t) loop_count(const uint8_t *x, size_t n)
{
    enum { LANES = 32, MOST = 255 }; /* a lane holds the sum of as many bytes of 1 */
    size_t count = 0, row = 0;
    while (row + LANES <= n) {
        uint8_t sums[LANES] = {0};
        for (int i = 0; i < MOST && row + LANES <= n; i++, row += LANES) {
            for (int k = 0; k < LANES; k++)
                sums[k] = (uint8_t)(sums[k] + x[row + (size_t)k]);
        }
        for (int k = 0; k < LANES; k++)
            count += sums[k];
    }
    for (; row < n; row++)
        count += x[row];
    return count;
}

/* x where the mask is 1, else y: without a branch, and both are read. */
#define CHOOSE(type, mask, x, y) ((type)((y) ^ (((x) ^ (y)) & (type) - (type)(mask))))
#define SELECT(name, type)                                                                         \
    LOOP name(type *restrict r, const uint8_t *mask, const type *x, type cx, const type *y,        \
              type cy, size_t n)                                                                   \
    {                                                                                              \
        if (x && y) {                                                                              \
            EACH_ROW r[row] = CHOOSE(type, mask[row], x[row], y[row]);                             \
        } else if (x) {                                                                            \
            EACH_ROW r[row] = CHOOSE(type, mask[row], x[row], cy);                                 \
        } else if (y) {                                                                            \
            EACH_ROW r[row] = CHOOSE(type, mask[row], cx, y[row]);                                 \
        } else {                                                                                   \
            EACH_ROW r[row] = CHOOSE(type, mask[row], cx, cy);                                     \
        }                                                                                          \
    }

SELECT(loop_select_ints, int64_t)
SELECT(loop_select_bytes, uint8_t)

LOOP loop_split(uint8_t *restrict holds, uint8_t *restrict not, const uint8_t *active,
                const uint8_t *x, size_t n)
{
    EACH_ROW
    {
        holds[row] = active[row] & x[row];
        not [row] = (uint8_t)(active[row] & (x[row] ^ 1));
    }
}

LOOP loop_clear(int64_t *restrict x, const uint8_t *nulls, size_t n)
{
    EACH_ROW x[row] &= (int64_t)nulls[row] - 1;
}

LOOP loop_clear_bytes(uint8_t *restrict x, const uint8_t *nulls, size_t n)
{
    EACH_ROW x[row] &= nulls[row] ^ 1;
}

LOOP loop_gather(int64_t *restrict r, const uint8_t *x, const int64_t *entries, size_t n)
{
    EACH_ROW r[row] = entries[x[row]];
}

LOOP loop_gather_bytes(uint8_t *restrict r, const uint8_t *x, const uint8_t *entries, size_t n)
{
    EACH_ROW r[row] = entries[x[row]];
}

LOOP loop_truth(uint8_t *restrict r, const int64_t *x, size_t n)
{
    EACH_ROW r[row] = x[row] != 0;
}

static __attribute__((noinline)) uint64_t power_above(uint64_t bits)
{
    uint64_t power = 1;
    while (power <= bits && power < (uint64_t)1 << 63)
        power <<= 1;
    return power;
}

LOOP_OF(uint64_t) loop_bound(const int64_t *x, size_t n)
{
    uint64_t bits = 0; /* those that differ from the sign, of all rows together */
    EACH_ROW bits |= (uint64_t)(x[row] < 0 ? ~x[row] : x[row]);
    return power_above(bits);
}

/* The calendar in 32 bits, as it stands in 400 years of 146097 days from 1 March of the year 0 on,
 * moved by so many of these that no day is negative. */
enum { ERA_DAYS = 146097, ERAS = 8, MARCH = 719468 + ERAS * ERA_DAYS };

struct parts {
    uint32_t year, month, day; /* year: from that of the move */
};

static inline __attribute__((always_inline)) struct parts parts_of(int64_t days)
{
    uint32_t z = (uint32_t)(days + MARCH), era = z / ERA_DAYS, doe = z - era * ERA_DAYS;
    uint32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    uint32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    uint32_t month = mp < 10 ? mp + 3 : mp - 9;
    return (struct parts){yoe + era * 400 + (month <= 2), month, doy - (153 * mp + 2) / 5 + 1};
}

LOOP loop_date_part(int64_t *restrict r, const int64_t *x, enum loop_part part, size_t n)
{
    if (part == LOOP_YEAR) {
        EACH_ROW r[row] = (int64_t)parts_of(x[row]).year - ERAS * 400;
    } else if (part == LOOP_MONTH) {
        EACH_ROW r[row] = parts_of(x[row]).month;
    } else {
        EACH_ROW r[row] = parts_of(x[row]).day;
    }
}

static inline __attribute__((always_inline)) int64_t months_between(int64_t from, int64_t to)
{
    struct parts p = parts_of(from), q = parts_of(to);
    int32_t months = (int32_t)(q.year * 12 + q.month - p.year * 12 - p.month);
    int32_t rest = (int32_t)(q.day - p.day);
    return months - ((months > 0) & (rest < 0)) + ((months < 0) & (rest > 0));
}

LOOP loop_months(int64_t *restrict r, const int64_t *x, const int64_t *y, int64_t c, size_t n)
{
    if (y) {
        EACH_ROW r[row] = months_between(x[row], y[row]);
    } else {
        EACH_ROW r[row] = months_between(x[row], c);
    }
}

static inline int64_t floor_of(int64_t x, int64_t c)
{
    return x / c - (x % c != 0 && (x < 0) != (c < 0));
}

void loop_floor(int64_t *restrict r, const int64_t *x, int64_t c, size_t n)
{
    EACH_ROW r[row] = floor_of(x[row], c);
}

void loop_modulo(int64_t *restrict r, const int64_t *x, int64_t c, size_t n)
{
    EACH_ROW r[row] = x[row] - floor_of(x[row], c) * c;
}
