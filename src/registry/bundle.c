#include "registry/bundle.h"

#include "base/digest.h"
#include "base/map.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

enum { MAX_FILE = 8 << 20, MAX_DEPTH = 3 };

/* Kinds that travel with the package into the database; seeds and demo recipes too. */
static const char *const ENDINGS[] = {".yaml", ".json", ".csv", ".dmn", ".bpmn", ".sql", ".md"};

static bool is_kept(str name)
{
    for (size_t i = 0; i < COUNT(ENDINGS); i++) {
        if (str_ends(name, str_from(ENDINGS[i])))
            return true;
    }
    return false;
}

static bool add_file(struct bundle *s, struct bundle_package *p, str path, str on_disk, off_t size,
                     struct err *e)
{
    char *bytes = arena_alloc(&s->arena, (size_t)size + 1, 1);
    FILE *f = fopen(on_disk.p, "rb");
    bool ok = f && fread(bytes, 1, (size_t)size, f) == (size_t)size;
    if (f)
        fclose(f);
    if (!ok)
        return err_set(e, ERR_BROKEN, "cannot read %s: %s", on_disk.p, strerror(errno));
    if (!utf8_is_valid((str){bytes, (size_t)size}) || memchr(bytes, 0, (size_t)size))
        return err_set(e, ERR_INVALID, "%s is not UTF-8 text", on_disk.p);
    VEC_ADD(&s->arena, p->files, p->n, p->size) = (struct bundle_file){path, {bytes, (size_t)size}};
    return true;
}

static bool add_entry(struct bundle *s, struct bundle_package *p, str prefix, const char *name,
                      int depth, struct err *e);

static bool walk(struct bundle *s, struct bundle_package *p, str prefix, int depth, struct err *e)
{
    str folder = arena_format(&s->arena, "%.*s/%.*s", STR_ARG(p->folder), STR_ARG(prefix));
    DIR *dir = opendir(folder.p);
    if (!dir)
        return err_set(e, ERR_MISSING, "cannot open the folder %s: %s", folder.p, strerror(errno));
    bool ok = true;
    for (struct dirent *d; ok && (d = readdir(dir));) {
        if (d->d_name[0] != '.')
            ok = add_entry(s, p, prefix, d->d_name, depth, e);
    }
    closedir(dir);
    return ok;
}

static bool add_entry(struct bundle *s, struct bundle_package *p, str prefix, const char *name,
                      int depth, struct err *e)
{
    struct stat st;
    str path = arena_format(&s->arena, "%.*s%s", STR_ARG(prefix), name);
    str on_disk = arena_format(&s->arena, "%.*s/%s", STR_ARG(p->folder), path.p);
    if (lstat(on_disk.p, &st) != 0)
        return err_set(e, ERR_BROKEN, "cannot look at %s: %s", on_disk.p, strerror(errno));
    if (S_ISLNK(st.st_mode))
        return err_set(e, ERR_INVALID, "%s is a symbolic link; a package holds only files",
                       on_disk.p);
    if (S_ISDIR(st.st_mode))
        return depth >= MAX_DEPTH ||
               walk(s, p, arena_format(&s->arena, "%s/", path.p), depth + 1, e);
    if (!S_ISREG(st.st_mode) || !is_kept(path))
        return true;
    if (st.st_size > MAX_FILE)
        return err_set(e, ERR_LIMIT, "%s has more than %d bytes", on_disk.p, MAX_FILE);
    return add_file(s, p, path, on_disk, st.st_size, e);
}

static bool is_package(const char *folder, struct arena *a)
{
    struct stat st;
    return stat(arena_format(a, "%s/app.yaml", folder).p, &st) == 0 ||
           stat(arena_format(a, "%s/county.yaml", folder).p, &st) == 0;
}

bool bundle_add_folder(struct bundle *s, str folder, struct err *e)
{
    while (folder.n > 1 && folder.p[folder.n - 1] == '/')
        folder.n--;
    const char *slash = memrchr(folder.p, '/', folder.n);
    str id = slash ? (str){slash + 1, (size_t)(folder.p + folder.n - slash - 1)} : folder;
    struct bundle_package p = {.id = arena_copy(&s->arena, id),
                               .folder = arena_copy(&s->arena, folder)};
    if (!is_package(p.folder.p, &s->arena))
        return err_set(e, ERR_INVALID, "%s is no package: it has neither app.yaml nor county.yaml",
                       p.folder.p);
    if (!walk(s, &p, STR(""), 0, e))
        return false;
    VEC_ADD(&s->arena, s->packages, s->n, s->size) = p;
    return true;
}

bool bundle_add_folders(struct bundle *s, str parent, struct err *e)
{
    DIR *dir = opendir(arena_cstr(&s->arena, parent));
    if (!dir)
        return err_set(e, ERR_MISSING, "cannot open the folder %.*s: %s", STR_ARG(parent),
                       strerror(errno));
    bool ok = true;
    for (struct dirent *d; ok && (d = readdir(dir));) {
        str folder = arena_format(&s->arena, "%.*s/%s", STR_ARG(parent), d->d_name);
        if (d->d_name[0] != '.' && is_package(folder.p, &s->arena))
            ok = bundle_add_folder(s, folder, e);
    }
    closedir(dir);
    return ok;
}

bool bundle_add_database(struct bundle *s, struct db *db, struct err *e)
{
    struct rows rows;
    if (!DB0(db, &s->arena, &rows, e,
             "select f.package, f.path, f.content from shuzhi.package_file f order by 1, 2"))
        return false;
    struct bundle_package *p = NULL;
    for (size_t i = 0; i < rows.n; i++) {
        str id = rows_text(&rows, i, 0);
        if (!p || !str_equal(p->id, id)) {
            VEC_ADD(&s->arena, s->packages, s->n, s->size) =
                (struct bundle_package){.id = id, .folder = id};
            p = &s->packages[s->n - 1];
        }
        VEC_ADD(&s->arena, p->files, p->n, p->size) =
            (struct bundle_file){rows_text(&rows, i, 1), rows_text(&rows, i, 2)};
    }
    return true;
}

static int by_path(const void *a, const void *b)
{
    const struct bundle_file *x = a, *y = b;
    return str_compare(x->path, y->path);
}

static int by_id(const void *a, const void *b)
{
    const struct bundle_package *x = a, *y = b;
    return str_compare(x->id, y->id);
}

void bundle_finish(struct bundle *s)
{
    if (s->n)
        qsort(s->packages, s->n, sizeof *s->packages, by_id);
    for (size_t i = 0; i < s->n; i++) {
        struct bundle_package *p = &s->packages[i];
        struct digest d;
        uint8_t out[DIGEST_BYTES];
        if (p->n)
            qsort(p->files, p->n, sizeof *p->files, by_path);
        digest_begin(&d);
        for (size_t j = 0; j < p->n; j++) {
            digest_add(&d, p->files[j].path);
            digest_add(&d, (str){"", 1});
            digest_add(&d, p->files[j].content);
            digest_add(&d, (str){"", 1});
        }
        digest_end(&d, out);
        p->digest = bytes_to_hex(&s->arena, out, sizeof out);
    }
}

void bundle_release(struct bundle *s)
{
    arena_release(&s->arena);
    *s = (struct bundle){0};
}

const struct bundle_file *bundle_find(const struct bundle_package *p, str path)
{
    for (size_t i = 0; i < p->n; i++) {
        if (str_equal(p->files[i].path, path))
            return &p->files[i];
    }
    return NULL;
}
