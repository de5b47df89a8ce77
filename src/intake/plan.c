#include "intake/plan.h"

#include "base/date.h"
#include "intake/check.h"
#include "intake/repair.h"
#include "text/format.h"
#include "text/regex.h"
#include "text/schema.h"
#include "text/value.h"

enum { TALLIES_A_FIELD = 6 };

enum field_rule { RULE_REQUIRED, RULE_TYPE, RULE_FORMAT, RULE_CODE, RULE_LIMITS, RULE_COUNT };
static const char *const RULE_NAMES[] = {"required", "type", "format", "code", "limits"};
static const enum dimension RULE_DIMENSIONS[] = {DIMENSION_COMPLETENESS, DIMENSION_CONFORMITY,
                                                 DIMENSION_ACCURACY, DIMENSION_CONFORMITY,
                                                 DIMENSION_ACCURACY};

struct plan_field {
    const struct field *field;
    const struct format *format; /* of TEXT fields; NULL: none */
    const struct map *codes;     /* code → title; NULL: none */
    struct map titles;           /* title → code, where a title belongs to one code only */
    const struct json *options;  /* enum; NULL: none */
    const struct regex *pattern;
    int64_t min_length, max_length;
    struct number minimum, maximum;
    bool has_minimum, has_maximum;
    uint64_t name_hash;
    struct cell_wish wish;
    bool is_lenient; /* a text that nearly anything passes for */
    uint64_t repaired[CELL_REASON_COUNT];
    struct tally *tallies[RULE_COUNT]; /* NULL: this rule does not apply */
};

struct plan {
    const struct dataset *dataset;
    struct plan_field *fields;
    size_t n;
    struct row_checks *checks;
    const struct schema *schema; /* NULL: the fields' own checks say all the schema says */
    struct repair_options repair;
    struct tally *tallies;
    size_t tally_count;
    struct tally *duplicate, *landed, *location;
    const struct field **field_list;
};

/* --- compiling ---------------------------------------------------------------------------------
 */

static struct tally *add_tally(struct plan *p, const struct field *f, str rule, enum dimension d)
{
    struct tally *t = &p->tallies[p->tally_count++];
    *t = (struct tally){.field = f, .rule = rule, .dimension = d};
    return t;
}

static void add_titles(struct arena *a, struct plan_field *f)
{
    struct map seen = {0};
    for (size_t i = 0; i < f->codes->n; i++) {
        const struct title *t = f->codes->entries[i].value;
        bool is_twice = map_has(&seen, t->zh);
        map_set(&seen, a, t->zh, is_twice ? NULL : &f->codes->entries[i]);
    }
    f->titles = seen;
    for (size_t i = 0; i < f->codes->n; i++) { /* 男 for 男性, 汉 for 汉族, 对河口村 for …村委会 */
        static const char *const endings[] = {"族", "性", "委会", "社区居委会", "代码"};
        const struct title *t = f->codes->entries[i].value;
        for (size_t k = 0; k < COUNT(endings); k++) {
            str ending = str_from(endings[k]);
            str shorter = str_slice(t->zh, 0, t->zh.n - (t->zh.n > ending.n ? ending.n : 0));
            if (shorter.n == t->zh.n || !str_ends(t->zh, ending))
                continue;
            bool is_taken = map_has(&f->titles, shorter);
            map_set(&f->titles, a, shorter, is_taken ? NULL : &f->codes->entries[i]);
        }
    }
}

static bool read_number(const struct json *definition, const char *key, struct number *n)
{
    const struct json *v = json_find(definition, key);
    if (!v || v->type != JSON_NUMBER)
        return false;
    *n = number_read(v->text);
    return true;
}

