#include "base/digest.h"

#include "base/cipher.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sodium.h>

/* OWASP's second choice of parameters for Argon2id: 19 MiB, two passes, one lane. */
enum { ARGON_MEMORY = 19456 << 10, ARGON_PASSES = 2 };
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

uint64_t random_below(uint64_t n)
{
    uint64_t v, most = UINT64_MAX - UINT64_MAX % n; /* above it the remainders are not alike */
    do {
        if (RAND_bytes((unsigned char *)&v, sizeof v) != 1)
            abort();
    } while (v >= most);
    return v % n;
}

bool bytes_equal_constant(str a, str b)
{
    return a.n == b.n && CRYPTO_memcmp(a.p, b.p, a.n) == 0;
}

/* Chooses the code for this processor (AVX2, AVX-512); cheap after the first time, in any thread.
 */
static void prepare(void)
{
    if (sodium_init() < 0)
        abort();
}

bool password_hash(struct arena *a, str password, str *encoded, struct err *e)
{
    char out[crypto_pwhash_STRBYTES];
    if (password.n > MAX_PASSWORD)
        return err_set(e, ERR_INVALID, "the password is longer than %d bytes", MAX_PASSWORD);
    prepare();
    if (crypto_pwhash_str_alg(out, password.p ? password.p : "", password.n, ARGON_PASSES,
                              ARGON_MEMORY, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return err_set(e, ERR_BUSY, "Argon2id: no memory for %d bytes", ARGON_MEMORY);
    *encoded = arena_copy(a, str_from(out));
    return true;
}

bool password_verify(str encoded, str password)
{
    char text[crypto_pwhash_STRBYTES] = "";
    prepare();
    if (password.n > MAX_PASSWORD || encoded.n >= sizeof text)
        return false;
    memcpy(text, encoded.p, encoded.n);
    return crypto_pwhash_str_verify(text, password.p ? password.p : "", password.n) == 0;
}
