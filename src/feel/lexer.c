#include "feel/lexer.h"

struct known_name {
    struct known_name *next;
    str name;
};

static const char *const KEYWORDS[] = {
    "and", "or",  "in",   "between", "instance", "return",   "satisfies", "then",  "else",
    "if",  "for", "some", "every",   "function", "external", "true",      "false", "null"};

bool lexer_is_keyword(str word)
{
    for (size_t i = 0; i < COUNT(KEYWORDS); i++) {
        if (str_is(word, KEYWORDS[i]))
            return true;
    }
    return false;
}

static bool is_space_point(uint32_t c)
{
    return c == 0x85 || c == 0xa0 || c == 0x1680 || c == 0x180e || (c >= 0x2000 && c <= 0x200b) ||
           c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000 || c == 0xfeff;
}

/* Length of the white space at s, 0 if none. */
static size_t space_length(str s)
{
    if (s.n == 0)
        return 0;
    unsigned char c = (unsigned char)*s.p;
    if (c < 0x80)
        return c == ' ' || (c >= '\t' && c <= '\r');
    str rest = s;
    return is_space_point(utf8_take(&rest)) ? s.n - rest.n : 0;
}

/* Length of the word character at s, 0 if none. */
static size_t word_length(str s, bool is_first)
{
    if (s.n == 0)
        return 0;
    unsigned char c = (unsigned char)*s.p;
    if (c < 0x80) {
        bool is_letter =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (is_first && c == '?');
        return is_letter || (!is_first && c >= '0' && c <= '9');
    }
    str rest = s;
    uint32_t point = utf8_take(&rest);
    bool is_sign = point == 0xd7 || point == 0xf7 || (point >= 0x2010 && point <= 0x2027) ||
                   (point >= 0x2030 && point <= 0x205e);
    return is_space_point(point) || is_sign ? 0 : s.n - rest.n;
}

static str rest_of(const struct lexer *l)
{
    return str_slice(l->source, l->at, l->source.n);
}

void lexer_init(struct lexer *l, str source, struct arena *a, struct err *e)
{
    *l = (struct lexer){.source = source, .arena = a, .err = e};
}

void node_place(str text, uint32_t at, uint32_t *line, uint32_t *column)
{
    *line = *column = 1;
    for (size_t i = 0; i < at && i < text.n; i++) {
        if (text.p[i] == '\n') {
            ++*line;
            *column = 1;
        } else if (((unsigned char)text.p[i] & 0xc0) != 0x80) {
            ++*column;
        }
    }
}

bool lexer_fail(struct lexer *l, size_t at, const char *expected)
{
    uint32_t line, column;
    node_place(l->source, (uint32_t)at, &line, &column);
    str found = str_slice(l->source, at, at + 20);
    while (found.n && !utf8_is_valid(found))
        found.n--;
    if (found.n == 0)
        return err_set(l->err, ERR_INVALID, "line %u, column %u: expected %s, found the end", line,
                       column, expected);
    return err_set(l->err, ERR_INVALID, "line %u, column %u: expected %s, found \"%.*s\"", line,
                   column, expected, STR_ARG(found));
}

void lexer_skip_space(struct lexer *l)
{
    for (;;) {
        str s = rest_of(l);
        size_t n = space_length(s);
        if (n == 0 && str_starts(s, STR("//"))) {
            while (n < s.n && s.p[n] != '\n')
                n++;
        } else if (n == 0 && str_starts(s, STR("/*"))) {
            size_t end = str_find(str_slice(s, 2, s.n), STR("*/"));
            n = end == SIZE_MAX ? s.n : end + 4;
        }
        if (n == 0)
            return;
        l->at += n;
    }
}

bool lexer_is_end(struct lexer *l)
{
    lexer_skip_space(l);
    return l->at == l->source.n;
}

bool lexer_sees(struct lexer *l, const char *sign)
{
    lexer_skip_space(l);
    return str_starts(rest_of(l), str_from(sign));
}

bool lexer_take(struct lexer *l, const char *sign)
{
    if (!lexer_sees(l, sign))
        return false;
    l->at += strlen(sign);
    return true;
}

/* The run of word characters at s. */
static str word_at(str s)
{
    size_t n = word_length(s, true);
    if (n == 0)
        return (str){s.p, 0};
    for (size_t more; (more = word_length(str_slice(s, n, s.n), false)) > 0;)
        n += more;
    return (str){s.p, n};
}

