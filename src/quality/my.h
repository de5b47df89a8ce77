/* My data: what a citizen or a firm finds of their own, and what they can do about it. */
#pragma once
#include "http/http.h"

extern const struct module MY_MODULE;
