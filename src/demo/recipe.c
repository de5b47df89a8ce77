/* demo/NAME.yaml: things and the datasets made of them. */
#include "demo/recipe.h"

#include "demo/chance.h"
#include "text/yaml.h"

#include <stdarg.h>

void recipe_complain(struct compiling *c, const struct json *where, const char *fmt, ...)
{
    char text[600];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    complain(c->demo->complaints, c->file, where ? where->line : 1, "%s", text);
}

static struct thing *find_thing(struct compiling *c, const struct json *where, str name)
{
    struct thing *t = map_find(&c->demo->things, name);
    if (!t)
        recipe_complain(c, where, "there is no thing \"%.*s\"", STR_ARG(name));
    return t;
}

/* Slots: the list's columns, what the recipe lets it have, the given. */
static void add_slots(struct compiling *c, struct thing *t)
{
    static const char *const given[] = {
#define X(name) #name,
        GIVEN(X)
#undef X
    };
    const struct json *let = json_find(t->definition, "let");
    size_t columns = t->words ? t->words->column_count : 0;
    size_t own = let && let->type == JSON_OBJECT ? let->object.n : 0;
    t->attributes = arena_array(c->arena, struct attribute, columns + own + GIVEN_COUNT);
    for (size_t i = 0; i < columns; i++)
        t->attributes[t->slots++] =
            (struct attribute){.name = t->words->columns[i], .column = (int)i};
    for (size_t i = 0; i < own; i++) {
        const struct json_member *m = &let->object.members[i];
        t->attributes[t->slots++] = (struct attribute){
            .name = m->key, .column = -1, .hash = str_hash(m->key, 1), .definition = &m->value};
    }
    for (size_t i = 0; i < GIVEN_COUNT; i++)
        t->attributes[t->slots++] = (struct attribute){.name = str_from(given[i]), .column = -1};
}

static void choose_rows(struct compiling *c, struct thing *t)
{
    str list = json_text(t->definition, "rows", STR(""));
    const struct json *where = json_find(t->definition, "where");
    t->kind = THING_ROWS;
    t->words = map_find(&c->demo->words, list);
    if (!t->words) {
        recipe_complain(c, t->definition, "there is no list \"%.*s\"", STR_ARG(list));
        return;
    }
    t->rows = arena_array(c->arena, size_t, t->words->rows);
    for (size_t i = 0; i < t->words->rows; i++) {
        if (recipe_row_fits(c, t->words, i, where))
            t->rows[t->row_count++] = i;
    }
}

static void declare_thing(struct compiling *c, const struct json_member *m)
{
    struct thing *t = arena_new(c->arena, struct thing);
    if (map_has(&c->demo->things, m->key)) {
        recipe_complain(c, &m->value, "there is another thing called \"%.*s\"", STR_ARG(m->key));
        return;
    }
    *t = (struct thing){.name = m->key,
                        .file = c->file,
                        .hash = str_hash(m->key, 2),
                        .kind = json_find(&m->value, "roles") ? THING_MEMBERS : THING_COUNTED,
                        .definition = &m->value};
    if (json_find(&m->value, "rows"))
        choose_rows(c, t);
    add_slots(c, t);
    map_set(&c->demo->things, c->arena, t->name, t);
}

/* Who is in whom, and by what links: before any path is read. */
static void connect(struct compiling *c, struct thing *t)
{
    const struct json *in = json_find(t->definition, "in"),
                      *links = json_find(t->definition, "links");
    c->file = t->file;
    if (t->kind != THING_ROWS) {
        struct thing *parent = in && in->type == JSON_STRING ? find_thing(c, in, in->text) : NULL;
        enum thing_kind want = t->kind == THING_MEMBERS ? THING_COUNTED : THING_ROWS;
        t->parent = parent;
        if (!in)
            recipe_complain(c, t->definition, "%.*s needs in: what it is a part of",
                            STR_ARG(t->name));
        else if (parent && parent->kind != want)
            recipe_complain(c, in, "things with roles stand in counted things, those in rows");
        else if (parent && t->kind == THING_MEMBERS)
            parent->members = t;
    }
    size_t n = links && links->type == JSON_OBJECT ? links->object.n : 0;
    t->links = arena_array(c->arena, struct link, n);
    for (size_t i = 0; i < n; i++) {
        const struct json_member *m = &links->object.members[i];
        struct thing *other = find_thing(c, &m->value, json_text(&m->value, "to", STR("")));
        if (other)
            t->links[t->link_count++] =
                (struct link){.name = m->key, .thing = other, .definition = &m->value};
    }
}

