/* Signing in at an outside provider (OpenID Connect Core, 3.1, as a client): a province's login.
 *
 * The provider says who somebody is; which account that is, and what it may do, is said here.  An
 * account is found by one claim, never made. */
#include "base/cipher.h"
#include "base/date.h"
#include "base/digest.h"
#include "identity/fetch.h"
#include "identity/oidc.h"
#include "identity/second.h"
#include "identity/session.h"
#include "identity/token.h"

enum { WAIT_MINUTES = 10, MAX_KEYS = 20 };

static const struct provider *find_provider(struct cx *cx, const struct request *rq)
{
    const struct provider *p = map_find(&cx->registry->providers, rq->parts[0]);
    if (!p)
        err_set(cx->err, ERR_MISSING, "there is no such provider in providers.yaml");
    return p;
}

static str callback_of(struct cx *cx, const struct provider *p)
{
    return arena_format(cx->arena, "%.*s/oauth/outside/%.*s/callback",
                        STR_ARG(issuer_url(cx->issuer)), STR_ARG(p->id));
}

/* The provider's own description; its issuer is the one that was configured (Discovery, 4.3). */
static bool discover(struct cx *cx, const struct provider *p, struct json *about)
{
    str url = arena_format(cx->arena, "%.*s/.well-known/openid-configuration", STR_ARG(p->issuer));
    if (!fetch_json(cx->arena, url, (str){0}, (str){0}, about, cx->err))
        return false;
    return str_equal(json_text(about, "issuer", STR("")), p->issuer) ||
           err_set(cx->err, ERR_BUSY, "%.*s says it is another issuer", STR_ARG(p->issuer));
}

static bool get_providers(struct cx *cx, const struct request *rq, struct response *rs)
{
    (void)rq;
    buf_add_lit(&rs->body, "{\"providers\":[");
    for (size_t i = 0; i < cx->registry->providers.n; i++) {
        const struct provider *p = cx->registry->providers.entries[i].value;
        buf_add(&rs->body, i ? STR(",{\"id\":") : STR("{\"id\":"));
        json_write_string(&rs->body, p->id);
        buf_add_lit(&rs->body, ",\"title\":");
        title_write(&rs->body, p->title);
        buf_add_char(&rs->body, '}');
    }
    buf_add_lit(&rs->body, "]}");
    return true;
}

static bool get_begin(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json about;
    uint8_t digest[32];
    BUF_SCOPED struct buf address = {.max = 8192};
    const struct provider *p = find_provider(cx, rq);
    if (!p || !discover(cx, p, &about))
        return false;
    str state = random_token(cx->arena, 32), nonce = random_token(cx->arena, 24),
        verifier = random_token(cx->arena, 48), browser = random_token(cx->arena, 32);
    if (!DB0(cx->db, cx->arena, NULL, cx->err,
             "delete from shuzhi.outside_request where at < now() - interval '1 hour'") ||
        !DB(cx->db, cx->arena, NULL, cx->err,
            "insert into shuzhi.outside_request (digest, provider, browser, nonce, verifier)"
            " values ($1, $2, $3, $4, $5)",
            P(digest_hex(cx->arena, state)), P(p->id), P(digest_hex(cx->arena, browser)), P(nonce),
            P(verifier)))
        return false;
    sha256(verifier, digest);
    buf_add(&address, json_text(&about, "authorization_endpoint", STR("")));
    if (!str_starts(buf_str(&address), STR("http")))
        return err_set(cx->err, ERR_BUSY, "the provider tells no authorization endpoint");
    form_add(&address, "response_type", STR("code"));
    form_add(&address, "client_id", p->client_id);
    form_add(&address, "redirect_uri", callback_of(cx, p));
    form_add(&address, "scope", p->scope);
    form_add(&address, "state", state);
    form_add(&address, "nonce", nonce);
    form_add(&address, "code_challenge", base64url(cx->arena, (str){(char *)digest, 32}));
    form_add(&address, "code_challenge_method", STR("S256"));
    /* Lax, for the answer comes from the provider's site; it opens nothing by itself. */
    response_header(rs, STR("Set-Cookie"),
                    arena_format(cx->arena,
                                 "shuzhi_outside=%.*s; Path=/oauth/outside; Max-Age=600; HttpOnly;"
                                 " SameSite=Lax%s",
                                 STR_ARG(browser), issuer_is_https(cx->issuer) ? "; Secure" : ""));
    rs->status = 303;
    response_header(rs, STR("Location"), arena_copy(cx->arena, buf_str(&address)));
    return true;
}

