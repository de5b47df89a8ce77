/* FEEL values as JSON: numbers with all digits, lists and contexts as arrays and objects,
 * everything JSON has no type for as {"@type": FEEL type, "value": text}. */
#pragma once
#include "base/err.h"
#include "feel/value.h"
#include "text/json.h"

/* Text is borrowed from the JSON.  INVALID when an "@type" is unknown or its value is none. */
MUST_USE bool wire_read(struct value *v, const struct json *from, struct arena *a, struct err *e);
void wire_write(struct buf *out, struct value v);
