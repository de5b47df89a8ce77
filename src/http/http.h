/* What a handler sees of HTTP: the request, the response, and the table of routes. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "text/json.h"

struct cx;
struct actor;
struct issuer;
struct ring;
struct audit_entry;
struct registry;
struct db;

enum { REQUEST_MAX_PARTS = 12 };

struct request {
    str method, path;
    str parts[REQUEST_MAX_PARTS]; /* what stands at {…} of the route, in order, decoded */
    str body;                     /* whole, for routes that are not uploads */
    str body_path;                /* of an upload: the temporary file that holds it */
    uint64_t body_bytes;
    str address; /* of the client; behind a trusted proxy the one it names */
    bool is_head;
    struct arena *arena;
    void *exchange; /* the server's own */
};

/* NULL-pointer text if absent.  Names of headers are matched without case. */
str request_header(const struct request *rq, const char *name);
str request_query(const struct request *rq, const char *name);
str request_cookie(const struct request *rq, const char *name);
/* Calls each(arg, name, value) for every query parameter. */
void request_each_query(const struct request *rq, void (*each)(void *arg, str name, str value),
                        void *arg);
/* The body as a JSON object. */
MUST_USE bool request_json(const struct request *rq, struct json *body, struct err *e);
/* ?limit=: 1…most, or the default.  Not a number: INVALID. */
MUST_USE bool request_limit(const struct request *rq, int64_t otherwise, int64_t most,
                            int64_t *limit, struct err *e);

struct response_header {
    str name, value;
};

struct response {
    int status; /* 0: 200, or 204 when there is no body */
    str type;   /* application/json unless said */
    struct buf body;
    str body_static;     /* instead of body: bytes that outlive the response */
    int file;            /* instead of body: its bytes from the beginning; closed by the server */
    uint64_t file_bytes; /* 0: no file */
    struct response_header headers[8];
    size_t header_count;
};

void response_header(struct response *rs, str name, str value);
/* A file without a name in var: what is large never stands in memory.  BROKEN. */
MUST_USE bool file_open_nameless(int *fd, struct err *e);
/* Closes the file of an answer that will not be sent. */
void response_drop_file(struct response *rs);
/* RFC 9457 problem.  zh may be empty. */
void response_problem(struct response *rs, const struct err *e);

/* What a work-lane handler works with: one request, one transaction. */
struct cx {
    struct arena *arena;
    struct db *db;
    struct db *reader;   /* for records: use access_reader() */
    const char *reading; /* the verb the reader was told last */
    str purpose;         /* of the request, as its header says; may be empty */
    struct err *err;
    const struct registry *registry; /* the packages in force, one snapshot for the whole request */
    const struct actor *actor;       /* NULL: nobody signed in */
    struct issuer *issuer;           /* of tokens: identity/issuer.h */
    const char *exchange_key;        /* file of the key that signs for other counties */
    struct ring *ring;               /* what is sealed with: keys/ring.h */
    struct audit_entry *audit;       /* what the handler adds to its record */
    struct server *server;
};

enum lane_kind { LANE_WORK, LANE_READ };
enum route_flags {
    ROUTE_PUBLIC = 1, /* no sign-in needed */
    ROUTE_UPLOAD = 2, /* the body goes to a file */
    ROUTE_NO_CSRF = 4,
    ROUTE_SESSION = 8, /* only for who signed in here: an access token does not do */
    ROUTE_LIST = 16,   /* searches, simulations: costs more of what a client may ask */
    ROUTE_HEAVY = 32,  /* exports: costs much more */
};

typedef bool (*work_handler)(struct cx *cx, const struct request *rq, struct response *rs);

/* A read-lane handler answers later through exchange_answer(). */
struct exchange;
typedef void (*read_handler)(struct exchange *x, const struct request *rq, void *module);

struct route {
    const char *method, *path; /* "/api/v1/datasets/{id}": {…} takes one part */
    work_handler run;
    const char *audit; /* the action recorded when it answers; NULL: nothing is shown or changed */
    unsigned flags;
    read_handler read; /* set instead of run for the read lane */
};

struct module {
    const char *name;
    const struct route *routes; /* ended by method == NULL */
};

/* Finishes a read-lane exchange; from the loop's thread only. */
void exchange_answer(struct exchange *x, struct response *rs);
