/* The token endpoint and what takes tokens: token, userinfo, revocation, introspection. */
#include "base/cipher.h"
#include "base/date.h"
#include "base/digest.h"
#include "identity/oidc.h"
#include "identity/token.h"

enum { MAX_CLAIMS = 1 << 16 };

static str half_digest(struct arena *a, str token)
{
    uint8_t out[32];
    sha256(token, out);
    return base64url(a, (str){(char *)out, sizeof out / 2});
}

/* OpenID Connect Core, section 2. */
static bool write_id_token(struct cx *cx, const struct client *c, const struct family *f,
                           str access, str *out)
{
    BUF_SCOPED struct buf b = {.max = MAX_CLAIMS};
    enum key_kind kind = KEY_ES256;
    int64_t now = clock_unix_ms() / 1000;
    if (!key_kind_find(c->id_token, &kind) || !oidc_add_claims(cx, f, &b))
        return err_set(cx->err, ERR_BROKEN, "an ID token cannot be made");
    json_add_text(&b, "iss", issuer_url(cx->issuer));
    json_add_text(&b, "aud", c->id);
    buf_add_format(&b, ",\"iat\":%lld,\"exp\":%lld,\"auth_time\":%lld", (long long)now,
                   (long long)now + ID_TOKEN_LIFE, (long long)f->auth_time);
    if (f->nonce.p)
        json_add_text(&b, "nonce", f->nonce);
    json_add_text(&b, "at_hash", half_digest(cx->arena, access));
    buf_add(&b, f->has_second ? STR(",\"amr\":[\"pwd\",\"otp\",\"mfa\"]}")
                              : STR(",\"amr\":[\"pwd\"]}"));
    const struct key *k = issuer_key(cx->issuer, cx->db, kind, cx->err);
    return k && !b.is_full && token_sign(cx->arena, k, buf_str(&b), out, cx->err);
}

static bool write_tokens(struct cx *cx, const struct client *c, const struct family *f, str less,
                         bool may_refresh, struct response *rs)
{
    str access, refresh = {0}, id_token = {0};
    str scope = less.p ? less : f->scope;
    if (!family_give(cx, f->id, "access", ACCESS_LIFE, (str){0}, (str){0}, less, &access))
        return false;
    if (may_refresh && scope_has(f->scope, "offline_access") &&
        !family_give(cx, f->id, "refresh", REFRESH_LIFE, (str){0}, (str){0}, (str){0}, &refresh))
        return false;
    if (may_refresh && scope_has(scope, "openid") && !write_id_token(cx, c, f, access, &id_token))
        return false;
    struct buf *b = &rs->body;
    buf_add_format(b, "{\"token_type\":\"Bearer\",\"expires_in\":%d", ACCESS_LIFE);
    json_add_text(b, "access_token", access);
    json_add_text(b, "scope", scope);
    if (refresh.p)
        json_add_text(b, "refresh_token", refresh);
    if (id_token.p)
        json_add_text(b, "id_token", id_token);
    buf_add_char(b, '}');
    response_header(rs, STR("Pragma"), STR("no-cache"));
    struct actor *who = arena_new(cx->arena, struct actor); /* the audit record names them */
    cx->actor = who;
    return identity_load(cx->db, cx->arena, f->login, who, cx->err);
}

struct found {
    struct family family;
    str redirect_uri, challenge;
    bool is_used, is_past, is_ended;
};

/* The row stays locked, so that a code or refresh token counts once however many come at once. */
static bool find_token(struct cx *cx, const char *kind, str token, struct found *out,
                       bool *is_there)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select f.id, f.client, f.login, f.scope, f.nonce,"
            " extract(epoch from f.auth_time)::bigint, f.has_second, t.redirect_uri, t.challenge,"
            " t.used is not null, t.until <= now() or f.at < now() - $3 * interval '1 second',"
            " f.ended is not null or not s.is_active"
            " from shuzhi.oidc_token t join shuzhi.oidc_family f on f.id = t.family"
            " join shuzhi.staff s on s.login = f.login"
            " where t.digest = $1 and t.kind = $2 for update of t",
            P(digest_hex(cx->arena, token)), P_CSTR(kind), P_INT(cx->arena, FAMILY_LIFE)))
        return false;
    *is_there = rows.n > 0;
    if (rows.n)
        *out = (struct found){.family = {.id = rows_int(&rows, 0, 0),
                                         .client = rows_text(&rows, 0, 1),
                                         .login = rows_text(&rows, 0, 2),
                                         .scope = rows_text(&rows, 0, 3),
                                         .nonce = rows_text(&rows, 0, 4),
                                         .auth_time = rows_int(&rows, 0, 5),
                                         .has_second = rows_bool(&rows, 0, 6)},
                              .redirect_uri = rows_text(&rows, 0, 7),
                              .challenge = rows_text(&rows, 0, 8),
                              .is_used = rows_bool(&rows, 0, 9),
                              .is_past = rows_bool(&rows, 0, 10),
                              .is_ended = rows_bool(&rows, 0, 11)};
    return true;
}

