/* Formats of Chinese registers.  Clauses: GB 11643 (resident-id), GB 32100 (uscc), GB 11714
 * (org-code), GB/T 2260 and GB/T 10114 (division-code), GA 36 (plate-cn), GB 16735 (vin),
 * GB/T 37346 (parcel-code), ISO/IEC 7812 (bank-card). */
#include "text/format_impl.h"

static void suggest(struct format_advice *advice, str s)
{
    if (!advice || s.n >= sizeof advice->suggestion)
        return;
    memcpy(advice->suggestion, s.p, s.n);
    advice->suggestion[s.n] = 0;
}

/* The same text with one character other. */
static void suggest_with(struct format_advice *advice, str s, size_t at, char c)
{
    suggest(advice, s);
    if (advice && *advice->suggestion)
        advice->suggestion[at] = c;
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* An upper-cased copy of at most n bytes; false when there was nothing to change. */
static bool to_upper(str s, char *out)
{
    bool has_changed = false;
    for (size_t i = 0; i < s.n; i++) {
        bool is_lower = s.p[i] >= 'a' && s.p[i] <= 'z';
        out[i] = (char)(is_lower ? s.p[i] - 32 : s.p[i]);
        has_changed |= is_lower;
    }
    return has_changed;
}

/* 3.30521E+17, and ids that a spreadsheet read as a number of 15 digits. */
static enum format_reason spreadsheet_damage(str s, size_t length)
{
    size_t e = 0;
    while (e < s.n && (format_is_digit(s.p[e]) || s.p[e] == '.'))
        e++;
    if (e > 0 && e + 1 < s.n && (s.p[e] | 0x20) == 'e') {
        str power = str_slice(s, e + 1, s.n);
        if (*power.p == '+')
            power = str_slice(power, 1, power.n);
        if (format_is_digits(power))
            return FORMAT_SCIENTIFIC;
    }
    if (length > 15 && s.n == length && format_is_digits(s)) {
        for (size_t i = 15; i < length; i++) {
            if (s.p[i] != '0')
                return FORMAT_NONE;
        }
        return FORMAT_ROUNDED;
    }
    return FORMAT_NONE;
}

static char resident_check(const char *p)
{
    static const int weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;
    for (size_t i = 0; i < COUNT(weights); i++)
        sum += (p[i] - '0') * weights[i];
    return "10X98765432"[sum % 11];
}

static bool is_birth_date(str s, size_t at)
{
    int year = format_number(s, at, at + 4), month = format_number(s, at + 4, at + 6);
    int day = format_number(s, at + 6, at + 8);
    return year >= 1800 && year < 2200 && day >= 1 && day <= format_days_in_month(year, month);
}

static enum format_reason check_old_resident(str s, struct format_advice *advice)
{
    char full[18];
    if (*s.p == '0')
        return FORMAT_REGION;
    memcpy(full, s.p, 6);
    memcpy(full + 6, "19", 2);
    memcpy(full + 8, s.p + 6, 9);
    if (!is_birth_date((str){full, 18}, 6))
        return FORMAT_DATE;
    full[17] = resident_check(full);
    suggest(advice, (str){full, 18});
    return FORMAT_OLD_15;
}

enum format_reason format_check_resident_id(str s, struct format_advice *advice)
{
    if (s.n == 15 && format_is_digits(s))
        return check_old_resident(s, advice);
    enum format_reason damage = spreadsheet_damage(s, 18);
    if (damage == FORMAT_SCIENTIFIC)
        return damage;
    if (s.n != 18)
        return utf8_count(s) == 18 ? FORMAT_CHARACTER : FORMAT_LENGTH;
    char last = s.p[17];
    if (!format_is_digits(str_slice(s, 0, 17)) || (!format_is_digit(last) && (last | 0x20) != 'x'))
        return FORMAT_CHARACTER;
    if (*s.p == '0')
        return FORMAT_REGION;
    if (!is_birth_date(s, 6))
        return damage ? damage : FORMAT_DATE;
    char want = resident_check(s.p);
    if (last == want)
        return FORMAT_NONE;
    if (damage) /* the serial number is lost too: no suggestion would be right */
        return damage;
    suggest_with(advice, s, 17, want);
    return last == 'x' && want == 'X' ? FORMAT_LETTER_CASE : FORMAT_CHECK_DIGIT;
}

static char org_check(const char *p)
{
    static const int weights[] = {3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;
    for (size_t i = 0; i < COUNT(weights); i++)
        sum += (format_is_digit(p[i]) ? p[i] - '0' : p[i] - 'A' + 10) * weights[i];
    int c = 11 - sum % 11;
    return c == 10 ? 'X' : c == 11 ? '0' : (char)('0' + c);
}

/* GB 32100: the alphabet has no I, O, S, V, Z.  The organisation code in places 9 to 17 carries a
 * check digit of its own, which real registers keep less strictly than the last one: only the last
 * is asked for. */
enum format_reason format_check_uscc(str s, struct format_advice *advice)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    static const int weights[] = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
    enum format_reason damage = spreadsheet_damage(s, 18);
    char upper[18];
    int sum = 0;
    if (damage == FORMAT_SCIENTIFIC)
        return damage;
    if (s.n != 18)
        return utf8_count(s) == 18 ? FORMAT_CHARACTER : FORMAT_LENGTH;
    bool was_lower = to_upper(s, upper);
    for (size_t i = 0; i < 18; i++) {
        const char *hit = upper[i] ? strchr(alphabet, upper[i]) : NULL;
        if (!hit || (i >= 2 && i < 8 && !format_is_digit(upper[i])))
            return FORMAT_CHARACTER;
        if (i < 17)
            sum += (int)(hit - alphabet) * weights[i];
    }
    char want = alphabet[(31 - sum % 31) % 31];
    if (damage && upper[17] != want)
        return damage;
    suggest_with(advice, (str){upper, 18}, 17, want);
    if (upper[17] != want)
        return FORMAT_CHECK_DIGIT;
    if (was_lower)
        return FORMAT_LETTER_CASE;
    suggest(advice, (str){"", 0});
    return FORMAT_NONE;
}

/* With or without the hyphen before the check digit. */
enum format_reason format_check_org_code(str s, struct format_advice *advice)
{
    char upper[10];
    if (s.n != 9 && s.n != 10)
        return FORMAT_LENGTH;
    if (s.n == 10 && s.p[8] != '-')
        return FORMAT_STRUCTURE;
    bool was_lower = to_upper(s, upper);
    for (size_t i = 0; i < 8; i++) {
        if (!format_is_digit(upper[i]) && !is_upper(upper[i]))
            return FORMAT_CHARACTER;
    }
    char want = org_check(upper), last = upper[s.n - 1];
    if (!format_is_digit(last) && last != 'X')
        return FORMAT_CHARACTER;
    if (last != want || was_lower)
        suggest_with(advice, (str){upper, s.n}, s.n - 1, want);
    return last != want ? FORMAT_CHECK_DIGIT : was_lower ? FORMAT_LETTER_CASE : FORMAT_NONE;
}

/* Province, prefecture, county, township, village: 2, 4, 6, 9 or 12 digits. */
enum format_reason format_check_division_code(str s, struct format_advice *advice)
{
    static const char provinces[] = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 "
                                    "46 50 51 52 53 54 61 62 63 64 65 71 81 82";
    (void)advice;
    if (!format_is_digits(s))
        return s.n ? FORMAT_CHARACTER : FORMAT_LENGTH;
    if (s.n != 2 && s.n != 4 && s.n != 6 && s.n != 9 && s.n != 12)
        return FORMAT_LENGTH;
    for (const char *p = provinces; *p; p += p[2] ? 3 : 2) {
        if (p[0] == s.p[0] && p[1] == s.p[1])
            return FORMAT_NONE;
    }
    return FORMAT_REGION;
}

/* The digits of a telephone number written with blanks, hyphens or +86; 0 when they are too many.
 */
static size_t bare_digits(str s, char *out, size_t room)
{
    size_t n = 0;
    if (str_starts(s, STR("+86")))
        s = str_slice(s, 3, s.n);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == ' ' || s.p[i] == '-')
            continue;
        if (!format_is_digit(s.p[i]) || n == room)
            return 0;
        out[n++] = s.p[i];
    }
    return n;
}

