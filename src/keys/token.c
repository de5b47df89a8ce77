#include "keys/token.h"

#include "base/cipher.h"
#include "base/digest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

enum { IV = 12, TAG = 16, MOST_SLOTS = 64, MAX_PIN = 256 };

struct token {
    CK_FUNCTION_LIST *module;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    bool has_session;
};

static bool fail(struct err *e, const char *what, CK_RV rv)
{
    return err_set(e, ERR_BUSY, "PKCS #11: %s: %s", what, p11_kit_strerror(rv));
}

static bool read_pin(P11KitUri *uri, char pin[MAX_PIN], size_t *n, struct err *e)
{
    struct stat st;
    const char *path = p11_kit_uri_get_pin_source(uri);
    if (!path || p11_kit_uri_get_pin_value(uri))
        return err_set(e, ERR_INVALID,
                       "the URI of the token needs pin-source=file:PATH, and no pin-value");
    if (strncmp(path, "file:", 5) == 0)
        path += 5;
    FILE *f = fopen(path, "re");
    if (!f)
        return err_set(e, ERR_INVALID, "PIN file %s: %s", path, strerror(errno));
    bool is_ours = fstat(fileno(f), &st) == 0 && (st.st_mode & 077) == 0;
    *n = fread(pin, 1, MAX_PIN, f);
    fclose(f);
    while (*n && (pin[*n - 1] == '\n' || pin[*n - 1] == '\r'))
        --*n;
    if (!is_ours)
        return err_set(e, ERR_INVALID, "PIN file %s may be read by others: chmod 600 it", path);
    return (*n && *n < MAX_PIN) || err_set(e, ERR_INVALID, "PIN file %s holds no PIN", path);
}

static bool find_slot(struct token *t, P11KitUri *uri, CK_SLOT_ID *slot, struct err *e)
{
    CK_SLOT_ID slots[MOST_SLOTS];
    CK_ULONG n = MOST_SLOTS;
    CK_TOKEN_INFO info;
    CK_RV rv = t->module->C_GetSlotList(CK_TRUE, slots, &n);
    if (rv != CKR_OK)
        return fail(e, "the slots cannot be listed", rv);
    for (CK_ULONG i = 0; i < n; i++) {
        if (t->module->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
            p11_kit_uri_match_token_info(uri, &info)) {
            *slot = slots[i];
            return true;
        }
    }
    return err_set(e, ERR_BUSY, "PKCS #11: no slot holds the token that the URI names");
}

static bool find_key(struct token *t, CK_ATTRIBUTE *label, bool *is_there, struct err *e)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_ULONG n = 0;
    CK_ATTRIBUTE wanted[] = {{CKA_CLASS, &class, sizeof class}, *label};
    CK_RV rv = t->module->C_FindObjectsInit(t->session, wanted, COUNT(wanted));
    if (rv == CKR_OK)
        rv = t->module->C_FindObjects(t->session, &t->key, 1, &n);
    t->module->C_FindObjectsFinal(t->session);
    *is_there = n == 1;
    return rv == CKR_OK || fail(e, "its keys cannot be listed", rv);
}

static bool make_key(struct token *t, CK_ATTRIBUTE *label, struct err *e)
{
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_ULONG length = 32;
    CK_MECHANISM how = {CKM_AES_KEY_GEN, NULL, 0};
    CK_ATTRIBUTE made[] = {
        {CKA_TOKEN, &yes, sizeof yes},           {CKA_PRIVATE, &yes, sizeof yes},
        {CKA_SENSITIVE, &yes, sizeof yes},       {CKA_EXTRACTABLE, &no, sizeof no},
        {CKA_ENCRYPT, &yes, sizeof yes},         {CKA_DECRYPT, &yes, sizeof yes},
        {CKA_VALUE_LEN, &length, sizeof length}, *label};
    CK_RV rv = t->module->C_GenerateKey(t->session, &how, made, COUNT(made), &t->key);
    return rv == CKR_OK || fail(e, "the key cannot be made", rv);
}

static bool open_session(struct token *t, P11KitUri *uri, enum token_open how, struct err *e)
{
    CK_SLOT_ID slot = 0;
    char pin[MAX_PIN];
    size_t n = 0;
    bool is_there = false;
    CK_ATTRIBUTE *label = p11_kit_uri_get_attribute(uri, CKA_LABEL);
    CK_FLAGS flags = CKF_SERIAL_SESSION | (how == TOKEN_MAKE ? CKF_RW_SESSION : 0);
    if (!label)
        return err_set(e, ERR_INVALID, "the URI of the token needs object=NAME of its key");
    if (!read_pin(uri, pin, &n, e) || !find_slot(t, uri, &slot, e))
        return false;
    CK_RV rv = t->module->C_OpenSession(slot, flags, NULL, NULL, &t->session);
    if (rv != CKR_OK)
        return fail(e, "no session can be opened", rv);
    t->has_session = true;
    rv = t->module->C_Login(t->session, CKU_USER, (unsigned char *)pin, n);
    explicit_bzero(pin, sizeof pin);
    if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
        return fail(e, "signing in to the token failed", rv);
    if (!find_key(t, label, &is_there, e))
        return false;
    if (!is_there && how == TOKEN_MAKE)
        return make_key(t, label, e);
    return is_there || err_set(e, ERR_MISSING, "the token has no key \"%.*s\"",
                               (int)label->ulValueLen, (const char *)label->pValue);
}

