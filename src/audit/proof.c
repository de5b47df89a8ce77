#include "audit/proof.h"

#include "base/cipher.h"

struct prover {
    int64_t batch;
    uint64_t line;
    struct arena arena;
    struct merkle merkle;
    struct buf heads; /* struct hash: of the batches since the last checkpoint */
    struct batch_seal seal;
    struct merkle_path path;
    str text;
    uint64_t place; /* of the batch in heads */
    bool has_line, has_batch, is_done;
    struct buf *out;
};

static bool see_line(void *arg, int64_t batch, size_t index, str line, struct err *e)
{
    struct prover *p = arg;
    (void)e;
    if (batch == p->batch && index == p->line && !p->has_line) {
        p->text = arena_copy(&p->arena, line);
        p->has_line = true;
    }
    return true;
}

static bool see_batch(void *arg, const struct batch_seal *s, const struct hash *leaves, size_t n,
                      struct err *e)
{
    struct prover *p = arg;
    char head[AUDIT_HEAD_BYTES];
    if (p->is_done)
        return true;
    if (s->batch == p->batch && p->line < n) {
        p->seal = *s;
        p->place = p->heads.n / sizeof(struct hash);
        p->has_batch = true;
        merkle_prove(&p->merkle, leaves, n, p->line, &p->path);
    }
    struct hash leaf = merkle_leaf(&p->merkle, seal_head(s, head));
    buf_add(&p->heads, (str){(const char *)leaf.bytes, sizeof leaf});
    return !p->heads.is_full ||
           err_set(e, ERR_LIMIT, "more than %d batches stand between two checkpoints",
                   AUDIT_MAX_IN_CHECKPOINT);
}

static void write_path(struct buf *out, const char *name, const struct merkle_path *path)
{
    ARENA_SCOPED struct arena a = {0};
    buf_add_format(out, ",\"%s\":{\"index\":%llu,\"of\":%llu,\"path\":[", name,
                   (unsigned long long)path->index, (unsigned long long)path->n);
    for (size_t i = 0; i < path->count; i++) {
        str hex = bytes_to_hex(&a, path->steps[i].bytes, DIGEST_BYTES);
        buf_add_format(out, "%s\"%.*s\"", i ? "," : "", STR_ARG(hex));
    }
    buf_add_lit(out, "]}");
}

static bool see_checkpoint(void *arg, const struct checkpoint *c, const struct trust *t, str pem,
                           struct err *e)
{
    struct prover *p = arg;
    struct merkle_path up;
    (void)e;
    if (p->has_batch && !p->is_done) {
        merkle_prove(&p->merkle, (const struct hash *)(const void *)p->heads.p,
                     p->heads.n / sizeof(struct hash), p->place, &up);
        buf_add_format(p->out, "{\"shuzhi-audit-proof\":1,\"batch\":%lld,\"at_us\":%lld",
                       (long long)p->seal.batch, (long long)p->seal.at_us);
        json_add_text(p->out, "record", p->text);
        write_path(p->out, "in_batch", &p->path);
        write_path(p->out, "in_checkpoint", &up);
        json_add_text(p->out, "checkpoint", c->body);
        json_add_text(p->out, "signature", c->signature);
        json_add_text(p->out, "public-key", pem);
        buf_add_lit(p->out, ",\"successions\":[");
        buf_add(p->out, buf_str(&t->successions));
        buf_add_lit(p->out, "]}\n");
        p->is_done = true;
    }
    buf_clear(&p->heads);
    return true;
}

bool audit_prove(struct source export, const struct audit_check *how, str record, struct buf *proof,
                 struct err *e)
{
    struct prover p = {.heads = {.max = (AUDIT_MAX_IN_CHECKPOINT + 1) * sizeof(struct hash)},
                       .out = proof};
    struct audit_visitor visitor = {see_batch, see_line, see_checkpoint, &p};
    struct audit_report report;
    str rest = record, batch;
    int64_t line;
    if (!str_take_part(&rest, '-', &batch) || !str_to_int64(batch, &p.batch) ||
        !str_to_int64(rest, &line) || line < 0)
        return err_set(e, ERR_INVALID, "a record is named BATCH-LINE, such as 12-0");
    p.line = (uint64_t)line;
    merkle_begin(&p.merkle);
    bool ok = audit_verify(export, how, &visitor, &report, e);
    if (ok && !p.is_done)
        ok = p.has_line
                 ? err_set(e, ERR_CONFLICT,
                           "record %.*s is not signed yet: export again after the next checkpoint",
                           STR_ARG(record))
                 : err_set(e, ERR_MISSING, "the export has no record %.*s", STR_ARG(record));
    ok = ok && (!proof->is_full || err_set(e, ERR_LIMIT, "the proof is too long"));
    merkle_release(&p.merkle);
    buf_release(&p.heads);
    arena_release(&p.arena);
    return ok;
}

