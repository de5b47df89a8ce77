/* Patterns of ECMA-262, section 22.2.1, as written with the u flag. */
#include "base/map.h"
#include "text/regex_impl.h"

struct parser {
    str in; /* what is left */
    const char *start;
    struct regex_tree *tree;
    struct arena *arena;
    struct err *err;
    uint32_t group_count, highest_back_reference;
    struct map names, named_references;
    int depth;
};

/* A growing list of ranges, put in order at the end. */
struct ranges {
    struct unicode_range *items;
    size_t n, size;
};

static struct regex_node *fail(struct parser *p, const char *what)
{
    err_set(p->err, ERR_INVALID, "pattern, byte %zu: %s", (size_t)(p->in.p - p->start) + 1, what);
    return NULL;
}

static bool is_next(const struct parser *p, const char *text)
{
    return str_starts(p->in, str_from(text));
}

static void drop(struct parser *p, size_t n)
{
    p->in = str_slice(p->in, n, p->in.n);
}

static bool take(struct parser *p, const char *text)
{
    if (!is_next(p, text))
        return false;
    drop(p, strlen(text));
    return true;
}

static struct regex_node *new_node(struct parser *p, enum regex_kind kind)
{
    struct regex_node *n = arena_new(p->arena, struct regex_node);
    n->kind = kind;
    return n;
}

static int by_first(const void *a, const void *b)
{
    const struct unicode_range *x = a, *y = b;
    return x->first < y->first ? -1 : x->first > y->first;
}

static struct unicode_set in_order(struct ranges *r)
{
    if (r->n)
        qsort(r->items, r->n, sizeof *r->items, by_first);
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) {
        struct unicode_range x = r->items[i];
        if (n && x.first <= r->items[n - 1].last + 1) {
            if (x.last > r->items[n - 1].last)
                r->items[n - 1].last = x.last;
        } else {
            r->items[n++] = x;
        }
    }
    r->n = n;
    return (struct unicode_set){r->items, n};
}

static void add_range(struct parser *p, struct ranges *r, uint32_t first, uint32_t last)
{
    VEC_ADD(p->arena, r->items, r->n, r->size) = (struct unicode_range){first, last};
}

static void add_set(struct parser *p, struct ranges *r, struct unicode_set s)
{
    for (size_t i = 0; i < s.n; i++)
        add_range(p, r, s.ranges[i].first, s.ranges[i].last);
}

static struct unicode_set complement(struct parser *p, struct unicode_set s)
{
    struct ranges out = {0};
    uint32_t from = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.ranges[i].first > from)
            add_range(p, &out, from, s.ranges[i].first - 1);
        from = s.ranges[i].last + 1;
    }
    if (from <= UNICODE_LAST)
        add_range(p, &out, from, UNICODE_LAST);
    return (struct unicode_set){out.items, out.n};
}

static struct regex_node *set_node(struct parser *p, struct unicode_set s)
{
    struct regex_tree *t = p->tree;
    struct regex_node *n = new_node(p, REGEX_SET);
    n->set = (uint32_t)t->set_count;
    VEC_ADD(p->arena, t->sets, t->set_count, t->set_size) = s;
    return n;
}

static struct regex_node *char_node(struct parser *p, uint32_t cp)
{
    struct ranges r = {0};
    add_range(p, &r, cp, cp);
    return set_node(p, in_order(&r));
}

