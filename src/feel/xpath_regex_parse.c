/* Pattern text to instructions, straight away: recursive descent over branches and atoms. */
#include "base/map.h"
#include "feel/letters.h"
#include "feel/xpath_regex.h"

/* Slots of loops, until it is known how many groups come before them. */
#define LOOP_SLOT 0x80000000u

enum { MAX_INSNS = 20000, MAX_DEPTH = 200, MAX_REPEAT = 5000, MAX_PATTERN = 100000 };

struct reader {
    struct xpath_regex *r;
    str s;
    size_t at;
    struct arena *arena;
    struct err *err;
    int depth;
    bool is_closed[REGEX_GROUPS];
};

static bool fail(struct reader *p, const char *why)
{
    return err_set(p->err, ERR_INVALID, "the pattern is wrong at character %zu: %s", p->at + 1,
                   why);
}

static bool sees(const struct reader *p, char c)
{
    return p->at < p->s.n && p->s.p[p->at] == c;
}

static bool take(struct reader *p, char c)
{
    if (!sees(p, c))
        return false;
    p->at++;
    return true;
}

static uint32_t take_point(struct reader *p)
{
    str rest = str_slice(p->s, p->at, p->s.n);
    uint32_t c = utf8_take(&rest);
    p->at = p->s.n - rest.n;
    return c;
}

static uint32_t emit(struct reader *p, enum xpath_regex_op op, uint32_t x, uint32_t y)
{
    struct xpath_regex *r = p->r;
    if (r->n >= MAX_INSNS) {
        err_set(p->err, ERR_LIMIT, "the pattern is too large");
        return 0;
    }
    VEC_ADD(p->arena, r->insns, r->n, r->size) = (struct xpath_regex_insn){op, x, y};
    return (uint32_t)r->n - 1;
}

static void add_range(struct reader *p, struct xpath_regex_class *k, uint32_t first, uint32_t last)
{
    VEC_ADD(p->arena, k->ranges, k->n, k->size) = (struct regex_range){first, last};
}

static uint32_t add_class(struct reader *p, struct xpath_regex_class k)
{
    struct xpath_regex *r = p->r;
    VEC_ADD(p->arena, r->classes, r->class_count, r->class_size) = k;
    return (uint32_t)r->class_count - 1;
}

static void add_categories(struct xpath_regex_class *k, uint32_t mask, bool is_negated)
{
    if (is_negated) {
        k->not_categories = k->has_not ? k->not_categories & mask : mask;
        k->has_not = true;
    } else {
        k->categories |= mask;
    }
}

/* {Name} after \p or \P */
static bool take_property(struct reader *p, struct xpath_regex_class *k, bool is_negated)
{
    size_t start = p->at + 1, end = start;
    uint32_t first, last;
    while (end < p->s.n && p->s.p[end] != '}')
        end++;
    if (!sees(p, '{') || end == p->s.n)
        return fail(p, "expected {property}");
    str name = str_slice(p->s, start, end);
    if (str_starts(name, STR("Is"))) {
        if (!letters_block(str_slice(name, 2, name.n), &first, &last))
            return fail(p, "there is no such block");
        if (is_negated) {
            if (first)
                add_range(p, k, 0, first - 1);
            add_range(p, k, last + 1, 0x10ffff);
        } else {
            add_range(p, k, first, last);
        }
    } else {
        uint32_t mask = letters_category_mask(name);
        if (mask == 0)
            return fail(p, "there is no such category");
        add_categories(k, mask, is_negated);
    }
    p->at = end + 1;
    return true;
}

static void add_spaces(struct reader *p, struct xpath_regex_class *k, bool is_negated)
{
    if (!is_negated) {
        add_range(p, k, '\t', '\n');
        add_range(p, k, '\r', '\r');
        add_range(p, k, ' ', ' ');
        return;
    }
    add_range(p, k, 0, 8);
    add_range(p, k, 11, 12);
    add_range(p, k, 14, 31);
    add_range(p, k, 33, 0x10ffff);
}

