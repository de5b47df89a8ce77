/* clients.yaml and providers.yaml: who may sign people in here, or call as themselves; who says
 * here who somebody is. */
#include "registry/load.h"

static str *load_texts(struct loading *l, const struct json *list, size_t *n)
{
    *n = 0;
    if (!list || list->type != JSON_ARRAY)
        return NULL;
    str *out = arena_array(l->arena, str, list->array.n);
    for (size_t i = 0; i < list->array.n; i++)
        out[(*n)++] = list->array.items[i].text;
    return out;
}

void load_clients(struct loading *l, const struct bundle_file *f)
{
    struct json *v = arena_new(l->arena, struct json);
    if (!str_is(f->path, "clients.yaml") || !load_json(l, f, v))
        return;
    const struct json *clients = json_find(v, "clients");
    for (size_t i = 0; i < clients->array.n; i++) {
        const struct json *j = &clients->array.items[i];
        struct client *c = arena_new(l->arena, struct client);
        *c = (struct client){.id = json_text(j, "id", STR("")),
                             .title = load_title(l, j, "title"),
                             .secret_digest = json_text(j, "secret_digest", STR("")),
                             .account = json_text(j, "account", STR("")),
                             .id_token = json_text(j, "id_token", STR("ES256")),
                             .asks_consent = json_flag(j, "consent", true)};
        if (!load_id(l, j, c->id, &l->registry->clients))
            continue;
        c->redirect_uris = load_texts(l, json_find(j, "redirect_uris"), &c->redirect_count);
        c->logout_uris = load_texts(l, json_find(j, "logout_uris"), &c->logout_count);
        c->scopes = load_texts(l, json_find(j, "scopes"), &c->scope_count);
        if (c->account.n && !c->secret_digest.n)
            load_complain(l, j, "a client that acts as account %.*s needs a secret_digest",
                          STR_ARG(c->account));
        map_set(&l->registry->clients, l->arena, c->id, c);
    }
}

void load_providers(struct loading *l, const struct bundle_file *f)
{
    struct json *v = arena_new(l->arena, struct json);
    if (!str_is(f->path, "providers.yaml") || !load_json(l, f, v))
        return;
    const struct json *providers = json_find(v, "providers");
    for (size_t i = 0; i < providers->array.n; i++) {
        const struct json *j = &providers->array.items[i];
        struct provider *p = arena_new(l->arena, struct provider);
        *p = (struct provider){.id = json_text(j, "id", STR("")),
                               .title = load_title(l, j, "title"),
                               .issuer = json_text(j, "issuer", STR("")),
                               .client_id = json_text(j, "client_id", STR("")),
                               .scope = json_text(j, "scope", STR("openid profile")),
                               .claim = json_text(j, "claim", STR("")),
                               .account = json_text(j, "account", STR(""))};
        if (load_id(l, j, p->id, &l->registry->providers))
            map_set(&l->registry->providers, l->arena, p->id, p);
    }
}
