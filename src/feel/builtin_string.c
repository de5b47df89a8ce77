/* Strings, and numbers from strings (DMN 1.5, 10.3.4.1 and 10.3.4.3). */
#include "feel/letters.h"
#include "feel/machine.h"
#include "feel/xpath_regex.h"

enum { MAX_TEXT = 64 << 20 };

static bool are_strings(struct machine *m, const struct value *a, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (a[i].kind != VALUE_STRING) {
            if (a[i].kind != VALUE_NULL)
                machine_warn(m, "%s(): %s is no string", name, value_kind_name(a[i].kind));
            return false;
        }
    }
    return true;
}

struct value builtin_not(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    if (a[0].kind == VALUE_BOOLEAN)
        return value_boolean(!a[0].i);
    if (a[0].kind == VALUE_NULL)
        return VALUE_NOTHING;
    return machine_warn(m, "not(): %s is no boolean", value_kind_name(a[0].kind));
}

struct value builtin_string(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    if (a[0].kind == VALUE_NULL || a[0].kind == VALUE_STRING)
        return a[0];
    BUF_SCOPED struct buf b = {.max = MAX_TEXT};
    value_write(&b, a[0]);
    return machine_string(m, &b);
}

/* One character of those allowed, or null. */
static bool take_separator(struct value v, const char *allowed, char *c)
{
    *c = 0;
    if (v.kind == VALUE_NULL)
        return true;
    if (v.kind != VALUE_STRING || v.n != 1 || !strchr(allowed, *v.text))
        return false;
    *c = *v.text;
    return true;
}

enum { SMALL_DIGITS = 18 };

static struct value read_number(struct machine *m, str text)
{
    struct decimal d;
    int64_t n;
    if (text.n <= SMALL_DIGITS && str_to_int64(text, &n))
        return value_int(n);
    if (!decimal_parse(&d, text))
        return machine_warn(m, "number(): \"%.*s\" is none", text.n > 60 ? 60 : (int)text.n,
                            text.p);
    return value_number(m->arena, &d);
}

struct value builtin_number(struct machine *m, const struct value *a, size_t n)
{
    char group, point;
    if (n == 1 && a[0].kind == VALUE_NUMBER)
        return a[0];
    if (a[0].kind != VALUE_STRING)
        return machine_warn(m, "number() reads a string");
    if (n == 1)
        return read_number(m, value_text(a[0]));
    if (n != 3 || !take_separator(a[1], " ,.", &group) || !take_separator(a[2], ",.", &point) ||
        (group && group == point))
        return machine_warn(m, "number(): the separators must be two of ' ', ',' and '.'");
    BUF_SCOPED struct buf b = {.max = MAX_TEXT};
    for (uint32_t i = 0; i < a[0].n; i++) {
        char c = a[0].text[i];
        if (group && c == group)
            continue;
        if (c == '.' && point && point != '.')
            return machine_warn(m, "number(): the text is none");
        buf_add_char(&b, point && c == point ? '.' : c);
    }
    return read_number(m, buf_str(&b));
}

struct value builtin_string_length(struct machine *m, const struct value *a, size_t n)
{
    if (!are_strings(m, a, n, "string length"))
        return VALUE_NOTHING;
    return value_int((int64_t)utf8_count(value_text(a[0])));
}

/* The byte where character `at` (from 0) begins; s.n past the end. */
static size_t byte_of(str s, int64_t at)
{
    size_t i = 0;
    for (; i < s.n; i++) {
        bool begins = ((unsigned char)s.p[i] & 0xc0) != 0x80;
        if (begins && at-- == 0)
            break;
    }
    return i;
}

struct value builtin_substring(struct machine *m, const struct value *a, size_t n)
{
    int64_t start, length = INT64_MAX / 2;
    if (!are_strings(m, a, 1, "substring") || a[1].kind != VALUE_NUMBER ||
        (n == 3 && a[2].kind != VALUE_NUMBER && a[2].kind != VALUE_NULL))
        return VALUE_NOTHING;
    struct decimal d = value_decimal(a[1]);
    str s = value_text(a[0]);
    bool is_plain = utf8_is_ascii(s); /* a character is a byte */
    int64_t count = (int64_t)(is_plain ? s.n : utf8_count(s));
    if (!decimal_truncate(&d, &start) || start == 0 || start > count || start < -count)
        return machine_warn(m, "substring(): the text has no such position");
    if (n == 3 && a[2].kind == VALUE_NUMBER) {
        d = value_decimal(a[2]);
        if (!decimal_truncate(&d, &length) || length < 1)
            return machine_warn(m, "substring(): the length must be at least 1");
    }
    int64_t first = start > 0 ? start - 1 : count + start;
    int64_t end = length > count - first ? count : first + length;
    if (is_plain)
        return value_string(str_slice(s, (size_t)first, (size_t)end));
    size_t from = byte_of(s, first), to = from + byte_of(str_slice(s, from, s.n), end - first);
    return value_string(str_slice(s, from, to));
}

