/* Formats of JSON Schema 2020-12. */
#include "text/format_impl.h"
#include "text/hostname.h"
#include "text/regex.h"
#include "text/uri.h"

static enum format_reason structure_if_not(bool ok)
{
    return ok ? FORMAT_NONE : FORMAT_STRUCTURE;
}

/* Does s follow the picture?  '0' stands for a digit, anything else for itself. */
static bool looks_like(str s, const char *picture)
{
    size_t n = strlen(picture);
    if (s.n < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (picture[i] == '0' ? !format_is_digit(s.p[i]) : s.p[i] != picture[i])
            return false;
    }
    return true;
}

/* RFC 3339, section 5.6. */
enum format_reason format_check_date(str s, struct format_advice *advice)
{
    (void)advice;
    if (s.n != 10 || !looks_like(s, "0000-00-00"))
        return FORMAT_STRUCTURE;
    int day = format_number(s, 8, 10);
    return day >= 1 && day <= format_days_in_month(format_number(s, 0, 4), format_number(s, 5, 7))
               ? FORMAT_NONE
               : FORMAT_DATE;
}

/* Z or ±hh:mm; *minutes east of Greenwich. */
static enum format_reason check_offset(str s, int *minutes)
{
    *minutes = 0;
    if (s.n == 1 && (*s.p == 'Z' || *s.p == 'z'))
        return FORMAT_NONE;
    if (s.n != 6 || (*s.p != '+' && *s.p != '-') || !looks_like(str_slice(s, 1, 6), "00:00"))
        return FORMAT_STRUCTURE;
    int hour = format_number(s, 1, 3), minute = format_number(s, 4, 6);
    *minutes = (hour * 60 + minute) * (*s.p == '-' ? -1 : 1);
    return hour <= 23 && minute <= 59 ? FORMAT_NONE : FORMAT_RANGE;
}

enum format_reason format_check_time(str s, struct format_advice *advice)
{
    (void)advice;
    if (!looks_like(s, "00:00:00"))
        return FORMAT_STRUCTURE;
    int hour = format_number(s, 0, 2), minute = format_number(s, 3, 5);
    int second = format_number(s, 6, 8), offset;
    size_t i = 8;
    if (i < s.n && s.p[i] == '.') {
        for (i++; i < s.n && format_is_digit(s.p[i]);)
            i++;
        if (i == 9)
            return FORMAT_STRUCTURE;
    }
    enum format_reason r = check_offset(str_slice(s, i, s.n), &offset);
    if (r)
        return r;
    if (hour > 23 || minute > 59 || second > 60)
        return FORMAT_RANGE;
    /* A leap second is the last of a day in Greenwich. */
    int utc = ((hour * 60 + minute - offset) % 1440 + 1440) % 1440;
    return second < 60 || utc == 1439 ? FORMAT_NONE : FORMAT_RANGE;
}

enum format_reason format_check_date_time(str s, struct format_advice *advice)
{
    if (s.n < 11 || (s.p[10] | 0x20) != 't')
        return FORMAT_STRUCTURE;
    enum format_reason r = format_check_date(str_slice(s, 0, 10), advice);
    return r ? r : format_check_time(str_slice(s, 11, s.n), advice);
}

/* Takes a run of "number unit" whose units follow each other in order.  A unit may be the first,
 * but none may be left out in the middle (RFC 3339, appendix A). */
static bool take_units(str *s, const char *units)
{
    const char *last = NULL;
    while (s->n && format_is_digit(*s->p)) {
        size_t i = 0;
        while (i < s->n && format_is_digit(s->p[i]))
            i++;
        const char *unit = i < s->n && s->p[i] ? strchr(units, s->p[i]) : NULL;
        if (!unit || (last && unit != last + 1))
            return false;
        last = unit;
        *s = str_slice(*s, i + 1, s->n);
    }
    return last != NULL;
}

