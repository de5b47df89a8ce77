/* Noise for counts that are let out: two-sided geometric (discrete Laplace), sampled exactly with
 * integers, from the system's random numbers (Canonne, Kamath, Steinke 2020, algorithms 1 and 2).
 */
#pragma once
#include <stdint.h>

enum { NOISE_THOUSANDTHS = 1000 };

/* P(x) is proportional to exp(-|x| × thousandths / 1000): epsilon-differential privacy of a count
 * to which one record gives at most 1, for epsilon = thousandths / 1000.  thousandths: 1 to 100000.
 */
int64_t noise_geometric(int64_t thousandths);