static bool read_path(const struct json *v, const char *name, struct merkle_path *path)
{
    const struct json *o = json_find(v, name), *steps = o ? json_find(o, "path") : NULL;
    int64_t index = json_int(o, "index", -1), n = json_int(o, "of", -1);
    *path = (struct merkle_path){0};
    if (!steps || steps->type != JSON_ARRAY || steps->array.n > MERKLE_MAX_DEPTH || index < 0 ||
        n < 1)
        return false;
    path->index = (uint64_t)index;
    path->n = (uint64_t)n;
    path->count = steps->array.n;
    for (size_t i = 0; i < path->count; i++) {
        const struct json *s = &steps->array.items[i];
        if (s->type != JSON_STRING || s->text.n != 2 * DIGEST_BYTES ||
            !bytes_from_hex(s->text, path->steps[i].bytes, DIGEST_BYTES))
            return false;
    }
    return true;
}

static bool follow(const struct json *v, str line, struct batch_seal *seal,
                   const struct checkpoint *c, struct merkle_path *in_batch)
{
    struct merkle m;
    struct merkle_path up;
    struct hash root;
    char head[AUDIT_HEAD_BYTES];
    if (!read_path(v, "in_batch", in_batch) || !read_path(v, "in_checkpoint", &up))
        return false;
    merkle_begin(&m);
    struct hash leaf = merkle_leaf(&m, line);
    bool ok = merkle_follow(&m, in_batch, &leaf, &seal->root);
    if (ok) {
        seal->lines = (int64_t)in_batch->n;
        leaf = merkle_leaf(&m, seal_head(seal, head));
        ok = (int64_t)up.n == c->batches && merkle_follow(&m, &up, &leaf, &root) &&
             hash_equal(&root, &c->root);
    }
    merkle_release(&m);
    return ok;
}

/* By the key given, or the proof's own, or one that follows or precedes it. */
static bool find_signer(const struct json *v, const struct checkpoint *c, const struct key *key,
                        bool *is_signed, struct err *e)
{
    struct trust t;
    const struct json *all = json_find(v, "successions");
    bool ok = trust_begin(&t, key, e);
    if (ok && !key)
        ok = trust_add_key(&t, json_text(v, "public-key", STR("")), e);
    for (size_t i = 0; ok && all && all->type == JSON_ARRAY && i < all->array.n; i++)
        ok = trust_add_succession(&t, &all->array.items[i], e);
    *is_signed = ok && trust_find(&t, c);
    trust_release(&t);
    return ok;
}

bool audit_check_proof(str proof, const struct key *key, struct arena *a,
                       struct proof_report *report, struct err *e)
{
    struct json v;
    struct checkpoint c;
    struct merkle_path in_batch;
    if (!json_parse(&v, proof, a, e))
        return false;
    if (json_int(&v, "shuzhi-audit-proof", 0) != 1)
        return err_set(e, ERR_INVALID, "this is no audit proof of this version");
    if (!checkpoint_parse(&c, &v, a, e))
        return false;
    struct batch_seal seal = {.batch = json_int(&v, "batch", -1),
                              .at_us = json_int(&v, "at_us", -1)};
    str line = json_text(&v, "record", STR(""));
    bool is_signed;
    if (!find_signer(&v, &c, key, &is_signed, e))
        return false;
    if (!is_signed)
        return err_set(e, ERR_CONFLICT, "checkpoint %lld of the proof is not signed by %s",
                       (long long)c.number, key ? "the key given" : "the key in it");
    if (!follow(&v, line, &seal, &c, &in_batch))
        return err_set(e, ERR_CONFLICT,
                       "the record does not lead to checkpoint %lld: it, its place "
                       "or the path was altered",
                       (long long)c.number);
    *report = (struct proof_report){.record = arena_format(a, "%lld-%llu", (long long)seal.batch,
                                                           (unsigned long long)in_batch.index),
                                    .line = line,
                                    .key = c.key,
                                    .at_us = seal.at_us,
                                    .checkpoint = c.number,
                                    .checkpoint_at_us = c.at_us};
    return true;
}
