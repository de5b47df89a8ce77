#include "http/server.h"

#include "http/exchange.h"
#include "http/rate.h"
#include "http/router.h"
#include "http/static.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    MAX_BODY = 4 << 20,
    MAX_ANSWER = 64 << 20,
    MAX_CONNECTIONS = 4000,
    MAX_CONNECTIONS_AN_ADDRESS = 1000,
    MAX_WAITING = 1024,
    CONNECTION_MEMORY =
        12 << 10, /* the head of a request; cleared for each, so not larger than need be */
    MAX_LOOP_FDS = 8,
    RATE_BURST_SECONDS = 10,
    IDLE_SECONDS = 75,     /* a connection with no request in hand */
    BODY_GRACE_MS = 30000, /* then a body must come at BODY_BYTES_A_MS or faster */
    BODY_BYTES_A_MS = 1,
};

struct client { /* one connection */
    struct client *next, *previous;
    int fd;
    int64_t idle_since; /* monotonic ms; while no exchange is in hand */
    struct exchange *exchange;
};

struct server {
    struct server_options options;
    struct MHD_Daemon *daemon;
    struct static_files *files;
    struct rate *rate;      /* by address */
    struct client *clients; /* of the loop's thread */
    int epoll_fd, stop_fd, wake_fd;
    pthread_t loop_thread;
    char date[40]; /* RFC 9110 date of now_ms(), made once a second */
    int64_t date_of;
    atomic_bool has_resumed; /* a connection was resumed: the network wants another pass at once */
    int watched[MAX_LOOP_FDS];
    bool watched_write[MAX_LOOP_FDS];

    pthread_mutex_t lock; /* of the work queue */
    pthread_cond_t has_work;
    struct exchange *work_first, **work_last;
    size_t work_count;
    bool is_stopping;
    pthread_t *threads;
    void **workers;
    int thread_count;