static bool is_mobile(str s)
{
    return s.n == 11 && s.p[0] == '1' && s.p[1] >= '3' && format_is_digits(s);
}

enum format_reason format_check_mobile_cn(str s, struct format_advice *advice)
{
    char digits[13];
    if (is_mobile(s))
        return FORMAT_NONE;
    str bare = {digits, bare_digits(s, digits, sizeof digits)};
    if (bare.n == 13 && str_starts(bare, STR("86")))
        bare = str_slice(bare, 2, bare.n);
    if (is_mobile(bare)) {
        suggest(advice, bare);
        return FORMAT_STRUCTURE;
    }
    if (!format_is_digits(s))
        return spreadsheet_damage(s, 11) ? FORMAT_SCIENTIFIC : FORMAT_CHARACTER;
    return s.n != 11 ? FORMAT_LENGTH : FORMAT_STRUCTURE;
}

static bool is_landline(str s)
{
    /* Area code 010, 02x or 0xxx, then 7 or 8 digits not beginning with 0 or 1. */
    size_t area = s.n > 2 && *s.p == '0' ? (s.p[1] == '1' || s.p[1] == '2' ? 3 : 4) : 0;
    str number = str_slice(s, area, s.n);
    if (area && number.n && *number.p == '-')
        number = str_slice(number, 1, number.n);
    size_t dash = str_find(number, STR("-"));
    if (dash != SIZE_MAX) { /* an extension */
        str extension = str_slice(number, dash + 1, number.n);
        if (!format_is_digits(extension) || extension.n > 6)
            return false;
        number = str_slice(number, 0, dash);
    }
    return format_is_digits(str_slice(s, 0, area ? area : 1)) && format_is_digits(number) &&
           (number.n == 7 || number.n == 8) && *number.p > '1';
}

