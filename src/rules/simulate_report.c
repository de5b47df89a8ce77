#include "rules/simulate_report.h"

#include "feel/wire.h"
#include "rules/cut.h"

static void write_decimal(struct buf *out, const char *name, const struct decimal *d)
{
    buf_add_format(out, ",\"%s\":", name);
    decimal_write(out, d);
}

static void write_sums(struct buf *out, const struct simulate_sums *s, bool compares)
{
    buf_add_format(out, "\"rows\":%zu,\"null\":%zu,\"numbers\":%zu", s->rows, s->nulls, s->numbers);
    write_decimal(out, "total", &s->total);
    if (!compares)
        return;
    write_decimal(out, "against_total", &s->other_total);
    buf_add_format(out, ",\"gain\":%zu,\"lose\":%zu,\"stay\":%zu,\"changed\":%zu", s->gain, s->lose,
                   s->stay, s->changed);
}

enum { MAX_CLASSES = 50 };

struct simulate_class {
    size_t rows, other_rows;
};

static struct simulate_class *class_of(struct simulate_classes *c, struct value v)
{
    if (c->is_full || (v.kind != VALUE_STRING && v.kind != VALUE_BOOLEAN))
        return NULL;
    str text = v.kind == VALUE_STRING ? value_text(v)
               : value_is_true(v)     ? STR("true")
                                      : STR("false");
    struct simulate_class *found = map_find(&c->counts, text);
    if (found || (c->is_full = c->counts.n == MAX_CLASSES || text.n > 200))
        return found;
    found = arena_new(c->arena, struct simulate_class);
    map_set(&c->counts, c->arena, arena_copy(c->arena, text), found);
    return found;
}

void simulate_classes_row(void *classes, const struct value *row, struct value result,
                          struct value other)
{
    (void)row;
    struct simulate_class *mine = class_of(classes, result);
    if (mine)
        mine->rows++;
    struct simulate_class *theirs = class_of(classes, other);
    if (theirs)
        theirs->other_rows++;
}

static void write_class(struct buf *out, bool *is_first, str value, struct simulate_class n,
                        bool compares)
{
    buf_add(out, *is_first ? STR("\n  {\"value\":") : STR(",\n  {\"value\":"));
    *is_first = false;
    if (value.p)
        json_write_string(out, value);
    else
        buf_add_lit(out, "null");
    buf_add_format(out, ",\"rows\":%zu", n.rows);
    if (compares)
        buf_add_format(out, ",\"against_rows\":%zu", n.other_rows);
    buf_add_char(out, '}');
}

static void write_classes(struct buf *out, const struct simulate_asked *asked)
{
    const struct simulate_classes *c = asked->classes;
    struct simulate_class rest = {0};
    bool is_first = true;
    for (size_t i = 0; c && !c->is_full && i < c->counts.n; i++) {
        const struct simulate_class *n = c->counts.entries[i].value;
        if (n->rows < c->least && n->other_rows < c->least) {
            rest.rows += n->rows;
            rest.other_rows += n->other_rows;
        } else {
            write_class(out, &is_first, c->counts.entries[i].key, *n, asked->compares);
        }
    }
    if (rest.rows || rest.other_rows)
        write_class(out, &is_first, (str){0}, rest, asked->compares);
}

/* Fields go by name or title, as a model's inputs do; a cut by the name of its field. */
static const struct field *field_of(const struct simulate_asked *asked, str name,
                                    enum cut_kind *kind)
{
    const struct dataset *d = asked->dataset;
    struct cut cut;
    *kind = CUT_NONE;
    if (d && cut_read(d, name, &cut)) {
        *kind = cut.kind;
        return cut.field;
    }
    for (size_t i = 0; d && i < d->field_count; i++) {
        const struct field *f = &d->fields[i];
        if (str_equal(f->name, name) || str_equal(f->title.zh, name) ||
            str_equal(f->title.en, name))
            return f;
    }
    return NULL;
}

static void write_fields(struct buf *out, const struct simulate_asked *asked)
{
    bool is_first = true;
    for (size_t k = 0; k < asked->by_count; k++) {
        enum cut_kind cut;
        const struct field *f = field_of(asked, asked->by[k], &cut);
        if (!f)
            continue;
        if (!is_first)
            buf_add_char(out, ',');
        is_first = false;
        json_write_string(out, asked->by[k]);
        buf_add_char(out, ':');
        title_write(out, cut ? cut_title(cut) : f->title);
    }
}

/* A code goes by its title, a place by its name. */
static void write_title(struct buf *out, const struct simulate_asked *asked, const struct field *f,
                        str value)
{
    const struct map *codes = f && f->code.n ? map_find(&asked->registry->codes, f->code) : NULL;
    const struct title *t = codes ? map_find(codes, value) : NULL;
    if (t) {
        buf_add_lit(out, ",\"title\":");
        title_write(out, *t);
    }
}

static void write_groups(struct buf *out, const struct simulate_asked *asked,
                         const struct simulate_report *r)
{
    for (size_t k = 0; k < asked->by_count; k++) {
        enum cut_kind cut;
        const struct field *f = field_of(asked, asked->by[k], &cut);
        buf_add(out, k ? STR(",\n  ") : STR("\n  "));
        json_write_string(out, asked->by[k]);
        buf_add_lit(out, ":[");
        for (size_t i = 0; i < r->group_counts[k]; i++) {
            buf_add(out, i ? STR(",\n    {\"value\":") : STR("\n    {\"value\":"));
            json_write_string(out, r->groups[k][i].key);
            write_title(out, asked, f, r->groups[k][i].key);
            buf_add_char(out, ',');
            write_sums(out, &r->groups[k][i], asked->compares);
            buf_add_char(out, '}');
        }
        buf_add_char(out, ']');
    }
}

static void write_top(struct buf *out, const struct simulate_report *r)
{
    for (size_t i = 0; i < r->top_count; i++) {
        const struct simulate_change *c = &r->top[i];
        buf_add_format(out, "%s\n  {\"row\":%zu,\"result\":", i ? "," : "", c->row);
        wire_write(out, c->result);
        buf_add_lit(out, ",\"against\":");
        wire_write(out, c->other);
        write_decimal(out, "difference", &c->difference);
        buf_add_char(out, '}');
    }
}

void simulate_report_write(struct buf *out, const struct simulate_report *r,
                           const struct simulate_asked *asked)
{
    buf_add_lit(out, "\"all\":{");
    write_sums(out, &r->all, asked->compares);
    buf_add_format(out, ",\"warnings\":%zu},\n\"fields\":{", r->warnings);
    write_fields(out, asked);
    buf_add_lit(out, "},\n\"by\":{");
    write_groups(out, asked, r);
    buf_add_lit(out, "},\n\"classes\":[");
    write_classes(out, asked);
    buf_add_lit(out, "],\n\"top\":[");
    write_top(out, r);
    buf_add_char(out, ']');
}
