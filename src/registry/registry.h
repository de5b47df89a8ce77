/* The packages in force, as one immutable snapshot: datasets, feeds, pages, roles, menus, the
 * county.
 *
 * A snapshot is read from files (a folder on disk, or what is in force in the database), checked
 * whole, and never changed; a new one takes its place (snapshot.h). */
#pragma once
#include "base/map.h"
#include "text/json.h"

struct schema;
struct dmn_package;
struct program;

struct title {
    str zh, en;
};

enum grade { GRADE_L1 = 1, GRADE_L2, GRADE_L3, GRADE_L4 };
enum share_kind { SHARE_NONE, SHARE_CONDITIONAL, SHARE_UNCONDITIONAL }; /* x-share, x-open */

/* name, SQL type, whether it is quoted in JSON */
#define FIELD_TYPES(X)                                                                             \
    X(TEXT, "text", true)                                                                          \
    X(INTEGER, "bigint", false)                                                                    \
    X(NUMBER, "numeric", false)                                                                    \
    X(BOOLEAN, "boolean", false)                                                                   \
    X(DATE, "date", true)                                                                          \
    X(TIMESTAMP, "timestamptz", true)                                                              \
    X(JSON, "jsonb", false)

enum field_type {
#define X(name, sql, quoted) FIELD_##name,
    FIELD_TYPES(X)
#undef X
};

struct field {
    str name;
    str column; /* quoted for SQL */
    struct title title;
    str description;
    enum field_type type;
    str format; /* JSON Schema format, or empty */
    str code;   /* the dataset that lists its codes, or empty */
    enum grade grade;
    str mask; /* name of a mask of registry/mask.h, or empty */
    str unit;
    str pattern;
    bool is_required, is_key, is_indexed;
    str *aliases;
    size_t alias_count;
    const struct json *definition;
    uint32_t line;
};

/* A pair of coordinate fields, and where the same place stands already: catches GCJ-02 values in a
 * CGCS2000 column. */
struct location {
    const struct field *longitude, *latitude;
    str reference;          /* a dataset with a location of its own, or this one */
    const struct field *by; /* the field that holds the reference's key */
};

/* A quality rule of checks/NAME.yaml. */
struct check {
    str id;
    struct title title;
    const struct field *field;        /* a clerk is pointed to it */
    const struct program *expression; /* over the fields in their order: true passes, false fails,
                                         all else is not counted */
    const struct program *suggestion; /* a value for the field; NULL: none */
    bool is_refusing;                 /* else only counted */
    str dimension;                    /* of GB/T 36344 */
};

struct dataset {
    str id;
    str table, history; /* quoted: data."person", history."person" */
    struct title title;
    str description, standard_ref;
    const struct package *package;
    str file;         /* data/person.schema.json */
    str owner;        /* organisation code */
    enum grade grade; /* the highest of its fields */
    enum share_kind share, open;
    str update;      /* realtime daily weekly monthly quarterly yearly irregular */
    int update_days; /* 0: no promise */
    struct field *fields;
    size_t field_count;
    const struct field **key;
    size_t key_count;
    const struct field *title_field; /* what a person calls a record */
    struct location location;        /* longitude NULL: none */
    struct check *checks;
    size_t check_count, check_size;
    const struct json *definition;
    const struct schema *schema; /* of one row */
    str digest;                  /* of the definition */
};

struct page {
    str id, file;
    struct title title;
    const struct dataset *dataset;
    const struct json *definition;
};

/* A declared channel: hints for files that come this way. */
struct feed {
    str id, file;
    struct title title;
    const struct dataset *dataset;
    str source; /* organisation that sends, or empty */
    const struct json *definition;
};

/* code, name */
#define WATCH_KINDS(X)                                                                             \
    X(VOLUME, "volume")                                                                            \
    X(HOURS, "hours")                                                                              \
    X(BREADTH, "breadth")                                                                          \
    X(KIN, "kin")                                                                                  \
    X(OWN, "own")                                                                                  \
    X(WATCHED, "watched")

enum watch_kind {
#define X(code, name) WATCH_##code,
    WATCH_KINDS(X)
#undef X
};
const char *watch_kind_name(enum watch_kind k);

/* watch/NAME.yaml: which looks of staff are unusual (kinds/watch.schema.json). */
struct watch {
    str id, file;
    struct title title;
    enum watch_kind kind;
    const struct dataset *dataset; /* NULL: all */
    int64_t at_least;
    str factor; /* a number as written */
    int from, to;
    bool counts_rest_days;
    int working_days;
    const struct json *definition; /* for "same" */
};
/* The field that says whom a record is about: of format resident-id, the key if it is one. */
const struct field *watch_person_field(const struct dataset *d);

/* rules/NAME.dmn: a decision model, checked whole. */
struct rule_model {
    str id; /* NAME */
    struct title title;
    const struct package *package;
    const struct dmn_package *model;
    str text;   /* the file */
    str digest; /* of it */
};

