#include "exchange/message.h"

#include "base/digest.h"

enum { MAX_CLAIMS = 8 << 10, MAX_REASON = 1000 };

static const char *const TYPES[] = {
#define X(name, text) text,
    MESSAGE_TYPES(X)
#undef X
};

const char *message_type_name(enum message_type t)
{
    return TYPES[t];
}

static bool find_type(str name, enum message_type *out)
{
    for (size_t i = 0; i < COUNT(TYPES); i++) {
        if (str_is(name, TYPES[i])) {
            *out = (enum message_type)i;
            return true;
        }
    }
    return false;
}

bool uuid_is_valid(str s)
{
    if (s.n != 36)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        char c = s.p[i];
        if (is_dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return true;
}

static bool read_claims(struct message *m, struct err *e)
{
    const struct json *c = &m->token.claims;
    m->id = json_text(c, "jti", STR(""));
    m->from = json_text(c, "iss", STR(""));
    m->to = json_text(c, "aud", STR(""));
    m->agreement = json_text(c, "agreement", STR(""));
    m->sequence = json_int(c, "seq", 0);
    m->issued = json_int(c, "iat", 0);
    m->expires = json_int(c, "exp", 0);
    m->part = json_int(c, "part", 0);
    m->is_last = json_flag(c, "last", false);
    m->digest = json_text(c, "digest", STR(""));
    if (!find_type(json_text(c, "type", STR("")), &m->type))
        return err_set(e, ERR_INVALID, "the message is of no type that is known here");
    if (!uuid_is_valid(m->id) || (m->agreement.n && !uuid_is_valid(m->agreement)))
        return err_set(e, ERR_INVALID, "the message's jti or agreement is no UUID");
    if (m->sequence < 1 || m->issued < 1 || m->expires <= m->issued || m->part < 0 ||
        m->part > INT32_MAX)
        return err_set(e, ERR_INVALID,
                       "the message's seq, iat, exp or part is no number that fits");
    return true;
}

bool message_parse(struct message *m, struct arena *a, str bytes, struct err *e)
{
    struct message got = {.body = bytes};
    if (bytes.n > MESSAGE_MAX)
        return err_set(e, ERR_LIMIT, "the message is larger than %d bytes", MESSAGE_MAX);
    if (!str_take_part(&got.body, '\n', &got.line) || !got.body.p)
        return err_set(e, ERR_INVALID, "the message has no line of its own for its signed head");
    if (!token_parse(&got.token, a, got.line, e) || !read_claims(&got, e))
        return false;
    if (json_int(&got.token.claims, "bytes", -1) != (int64_t)got.body.n ||
        !str_equal(digest_hex(a, got.body), got.digest))
        return err_set(e, ERR_INVALID, "the message's body is not the one its head was signed for");
    if (!utf8_is_valid(got.body) || (got.body.n && memchr(got.body.p, 0, got.body.n)))
        return err_set(e, ERR_INVALID, "the message's body is not UTF-8 text");
    *m = got;
    return true;
}

static bool is_signed(const struct token *t, const str *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct err e = {0};
        struct key *k = key_parse(keys[i], &e);
        bool ok = k && token_verify(t, k, &e);
        key_destroy(k);
        if (ok)
            return true;
    }
    return false;
}

bool message_verify(const struct message *m, const str *keys, size_t n, struct err *e)
{
    return is_signed(&m->token, keys, n) ||
           err_set(e, ERR_UNKNOWN, "the message is not signed by a key of \"%.*s\"",
                   STR_ARG(utf8_clip(m->from, 48)));
}

bool message_check(const struct message *m, str me, int64_t now, struct err *e)
{
    if (!str_equal(m->to, me))
        return err_set(e, ERR_DENIED, "the message is for \"%.*s\", this is \"%.*s\"",
                       STR_ARG(utf8_clip(m->to, 48)), STR_ARG(me));
    if (m->expires < now - MESSAGE_LEEWAY)
        return err_set(e, ERR_INVALID, "the message is past its time: sign it again");
    if (m->issued > now + MESSAGE_LEEWAY || m->expires - m->issued > MESSAGE_LIFE_MAX)
        return err_set(e, ERR_INVALID,
                       "the message's time lies ahead, or is longer than a day: is "
                       "a clock wrong?");
    return true;
}

