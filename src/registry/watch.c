/* watch/NAME.yaml: which looks of staff are unusual. */
#include "registry/load.h"

static const char *const KINDS[] = {
#define X(code, name) name,
    WATCH_KINDS(X)
#undef X
};

const char *watch_kind_name(enum watch_kind k)
{
    return KINDS[k];
}

void load_watch(struct loading *l, const struct bundle_file *f)
{
    struct json *v = arena_new(l->arena, struct json);
    struct watch *w = arena_new(l->arena, struct watch);
    if (!load_json(l, f, v))
        return;
    const struct json *factor = json_find(v, "factor");
    *w = (struct watch){.id = json_text(v, "id", STR("")),
                        .file = l->file,
                        .title = load_title(l, v, "title"),
                        .at_least = json_int(v, "at_least", 1),
                        .factor = factor ? factor->text : STR("1"),
                        .from = (int)json_int(v, "from", 0),
                        .to = (int)json_int(v, "to", 0),
                        .counts_rest_days = json_flag(v, "rest_days", false),
                        .working_days = (int)json_int(v, "working_days", 5),
                        .definition = v};
    for (size_t i = 0; i < COUNT(KINDS); i++) {
        if (str_is(json_text(v, "kind", STR("")), KINDS[i]))
            w->kind = (enum watch_kind)i;
    }
    if (load_id(l, v, w->id, &l->registry->watches))
        map_set(&l->registry->watches, l->arena, w->id, w);
}

const struct field *watch_person_field(const struct dataset *d)
{
    for (size_t i = 0; d && i < d->field_count; i++) {
        if (str_is(d->fields[i].format, "resident-id") && d->fields[i].is_key)
            return &d->fields[i];
    }
    for (size_t i = 0; d && i < d->field_count; i++) {
        if (str_is(d->fields[i].format, "resident-id"))
            return &d->fields[i];
    }
    return NULL;
}

static void resolve_same(struct loading *l, const struct watch *w, const struct json *group)
{
    str rest = group->text, part, name;
    while (str_take_part(&rest, ' ', &part)) {
        str tail = part;
        if (!str_take_part(&tail, ':', &name) || field_find(w->dataset, name))
            continue;
        load_complain(l, group, "\"%.*s\" is no field of %.*s", STR_ARG(name),
                      STR_ARG(w->dataset->id));
    }
}

void load_resolve_watches(struct loading *l)
{
    for (size_t i = 0; i < l->registry->watches.n; i++) {
        struct watch *w = l->registry->watches.entries[i].value;
        const struct json *same = json_find(w->definition, "same");
        str id = json_text(w->definition, "dataset", STR(""));
        l->file = w->file;
        if (!id.n)
            continue;
        w->dataset = dataset_find(l->registry, id);
        if (!w->dataset) {
            load_complain(l, json_find(w->definition, "dataset"), "dataset \"%.*s\" is not there",
                          STR_ARG(id));
            continue;
        }
        if ((w->kind == WATCH_KIN || w->kind == WATCH_OWN) && !watch_person_field(w->dataset))
            load_complain(l, json_find(w->definition, "dataset"),
                          "%.*s has no field of format resident-id to know one's own record by",
                          STR_ARG(id));
        for (size_t k = 0; w->kind == WATCH_KIN && k < same->array.n; k++)
            resolve_same(l, w, &same->array.items[k]);
    }
}
