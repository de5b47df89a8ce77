/* Any bytes as a message from another county and as a receipt: what is read holds together, and
 * nobody is believed who did not sign. */
#include "exchange/message.h"
#include "fuzz.h"

static struct key *key;
static str pem;
static struct arena forever;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    struct message m;
    struct receipt r;
    str bytes = {(const char *)data, n};
    if (!key) {
        key = key_generate(KEY_SM2, &e);
        MUST(key);
        pem = key_public_pem(&forever, key);
    }
    if (message_parse(&m, &a, bytes, &e)) {
        MUST(m.line.n + 1 + m.body.n == n && uuid_is_valid(m.id) && m.sequence > 0);
        MUST(m.expires > m.issued && m.part >= 0 && message_type_name(m.type));
        MUST(!message_verify(&m, &pem, 1, &e) && e.code == ERR_UNKNOWN);
    } else {
        MUST((e.code == ERR_INVALID || e.code == ERR_LIMIT) && e.msg[0]);
    }
    e = (struct err){0};
    MUST(!receipt_read(&r, &a, bytes, &pem, 1, &e) && e.code);
    /* As a body it comes through whole, if it is text. */
    e = (struct err){0};
    struct message out = {.id = STR("00000000-0000-4000-8000-000000000000"),
                          .from = STR("a"),
                          .to = STR("b"),
                          .type = MESSAGE_RECORDS,
                          .sequence = 1,
                          .body = bytes};
    MUST(message_sign(&out, &a, key, 1800000000, &e));
    BUF_SCOPED struct buf b = {.max = MESSAGE_MAX};
    buf_add(&b, out.line);
    buf_add_char(&b, '\n');
    buf_add(&b, bytes);
    if (message_parse(&m, &a, buf_str(&b), &e)) {
        MUST(str_equal(m.body, bytes) && str_equal(m.id, out.id));
        MUST(message_verify(&m, &pem, 1, &e) && message_check(&m, STR("b"), 1800000000, &e));
        MUST(!message_check(&m, STR("c"), 1800000000, &e));
    }
    return 0;
}