static bool compile_field(struct plan *p, struct arena *a, const struct registry *r, size_t i,
                          struct err *e)
{
    struct plan_field *f = &p->fields[i];
    const struct field *d = &p->dataset->fields[i];
    *f = (struct plan_field){.field = d,
                             .codes = d->code.n ? map_find(&r->codes, d->code) : NULL,
                             .options = json_find(d->definition, "enum"),
                             .min_length = json_int(d->definition, "minLength", 0),
                             .max_length = json_int(d->definition, "maxLength", INT64_MAX),
                             .name_hash = str_hash(d->name, 0x5a)};
    f->has_minimum = read_number(d->definition, "minimum", &f->minimum);
    f->has_maximum = read_number(d->definition, "maximum", &f->maximum);
    if (d->type == FIELD_TEXT && d->format.n) {
        f->format = format_find(d->format);
        if (!f->format)
            return err_set(e, ERR_INVALID, "%.*s: no format \"%.*s\"", STR_ARG(d->name),
                           STR_ARG(d->format));
    }
    if (f->codes && f->codes->n == 0)
        f->codes = NULL;
    if (f->codes)
        add_titles(a, f);
    if (d->pattern.n && !(f->pattern = regex_compile(d->pattern, a, e)))
        return err_at(e, "%.*s", STR_ARG(d->name));
    f->wish = repair_wish(&p->repair, d, f->format);
    f->is_lenient = d->type == FIELD_TEXT && !f->format && !f->pattern && !f->codes && !f->options;
    bool applies[RULE_COUNT] = {
        [RULE_REQUIRED] = d->is_required,
        [RULE_TYPE] = d->type != FIELD_TEXT,
        [RULE_FORMAT] = f->format || f->pattern,
        [RULE_CODE] = f->codes || f->options,
        [RULE_LIMITS] =
            f->has_minimum || f->has_maximum || f->min_length > 0 || f->max_length < INT64_MAX,
    };
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        if (applies[rule])
            f->tallies[rule] = add_tally(p, d, str_from(RULE_NAMES[rule]), RULE_DIMENSIONS[rule]);
    }
    return true;
}

/* Keywords that the fields' own checks cover; any other sends rows through the schema as well. */
static bool is_covered(str key, bool is_field)
{
    static const char *const common[] = {"$schema", "$id",      "title",   "description",
                                         "type",    "examples", "default", "$comment"};
    static const char *const of_field[] = {"format",  "enum",    "minLength", "maxLength",
                                           "pattern", "minimum", "maximum"};
    static const char *const of_row[] = {"properties", "required", "additionalProperties"};
    if (str_starts(key, STR("x-")))
        return true;
    for (size_t i = 0; i < COUNT(common); i++) {
        if (str_is(key, common[i]))
            return true;
    }
    for (size_t i = 0; is_field && i < COUNT(of_field); i++) {
        if (str_is(key, of_field[i]))
            return true;
    }
    for (size_t i = 0; !is_field && i < COUNT(of_row); i++) {
        if (str_is(key, of_row[i]))
            return true;
    }
    return false;
}

static bool is_all_covered(const struct json *v, bool is_field)
{
    for (size_t i = 0; i < v->object.n; i++) {
        if (!is_covered(v->object.members[i].key, is_field))
            return false;
    }
    return true;
}

static bool needs_schema(const struct dataset *d)
{
    bool is_covered_whole = is_all_covered(d->definition, false);
    for (size_t i = 0; i < d->field_count; i++)
        is_covered_whole &=
            d->fields[i].type != FIELD_JSON && is_all_covered(d->fields[i].definition, true);
    return !is_covered_whole;
}

struct plan *plan_create(struct arena *a, const struct registry *r, const struct dataset *d,
                         const struct json *options, struct err *e)
{
    struct plan *p = arena_new(a, struct plan);
    *p = (struct plan){.dataset = d,
                       .fields = arena_array(a, struct plan_field, d->field_count),
                       .n = d->field_count,
                       .tallies = arena_array(
                           a, struct tally, d->field_count * TALLIES_A_FIELD + d->check_count + 4)};
    p->field_list = arena_array(a, const struct field *, d->field_count);
    if (!repair_options_read(&p->repair, options, e))
        return NULL;
    for (size_t i = 0; i < p->n; i++) {
        p->field_list[i] = &d->fields[i];
        if (!compile_field(p, a, r, i, e))
            return NULL;
    }
    p->checks = row_checks_create(a, d);
    for (size_t i = 0; i < d->check_count; i++)
        row_checks_count(p->checks, i,
                         add_tally(p, d->checks[i].field, d->checks[i].id,
                                   dimension_find(d->checks[i].dimension)));
    if (needs_schema(d) &&
        !(p->schema = schema_compile(d->definition, STR(""), NULL, SCHEMA_ASSERT_FORMATS, a, e)))
        return NULL;
    p->duplicate = add_tally(p, NULL, STR("unique-key"), DIMENSION_CONSISTENCY);
    p->landed = add_tally(p, NULL, STR("landed"), DIMENSION_ACCESSIBILITY);
    p->location = d->location.longitude
                      ? add_tally(p, d->location.longitude, STR("location"), DIMENSION_ACCURACY)
                      : NULL;
    return p;
}

