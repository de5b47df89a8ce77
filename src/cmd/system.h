/* Health and metrics, for machines that watch. */
#pragma once
#include "http/http.h"

extern const struct module SYSTEM_MODULE;
