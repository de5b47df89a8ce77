/* The generators at work. */
#include "demo/world.h"

#include "base/date.h"
#include "demo/chance.h"

#include <math.h>

/* A birthday and serial numbers of one sex: places for births of one year in one area. */
enum { DAYS = 365, SERIALS = 500, PLACES = DAYS * SERIALS };

static struct value text(str s)
{
    return (struct value){.text = s.p ? s : STR("")};
}

static struct value number(struct one *one, int64_t n, int digits)
{
    return (struct value){value_format(one->arena, n, digits), n};
}

static struct value make_template(struct world *w, struct one *one, const struct generator *g,
                                  uint64_t *rng)
{
    str parts[32];
    size_t n = 0, count = g->part_count > COUNT(parts) ? COUNT(parts) : g->part_count;
    for (size_t i = 0; i < count; i++) {
        parts[i] = one_eval(w, one, g->parts[i], rng).text;
        n += parts[i].n;
    }
    char *p = arena_alloc(one->arena, n + 1, 1), *to = p;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].n)
            memcpy(to, parts[i].p, parts[i].n);
        to += parts[i].n;
    }
    return text((str){p, n});
}

static struct value make_pick(struct world *w, struct one *one, const struct generator *g,
                              uint64_t *rng)
{
    const struct table *t = &g->table;
    if (g->has_path) {
        uint64_t nth = (uint64_t)(one_follow(w, one, &g->path).n / MILLION);
        uint64_t key = one->parent ? one->parent->key : one->key;
        key = chance_mix(key, one->thing->attributes[one->current].hash);
        return t->items[chance_shuffle(key, nth % t->n, t->n)];
    }
    return t->items[table_find(t, chance_below(rng, table_total(t)))];
}

static struct value make_bands(struct one *one, const struct generator *g, uint64_t *rng)
{
    size_t i = table_find(&g->table, chance_below(rng, table_total(&g->table)));
    int64_t from = g->table.items[i].n / MILLION, to = g->ends[i] / MILLION;
    return number(one, chance_between(rng, from, to) * MILLION, 0);
}

static struct value make_number(struct world *w, struct one *one, const struct generator *g,
                                uint64_t *rng)
{
    int64_t unit = MILLION;
    for (int i = 0; i < g->digits; i++)
        unit /= 10;
    int64_t from = one_eval(w, one, g->parts[0], rng).n / unit;
    int64_t to = one_eval(w, one, g->parts[1], rng).n / unit;
    int64_t n = chance_between(rng, from, to);
    for (int i = 1; i < g->skew; i++) {
        int64_t again = chance_between(rng, from, to);
        n = again < n ? again : n;
    }
    return number(one, n * unit, g->digits);
}

static struct value make_sum(struct world *w, struct one *one, const struct generator *g,
                             uint64_t *rng)
{
    int64_t n = 0;
    for (size_t i = 0; i < g->part_count; i++)
        n += one_eval(w, one, g->parts[i], rng).n;
    n = n < g->from ? g->from : n > g->to ? g->to : n;
    return number(one, n, n % MILLION ? 6 : 0);
}

static struct value make_step(struct world *w, struct one *one, const struct generator *g)
{
    int64_t n = one_follow(w, one, &g->path).n / MILLION / g->every;
    n = g->from + (g->wrap ? n % g->wrap : n);
    return number(one, n * MILLION, 0);
}

static struct value make_by(struct world *w, struct one *one, const struct generator *g,
                            uint64_t *rng)
{
    struct value v = one_follow(w, one, &g->path);
    for (size_t i = 0; i < g->arm_count; i++) {
        const struct arm *arm = &g->arms[i];
        if (g->is_below ? v.n < arm->value.n : str_equal(v.text, arm->value.text))
            return one_eval(w, one, arm->make, rng);
    }
    return one_eval(w, one, g->otherwise, rng);
}

static str format_date(struct arena *a, int32_t days)
{
    struct date d = date_from_days(days);
    char *p = arena_alloc(a, 10, 1);
    int year = d.year;
    for (int i = 3; i >= 0; i--, year /= 10)
        p[i] = (char)('0' + year % 10);
    p[4] = p[7] = '-';
    p[5] = (char)('0' + d.month / 10);
    p[6] = (char)('0' + d.month % 10);
    p[8] = (char)('0' + d.day / 10);
    p[9] = (char)('0' + d.day % 10);
    return (str){p, 10};
}

static struct value make_date(struct world *w, struct one *one, const struct generator *g,
                              uint64_t *rng)
{
    int32_t from, to;
    if (!date_parse(one_eval(w, one, g->parts[0], rng).text, &from) ||
        !date_parse(one_eval(w, one, g->parts[1], rng).text, &to))
        return text(STR(""));
    return text(format_date(one->arena, (int32_t)chance_between(rng, from, to)));
}