/* --- one value ---------------------------------------------------------------------------------
 */

void plan_add_problem(struct checked *out, const struct field *f, str value, enum reason reason,
                      str suggestion)
{
    VEC_ADD(out->arena, out->problems, out->problem_count, out->problem_size) =
        (struct problem){.field = f, .value = value, .reason = reason, .suggestion = suggestion};
}

static enum reason reason_of_format(enum format_reason r)
{
    switch (r) {
    case FORMAT_NONE:
        return REASON_NONE;
    case FORMAT_CHECK_DIGIT:
        return REASON_CHECK_DIGIT;
    case FORMAT_SCIENTIFIC:
        return REASON_SCIENTIFIC;
    case FORMAT_ROUNDED:
        return REASON_ROUNDED;
    case FORMAT_DATE:
        return REASON_DATE_IMPOSSIBLE;
    case FORMAT_LENGTH:
        return REASON_LENGTH;
    case FORMAT_STRUCTURE:
    case FORMAT_CHARACTER:
    case FORMAT_RANGE:
    case FORMAT_REGION:
    case FORMAT_LETTER_CASE:
    case FORMAT_OLD_15:
        break;
    }
    return REASON_FORMAT;
}

/* A JSON number without sign of zero, leading or trailing zeros; false: no plain number. */
static bool canonical_number(str s, bool is_integer, str *out)
{
    size_t i = s.n && s.p[0] == '-', start = i;
    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
        i++;
    size_t digits = i - start;
    if (digits == 0 || digits > 100 || (digits > 1 && s.p[start] == '0'))
        return false;
    if (i < s.n && s.p[i] == '.') {
        size_t point = i++;
        while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
            i++;
        if (i != s.n || i - point < 2 || i - point > 100)
            return false;
        while (s.p[i - 1] == '0')
            i--;
        s.n = i - 1 == point ? point : i;
        i = s.n;
        if (is_integer && s.n != point)
            return false;
    }
    if (i != s.n || (is_integer && digits > 18))
        return false;
    *out = s.n == 2 && s.p[0] == '-' && s.p[1] == '0' ? STR("0") : s;
    return true;
}

static bool is_two_digits(const char *p, int most)
{
    return p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9' &&
           (p[0] - '0') * 10 + p[1] - '0' <= most;
}

