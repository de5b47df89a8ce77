#include "text/json.h"

#include "base/map.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Members and items gather on the stack before they move to the arena: most are few. */
enum { FEW = 16 };

struct reader {
    const char *p, *end, *line_start;
    uint32_t line;
    int depth;
    struct arena *arena;
    struct err *err;
};

static bool fail(struct reader *r, const char *what)
{
    return err_set(r->err, ERR_INVALID, "line %u, column %zu: %s", r->line,
                   (size_t)(r->p - r->line_start) + 1, what);
}

static void skip_space(struct reader *r)
{
    for (; r->p < r->end; r->p++) {
        if (*r->p == '\n') {
            r->line++;
            r->line_start = r->p + 1;
        } else if (*r->p != ' ' && *r->p != '\t' && *r->p != '\r') {
            return;
        }
    }
}

static bool take_word(struct reader *r, str word)
{
    if ((size_t)(r->end - r->p) < word.n || memcmp(r->p, word.p, word.n) != 0)
        return fail(r, "expected a value");
    r->p += word.n;
    return true;
}

static bool is_digit(const struct reader *r)
{
    return r->p < r->end && *r->p >= '0' && *r->p <= '9';
}

static bool take_digits(struct reader *r)
{
    if (!is_digit(r))
        return fail(r, "expected a digit");
    while (is_digit(r))
        r->p++;
    return true;
}

static bool take_number(struct reader *r, str *text)
{
    const char *start = r->p;
    if (*r->p == '-')
        r->p++;
    if (r->p < r->end && *r->p == '0')
        r->p++;
    else if (!take_digits(r))
        return false;
    if (r->p < r->end && *r->p == '.') {
        r->p++;
        if (!take_digits(r))
            return false;
    }
    if (r->p < r->end && (*r->p == 'e' || *r->p == 'E')) {
        r->p++;
        if (r->p < r->end && (*r->p == '+' || *r->p == '-'))
            r->p++;
        if (!take_digits(r))
            return false;
    }
    *text = (str){start, (size_t)(r->p - start)};
    return true;
}

static bool take_hex4(struct reader *r, uint32_t *v)
{
    if (r->end - r->p < 4)
        return fail(r, "expected four hexadecimal digits");
    *v = 0;
    for (int i = 0; i < 4; i++, r->p++) {
        char c = *r->p;
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 16;
        if (digit == 16)
            return fail(r, "expected a hexadecimal digit");
        *v = *v << 4 | digit;
    }
    return true;
}

static bool take_escape(struct reader *r, char **out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (++r->p == r->end)
        return fail(r, "unfinished escape");
    const char *simple = *r->p ? strchr(from, *r->p) : NULL;
    if (simple) {
        r->p++;
        *(*out)++ = to[simple - from];
        return true;
    }
    if (*r->p != 'u')
        return fail(r, "unknown escape");
    r->p++;
    uint32_t v, low;
    if (!take_hex4(r, &v))
        return false;
    if (v >= 0xd800 && v < 0xdc00) {
        if (r->end - r->p < 2 || r->p[0] != '\\' || r->p[1] != 'u')
            return fail(r, "lone surrogate");
        r->p += 2;
        if (!take_hex4(r, &low))
            return false;
        if (low < 0xdc00 || low > 0xdfff)
            return fail(r, "lone surrogate");
        v = 0x10000 + ((v - 0xd800) << 10) + (low - 0xdc00);
    }
    char bytes[4];
    size_t n = utf8_put(bytes, v);
    if (n == 0)
        return fail(r, "lone surrogate");
    memcpy(*out, bytes, n);
    *out += n;
    return true;
}

/* Moves on to a quote, a backslash or a control character; perhaps not quite there. */
static const char *skip_plain(const char *q, const char *end)
{
#ifdef __SSE2__
    while (end - q >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)q);
        __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
                                   _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
        __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
        int bits = _mm_movemask_epi8(_mm_or_si128(hit, low));
        if (bits)
            return q + __builtin_ctz((unsigned)bits);
        q += 16;
    }
#else
    (void)end;
#endif
    return q;
}

static bool take_string(struct reader *r, str *text)
{
    const char *start = ++r->p;
    bool has_escape = false;
    const char *q = skip_plain(r->p, r->end);
    for (; q < r->end && *q != '"'; q++) {
        if ((unsigned char)*q < 0x20) {
            r->p = q;
            return fail(r, "control character in a string: write it as an escape");
        }
        if (*q == '\\') {
            has_escape = true;
            q++;
        }
    }
    if (q >= r->end)
        return fail(r, "unfinished string");
    *text = (str){start, (size_t)(q - start)};
    if (!has_escape) {
        r->p = q + 1;
        return true;
    }
    char *copy = arena_alloc(r->arena, text->n + 1, 1), *out = copy;
    while (r->p < q) {
        if (*r->p != '\\')
            *out++ = *r->p++;
        else if (!take_escape(r, &out))
            return false;
    }
    r->p = q + 1;
    *text = (str){copy, (size_t)(out - copy)};
    return true;
}

static bool take_value(struct reader *r, struct json *v);

