#include "dmn/simulate.h"

#include <pthread.h>

enum { CHUNK = 16384, MAX_THREADS = 16, MAX_GROUPS = 100000 };

/* A part of a chunk, decided by one thread. */
struct part {
    const struct simulate_options *o;
    const struct simulate_source *source;
    struct value **columns; /* by field, of the whole chunk */
    size_t first, n;
    struct arena arena;
    struct err err;
    struct column results[2];
    size_t warnings;
    bool is_ok;
};

struct chunk {
    struct arena arena;
    struct value **columns;
    size_t n;
    struct part parts[MAX_THREADS];
    size_t part_count;
};

static bool decide_part(struct part *p, const struct dmn_package *model, struct column *result)
{
    const struct simulate_options *o = p->o;
    size_t n = p->source->n + o->parameter_count, k = 0;
    struct dmn_column_input *inputs = arena_array(&p->arena, struct dmn_column_input, n);
    struct machine m;
    for (size_t i = 0; i < o->parameter_count; i++)
        inputs[k++] = (struct dmn_column_input){
            o->parameters[i].name, {.values = &o->parameters[i].value, .is_constant = true}};
    for (size_t f = 0; f < p->source->n; f++) {
        bool is_set = false;
        for (size_t i = 0; i < o->parameter_count; i++)
            is_set |= str_equal(o->parameters[i].name, p->source->names[f]);
        if (!is_set)
            inputs[k++] = (struct dmn_column_input){
                p->source->names[f], column_pack(&p->arena, p->columns[f] + p->first, p->n)};
    }
    const struct dmn_element *el = dmn_find(model, DMN_DECISION, o->decision);
    if (!el || el->fault)
        return err_set(&p->err, ERR_INVALID, "\"%.*s\": %s", STR_ARG(o->decision),
                       el ? el->fault : "there is no such decision");
    machine_init(&m, &p->arena, &p->err, (struct limits){INT64_C(1) << 40, (size_t)1 << 32, 800});
    struct dmn_rows rows = {model, inputs, k, p->n};
    bool ok = dmn_decide_rows(&rows, el, &m, result);
    p->warnings += m.warning_count;
    return ok;
}

static void *run_part(void *data)
{
    struct part *p = data;
    p->is_ok = decide_part(p, p->o->model, &p->results[0]) &&
               (!p->o->other || decide_part(p, p->o->other, &p->results[1]));
    return NULL;
}

static bool decide_chunk(struct chunk *c, const struct simulate_source *source,
                         const struct simulate_options *o, struct err *e)
{
    pthread_t threads[MAX_THREADS];
    bool is_started[MAX_THREADS] = {false}, ok = true;
    size_t count = o->threads ? o->threads : 1;
    c->part_count = count > MAX_THREADS ? MAX_THREADS : count;
    for (size_t i = 0; i < c->part_count; i++) {
        struct part *p = &c->parts[i];
        size_t first = c->n * i / c->part_count, end = c->n * (i + 1) / c->part_count;
        arena_reset(&p->arena);
        p->o = o;
        p->source = source;
        p->columns = c->columns;
        p->first = first;
        p->n = end - first;
        is_started[i] = i + 1 < c->part_count && !pthread_create(&threads[i], NULL, run_part, p);
        if (!is_started[i])
            run_part(p);
    }
    for (size_t i = 0; i < c->part_count; i++) {
        if (is_started[i])
            pthread_join(threads[i], NULL);
        ok &= c->parts[i].is_ok;
        if (!c->parts[i].is_ok)
            err_set(e, c->parts[i].err.code ? c->parts[i].err.code : ERR_BROKEN, "%s",
                    c->parts[i].err.msg);
    }
    return ok;
}

static struct decimal number_or_zero(struct value v)
{
    return v.kind == VALUE_NUMBER ? value_decimal(v) : (struct decimal){0};
}

static void add_to(struct decimal *total, struct decimal d)
{
    if (!decimal_add(total, total, &d))
        *total = (struct decimal){0}; /* beyond 10^6144: no amount of money */
}

static bool is_amount(struct value v)
{
    return v.kind == VALUE_NUMBER || v.kind == VALUE_NULL;
}

