#include "text/workbook.h"

#include "base/arena.h"

#include <xlsxwriter.h>

enum { MAX_CELL = 32767 }; /* characters Excel takes */

struct workbook {
    lxw_workbook *book;
    lxw_worksheet *sheet;
    lxw_row_t row;
};

struct workbook *workbook_create(const char *path, str sheet, struct err *e)
{
    struct workbook *w = calloc(1, sizeof *w);
    lxw_workbook_options options = {.constant_memory = LXW_TRUE};
    ARENA_SCOPED struct arena a = {0};
    if (w)
        w->book = workbook_new_opt(path, &options);
    if (w && w->book) {
        w->sheet = workbook_add_worksheet(w->book, arena_cstr(&a, utf8_clip(sheet, 31)));
        if (!w->sheet)
            w->sheet = workbook_add_worksheet(w->book, NULL);
        worksheet_freeze_panes(w->sheet, 1, 0);
        return w;
    }
    free(w);
    err_set(e, ERR_BUSY, "a workbook could not be begun");
    return NULL;
}

void workbook_add_text(struct workbook *w, size_t column, str text)
{
    ARENA_SCOPED struct arena a = {0};
    worksheet_write_string(w->sheet, w->row, (lxw_col_t)column,
                           arena_cstr(&a, utf8_clip(text, MAX_CELL)), NULL);
}

void workbook_add_number(struct workbook *w, size_t column, double number)
{
    worksheet_write_number(w->sheet, w->row, (lxw_col_t)column, number, NULL);
}

void workbook_end_row(struct workbook *w)
{
    w->row++;
}

bool workbook_finish(struct workbook *w, struct err *e)
{
    lxw_error code = workbook_close(w->book);
    free(w);
    return code == LXW_NO_ERROR ||
           err_set(e, ERR_BUSY, "the workbook could not be written: %s", lxw_strerror(code));
}
