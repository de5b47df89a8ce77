#include "check.h"

#include "registry/bundle.h"
#include "registry/registry.h"

/* A package whose one file is broken: where that is told, and a word of the reason. */
struct broken {
    const char *path, *content;
    uint32_t line;
    const char *reason;
};

#define APP "id: t\ntitle: {zh: 测, en: T}\nowner: o\n"
#define FIELD_A                                                                                    \
    "\"a\": {\"type\": \"string\", \"x-grade\": \"L1\", \"x-title\": {\"zh\": \"甲\", \"en\": "   \
    "\"A\"}}"
#define HEAD                                                                                       \
    "{\n\"$id\": \"d\", \"type\": \"object\", \"x-title\": {\"zh\": \"数\", \"en\": \"D\"},\n"    \
    "\"x-owner\": \"o\", \"x-share\": \"none\", \"x-update\": \"daily\", \"x-key\": [\"a\"],\n"

static const struct broken CASES[] = {
    /* app.yaml */
    {"app.yaml", "id: t\ntitle: {zh: 测}\nowner: o\n", 2, "\"en\" is missing"},
    {"app.yaml", "id: t\nowner: o\n", 1, "\"title\" is missing"},
    {"app.yaml", "title: {zh: 测, en: T}\nid: t\nowner: o\nnedes: []\n", 4, "\"nedes\""},
    {"app.yaml", APP "needs: codes\n", 4, "array"},
    {"app.yaml", APP "needs:\n  - codes\n  - Codes\n", 6, "pattern"},
    {"app.yaml", APP "menu:\n  - title: {zh: 甲, en: A}\n    link: datasets/x\n", 6,
     "/menu/0/link"},
    {"app.yaml", APP "roles:\n  - {id: r}\n", 5, "\"title\" is missing"},
    {"app.yaml", APP "menu: [\n", 5, "line 5"},
    {"app.yaml", APP "owner: p\n", 4, "twice"},
    /* county.yaml and calendar.yaml */
    {"county.yaml", "id: t\ntitle: {zh: 测, en: T}\norganisations: o\ndivision: 330521\n", 4,
     "string"},
    {"county.yaml",
     "id: t\ntitle: {zh: 测, en: T}\norganisations: o\ndivision: \"330521\"\naccounts:\n"
     "  - login: a\n    password: short\n    name: {zh: 甲, en: A}\n    organisation: o\n",
     7, "at least 8"},
    {"county.yaml",
     "id: t\ntitle: {zh: 测, en: T}\norganisations: o\ndivision: \"330521\"\nroles:\n"
     "  - id: r\n    title: {zh: 甲, en: A}\n    second_factor: maybe\n",
     8, "boolean"},
    /* clients.yaml and providers.yaml */
    {"clients.yaml",
     "clients:\n  - id: a\n    title: {zh: 甲, en: A}\n"
     "    redirect_uris: [\"http://a.example/\"]\n",
     4, "https"},
    {"clients.yaml", "clients:\n  - id: a\n    title: {zh: 甲, en: A}\n    secret_digest: abc\n", 4,
     "SM3"},
    {"clients.yaml", "clients:\n  - id: a\n    title: {zh: 甲, en: A}\n    account: b\n", 2,
     "needs a secret_digest"},
    {"clients.yaml", "clients:\n  - id: a\n    title: {zh: 甲, en: A}\n    scopes: [all]\n", 4,
     "/scopes/0"},
    {"providers.yaml",
     "providers:\n  - id: a\n    title: {zh: 甲, en: A}\n    issuer: https://a.example\n"
     "    client_id: x\n    claim: sub\n    account: password\n",
     7, "id_number"},
    {"providers.yaml",
     "providers:\n  - id: a\n    title: {zh: 甲, en: A}\n    issuer: https://a.example/\n"
     "    client_id: x\n    claim: sub\n    account: login\n",
     4, "slash"},
    {"calendar.yaml", "version: 1\n", 1, "string"},
    {"calendar.yaml", "version: \"1\"\noff:\n  - 2026-1-1\n", 3, "/off/0"},
    {"calendar.yaml", "version: \"1\"\nholidays: []\n", 2, "\"holidays\""},
    /* data/NAME.schema.json */
    {"data/d.schema.json", HEAD "\"properties\": {\n" FIELD_A ",\n\"b\": {\"type\": \"string\"}}}",
     6, "\"x-title\" is missing"},
    {"data/d.schema.json",
     HEAD "\"properties\": {" FIELD_A
          ", \"b\": {\"type\": \"string\", \"x-title\": {\"zh\": \"乙\", "
          "\"en\": \"B\"},\n\"x-grade\": \"L5\"}}}",
     5, "L1 not sensitive"},
    {"data/d.schema.json",
     HEAD "\"properties\": {\n\"a\": {\"type\": \"string\", \"x-grade\": \"L1\", \"x-title\": "
          "{\"zh\": \"甲\", \"en\": \"A\"},\n\"x-maks\": \"name\"}}}",
     6, "\"x-maks\""},
    {"data/d.schema.json",
     HEAD "\"properties\": {\n\"a\": {\"type\": \"string\", \"x-grade\": \"L1\", \"x-title\": "
          "{\"zh\": \"甲\", \"en\": \"A\"},\n\"x-mask\": \"blur\"}}}",
     6, "name"},
    {"data/d.schema.json",
     HEAD
     "\"properties\": {\n\"a\": {\"type\": \"text\", \"x-grade\": \"L1\", \"x-title\": {\"zh\": "
     "\"甲\", \"en\": \"A\"}}}}",
     5, "/properties/a/type"},
    {"data/d.schema.json",
     HEAD "\"properties\": {\n" FIELD_A ",\n\"B-b\": {\"type\": \"string\", "
          "\"x-grade\": \"L1\", \"x-title\": {\"zh\": \"乙\", \"en\": "
          "\"B\"}}}}",
     6, "pattern"},
    {"data/d.schema.json", HEAD "\"properties\": {}}", 4, "at least 1"},
    {"data/d.schema.json",
     "{\"$id\": \"d\", \"x-title\": {\"zh\": \"数\", \"en\": \"D\"}, \"x-owner\": \"o\",\n"
     "\"x-key\": [\"a\"], \"type\": \"object\", \"x-update\": \"hourly\", \"x-share\": \"none\",\n"
     "\"properties\": {" FIELD_A "}}",
     2, "daily"},
    {"data/d.schema.json",
     "{\"$id\": \"d\", \"x-title\": {\"zh\": \"数\", \"en\": \"D\"}, \"x-owner\": \"o\",\n"
     "\"type\": \"object\", \"properties\": {" FIELD_A "}}",
     1, "\"x-key\" is missing"},
    {"data/d.schema.json",
     HEAD "\"x-location\": {\"longitude\": \"a\"},\n\"properties\": {" FIELD_A "}}", 4,
     "\"latitude\" is missing"},
    {"data/d.schema.json", HEAD "\"properties\": {" FIELD_A "},\n}", 5, "line 5"},
    /* feeds and pages */
    {"feeds/f.yaml", "id: f\ntitle: {zh: 甲, en: A}\ndataset: d\ntimezone: Asia/Shanghai\n", 4,
     "timezone"},
    {"feeds/f.yaml", "id: f\ntitle: {zh: 甲, en: A}\ndataset: d\ndate_order: american\n", 4,
     "month-first"},
    {"feeds/f.yaml", "id: f\ntitle: {zh: 甲, en: A}\ndataset: d\nepoch:\n  created: minutes\n", 5,
     "seconds"},
    {"feeds/f.yaml", "id: f\ntitle: {zh: 甲, en: A}\n", 1, "\"dataset\" is missing"},
    {"watch/w.yaml", "id: w\ntitle: {zh: 甲, en: A}\nkind: guess\n", 3, "volume"},
    {"watch/w.yaml", "id: w\ntitle: {zh: 甲, en: A}\nkind: hours\nat_least: 3\nfactor: 2\n", 1,
     "\"from\" is missing"},
    {"pages/p.yaml", "id: p\ntitle: {zh: 甲, en: A}\nkind: map\ndataset: d\ncolumns: [a]\n", 3,
     "list"},
    {"pages/p.yaml",
     "id: p\ntitle: {zh: 甲, en: A}\nkind: list\ndataset: d\ncolumns:\n  - a\n  - a\n", 6,
     "two equal"},
    {"pages/p.yaml", "id: p\ntitle: {zh: 甲, en: A}\nkind: list\ndataset: d\ncolumns: []\n", 5,
     "at least 1"},
    /* cases */
    {"test/c.yaml", "dataset: d\ncases:\n  - name: a\n    expext: lands\n", 4, "\"expext\""},
    {"test/c.yaml", "cases:\n  - {name: a, expect: lands}\n", 1, "alternatives"},
    /* recipes */
    {"demo/r.yaml", "things:\n  a:\n    rows: d\n    lets: {}\n", 4, "\"lets\""},
    {"demo/r.yaml", "things:\n  a:\n    rows: d\n    let:\n      x: {dice: 6}\n", 5, "\"dice\""},
    {"demo/r.yaml", "things:\n  a:\n    rows: d\n    let:\n      x: {near: {of: y}}\n", 5,
     "\"metres\" is missing"},
    {"demo/r.yaml", "things:\n  a:\n    rows: d\n    let:\n      x: {pick: {p: -1}}\n", 5,
     "less than 0"},
    {"demo/r.yaml", "things:\n  a:\n    rows: d\n    let:\n      x: true\n", 5, "type"},
    {"demo/r.yaml", "datasets:\n  d:\n    rows:\n      - fields: {a: b}\n", 4,
     "\"each\" is missing"},
    {"demo/r.yaml",
     "datasets:\n  d:\n    rows: [{each: a, fields: {a: b}}]\n    mess:\n      - {how: burn}\n", 5,
     "check-digit"},
};