static void count_row(struct simulate_sums *s, struct value v, struct value other, bool compares)
{
    struct decimal x = number_or_zero(v), y = number_or_zero(other);
    s->rows++;
    s->nulls += v.kind == VALUE_NULL;
    s->numbers += v.kind == VALUE_NUMBER || other.kind == VALUE_NUMBER;
    add_to(&s->total, x);
    if (!compares)
        return;
    add_to(&s->other_total, y);
    if (is_amount(v) && is_amount(other)) {
        int order = decimal_compare(&x, &y);
        s->gain += order > 0;
        s->lose += order < 0;
        s->stay += order == 0;
    } else if (value_equals(v, other) == VALUES_EQUAL) {
        s->stay++;
    } else {
        s->changed++;
    }
}

static struct simulate_sums *find_group(struct simulate_report *r, size_t by, struct value v,
                                        struct arena *a)
{
    BUF_SCOPED struct buf b = {.max = 200};
    value_write(&b, v);
    struct simulate_sums *s = map_find(&r->group_maps[by], buf_str(&b));
    if (s || r->group_counts[by] >= MAX_GROUPS)
        return s;
    s = arena_new(a, struct simulate_sums);
    s->key = arena_copy(a, buf_str(&b));
    map_set(&r->group_maps[by], a, s->key, s);
    r->group_counts[by]++;
    return s;
}

static struct decimal size_of(struct decimal d)
{
    d.is_negative = false;
    return d;
}

/* Keeps the largest differences, the earlier row first among equals. */
static void note_change(struct simulate_report *r, const struct simulate_options *o, size_t row,
                        struct value v, struct value other, struct arena *a)
{
    struct decimal x = number_or_zero(v), y = number_or_zero(other), d;
    if (o->top == 0 || !is_amount(v) || !is_amount(other) || !decimal_sub(&d, &x, &y) ||
        d.coef == 0)
        return;
    struct decimal size = size_of(d), least;
    size_t at = r->top_count;
    if (at == o->top) {
        least = size_of(r->top[at - 1].difference);
        if (decimal_compare(&size, &least) <= 0)
            return;
        at--;
    } else {
        r->top_count++;
    }
    for (; at > 0; at--) {
        least = size_of(r->top[at - 1].difference);
        if (decimal_compare(&size, &least) <= 0)
            break;
        r->top[at] = r->top[at - 1];
    }
    r->top[at] = (struct simulate_change){row, value_copy(a, v), value_copy(a, other), d};
}

static size_t field_of(const struct simulate_source *s, str name)
{
    size_t i = 0;
    while (i < s->n && !str_equal(s->names[i], name))
        i++;
    return i;
}

static void count_part(const struct part *p, size_t before, struct simulate_report *r,
                       const size_t *fields, struct arena *a)
{
    const struct simulate_options *o = p->o;
    for (size_t i = 0; i < p->n; i++) {
        struct value v = column_value(&p->results[0], i), other = VALUE_NOTHING;
        if (o->other)
            other = column_value(&p->results[1], i);
        count_row(&r->all, v, other, o->other != NULL);
        for (size_t k = 0; k < o->by_count; k++) {
            struct simulate_sums *s = find_group(r, k, p->columns[fields[k]][p->first + i], a);
            if (s)
                count_row(s, v, other, o->other != NULL);
        }
        if (o->other)
            note_change(r, o, before + p->first + i + 1, v, other, a);
        if (o->row) {
            struct value row[64];
            for (size_t f = 0; f < p->source->n && f < COUNT(row); f++)
                row[f] = p->columns[f][p->first + i];
            o->row(o->row_data, row, v, other);
        }
    }
    r->warnings += p->warnings;
}

static bool read_chunk(struct chunk *c, const struct simulate_source *s, struct err *e)
{
    arena_reset(&c->arena);
    struct value *row = arena_array(&c->arena, struct value, s->n);
    c->columns = arena_array(&c->arena, struct value *, s->n);
    for (size_t f = 0; f < s->n; f++)
        c->columns[f] = arena_array(&c->arena, struct value, CHUNK);
    for (c->n = 0; c->n < CHUNK; c->n++) {
        bool has_row = false;
        if (!s->read(s->data, row, &has_row, &c->arena, e))
            return false;
        if (!has_row)
            break;
        for (size_t f = 0; f < s->n; f++)
            c->columns[f][c->n] = row[f];
    }
    return true;
}

