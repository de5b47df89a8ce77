#include "demo/world.h"

#include "demo/chance.h"

enum { MAX_DEPTH = 24, MAX_MEMBERS = 24 };

static struct one *new_one(struct arena *a, const struct thing *t)
{
    struct one *one = arena_new(a, struct one);
    *one = (struct one){.thing = t,
                        .arena = a,
                        .values = arena_array(a, struct value, t->slots),
                        .links = arena_array(a, struct one *, t->link_count)};
    return one;
}

struct one *world_enter_row(struct world *w, const struct thing *t, size_t row)
{
    arena_reset(&w->units);
    arena_reset(&w->rows);
    struct one *one = new_one(&w->rows, t);
    str name = t->words->cells[t->rows[row] * t->words->column_count].text;
    one->key = chance_mix(chance_mix(w->options->seed, t->hash), str_hash(name, 3));
    one->index = one->ordinal = one->row = row;
    return w->row = one;
}

uint64_t world_count_in(const struct thing *t, size_t row)
{
    return t->start[row + 1] - t->start[row];
}

struct one *world_make(struct world *w, const struct thing *t, uint64_t index)
{
    struct one *one = new_one(&w->units, t);
    one->parent = w->row;
    one->row = w->row->row;
    one->key = chance_mix(chance_mix(w->row->key, t->hash), index);
    one->index = index;
    one->ordinal = t->start ? t->start[one->row] + index : index;
    return one;
}

void world_make_members(struct world *w, struct one *one)
{
    const struct thing *t = one->thing->members;
    str words = one_follow(w, one, &t->roles).text, word;
    if (one->members)
        return;
    one->members = arena_array(one->arena, struct one *, MAX_MEMBERS);
    size_t most = MAX_MEMBERS;
    if (one->thing->last && one->index + 1 == world_count_in(one->thing, one->row))
        most = one->thing->last[one->row];
    while (one->member_count < most && str_take_part(&words, ' ', &word)) {
        struct one *m = new_one(one->arena, t);
        m->parent = one;
        m->row = one->row;
        m->role = word;
        m->index = one->member_count;
        m->key = chance_mix(chance_mix(one->key, t->hash), m->index);
        one->members[one->member_count++] = m;
    }
}

static struct one *follow_link(struct world *w, struct one *one, size_t which)
{
    const struct link *l = &one->thing->links[which];
    uint64_t n = l->thing->start ? world_count_in(l->thing, one->row) : 0;
    uint64_t state = chance_mix(one->key, str_hash(l->name, 4)), nth;
    if (one->links[which] || n == 0)
        return one->links[which];
    nth = l->has_nth ? (uint64_t)(one_follow(w, one, &l->nth).n / MILLION) % n
                     : chance_below(&state, n);
    return one->links[which] = world_make(w, l->thing, nth);
}

static struct one *find_role(struct one **members, size_t n, str role)
{
    for (size_t i = 0; i < n; i++) {
        if (str_equal(members[i]->role, role))
            return members[i];
    }
    return NULL;
}

struct value one_follow(struct world *w, struct one *one, const struct path *p)
{
    for (size_t i = 0; one && i < p->n; i++) {
        const struct step *s = &p->steps[i];
        switch (s->kind) {
        case STEP_PARENT:
            one = one->parent;
            break;
        case STEP_LINK:
            one = follow_link(w, one, s->which);
            break;
        case STEP_MEMBER:
            world_make_members(w, one);
            one = find_role(one->members, one->member_count, s->role);
            break;
        case STEP_SIBLING: /* only those before: no circles */
            one = find_role(one->parent->members, (size_t)one->index, s->role);
            break;
        }
    }
    return one ? one_value(w, one, p->slot) : (struct value){.text = STR("")};
}

static struct value number(struct arena *a, uint64_t n)
{
    return (struct value){value_format(a, (int64_t)n * MILLION, 0), (int64_t)n * MILLION};
}

static struct value given(const struct one *one, enum given which)
{
    switch (which) {
    case GIVEN_index:
        return number(one->arena, one->index);
    case GIVEN_number:
        return number(one->arena, one->index + 1);
    case GIVEN_ordinal:
        return number(one->arena, one->ordinal);
    case GIVEN_role:
    case GIVEN_COUNT:
        break;
    }
    return (struct value){.text = one->role.p ? one->role : STR("")};
}

