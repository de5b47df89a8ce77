#include "text/unicode.h"

#include "base/map.h"

struct run {
    uint32_t start;
    uint8_t value;
};

struct value_name {
    const char *name; /* the short one first */
    uint8_t value;
};

struct named_set {
    const char *name;
    const struct unicode_range *ranges;
    size_t n;
};

/* clang-format off */
#include "text/unicode_table.inc"
/* clang-format on */

static const struct unicode_range ANY[] = {{0, UNICODE_LAST}}, ASCII[] = {{0, 0x7f}};

/* Categories of categories: a short name's first letter, or LC. */
static const struct {
    const char *name, *members;
} CATEGORY_GROUPS[] = {
    {"L", "L"},
    {"Letter", "L"},
    {"M", "M"},
    {"Mark", "M"},
    {"Combining_Mark", "M"},
    {"N", "N"},
    {"Number", "N"},
    {"P", "P"},
    {"Punctuation", "P"},
    {"punct", "P"},
    {"S", "S"},
    {"Symbol", "S"},
    {"Z", "Z"},
    {"Separator", "Z"},
    {"C", "C"},
    {"Other", "C"},
    {"LC", "LC"},
    {"Cased_Letter", "LC"},
};

static uint8_t run_value(const struct run *runs, size_t n, uint32_t cp)
{
    size_t low = 0, high = n;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (runs[middle].start <= cp)
            low = middle;
        else
            high = middle;
    }
    return runs[low].value;
}

static const char *value_name(const struct value_name *names, size_t n, uint8_t value)
{
    for (size_t i = 0; i < n; i++) {
        if (names[i].value == value)
            return names[i].name;
    }
    return "";
}

#define LOOK_UP(table, cp)                                                                         \
    value_name(table##_NAMES, COUNT(table##_NAMES),                                                \
               run_value(table##_RUNS, COUNT(table##_RUNS), (cp)))

const char *unicode_category(uint32_t cp)
{
    return LOOK_UP(CATEGORY, cp);
}

const char *unicode_script(uint32_t cp)
{
    return LOOK_UP(SCRIPT, cp);
}

const char *unicode_bidi_class(uint32_t cp)
{
    return LOOK_UP(BIDI, cp);
}

const char *unicode_joining_type(uint32_t cp)
{
    return LOOK_UP(JOINING, cp);
}

bool unicode_set_has(struct unicode_set set, uint32_t cp)
{
    size_t low = 0, high = set.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (cp > set.ranges[middle].last)
            low = middle + 1;
        else if (cp < set.ranges[middle].first)
            high = middle;
        else
            return true;
    }
    return false;
}

bool unicode_is_virama(uint32_t cp)
{
    return unicode_set_has((struct unicode_set){SET_VIRAMA, COUNT(SET_VIRAMA)}, cp);
}

bool unicode_is_idna_valid(uint32_t cp)
{
    return unicode_set_has((struct unicode_set){SET_IDNA_VALID, COUNT(SET_IDNA_VALID)}, cp);
}

/* The ranges of all runs whose value is wanted. */
static struct unicode_set collect(const struct run *runs, size_t n, const bool *is_wanted,
                                  struct arena *a)
{
    struct unicode_range *ranges = NULL;
    size_t count = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t last = i + 1 < n ? runs[i + 1].start - 1 : UNICODE_LAST;
        if (!is_wanted[runs[i].value])
            continue;
        if (count && ranges[count - 1].last + 1 == runs[i].start)
            ranges[count - 1].last = last;
        else
            VEC_ADD(a, ranges, count, size) = (struct unicode_range){runs[i].start, last};
    }
    return (struct unicode_set){ranges, count};
}

static bool mark_named(bool *is_wanted, const struct value_name *names, size_t n, str name)
{
    bool found = false;
    for (size_t i = 0; i < n; i++) {
        if (str_equal_nocase(str_from(names[i].name), name))
            found = is_wanted[names[i].value] = true;
    }
    return found;
}

static bool find_category(struct unicode_set *set, str name, struct arena *a)
{
    bool is_wanted[256] = {false};
    bool found = mark_named(is_wanted, CATEGORY_NAMES, COUNT(CATEGORY_NAMES), name);
    for (size_t i = 0; i < COUNT(CATEGORY_GROUPS); i++) {
        const char *members = CATEGORY_GROUPS[i].members;
        if (!str_equal_nocase(str_from(CATEGORY_GROUPS[i].name), name))
            continue;
        found = true;
        for (size_t k = 0; k < COUNT(CATEGORY_NAMES); k++) {
            const char *c = CATEGORY_NAMES[k].name;
            bool is_short = c[0] && c[1] && !c[2];
            bool is_cased = c[0] == 'L' && is_short && strchr("ult", c[1]);
            if (is_short && (members[1] ? is_cased : c[0] == members[0]))
                is_wanted[CATEGORY_NAMES[k].value] = true;
        }
    }
    if (found)
        *set = collect(CATEGORY_RUNS, COUNT(CATEGORY_RUNS), is_wanted, a);
    return found;
}

static bool find_script(struct unicode_set *set, str name, struct arena *a)
{
    bool is_wanted[256] = {false};
    if (!mark_named(is_wanted, SCRIPT_NAMES, COUNT(SCRIPT_NAMES), name))
        return false;
    *set = collect(SCRIPT_RUNS, COUNT(SCRIPT_RUNS), is_wanted, a);
    return true;
}

static bool find_binary(struct unicode_set *set, str name)
{
    if (str_is(name, "Any"))
        *set = (struct unicode_set){ANY, 1};
    else if (str_is(name, "ASCII"))
        *set = (struct unicode_set){ASCII, 1};
    else {
        for (size_t i = 0; i < COUNT(SETS); i++) {
            if (str_equal_nocase(str_from(SETS[i].name), name)) {
                *set = (struct unicode_set){SETS[i].ranges, SETS[i].n};
                return true;
            }
        }
        return false;
    }
    return true;
}

bool unicode_property(struct unicode_set *set, str name, str value, struct arena *a)
{
    if (value.n == 0)
        return find_category(set, name, a) || find_binary(set, name);
    if (str_is(name, "gc") || str_is(name, "General_Category"))
        return find_category(set, value, a);
    if (str_is(name, "sc") || str_is(name, "scx") || str_is(name, "Script") ||
        str_is(name, "Script_Extensions"))
        return find_script(set, value, a);
    return false;
}
