/* shuzhi validate: files against a JSON Schema, or a stream of schemas and instances. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "base/map.h"
#include "cmd/command.h"
#include "text/jsonl.h"
#include "text/schema.h"
#include "text/uri.h"
#include "text/yaml.h"

enum { MAX_FILE = 256 << 20, MAX_CACHED = 4000 };

/* Documents by URI: local files only, and in a batch the folder remotes/ that stands for a server
 * which is never asked. */
struct shelf {
    struct arena *arena;
    struct map documents; /* URI -> struct json */
    str prefix, folder;   /* URIs that begin so are files below folder */
    struct err err;       /* why a file that is meant could not be read */
};

static bool read_file(const char *path, struct arena *a, str *text, struct err *e)
{
    struct source_file file;
    int fd = strcmp(path, "-") == 0 ? dup(0) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(e, ERR_MISSING, "cannot open %s: %s", path, strerror(errno));
    bool ok = source_read_all(source_of_file(&file, fd), MAX_FILE, text, e);
    close(fd);
    if (ok)
        arena_defer(a, free, (void *)(uintptr_t)text->p);
    return ok || err_at(e, "%s", path);
}

static bool is_yaml(str path)
{
    return str_ends(path, STR(".yaml")) || str_ends(path, STR(".yml"));
}

static bool read_value(const char *path, struct arena *a, struct json *v, struct err *e)
{
    str text;
    if (!read_file(path, a, &text, e))
        return false;
    bool ok = is_yaml(str_from(path)) ? yaml_parse(v, text, a, e) : json_parse(v, text, a, e);
    return ok || err_at(e, "%s", path);
}

static const struct json *find_document(void *arg, str uri)
{
    struct shelf *s = arg;
    const struct json *known = map_find(&s->documents, uri);
    if (known)
        return known;
    if (!str_starts(uri, s->prefix))
        return NULL;
    str rest = uri_decode(str_slice(uri, s->prefix.n, uri.n), s->arena);
    if (rest.n == 0 || str_find(rest, STR("..")) != SIZE_MAX || memchr(rest.p, 0, rest.n))
        return NULL;
    struct json *v = arena_new(s->arena, struct json);
    str path = arena_format(s->arena, "%.*s%.*s", STR_ARG(s->folder), STR_ARG(rest));
    if (!read_value(path.p, s->arena, v, &s->err))
        return NULL;
    map_set(&s->documents, s->arena, arena_copy(s->arena, uri), v);
    return v;
}

/* --batch */

struct batch {
    struct arena schemas; /* lives as long as the cache */
    struct map cache;     /* options and schema text -> struct cached */
    struct shelf shelf;
    struct buf key, out;
};

struct cached {
    struct schema *schema; /* NULL: failed, with err */
    struct err err;
};

static void open_cache(struct batch *b)
{
    arena_reset(&b->schemas);
    b->cache = (struct map){0};
    b->shelf = (struct shelf){
        .arena = &b->schemas, .prefix = STR("http://localhost:1234/"), .folder = STR("remotes/")};
}

static const struct cached *get_schema(struct batch *b, const struct json *schema, bool asserts)
{
    buf_clear(&b->key);
    buf_add_char(&b->key, asserts ? 'f' : '-');
    json_write(&b->key, schema);
    const struct cached *known = map_find(&b->cache, buf_str(&b->key));
    if (known)
        return known;
    if (b->cache.n >= MAX_CACHED || arena_used(&b->schemas) > 256u << 20)
        open_cache(b);
    struct cached *c = arena_new(&b->schemas, struct cached);
    struct json *own = arena_new(&b->schemas, struct json);
    struct schema_others others = {find_document, &b->shelf};
    str key = arena_copy(&b->schemas, buf_str(&b->key));
    if (json_parse(own, str_slice(key, 1, key.n), &b->schemas, &c->err))
        c->schema = schema_compile(own, (str){0}, &others, asserts ? SCHEMA_ASSERT_FORMATS : 0,
                                   &b->schemas, &c->err);
    map_set(&b->cache, &b->schemas, key, c);
    return c;
}

static void answer(struct batch *b, str line)
{
    ARENA_SCOPED struct arena a = {0};
    struct json request;
    struct err e = {0};
    const struct cached *c = NULL;
    const struct json *id = NULL, *schema, *instance = NULL;
    if (json_parse(&request, line, &a, &e)) {
        id = json_find(&request, "id");
        schema = json_find(&request, "schema");
        instance = json_find(&request, "instance");
        if (!schema || !instance)
            err_set(&e, ERR_INVALID, "expected \"schema\" and \"instance\"");
        else if (!(c = get_schema(b, schema, json_flag(&request, "assertFormat", false)))->schema)
            e = c->err;
    }
    buf_add_lit(&b->out, "{\"id\":");
    if (id)
        json_write(&b->out, id);
    else
        buf_add_lit(&b->out, "null");
    if (e.code) {
        buf_add_lit(&b->out, ",\"error\":");
        json_write_string(&b->out, arena_format(&a, "%s%s%s", e.at, *e.at ? ": " : "", e.msg));
    } else {
        buf_add(&b->out, schema_accepts(c->schema, instance) ? STR(",\"valid\":true")
                                                             : STR(",\"valid\":false"));
    }
    buf_add_lit(&b->out, "}\n");
}

static bool write_out(struct buf *out, struct err *e)
{
    if (fwrite(out->p, 1, out->n, stdout) != out->n || fflush(stdout) != 0)
        return err_set(e, ERR_BROKEN, "cannot write: %s", strerror(errno));
    buf_clear(out);
    return true;
}

