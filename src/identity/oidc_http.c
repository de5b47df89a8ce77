/* OpenID Connect for browsers: discovery, keys, the authorization endpoint, sign-out.
 *
 * The session cookie is SameSite=Strict, so it does not come with a person whom another site sends
 * here.  What the client asks for is kept and checked; the answer is a page that goes on to a page
 * of the desk, which is a step within one site, and there the person signs in, agrees or signs out
 * with the same forms, second factors and CSRF tokens as everywhere. */
#include "base/digest.h"
#include "identity/oidc.h"
#include "identity/token.h"

enum { MAX_URI = 2000, MAX_TEXT = 500 };

static bool get_discovery(struct cx *cx, const struct request *rq, struct response *rs)
{
    static const char *const ENDPOINTS[][2] = {
        {"authorization_endpoint", "authorize"}, {"token_endpoint", "token"},
        {"userinfo_endpoint", "userinfo"},       {"jwks_uri", "jwks"},
        {"revocation_endpoint", "revoke"},       {"introspection_endpoint", "introspect"},
        {"end_session_endpoint", "logout"}};
    str url = issuer_url(cx->issuer);
    (void)rq;
    buf_add_lit(&rs->body, "{\"issuer\":");
    json_write_string(&rs->body, url);
    for (size_t i = 0; i < COUNT(ENDPOINTS); i++)
        json_add_text(&rs->body, ENDPOINTS[i][0],
                      arena_format(cx->arena, "%.*s/oauth/%s", STR_ARG(url), ENDPOINTS[i][1]));
    buf_add_lit(
        &rs->body,
        ",\"response_types_supported\":[\"code\"],\"response_modes_supported\":[\"query\"],"
        "\"grant_types_supported\":[\"authorization_code\",\"refresh_token\","
        "\"client_credentials\"],"
        "\"subject_types_supported\":[\"public\"],"
        "\"id_token_signing_alg_values_supported\":[\"ES256\",\"RS256\"],"
        "\"scopes_supported\":[\"openid\",\"profile\",\"organisation\",\"offline_access\",\"api\"],"
        "\"token_endpoint_auth_methods_supported\":[\"client_secret_basic\","
        "\"client_secret_post\",\"none\"],"
        "\"claims_supported\":[\"sub\",\"name\",\"preferred_username\",\"kind\",\"organisation\","
        "\"posts\"],"
        "\"code_challenge_methods_supported\":[\"S256\"],"
        "\"prompt_values_supported\":[\"none\",\"login\",\"consent\"],"
        "\"ui_locales_supported\":[\"zh\",\"en\"],"
        "\"authorization_response_iss_parameter_supported\":true,"
        "\"request_parameter_supported\":false,\"request_uri_parameter_supported\":false}");
    return true;
}

static bool get_jwks(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    (void)rq;
    if (!issuer_key(cx->issuer, cx->db, KEY_ES256, cx->err) ||
        !issuer_key(cx->issuer, cx->db, KEY_RS256, cx->err) ||
        !DB0(cx->db, cx->arena, &rows, cx->err,
             "select jsonb_build_object('keys', coalesce(jsonb_agg(jwk order by since desc), '[]'))"
             " from shuzhi.signing_key where until is null or until > now()"))
        return false;
    buf_add(&rs->body, rows_text(&rows, 0, 0));
    return true;
}

/* --- what a client asks for --------------------------------------------------------------------
 */

struct asked {
    const struct client *client;
    str redirect_uri, scope, state, nonce, challenge, prompt, max_age;
};

void oidc_answer_page(struct response *rs, str address)
{
    rs->type = STR("text/html; charset=utf-8");
    response_header(
        rs, STR("Content-Security-Policy"),
        STR("default-src 'none'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'"));
    response_header(rs, STR("Referrer-Policy"), STR("no-referrer"));
    buf_add_format(&rs->body,
                   "<!doctype html><html lang=\"zh\"><meta charset=\"utf-8\"><title>数治</title>"
                   "<meta http-equiv=\"refresh\" content=\"0;url=%.*s\">"
                   "<p><a href=\"%.*s\">继续 · Continue</a></p></html>",
                   STR_ARG(address), STR_ARG(address));
}