/* As word_at, but may begin with a digit: the later words of a name. */
static str part_at(str s)
{
    size_t n = 0;
    for (size_t more; (more = word_length(str_slice(s, n, s.n), false)) > 0;)
        n += more;
    return (str){s.p, n};
}

bool lexer_sees_word(struct lexer *l, const char *word)
{
    lexer_skip_space(l);
    return str_is(word_at(rest_of(l)), word);
}

bool lexer_take_word(struct lexer *l, const char *word)
{
    if (!lexer_sees_word(l, word))
        return false;
    l->at += strlen(word);
    return true;
}

static bool is_sign(char c)
{
    return c && strchr("./-'+*", c) != NULL;
}

str lexer_normalize(struct arena *a, str name)
{
    char *out = arena_alloc(a, name.n + 1, 1);
    size_t n = 0;
    for (size_t i = 0; i < name.n;) {
        size_t space = space_length(str_slice(name, i, name.n));
        if (space == 0) {
            out[n++] = name.p[i++];
            continue;
        }
        i += space;
        if (n && out[n - 1] != ' ')
            out[n++] = ' ';
    }
    while (n && out[n - 1] == ' ')
        n--;
    return (str){out, n};
}

void lexer_know(struct lexer *l, str raw)
{
    str name = lexer_normalize(l->arena, raw), first = word_at(name);
    if (first.n == 0 || first.n == name.n)
        return;
    struct known_name *list = map_find(&l->known, first);
    for (struct known_name *k = list; k; k = k->next) {
        if (str_equal(k->name, name))
            return;
    }
    struct known_name *k = arena_new(l->arena, struct known_name);
    *k = (struct known_name){list, name};
    map_set(&l->known, l->arena, first, k);
}

/* Length of the source that spells the name, blanks around signs being free; 0 if it does not. */
static size_t spelled_length(str s, str name)
{
    size_t at = 0;
    for (size_t i = 0; i < name.n; i++) {
        size_t space;
        if (name.p[i] == ' ' || is_sign(name.p[i]) || (i && is_sign(name.p[i - 1]))) {
            while ((space = space_length(str_slice(s, at, s.n))) > 0)
                at += space;
        }
        if (name.p[i] == ' ')
            continue;
        if (at == s.n || s.p[at] != name.p[i])
            return 0;
        at++;
    }
    bool ends_in_word = !is_sign(name.p[name.n - 1]);
    return ends_in_word && word_length(str_slice(s, at, s.n), false) ? 0 : at;
}

static bool take_known(struct lexer *l, str first, str *name)
{
    size_t best = 0;
    for (struct known_name *k = map_find(&l->known, first); k; k = k->next) {
        size_t n = spelled_length(rest_of(l), k->name);
        if (n > best) {
            best = n;
            *name = k->name;
        }
    }
    l->at += best;
    return best > 0;
}

bool lexer_take_name(struct lexer *l, str *name)
{
    lexer_skip_space(l);
    str first = word_at(rest_of(l));
    if (first.n == 0)
        return false;
    if (take_known(l, first, name))
        return true;
    if (lexer_is_keyword(first))
        return false;
    size_t start = l->at;
    l->at += first.n;
    if (first.p[0] == '?') {
        l->at = start + 1;
        *name = (str){first.p, 1};
        return true;
    }
    size_t end = l->at;
    for (;;) { /* words in a row can only be one name */
        lexer_skip_space(l);
        str next = part_at(rest_of(l));
        if (next.n == 0 || lexer_is_keyword(next))
            break;
        l->at += next.n;
        end = l->at;
    }
    l->at = end;
    str raw = str_slice(l->source, start, end);
    *name = raw.n == first.n ? raw : lexer_normalize(l->arena, raw);
    return true;
}

bool lexer_take_until(struct lexer *l, const char *stop, str *name)
{
    lexer_skip_space(l);
    str s = rest_of(l);
    size_t n = word_at(s).n, more;
    if (n == 0)
        return false;
    while (n < s.n && !(strchr(stop, s.p[n]) && s.p[n])) {
        str left = str_slice(s, n, s.n);
        more = space_length(left);
        more = more ? more : word_length(left, false);
        more = more ? more : is_sign(*left.p);
        if (more == 0)
            return false;
        n += more;
    }
    if (n == s.n)
        return false;
    *name = lexer_normalize(l->arena, str_slice(s, 0, n));
    l->at += n;
    return true;
}

bool lexer_take_key(struct lexer *l, str *name)
{
    size_t start = l->at;
    if (!lexer_take_until(l, ":", name))
        return false;
    if (lexer_take(l, ":"))
        return true;
    l->at = start;
    return false;
}

