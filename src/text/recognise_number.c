/* Numbers: the shape of a word, then the check of text/format_chinese.c, then what stands around.
 */
#include "text/recognise_impl.h"

char word_character(str text, size_t at, size_t *n)
{
    unsigned char c = (unsigned char)text.p[at];
    *n = 1;
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')
        return (char)c;
    if (c != 0xef || text.n - at < 3)
        return 0;
    /* U+FF10 to U+FF5A: EF BC 80.., EF BD 80.. */
    unsigned char second = (unsigned char)text.p[at + 1], third = (unsigned char)text.p[at + 2];
    if (second != 0xbc && second != 0xbd)
        return 0;
    unsigned ascii = (second == 0xbc ? third - 0x80u : third - 0x80u + 0x40u) + 0x20u;
    *n = 3;
    bool is_digit = ascii >= '0' && ascii <= '9';
    bool is_letter = (ascii >= 'A' && ascii <= 'Z') || (ascii >= 'a' && ascii <= 'z');
    return is_digit || is_letter || ascii == '_' ? (char)ascii : '\0';
}

static bool is_hyphen(str text, size_t at, size_t *n)
{
    *n = 1;
    if (text.p[at] == '-')
        return true;
    *n = 3; /* U+FF0D */
    return text.n - at >= 3 && memcmp(text.p + at, "\xef\xbc\x8d", 3) == 0;
}

static void word_add(struct word *w, char c)
{
    if (w->n == WORD_MAX) {
        w->is_long = true;
        return;
    }
    w->text[w->n++] = c;
    if (c == '-')
        w->has_hyphen = true;
    else if (format_is_digit(c))
        w->is_letters = false;
    else
        w->is_digits = false;
}

void word_take(struct word *w, str text, size_t at)
{
    *w = (struct word){.start = at, .is_digits = true, .is_letters = true};
    while (at < text.n) {
        size_t n, next;
        char c = word_character(text, at, &n);
        if (!c) { /* a hyphen joins when something follows it */
            if (!is_hyphen(text, at, &n) || at + n >= text.n ||
                !word_character(text, at + n, &next))
                break;
            c = '-';
        }
        word_add(w, c);
        at += n;
    }
    w->end = at;
}

/* 330521 19900101 0018: an identity number as forms and scans part it. */
static bool join_identity(struct word *w, str text)
{
    struct word all = *w, next;
    static const size_t lengths[] = {8, 4};
    if (!w->is_digits || w->n != 6 || w->has_hyphen)
        return false;
    for (size_t i = 0; i < COUNT(lengths); i++) {
        size_t n;
        if (all.end + 1 >= text.n || text.p[all.end] != ' ' ||
            !word_character(text, all.end + 1, &n))
            return false;
        word_take(&next, text, all.end + 1);
        if (next.n != lengths[i] || next.has_hyphen)
            return false;
        memcpy(all.text + all.n, next.text, next.n);
        all.n += next.n;
        all.end = next.end;
        all.is_digits = all.is_digits && next.is_digits;
    }
    *w = all;
    return true;
}

/* +86 in front of a mobile number, written together or with a blank, belongs to it. */
static void join_country(struct word *w, str text)
{
    static const char *const codes[] = {"+86 ", "+86-", "+86"};
    str past = str_slice(text, 0, w->start);
    for (size_t i = 0; i < COUNT(codes); i++) {
        if (str_ends(past, str_from(codes[i]))) {
            w->start -= strlen(codes[i]);
            return;
        }
    }
}

