/* Inside the room: word lists (CSV with a header) and weighted tables made from them. */
#pragma once
#include "base/map.h"
#include "registry/bundle.h"
#include "registry/registry.h"

enum { MILLION = 1000000 };

/* What a generator gives.  Numbers are whole millionths, so that the same seed gives the same bytes
 * on any machine. */
struct value {
    str text;
    int64_t n; /* millionths; 0 where the text is no number */
};

/* "12", "-0.25"; false for anything else and for more than six decimals. */
MUST_USE bool demo_value_number(str text, int64_t *millionths);
struct value value_of_text(str text);
/* digits 0..6 after the point, rounded half up. */
str value_format(struct arena *a, int64_t millionths, int digits);

struct words {
    str name;
    str *columns;
    size_t column_count;
    struct value *cells; /* row by row */
    size_t rows;
    struct map by_first; /* first column → row, as pointer to its cells */
};

/* Position of a column, or -1. */
int words_column(const struct words *w, str column);
/* Every demo/NAME.csv and seed/NAME.csv, by name; a name twice is complained of. */
void words_load(struct map *all, const struct bundle *source, struct complaints *c,
                struct arena *a);

/* Weighted choice. */
struct table {
    struct value *items;
    uint64_t *up_to; /* running sums of the weights */
    size_t n, size;
};

void table_add(struct table *t, struct arena *a, struct value item, int64_t weight);
size_t table_find(const struct table *t, uint64_t below_total);
static inline uint64_t table_total(const struct table *t)
{
    return t->n ? t->up_to[t->n - 1] : 0;
}