static struct value change_case(struct machine *m, str s, enum letters_case to)
{
    BUF_SCOPED struct buf b = {.max = MAX_TEXT};
    char bytes[4];
    while (s.n) {
        uint32_t c = utf8_take(&s);
        if (c == 0xdf && to == UNICODE_UPPER) {
            buf_add_lit(&b, "SS");
            continue;
        }
        size_t n = utf8_put(bytes, letters_to(c, to));
        buf_add(&b, (str){bytes, n});
    }
    return machine_string(m, &b);
}

struct value builtin_upper_case(struct machine *m, const struct value *a, size_t n)
{
    if (!are_strings(m, a, n, "upper case"))
        return VALUE_NOTHING;
    return change_case(m, value_text(a[0]), UNICODE_UPPER);
}

struct value builtin_lower_case(struct machine *m, const struct value *a, size_t n)
{
    if (!are_strings(m, a, n, "lower case"))
        return VALUE_NOTHING;
    return change_case(m, value_text(a[0]), UNICODE_LOWER);
}

static bool find_match(struct machine *m, const struct value *a, const char *name, size_t *at)
{
    if (!are_strings(m, a, 2, name) || !machine_pay(m, a[0].n / 16))
        return false;
    *at = str_find(value_text(a[0]), value_text(a[1]));
    return true;
}

struct value builtin_substring_before(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    size_t at;
    if (!find_match(m, a, "substring before", &at))
        return VALUE_NOTHING;
    return value_string(str_slice(value_text(a[0]), 0, at == SIZE_MAX ? 0 : at));
}

struct value builtin_substring_after(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    size_t at;
    if (!find_match(m, a, "substring after", &at))
        return VALUE_NOTHING;
    if (at == SIZE_MAX)
        return value_string(STR(""));
    return value_string(str_slice(value_text(a[0]), at + a[1].n, a[0].n));
}

struct value builtin_contains(struct machine *m, const struct value *a, size_t n)
{
    (void)n;
    size_t at;
    if (!find_match(m, a, "contains", &at))
        return VALUE_NOTHING;
    return value_boolean(at != SIZE_MAX);
}

struct value builtin_starts_with(struct machine *m, const struct value *a, size_t n)
{
    if (!are_strings(m, a, n, "starts with"))
        return VALUE_NOTHING;
    return value_boolean(str_starts(value_text(a[0]), value_text(a[1])));
}

struct value builtin_ends_with(struct machine *m, const struct value *a, size_t n)
{
    if (!are_strings(m, a, n, "ends with"))
        return VALUE_NOTHING;
    return value_boolean(str_ends(value_text(a[0]), value_text(a[1])));
}

/* The pattern and flags of a call, compiled; false, with a warning, on a fault. */
static bool take_regex(struct machine *m, struct xpath_regex *r, struct value pattern,
                       const struct value *flags, const char *name)
{
    struct err e = {0};
    str flag_text = {0};
    if (flags && flags->kind == VALUE_STRING)
        flag_text = value_text(*flags);
    else if (flags && flags->kind != VALUE_NULL)
        return machine_warn(m, "%s(): the flags must be a string", name), false;
    if (!xpath_regex_compile(r, value_text(pattern), flag_text, m->arena, &e))
        return machine_warn(m, "%s(): %s", name, e.msg), false;
    return true;
}

static bool search(struct machine *m, struct xpath_regex *r, str text, size_t from,
                   struct xpath_regex_match *match)
{
    enum xpath_regex_outcome outcome =
        xpath_regex_search(r, text, from, match, &m->fuel, m->arena, m->memory);
    if (outcome == REGEX_TOO_MUCH || m->fuel < 0) {
        machine_stop(m, "a regular expression took too many steps");
        return false;
    }
    return outcome == REGEX_FOUND;
}

struct value builtin_matches(struct machine *m, const struct value *a, size_t n)
{
    struct xpath_regex r;
    struct xpath_regex_match match;
    if (!are_strings(m, a, 2, "matches") ||
        !take_regex(m, &r, a[1], n > 2 ? &a[2] : NULL, "matches"))
        return VALUE_NOTHING;
    return value_boolean(search(m, &r, value_text(a[0]), 0, &match));
}

