/* Running regular expressions: threads in lock step (Thompson, Pike), or tries with
 * back-references. */
#include "feel/xpath_regex.h"

#include "base/map.h"
#include "feel/letters.h"

static bool has_plain(const struct xpath_regex_class *k, uint32_t c)
{
    for (size_t i = 0; i < k->n; i++) {
        if (c >= k->ranges[i].first && c <= k->ranges[i].last)
            return true;
    }
    if (!k->categories && !k->has_not)
        return false;
    uint32_t bit = 1u << letters_category(c);
    return (k->categories & bit) || (k->has_not && !(k->not_categories & bit));
}

bool xpath_regex_class_has(const struct xpath_regex *r, const struct xpath_regex_class *k,
                           uint32_t c)
{
    bool has = has_plain(k, c);
    if (!has && r->ignores_case) {
        uint32_t lower = letters_to(c, UNICODE_LOWER);
        has = has_plain(k, lower) || has_plain(k, letters_to(lower, UNICODE_UPPER)) ||
              has_plain(k, letters_to(c, UNICODE_UPPER));
    }
    if (has == k->is_negated)
        return false;
    return k->without < 0 || !xpath_regex_class_has(r, &r->classes[k->without], c);
}

struct search {
    struct xpath_regex *r;
    str text;
    int64_t *fuel;
    struct arena *arena;
    size_t memory;
};

static bool at_begin(const struct search *s, size_t at)
{
    bool after_newline = at > 0 && at < s->text.n && s->text.p[at - 1] == '\n';
    return at == 0 || (s->r->is_multiline && after_newline);
}

static bool at_end(const struct search *s, size_t at)
{
    return at == s->text.n || (s->r->is_multiline && s->text.p[at] == '\n');
}

static bool takes(const struct search *s, const struct xpath_regex_insn *i, uint32_t c)
{
    if (i->op == REGEX_CHAR)
        return i->x == c || (s->r->ignores_case && i->x == letters_to(c, UNICODE_LOWER));
    if (i->op == REGEX_ANY)
        return s->r->dot_takes_all || (c != '\n' && c != '\r');
    return xpath_regex_class_has(s->r, &s->r->classes[i->x], c);
}

/* Threads at one place of the text, the preferred first; each instruction at most once. */
struct threads {
    uint32_t *pc;
    size_t *slots; /* slot_count for each thread */
    size_t n;
    uint32_t *seen; /* for each instruction, the step it was last added in */
};

struct pending { /* of following jumps: an instruction, or a slot to put back */
    uint32_t pc;
    uint32_t slot;
    size_t old;
};

static bool new_threads(const struct search *s, struct threads *t)
{
    size_t bytes = s->r->n * (s->r->slot_count + 2) * sizeof(size_t);
    if (bytes > s->memory || arena_used(s->arena) > s->memory - bytes)
        return false;
    t->pc = arena_array(s->arena, uint32_t, s->r->n);
    t->slots = arena_array(s->arena, size_t, s->r->n * s->r->slot_count);
    t->seen = arena_array(s->arena, uint32_t, s->r->n);
    t->n = 0;
    return true;
}

/* Adds the thread and all it leads to without taking a character.  slots is put back at the end. */
static void add_thread(const struct search *s, struct threads *t, uint32_t start, size_t at,
                       size_t *slots, uint32_t step, struct pending *stack)
{
    size_t depth = 0;
    stack[depth++] = (struct pending){.pc = start, .slot = UINT32_MAX};
    while (depth) {
        struct pending job = stack[--depth];
        if (job.slot != UINT32_MAX) {
            slots[job.slot] = job.old;
            continue;
        }
        uint32_t pc = job.pc;
        for (bool goes_on = true; goes_on && t->seen[pc] != step;) {
            const struct xpath_regex_insn *i = &s->r->insns[pc];
            t->seen[pc] = step;
            --*s->fuel;
            switch (i->op) {
            case REGEX_JUMP:
                pc = i->x;
                break;
            case REGEX_SPLIT:
                stack[depth++] = (struct pending){.pc = i->y, .slot = UINT32_MAX};
                pc = i->x;
                break;
            case REGEX_SAVE:
                stack[depth++] = (struct pending){.slot = i->x, .old = slots[i->x]};
                slots[i->x] = at;
                pc++;
                break;
            case REGEX_PROGRESS: /* the same instruction is not added twice in a step anyway */
                pc++;
                break;
            case REGEX_BEGIN:
                goes_on = at_begin(s, at);
                pc++;
                break;
            case REGEX_END:
                goes_on = at_end(s, at);
                pc++;
                break;
            default:
                t->pc[t->n] = pc;
                memcpy(t->slots + t->n * s->r->slot_count, slots, s->r->slot_count * sizeof *slots);
                t->n++;
                goes_on = false;
            }
        }
    }
}

