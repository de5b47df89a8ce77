#include "text/yaml.h"

#include <yaml.h>

#include "base/map.h"

struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the one being looked at; owns its text */
    int depth;
    struct arena *arena;
    struct err *err;
};

static bool fail_at(struct reader *r, yaml_mark_t mark, const char *what)
{
    return err_set(r->err, ERR_INVALID, "line %zu, column %zu: %s", mark.line + 1, mark.column + 1,
                   what);
}

static bool fail(struct reader *r, const char *what)
{
    return fail_at(r, r->event.start_mark, what);
}

/* Moves to the next event. */
static bool next(struct reader *r)
{
    yaml_event_delete(&r->event);
    if (yaml_parser_parse(&r->parser, &r->event))
        return true;
    r->event = (yaml_event_t){0};
    return fail_at(r, r->parser.problem_mark,
                   r->parser.problem ? r->parser.problem : "not readable as YAML");
}

/* Core schema of YAML 1.2.2, section 10.3.2. */

static size_t count_digits(str s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    return n;
}

static bool is_one_of(str s, const char *const *words)
{
    for (; *words; words++) {
        if (str_is(s, *words))
            return true;
    }
    return false;
}

/* 0x and 0o of at most 64 bits; a longer one is no number anybody meant. */
static bool resolve_radix(struct arena *a, struct json *v, str s)
{
    if (s.n < 3 || s.p[0] != '0' || (s.p[1] != 'x' && s.p[1] != 'o'))
        return false;
    unsigned base = s.p[1] == 'x' ? 16 : 8;
    uint64_t n = 0;
    for (size_t i = 2; i < s.n; i++) {
        char c = s.p[i];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : 16;
        if (digit >= base || __builtin_mul_overflow(n, base, &n) ||
            __builtin_add_overflow(n, digit, &n))
            return false;
    }
    v->type = JSON_NUMBER;
    v->text = arena_format(a, "%llu", (unsigned long long)n);
    return true;
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?, without leading zeros. */
static bool resolve_number(struct arena *a, struct json *v, str s)
{
    bool is_negative = s.n && *s.p == '-';
    str rest = str_slice(s, s.n && (*s.p == '-' || *s.p == '+') ? 1 : 0, s.n);
    size_t whole = count_digits(rest), fraction = 0;
    str whole_text = {rest.p, whole};
    rest = str_slice(rest, whole, rest.n);
    str fraction_text = {0};
    if (rest.n && *rest.p == '.') {
        rest = str_slice(rest, 1, rest.n);
        fraction = count_digits(rest);
        fraction_text = (str){rest.p, fraction};
        rest = str_slice(rest, fraction, rest.n);
    }
    if (whole + fraction == 0 || (whole > 1 && *whole_text.p == '0'))
        return false;
    str exponent = rest;
    if (rest.n) {
        if (*rest.p != 'e' && *rest.p != 'E')
            return false;
        rest = str_slice(rest, 1, rest.n);
        if (rest.n && (*rest.p == '-' || *rest.p == '+'))
            rest = str_slice(rest, 1, rest.n);
        if (rest.n == 0 || count_digits(rest) != rest.n)
            return false;
    }
    v->type = JSON_NUMBER;
    v->text = arena_format(a, "%s%.*s%s%.*s%.*s", is_negative ? "-" : "", whole ? (int)whole : 1,
                           whole ? whole_text.p : "0", fraction ? "." : "", STR_ARG(fraction_text),
                           STR_ARG(exponent));
    return true;
}

static bool resolve_plain(struct reader *r, struct json *v, str s)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};
    static const char *const beyond[] = {".inf",  ".Inf",  ".INF",  "+.inf", "+.Inf",
                                         "+.INF", "-.inf", "-.Inf", "-.INF", ".nan",
                                         ".NaN",  ".NAN",  NULL};
    if (is_one_of(s, nulls))
        v->type = JSON_NULL;
    else if (is_one_of(s, trues))
        v->type = JSON_TRUE;
    else if (is_one_of(s, falses))
        v->type = JSON_FALSE;
    else if (is_one_of(s, beyond))
        return fail(r, "infinity and not-a-number have no place in JSON: quote it if it is text");
    else if (!resolve_radix(r->arena, v, s) && !resolve_number(r->arena, v, s))
        *v = (struct json){.type = JSON_STRING, .line = v->line, .text = arena_copy(r->arena, s)};
    return true;
}

/* A tag may only say what the core schema would have found, or that it is text all the same. */
static bool check_tag(struct reader *r, const yaml_char_t *tag, enum json_type got)
{
    static const struct {
        const char *tag;
        unsigned types; /* bit per enum json_type */
    } core[] = {
        {YAML_NULL_TAG, 1u << JSON_NULL},
        {YAML_BOOL_TAG, 1u << JSON_TRUE | 1u << JSON_FALSE},
        {YAML_INT_TAG, 1u << JSON_NUMBER},
        {YAML_FLOAT_TAG, 1u << JSON_NUMBER},
        {YAML_STR_TAG, 1u << JSON_STRING},
        {YAML_SEQ_TAG, 1u << JSON_ARRAY},
        {YAML_MAP_TAG, 1u << JSON_OBJECT},
        {"!", 1u << JSON_STRING | 1u << JSON_ARRAY | 1u << JSON_OBJECT},
    };
    if (!tag)
        return true;
    for (size_t i = 0; i < COUNT(core); i++) {
        if (strcmp((const char *)tag, core[i].tag) == 0)
            return core[i].types & 1u << got || fail(r, "the value does not fit its tag");
    }
    return fail(r, "unknown tag: only those of the core schema are read");
}

