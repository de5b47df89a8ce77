#include "store/db.h"

#include "base/buf.h"

#include <libpq-fe.h>
#include <poll.h>

struct db {
    PGconn *conn;
    bool is_retryable;
};

/* Class 08 and 57P0x: the server went away or is going; 53: out of disk, memory, connections. */
static enum err_code code_of(const char *sqlstate)
{
    if (!sqlstate)
        return ERR_BUSY;
    if (strcmp(sqlstate, "08P01") == 0) /* we spoke the protocol wrongly */
        return ERR_BROKEN;
    if (strncmp(sqlstate, "08", 2) == 0 || strncmp(sqlstate, "57P", 3) == 0 ||
        strncmp(sqlstate, "53", 2) == 0 || strcmp(sqlstate, "55P03") == 0)
        return ERR_BUSY;
    if (strncmp(sqlstate, "23", 2) == 0)
        return ERR_CONFLICT;
    if (strncmp(sqlstate, "22", 2) == 0)
        return ERR_INVALID;
    if (strcmp(sqlstate, "42501") == 0)
        return ERR_DENIED;
    return ERR_BROKEN;
}

static bool fail_with(struct db *db, const char *sqlstate, const char *message, struct err *e)
{
    size_t n = strcspn(message, "\n");
    db->is_retryable = sqlstate && (!strcmp(sqlstate, "40001") || !strcmp(sqlstate, "40P01"));
    return err_set(e, code_of(sqlstate), "database: %.*s", (int)n, message);
}

static bool fail_conn(struct db *db, struct err *e)
{
    return fail_with(db, NULL, PQerrorMessage(db->conn), e);
}

static bool fail_result(struct db *db, const PGresult *r, struct err *e)
{
    const char *primary = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    return fail_with(db, PQresultErrorField(r, PG_DIAG_SQLSTATE),
                     primary ? primary : PQerrorMessage(db->conn), e);
}

static void ignore_notice(void *arg, const PGresult *r)
{
    (void)arg, (void)r;
}

struct db *db_open(str url, struct err *e)
{
    struct db *db = calloc(1, sizeof *db);
    ARENA_SCOPED struct arena a = {0};
    if (!db) {
        err_set(e, ERR_BUSY, "out of memory");
        return NULL;
    }
    db->conn = PQconnectdb(arena_cstr(&a, url));
    if (PQstatus(db->conn) != CONNECTION_OK) {
        fail_conn(db, e);
        db_close(db);
        return NULL;
    }
    PQsetNoticeReceiver(db->conn, ignore_notice, NULL);
    return db;
}

bool db_url_as(struct arena *a, str url, const char *user, str *out, struct err *e)
{
    char *why = NULL;
    PQconninfoOption *options = PQconninfoParse(arena_cstr(a, url), &why);
    BUF_SCOPED struct buf b = {.max = 16 << 10};
    if (!options) {
        err_set(e, ERR_INVALID, "the database's connection string: %s", why ? why : "unreadable");
        PQfreemem(why);
        return false;
    }
    for (const PQconninfoOption *o = options; o->keyword; o++) {
        bool is_ours = !strcmp(o->keyword, "user") || !strcmp(o->keyword, "password");
        if (!o->val || is_ours)
            continue;
        buf_add_format(&b, "%s='", o->keyword);
        for (const char *p = o->val; *p; p++) {
            if (*p == '\'' || *p == '\\')
                buf_add_char(&b, '\\');
            buf_add_char(&b, *p);
        }
        buf_add_lit(&b, "' ");
    }
    PQconninfoFree(options);
    buf_add_format(&b, "user=%s", user);
    *out = arena_copy(a, buf_str(&b));
    return true;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    PQfinish(db->conn);
    free(db);
}

bool db_is_lost(const struct db *db)
{
    return PQstatus(db->conn) != CONNECTION_OK;
}

bool db_revive(struct db *db, struct err *e)
{
    if (!db_is_lost(db))
        return true;
    PQreset(db->conn);
    return PQstatus(db->conn) == CONNECTION_OK || fail_conn(db, e);
}

bool db_revive_with(struct db *db, const char *setup, struct err *e)
{
    return !db_is_lost(db) || (db_revive(db, e) && db_script(db, setup, e));
}

static void clear_result(void *r)
{
    PQclear(r);
}

static bool keep_result(struct db *db, struct arena *a, PGresult *r, struct rows *rows,
                        struct err *e)
{
    ExecStatusType status = PQresultStatus(r);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        fail_result(db, r, e);
        PQclear(r);
        return false;
    }
    if (!rows) {
        PQclear(r);
        return true;
    }
    int64_t changed = 0;
    if (!str_to_int64(str_from(PQcmdTuples(r)), &changed))
        changed = 0;
    *rows = (struct rows){r, (size_t)PQntuples(r), (size_t)changed};
    arena_defer(a, clear_result, r);
    return true;
}