struct token *token_open(const char *text, enum token_open how, struct err *e)
{
    P11KitUri *uri = p11_kit_uri_new();
    struct token *t = calloc(1, sizeof *t);
    const char *path = NULL;
    bool ok = false;
    if (!uri || !t)
        abort();
    int bad = p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri);
    if (bad == P11_KIT_URI_OK)
        path = p11_kit_uri_get_module_path(uri);
    if (!path) {
        err_set(e, ERR_INVALID, "no URI of a token (RFC 7512) with module-path=: %s",
                bad == P11_KIT_URI_OK ? "that part is missing" : p11_kit_uri_message(bad));
    } else if (!(t->module = p11_kit_module_load(path, 0))) {
        err_set(e, ERR_BUSY, "PKCS #11: %s cannot be loaded: %s", path, p11_kit_message());
    } else {
        CK_RV rv = p11_kit_module_initialize(t->module);
        if (rv != CKR_OK) {
            p11_kit_module_release(t->module);
            t->module = NULL;
            fail(e, "the module cannot be used", rv);
        }
        ok = rv == CKR_OK && open_session(t, uri, how, e);
    }
    p11_kit_uri_free(uri);
    if (ok)
        return t;
    token_close(t);
    return NULL;
}

void token_close(struct token *t)
{
    if (!t)
        return;
    if (t->has_session)
        t->module->C_CloseSession(t->session);
    if (t->module) {
        p11_kit_module_finalize(t->module);
        p11_kit_module_release(t->module);
    }
    free(t);
}

static CK_MECHANISM gcm(CK_GCM_PARAMS *room, uint8_t *iv)
{
    *room = (CK_GCM_PARAMS){.pIv = iv, .ulIvLen = IV, .ulIvBits = IV * 8, .ulTagBits = TAG * 8};
    return (CK_MECHANISM){CKM_AES_GCM, room, sizeof *room};
}

bool token_wrap(struct token *t, str text, uint8_t *out, struct err *e)
{
    CK_GCM_PARAMS room;
    CK_ULONG n = text.n + TAG;
    ARENA_SCOPED struct arena a = {0};
    str iv;
    if (text.n > TOKEN_MAX_TEXT || !base64url_decode(&a, random_token(&a, IV), &iv))
        return err_set(e, ERR_LIMIT, "a token wraps up to %d bytes", TOKEN_MAX_TEXT);
    memcpy(out, iv.p, IV);
    CK_MECHANISM how = gcm(&room, out);
    CK_RV rv = t->module->C_EncryptInit(t->session, &how, t->key);
    if (rv == CKR_OK)
        rv = t->module->C_Encrypt(t->session, (unsigned char *)(uintptr_t)text.p, text.n, out + IV,
                                  &n);
    return rv == CKR_OK || fail(e, "the token does not encrypt with AES-GCM", rv);
}

bool token_unwrap(struct token *t, str wrapped, uint8_t *out, struct err *e)
{
    CK_GCM_PARAMS room;
    uint8_t iv[IV], text[TOKEN_MAX_TEXT + TAG];
    if (wrapped.n < TOKEN_EXTRA || wrapped.n > TOKEN_EXTRA + TOKEN_MAX_TEXT)
        return err_set(e, ERR_INVALID, "a wrapped key has another length");
    CK_ULONG n = sizeof text;
    memcpy(iv, wrapped.p, IV);
    CK_MECHANISM how = gcm(&room, iv);
    CK_RV rv = t->module->C_DecryptInit(t->session, &how, t->key);
    if (rv == CKR_OK)
        rv = t->module->C_Decrypt(t->session, (unsigned char *)(uintptr_t)wrapped.p + IV,
                                  wrapped.n - IV, text, &n);
    if (rv == CKR_OK && n == wrapped.n - TOKEN_EXTRA) {
        memcpy(out, text, n);
        explicit_bzero(text, sizeof text);
        return true;
    }
    return err_set(e, ERR_CONFLICT,
                   "a key of the ring was wrapped with another key of the token, or altered: %s",
                   p11_kit_strerror(rv));
}
