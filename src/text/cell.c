#include "text/cell.h"

#include "text/cell_impl.h"

static const struct {
    const char *name;
    bool is_harmless;
    const char *zh, *en;
} REASONS[] = {
#define X(name, harmless, zh, en) {#name, harmless, zh, en},
    CELL_REASONS(X)
#undef X
};

const char *cell_reason_name(enum cell_reason r)
{
    return REASONS[r].name;
}

const char *cell_reason_zh(enum cell_reason r)
{
    return REASONS[r].zh;
}

const char *cell_reason_en(enum cell_reason r)
{
    return REASONS[r].en;
}

void cell_note(struct cell *c, enum cell_reason r)
{
    c->seen |= 1u << r;
    if (c->is_harmless && r > c->reason) /* the table goes from light to grave */
        c->reason = r;
}

void cell_doubt(struct cell *c, enum cell_reason r, str suggestion)
{
    c->seen |= 1u << r;
    c->reason = r;
    c->is_harmless = false;
    c->suggestion = suggestion;
}

/* Cleaning. */

static bool is_blank(uint32_t cp)
{
    return cp == ' ' || (cp >= 9 && cp <= 13) || cp == 0xa0 || cp == 0x3000 ||
           (cp >= 0x2000 && cp <= 0x200a) || cp == 0x202f || cp == 0x205f;
}

static bool is_invisible(uint32_t cp)
{
    return cp < 0x20 || cp == 0x7f || cp == 0xad || (cp >= 0x200b && cp <= 0x200f) ||
           (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2060 && cp <= 0x2069) || cp == 0xfeff;
}

enum breadth { LETTERS_AND_DIGITS, ALL_OF_ASCII };

/* The half-width character, or the same. */
static uint32_t half_width(uint32_t cp, enum breadth breadth)
{
    if (cp < 0xff01 || cp > 0xff5e)
        return breadth == ALL_OF_ASCII && cp == 0xffe5 ? 0xa5 : cp;
    uint32_t half = cp - 0xfee0;
    bool is_word = (half >= '0' && half <= '9') || ((half | 0x20) >= 'a' && (half | 0x20) <= 'z');
    return is_word || breadth == ALL_OF_ASCII ? half : cp;
}

static bool needs_cleaning(str s)
{
    if (s.n && ((unsigned char)s.p[0] <= ' ' || (unsigned char)s.p[s.n - 1] <= ' '))
        return true;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char ch = (unsigned char)s.p[i];
        /* Blanks, invisible and full-width characters begin with these bytes; most Han do not. */
        if (ch <= ' ' || ch == 0x7f || ch == 0xc2 || ch == 0xe2 || ch == 0xe3 || ch == 0xef)
            return true;
    }
    return false;
}

/* Drops invisible characters and blanks at the ends (with drops_inner, all blanks), narrows. */
static str clean(struct cell *c, str s, enum breadth breadth, bool drops_inner, struct arena *a)
{
    if (!needs_cleaning(s))
        return s;
    char *out = arena_alloc(a, s.n + 1, 1);
    size_t n = 0, end = 0;
    bool has_blank = false;
    while (s.n) {
        str before = s;
        uint32_t cp = utf8_take(&s), narrow = half_width(cp, breadth);
        if (is_blank(cp)) {
            has_blank |= n == 0 || drops_inner;
            if (n == 0 || drops_inner)
                continue;
            /* Inside a text its blanks stay as they are, but for the odd ones. */
            out[n++] = ' ';
            continue;
        }
        if (is_invisible(cp)) {
            cell_note(c, CELL_INVISIBLE);
            continue;
        }
        if (narrow != cp) {
            cell_note(c, CELL_FULL_WIDTH);
            n += utf8_put(out + n, narrow);
        } else {
            memcpy(out + n, before.p, before.n - s.n);
            n += before.n - s.n;
        }
        end = n;
    }
    if (has_blank || end < n)
        cell_note(c, CELL_BLANKS);
    return (str){out, end};
}

/* Words. */

static bool is_listed(str s, const char *const *words)
{
    for (; *words; words++) {
        if (str_equal_nocase(s, str_from(*words)))
            return true;
    }
    return false;
}

static bool means_nothing(str s)
{
    static const char *const words[] = {"NA", "N/A", "NULL", "NONE", "NIL",  "\\N",
                                        "-",  "--",  "---",  "/",    "—",    "——",
                                        "－", "无",  "空",   "暂无", "没有", NULL};
    return s.n <= 8 && is_listed(s, words);
}

