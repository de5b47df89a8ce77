/* PostgreSQL, the blocking way: straight-line C for commands, jobs and the work lane.
 * The only other user of libpq is lane.c, for the read lane. */
#pragma once
#include "base/arena.h"
#include "base/err.h"

struct db;

/* url: a libpq connection string or URI. */
MUST_USE struct db *db_open(str url, struct err *e);
void db_close(struct db *db); /* NULL allowed */
/* The same connection string for another user; the password is left out. */
MUST_USE bool db_url_as(struct arena *a, str url, const char *user, str *out, struct err *e);
bool db_is_lost(const struct db *db); /* as far as is known: a call on it may be the first to see */
/* Opens again when the server closed the connection; true when usable. */
MUST_USE bool db_revive(struct db *db, struct err *e);
/* The same, and runs setup on a new connection. */
MUST_USE bool db_revive_with(struct db *db, const char *setup, struct err *e);

/* A text parameter; p == NULL is SQL NULL. */
struct sql_param {
    str s;
};
#define P(text) ((struct sql_param){text})
#define P_CSTR(text) ((struct sql_param){str_from(text)})
#define P_NULL ((struct sql_param){{0}})
#define P_INT(a, n) ((struct sql_param){arena_format((a), "%lld", (long long)(n))})
#define P_BOOL(b) ((struct sql_param){(b) ? STR("t") : STR("f")})

/* Rows of a result, all as text; lives as long as the arena given to the query. */
struct rows {
    void *result;
    size_t n;
    size_t changed; /* rows inserted, updated or deleted */
};

/* One statement with parameters.  On failure e says what PostgreSQL said; serialization failures
 * and deadlocks are remembered for db_should_retry().  rows may be NULL. */
MUST_USE bool db_query(struct db *db, struct arena *a, struct rows *rows, struct err *e,
                       const char *sql, const struct sql_param *params, size_t n);
#define DB(db, a, rows, e, sql, ...)                                                               \
    db_query((db), (a), (rows), (e), (sql), (struct sql_param[]){__VA_ARGS__},                     \
             sizeof((struct sql_param[]){__VA_ARGS__}) / sizeof(struct sql_param))
#define DB0(db, a, rows, e, sql) db_query((db), (a), (rows), (e), (sql), NULL, 0)
/* Several statements without parameters, as written in a file. */
MUST_USE bool db_script(struct db *db, const char *sql, struct err *e);

str rows_text(const struct rows *r, size_t row, int column); /* p == NULL: SQL NULL */
bool rows_is_null(const struct rows *r, size_t row, int column);
int64_t rows_int(const struct rows *r, size_t row, int column); /* 0 for NULL */
bool rows_bool(const struct rows *r, size_t row, int column);

MUST_USE bool db_begin(struct db *db, struct err *e);
MUST_USE bool db_commit(struct db *db, struct err *e);
void db_rollback(struct db *db); /* nothing when no transaction is open */
/* The last failure came from two transactions meeting: the same work may pass when tried again. */
bool db_should_retry(const struct db *db);

/* COPY … FROM STDIN: begin, any number of data, then end or abandon. */
MUST_USE bool db_copy_begin(struct db *db, const char *sql, struct err *e);
MUST_USE bool db_copy_data(struct db *db, str data, struct err *e);
MUST_USE bool db_copy_end(struct db *db, struct err *e);
void db_copy_abandon(struct db *db);

/* Waits for NOTIFY on channels listened to; true when one came, false at the time-out, which is
 * waited for on a lost connection too. */
bool db_wait_notify(struct db *db, int milliseconds);

/* "name" quoted as an SQL identifier; 'text' quoted as a literal. */
str sql_name(struct arena *a, str name);
str sql_literal(struct arena *a, str text);
