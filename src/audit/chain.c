#include "audit/chain.h"

#include "base/cipher.h"

static void put_number(char *p, int64_t v)
{
    for (int i = 7; i >= 0; i--, v = (int64_t)((uint64_t)v >> 8))
        p[i] = (char)(v & 255);
}

str seal_head(const struct batch_seal *s, char out[AUDIT_HEAD_BYTES])
{
    put_number(out, s->batch);
    put_number(out + 8, s->at_us);
    put_number(out + 16, s->lines);
    memcpy(out + 24, s->root.bytes, DIGEST_BYTES);
    return (str){out, AUDIT_HEAD_BYTES};
}

struct hash chain_next(struct merkle *m, const struct hash *before, const struct batch_seal *s)
{
    char head[AUDIT_HEAD_BYTES];
    struct hash h;
    digest_add(&m->digest, STR("shuzhi audit"));
    digest_add(&m->digest, (str){(const char *)before->bytes, DIGEST_BYTES});
    digest_add(&m->digest, seal_head(s, head));
    digest_next(&m->digest, h.bytes);
    return h;
}

bool audit_take_line(str *rest, str *line)
{
    if (rest->n == 0)
        return false;
    const char *end = memchr(rest->p, '\n', rest->n);
    size_t n = end ? (size_t)(end - rest->p) : rest->n;
    *line = (str){rest->p, n};
    *rest = str_slice(*rest, n + 1, rest->n);
    return true;
}

void hash_write(struct buf *out, const char *name, const struct hash *h)
{
    static const char digits[] = "0123456789abcdef";
    buf_add_format(out, ",\"%s\":\"", name);
    for (int i = 0; i < DIGEST_BYTES; i++) {
        buf_add_char(out, digits[h->bytes[i] >> 4]);
        buf_add_char(out, digits[h->bytes[i] & 15]);
    }
    buf_add_char(out, '"');
}

bool hash_read(const struct json *object, const char *name, struct hash *h)
{
    str hex = json_text(object, name, STR(""));
    return hex.n == 2 * DIGEST_BYTES && bytes_from_hex(hex, h->bytes, DIGEST_BYTES);
}

/* The numbers of a checkpoint, in the order of its body. */
#define NUMBERS(X)                                                                                 \
    X(number, "checkpoint")                                                                        \
    X(first, "first")                                                                              \
    X(upto, "upto")                                                                                \
    X(batches, "batches")                                                                          \
    X(lines, "lines")                                                                              \
    X(all_batches, "all_batches")                                                                  \
    X(all_lines, "all_lines")                                                                      \
    X(at_us, "at_us")                                                                              \
    X(clock_us, "clock_us")                                                                        \
    X(back_us, "back_us")
#define HASHES(X) X(chain) X(root) X(previous)

void checkpoint_write(struct checkpoint *c, struct arena *a)
{
    BUF_SCOPED struct buf b = {.max = 4096};
#define X(member, name)                                                                            \
    buf_add_format(&b, "%c\"" name "\":%lld", b.n ? ',' : '{', (long long)c->member);
    NUMBERS(X)
#undef X
#define X(member) hash_write(&b, #member, &c->member);
    HASHES(X)
#undef X
    json_add_text(&b, "key", c->key);
    buf_add_char(&b, '}');
    c->body = arena_copy(a, buf_str(&b));
}

static bool read_body(struct checkpoint *c, const struct json *v)
{
    bool ok = true;
#define X(member, name) ok = (c->member = json_int(v, name, -1)) >= 0 && ok;
    NUMBERS(X)
#undef X
#define X(member) ok = hash_read(v, #member, &c->member) && ok;
    HASHES(X)
#undef X
    c->key = json_text(v, "key", STR(""));
    return ok && c->number > 0 && c->key.n;
}

bool checkpoint_parse(struct checkpoint *c, const struct json *v, struct arena *a, struct err *e)
{
    struct checkpoint got = {.body = json_text(v, "checkpoint", STR("")),
                             .signature = json_text(v, "signature", STR(""))};
    struct json body;
    struct err why = {0};
    got.body = arena_copy(a, got.body);
    got.signature = arena_copy(a, got.signature);
    if (!json_parse(&body, got.body, a, &why) || !read_body(&got, &body))
        return err_set(e, ERR_INVALID, "a checkpoint cannot be read%s%s", why.code ? ": " : "",
                       why.msg);
    got.key = arena_copy(a, got.key);
    *c = got;
    return true;
}

void checkpoint_export(struct buf *out, str body, str signature)
{
    buf_add_lit(out, "{\"checkpoint\":");
    json_write_string(out, body);
    json_add_text(out, "signature", signature);
    buf_add_lit(out, "}\n");
}

struct hash checkpoint_digest(struct merkle *m, str body)
{
    struct hash h = {{0}};
    digest_add(&m->digest, body);
    digest_next(&m->digest, h.bytes);
    return h;
}

bool checkpoint_is_signed(const struct checkpoint *c, const struct key *k)
{
    ARENA_SCOPED struct arena a = {0};
    str bytes;
    return base64url_decode(&a, c->signature, &bytes) && key_kind(k) == KEY_SM2 &&
           str_equal(key_id(&a, k), c->key) && key_verify(k, c->body, bytes);
}