/* Mobile, landline with or without area code and extension, 400 and 800, short service numbers. */
enum format_reason format_check_phone_cn(str s, struct format_advice *advice)
{
    char digits[13];
    bool is_service = format_is_digits(s) && (s.n == 3 || s.n == 5) && s.n && *s.p == '1';
    bool is_shared = s.n == 10 && format_is_digits(s) &&
                     (str_starts(s, STR("400")) || str_starts(s, STR("800")));
    if (is_mobile(s) || is_service || is_shared || is_landline(s))
        return FORMAT_NONE;
    str bare = {digits, bare_digits(s, digits, sizeof digits)};
    if (is_mobile(bare) || is_landline(bare))
        suggest(advice, bare);
    if (spreadsheet_damage(s, 11))
        return FORMAT_SCIENTIFIC;
    return s.n < 7 ? FORMAT_LENGTH : FORMAT_STRUCTURE;
}

static bool is_plate_character(char c)
{
    return format_is_digit(c) || (is_upper(c) && c != 'I' && c != 'O');
}

static bool takes_any(str *s, str characters)
{
    while (characters.n) {
        str before = characters;
        (void)utf8_take(&characters);
        str one = {before.p, before.n - characters.n};
        if (str_starts(*s, one)) {
            *s = str_slice(*s, one.n, s->n);
            return true;
        }
    }
    return false;
}

/* Behind the place: five characters, the last perhaps a word, or six of a new energy vehicle (GA
 * 36: small ones have the letter first, large ones last). */
static bool is_plate_serial(str s)
{
    static const char energy[] = "ABCDEFGHJK";
    size_t n = 0, digits = 0;
    while (n < s.n && is_plate_character(s.p[n]))
        digits += format_is_digit(s.p[n++]);
    str rest = str_slice(s, n, s.n);
    if (n == 6 && rest.n == 0) {
        bool is_small = strchr(energy, s.p[0]) != NULL && format_is_digits(str_slice(s, 2, 6));
        bool is_large = digits == 5 && strchr(energy, s.p[5]) != NULL;
        return is_small || is_large;
    }
    if (n == 4 && rest.n)
        return takes_any(&rest, STR("挂学警港澳")) && rest.n == 0;
    return n == 5 && rest.n == 0;
}

static bool is_plate(str s)
{
    static const char provinces[] =
        "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
    if (!takes_any(&s, str_from(provinces)) || s.n == 0 || !is_upper(*s.p) || *s.p == 'I' ||
        *s.p == 'O')
        return false;
    return is_plate_serial(str_slice(s, 1, s.n));
}

