#include "demo/mess.h"

#include "base/date.h"
#include "place/gcj02.h"

static bool change_last_digit(str *cell, struct arena *a)
{
    if (cell->n < 2)
        return false;
    str s = arena_copy(a, *cell);
    char *last = (char *)(uintptr_t)s.p + s.n - 1;
    *last = *last >= '0' && *last < '9' ? (char)(*last + 1) : '0';
    *cell = s;
    return true;
}

/* 330521196503121234 → 3.30521E+17 */
static bool make_scientific(str *cell, struct arena *a)
{
    if (cell->n < 12 || cell->p[cell->n - 1] > '9')
        return false;
    *cell = arena_format(a, "%c.%.5sE+%zu", *cell->p, cell->p + 1, cell->n - 1);
    return true;
}

static bool make_rounded(str *cell, struct arena *a)
{
    if (cell->n < 16)
        return false;
    str s = arena_copy(a, *cell);
    memset((char *)(uintptr_t)s.p + 15, '0', s.n - 15);
    *cell = s;
    return true;
}

static bool make_date_other(str *cell, struct arena *a, bool is_serial)
{
    int32_t days;
    if (!date_parse(*cell, &days))
        return false;
    struct date d = date_from_days(days);
    *cell = is_serial ? arena_format(a, "%d", days + 25569) /* from 1899-12-30 */
                      : arena_format(a, "%d.%d.%d", d.year, d.month, d.day);
    return true;
}

static bool make_full_width(str *cell, struct arena *a)
{
    char *p = arena_alloc(a, cell->n, 4);
    size_t n = 0;
    for (str s = *cell; s.n;) {
        uint32_t c = utf8_take(&s);
        n += utf8_put(p + n, c > ' ' && c < 0x7f ? c + 0xfee0 : c);
    }
    bool has_changed = n != cell->n;
    *cell = (str){p, n};
    return has_changed;
}

static bool shift_position(str *longitude, str *latitude, struct arena *a)
{
    int64_t x, y;
    if (!demo_value_number(*longitude, &x) || !demo_value_number(*latitude, &y))
        return false;
    struct position p =
        gcj02_from_wgs84((struct position){(double)x / MILLION, (double)y / MILLION});
    *longitude = arena_format(a, "%.6f", p.longitude);
    *latitude = arena_format(a, "%.6f", p.latitude);
    return true;
}

bool mess_apply(const struct mess *m, str *cells, struct arena *a)
{
    str *cell = &cells[m->column], *other = &cells[m->other], kept = *cell;
    switch (m->kind) {
    case MESS_check_digit:
        return change_last_digit(cell, a);
    case MESS_scientific:
        return make_scientific(cell, a);
    case MESS_rounded:
        return make_rounded(cell, a);
    case MESS_dotted_date:
        return make_date_other(cell, a, false);
    case MESS_serial_date:
        return make_date_other(cell, a, true);
    case MESS_full_width:
        return make_full_width(cell, a);
    case MESS_blanks:
        if (kept.n)
            *cell = arena_format(a, "%.*s  ", STR_ARG(kept));
        return kept.n > 0;
    case MESS_swap:
        *cell = *other;
        *other = kept;
        return !str_equal(*cell, kept);
    case MESS_empty:
        *cell = STR("");
        return kept.n > 0;
    case MESS_replace:
        *cell = m->with;
        return !str_equal(*cell, kept);
    case MESS_gcj_02:
        return shift_position(cell, other, a);
    case MESS_repeat:
        return kept.n > 1;
    }
    return false;
}

void mess_repeat(const struct mess *m, str *cells, struct arena *a)
{
    (void)change_last_digit(&cells[m->column], a);
}
