#include "identity/oidc.h"

#include "base/cipher.h"
#include "base/digest.h"

bool scope_has(str scope, const char *word)
{
    str part;
    while (str_take_part(&scope, ' ', &part)) {
        if (str_is(part, word))
            return true;
    }
    return false;
}

bool scope_is_allowed(const struct client *c, str scope)
{
    str part;
    while (str_take_part(&scope, ' ', &part)) {
        bool is_known = false;
        for (size_t i = 0; i < c->scope_count && !is_known; i++)
            is_known = str_equal(c->scopes[i], part);
        if (!is_known)
            return false;
    }
    return true;
}

bool scope_covers(str scope, str less)
{
    ARENA_SCOPED struct arena a = {0};
    str part;
    while (str_take_part(&less, ' ', &part)) {
        if (!scope_has(scope, arena_cstr(&a, part)))
            return false;
    }
    return true;
}

bool client_returns_to(const struct client *c, str redirect_uri)
{
    for (size_t i = 0; i < c->redirect_count; i++) {
        if (str_equal(c->redirect_uris[i], redirect_uri))
            return true;
    }
    return false;
}

bool oidc_refuse(struct response *rs, int status, const char *error, const char *words)
{
    buf_clear(&rs->body);
    rs->status = status;
    buf_add_format(&rs->body, "{\"error\":\"%s\",\"error_description\":\"%s\"}", error, words);
    if (status == 401)
        response_header(rs, STR("WWW-Authenticate"), STR("Basic realm=\"shuzhi\""));
    response_header(rs, STR("Pragma"), STR("no-cache"));
    return true;
}

/* RFC 7617 with RFC 6749, 2.3.1: both parts are form-encoded before coding. */
static bool read_basic(struct arena *a, str header, str *id, str *secret)
{
    static const str SCHEME = {"Basic ", 6};
    str bytes, name;
    if (header.n < SCHEME.n || !str_equal_nocase(str_slice(header, 0, SCHEME.n), SCHEME))
        return false;
    str coded = str_trim(str_slice(header, SCHEME.n, header.n));
    char *p = arena_cstr(a, coded);
    for (size_t i = 0; i < coded.n; i++)
        p[i] = (char)(p[i] == '+' ? '-' : p[i] == '/' ? '_' : p[i]);
    while (coded.n && p[coded.n - 1] == '=')
        coded.n--;
    return base64url_decode(a, (str){p, coded.n}, &bytes) && str_take_part(&bytes, ':', &name) &&
           bytes.p && form_decode(a, name, id) && form_decode(a, bytes, secret);
}

const struct client *oidc_client(struct cx *cx, const struct request *rq, const struct form *f,
                                 struct response *rs)
{
    str id = form_text(f, "client_id"), secret = form_text(f, "client_secret");
    str header = request_header(rq, "Authorization");
    if (header.p) {
        str named = id;
        if (secret.p || !read_basic(cx->arena, header, &id, &secret) ||
            (named.p && !str_equal(named, id))) {
            oidc_refuse(rs, 401, "invalid_client", "authenticate once: client_secret_basic");
            return NULL;
        }
    }
    const struct client *c = id.p ? map_find(&cx->registry->clients, id) : NULL;
    bool is_known =
        c && (c->secret_digest.n ? secret.n && bytes_equal_constant(digest_hex(cx->arena, secret),
                                                                    c->secret_digest)
                                 : !secret.n);
    if (is_known)
        return c;
    oidc_refuse(rs, 401, "invalid_client", "the client or its secret is not known here");
    return NULL;
}

