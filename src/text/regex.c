/* From the tree of a pattern to the steps of an automaton, and to its table where that fits. */
#include "base/map.h"
#include "text/regex_impl.h"

enum {
    MAX_SET_WORK = 1 << 22, /* distinct sets × boundaries between code points */
    MAX_STATES = 1000,
    MAX_TABLE = 1 << 16, /* states × classes */
    MAX_VISITS = 4 << 20 /* steps followed while determinizing */
};

struct compiler {
    struct regex *r;
    struct arena *arena;
    const uint32_t *set_index; /* set of the tree -> distinct set */
    bool is_too_large;
};

static uint32_t add_step(struct compiler *c, enum step_kind kind, uint32_t next, uint32_t other)
{
    struct regex *r = c->r;
    if (r->step_count >= REGEX_MAX_STEPS) {
        c->is_too_large = true;
        return 0;
    }
    VEC_ADD(c->arena, r->steps, r->step_count, r->step_size) =
        (struct step){(uint8_t)kind, next, other};
    return (uint32_t)r->step_count - 1;
}

/* Writes the steps of n so that they go on at next; returns the first.  is_backward: for a pass
 * from right to left. */
static uint32_t emit(struct compiler *c, const struct regex_node *n, uint32_t next,
                     bool is_backward);

static uint32_t emit_repeat(struct compiler *c, const struct regex_node *n, uint32_t next,
                            bool back)
{
    uint32_t copies = n->least, end = next;
    if (n->most == REGEX_NO_LIMIT) {
        uint32_t loop = add_step(c, STEP_FORK, 0, end);
        uint32_t body = emit(c, n->items[0], loop, back);
        if (c->is_too_large)
            return 0;
        c->r->steps[loop].next = body;
        next = copies ? body : loop;
        copies -= copies > 0;
    } else {
        for (uint32_t i = n->least; i < n->most && !c->is_too_large; i++) {
            uint32_t body = emit(c, n->items[0], next, back);
            if (body == next) /* an empty body needs no second copy */
                break;
            next = add_step(c, STEP_FORK, body, end);
        }
    }
    for (uint32_t i = 0; i < copies && !c->is_too_large; i++) {
        uint32_t body = emit(c, n->items[0], next, back);
        if (body == next)
            break;
        next = body;
    }
    return next;
}

static uint32_t emit_look(struct compiler *c, const struct regex_node *n, uint32_t next)
{
    uint32_t match = add_step(c, STEP_MATCH, 0, 0);
    uint32_t start = emit(c, n->items[0], match, !n->is_behind);
    struct regex *r = c->r;
    VEC_ADD(c->arena, r->looks, r->look_count, r->look_size) =
        (struct look){start, n->is_behind, n->is_negative};
    return add_step(c, STEP_LOOK, next, (uint32_t)r->look_count - 1);
}

static uint32_t emit(struct compiler *c, const struct regex_node *n, uint32_t next, bool back)
{
    if (c->is_too_large)
        return 0;
    switch (n->kind) {
    case REGEX_SET:
        return add_step(c, STEP_SET, next, c->set_index[n->set]);
    case REGEX_SEQUENCE:
        for (uint32_t i = 0; i < n->n; i++)
            next = emit(c, n->items[back ? i : n->n - 1 - i], next, back);
        return next;
    case REGEX_CHOICE: {
        uint32_t ways = emit(c, n->items[n->n - 1], next, back);
        for (uint32_t i = n->n - 1; i-- > 0;) {
            uint32_t way = emit(c, n->items[i], next, back);
            ways = add_step(c, STEP_FORK, way, ways);
        }
        return ways;
    }
    case REGEX_REPEAT:
        return emit_repeat(c, n, next, back);
    case REGEX_START:
        return add_step(c, STEP_START, next, 0);
    case REGEX_END:
        return add_step(c, STEP_END, next, 0);
    case REGEX_WORD:
        return add_step(c, STEP_WORD, next, 0);
    case REGEX_NOT_WORD:
        return add_step(c, STEP_NOT_WORD, next, 0);
    case REGEX_LOOK:
        return emit_look(c, n, next);
    case REGEX_EMPTY:
    case REGEX_BACK:
        break;
    }
    return next;
}

/* Classes of code points. */

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void find_bounds(struct regex *r, const struct unicode_set *sets, size_t n, struct arena *a)
{
    size_t count = 1, kept = 0;
    for (size_t i = 0; i < n; i++)
        count += sets[i].n * 2;
    r->bounds = arena_array(a, uint32_t, count);
    count = 1; /* bounds[0] is 0 */
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < sets[i].n; k++) {
            r->bounds[count++] = sets[i].ranges[k].first;
            r->bounds[count++] = sets[i].ranges[k].last + 1;
        }
    }
    qsort(r->bounds, count, sizeof *r->bounds, by_value);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || r->bounds[i] != r->bounds[kept - 1])
            r->bounds[kept++] = r->bounds[i];
    }
    r->bound_count = kept;
}