/* A file in test/: cases of a decision model, or of a dataset's checks. */
struct rule_cases {
    const struct package *package;
    str file;
    const struct json *definition;
    const struct rule_model *model; /* NULL: of a dataset */
    const struct dataset *dataset;
};

/* A line of rights.csv; see rights.h. */
struct right {
    str role, resource, verb;
    bool only_own; /* only datasets the person's organisation owns */
    str *fields;   /* none: all */
    size_t field_count;
    struct right_mask {
        str field, mask;
    } * masks; /* instead of the fields' own */
    size_t mask_count;
    str when; /* FEEL over the record and me; empty: every row */
    str file;
    uint32_t line;
};

struct package {
    str id;
    struct title title;
    int order; /* position among packages: needs come first */
    const struct json *app;
    str digest;
    const struct bundle_package *source;
};

struct account {
    str login, password;
    struct title name;
    str kind;                     /* citizen, firm, staff, system, device */
    str organisation, area, duty; /* of the post; area and duty may be empty */
    str id_number, uscc;          /* of a citizen, a firm; may be empty */
    str *roles;
    size_t role_count;
};

/* An OpenID Connect client: a line of clients.yaml. */
struct client {
    str id;
    struct title title;
    str secret_digest; /* SM3, hexadecimal; empty: a public client */
    str account;       /* it acts as, with client credentials; may be empty */
    str id_token;      /* ES256 or RS256 */
    str *redirect_uris, *logout_uris, *scopes;
    size_t redirect_count, logout_count, scope_count;
    bool asks_consent;
};

/* An outside identity provider: a line of providers.yaml. */
struct provider {
    str id;
    struct title title;
    str issuer, client_id, scope;
    str claim,
        account; /* the claim that says which account, and what of it: login, id_number, uscc */
};

/* A county this one exchanges data with: a line of partners.yaml. */
struct partner {
    str id; /* as its own county.yaml says; its messages are signed as this */
    struct title title;
    str division, url;
    str *keys; /* SM2 public keys, PEM: it signs with one of them */
    size_t key_count;
};

struct calendar { /* days that differ from Monday to Friday; days since 1970-01-01, ascending */
    int32_t *off, *work;
    size_t off_count, work_count;
    str version;
};

struct county {
    str id, division;
    struct title title;
    struct calendar calendar;
    struct account *accounts;
    size_t account_count;
    str organisation_dataset; /* where titles of organisations stand */
};

struct registry {
    struct arena arena;
    struct map packages, datasets, feeds, pages, rules; /* by id */
    struct map watches;                                 /* by id: struct watch */
    struct rule_cases *cases;
    size_t case_count, case_size;
    struct map providers;     /* id → struct provider */
    struct map clients;       /* id → struct client */
    struct map partners;      /* id → struct partner */
    struct map roles;         /* id → struct title */
    struct map second_factor; /* ids of roles that are held with a second factor only */
    struct right *rights;
    size_t right_count, right_size;
    struct county county;
    struct map organisations; /* code → struct title, from the dataset */
    struct map codes;         /* dataset id → struct map of code → struct title */
    int64_t version;          /* rises with each load in this process */
    int references;
};

/* What is wrong with a package, told to whoever checks. */
struct complaint {
    str file; /* apps/muck/data/site.schema.json */
    uint32_t line;
    str reason;
};

struct complaints {
    struct complaint *items;
    size_t n, size;
    struct arena arena;
};

void complain(struct complaints *c, str file, uint32_t line, const char *fmt, ...) PRINTF(4, 5)
    __attribute__((nonnull(1, 4)));
void complaints_release(struct complaints *c);

struct bundle;
/* Reads and checks everything.  NULL when there is any complaint. */
struct registry *registry_create(const struct bundle *source, struct complaints *c);
void registry_destroy(struct registry *r); /* NULL allowed */

const struct dataset *dataset_find(const struct registry *r, str id);
const struct field *field_find(const struct dataset *d, str name);
const struct check *check_find(const struct dataset *d, str id);
/* Whether the program looks at this global (a field, by position). */
bool program_uses(const struct program *p, size_t global);
const char *field_sql_type(enum field_type type);
const char *field_type_name(enum field_type type); /* as JSON Schema says */
bool field_is_quoted(enum field_type type);
const char *grade_name(enum grade g);
const struct partner *partner_find(const struct registry *r, str id); /* NULL if absent */
/* Another county stands among organisations as "partner:ID". */
#define PARTNER_PREFIX "partner:"
str partner_organisation(struct arena *a, str id);
struct title organisation_title(const struct registry *r, str code);
void title_write(struct buf *out, struct title t); /* {"zh":…,"en":…} */

/* The n-th working day after day (both days since 1970-01-01). */
int32_t calendar_add_working_days(const struct calendar *c, int32_t day, int n);
/* Working days from day (not counted) to until; negative when until is past. */
int calendar_working_days_between(const struct calendar *c, int32_t day, int32_t until);
