#include "base/key.h"

#include "base/cipher.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HALF = 32, RSA_BITS = 2048, MAX_PEM = 1 << 14, MAX_RSA_BYTES = 1024 };
static const char SM2_ID[] = "1234567812345678";

struct key {
    EVP_PKEY *pkey;
    enum key_kind kind;
    bool is_private;
};

static const struct {
    const char *algorithm, *words, *digest, *curve; /* curve: as JWK says */
} KINDS[] = {
#define X(name, algorithm, words, digest, curve) {algorithm, words, digest, curve},
    KEY_KINDS(X)
#undef X
};

const char *key_algorithm(enum key_kind kind)
{
    return KINDS[kind].algorithm;
}

bool key_kind_find(str algorithm, enum key_kind *kind)
{
    for (size_t i = 0; i < COUNT(KINDS); i++) {
        if (str_is(algorithm, KINDS[i].algorithm)) {
            *kind = (enum key_kind)i;
            return true;
        }
    }
    return false;
}

enum key_kind key_kind(const struct key *k)
{
    return k->kind;
}

void key_destroy(struct key *k)
{
    if (!k)
        return;
    EVP_PKEY_free(k->pkey);
    free(k);
}

/* Takes pkey over, also on failure. */
static struct key *wrap(EVP_PKEY *pkey, bool is_private, struct err *e)
{
    char group[32] = "";
    enum key_kind kind = KEY_ES256;
    bool is_ours = true;
    EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL);
    if (EVP_PKEY_is_a(pkey, "SM2") || strcmp(group, "SM2") == 0)
        kind = KEY_SM2;
    else if (EVP_PKEY_is_a(pkey, "RSA") && EVP_PKEY_get_bits(pkey) >= RSA_BITS &&
             EVP_PKEY_get_size(pkey) <= MAX_RSA_BYTES)
        kind = KEY_RS256;
    else
        is_ours = EVP_PKEY_is_a(pkey, "EC") && strcmp(group, "prime256v1") == 0;
    if (!is_ours) {
        EVP_PKEY_free(pkey);
        err_set(e, ERR_INVALID, "the key is of none of the kinds P-256, RSA of 2048 bits, SM2");
        return NULL;
    }
    struct key *k = calloc(1, sizeof *k);
    if (!k)
        abort();
    *k = (struct key){pkey, kind, is_private};
    return k;
}

struct key *key_generate(enum key_kind kind, struct err *e)
{
    EVP_PKEY *pkey = kind == KEY_RS256 ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS)
                     : kind == KEY_SM2 ? EVP_PKEY_Q_keygen(NULL, NULL, "SM2")
                                       : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    if (!pkey) {
        err_set(e, ERR_BROKEN, "a key of kind %s cannot be made", KINDS[kind].words);
        return NULL;
    }
    return wrap(pkey, true, e);
}

/* --- PEM ---------------------------------------------------------------------------------------
 */

/* Never asks for a passphrase: a key that has one is refused. */
static int no_passphrase(char *buffer, int size, int writing, void *arg)
{
    (void)buffer, (void)size, (void)writing, (void)arg;
    return -1;
}

struct key *key_parse(str pem, struct err *e)
{
    bool is_private = str_find(pem, STR("PRIVATE KEY-----")) != SIZE_MAX;
    if (pem.n > MAX_PEM) {
        err_set(e, ERR_LIMIT, "the key file is larger than %d bytes", MAX_PEM);
        return NULL;
    }
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    if (!bio)
        abort();
    EVP_PKEY *pkey = is_private ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL)
                                : PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
    BIO_free(bio);
    if (!pkey) {
        err_set(e, ERR_INVALID,
                "no key can be read: PEM without a passphrase is expected (openssl genpkey)");
        return NULL;
    }
    return wrap(pkey, is_private, e);
}

