/* A pattern and a text: the table and the simulation must agree, in bounded time. */
#include "fuzz.h"
#include "text/cell.h"
#include "text/regex_impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    ARENA_SCOPED struct arena a = {0};
    str text = {(const char *)data, n}, pattern;
    struct err e = {0};
    if (n == 0 || n > 500 || !str_take_part(&text, '\n', &pattern) || !text.p ||
        !utf8_is_valid(text))
        return 0;
    /* The same text as a cell of every kind: suggestions must be valid text. */
    for (enum cell_type type = CELL_AS_TEXT; type <= CELL_AS_DATE_TIME; type++) {
        struct cell_wish wish = {.type = type, .epoch = (enum cell_epoch)(n % 3)};
        size_t formats;
        const struct format *list = format_list(&formats);
        struct cell c;
        wish.format = &list[n % formats];
        cell_read(&c, text, &wish, &a);
        MUST(utf8_is_valid(c.text) && utf8_is_valid(c.suggestion));
    }
    struct regex *r = regex_compile(pattern, &a, &e);
    if (!r) {
        MUST(e.code && e.msg[0]);
        return 0;
    }
    bool fast = regex_matches(r, text);
    r->automaton = NULL;
    MUST(regex_matches(r, text) == fast);
    return 0;
}
