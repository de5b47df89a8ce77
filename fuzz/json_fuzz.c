/* Any bytes as JSON: what is read must be written and read again as the same value. */
#include "fuzz.h"
#include "text/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    ARENA_SCOPED struct arena a = {0};
    BUF_SCOPED struct buf out = {.max = 64 << 20};
    struct json v, again;
    struct err e = {0};
    if (!json_parse(&v, (str){(const char *)data, n}, &a, &e)) {
        MUST(e.code == ERR_INVALID && e.msg[0]);
        return 0;
    }
    json_write_canonical(&out, &v, &a);
    MUST(!out.is_full && json_parse(&again, buf_str(&out), &a, &e));
    MUST(value_equal(&v, &again) && value_hash(&v) == value_hash(&again));
    return 0;
}
