/* One CSV a dataset, row by row. */
#include "demo/chance.h"
#include "demo/mess.h"
#include "demo/world.h"

#include <errno.h>
#include <sys/stat.h>

enum { BUFFER = 1 << 20 };

struct file {
    FILE *f;
    str path;
    struct buf text;
    uint64_t rows;
};

struct writing {
    struct world world;
    const struct output *output;
    struct file clean, messy; /* messy.f NULL: none */
    str *cells;
    uint64_t number, sample, expected; /* rows so far; so many of so many go to the sample */
    struct err *err;
};

static bool file_open(struct file *f, struct arena *a, str folder, str name, const char *ending,
                      struct err *e)
{
    *f = (struct file){.path =
                           arena_format(a, "%.*s/%.*s%s", STR_ARG(folder), STR_ARG(name), ending)};
    buf_init(&f->text, 2 * BUFFER);
    f->f = fopen(f->path.p, "wb");
    return f->f || err_set(e, ERR_BUSY, "cannot write %s: %s", f->path.p, strerror(errno));
}

static bool file_flush(struct file *f, struct err *e)
{
    bool ok = !f->text.is_full && fwrite(f->text.p, 1, f->text.n, f->f) == f->text.n;
    buf_clear(&f->text);
    return ok || err_set(e, ERR_BUSY, "cannot write %s: %s", f->path.p, strerror(errno));
}

static bool file_close(struct file *f, struct err *e)
{
    bool ok = !f->f || file_flush(f, e);
    if (f->f && fclose(f->f) != 0 && ok)
        ok = err_set(e, ERR_BUSY, "cannot write %s: %s", f->path.p, strerror(errno));
    buf_release(&f->text);
    f->f = NULL;
    return ok;
}

static void add_cell(struct buf *b, str s)
{
    bool is_plain = true;
    for (size_t i = 0; i < s.n && is_plain; i++)
        is_plain = s.p[i] != ',' && s.p[i] != '"' && s.p[i] != '\n' && s.p[i] != '\r';
    if (is_plain) {
        buf_add(b, s);
        return;
    }
    buf_add_char(b, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            buf_add_char(b, '"');
        buf_add_char(b, s.p[i]);
    }
    buf_add_char(b, '"');
}

static bool file_add(struct file *f, const str *cells, size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_add_char(&f->text, ',');
        add_cell(&f->text, cells[i]);
    }
    buf_add_char(&f->text, '\n');
    f->rows++;
    return f->text.n < BUFFER || file_flush(f, e);
}

/* Spoils the row or not, and writes it: twice when that is the way. */
static bool add_spoilt(struct writing *w, struct file *f, struct arena *a)
{
    const struct output *o = w->output;
    uint64_t state =
        chance_mix(chance_mix(w->world.options->seed, str_hash(o->dataset->id, 7)), w->number);
    bool is_bad =
        o->mess_count && chance_below(&state, 100) < (uint64_t)w->world.options->bad_percent;
    const struct mess *twice = NULL;
    for (int tries = 0; is_bad && tries < 8; tries++) {
        const struct mess *m = &o->mess[chance_below(&state, o->mess_count)];
        if (!mess_apply(m, w->cells, a))
            continue;
        twice = m->kind == MESS_repeat ? m : NULL;
        break;
    }
    bool ok = file_add(f, w->cells, o->column_count, w->err);
    if (ok && twice) {
        mess_repeat(twice, w->cells, a);
        ok = file_add(f, w->cells, o->column_count, w->err);
    }
    return ok;
}

static bool is_wanted(struct writing *w, struct one *one, const struct output_rows *rows)
{
    for (size_t i = 0; i < rows->where_count; i++) {
        uint64_t state = 0; /* a value is read, nothing drawn */
        if (!str_equal(one_eval(&w->world, one, rows->where[i].value, &state).text,
                       rows->where[i].is))
            return false;
    }
    return true;
}

static bool write_one(struct writing *w, struct one *one, const struct output_rows *rows)
{
    const struct output *o = w->output;
    bool is_in_place = w->world.options->is_bad_in_place && w->world.options->bad_percent;
    if (!is_wanted(w, one, rows))
        return true;
    for (size_t i = 0; i < o->column_count; i++) {
        uint64_t state = chance_mix(one->key, i + 1);
        const struct generator *g = rows->fields[i];
        w->cells[i] = g ? one_eval(&w->world, one, g, &state).text : STR("");
    }
    bool ok = is_in_place ? add_spoilt(w, &w->clean, one->arena)
                          : file_add(&w->clean, w->cells, o->column_count, w->err);
    if (ok && w->messy.f &&
        (w->number + 1) * w->sample / w->expected > w->number * w->sample / w->expected)
        ok = add_spoilt(w, &w->messy, one->arena);
    w->number++;
    return ok && !w->err->code;
}

