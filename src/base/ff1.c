#include "base/ff1.h"

#include <openssl/evp.h>

enum { BLOCK = 16, ROUNDS = 10, MAX_RADIX = 65536, LEAST_DOMAIN = 1000000, MAX_NARROW = 6 };

struct ff1 {
    EVP_CIPHER_CTX *cipher; /* ECB: one block at a time */
};

struct ff1 *ff1_create(enum ff1_cipher cipher, str key, struct err *e)
{
    const EVP_CIPHER *c = cipher == FF1_SM4 ? EVP_sm4_ecb()
                          : key.n == 16     ? EVP_aes_128_ecb()
                          : key.n == 24     ? EVP_aes_192_ecb()
                                            : EVP_aes_256_ecb();
    if (key.n != (size_t)EVP_CIPHER_get_key_length(c)) {
        err_set(e, ERR_INVALID, "a key of %zu bytes does not fit the cipher", key.n);
        return NULL;
    }
    struct ff1 *f = calloc(1, sizeof *f);
    if (!f || !(f->cipher = EVP_CIPHER_CTX_new()) ||
        EVP_EncryptInit_ex(f->cipher, c, NULL, (const unsigned char *)key.p, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(f->cipher, 0) != 1)
        abort();
    return f;
}

void ff1_destroy(struct ff1 *f)
{
    if (!f)
        return;
    EVP_CIPHER_CTX_free(f->cipher); /* wipes the key */
    free(f);
}

static void encrypt_block(struct ff1 *f, uint8_t block[BLOCK])
{
    int n = 0;
    if (EVP_EncryptUpdate(f->cipher, block, &n, block, BLOCK) != 1 || n != BLOCK)
        abort();
}

/* PRF of the standard: CBC-MAC of whole blocks. */
static void mac_add(struct ff1 *f, uint8_t mac[BLOCK], const uint8_t *p, size_t n)
{
    for (size_t at = 0; at < n; at += BLOCK) {
        for (size_t i = 0; i < BLOCK; i++)
            mac[i] ^= p[at + i];
        encrypt_block(f, mac);
    }
}

static void put(uint8_t *p, size_t bytes, uint64_t n)
{
    for (size_t i = bytes; i-- > 0; n >>= 8)
        p[i] = (uint8_t)n;
}

/* radix^n; 0: more than 2^64. */
static ff1_number power(unsigned radix, size_t n)
{
    ff1_number all = 1;
    for (size_t i = 0; i < n; i++) {
        all *= radix;
        if (all > (ff1_number)1 << 64)
            return 0;
    }
    return all;
}

static ff1_number value_of(const uint16_t *x, size_t n, unsigned radix)
{
    ff1_number v = 0;
    for (size_t i = 0; i < n; i++)
        v = v * radix + x[i];
    return v;
}

static void write_value(uint16_t *x, size_t n, unsigned radix, ff1_number v)
{
    for (size_t i = n; i-- > 0; v /= radix)
        x[i] = (uint16_t)(v % radix);
}

/* What stays the same over the rounds. */
struct plan {
    uint8_t head_mac[BLOCK]; /* of P */
    uint8_t q[FF1_MAX_TWEAK + 2 * BLOCK];
    size_t q_bytes, b, d;
};

static void make_plan(struct ff1 *f, struct plan *p, unsigned radix, str tweak, size_t n,
                      ff1_number widest)
{
    uint8_t head[BLOCK] = {1, 2, 1};
    size_t pad;
    p->b = 1; /* bytes of radix^v − 1 */
    for (ff1_number rest = (widest - 1) >> 8; rest; rest >>= 8)
        p->b++;
    p->d = 4 * ((p->b + 3) / 4) + 4;
    put(head + 3, 3, radix);
    head[6] = ROUNDS;
    head[7] = (uint8_t)(n / 2);
    put(head + 8, 4, n);
    put(head + 12, 4, tweak.n);
    memset(p->head_mac, 0, BLOCK);
    mac_add(f, p->head_mac, head, BLOCK);
    pad = (BLOCK - (tweak.n + p->b + 1) % BLOCK) % BLOCK;
    p->q_bytes = tweak.n + pad + 1 + p->b;
    memset(p->q, 0, p->q_bytes);
    if (tweak.n)
        memcpy(p->q, tweak.p, tweak.n);
}

/* NUM of the first d ≤ 12 bytes of the round's stream: one block is enough. */
static ff1_number round_value(struct ff1 *f, struct plan *p, unsigned round, ff1_number half)
{
    uint8_t mac[BLOCK];
    ff1_number y = 0;
    memcpy(mac, p->head_mac, BLOCK);
    p->q[p->q_bytes - p->b - 1] = (uint8_t)round;
    put(p->q + p->q_bytes - p->b, p->b, (uint64_t)half);
    mac_add(f, mac, p->q, p->q_bytes);
    for (size_t i = 0; i < p->d; i++)
        y = y << 8 | mac[i];
    return y;
}

bool ff1_apply(struct ff1 *f, enum ff1_way way, unsigned radix, str tweak, uint16_t *x, size_t n,
               struct err *e)
{
    size_t u = n / 2, v = n - u;
    struct plan p;
    if (radix < 2 || radix > MAX_RADIX || n < 2 || n > FF1_MAX_NUMERALS || tweak.n > FF1_MAX_TWEAK)
        return err_set(e, ERR_INVALID, "FF1: radix, length or tweak is outside the limits");
    ff1_number low = power(radix, u), high = power(radix, v);
    if (!low || !high || (low < LEAST_DOMAIN && low * high < LEAST_DOMAIN))
        return err_set(e, ERR_INVALID, "FF1: the domain is too small or too large");
    for (size_t i = 0; i < n; i++) {
        if (x[i] >= radix)
            return err_set(e, ERR_INVALID, "FF1: a numeral is not below the radix");
    }
    make_plan(f, &p, radix, tweak, n, high);
    ff1_number a = value_of(x, u, radix), b = value_of(x + u, v, radix);
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned round = way == FF1_ENCRYPT ? i : ROUNDS - 1 - i;
        ff1_number m = round % 2 ? high : low;
        if (way == FF1_ENCRYPT) {
            ff1_number c = (a + round_value(f, &p, round, b)) % m;
            a = b;
            b = c;
        } else {
            ff1_number c = (b + m - round_value(f, &p, round, a) % m) % m;
            b = a;
            a = c;
        }
    }
    write_value(x, u, radix, a);
    write_value(x + u, v, radix, b);
    return true;
}

