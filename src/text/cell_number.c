/* Numbers as people write them. */
#include "text/cell_impl.h"

struct written { /* a number taken apart */
    bool is_negative;
    str whole, part; /* digits; whole without separators */
    int exponent;
    bool has_exponent, has_separators;
};

/* 1,234,567: groups of three behind the first.  Copies the digits. */
static bool take_groups(str *s, struct written *w, struct arena *a)
{
    size_t first = cell_count_digits(*s), n = first;
    char *digits = arena_alloc(a, s->n + 1, 1);
    memcpy(digits, s->p, first);
    *s = str_slice(*s, first, s->n);
    while (first && first <= 3 && s->n >= 4 && *s->p == ',') {
        if (cell_count_digits(str_slice(*s, 1, s->n)) != 3)
            break;
        memcpy(digits + n, s->p + 1, 3);
        n += 3;
        *s = str_slice(*s, 4, s->n);
        w->has_separators = true;
    }
    w->whole = (str){digits, n};
    return n > 0 || (s->n && *s->p == '.');
}

/* Takes the number off the front of *s. */
static bool take_number(str *s, struct written *w, struct arena *a)
{
    if (!take_groups(s, w, a))
        return false;
    if (s->n && *s->p == '.') {
        size_t n = cell_count_digits(str_slice(*s, 1, s->n));
        w->part = str_slice(*s, 1, 1 + n);
        *s = str_slice(*s, 1 + n, s->n);
    }
    if (w->whole.n + w->part.n == 0)
        return false;
    if (s->n > 1 && (*s->p | 0x20) == 'e') {
        str rest = str_slice(*s, 1, s->n);
        bool is_negative = *rest.p == '-';
        if (*rest.p == '+' || *rest.p == '-')
            rest = str_slice(rest, 1, rest.n);
        size_t n = cell_count_digits(rest);
        if (n == 0 || n > 3)
            return true;
        w->has_exponent = true;
        for (size_t i = 0; i < n; i++)
            w->exponent = w->exponent * 10 + (rest.p[i] - '0');
        w->exponent = is_negative ? -w->exponent : w->exponent;
        *s = str_slice(rest, n, rest.n);
    }
    return true;
}

/* The plain decimal of w × 10^shift, exactly. */
static str write_number(const struct written *w, int shift, struct arena *a)
{
    size_t digits = w->whole.n + w->part.n;
    long point = (long)w->whole.n + w->exponent + shift; /* digits before it */
    size_t before = point > 0 ? (size_t)point : 0;
    size_t zeros = point < 0 ? (size_t)-point : 0; /* behind the point */
    size_t room = digits + before + zeros + 4, n = 0;
    char *all = arena_alloc(a, digits + before + 1, 1), *out = arena_alloc(a, room, 1);
    memcpy(all, w->whole.p, w->whole.n);
    if (w->part.n)
        memcpy(all + w->whole.n, w->part.p, w->part.n);
    size_t total = digits;
    while (total < before)
        all[total++] = '0';
    str whole = {all, before}, part = {all + before, total - before};
    while (whole.n > 1 && *whole.p == '0')
        whole = str_slice(whole, 1, whole.n);
    if (w->is_negative)
        out[n++] = '-';
    if (whole.n)
        memcpy(out + n, whole.p, whole.n);
    else
        out[n] = '0';
    n += whole.n ? whole.n : 1;
    if (part.n) {
        out[n++] = '.';
        memset(out + n, '0', zeros);
        memcpy(out + n + zeros, part.p, part.n);
        n += zeros + part.n;
    }
    return (str){out, n};
}

static bool is_whole(str number)
{
    size_t point = str_find(number, STR("."));
    for (size_t i = point == SIZE_MAX ? number.n : point + 1; i < number.n; i++) {
        if (number.p[i] != '0')
            return false;
    }
    return true;
}

static str drop_fraction(str number)
{
    size_t point = str_find(number, STR("."));
    number = str_slice(number, 0, point);
    return str_is(number, "-0") ? STR("0") : number;
}

/* Ten thousands and the like: the power of ten, or 0. */
static int take_scale(str *s)
{
    static const struct {
        str word;
        int power;
    } scales[] = {
        {STR("万亿"), 12}, {STR("亿"), 8}, {STR("千万"), 7}, {STR("百万"), 6},
        {STR("十万"), 5},  {STR("万"), 4}, {STR("千"), 3},   {STR("百"), 2},
    };
    for (size_t i = 0; i < COUNT(scales); i++) {
        if (cell_take(s, scales[i].word))
            return scales[i].power;
    }
    return 0;
}

static bool take_currency(str *s)
{
    return cell_take(s, STR("¥")) || cell_take(s, STR("$")) || cell_take(s, STR("RMB")) ||
           cell_take(s, STR("CNY"));
}

/* The digits a spreadsheet showed were fewer than the number had. */
static bool has_lost_digits(const struct written *w)
{
    return w->has_exponent && w->exponent > (int)w->part.n && w->exponent >= 11;
}

static void settle(struct cell *c, const struct cell_wish *wish, str number)
{
    if (wish->type == CELL_AS_INTEGER) {
        if (!is_whole(number)) {
            cell_doubt(c, CELL_NOT_AN_INTEGER, (str){0});
            return;
        }
        number = drop_fraction(number);
    }
    if (c->is_harmless && !str_equal(number, c->text))
        cell_note(c, CELL_WRITTEN_OTHERWISE);
    c->text = number;
}

void cell_read_number(struct cell *c, const struct cell_wish *wish, struct arena *a)
{
    struct written w = {0};
    str s = c->text;
    bool in_brackets = s.n > 2 && *s.p == '(' && s.p[s.n - 1] == ')'; /* how accountants subtract */
    if (in_brackets)
        s = str_slice(s, 1, s.n - 1);
    w.is_negative = in_brackets || cell_take(&s, STR("-")) || cell_take(&s, STR("−"));
    if (!w.is_negative)
        cell_take(&s, STR("+"));
    bool has_currency = take_currency(&s);
    if (!w.is_negative)
        w.is_negative = cell_take(&s, STR("-"));
    if (s.n == 0 || !take_number(&s, &w, a)) {
        cell_doubt(c, CELL_NOT_A_NUMBER, (str){0});
        return;
    }
    if (w.has_separators || has_currency || in_brackets)
        cell_note(c, CELL_THOUSANDS);
    if (has_lost_digits(&w)) {
        cell_doubt(c, CELL_SCIENTIFIC, (str){0});
        return;
    }
    /* The field's own unit first: 万元 is no scale where the field counts in 万元. */
    bool has_unit = wish->unit.n && str_equal(s, wish->unit);
    int scale = has_unit ? 0 : take_scale(&s);
    str number = write_number(&w, scale, a);
    if (has_unit) {
        cell_note(c, CELL_WRITTEN_OTHERWISE);
    } else if (scale || s.n) {
        /* Is it the unit the field means?  A rest that is no word at all is no number either. */
        bool is_word = s.n == 0 || str_find(s, STR("%")) == 0 || (unsigned char)*s.p >= 0x80 ||
                       (*s.p | 0x20) >= 'a';
        for (size_t i = 0; i < s.n; i++)
            is_word &= !cell_is_digit(s.p[i]) || i > 0;
        if (str_is(s, "%"))
            number = write_number(&w, -2, a);
        cell_doubt(c, is_word ? CELL_UNIT : CELL_NOT_A_NUMBER, is_word ? number : (str){0});
        return;
    }
    settle(c, wish, number);
}