enum format_reason format_check_duration(str s, struct format_advice *advice)
{
    (void)advice;
    if (s.n < 3 || *s.p != 'P')
        return FORMAT_STRUCTURE;
    s = str_slice(s, 1, s.n);
    if (s.p[s.n - 1] == 'W')
        return structure_if_not(format_is_digits(str_slice(s, 0, s.n - 1)));
    if (*s.p != 'T' && !take_units(&s, "YMD"))
        return FORMAT_STRUCTURE;
    if (s.n && *s.p == 'T') {
        s = str_slice(s, 1, s.n);
        if (!take_units(&s, "HMS"))
            return FORMAT_STRUCTURE;
    }
    return structure_if_not(s.n == 0);
}

/* RFC 5322 atext, with everything past ASCII for the internationalised kind (RFC 6531). */
static bool is_atom_byte(char c, bool is_idn)
{
    return format_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
           (c && strchr("!#$%&'*+-/=?^_`{|}~", c)) || (is_idn && (unsigned char)c >= 0x80);
}

static bool is_quoted_local(str s, bool is_idn)
{
    for (size_t i = 1; i + 1 < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '\\') {
            if (++i + 1 >= s.n)
                return false;
            c = (unsigned char)s.p[i];
        } else if (c == '"') {
            return false;
        }
        if (c < 0x20 || c == 0x7f || (c >= 0x80 && !is_idn))
            return false;
    }
    return s.n >= 2 && s.p[s.n - 1] == '"';
}

static bool is_dotted_local(str s, bool is_idn)
{
    str atom;
    while (str_take_part(&s, '.', &atom)) {
        if (atom.n == 0)
            return false;
        for (size_t i = 0; i < atom.n; i++) {
            if (!is_atom_byte(atom.p[i], is_idn))
                return false;
        }
    }
    return true;
}

/* The labels of a mail domain; names in Unicode are not checked letter by letter, for mail systems
 * take forms that the strict rules of host names do not. */
