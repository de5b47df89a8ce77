/* JSON numbers and values compared by what they mean, exactly: numbers are decimals of any length,
 * never rounded to a double; 1, 1.0 and 10e-1 are the same number. */
#pragma once
#include "text/json.h"

/* A JSON number's text taken apart: 0.d1d2d3… × 10^exponent. */
struct number {
    bool is_negative; /* never set for zero */
    str whole, part;  /* the significant digits, in two pieces, no zeros at either end */
    int64_t exponent; /* of the point before the first digit; 0 for zero */
};

/* text is a JSON number, as json_parse() leaves it.  The parts point into it. */
struct number number_read(str text);
/* -1, 0, 1. */
int number_compare(struct number a, struct number b);
bool number_is_integer(struct number a);
/* divisor > 0.  Exact; time grows with the product of the lengths only past 19 digits of divisor.
 */
bool number_is_multiple(struct number a, struct number divisor);

/* Deep equality: numbers by value, members in any order. */
bool value_equal(const struct json *a, const struct json *b);
/* Equal values have equal hashes. */
uint64_t value_hash(const struct json *v);
