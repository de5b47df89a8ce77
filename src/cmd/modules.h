/* The architecture on one screen: every module with its routes. */
#pragma once
#include "http/http.h"

extern const struct module *const MODULES[];