/* 6222 0212 3456 7890 128, 138 0013 8000: the groups as one word when they have such a shape. */
static void join_groups(struct word *w, str text)
{
    struct word all = *w, next;
    size_t groups = 1;
    if (!w->is_digits || w->has_hyphen || w->is_long || (w->n != 3 && w->n != 4))
        return;
    while (groups < 6 && all.end + 1 < text.n && text.p[all.end] == ' ') {
        size_t n;
        if (!word_character(text, all.end + 1, &n))
            break;
        word_take(&next, text, all.end + 1);
        if (!next.is_digits || next.has_hyphen || next.n > 8 || all.n + next.n > 24)
            break;
        memcpy(all.text + all.n, next.text, next.n);
        all.n += next.n;
        all.end = next.end;
        groups++;
        if (next.n < 4)
            break;
    }
    bool is_mobile = w->n == 3 && groups == 3 && all.n == 11 && *all.text == '1';
    bool is_card = w->n == 4 && groups >= 4 && all.n >= 16 && all.n <= 19;
    bool is_landline = groups == 2 && *all.text == '0' && (all.n - w->n == 7 || all.n - w->n == 8);
    if (is_mobile || is_card || is_landline)
        *w = all;
}

static bool found(struct finding *f, enum sensitive_kind kind, const struct word *w, int confidence)
{
    *f = (struct finding){kind, w->start, w->end - w->start, confidence};
    return true;
}

static bool is_resident_id(str s)
{
    enum format_reason why = format_check_resident_id(s, NULL);
    int year = s.n == 18 && (why == FORMAT_NONE || why == FORMAT_LETTER_CASE)
                   ? format_number(s, 6, 10)
                   : 0;
    return year >= 1900 && year < 2050 && !format_check_division_code(str_slice(s, 0, 6), NULL);
}

/* One of 31 random words of digits passes the check of GB 32100: its registering department (table
 * 1), its division, and the code of the organisation (GB 11714) inside or a letter are asked too.
 */
static bool is_uscc(str s, enum label label, int *confidence)
{
    str division = str_slice(s, 2, 8);
    enum format_reason why = s.n == 18 ? format_check_uscc(s, NULL) : FORMAT_LENGTH;
    if ((why != FORMAT_NONE && why != FORMAT_LETTER_CASE) || !strchr("123456789ANYany", *s.p) ||
        s.p[1] < '1' || s.p[1] > '9')
        return false;
    if (format_check_division_code(division, NULL) && !str_is(division, "100000"))
        return false;
    bool is_whole = format_check_org_code(str_slice(s, 8, 17), NULL) == FORMAT_NONE;
    *confidence = label == LABEL_CODE ? 99 : is_whole ? 97 : 80;
    return is_whole || label == LABEL_CODE || (!format_is_digits(s) && label != LABEL_ORDER);
}

/* Ranges of issuers (ISO/IEC 7812) and how long their numbers are. */
static bool has_issuer(str s)
{
    static const struct {
        const char *prefix;
        unsigned lengths; /* bit n: n digits */
    } issuers[] = {
        {"62", 1u << 16 | 1u << 17 | 1u << 18 | 1u << 19}, /* UnionPay */
        {"9558", 1u << 19},
        {"9559", 1u << 19},
        {"60", 1u << 16 | 1u << 19},
        {"4", 1u << 16 | 1u << 19},
        {"51", 1u << 16},
        {"52", 1u << 16},
        {"53", 1u << 16},
        {"54", 1u << 16},
        {"55", 1u << 16},
        {"35", 1u << 16},
        {"34", 1u << 15},
        {"37", 1u << 15},
        {"36", 1u << 14},
    };
    for (size_t i = 0; i < COUNT(issuers); i++) {
        if (issuers[i].lengths >> s.n & 1 && str_starts(s, str_from(issuers[i].prefix)))
            return true;
    }
    return false;
}

static bool is_card(str s, enum label label, int *confidence)
{
    if (s.n < 13 || s.n > 19 || format_check_bank_card(s, NULL))
        return false;
    bool is_issued = has_issuer(s);
    *confidence = label == LABEL_CARD ? (is_issued ? 99 : 80) : 85;
    return label == LABEL_CARD || (is_issued && label != LABEL_ORDER);
}