static bool begin_report(const struct simulate_source *s, const struct simulate_options *o,
                         struct arena *a, struct simulate_report *r, size_t *fields, struct err *e)
{
    *r = (struct simulate_report){0};
    r->groups = arena_array(a, struct simulate_sums *, o->by_count);
    r->group_counts = arena_array(a, size_t, o->by_count);
    r->group_sizes = arena_array(a, size_t, o->by_count);
    r->group_maps = arena_array(a, struct map, o->by_count);
    r->top = arena_array(a, struct simulate_change, o->top + 1);
    for (size_t k = 0; k < o->by_count; k++) {
        fields[k] = field_of(s, o->by[k]);
        if (fields[k] == s->n)
            return err_set(e, ERR_INVALID, "there is no field \"%.*s\" to count by",
                           STR_ARG(o->by[k]));
    }
    return s->n <= 64 || err_set(e, ERR_LIMIT, "more than 64 fields");
}

static void finish_report(const struct simulate_options *o, struct arena *a,
                          struct simulate_report *r)
{
    for (size_t k = 0; k < o->by_count; k++) {
        r->groups[k] = arena_array(a, struct simulate_sums, r->group_counts[k]);
        for (size_t i = 0; i < r->group_counts[k]; i++)
            r->groups[k][i] = *(struct simulate_sums *)r->group_maps[k].entries[i].value;
    }
}

/* The next chunk, read while the last is decided and counted. */
struct ahead {
    const struct simulate_source *source;
    struct chunk *chunk;
    struct err err;
    pthread_t thread;
    bool is_started, is_ok;
};

static void *read_ahead(void *data)
{
    struct ahead *h = data;
    h->is_ok = read_chunk(h->chunk, h->source, &h->err);
    return NULL;
}

static void begin_ahead(struct ahead *h, struct chunk *c, const struct simulate_options *o)
{
    h->chunk = c;
    h->is_started = o->threads > 1 && !pthread_create(&h->thread, NULL, read_ahead, h);
}

static bool end_ahead(struct ahead *h, struct err *e)
{
    if (h->is_started)
        pthread_join(h->thread, NULL);
    else
        read_ahead(h);
    if (!h->is_ok)
        *e = h->err;
    return h->is_ok;
}

static bool run_chunks(struct chunk *c[2], struct ahead *h, const struct simulate_options *o,
                       struct arena *a, struct simulate_report *r, const size_t *fields,
                       struct err *e)
{
    size_t done = 0;
    begin_ahead(h, c[0], o);
    bool ok = end_ahead(h, e), is_last = false;
    for (int k = 0; ok && !is_last; k = 1 - k) {
        is_last = c[k]->n < CHUNK;
        if (!is_last)
            begin_ahead(h, c[1 - k], o);
        ok = c[k]->n == 0 || decide_chunk(c[k], h->source, o, e);
        for (size_t i = 0; ok && c[k]->n && i < c[k]->part_count; i++) {
            count_part(&c[k]->parts[i], done, r, fields, a);
            c[k]->parts[i].warnings = 0;
        }
        done += c[k]->n;
        if (ok && o->progress && !o->progress(o->progress_data, done))
            ok = err_set(e, ERR_CONFLICT, "the simulation was stopped");
        struct err ignored = {0};
        ok = (is_last || end_ahead(h, ok ? e : &ignored)) && ok;
    }
    return ok;
}

bool simulate_run(const struct simulate_source *source, const struct simulate_options *o,
                  struct arena *a, struct simulate_report *r, struct err *e)
{
    struct chunk *c[2] = {arena_new(a, struct chunk), arena_new(a, struct chunk)};
    struct ahead h = {.source = source};
    size_t *fields = arena_array(a, size_t, o->by_count);
    bool ok = begin_report(source, o, a, r, fields, e) && run_chunks(c, &h, o, a, r, fields, e);
    for (size_t i = 0; i < COUNT(c); i++) {
        for (size_t k = 0; k < MAX_THREADS; k++)
            arena_release(&c[i]->parts[k].arena);
        arena_release(&c[i]->arena);
    }
    if (ok)
        finish_report(o, a, r);
    return ok;
}