/* 2026-11-25T08:00:00[.fff](Z|+08:00); a blank for T and no zone are made good. */
static bool canonical_time(struct arena *a, str s, str zone, str *out)
{
    int32_t day;
    if (s.n < 19 || s.n > 40 || !date_parse(str_slice(s, 0, 10), &day) ||
        (s.p[10] != 'T' && s.p[10] != ' ') || !is_two_digits(s.p + 11, 23) || s.p[13] != ':' ||
        !is_two_digits(s.p + 14, 59) || s.p[16] != ':' || !is_two_digits(s.p + 17, 59))
        return false;
    size_t i = 19;
    if (i < s.n && s.p[i] == '.') {
        for (i++; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
            continue;
    }
    str rest = str_slice(s, i, s.n);
    bool has_zone = str_is(rest, "Z") || (rest.n == 6 && (rest.p[0] == '+' || rest.p[0] == '-') &&
                                          is_two_digits(rest.p + 1, 18) && rest.p[3] == ':' &&
                                          is_two_digits(rest.p + 4, 59));
    if (has_zone && s.p[10] == 'T') {
        *out = s;
        return true;
    }
    if (rest.n && !has_zone)
        return false;
    *out = arena_format(a, "%.*sT%.*s%.*s", 10, s.p, (int)(i - 11), s.p + 11,
                        STR_ARG(rest.n ? rest : zone));
    return true;
}

static bool read_type(const struct plan *p, const struct plan_field *f, struct arena *a, str s,
                      str *out)
{
    int32_t day;
    *out = s;
    switch (f->field->type) {
    case FIELD_TEXT:
        return true;
    case FIELD_INTEGER:
        return canonical_number(s, true, out);
    case FIELD_NUMBER:
        return canonical_number(s, false, out);
    case FIELD_BOOLEAN:
        return str_is(s, "true") || str_is(s, "false");
    case FIELD_DATE:
        return date_parse(s, &day);
    case FIELD_TIMESTAMP:
        return canonical_time(a, s, p->repair.timezone, out);
    case FIELD_JSON:
        break;
    }
    struct json v;
    struct err ignored = {0};
    return json_parse(&v, s, a, &ignored);
}

struct verdict {
    enum reason reason;
    enum field_rule rule;
    enum cell_reason because; /* CELL_NONE: the reason says it all */
    str value, suggestion;
};

static bool fail(struct verdict *v, enum reason reason, enum field_rule rule, str suggestion)
{
    v->reason = reason;
    v->rule = rule;
    v->suggestion = suggestion;
    return false;
}

static bool is_option(const struct json *options, str s)
{
    for (size_t i = 0; i < options->array.n; i++) {
        const struct json *o = &options->array.items[i];
        if ((o->type == JSON_STRING || o->type == JSON_NUMBER) && str_equal(o->text, s))
            return true;
    }
    return false;
}

static bool check_limits(const struct plan_field *f, struct verdict *v)
{
    if (f->field->type == FIELD_TEXT && (f->min_length > 0 || f->max_length < INT64_MAX)) {
        int64_t n = (int64_t)utf8_count(v->value);
        if (n < f->min_length || n > f->max_length)
            return fail(v, REASON_LENGTH, RULE_LIMITS, (str){0});
    }
    if (f->has_minimum || f->has_maximum) {
        struct number n = number_read(v->value);
        if ((f->has_minimum && number_compare(n, f->minimum) < 0) ||
            (f->has_maximum && number_compare(n, f->maximum) > 0))
            return fail(v, REASON_RANGE, RULE_LIMITS, (str){0});
    }
    return true;
}

/* The value as it stands, without repairs.  v->value becomes the canonical text. */
static bool check_plain(const struct plan *p, const struct plan_field *f, struct arena *a, str s,
                        struct verdict *v)
{
    v->value = s;
    if (!read_type(p, f, a, s, &v->value))
        return fail(v, f->field->type == FIELD_DATE ? REASON_DATE_FORM : REASON_TYPE, RULE_TYPE,
                    (str){0});
    if (f->format) {
        struct format_advice advice;
        enum format_reason r = format_check(f->format, s, &advice);
        if (r != FORMAT_NONE)
            return fail(v, reason_of_format(r), RULE_FORMAT,
                        advice.suggestion[0] ? arena_copy(a, str_from(advice.suggestion))
                                             : (str){0});
    }
    if (f->pattern && !regex_matches(f->pattern, s))
        return fail(v, REASON_PATTERN, RULE_FORMAT, (str){0});
    if (f->codes && !map_has(f->codes, s)) {
        const struct map_entry *by_title = map_find(&f->titles, s);
        if (!by_title)
            return fail(v, REASON_CODE, RULE_CODE, (str){0});
        v->value = by_title->key; /* the name says exactly one code */
    }
    if (f->options && !is_option(f->options, s))
        return fail(v, REASON_ENUM, RULE_CODE, (str){0});
    return check_limits(f, v);
}

/* As it stands; else as it was meant, when that is beyond doubt; else refused with a suggestion. */
static bool check_value(const struct plan *p, struct plan_field *f, struct arena *a, str s,
                        struct verdict *v)
{
    struct repair r;
    bool passes = check_plain(p, f, a, s, v);
    if (passes && !(f->is_lenient && repair_is_suspect(s)))
        return true;
    struct verdict first = *v;
    repair_value(&f->wish, s, a, &r);
    if (r.value.p && r.value.n == 0) { /* a way to write nothing */
        *v = (struct verdict){.value = {0}, .rule = RULE_COUNT};
        f->repaired[r.because] += r.because != CELL_NONE;
        return !f->field->is_required || fail(v, REASON_REQUIRED, RULE_REQUIRED, (str){0});
    }
    bool is_good = r.value.p && check_plain(p, f, a, r.value, v);
    if (is_good && r.is_harmless) {
        f->repaired[r.because] += r.because != CELL_NONE;
        return true;
    }
    str suggestion = is_good ? v->value : first.suggestion;
    if (passes) /* a lenient text that is a formula or an error value */
        fail(&first, r.reason != REASON_NONE ? r.reason : REASON_TEXT, RULE_FORMAT, (str){0});
    *v = first;
    v->value = s;
    v->suggestion = suggestion;
    if (r.reason != REASON_NONE) {
        v->reason = r.reason;
        v->because = r.because;
    }
    return false;
}

/* --- one row -----------------------------------------------------------------------------------
 */

static bool is_strict(const struct plan_field *f)
{
    return f->format || f->pattern || f->codes || f->options || f->field->type == FIELD_DATE;
}

/* Two columns filled in crosswise: the value refused here would pass there, and the other way. */
static void find_swaps(const struct plan *p, const str *cells, struct checked *out)
{
    size_t count = out->problem_count;
    for (size_t i = 0; i < count; i++) {
        struct problem *bad = &out->problems[i];
        size_t here = bad->field ? (size_t)(bad->field - p->dataset->fields) : SIZE_MAX;
        if (here == SIZE_MAX || bad->suggestion.p || !is_strict(&p->fields[here]) ||
            cells[here].n == 0)
            continue;
        for (size_t there = 0; there < p->n; there++) {
            struct verdict mine = {0}, theirs = {0};
            str other = cells[there].p ? str_trim(cells[there]) : (str){0};
            if (there == here || other.n == 0 || str_equal(other, bad->value) ||
                !check_plain(p, &p->fields[here], out->arena, other, &mine) ||
                !check_plain(p, &p->fields[there], out->arena, bad->value, &theirs))
                continue;
            bool is_lenient = !is_strict(&p->fields[there]);
            if (!is_lenient && out->values[there].p && mine.reason == REASON_NONE &&
                p->fields[here].format == p->fields[there].format)
                continue; /* the other column is right as it is */
            out->problems[i].reason = REASON_SWAPPED;
            out->problems[i].suggestion = mine.value;
            bool is_told = false;
            for (size_t k = 0; k < out->problem_count; k++) {
                if (out->problems[k].field == p->fields[there].field) {
                    out->problems[k].reason = REASON_SWAPPED;
                    out->problems[k].suggestion = theirs.value;
                    is_told = true;
                }
            }
            if (!is_told)
                plan_add_problem(out, p->fields[there].field, other, REASON_SWAPPED, theirs.value);
            break;
        }
    }
}

static struct json value_json(const struct field *f, str v, struct arena *a)
{
    struct err ignored = {0};
    struct json out = {.type = JSON_STRING, .text = v};
    if (f->type == FIELD_INTEGER || f->type == FIELD_NUMBER)
        out.type = JSON_NUMBER;
    else if (f->type == FIELD_BOOLEAN)
        out.type = str_is(v, "true") ? JSON_TRUE : JSON_FALSE;
    else if (f->type == FIELD_JSON && !json_parse(&out, v, a, &ignored))
        out.type = JSON_NULL;
    return out;
}

struct schema_visit {
    const struct plan *plan;
    struct checked *out;
};

static bool on_violation(void *arg, const struct schema_violation *v)
{
    struct schema_visit *visit = arg;
    BUF_SCOPED struct buf zh = {.max = 400}, en = {.max = 400};
    str rest = str_slice(v->path, v->path.n ? 1 : 0, v->path.n), name = {0};
    const struct field *f =
        str_take_part(&rest, '/', &name) ? field_find(visit->plan->dataset, name) : NULL;
    str value = f ? visit->out->values[f - visit->plan->dataset->fields] : STR("");
    schema_explain_zh(&zh, v);
    schema_explain_en(&en, v);
    plan_add_problem(visit->out, f, value.p ? value : STR(""), REASON_SCHEMA, (str){0});
    struct problem *p = &visit->out->problems[visit->out->problem_count - 1];
    p->detail_zh = arena_copy(visit->out->arena, buf_str(&zh));
    p->detail_en = arena_copy(visit->out->arena, buf_str(&en));
    return visit->out->problem_count < 50;
}

/* Only what the fields' checks do not cover comes this far. */
static void check_schema(const struct plan *p, struct checked *out)
{
    struct json row = json_object(out->arena, p->n);
    struct schema_visit visit = {p, out};
    for (size_t i = 0; i < p->n; i++) {
        if (out->values[i].p)
            json_put(&row, p->fields[i].field->name,
                     value_json(p->fields[i].field, out->values[i], out->arena));
    }
    if (!schema_accepts(p->schema, &row))
        schema_validate(p->schema, &row, on_violation, &visit);
}

static void count_field(const struct plan_field *f, const struct verdict *v, bool passed,
                        bool is_empty)
{
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        struct tally *t = f->tallies[rule];
        if (!t || (is_empty && rule != RULE_REQUIRED))
            continue;
        t->tested++;
        t->passed +=
            passed || (v->rule != (enum field_rule)rule && !(is_empty && rule == RULE_REQUIRED));
    }
}