static str answer_address(struct cx *cx, str redirect_uri, const char *name, str value, str state)
{
    BUF_SCOPED struct buf b = {.max = 3 * (MAX_URI + 2 * MAX_TEXT)};
    buf_add(&b, redirect_uri);
    form_add(&b, name, value);
    form_add(&b, "state", state);
    form_add(&b, "iss", issuer_url(cx->issuer));
    return arena_copy(cx->arena, buf_str(&b));
}

static bool send_back(struct cx *cx, struct response *rs, const struct asked *q, const char *error)
{
    rs->status = 303;
    response_header(rs, STR("Location"),
                    answer_address(cx, q->redirect_uri, "error", str_from(error), q->state));
    return true;
}

static bool keep(struct cx *cx, const struct asked *q, str *id)
{
    *id = random_token(cx->arena, 24);
    return DB0(cx->db, cx->arena, NULL, cx->err,
               "delete from shuzhi.oidc_request where at < now() - interval '1 hour'") &&
           DB0(cx->db, cx->arena, NULL, cx->err,
               "delete from shuzhi.oidc_token where until < now() - interval '1 day'") &&
           DB(cx->db, cx->arena, NULL, cx->err,
              "insert into shuzhi.oidc_request (digest, client, redirect_uri, scope, state, nonce,"
              " challenge, prompt, max_age) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
              P(digest_hex(cx->arena, *id)), P(q->client->id), P(q->redirect_uri), P(q->scope),
              P(q->state), P(q->nonce), P(q->challenge), P(q->prompt), P(q->max_age));
}

/* Up to here nothing may be sent back: the address is not known to be the client's. */
static bool read_client(struct cx *cx, const struct form *f, struct asked *q)
{
    str id = form_text(f, "client_id");
    q->client = id.p ? map_find(&cx->registry->clients, id) : NULL;
    q->redirect_uri = form_text(f, "redirect_uri");
    q->state = form_text(f, "state");
    if (!q->client) {
        err_set(cx->err, ERR_INVALID, "client_id \"%.*s\" is no client of this county",
                STR_ARG(utf8_clip(id, 60)));
        return err_zh(cx->err, "client_id “%.*s” 未在本县登记", STR_ARG(utf8_clip(id, 60)));
    }
    if (!q->redirect_uri.p || !client_returns_to(q->client, q->redirect_uri)) {
        err_set(cx->err, ERR_INVALID,
                "redirect_uri is not one of those registered for %.*s, letter by letter",
                STR_ARG(q->client->id));
        return err_zh(cx->err, "redirect_uri 与系统“%.*s”登记的地址不一致",
                      STR_ARG(q->client->title.zh));
    }
    return true;
}

static const char *check_asked(const struct form *f, struct asked *q)
{
    int64_t seconds = 0;
    q->scope = form_text(f, "scope");
    q->nonce = form_text(f, "nonce");
    q->challenge = form_text(f, "code_challenge");
    q->prompt = form_text(f, "prompt");
    q->max_age = form_text(f, "max_age");
    if (form_text(f, "request").p)
        return "request_not_supported";
    if (form_text(f, "request_uri").p)
        return "request_uri_not_supported";
    if (!str_is(form_text(f, "response_type"), "code"))
        return "unsupported_response_type";
    if (form_text(f, "response_mode").p && !str_is(form_text(f, "response_mode"), "query"))
        return "invalid_request";
    if (!q->scope.p || q->scope.n > MAX_TEXT || !scope_has(q->scope, "openid") ||
        !scope_is_allowed(q->client, q->scope))
        return "invalid_scope";
    if (q->challenge.n != 43 || !str_is(form_text(f, "code_challenge_method"), "S256"))
        return "invalid_request";
    if (q->state.n > MAX_TEXT || q->nonce.n > MAX_TEXT || q->prompt.n > MAX_TEXT)
        return "invalid_request";
    if (q->max_age.p && (!str_to_int64(q->max_age, &seconds) || seconds < 0 || seconds > 1 << 30))
        return "invalid_request";
    return NULL;
}