    atomic_uint_fast64_t requests, errors, bytes_in, refused, active, upload_number;
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- the end of an exchange ------------------------------------------------------------------- */

static bool has_header(const struct response *rs, str name)
{
    bool has = false;
    for (size_t i = 0; i < rs->header_count && !has; i++)
        has = str_equal_nocase(rs->headers[i].name, name);
    return has;
}

static void add_default(struct MHD_Response *r, const struct response *rs, const char *name,
                        const char *value)
{
    if (!has_header(rs, str_from(name)))
        MHD_add_response_header(r, name, value);
}

/* An answer that is no page may be shown by nobody as one: a browser saves it, runs nothing of it
 * and frames it nowhere.  What a handler said itself stands. */
static void add_security_headers(struct MHD_Response *r, const struct exchange *x, bool is_page)
{
    const struct response *rs = &x->rs;
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(r, "X-Frame-Options", "DENY");
    if (is_page) {
        MHD_add_response_header(r, "Content-Security-Policy",
                                "default-src 'self'; style-src 'self' 'unsafe-inline'; "
                                "img-src 'self' data:; object-src 'none'; base-uri 'none'; "
                                "form-action 'self'; frame-ancestors 'none'");
        MHD_add_response_header(r, "Referrer-Policy", "same-origin");
        return;
    }
    MHD_add_response_header(r, "Cache-Control", "no-store");
    add_default(r, rs, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    add_default(r, rs, "Referrer-Policy", "no-referrer");
    if (str_starts(x->rq.path, STR("/api/")))
        add_default(r, rs, "Content-Disposition", "attachment; filename=\"answer.json\"");
}

/* The loop's thread only. */
static const char *date_header(struct server *s)
{
    struct timespec t;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME_COARSE, &t);
    if (t.tv_sec != s->date_of && gmtime_r(&t.tv_sec, &tm)) {
        strftime(s->date, sizeof s->date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
        s->date_of = t.tv_sec;
    }
    return s->date;
}

static enum MHD_Result queue_answer(struct exchange *x)
{
    struct response *rs = &x->rs;
    bool is_page = rs->body_static.p != NULL;
    str body = is_page ? rs->body_static : buf_str(&rs->body);
    if (rs->body.is_full) {
        err_set(&x->err, ERR_LIMIT, "the answer is larger than %d bytes: ask for less at a time",
                MAX_ANSWER);
        response_problem(rs, &x->err);
        body = buf_str(&rs->body);
    }
    if (rs->status == 0)
        rs->status = body.n || rs->file_bytes ? 200 : 204;
    bool is_file = rs->file_bytes > 0;
    struct MHD_Response *r =
        is_file ? MHD_create_response_from_fd64(rs->file_bytes, rs->file)
                : MHD_create_response_from_buffer(body.n, (void *)(uintptr_t)body.p,
                                                  MHD_RESPMEM_PERSISTENT);
    if (!r)
        return MHD_NO;
    if (is_file)
        rs->file_bytes = 0; /* closed with r */
    if (body.n || is_file) {
        str type = rs->type.p ? rs->type : STR("application/json");
        MHD_add_response_header(r, "Content-Type", type.p);
    }
    MHD_add_response_header(r, "Date", date_header(x->server));
    add_security_headers(r, x, is_page);
    for (size_t i = 0; i < rs->header_count; i++)
        MHD_add_response_header(r, rs->headers[i].name.p, rs->headers[i].value.p);
    atomic_fetch_add_explicit(&x->server->requests, 1, memory_order_relaxed);
    if (rs->status >= 500)
        atomic_fetch_add_explicit(&x->server->errors, 1, memory_order_relaxed);
    enum MHD_Result result = MHD_queue_response(x->connection, (unsigned)rs->status, r);
    MHD_destroy_response(r);
    return result;
}

static enum MHD_Result refuse(struct exchange *x)
{
    response_problem(&x->rs, &x->err);
    x->state = EXCHANGE_DONE;
    return queue_answer(x);
}

/* libmicrohttpd's own wake-up does not reach a loop that polls for it from outside. */
static void wake(struct server *s)
{
    uint64_t one = 1;
    if (write(s->wake_fd, &one, sizeof one) < 0)
        return; /* the counter is full: the loop is being woken */
}

void exchange_answer(struct exchange *x, struct response *rs)
{
    if (rs && rs != &x->rs) {
        response_drop_file(&x->rs);
        buf_release(&x->rs.body);
        x->rs = *rs;
        *rs = (struct response){0};
    }
    x->state = EXCHANGE_DONE;
    struct server *s = x->server; /* x may be gone once it is resumed */
    MHD_resume_connection(x->connection);
    bool was_set = atomic_exchange(&s->has_resumed, true);
    if (!was_set && !pthread_equal(pthread_self(), s->loop_thread))
        wake(s);
}

static void exchange_free(struct exchange *x)
{
    if (x->upload_fd >= 0)
        close(x->upload_fd);
    if (x->rq.body_path.p)
        unlink(x->rq.body_path.p); /* a handler that wanted the file has moved it away */
    buf_release(&x->body);
    response_drop_file(&x->rs);
    buf_release(&x->rs.body);
    arena_release(&x->arena);
    free(x);
}

static void on_completed(void *arg, struct MHD_Connection *c, void **con_cls,
                         enum MHD_RequestTerminationCode code)
{
    struct server *s = arg;
    struct exchange *x = *con_cls;
    (void)c, (void)code;
    if (!x)
        return;
    if (x->client) {
        x->client->exchange = NULL;
        x->client->idle_since = now_ms();
    }
    atomic_fetch_sub_explicit(&s->active, 1, memory_order_relaxed);
    exchange_free(x);
    *con_cls = NULL;
}

/* --- the beginning ---------------------------------------------------------------------------- */

static bool takes_gzip(const struct request *rq)
{
    str v = request_header(rq, "Accept-Encoding");
    return v.p && str_find(v, STR("gzip")) != SIZE_MAX;
}

static void check_query(void *arg, str name, str value)
{
    bool *ok = arg;
    *ok = *ok && utf8_is_valid(name) && utf8_is_valid(value) && !memchr(name.p, 0, name.n) &&
          (!value.n || !memchr(value.p, 0, value.n));
}

static bool open_upload(struct exchange *x)
{
    struct server *s = x->server;
    x->rq.body_path =
        arena_format(&x->arena, "%.*s/incoming-%d-%llu", STR_ARG(s->options.upload_folder),
                     getpid(), (unsigned long long)atomic_fetch_add(&s->upload_number, 1));
    x->upload_fd = open(x->rq.body_path.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return x->upload_fd >= 0 ||
           err_set(&x->err, ERR_BUSY, "cannot keep the upload: %s", strerror(errno));
}

static bool check_length(struct exchange *x)
{
    bool is_upload = x->route->flags & ROUTE_UPLOAD;
    uint64_t most = is_upload ? x->server->options.max_upload : MAX_BODY;
    str length = request_header(&x->rq, "Content-Length");
    int64_t n = 0;
    if (length.p && (!str_to_int64(length, &n) || n < 0))
        return err_set(&x->err, ERR_INVALID, "Content-Length is not a number");
    if ((uint64_t)n > most)
        return err_set(&x->err, ERR_LIMIT, "the body has %lld bytes; at most %llu are taken here",
                       (long long)n, (unsigned long long)most);
    return true;
}

/* The read lane counts by grant: share/share_lane.c. */
static bool check_rate(struct exchange *x)
{
    char room[16];
    int64_t wait_ms = 0;
    if (!x->server->rate || x->route->read ||
        rate_take(x->server->rate, rate_address(x->rq.address, room), rate_cost(x->route->flags),
                  now_ms(), &wait_ms))
        return true;
    server_note_refused(x->server);
    rate_refuse(&x->rs, &x->arena, wait_ms, &x->err);
    return false;
}

static bool exchange_route(struct exchange *x)
{
    struct server *s = x->server;
    bool is_query_valid = true;
    request_each_query(&x->rq, check_query, &is_query_valid);
    if (!is_query_valid || !utf8_is_valid(x->rq.path))
        return err_set(&x->err, ERR_INVALID, "the address holds bytes that are not UTF-8 text");
    x->route = router_find(s->options.modules, &x->rq, &x->err);
    if (!x->route)
        return false;
    return check_rate(x) && check_length(x) &&
           (!(x->route->flags & ROUTE_UPLOAD) || open_upload(x));
}

/* What the trusted proxy says of the client: the last address of the list is the one it saw itself.
 */
static void believe_proxy(struct exchange *x, struct MHD_Connection *c)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    str list = str_from(MHD_lookup_connection_value(c, MHD_HEADER_KIND, "X-Forwarded-For")), part,
        last = {0};
    while (str_take_part(&list, ',', &part))
        last = str_trim(part);
    const char *text = arena_cstr(&x->arena, last);
    if (last.n && last.n < INET6_ADDRSTRLEN &&
        (inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1))
        x->rq.address = arena_copy(&x->arena, last);
}

static struct exchange *exchange_create(struct server *s, struct MHD_Connection *c, const char *url,
                                        const char *method)
{
    struct exchange *x = calloc(1, sizeof *x);
    if (!x)
        return NULL;
    x->connection = c;
    x->server = s;
    x->upload_fd = -1;
    x->began = now_ms();
    x->body.max = MAX_BODY;
    x->rs.body.max = MAX_ANSWER;
    x->rq = (struct request){
        .method = str_from(method), .path = str_from(url), .arena = &x->arena, .exchange = x};
    x->rq.is_head = str_is(x->rq.method, "HEAD");
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    x->client = info ? info->socket_context : NULL;
    if (x->client)
        x->client->exchange = x;
    info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    char address[INET6_ADDRSTRLEN] = "";
    if (info && info->client_addr->sa_family == AF_INET)
        inet_ntop(AF_INET, &((struct sockaddr_in *)info->client_addr)->sin_addr, address,
                  sizeof address);
    else if (info && info->client_addr->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((struct sockaddr_in6 *)info->client_addr)->sin6_addr, address,
                  sizeof address);
    x->rq.address = arena_copy(&x->arena, str_from(address));
    if (s->options.proxy && str_is(x->rq.address, s->options.proxy))
        believe_proxy(x, c);
    atomic_fetch_add_explicit(&s->active, 1, memory_order_relaxed);
    return x;
}

static void write_upload(struct exchange *x, str data)
{
    x->rq.body_bytes += data.n;
    if (x->err.code)
        return;
    if (x->rq.body_bytes > x->server->options.max_upload) {
        err_set(&x->err, ERR_LIMIT, "the file is larger than %llu bytes",
                (unsigned long long)x->server->options.max_upload);
        return;
    }
    while (data.n) {
        ssize_t n = write(x->upload_fd, data.p, data.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            err_set(&x->err, ERR_BUSY, "the upload could not be kept: %s",
                    n < 0 ? strerror(errno) : "nothing was written");
            return;
        }
        data = (str){data.p + n, data.n - (size_t)n};
    }
}

static void take_body(struct exchange *x, str data)
{
    atomic_fetch_add_explicit(&x->server->bytes_in, data.n, memory_order_relaxed);
    if (x->upload_fd >= 0) {
        write_upload(x, data);
        return;
    }
    x->rq.body_bytes += data.n;
    buf_add(&x->body, data);
    if (x->body.is_full)
        err_set(&x->err, ERR_LIMIT, "the body is larger than %d bytes", MAX_BODY);
}

static bool work_add(struct exchange *x)
{
    struct server *s = x->server;
    pthread_mutex_lock(&s->lock);
    bool ok = s->work_count < MAX_WAITING && !s->is_stopping;
    if (ok) {
        x->next = NULL;
        if (!s->work_first)
            s->work_last = &s->work_first;
        *s->work_last = x;
        s->work_last = &x->next;
        s->work_count++;
        pthread_cond_signal(&s->has_work);
    }
    pthread_mutex_unlock(&s->lock);
    return ok || err_set(&x->err, ERR_BUSY, "%d requests are waiting already", MAX_WAITING);
}

static enum MHD_Result exchange_begin(struct exchange *x)
{
    x->rq.body = buf_str(&x->body);
    if (x->upload_fd >= 0) {
        if (fsync(x->upload_fd) != 0)
            err_set(&x->err, ERR_BUSY, "the upload could not be kept: %s", strerror(errno));
        close(x->upload_fd);
        x->upload_fd = -1;
    }
    if (x->err.code)
        return refuse(x);
    x->state = EXCHANGE_WAITING;
    MHD_suspend_connection(x->connection);
    if (x->route->read) {
        x->route->read(x, &x->rq, x->server->options.read_module);
    } else if (!work_add(x)) {
        response_problem(&x->rs, &x->err);
        exchange_answer(x, &x->rs);
    }
    return MHD_YES;
}

static enum MHD_Result answer_static(struct exchange *x)
{
    str path = str_is(x->rq.path, "/") ? STR("/index.html") : x->rq.path;
    bool is_get = x->rq.is_head || str_is(x->rq.method, "GET");
    if (is_get && !str_starts(path, STR("/api/")) &&
        static_answer(x->server->files, path, takes_gzip(&x->rq), &x->rs)) {
        x->state = EXCHANGE_DONE;
        return queue_answer(x);
    }
    return refuse(x);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_size, void **con_cls)
{
    struct server *s = arg;
    struct exchange *x = *con_cls;
    (void)version;
    if (!x) {
        *con_cls = x = exchange_create(s, c, url, method);
        if (!x)
            return MHD_NO;
        if (exchange_route(x))
            return MHD_YES;
        return x->err.code == ERR_MISSING ? answer_static(x) : refuse(x);
    }
    if (*data_size) {
        take_body(x, (str){data, *data_size});
        *data_size = 0;
        return MHD_YES;
    }
    return x->state == EXCHANGE_READING ? exchange_begin(x) : queue_answer(x);
}

/* --- the work lane ---------------------------------------------------------------------------- */

struct worker_start {
    struct server *server;
    void *worker;
};

static struct exchange *work_take(struct server *s)
{
    pthread_mutex_lock(&s->lock);
    while (!s->work_first && !s->is_stopping)
        pthread_cond_wait(&s->has_work, &s->lock);
    struct exchange *x = s->work_first;
    if (x) {
        s->work_first = x->next;
        s->work_count--;
    }
    pthread_mutex_unlock(&s->lock);
    return x;
}

static void *work_loop(void *arg)
{
    struct worker_start start = *(struct worker_start *)arg;
    struct server *s = start.server;
    free(arg);
    for (struct exchange *x; (x = work_take(s));) {
        s->options.hooks.work(s->options.hooks.arg, start.worker, x->route, &x->rq, &x->rs);
        exchange_answer(x, &x->rs);
    }
    return NULL;
}

static bool start_workers(struct server *s, struct err *e)
{
    int n = s->options.workers;
    s->threads = calloc((size_t)n, sizeof *s->threads);
    s->workers = calloc((size_t)n, sizeof *s->workers);
    for (int i = 0; i < n; i++) {
        struct worker_start *start = malloc(sizeof *start);
        s->workers[i] = s->options.hooks.worker_create(s->options.hooks.arg, s, e);
        if (!s->workers[i] || !start) {
            free(start);
            return err_set(e, ERR_BUSY, "a worker could not be made");
        }
        *start = (struct worker_start){s, s->workers[i]};
        if (pthread_create(&s->threads[i], NULL, work_loop, start) != 0) {
            free(start);
            return err_set(e, ERR_BUSY, "a thread could not be started");
        }
        s->thread_count = i + 1;
    }
    return true;
}

/* --- connections ------------------------------------------------------------------------------ */

static void on_connection(void *arg, struct MHD_Connection *c, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct server *s = arg;
    struct client *k = *socket_context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
        *socket_context = k = calloc(1, sizeof *k);
        if (!k)
            return;
        *k = (struct client){.next = s->clients, .fd = info->connect_fd, .idle_since = now_ms()};
        if (s->clients)
            s->clients->previous = k;
        s->clients = k;
    } else if (k) {
        if (k->previous)
            k->previous->next = k->next;
        else
            s->clients = k->next;
        if (k->next)
            k->next->previous = k->previous;
        free(k);
        *socket_context = NULL;
    }
}

/* Ends connections that send a request a byte at a time, or nothing. */
static void end_slow_clients(struct server *s)
{
    int64_t now = now_ms();
    for (struct client *k = s->clients; k; k = k->next) {
        const struct exchange *x = k->exchange;
        bool is_slow = !x && now - k->idle_since > IDLE_SECONDS * 1000;
        if (x && x->state == EXCHANGE_READING)
            is_slow =
                now - x->began > BODY_GRACE_MS + (int64_t)(x->rq.body_bytes / BODY_BYTES_A_MS);
        if (is_slow)
            shutdown(k->fd, SHUT_RDWR);
    }
}

/* --- the loop --------------------------------------------------------------------------------- */

enum { TAG_NETWORK = 100, TAG_STOP = 101, TAG_WAKE = 102 };

static void watch_fds(struct server *s)
{
    struct loop_fd fds[MAX_LOOP_FDS];
    size_t n = s->options.hooks.loop_fds
                   ? s->options.hooks.loop_fds(s->options.hooks.loop_arg, fds, MAX_LOOP_FDS)
                   : 0;
    for (size_t i = 0; i < n; i++) {
        if (fds[i].fd == s->watched[i] && fds[i].wants_write == s->watched_write[i])
            continue;
        struct epoll_event ev = {.events = EPOLLIN | (fds[i].wants_write ? EPOLLOUT : 0u),
                                 .data.u64 = i};
        bool is_same = fds[i].fd == s->watched[i];
        if (!is_same && s->watched[i] >= 0)
            epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, s->watched[i],
                      NULL); /* fails when it was closed */
        if (fds[i].fd >= 0 &&
            epoll_ctl(s->epoll_fd, is_same ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fds[i].fd, &ev) != 0)
            epoll_ctl(s->epoll_fd, is_same ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fds[i].fd, &ev);
        s->watched[i] = fds[i].fd;
        s->watched_write[i] = fds[i].wants_write;
    }
}