/* \i and \c: what begins and continues an XML name */
static void add_name_characters(struct reader *p, struct xpath_regex_class *k, bool continues,
                                bool is_negated)
{
    static const struct regex_range start[] = {
        {':', ':'},       {'A', 'Z'},       {'_', '_'},       {'a', 'z'},
        {0xc0, 0xd6},     {0xd8, 0xf6},     {0xf8, 0x2ff},    {0x370, 0x37d},
        {0x37f, 0x1fff},  {0x200c, 0x200d}, {0x2070, 0x218f}, {0x2c00, 0x2fef},
        {0x3001, 0xd7ff}, {0xf900, 0xfdcf}, {0xfdf0, 0xfffd}, {0x10000, 0xeffff}};
    static const struct regex_range rest[] = {
        {'-', '.'},       {'0', ':'},       {'A', 'Z'},        {'_', '_'},       {'a', 'z'},
        {0xb7, 0xb7},     {0xc0, 0xd6},     {0xd8, 0xf6},      {0xf8, 0x37d},    {0x37f, 0x1fff},
        {0x200c, 0x200d}, {0x203f, 0x2040}, {0x2070, 0x218f},  {0x2c00, 0x2fef}, {0x3001, 0xd7ff},
        {0xf900, 0xfdcf}, {0xfdf0, 0xfffd}, {0x10000, 0xeffff}};
    const struct regex_range *ranges = continues ? rest : start;
    size_t n = continues ? COUNT(rest) : COUNT(start);
    uint32_t next = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_negated)
            add_range(p, k, ranges[i].first, ranges[i].last);
        else if (ranges[i].first > next)
            add_range(p, k, next, ranges[i].first - 1);
        next = ranges[i].last + 1;
    }
    if (is_negated)
        add_range(p, k, next, 0x10ffff);
}

/* A class escape at the letter after '\'; false without an error when it is none. */
static bool take_class_escape(struct reader *p, struct xpath_regex_class *k)
{
    char c = p->at < p->s.n ? p->s.p[p->at] : 0;
    if (!c || !strchr("sSdDwWpPiIcC", c))
        return false;
    p->at++;
    bool is_negated = c >= 'A' && c <= 'Z';
    switch (c | 0x20) {
    case 's':
        add_spaces(p, k, is_negated);
        return true;
    case 'd':
        add_categories(k, 1u << U_Nd, is_negated);
        return true;
    case 'w': /* everything but punctuation, separators and others */
        add_categories(k,
                       letters_category_mask(STR("P")) | letters_category_mask(STR("Z")) |
                           letters_category_mask(STR("C")),
                       !is_negated);
        return true;
    case 'p':
        return take_property(p, k, is_negated);
    default:
        add_name_characters(p, k, (c | 0x20) == 'c', is_negated);
        return true;
    }
}

/* A character escape at the letter after '\' */
static bool take_escaped(struct reader *p, uint32_t *c)
{
    static const char from[] = "nrt\\|.?*+(){}-[]^$", to[] = "\n\r\t\\|.?*+(){}-[]^$";
    const char *hit = p->at < p->s.n && p->s.p[p->at] ? strchr(from, p->s.p[p->at]) : NULL;
    if (!hit)
        return fail(p, "there is no such escape");
    p->at++;
    *c = (unsigned char)to[hit - from];
    return true;
}

static bool take_class(struct reader *p, uint32_t *index);

/* One character or range of a class */
static bool take_class_item(struct reader *p, struct xpath_regex_class *k, bool is_first)
{
    uint32_t first, last;
    if (take(p, '\\')) {
        if (take_class_escape(p, k))
            return true;
        if (p->err->code || !take_escaped(p, &first))
            return false;
    } else {
        if (sees(p, '[') ||
            (sees(p, '-') && !is_first && p->at + 1 < p->s.n && p->s.p[p->at + 1] != ']'))
            return fail(p, "'[' and '-' need an escape here");
        first = take_point(p);
    }
    last = first;
    bool is_range =
        sees(p, '-') && p->at + 1 < p->s.n && p->s.p[p->at + 1] != ']' && p->s.p[p->at + 1] != '[';
    if (is_range) {
        p->at++;
        if (take(p, '\\')) {
            if (!take_escaped(p, &last))
                return false;
        } else {
            last = take_point(p);
        }
        if (last < first)
            return fail(p, "the range is reversed");
    }
    add_range(p, k, first, last);
    return true;
}