static void check_field(struct plan *p, size_t i, str cell, struct checked *out)
{
    struct plan_field *f = &p->fields[i];
    struct verdict v = {.rule = RULE_COUNT};
    str s = cell.p ? str_trim(cell) : (str){0};
    bool passed, is_empty = s.n == 0;
    if (is_empty) {
        passed = !f->field->is_required;
        v.value = (str){0};
        if (!passed)
            fail(&v, REASON_REQUIRED, RULE_REQUIRED, (str){0});
    } else {
        passed = check_value(p, f, out->arena, s, &v);
        is_empty = (passed && !v.value.p) || v.reason == REASON_REQUIRED;
    }
    count_field(f, &v, passed, is_empty);
    if (!passed) {
        plan_add_problem(out, f->field, s.p ? s : STR(""), v.reason, v.suggestion);
        if (v.because != CELL_NONE && (v.reason == REASON_TYPE || v.reason == REASON_DATE_FORM)) {
            out->problems[out->problem_count - 1].detail_zh = str_from(cell_reason_zh(v.because));
            out->problems[out->problem_count - 1].detail_en = str_from(cell_reason_en(v.because));
        }
        out->values[i] = (str){0};
        return;
    }
    out->values[i] = v.value;
    if (v.value.p) {
        uint64_t h = str_hash(v.value, f->name_hash);
        out->hash += h;
        if (f->field->is_key)
            out->key_hash = (out->key_hash ^ h) * 0x9e3779b97f4a7c15u + 1;
    }
}

