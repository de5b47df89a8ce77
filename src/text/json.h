/* JSON values (RFC 8259) as a tree in an arena.  YAML is read into the same tree (text/yaml.h).
 *
 * Numbers keep their text, so a decimal of any length survives; strings are unescaped UTF-8 and may
 * hold U+0000.  Every value knows the line it began on, for messages about package files. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum json_type {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json {
    enum json_type type;
    uint32_t line; /* from 1 */
    union {
        str text; /* JSON_NUMBER: as written; JSON_STRING: unescaped */
        struct {
            struct json *items;
            size_t n;
        } array;
        struct {
            struct json_member *members; /* in the order written */
            size_t n;
        } object;
    };
};

struct json_member {
    str key;
    struct json value;
};

enum { JSON_MAX_DEPTH = 512 };

/* Reads exactly one value.  Refuses duplicate keys, bad UTF-8, lone surrogates, deeper than
 * JSON_MAX_DEPTH; e->msg says line and column.  Strings without escapes point into text, which must
 * live as long as the tree. */
MUST_USE bool json_parse(struct json *value, str text, struct arena *a, struct err *e);

/* Compact text; strings are escaped as RFC 8259 asks, other UTF-8 stands as it is. */
void json_write(struct buf *out, const struct json *value);
void json_write_string(struct buf *out, str s);
/* As above, keys sorted by bytes: the same value gives the same text. */
void json_write_canonical(struct buf *out, const struct json *value, struct arena *scratch);

/* ,"name":"text" and ,"name":text as further members of an object; null where p == NULL. */
void json_add_text(struct buf *out, const char *name, str v);
void json_add_raw(struct buf *out, const char *name, str v);

/* NULL if absent or not an object. */
const struct json *json_find(const struct json *object, const char *key);
const struct json *json_find_str(const struct json *object, str key);
/* Shorthands for reading: the default where the member is absent or of another type. */
str json_text(const struct json *object, const char *key, str otherwise);
int64_t json_int(const struct json *object, const char *key, int64_t otherwise);
bool json_flag(const struct json *object, const char *key, bool otherwise);
const char *json_type_name(enum json_type type);

/* Building. */
struct json json_string(str s);
struct json json_object(struct arena *a, size_t room);
/* Appends a member; room is the one given to json_object(). */
void json_put(struct json *object, str key, struct json value);
