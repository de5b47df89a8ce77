#include "open/noise.h"

#include "check.h"

#include <math.h>

/* Pearson's chi-square against the law, cells -10 to 10 and the tails: 22 degrees of freedom, whose
 * 99.9999th percentile is 68; for a law with the scale a tenth off it is in the thousands. */
static void test_law(void)
{
    enum { N = 200000, MOST = 10 };
    static const int64_t epsilons[] = {250, 1000, 2000};
    for (size_t k = 0; k < sizeof epsilons / sizeof *epsilons; k++) {
        double a = exp(-(double)epsilons[k] / 1000), seen[2 * MOST + 3] = {0}, chi = 0, sum = 0;
        for (int i = 0; i < N; i++) {
            int64_t x = noise_geometric(epsilons[k]);
            sum += (double)x;
            int64_t cell = x < -MOST ? 0 : x > MOST ? 2 * MOST + 2 : x + MOST + 1;
            seen[cell]++;
        }
        for (int i = 0; i < 2 * MOST + 3; i++) {
            int x = i - MOST - 1;
            double p = i == 0 || i == 2 * MOST + 2 ? pow(a, MOST + 1) / (1 + a)
                                                   : (1 - a) / (1 + a) * pow(a, abs(x));
            double expected = p * N;
            if (expected >= 5)
                chi += (seen[i] - expected) * (seen[i] - expected) / expected;
        }
        CHECK(chi < 68);
        /* Mean 0 with the law's own spread, six standard errors. */
        double variance = 2 * a / ((1 - a) * (1 - a));
        CHECK(fabs(sum / N) < 6 * sqrt(variance / N));
    }
}

int main(void)
{
    RUN(test_law);
    return check_end();
}
