#include "text/uri.h"

#include "base/buf.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static int hex_value(char c)
{
    return is_digit(c)                              ? c - '0'
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                    : -1;
}

static bool is_scheme(str s)
{
    if (s.n == 0 || !is_letter(*s.p))
        return false;
    for (size_t i = 1; i < s.n; i++) {
        char c = s.p[i];
        if (!is_letter(c) && !is_digit(c) && c != '+' && c != '-' && c != '.')
            return false;
    }
    return true;
}

static size_t find_any(str s, const char *stops)
{
    size_t i = 0;
    while (i < s.n && !(s.p[i] && strchr(stops, s.p[i])))
        i++;
    return i;
}

struct uri uri_split(str text)
{
    struct uri u = {0};
    size_t i = find_any(text, ":/?#");
    if (i < text.n && text.p[i] == ':' && is_scheme(str_slice(text, 0, i))) {
        u.has_scheme = true;
        u.scheme = str_slice(text, 0, i);
        text = str_slice(text, i + 1, text.n);
    }
    if (str_starts(text, STR("//"))) {
        u.has_authority = true;
        text = str_slice(text, 2, text.n);
        i = find_any(text, "/?#");
        u.authority = str_slice(text, 0, i);
        text = str_slice(text, i, text.n);
    }
    i = find_any(text, "?#");
    u.path = str_slice(text, 0, i);
    text = str_slice(text, i, text.n);
    if (text.n && *text.p == '?') {
        text = str_slice(text, 1, text.n);
        i = find_any(text, "#");
        u.has_query = true;
        u.query = str_slice(text, 0, i);
        text = str_slice(text, i, text.n);
    }
    if (text.n) {
        u.has_fragment = true;
        u.fragment = str_slice(text, 1, text.n);
    }
    return u;
}

bool uri_is_ipv4(str s)
{
    str part;
    int n = 0;
    for (; str_take_part(&s, '.', &part); n++) {
        int v = 0;
        if (part.n == 0 || part.n > 3 || (part.n > 1 && *part.p == '0'))
            return false;
        for (size_t i = 0; i < part.n; i++) {
            if (!is_digit(part.p[i]))
                return false;
            v = v * 10 + (part.p[i] - '0');
        }
        if (v > 255)
            return false;
    }
    return n == 4;
}

bool uri_is_ipv6(str s)
{
    int groups = 0;
    bool has_gap = false;
    if (str_starts(s, STR("::"))) {
        has_gap = true;
        s = str_slice(s, 2, s.n);
    }
    while (s.n) {
        size_t i = find_any(s, ":");
        str group = str_slice(s, 0, i);
        if (i == s.n && str_find(group, STR(".")) != SIZE_MAX)
            return uri_is_ipv4(group) && (has_gap ? groups + 2 < 8 : groups + 2 == 8);
        if (group.n == 0 || group.n > 4)
            return false;
        for (size_t k = 0; k < group.n; k++) {
            if (hex_value(group.p[k]) < 0)
                return false;
        }
        groups++;
        if (i == s.n)
            break;
        s = str_slice(s, i + 1, s.n);
        if (s.n == 0)
            return false; /* ends in a single colon */
        if (*s.p == ':') {
            if (has_gap)
                return false;
            has_gap = true;
            s = str_slice(s, 1, s.n);
        }
    }
    return has_gap ? groups < 8 : groups == 8;
}

/* RFC 3987: ucschar, and iprivate in a query. */
static bool is_iri_character(uint32_t c, bool is_query)
{
    if (c >= 0xa0 && c < 0x10000)
        return c <= 0xd7ff || (c >= 0xf900 && c <= 0xfdcf) || (c >= 0xfdf0 && c <= 0xffef) ||
               (is_query && c >= 0xe000 && c <= 0xf8ff);
    if (c >= 0x10000 && c < 0xe0000)
        return (c & 0xffff) <= 0xfffd;
    if (c >= 0xe1000 && c <= 0xefffd)
        return true;
    return is_query && c >= 0xf0000 && (c & 0xffff) <= 0xfffd;
}

/* Unreserved characters, sub-delimiters, escapes, and those of more. */
static bool has_only(str s, const char *more, bool is_iri, bool is_query)
{
    while (s.n) {
        char c = *s.p;
        if ((unsigned char)c >= 0x80) {
            if (!is_iri || !is_iri_character(utf8_take(&s), is_query))
                return false;
            continue;
        }
        if (c == '%') {
            if (s.n < 3 || hex_value(s.p[1]) < 0 || hex_value(s.p[2]) < 0)
                return false;
            s = str_slice(s, 3, s.n);
            continue;
        }
        if (!is_letter(c) && !is_digit(c) &&
            !(c && (strchr("-._~!$&'()*+,;=", c) || strchr(more, c))))
            return false;
        s = str_slice(s, 1, s.n);
    }
    return true;
}

static bool is_ip_literal(str s)
{
    if (s.n && (*s.p | 0x20) == 'v') {
        size_t dot = str_find(s, STR("."));
        if (dot == SIZE_MAX || dot < 2 || dot + 1 == s.n)
            return false;
        for (size_t i = 1; i < dot; i++) {
            if (hex_value(s.p[i]) < 0)
                return false;
        }
        str rest = str_slice(s, dot + 1, s.n);
        return str_find(rest, STR("%")) == SIZE_MAX && has_only(rest, ":", false, false);
    }
    return uri_is_ipv6(s);
}