/* # a digit, @ a letter of number plates. */
static struct value make_pattern(struct one *one, const struct generator *g, uint64_t *rng)
{
    static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ";
    str s = arena_copy(one->arena, g->text.text);
    char *p = (char *)(uintptr_t)s.p;
    for (size_t i = 0; i < s.n; i++) {
        if (p[i] == '#')
            p[i] = (char)('0' + chance_below(rng, 10));
        else if (p[i] == '@')
            p[i] = letters[chance_below(rng, sizeof letters - 1)];
    }
    return text(s);
}

static struct value make_serial(struct world *w, struct one *one, const struct generator *g)
{
    uint64_t n = (uint64_t)(one_follow(w, one, &g->path).n / MILLION);
    size_t prefix = g->text.text.n, digits = (size_t)g->digits;
    char *p = arena_alloc(one->arena, prefix + digits, 1);
    if (prefix)
        memcpy(p, g->text.text.p, prefix);
    for (size_t i = digits; i > 0; i--, n /= 10)
        p[prefix + i - 1] = (char)('0' + n % 10);
    return text((str){p, prefix + digits});
}

/* Millionths of a degree a metre is, ×1000.  Thick in the middle: two draws added. */
static struct value make_near(struct world *w, struct one *one, const struct generator *g,
                              uint64_t *rng)
{
    int64_t from = one_follow(w, one, &g->path).n, per_degree = 111000;
    if (g->has_other) {
        double latitude = (double)one_follow(w, one, &g->other).n / MILLION;
        per_degree = lround(111320 * cos(latitude * 0.017453292519943295));
    }
    int64_t half = g->to * 500;
    int64_t shift = chance_between(rng, -half, half) + chance_between(rng, -half, half);
    return number(one, from + shift * 1000 / (per_degree > 0 ? per_degree : 1), g->digits);
}

static struct value make_lookup(struct world *w, struct one *one, const struct generator *g)
{
    const struct value *cells = map_find(&g->words->by_first, one_follow(w, one, &g->path).text);
    return cells ? cells[g->column] : text(STR(""));
}

/* The household's place among all, shuffled anew for each year and sex: no two of a year and a sex
 * share it, and one household has everyone of a year and a sex only once. */
static uint64_t birth_place(const struct world *w, const struct one *one, int64_t year, str sex)
{
    const struct thing *t = one->parent->thing;
    uint64_t n = t->start ? t->start[t->parent->row_count] : 0;
    uint64_t key = chance_mix(chance_mix(w->options->seed, (uint64_t)year), str_hash(sex, 6));
    return chance_shuffle(key, one->parent->ordinal, n > PLACES ? n : PLACES);
}

static bool is_year_taken(struct world *w, struct one *one, const struct generator *g, int64_t year,
                          str sex)
{
    struct one **others = one->parent->members;
    for (uint64_t i = 0; i < one->index; i++) {
        one_value(w, others[i], one->current);
        if (others[i]->birth_year == year &&
            str_equal(one_follow(w, others[i], &g->other).text, sex))
            return true;
    }
    return false;
}

static struct value make_birth(struct world *w, struct one *one, const struct generator *g)
{
    static const int32_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t year = g->from - 1 - one_follow(w, one, &g->path).n / MILLION;
    str sex = one_follow(w, one, &g->other).text;
    while (is_year_taken(w, one, g, year, sex))
        year--;
    one->birth_year = year;
    int32_t day = (int32_t)(birth_place(w, one, year, sex) % PLACES / SERIALS);
    struct date d = {.year = (int32_t)year, .month = 1};
    for (; day >= lengths[d.month - 1]; d.month++)
        day -= lengths[d.month - 1];
    d.day = day + 1;
    return text(format_date(one->arena, date_to_days(d)));
}

/* Past PLACES households the area codes of the list are dealt out among groups, so that a number is
 * given once whatever the scale. */
static str pick_area(struct world *w, const struct one *one, const struct generator *g,
                     uint64_t place, uint64_t *rng)
{
    const struct thing *t = one->parent->thing;
    size_t groups = t->start ? (size_t)((t->start[t->parent->row_count] + PLACES - 1) / PLACES) : 1;
    size_t group = (size_t)(place / PLACES);
    uint64_t total = 0;
    groups = groups ? groups : 1;
    for (size_t i = group; i < g->table.n; i += groups)
        total += g->table.up_to[i] - (i ? g->table.up_to[i - 1] : 0);
    if (total == 0) {
        err_set(w->err, ERR_LIMIT,
                "so many residents need a list of at least %zu area codes, not %zu", groups,
                g->table.n);
        return g->table.items[0].text;
    }
    uint64_t at = chance_below(rng, total);
    for (size_t i = group; i < g->table.n; i += groups) {
        uint64_t weight = g->table.up_to[i] - (i ? g->table.up_to[i - 1] : 0);
        if (at < weight)
            return g->table.items[i].text;
        at -= weight;
    }
    return g->table.items[group].text;
}