static bool is_error_value(str s)
{
    static const char *const words[] = {"#N/A",   "#REF!", "#VALUE!", "#DIV/0!",
                                        "#NAME?", "#NUM!", "#NULL!",  NULL};
    if (s.n && *s.p != '#')
        return false;
    for (size_t i = 0; i < s.n; i++) { /* a column too narrow for its number */
        if (s.p[i] != '#')
            return is_listed(s, words);
    }
    return s.n >= 3;
}

static void read_boolean(struct cell *c)
{
    static const char *const yes[] = {"true", "1",  "是", "y", "yes", "t",
                                      "有",   "对", "√",  "✓", "on",  NULL};
    static const char *const no[] = {"false", "0", "否", "n",   "no", "f",
                                     "错",    "×", "✗",  "off", NULL};
    str want = is_listed(c->text, yes) ? STR("true") : STR("false");
    if (!is_listed(c->text, yes) && !is_listed(c->text, no)) {
        cell_doubt(c, CELL_NOT_A_BOOLEAN, (str){0});
        return;
    }
    if (!str_equal(c->text, want))
        cell_note(c, CELL_BOOLEAN_WORD);
    c->text = want;
}

/* A text whose format is not met. */
static void read_format(struct cell *c, const struct format *f, struct arena *a)
{
    struct format_advice advice;
    enum format_reason r = format_check(f, c->text, &advice);
    str suggestion = str_from(advice.suggestion);
    if (r == FORMAT_NONE)
        return;
    c->format_reason = r;
    if (r == FORMAT_SCIENTIFIC || r == FORMAT_ROUNDED) {
        cell_doubt(c, r == FORMAT_SCIENTIFIC ? CELL_SCIENTIFIC : CELL_ROUNDED, (str){0});
    } else if (suggestion.n && (r == FORMAT_LETTER_CASE || r == FORMAT_STRUCTURE)) {
        /* Only case, hyphens and the like differ: nothing was lost, nothing is guessed. */
        c->text = arena_copy(a, suggestion);
        c->format_reason = FORMAT_NONE;
        cell_note(c, CELL_WRITTEN_OTHERWISE);
    } else {
        cell_doubt(c, CELL_FORMAT, arena_copy(a, suggestion));
    }
}

void cell_read(struct cell *c, str raw, const struct cell_wish *wish, struct arena *a)
{
    bool is_plain = wish->type == CELL_AS_TEXT && (!wish->format || wish->format->is_standard);
    bool drops_inner = wish->type == CELL_AS_INTEGER || wish->type == CELL_AS_NUMBER ||
                       wish->type == CELL_AS_BOOLEAN || (wish->type == CELL_AS_TEXT && !is_plain);
    *c = (struct cell){.is_harmless = true};
    c->text = clean(c, raw, is_plain ? LETTERS_AND_DIGITS : ALL_OF_ASCII, drops_inner, a);
    if (c->text.n > 1 && *c->text.p == '\'' && c->text.p[c->text.n - 1] != '\'') {
        c->text = str_slice(c->text, 1, c->text.n);
        cell_note(c, CELL_TEXT_MARK);
    }
    if (!wish->keeps_words && means_nothing(c->text)) {
        cell_note(c, CELL_EMPTY_WORD);
        c->text = str_slice(c->text, 0, 0);
    }
    c->is_empty = c->text.n == 0;
    if (c->is_empty)
        return;
    if (is_error_value(c->text)) {
        cell_doubt(c, CELL_ERROR_VALUE, (str){0});
    } else if (c->text.n > 1 && *c->text.p == '=') {
        cell_doubt(c, CELL_FORMULA, (str){0});
    } else if (wish->type == CELL_AS_BOOLEAN) {
        read_boolean(c);
    } else if (wish->type == CELL_AS_INTEGER || wish->type == CELL_AS_NUMBER) {
        cell_read_number(c, wish, a);
    } else if (wish->type == CELL_AS_DATE || wish->type == CELL_AS_DATE_TIME) {
        cell_read_date(c, wish, a);
    } else if (wish->format) {
        read_format(c, wish->format, a);
    }
    if (!c->is_harmless) /* the clerk sees what came in */
        c->text = raw;
}
