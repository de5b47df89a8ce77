#include "rules/running.h"

#include <pthread.h>

/* Each reads with both cores: more at once would only wait for each other, and take the threads
 * that answer everybody else. */
enum { MOST = 2, MAX_NAME = 128 };

struct running {
    bool is_used, is_stopped;
    char id[MAX_NAME], rule[MAX_NAME], login[MAX_NAME];
    struct running_state state;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct running all[MOST];

static bool is_one(const struct running *r, str id)
{
    return r->is_used && str_equal(str_from(r->id), id);
}

static bool is_of(const struct running *r, str id, str rule, str login)
{
    return is_one(r, id) && str_equal(str_from(r->rule), rule) &&
           str_equal(str_from(r->login), login);
}

static void keep(char *to, str name)
{
    snprintf(to, MAX_NAME, "%.*s", STR_ARG(name));
}

struct running *running_begin(str id, str rule, str login, int64_t expected, struct err *e)
{
    struct running *r = NULL;
    bool is_taken = false;
    if (id.n >= MAX_NAME || rule.n >= MAX_NAME || login.n >= MAX_NAME) {
        err_set(e, ERR_LIMIT, "a name of %d bytes or more", MAX_NAME);
        return NULL;
    }
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < MOST; i++) {
        is_taken |= is_one(&all[i], id);
        r = all[i].is_used ? r : &all[i];
    }
    if (r && !is_taken) {
        *r = (struct running){.is_used = true, .state = {.expected = expected}};
        keep(r->id, id);
        keep(r->rule, rule);
        keep(r->login, login);
    }
    pthread_mutex_unlock(&lock);
    if (is_taken) {
        err_set(e, ERR_CONFLICT, "a simulation with this number runs already");
        err_zh(e, "同号的模拟正在进行");
        return NULL;
    }
    if (!r) {
        err_set(e, ERR_LIMIT, "%d simulations are running; try again when one has ended", MOST);
        err_zh(e, "已有 %d 个模拟正在进行，请等其中一个结束后再试", MOST);
    }
    return r;
}

bool running_step(void *running, size_t rows)
{
    struct running *r = running;
    pthread_mutex_lock(&lock);
    r->state.rows = (int64_t)rows;
    bool goes_on = !r->is_stopped;
    pthread_mutex_unlock(&lock);
    return goes_on;
}

bool running_is_stopped(const struct running *r)
{
    pthread_mutex_lock(&lock);
    bool is_stopped = r->is_stopped;
    pthread_mutex_unlock(&lock);
    return is_stopped;
}

void running_end(struct running *r)
{
    if (!r)
        return;
    pthread_mutex_lock(&lock);
    r->is_used = false;
    pthread_mutex_unlock(&lock);
}

bool running_find(str id, str rule, str login, struct running_state *state)
{
    bool is_found = false;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < MOST && !is_found; i++) {
        is_found = is_of(&all[i], id, rule, login);
        if (is_found)
            *state = all[i].state;
    }
    pthread_mutex_unlock(&lock);
    return is_found;
}

bool running_stop(str id, str rule, str login)
{
    bool is_found = false;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < MOST && !is_found; i++) {
        is_found = is_of(&all[i], id, rule, login);
        if (is_found)
            all[i].is_stopped = true;
    }
    pthread_mutex_unlock(&lock);
    return is_found;
}