static void add_text(struct buf *b, const char *name, str s)
{
    if (s.n)
        json_add_text(b, name, s);
}

bool message_sign(struct message *m, struct arena *a, const struct key *k, int64_t now,
                  struct err *e)
{
    BUF_SCOPED struct buf b = {.max = MAX_CLAIMS};
    m->issued = now;
    m->expires = now + MESSAGE_LIFE;
    m->digest = digest_hex(a, m->body);
    buf_add_format(&b, "{\"jti\":\"%.*s\"", STR_ARG(m->id));
    json_add_text(&b, "iss", m->from);
    json_add_text(&b, "aud", m->to);
    buf_add_format(&b, ",\"iat\":%lld,\"exp\":%lld,\"seq\":%lld,\"type\":\"%s\"",
                   (long long)m->issued, (long long)m->expires, (long long)m->sequence,
                   message_type_name(m->type));
    add_text(&b, "agreement", m->agreement);
    if (m->part)
        buf_add_format(&b, ",\"part\":%lld,\"last\":%s", (long long)m->part,
                       m->is_last ? "true" : "false");
    buf_add_format(&b, ",\"bytes\":%zu,\"digest\":\"%.*s\"}", m->body.n, STR_ARG(m->digest));
    return token_sign(a, k, buf_str(&b), &m->line, e);
}

/* --- receipts ----------------------------------------------------------------------------------
 */

bool receipt_sign(struct arena *a, const struct key *k, const struct receipt *r, str *out,
                  struct err *e)
{
    BUF_SCOPED struct buf b = {.max = MAX_CLAIMS};
    buf_add_format(&b, "{\"type\":\"receipt\",\"of\":\"%.*s\"", STR_ARG(r->of));
    json_add_text(&b, "iss", r->from);
    json_add_text(&b, "aud", r->to);
    buf_add_format(&b, ",\"seq\":%lld,\"taken_at\":%lld,\"digest\":\"%.*s\",\"result\":\"%s\"",
                   (long long)r->sequence, (long long)r->taken_at, STR_ARG(r->digest),
                   r->is_taken ? "taken" : "refused");
    add_text(&b, "reason", utf8_clip(r->reason, MAX_REASON));
    buf_add_char(&b, '}');
    return token_sign(a, k, buf_str(&b), out, e);
}

bool receipt_read(struct receipt *r, struct arena *a, str text, const str *keys, size_t n,
                  struct err *e)
{
    struct token t;
    text = str_trim(text);
    if (!token_parse(&t, a, text, e))
        return false;
    const struct json *c = &t.claims;
    str result = json_text(c, "result", STR(""));
    if (!str_is(json_text(c, "type", STR("")), "receipt") ||
        (!str_is(result, "taken") && !str_is(result, "refused")))
        return err_set(e, ERR_INVALID, "the answer is no receipt");
    if (!is_signed(&t, keys, n))
        return err_set(e, ERR_UNKNOWN, "the receipt is not signed by a key of its county");
    *r = (struct receipt){.of = json_text(c, "of", STR("")),
                          .from = json_text(c, "iss", STR("")),
                          .to = json_text(c, "aud", STR("")),
                          .digest = json_text(c, "digest", STR("")),
                          .reason = utf8_clip(json_text(c, "reason", STR("")), MAX_REASON),
                          .sequence = json_int(c, "seq", 0),
                          .taken_at = json_int(c, "taken_at", 0),
                          .is_taken = str_is(result, "taken")};
    return true;
}

bool receipt_fits(const struct receipt *r, const struct message *m, struct err *e)
{
    return (str_equal(r->of, m->id) && str_equal(r->digest, m->digest) &&
            str_equal(r->from, m->to) && str_equal(r->to, m->from) && r->sequence == m->sequence) ||
           err_set(e, ERR_CONFLICT, "the receipt is of another message");
}