/* Splits every class that one set cuts in two. */
static void refine(struct regex *r, struct unicode_set set, struct arena *scratch)
{
    size_t count = 0, k = 0;
    uint32_t *now = arena_array(scratch, uint32_t, r->class_count * 2); /* new number + 1 */
    for (size_t i = 0; i < r->bound_count; i++) {
        while (k < set.n && set.ranges[k].last < r->bounds[i])
            k++;
        bool is_member = k < set.n && set.ranges[k].first <= r->bounds[i];
        uint32_t *to = &now[r->classes[i] * 2 + is_member];
        if (!*to)
            *to = (uint32_t)++count;
        r->classes[i] = (uint16_t)(*to - 1);
    }
    r->class_count = count;
}

static bool make_classes(struct regex *r, const struct unicode_set *sets, size_t n, struct arena *a,
                         struct err *e)
{
    find_bounds(r, sets, n, a);
    if (r->bound_count > UINT16_MAX || (n + 1) * r->bound_count > MAX_SET_WORK)
        return err_set(e, ERR_LIMIT, "the pattern tells too many characters apart");
    r->classes = arena_array(a, uint16_t, r->bound_count);
    r->class_count = 1;
    for (size_t i = 0; i < n; i++) {
        ARENA_SCOPED struct arena scratch = {0};
        refine(r, sets[i], &scratch);
    }
    r->set_count = n;
    r->members = arena_array(a, uint8_t *, n);
    for (size_t i = 0; i < n; i++) {
        r->members[i] = arena_array(a, uint8_t, r->class_count);
        for (size_t k = 0; k < r->bound_count; k++)
            r->members[i][r->classes[k]] = unicode_set_has(sets[i], r->bounds[k]);
    }
    for (uint32_t cp = 0; cp < 128; cp++)
        r->ascii[cp] = regex_class(r, cp);
    return true;
}

uint16_t regex_class(const struct regex *r, uint32_t cp)
{
    size_t low = 0, high = r->bound_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (r->bounds[middle] <= cp)
            low = middle;
        else
            high = middle;
    }
    return r->classes[low];
}

/* Equal sets become one.  Returns the distinct ones. */
static struct unicode_set *distinct_sets(const struct regex_tree *t, uint32_t *index, size_t *n,
                                         struct arena *a)
{
    struct unicode_set *sets = arena_array(a, struct unicode_set, t->set_count);
    struct map seen = {0};
    for (size_t i = 0; i < t->set_count; i++) {
        str key = {(const char *)t->sets[i].ranges, t->sets[i].n * sizeof *t->sets[i].ranges};
        if (!map_has(&seen, key)) {
            sets[*n] = t->sets[i];
            map_set(&seen, a, key, &sets[*n]);
            ++*n;
        }
        index[i] = (uint32_t)((struct unicode_set *)map_find(&seen, key) - sets);
    }
    return sets;
}

struct regex *regex_compile(str pattern, struct arena *a, struct err *e)
{
    ARENA_SCOPED struct arena scratch = {0};
    struct regex_tree tree;
    if (!regex_parse(&tree, pattern, &scratch, e))
        return NULL;
    if (tree.has_back_reference) {
        err_set(e, ERR_INVALID, "back references cannot be matched in bounded time");
        return NULL;
    }
    struct regex *r = arena_new(a, struct regex);
    uint32_t *index = arena_array(&scratch, uint32_t, tree.set_count);
    size_t n = 0;
    struct unicode_set *sets = distinct_sets(&tree, index, &n, &scratch);
    if (!make_classes(r, sets, n, a, e))
        return NULL;
    struct compiler c = {.r = r, .arena = a, .set_index = index};
    uint32_t match = add_step(&c, STEP_MATCH, 0, 0);
    r->start = emit(&c, tree.root, match, false);
    if (c.is_too_large) {
        err_set(e, ERR_LIMIT, "the pattern is too large once its repetitions are written out");
        return NULL;
    }
    regex_determinize(r, a);
    return r;
}

/* Determinization: each state is the set of steps that wait for a code point or for the end. */

struct builder {
    const struct regex *r;
    struct arena scratch;
    struct map states; /* items as bytes -> struct state */
    struct state **list;
    size_t n, size;
    uint32_t *mark, *stack, *items;
    uint32_t round, item_count;
    size_t visits;
    bool has_matched;
};

struct state {
    uint32_t *items;
    size_t n, index;
    uint8_t flags;
};

