#include "base/digest.h"

#include "base/cipher.h"

#include <argon2.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

/* OWASP's second choice of parameters for Argon2id: 19 MiB, two passes, one lane. */
enum {
    ARGON_MEMORY_KIB = 19456,
    ARGON_PASSES = 2,
    ARGON_LANES = 1,
    SALT_BYTES = 16,
    HASH_BYTES = 32
};
enum { MAX_PASSWORD = 1024 };

void digest_begin(struct digest *d)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context || EVP_DigestInit_ex(context, EVP_sm3(), NULL) != 1)
        abort();
    d->state = context;
}

void digest_add(struct digest *d, str data)
{
    if (data.n && EVP_DigestUpdate(d->state, data.p, data.n) != 1)
        abort();
}

void digest_end(struct digest *d, uint8_t out[DIGEST_BYTES])
{
    if (EVP_DigestFinal_ex(d->state, out, NULL) != 1)
        abort();
    EVP_MD_CTX_free(d->state);
    d->state = NULL;
}

void digest_next(struct digest *d, uint8_t out[DIGEST_BYTES])
{
    if (EVP_DigestFinal_ex(d->state, out, NULL) != 1 ||
        EVP_DigestInit_ex(d->state, NULL, NULL) != 1)
        abort();
}

void digest_drop(struct digest *d)
{
    EVP_MD_CTX_free(d->state);
    d->state = NULL;
}

str bytes_to_hex(struct arena *a, const uint8_t *bytes, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    char *p = arena_alloc(a, n * 2 + 1, 1);
    for (size_t i = 0; i < n; i++) {
        p[2 * i] = hex[bytes[i] >> 4];
        p[2 * i + 1] = hex[bytes[i] & 15];
    }
    return (str){p, n * 2};
}

str digest_hex(struct arena *a, str data)
{
    struct digest d;
    uint8_t out[DIGEST_BYTES];
    digest_begin(&d);
    digest_add(&d, data);
    digest_end(&d, out);
    return bytes_to_hex(a, out, sizeof out);
}

str random_token(struct arena *a, size_t n)
{
    char *bytes = arena_alloc(a, n, 1);
    if (RAND_bytes((unsigned char *)bytes, (int)n) != 1)
        abort();
    return base64url(a, (str){bytes, n});
}

bool bytes_equal_constant(str a, str b)
{
    return a.n == b.n && CRYPTO_memcmp(a.p, b.p, a.n) == 0;
}

bool password_hash(struct arena *a, str password, str *encoded, struct err *e)
{
    uint8_t salt[SALT_BYTES];
    char out[160];
    if (password.n > MAX_PASSWORD)
        return err_set(e, ERR_INVALID, "the password is longer than %d bytes", MAX_PASSWORD);
    if (RAND_bytes(salt, sizeof salt) != 1)
        abort();
    int code = argon2id_hash_encoded(ARGON_PASSES, ARGON_MEMORY_KIB, ARGON_LANES, password.p,
                                     password.n, salt, sizeof salt, HASH_BYTES, out, sizeof out);
    if (code != ARGON2_OK)
        return err_set(e, ERR_BROKEN, "Argon2id: %s", argon2_error_message(code));
    *encoded = arena_copy(a, str_from(out));
    return true;
}

bool password_verify(str encoded, str password)
{
    ARENA_SCOPED struct arena a = {0};
    return password.n <= MAX_PASSWORD &&
           argon2id_verify(arena_cstr(&a, encoded), password.p, password.n) == ARGON2_OK;
}
