/* What a decision table gives for the rules that hit (DMN 1.5, 8.2.8). */
#include "feel/machine.h"

/* Hits are lists: rule number, then outputs.  One output is a bare value, several a context. */
static struct value output_of(struct machine *m, const struct table_node *t, struct value hit)
{
    if (t->output_count == 1)
        return hit.items[1];
    struct entry *entries = machine_array(m, struct entry, t->output_count);
    if (!entries)
        return VALUE_NOTHING;
    for (size_t i = 0; i < t->output_count; i++)
        entries[i] = (struct entry){t->output_names[i], hit.items[i + 1]};
    return value_context(entries, t->output_count);
}

static struct value all_outputs(struct machine *m, const struct table_node *t, struct value hits)
{
    struct value *items = machine_array(m, struct value, hits.n);
    for (uint32_t i = 0; items && i < hits.n; i++)
        items[i] = output_of(m, t, hits.items[i]);
    return items ? value_list(items, hits.n) : VALUE_NOTHING;
}

/* Position in the list of allowed outputs, the end when it is not there. */
static uint32_t rank_of(struct value v, struct value priorities)
{
    uint32_t i = 0;
    if (priorities.kind != VALUE_LIST)
        return 0;
    while (i < priorities.n && value_equals(priorities.items[i], v) != VALUES_EQUAL)
        i++;
    return i;
}

static bool precedes(const struct table_node *t, struct value a, struct value b,
                     struct value priorities)
{
    for (size_t i = 0; i < t->output_count; i++) {
        uint32_t x = rank_of(a.items[i + 1], priorities.items[i]);
        uint32_t y = rank_of(b.items[i + 1], priorities.items[i]);
        if (x != y)
            return x < y;
    }
    return false;
}

/* By insertion, stable: tables have few hits. */
static struct value by_priority(struct machine *m, const struct table_node *t, struct value hits,
                                struct value priorities)
{
    struct value *items = machine_array(m, struct value, hits.n);
    if (!items)
        return VALUE_NOTHING;
    for (uint32_t i = 0; i < hits.n; i++) {
        uint32_t at = i;
        for (; at > 0 && precedes(t, hits.items[i], items[at - 1], priorities); at--)
            items[at] = items[at - 1];
        items[at] = hits.items[i];
        if (!machine_pay(m, i - at + 1))
            return VALUE_NOTHING;
    }
    return value_list(items, hits.n);
}

static struct value any_hit(struct machine *m, const struct table_node *t, struct value hits)
{
    for (uint32_t i = 1; i < hits.n; i++) {
        for (size_t j = 1; j <= t->output_count; j++) {
            if (value_equals(hits.items[0].items[j], hits.items[i].items[j]) != VALUES_EQUAL)
                return machine_warn(m, "%.*s: rules %lld and %lld hit with different outputs",
                                    STR_ARG(t->name), (long long)hits.items[0].items[0].i + 1,
                                    (long long)hits.items[i].items[0].i + 1);
        }
    }
    return output_of(m, t, hits.items[0]);
}

static struct value aggregate_column(struct machine *m, char aggregation, struct value list)
{
    switch (aggregation) {
    case '+':
        return builtin_sum(m, &list, 1);
    case '<':
        return builtin_min(m, &list, 1);
    case '>':
        return builtin_max(m, &list, 1);
    default:
        return value_int(list.n);
    }
}

static struct value aggregate(struct machine *m, const struct table_node *t, struct value hits)
{
    struct entry *entries = machine_array(m, struct entry, t->output_count);
    if (!entries)
        return VALUE_NOTHING;
    for (size_t i = 0; i < t->output_count; i++) {
        struct value *column = machine_array(m, struct value, hits.n);
        for (uint32_t j = 0; column && j < hits.n; j++)
            column[j] = hits.items[j].items[i + 1];
        if (!column)
            return VALUE_NOTHING;
        entries[i] = (struct entry){
            t->output_names[i], aggregate_column(m, t->aggregation, value_list(column, hits.n))};
    }
    return t->output_count == 1 ? entries[0].value : value_context(entries, t->output_count);
}

/* A default instead of hits: as the result of one rule, in a list where the policy gives lists. */
static bool is_default(struct value hits)
{
    return hits.n == 1 && hits.items[0].items[0].i < 0;
}

struct value table_result(struct machine *m, const struct table_node *t, struct value hits,
                          struct value priorities)
{
    if (is_default(hits))
        return output_of(m, t, hits.items[0]);
    bool is_list = t->policy == 'R' || t->policy == 'O' || (t->policy == 'C' && !t->aggregation);
    if (hits.n == 0) {
        if (t->policy == 'C' && t->aggregation == '#')
            return value_int(0);
        if (is_list)
            return VALUE_NOTHING;
        return machine_warn(m, "%.*s: no rule hits", STR_ARG(t->name));
    }
    switch (t->policy) {
    case 'U':
        if (hits.n > 1)
            return machine_warn(m, "%.*s: rules %lld and %lld both hit, only one may",
                                STR_ARG(t->name), (long long)hits.items[0].items[0].i + 1,
                                (long long)hits.items[1].items[0].i + 1);
        return output_of(m, t, hits.items[0]);
    case 'A':
        return any_hit(m, t, hits);
    case 'P':
        hits = by_priority(m, t, hits, priorities);
        return hits.kind ? output_of(m, t, hits.items[0]) : hits;
    case 'F':
        return output_of(m, t, hits.items[0]);
    case 'O':
        hits = by_priority(m, t, hits, priorities);
        return hits.kind ? all_outputs(m, t, hits) : hits;
    case 'C':
        return t->aggregation ? aggregate(m, t, hits) : all_outputs(m, t, hits);
    default:
        return all_outputs(m, t, hits);
    }
}
