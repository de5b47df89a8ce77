/* YAML 1.2, core schema, into the tree of text/json.h: package files are written in it.
 *
 * Plain scalars become null, booleans, integers and floats exactly as the core schema says, and
 * nothing else does: yes, no, dates, 12:30 and digits with a leading zero (codes, telephone
 * numbers) stay strings.  A quoted or block scalar is always a string.  Numbers are kept in JSON's
 * spelling (+1 is 1, .5 is 0.5, 0x1F is 31); .inf and .nan are refused, JSON has none. */
#pragma once
#include "text/json.h"

enum { YAML_MAX_BYTES = 16 << 20 };

/* Reads exactly one document.  Refuses aliases and merge keys, tags other than the core ones, keys
 * that are not scalars, duplicate keys, nesting deeper than JSON_MAX_DEPTH, texts past
 * YAML_MAX_BYTES, bad UTF-8, an empty text; e->msg begins "line L, column C: ".  The tree does not
 * point into text.  Every value's line is the one it began on. */
MUST_USE bool yaml_parse(struct json *value, str text, struct arena *a, struct err *e);
