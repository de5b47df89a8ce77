/* application/x-www-form-urlencoded bodies and addresses with parameters (RFC 6749, appendix B). */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { FORM_MAX = 40 };

struct form {
    struct form_field {
        str name, value;
    } fields[FORM_MAX];
    size_t n;
};

/* INVALID on a bad escape, bytes that are not UTF-8, U+0000, a name given twice (RFC 6749, 3.1),
 * more than FORM_MAX names. */
MUST_USE bool form_read(struct form *f, struct arena *a, str body, struct err *e);
/* p == NULL when absent; an empty value counts as absent (RFC 6749, 3.1). */
str form_text(const struct form *f, const char *name);
/* Form-decodes one text: '+' is a blank. */
MUST_USE bool form_decode(struct arena *a, str text, str *out);
/* Appends text with all but unreserved characters escaped. */
void form_encode(struct buf *out, str text);
/* Appends ?name=value or &name=value, as the address so far wants; nothing when value.p == NULL. */
void form_add(struct buf *address, const char *name, str value);