static uint64_t first_state(struct world *w, struct one *one, const struct attribute *a)
{
    if (!a->has_same_for)
        return chance_mix(one->key, a->hash);
    str same = one_follow(w, one, &a->same_for).text;
    return chance_mix(chance_mix(one->parent->key, a->hash), str_hash(same, 5));
}

struct value one_value(struct world *w, struct one *one, size_t slot)
{
    const struct thing *t = one->thing;
    const struct attribute *a = &t->attributes[slot];
    struct value *v = &one->values[slot];
    if (v->text.p)
        return *v;
    v->text = STR(""); /* stands while it is made: a circle finds it empty */
    if (w->depth > MAX_DEPTH)
        return *v;
    w->depth++;
    if (slot >= t->slots - GIVEN_COUNT) {
        *v = given(one, (enum given)(slot - (t->slots - GIVEN_COUNT)));
    } else if (a->column >= 0) {
        *v = t->words->cells[t->rows[one->row] * t->words->column_count + (size_t)a->column];
    } else {
        uint64_t state = first_state(w, one, a);
        size_t outer = one->current;
        one->current = slot;
        *v = one_eval(w, one, a->make, &state);
        one->current = outer;
    }
    w->depth--;
    if (!v->text.p)
        v->text = STR("");
    return *v;
}

/* Spreads total over the rows by weight: whole numbers that add up. */
static void spread(struct world *w, const struct thing *t, uint64_t total, uint64_t *start)
{
    const struct thing *parent = t->parent;
    uint64_t all = 0, sum = 0;
    uint64_t *weights = arena_array(w->demo->arena, uint64_t, parent->row_count);
    for (size_t i = 0; i < parent->row_count; i++) {
        struct one *row = world_enter_row(w, parent, i);
        int64_t n = t->has_weight ? one_follow(w, row, &t->weight).n : MILLION;
        all += weights[i] = n > 0 ? (uint64_t)n / 1000 : 0;
    }
    for (size_t i = 0; i < parent->row_count; i++) {
        start[i] = all ? (uint64_t)((unsigned __int128)total * sum / all) : 0;
        sum += weights[i];
    }
    start[parent->row_count] = all ? total : 0;
}

/* How many of these it takes until there are enough members, row by row. */
static bool count_until(struct world *w, struct thing *t)
{
    size_t rows = t->parent->row_count;
    uint64_t *start = arena_array(w->demo->arena, uint64_t, rows + 1);
    size_t *last = arena_array(w->demo->arena, size_t, rows);
    t->quota = arena_array(w->demo->arena, uint64_t, rows + 1);
    spread(w, t, (uint64_t)w->options->scale, t->quota);
    for (size_t i = 0; i < rows; i++) {
        uint64_t want = t->quota[i + 1] - t->quota[i], have = 0, n = 0;
        world_enter_row(w, t->parent, i);
        for (; have < want; n++) {
            struct one *one = world_make(w, t, n);
            world_make_members(w, one);
            if (one->member_count == 0)
                return err_set(w->err, ERR_INVALID, "a %.*s without members (at %.*s)",
                               STR_ARG(t->name), STR_ARG(t->file));
            last[i] = have + one->member_count > want ? (size_t)(want - have) : one->member_count;
            have += one->member_count;
            arena_reset(&w->units);
        }
        start[i + 1] = start[i] + n;
    }
    t->start = start;
    t->last = last;
    return true;
}

bool world_count(struct world *w)
{
    struct map *things = &w->demo->things;
    for (size_t i = 0; i < things->n; i++) {
        struct thing *t = things->entries[i].value;
        if (t->kind != THING_COUNTED || t->until)
            continue;
        t->start = arena_array(w->demo->arena, uint64_t, t->parent->row_count + 1);
        spread(w, t, (uint64_t)((__int128)w->options->scale * MILLION / t->per), t->start);
    }
    for (size_t i = 0; i < things->n; i++) {
        struct thing *t = things->entries[i].value;
        if (t->kind == THING_COUNTED && t->until && !count_until(w, t))
            return false;
    }
    return true;
}