enum format_reason format_check_plate_cn(str s, struct format_advice *advice)
{
    char clean[24];
    size_t n = 0;
    if (is_plate(s))
        return FORMAT_NONE;
    if (s.n >= sizeof clean)
        return FORMAT_LENGTH;
    /* 浙E·12345, 浙E-12345 and 浙e 12345 are met often. */
    for (str rest = s; rest.n;) {
        str before = rest;
        uint32_t cp = utf8_take(&rest);
        if (cp == 0xb7 || cp == 0x2022 || cp == ' ' || cp == '-' || cp == '.')
            continue;
        memcpy(clean + n, before.p, before.n - rest.n);
        n += before.n - rest.n;
    }
    bool was_lower = to_upper((str){clean, n}, clean);
    if (is_plate((str){clean, n})) {
        suggest(advice, (str){clean, n});
        return was_lower && n == s.n ? FORMAT_LETTER_CASE : FORMAT_STRUCTURE;
    }
    return utf8_count(s) < 7 || utf8_count(s) > 8 ? FORMAT_LENGTH : FORMAT_STRUCTURE;
}

/* The check digit in place 9 is not compulsory in China. */
enum format_reason format_check_vin(str s, struct format_advice *advice)
{
    char upper[17];
    if (s.n != 17)
        return FORMAT_LENGTH;
    bool was_lower = to_upper(s, upper);
    for (size_t i = 0; i < 17; i++) {
        if (!is_plate_character(upper[i]) || upper[i] == 'Q')
            return FORMAT_CHARACTER;
    }
    if (!was_lower)
        return FORMAT_NONE;
    suggest(advice, (str){upper, 17});
    return FORMAT_LETTER_CASE;
}

enum format_reason format_check_postcode_cn(str s, struct format_advice *advice)
{
    (void)advice;
    if (!format_is_digits(s))
        return s.n ? FORMAT_CHARACTER : FORMAT_LENGTH;
    return s.n == 6 ? FORMAT_NONE : FORMAT_LENGTH;
}

enum format_reason format_check_bank_card(str s, struct format_advice *advice)
{
    if (spreadsheet_damage(s, 16) == FORMAT_SCIENTIFIC)
        return FORMAT_SCIENTIFIC;
    if (!format_is_digits(s))
        return s.n ? FORMAT_CHARACTER : FORMAT_LENGTH;
    if (s.n < 12 || s.n > 19)
        return FORMAT_LENGTH;
    int sum = 0; /* Luhn, the last digit left out */
    for (size_t i = 0; i + 1 < s.n; i++) {
        int d = s.p[s.n - 2 - i] - '0';
        d = i % 2 == 0 ? d * 2 : d;
        sum += d > 9 ? d - 9 : d;
    }
    char want = (char)('0' + (10 - sum % 10) % 10);
    if (s.p[s.n - 1] == want)
        return FORMAT_NONE;
    if (spreadsheet_damage(s, s.n))
        return FORMAT_ROUNDED;
    suggest_with(advice, s, s.n - 1, want);
    return FORMAT_CHECK_DIGIT;
}

/* 19: county 6, cadastral district 3 and subdistrict 3, kind of parcel 2 letters, serial 5.  28:
 * then what stands on it: F, L, Q or W and 8 digits. */
enum format_reason format_check_parcel_code(str s, struct format_advice *advice)
{
    char upper[28];
    if (s.n != 19 && s.n != 28)
        return FORMAT_LENGTH;
    bool was_lower = to_upper(s, upper);
    str u = {upper, s.n};
    if (!format_is_digits(str_slice(u, 0, 12)) || !is_upper(upper[12]) || !is_upper(upper[13]) ||
        !format_is_digits(str_slice(u, 14, 19)))
        return FORMAT_CHARACTER;
    if (s.n == 28 && (!strchr("FLQW", upper[19]) || !format_is_digits(str_slice(u, 20, 28))))
        return FORMAT_CHARACTER;
    if (format_check_division_code(str_slice(u, 0, 6), NULL))
        return FORMAT_REGION;
    if (!was_lower)
        return FORMAT_NONE;
    suggest(advice, u);
    return FORMAT_LETTER_CASE;
}
