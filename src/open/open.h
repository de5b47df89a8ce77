/* Open data (开放): releases of a dataset with the identity taken out, measured, approved by a
 * second person, in a catalogue of DCAT 3. */
#pragma once
#include "access/access.h"

extern const struct module OPEN_MODULE;        /* at the desk: prepared, approved, withdrawn */
extern const struct module OPEN_PUBLIC_MODULE; /* for everybody, without signing in */

/* How a field goes into a release: name, the kind of field it needs, titles. */
enum open_need { NEED_ANY, NEED_DATE, NEED_NUMBER, NEED_TEXT };
#define OPEN_TREATMENTS(X)                                                                         \
    X(keep, NEED_ANY, "原样", "As it is")                                                          \
    X(mask, NEED_ANY, "脱敏", "Masked")                                                            \
    X(year, NEED_DATE, "到年", "To the year")                                                      \
    X(month, NEED_DATE, "到月", "To the month")                                                    \
    X(age5, NEED_DATE, "5 岁年龄段", "Age bands of 5 years")                                       \
    X(age10, NEED_DATE, "10 岁年龄段", "Age bands of 10 years")                                    \
    X(county, NEED_TEXT, "到县", "To the county")                                                  \
    X(town, NEED_TEXT, "到乡镇", "To the town")                                                    \
    X(tens, NEED_NUMBER, "按 10 分段", "Bands of 10")                                              \
    X(hundreds, NEED_NUMBER, "按 100 分段", "Bands of 100")

enum open_treatment {
#define X(name, need, zh, en) OPEN_##name,
    OPEN_TREATMENTS(X)
#undef X
};

/* quasi: may tell who somebody is, counted into classes; sensitive: what one would learn. */
enum open_role { ROLE_QUASI, ROLE_SENSITIVE };

struct open_field {
    const struct field *field;
    enum open_treatment treatment;
    enum open_role role;
};

enum { OPEN_MAX_FIELDS = 40, OPEN_MAX_ROWS = 500000, OPEN_MAX_CELLS = 20000, OPEN_LEAST_K = 5 };

struct open_release {
    const struct dataset *dataset;
    struct open_field *fields;
    size_t field_count;
    str where; /* SQL over t, or empty */
    int64_t k; /* of records */
    bool suppresses;
    int64_t epsilon; /* of counts, thousandths; 0: records */
};

/* What it holds, written out, and what was measured. */
struct open_made {
    struct buf csv, jsonl, measures;
    int64_t rows;
};
void open_made_release(struct open_made *m);

/* [{"name","treatment","role"}…] of a dataset's fields. */
MUST_USE bool open_read_fields(struct cx *cx, const struct json *list, struct open_release *r);
void open_write_treatments(struct buf *b);
const char *open_treatment_name(enum open_treatment t);
void open_expression(struct buf *sql, const struct open_field *f);

/* Reads as the asker, who must see every row and each field in the clear.  CONFLICT when records
 * stand in classes smaller than k and are not to be left out. */
MUST_USE bool open_make_records(struct cx *cx, const struct open_release *r, struct open_made *m);
/* Counts by group over every group that could be, with noise; takes epsilon from the dataset's
 * budget: LIMIT when it is spent. */
MUST_USE bool open_make_counts(struct cx *cx, const struct open_release *r, struct open_made *m);

/* name, address of its text, titles */
#define OPEN_LICENCES(X)                                                                           \
    X("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/", "知识共享 署名 4.0",            \
      "Creative Commons Attribution 4.0")                                                          \
    X("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/", "知识共享 零 1.0",          \
      "Creative Commons Zero 1.0")                                                                 \
    X("county-terms", "/open/terms", "本县公共数据开放条款", "The county's terms of open data")
struct open_licence {
    const char *name, *url, *zh, *en;
};
const struct open_licence *open_licence_find(str name); /* NULL if absent */
void open_write_licences(struct buf *b);

/* rows of OPEN_SELECT */
extern const char OPEN_SELECT[];
void open_write_release(struct buf *b, const struct registry *r, const struct rows *rows, size_t i);
/* The catalogue: rows are releases that are open; base: how clients reach this server. */
void open_write_jsonld(struct buf *b, struct cx *cx, const struct rows *rows, str base);
void open_write_turtle(struct buf *b, struct cx *cx, const struct rows *rows, str base);
/* Table Schema of a release's fields; CSVW metadata of its CSV. */
void open_write_schema(struct buf *b, struct cx *cx, const struct rows *rows, size_t i);
void open_write_csvw(struct buf *b, struct cx *cx, const struct rows *rows, size_t i, str base);
