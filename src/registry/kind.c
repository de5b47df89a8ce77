#include "registry/kind.h"

#include "base/map.h"
#include "text/schema.h"

#include <pthread.h>

enum { MAX_KINDS = 16, MAX_TOLD = 20 };

static const struct schema *schemas[MAX_KINDS];
static struct arena schema_arena; /* as long as the process */

static void compile_all(void)
{
    for (size_t i = 0; i < MAX_KINDS && KIND_SCHEMAS[i].name; i++) {
        struct json *document = arena_new(&schema_arena, struct json);
        struct err e = {0};
        if (!json_parse(document, KIND_SCHEMAS[i].text, &schema_arena, &e) ||
            !(schemas[i] = schema_compile(document, STR(""), NULL, 0, &schema_arena, &e))) {
            fprintf(stderr, "%s: %s (at %s)\n", KIND_SCHEMAS[i].name, e.msg, e.at);
            abort(); /* they are ours */
        }
    }
}

static const struct schema *find(const char *kind)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    size_t n = strlen(kind);
    pthread_once(&once, compile_all);
    for (size_t i = 0; i < MAX_KINDS && KIND_SCHEMAS[i].name; i++) {
        if (strncmp(KIND_SCHEMAS[i].name, kind, n) == 0 && KIND_SCHEMAS[i].name[n] == '.')
            return schemas[i];
    }
    fprintf(stderr, "no schema for package files of the kind %s\n", kind);
    abort();
}

struct telling {
    kind_listener *tell;
    void *arg;
    int told;
};

/* The surplus member's own line, where it is one. */
static uint32_t line_of(const struct schema_violation *v)
{
    const struct json *member = v->name.n ? json_find_str(v->instance, v->name) : NULL;
    return member ? member->line : v->instance->line;
}

static bool visit(void *arg, const struct schema_violation *v)
{
    struct telling *t = arg;
    BUF_SCOPED struct buf reason = {.max = 500};
    if (v->path.n)
        buf_add_format(&reason, "%.*s: ", STR_ARG(v->path));
    schema_explain_en(&reason, v);
    const struct json *description = json_find(v->schema, "description");
    if (description && description->type == JSON_STRING && reason.n < 200 &&
        strcmp(v->keyword, "additionalProperties") != 0 && strcmp(v->keyword, "required") != 0)
        buf_add_format(&reason, " (%.*s)", STR_ARG(description->text));
    t->tell(t->arg, line_of(v), utf8_clip(buf_str(&reason), 500));
    return ++t->told < MAX_TOLD;
}

bool kind_check(const char *kind, const struct json *content, kind_listener *tell, void *arg)
{
    const struct schema *s = find(kind);
    struct telling t = {tell, arg, 0};
    return schema_accepts(s, content) || schema_validate(s, content, visit, &t);
}