struct gather {
    struct form *form;
    struct arena *arena;
    bool is_bad;
};

static void add_field(void *arg, str name, str value)
{
    struct gather *g = arg;
    for (size_t i = 0; i < g->form->n; i++)
        g->is_bad |= str_equal(g->form->fields[i].name, name);
    g->is_bad |= g->form->n == FORM_MAX || !utf8_is_valid(name) || !utf8_is_valid(value) ||
                 memchr(value.p, 0, value.n);
    if (!g->is_bad)
        g->form->fields[g->form->n++] = (struct form_field){name, value};
}

static bool read_fields(struct cx *cx, const struct request *rq, struct form *f)
{
    struct gather g = {f, cx->arena, false};
    f->n = 0;
    if (str_is(rq->method, "POST"))
        return form_read(f, cx->arena, rq->body, cx->err);
    request_each_query(rq, add_field, &g);
    return !g.is_bad ||
           err_set(cx->err, ERR_INVALID, "a parameter is given twice or cannot be read");
}

static bool get_authorize(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct form f = {.n = 0};
    struct asked q = {0};
    str id;
    if (!read_fields(cx, rq, &f) || !read_client(cx, &f, &q))
        return false;
    const char *error = check_asked(&f, &q);
    if (error)
        return send_back(cx, rs, &q, error);
    if (!q.prompt.p)
        q.prompt = STR("");
    if (!keep(cx, &q, &id))
        return false;
    oidc_answer_page(rs, arena_format(cx->arena, "/authorize?request=%.*s", STR_ARG(id)));
    return true;
}

/* --- the person decides ------------------------------------------------------------------------
 */

struct pending {
    struct asked asked;
    str digest;
    bool is_logout, wants_sign_in, knows_consent;
    int64_t session;
    str auth_time; /* of the session, as SQL gives it */
    bool has_second;
};

static bool find_pending(struct cx *cx, const struct request *rq, struct pending *p)
{
    struct rows rows;
    str id = rq->parts[0];
    *p = (struct pending){.digest = digest_hex(cx->arena, id)};
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select r.client, r.redirect_uri, r.scope, r.state, r.nonce, r.challenge, r.prompt,"
            " e.id, e.created, e.has_second,"
            " e.id is not null and ((' ' || r.prompt || ' ' like '% login %' and e.created < r.at)"
            "  or e.created < now() - r.max_age * interval '1 second'),"
            " exists (select from shuzhi.oidc_consent c where c.login = e.login"
            "  and c.client = r.client and string_to_array(r.scope, ' ') <@"
            "  string_to_array(c.scope, ' '))"
            " from shuzhi.oidc_request r left join shuzhi.session e on e.token_digest = $2"
            " where r.digest = $1 and r.at > now() - $3 * interval '1 second'",
            P(p->digest), P(digest_hex(cx->arena, session_token(cx, rq))),
            P_INT(cx->arena, REQUEST_LIFE)))
        return false;
    struct asked *q = &p->asked;
    q->client = rows.n ? map_find(&cx->registry->clients, rows_text(&rows, 0, 0)) : NULL;
    if (!q->client) {
        err_set(cx->err, ERR_MISSING,
                "this sign-in was answered or is past: begin again at the "
                "system you came from");
        return err_zh(cx->err, "本次登录已处理或已过期，请回到原系统重新进入");
    }
    q->redirect_uri = rows_text(&rows, 0, 1);
    q->scope = rows_text(&rows, 0, 2);
    q->state = rows_text(&rows, 0, 3);
    q->nonce = rows_text(&rows, 0, 4);
    q->challenge = rows_text(&rows, 0, 5);
    q->prompt = rows_text(&rows, 0, 6);
    p->session = cx->actor ? rows_int(&rows, 0, 7) : 0;
    p->auth_time = rows_text(&rows, 0, 8);
    p->has_second = rows_bool(&rows, 0, 9);
    p->wants_sign_in = !cx->actor || rows_bool(&rows, 0, 10);
    p->knows_consent = cx->actor && rows_bool(&rows, 0, 11);
    p->is_logout = str_is(q->challenge, "logout");
    return true;
}

