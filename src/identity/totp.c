#include "identity/totp.h"

#include "base/digest.h"
#include "base/key.h"
#include "identity/form.h"

#include <qrencode.h>

str totp_code(struct arena *a, str secret, int64_t step)
{
    char counter[8];
    uint8_t out[HMAC_MAX];
    for (int i = 0; i < 8; i++)
        counter[i] = (char)(step >> (56 - 8 * i));
    size_t n = hmac(HMAC_SHA1, secret, (str){counter, sizeof counter}, out);
    unsigned at = out[n - 1] & 15;
    uint32_t v = (uint32_t)(out[at] & 127) << 24 | (uint32_t)out[at + 1] << 16 |
                 (uint32_t)out[at + 2] << 8 | out[at + 3];
    return arena_format(a, "%06u", v % 1000000);
}

bool totp_matches(str secret, str code, int64_t now_seconds, int64_t used, int64_t *step)
{
    ARENA_SCOPED struct arena a = {0};
    bool is_right = false;
    for (int64_t s = now_seconds / TOTP_STEP - TOTP_DRIFT;
         s <= now_seconds / TOTP_STEP + TOTP_DRIFT; s++) {
        if (bytes_equal_constant(totp_code(&a, secret, s), code) && s > used) {
            is_right = true;
            *step = s;
        }
    }
    return is_right;
}

str base32(struct arena *a, str bytes)
{
    static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    size_t length = (bytes.n * 8 + 4) / 5;
    const uint8_t *in = (const uint8_t *)bytes.p;
    char *p = arena_alloc(a, length + 1, 1);
    for (size_t i = 0; i < length; i++) {
        size_t bit = i * 5;
        unsigned pair = (unsigned)in[bit / 8] << 8;
        if (bit / 8 + 1 < bytes.n)
            pair |= in[bit / 8 + 1];
        p[i] = ALPHABET[pair >> (11 - bit % 8) & 31];
    }
    return (str){p, length};
}

str totp_uri(struct arena *a, str issuer, str login, str secret)
{
    BUF_SCOPED struct buf b = {.max = 4096};
    buf_add_lit(&b, "otpauth://totp/");
    form_encode(&b, issuer);
    buf_add_char(&b, ':');
    form_encode(&b, login);
    form_add(&b, "secret", base32(a, secret));
    form_add(&b, "issuer", issuer);
    return arena_copy(a, buf_str(&b));
}

bool qr_svg(struct arena *a, str text, str *svg, struct err *e)
{
    BUF_SCOPED struct buf b = {.max = 1 << 18};
    QRcode *code = QRcode_encodeString8bit(arena_cstr(a, text), 0, QR_ECLEVEL_M);
    if (!code)
        return err_set(e, ERR_INVALID, "the text is too long for a QR code");
    int side = code->width + 8;
    buf_add_format(&b,
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\">"
                   "<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path d=\"",
                   side, side, side, side);
    for (int y = 0; y < code->width; y++) {
        for (int x = 0; x < code->width; x++) {
            if (code->data[y * code->width + x] & 1)
                buf_add_format(&b, "M%d %dh1v1h-1z", x + 4, y + 4);
        }
    }
    buf_add_lit(&b, "\"/></svg>");
    QRcode_free(code);
    *svg = arena_copy(a, buf_str(&b));
    return true;
}