/* \d \s \w and their opposites; false when c is none of them. */
static bool class_escape(struct parser *p, char c, struct unicode_set *s)
{
    static const struct unicode_range digit[] = {{'0', '9'}};
    static const struct unicode_range word[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
    static const struct unicode_range space[] = {
        {9, 13},          {32, 32},         {0xa0, 0xa0},     {0x1680, 0x1680}, {0x2000, 0x200a},
        {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}, {0xfeff, 0xfeff}};
    switch (c | 0x20) {
    case 'd':
        *s = (struct unicode_set){digit, COUNT(digit)};
        break;
    case 'w':
        *s = (struct unicode_set){word, COUNT(word)};
        break;
    case 's':
        *s = (struct unicode_set){space, COUNT(space)};
        break;
    default:
        return false;
    }
    if (!(c & 0x20))
        *s = complement(p, *s);
    return true;
}

static bool property_escape(struct parser *p, bool is_negative, struct unicode_set *s)
{
    if (!take(p, "{"))
        return fail(p, "expected { behind \\p") != NULL;
    size_t end = str_find(p->in, STR("}"));
    if (end == SIZE_MAX)
        return fail(p, "\\p{ is not closed") != NULL;
    str name = str_slice(p->in, 0, end), value = {0};
    size_t equals = str_find(name, STR("="));
    if (equals != SIZE_MAX) {
        value = str_slice(name, equals + 1, name.n);
        name = str_slice(name, 0, equals);
    }
    if ((equals != SIZE_MAX && value.n == 0) || !unicode_property(s, name, value, p->arena))
        return fail(p, "unknown Unicode property") != NULL;
    drop(p, end + 1);
    if (is_negative)
        *s = complement(p, *s);
    return true;
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool take_hex(struct parser *p, size_t digits, uint32_t *v)
{
    uint32_t got = 0;
    if (p->in.n < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        int h = hex_value(p->in.p[i]);
        if (h < 0)
            return false;
        got = got << 4 | (uint32_t)h;
    }
    drop(p, digits);
    *v = got;
    return true;
}

/* Behind \u. */
static bool take_unicode_escape(struct parser *p, uint32_t *cp)
{
    if (take(p, "{")) {
        uint32_t v = 0;
        size_t n = 0;
        for (int h; p->in.n && (h = hex_value(*p->in.p)) >= 0; n++) {
            v = v << 4 | (uint32_t)h;
            if (v > UNICODE_LAST)
                return false;
            drop(p, 1);
        }
        *cp = v;
        return n > 0 && take(p, "}");
    }
    if (!take_hex(p, 4, cp))
        return false;
    str back = p->in;
    uint32_t low;
    if (*cp >= 0xd800 && *cp < 0xdc00 && take(p, "\\u")) {
        if (take_hex(p, 4, &low) && low >= 0xdc00 && low <= 0xdfff)
            *cp = 0x10000 + ((*cp - 0xd800) << 10) + (low - 0xdc00);
        else
            p->in = back;
    }
    return true;
}

/* Behind the backslash: an escape that means one code point. */
static bool take_character_escape(struct parser *p, bool is_in_class, uint32_t *cp)
{
    static const char from[] = "tnvfr", to[] = "\t\n\v\f\r";
    if (p->in.n == 0)
        return fail(p, "nothing behind the backslash") != NULL;
    char c = *p->in.p;
    const char *simple = c ? strchr(from, c) : NULL;
    if ((unsigned char)c >= 0x80)
        return fail(p, "this character takes no backslash") != NULL;
    drop(p, 1);
    if (simple)
        *cp = (uint32_t)to[simple - from];
    else if (c == 'b' && is_in_class)
        *cp = '\b';
    else if (c == '0' && !(p->in.n && *p->in.p >= '0' && *p->in.p <= '9'))
        *cp = 0;
    else if (c == 'c' && p->in.n && ((*p->in.p | 0x20) >= 'a' && (*p->in.p | 0x20) <= 'z')) {
        *cp = (uint32_t)(*p->in.p & 0x1f);
        drop(p, 1);
    } else if (c == 'x') {
        return take_hex(p, 2, cp) || fail(p, "expected two hexadecimal digits");
    } else if (c == 'u') {
        return take_unicode_escape(p, cp) || fail(p, "expected a code point in hexadecimal");
    } else if (c > 0x20 && c < 0x7f && c != '_' && !(c >= '0' && c <= '9') &&
               !((c | 0x20) >= 'a' && (c | 0x20) <= 'z')) {
        *cp = (uint32_t)c;
    } else {
        return fail(p, "unknown escape") != NULL;
    }
    return true;
}

/* One member of a class: a code point (is_set false) or a set. */
static bool take_class_atom(struct parser *p, uint32_t *cp, struct unicode_set *s, bool *is_set)
{
    *is_set = false;
    if (!take(p, "\\")) {
        *cp = utf8_take(&p->in);
        return true;
    }
    if (p->in.n && class_escape(p, *p->in.p, s)) {
        drop(p, 1);
        *is_set = true;
        return true;
    }
    if (is_next(p, "p") || is_next(p, "P")) {
        bool is_negative = *p->in.p == 'P';
        drop(p, 1);
        *is_set = true;
        return property_escape(p, is_negative, s);
    }
    return take_character_escape(p, true, cp);
}

static struct regex_node *take_class(struct parser *p)
{
    struct ranges r = {0};
    bool is_negative = take(p, "^");
    while (!take(p, "]")) {
        uint32_t first, last;
        struct unicode_set s, other;
        bool is_set, is_other_set;
        if (p->in.n == 0)
            return fail(p, "[ is not closed");
        if (!take_class_atom(p, &first, &s, &is_set))
            return NULL;
        if (is_next(p, "-") && !is_next(p, "-]") && p->in.n > 1) {
            drop(p, 1);
            if (!take_class_atom(p, &last, &other, &is_other_set))
                return NULL;
            if (is_set || is_other_set)
                return fail(p, "a range needs a single character at both ends");
            if (first > last)
                return fail(p, "the range runs backwards");
            add_range(p, &r, first, last);
        } else if (is_set) {
            add_set(p, &r, s);
        } else {
            add_range(p, &r, first, first);
        }
    }
    struct unicode_set set = in_order(&r);
    return set_node(p, is_negative ? complement(p, set) : set);
}

static bool take_name(struct parser *p, str *name)
{
    size_t end = str_find(p->in, STR(">"));
    if (end == SIZE_MAX || end == 0)
        return fail(p, "expected a group name and >") != NULL;
    *name = str_slice(p->in, 0, end);
    str rest = *name;
    for (bool is_first = true; rest.n; is_first = false) {
        uint32_t cp = utf8_take(&rest);
        struct unicode_set ok;
        bool known = unicode_property(&ok, is_first ? STR("ID_Start") : STR("ID_Continue"),
                                      (str){0}, p->arena);
        if (cp != '$' && cp != '_' && !(known && unicode_set_has(ok, cp)))
            return fail(p, "not a group name") != NULL;
    }
    drop(p, end + 1);
    return true;
}

static struct regex_node *take_back_reference(struct parser *p)
{
    p->tree->has_back_reference = true;
    if (take(p, "k")) {
        str name;
        if (!take(p, "<"))
            return fail(p, "expected < behind \\k");
        if (!take_name(p, &name))
            return NULL;
        map_set(&p->named_references, p->arena, name, NULL);
    } else {
        uint32_t n = 0;
        while (p->in.n && *p->in.p >= '0' && *p->in.p <= '9' && n < 100000) {
            n = n * 10 + (uint32_t)(*p->in.p - '0');
            drop(p, 1);
        }
        if (n > p->highest_back_reference)
            p->highest_back_reference = n;
    }
    return new_node(p, REGEX_BACK);
}

static struct regex_node *take_escape(struct parser *p)
{
    struct unicode_set s;
    uint32_t cp;
    if (p->in.n == 0)
        return fail(p, "nothing behind the backslash");
    char c = *p->in.p;
    if (c == 'b' || c == 'B') {
        drop(p, 1);
        return new_node(p, c == 'b' ? REGEX_WORD : REGEX_NOT_WORD);
    }
    if (c == 'k' || (c >= '1' && c <= '9'))
        return take_back_reference(p);
    if (class_escape(p, c, &s)) {
        drop(p, 1);
        return set_node(p, s);
    }
    if (c == 'p' || c == 'P') {
        drop(p, 1);
        return property_escape(p, c == 'P', &s) ? set_node(p, s) : NULL;
    }
    return take_character_escape(p, false, &cp) ? char_node(p, cp) : NULL;
}

static struct regex_node *take_choice(struct parser *p);

/* Behind the opening parenthesis. */
static struct regex_node *take_group(struct parser *p)
{
    struct regex_node *look = NULL;
    if (take(p, "?")) {
        str name;
        if (is_next(p, "=") || is_next(p, "!") || is_next(p, "<=") || is_next(p, "<!")) {
            look = new_node(p, REGEX_LOOK);
            look->is_behind = take(p, "<");
            look->is_negative = *p->in.p == '!';
            drop(p, 1);
        } else if (take(p, "<")) {
            if (!take_name(p, &name))
                return NULL;
            if (map_has(&p->names, name))
                return fail(p, "two groups have the same name");
            map_set(&p->names, p->arena, name, NULL);
            p->group_count++;
        } else if (!take(p, ":")) {
            return fail(p, "unknown kind of group");
        }
    } else {
        p->group_count++;
    }
    if (++p->depth > REGEX_MAX_DEPTH)
        return fail(p, "nested too deeply");
    struct regex_node *body = take_choice(p);
    p->depth--;
    if (!body)
        return NULL;
    if (!take(p, ")"))
        return fail(p, "( is not closed");
    if (!look)
        return body;
    look->items = arena_new(p->arena, struct regex_node *);
    look->items[0] = body;
    look->n = 1;
    return look;
}

static struct regex_node *take_atom(struct parser *p)
{
    static const struct unicode_range line_ends[] = {{10, 10}, {13, 13}, {0x2028, 0x2029}};
    if (take(p, "^"))
        return new_node(p, REGEX_START);
    if (take(p, "$"))
        return new_node(p, REGEX_END);
    if (take(p, "."))
        return set_node(p, complement(p, (struct unicode_set){line_ends, COUNT(line_ends)}));
    if (take(p, "["))
        return take_class(p);
    if (take(p, "("))
        return take_group(p);
    if (take(p, "\\"))
        return take_escape(p);
    if (strchr("*+?{}]", *p->in.p) && *p->in.p)
        return fail(p, "this character needs a backslash here");
    return char_node(p, utf8_take(&p->in));
}

static bool take_count(struct parser *p, uint32_t *n)
{
    size_t i = 0;
    uint64_t v = 0;
    for (; i < p->in.n && p->in.p[i] >= '0' && p->in.p[i] <= '9'; i++)
        v = v > REGEX_NO_LIMIT ? v : v * 10 + (uint64_t)(p->in.p[i] - '0');
    drop(p, i);
    *n = v > REGEX_NO_LIMIT - 1 ? REGEX_NO_LIMIT - 1 : (uint32_t)v;
    return i > 0;
}

/* *is_there: whether there was one. */
static bool take_quantifier(struct parser *p, uint32_t *least, uint32_t *most, bool *is_there)
{
    *is_there = true;
    *least = 0;
    *most = REGEX_NO_LIMIT;
    if (take(p, "*")) {
    } else if (take(p, "+")) {
        *least = 1;
    } else if (take(p, "?")) {
        *most = 1;
    } else if (take(p, "{")) {
        if (!take_count(p, least))
            return fail(p, "expected a number of repetitions") != NULL;
        *most = *least;
        if (take(p, ",") && !take_count(p, most))
            *most = REGEX_NO_LIMIT;
        if (!take(p, "}"))
            return fail(p, "the repetition is not closed") != NULL;
        if (*least > *most)
            return fail(p, "the repetition's limits run backwards") != NULL;
    } else {
        *is_there = false;
        return true;
    }
    take(p, "?"); /* lazy or greedy: a yes or no does not tell */
    return true;
}

static struct regex_node *take_term(struct parser *p)
{
    uint32_t least, most;
    bool is_there;
    struct regex_node *atom = take_atom(p);
    if (!atom || !take_quantifier(p, &least, &most, &is_there))
        return NULL;
    if (!is_there)
        return atom;
    if (atom->kind == REGEX_START || atom->kind == REGEX_END || atom->kind == REGEX_WORD ||
        atom->kind == REGEX_NOT_WORD || atom->kind == REGEX_LOOK)
        return fail(p, "an assertion cannot be repeated");
    struct regex_node *n = new_node(p, REGEX_REPEAT);
    n->least = least;
    n->most = most;
    n->items = arena_new(p->arena, struct regex_node *);
    n->items[0] = atom;
    n->n = 1;
    return n;
}

static struct regex_node *take_sequence(struct parser *p)
{
    struct regex_node *n = new_node(p, REGEX_SEQUENCE);
    size_t count = 0, size = 0;
    while (p->in.n && *p->in.p != '|' && *p->in.p != ')') {
        struct regex_node *term = take_term(p);
        if (!term)
            return NULL;
        VEC_ADD(p->arena, n->items, count, size) = term;
    }
    n->n = (uint32_t)count;
    return n;
}

static struct regex_node *take_choice(struct parser *p)
{
    struct regex_node *n = new_node(p, REGEX_CHOICE);
    size_t count = 0, size = 0;
    do {
        struct regex_node *way = take_sequence(p);
        if (!way)
            return NULL;
        VEC_ADD(p->arena, n->items, count, size) = way;
    } while (take(p, "|"));
    n->n = (uint32_t)count;
    return count == 1 ? n->items[0] : n;
}

bool regex_parse(struct regex_tree *tree, str pattern, struct arena *a, struct err *e)
{
    struct regex_tree got = {0};
    struct parser p = {.in = pattern, .start = pattern.p, .tree = &got, .arena = a, .err = e};
    if (pattern.n > REGEX_MAX_BYTES)
        return err_set(e, ERR_LIMIT, "the pattern has %zu bytes; at most %d are read", pattern.n,
                       REGEX_MAX_BYTES);
    if (!utf8_is_valid(pattern))
        return err_set(e, ERR_INVALID, "the pattern is not valid UTF-8");
    got.root = take_choice(&p);
    if (!got.root)
        return false;
    if (p.in.n)
        return fail(&p, "nothing opened what this closes") != NULL;
    if (p.highest_back_reference > p.group_count)
        return fail(&p, "a back reference to a group that is not there") != NULL;
    for (size_t i = 0; i < p.named_references.n; i++) {
        if (!map_has(&p.names, p.named_references.entries[i].key))
            return fail(&p, "a back reference to a name that is not there") != NULL;
    }
    *tree = got;
    return true;
}

bool regex_check(str pattern, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct regex_tree tree;
    return regex_parse(&tree, pattern, &a, e);
}