void server_run(struct server *s)
{
    const struct server_hooks *h = &s->options.hooks;
    int64_t next_tick = now_ms() + 1000;
    s->loop_thread = pthread_self();
    for (bool is_stopped = false; !is_stopped;) {
        struct epoll_event ready[MAX_LOOP_FDS + 3];
        MHD_UNSIGNED_LONG_LONG wait = 1000;
        watch_fds(s);
        if (MHD_get_timeout(s->daemon, &wait) != MHD_YES || wait > 1000)
            wait = 1000;
        if (atomic_exchange(&s->has_resumed, false))
            wait = 0;
        int n = epoll_wait(s->epoll_fd, ready, COUNT(ready), (int)wait);
        for (int i = 0; i < n; i++) {
            uint64_t count;
            is_stopped |= ready[i].data.u64 == TAG_STOP;
            if (ready[i].data.u64 == TAG_WAKE && read(s->wake_fd, &count, sizeof count) < 0)
                continue;
            if (ready[i].data.u64 < MAX_LOOP_FDS)
                h->loop_ready(h->loop_arg, (size_t)ready[i].data.u64);
        }
        MHD_run(s->daemon); /* sends what is answered, reads what came */
        if (h->loop_turn)
            h->loop_turn(h->loop_arg);
        if (now_ms() >= next_tick) {
            end_slow_clients(s);
            if (h->loop_tick)
                h->loop_tick(h->loop_arg);
            next_tick = now_ms() + 1000;
        }
    }
}