struct key *key_load(const char *path, struct err *e)
{
    char pem[MAX_PEM + 1];
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        err_set(e, errno == ENOENT ? ERR_MISSING : ERR_BROKEN, "key file %s: %s", path,
                strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    ssize_t n = read(fd, pem, sizeof pem);
    close(fd);
    struct key *k = n < 0 ? NULL : key_parse((str){pem, (size_t)n}, e);
    OPENSSL_cleanse(pem, sizeof pem);
    if (!k) {
        err_set(e, ERR_BROKEN, "the key file cannot be read");
        err_at(e, "%s", path);
        return NULL;
    }
    if (k->is_private && (st.st_mode & 077) != 0) {
        key_destroy(k);
        err_set(e, ERR_INVALID, "key file %s may be read by others: chmod 600 it", path);
        return NULL;
    }
    return k;
}

static bool write_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t w = write(fd, p, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            return false;
        p += w;
        n -= (size_t)w;
    }
    return fsync(fd) == 0;
}

static bool save(const struct key *k, const char *path, bool over, struct err *e)
{
    char beside[4096];
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem = NULL;
    if (!bio || !PEM_write_bio_PKCS8PrivateKey(bio, k->pkey, NULL, NULL, 0, NULL, NULL)) {
        BIO_free(bio);
        return err_set(e, ERR_BROKEN, "the key has no private part to write");
    }
    long n = BIO_get_mem_data(bio, &pem);
    snprintf(beside, sizeof beside, "%s.XXXXXX", path);
    int fd = mkostemp(beside, O_CLOEXEC); /* mode 0600 */
    bool ok = fd >= 0 && write_all(fd, pem, (size_t)n);
    /* A link, unlike a rename, fails when somebody was first. */
    ok = ok && (over ? rename(beside, path) : link(beside, path)) == 0;
    int why = errno;
    if (fd >= 0) {
        close(fd);
        if (!ok || !over)
            unlink(beside);
    }
    OPENSSL_cleanse(pem, (size_t)n);
    BIO_free(bio);
    return ok || err_set(e, why == EEXIST ? ERR_CONFLICT : ERR_BROKEN,
                         "key file %s cannot be written: %s", path, strerror(why));
}

bool key_save(const struct key *k, const char *path, struct err *e)
{
    return save(k, path, false, e);
}

bool key_replace(const struct key *k, const char *path, struct err *e)
{
    return save(k, path, true, e);
}

struct key *key_load_or_make(const char *path, enum key_kind kind, struct err *e)
{
    struct err first = {0};
    struct key *k = key_load(path, &first);
    if (k || first.code != ERR_MISSING) {
        if (!k)
            *e = first;
        return k;
    }
    k = key_generate(kind, e);
    first = (struct err){0};
    if (k && key_save(k, path, &first))
        return k;
    key_destroy(k);
    if (first.code == ERR_CONFLICT) /* another process was first */
        return key_load(path, e);
    if (first.code)
        *e = first;
    return NULL;
}

struct key *key_from_der(str der, struct err *e)
{
    const unsigned char *p = (const unsigned char *)der.p;
    EVP_PKEY *pkey = der.n && der.n <= MAX_PEM ? d2i_PUBKEY(NULL, &p, (long)der.n) : NULL;
    if (pkey && p == (const unsigned char *)der.p + der.n)
        return wrap(pkey, false, e);
    EVP_PKEY_free(pkey);
    err_set(e, ERR_INVALID, "the bytes are no public key");
    return NULL;
}

str key_public_pem(struct arena *a, const struct key *k)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem = NULL;
    if (!bio || !PEM_write_bio_PUBKEY(bio, k->pkey))
        abort();
    long n = BIO_get_mem_data(bio, &pem);
    str out = arena_copy(a, (str){pem, (size_t)n});
    BIO_free(bio);
    return out;
}

/* --- JWK ---------------------------------------------------------------------------------------
 */

