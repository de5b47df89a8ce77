/* What makes a value, read from its YAML. */
#include "demo/recipe.h"

#include "base/date.h"

static const struct generator EMPTY = {.kind = MAKE_text};

static const struct generator *empty(void)
{
    return &EMPTY;
}

/* A member that must be a number; millionths. */
static int64_t take_number(struct compiling *c, const struct json *v, const char *key,
                           int64_t otherwise)
{
    const struct json *m = json_find(v, key);
    int64_t n = otherwise;
    if (m && (m->type != JSON_NUMBER || !demo_value_number(m->text, &n))) {
        recipe_complain(c, m, "%s must be a number with at most six decimals", key);
        return otherwise;
    }
    return n;
}

static int64_t take_whole(struct compiling *c, const struct json *v, const char *key,
                          int64_t otherwise, int64_t least, int64_t most)
{
    const struct json *m = json_find(v, key);
    int64_t n = take_number(c, v, key, otherwise * MILLION) / MILLION;
    if (m && (n < least || n > most)) {
        recipe_complain(c, m, "%s must be %lld to %lld", key, (long long)least, (long long)most);
        return otherwise;
    }
    return n;
}

struct cx {
    struct compiling *c;
    const struct thing *thing;
    size_t before;
    const struct json *v;
    struct generator *g;
};

static bool take_path(struct cx *x, const struct json *owner, const char *key, struct path *out)
{
    const struct json *m = json_find(owner, key);
    if (!m)
        return false;
    if (m->type != JSON_STRING) {
        recipe_complain(x->c, m, "%s must be the name of a value, such as age or head.age", key);
        return false;
    }
    return path_compile(x->c, x->thing, x->before, m, m->text, out);
}

static void add_part(struct cx *x, const struct generator *part)
{
    VEC_ADD(x->c->arena, x->g->parts, x->g->part_count, x->g->part_size) = part;
}

static void add_text_part(struct cx *x, str s)
{
    struct generator *g = arena_new(x->c->arena, struct generator);
    *g = (struct generator){.kind = MAKE_text, .text = value_of_text(s)};
    if (s.n)
        add_part(x, g);
}

/* Text with {name} in it; a name alone keeps its number. */
static const struct generator *compile_text(struct cx *x, str s)
{
    struct generator *g = x->g;
    str text = arena_copy(x->c->arena, s);
    while (text.n) {
        size_t open = str_find(text, STR("{")), close = str_find(text, STR("}"));
        if (open == SIZE_MAX || close == SIZE_MAX || close < open) {
            add_text_part(x, text);
            break;
        }
        add_text_part(x, str_slice(text, 0, open));
        struct generator *part = arena_new(x->c->arena, struct generator);
        part->kind = MAKE_path;
        if (path_compile(x->c, x->thing, x->before, x->v, str_slice(text, open + 1, close),
                         &part->path))
            add_part(x, part);
        text = str_slice(text, close + 1, text.n);
    }
    if (g->part_count == 0)
        return empty();
    if (g->part_count == 1)
        return g->parts[0];
    g->kind = MAKE_template;
    return g;
}

static const struct words *find_words(struct cx *x, const struct json *owner, const char *key)
{
    const struct json *m = json_find(owner, key);
    str name = json_text(owner, key, STR(""));
    const struct words *w = map_find(&x->c->demo->words, name);
    if (!w)
        recipe_complain(x->c, m ? m : owner,
                        "there is no list \"%.*s\": a file demo/%.*s.csv or seed/%.*s.csv",
                        STR_ARG(name), STR_ARG(name), STR_ARG(name));
    return w;
}

static bool row_fits(const struct words *w, size_t row, const struct json *where)
{
    for (size_t i = 0; where && i < where->object.n; i++) {
        int column = words_column(w, where->object.members[i].key);
        const struct json *v = &where->object.members[i].value;
        str cell = column < 0 ? STR("") : w->cells[row * w->column_count + (size_t)column].text;
        if (column < 0 || !str_equal(cell, v->text))
            return false;
    }
    return true;
}

static bool check_where(struct compiling *c, const struct words *w, const struct json *where)
{
    if (where && where->type != JSON_OBJECT) {
        recipe_complain(c, where, "where is a mapping of columns to texts");
        return false;
    }
    for (size_t i = 0; where && i < where->object.n; i++) {
        const struct json_member *m = &where->object.members[i];
        if (words_column(w, m->key) < 0 || m->value.type != JSON_STRING) {
            recipe_complain(c, &m->value,
                            "the list %.*s has no column \"%.*s\", or the value is no text (quote "
                            "it)",
                            STR_ARG(w->name), STR_ARG(m->key));
            return false;
        }
    }
    return true;
}

/* The rows of a list that fit, weighted by their column weight. */
static void fill_from_list(struct cx *x, const struct json *owner)
{
    const struct words *w = find_words(x, owner, "list");
    const struct json *where = json_find(owner, "where");
    if (!w || !check_where(x->c, w, where))
        return;
    int weight = words_column(w, STR("weight"));
    for (size_t i = 0; i < w->rows; i++) {
        const struct value *cells = w->cells + i * w->column_count;
        if (row_fits(w, i, where))
            table_add(&x->g->table, x->c->arena, cells[0], weight < 0 ? MILLION : cells[weight].n);
    }
}