void server_stop(struct server *s)
{
    uint64_t one = 1;
    if (write(s->stop_fd, &one, sizeof one) < 0)
        return; /* the counter is full: a stop is on its way */
}

static bool start_network(struct server *s, struct err *e)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(s->options.port)};
    if (inet_pton(AF_INET, s->options.address, &address.sin_addr) != 1)
        return err_set(e, ERR_INVALID, "\"%s\" is not an IPv4 address", s->options.address);
    s->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO | MHD_USE_SUPPRESS_DATE_NO_CLOCK,
        s->options.port, NULL, NULL, on_request, s, MHD_OPTION_SOCK_ADDR,
        (struct sockaddr *)&address, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)MAX_CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)MAX_CONNECTIONS_AN_ADDRESS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024u,
        MHD_OPTION_END);
    if (!s->daemon)
        return err_set(e, ERR_CONFLICT, "cannot listen at %s:%u: %s", s->options.address,
                       s->options.port, strerror(errno));
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct epoll_event network = {.events = EPOLLIN, .data.u64 = TAG_NETWORK};
    struct epoll_event woken = {.events = EPOLLIN, .data.u64 = TAG_WAKE};
    struct epoll_event stop = {.events = EPOLLIN, .data.u64 = TAG_STOP};
    return info && epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, info->epoll_fd, &network) == 0 &&
           epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->wake_fd, &woken) == 0 &&
           epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->stop_fd, &stop) == 0;
}

