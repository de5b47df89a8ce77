#include "access/rule.h"

#include "base/date.h"
#include "feel/machine.h"

enum { CHINA_SECONDS = 8 * 3600 };

static const struct {
    const char *zh, *en;
} TITLES[VERDICT_COUNT] = {
#define X(name, zh, en) {zh, en},
    VERDICTS(X)
#undef X
};

struct title verdict_title(enum verdict f)
{
    return (struct title){str_from(TITLES[f].zh), str_from(TITLES[f].en)};
}

struct value rule_value(struct arena *a, const struct field *f, str text)
{
    struct decimal n;
    int32_t day;
    if (!text.p)
        return VALUE_NOTHING;
    switch (f->type) {
    case FIELD_TEXT:
        return value_string(text);
    case FIELD_INTEGER:
    case FIELD_NUMBER:
        return decimal_parse(&n, text) ? value_number(a, &n) : VALUE_NOTHING;
    case FIELD_BOOLEAN:
        if (str_is(text, "t") || str_is(text, "true"))
            return value_boolean(true);
        return str_is(text, "f") || str_is(text, "false") ? value_boolean(false) : VALUE_NOTHING;
    case FIELD_DATE:
        return date_parse(text, &day) ? (struct value){.kind = VALUE_DATE, .i = day}
                                      : VALUE_NOTHING;
    case FIELD_TIMESTAMP:
    case FIELD_JSON:
        break; /* no row condition uses them */
    }
    return VALUE_NOTHING;
}

static bool holds_row(struct cx *cx, const struct right *g, const struct dataset *d,
                      const struct asker *who, const struct value *values, bool *holds,
                      struct err *e)
{
    struct machine m;
    struct value result, *globals = arena_array(cx->arena, struct value, d->field_count + 1);
    int64_t seconds = clock_unix_ms() / 1000 + CHINA_SECONDS;
    struct program *p = right_program(cx->arena, g, d, e);
    if (!p)
        return false;
    memcpy(globals, values, d->field_count * sizeof *globals);
    globals[d->field_count] = asker_value(cx->arena, who);
    machine_init(&m, cx->arena, e, LIMITS_DEFAULT);
    m.has_now = true;
    m.now = (struct moment){.day = seconds / DAY_SECONDS,
                            .nano = seconds % DAY_SECONDS * NANOS,
                            .offset = CHINA_SECONDS,
                            .zone_kind = MOMENT_OFFSET};
    if (!machine_run(&m, p, globals, &result))
        return false;
    *holds = value_is_true(result);
    return true;
}

static bool has_role(const struct post *p, str role)
{
    for (size_t i = 0; i < p->role_count; i++) {
        if (str_equal(p->roles[i], role))
            return true;
    }
    return false;
}

static bool find_line(struct cx *cx, const struct actor *who, const struct right *g,
                      const struct dataset *d, const struct value *values, struct rule *r,
                      struct err *e)
{
    size_t before = r->n;
    for (size_t k = 0; k < who->post_count; k++) {
        const struct post *p = &who->posts[k];
        struct asker asker = post_asker(who, p, cx->purpose);
        bool holds = true;
        if (!has_role(p, g->role))
            continue;
        bool is_owner = post_holds(p, g, d);
        if (is_owner && g->when.n && !holds_row(cx, g, d, &asker, values, &holds, e))
            return false;
        enum verdict f = !is_owner ? VERDICT_NOT_OWNER : holds ? VERDICT_HOLDS : VERDICT_OUTSIDE;
        VEC_ADD(cx->arena, r->lines, r->n, r->size) = (struct rule_line){g, p, f};
        r->is_seen |= f == VERDICT_HOLDS && str_is(g->verb, "read");
    }
    if (r->n == before)
        VEC_ADD(cx->arena, r->lines, r->n, r->size) = (struct rule_line){g, NULL, VERDICT_NO_POST};
    return true;
}

bool rule_find(struct cx *cx, const struct actor *who, const struct dataset *d,
               const struct value *values, struct rule *r, struct err *e)
{
    *r = (struct rule){0};
    for (size_t i = 0; i < cx->registry->right_count; i++) {
        const struct right *g = &cx->registry->rights[i];
        bool is_asked = str_is(g->verb, "read") || str_is(g->verb, "clear");
        if (is_asked && right_covers(g, d) && !find_line(cx, who, g, d, values, r, e))
            return false;
    }
    return true;
}

/* The first line of the verb that applies and gives the field. */
static const struct rule_line *first(const struct rule *r, const char *verb, const struct field *f)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct rule_line *l = &r->lines[i];
        if (l->right && l->verdict == VERDICT_HOLDS && str_is(l->right->verb, verb) &&
            right_gives_field(l->right, f->name))
            return l;
    }
    return NULL;
}

enum sight rule_sight(const struct rule *r, const struct field *f, const struct rule_line **by,
                      str *mask)
{
    const struct rule_line *clear = first(r, "clear", f), *read = first(r, "read", f);
    *by = NULL;
    *mask = STR("none");
    for (size_t i = 0; i < r->n; i++) { /* an emergency look shows all */
        if (!r->lines[i].right) {
            *by = &r->lines[i];
            return SIGHT_CLEAR;
        }
    }
    if (clear && read) {
        *by = clear;
        return SIGHT_CLEAR;
    }
    for (size_t i = 0; read && i < r->n; i++) {
        const struct rule_line *l = &r->lines[i];
        if (l->verdict != VERDICT_HOLDS || !str_is(l->right->verb, "read") ||
            !right_gives_field(l->right, f->name))
            continue;
        str own = right_mask(l->right, f);
        if (!own.n && f->grade >= GRADE_L4)
            continue;
        *by = l;
        *mask = own.n ? own : STR("hide");
        return str_is(*mask, "none") ? SIGHT_CLEAR : SIGHT_MASKED;
    }
    return SIGHT_NONE;
}