bool family_give(struct cx *cx, int64_t family, const char *kind, int life, str redirect_uri,
                 str challenge, str scope, str *token)
{
    *token =
        arena_format(cx->arena, "%c%s%.*s", kind[0], "t.", STR_ARG(random_token(cx->arena, 32)));
    return DB(cx->db, cx->arena, NULL, cx->err,
              "insert into shuzhi.oidc_token (digest, family, kind, until, redirect_uri, challenge,"
              " scope) values ($1, $2, $3, now() + $4 * interval '1 second', $5, $6, $7)",
              P(digest_hex(cx->arena, *token)), P_INT(cx->arena, family), P_CSTR(kind),
              P_INT(cx->arena, life), P(redirect_uri), P(challenge), P(scope));
}

bool family_end(struct cx *cx, int64_t family, const char *why)
{
    return DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.oidc_family set ended = now(), why = $2 where id = $1"
              " and ended is null",
              P_INT(cx->arena, family), P_CSTR(why)) &&
           DB(cx->db, cx->arena, NULL, cx->err,
              "delete from shuzhi.oidc_token where family = $1 and kind = 'access'",
              P_INT(cx->arena, family));
}

bool family_of_access(struct cx *cx, str token, struct family *f)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select f.id, f.client, f.login, coalesce(t.scope, f.scope), f.nonce,"
            " extract(epoch from f.auth_time)::bigint, f.has_second"
            " from shuzhi.oidc_token t join shuzhi.oidc_family f on f.id = t.family"
            " join shuzhi.staff s on s.login = f.login and s.is_active"
            " where t.digest = $1 and t.kind = 'access' and t.until > now() and f.ended is null",
            P(digest_hex(cx->arena, token))))
        return false;
    if (!rows.n || !map_has(&cx->registry->clients, rows_text(&rows, 0, 1))) {
        err_set(cx->err, ERR_UNKNOWN, "the access token is not known, past or withdrawn");
        return err_zh(cx->err, "访问令牌不存在、已过期或已撤销");
    }
    *f = (struct family){.id = rows_int(&rows, 0, 0),
                         .client = rows_text(&rows, 0, 1),
                         .login = rows_text(&rows, 0, 2),
                         .scope = rows_text(&rows, 0, 3),
                         .nonce = rows_text(&rows, 0, 4),
                         .auth_time = rows_int(&rows, 0, 5),
                         .has_second = rows_bool(&rows, 0, 6)};
    return true;
}

static void add_organisation(struct buf *b, struct cx *cx, const struct actor *who)
{
    json_add_text(b, "organisation", who->organisation);
    buf_add_lit(b, ",\"posts\":[");
    for (size_t i = 0; i < who->post_count; i++) {
        const struct post *p = &who->posts[i];
        buf_add(b, i ? STR(",{\"organisation\":") : STR("{\"organisation\":"));
        json_write_string(b, p->organisation);
        buf_add_lit(b, ",\"title\":");
        title_write(b, organisation_title(cx->registry, p->organisation));
        buf_add_lit(b, ",\"roles\":[");
        for (size_t k = 0; k < p->role_count; k++) {
            if (k)
                buf_add_char(b, ',');
            json_write_string(b, p->roles[k]);
        }
        buf_add_char(b, ']');
        json_add_text(b, "area", p->area);
        buf_add_char(b, '}');
    }
    buf_add_char(b, ']');
}

bool oidc_add_claims(struct cx *cx, const struct family *f, struct buf *b)
{
    struct rows rows;
    struct actor who;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select subject, kind from shuzhi.staff where login = $1", P(f->login)) ||
        !identity_load(cx->db, cx->arena, f->login, &who, cx->err))
        return false;
    buf_add_lit(b, "{\"sub\":");
    json_write_string(b, rows_text(&rows, 0, 0));
    if (scope_has(f->scope, "profile")) {
        json_add_text(b, "name", who.name.zh);
        json_add_text(b, "name#en", who.name.en.n ? who.name.en : who.name.zh);
        json_add_text(b, "preferred_username", who.login);
        json_add_text(b, "kind", rows_text(&rows, 0, 1));
    }
    if (scope_has(f->scope, "organisation"))
        add_organisation(b, cx, &who);
    return true;
}