/* The least radix whose strings of n numerals are at least size many; 0: above 65,536. */
static unsigned narrowest(ff1_number size, size_t n)
{
    unsigned low = 2, high = MAX_RADIX + 1;
    while (low < high) {
        unsigned radix = low + (high - low) / 2;
        ff1_number all = 1;
        for (size_t i = 0; i < n && all < size; i++)
            all *= radix;
        if (all < size)
            low = radix + 1;
        else
            high = radix;
    }
    return low > MAX_RADIX ? 0 : low;
}

bool ff1_permute(struct ff1 *f, enum ff1_way way, ff1_number size, str tweak, ff1_number *x,
                 struct err *e)
{
    size_t n = 2;
    unsigned radix = 0;
    uint16_t numerals[MAX_NARROW];
    ff1_number v = *x;
    if (size < LEAST_DOMAIN || v >= size || size > (ff1_number)1 << 96)
        return err_set(e, ERR_INVALID,
                       "FF1: a number outside its domain, or one that is too small");
    while (n <= MAX_NARROW && !(radix = narrowest(size, n)))
        n += 2;
    do {
        write_value(numerals, n, radix, v);
        if (!ff1_apply(f, way, radix, tweak, numerals, n, e))
            return false;
        v = value_of(numerals, n, radix);
    } while (v >= size);
    *x = v;
    return true;
}
