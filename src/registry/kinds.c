#include "registry/kinds.h"

#include "base/embed.h"
#include "text/schema.h"

#include <pthread.h>

enum { MAX_KINDS = 16, MAX_TOLD = 20 };

static struct {
    const char *file;
    struct schema *schema;
} compiled[MAX_KINDS];
static struct arena schema_arena; /* lives as long as the process */

static void compile_all(void)
{
    size_t n = 0;
    for (const struct embedded *f = KIND_SCHEMAS; f->name && n < MAX_KINDS; f++) {
        struct json *document = arena_new(&schema_arena, struct json);
        struct err e = {0};
        if (!json_parse(document, f->text, &schema_arena, &e))
            abort(); /* they are ours */
        compiled[n].schema =
            schema_compile(document, STR(""), NULL, SCHEMA_ASSERT_FORMATS, &schema_arena, &e);
        if (!compiled[n].schema)
            abort();
        compiled[n++].file = f->name;
    }
}

static const struct schema *schema_of(const char *kind)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    char file[64];
    pthread_once(&once, compile_all);
    snprintf(file, sizeof file, "%s.schema.json", kind);
    for (size_t i = 0; i < MAX_KINDS && compiled[i].file; i++) {
        if (strcmp(compiled[i].file, file) == 0)
            return compiled[i].schema;
    }
    return NULL;
}

struct telling {
    struct loading *l;
    size_t n;
};

/* A surplus member is told where it stands, not where its object begins. */
static const struct json *place_of(const struct schema_violation *v)
{
    const struct json *member = v->name.n ? json_find_str(v->instance, v->name) : NULL;
    return member ? member : v->instance;
}

static bool tell(void *arg, const struct schema_violation *v)
{
    struct telling *t = arg;
    BUF_SCOPED struct buf words = {.max = 500};
    schema_explain_en(&words, v);
    /* What is asked for, in the schema's words, where the sentence shows only a pattern or list. */
    const struct json *description = json_find(v->schema, "description");
    bool is_bare = strcmp(v->keyword, "pattern") == 0 || strcmp(v->keyword, "enum") == 0;
    if (is_bare && description && description->type == JSON_STRING && words.n < 200)
        buf_add_format(&words, " (%.*s)", STR_ARG(description->text));
    load_complain(t->l, place_of(v), "%.*s%s%.*s", STR_ARG(v->path.n ? v->path : STR("the file")),
                  " ", STR_ARG(buf_str(&words)));
    return ++t->n < MAX_TOLD;
}

bool kinds_check(struct loading *l, const char *kind, const struct json *v)
{
    const struct schema *s = kind ? schema_of(kind) : NULL;
    struct telling t = {l, 0};
    return !s || schema_accepts(s, v) || schema_validate(s, v, tell, &t);
}
