/* Host names: RFC 1123 with A-labels checked, and internationalised ones (RFC 5890 to 5893). */
#pragma once
#include "base/str.h"

/* ASCII labels of letters, digits and hyphens, 1 to 63 bytes, 253 in all; xn-- labels must decode
 * to a valid U-label.  No final dot. */
bool hostname_is_valid(str s);
/* The same in Unicode: each label follows the rules of context and direction. */
bool hostname_is_valid_idn(str s);