static bool is_authority(str s, bool is_iri)
{
    size_t at = s.n;
    while (at && s.p[at - 1] != '@')
        at--;
    if (at) {
        if (!has_only(str_slice(s, 0, at - 1), ":", is_iri, false))
            return false;
        s = str_slice(s, at, s.n);
    }
    size_t end;
    if (s.n && *s.p == '[') {
        size_t close = str_find(s, STR("]"));
        if (close == SIZE_MAX || !is_ip_literal(str_slice(s, 1, close)))
            return false;
        end = close + 1;
    } else {
        end = find_any(s, ":");
        if (!has_only(str_slice(s, 0, end), "", is_iri, false))
            return false;
    }
    if (end < s.n && s.p[end++] != ':')
        return false;
    for (; end < s.n; end++) {
        if (!is_digit(s.p[end]))
            return false;
    }
    return true;
}

bool uri_is_valid(str text, enum uri_kind kind)
{
    bool is_iri = kind == IRI_ABSOLUTE || kind == IRI_REFERENCE;
    struct uri u = uri_split(text);
    if (!u.has_scheme) {
        if (kind == URI_ABSOLUTE || kind == IRI_ABSOLUTE)
            return false;
        /* A colon in the first segment would read as a scheme. */
        str first = str_slice(u.path, 0, find_any(u.path, "/"));
        if (!u.has_authority && str_find(first, STR(":")) != SIZE_MAX)
            return false;
    }
    return (!u.has_authority || is_authority(u.authority, is_iri)) &&
           has_only(u.path, ":@/", is_iri, false) && has_only(u.query, ":@/?", is_iri, true) &&
           has_only(u.fragment, ":@/?", is_iri, false);
}

/* RFC 3986, section 5.2.4.  Works in place on out. */
static str without_dot_segments(str path, struct arena *a)
{
    char *out = arena_alloc(a, path.n + 1, 1);
    size_t n = 0;
    while (path.n) {
        if (str_starts(path, STR("../"))) {
            path = str_slice(path, 3, path.n);
        } else if (str_starts(path, STR("./"))) {
            path = str_slice(path, 2, path.n);
        } else if (str_starts(path, STR("/./"))) {
            path = str_slice(path, 2, path.n);
        } else if (str_is(path, "/.")) {
            path = STR("/");
        } else if (str_starts(path, STR("/../")) || str_is(path, "/..")) {
            path = path.n == 3 ? STR("/") : str_slice(path, 3, path.n);
            while (n && out[--n] != '/') {
            }
        } else if (str_is(path, ".") || str_is(path, "..")) {
            break;
        } else {
            size_t i = 1 + find_any(str_slice(path, 1, path.n), "/");
            memcpy(out + n, path.p, i);
            n += i;
            path = str_slice(path, i, path.n);
        }
    }
    return (str){out, n};
}

static str merge_paths(const struct uri *base, str path, struct arena *a)
{
    if (base->has_authority && base->path.n == 0)
        return arena_format(a, "/%.*s", STR_ARG(path));
    size_t n = base->path.n;
    while (n && base->path.p[n - 1] != '/')
        n--;
    return arena_format(a, "%.*s%.*s", (int)n, base->path.n ? base->path.p : "", STR_ARG(path));
}

str uri_resolve(str base_text, str reference, struct arena *a)
{
    struct uri base = uri_split(base_text), r = uri_split(reference), t = r;
    if (base_text.n == 0)
        return reference;
    if (!r.has_scheme) {
        t.has_scheme = base.has_scheme;
        t.scheme = base.scheme;
        if (!r.has_authority) {
            t.has_authority = base.has_authority;
            t.authority = base.authority;
            if (r.path.n == 0) {
                t.path = base.path;
                if (!r.has_query) {
                    t.has_query = base.has_query;
                    t.query = base.query;
                }
            } else if (*r.path.p != '/') {
                t.path = without_dot_segments(merge_paths(&base, r.path, a), a);
            }
        }
    }
    if (r.has_scheme || r.has_authority || (r.path.n && *r.path.p == '/'))
        t.path = without_dot_segments(t.path, a);
    return arena_format(a, "%.*s%s%s%.*s%.*s%s%.*s%s%.*s", STR_ARG(t.scheme),
                        t.has_scheme ? ":" : "", t.has_authority ? "//" : "", STR_ARG(t.authority),
                        STR_ARG(t.path), t.has_query ? "?" : "", STR_ARG(t.query),
                        t.has_fragment ? "#" : "", STR_ARG(t.fragment));
}

str uri_without_fragment(str uri)
{
    return str_slice(uri, 0, find_any(uri, "#"));
}

str uri_decode(str s, struct arena *a)
{
    char *out = arena_alloc(a, s.n + 1, 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        int high, low;
        if (s.p[i] == '%' && i + 2 < s.n && (high = hex_value(s.p[i + 1])) >= 0 &&
            (low = hex_value(s.p[i + 2])) >= 0) {
            out[n++] = (char)(high * 16 + low);
            i += 2;
        } else {
            out[n++] = s.p[i];
        }
    }
    return (str){out, n};
}