bool lexer_take_variable(struct lexer *l, str *name)
{
    lexer_skip_space(l);
    size_t start = l->at, end = start;
    str first = word_at(rest_of(l));
    if (first.n == 0)
        return false;
    while (l->at < l->source.n) {
        lexer_skip_space(l);
        str word = part_at(rest_of(l));
        if (end > start && str_is(word, "in"))
            break;
        if (word.n == 0 && !(l->at < l->source.n && is_sign(l->source.p[l->at])))
            break;
        l->at += word.n ? word.n : 1;
        end = l->at;
    }
    l->at = end;
    *name = lexer_normalize(l->arena, str_slice(l->source, start, end));
    return true;
}

static bool is_digit_at(const struct lexer *l, size_t at)
{
    return at < l->source.n && l->source.p[at] >= '0' && l->source.p[at] <= '9';
}

bool lexer_take_number(struct lexer *l, struct value *v)
{
    lexer_skip_space(l);
    size_t i = l->at;
    while (is_digit_at(l, i))
        i++;
    bool has_point = i < l->source.n && l->source.p[i] == '.' && is_digit_at(l, i + 1);
    if (i == l->at && !has_point)
        return false;
    for (i += has_point; is_digit_at(l, i);)
        i++;
    if (i < l->source.n && (l->source.p[i] == 'e' || l->source.p[i] == 'E')) {
        size_t e = i + 1;
        e += e < l->source.n && (l->source.p[e] == '+' || l->source.p[e] == '-');
        while (is_digit_at(l, e))
            i = ++e;
    }
    struct decimal d;
    if (!decimal_parse(&d, str_slice(l->source, l->at, i)))
        return lexer_fail(l, l->at, "a number of at most 10^6144");
    *v = value_number(l->arena, &d);
    l->at = i;
    return true;
}

static bool hex_at(str s, size_t at, size_t n, uint32_t *v)
{
    *v = 0;
    for (size_t i = 0; i < n; i++) {
        char c = at + i < s.n ? s.p[at + i] : 0;
        uint32_t d = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                     : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                     : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                            : 99;
        if (d == 99)
            return false;
        *v = *v << 4 | d;
    }
    return true;
}

/* One escape at s[i] == '\\': its bytes into out, returns how much of s it took.  What is no escape
 * stands for itself, so that "\s" can be a pattern. */
static size_t unescape(str s, size_t i, char out[4], size_t *n)
{
    static const char from[] = "ntr\"'\\", to[] = "\n\t\r\"'\\";
    char c = i + 1 < s.n ? s.p[i + 1] : 0;
    const char *hit = c ? strchr(from, c) : NULL;
    uint32_t v, low;
    if (hit) {
        out[0] = to[hit - from];
        *n = 1;
        return 2;
    }
    size_t digits = c == 'u' ? 4 : c == 'U' ? 6 : 0, used = 2 + digits;
    if (digits && hex_at(s, i + 2, digits, &v)) {
        if (v >= 0xd800 && v < 0xdc00 && i + 7 < s.n && s.p[i + 6] == '\\' && s.p[i + 7] == 'u' &&
            hex_at(s, i + 8, 4, &low) && low >= 0xdc00 && low < 0xe000) {
            v = 0x10000 + ((v - 0xd800) << 10) + (low - 0xdc00);
            used = 12;
        }
        if ((*n = utf8_put(out, v)) > 0)
            return used;
    }
    out[0] = '\\';
    *n = 1;
    return 1;
}

bool lexer_take_string(struct lexer *l, str *text)
{
    if (!lexer_sees(l, "\""))
        return false;
    size_t start = l->at + 1, end = start;
    bool has_escape = false;
    for (; end < l->source.n && l->source.p[end] != '"'; end++) {
        if (l->source.p[end] == '\\') {
            has_escape = true;
            end++;
        }
    }
    if (end >= l->source.n)
        return lexer_fail(l, l->source.n, "'\"' at the end of the string");
    str raw = str_slice(l->source, start, end);
    l->at = end + 1;
    *text = raw;
    if (!has_escape)
        return true;
    char *out = arena_alloc(l->arena, raw.n + 4, 1);
    size_t n = 0, wrote;
    for (size_t i = 0; i < raw.n;) {
        if (raw.p[i] != '\\') {
            out[n++] = raw.p[i++];
            continue;
        }
        char bytes[4];
        i += unescape(raw, i, bytes, &wrote);
        memcpy(out + n, bytes, wrote);
        n += wrote;
    }
    *text = (str){out, n};
    return true;
}
