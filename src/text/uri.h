/* URI and IRI references (RFC 3986, RFC 3987): taken apart, resolved, checked. */
#pragma once
#include "base/arena.h"

struct uri {
    str scheme, authority, path, query, fragment; /* without their delimiters */
    bool has_scheme, has_authority, has_query, has_fragment;
};

enum uri_kind { URI_ABSOLUTE, URI_REFERENCE, IRI_ABSOLUTE, IRI_REFERENCE };

/* Never fails: every text has a reading (RFC 3986, appendix B).  The parts point into text. */
struct uri uri_split(str text);
bool uri_is_valid(str text, enum uri_kind kind);
/* RFC 3986, section 5.2.  An empty base gives the reference as it is. */
str uri_resolve(str base, str reference, struct arena *a);
str uri_without_fragment(str uri);
/* %41 becomes A; wrong escapes stay. */
str uri_decode(str text, struct arena *a);

/* "192.0.2.1", four decimal numbers without leading zeros. */
bool uri_is_ipv4(str text);
/* RFC 4291, section 2.2, all three forms; no zone, no brackets. */
bool uri_is_ipv6(str text);
