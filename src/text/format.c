#include "text/format.h"

#include "text/format_impl.h"

static const struct format FORMATS[] = {
#define X(c_name, name, zh, en) {name, zh, en, true, format_check_##c_name},
    FORMATS_STANDARD(X)
#undef X
#define X(c_name, name, zh, en) {name, zh, en, false, format_check_##c_name},
        FORMATS_CHINESE(X)
#undef X
};

static const struct {
    const char *name, *zh, *en;
} REASONS[] = {
#define X(name, zh, en) {#name, zh, en},
    FORMAT_REASONS(X)
#undef X
};

const struct format *format_find(str name)
{
    for (size_t i = 0; i < COUNT(FORMATS); i++) {
        if (str_is(name, FORMATS[i].name))
            return &FORMATS[i];
    }
    return NULL;
}

const struct format *format_list(size_t *n)
{
    *n = COUNT(FORMATS);
    return FORMATS;
}

enum format_reason format_check(const struct format *f, str text, struct format_advice *advice)
{
    if (advice)
        *advice = (struct format_advice){0};
    return f->check(text, advice);
}

const char *format_reason_name(enum format_reason r)
{
    return REASONS[r].name;
}

const char *format_reason_zh(enum format_reason r)
{
    return REASONS[r].zh;
}

const char *format_reason_en(enum format_reason r)
{
    return REASONS[r].en;
}

int format_days_in_month(int year, int month)
{
    static const int days[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12)
        return 0;
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month] + (month == 2 && is_leap);
}
