#include "cmd/settings.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

str settings_database_url(void)
{
    static char url[PATH_MAX + 64];
    const char *given = getenv("SHUZHI_DATABASE_URL");
    char here[PATH_MAX];
    if (given && *given)
        return str_from(given);
    if (!getcwd(here, sizeof here))
        here[0] = '\0';
    snprintf(url, sizeof url, "host='%s/var/socket' dbname=shuzhi user=shuzhi", here);
    return str_from(url);
}

bool settings_reader_url(struct arena *a, str *url, struct err *e)
{
    const char *given = getenv("SHUZHI_READER_URL");
    if (given && *given) {
        *url = str_from(given);
        return true;
    }
    return db_url_as(a, settings_database_url(), "shuzhi_reader", url, e);
}

const char *settings_audit_key_path(void)
{
    const char *given = getenv("SHUZHI_AUDIT_KEY");
    return given && *given ? given : "var/audit-key.pem";
}

struct key *settings_audit_key(struct arena *a, struct sealer *how, struct err *e)
{
    enum { CHECKPOINT_MS = 60000 };
    const char *given = getenv("SHUZHI_AUDIT_KEY");
    const char *path = settings_audit_key_path();
    if (!given || !*given)
        mkdir("var", 0700);
    struct key *k = key_load_or_make(path, KEY_SM2, e);
    if (k && key_kind(k) != KEY_SM2) {
        key_destroy(k);
        err_set(e, ERR_INVALID, "%s is no SM2 key; see SHUZHI_AUDIT_KEY", path);
        return NULL;
    }
    *how = (struct sealer){
        .key = k, .head_path = arena_format(a, "%s.checkpoint", path).p, .every_ms = CHECKPOINT_MS};
    return k;
}

const char *settings_exchange_key(struct arena *a)
{
    const char *given = getenv("SHUZHI_EXCHANGE_KEY");
    if (given && *given)
        return arena_cstr(a, str_from(given));
    mkdir("var", 0700);
    return "var/exchange-key.pem";
}

const char *settings_key_folder(void)
{
    const char *given = getenv("SHUZHI_KEY_FOLDER");
    return given && *given ? given : "var/keys";
}

const char *settings_key_ring(void)
{
    static char path[PATH_MAX];
    const char *given = getenv("SHUZHI_KEY_RING");
    snprintf(path, sizeof path, "%s/ring.keys", settings_key_folder());
    return given && *given ? given : path;
}

int64_t settings_watch_ms(void)
{
    int64_t seconds = 60;
    str given = str_from(getenv("SHUZHI_WATCH_SECONDS"));
    if (!str_to_int64(given, &seconds) || seconds < 1 || seconds > 86400)
        seconds = 60;
    return seconds * 1000;
}

static double rate_of(const char *name, int64_t otherwise)
{
    int64_t n = otherwise;
    str given = str_from(getenv(name));
    if (!str_to_int64(given, &n) || n < 0 || n > 10000000)
        n = otherwise;
    return (double)n;
}

double settings_rate_address(void)
{
    return rate_of("SHUZHI_RATE_ADDRESS", 200);
}

double settings_rate_person(void)
{
    return rate_of("SHUZHI_RATE_PERSON", 40);
}

str settings_public_url(struct arena *a, const char *address, uint16_t port)
{
    str given = str_from(getenv("SHUZHI_PUBLIC_URL"));
    while (given.n && given.p[given.n - 1] == '/')
        given.n--;
    return given.n ? given : arena_format(a, "http://%s:%u", address, port);
}

int settings_fail(const struct err *e)
{
    fprintf(stderr, "shuzhi: %s%s%s%s\n", e->msg, e->at[0] ? " (at " : "", e->at,
            e->at[0] ? ")" : "");
    return err_exit_code(e->code ? e->code : ERR_BROKEN);
}

int settings_complain(const struct complaints *c, str only_below)
{
    size_t told = 0;
    for (size_t i = 0; i < c->n; i++) {
        const struct complaint *p = &c->items[i];
        if (only_below.n && !str_starts(p->file, only_below))
            continue;
        fprintf(stderr, "%.*s:%u: %.*s\n", STR_ARG(p->file), p->line, STR_ARG(p->reason));
        told++;
    }
    return told ? err_exit_code(ERR_INVALID) : 0;
}

static bool is_there(const struct bundle *s, str folder)
{
    for (size_t i = 0; i < s->n; i++) {
        if (str_equal(s->packages[i].folder, folder))
            return true;
    }
    return false;
}

static bool add_siblings(struct bundle *s, str parent, struct err *e)
{
    struct bundle all = {0};
    struct stat st;
    bool ok = stat(arena_cstr(&s->arena, parent), &st) != 0 || bundle_add_folders(&all, parent, e);
    for (size_t i = 0; ok && i < all.n; i++) {
        if (!is_there(s, all.packages[i].folder))
            ok = bundle_add_folder(s, all.packages[i].folder, e);
    }
    bundle_release(&all);
    return ok;
}

bool settings_read_packages(struct bundle *s, char **folders, int n, struct err *e)
{
    for (int i = 0; i < n; i++) {
        str folder = str_from(folders[i]);
        while (folder.n > 1 && folder.p[folder.n - 1] == '/')
            folder.n--;
        if (!is_there(s, folder) && !bundle_add_folder(s, folder, e))
            return false;
    }
    for (int i = 0; i < n; i++) {
        str folder = str_from(folders[i]);
        while (folder.n > 1 && folder.p[folder.n - 1] == '/')
            folder.n--;
        const char *slash = memrchr(folder.p, '/', folder.n);
        str parent = slash ? (str){folder.p, (size_t)(slash - folder.p)} : STR(".");
        slash = memrchr(parent.p, '/', parent.n);
        str above = slash ? (str){parent.p, (size_t)(slash - parent.p) + 1} : STR("");
        if (!add_siblings(s, parent, e) ||
            !add_siblings(s, arena_format(&s->arena, "%.*sapps", STR_ARG(above)), e) ||
            !add_siblings(s, arena_format(&s->arena, "%.*scounty", STR_ARG(above)), e))
            return false;
    }
    bundle_finish(s);
    return true;
}
