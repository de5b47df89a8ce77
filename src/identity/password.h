/* What a password must be (GB/T 22239-2019, level 3, 8.1.4.1: complexity and regular change). */
#pragma once
#include "identity/identity.h"

enum {
    PASSWORD_LEAST = 12, /* characters */
    PASSWORD_KINDS = 3,  /* of capitals, small letters, digits, others */
    PASSWORD_PAST = 5,   /* that may not come again */
    PASSWORD_DAYS = 90,  /* of staff; others are not made to change */
    PASSWORD_MOST = 128, /* characters */
};

/* INVALID with what is missing, in both languages. */
MUST_USE bool password_check(str login, str password, struct err *e);
/* Checks, looks at past ones, sets it, and ends every other session and family of the account.
 * keep: the digest of the session that stays, or empty. */
MUST_USE bool password_set(struct cx *cx, str login, str password, str keep);
