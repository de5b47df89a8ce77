#include "identity/second.h"

#include "base/cipher.h"
#include "base/date.h"
#include "base/digest.h"
#include "identity/session.h"
#include "identity/totp.h"

enum { RECOVERY_CODES = 10, RECOVERY_BYTES = 10, WAIT_MINUTES = 15 };

static bool sealing_key(struct cx *cx, uint8_t key[SEAL_KEY_BYTES])
{
    struct rows rows;
    return DB0(cx->db, cx->arena, &rows, cx->err,
               "select value from shuzhi.secret where name = 'second-factor'") &&
           ((rows.n && bytes_from_hex(rows_text(&rows, 0, 0), key, SEAL_KEY_BYTES)) ||
            err_set(cx->err, ERR_BROKEN, "the key that seals second factors is not there"));
}

struct factor {
    str totp, waiting; /* opened; p == NULL: none */
    int64_t step;
    bool is_demanded; /* by a role of a post in force */
};

static bool open_secret(struct cx *cx, const uint8_t *key, str login, str sealed, str *out)
{
    *out = (str){0};
    return !sealed.p || seal_open(cx->arena, key, login, sealed, out) ||
           err_set(cx->err, ERR_BROKEN,
                   "a second factor cannot be opened: was the database "
                   "put together from two?");
}

static bool load_factor(struct cx *cx, str login, struct factor *f)
{
    struct rows rows;
    struct actor who;
    uint8_t key[SEAL_KEY_BYTES];
    if (!sealing_key(cx, key) || !identity_load(cx->db, cx->arena, login, &who, cx->err) ||
        !DB(cx->db, cx->arena, &rows, cx->err,
            "select totp, totp_step, case when totp_waiting_since > now() - $2 * interval "
            "'1 minute' then totp_waiting end from shuzhi.staff where login = $1 for update",
            P(login), P_INT(cx->arena, WAIT_MINUTES)))
        return false;
    *f = (struct factor){.step = rows_int(&rows, 0, 1)};
    for (size_t i = 0; i < who.post_count; i++) {
        for (size_t k = 0; k < who.posts[i].role_count; k++)
            f->is_demanded |= map_has(&cx->registry->second_factor, who.posts[i].roles[k]);
    }
    return open_secret(cx, key, login, rows_text(&rows, 0, 0), &f->totp) &&
           open_secret(cx, key, login, rows_text(&rows, 0, 2), &f->waiting);
}

static bool offer(struct cx *cx, str login, const struct factor *f, struct buf *b)
{
    uint8_t key[SEAL_KEY_BYTES];
    str secret = f->waiting, svg;
    if (!secret.p) { /* one that is shown already stays: the person may be scanning it */
        if (!base64url_decode(cx->arena, random_token(cx->arena, TOTP_SECRET), &secret) ||
            !sealing_key(cx, key) ||
            !DB(cx->db, cx->arena, NULL, cx->err,
                "update shuzhi.staff set totp_waiting = $2, totp_waiting_since = now()"
                " where login = $1",
                P(login), P(seal(cx->arena, key, login, secret))))
            return false;
    }
    str uri = totp_uri(cx->arena, cx->registry->county.title.zh, login, secret);
    if (!qr_svg(cx->arena, uri, &svg, cx->err))
        return false;
    json_add_text(b, "secret", base32(cx->arena, secret));
    json_add_text(b, "uri", uri);
    json_add_text(b, "qr", svg);
    return true;
}

static bool make_recovery_codes(struct cx *cx, str login, struct buf *b)
{
    if (!DB(cx->db, cx->arena, NULL, cx->err, "delete from shuzhi.recovery_code where login = $1",
            P(login)))
        return false;
    buf_add_lit(b, ",\"recovery_codes\":[");
    for (int i = 0; i < RECOVERY_CODES; i++) {
        str bytes;
        if (!base64url_decode(cx->arena, random_token(cx->arena, RECOVERY_BYTES), &bytes))
            return err_set(cx->err, ERR_BROKEN, "no random bytes");
        str code = base32(cx->arena, bytes);
        str shown = arena_format(cx->arena, "%.4s-%.4s-%.4s-%.4s", code.p, code.p + 4, code.p + 8,
                                 code.p + 12);
        buf_add(b, i ? STR(",") : STR(""));
        json_write_string(b, shown);
        if (!DB(cx->db, cx->arena, NULL, cx->err,
                "insert into shuzhi.recovery_code (login, digest) values ($1, $2)", P(login),
                P(digest_hex(cx->arena, shown))))
            return false;
    }
    buf_add_char(b, ']');
    return true;
}

static bool enrol(struct cx *cx, str login, const struct factor *f, str code,
                  enum second_state *state, struct buf *b)
{
    uint8_t key[SEAL_KEY_BYTES];
    int64_t step;
    if (!f->waiting.p || !totp_matches(f->waiting, code, clock_unix_ms() / 1000, 0, &step)) {
        *state = SECOND_WRONG;
        return true;
    }
    *state = SECOND_OK;
    return sealing_key(cx, key) &&
           DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.staff set totp = $2, totp_step = $3, totp_waiting = null"
              " where login = $1",
              P(login), P(seal(cx->arena, key, login, f->waiting)), P_INT(cx->arena, step)) &&
           make_recovery_codes(cx, login, b);
}

