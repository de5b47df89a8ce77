/* What was meant by a value that does not pass as it stands: the marks of spreadsheets and habits.
 * text/cell.h knows them; this says what it means for intake. */
#pragma once
#include "intake/reason.h"
#include "registry/registry.h"
#include "text/cell.h"

/* What a feed says of its files: {"timezone": "+08:00", "date_order": "month-first"|"day-first",
 * "epoch": {"created": "seconds"|"milliseconds"}, "is_1904": false, "keeps_words": [fields]}. */
struct repair_options {
    str timezone;
    enum cell_order order;
    bool is_1904;
    const struct json *epoch, *keeps_words;
};

struct repair {
    str value;                /* p == NULL: no idea; empty: a way to write nothing */
    bool is_harmless;         /* beyond doubt: taken without asking */
    enum reason reason;       /* when it must be asked; REASON_NONE: what the check said stands */
    enum cell_reason because; /* of a harmless change, and of the reason's detail */
};

/* options may be NULL. */
MUST_USE bool repair_options_read(struct repair_options *r, const struct json *options,
                                  struct err *e);
struct cell_wish repair_wish(const struct repair_options *o, const struct field *f,
                             const struct format *format);
/* Whether a text that no rule refuses may still be something else than it looks. */
bool repair_is_suspect(str s);
void repair_value(const struct cell_wish *wish, str s, struct arena *a, struct repair *out);
