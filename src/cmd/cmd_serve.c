#include "cmd/command.h"
#include "cmd/exchanging.h"
#include "cmd/jobs.h"
#include "cmd/modules.h"
#include "cmd/sealing.h"
#include "cmd/settings.h"
#include "cmd/work.h"

#include "base/log.h"
#include "http/rate.h"
#include "http/server.h"
#include "identity/issuer.h"
#include "keys/keeping.h"
#include "registry/apply.h"
#include "registry/snapshot.h"
#include "share/share.h"
#include "store/migrate.h"

#include <getopt.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

struct serving {
    struct work work;
    struct snapshot snapshot;
    struct server *server;
    struct jobs *jobs;
    struct sealing *sealing;
    struct exchanging *exchanging;
    struct share_lane *share;
    struct db *listener; /* hears of applied packages */
    bool is_stopping;
};

static struct server *running; /* for the signal handlers alone */
static struct ring *running_ring;

static void on_signal(int number)
{
    (void)number;
    if (running)
        server_stop(running);
}

static void on_hangup(int number)
{
    (void)number;
    if (running_ring)
        ring_poke(running_ring);
}

static const char LISTEN[] = "listen registry";

/* Waits for "notify registry" and swaps the snapshot.  What was told while the connection was lost
 * went unheard, so a new one begins with reading. */
static void *listen_loop(void *arg)
{
    struct serving *s = arg;
    while (!__atomic_load_n(&s->is_stopping, __ATOMIC_ACQUIRE)) {
        struct err e = {0};
        bool was_lost = db_is_lost(s->listener);
        bool is_there = db_revive_with(s->listener, LISTEN, &e);
        if (!is_there || !was_lost) {
            bool was_told = db_wait_notify(s->listener, 500);
            if (!is_there || !was_told)
                continue;
        }
        struct registry *r = snapshot_load(s->listener, &e);
        if (r)
            snapshot_put(&s->snapshot, r);
        else
            log_event(LOG_ERROR, "the packages could not be read again", "error", e.msg, NULL);
    }
    return NULL;
}

static bool prepare(struct serving *s, struct err *e)
{
    s->listener = db_open(s->work.url, e);
    if (!s->listener || !migrate_kernel(s->listener, e) || !db_script(s->listener, LISTEN, e))
        return false;
    struct registry *r = snapshot_load(s->listener, e);
    if (!r)
        return false;
    if (!registry_guard(s->listener, r, e) || !work_check_reader(s->work.reader_url, e)) {
        registry_drop(r);
        return false;
    }
    snapshot_put(&s->snapshot, r);
    s->work.snapshot = &s->snapshot;
    mkdir(settings_key_folder(), 0700);
    s->work.ring = keeping_open(s->listener, settings_key_ring(), e);
    return s->work.ring != NULL;
}

static int run(struct serving *s, struct server_options *options)
{
    struct err e = {0};
    pthread_t listener;
    options->hooks = (struct server_hooks){.work = work_serve,
                                           .worker_create = work_create,
                                           .worker_destroy = work_destroy,
                                           .loop_fds = share_lane_fds,
                                           .loop_ready = share_lane_ready,
                                           .loop_turn = share_lane_turn,
                                           .loop_tick = share_lane_tick,
                                           .loop_stop = share_lane_stop,
                                           .arg = &s->work};
    s->work.rate = rate_create(settings_rate_person(), settings_rate_person() * 10);
    if (!prepare(s, &e) ||
        !(s->share = share_lane_create(s->work.url, s->work.reader_url, &s->snapshot, &e)))
        return settings_fail(&e);
    options->hooks.loop_arg = options->read_module = s->share;
    if (!(s->server = server_create(options, &e)))
        return settings_fail(&e);
    ARENA_SCOPED struct arena a = {0};
    str url = settings_public_url(&a, options->address, server_port(s->server));
    if (!(s->work.issuer = issuer_create(url, settings_key_folder(), &e)))
        return settings_fail(&e);
    struct key *signer =
        key_load_or_make(s->work.exchange_key, KEY_SM2, &e); /* there from now on */
    if (!signer)
        return settings_fail(&e);
    key_destroy(signer);
    if (!(s->jobs = jobs_start(&s->work, &e)) || !(s->sealing = sealing_start(&s->work, &e)) ||
        !(s->exchanging = exchanging_start(&s->work, &e)))
        return settings_fail(&e);
    running = s->server;
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    running_ring = s->work.ring;
    sigaction(SIGHUP, &(struct sigaction){.sa_handler = on_hangup, .sa_flags = SA_RESTART}, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (pthread_create(&listener, NULL, listen_loop, s) != 0)
        return settings_fail(
            &(struct err){.code = ERR_BUSY, .msg = "a thread could not be started"});
    printf("http://%s:%u\n", options->address, server_port(s->server));
    fflush(stdout);
    server_run(s->server);
    __atomic_store_n(&s->is_stopping, true, __ATOMIC_RELEASE);
    pthread_join(listener, NULL);
    jobs_stop(s->jobs);
    sealing_stop(s->sealing);
    exchanging_stop(s->exchanging);
    return 0;
}

int cmd_serve(int argc, char **argv)
{
    static const struct option LONG[] = {{"address", required_argument, NULL, 'a'},
                                         {"port", required_argument, NULL, 'p'},
                                         {"workers", required_argument, NULL, 'w'},
                                         {"web", required_argument, NULL, 's'},
                                         {"uploads", required_argument, NULL, 'u'},
                                         {"proxy", required_argument, NULL, 'x'},
                                         {0}};
    struct serving s = {.work = {.url = settings_database_url()}};
    struct server_options options = {.address = "127.0.0.1",
                                     .port = 8330,
                                     .workers = 4,
                                     .static_folder = STR("web/dist"),
                                     .upload_folder = STR("var/uploads"),
                                     .max_upload = (uint64_t)16 << 30,
                                     .rate = settings_rate_address(),
                                     .modules = MODULES};
    for (int c; (c = getopt_long(argc, argv, "", LONG, NULL)) != -1;) {
        int64_t n = 0;
        if ((c == 'p' || c == 'w') && (!str_to_int64(str_from(optarg), &n) || n < 0 || n > 65535))
            c = '?';
        switch (c) {
        case 'a':
            options.address = optarg;
            break;
        case 'p':
            options.port = (uint16_t)n;
            break;
        case 'w':
            options.workers = n < 1 ? 1 : n > 64 ? 64 : (int)n;
            break;
        case 's':
            options.static_folder = str_from(optarg);
            break;
        case 'x':
            options.proxy = optarg;
            break;
        case 'u':
            options.upload_folder = str_from(optarg);
            break;
        default:
            fputs("usage: shuzhi serve [--address A] [--port N] [--workers N] [--web FOLDER] "
                  "[--proxy ADDRESS] "
                  "[--uploads FOLDER]\n",
                  stderr);
            return err_exit_code(ERR_INVALID);
        }
    }
    mallopt(M_ARENA_MAX, 2);
    mkdir("var", 0700);
    mkdir(options.upload_folder.p, 0700);
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    s.work.exchange_key = settings_exchange_key(&a);
    s.work.uploads = options.upload_folder;
    if (!settings_reader_url(&a, &s.work.reader_url, &e))
        return settings_fail(&e);
    int code = run(&s, &options);
    server_destroy(s.server);
    issuer_destroy(s.work.issuer);
    running_ring = NULL;
    ring_close(s.work.ring);
    rate_destroy(s.work.rate);
    share_lane_destroy(s.share);
    db_close(s.listener);
    snapshot_put(&s.snapshot, NULL);
    return code;
}
