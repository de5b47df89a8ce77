/* Any bytes as an audit export and as a proof: an answer, whatever the pieces they come in, and
 * never one that verifies and was signed by nobody. */
#include "audit/proof.h"
#include "fuzz.h"

struct pieces {
    str rest;
    size_t step;
};

static bool read_pieces(void *arg, char *p, size_t room, size_t *n, struct err *e)
{
    struct pieces *s = arg;
    (void)e;
    *n = s->rest.n < s->step ? s->rest.n : s->step;
    *n = *n < room ? *n : room;
    if (*n)
        memcpy(p, s->rest.p, *n);
    s->rest = str_slice(s->rest, *n, s->rest.n);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    ARENA_SCOPED struct arena a = {0};
    BUF_SCOPED struct buf proof = {.max = 1 << 20};
    str text = {(const char *)data, n};
    struct audit_check how = {0};
    struct audit_report whole, parts;
    struct proof_report said;
    struct err e = {0}, f = {0}, g = {0};
    struct pieces all = {text, SIZE_MAX}, some = {text, 1 + n % 13}, again = {text, SIZE_MAX};
    bool ok = audit_verify((struct source){read_pieces, &all}, &how, NULL, &whole, &e);
    MUST(audit_verify((struct source){read_pieces, &some}, &how, NULL, &parts, &f) == ok);
    MUST(ok || (e.code && e.code == f.code));
    if (ok && audit_prove((struct source){read_pieces, &again}, &how, STR("1-0"), &proof, &g))
        MUST(audit_check_proof(buf_str(&proof), NULL, &a, &said, &g));
    g = (struct err){0};
    MUST(audit_check_proof(text, NULL, &a, &said, &g) || g.code);
    return 0;
}
