#include "audit/trust.h"

#include "base/cipher.h"

enum { MAX_BODY = 16384, MAX_SUCCESSIONS = 1 << 20 };

bool succession_sign(struct succession *s, struct arena *a, const struct key *from,
                     const struct key *to, int64_t after, int64_t at_us, struct err *e)
{
    BUF_SCOPED struct buf b = {.max = MAX_BODY};
    str old, new;
    *s = (struct succession){.from = key_id(a, from),
                             .to = key_id(a, to),
                             .from_key = key_public_pem(a, from),
                             .to_key = key_public_pem(a, to),
                             .after = after,
                             .at_us = at_us};
    buf_add_format(&b, "{\"succession\":1,\"after\":%lld,\"at_us\":%lld", (long long)after,
                   (long long)at_us);
    json_add_text(&b, "from", s->from);
    json_add_text(&b, "to", s->to);
    json_add_text(&b, "from_key", s->from_key);
    json_add_text(&b, "to_key", s->to_key);
    buf_add_char(&b, '}');
    s->body = arena_copy(a, buf_str(&b));
    if (!key_sign(a, from, s->body, &old, e) || !key_sign(a, to, s->body, &new, e))
        return false;
    s->signature = base64url(a, old);
    s->acceptance = base64url(a, new);
    return true;
}

static bool is_signed(struct arena *a, str pem, str id, str body, str signature)
{
    struct err ignored = {0};
    str bytes;
    struct key *k = key_parse(pem, &ignored);
    bool ok = k && key_kind(k) == KEY_SM2 && str_equal(key_id(a, k), id) &&
              base64url_decode(a, signature, &bytes) && key_verify(k, body, bytes);
    key_destroy(k);
    return ok;
}

bool succession_parse(struct succession *s, const struct json *v, struct arena *a, struct err *e)
{
    struct json body;
    struct err why = {0};
    struct succession got = {.body = arena_copy(a, json_text(v, "succession", STR(""))),
                             .signature = arena_copy(a, json_text(v, "signature", STR(""))),
                             .acceptance = arena_copy(a, json_text(v, "acceptance", STR("")))};
    if (!json_parse(&body, got.body, a, &why) || json_int(&body, "succession", 0) != 1)
        return err_set(e, ERR_CONFLICT, "a change of keys was altered: it cannot be read");
    got.from = arena_copy(a, json_text(&body, "from", STR("")));
    got.to = arena_copy(a, json_text(&body, "to", STR("")));
    got.from_key = arena_copy(a, json_text(&body, "from_key", STR("")));
    got.to_key = arena_copy(a, json_text(&body, "to_key", STR("")));
    got.after = json_int(&body, "after", -1);
    got.at_us = json_int(&body, "at_us", -1);
    if (got.after < 0 || str_equal(got.from, got.to) ||
        !is_signed(a, got.from_key, got.from, got.body, got.signature) ||
        !is_signed(a, got.to_key, got.to, got.body, got.acceptance))
        return err_set(e, ERR_CONFLICT,
                       "a change of keys after checkpoint %lld was altered, or not signed by both "
                       "keys",
                       (long long)got.after);
    *s = got;
    return true;
}

void succession_export(struct buf *out, str body, str signature, str acceptance)
{
    buf_add_lit(out, "{\"succession\":");
    json_write_string(out, body);
    json_add_text(out, "signature", signature);
    json_add_text(out, "acceptance", acceptance);
    buf_add_char(out, '}');
}

static struct trusted *find_id(struct trust *t, str id)
{
    for (size_t i = 0; i < t->n; i++) {
        if (str_equal(t->keys[i].id, id))
            return &t->keys[i];
    }
    return NULL;
}

static struct trusted *add_key(struct trust *t, str pem, struct err *e)
{
    struct key *k = key_parse(pem, e);
    struct trusted *same;
    if (!k)
        return NULL;
    str id = key_id(&t->arena, k);
    if ((same = find_id(t, id)) != NULL || t->n == TRUST_MAX_KEYS) {
        key_destroy(k);
        if (!same)
            err_set(e, ERR_LIMIT, "there are more than %d keys", TRUST_MAX_KEYS);
        return same;
    }
    t->keys[t->n] = (struct trusted){.key = k,
                                     .id = id,
                                     .pem = arena_copy(&t->arena, pem),
                                     .upto = INT64_MAX,
                                     .is_trusted = t->trusts_all};
    return &t->keys[t->n++];
}

bool trust_begin(struct trust *t, const struct key *given, struct err *e)
{
    *t = (struct trust){.trusts_all = !given, .successions = {.max = MAX_SUCCESSIONS}};
    if (!given)
        return true;
    struct trusted *first = add_key(t, key_public_pem(&t->arena, given), e);
    if (first)
        first->is_trusted = true;
    return first != NULL;
}

void trust_release(struct trust *t)
{
    for (size_t i = 0; i < t->n; i++)
        key_destroy(t->keys[i].key);
    buf_release(&t->successions);
    arena_release(&t->arena);
    t->n = 0;
}

bool trust_add_key(struct trust *t, str pem, struct err *e)
{
    return add_key(t, pem, e) != NULL;
}

/* Trust goes along the successions, both ways, in whatever order they came. */
static void spread(struct trust *t)
{
    for (size_t round = 0; round < t->n; round++) {
        for (size_t i = 0; i < t->n; i++) {
            struct trusted *from = &t->keys[i], *to = from->next;
            if (to)
                from->is_trusted = to->is_trusted = from->is_trusted || to->is_trusted;
        }
    }
}

bool trust_add_succession(struct trust *t, const struct json *v, struct err *e)
{
    struct succession s;
    if (!succession_parse(&s, v, &t->arena, e))
        return false;
    struct trusted *to = add_key(t, s.to_key, e);
    struct trusted *from = to ? add_key(t, s.from_key, e) : NULL;
    if (!from)
        return false;
    if (from->upto != INT64_MAX || to->after)
        return err_set(e, ERR_CONFLICT, "a key has two successors, or follows two keys");
    from->upto = to->after = s.after;
    from->next = to;
    spread(t);
    if (t->successions.n)
        buf_add_char(&t->successions, ',');
    succession_export(&t->successions, s.body, s.signature, s.acceptance);
    return !t->successions.is_full || err_set(e, ERR_LIMIT, "there are too many changes of keys");
}

const struct trusted *trust_find(const struct trust *t, const struct checkpoint *c)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct trusted *k = &t->keys[i];
        if (k->is_trusted && c->number > k->after && c->number <= k->upto &&
            checkpoint_is_signed(c, k->key))
            return k;
    }
    return NULL;
}
