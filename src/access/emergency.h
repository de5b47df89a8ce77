/* Emergency looks (break-glass): opened, listed, reviewed. */
#pragma once
#include "http/http.h"

extern const struct module EMERGENCY_MODULE;