static bool mark_used(struct cx *cx, str token)
{
    return DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.oidc_token set used = now() where digest = $1",
              P(digest_hex(cx->arena, token)));
}

/* RFC 7636, 4.1 and 4.6; only S256 is offered. */
static bool proves(struct arena *a, str verifier, str challenge)
{
    uint8_t out[32];
    if (verifier.n < 43 || verifier.n > 128)
        return false;
    sha256(verifier, out);
    return bytes_equal_constant(base64url(a, (str){(char *)out, sizeof out}), challenge);
}

static bool refuse_grant(struct response *rs, const char *words)
{
    return oidc_refuse(rs, 400, "invalid_grant", words);
}

static bool by_code(struct cx *cx, const struct client *c, const struct form *f,
                    struct response *rs)
{
    struct found t;
    bool is_there;
    str code = form_text(f, "code"), redirect_uri = form_text(f, "redirect_uri");
    if (!code.p || !redirect_uri.p)
        return oidc_refuse(rs, 400, "invalid_request", "code and redirect_uri are needed");
    if (!find_token(cx, "code", code, &t, &is_there))
        return false;
    if (!is_there || !str_equal(t.family.client, c->id))
        return refuse_grant(rs, "the code is not known");
    if (t.is_used) /* somebody else has it: RFC 6749, 4.1.2 */
        return family_end(cx, t.family.id, "code used twice") &&
               refuse_grant(rs, "the code was used before; its tokens are withdrawn");
    if (!mark_used(cx, code))
        return false;
    if (t.is_past || t.is_ended)
        return refuse_grant(rs, "the code is past");
    if (!str_equal(t.redirect_uri, redirect_uri))
        return refuse_grant(rs, "redirect_uri is not the one of the code");
    if (!proves(cx->arena, form_text(f, "code_verifier"), t.challenge))
        return refuse_grant(rs, "code_verifier does not match the challenge");
    return write_tokens(cx, c, &t.family, (str){0}, true, rs);
}

static bool by_refresh(struct cx *cx, const struct client *c, const struct form *f,
                       struct response *rs)
{
    struct found t;
    bool is_there;
    str token = form_text(f, "refresh_token"), less = form_text(f, "scope");
    if (!token.p)
        return oidc_refuse(rs, 400, "invalid_request", "refresh_token is needed");
    if (!find_token(cx, "refresh", token, &t, &is_there))
        return false;
    if (!is_there || !str_equal(t.family.client, c->id))
        return refuse_grant(rs, "the refresh token is not known");
    if (t.is_used)
        return family_end(cx, t.family.id, "refresh token used twice") &&
               refuse_grant(rs, "the refresh token was used before; its family is withdrawn");
    if (t.is_past || t.is_ended)
        return refuse_grant(rs, "the refresh token is past or withdrawn");
    if (less.p && !scope_covers(t.family.scope, less))
        return oidc_refuse(rs, 400, "invalid_scope", "more than was agreed to");
    t.family.nonce = (str){0}; /* of the first ID token alone */
    return mark_used(cx, token) && write_tokens(cx, c, &t.family, less, true, rs);
}

static bool by_credentials(struct cx *cx, const struct client *c, const struct form *f,
                           struct response *rs)
{
    struct rows rows;
    str scope = form_text(f, "scope");
    if (!c->account.n)
        return oidc_refuse(rs, 400, "unauthorized_client", "the client acts for nobody by itself");
    if (!scope.p)
        scope = STR("api");
    if (!scope_is_allowed(c, scope) || scope_has(scope, "openid") ||
        scope_has(scope, "offline_access"))
        return oidc_refuse(rs, 400, "invalid_scope", "not of the scopes this client may ask for");
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "insert into shuzhi.oidc_family (client, login, scope) select $1, login, $3"
            " from shuzhi.staff where login = $2 and is_active and kind in ('system', 'device')"
            " returning id",
            P(c->id), P(c->account), P(scope)))
        return false;
    if (!rows.n)
        return oidc_refuse(rs, 400, "unauthorized_client", "its system account is not there");
    struct family family = {.id = rows_int(&rows, 0, 0), .login = c->account, .scope = scope};
    return write_tokens(cx, c, &family, (str){0}, false, rs);
}

