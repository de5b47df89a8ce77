/* Any bytes as a signed token and as a form: what is read holds together, and nothing verifies that
 * was not signed. */
#include "fuzz.h"
#include "identity/form.h"
#include "identity/token.h"

static struct key *key;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    struct token t;
    struct form f;
    str text = {(const char *)data, n};
    if (!key)
        key = key_generate(KEY_ES256, &e);
    if (token_parse(&t, &a, text, &e)) {
        MUST(t.signed_part.n < n && t.claims.type == JSON_OBJECT);
        MUST(!token_verify(&t, key, &e));
        bool ignored = token_check(&t, STR("a"), STR("b"), 1000, &e);
        (void)ignored;
    } else {
        MUST(e.code == ERR_INVALID && e.msg[0]);
    }
    e = (struct err){0};
    if (form_read(&f, &a, text, &e)) {
        BUF_SCOPED struct buf b = {.max = 4 << 20};
        struct form again;
        buf_add_char(&b, '?');
        for (size_t i = 0; i < f.n; i++) {
            if (i)
                buf_add_char(&b, '&');
            form_encode(&b, f.fields[i].name);
            buf_add_char(&b, '=');
            form_encode(&b, f.fields[i].value);
        }
        MUST(form_read(&again, &a, str_slice(buf_str(&b), 1, b.n), &e) && again.n == f.n);
        for (size_t i = 0; i < f.n; i++)
            MUST(str_equal(f.fields[i].value, again.fields[i].value));
    } else {
        MUST(e.code == ERR_INVALID);
    }
    return 0;
}
