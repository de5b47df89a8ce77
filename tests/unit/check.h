/* A test program: functions of checks, listed in main.  Prints TAP; meson reads it.
 *
 *     int main(void) { RUN(test_parse); RUN(test_seams); return check_end(); }
 */
#pragma once
#include <stdbool.h>
#include <stdio.h>

static int check_count, check_failed_here, check_failed_total;

/* One row of a table of cases: the name tells which. */
#define CHECK_NAMED(claim, name)                                                                   \
    do {                                                                                           \
        if (!(claim)) {                                                                            \
            check_failed_here++;                                                                   \
            printf("# %s:%d: %s: not true: %s\n", __FILE__, __LINE__, (name), #claim);             \
        }                                                                                          \
    } while (0)
#define CHECK(claim) CHECK_NAMED(claim, __func__)

#define RUN(test)                                                                                  \
    do {                                                                                           \
        check_failed_here = 0;                                                                     \
        test();                                                                                    \
        printf("%sok %d - %s\n", check_failed_here ? "not " : "", ++check_count, #test);           \
        check_failed_total += check_failed_here != 0;                                              \
        fflush(stdout);                                                                            \
    } while (0)

static inline int check_end(void)
{
    printf("1..%d\n", check_count);
    return check_failed_total != 0;
}