static struct key *from_params(const char *type, OSSL_PARAM_BLD *build, struct err *e)
{
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (!params || !context)
        abort();
    bool ok = EVP_PKEY_fromdata_init(context) == 1 &&
              EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, params) == 1;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    if (ok && strcmp(type, "EC") == 0) { /* a point that is not on the curve is no key */
        EVP_PKEY_CTX *check = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
        ok = check && EVP_PKEY_public_check(check) == 1;
        EVP_PKEY_CTX_free(check);
    }
    if (!ok) {
        EVP_PKEY_free(pkey);
        err_set(e, ERR_INVALID, "the numbers make no %s key", type);
        return NULL;
    }
    return wrap(pkey, false, e);
}

struct key *key_from_point(str x, str y, struct err *e)
{
    unsigned char point[1 + 2 * HALF] = {4};
    if (x.n != HALF || y.n != HALF) {
        err_set(e, ERR_INVALID, "a point of P-256 has two coordinates of %d bytes", HALF);
        return NULL;
    }
    memcpy(point + 1, x.p, HALF);
    memcpy(point + 1 + HALF, y.p, HALF);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (!build ||
        !OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) ||
        !OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point))
        abort();
    return from_params("EC", build, e);
}

struct key *key_from_modulus(str n, str exponent, struct err *e)
{
    if (n.n == 0 || n.n > MAX_RSA_BYTES || exponent.n == 0 || exponent.n > 8) {
        err_set(e, ERR_INVALID, "an RSA modulus has up to %d bytes, its exponent up to 8",
                MAX_RSA_BYTES);
        return NULL;
    }
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *modulus = BN_bin2bn((const unsigned char *)n.p, (int)n.n, NULL),
           *power = BN_bin2bn((const unsigned char *)exponent.p, (int)exponent.n, NULL);
    if (!build || !OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) ||
        !OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, power))
        abort();
    struct key *k = from_params("RSA", build, e);
    BN_free(modulus);
    BN_free(power);
    return k;
}

static str number_of(struct arena *a, const struct key *k, const char *name, int width)
{
    BIGNUM *v = NULL;
    if (EVP_PKEY_get_bn_param(k->pkey, name, &v) != 1)
        abort();
    int n = width ? width : BN_num_bytes(v);
    unsigned char *p = arena_alloc(a, (size_t)n + 1, 1);
    BN_bn2binpad(v, p, n);
    BN_free(v);
    return base64url(a, (str){(char *)p, (size_t)n});
}

/* The members a thumbprint is over, in their order, without blanks. */
static str public_members(struct arena *a, const struct key *k)
{
    if (k->kind == KEY_RS256) {
        str power = number_of(a, k, OSSL_PKEY_PARAM_RSA_E, 0),
            modulus = number_of(a, k, OSSL_PKEY_PARAM_RSA_N, 0);
        return arena_format(a, "\"e\":\"%.*s\",\"kty\":\"RSA\",\"n\":\"%.*s\"", STR_ARG(power),
                            STR_ARG(modulus));
    }
    str x = number_of(a, k, OSSL_PKEY_PARAM_EC_PUB_X, HALF),
        y = number_of(a, k, OSSL_PKEY_PARAM_EC_PUB_Y, HALF);
    return arena_format(a, "\"crv\":\"%s\",\"kty\":\"EC\",\"x\":\"%.*s\",\"y\":\"%.*s\"",
                        KINDS[k->kind].curve, STR_ARG(x), STR_ARG(y));
}

str key_id(struct arena *a, const struct key *k)
{
    uint8_t out[32];
    sha256(arena_format(a, "{%.*s}", STR_ARG(public_members(a, k))), out);
    return base64url(a, (str){(char *)out, sizeof out});
}

void key_write_jwk(struct buf *out, const struct key *k)
{
    ARENA_SCOPED struct arena a = {0};
    buf_add_format(out, "{%.*s,\"alg\":\"%s\",\"use\":\"sig\",\"kid\":\"%.*s\"}",
                   STR_ARG(public_members(&a, k)), KINDS[k->kind].algorithm,
                   STR_ARG(key_id(&a, k)));
}

/* --- signing -----------------------------------------------------------------------------------
 */

