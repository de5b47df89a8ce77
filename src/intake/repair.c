#include "intake/repair.h"

bool repair_options_read(struct repair_options *r, const struct json *options, struct err *e)
{
    str order = json_text(options, "date_order", STR(""));
    *r = (struct repair_options){.timezone = json_text(options, "timezone", STR("+08:00")),
                                 .order = str_is(order, "month-first") ? CELL_MONTH_FIRST
                                          : str_is(order, "day-first") ? CELL_DAY_FIRST
                                                                       : CELL_ORDER_UNKNOWN,
                                 .is_1904 = json_flag(options, "is_1904", false),
                                 .epoch = json_find(options, "epoch"),
                                 .keeps_words = json_find(options, "keeps_words")};
    if (order.n && r->order == CELL_ORDER_UNKNOWN)
        return err_set(e, ERR_INVALID, "date_order is month-first or day-first, not \"%.*s\"",
                       STR_ARG(order));
    if (r->timezone.n != 6 && !str_is(r->timezone, "Z"))
        return err_set(e, ERR_INVALID, "timezone \"%.*s\" is not written like +08:00",
                       STR_ARG(r->timezone));
    return true;
}

static enum cell_type wanted_type(enum field_type type)
{
    switch (type) {
    case FIELD_INTEGER:
        return CELL_AS_INTEGER;
    case FIELD_NUMBER:
        return CELL_AS_NUMBER;
    case FIELD_BOOLEAN:
        return CELL_AS_BOOLEAN;
    case FIELD_DATE:
        return CELL_AS_DATE;
    case FIELD_TIMESTAMP:
        return CELL_AS_DATE_TIME;
    case FIELD_TEXT:
    case FIELD_JSON:
        break;
    }
    return CELL_AS_TEXT;
}

static bool is_listed(const struct json *list, str name)
{
    for (size_t i = 0; list && list->type == JSON_ARRAY && i < list->array.n; i++) {
        if (list->array.items[i].type == JSON_STRING && str_equal(list->array.items[i].text, name))
            return true;
    }
    return false;
}

struct cell_wish repair_wish(const struct repair_options *o, const struct field *f,
                             const struct format *format)
{
    str epoch = STR("");
    const struct json *v = o->epoch ? json_find_str(o->epoch, f->name) : NULL;
    if (v && v->type == JSON_STRING)
        epoch = v->text;
    return (struct cell_wish){.type = wanted_type(f->type),
                              .format = format,
                              .order = o->order,
                              .epoch = str_is(epoch, "seconds")        ? CELL_EPOCH_SECONDS
                                       : str_is(epoch, "milliseconds") ? CELL_EPOCH_MILLISECONDS
                                                                       : CELL_NO_EPOCH,
                              .is_1904 = o->is_1904,
                              .keeps_words = is_listed(o->keeps_words, f->name),
                              .unit = f->unit,
                              .zone = o->timezone};
}

/* Marks that a plain text would not show: full-width letters, blanks of other scripts, invisible
 * characters, a formula, or something as short as a word for "nothing". */
bool repair_is_suspect(str s)
{
    if (s.n <= 6 || s.p[0] == '=' || s.p[0] == '#' || s.p[0] == '\'')
        return true;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c < 0x20 || c == 0x7f || c == 0xc2 || c == 0xe2 || c == 0xe3 || c == 0xef)
            return true;
    }
    return false;
}

static enum reason reason_of_cell(enum cell_reason r)
{
    switch (r) {
    case CELL_SCIENTIFIC:
        return REASON_SCIENTIFIC;
    case CELL_ROUNDED:
        return REASON_ROUNDED;
    case CELL_SERIAL_DATE:
        return REASON_DATE_SERIAL;
    case CELL_DATE_ORDER:
    case CELL_TWO_DIGIT_YEAR:
    case CELL_NOT_A_DATE:
        return REASON_DATE_FORM;
    case CELL_NO_SUCH_DATE:
        return REASON_DATE_IMPOSSIBLE;
    case CELL_FORMULA:
    case CELL_ERROR_VALUE:
        return REASON_FORMULA;
    case CELL_UNIT:
    case CELL_NOT_A_NUMBER:
    case CELL_NOT_AN_INTEGER:
    case CELL_NOT_A_BOOLEAN:
        return REASON_TYPE;
    default:
        return REASON_NONE;
    }
}

void repair_value(const struct cell_wish *wish, str s, struct arena *a, struct repair *out)
{
    struct cell c;
    cell_read(&c, s, wish, a);
    *out = (struct repair){.is_harmless = c.is_harmless, .because = c.reason};
    if (c.is_empty)
        out->value = STR("");
    else if (c.is_harmless)
        out->value = c.text;
    else {
        out->reason = reason_of_cell(c.reason);
        if (c.suggestion.n)
            out->value = c.suggestion;
    }
}
