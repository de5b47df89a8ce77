/* Inside the room: what the readers of the file kinds share. */
#pragma once
#include "registry/bundle.h"
#include "registry/registry.h"

struct loading {
    struct registry *registry;
    struct complaints *complaints;
    struct arena *arena; /* of the registry */
    struct package *package;
    const struct bundle_package *source;
    str file;          /* the file being read, as in complaints: apps/person/app.yaml */
    struct map checks; /* checks/ files, to be compiled when all datasets are read */
};

/* True when nothing was complained of since. */
MUST_USE bool load_json(struct loading *l, const struct bundle_file *f, struct json *out);
struct title load_title(struct loading *l, const struct json *owner, const char *key);
/* Adds a complaint about the file at hand. */
void load_complain(struct loading *l, const struct json *where, const char *fmt, ...) PRINTF(3, 4)
    __attribute__((nonnull(3)));
/* Each id once in the whole house; lower-case letters, digits and hyphens. */
MUST_USE bool load_id(struct loading *l, const struct json *where, str id, struct map *taken);

void load_app(struct loading *l, const struct bundle_file *f);
void load_county(struct loading *l, const struct bundle_file *f);
void load_providers(struct loading *l, const struct bundle_file *f);
void load_clients(struct loading *l, const struct bundle_file *f);
void load_partners(struct loading *l, const struct bundle_file *f);
void load_calendar(struct loading *l, const struct bundle_file *f);
void load_rights(struct loading *l, const struct bundle_file *f);
void load_dataset(struct loading *l, const struct bundle_file *f);
void load_page(struct loading *l, const struct bundle_file *f);
void load_watch(struct loading *l, const struct bundle_file *f);
void load_resolve_watches(struct loading *l);
void load_feed(struct loading *l, const struct bundle_file *f);
void load_rules(struct loading *l, const struct bundle_file *f);
void load_checks(struct loading *l, const struct bundle_file *f);
void load_resolve_checks(struct loading *l);
void load_cases(struct loading *l, const struct bundle_file *f);
void load_resolve_cases(struct loading *l); /* after all rules are read */
void load_resolve_rights(struct loading *l);
/* After all files are read: what one file says of another. */
void load_resolve(struct loading *l);
