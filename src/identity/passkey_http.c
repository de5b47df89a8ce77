/* Passkeys: added, listed and removed by their owner; signing in with one, which is two factors in
 * one step, for the device has verified the person. */
#include "base/cipher.h"
#include "base/digest.h"
#include "base/key.h"
#include "identity/issuer.h"
#include "identity/passkey.h"
#include "identity/session.h"
#include "identity/tell.h"

enum { CHALLENGE_MINUTES = 5, MAX_PASSKEYS = 20, MAX_TITLE = 100 };

static bool make_challenge(struct cx *cx, str login, str *challenge)
{
    *challenge = random_token(cx->arena, 32);
    return DB0(cx->db, cx->arena, NULL, cx->err,
               "delete from shuzhi.passkey_challenge where at < now() - interval '1 hour'") &&
           DB(cx->db, cx->arena, NULL, cx->err,
              "insert into shuzhi.passkey_challenge (digest, login) values ($1, $2)",
              P(digest_hex(cx->arena, *challenge)), P(login));
}

/* A challenge counts once, for whom it was made. */
static bool use_challenge(struct cx *cx, str login, str challenge)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "delete from shuzhi.passkey_challenge where digest = $1 and login is not distinct from"
            " $2 and at > now() - $3 * interval '1 minute'",
            P(digest_hex(cx->arena, challenge)), P(login), P_INT(cx->arena, CHALLENGE_MINUTES)))
        return false;
    if (rows.changed)
        return true;
    err_set(cx->err, ERR_INVALID, "the challenge is not known, was used, or is past: begin again");
    return err_zh(cx->err, "验证请求已失效，请重新开始");
}

static bool bytes_of(struct cx *cx, const struct json *body, const char *name, str *out)
{
    return base64url_decode(cx->arena, json_text(body, name, STR("")), out) ||
           err_set(cx->err, ERR_INVALID, "%s is not base64url", name);
}

static bool post_begin(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    str challenge;
    struct buf *b = &rs->body;
    (void)rq;
    if (!make_challenge(cx, cx->actor->login, &challenge) ||
        !DB(cx->db, cx->arena, &rows, cx->err,
            "select subject, (select coalesce(json_agg(id), '[]') from shuzhi.passkey p"
            " where p.login = s.login) from shuzhi.staff s where login = $1",
            P(cx->actor->login)))
        return false;
    str subject = rows_text(&rows, 0, 0);
    buf_add_lit(b, "{\"challenge\":");
    json_write_string(b, challenge);
    json_add_text(b, "host", passkey_host(issuer_url(cx->issuer)));
    json_add_text(b, "user",
                  base64url(cx->arena, subject)); /* no name: devices show it to nobody */
    json_add_text(b, "login", cx->actor->login);
    json_add_raw(b, "have", rows_text(&rows, 0, 1));
    buf_add_char(b, '}');
    return true;
}

static bool post_passkey(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct rows rows;
    struct passkey_said said;
    str client_data, auth_data, der;
    if (!request_json(rq, &body, cx->err) || !bytes_of(cx, &body, "client_data", &client_data) ||
        !bytes_of(cx, &body, "auth_data", &auth_data) || !bytes_of(cx, &body, "public_key", &der) ||
        !passkey_read(&said, cx->arena, PASSKEY_CREATE, client_data, auth_data,
                      issuer_url(cx->issuer), cx->err) ||
        !use_challenge(cx, cx->actor->login, said.challenge))
        return false;
    struct key *k = key_from_der(der, cx->err);
    if (!k)
        return false;
    bool is_known_kind = key_kind(k) != KEY_SM2;
    str pem = key_public_pem(cx->arena, k);
    key_destroy(k);
    str title = utf8_clip(json_text(&body, "title", STR("")), MAX_TITLE);
    if (!is_known_kind)
        return err_set(cx->err, ERR_INVALID, "a passkey is of kind ES256 or RS256");
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "insert into shuzhi.passkey (id, login, title, public_key, count)"
            " select $1, $2, $3, $4, $5 where (select count(*) from shuzhi.passkey where login = "
            "$2)"
            " < $6::int on conflict do nothing",
            P(base64url(cx->arena, said.credential)), P(cx->actor->login), P(title), P(pem),
            P_INT(cx->arena, said.count), P_INT(cx->arena, MAX_PASSKEYS)))
        return false;
    if (!rows.changed)
        return err_set(cx->err, ERR_CONFLICT, "the passkey is there already, or there are %d",
                       MAX_PASSKEYS);
    rs->status = 201;
    buf_add_lit(&rs->body, "{}");
    return tell_way_in(cx, cx->actor->login, WAY_PASSKEY_ADDED);
}

