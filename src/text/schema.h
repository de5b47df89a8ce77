/* JSON Schema, draft 2020-12: compiled once, then applied to any number of values by any number of
 * threads.  References to 2019-09 and draft-07 documents are followed under their own rules.
 *
 * Nothing is ever fetched.  Other documents come from a lookup; the meta-schemas of 2020-12 are
 * built in. */
#pragma once
#include "text/format.h"
#include "text/json.h"

struct schema; /* immutable */

/* The document known by an absolute URI without fragment, NULL if there is none.  It must live as
 * long as the schema. */
typedef const struct json *schema_lookup(void *arg, str uri);

struct schema_others {
    schema_lookup *find; /* may be NULL */
    void *arg;
};

enum schema_options {
    /* "format" is checked, not only noted (2020-12, section 7.2.2).  Datasets always want this. */
    SCHEMA_ASSERT_FORMATS = 1
};

/* base_uri: what the document's references are relative to, when it has no $id; may be empty.
 * document and everything in it must live as long as the schema, which lives in the arena.  NULL on
 * failure: e->msg says what, e->at "line N, #/pointer"; a document that is not there is
 * ERR_MISSING.
 */
MUST_USE struct schema *schema_compile(const struct json *document, str base_uri,
                                       const struct schema_others *others, unsigned options,
                                       struct arena *a, struct err *e);

/* The fast way: yes or no.  Both ways give up, as a violation of "$ref", where a reference leads to
 * itself, schemas nest deeper than 1500 or a value takes more than 100 million steps. */
bool schema_accepts(const struct schema *s, const struct json *instance);

struct schema_violation {
    str path;                    /* JSON Pointer of the value, "" for the whole */
    const struct json *instance; /* the value */
    const char *keyword;         /* "required"; "false" for a schema that takes nothing */
    const struct json *schema;   /* the schema object the keyword stands in: title, x-… */
    str name;                    /* the missing or surplus member, or the format's name */
    enum format_reason reason;   /* of "format" */
    struct format_advice advice;
};

/* Called for each violation, which is only good during the call.  False: enough. */
typedef bool schema_visitor(void *arg, const struct schema_violation *v);

/* All violations.  True when there are none.  Where one of several alternatives has to fit and only
 * one of them is for this type of value, that one's violations are told. */
bool schema_validate(const struct schema *s, const struct json *instance, schema_visitor *visit,
                     void *arg);

/* One sentence each for people, without the path. */
void schema_explain_zh(struct buf *out, const struct schema_violation *v);
void schema_explain_en(struct buf *out, const struct schema_violation *v);
