/* Shared by the parts of cell reading. */
#pragma once
#include "text/cell.h"

/* Sets aside that something harmless was done. */
void cell_note(struct cell *c, enum cell_reason r);
/* The clerk has to look; suggestion may be empty. */
void cell_doubt(struct cell *c, enum cell_reason r, str suggestion);

/* c->text is cleaned of blanks and full-width characters, and not empty. */
void cell_read_date(struct cell *c, const struct cell_wish *wish, struct arena *a);
void cell_read_number(struct cell *c, const struct cell_wish *wish, struct arena *a);

static inline bool cell_is_digit(char ch)
{
    return ch >= '0' && ch <= '9';
}

static inline size_t cell_count_digits(str s)
{
    size_t n = 0;
    while (n < s.n && cell_is_digit(s.p[n]))
        n++;
    return n;
}

static inline bool cell_take(str *s, str what)
{
    if (!str_starts(*s, what))
        return false;
    *s = str_slice(*s, what.n, s->n);
    return true;
}