/* After '[' */
static bool take_class(struct reader *p, uint32_t *index)
{
    struct xpath_regex_class k = {.without = -1};
    uint32_t without;
    k.is_negated = take(p, '^');
    if (++p->depth > MAX_DEPTH)
        return fail(p, "classes are nested too deeply");
    for (bool is_first = true;; is_first = false) {
        if (p->at >= p->s.n)
            return fail(p, "the class does not end");
        if (!is_first && sees(p, ']'))
            break;
        if (is_first && sees(p, ']'))
            return fail(p, "the class is empty");
        if (!is_first && sees(p, '-') && p->at + 1 < p->s.n && p->s.p[p->at + 1] == '[') {
            p->at += 2;
            if (!take_class(p, &without))
                return false;
            k.without = (int32_t)without;
            if (!sees(p, ']'))
                return fail(p, "']' must follow the subtracted class");
            break;
        }
        if (!take_class_item(p, &k, is_first))
            return false;
    }
    p->at++;
    p->depth--;
    *index = add_class(p, k);
    return true;
}

static bool take_back_reference(struct reader *p)
{
    size_t group = 0;
    while (p->at < p->s.n && p->s.p[p->at] >= '0' && p->s.p[p->at] <= '9') {
        size_t next = group * 10 + (size_t)(p->s.p[p->at] - '0');
        if (group && next > p->r->group_count)
            break;
        group = next;
        p->at++;
        if (group == 0)
            break;
    }
    if (group == 0 || group > p->r->group_count || !p->is_closed[group])
        return fail(p, "the group referred to does not end before");
    p->r->has_back_references = true;
    emit(p, REGEX_BACK, (uint32_t)group, 0);
    return true;
}

static bool take_branches(struct reader *p);

static bool take_group(struct reader *p)
{
    bool captures = true;
    if (take(p, '?')) {
        if (!take(p, ':'))
            return fail(p, "only (?: is known");
        captures = false;
    }
    size_t group = 0;
    if (captures) {
        group = ++p->r->group_count;
        if (group >= REGEX_GROUPS)
            return fail(p, "too many groups");
        emit(p, REGEX_SAVE, (uint32_t)group * 2, 0);
    }
    if (!take_branches(p))
        return false;
    if (!take(p, ')'))
        return fail(p, "expected ')'");
    if (captures) {
        emit(p, REGEX_SAVE, (uint32_t)group * 2 + 1, 0);
        p->is_closed[group] = true;
    }
    return true;
}

static bool take_atom(struct reader *p)
{
    uint32_t c, index;
    if (take(p, '('))
        return take_group(p);
    if (take(p, '[')) {
        if (!take_class(p, &index))
            return false;
        emit(p, REGEX_CLASS, index, 0);
        return true;
    }
    if (take(p, '.')) {
        emit(p, REGEX_ANY, 0, 0);
        return true;
    }
    if (take(p, '^')) {
        emit(p, REGEX_BEGIN, 0, 0);
        return true;
    }
    if (take(p, '$')) {
        emit(p, REGEX_END, 0, 0);
        return true;
    }
    if (take(p, '\\')) {
        struct xpath_regex_class k = {.without = -1};
        if (p->at < p->s.n && p->s.p[p->at] >= '0' && p->s.p[p->at] <= '9')
            return take_back_reference(p);
        if (take_class_escape(p, &k)) {
            emit(p, REGEX_CLASS, add_class(p, k), 0);
            return true;
        }
        if (p->err->code || !take_escaped(p, &c))
            return false;
    } else {
        if (strchr("?*+{}]", p->s.p[p->at]) && p->s.p[p->at])
            return fail(p, "this character needs an escape");
        c = take_point(p);
    }
    emit(p, REGEX_CHAR, p->r->ignores_case ? letters_to(c, UNICODE_LOWER) : c, 0);
    return true;
}

static bool take_count(struct reader *p, uint32_t *n)
{
    size_t start = p->at;
    *n = 0;
    for (; p->at < p->s.n && p->s.p[p->at] >= '0' && p->s.p[p->at] <= '9'; p->at++) {
        *n = *n * 10 + (uint32_t)(p->s.p[p->at] - '0');
        if (*n > MAX_REPEAT)
            return fail(p, "the count is too large");
    }
    return p->at > start || fail(p, "expected a count");
}

