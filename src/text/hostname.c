#include "text/hostname.h"

#include "text/unicode.h"

enum { MAX_LABEL = 63, MAX_NAME = 253 };

struct label {
    uint32_t cp[MAX_LABEL + 1];
    size_t n;
};

/* Punycode, RFC 3492. */
enum { BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700, FIRST_BIAS = 72, FIRST_N = 128 };

static uint32_t adapt(uint32_t delta, uint32_t points, bool is_first)
{
    uint32_t k = 0;
    delta = is_first ? delta / DAMP : delta / 2;
    delta += delta / points;
    for (; delta > (BASE - TMIN) * TMAX / 2; k += BASE)
        delta /= BASE - TMIN;
    return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

static uint32_t threshold(uint32_t k, uint32_t bias)
{
    return k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;
}

static int digit_value(char c)
{
    return c >= '0' && c <= '9'                     ? c - '0' + 26
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'z' ? (c | 0x20) - 'a'
                                                    : -1;
}

static bool punycode_decode(struct label *out, str s)
{
    uint32_t n = FIRST_N, i = 0, bias = FIRST_BIAS;
    size_t basic = s.n;
    out->n = 0;
    while (basic && s.p[basic - 1] != '-')
        basic--;
    for (size_t k = 0; k + 1 < basic; k++)
        out->cp[out->n++] = (unsigned char)s.p[k];
    for (size_t in = basic; in < s.n;) {
        uint32_t old = i, weight = 1;
        for (uint32_t k = BASE;; k += BASE) {
            int digit = in < s.n ? digit_value(s.p[in++]) : -1;
            uint32_t step, t = threshold(k, bias);
            if (digit < 0 || __builtin_mul_overflow((uint32_t)digit, weight, &step) ||
                __builtin_add_overflow(i, step, &i))
                return false;
            if ((uint32_t)digit < t)
                break;
            if (__builtin_mul_overflow(weight, BASE - t, &weight))
                return false;
        }
        uint32_t count = (uint32_t)out->n + 1;
        bias = adapt(i - old, count, old == 0);
        n += i / count;
        i %= count;
        if (n > UNICODE_LAST || out->n >= MAX_LABEL)
            return false;
        memmove(&out->cp[i + 1], &out->cp[i], (out->n - i) * sizeof *out->cp);
        out->cp[i++] = n;
        out->n++;
    }
    return true;
}

/* Writes at most room bytes; returns the length, or SIZE_MAX when it does not fit. */
static size_t punycode_encode(const struct label *l, char *out, size_t room)
{
    uint32_t n = FIRST_N, delta = 0, bias = FIRST_BIAS;
    size_t w = 0, done = 0;
    for (size_t i = 0; i < l->n; i++) {
        if (l->cp[i] < 0x80 && w < room)
            out[w++] = (char)l->cp[i];
    }
    size_t basic = done = w;
    if (basic && w < room)
        out[w++] = '-';
    while (done < l->n) {
        uint32_t least = UINT32_MAX;
        for (size_t i = 0; i < l->n; i++) {
            if (l->cp[i] >= n && l->cp[i] < least)
                least = l->cp[i];
        }
        delta += (least - n) * ((uint32_t)done + 1);
        n = least;
        for (size_t i = 0; i < l->n; i++) {
            delta += l->cp[i] < n;
            if (l->cp[i] != n)
                continue;
            uint32_t q = delta;
            for (uint32_t k = BASE;; k += BASE) {
                uint32_t t = threshold(k, bias);
                uint32_t digit = q < t ? q : t + (q - t) % (BASE - t);
                if (w == room)
                    return SIZE_MAX;
                out[w++] = (char)(digit < 26 ? 'a' + digit : '0' + digit - 26);
                if (q < t)
                    break;
                q = (q - t) / (BASE - t);
            }
            bias = adapt(delta, (uint32_t)done + 1, done == basic);
            delta = 0;
            done++;
        }
        delta++;
        n++;
    }
    return w;
}

static bool is_script(uint32_t cp, const char *name)
{
    return strcmp(unicode_script(cp), name) == 0;
}

/* RFC 5892, appendix A.1: joining letters on both sides, or a virama before. */
static bool joiner_fits(const struct label *l, size_t i)
{
    if (i > 0 && unicode_is_virama(l->cp[i - 1]))
        return true;
    if (l->cp[i] != 0x200c)
        return false;
    size_t k = i;
    while (k > 0 && *unicode_joining_type(l->cp[k - 1]) == 'T')
        k--;
    if (k == 0 || !strchr("LD", *unicode_joining_type(l->cp[k - 1])))
        return false;
    for (k = i + 1; k < l->n && *unicode_joining_type(l->cp[k]) == 'T'; k++) {
    }
    return k < l->n && strchr("RD", *unicode_joining_type(l->cp[k])) != NULL;
}

static bool has_between(const struct label *l, uint32_t first, uint32_t last)
{
    for (size_t i = 0; i < l->n; i++) {
        if (l->cp[i] >= first && l->cp[i] <= last)
            return true;
    }
    return false;
}

/* The rules of context, RFC 5892, appendix A. */
static bool fits_its_context(const struct label *l, size_t i)
{
    uint32_t cp = l->cp[i];
    uint32_t before = i > 0 ? l->cp[i - 1] : 0, after = i + 1 < l->n ? l->cp[i + 1] : 0;
    switch (cp) {
    case 0x200c:
    case 0x200d:
        return joiner_fits(l, i);
    case 0xb7:
        return before == 'l' && after == 'l';
    case 0x375:
        return after && is_script(after, "Grek");
    case 0x5f3:
    case 0x5f4:
        return before && is_script(before, "Hebr");
    case 0x30fb:
        for (size_t k = 0; k < l->n; k++) {
            if (l->cp[k] != cp && (is_script(l->cp[k], "Hira") || is_script(l->cp[k], "Kana") ||
                                   is_script(l->cp[k], "Hani")))
                return true;
        }
        return false;
    case 0x660 ... 0x669:
        return !has_between(l, 0x6f0, 0x6f9);
    case 0x6f0 ... 0x6f9:
        return !has_between(l, 0x660, 0x669);
    default:
        return unicode_is_idna_valid(cp);
    }
}

/* RFC 5891, section 4.2, without the rule of direction. */
static bool is_u_label(const struct label *l)
{
    char encoded[MAX_LABEL];
    if (l->n == 0 || l->cp[0] == '-' || l->cp[l->n - 1] == '-' ||
        (l->n > 3 && l->cp[2] == '-' && l->cp[3] == '-') || *unicode_category(l->cp[0]) == 'M')
        return false;
    for (size_t i = 0; i < l->n; i++) {
        if (!fits_its_context(l, i))
            return false;
    }
    return punycode_encode(l, encoded, MAX_LABEL - 4) != SIZE_MAX;
}

static bool is_bidi(const struct label *l)
{
    for (size_t i = 0; i < l->n; i++) {
        const char *c = unicode_bidi_class(l->cp[i]);
        if (strcmp(c, "R") == 0 || strcmp(c, "AL") == 0 || strcmp(c, "AN") == 0)
            return true;
    }
    return false;
}

static bool is_class(const char *c, const char *const *classes)
{
    for (; *classes; classes++) {
        if (strcmp(c, *classes) == 0)
            return true;
    }
    return false;
}

/* RFC 5893, section 2. */
static bool keeps_direction(const struct label *l)
{
    static const char *const rtl[] = {"R",  "AL", "AN", "EN",  "ES", "CS",
                                      "ET", "ON", "BN", "NSM", NULL};
    static const char *const ltr[] = {"L", "EN", "ES", "CS", "ET", "ON", "BN", "NSM", NULL};
    static const char *const rtl_end[] = {"R", "AL", "EN", "AN", NULL};
    static const char *const ltr_end[] = {"L", "EN", NULL};
    const char *first = unicode_bidi_class(l->cp[0]);
    bool is_rtl = strcmp(first, "R") == 0 || strcmp(first, "AL") == 0;
    bool has_en = false, has_an = false;
    if (!is_rtl && strcmp(first, "L") != 0)
        return false;
    size_t end = l->n;
    while (end > 1 && strcmp(unicode_bidi_class(l->cp[end - 1]), "NSM") == 0)
        end--;
    if (!is_class(unicode_bidi_class(l->cp[end - 1]), is_rtl ? rtl_end : ltr_end))
        return false;
    for (size_t i = 0; i < l->n; i++) {
        const char *c = unicode_bidi_class(l->cp[i]);
        has_en |= strcmp(c, "EN") == 0;
        has_an |= strcmp(c, "AN") == 0;
        if (!is_class(c, is_rtl ? rtl : ltr))
            return false;
    }
    return !(is_rtl && has_en && has_an);
}

/* Letters, digits, hyphens; an A-label is decoded into *l. */
static bool is_ascii_label(str s, struct label *l)
{
    if (s.n == 0 || s.n > MAX_LABEL || *s.p == '-' || s.p[s.n - 1] == '-')
        return false;
    l->n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        if (!is_letter && !(c >= '0' && c <= '9') && c != '-')
            return false;
        l->cp[l->n++] = (unsigned char)(is_letter ? c | 0x20 : c);
    }
    if (s.n < 4 || s.p[2] != '-' || s.p[3] != '-')
        return true;
    char again[MAX_LABEL];
    str tail = str_slice(s, 4, s.n);
    if (!str_equal_nocase(str_slice(s, 0, 2), STR("xn")) || !punycode_decode(l, tail) ||
        !is_u_label(l))
        return false;
    size_t n = punycode_encode(l, again, sizeof again);
    return n != SIZE_MAX && has_between(l, 0x80, UNICODE_LAST) &&
           str_equal_nocase((str){again, n}, tail);
}

