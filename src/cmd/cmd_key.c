/* shuzhi key: the ring of keys that secrets are sealed with. */
#include "base/date.h"
#include "cmd/command.h"
#include "cmd/settings.h"
#include "identity/second.h"
#include "keys/keeping.h"
#include "store/migrate.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SETTLE_SECONDS = 60 }; /* until every server seals with the generation that is active */

struct asked {
    const char *path, *token;
    str generation;
    bool is_now;
};

static int usage(void)
{
    fputs("usage: shuzhi key list\n"
          "       shuzhi key new [--token URI]\n"
          "       shuzhi key rotate\n"
          "       shuzhi key retire GENERATION [--now]\n"
          "       shuzhi key move\n",
          stderr);
    return err_exit_code(ERR_INVALID);
}

/* One command changes the file at a time; the lock goes with the process. */
static bool lock_ring(const char *path, struct err *e)
{
    char name[4096];
    snprintf(name, sizeof name, "%s.lock", path);
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return (fd >= 0 && flock(fd, LOCK_EX) == 0) ||
           err_set(e, ERR_BROKEN, "key ring %s cannot be locked", path);
}

static bool seal_anew(struct db *db, const char *path, struct err *e)
{
    int64_t done = 0, all = 0;
    struct ring *r = keeping_open(db, path, e);
    bool ok = r != NULL;
    do {
        ok = ok && db_begin(db, e) && second_reseal(db, r, &done, e) && db_commit(db, e);
        all += done;
    } while (ok && done);
    if (ok)
        printf("sealed again: %lld accounts' second factors\n", (long long)all);
    ring_close(r);
    return ok;
}

static bool list(struct db *db, const struct asked *asked, struct err *e)
{
    struct ring_file f = {0};
    int64_t n = 0;
    if (!keeping_load(db, asked->path, &f, e) || !keeping_inside(db, &f, e))
        return false;
    printf("%s%s%s\n", asked->path, f.token[0] ? ", wrapped by " : "", f.token);
    bool ok = second_count(db, 0, &n, e);
    bool has_inside = false;
    for (size_t i = 0; i < KEY_USE_COUNT; i++)
        has_inside |= f.has_database[i];
    if (ok && has_inside)
        printf("0 database, seals %lld second factors\n", (long long)n);
    for (size_t i = 0; ok && i < f.n; i++) {
        const struct generation *g = &f.generations[i];
        ok = second_count(db, g->id, &n, e);
        printf("%lld %s since %s, seals %lld second factors\n", (long long)g->id,
               generation_state_name(g->state), g->since, (long long)n);
    }
    ring_wipe(&f);
    return ok;
}

static bool add(struct db *db, const struct asked *asked, struct err *e)
{
    struct ring_file f = {0};
    struct err why = {0};
    bool is_there = keeping_load(db, asked->path, &f, &why);
    if (!is_there && (why.code != ERR_MISSING || access(asked->path, F_OK) == 0 ||
                      strstr(why.msg, "is sealed with"))) {
        *e = why;
        return false;
    }
    if (asked->token && strlen(asked->token) >= sizeof f.token)
        return err_set(e, ERR_LIMIT, "the URI of the token is longer than %zu bytes",
                       sizeof f.token - 1);
    if (asked->token)
        snprintf(f.token, sizeof f.token, "%s", asked->token);
    bool ok = ring_file_add(&f, e) &&
              ring_file_save(&f, asked->path, is_there ? RING_OVER : RING_NEW, e) &&
              keeping_check(db, &f, e);
    if (ok)
        printf("generation %lld %s\n", (long long)f.generations[f.n - 1].id,
               generation_state_name(f.generations[f.n - 1].state));
    ring_wipe(&f);
    return ok;
}

static bool rotate(struct db *db, const struct asked *asked, struct err *e)
{
    struct ring_file f = {0};
    bool ok = keeping_load(db, asked->path, &f, e);
    if (ok && f.generations[f.n - 1].state != GENERATION_WAITING)
        ok = ring_file_add(&f, e);
    ok = ok && ring_file_activate(&f, e) && keeping_check(db, &f, e) &&
         ring_file_save(&f, asked->path, RING_OVER, e);
    if (ok)
        printf("generation %lld active\n", (long long)ring_file_active(&f)->id);
    ring_wipe(&f);
    return ok && seal_anew(db, asked->path, e);
}

