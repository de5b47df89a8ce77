/* XML documents as a tree in an arena.  The only place that knows libxml2.
 *
 * Nothing outside the text is ever read: no network, no files, no external entities; a document
 * with a DOCTYPE is refused, and with it every entity bomb. */
#pragma once
#include "base/arena.h"
#include "base/err.h"

struct xml_attribute {
    str name, value; /* attributes without namespace only; others are left out */
};

struct xml {
    str name;  /* local */
    str space; /* namespace URI, may be empty */
    str text;  /* all text directly inside */
    uint32_t line;
    struct xml_attribute *attributes;
    size_t attribute_count;
    struct xml *first, *next; /* child elements; sibling */
    struct xml *parent;
};

enum { XML_MAX_BYTES = 64 << 20, XML_MAX_DEPTH = 200 };

/* NULL when it is not well formed, has a DOCTYPE, is too large or too deep. */
struct xml *xml_parse(struct arena *a, str text, struct err *e);
struct xml *xml_read_file(struct arena *a, const char *path, struct err *e);

/* The attribute, {NULL, 0} if absent. */
str xml_attribute(const struct xml *x, const char *name);
/* First child, or next sibling, of the name in the namespace of x itself; NULL if none. */
const struct xml *xml_child(const struct xml *x, const char *name);
const struct xml *xml_next(const struct xml *x, const char *name);
/* Text of the child without white space at both ends, {NULL, 0} if there is no such child. */
str xml_child_text(const struct xml *x, const char *name);