static void check_table(struct cx *x)
{
    if (table_total(&x->g->table) == 0)
        recipe_complain(x->c, x->v, "there is nothing to choose from: no row, or weights of 0");
}

static void make_pick(struct cx *x, const struct json *p)
{
    if (p->type == JSON_ARRAY) {
        for (size_t i = 0; i < p->array.n; i++)
            table_add(&x->g->table, x->c->arena, value_of_text(p->array.items[i].text), MILLION);
    } else if (p->type == JSON_OBJECT && json_find(p, "list")) {
        fill_from_list(x, p);
        x->g->has_path = take_path(x, p, "nth", &x->g->path);
    } else {
        for (size_t i = 0; p->type == JSON_OBJECT && i < p->object.n; i++) {
            const struct json_member *m = &p->object.members[i];
            int64_t weight = 0;
            if (m->value.type != JSON_NUMBER || !demo_value_number(m->value.text, &weight) ||
                weight < 0)
                recipe_complain(x->c, &m->value, "the weight of \"%.*s\" must be a number",
                                STR_ARG(m->key));
            table_add(&x->g->table, x->c->arena, value_of_text(m->key), weight);
        }
    }
    check_table(x);
}

/* {"0-4": 5, "5-9": 6}: a band by weight, then a number in it. */
static void make_bands(struct cx *x, const struct json *p)
{
    size_t n = p->type == JSON_OBJECT ? p->object.n : 0;
    x->g->ends = arena_array(x->c->arena, int64_t, n);
    for (size_t i = 0; i < n; i++) {
        const struct json_member *m = &p->object.members[i];
        str rest = m->key, from, to;
        int64_t weight = 0;
        struct value low = {0};
        bool ok = str_take_part(&rest, '-', &from) && demo_value_number(from, &low.n);
        to = rest.n ? rest : from;
        ok = ok && demo_value_number(to, &x->g->ends[i]) && m->value.type == JSON_NUMBER &&
             demo_value_number(m->value.text, &weight) && weight >= 0;
        if (!ok)
            recipe_complain(x->c, &m->value, "\"%.*s\": expected FROM-TO: WEIGHT", STR_ARG(m->key));
        table_add(&x->g->table, x->c->arena, low, weight);
    }
    check_table(x);
}

static void take_limits(struct cx *x, const struct json *owner)
{
    x->g->from = take_number(x->c, owner, "least", INT64_MIN);
    x->g->to = take_number(x->c, owner, "most", INT64_MAX);
}

static void make_number(struct cx *x, const struct json *p)
{
    static const char *const ends[] = {"from", "to"};
    for (size_t i = 0; i < 2; i++) {
        const struct json *end = json_find(p, ends[i]);
        add_part(x, end ? generator_compile(x->c, x->thing, x->before, end) : empty());
        if (!end)
            recipe_complain(x->c, p, "number needs from and to");
    }
    x->g->digits = (int)take_whole(x->c, p, "digits", 0, 0, 6);
    x->g->skew = (int)take_whole(x->c, p, "skew", 1, 1, 9);
}

static void make_sum(struct cx *x, const struct json *p)
{
    for (size_t i = 0; p->type == JSON_ARRAY && i < p->array.n; i++)
        add_part(x, generator_compile(x->c, x->thing, x->before, &p->array.items[i]));
    take_limits(x, x->v);
}

static void make_step(struct cx *x, const struct json *p)
{
    x->g->has_path = take_path(x, p, "of", &x->g->path);
    x->g->every = take_whole(x->c, p, "every", 1, 1, INT32_MAX);
    x->g->wrap = take_whole(x->c, p, "wrap", 0, 1, INT32_MAX);
    x->g->from = take_whole(x->c, p, "from", 0, INT32_MIN, INT32_MAX);
}

static void make_by(struct cx *x, const struct json *p)
{
    const struct json *cases = json_find(x->v, "cases"), *below = json_find(x->v, "below");
    const struct json *otherwise = json_find(x->v, "else");
    (void)p;
    x->g->has_path = take_path(x, x->v, "by", &x->g->path);
    x->g->is_below = below != NULL;
    if (!cases == !below) {
        recipe_complain(x->c, x->v, "by needs cases (value: what) or below (number: what)");
        return;
    }
    cases = below ? below : cases;
    size_t n = cases->type == JSON_OBJECT ? cases->object.n : 0;
    x->g->arms = arena_array(x->c->arena, struct arm, n);
    x->g->arm_count = n;
    for (size_t i = 0; i < n; i++) {
        const struct json_member *m = &cases->object.members[i];
        struct arm *arm = &x->g->arms[i];
        arm->value = value_of_text(m->key);
        arm->make = generator_compile(x->c, x->thing, x->before, &m->value);
        if (below && !demo_value_number(m->key, &arm->value.n))
            recipe_complain(x->c, &m->value, "\"%.*s\" is no number", STR_ARG(m->key));
        if (below && i && arm->value.n <= x->g->arms[i - 1].value.n)
            recipe_complain(x->c, &m->value, "the limits of below must rise");
    }
    x->g->otherwise = otherwise ? generator_compile(x->c, x->thing, x->before, otherwise) : empty();
}

