/* Decision models at the desk: read, try one case with its trace, simulate over a dataset. */
#pragma once
#include "http/http.h"

extern const struct module RULES_MODULE, RULE_VERSION_MODULE, SIMULATE_MODULE, RUN_MODULE;