static bool is_passport(str s)
{
    /* Ordinary E, EA to EZ; earlier G; diplomatic D, DE; service S, SE; public affairs P, PE. */
    if (s.n != 9 || !strchr("EGDSP", *s.p) || !format_is_digits(str_slice(s, 2, 9)))
        return false;
    return format_is_digit(s.p[1]) || (*s.p == 'E' && s.p[1] >= 'A' && s.p[1] <= 'Z') ||
           s.p[1] == 'E';
}

/* The word without its hyphens when they stand where people put them in cards and mobiles. */
static str without_hyphens(const struct word *w, char *out)
{
    size_t n = 0, group = 0, first = 0;
    for (size_t i = 0; i < w->n; i++) {
        if (w->text[i] != '-') {
            out[n++] = w->text[i];
            group++;
            continue;
        }
        if (first == 0)
            first = group;
        else if (group != 4)
            return (str){0};
        group = 0;
    }
    return first == 3 || first == 4 ? (str){out, n} : (str){0};
}

/* Signs of a number that is part of another or an amount: 3.5, ￥5, 5元, 5%. */
static bool is_amount(str text, const struct word *w)
{
    static const char *const behind[] = {"元", "万元", "亿", "%", "％", "平方", "公斤"};
    static const char *const before[] = {"￥", "¥", "$", "＄", "."};
    str rest = str_slice(text, w->end, text.n), past = str_slice(text, 0, w->start);
    size_t n;
    if (rest.n > 1 && *rest.p == '.' && word_character(rest, 1, &n))
        return true;
    for (size_t i = 0; i < COUNT(behind); i++) {
        if (str_starts(rest, str_from(behind[i])))
            return true;
    }
    for (size_t i = 0; i < COUNT(before); i++) {
        if (str_ends(past, str_from(before[i])))
            return true;
    }
    return false;
}

static bool is_landline(str s, enum label label)
{
    if (format_check_phone_cn(s, NULL) || s.n < 7)
        return false;
    bool has_area = *s.p == '0' && s.p[1] >= '1' && (s.p[1] != '1' || s.p[2] == '0');
    bool is_parted = s.n > 4 && (s.p[3] == '-' || s.p[4] == '-');
    return (has_area && is_parted) || (label == LABEL_PHONE && (has_area || *s.p > '1'));
}

/* （0572）8062000 and (010)62345678: the area code stands in brackets in front. */
static void join_area(struct word *w, str text)
{
    static const char *const open[] = {"(", "（"}, *const close[] = {")", "）"};
    for (size_t i = 0; i < COUNT(open); i++) {
        size_t at = w->end + strlen(close[i]), n;
        struct word number;
        if (!w->is_digits || *w->text != '0' || (w->n != 3 && w->n != 4) ||
            !str_ends(str_slice(text, 0, w->start), str_from(open[i])) ||
            !str_starts(str_slice(text, w->end, text.n), str_from(close[i])) || at >= text.n ||
            !word_character(text, at, &n))
            continue;
        word_take(&number, text, at);
        if (!number.is_digits || number.has_hyphen || (number.n != 7 && number.n != 8))
            continue;
        w->text[w->n++] = '-';
        memcpy(w->text + w->n, number.text, number.n);
        w->n += number.n;
        w->end = number.end;
        w->start -= strlen(open[i]);
        w->has_hyphen = true;
        return;
    }
}

