/* Any text as a value of every kind: what is made has the shape the value had, is the same each
 * time, and goes back to the value; what has no shape becomes text that says nothing of it. */
#include "fuzz.h"
#include "text/format.h"
#include "text/pseudonym.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    ARENA_SCOPED struct arena a = {0};
    static const uint8_t key[PSEUDONYM_KEY_BYTES] = {9};
    static struct pseudonymiser *p;
    struct err e = {0};
    str text = {(const char *)data, n}, back;
    if (!p)
        p = pseudonymiser_create(key, STR("fuzz"), &e);
    if (n == 0 || n > 4096 || !utf8_is_valid(text) || memchr(data, 0, n))
        return 0;
    for (size_t k = 0; k < PSEUDONYM_COUNT; k++) {
        const struct format *f = format_find(str_from(pseudonym_name((enum pseudonym_kind)k)));
        str out = pseudonym_make(p, &a, (enum pseudonym_kind)k, text);
        MUST(utf8_is_valid(out) && (out.n != 0) == (n != 0));
        MUST(str_equal(out, pseudonym_make(p, &a, (enum pseudonym_kind)k, text)));
        if (!f || str_starts(out, STR("P-")))
            continue;
        MUST(format_check(f, out, NULL) == FORMAT_NONE && out.n == n);
        MUST(pseudonym_undo(p, &a, (enum pseudonym_kind)k, out, &back) && str_equal(back, text));
    }
    return 0;
}
