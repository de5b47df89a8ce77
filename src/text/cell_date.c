/* Dates and times as people and spreadsheets write them. */
#include "text/cell_impl.h"

struct moment {
    int year, month, day;
    int hour, minute, second;
    str fraction, zone; /* ".5", "+08:00" */
    bool has_time;
};

/* Days since 1970-01-01 to a date of the Gregorian calendar, by counting eras of 400 years. */
static void from_days(int64_t days, struct moment *m)
{
    days += 719468; /* from 0000-03-01 */
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t in_era = days - era * 146097;
    int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * in_year + 2) / 153; /* from March */
    m->day = (int)(in_year - (153 * month + 2) / 5 + 1);
    m->month = (int)(month < 10 ? month + 3 : month - 9);
    m->year = (int)(year + era * 400 + (m->month <= 2));
}

static void from_seconds(int64_t seconds, struct moment *m)
{
    int64_t days = seconds / 86400, rest = seconds % 86400;
    if (rest < 0) {
        days--;
        rest += 86400;
    }
    from_days(days, m);
    m->hour = (int)(rest / 3600);
    m->minute = (int)(rest / 60 % 60);
    m->second = (int)(rest % 60);
    m->has_time = true;
}

static bool exists(const struct moment *m)
{
    return m->year >= 1 && m->year <= 9999 && m->day >= 1 &&
           m->day <= format_days_in_month(m->year, m->month) && m->hour <= 23 && m->minute <= 59 &&
           m->second <= 59;
}

static str write_moment(const struct moment *m, const struct cell_wish *wish, struct arena *a)
{
    if (wish->type == CELL_AS_DATE)
        return arena_format(a, "%04d-%02d-%02d", m->year, m->month, m->day);
    str zone = m->zone.n ? m->zone : wish->zone.n ? wish->zone : STR("+08:00");
    return arena_format(a, "%04d-%02d-%02dT%02d:%02d:%02d%.*s%.*s", m->year, m->month, m->day,
                        m->hour, m->minute, m->second, STR_ARG(m->fraction), STR_ARG(zone));
}

/* At most `most` digits. */
static bool take_number(str *s, size_t most, int *n, size_t *width)
{
    *width = cell_count_digits(*s);
    if (*width == 0 || *width > most)
        return false;
    *n = 0;
    for (size_t i = 0; i < *width; i++)
        *n = *n * 10 + (s->p[i] - '0');
    *s = str_slice(*s, *width, s->n);
    return true;
}

static void skip_blanks(str *s)
{
    while (s->n && *s->p == ' ')
        *s = str_slice(*s, 1, s->n);
}

/* AM and 下午: hours of half a day. */
static bool take_half(str *s, bool *is_afternoon)
{
    static const struct {
        str word;
        bool is_afternoon;
    } halves[] = {
        {STR("AM"), false},   {STR("PM"), true},   {STR("am"), false},   {STR("pm"), true},
        {STR("A.M."), false}, {STR("P.M."), true}, {STR("上午"), false}, {STR("下午"), true},
    };
    for (size_t i = 0; i < COUNT(halves); i++) {
        if (cell_take(s, halves[i].word)) {
            *is_afternoon = halves[i].is_afternoon;
            skip_blanks(s);
            return true;
        }
    }
    return false;
}

static bool take_zone(str *s, struct moment *m)
{
    if (cell_take(s, STR("Z")) || cell_take(s, STR("z"))) {
        m->zone = STR("Z");
        return true;
    }
    if (s->n >= 6 && (*s->p == '+' || *s->p == '-') && s->p[3] == ':' &&
        cell_count_digits(str_slice(*s, 1, 3)) == 2 &&
        cell_count_digits(str_slice(*s, 4, 6)) == 2) {
        m->zone = str_slice(*s, 0, 6);
        *s = str_slice(*s, 6, s->n);
    }
    return true;
}

/* 8:30, 08:30:00.5, 8时30分, 8:30:00 PM, 下午 8:30. */
static bool take_time(str *s, struct moment *m)
{
    size_t width;
    bool is_afternoon = false, is_half = take_half(s, &is_afternoon);
    if (!take_number(s, 2, &m->hour, &width))
        return false;
    if (!cell_take(s, STR(":")) && !cell_take(s, STR("时")) && !cell_take(s, STR("点")))
        return false;
    if (take_number(s, 2, &m->minute, &width)) {
        bool has_more = cell_take(s, STR(":")) || cell_take(s, STR("分"));
        if (has_more && take_number(s, 2, &m->second, &width)) {
            if (s->n && *s->p == '.') {
                size_t n = cell_count_digits(str_slice(*s, 1, s->n));
                m->fraction = str_slice(*s, 0, n ? n + 1 : 0);
                *s = str_slice(*s, n + 1, s->n);
            }
            cell_take(s, STR("秒"));
        }
    }
    skip_blanks(s);
    if (!is_half)
        is_half = take_half(s, &is_afternoon);
    if (is_half && (m->hour < 1 || m->hour > 12))
        return is_afternoon && m->hour <= 23; /* 下午 14:30 */
    if (is_half)
        m->hour = m->hour % 12 + (is_afternoon ? 12 : 0);
    m->has_time = true;
    return take_zone(s, m);
}

