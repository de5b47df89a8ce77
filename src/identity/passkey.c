#include "identity/passkey.h"

#include "base/digest.h"
#include "base/key.h"
#include "text/json.h"
#include "text/uri.h"

/* authenticatorData, 6.1: hash of the host, flags, counter; then AAGUID, length and id. */
enum { HASH = 32, FLAGS_AT = 32, COUNT_AT = 33, HEAD = 37, ID_LENGTH_AT = 53, ID_AT = 55 };
enum { PRESENT = 0x01, VERIFIED = 0x04, HAS_CREDENTIAL = 0x40 };
enum { MAX_CLIENT_DATA = 4096 };

str passkey_host(str origin)
{
    str authority = uri_split(origin).authority, host;
    return str_take_part(&authority, ':', &host) ? host : authority;
}

static bool read_client_data(struct passkey_said *out, struct arena *a, enum passkey_kind kind,
                             str text, str origin, struct err *e)
{
    struct json v;
    struct err ignored = {0};
    const char *type = kind == PASSKEY_CREATE ? "webauthn.create" : "webauthn.get";
    if (text.n > MAX_CLIENT_DATA || !json_parse(&v, text, a, &ignored) || v.type != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "client_data cannot be read");
    if (!str_is(json_text(&v, "type", STR("")), type))
        return err_set(e, ERR_INVALID, "client_data is not of type %s", type);
    if (!str_equal(json_text(&v, "origin", STR("")), origin) || json_flag(&v, "crossOrigin", false))
        return err_set(e, ERR_INVALID, "client_data is from another origin than %.*s",
                       STR_ARG(origin));
    out->challenge = json_text(&v, "challenge", STR(""));
    return true;
}

bool passkey_read(struct passkey_said *out, struct arena *a, enum passkey_kind kind,
                  str client_data, str auth_data, str origin, struct err *e)
{
    struct passkey_said got = {.count = 0};
    uint8_t host[HASH];
    const uint8_t *p = (const uint8_t *)auth_data.p;
    if (!read_client_data(&got, a, kind, client_data, origin, e))
        return false;
    if (auth_data.n < HEAD)
        return err_set(e, ERR_INVALID, "auth_data is shorter than %d bytes", HEAD);
    sha256(passkey_host(origin), host);
    if (!bytes_equal_constant((str){(char *)host, HASH}, str_slice(auth_data, 0, HASH)))
        return err_set(e, ERR_INVALID, "auth_data is for another host");
    if (!(p[FLAGS_AT] & PRESENT) || !(p[FLAGS_AT] & VERIFIED))
        return err_set(e, ERR_INVALID, "the device did not verify the person (PIN, finger, face)");
    got.count = (int64_t)((uint32_t)p[COUNT_AT] << 24 | (uint32_t)p[COUNT_AT + 1] << 16 |
                          (uint32_t)p[COUNT_AT + 2] << 8 | p[COUNT_AT + 3]);
    if (kind == PASSKEY_CREATE) {
        size_t n = auth_data.n >= ID_AT ? (size_t)(p[ID_LENGTH_AT] << 8 | p[ID_LENGTH_AT + 1]) : 0;
        if (!(p[FLAGS_AT] & HAS_CREDENTIAL) || n == 0 || n > PASSKEY_ID_MAX ||
            auth_data.n < ID_AT + n)
            return err_set(e, ERR_INVALID, "auth_data holds no credential");
        got.credential = str_slice(auth_data, ID_AT, ID_AT + n);
    }
    *out = got;
    return true;
}

str passkey_signed_part(struct arena *a, str client_data, str auth_data)
{
    char *p = arena_alloc(a, auth_data.n + HASH, 1);
    if (auth_data.n)
        memcpy(p, auth_data.p, auth_data.n);
    sha256(client_data, (uint8_t *)p + auth_data.n);
    return (str){p, auth_data.n + HASH};
}
