#include "identity/second.h"

#include "base/cipher.h"
#include "base/date.h"
#include "base/digest.h"
#include "identity/session.h"
#include "identity/tell.h"
#include "identity/totp.h"
#include "keys/ring.h"

enum { RECOVERY_CODES = 10, RECOVERY_BYTES = 10, WAIT_MINUTES = 15 };

struct factor {
    str totp, waiting; /* opened; p == NULL: none */
    int64_t step;
    bool is_demanded; /* by a role of a post in force */
};

static bool open_secret(struct cx *cx, str login, str sealed, str *out)
{
    *out = (str){0};
    return !sealed.p || ring_unseal(cx->ring, cx->arena, KEY_USE_SECOND, login, sealed, out) ||
           err_set(cx->err, ERR_BROKEN,
                   "a second factor cannot be opened: is the key ring the one it was sealed with?");
}

static bool load_factor(struct cx *cx, str login, struct factor *f)
{
    struct rows rows;
    struct actor who;
    if (!identity_load(cx->db, cx->arena, login, &who, cx->err) ||
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
    return open_secret(cx, login, rows_text(&rows, 0, 0), &f->totp) &&
           open_secret(cx, login, rows_text(&rows, 0, 2), &f->waiting);
}

static bool offer(struct cx *cx, str login, const struct factor *f, struct buf *b)
{
    str secret = f->waiting, svg;
    if (!secret.p) { /* one that is shown already stays: the person may be scanning it */
        if (!base64url_decode(cx->arena, random_token(cx->arena, TOTP_SECRET), &secret) ||
            !DB(cx->db, cx->arena, NULL, cx->err,
                "update shuzhi.staff set totp_waiting = $2, totp_waiting_since = now()"
                " where login = $1",
                P(login), P(ring_seal(cx->ring, cx->arena, KEY_USE_SECOND, login, secret))))
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
    int64_t step;
    if (!f->waiting.p || !totp_matches(f->waiting, code, clock_unix_ms() / 1000, 0, &step)) {
        *state = SECOND_WRONG;
        return true;
    }
    *state = SECOND_OK;
    return DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.staff set totp = $2, totp_step = $3, totp_waiting = null"
              " where login = $1",
              P(login), P(ring_seal(cx->ring, cx->arena, KEY_USE_SECOND, login, f->waiting)),
              P_INT(cx->arena, step)) &&
           make_recovery_codes(cx, login, b) && tell_way_in(cx, login, WAY_SECOND_ON);
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

/* --- other keys --------------------------------------------------------------------------------
 */

static bool reseal_column(struct db *db, struct ring *ring, struct arena *a, str login, str sealed,
                          const char *column, struct err *e)
{
    str secret;
    if (!sealed.p)
        return true;
    if (!ring_unseal(ring, a, KEY_USE_SECOND, login, sealed, &secret))
        return err_set(e, ERR_BROKEN,
                       "the second factor of an account opens with no key of the ring");
    return DB(db, a, NULL, e,
              arena_format(a, "update shuzhi.staff set %s = $2 where login = $1", column).p,
              P(login), P(ring_seal(ring, a, KEY_USE_SECOND, login, secret)));
}

bool second_reseal(struct db *db, struct ring *ring, int64_t *done, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct rows rows;
    str own = arena_format(&a, "%lld.%%", (long long)ring_active(ring));
    if (!DB(db, &a, &rows, e,
            "select login, totp, totp_waiting from shuzhi.staff where totp not like $1 or "
            "totp_waiting not like $1 order by login limit 200 for update skip locked",
            P(own)))
        return false;
    for (size_t i = 0; i < rows.n; i++) {
        str login = rows_text(&rows, i, 0);
        if (!reseal_column(db, ring, &a, login, rows_text(&rows, i, 1), "totp", e) ||
            !reseal_column(db, ring, &a, login, rows_text(&rows, i, 2), "totp_waiting", e))
            return false;
    }
    *done = (int64_t)rows.n;
    return true;
}

bool second_count(struct db *db, int64_t generation, int64_t *n, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct rows rows;
    str own = generation ? arena_format(&a, "%lld.%%", (long long)generation) : STR("%");
    const char *sql = generation
                          ? "select count(*) from shuzhi.staff where totp like $1 or totp_waiting "
                            "like $1"
                          : "select count(*) from shuzhi.staff where (totp like $1 and totp not "
                            "like '%.%') or (totp_waiting like $1 and totp_waiting not like "
                            "'%.%')";
    if (!DB(db, &a, &rows, e, sql, P(own)))
        return false;
    *n = rows_int(&rows, 0, 0);
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
              P(cx->actor->login)) &&
           tell_way_in(cx, cx->actor->login, WAY_SECOND_OFF);
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/account/second", get_second, NULL, ROUTE_SESSION, NULL},
    {"POST", "/api/v1/account/second", post_second, "account.second", ROUTE_SESSION, NULL},
    {"DELETE", "/api/v1/account/second", delete_second, "account.second-off", ROUTE_SESSION, NULL},
    {0},
};

const struct module SECOND_MODULE = {"second", ROUTES};