static const OSSL_PARAM *sign_params(enum key_kind kind, OSSL_PARAM room[2])
{
    if (kind != KEY_SM2)
        return NULL;
    room[0] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_DIST_ID, (void *)SM2_ID,
                                                sizeof SM2_ID - 1);
    room[1] = OSSL_PARAM_construct_end();
    return room;
}

/* DER SEQUENCE {r, s} to r beside s. */
static bool flatten(const unsigned char *der, size_t n, unsigned char out[2 * HALF])
{
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)n);
    bool ok = pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, HALF) == HALF &&
              BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + HALF, HALF) == HALF;
    ECDSA_SIG_free(pair);
    return ok;
}

static size_t unflatten(const unsigned char *flat, unsigned char **der)
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(flat, HALF, NULL), *s = BN_bin2bn(flat + HALF, HALF, NULL);
    if (!pair || !r || !s || ECDSA_SIG_set0(pair, r, s) != 1)
        abort();
    *der = NULL;
    int n = i2d_ECDSA_SIG(pair, der);
    ECDSA_SIG_free(pair);
    return n > 0 ? (size_t)n : 0;
}

bool key_sign(struct arena *a, const struct key *k, str data, str *signature, struct err *e)
{
    OSSL_PARAM room[2];
    unsigned char der[MAX_RSA_BYTES];
    size_t n = sizeof der;
    if (!k->is_private)
        return err_set(e, ERR_BROKEN, "a public key cannot sign");
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context &&
              EVP_DigestSignInit_ex(context, NULL, KINDS[k->kind].digest, NULL, NULL, k->pkey,
                                    sign_params(k->kind, room)) == 1 &&
              EVP_DigestSign(context, der, &n, (const unsigned char *)data.p, data.n) == 1;
    EVP_MD_CTX_free(context);
    if (ok && k->kind != KEY_RS256) {
        unsigned char *flat = arena_alloc(a, 2 * HALF, 1);
        ok = flatten(der, n, flat);
        *signature = (str){(char *)flat, 2 * HALF};
    } else if (ok) {
        *signature = arena_copy(a, (str){(char *)der, n});
    }
    return ok || err_set(e, ERR_BROKEN, "signing with %s failed", KINDS[k->kind].words);
}

static bool verify(const struct key *k, str data, const unsigned char *der, size_t n)
{
    OSSL_PARAM room[2];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context &&
              EVP_DigestVerifyInit_ex(context, NULL, KINDS[k->kind].digest, NULL, NULL, k->pkey,
                                      sign_params(k->kind, room)) == 1 &&
              EVP_DigestVerify(context, der, n, (const unsigned char *)data.p, data.n) == 1;
    EVP_MD_CTX_free(context);
    return ok;
}

bool key_verify_der(const struct key *k, str data, str signature)
{
    return signature.n && verify(k, data, (const unsigned char *)signature.p, signature.n);
}

bool key_verify(const struct key *k, str data, str signature)
{
    unsigned char *der = NULL;
    if (k->kind == KEY_RS256)
        return signature.n == (size_t)EVP_PKEY_get_size(k->pkey) &&
               key_verify_der(k, data, signature);
    if (signature.n != 2 * HALF)
        return false;
    size_t n = unflatten((const unsigned char *)signature.p, &der);
    bool ok = verify(k, data, der, n);
    OPENSSL_free(der);
    return ok;
}

size_t hmac(enum hmac_kind kind, str key, str data, uint8_t out[HMAC_MAX])
{
    const EVP_MD *digest = kind == HMAC_SHA1 ? EVP_sha1() : EVP_sha256();
    unsigned int n = 0;
    if (!HMAC(digest, key.p ? key.p : "", (int)key.n, (const unsigned char *)data.p, data.n, out,
              &n))
        abort();
    return n;
}

void sha256(str data, uint8_t out[32])
{
    if (EVP_Digest(data.p, data.n, out, NULL, EVP_sha256(), NULL) != 1)
        abort();
}