static bool needs_consent(const struct pending *p)
{
    if (scope_has(p->asked.prompt, "consent"))
        return true;
    return p->asked.client->asks_consent && !p->knows_consent;
}

static bool forget(struct cx *cx, const struct pending *p, bool *was_there)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err, "delete from shuzhi.oidc_request where digest = $1",
            P(p->digest)))
        return false;
    *was_there = rows.changed == 1; /* two windows: one answer */
    return true;
}

static void write_redirect(struct response *rs, str address)
{
    buf_add_lit(&rs->body, "{\"redirect\":");
    json_write_string(&rs->body, address);
    buf_add_char(&rs->body, '}');
}

static bool answer_error(struct cx *cx, struct response *rs, const struct pending *p,
                         const char *error)
{
    bool was_there;
    if (!forget(cx, p, &was_there))
        return false;
    write_redirect(
        rs, answer_address(cx, p->asked.redirect_uri, "error", str_from(error), p->asked.state));
    return true;
}

static bool get_pending(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct pending p;
    if (!find_pending(cx, rq, &p))
        return false;
    if (scope_has(p.asked.prompt, "none") && !p.is_logout) { /* no word to the person */
        if (p.wants_sign_in)
            return answer_error(cx, rs, &p, "login_required");
        if (needs_consent(&p))
            return answer_error(cx, rs, &p, "consent_required");
    }
    struct buf *b = &rs->body;
    buf_add_lit(b, "{\"client\":");
    title_write(b, p.asked.client->title);
    json_add_text(b, "host", p.asked.redirect_uri);
    json_add_text(b, "scope", p.asked.scope);
    buf_add_format(b, ",\"is_logout\":%s,\"wants_sign_in\":%s,\"wants_consent\":%s}",
                   p.is_logout ? "true" : "false", p.wants_sign_in ? "true" : "false",
                   needs_consent(&p) ? "true" : "false");
    return true;
}

static bool agree(struct cx *cx, const struct pending *p, str *code)
{
    struct rows rows;
    const struct asked *q = &p->asked;
    return DB(cx->db, cx->arena, NULL, cx->err,
              "insert into shuzhi.oidc_consent (login, client, scope) values ($1, $2, $3)"
              " on conflict (login, client) do update set at = now(), scope = array_to_string("
              "array(select distinct unnest(string_to_array(oidc_consent.scope || ' ' || $3, ' "
              "'))), "
              "' ')",
              P(cx->actor->login), P(q->client->id), P(q->scope)) &&
           DB(cx->db, cx->arena, &rows, cx->err,
              "insert into shuzhi.oidc_family (client, login, scope, nonce, session, auth_time,"
              " has_second) values ($1, $2, $3, $4, $5, $6, $7) returning id",
              P(q->client->id), P(cx->actor->login), P(q->scope), P(q->nonce),
              P_INT(cx->arena, p->session), P(p->auth_time), P_BOOL(p->has_second)) &&
           family_give(cx, rows_int(&rows, 0, 0), "code", CODE_LIFE, q->redirect_uri, q->challenge,
                       (str){0}, code);
}

static bool post_pending(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct pending p;
    struct json body;
    bool was_there;
    str code;
    if (!request_json(rq, &body, cx->err) || !find_pending(cx, rq, &p))
        return false;
    if (p.is_logout)
        return err_set(cx->err, ERR_INVALID, "this is a sign-out");
    if (!json_flag(&body, "allow", false))
        return answer_error(cx, rs, &p, "access_denied");
    if (p.wants_sign_in) {
        err_set(cx->err, ERR_DENIED, "the client asks for a fresh sign-in: sign out and in again");
        return err_zh(cx->err, "该系统要求重新登录，请退出后再次登录");
    }
    if (!forget(cx, &p, &was_there))
        return false;
    if (!was_there)
        return err_set(cx->err, ERR_CONFLICT, "this sign-in was answered in another window");
    if (!agree(cx, &p, &code))
        return false;
    write_redirect(rs, answer_address(cx, p.asked.redirect_uri, "code", code, p.asked.state));
    return true;
}

