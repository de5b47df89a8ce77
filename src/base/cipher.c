#include "base/cipher.h"

#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void hmac_sm3(str key, str data, uint8_t out[32])
{
    unsigned n = 0;
    if (!HMAC(EVP_sm3(), key.p ? key.p : "", (int)key.n, (const unsigned char *)data.p, data.n, out,
              &n) ||
        n != 32)
        abort();
}

static void sm4_ctr(const uint8_t key[SM4_BYTES], const uint8_t iv[SM4_BYTES], str in, uint8_t *out)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int n = 0;
    if (!c || EVP_EncryptInit_ex(c, EVP_sm4_ctr(), NULL, key, iv) != 1 ||
        EVP_EncryptUpdate(c, out, &n, (const unsigned char *)in.p, (int)in.n) != 1)
        abort();
    EVP_CIPHER_CTX_free(c);
}

static void siv_of(const uint8_t key[SEAL_KEY_BYTES], str label, str text, uint8_t out[32])
{
    ARENA_SCOPED struct arena a = {0};
    char *p = arena_alloc(&a, label.n + text.n + 1, 1);
    memcpy(p, label.p, label.n);
    if (text.n)
        memcpy(p + label.n + 1, text.p, text.n);
    hmac_sm3((str){(const char *)key, SM4_BYTES}, (str){p, label.n + 1 + text.n}, out);
}

str seal(struct arena *a, const uint8_t key[SEAL_KEY_BYTES], str label, str text)
{
    uint8_t iv[32], *p = arena_alloc(a, SM4_BYTES + text.n + 1, 1);
    siv_of(key, label, text, iv);
    memcpy(p, iv, SM4_BYTES);
    sm4_ctr(key + SM4_BYTES, iv, text, p + SM4_BYTES);
    return base64url(a, (str){(char *)p, SM4_BYTES + text.n});
}

bool seal_open(struct arena *a, const uint8_t key[SEAL_KEY_BYTES], str label, str sealed, str *text)
{
    str bytes;
    uint8_t iv[32];
    if (!base64url_decode(a, sealed, &bytes) || bytes.n < SM4_BYTES)
        return false;
    str in = str_slice(bytes, SM4_BYTES, bytes.n);
    uint8_t *p = arena_alloc(a, in.n + 1, 1);
    sm4_ctr(key + SM4_BYTES, (const uint8_t *)bytes.p, in, p);
    siv_of(key, label, (str){(char *)p, in.n}, iv);
    if (!bytes_equal_constant((str){(char *)iv, SM4_BYTES}, str_slice(bytes, 0, SM4_BYTES)))
        return false;
    *text = (str){(char *)p, in.n};
    return true;
}

str base64url(struct arena *a, str bytes)
{
    size_t length = (bytes.n * 8 + 5) / 6;
    char *p = arena_alloc(a, length + 1, 1);
    const uint8_t *in = (const uint8_t *)bytes.p;
    for (size_t i = 0; i < length; i++) {
        size_t bit = i * 6;
        unsigned pair = (unsigned)in[bit / 8] << 8;
        if (bit / 8 + 1 < bytes.n)
            pair |= in[bit / 8 + 1];
        p[i] = ALPHABET[pair >> (10 - bit % 8) & 63];
    }
    return (str){p, length};
}

bool base64url_decode(struct arena *a, str text, str *bytes)
{
    uint8_t *out = arena_alloc(a, text.n + 1, 1);
    size_t n = 0;
    unsigned bits = 0, held = 0;
    for (size_t i = 0; i < text.n; i++) {
        const char *at = text.p[i] ? strchr(ALPHABET, text.p[i]) : NULL;
        if (!at)
            return false;
        bits = (bits << 6 | (unsigned)(at - ALPHABET)) & 0xffff;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[n++] = (uint8_t)(bits >> held);
        }
    }
    if (held >= 6 || (bits & ((1u << held) - 1)))
        return false;
    *bytes = (str){(char *)out, n};
    return true;
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

bool bytes_from_hex(str hex, uint8_t *out, size_t n)
{
    if (hex.n != n * 2)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = digit_of(hex.p[2 * i]), low = digit_of(hex.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
