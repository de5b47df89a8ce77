/* What a case is given from outside, text or JSON, as the values a model's inputs want. */
#pragma once
#include "dmn/dmn.h"
#include "text/json.h"

/* Text by the input's type (a date, a number, …); without a type by its look.  What does not fit
 * stays text, and becomes null where a type is asked for. */
struct value given_of_text(const struct type *t, str s, struct arena *a);
/* JSON by the input's type: strings as above, numbers exactly, lists and objects as lists and
 * contexts. */
struct value given_of_json(const struct type *t, const struct json *v, struct arena *a);