static void compile_count(struct compiling *c, struct thing *t)
{
    const struct json *v = json_find(t->definition, "count");
    const struct json *weight = json_find(v, "weight"), *until = json_find(v, "until");
    if (!v || v->type != JSON_OBJECT || !t->parent) {
        recipe_complain(c, t->definition,
                        "%.*s needs count: {per: N, weight: …} or {until: …, weight: …}",
                        STR_ARG(t->name));
        return;
    }
    t->has_weight =
        weight && path_compile(c, t->parent, t->parent->slots, weight, weight->text, &t->weight);
    const struct json *per = json_find(v, "per");
    if (until) {
        t->until = find_thing(c, until, until->text);
        if (t->until && t->until->parent != t)
            recipe_complain(c, until, "until names the members of %.*s", STR_ARG(t->name));
    } else if (!per || per->type != JSON_NUMBER || !demo_value_number(per->text, &t->per) ||
               t->per <= 0) {
        recipe_complain(c, v, "per is how many of the scale go to one, more than 0");
    }
}

static void compile_links(struct compiling *c, struct thing *t)
{
    for (size_t i = 0; i < t->link_count; i++) {
        struct link *l = &t->links[i];
        const struct json *nth = json_find(l->definition, "nth");
        l->has_nth = nth && path_compile(c, t, t->slots, nth, nth->text, &l->nth);
        if (l->thing->kind != THING_COUNTED || l->thing->parent != t->parent)
            recipe_complain(c, l->definition, "a link goes to a counted thing in the same %.*s",
                            t->parent ? (int)t->parent->name.n : 3,
                            t->parent ? t->parent->name.p : "row");
    }
}

static void compile_thing(struct compiling *c, struct thing *t)
{
    const struct json *roles = json_find(t->definition, "roles");
    c->file = t->file;
    for (size_t i = 0; i < t->slots; i++) {
        struct attribute *a = &t->attributes[i];
        if (!a->definition)
            continue;
        const struct json *same = json_find(a->definition, "same_for");
        a->has_same_for =
            same && t->parent && path_compile(c, t, i, same, same->text, &a->same_for);
        a->make = generator_compile(c, t, i, a->definition);
    }
    if (t->kind == THING_COUNTED)
        compile_count(c, t);
    if (roles && t->parent &&
        !path_compile(c, t->parent, t->parent->slots, roles, roles->text, &t->roles))
        return;
    compile_links(c, t);
}

static bool find_column(const struct output *o, str name, size_t *column)
{
    for (size_t i = 0; i < o->column_count; i++) {
        if (str_equal(o->columns[i]->name, name)) {
            *column = i;
            return true;
        }
    }
    return false;
}

/* The columns are those any of the row kinds fills, in the order of the first that does. */
static void collect_columns(struct compiling *c, struct output *o, const struct json *rows)
{
    o->columns = arena_array(c->arena, const struct field *, o->dataset->field_count);
    for (size_t i = 0; i < rows->array.n; i++) {
        const struct json *fields = json_find(&rows->array.items[i], "fields");
        for (size_t k = 0; fields && fields->type == JSON_OBJECT && k < fields->object.n; k++) {
            const struct json_member *m = &fields->object.members[k];
            const struct field *f = field_find(o->dataset, m->key);
            size_t column;
            if (!f)
                recipe_complain(c, &m->value, "\"%.*s\" is no field of %.*s", STR_ARG(m->key),
                                STR_ARG(o->dataset->id));
            else if (!find_column(o, m->key, &column))
                o->columns[o->column_count++] = f;
        }
    }
}