static void keep(struct xpath_regex_match *match, const size_t *slots, size_t groups)
{
    for (size_t g = 0; g <= groups && g < REGEX_GROUPS; g++) {
        match->start[g] = slots[g * 2];
        match->end[g] = slots[g * 2 + 1];
        if (match->end[g] == SIZE_MAX)
            match->start[g] = SIZE_MAX;
    }
}

struct xpath_regex_scratch {
    struct threads now, next;
    struct pending *stack;
    size_t *slots;
    uint32_t mark; /* of `now`; that of `next` is one more */
};

static struct xpath_regex_scratch *scratch_of(const struct search *s)
{
    struct xpath_regex *r = s->r;
    if (r->scratch)
        return r->scratch;
    struct xpath_regex_scratch *k = arena_new(s->arena, struct xpath_regex_scratch);
    if (!new_threads(s, &k->now) || !new_threads(s, &k->next))
        return NULL;
    k->stack = arena_array(s->arena, struct pending, r->n * 2 + 2);
    k->slots = arena_array(s->arena, size_t, r->slot_count);
    return r->scratch = k;
}

/* Moves all threads over the character at `at`; true when one of them matched there. */
static bool step_threads(const struct search *s, struct xpath_regex_scratch *k, size_t at,
                         size_t after, uint32_t c, struct xpath_regex_match *match)
{
    const struct xpath_regex *r = s->r;
    k->next.n = 0;
    for (size_t i = 0; i < k->now.n; i++) {
        const struct xpath_regex_insn *insn = &r->insns[k->now.pc[i]];
        size_t *own = k->now.slots + i * r->slot_count;
        --*s->fuel;
        if (insn->op == REGEX_MATCH) {
            own[1] = at;
            keep(match, own, r->group_count);
            return true; /* what follows is less preferred */
        }
        if (at < s->text.n && takes(s, insn, c))
            add_thread(s, &k->next, k->now.pc[i] + 1, after, own, k->mark + 1, k->stack);
    }
    return false;
}

static enum xpath_regex_outcome search_threads(const struct search *s, size_t from,
                                               struct xpath_regex_match *match)
{
    struct xpath_regex_scratch *k = scratch_of(s);
    if (!k)
        return REGEX_TOO_MUCH;
    bool is_found = false;
    k->now.n = 0;
    k->mark++;
    for (size_t at = from, after; *s->fuel >= 0; at = after) {
        str rest = str_slice(s->text, at, s->text.n);
        if (!is_found) { /* a match may begin here, after all that began before */
            for (size_t i = 0; i < s->r->slot_count; i++)
                k->slots[i] = SIZE_MAX;
            k->slots[0] = at;
            add_thread(s, &k->now, 0, at, k->slots, k->mark, k->stack);
        }
        uint32_t c = rest.n ? utf8_take(&rest) : 0;
        after = s->text.n - rest.n;
        is_found |= step_threads(s, k, at, after, c, match);
        struct threads swap = k->now;
        k->now = k->next;
        k->next = swap;
        k->mark++;
        if (at >= s->text.n || (k->now.n == 0 && is_found))
            break;
    }
    if (*s->fuel < 0)
        return REGEX_TOO_MUCH;
    return is_found ? REGEX_FOUND : REGEX_NONE;
}

/* With back-references: depth first, a stack of choices. */
struct choice {
    uint32_t pc;
    uint32_t slot; /* UINT32_MAX: go on at pc; else put old back into it */
    size_t at, old;
};

struct choices {
    struct choice *items;
    size_t n, size;
};