static bool has_settled(const struct generation *g)
{
    struct tm t = {0};
    return !strptime(g->since, "%Y-%m-%dT%H:%M:%SZ", &t) ||
           time(NULL) - timegm(&t) >= SETTLE_SECONDS;
}

static bool retire(struct db *db, const struct asked *asked, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct ring_file f = {0};
    int64_t id = 0, n = 0;
    if (!str_to_int64(asked->generation, &id) || id < 0)
        return err_set(e, ERR_INVALID, "\"%.*s\" is no number of a generation",
                       STR_ARG(asked->generation));
    bool ok = keeping_load(db, asked->path, &f, e) && second_count(db, id, &n, e);
    if (ok && n)
        ok = err_set(e, ERR_CONFLICT,
                     "generation %lld still seals %lld second factors: wait until servers have "
                     "sealed them again, or run shuzhi key rotate",
                     (long long)id, (long long)n);
    if (ok && !asked->is_now && !has_settled(ring_file_active(&f)))
        ok = err_set(e, ERR_BUSY,
                     "the active generation is younger than %d seconds: a server may not have "
                     "taken it up; --now when every server has",
                     SETTLE_SECONDS);
    ok = ok && ring_file_drop(&f, id, e) &&
         DB(db, &a, NULL, e,
            "update shuzhi.key_generation set retired = now() where id = $1 and retired is null",
            P_INT(&a, id)) &&
         ring_file_save(&f, asked->path, RING_OVER, e);
    if (ok)
        printf("generation %lld is gone: what it sealed opens no more\n", (long long)id);
    ring_wipe(&f);
    return ok;
}

/* The file holds the database's keys before the database loses them. */
static bool move_out(struct db *db, const struct asked *asked, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct ring_file f = {0};
    struct rows rows;
    struct ring *r = keeping_open(db, asked->path, e); /* makes the file */
    bool ok = r && keeping_load(db, asked->path, &f, e) && keeping_inside(db, &f, e) &&
              ring_file_save(&f, asked->path, RING_OVER, e) && seal_anew(db, asked->path, e) &&
              DB0(db, &a, &rows, e, "delete from shuzhi.secret");
    if (ok)
        printf("moved out of the database: %lld keys\n", (long long)rows.changed);
    ring_close(r);
    ring_wipe(&f);
    return ok;
}

int cmd_key(int argc, char **argv)
{
    static const struct option LONG[] = {
        {"token", required_argument, NULL, 't'}, {"now", no_argument, NULL, 'n'}, {0}};
    static const struct {
        const char *name;
        bool (*run)(struct db *db, const struct asked *asked, struct err *e);
        int arguments;
    } WHAT[] = {{"list", list, 0},
                {"new", add, 0},
                {"rotate", rotate, 0},
                {"retire", retire, 1},
                {"move", move_out, 0}};
    struct asked asked = {.path = settings_key_ring()};
    struct err e = {0};
    for (int c; (c = getopt_long(argc, argv, "", LONG, NULL)) != -1;) {
        if (c == 't')
            asked.token = optarg;
        else if (c == 'n')
            asked.is_now = true;
        else
            return usage();
    }
    size_t i = 0;
    while (i < COUNT(WHAT) && (optind >= argc || strcmp(argv[optind], WHAT[i].name) != 0))
        i++;
    if (i == COUNT(WHAT) || argc - optind != 1 + WHAT[i].arguments ||
        (asked.token && WHAT[i].run != add) || (asked.is_now && WHAT[i].run != retire))
        return usage();
    if (WHAT[i].arguments)
        asked.generation = str_from(argv[optind + 1]);
    mkdir("var", 0700);
    mkdir(settings_key_folder(), 0700);
    struct db *db = db_open(settings_database_url(), &e);
    bool ok =
        db && migrate_kernel(db, &e) && lock_ring(asked.path, &e) && WHAT[i].run(db, &asked, &e);
    db_close(db);
    return ok ? 0 : settings_fail(&e);
}