/* "$1", "\$", "\\" of a replacement; false when it is none. */
static bool add_replacement(struct buf *out, const struct xpath_regex *r, str by, str text,
                            const struct xpath_regex_match *match)
{
    for (size_t i = 0; i < by.n; i++) {
        if (by.p[i] == '\\') {
            if (++i == by.n || (by.p[i] != '\\' && by.p[i] != '$'))
                return false;
            buf_add_char(out, by.p[i]);
        } else if (by.p[i] != '$') {
            buf_add_char(out, by.p[i]);
        } else {
            if (i + 1 == by.n || by.p[i + 1] < '0' || by.p[i + 1] > '9')
                return false;
            size_t group = (size_t)(by.p[++i] - '0');
            /* Further digits belong to it as long as there are so many groups. */
            while (i + 1 < by.n && by.p[i + 1] >= '0' && by.p[i + 1] <= '9' &&
                   group * 10 + (size_t)(by.p[i + 1] - '0') <= r->group_count)
                group = group * 10 + (size_t)(by.p[++i] - '0');
            if (group <= r->group_count && group < REGEX_GROUPS && match->start[group] != SIZE_MAX)
                buf_add(out, str_slice(text, match->start[group], match->end[group]));
        }
    }
    return true;
}

struct value builtin_replace(struct machine *m, const struct value *a, size_t n)
{
    struct xpath_regex r;
    struct xpath_regex_match match;
    if (!are_strings(m, a, 3, "replace") ||
        !take_regex(m, &r, a[1], n > 3 ? &a[3] : NULL, "replace"))
        return VALUE_NOTHING;
    str text = value_text(a[0]), by = value_text(a[2]);
    BUF_SCOPED struct buf out = {.max = MAX_TEXT};
    size_t at = 0;
    if (search(m, &r, STR(""), 0, &match))
        return machine_warn(m, "replace(): the pattern matches the empty string");
    while (at <= text.n && search(m, &r, text, at, &match)) {
        buf_add(&out, str_slice(text, at, match.start[0]));
        if (r.is_literal)
            buf_add(&out, by);
        else if (!add_replacement(&out, &r, by, text, &match))
            return machine_warn(m, "replace(): '\\' and '$' of the replacement need an escape");
        if (match.end[0] == match.start[0]) {
            buf_add(&out, str_slice(text, match.end[0], match.end[0] + 1));
            at = match.end[0] + 1;
        } else {
            at = match.end[0];
        }
        if (m->is_stopped || !machine_pay(m, 1 + by.n / 16))
            return VALUE_NOTHING;
    }
    buf_add(&out, str_slice(text, at, text.n));
    return m->is_stopped ? VALUE_NOTHING : machine_string(m, &out);
}

struct value builtin_split(struct machine *m, const struct value *a, size_t n)
{
    struct xpath_regex r;
    struct xpath_regex_match match;
    if (!are_strings(m, a, n, "split") || !take_regex(m, &r, a[1], NULL, "split"))
        return VALUE_NOTHING;
    str text = value_text(a[0]);
    struct list_builder parts = {0};
    size_t from = 0, at = 0;
    while (at <= text.n && search(m, &r, text, at, &match)) {
        if (match.end[0] == match.start[0]) { /* an empty match separates nothing: go on */
            at = match.end[0] + 1;
            if (match.start[0] == from || match.start[0] >= text.n)
                continue;
        }
        if (!builder_add(m, &parts, value_string(str_slice(text, from, match.start[0]))))
            return VALUE_NOTHING;
        from = match.end[0];
        at = at > from ? at : from;
    }
    if (m->is_stopped || !builder_add(m, &parts, value_string(str_slice(text, from, text.n))))
        return VALUE_NOTHING;
    return value_list(parts.items, parts.n);
}

struct value builtin_string_join(struct machine *m, const struct value *a, size_t n)
{
    str between = {0};
    if (n > 1 && a[1].kind == VALUE_STRING)
        between = value_text(a[1]);
    else if (n > 1 && a[1].kind != VALUE_NULL)
        return machine_warn(m, "string join(): the delimiter must be a string");
    if (a[0].kind == VALUE_STRING)
        return a[0];
    if (a[0].kind != VALUE_LIST)
        return VALUE_NOTHING;
    BUF_SCOPED struct buf b = {.max = MAX_TEXT};
    bool has_any = false;
    for (uint32_t i = 0; i < a[0].n; i++) {
        struct value item = a[0].items[i];
        if (item.kind == VALUE_NULL)
            continue;
        if (item.kind != VALUE_STRING)
            return machine_warn(m, "string join(): %s is no string", value_kind_name(item.kind));
        if (has_any)
            buf_add(&b, between);
        buf_add(&b, value_text(item));
        has_any = true;
    }
    return machine_pay(m, a[0].n) ? machine_string(m, &b) : VALUE_NOTHING;
}