static bool write_members(struct writing *w, const struct output_rows *rows, struct one *parent)
{
    world_make_members(&w->world, parent);
    for (size_t i = 0; i < parent->member_count; i++) {
        if (!write_one(w, parent->members[i], rows))
            return false;
    }
    return true;
}

static bool write_rows(struct writing *w, const struct output_rows *rows)
{
    const struct thing *t = rows->thing, *counted = t->kind == THING_MEMBERS ? t->parent : t;
    const struct thing *top = counted->kind == THING_ROWS ? counted : counted->parent;
    for (size_t row = 0; row < top->row_count; row++) {
        struct one *place = world_enter_row(&w->world, top, row);
        if (counted == top && !write_one(w, place, rows))
            return false;
        uint64_t n = counted == top ? 0 : world_count_in(counted, row);
        for (uint64_t i = 0; i < n; i++) {
            struct one *one = world_make(&w->world, counted, i);
            if (t == counted ? !write_one(w, one, rows) : !write_members(w, rows, one))
                return false;
            arena_reset(&w->world.units);
        }
    }
    return true;
}

static uint64_t expected_rows(const struct output *o)
{
    uint64_t n = 0;
    for (size_t i = 0; i < o->row_count; i++) {
        const struct thing *t = o->rows[i].thing;
        n += t->kind == THING_ROWS      ? t->row_count
             : t->kind == THING_COUNTED ? t->start[t->parent->row_count]
             : t->parent->quota         ? t->parent->quota[t->parent->parent->row_count]
                                        : t->parent->start[t->parent->parent->row_count];
    }
    return n;
}

static bool open_files(struct writing *w, struct arena *a)
{
    const struct output *o = w->output;
    const struct demo_options *options = w->world.options;
    bool has_sample = options->bad_percent && !options->is_bad_in_place && o->mess_count;
    w->expected = expected_rows(o);
    w->sample = (uint64_t)o->sample < w->expected ? (uint64_t)o->sample : w->expected;
    w->cells = arena_array(a, str, o->column_count);
    for (size_t i = 0; i < o->column_count; i++)
        w->cells[i] = o->columns[i]->title.zh;
    if (!file_open(&w->clean, a, options->folder, o->dataset->id, ".csv", w->err) ||
        (has_sample &&
         !file_open(&w->messy, a, options->folder, o->dataset->id, "-messy.csv", w->err)))
        return false;
    bool ok = file_add(&w->clean, w->cells, o->column_count, w->err) &&
              (!has_sample || file_add(&w->messy, w->cells, o->column_count, w->err));
    w->clean.rows = w->messy.rows = 0;
    return ok;
}

static bool write_output(struct writing *w, struct arena *a, demo_listener *tell, void *arg)
{
    const struct output *o = w->output;
    bool ok = open_files(w, a);
    for (size_t i = 0; ok && i < o->row_count; i++)
        ok = write_rows(w, &o->rows[i]);
    bool has_sample = w->messy.f != NULL;
    ok = file_close(&w->clean, w->err) && ok;
    ok = file_close(&w->messy, w->err) && ok;
    if (ok)
        tell(arg, o->dataset, w->clean.path.p, w->clean.rows, false);
    if (ok && has_sample)
        tell(arg, o->dataset, w->messy.path.p, w->messy.rows, true);
    return ok;
}

static bool make_folder(str folder, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    char *path = arena_cstr(&a, folder);
    for (char *p = path + 1; *p; p++) {
        if (*p == '/') {
            *p = '\0';
            mkdir(path, 0755);
            *p = '/';
        }
    }
    return mkdir(path, 0755) == 0 || errno == EEXIST ||
           err_set(e, ERR_BUSY, "cannot make the folder %s: %s", path, strerror(errno));
}

bool demo_write(struct demo *demo, const struct demo_options *o, demo_listener *tell, void *arg,
                struct err *e)
{
    struct writing w = {.world = {.demo = demo, .options = o, .err = e}, .err = e};
    bool ok = make_folder(o->folder, e) && world_count(&w.world);
    for (size_t i = 0; ok && i < demo->output_count; i++) {
        ARENA_SCOPED struct arena a = {0};
        struct writing one = {.world = w.world, .output = &demo->outputs[i], .err = e};
        ok = write_output(&one, &a, tell, arg);
        w.world.rows = one.world.rows;
        w.world.units = one.world.units;
    }
    arena_release(&w.world.rows);
    arena_release(&w.world.units);
    return ok;
}
