/* Any bytes as YAML: what is read must be a value that JSON can write. */
#include "fuzz.h"
#include "text/value.h"
#include "text/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    ARENA_SCOPED struct arena a = {0};
    BUF_SCOPED struct buf out = {.max = 64 << 20};
    struct json v, again;
    struct err e = {0};
    if (!yaml_parse(&v, (str){(const char *)data, n}, &a, &e)) {
        MUST(e.code && e.msg[0]);
        return 0;
    }
    json_write(&out, &v);
    MUST(!out.is_full && json_parse(&again, buf_str(&out), &a, &e) && value_equal(&v, &again));
    return 0;
}
