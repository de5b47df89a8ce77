/* Inside the room: recipes, compiled. */
#pragma once
#include "demo/demo.h"
#include "demo/words.h"

struct thing;
struct generator;

/* A way from one instance to a value: household.village.name_zh. */
enum { PATH_STEPS = 5 };
enum step_kind { STEP_PARENT, STEP_LINK, STEP_MEMBER, STEP_SIBLING };
struct step {
    enum step_kind kind;
    size_t which; /* STEP_LINK: its number */
    str role;     /* STEP_MEMBER, STEP_SIBLING */
};
struct path {
    struct step steps[PATH_STEPS];
    size_t n;
    const struct thing *thing; /* where it ends */
    size_t slot;               /* of the value there */
    uint32_t line;
};

/* Every thing has these, behind what its recipe lets it have. */
#define GIVEN(X) X(index) X(number) X(ordinal) X(role)
enum given {
#define X(name) GIVEN_##name,
    GIVEN(X)
#undef X
        GIVEN_COUNT
};

/* name in YAML: what it makes (registry/kinds/demo.schema.json says more) */
#define GENERATORS(X)                                                                              \
    X(pick)                                                                                        \
    X(bands)                                                                                       \
    X(number)                                                                                      \
    X(sum)                                                                                         \
    X(step)                                                                                        \
    X(by)                                                                                          \
    X(date)                                                                                        \
    X(pattern)                                                                                     \
    X(serial)                                                                                      \
    X(near)                                                                                        \
    X(lookup)                                                                                      \
    X(birth)                                                                                       \
    X(resident_id)                                                                                 \
    X(uscc)

enum generator_kind {
    MAKE_text,
    MAKE_path,
    MAKE_template,
#define X(name) MAKE_##name,
    GENERATORS(X)
#undef X
};

struct arm { /* of by: a value, or everything below a number */
    struct value value;
    const struct generator *make;
};

struct generator {
    enum generator_kind kind;
    struct value text;             /* MAKE_text; pattern; serial's prefix */
    struct path path, other, more; /* of, by, key, age … */
    bool has_path, has_other, has_more;
    const struct generator **parts; /* template, sum; number's and date's ends */
    size_t part_count, part_size;
    struct arm *arms;
    size_t arm_count;
    bool is_below; /* arms are upper limits */
    const struct generator *otherwise;
    struct table table;        /* pick, bands (items are lower ends), areas */
    int64_t *ends;             /* bands: upper ends */
    const struct words *words; /* lookup */
    int column;
    int64_t from, to, every, wrap;
    int digits, skew;
};

struct attribute {
    str name;
    uint64_t hash;
    const struct generator *make; /* NULL: a column of the list, or given */
    int column;                   /* of the list; -1 */
    struct path same_for;         /* drawn once for each value of it in the parent */
    bool has_same_for;
    const struct json *definition;
};

struct link {
    str name;
    const struct thing *thing;
    struct path nth; /* wraps around */
    bool has_nth;
    const struct json *definition;
};

enum thing_kind { THING_ROWS, THING_COUNTED, THING_MEMBERS };

struct thing {
    str name, file;
    uint64_t hash;
    enum thing_kind kind;
    const struct thing *parent; /* NULL: rows of a list */
    const struct words *words;
    size_t *rows; /* those of the list that fit */
    size_t row_count;
    struct attribute *attributes; /* slots; the given ones last */
    size_t slots;
    struct link *links;
    size_t link_count;
    struct path roles; /* members: an attribute of the parent, words */
    struct path weight;
    bool has_weight;
    int64_t per;               /* counted: scale / per in all, in millionths */
    const struct thing *until; /* counted: until there are so many of these members */
    /* Reckoned before each run. */
    uint64_t *start; /* ordinal of the first in each row, and the total */
    uint64_t *quota; /* until: of the members, as start */
    size_t *last;    /* until: members of the last one in each row, who may be cut off */
    const struct thing *members; /* the things whose parent this is, if members */
    const struct json *definition;
};

struct output_condition {
    const struct generator *value;
    str is;
};

struct output_rows {
    const struct thing *thing;
    struct output_condition *where; /* all must hold; others make no row */
    size_t where_count;
    const struct generator **fields; /* by column; NULL: empty */
};

enum mess_kind {
    MESS_check_digit,
    MESS_scientific,
    MESS_rounded,
    MESS_dotted_date,
    MESS_serial_date,
    MESS_full_width,
    MESS_blanks,
    MESS_swap,
    MESS_empty,
    MESS_replace,
    MESS_gcj_02,
    MESS_repeat
};

struct mess {
    enum mess_kind kind;
    size_t column, other; /* swap, gcj_02: two */
    str with;
};

struct output {
    const struct dataset *dataset;
    const struct field **columns;
    size_t column_count;
    struct output_rows *rows;
    size_t row_count;
    struct mess *mess;
    size_t mess_count;
    int64_t sample; /* rows of the messy file */
};

struct demo {
    struct arena *arena;
    const struct registry *registry;
    struct complaints *complaints;
    struct map words, things;
    struct output *outputs; /* in loading order */
    size_t output_count, output_size;
};

struct compiling {
    struct demo *demo;
    struct arena *arena;
    str file;
};

void recipe_complain(struct compiling *c, const struct json *where, const char *fmt, ...)
    PRINTF(3, 4) __attribute__((nonnull(3)));
/* The path as seen from an attribute of thing; before: slots that stand already.  False when it was
 * complained of. */
MUST_USE bool path_compile(struct compiling *c, const struct thing *thing, size_t before,
                           const struct json *where, str text, struct path *out);
/* Never NULL: what cannot be compiled is complained of and stands for an empty text. */
const struct generator *generator_compile(struct compiling *c, const struct thing *thing,
                                          size_t before, const struct json *v);
/* Whether a list's row has the texts that where asks for; row 0 also complains of where itself. */
bool recipe_row_fits(struct compiling *c, const struct words *w, size_t row,
                     const struct json *where);