static void check_case(const struct broken *b)
{
    struct complaints c = {0};
    struct bundle_file files[2] = {{str_from(b->path), str_from(b->content)},
                                   {STR("app.yaml"), STR(APP)}};
    bool has_card = strcmp(b->path, "app.yaml") == 0 || strcmp(b->path, "county.yaml") == 0;
    struct bundle_package p = {
        .id = STR("t"), .folder = STR("apps/t"), .files = files, .n = has_card ? 1 : 2};
    struct bundle s = {.packages = &p, .n = 1};
    struct registry *r = registry_create(&s, &c);
    char file[100];
    bool is_told = false;
    snprintf(file, sizeof file, "apps/t/%s", b->path);
    CHECK_NAMED(r == NULL, b->content);
    for (size_t i = 0; i < c.n; i++)
        is_told |= str_is(c.items[i].file, file) && c.items[i].line == b->line &&
                   str_find(c.items[i].reason, str_from(b->reason)) != SIZE_MAX;
    for (size_t i = 0; !is_told && i < c.n; i++)
        printf("# told %.*s:%u: %.*s\n", STR_ARG(c.items[i].file), c.items[i].line,
               STR_ARG(c.items[i].reason));
    CHECK_NAMED(is_told, b->reason);
    registry_destroy(r);
    complaints_release(&c);
}