static bool run_batch(struct err *e)
{
    struct batch b = {0};
    struct jsonl lines;
    struct source_file file;
    str line;
    bool has_line, ok;
    open_cache(&b);
    buf_init(&b.key, JSONL_MAX_LINE + 1);
    buf_init(&b.out, 64 << 20);
    jsonl_open(&lines, source_of_file(&file, 0), 0);
    while ((ok = jsonl_take_line(&lines, &line, &has_line, e)) && has_line) {
        answer(&b, line);
        /* Answer at once when nothing more is waiting: the other side may. */
        bool is_waiting = memchr(lines.buf.p + lines.taken, '\n', lines.buf.n - lines.taken);
        if ((!is_waiting || b.out.n > 1 << 16) && !(ok = write_out(&b.out, e)))
            break;
    }
    jsonl_close(&lines);
    buf_release(&b.key);
    buf_release(&b.out);
    arena_release(&b.schemas);
    return ok;
}

/* SCHEMA FILE... */

struct report {
    const char *file;
    uint64_t line; /* of a JSON line; 0: the value's own */
    bool is_zh;
    uint64_t count;
};

static bool print_violation(void *arg, const struct schema_violation *v)
{
    struct report *r = arg;
    BUF_SCOPED struct buf text;
    buf_init(&text, 1 << 16);
    if (r->is_zh)
        schema_explain_zh(&text, v);
    else
        schema_explain_en(&text, v);
    printf("%s:%llu: %.*s: %s: %.*s\n", r->file,
           (unsigned long long)(r->line ? r->line : v->instance->line),
           (int)(v->path.n ? v->path.n : 1), v->path.n ? v->path.p : "/", v->keyword,
           STR_ARG(buf_str(&text)));
    r->count++;
    return true;
}

static bool check_lines(const struct schema *s, struct report *r, struct err *e)
{
    struct source_file file;
    struct jsonl lines;
    str line;
    bool has_line, ok;
    int fd = open(r->file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(e, ERR_MISSING, "cannot open %s: %s", r->file, strerror(errno));
    ARENA_SCOPED struct arena a = {0};
    jsonl_open(&lines, source_of_file(&file, fd), 0);
    while ((ok = jsonl_take_line(&lines, &line, &has_line, e)) && has_line) {
        struct json v;
        struct err wrong = {0};
        r->line = lines.line;
        if (json_parse(&v, line, &a, &wrong)) {
            schema_validate(s, &v, print_violation, r);
        } else {
            const char *what = strstr(wrong.msg, "column ");
            printf("%s:%llu: %s\n", r->file, (unsigned long long)lines.line,
                   what ? what : wrong.msg);
            r->count++;
        }
        arena_reset(&a);
    }
    jsonl_close(&lines);
    close(fd);
    return ok;
}

static bool check_file(const struct schema *s, struct report *r, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct json v;
    str name = str_from(r->file);
    if (str_ends(name, STR(".jsonl")) || str_ends(name, STR(".ndjson")))
        return check_lines(s, r, e);
    r->line = 0;
    if (!read_value(r->file, &a, &v, e))
        return false;
    schema_validate(s, &v, print_violation, r);
    return true;
}

static bool run_files(int n, char **files, bool is_zh, uint64_t *count, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    char full[PATH_MAX];
    struct json document;
    struct shelf shelf = {.arena = &a, .prefix = STR("file:///"), .folder = STR("/")};
    struct schema_others others = {find_document, &shelf};
    if (!realpath(files[0], full))
        return err_set(e, ERR_MISSING, "cannot open %s: %s", files[0], strerror(errno));
    if (!read_value(full, &a, &document, e))
        return false;
    struct schema *s = schema_compile(&document, arena_format(&a, "file://%s", full), &others,
                                      SCHEMA_ASSERT_FORMATS, &a, e);
    if (!s)
        fprintf(stderr, "shuzhi validate: %s is no schema that can be used:\n", files[0]);
    if (!s && shelf.err.code) /* the file is there, but says nothing */
        *e = shelf.err;
    if (!s)
        return false;
    for (int i = 1; i < n; i++) {
        struct report r = {.file = files[i], .is_zh = is_zh};
        if (!check_file(s, &r, e))
            return false;
        *count += r.count;
    }
    return true;
}

static bool speaks_chinese(void)
{
    const char *lang = getenv("LC_ALL");
    if (!lang || !*lang)
        lang = getenv("LC_MESSAGES");
    if (!lang || !*lang)
        lang = getenv("LANG");
    return lang && strncmp(lang, "zh", 2) == 0;
}

int cmd_validate(int argc, char **argv)
{
    struct err e = {0};
    uint64_t count = 0;
    bool is_zh = speaks_chinese(), is_batch = false;
    int i = 1;
    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        if (strcmp(argv[i], "--batch") == 0)
            is_batch = true;
        else if (strcmp(argv[i], "--zh") == 0 || strcmp(argv[i], "--en") == 0)
            is_zh = argv[i][2] == 'z';
        else
            err_set(&e, ERR_INVALID, "unknown option %s; see shuzhi help validate", argv[i]);
    }
    if (!e.code && is_batch)
        (void)run_batch(&e);
    else if (!e.code && argc - i < 1)
        err_set(&e, ERR_INVALID, "expected a schema and files; see shuzhi help validate");
    else if (!e.code)
        (void)run_files(argc - i, argv + i, is_zh, &count, &e);
    if (e.code)
        fprintf(stderr, "shuzhi validate: %s%s%s\n", e.at, *e.at ? ": " : "", e.msg);
    return e.code ? err_exit_code(e.code) : count ? err_exit_code(ERR_INVALID) : 0;
}