static bool post_token(struct cx *cx, const struct request *rq, struct response *rs)
{
    static const struct {
        const char *name;
        bool (*run)(struct cx *, const struct client *, const struct form *, struct response *);
    } GRANTS[] = {{"authorization_code", by_code},
                  {"refresh_token", by_refresh},
                  {"client_credentials", by_credentials}};
    struct form f;
    struct err bad = {0};
    if (!form_read(&f, cx->arena, rq->body, &bad))
        return oidc_refuse(rs, 400, "invalid_request", "the form cannot be read");
    const struct client *c = oidc_client(cx, rq, &f, rs);
    if (!c)
        return true;
    for (size_t i = 0; i < COUNT(GRANTS); i++) {
        if (str_is(form_text(&f, "grant_type"), GRANTS[i].name))
            return GRANTS[i].run(cx, c, &f, rs);
    }
    return oidc_refuse(rs, 400, "unsupported_grant_type",
                       "authorization_code, refresh_token or client_credentials");
}

str bearer_token(const struct request *rq)
{
    str header = request_header(rq, "Authorization");
    bool is_bearer = header.n > 7 && str_equal_nocase(str_slice(header, 0, 7), STR("Bearer "));
    return is_bearer ? str_trim(str_slice(header, 7, header.n)) : (str){0};
}

static bool get_userinfo(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct family f;
    str token = bearer_token(rq);
    if (!token.p || !family_of_access(cx, token, &f) || !scope_has(f.scope, "openid")) {
        if (cx->err->code == ERR_BROKEN || cx->err->code == ERR_BUSY)
            return false;
        err_clear(cx->err);
        oidc_refuse(rs, 403, "invalid_token", "an access token with scope openid is needed");
        rs->status = 401;
        response_header(rs, STR("WWW-Authenticate"), STR("Bearer error=\"invalid_token\""));
        return true;
    }
    if (!oidc_add_claims(cx, &f, &rs->body))
        return false;
    buf_add_char(&rs->body, '}');
    return true;
}

/* RFC 7009: a token that is not known, or another's, is answered as one that is gone. */
static bool post_revoke(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct form f;
    struct rows rows;
    struct err bad = {0};
    if (!form_read(&f, cx->arena, rq->body, &bad) || !form_text(&f, "token").p)
        return oidc_refuse(rs, 400, "invalid_request", "token is needed");
    const struct client *c = oidc_client(cx, rq, &f, rs);
    if (!c)
        return true;
    str digest = digest_hex(cx->arena, form_text(&f, "token"));
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select f.id, t.kind = 'access' from shuzhi.oidc_token t"
            " join shuzhi.oidc_family f on f.id = t.family where t.digest = $1 and f.client = $2",
            P(digest), P(c->id)))
        return false;
    rs->status = 200;
    if (!rows.n)
        return true;
    if (rows_bool(&rows, 0, 1))
        return DB(cx->db, cx->arena, NULL, cx->err,
                  "delete from shuzhi.oidc_token where digest = $1", P(digest));
    return family_end(cx, rows_int(&rows, 0, 0), "withdrawn by the client");
}

/* RFC 7662, for systems with a secret: an opaque token says nothing by itself. */
static bool post_introspect(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct form f;
    struct family family;
    struct err bad = {0};
    if (!form_read(&f, cx->arena, rq->body, &bad) || !form_text(&f, "token").p)
        return oidc_refuse(rs, 400, "invalid_request", "token is needed");
    const struct client *c = oidc_client(cx, rq, &f, rs);
    if (!c)
        return true;
    if (!c->secret_digest.n)
        return oidc_refuse(rs, 401, "invalid_client", "only a client with a secret may ask");
    if (!family_of_access(cx, form_text(&f, "token"), &family)) {
        if (cx->err->code != ERR_UNKNOWN)
            return false;
        err_clear(cx->err);
        buf_add_lit(&rs->body, "{\"active\":false}");
        return true;
    }
    if (!oidc_add_claims(cx, &family, &rs->body))
        return false;
    json_add_text(&rs->body, "scope", family.scope);
    json_add_text(&rs->body, "client_id", family.client);
    json_add_text(&rs->body, "iss", issuer_url(cx->issuer));
    buf_add_lit(&rs->body, ",\"active\":true,\"token_type\":\"Bearer\"}");
    return true;
}

static const struct route ROUTES[] = {
    {"POST", "/oauth/token", post_token, "oidc.token", ROUTE_PUBLIC | ROUTE_NO_CSRF, NULL},
    {"GET", "/oauth/userinfo", get_userinfo, NULL, ROUTE_PUBLIC | ROUTE_NO_CSRF, NULL},
    {"POST", "/oauth/userinfo", get_userinfo, NULL, ROUTE_PUBLIC | ROUTE_NO_CSRF, NULL},
    {"POST", "/oauth/revoke", post_revoke, "oidc.revoke", ROUTE_PUBLIC | ROUTE_NO_CSRF, NULL},
    {"POST", "/oauth/introspect", post_introspect, NULL, ROUTE_PUBLIC | ROUTE_NO_CSRF, NULL},
    {0},
};

const struct module OIDC_TOKEN_MODULE = {"oidc-token", ROUTES};
