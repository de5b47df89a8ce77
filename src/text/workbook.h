/* One sheet as an XLSX file (ECMA-376), written row by row in constant memory. */
#pragma once
#include "base/err.h"

struct workbook;

/* The file appears at the path when the book is closed.  The sheet's name is cut to what Excel
 * takes. */
MUST_USE struct workbook *workbook_create(const char *path, str sheet, struct err *e);
/* Text cells stay text, whatever they look like: an identity number keeps its digits, a formula is
 * none. */
void workbook_add_text(struct workbook *w, size_t column, str text);
void workbook_add_number(struct workbook *w, size_t column, double number);
void workbook_end_row(struct workbook *w);
MUST_USE bool workbook_finish(struct workbook *w, struct err *e); /* frees it */
