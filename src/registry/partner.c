/* partners.yaml: the counties this one exchanges data with. */
#include "base/key.h"
#include "registry/load.h"

static bool is_sm2(struct loading *l, const struct json *where, str pem)
{
    struct err e = {0};
    struct key *k = key_parse(pem, &e);
    bool ok = k && key_kind(k) == KEY_SM2;
    key_destroy(k);
    if (!ok)
        load_complain(l, where, "this is no SM2 public key: %s", k ? "another kind" : e.msg);
    return ok;
}

static void load_keys(struct loading *l, const struct json *list, struct partner *p)
{
    p->keys = arena_array(l->arena, str, list->array.n);
    for (size_t i = 0; i < list->array.n; i++) {
        if (is_sm2(l, &list->array.items[i], list->array.items[i].text))
            p->keys[p->key_count++] = list->array.items[i].text;
    }
}

void load_partners(struct loading *l, const struct bundle_file *f)
{
    struct json *v = arena_new(l->arena, struct json);
    if (!str_is(f->path, "partners.yaml") || !load_json(l, f, v))
        return;
    const struct json *partners = json_find(v, "partners");
    for (size_t i = 0; i < partners->array.n; i++) {
        const struct json *j = &partners->array.items[i];
        struct partner *p = arena_new(l->arena, struct partner);
        *p = (struct partner){.id = json_text(j, "id", STR("")),
                              .title = load_title(l, j, "title"),
                              .division = json_text(j, "division", STR("")),
                              .url = json_text(j, "url", STR(""))};
        load_keys(l, json_find(j, "keys"), p);
        if (load_id(l, j, p->id, &l->registry->partners))
            map_set(&l->registry->partners, l->arena, p->id, p);
    }
}

const struct partner *partner_find(const struct registry *r, str id)
{
    return map_find(&r->partners, id);
}

str partner_organisation(struct arena *a, str id)
{
    return arena_format(a, PARTNER_PREFIX "%.*s", STR_ARG(id));
}