bool plan_check(struct plan *p, const str *cells, struct arena *a, struct checked *out)
{
    *out = (struct checked){
        .fields = p->field_list, .values = arena_array(a, str, p->n), .n = p->n, .arena = a};
    for (size_t i = 0; i < p->n; i++)
        check_field(p, i, cells[i], out);
    if (out->problem_count)
        find_swaps(p, cells, out);
    if (p->schema && !out->problem_count)
        check_schema(p, out);
    return out->problem_count == 0;
}

bool plan_check_rules(struct plan *p, struct checked *const *rows, size_t n, struct err *e)
{
    return row_checks_run(p->checks, rows, n, e);
}

bool plan_repaired(const struct plan *p, size_t *cursor, const struct field **f,
                   enum cell_reason *because, uint64_t *n)
{
    for (; *cursor < p->n * CELL_REASON_COUNT; ++*cursor) {
        const struct plan_field *pf = &p->fields[*cursor / CELL_REASON_COUNT];
        enum cell_reason r = (enum cell_reason)(*cursor % CELL_REASON_COUNT);
        if (pf->repaired[r]) {
            *f = pf->field;
            *because = r;
            *n = pf->repaired[r];
            ++*cursor;
            return true;
        }
    }
    return false;
}

const struct tally *plan_tallies(const struct plan *p, size_t *n)
{
    *n = p->tally_count;
    return p->tallies;
}

void plan_count_row_rule(struct plan *p, enum reason reason, bool passed)
{
    struct tally *t = reason == REASON_DUPLICATE ? p->duplicate
                      : reason == REASON_GCJ02   ? p->location
                                                 : p->landed;
    if (t) {
        t->tested++;
        t->passed += passed;
    }
}
