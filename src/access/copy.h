/* A masked copy of a whole dataset, for who may work with it but not know whom it is about: every
 * identifying value another, the same one wherever it stands (text/pseudonym.h), the rows in no
 * order.  Key and word decide which copies join; the file carries a hidden number, and is on record
 * before it has its name. */
#pragma once
#include "http/http.h"
#include "keys/ring.h"
#include "registry/registry.h"
#include "store/db.h"
#include "text/pseudonym.h"

/* code, name, in words: what becomes of a field */
#define COPY_TREATMENTS(X)                                                                         \
    X(LEAVE, "leave", "left as it is")                                                             \
    X(OMIT, "omit", "left out")                                                                    \
    X(REPLACE, "replace", "replaced")                                                              \
    X(SHIFT, "shift", "moved by some days")                                                        \
    X(GUARD, "guard", "left, unless it holds a number of a person")

enum copy_treatment {
#define X(code, name, words) COPY_##code,
    COPY_TREATMENTS(X)
#undef X
};

/* How the field is treated; *kind when it is replaced.  Public fields (L1) stay, but for numbers of
 * persons; code lists and figures stay; L4, coordinates and JSON are left out. */
enum copy_treatment copy_treatment(const struct registry *r, const struct dataset *d,
                                   const struct field *f, enum pseudonym_kind *kind);
const char *copy_treatment_name(enum copy_treatment t);
const char *copy_treatment_words(enum copy_treatment t);

enum copy_format { COPY_CSV, COPY_JSONL };
struct copy_order {
    str word, purpose, login; /* login: who takes it; "-": a command */
    int64_t generation;       /* of the key ring; 0: the active one */
    enum copy_format format;
};
struct copied {
    int64_t bytes;
    int64_t rows, generation, number; /* number: of the export, for shuzhi trace */
};

/* Writes to fd from where it stands, and numbers it; in the caller's transaction, which records it
 * (action records.copy). */
MUST_USE bool copy_write(struct db *db, const struct registry *r, struct ring *ring,
                         const struct dataset *d, const struct copy_order *order, int fd,
                         struct copied *done, struct err *e);

/* GET /datasets/{dataset}/copy and …/copy/plan: for who may approve that the dataset is shared. */
extern const struct module COPY_MODULE;
