/* Messages to people at their desks, in the transaction of what caused them. */
#pragma once
#include "http/http.h"
#include "registry/registry.h"

/* To one account. */
MUST_USE bool notify_login(struct cx *cx, str login, struct title title, struct title text,
                           str link);
/* To everybody of an organisation. */
MUST_USE bool notify_organisation(struct cx *cx, str organisation, struct title title,
                                  struct title text, str link);