static bool take_quantifier(struct reader *p, uint32_t *least, uint32_t *most, bool *has_any)
{
    *has_any = true;
    *least = 0;
    *most = UINT32_MAX;
    if (take(p, '*'))
        return true;
    if (take(p, '+')) {
        *least = 1;
        return true;
    }
    if (take(p, '?')) {
        *most = 1;
        return true;
    }
    if (!take(p, '{')) {
        *has_any = false;
        return true;
    }
    if (!take_count(p, least))
        return false;
    *most = *least;
    if (take(p, ',')) {
        *most = UINT32_MAX;
        if (!sees(p, '}') && !take_count(p, most))
            return false;
    }
    if (*most < *least)
        return fail(p, "the counts are reversed");
    return take(p, '}') || fail(p, "expected '}'");
}

static uint32_t moved(uint32_t target, size_t from, size_t end, size_t by)
{
    return target >= from && target <= end ? target + (uint32_t)by : target;
}

/* Appends a copy of the instructions from..end. */
static void repeat(struct reader *p, const struct xpath_regex_insn *part, size_t from, size_t end)
{
    size_t by = p->r->n - from;
    for (size_t i = 0; i < end - from; i++) {
        struct xpath_regex_insn insn = part[i];
        if (insn.op == REGEX_SPLIT || insn.op == REGEX_JUMP) {
            insn.x = moved(insn.x, from, end, by);
            insn.y = moved(insn.y, from, end, by);
        }
        emit(p, insn.op, insn.x, insn.y);
    }
}

static void split_at(struct reader *p, uint32_t at, uint32_t inside, uint32_t outside,
                     bool is_greedy)
{
    if (p->err->code)
        return;
    p->r->insns[at].x = is_greedy ? inside : outside;
    p->r->insns[at].y = is_greedy ? outside : inside;
}

/* The atom just emitted, from `from` on, becomes least to most of it. */
static void quantify(struct reader *p, size_t from, uint32_t least, uint32_t most, bool is_greedy)
{
    struct xpath_regex *r = p->r;
    size_t end = r->n, length = end - from;
    struct xpath_regex_insn *part = arena_array(p->arena, struct xpath_regex_insn, length);
    if (length)
        memcpy(part, r->insns + from, length * sizeof *part);
    r->n = from;
    for (uint32_t i = 0; i < least && !p->err->code; i++)
        repeat(p, part, from, end);
    if (most == UINT32_MAX) {
        uint32_t slot = LOOP_SLOT | (uint32_t)r->loop_count++;
        uint32_t split = emit(p, REGEX_SPLIT, 0, 0);
        emit(p, REGEX_SAVE, slot, 0);
        repeat(p, part, from, end);
        emit(p, REGEX_PROGRESS, slot, 0); /* an empty round ends the loop */
        emit(p, REGEX_JUMP, split, 0);
        split_at(p, split, split + 1, (uint32_t)r->n, is_greedy);
        return;
    }
    /* a{0,3} is (a(a(a)?)?)?: all leave to the same place */
    uint32_t *splits = arena_array(p->arena, uint32_t, (size_t)(most - least) + 1);
    for (uint32_t i = least; i < most && !p->err->code; i++) {
        splits[i - least] = emit(p, REGEX_SPLIT, 0, 0);
        repeat(p, part, from, end);
    }
    for (uint32_t i = least; i < most && !p->err->code; i++)
        split_at(p, splits[i - least], splits[i - least] + 1, (uint32_t)r->n, is_greedy);
}

static bool take_branch(struct reader *p)
{
    while (p->at < p->s.n && !sees(p, '|') && !sees(p, ')')) {
        uint32_t least, most;
        bool has_any;
        size_t from = p->r->n;
        if (!take_atom(p) || !take_quantifier(p, &least, &most, &has_any))
            return false;
        if (has_any) {
            bool is_greedy = !take(p, '?');
            quantify(p, from, least, most, is_greedy);
        }
        if (p->err->code)
            return false;
    }
    return true;
}

