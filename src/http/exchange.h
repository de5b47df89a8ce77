/* One request and its answer, inside the room. */
#pragma once
#include "http/server.h"

struct MHD_Connection;

enum exchange_state { EXCHANGE_READING, EXCHANGE_WAITING, EXCHANGE_DONE };

struct exchange {
    struct MHD_Connection *connection;
    struct server *server;
    struct client *client;
    const struct route *route;
    struct arena arena;
    struct request rq;
    struct response rs;
    struct err err;
    struct buf body;
    int upload_fd; /* -1: none */
    enum exchange_state state;
    int64_t began;         /* monotonic ms */
    struct exchange *next; /* in the work queue */
};