static bool takes_again(const struct search *s, const size_t *slots, size_t group, size_t *at)
{
    size_t start = slots[group * 2], end = slots[group * 2 + 1];
    if (start == SIZE_MAX || end == SIZE_MAX)
        return true; /* a group that took no part is the empty string */
    str was = str_slice(s->text, start, end), rest = str_slice(s->text, *at, s->text.n);
    while (was.n) {
        if (!rest.n)
            return false;
        uint32_t a = utf8_take(&was), b = utf8_take(&rest);
        if (a != b &&
            !(s->r->ignores_case && letters_to(a, UNICODE_LOWER) == letters_to(b, UNICODE_LOWER)))
            return false;
    }
    *at = s->text.n - rest.n;
    return true;
}

/* One instruction that goes on or fails; false: fails. */
static bool advance(const struct search *s, const struct xpath_regex_insn *i, size_t *slots,
                    size_t *at)
{
    if (i->op == REGEX_BEGIN)
        return at_begin(s, *at);
    if (i->op == REGEX_END)
        return at_end(s, *at);
    if (i->op == REGEX_PROGRESS)
        return slots[i->x] != *at;
    if (i->op == REGEX_BACK)
        return takes_again(s, slots, i->x, at);
    if (*at >= s->text.n)
        return false;
    str rest = str_slice(s->text, *at, s->text.n);
    uint32_t c = utf8_take(&rest);
    *at = s->text.n - rest.n;
    return takes(s, i, c);
}

static enum xpath_regex_outcome try_at(const struct search *s, size_t from, size_t *slots,
                                       struct choices *pending)
{
    pending->n = 0;
    VEC_ADD(s->arena, pending->items, pending->n, pending->size) =
        (struct choice){.slot = UINT32_MAX, .at = from};
    while (pending->n) {
        struct choice job = pending->items[--pending->n];
        if (job.slot != UINT32_MAX) {
            slots[job.slot] = job.old;
            continue;
        }
        size_t at = job.at;
        for (uint32_t pc = job.pc;;) {
            const struct xpath_regex_insn *i = &s->r->insns[pc];
            if (--*s->fuel < 0 || arena_used(s->arena) > s->memory)
                return REGEX_TOO_MUCH;
            if (i->op == REGEX_MATCH) {
                slots[1] = at;
                return REGEX_FOUND;
            }
            if (i->op == REGEX_JUMP) {
                pc = i->x;
                continue;
            }
            if (i->op == REGEX_SPLIT) {
                VEC_ADD(s->arena, pending->items, pending->n, pending->size) =
                    (struct choice){.pc = i->y, .slot = UINT32_MAX, .at = at};
                pc = i->x;
                continue;
            }
            if (i->op == REGEX_SAVE) {
                VEC_ADD(s->arena, pending->items, pending->n, pending->size) =
                    (struct choice){.slot = i->x, .old = slots[i->x]};
                slots[i->x] = at;
            } else if (!advance(s, i, slots, &at)) {
                break;
            }
            pc++;
        }
    }
    return REGEX_NONE;
}

static enum xpath_regex_outcome search_tries(const struct search *s, size_t from,
                                             struct xpath_regex_match *match)
{
    size_t *slots = arena_array(s->arena, size_t, s->r->slot_count);
    struct choices pending = {0};
    for (size_t at = from; at <= s->text.n; at++) {
        if (at && at < s->text.n && ((unsigned char)s->text.p[at] & 0xc0) == 0x80)
            continue;
        for (size_t i = 0; i < s->r->slot_count; i++)
            slots[i] = SIZE_MAX;
        slots[0] = at;
        enum xpath_regex_outcome outcome = try_at(s, at, slots, &pending);
        if (outcome == REGEX_FOUND)
            keep(match, slots, s->r->group_count);
        if (outcome != REGEX_NONE)
            return outcome;
    }
    return REGEX_NONE;
}

enum xpath_regex_outcome xpath_regex_search(struct xpath_regex *r, str text, size_t from,
                                            struct xpath_regex_match *match, int64_t *fuel,
                                            struct arena *a, size_t memory)
{
    struct search s = {r, text, fuel, a, memory};
    return r->has_back_references ? search_tries(&s, from, match) : search_threads(&s, from, match);
}