static void compile_where(struct compiling *c, struct output_rows *r, const struct json *where)
{
    size_t n = where && where->type == JSON_OBJECT ? where->object.n : 0;
    r->where = arena_array(c->arena, struct output_condition, n);
    for (size_t i = 0; i < n; i++) {
        const struct json_member *m = &where->object.members[i];
        struct json *text = arena_new(c->arena, struct json);
        *text = json_string(arena_format(c->arena, "{%.*s}", STR_ARG(m->key)));
        text->line = m->value.line;
        r->where[r->where_count++] = (struct output_condition){
            generator_compile(c, r->thing, r->thing->slots, text), m->value.text};
    }
}

static void compile_rows(struct compiling *c, struct output *o, const struct json *v)
{
    const struct json *fields = json_find(v, "fields"), *each = json_find(v, "each");
    struct thing *t = find_thing(c, each ? each : v, json_text(v, "each", STR("")));
    if (!t || !fields || fields->type != JSON_OBJECT)
        return;
    struct output_rows *r = &o->rows[o->row_count++];
    *r = (struct output_rows){
        .thing = t, .fields = arena_array(c->arena, const struct generator *, o->column_count)};
    compile_where(c, r, json_find(v, "where"));
    for (size_t k = 0; k < fields->object.n; k++) {
        const struct json_member *m = &fields->object.members[k];
        size_t column;
        if (find_column(o, m->key, &column))
            r->fields[column] = generator_compile(c, t, t->slots, &m->value);
    }
    for (size_t k = 0; k < o->dataset->field_count; k++) {
        const struct field *f = &o->dataset->fields[k];
        if (f->is_required && !json_find_str(fields, f->name))
            recipe_complain(c, fields, "%.*s needs the field %.*s, which is not made here",
                            STR_ARG(o->dataset->id), STR_ARG(f->name));
    }
}

static const struct {
    const char *name;
    enum mess_kind kind;
    int fields;
} MESSES[] = {{"check-digit", MESS_check_digit, 1},
              {"scientific", MESS_scientific, 1},
              {"rounded", MESS_rounded, 1},
              {"dotted-date", MESS_dotted_date, 1},
              {"serial-date", MESS_serial_date, 1},
              {"full-width", MESS_full_width, 1},
              {"blanks", MESS_blanks, 1},
              {"swap", MESS_swap, 2},
              {"empty", MESS_empty, 1},
              {"replace", MESS_replace, 1},
              {"gcj-02", MESS_gcj_02, 2},
              {"repeat", MESS_repeat, 1}};

static void compile_mess(struct compiling *c, struct output *o, const struct json *list)
{
    size_t n = list && list->type == JSON_ARRAY ? list->array.n : 0;
    o->mess = arena_array(c->arena, struct mess, n);
    for (size_t i = 0; i < n; i++) {
        const struct json *v = &list->array.items[i], *fields = json_find(v, "fields");
        str how = json_text(v, "how", STR(""));
        size_t kind = 0, named = fields && fields->type == JSON_ARRAY ? fields->array.n : 0;
        while (kind < COUNT(MESSES) && !str_is(how, MESSES[kind].name))
            kind++;
        if (kind == COUNT(MESSES) || (size_t)MESSES[kind].fields != named) {
            recipe_complain(c, v,
                            "\"%.*s\" is no way to spoil a row, or has not the fields it needs",
                            STR_ARG(how));
            continue;
        }
        struct mess m = {.kind = MESSES[kind].kind, .with = json_text(v, "with", STR(""))};
        size_t *columns[] = {&m.column, &m.other};
        bool ok = true;
        for (size_t k = 0; k < named; k++) {
            const struct json *f = &fields->array.items[k];
            if (f->type != JSON_STRING || !find_column(o, f->text, columns[k])) {
                recipe_complain(c, f, "this field is not made here");
                ok = false;
            }
        }
        if (ok)
            o->mess[o->mess_count++] = m;
    }
}