/* Follows the steps that consume nothing.  Those that wait are added to b->items. */
static void follow(struct builder *b, uint32_t from, bool is_at_start, bool is_at_end)
{
    uint32_t depth = 0;
    b->stack[depth++] = from;
    while (depth) {
        uint32_t at = b->stack[--depth];
        if (b->mark[at] == b->round)
            continue;
        b->mark[at] = b->round;
        b->visits++;
        const struct step *s = &b->r->steps[at];
        if (s->kind == STEP_FORK) {
            b->stack[depth++] = s->other;
            b->stack[depth++] = s->next;
        } else if (s->kind == STEP_MATCH) {
            b->has_matched = true;
        } else if (s->kind == STEP_START ? is_at_start : s->kind == STEP_END && is_at_end) {
            b->stack[depth++] = s->next;
        } else if (s->kind == STEP_SET || s->kind == STEP_END) {
            b->items[b->item_count++] = at;
        }
    }
}

static void begin_round(struct builder *b)
{
    b->round++;
    b->item_count = 0;
    b->has_matched = false;
}

/* The state of the items just followed; a new one is queued. */
static struct state *settle(struct builder *b, bool is_start)
{
    if (b->has_matched) /* nothing can undo it: all such states are one */
        b->item_count = 0;
    qsort(b->items, b->item_count, sizeof *b->items, by_value);
    size_t bytes = b->item_count * sizeof *b->items;
    char *key = arena_alloc(&b->scratch, bytes + 1, 1);
    memcpy(key, b->items, bytes);
    key[bytes] = (char)(is_start * 2 + b->has_matched);
    struct state *s = map_find(&b->states, (str){key, bytes + 1});
    if (s)
        return s;
    s = arena_new(&b->scratch, struct state);
    *s = (struct state){arena_array(&b->scratch, uint32_t, b->item_count), b->item_count, b->n,
                        b->has_matched ? AUTO_MATCHED : 0};
    memcpy(s->items, b->items, bytes);
    map_set(&b->states, &b->scratch, (str){key, bytes + 1}, s);
    VEC_ADD(&b->scratch, b->list, b->n, b->size) = s;
    if (s->n == 0 && !b->has_matched && !is_start)
        s->flags |= AUTO_DEAD;
    begin_round(b);
    for (size_t i = 0; i < s->n; i++) {
        if (b->r->steps[s->items[i]].kind == STEP_END)
            follow(b, s->items[i], is_start, true);
    }
    if (b->has_matched)
        s->flags |= AUTO_MATCHES_AT_END;
    return s;
}

static struct state *successor(struct builder *b, const struct state *s, size_t class)
{
    begin_round(b);
    for (size_t i = 0; i < s->n; i++) {
        const struct step *step = &b->r->steps[s->items[i]];
        if (step->kind == STEP_SET && b->r->members[step->other][class])
            follow(b, step->next, false, false);
    }
    follow(b, b->r->start, false, false); /* a match may begin anywhere */
    return settle(b, false);
}

static bool explore(struct builder *b, uint16_t *next)
{
    const struct regex *r = b->r;
    begin_round(b);
    follow(b, r->start, true, false);
    settle(b, true);
    for (size_t i = 0; i < b->n; i++) {
        const struct state *s = b->list[i];
        for (size_t class = 0; class < r->class_count; class ++) {
            if (b->n > MAX_STATES || (i + 1) * r->class_count > MAX_TABLE ||
                b->visits > MAX_VISITS || arena_used(&b->scratch) > 16u << 20)
                return false;
            bool is_final = s->flags & (AUTO_MATCHED | AUTO_DEAD);
            next[i * r->class_count + class] =
                (uint16_t)(is_final ? i : successor(b, s, class)->index);
        }
    }
    return true;
}

void regex_determinize(struct regex *r, struct arena *a)
{
    for (size_t i = 0; i < r->step_count; i++) {
        uint8_t kind = r->steps[i].kind;
        if (kind == STEP_WORD || kind == STEP_NOT_WORD || kind == STEP_LOOK)
            return;
    }
    struct builder b = {.r = r};
    b.mark = arena_array(&b.scratch, uint32_t, r->step_count);
    b.items = arena_array(&b.scratch, uint32_t, r->step_count);
    b.stack = arena_array(&b.scratch, uint32_t, r->step_count * 2 + 2);
    uint16_t *next = arena_array(&b.scratch, uint16_t, MAX_TABLE + r->class_count);
    if (explore(&b, next)) {
        struct automaton *auto_ = arena_new(a, struct automaton);
        auto_->next = arena_array(a, uint16_t, b.n * r->class_count);
        auto_->flags = arena_array(a, uint8_t, b.n);
        for (size_t i = 0; i < b.n * r->class_count; i++) {
            bool is_final = b.list[next[i]]->flags & (AUTO_MATCHED | AUTO_DEAD);
            auto_->next[i] = (uint16_t)(next[i] | (is_final ? AUTO_FINAL : 0));
        }
        for (size_t i = 0; i < b.n; i++)
            auto_->flags[i] = b.list[i]->flags;
        r->automaton = auto_;
    }
    arena_release(&b.scratch);
}
