#include "intake/check.h"

#include "access/rule.h"
#include "base/date.h"
#include "feel/columns.h"

enum { CHINA_SECONDS = 8 * 3600 };

/* A row that needs more than this is refused by the check, so that no row holds up the others. */
static const struct limits ROW_LIMITS = {100000, 16u << 20, 200};
static const size_t CHUNK_MEMORY = 256u << 20;

struct row_checks {
    const struct dataset *dataset;
    struct tally **tallies;
    bool *is_used; /* fields that some check looks at */
};

struct row_checks *row_checks_create(struct arena *a, const struct dataset *d)
{
    struct row_checks *c = arena_new(a, struct row_checks);
    *c = (struct row_checks){d, arena_array(a, struct tally *, d->check_count),
                             arena_array(a, bool, d->field_count)};
    for (size_t i = 0; i < d->check_count; i++) {
        for (size_t f = 0; f < d->field_count; f++)
            c->is_used[f] |= program_uses(d->checks[i].expression, f) ||
                             (d->checks[i].suggestion && program_uses(d->checks[i].suggestion, f));
    }
    return c;
}

void row_checks_count(struct row_checks *c, size_t i, struct tally *t)
{
    c->tallies[i] = t;
}

static struct value field_value(struct arena *a, const struct field *f, str text)
{
    struct value v;
    if (f->type == FIELD_TIMESTAMP && text.p)
        return temporal_parse_date_time(&v, text, a) ? v : VALUE_NOTHING;
    return rule_value(a, f, text);
}

static struct column *columns_of(const struct row_checks *c, struct checked *const *rows, size_t n,
                                 struct arena *a)
{
    static const struct value nothing = {.kind = VALUE_NULL};
    struct column *inputs = arena_array(a, struct column, c->dataset->field_count);
    for (size_t f = 0; f < c->dataset->field_count; f++) {
        inputs[f] = (struct column){.values = &nothing, .is_constant = true};
        if (!c->is_used[f])
            continue;
        struct value *values = arena_array(a, struct value, n);
        for (size_t i = 0; i < n; i++)
            values[i] = field_value(a, &c->dataset->fields[f], rows[i]->values[f]);
        inputs[f] = column_pack(a, values, n);
    }
    return inputs;
}

static void start(struct machine *m, struct arena *a, struct err *e, struct limits limits)
{
    int64_t seconds = clock_unix_ms() / 1000 + CHINA_SECONDS;
    machine_init(m, a, e, limits);
    m->has_now = true;
    m->now = (struct moment){.day = seconds / DAY_SECONDS,
                             .nano = seconds % DAY_SECONDS * NANOS,
                             .offset = CHINA_SECONDS,
                             .zone_kind = MOMENT_OFFSET};
}

/* One row on the machine.  False: over the limits. */
static bool run_row(const struct row_checks *c, const struct program *p,
                    const struct column *inputs, size_t row, struct arena *a, struct value *result)
{
    struct machine m;
    struct err ignored = {0};
    struct value *globals = arena_array(a, struct value, c->dataset->field_count);
    for (size_t f = 0; f < c->dataset->field_count; f++)
        globals[f] = column_value(&inputs[f], row);
    start(&m, a, &ignored, ROW_LIMITS);
    return machine_run(&m, p, globals, result);
}

static str suggestion_of(const struct row_checks *c, const struct check *check,
                         const struct column *inputs, size_t row, struct arena *out)
{
    ARENA_SCOPED struct arena a = {0};
    BUF_SCOPED struct buf text = {.max = 2000};
    struct value v;
    if (!check->suggestion || !run_row(c, check->suggestion, inputs, row, &a, &v) ||
        v.kind == VALUE_NULL)
        return (str){0};
    value_write(&text, v);
    return text.is_full ? (str){0} : arena_copy(out, buf_str(&text));
}

static void refuse(const struct row_checks *c, const struct check *check,
                   const struct column *inputs, size_t row, struct checked *out)
{
    str value = out->values[check->field - c->dataset->fields];
    plan_add_problem(out, check->field, value.p ? value : STR(""), REASON_CHECK,
                     suggestion_of(c, check, inputs, row, out->arena));
    struct problem *p = &out->problems[out->problem_count - 1];
    p->check = check;
    p->detail_zh = check->title.zh;
    p->detail_en = check->title.en;
}

/* A value that was refused for itself is told once: it is not held against other fields. */
static bool is_refused_already(const struct row_checks *c, size_t k, const struct checked *row)
{
    const struct check *check = &c->dataset->checks[k];
    for (size_t i = 0; i < row->problem_count; i++) {
        const struct problem *p = &row->problems[i];
        if (!p->check && p->field &&
            program_uses(check->expression, (size_t)(p->field - c->dataset->fields)))
            return true;
    }
    return false;
}

static void take_result(struct row_checks *c, size_t k, const struct column *inputs, size_t row,
                        struct value result, struct checked *out)
{
    const struct check *check = &c->dataset->checks[k];
    if (result.kind != VALUE_BOOLEAN || is_refused_already(c, k, out))
        return; /* not tested */
    c->tallies[k]->tested++;
    c->tallies[k]->passed += value_is_true(result);
    if (check->is_refusing && value_is_false(result))
        refuse(c, check, inputs, row, out);
}

/* The chunk came to a limit: which row does is found out one by one. */
static void run_one_by_one(struct row_checks *c, size_t k, const struct column *inputs,
                           struct checked *const *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ARENA_SCOPED struct arena a = {0};
        struct value result;
        bool is_within = run_row(c, c->dataset->checks[k].expression, inputs, i, &a, &result);
        take_result(c, k, inputs, i, is_within ? result : value_boolean(false), rows[i]);
    }
}

bool row_checks_run(struct row_checks *c, struct checked *const *rows, size_t n, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    if (c->dataset->check_count == 0 || n == 0)
        return true;
    const struct column *inputs = columns_of(c, rows, n, &a);
    for (size_t k = 0; k < c->dataset->check_count; k++) {
        struct machine m;
        struct err limit = {0};
        struct column result;
        struct columns_report report;
        start(&m, &a, &limit,
              (struct limits){ROW_LIMITS.fuel * (int64_t)n, CHUNK_MEMORY, ROW_LIMITS.depth});
        if (columns_run(&m, c->dataset->checks[k].expression, inputs, n, &result, &report)) {
            for (size_t i = 0; i < n; i++)
                take_result(c, k, inputs, i, column_value(&result, i), rows[i]);
        } else if (limit.code == ERR_LIMIT) {
            run_one_by_one(c, k, inputs, rows, n);
        } else {
            *e = limit;
            return err_at(e, "%.*s: check %.*s", STR_ARG(c->dataset->id),
                          STR_ARG(c->dataset->checks[k].id));
        }
    }
    return true;
}
