/* Refused rows: seen, fixed in place, by a suggestion or by a corrected file, or dropped. */
#pragma once
#include "http/http.h"

extern const struct module QUARANTINE_MODULE;