/* 浙E12345: the word is what follows the province's character; 浙E·12345 has a dot between. */
static bool is_plate(struct recogniser *r, struct word *w)
{
    static const char *const dots[] = {"·", "•", " "};
    str text = r->text;
    char plate[3 + WORD_MAX + 3];
    if (w->start < 3 || (unsigned char)text.p[w->start - 3] < 0xe4 || w->is_digits || w->is_long)
        return false;
    if (w->start >= 4 && word_character(text, w->start - 4, &(size_t){0}) &&
        (unsigned char)text.p[w->start - 4] < 0x80)
        return false;
    struct word whole = *w;
    for (size_t i = 0; w->n == 1 && i < COUNT(dots); i++) {
        size_t at = w->end + strlen(dots[i]), n;
        struct word serial;
        if (!str_starts(str_slice(text, w->end, text.n), str_from(dots[i])) || at >= text.n ||
            !word_character(text, at, &n))
            continue;
        word_take(&serial, text, at);
        if (serial.n > 6)
            return false;
        memcpy(whole.text + 1, serial.text, serial.n);
        whole.n = 1 + serial.n;
        whole.end = serial.end;
        break;
    }
    memcpy(plate, text.p + w->start - 3, 3);
    memcpy(plate + 3, whole.text, whole.n);
    size_t n = 3 + whole.n, digits = 0;
    for (size_t i = 0; i < whole.n; i++)
        digits += format_is_digit(whole.text[i]);
    size_t bare = 0;
    for (size_t i = 0; i < whole.n; i++)
        bare += whole.text[i] != '-';
    if (bare == 5 && whole.end + 3 <= text.n) { /* 挂学警港澳 in the last place */
        memcpy(plate + n, text.p + whole.end, 3);
        n += 3;
        whole.end += 3;
    }
    struct format_advice advice = {0};
    enum format_reason why =
        n > 23 ? FORMAT_LENGTH : format_check_plate_cn((str){plate, n}, &advice);
    if (digits < 2 || (why && !*advice.suggestion))
        return false;
    *w = whole;
    w->start -= 3;
    return true;
}

static bool recognise_digits(const struct recogniser *r, struct word *w, str s, enum label label,
                             struct finding *f)
{
    int confidence;
    if (is_card(s, label, &confidence))
        return found(f, SENSITIVE_BANK_CARD, w, confidence);
    bool has_plus = str_ends(str_slice(r->text, 0, w->start), STR("+"));
    if (s.n == 13 && str_starts(s, STR("86")) && (label == LABEL_PHONE || has_plus)) {
        s = str_slice(s, 2, 13);
        w->start -= has_plus;
    }
    if (format_check_mobile_cn(s, NULL) != FORMAT_NONE || label == LABEL_ORDER)
        return false;
    join_country(w, r->text);
    return found(f, SENSITIVE_MOBILE, w, label == LABEL_PHONE ? 98 : 88);
}

bool recognise_number(struct recogniser *r, struct word *w, struct finding *f)
{
    char bare[WORD_MAX];
    enum label label = r->label;
    int confidence;
    if (is_plate(r, w))
        return found(f, SENSITIVE_PLATE, w, label == LABEL_PLATE ? 98 : 90);
    if (!join_identity(w, r->text))
        join_groups(w, r->text);
    join_area(w, r->text);
    str s = {w->text, w->n};
    if (w->is_long || s.n < 7)
        return false;
    if (!w->has_hyphen && is_resident_id(s))
        return found(f, SENSITIVE_RESIDENT_ID, w, label == LABEL_ID ? 99 : 97);
    if (!w->has_hyphen && is_uscc(s, label, &confidence))
        return found(f, SENSITIVE_USCC, w, confidence);
    if (label == LABEL_PASSPORT && is_passport(s))
        return found(f, SENSITIVE_PASSPORT, w, 90);
    if (!w->is_digits || is_amount(r->text, w))
        return false;
    if (w->has_hyphen && str_starts(s, STR("86-")))
        s = str_slice(s, 3, s.n);
    str plain = w->has_hyphen && s.n == w->n ? without_hyphens(w, bare) : s;
    if (plain.n && recognise_digits(r, w, plain, label, f))
        return true;
    if (label != LABEL_ORDER && is_landline(s, label))
        return found(f, SENSITIVE_LANDLINE, w, label == LABEL_PHONE ? 97 : 80);
    return false;
}
