#include "http/static.h"

#include "base/map.h"

#include <dirent.h>
#include <sys/stat.h>

enum { MAX_FILE = 32 << 20, MAX_FILES = 2000, MAX_FOLDERS = 4 };

struct static_file {
    str path, type, bytes, gzip;
    bool is_hashed; /* its name changes with its content */
};

struct static_files {
    struct arena arena;
    struct map by_path;
};

static const struct {
    const char *ending, *type;
} TYPES[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
};

static str type_of(str path)
{
    for (size_t i = 0; i < COUNT(TYPES); i++) {
        if (str_ends(path, str_from(TYPES[i].ending)))
            return str_from(TYPES[i].type);
    }
    return STR("application/octet-stream");
}

static bool read_whole(struct arena *a, const char *path, off_t size, str *out)
{
    FILE *f = fopen(path, "rb");
    char *p = arena_alloc(a, (size_t)size + 1, 1);
    bool ok = f && fread(p, 1, (size_t)size, f) == (size_t)size;
    if (f)
        fclose(f);
    *out = (str){p, (size_t)size};
    return ok;
}

static bool load_folder(struct static_files *s, str folder, str prefix, int depth, struct err *e)
{
    struct arena *a = &s->arena;
    DIR *dir = opendir(arena_cstr(a, folder));
    if (!dir)
        return true;
    for (struct dirent *d; !e->code && (d = readdir(dir));) {
        struct stat st;
        str path = arena_format(a, "%.*s/%s", STR_ARG(folder), d->d_name);
        str name = arena_format(a, "%.*s/%s", STR_ARG(prefix), d->d_name);
        if (d->d_name[0] == '.' || stat(path.p, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode) && depth < MAX_FOLDERS) {
            if (!load_folder(s, path, name, depth + 1, e))
                break;
            continue;
        }
        struct static_file *f = arena_new(a, struct static_file);
        if (!S_ISREG(st.st_mode) || st.st_size > MAX_FILE || s->by_path.n >= MAX_FILES)
            continue;
        *f = (struct static_file){.path = name, .type = type_of(name)};
        f->is_hashed = str_find(name, STR("/assets/")) != SIZE_MAX;
        if (!read_whole(a, path.p, st.st_size, &f->bytes))
            err_set(e, ERR_BROKEN, "cannot read %s", path.p);
        map_set(&s->by_path, a, name, f);
    }
    closedir(dir);
    return !e->code;
}

struct static_files *static_load(str folder, struct err *e)
{
    struct static_files *s = calloc(1, sizeof *s);
    if (!s || !load_folder(s, folder, STR(""), 0, e)) {
        static_free(s);
        return NULL;
    }
    for (size_t i = 0; i < s->by_path.n; i++) { /* made by the web build beside the plain ones */
        struct static_file *f = s->by_path.entries[i].value;
        struct static_file *gz =
            map_find(&s->by_path, arena_format(&s->arena, "%.*s.gz", STR_ARG(f->path)));
        if (gz)
            f->gzip = gz->bytes;
    }
    return s;
}

void static_free(struct static_files *s)
{
    if (!s)
        return;
    arena_release(&s->arena);
    free(s);
}

bool static_answer(const struct static_files *s, str path, bool takes_gzip, struct response *rs)
{
    const struct static_file *f = map_find(&s->by_path, path);
    const char *dot = memrchr(path.p, '.', path.n);
    if (!f && !dot)
        f = map_find(&s->by_path, STR("/index.html"));
    if (!f)
        return false;
    rs->status = 200;
    rs->type = f->type;
    rs->body_static = takes_gzip && f->gzip.p ? f->gzip : f->bytes;
    if (takes_gzip && f->gzip.p)
        response_header(rs, STR("Content-Encoding"), STR("gzip"));
    response_header(rs, STR("Vary"), STR("Accept-Encoding"));
    response_header(rs, STR("Cache-Control"),
                    f->is_hashed ? STR("public, max-age=31536000, immutable") : STR("no-cache"));
    return true;
}