static bool take_array(struct reader *r, struct json *v)
{
    struct json few[FEW], *items = few;
    size_t n = 0, size = FEW;
    r->p++;
    skip_space(r);
    if (r->p < r->end && *r->p == ']') {
        r->p++;
        return true;
    }
    for (;;) {
        struct json item;
        if (!take_value(r, &item))
            return false;
        VEC_ADD(r->arena, items, n, size) = item;
        skip_space(r);
        if (r->p == r->end || (*r->p != ',' && *r->p != ']'))
            return fail(r, "expected ',' or ']'");
        if (*r->p++ == ']')
            break;
    }
    if (items == few) {
        items = arena_array(r->arena, struct json, n);
        memcpy(items, few, n * sizeof *items);
    }
    v->array.items = items;
    v->array.n = n;
    return true;
}

static unsigned cheap_hash(str key)
{
    uint64_t a = 0, b = 0;
    if (key.n >= 4) {
        memcpy(&a, key.p, 4);
        memcpy(&b, key.p + key.n - 4, 4);
    } else if (key.n) {
        a = (unsigned char)key.p[0];
        b = (unsigned char)key.p[key.n - 1];
    }
    return (unsigned)(((a << 32 ^ b ^ key.n) * 0x9e3779b97f4a7c15u) >> 54);
}

/* Few members: a bit set of hashes, looked into further only where a bit is there already. */
static bool has_duplicate_of_few(const struct json_member *m, size_t n)
{
    uint64_t seen[16] = {0};
    for (size_t i = 0; i < n; i++) {
        unsigned h = cheap_hash(m[i].key);
        uint64_t bit = 1ull << (h & 63);
        for (size_t j = 0; (seen[h >> 6] & bit) && j < i; j++) {
            if (str_equal(m[i].key, m[j].key))
                return true;
        }
        seen[h >> 6] |= bit;
    }
    return false;
}

static bool has_duplicate(const struct json *v, struct arena *a)
{
    size_t n = v->object.n;
    const struct json_member *m = v->object.members;
    if (n <= 64)
        return has_duplicate_of_few(m, n);
    struct map seen = {0};
    for (size_t i = 0; i < n; i++) {
        if (map_has(&seen, m[i].key))
            return true;
        map_set(&seen, a, m[i].key, NULL);
    }
    return false;
}

static bool take_object(struct reader *r, struct json *v)
{
    struct json_member few[FEW], *members = few;
    size_t n = 0, size = FEW;
    r->p++;
    skip_space(r);
    if (r->p < r->end && *r->p == '}') {
        r->p++;
        return true;
    }
    for (;;) {
        struct json_member m;
        skip_space(r);
        if (r->p == r->end || *r->p != '"')
            return fail(r, "expected a member name in quotes");
        if (!take_string(r, &m.key))
            return false;
        skip_space(r);
        if (r->p == r->end || *r->p != ':')
            return fail(r, "expected ':'");
        r->p++;
        if (!take_value(r, &m.value))
            return false;
        VEC_ADD(r->arena, members, n, size) = m;
        skip_space(r);
        if (r->p == r->end || (*r->p != ',' && *r->p != '}'))
            return fail(r, "expected ',' or '}'");
        if (*r->p++ == '}')
            break;
    }
    if (members == few) {
        members = arena_array(r->arena, struct json_member, n);
        memcpy(members, few, n * sizeof *members);
    }
    v->object.members = members;
    v->object.n = n;
    return !has_duplicate(v, r->arena) || fail(r, "a member name stands twice in this object");
}

static bool take_nested(struct reader *r, struct json *v)
{
    if (++r->depth > JSON_MAX_DEPTH)
        return fail(r, "nested too deeply");
    bool ok = v->type == JSON_ARRAY ? take_array(r, v) : take_object(r, v);
    r->depth--;
    return ok;
}

static bool take_value(struct reader *r, struct json *v)
{
    skip_space(r);
    if (r->p == r->end)
        return fail(r, "expected a value, found the end");
    *v = (struct json){.line = r->line};
    switch (*r->p) {
    case '{':
        v->type = JSON_OBJECT;
        return take_nested(r, v);
    case '[':
        v->type = JSON_ARRAY;
        return take_nested(r, v);
    case '"':
        v->type = JSON_STRING;
        return take_string(r, &v->text);
    case 't':
        v->type = JSON_TRUE;
        return take_word(r, STR("true"));
    case 'f':
        v->type = JSON_FALSE;
        return take_word(r, STR("false"));
    case 'n':
        v->type = JSON_NULL;
        return take_word(r, STR("null"));
    case '-':
    case '0' ... '9':
        v->type = JSON_NUMBER;
        return take_number(r, &v->text);
    default:
        return fail(r, "expected a value");
    }
}

bool json_parse(struct json *value, str text, struct arena *a, struct err *e)
{
    struct reader r = {text.p, text.p + text.n, text.p, 1, 0, a, e};
    struct json got;
    if (!utf8_is_valid(text))
        return err_set(e, ERR_INVALID, "the text is not valid UTF-8");
    if (!take_value(&r, &got))
        return false;
    skip_space(&r);
    if (r.p != r.end)
        return fail(&r, "something follows the value");
    *value = got;
    return true;
}

