/* Whoever's way in was changed is told at their desk, in the transaction of the change: a change
 * that they did not make is seen at the next sign-in. */
#pragma once
#include "identity/identity.h"

enum way_in {
    WAY_PASSWORD_CHANGED,
    WAY_RESET, /* by an administrator: password, second factor and passkeys */
    WAY_SECOND_ON,
    WAY_SECOND_OFF,
    WAY_PASSKEY_ADDED,
    WAY_PASSKEY_REMOVED,
};

MUST_USE bool tell_way_in(struct cx *cx, str login, enum way_in what);