static void compile_output(struct compiling *c, const struct json_member *m)
{
    struct demo *d = c->demo;
    const struct dataset *dataset = dataset_find(d->registry, m->key);
    const struct json *rows = json_find(&m->value, "rows");
    if (!dataset || !rows || rows->type != JSON_ARRAY) {
        recipe_complain(c, &m->value, "\"%.*s\" is no dataset, or has no rows", STR_ARG(m->key));
        return;
    }
    struct output o = {.dataset = dataset,
                       .rows = arena_array(c->arena, struct output_rows, rows->array.n),
                       .sample = json_int(&m->value, "sample", 2000)};
    collect_columns(c, &o, rows);
    for (size_t i = 0; i < rows->array.n; i++)
        compile_rows(c, &o, &rows->array.items[i]);
    compile_mess(c, &o, json_find(&m->value, "mess"));
    VEC_ADD(c->arena, d->outputs, d->output_count, d->output_size) = o;
}

static int by_order(const void *a, const void *b)
{
    const struct output *x = a, *y = b;
    int d = x->dataset->package->order - y->dataset->package->order;
    return d ? d : str_compare(x->dataset->id, y->dataset->id);
}

struct recipe {
    str file;
    struct json content;
};

static void each_member(struct compiling *c, const struct recipe *list, size_t n, const char *part,
                        void (*visit)(struct compiling *c, const struct json_member *m))
{
    for (size_t i = 0; i < n; i++) {
        const struct json *v = json_find(&list[i].content, part);
        c->file = list[i].file;
        for (size_t k = 0; v && v->type == JSON_OBJECT && k < v->object.n; k++) {
            if (v->object.members[k].value.type == JSON_OBJECT)
                visit(c, &v->object.members[k]);
        }
    }
}

static size_t read_recipes(struct compiling *c, const struct bundle *source, struct recipe **list)
{
    size_t n = 0, size = 0;
    for (size_t i = 0; i < source->n; i++) {
        const struct bundle_package *p = &source->packages[i];
        for (size_t k = 0; k < p->n; k++) {
            struct recipe r = {0};
            struct err e = {0};
            str path = p->files[k].path;
            if (!str_starts(path, STR("demo/")) || !str_ends(path, STR(".yaml")))
                continue;
            c->file = r.file =
                arena_format(c->arena, "%.*s/%.*s", STR_ARG(p->folder), STR_ARG(path));
            if (yaml_parse(&r.content, p->files[k].content, c->arena, &e))
                VEC_ADD(c->arena, *list, n, size) = r;
            else
                recipe_complain(c, NULL, "%s", e.msg);
        }
    }
    return n;
}

struct demo *demo_compile(const struct registry *registry, const struct bundle *source,
                          struct complaints *complaints, struct arena *a)
{
    struct demo *d = arena_new(a, struct demo);
    struct compiling c = {.demo = d, .arena = a};
    struct recipe *list = NULL;
    size_t before = complaints->n;
    *d = (struct demo){.arena = a, .registry = registry, .complaints = complaints};
    words_load(&d->words, source, complaints, a);
    size_t n = read_recipes(&c, source, &list);
    each_member(&c, list, n, "things", declare_thing);
    for (size_t i = 0; i < d->things.n; i++)
        connect(&c, d->things.entries[i].value);
    if (complaints->n > before)
        return NULL; /* paths would only add noise */
    for (size_t i = 0; i < d->things.n; i++)
        compile_thing(&c, d->things.entries[i].value);
    each_member(&c, list, n, "datasets", compile_output);
    if (complaints->n > before)
        return NULL;
    if (d->output_count)
        qsort(d->outputs, d->output_count, sizeof *d->outputs, by_order);
    return d;
}