static void make_pattern(struct cx *x, const struct json *p)
{
    if (p->type == JSON_STRING)
        x->g->text.text = p->text;
}

static void make_serial(struct cx *x, const struct json *p)
{
    x->g->has_path = take_path(x, p, "of", &x->g->path);
    x->g->digits = (int)take_whole(x->c, p, "digits", 6, 1, 18);
    x->g->text.text = json_text(p, "prefix", STR(""));
}

static void make_near(struct cx *x, const struct json *p)
{
    x->g->has_path = take_path(x, p, "of", &x->g->path);
    x->g->has_other = take_path(x, p, "latitude", &x->g->other);
    x->g->to = take_whole(x->c, p, "metres", 100, 0, 100000);
    x->g->digits = (int)take_whole(x->c, p, "digits", 6, 0, 6);
}

static void make_lookup(struct cx *x, const struct json *p)
{
    x->g->words = find_words(x, p, "list");
    x->g->has_path = take_path(x, p, "key", &x->g->path);
    if (!x->g->words)
        return;
    str get = json_text(p, "get", STR(""));
    x->g->column = words_column(x->g->words, get);
    if (x->g->column < 0) {
        recipe_complain(x->c, p, "the list %.*s has no column \"%.*s\"", STR_ARG(x->g->words->name),
                        STR_ARG(get));
        x->g->words = NULL;
    }
}

static void make_birth(struct cx *x, const struct json *p)
{
    x->g->has_path = take_path(x, p, "age", &x->g->path);
    x->g->has_other = take_path(x, p, "sex", &x->g->other);
    x->g->from = take_whole(x->c, p, "year", 2026, 1900, 2200);
    if (x->thing->kind != THING_MEMBERS)
        recipe_complain(x->c, x->v, "birth is for members: things with roles");
}

static void make_resident_id(struct cx *x, const struct json *p)
{
    x->g->has_path = take_path(x, p, "birth", &x->g->path);
    x->g->has_other = take_path(x, p, "sex", &x->g->other);
    fill_from_list(x, p);
    check_table(x);
    if (x->thing->kind != THING_MEMBERS)
        recipe_complain(x->c, x->v, "resident-id is for members: things with roles");
}

static void make_uscc(struct cx *x, const struct json *p)
{
    x->g->has_path = take_path(x, p, "kind", &x->g->path);
    x->g->has_other = take_path(x, p, "area", &x->g->other);
    x->g->has_more = take_path(x, p, "nth", &x->g->more);
    if (!x->g->has_path || !x->g->has_other || !x->g->has_more)
        recipe_complain(x->c, p, "uscc needs kind, area and nth");
}

static void make_date(struct cx *x, const struct json *p)
{
    make_number(x, p);
    x->g->kind = MAKE_date;
}

static const struct {
    const char *name;
    enum generator_kind kind;
    void (*make)(struct cx *x, const struct json *p);
} MAKERS[] = {
#define X(name) {#name, MAKE_##name, make_##name},
    GENERATORS(X)
#undef X
};

/* resident-id in YAML, resident_id in C. */
static bool is_called(const char *name, str key)
{
    size_t n = strlen(name);
    bool ok = n == key.n;
    for (size_t i = 0; ok && i < n; i++)
        ok = name[i] == key.p[i] || (name[i] == '_' && key.p[i] == '-');
    return ok;
}

static const struct generator *compile_object(struct cx *x)
{
    for (size_t i = 0; i < COUNT(MAKERS); i++) {
        for (size_t k = 0; k < x->v->object.n; k++) {
            const struct json_member *m = &x->v->object.members[k];
            if (!is_called(MAKERS[i].name, m->key))
                continue;
            x->g->kind = MAKERS[i].kind;
            MAKERS[i].make(x, &m->value);
            return x->g;
        }
    }
    recipe_complain(x->c, x->v,
                    "no generator is named here: pick, bands, number, sum, step, by, "
                    "date, pattern, serial, near, lookup, birth, resident-id, uscc");
    return empty();
}

const struct generator *generator_compile(struct compiling *c, const struct thing *thing,
                                          size_t before, const struct json *v)
{
    struct generator *g = arena_new(c->arena, struct generator);
    struct cx x = {.c = c, .thing = thing, .before = before, .v = v, .g = g};
    if (v->type == JSON_OBJECT)
        return compile_object(&x);
    if (v->type != JSON_STRING && v->type != JSON_NUMBER) {
        recipe_complain(c, v, "expected a text, a number or a generator");
        return empty();
    }
    if (v->type == JSON_STRING && memchr(v->text.p, '{', v->text.n))
        return compile_text(&x, v->text);
    *g = (struct generator){.kind = MAKE_text, .text = value_of_text(v->text)};
    return g;
}

bool recipe_row_fits(struct compiling *c, const struct words *w, size_t row,
                     const struct json *where)
{
    return (row || check_where(c, w, where)) && row_fits(w, row, where);
}