void json_write_string(struct buf *out, str s)
{
    static const char hex[] = "0123456789abcdef";
    buf_add_char(out, '"');
    size_t done = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_add(out, str_slice(s, done, i));
        done = i + 1;
        char short_form = c == '"' || c == '\\' ? (char)c
                          : c == '\n'           ? 'n'
                          : c == '\r'           ? 'r'
                          : c == '\t'           ? 't'
                                                : 0;
        if (short_form) {
            buf_add(out, (str){(char[]){'\\', short_form}, 2});
        } else {
            buf_add(out, (str){(char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6});
        }
    }
    buf_add(out, str_slice(s, done, s.n));
    buf_add_char(out, '"');
}

static int by_key(const void *a, const void *b)
{
    const struct json_member *const *x = a, *const *y = b;
    return str_compare((*x)->key, (*y)->key);
}

static const struct json_member **sorted_members(const struct json *v, struct arena *a)
{
    const struct json_member **order = arena_array(a, const struct json_member *, v->object.n);
    for (size_t i = 0; i < v->object.n; i++)
        order[i] = &v->object.members[i];
    qsort(order, v->object.n, sizeof *order, by_key);
    return order;
}

static void write_value(struct buf *out, const struct json *v, struct arena *sort_in)
{
    switch (v->type) {
    case JSON_NULL:
        buf_add_lit(out, "null");
        return;
    case JSON_FALSE:
        buf_add_lit(out, "false");
        return;
    case JSON_TRUE:
        buf_add_lit(out, "true");
        return;
    case JSON_NUMBER:
        buf_add(out, v->text);
        return;
    case JSON_STRING:
        json_write_string(out, v->text);
        return;
    case JSON_ARRAY:
        buf_add_char(out, '[');
        for (size_t i = 0; i < v->array.n; i++) {
            if (i)
                buf_add_char(out, ',');
            write_value(out, &v->array.items[i], sort_in);
        }
        buf_add_char(out, ']');
        return;
    case JSON_OBJECT:
        break;
    }
    const struct json_member **order = sort_in ? sorted_members(v, sort_in) : NULL;
    buf_add_char(out, '{');
    for (size_t i = 0; i < v->object.n; i++) {
        const struct json_member *m = order ? order[i] : &v->object.members[i];
        if (i)
            buf_add_char(out, ',');
        json_write_string(out, m->key);
        buf_add_char(out, ':');
        write_value(out, &m->value, sort_in);
    }
    buf_add_char(out, '}');
}

void json_write(struct buf *out, const struct json *value)
{
    write_value(out, value, NULL);
}

void json_write_canonical(struct buf *out, const struct json *value, struct arena *scratch)
{
    write_value(out, value, scratch);
}

static void add_name(struct buf *out, const char *name)
{
    buf_add_lit(out, ",\"");
    buf_add(out, str_from(name));
    buf_add_lit(out, "\":");
}

void json_add_text(struct buf *out, const char *name, str v)
{
    add_name(out, name);
    if (v.p)
        json_write_string(out, v);
    else
        buf_add_lit(out, "null");
}

void json_add_raw(struct buf *out, const char *name, str v)
{
    add_name(out, name);
    buf_add(out, v.p ? v : STR("null"));
}

const struct json *json_find_str(const struct json *object, str key)
{
    if (!object || object->type != JSON_OBJECT)
        return NULL;
    for (size_t i = 0; i < object->object.n; i++) {
        if (str_equal(object->object.members[i].key, key))
            return &object->object.members[i].value;
    }
    return NULL;
}

const struct json *json_find(const struct json *object, const char *key)
{
    return json_find_str(object, str_from(key));
}

str json_text(const struct json *object, const char *key, str otherwise)
{
    const struct json *v = json_find(object, key);
    return v && v->type == JSON_STRING ? v->text : otherwise;
}

int64_t json_int(const struct json *object, const char *key, int64_t otherwise)
{
    const struct json *v = json_find(object, key);
    int64_t n;
    return v && v->type == JSON_NUMBER && str_to_int64(v->text, &n) ? n : otherwise;
}

bool json_flag(const struct json *object, const char *key, bool otherwise)
{
    const struct json *v = json_find(object, key);
    return v && v->type == JSON_TRUE ? true : v && v->type == JSON_FALSE ? false : otherwise;
}

const char *json_type_name(enum json_type type)
{
    static const char *const names[] = {"null",   "boolean", "boolean", "number",
                                        "string", "array",   "object"};
    return names[type];
}

struct json json_string(str s)
{
    return (struct json){.type = JSON_STRING, .text = s};
}

struct json json_object(struct arena *a, size_t room)
{
    return (struct json){.type = JSON_OBJECT,
                         .object = {.members = arena_array(a, struct json_member, room)}};
}

void json_put(struct json *object, str key, struct json value)
{
    object->object.members[object->object.n++] = (struct json_member){key, value};
}