struct asked {
    str nonce, verifier;
};

/* Once, in the browser that asked. */
static bool take_asked(struct cx *cx, const struct request *rq, const struct provider *p,
                       struct asked *out)
{
    struct rows rows;
    str state = request_query(rq, "state"), browser = request_cookie(rq, "shuzhi_outside");
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "delete from shuzhi.outside_request where digest = $1 and provider = $2"
            " and browser = $3 and at > now() - $4 * interval '1 minute' returning nonce, verifier",
            P(digest_hex(cx->arena, state)), P(p->id), P(digest_hex(cx->arena, browser)),
            P_INT(cx->arena, WAIT_MINUTES)))
        return false;
    if (!rows.n) {
        err_set(cx->err, ERR_INVALID, "this answer was not asked for by this browser, or is past");
        return err_zh(cx->err, "登录请求不是由本浏览器发起，或已过期，请重新登录");
    }
    *out = (struct asked){rows_text(&rows, 0, 0), rows_text(&rows, 0, 1)};
    return true;
}

static bool ask_token(struct cx *cx, const struct provider *p, const struct json *about, str code,
                      str verifier, str *id_token)
{
    struct json answer;
    BUF_SCOPED struct buf form = {.max = 16384}, basic = {.max = 2048};
    str secret;
    if (!issuer_secret(cx->issuer, cx->arena,
                       arena_format(cx->arena, "provider-%.*s.secret", STR_ARG(p->id)), &secret,
                       cx->err))
        return false;
    form_encode(&basic, p->client_id);
    buf_add_char(&basic, ':');
    form_encode(&basic, secret);
    buf_add_char(&form, '?'); /* form_add() writes & after it */
    form_add(&form, "grant_type", STR("authorization_code"));
    form_add(&form, "code", code);
    form_add(&form, "redirect_uri", callback_of(cx, p));
    form_add(&form, "code_verifier", verifier);
    if (!fetch_json(cx->arena, json_text(about, "token_endpoint", STR("")),
                    str_slice(buf_str(&form), 2, form.n), buf_str(&basic), &answer, cx->err))
        return false;
    *id_token = json_text(&answer, "id_token", STR(""));
    return true;
}

static struct key *key_of_jwk(struct arena *a, const struct json *jwk, struct err *e)
{
    str x, y;
    bool is_rsa = str_is(json_text(jwk, "kty", STR("")), "RSA");
    if (!base64url_decode(a, json_text(jwk, is_rsa ? "n" : "x", STR("")), &x) ||
        !base64url_decode(a, json_text(jwk, is_rsa ? "e" : "y", STR("")), &y))
        return NULL;
    return is_rsa ? key_from_modulus(x, y, e) : key_from_point(x, y, e);
}