static bool take_scalar(struct reader *r, struct json *v)
{
    str s = {(const char *)r->event.data.scalar.value, r->event.data.scalar.length};
    const char *tag = (const char *)r->event.data.scalar.tag;
    bool is_text = r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE ||
                   (tag && (strcmp(tag, "!") == 0 || strcmp(tag, YAML_STR_TAG) == 0));
    if (is_text) {
        v->type = JSON_STRING;
        v->text = arena_copy(r->arena, s);
    } else if (!resolve_plain(r, v, s)) {
        return false;
    }
    return check_tag(r, r->event.data.scalar.tag, v->type);
}

static bool take_value(struct reader *r, struct json *v);

static bool take_sequence(struct reader *r, struct json *v)
{
    struct json *items = NULL;
    size_t n = 0, size = 0;
    if (!check_tag(r, r->event.data.sequence_start.tag, JSON_ARRAY) || !next(r))
        return false;
    while (r->event.type != YAML_SEQUENCE_END_EVENT) {
        struct json item;
        if (!take_value(r, &item) || !next(r))
            return false;
        VEC_ADD(r->arena, items, n, size) = item;
    }
    v->type = JSON_ARRAY;
    v->array.items = items;
    v->array.n = n;
    return true;
}

static bool take_key(struct reader *r, struct map *seen, str *key)
{
    if (r->event.type == YAML_ALIAS_EVENT)
        return fail(r, "aliases are not allowed in package files: write the value out");
    if (r->event.type != YAML_SCALAR_EVENT)
        return fail(r, "a key must be a plain or quoted scalar");
    str s = {(const char *)r->event.data.scalar.value, r->event.data.scalar.length};
    if (str_is(s, "<<") && r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        return fail(r, "merge keys are not part of YAML 1.2: write the members out");
    if (map_has(seen, s))
        return fail(r, "this key stands twice in the same mapping");
    *key = arena_copy(r->arena, s);
    map_set(seen, r->arena, *key, NULL);
    return true;
}

static bool take_mapping(struct reader *r, struct json *v)
{
    struct json_member *members = NULL;
    size_t n = 0, size = 0;
    struct map seen = {0};
    if (!check_tag(r, r->event.data.mapping_start.tag, JSON_OBJECT) || !next(r))
        return false;
    while (r->event.type != YAML_MAPPING_END_EVENT) {
        struct json_member m;
        if (!take_key(r, &seen, &m.key) || !next(r) || !take_value(r, &m.value) || !next(r))
            return false;
        VEC_ADD(r->arena, members, n, size) = m;
    }
    v->type = JSON_OBJECT;
    v->object.members = members;
    v->object.n = n;
    return true;
}

/* Reads the value that begins with the current event; leaves its last event current. */
static bool take_value(struct reader *r, struct json *v)
{
    *v = (struct json){.line = (uint32_t)r->event.start_mark.line + 1};
    if (r->event.type == YAML_SCALAR_EVENT)
        return take_scalar(r, v);
    if (r->event.type == YAML_ALIAS_EVENT)
        return fail(r, "aliases are not allowed in package files: write the value out");
    if (r->event.type != YAML_SEQUENCE_START_EVENT && r->event.type != YAML_MAPPING_START_EVENT)
        return fail(r, "expected a value");
    if (++r->depth > JSON_MAX_DEPTH)
        return fail(r, "nested too deeply");
    bool ok = r->event.type == YAML_SEQUENCE_START_EVENT ? take_sequence(r, v) : take_mapping(r, v);
    r->depth--;
    return ok;
}

static bool take_stream(struct reader *r, struct json *v)
{
    if (!next(r) || !next(r)) /* stream start, then the document's */
        return false;
    if (r->event.type != YAML_DOCUMENT_START_EVENT)
        return fail(r, "the text is empty");
    if (!next(r) || !take_value(r, v) || !next(r) || !next(r))
        return false;
    return r->event.type == YAML_STREAM_END_EVENT || fail(r, "a second document follows");
}

bool yaml_parse(struct json *value, str text, struct arena *a, struct err *e)
{
    struct reader r = {.arena = a, .err = e};
    struct json got;
    if (text.n > YAML_MAX_BYTES)
        return err_set(e, ERR_LIMIT, "the text has %zu bytes; at most %d are read", text.n,
                       YAML_MAX_BYTES);
    if (!utf8_is_valid(text))
        return err_set(e, ERR_INVALID, "the text is not valid UTF-8");
    if (!yaml_parser_initialize(&r.parser))
        return err_set(e, ERR_BROKEN, "no memory for the YAML reader");
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.n ? text.p : ""), text.n);
    bool ok = take_stream(&r, &got);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    if (ok)
        *value = got;
    return ok;
}
