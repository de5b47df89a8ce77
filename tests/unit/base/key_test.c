#include "base/key.h"

#include "base/cipher.h"
#include "base/digest.h"

#include "check.h"

#include <sys/stat.h>
#include <unistd.h>

static struct arena arena;

static void test_sign_and_verify(void)
{
    for (enum key_kind kind = KEY_ES256; kind <= KEY_SM2; kind++) {
        struct err e = {0};
        struct key *k = key_generate(kind, &e), *other = key_generate(kind, &e);
        str data = STR("县数据局"), signature = {0};
        CHECK(k && other && key_kind(k) == kind);
        CHECK(key_sign(&arena, k, data, &signature, &e));
        CHECK(signature.n == (kind == KEY_RS256 ? 256 : 64));
        CHECK(key_verify(k, data, signature));
        CHECK(!key_verify(other, data, signature));
        CHECK(!key_verify(k, STR("县数据居"), signature));
        for (size_t i = 0; i < signature.n; i += 7) {
            char *changed = arena_cstr(&arena, signature);
            changed[i] = (char)(changed[i] ^ 1);
            CHECK(!key_verify(k, data, (str){changed, signature.n}));
        }
        CHECK(!key_verify(k, data, str_slice(signature, 0, signature.n - 1)));
        CHECK(!key_verify(k, data, STR("")));
        char *zeros = arena_alloc(&arena, signature.n, 1); /* r = s = 0 */
        CHECK(!key_verify(k, data, (str){zeros, signature.n}));
        struct key *public = key_parse(key_public_pem(&arena, k), &e);
        CHECK(public && key_verify(public, data, signature));
        CHECK(str_equal(key_id(&arena, public), key_id(&arena, k)));
        CHECK(!key_sign(&arena, public, data, &signature, &e) && e.code == ERR_BROKEN);
        key_destroy(public);
        key_destroy(k);
        key_destroy(other);
    }
}

static void test_files(void)
{
    char folder[] = "/tmp/key-test-XXXXXX";
    CHECK(mkdtemp(folder) != NULL);
    char *path = arena_format(&arena, "%s/k.pem", folder).p
                     ? arena_cstr(&arena, arena_format(&arena, "%s/k.pem", folder))
                     : NULL;
    struct err e = {0};
    struct stat st;
    CHECK(!key_load(path, &e) && e.code == ERR_MISSING);
    e = (struct err){0};
    struct key *k = key_load_or_make(path, KEY_SM2, &e);
    CHECK(k && stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
    struct key *again = key_load_or_make(path, KEY_SM2, &e);
    CHECK(again && key_kind(again) == KEY_SM2);
    CHECK(str_equal(key_id(&arena, again), key_id(&arena, k)));
    CHECK(!key_save(k, path, &e) && e.code == ERR_CONFLICT);
    e = (struct err){0};
    struct key *next = key_generate(KEY_SM2, &e);
    CHECK(key_replace(next, path, &e));
    key_destroy(again);
    again = key_load(path, &e);
    CHECK(again && str_equal(key_id(&arena, again), key_id(&arena, next)));
    CHECK(chmod(path, 0644) == 0 && !key_load(path, &e) && e.code == ERR_INVALID);
    FILE *f = fopen(path, "w");
    CHECK(f && fputs("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", f) >= 0);
    fclose(f);
    e = (struct err){0};
    CHECK(!key_load_or_make(path, KEY_SM2, &e) && e.code == ERR_INVALID);
    unlink(path);
    CHECK(rmdir(folder) == 0); /* nothing was left beside it */
    key_destroy(k);
    key_destroy(again);
    key_destroy(next);
}

static str from_base64(const char *text)
{
    str bytes = {0};
    CHECK(base64url_decode(&arena, str_from(text), &bytes));
    return bytes;
}

/* RFC 7638, section 3.1; RFC 7515, appendix A.3. */
static void test_jwk(void)
{
    struct err e = {0};
    struct key *k = key_from_modulus(
        from_base64(
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc"
            "_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-"
            "65YGjQR0"
            "_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-"
            "bFTWhA"
            "I4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"),
        from_base64("AQAB"), &e);
    CHECK(k && str_is(key_id(&arena, k), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"));
    key_destroy(k);
    k = key_from_point(from_base64("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
                       from_base64("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"), &e);
    CHECK(k &&
          key_verify(
              k,
              STR("eyJhbGciOiJFUzI1NiJ9."
                  "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGF"
                  "tcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"),
              from_base64("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxf"
                          "KTUJqPP3-Kg6NU1Q")));
    BUF_SCOPED struct buf b = {.max = 1000};
    key_write_jwk(&b, k);
    CHECK(str_find(buf_str(&b), STR("\"crv\":\"P-256\"")) != SIZE_MAX);
    CHECK(str_find(buf_str(&b), STR("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")) != SIZE_MAX);
    key_destroy(k);
    str x = from_base64("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
    CHECK(!key_from_point(x, x, &e) && e.code == ERR_INVALID); /* not on the curve */
    e = (struct err){0};
    CHECK(!key_from_modulus(x, from_base64("AQAB"), &e) && e.code == ERR_INVALID); /* 256 bits */
}

static void check_hmac(enum hmac_kind kind, const char *want)
{
    uint8_t out[HMAC_MAX];
    size_t n = hmac(kind, STR("Jefe"), STR("what do ya want for nothing?"), out);
    CHECK_NAMED(str_is(bytes_to_hex(&arena, out, n), want), want);
}

/* RFC 2202, RFC 4231. */
static void test_hmac(void)
{
    check_hmac(HMAC_SHA1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    check_hmac(HMAC_SHA256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

int main(void)
{
    RUN(test_sign_and_verify);
    RUN(test_files);
    RUN(test_jwk);
    RUN(test_hmac);
    arena_release(&arena);
    return check_end();
}
