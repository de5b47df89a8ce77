#include "identity/token.h"

#include "base/cipher.h"

enum { LEEWAY_SECONDS = 60 };

static bool parse_object(struct arena *a, str part, struct json *out)
{
    str text;
    struct err ignored = {0};
    return base64url_decode(a, part, &text) && json_parse(out, text, a, &ignored) &&
           out->type == JSON_OBJECT;
}

bool token_parse(struct token *t, struct arena *a, str text, struct err *e)
{
    str rest = text, header_part, claims_part;
    struct json header;
    struct token got = {0};
    if (text.n > TOKEN_MAX)
        return err_set(e, ERR_INVALID, "the token is longer than %d bytes", TOKEN_MAX);
    if (!str_take_part(&rest, '.', &header_part) || !str_take_part(&rest, '.', &claims_part) ||
        !rest.p || memchr(rest.p, '.', rest.n))
        return err_set(e, ERR_INVALID, "the token has not three parts with dots between");
    if (!parse_object(a, header_part, &header) || !parse_object(a, claims_part, &got.claims) ||
        !base64url_decode(a, rest, &got.signature))
        return err_set(e, ERR_INVALID, "a part of the token cannot be read");
    str type = json_text(&header, "typ", STR("JWT"));
    if (json_find(&header, "crit") || !str_equal_nocase(type, STR("JWT")))
        return err_set(e, ERR_INVALID, "the token's header asks for what is not known here");
    got.algorithm = json_text(&header, "alg", STR(""));
    got.kid = json_text(&header, "kid", STR(""));
    got.signed_part = (str){text.p, header_part.n + 1 + claims_part.n};
    *t = got;
    return true;
}

bool token_verify(const struct token *t, const struct key *k, struct err *e)
{
    if (!str_is(t->algorithm, key_algorithm(key_kind(k))))
        return err_set(e, ERR_INVALID, "the token's algorithm is not its key's, %s",
                       key_algorithm(key_kind(k)));
    if (!key_verify(k, t->signed_part, t->signature))
        return err_set(e, ERR_INVALID, "the token's signature is wrong");
    return true;
}

static bool has_audience(const struct json *claims, str audience)
{
    const struct json *aud = json_find(claims, "aud");
    if (aud && aud->type == JSON_STRING)
        return str_equal(aud->text, audience);
    for (size_t i = 0; aud && aud->type == JSON_ARRAY && i < aud->array.n; i++) {
        const struct json *v = &aud->array.items[i];
        if (v->type == JSON_STRING && str_equal(v->text, audience))
            return true;
    }
    return false;
}

bool token_check(const struct token *t, str issuer, str audience, int64_t now, struct err *e)
{
    int64_t until = json_int(&t->claims, "exp", 0), from = json_int(&t->claims, "nbf", 0);
    if (!str_equal(json_text(&t->claims, "iss", STR("")), issuer))
        return err_set(e, ERR_INVALID, "the token is from another issuer");
    if (!has_audience(&t->claims, audience))
        return err_set(e, ERR_INVALID, "the token is for somebody else");
    if (until < now - LEEWAY_SECONDS || from > now + LEEWAY_SECONDS)
        return err_set(e, ERR_INVALID, "the token's time is past, or not yet");
    return true;
}

bool token_sign(struct arena *a, const struct key *k, str claims, str *out, struct err *e)
{
    str header = arena_format(a, "{\"alg\":\"%s\",\"kid\":\"%.*s\",\"typ\":\"JWT\"}",
                              key_algorithm(key_kind(k)), STR_ARG(key_id(a, k)));
    str body =
        arena_format(a, "%.*s.%.*s", STR_ARG(base64url(a, header)), STR_ARG(base64url(a, claims)));
    str signature;
    if (!key_sign(a, k, body, &signature, e))
        return false;
    *out = arena_format(a, "%.*s.%.*s", STR_ARG(body), STR_ARG(base64url(a, signature)));
    return true;
}
