/* A post lent to a colleague until a day: the roles of it that are named, never more, never passed
 * on.  It ends by itself with its day, and with the post it came from. */
#pragma once
#include "http/http.h"

extern const struct module DELEGATION_MODULE;