/* GB 11643-1999. */
static struct value make_resident_id(struct world *w, struct one *one, const struct generator *g,
                                     uint64_t *rng)
{
    static const int weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    str birth = one_follow(w, one, &g->path).text, sex = one_follow(w, one, &g->other).text;
    int64_t year;
    if (birth.n != 10 || !str_to_int64(str_slice(birth, 0, 4), &year))
        return text(STR(""));
    uint64_t place = birth_place(w, one, year, sex);
    str area = pick_area(w, one, g, place, rng);
    unsigned serial = (unsigned)(place % PLACES % SERIALS) * 2 + str_is(sex, "1");
    char *p = arena_alloc(one->arena, 19, 1);
    if (area.n != 6)
        return text(STR(""));
    memcpy(p, area.p, 6);
    memcpy(p + 6, birth.p, 4);
    memcpy(p + 10, birth.p + 5, 2);
    memcpy(p + 12, birth.p + 8, 2);
    p[14] = (char)('0' + serial / 100);
    p[15] = (char)('0' + serial / 10 % 10);
    p[16] = (char)('0' + serial % 10);
    int sum = 0;
    for (size_t i = 0; i < COUNT(weights); i++)
        sum += (p[i] - '0') * weights[i];
    p[17] = "10X98765432"[sum % 11];
    return text((str){p, 18});
}

/* GB 11714, as places 9 to 17 of the credit code. */
static char org_check(const char *p)
{
    static const int weights[] = {3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;
    for (size_t i = 0; i < COUNT(weights); i++)
        sum += (p[i] <= '9' ? p[i] - '0' : p[i] - 'A' + 10) * weights[i];
    int c = 11 - sum % 11;
    return c == 10 ? 'X' : c == 11 ? '0' : (char)('0' + c);
}

/* GB 32100-2015. */
static struct value make_uscc(struct world *w, struct one *one, const struct generator *g)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    static const int weights[] = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
    enum { BASE = 31, SPACE = BASE * BASE * BASE * BASE * BASE };
    str kind = one_follow(w, one, &g->path).text, area = one_follow(w, one, &g->other).text;
    uint64_t nth = (uint64_t)(one_follow(w, one, &g->more).n / MILLION) % SPACE;
    if (kind.n != 2 || area.n != 6)
        return text(STR(""));
    nth = chance_shuffle(chance_mix(w->options->seed, one->thing->hash), nth, SPACE);
    char *p = arena_alloc(one->arena, 19, 1);
    memcpy(p, kind.p, 2);
    memcpy(p + 2, area.p, 6);
    memcpy(p + 8, "MA2", 3);
    for (size_t i = 15; i > 10; i--, nth /= BASE)
        p[i] = alphabet[nth % BASE];
    p[16] = org_check(p + 8);
    int sum = 0;
    for (size_t i = 0; i < COUNT(weights); i++) {
        const char *hit = strchr(alphabet, p[i]);
        sum += (hit ? (int)(hit - alphabet) : 0) * weights[i];
    }
    p[17] = alphabet[(BASE - sum % BASE) % BASE];
    return text((str){p, 18});
}

struct value one_eval(struct world *w, struct one *one, const struct generator *g, uint64_t *rng)
{
    switch (g->kind) {
    case MAKE_text:
        return g->text.text.p ? g->text : text(STR(""));
    case MAKE_path:
        return one_follow(w, one, &g->path);
    case MAKE_template:
        return make_template(w, one, g, rng);
    case MAKE_pick:
        return make_pick(w, one, g, rng);
    case MAKE_bands:
        return make_bands(one, g, rng);
    case MAKE_number:
        return make_number(w, one, g, rng);
    case MAKE_sum:
        return make_sum(w, one, g, rng);
    case MAKE_step:
        return make_step(w, one, g);
    case MAKE_by:
        return make_by(w, one, g, rng);
    case MAKE_date:
        return make_date(w, one, g, rng);
    case MAKE_pattern:
        return make_pattern(one, g, rng);
    case MAKE_serial:
        return make_serial(w, one, g);
    case MAKE_near:
        return make_near(w, one, g, rng);
    case MAKE_lookup:
        return make_lookup(w, one, g);
    case MAKE_birth:
        return make_birth(w, one, g);
    case MAKE_resident_id:
        return make_resident_id(w, one, g, rng);
    case MAKE_uscc:
        return make_uscc(w, one, g);
    }
    return text(STR(""));
}
