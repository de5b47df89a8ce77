#include "feel/columns_loop.h"

/* Under a sanitizer the choice of a clone would run before the sanitizer is up. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define LOOP __attribute__((optimize("O3"), target_clones("avx2", "default"))) void
#else
#define LOOP void
#endif

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

size_t loop_count(const uint8_t *x, size_t n)
{
    size_t count = 0, row = 0;
    uint64_t eight;
    for (; row + sizeof eight <= n; row += sizeof eight) {
        memcpy(&eight, x + row, sizeof eight);
        count += eight * 0x0101010101010101u >> 56; /* the sum of eight bytes of 0 or 1 */
    }
    for (; row < n; row++)
        count += x[row];
    return count;
}

#define SELECT(name, type)                                                                         \
    LOOP name(type *restrict r, const uint8_t *mask, const type *x, type cx, const type *y,        \
              type cy, size_t n)                                                                   \
    {                                                                                              \
        if (x && y) {                                                                              \
            EACH_ROW r[row] = mask[row] ? x[row] : y[row];                                         \
        } else if (x) {                                                                            \
            EACH_ROW r[row] = mask[row] ? x[row] : cy;                                             \
        } else if (y) {                                                                            \
            EACH_ROW r[row] = mask[row] ? cx : y[row];                                             \
        } else {                                                                                   \
            EACH_ROW r[row] = mask[row] ? cx : cy;                                                 \
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
        not[row] = (uint8_t)(active[row] & (x[row] ^ 1));
    }
}

LOOP loop_clear(int64_t *restrict r, const int64_t *x, const uint8_t *nulls, size_t n)
{
    EACH_ROW r[row] = nulls[row] ? 0 : x[row];
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

/* The bits that differ from the sign, all rows together. */
LOOP loop_bits(uint64_t *restrict bits, const int64_t *x, size_t n);
LOOP loop_bits(uint64_t *restrict bits, const int64_t *x, size_t n)
{
    uint64_t all = 0;
    EACH_ROW all |= (uint64_t)(x[row] ^ x[row] >> 63);
    *bits = all;
}

uint64_t loop_bound(const int64_t *x, size_t n)
{
    uint64_t bits;
    loop_bits(&bits, x, n);
    return power_above(bits);
}
