#include "text/regex_impl.h"

static bool automaton_matches(const struct regex *r, str text)
{
    const struct automaton *a = r->automaton;
    const unsigned char *p = (const unsigned char *)text.p, *end = p + text.n;
    size_t state = 0;
    if (a->flags[0] & (AUTO_MATCHED | AUTO_DEAD))
        return a->flags[0] & AUTO_MATCHED;
    while (p < end) {
        size_t class;
        if (*p < 128) {
            class = r->ascii[*p++];
        } else {
            str rest = {(const char *)p, (size_t)(end - p)};
            class = regex_class(r, utf8_take(&rest));
            p = (const unsigned char *)rest.p;
        }
        state = a->next[state * r->class_count + class];
        if (state & AUTO_FINAL)
            return a->flags[state & ~(size_t)AUTO_FINAL] & AUTO_MATCHED;
    }
    return a->flags[state] & AUTO_MATCHES_AT_END;
}

/* The simulation: all places the pattern may stand at, moved on together. */

struct simulation {
    const struct regex *r;
    str text;
    uint32_t *now, *next, *mark, *stack;
    uint32_t now_count, next_count, round;
    uint8_t **look_bits; /* one a look, a bit a byte position */
    bool has_matched;
};

static bool is_word_byte(str text, size_t at)
{
    if (at >= text.n) /* also before the start: at is SIZE_MAX there */
        return false;
    char c = text.p[at];
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool holds(const struct simulation *s, const struct step *step, size_t at)
{
    switch (step->kind) {
    case STEP_START:
        return at == 0;
    case STEP_END:
        return at == s->text.n;
    case STEP_WORD:
        return is_word_byte(s->text, at - 1) != is_word_byte(s->text, at);
    case STEP_NOT_WORD:
        return is_word_byte(s->text, at - 1) == is_word_byte(s->text, at);
    case STEP_LOOK:
        return (s->look_bits[step->other][at / 8] >> (at % 8) & 1) !=
               s->r->looks[step->other].is_negative;
    default:
        return true;
    }
}

/* Adds to the list the steps reached from one without consuming. */
static void follow(struct simulation *s, uint32_t from, size_t at, uint32_t *list, uint32_t *n)
{
    uint32_t depth = 0;
    s->stack[depth++] = from;
    while (depth) {
        uint32_t i = s->stack[--depth];
        if (s->mark[i] == s->round)
            continue;
        s->mark[i] = s->round;
        const struct step *step = &s->r->steps[i];
        if (step->kind == STEP_MATCH) {
            s->has_matched = true;
        } else if (step->kind == STEP_SET) {
            list[(*n)++] = i;
        } else if (step->kind == STEP_FORK) {
            s->stack[depth++] = step->other;
            s->stack[depth++] = step->next;
        } else if (holds(s, step, at)) {
            s->stack[depth++] = step->next;
        }
    }
}

static void advance(struct simulation *s, uint32_t cp, size_t to)
{
    uint16_t class = cp < 128 ? s->r->ascii[cp] : regex_class(s->r, cp);
    s->next_count = 0;
    s->round++;
    s->has_matched = false;
    for (uint32_t i = 0; i < s->now_count; i++) {
        const struct step *step = &s->r->steps[s->now[i]];
        if (s->r->members[step->other][class])
            follow(s, step->next, to, s->next, &s->next_count);
    }
    uint32_t *swap = s->now;
    s->now = s->next;
    s->next = swap;
    s->now_count = s->next_count;
}

static size_t code_point_before(str text, size_t at, uint32_t *cp)
{
    do
        at--;
    while (at && ((unsigned char)text.p[at] & 0xc0) == 0x80);
    str rest = str_slice(text, at, text.n);
    *cp = utf8_take(&rest);
    return at;
}

/* One pass over the text, beginning anew at every place.  With bits, marks the places where a match
 * ends; without, returns true at the first. */
static bool pass(struct simulation *s, uint32_t start, bool is_backward, uint8_t *bits)
{
    size_t at = is_backward ? s->text.n : 0, end = is_backward ? 0 : s->text.n;
    s->now_count = 0;
    s->round++;
    s->has_matched = false;
    for (;;) {
        follow(s, start, at, s->now, &s->now_count);
        if (s->has_matched && !bits)
            return true;
        if (s->has_matched)
            bits[at / 8] |= (uint8_t)(1u << at % 8);
        if (at == end)
            return false;
        uint32_t cp;
        if (is_backward) {
            at = code_point_before(s->text, at, &cp);
        } else {
            str rest = str_slice(s->text, at, s->text.n);
            cp = utf8_take(&rest);
            at = s->text.n - rest.n;
        }
        advance(s, cp, at);
    }
}

bool regex_matches(const struct regex *r, str text)
{
    if (r->automaton)
        return automaton_matches(r, text);
    ARENA_SCOPED struct arena scratch = {0};
    struct simulation s = {.r = r, .text = text};
    s.now = arena_array(&scratch, uint32_t, r->step_count);
    s.next = arena_array(&scratch, uint32_t, r->step_count);
    s.mark = arena_array(&scratch, uint32_t, r->step_count);
    s.stack = arena_array(&scratch, uint32_t, r->step_count * 2 + 2);
    s.look_bits = arena_array(&scratch, uint8_t *, r->look_count);
    for (size_t i = 0; i < r->look_count; i++) {
        s.look_bits[i] = arena_array(&scratch, uint8_t, text.n / 8 + 1);
        pass(&s, r->looks[i].start, !r->looks[i].is_behind, s.look_bits[i]);
    }
    return pass(&s, r->start, false, NULL);
}