static void test_broken_files_are_told_with_line_and_reason(void)
{
    for (size_t i = 0; i < COUNT(CASES); i++)
        check_case(&CASES[i]);
}

/* What one file says of another: told in the file that says it. */
static void test_references_are_told_where_they_stand(void)
{
    static const char dataset[] = HEAD "\"properties\": {" FIELD_A "}}";
    static const struct broken cases[] = {
        {"pages/other-name.yaml",
         "id: p\ntitle: {zh: 甲, en: A}\nkind: list\ndataset: d\ncolumns: [a]\nfilters:\n  - b\n",
         7, "\"b\" is no field of d"},
        {"pages/p.yaml",
         "id: p\ntitle: {zh: 甲, en: A}\nkind: list\ndataset: d\ncolumns: [a]\norder: -b\n", 6,
         "\"b\" is no field of d"},
        {"feeds/other-name.yaml", "id: f\ntitle: {zh: 甲, en: A}\ndataset: d\nkeeps_words: [b]\n",
         4, "\"b\" is no field of d"},
        {"feeds/f.yaml", "id: f\ntitle: {zh: 甲, en: A}\ndataset: d\nepoch:\n  b: seconds\n", 5,
         "\"b\" is no field of d"},
        {"rights.csv", "role,resource,verb,scope\n\nclerk,d,read,any\n", 3, "role \"clerk\""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct complaints c = {0};
        struct bundle_file files[] = {{STR("app.yaml"), STR(APP)},
                                      {STR("data/d.schema.json"), str_from(dataset)},
                                      {str_from(cases[i].path), str_from(cases[i].content)}};
        struct bundle_package p = {
            .id = STR("t"), .folder = STR("apps/t"), .files = files, .n = COUNT(files)};
        struct bundle s = {.packages = &p, .n = 1};
        char file[100];
        snprintf(file, sizeof file, "apps/t/%s", cases[i].path);
        CHECK_NAMED(registry_create(&s, &c) == NULL && c.n == 1, file);
        CHECK_NAMED(c.n && str_is(c.items[0].file, file) && c.items[0].line == cases[i].line &&
                        str_find(c.items[0].reason, str_from(cases[i].reason)) != SIZE_MAX,
                    file);
        complaints_release(&c);
    }
}

/* A reader that would stumble over what the schema refused is not called. */
static void test_readers_see_only_what_passed(void)
{
    struct complaints c = {0};
    struct bundle_file files[] = {{STR("app.yaml"), STR(APP)},
                                  {STR("data/d.schema.json"), STR("{\"properties\": 7}")}};
    struct bundle_package p = {.id = STR("t"), .folder = STR("t"), .files = files, .n = 2};
    struct bundle s = {.packages = &p, .n = 1};
    CHECK(registry_create(&s, &c) == NULL);
    for (size_t i = 0; i < c.n; i++)
        CHECK(str_find(c.items[i].reason, STR("properties is missing: the fields")) == SIZE_MAX);
    complaints_release(&c);
}

static void test_packages_of_the_house_pass(void)
{
    struct bundle s = {0};
    struct complaints c = {0};
    struct err e = {0};
    CHECK(bundle_add_folders(&s, STR("apps"), &e) && bundle_add_folders(&s, STR("county"), &e));
    bundle_finish(&s);
    struct registry *r = registry_create(&s, &c);
    CHECK(r != NULL);
    for (size_t i = 0; i < c.n; i++)
        printf("# %.*s:%u: %.*s\n", STR_ARG(c.items[i].file), c.items[i].line,
               STR_ARG(c.items[i].reason));
    registry_destroy(r);
    complaints_release(&c);
    bundle_release(&s);
}

int main(void)
{
    RUN(test_broken_files_are_told_with_line_and_reason);
    RUN(test_references_are_told_where_they_stand);
    RUN(test_readers_see_only_what_passed);
    RUN(test_packages_of_the_house_pass);
    return check_end();
}