static bool is_mail_domain(str s, bool is_idn)
{
    str label;
    if (s.n > 2 && *s.p == '[' && s.p[s.n - 1] == ']') {
        str inside = str_slice(s, 1, s.n - 1);
        if (str_equal_nocase(str_slice(inside, 0, 5), STR("IPv6:")))
            return uri_is_ipv6(str_slice(inside, 5, inside.n));
        return uri_is_ipv4(inside);
    }
    if (!is_idn)
        return s.n <= 253 && hostname_is_valid(s);
    if (s.n == 0)
        return false;
    while (str_take_part(&s, '.', &label)) {
        if (label.n == 0 || *label.p == '-' || label.p[label.n - 1] == '-')
            return false;
        for (size_t i = 0; i < label.n; i++) {
            char c = label.p[i];
            if ((unsigned char)c < 0x80 && c != '-' && !format_is_digit(c) &&
                !((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
                return false;
        }
    }
    return true;
}

static enum format_reason check_mail(str s, bool is_idn)
{
    size_t at = s.n;
    while (at && s.p[at - 1] != '@')
        at--;
    if (at < 2)
        return FORMAT_STRUCTURE;
    str local = str_slice(s, 0, at - 1);
    if (local.n > 64)
        return FORMAT_LENGTH;
    bool ok = *local.p == '"' ? is_quoted_local(local, is_idn) : is_dotted_local(local, is_idn);
    return structure_if_not(ok && is_mail_domain(str_slice(s, at, s.n), is_idn));
}

enum format_reason format_check_email(str s, struct format_advice *advice)
{
    (void)advice;
    return check_mail(s, false);
}

enum format_reason format_check_idn_email(str s, struct format_advice *advice)
{
    (void)advice;
    return check_mail(s, true);
}

enum format_reason format_check_hostname(str s, struct format_advice *advice)
{
    (void)advice;
    return structure_if_not(hostname_is_valid(s));
}

enum format_reason format_check_idn_hostname(str s, struct format_advice *advice)
{
    (void)advice;
    return structure_if_not(hostname_is_valid_idn(s));
}

enum format_reason format_check_ipv4(str s, struct format_advice *advice)
{
    (void)advice;
    return structure_if_not(uri_is_ipv4(s));
}

enum format_reason format_check_ipv6(str s, struct format_advice *advice)
{
    (void)advice;
    return structure_if_not(uri_is_ipv6(s));
}

enum format_reason format_check_uri(str s, struct format_advice *advice)
{
    (void)advice;
    return structure_if_not(uri_is_valid(s, URI_ABSOLUTE));
}

enum format_reason format_check_uri_reference(str s, struct format_advice *advice)
{
    (void)advice;
    return structure_if_not(uri_is_valid(s, URI_REFERENCE));
}

enum format_reason format_check_iri(str s, struct format_advice *advice)
{
    (void)advice;
    return structure_if_not(uri_is_valid(s, IRI_ABSOLUTE));
}

enum format_reason format_check_iri_reference(str s, struct format_advice *advice)
{
    (void)advice;
    return structure_if_not(uri_is_valid(s, IRI_REFERENCE));
}

static bool is_hex(char c)
{
    return format_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool is_escape(str s)
{
    return s.n >= 3 && *s.p == '%' && is_hex(s.p[1]) && is_hex(s.p[2]);
}

/* RFC 6570, section 2.3: varspec. */
static bool is_template_variable(str s)
{
    bool needs_char = true;
    while (s.n && *s.p != ':' && *s.p != '*') {
        char c = *s.p;
        bool is_name = format_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
        if (is_escape(s)) {
            s = str_slice(s, 2, s.n);
            is_name = true;
        }
        if (!is_name && (c != '.' || needs_char))
            return false;
        needs_char = !is_name;
        s = str_slice(s, 1, s.n);
    }
    if (needs_char)
        return false;
    if (s.n && *s.p == ':') {
        s = str_slice(s, 1, s.n);
        return s.n <= 4 && format_is_digits(s) && *s.p != '0';
    }
    return s.n == 0 || s.n == 1;
}

static bool is_template_expression(str s)
{
    str variable;
    if (s.n && *s.p && strchr("+#./;?&=,!@|", *s.p))
        s = str_slice(s, 1, s.n);
    if (s.n == 0)
        return false;
    while (str_take_part(&s, ',', &variable)) {
        if (!is_template_variable(variable))
            return false;
    }
    return true;
}

enum format_reason format_check_uri_template(str s, struct format_advice *advice)
{
    (void)advice;
    while (s.n) {
        unsigned char c = (unsigned char)*s.p;
        if (c == '{') {
            size_t end = str_find(s, STR("}"));
            if (end == SIZE_MAX || !is_template_expression(str_slice(s, 1, end)))
                return FORMAT_STRUCTURE;
            s = str_slice(s, end + 1, s.n);
        } else if (c == '%' ? !is_escape(s) : c <= ' ' || c == 0x7f || strchr("\"<>\\^`|}", c)) {
            return FORMAT_CHARACTER;
        } else {
            uint32_t cp = utf8_take(&s);
            if (cp >= 0x80 && cp < 0xa0)
                return FORMAT_CHARACTER;
        }
    }
    return FORMAT_NONE;
}

/* RFC 6901. */
enum format_reason format_check_json_pointer(str s, struct format_advice *advice)
{
    (void)advice;
    if (s.n && *s.p != '/')
        return FORMAT_STRUCTURE;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '~' && (i + 1 == s.n || (s.p[i + 1] != '0' && s.p[i + 1] != '1')))
            return FORMAT_STRUCTURE;
    }
    return FORMAT_NONE;
}

enum format_reason format_check_relative_json_pointer(str s, struct format_advice *advice)
{
    size_t i = 0;
    while (i < s.n && format_is_digit(s.p[i]))
        i++;
    if (i == 0 || (i > 1 && *s.p == '0'))
        return FORMAT_STRUCTURE;
    s = str_slice(s, i, s.n);
    return str_is(s, "#") ? FORMAT_NONE : format_check_json_pointer(s, advice);
}

enum format_reason format_check_regex(str s, struct format_advice *advice)
{
    (void)advice;
    struct err e = {0};
    return structure_if_not(regex_check(s, &e));
}

enum format_reason format_check_uuid(str s, struct format_advice *advice)
{
    (void)advice;
    if (s.n != 36)
        return FORMAT_LENGTH;
    for (size_t i = 0; i < s.n; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? s.p[i] != '-' : !is_hex(s.p[i]))
            return FORMAT_STRUCTURE;
    }
    return FORMAT_NONE;
}