static bool take_branches(struct reader *p)
{
    if (++p->depth > MAX_DEPTH)
        return fail(p, "groups are nested too deeply");
    size_t from = p->r->n;
    if (!take_branch(p))
        return false;
    if (sees(p, '|')) {
        /* SPLIT over the first branch: shift it by one, then the rest. */
        size_t end = p->r->n, length = end - from;
        struct xpath_regex_insn *part = arena_array(p->arena, struct xpath_regex_insn, length);
        if (length)
            memcpy(part, p->r->insns + from, length * sizeof *part);
        p->r->n = from;
        uint32_t split = emit(p, REGEX_SPLIT, 0, 0);
        repeat(p, part, from, end);
        uint32_t jump = emit(p, REGEX_JUMP, 0, 0);
        split_at(p, split, split + 1, (uint32_t)p->r->n, true);
        p->at++;
        p->depth--;
        if (!take_branches(p))
            return false;
        p->depth++;
        p->r->insns[jump].x = (uint32_t)p->r->n;
    }
    p->depth--;
    return !p->err->code;
}

static bool take_flags(struct xpath_regex *r, str flags, bool *is_spaced, struct err *e)
{
    for (size_t i = 0; i < flags.n; i++) {
        switch (flags.p[i]) {
        case 's':
            r->dot_takes_all = true;
            break;
        case 'm':
            r->is_multiline = true;
            break;
        case 'i':
            r->ignores_case = true;
            break;
        case 'x':
            *is_spaced = true;
            break;
        case 'q':
            r->is_literal = true;
            break;
        default:
            return err_set(e, ERR_INVALID, "there is no flag '%c'", flags.p[i]);
        }
    }
    return true;
}

/* Flag x: blanks outside classes mean nothing. */
static str without_space(str s, struct arena *a)
{
    char *out = arena_alloc(a, s.n + 1, 1);
    size_t n = 0;
    int classes = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool is_space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (is_space && classes == 0)
            continue;
        if (c == '\\' && i + 1 < s.n && !(classes == 0 && s.p[i + 1] == ' ')) {
            out[n++] = c;
            c = s.p[++i];
        } else if (c == '[') {
            classes++;
        } else if (c == ']' && classes) {
            classes--;
        }
        out[n++] = c;
    }
    return (str){out, n};
}

/* Only tries with back-references ask whether a loop made progress. */
static void settle_slots(struct xpath_regex *r)
{
    r->slot_count = (r->group_count + 1) * 2;
    for (size_t i = 0; i < r->n; i++) {
        struct xpath_regex_insn *insn = &r->insns[i];
        if ((insn->op != REGEX_SAVE && insn->op != REGEX_PROGRESS) || !(insn->x & LOOP_SLOT))
            continue;
        if (r->has_back_references)
            insn->x = (uint32_t)r->slot_count + (insn->x & ~LOOP_SLOT);
        else
            *insn = (struct xpath_regex_insn){REGEX_JUMP, (uint32_t)i + 1, 0};
    }
    if (r->has_back_references)
        r->slot_count += r->loop_count;
}

bool xpath_regex_compile(struct xpath_regex *r, str pattern, str flags, struct arena *a,
                         struct err *e)
{
    *r = (struct xpath_regex){0};
    bool is_spaced = false;
    if (pattern.n > MAX_PATTERN)
        return err_set(e, ERR_LIMIT, "the pattern is longer than %d bytes", MAX_PATTERN);
    if (!take_flags(r, flags, &is_spaced, e))
        return false;
    struct reader p = {.r = r, .s = pattern, .arena = a, .err = e};
    if (is_spaced && !r->is_literal)
        p.s = without_space(pattern, a);
    while (r->is_literal && p.at < p.s.n) {
        uint32_t c = take_point(&p);
        emit(&p, REGEX_CHAR, r->ignores_case ? letters_to(c, UNICODE_LOWER) : c, 0);
    }
    if (!r->is_literal && !take_branches(&p))
        return false;
    if (p.at < p.s.n)
        return fail(&p, "')' without '('");
    emit(&p, REGEX_MATCH, 0, 0);
    if (!e->code)
        settle_slots(r);
    return !e->code;
}