static bool take_separator(str *s, str *which)
{
    static const str separators[] = {STR("-"), STR("/"), STR("."), STR("年"), STR("月"), STR("、")};
    str before = *s;
    skip_blanks(s);
    for (size_t i = 0; i < COUNT(separators); i++) {
        if (cell_take(s, separators[i])) {
            *which = separators[i];
            skip_blanks(s);
            return true;
        }
    }
    *s = before;
    return false;
}

enum shape { NO_DATE, YEAR_FIRST, YEAR_LAST, SHORT_YEAR };

/* Three numbers with separators; which is which is told by the shape. */
static enum shape take_numbers(str *s, int n[3])
{
    size_t width[3];
    str first, second;
    if (!take_number(s, 4, &n[0], &width[0]) || !take_separator(s, &first) ||
        !take_number(s, 4, &n[1], &width[1]) || !take_separator(s, &second) ||
        !take_number(s, 4, &n[2], &width[2]))
        return NO_DATE;
    if (!cell_take(s, STR("日")))
        cell_take(s, STR("号"));
    if (width[0] == 4 && width[1] <= 2 && width[2] <= 2)
        return YEAR_FIRST;
    if (width[2] == 4 && width[0] <= 2 && width[1] <= 2)
        return YEAR_LAST;
    return width[0] <= 2 && width[1] <= 2 && width[2] <= 2 ? SHORT_YEAR : NO_DATE;
}

/* Behind the date: nothing, or a time. */
static bool take_rest(str *s, struct moment *m)
{
    if (s->n == 0)
        return true;
    if (!cell_take(s, STR("T")) && !cell_take(s, STR("t")))
        skip_blanks(s);
    return take_time(s, m) && s->n == 0;
}

static void settle(struct cell *c, const struct moment *m, const struct cell_wish *wish,
                   enum cell_reason harmless, struct arena *a)
{
    if (!exists(m)) {
        cell_doubt(c, CELL_NO_SUCH_DATE, (str){0});
        return;
    }
    str text = write_moment(m, wish, a);
    if (wish->type == CELL_AS_DATE && m->has_time && m->hour + m->minute + m->second > 0)
        cell_note(c, CELL_TIME_DROPPED);
    if (!str_equal(text, c->text))
        cell_note(c, harmless);
    c->text = text;
}

/* 9/7/2021: the seventh of September, or the ninth of July? */
static void settle_year_last(struct cell *c, struct moment *m, const int n[3],
                             const struct cell_wish *wish, struct arena *a)
{
    bool may_be_month_first = n[0] <= 12, may_be_day_first = n[1] <= 12;
    bool is_month_first = wish->order == CELL_MONTH_FIRST ||
                          (wish->order == CELL_ORDER_UNKNOWN && may_be_month_first);
    m->year = n[2];
    m->month = is_month_first ? n[0] : n[1];
    m->day = is_month_first ? n[1] : n[0];
    bool is_open =
        wish->order == CELL_ORDER_UNKNOWN && may_be_month_first && may_be_day_first && n[0] != n[1];
    if (is_open && exists(m))
        cell_doubt(c, CELL_DATE_ORDER, write_moment(m, wish, a));
    else
        settle(c, m, wish, CELL_DATE_STYLE, a);
}

static void settle_short_year(struct cell *c, struct moment *m, const int n[3],
                              const struct cell_wish *wish, struct arena *a)
{
    m->year = n[0] + (n[0] < 50 ? 2000 : 1900);
    m->month = n[1];
    m->day = n[2];
    cell_doubt(c, CELL_TWO_DIGIT_YEAR, exists(m) ? write_moment(m, wish, a) : (str){0});
}

/* A bare number: 20210907, 20210907083000, a time since 1970, a spreadsheet's serial number. */

static bool read_digits(struct moment *m, str s)
{
    struct moment got = *m;
    size_t w;
    str year = str_slice(s, 0, 4), month = str_slice(s, 4, 6), day = str_slice(s, 6, 8);
    str hour = str_slice(s, 8, 10), minute = str_slice(s, 10, 12), second = str_slice(s, 12, 14);
    if (s.n != 8 && s.n != 14)
        return false;
    (void)(take_number(&year, 4, &got.year, &w) && take_number(&month, 2, &got.month, &w) &&
           take_number(&day, 2, &got.day, &w));
    if (s.n == 14)
        got.has_time = take_number(&hour, 2, &got.hour, &w) &&
                       take_number(&minute, 2, &got.minute, &w) &&
                       take_number(&second, 2, &got.second, &w);
    *m = got;
    return true;
}

