/* The server: one event loop for the network and the read lane, a pool of threads for the work
 * lane. */
#pragma once
#include "http/http.h"

struct server;

struct loop_fd {
    int fd; /* -1: none at present */
    bool wants_write;
};

struct server_hooks {
    /* Runs in a work-lane thread, with the whole request; fills rs whatever happens. */
    void (*work)(void *arg, void *worker, const struct route *route, const struct request *rq,
                 struct response *rs);
    /* One a worker thread, made at start; NULL: the server does not start. */
    void *(*worker_create)(void *arg, struct server *s, struct err *e);
    void (*worker_destroy)(void *arg, void *worker);
    /* In the loop: descriptors to watch beside the network's, work when they are ready, what goes
     * out at the end of a turn, and once a second. */
    size_t (*loop_fds)(void *arg, struct loop_fd *fds, size_t room);
    void (*loop_ready)(void *arg, size_t index);
    void (*loop_turn)(void *arg);
    void (*loop_tick)(void *arg);
    /* The loop has ended: answer what is still in hand. */
    void (*loop_stop)(void *arg);
    void *arg, *loop_arg; /* of the work and worker hooks; of the loop's */
};

struct server_options {
    const char *address; /* "127.0.0.1" */
    uint16_t port;       /* 0: any free one */
    int workers;
    str static_folder; /* the built web front end; served with index.html for unknown desk paths */
    str upload_folder; /* bodies of uploads; inside var/ */
    uint64_t max_upload;
    double rate;       /* cost a second that an address may ask of the work lane; 0: any (rate.h) */
    const char *proxy; /* whose X-Forwarded-For is believed; NULL: nobody's */
    const struct module *const *modules; /* ended by NULL */
    void *read_module;                   /* handed to read handlers */
    struct server_hooks hooks;
};

MUST_USE struct server *server_create(const struct server_options *options, struct err *e);
uint16_t server_port(const struct server *s);
/* Until server_stop(), which any thread or signal handler may call. */
void server_run(struct server *s);
void server_stop(struct server *s);
void server_destroy(struct server *s);

struct server_counts {
    uint64_t requests, errors, bytes_in, refused; /* refused: by rate limits */
    uint64_t active;
};
void server_note_refused(struct server *s);
struct server_counts server_counts(const struct server *s);