/* After the session is gone there is nobody whose token could be forged. */
static bool post_signed_out(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct pending p;
    bool was_there;
    BUF_SCOPED struct buf b = {.max = 3 * (MAX_URI + MAX_TEXT)};
    if (!find_pending(cx, rq, &p))
        return false;
    if (!p.is_logout)
        return err_set(cx->err, ERR_INVALID, "this is no sign-out");
    if (cx->actor)
        return err_set(cx->err, ERR_CONFLICT, "the session is still open");
    if (!forget(cx, &p, &was_there))
        return false;
    buf_add(&b, p.asked.redirect_uri);
    form_add(&b, "state", p.asked.state);
    write_redirect(rs, arena_copy(cx->arena, buf_str(&b)));
    return true;
}

/* --- sign-out asked for by a client ------------------------------------------------------------
 */

/* OpenID Connect RP-Initiated Logout 1.0: an ID token of ours, be it past. */
static bool read_hint(struct cx *cx, str hint, str *client)
{
    struct token t;
    struct err e = {0};
    if (!token_parse(&t, cx->arena, hint, &e))
        return false;
    struct key *k = issuer_find(cx->db, cx->arena, t.kid, &e);
    bool ok = k && token_verify(&t, k, &e) &&
              str_equal(json_text(&t.claims, "iss", STR("")), issuer_url(cx->issuer));
    key_destroy(k);
    if (ok)
        *client = json_text(&t.claims, "aud", STR(""));
    return ok;
}

static bool get_logout(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct form f = {.n = 0};
    str hint, client, target, id;
    if (!read_fields(cx, rq, &f))
        return false;
    hint = form_text(&f, "id_token_hint");
    client = form_text(&f, "client_id");
    target = form_text(&f, "post_logout_redirect_uri");
    str named = client;
    if (hint.p && (!read_hint(cx, hint, &client) || (named.p && !str_equal(named, client))))
        return err_set(cx->err, ERR_INVALID,
                       "id_token_hint is no ID token of ours for this client");
    const struct client *c = client.p ? map_find(&cx->registry->clients, client) : NULL;
    bool is_known = false;
    for (size_t i = 0; c && target.p && i < c->logout_count; i++)
        is_known |= str_equal(c->logout_uris[i], target);
    if (target.p && !is_known)
        return err_set(cx->err, ERR_INVALID,
                       "post_logout_redirect_uri is not one of those registered for the client");
    if (!target.p) {
        oidc_answer_page(rs, STR("/sign-out"));
        return true;
    }
    struct asked q = {.client = c,
                      .redirect_uri = target,
                      .scope = STR(""),
                      .state = form_text(&f, "state"),
                      .challenge = STR("logout"),
                      .prompt = STR("")};
    if (!keep(cx, &q, &id))
        return false;
    oidc_answer_page(rs, arena_format(cx->arena, "/sign-out?request=%.*s", STR_ARG(id)));
    return true;
}

static const struct route ROUTES[] = {
    {"GET", "/.well-known/openid-configuration", get_discovery, NULL, ROUTE_PUBLIC, NULL},
    {"GET", "/oauth/jwks", get_jwks, NULL, ROUTE_PUBLIC, NULL},
    {"GET", "/oauth/authorize", get_authorize, NULL, ROUTE_PUBLIC, NULL},
    {"POST", "/oauth/authorize", get_authorize, NULL, ROUTE_PUBLIC | ROUTE_NO_CSRF, NULL},
    {"GET", "/oauth/logout", get_logout, NULL, ROUTE_PUBLIC, NULL},
    {"POST", "/oauth/logout", get_logout, NULL, ROUTE_PUBLIC | ROUTE_NO_CSRF, NULL},
    {"GET", "/api/v1/authorize/{id}", get_pending, NULL, ROUTE_PUBLIC, NULL},
    {"POST", "/api/v1/authorize/{id}", post_pending, "oidc.agree", ROUTE_SESSION, NULL},
    {"POST", "/api/v1/signed-out/{id}", post_signed_out, NULL, ROUTE_PUBLIC | ROUTE_NO_CSRF, NULL},
    {0},
};

const struct module OIDC_MODULE = {"oidc", ROUTES};
