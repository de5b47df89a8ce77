/* Time-based one-time passwords: RFC 6238 with HMAC-SHA-1, 30 seconds, six digits, as every
 * authenticator app reads them. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { TOTP_SECRET = 20, TOTP_STEP = 30, TOTP_DRIFT = 1 /* steps either way */ };

/* The six digits of a step (seconds since 1970 divided by TOTP_STEP). */
str totp_code(struct arena *a, str secret, int64_t step);
/* Whether the code is that of a step near now and later than `used`; *step is that step. */
MUST_USE bool totp_matches(str secret, str code, int64_t now_seconds, int64_t used, int64_t *step);

/* RFC 4648 base 32 in capitals, without padding. */
str base32(struct arena *a, str bytes);
/* otpauth://totp/… of the Key URI format. */
str totp_uri(struct arena *a, str issuer, str login, str secret);
/* A QR code as SVG of 4 modules' margin. */
MUST_USE bool qr_svg(struct arena *a, str text, str *svg, struct err *e);
