#include "open/noise.h"

#include "base/digest.h"

static bool flip(uint64_t of, uint64_t n) /* true with of / n */
{
    return random_below(n) < of;
}

/* True with exp(-of / n), of <= n. */
static bool flip_exp(uint64_t of, uint64_t n)
{
    uint64_t k = 1;
    while (flip(of, n * k))
        k++;
    return k % 2 == 1;
}

int64_t noise_geometric(int64_t thousandths)
{
    const uint64_t t = NOISE_THOUSANDTHS, s = (uint64_t)thousandths;
    for (;;) {
        uint64_t u = random_below(t), v = 0;
        if (!flip_exp(u, t))
            continue;
        while (flip_exp(1, 1))
            v++;
        int64_t y = (int64_t)((u + t * v) / s);
        bool is_negative = flip(1, 2);
        if (is_negative && y == 0)
            continue; /* zero once, not twice */
        return is_negative ? -y : y;
    }
}