struct server *server_create(const struct server_options *options, struct err *e)
{
    struct server *s = calloc(1, sizeof *s);
    if (!s) {
        err_set(e, ERR_BUSY, "out of memory");
        return NULL;
    }
    s->options = *options;
    s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    for (size_t i = 0; i < MAX_LOOP_FDS; i++)
        s->watched[i] = -1;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->has_work, NULL);
    s->rate = rate_create(options->rate, options->rate * RATE_BURST_SECONDS);
    s->files = static_load(options->static_folder, e);
    if (!s->files || !start_workers(s, e) || !start_network(s, e)) {
        err_set(e, ERR_BROKEN, "the server could not be started");
        server_destroy(s);
        return NULL;
    }
    return s;
}

uint16_t server_port(const struct server *s)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}

void server_destroy(struct server *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->is_stopping = true;
    pthread_cond_broadcast(&s->has_work);
    pthread_mutex_unlock(&s->lock);
    for (int i = 0; i < s->thread_count; i++)
        pthread_join(s->threads[i], NULL);
    if (s->options.hooks.loop_stop)
        s->options.hooks.loop_stop(s->options.hooks.loop_arg);
    for (int i = 0; s->daemon && i < 20; i++)
        MHD_run(s->daemon); /* nothing is suspended any more: the last answers leave */
    if (s->daemon)
        MHD_stop_daemon(s->daemon);
    for (int i = 0; s->workers && i < s->options.workers; i++) {
        if (s->workers[i])
            s->options.hooks.worker_destroy(s->options.hooks.arg, s->workers[i]);
    }
    static_free(s->files);
    rate_destroy(s->rate);
    close(s->epoll_fd);
    close(s->stop_fd);
    close(s->wake_fd);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->has_work);
    free(s->threads);
    free(s->workers);
    free(s);
}

void server_note_refused(struct server *s)
{
    atomic_fetch_add_explicit(&s->refused, 1, memory_order_relaxed);
}

struct server_counts server_counts(const struct server *s)
{
    return (struct server_counts){
        .requests = atomic_load(&s->requests),
        .errors = atomic_load(&s->errors),
        .bytes_in = atomic_load(&s->bytes_in),
        .refused = atomic_load(&s->refused),
        .active = atomic_load(&s->active),
    };
}