static bool is_separator(uint32_t cp)
{
    return cp == '.' || cp == 0x3002 || cp == 0xff0e || cp == 0xff61;
}

/* Takes one label; *encoded grows by its length as an A-label. */
static bool take_label(str *s, struct label *l, bool is_idn, size_t *encoded)
{
    str start = *s;
    bool is_ascii = true;
    l->n = 0;
    while (s->n) {
        str before = *s;
        uint32_t cp = utf8_take(s);
        if (cp == '.' || (is_idn && is_separator(cp))) {
            *s = before;
            break;
        }
        if (l->n == MAX_LABEL)
            return false;
        l->cp[l->n++] = cp;
        is_ascii &= cp < 0x80;
    }
    str text = {start.p, start.n - s->n};
    if (is_ascii) {
        *encoded += text.n;
        return is_ascii_label(text, l);
    }
    char out[MAX_LABEL];
    if (!is_idn || !is_u_label(l))
        return false;
    *encoded += 4 + punycode_encode(l, out, sizeof out);
    return true;
}

enum direction { ANY_DIRECTION, KEPT_DIRECTION };

/* *is_mixed: whether some label runs from right to left. */
static bool check_labels(str s, bool is_idn, enum direction direction, bool *is_mixed)
{
    size_t encoded = 0;
    for (;;) {
        struct label l;
        if (!take_label(&s, &l, is_idn, &encoded))
            return false;
        *is_mixed |= has_between(&l, 0x590, UNICODE_LAST) && is_bidi(&l);
        if (direction == KEPT_DIRECTION && !keeps_direction(&l))
            return false;
        if (s.n == 0)
            return encoded <= MAX_NAME;
        (void)utf8_take(&s);
        if (++encoded > MAX_NAME)
            return false;
    }
}

static bool check(str s, bool is_idn)
{
    bool is_mixed = false;
    return check_labels(s, is_idn, ANY_DIRECTION, &is_mixed) &&
           (!is_mixed || check_labels(s, is_idn, KEPT_DIRECTION, &is_mixed));
}

bool hostname_is_valid(str s)
{
    return check(s, false);
}

bool hostname_is_valid_idn(str s)
{
    return check(s, true);
}