static bool use_recovery_code(struct cx *cx, str login, str code, enum second_state *state)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "update shuzhi.recovery_code set used = now()"
            " where login = $1 and digest = $2 and used is null",
            P(login), P(digest_hex(cx->arena, code))))
        return false;
    *state = rows.changed ? SECOND_OK : SECOND_WRONG;
    return true;
}

bool second_try(struct cx *cx, str login, str code, enum second_state *state, struct buf *b)
{
    struct factor f;
    int64_t step;
    if (!load_factor(cx, login, &f))
        return false;
    if (!f.totp.p && !f.is_demanded) {
        *state = SECOND_NONE;
        return true;
    }
    if (!f.totp.p && code.p)
        return enrol(cx, login, &f, code, state, b);
    if (!f.totp.p) {
        *state = SECOND_ENROL;
        return offer(cx, login, &f, b);
    }
    if (!code.p) {
        *state = SECOND_WANTED;
        return true;
    }
    if (code.n > 6)
        return use_recovery_code(cx, login, code, state);
    if (!totp_matches(f.totp, code, clock_unix_ms() / 1000, f.step, &step)) {
        *state = SECOND_WRONG;
        return true;
    }
    *state = SECOND_OK;
    return DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.staff set totp_step = $2 where login = $1", P(login),
              P_INT(cx->arena, step));
}

bool second_is_wanted(struct cx *cx, str login, bool *is_wanted)
{
    struct factor f;
    if (!load_factor(cx, login, &f))
        return false;
    *is_wanted = f.totp.p || f.is_demanded;
    return true;
}

/* --- by one's own will -------------------------------------------------------------------------
 */

static bool get_second(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct factor f;
    struct rows rows;
    (void)rq;
    if (!load_factor(cx, cx->actor->login, &f) ||
        !DB(cx->db, cx->arena, &rows, cx->err,
            "select count(*) from shuzhi.recovery_code where login = $1 and used is null",
            P(cx->actor->login)))
        return false;
    buf_add_format(&rs->body, "{\"is_on\":%s,\"is_demanded\":%s,\"recovery_codes_left\":%lld}",
                   f.totp.p ? "true" : "false", f.is_demanded ? "true" : "false",
                   (long long)rows_int(&rows, 0, 0));
    return true;
}

/* Without a code: shows a secret.  With one: proves it. */
static bool post_second(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct factor f;
    struct json body;
    enum second_state state = SECOND_ENROL;
    if (!request_json(rq, &body, cx->err) || !load_factor(cx, cx->actor->login, &f))
        return false;
    if (f.totp.p) {
        err_set(cx->err, ERR_CONFLICT, "there is a second factor already: remove it first");
        return err_zh(cx->err, "已绑定动态口令，请先解除");
    }
    str code = json_text(&body, "code", (str){0});
    struct buf *b = &rs->body;
    buf_add_lit(b, "{\"is_on\":");
    buf_add(b, code.p ? STR("true") : STR("false"));
    if (!(code.p ? enrol(cx, cx->actor->login, &f, code, &state, b)
                 : offer(cx, cx->actor->login, &f, b)))
        return false;
    buf_add_char(b, '}');
    if (state != SECOND_WRONG)
        return true;
    err_set(cx->err, ERR_INVALID, "the code is wrong: is the phone's clock right?");
    return err_zh(cx->err, "动态口令不正确，请核对手机时间后重试");
}

/* Takes a code, so that a session left open is not enough. */
static bool delete_second(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct factor f;
    enum second_state state;
    (void)rs;
    if (!load_factor(cx, cx->actor->login, &f))
        return false;
    if (f.is_demanded) {
        err_set(cx->err, ERR_DENIED, "a role of yours demands a second factor");
        return err_zh(cx->err, "您的岗位要求使用动态口令，不能解除");
    }
    if (!patience_check(cx, cx->actor->login, PLACE_SECOND) ||
        !second_try(cx, cx->actor->login, request_query(rq, "code"), &state, &rs->body))
        return false;
    if (state != SECOND_OK) {
        patience_fail(cx, cx->actor->login, PLACE_SECOND, "", "");
        err_clear(cx->err); /* 401 would say that the session has ended */
        err_set(cx->err, ERR_INVALID, "the code is wrong");
        return err_zh(cx->err, "动态口令不正确");
    }
    return DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.staff set totp = null where login = $1", P(cx->actor->login)) &&
           DB(cx->db, cx->arena, NULL, cx->err, "delete from shuzhi.recovery_code where login = $1",
              P(cx->actor->login));
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/account/second", get_second, NULL, ROUTE_SESSION, NULL},
    {"POST", "/api/v1/account/second", post_second, "account.second", ROUTE_SESSION, NULL},
    {"DELETE", "/api/v1/account/second", delete_second, "account.second-off", ROUTE_SESSION, NULL},
    {0},
};

const struct module SECOND_MODULE = {"second", ROUTES};