static bool read_serial(struct moment *m, str whole, str part, bool is_1904)
{
    int64_t day;
    double fraction = 0, place = 0.1;
    if (!str_to_int64(whole, &day) || day < 1 || day > 2958465)
        return false;
    if (!is_1904 && day == 60) /* 1900-02-29, which spreadsheets believe in, never was */
        return false;
    for (size_t i = 0; i < part.n && i < 12; i++, place /= 10)
        fraction += (part.p[i] - '0') * place;
    /* 1900 system: day 1 is 1900-01-01 and, for the day that never was, 61 is 1900-03-01. */
    int64_t epoch = is_1904 ? -24107 : day < 60 ? -25568 : -25569;
    from_seconds((epoch + day) * 86400 + (int64_t)(fraction * 86400 + 0.5), m);
    m->has_time = part.n > 0;
    return true;
}

static void read_epoch(struct cell *c, struct moment *m, str s, const struct cell_wish *wish,
                       struct arena *a)
{
    int64_t n, zone = 8 * 3600;
    str z = wish->zone.n ? wish->zone : STR("+08:00");
    if (!str_to_int64(s, &n)) {
        cell_doubt(c, CELL_NOT_A_DATE, (str){0});
        return;
    }
    if (z.n == 6 && (*z.p == '+' || *z.p == '-')) {
        zone =
            ((z.p[1] - '0') * 10 + z.p[2] - '0') * 3600 + ((z.p[4] - '0') * 10 + z.p[5] - '0') * 60;
        zone = *z.p == '-' ? -zone : zone;
    } else {
        zone = 0;
    }
    if (wish->epoch == CELL_EPOCH_MILLISECONDS)
        n = n >= 0 ? n / 1000 : -((-n + 999) / 1000);
    if (n < -62135596800 || n > 253402300799) { /* year 1 to 9999 */
        cell_doubt(c, CELL_NO_SUCH_DATE, (str){0});
        return;
    }
    from_seconds(n + zone, m);
    settle(c, m, wish, CELL_EPOCH, a);
}

static void read_bare_number(struct cell *c, struct moment *m, const struct cell_wish *wish,
                             struct arena *a)
{
    str s = c->text;
    size_t digits = cell_count_digits(s);
    str whole = str_slice(s, 0, digits), part = str_slice(s, digits + 1, s.n);
    if (wish->epoch != CELL_NO_EPOCH && digits == s.n && digits >= 9)
        read_epoch(c, m, s, wish, a);
    else if (digits == s.n && read_digits(m, s))
        settle(c, m, wish, CELL_DATE_STYLE, a);
    else if ((digits == 4 && s.p[0] >= '1' && s.p[0] <= '2') || (part.n && digits < 4))
        cell_doubt(c, CELL_NOT_A_DATE, (str){0}); /* 2021, 2021.9 or 9.7: not all of a date */
    else if (read_serial(m, whole, part, wish->is_1904) && m->year < 2200)
        cell_doubt(c, CELL_SERIAL_DATE, write_moment(m, wish, a));
    else
        cell_doubt(c, CELL_NOT_A_DATE, (str){0});
}

static bool is_bare_number(str s)
{
    size_t digits = cell_count_digits(s);
    if (digits == 0)
        return false;
    return digits == s.n || (s.p[digits] == '.' && digits + 1 < s.n &&
                             cell_count_digits(str_slice(s, digits + 1, s.n)) == s.n - digits - 1);
}

void cell_read_date(struct cell *c, const struct cell_wish *wish, struct arena *a)
{
    struct moment m = {0};
    int n[3];
    str s = c->text;
    bool is_epoch = wish->epoch != CELL_NO_EPOCH && s.n > 1 && *s.p == '-' &&
                    cell_count_digits(str_slice(s, 1, s.n)) == s.n - 1;
    if (is_epoch) {
        read_epoch(c, &m, s, wish, a);
        return;
    }
    if (is_bare_number(s)) {
        read_bare_number(c, &m, wish, a);
        return;
    }
    enum shape shape = take_numbers(&s, n);
    if (shape == NO_DATE || !take_rest(&s, &m)) {
        cell_doubt(c, CELL_NOT_A_DATE, (str){0});
    } else if (shape == YEAR_FIRST) {
        m.year = n[0];
        m.month = n[1];
        m.day = n[2];
        settle(c, &m, wish, CELL_DATE_STYLE, a);
    } else if (shape == YEAR_LAST) {
        settle_year_last(c, &m, n, wish, a);
    } else {
        settle_short_year(c, &m, n, wish, a);
    }
}