static bool get_passkeys(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    (void)rq;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select coalesce(json_agg(json_build_object('id', id, 'title', title, 'at', at,"
            " 'last_used', last_used) order by at), '[]') from shuzhi.passkey where login = $1",
            P(cx->actor->login)))
        return false;
    buf_add_format(&rs->body, "{\"passkeys\":%.*s}", STR_ARG(rows_text(&rows, 0, 0)));
    return true;
}

static bool delete_passkey(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    (void)rs;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "delete from shuzhi.passkey where login = $1 and id = $2", P(cx->actor->login),
            P(rq->parts[0])))
        return false;
    if (!rows.changed)
        return err_set(cx->err, ERR_MISSING, "no such passkey of yours");
    return tell_way_in(cx, cx->actor->login, WAY_PASSKEY_REMOVED);
}

/* --- signing in --------------------------------------------------------------------------------
 */

static bool post_sign_in_begin(struct cx *cx, const struct request *rq, struct response *rs)
{
    str challenge;
    (void)rq;
    if (!make_challenge(cx, (str){0}, &challenge))
        return false;
    buf_add_lit(&rs->body, "{\"challenge\":");
    json_write_string(&rs->body, challenge);
    json_add_text(&rs->body, "host", passkey_host(issuer_url(cx->issuer)));
    buf_add_char(&rs->body, '}');
    return true;
}

static bool refuse(struct cx *cx)
{
    err_set(cx->err, ERR_UNKNOWN, "the passkey is not known here, or its signature is wrong");
    return err_zh(cx->err, "通行密钥未登记，或验证未通过");
}

/* A counter that does not rise tells of a copied device (6.1.1). */
static bool check_signature(struct cx *cx, const struct rows *rows, const struct passkey_said *said,
                            str signed_part, str signature)
{
    struct key *k = key_parse(rows_text(rows, 0, 1), cx->err);
    int64_t count = rows_int(rows, 0, 2);
    bool ok = k && key_verify_der(k, signed_part, signature) &&
              ((count == 0 && said->count == 0) || said->count > count);
    key_destroy(k);
    return ok || refuse(cx);
}

static bool post_sign_in(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct rows rows;
    struct passkey_said said;
    str client_data, auth_data, signature;
    if (!request_json(rq, &body, cx->err) || !bytes_of(cx, &body, "client_data", &client_data) ||
        !bytes_of(cx, &body, "auth_data", &auth_data) ||
        !bytes_of(cx, &body, "signature", &signature) ||
        !passkey_read(&said, cx->arena, PASSKEY_GET, client_data, auth_data, issuer_url(cx->issuer),
                      cx->err) ||
        !use_challenge(cx, (str){0}, said.challenge))
        return false;
    str id = json_text(&body, "id", STR(""));
    if (id.n > 2 * PASSKEY_ID_MAX || memchr(id.p, 0, id.n))
        return refuse(cx);
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select p.login, p.public_key, p.count from shuzhi.passkey p join shuzhi.staff s on"
            " s.login = p.login and s.is_active where p.id = $1 for update of p",
            P(id)))
        return false;
    if (!rows.n)
        return refuse(cx);
    if (!check_signature(cx, &rows, &said, passkey_signed_part(cx->arena, client_data, auth_data),
                         signature) ||
        !DB(cx->db, cx->arena, NULL, cx->err,
            "update shuzhi.passkey set count = $2, last_used = now() where id = $1", P(id),
            P_INT(cx->arena, said.count)) ||
        !session_open(cx, rows_text(&rows, 0, 0), SESSION_TWO_FACTORS, rq, rs))
        return false;
    session_write(cx, &rs->body);
    buf_add_char(&rs->body, '}');
    return true;
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/account/passkeys", get_passkeys, NULL, ROUTE_SESSION, NULL},
    {"POST", "/api/v1/account/passkeys", post_passkey, "account.passkey", ROUTE_SESSION, NULL},
    {"POST", "/api/v1/account/passkeys/begin", post_begin, NULL, ROUTE_SESSION, NULL},
    {"DELETE", "/api/v1/account/passkeys/{id}", delete_passkey, "account.passkey-off",
     ROUTE_SESSION, NULL},
    {"POST", "/api/v1/session/passkey/begin", post_sign_in_begin, NULL,
     ROUTE_PUBLIC | ROUTE_NO_CSRF, NULL},
    {"POST", "/api/v1/session/passkey", post_sign_in, "session.open", ROUTE_PUBLIC | ROUTE_NO_CSRF,
     NULL},
    {0},
};

const struct module PASSKEY_MODULE = {"passkey", ROUTES};