bool db_query(struct db *db, struct arena *a, struct rows *rows, struct err *e, const char *sql,
              const struct sql_param *params, size_t n)
{
    ARENA_SCOPED struct arena scratch = {0};
    const char **values = arena_array(&scratch, const char *, n);
    for (size_t i = 0; i < n; i++)
        values[i] = params[i].s.p ? arena_cstr(&scratch, params[i].s) : NULL;
    db->is_retryable = false;
    PGresult *r = PQexecParams(db->conn, sql, (int)n, NULL, values, NULL, NULL, 0);
    return keep_result(db, a, r, rows, e);
}

bool db_script(struct db *db, const char *sql, struct err *e)
{
    db->is_retryable = false;
    return keep_result(db, NULL, PQexec(db->conn, sql), NULL, e);
}

str rows_text(const struct rows *r, size_t row, int column)
{
    if (PQgetisnull(r->result, (int)row, column))
        return (str){0};
    return (str){PQgetvalue(r->result, (int)row, column),
                 (size_t)PQgetlength(r->result, (int)row, column)};
}

bool rows_is_null(const struct rows *r, size_t row, int column)
{
    return PQgetisnull(r->result, (int)row, column);
}

int64_t rows_int(const struct rows *r, size_t row, int column)
{
    int64_t n;
    return str_to_int64(rows_text(r, row, column), &n) ? n : 0;
}

bool rows_bool(const struct rows *r, size_t row, int column)
{
    return str_is(rows_text(r, row, column), "t");
}

bool db_begin(struct db *db, struct err *e)
{
    return db_script(db, "begin", e);
}

bool db_commit(struct db *db, struct err *e)
{
    PGresult *r = PQexec(db->conn, "commit");
    /* A failed transaction answers COMMIT with ROLLBACK and no error. */
    if (PQresultStatus(r) == PGRES_COMMAND_OK && strcmp(PQcmdStatus(r), "COMMIT") != 0) {
        PQclear(r);
        return err_set(e, ERR_BROKEN, "database: the transaction had failed and was rolled back");
    }
    return keep_result(db, NULL, r, NULL, e);
}

void db_rollback(struct db *db)
{
    if (PQtransactionStatus(db->conn) == PQTRANS_IDLE || PQstatus(db->conn) != CONNECTION_OK)
        return;
    PQclear(PQexec(db->conn, "rollback"));
}

bool db_should_retry(const struct db *db)
{
    return db->is_retryable;
}

bool db_copy_begin(struct db *db, const char *sql, struct err *e)
{
    PGresult *r = PQexec(db->conn, sql);
    bool ok = PQresultStatus(r) == PGRES_COPY_IN || fail_result(db, r, e);
    PQclear(r);
    return ok;
}

bool db_copy_data(struct db *db, str data, struct err *e)
{
    /* libpq takes an int; pieces also keep its buffer from doubling on one huge put. */
    while (data.n) {
        size_t n = data.n < 1 << 16 ? data.n : 1 << 16;
        if (PQputCopyData(db->conn, data.p, (int)n) != 1)
            return fail_conn(db, e);
        data = (str){data.p + n, data.n - n};
    }
    return true;
}

static bool copy_finish(struct db *db, const char *reason, struct err *e)
{
    if (PQputCopyEnd(db->conn, reason) != 1)
        return fail_conn(db, e);
    bool ok = true;
    for (PGresult *r; (r = PQgetResult(db->conn)); PQclear(r)) {
        if (PQresultStatus(r) != PGRES_COMMAND_OK)
            ok = fail_result(db, r, e);
    }
    return ok;
}

bool db_copy_end(struct db *db, struct err *e)
{
    return copy_finish(db, NULL, e);
}

void db_copy_abandon(struct db *db)
{
    struct err ignored = {0};
    if (!copy_finish(db, "abandoned", &ignored))
        db_rollback(db);
}

bool db_wait_notify(struct db *db, int milliseconds)
{
    /* Of a lost connection the socket is gone, or at its end and readable for ever. */
    struct pollfd p = {.fd = db_is_lost(db) ? -1 : PQsocket(db->conn), .events = POLLIN};
    if (poll(&p, 1, milliseconds) > 0)
        PQconsumeInput(db->conn);
    bool came = false;
    for (PGnotify *n; (n = PQnotifies(db->conn)); PQfreemem(n))
        came = true;
    return came;
}

static str quote(struct arena *a, str text, char mark)
{
    char *p = arena_alloc(a, text.n * 2 + 3, 1);
    size_t n = 0;
    p[n++] = mark;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\0')
            continue; /* PostgreSQL text holds none */
        if (text.p[i] == mark)
            p[n++] = mark;
        p[n++] = text.p[i];
    }
    p[n++] = mark;
    return (str){p, n};
}

str sql_name(struct arena *a, str name)
{
    return quote(a, name, '"');
}

/* standard_conforming_strings is on: a backslash is an ordinary character. */
str sql_literal(struct arena *a, str text)
{
    return quote(a, text, '\'');
}