/* Core, 3.1.3.7: signature by a key of the provider, issuer, audience, time, nonce. */
static bool check_id_token(struct cx *cx, const struct provider *p, const struct json *about,
                           str text, str nonce, struct token *t)
{
    struct json set;
    bool is_signed = false;
    if (!token_parse(t, cx->arena, text, cx->err) ||
        !fetch_json(cx->arena, json_text(about, "jwks_uri", STR("")), (str){0}, (str){0}, &set,
                    cx->err))
        return false;
    const struct json *keys = json_find(&set, "keys");
    for (size_t i = 0; keys && keys->type == JSON_ARRAY && i < keys->array.n && i < MAX_KEYS; i++) {
        const struct json *jwk = &keys->array.items[i];
        struct err ignored = {0};
        if (!str_equal(json_text(jwk, "kid", STR("")), t->kid))
            continue;
        struct key *k = key_of_jwk(cx->arena, jwk, &ignored);
        is_signed |= k && token_verify(t, k, &ignored);
        key_destroy(k);
    }
    if (!is_signed)
        return err_set(cx->err, ERR_UNKNOWN, "the provider's ID token is not signed by its keys");
    if (!token_check(t, p->issuer, p->client_id, clock_unix_ms() / 1000, cx->err))
        return false;
    return str_equal(json_text(&t->claims, "nonce", STR("")), nonce) ||
           err_set(cx->err, ERR_UNKNOWN, "the provider's ID token is not for this sign-in");
}

static bool has_two_factors(const struct json *claims)
{
    const struct json *amr = json_find(claims, "amr");
    for (size_t i = 0; amr && amr->type == JSON_ARRAY && i < amr->array.n; i++) {
        if (amr->array.items[i].type == JSON_STRING && str_is(amr->array.items[i].text, "mfa"))
            return true;
    }
    return false;
}

static bool find_account(struct cx *cx, const struct provider *p, const struct json *claims,
                         str *login)
{
    struct rows rows;
    str value = json_text(claims, arena_cstr(cx->arena, p->claim), STR(""));
    str sql = arena_format(cx->arena,
                           "select login from shuzhi.staff where %.*s = $1 and is_active"
                           " and kind in ('citizen', 'firm', 'staff') limit 2",
                           STR_ARG(p->account)); /* one of three words: the schema says so */
    if (value.n && !memchr(value.p, 0, value.n) &&
        !DB(cx->db, cx->arena, &rows, cx->err, arena_cstr(cx->arena, sql), P(value)))
        return false;
    if (!value.n || memchr(value.p, 0, value.n) || rows.n != 1) {
        err_set(cx->err, ERR_UNKNOWN, "the person is known there, but has no account here");
        return err_zh(cx->err, "外部身份验证通过，但您在本县没有对应账号，请联系管理员");
    }
    *login = rows_text(&rows, 0, 0);
    return true;
}

static bool get_callback(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct asked asked = {0};
    struct json about;
    struct token t;
    str id_token, login;
    bool wants_two;
    const struct provider *p = find_provider(cx, rq);
    if (!p || !take_asked(cx, rq, p, &asked))
        return false;
    str code = request_query(rq, "code"), issuer = request_query(rq, "iss");
    if (!code.n || (issuer.p && !str_equal(issuer, p->issuer))) { /* RFC 9207 */
        err_set(cx->err, ERR_UNKNOWN, "the provider did not sign the person in");
        return err_zh(cx->err, "外部身份源未完成登录");
    }
    if (!discover(cx, p, &about) || !ask_token(cx, p, &about, code, asked.verifier, &id_token) ||
        !check_id_token(cx, p, &about, id_token, asked.nonce, &t) ||
        !find_account(cx, p, &t.claims, &login) || !second_is_wanted(cx, login, &wants_two))
        return false;
    bool is_two = has_two_factors(&t.claims);
    if (wants_two && !is_two) {
        err_set(cx->err, ERR_DENIED, "this account takes two factors, and the provider saw one");
        return err_zh(cx->err, "该账号须两步登录，请用本县账号和动态口令登录");
    }
    if (!session_open(cx, login, is_two ? SESSION_TWO_FACTORS : SESSION_ONE_FACTOR, rq, rs))
        return false;
    oidc_answer_page(rs, STR("/"));
    return true;
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/session/providers", get_providers, NULL, ROUTE_PUBLIC, NULL},
    {"GET", "/oauth/outside/{provider}", get_begin, NULL, ROUTE_PUBLIC, NULL},
    {"GET", "/oauth/outside/{provider}/callback", get_callback, "session.open", ROUTE_PUBLIC, NULL},
    {0},
};

const struct module OUTSIDE_MODULE = {"outside", ROUTES};
