#include "audit/verify.h"

#include "base/cipher.h"

#include <stdarg.h>
#include <stdio.h>

enum { MAX_LINES = 1 << 20, MAX_RECORD = 64 << 20, JITTER_US = 2000000 };

struct batch {
    struct batch_seal seal; /* at_us: of the batch */
    int64_t sealed_at, sealed_lines;
    struct hash sealed_root, sealed_chain;
    bool is_there, is_sealed, is_open;
};

struct state {
    struct jsonl in;
    const struct audit_check *how;
    const struct audit_visitor *visitor;
    struct audit_report *r;
    struct err *e;
    struct arena arena, kept;     /* of a record; of checkpoints, two at most */
    struct merkle merkle, window; /* window: batches since the last checkpoint */
    struct batch batch;
    struct buf leaves;              /* struct hash, of the batch at hand */
    struct buf marks, sealed_marks; /* as the lines are; as the seal says */
    struct hash chain;
    struct checkpoint last; /* number 0: none */
    struct trust trust;
    int64_t after;      /* of the head: the checkpoint that the export follows; -1: no head */
    int64_t last_batch; /* sealed or not */
    int64_t last_sealed;
    int64_t first_in_window, window_lines;
    int64_t first_unsealed; /* 0: none */
    int64_t high_us;
    uint64_t next_offset;
    bool has_end;
};

static bool altered(struct state *s, const char *fmt, ...) PRINTF(2, 3);

static bool altered(struct state *s, const char *fmt, ...)
{
    char text[sizeof s->e->msg];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    err_set(s->e, ERR_CONFLICT, "%s", text);
    return err_at(s->e, "line %llu of the file", (unsigned long long)s->in.line);
}

static bool unreadable(struct state *s, const char *what)
{
    err_set(s->e, ERR_INVALID, "this is no audit export of this version: %s", what);
    return err_at(s->e, "line %llu of the file", (unsigned long long)s->in.line);
}

/* --- a batch -----------------------------------------------------------------------------------
 */

static bool mark_is(str marks, size_t i, str sealed, size_t k)
{
    size_t n = AUDIT_MARK_BYTES;
    return (i + 1) * n <= marks.n && (k + 1) * n <= sealed.n &&
           memcmp(marks.p + i * n, sealed.p + k * n, n) == 0;
}

/* The root is wrong: which line it was. */
static bool name_line(struct state *s)
{
    struct batch *b = &s->batch;
    str marks = buf_str(&s->marks), sealed = buf_str(&s->sealed_marks);
    size_t have = marks.n / AUDIT_MARK_BYTES, had = sealed.n / AUDIT_MARK_BYTES, i = 0;
    long long id = b->seal.batch;
    while (i < have && i < had && mark_is(marks, i, sealed, i))
        i++;
    long long line = (long long)i;
    if ((size_t)b->sealed_lines != had || (i == have && i == had))
        return altered(s, "batch %lld: its seal was altered: it does not fit its lines", id);
    if (have < had && (i == have || mark_is(marks, i, sealed, i + 1)))
        return altered(s, "record %lld-%lld: removed (%zu of the batch's %zu are there)", id, line,
                       have, had);
    if (have > had && (i == had || mark_is(marks, i + 1, sealed, i)))
        return altered(s,
                       "record %lld-%lld: inserted (%zu were sealed in the batch, %zu are there)",
                       id, line, had, have);
    for (size_t k = i + 1; k < had; k++) {
        if (mark_is(marks, i, sealed, k))
            return altered(s, "record %lld-%lld: reordered (it was %lld-%zu)", id, line, id, k);
    }
    return altered(s, "record %lld-%lld: altered", id, line);
}

static bool check_seal(struct state *s)
{
    struct batch *b = &s->batch;
    long long id = b->seal.batch;
    if (!b->is_there)
        return altered(s, "batch %lld: removed, with its %lld records", id,
                       (long long)b->sealed_lines);
    b->seal.lines = (int64_t)s->merkle.n;
    b->seal.root = merkle_root(&s->merkle);
    if (!hash_equal(&b->seal.root, &b->sealed_root) || b->seal.lines != b->sealed_lines)
        return name_line(s);
    if (!str_equal(buf_str(&s->marks), buf_str(&s->sealed_marks)))
        return altered(s, "batch %lld: its seal was altered (the marks of its lines)", id);
    if (b->seal.at_us != b->sealed_at)
        return altered(s, "batch %lld: its time was altered", id);
    struct hash chain = chain_next(&s->merkle, &s->chain, &b->seal);
    if (!hash_equal(&chain, &b->sealed_chain)) {
        return altered(s,
                       "batch %lld: its seal does not follow from batch %lld: between them "
                       "batches were removed, inserted or reordered, or the seal was altered",
                       id, (long long)s->last_sealed);
    }
    s->chain = chain;
    return true;
}

static void watch_clock(struct state *s, int64_t at_us, int64_t batch)
{
    int64_t back = s->high_us - at_us;
    if (back > JITTER_US && back > s->r->back_us) {
        s->r->back_us = back;
        s->r->back_batch = batch;
    }
    if (at_us > s->high_us)
        s->high_us = at_us;
}

static bool take_sealed(struct state *s)
{
    struct batch *b = &s->batch;
    char head[AUDIT_HEAD_BYTES];
    if (s->first_unsealed)
        return altered(s, "batch %lld: inserted: it has no seal, but batch %lld after it has",
                       (long long)s->first_unsealed, (long long)b->seal.batch);
    if (!check_seal(s))
        return false;
    struct hash leaf = merkle_leaf(&s->window, seal_head(&b->seal, head));
    merkle_add(&s->window, &leaf);
    if (s->window.n == 1)
        s->first_in_window = b->seal.batch;
    s->window_lines += b->seal.lines;
    s->last_sealed = b->seal.batch;
    watch_clock(s, b->seal.at_us, b->seal.batch);
    return !s->visitor || s->visitor->batch(s->visitor->arg, &b->seal,
                                            (const struct hash *)(const void *)s->leaves.p,
                                            s->leaves.n / sizeof(struct hash), s->e);
}

/* The batch at hand has all its lines. */
static bool close_batch(struct state *s)
{
    struct batch *b = &s->batch;
    if (!b->is_open)
        return true;
    b->is_open = false;
    s->r->batches += b->is_there;
    s->r->lines += (int64_t)s->merkle.n;
    if (b->is_sealed)
        return take_sealed(s);
    if (!s->first_unsealed)
        s->first_unsealed = b->seal.batch;
    s->r->unsealed_batches++;
    return true;
}

static bool read_seal(struct state *s, const struct json *v)
{
    struct batch *b = &s->batch;
    str marks = json_text(v, "marks", STR(""));
    b->is_sealed = true;
    b->sealed_at = json_int(v, "at", -1);
    b->sealed_lines = json_int(v, "lines", -1);
    if (!buf_reserve(&s->sealed_marks, marks.n / 2 + 1))
        return false;
    s->sealed_marks.n = marks.n / 2;
    return hash_read(v, "root", &b->sealed_root) && hash_read(v, "chain", &b->sealed_chain) &&
           marks.n % (2 * AUDIT_MARK_BYTES) == 0 &&
           bytes_from_hex(marks, (uint8_t *)s->sealed_marks.p, marks.n / 2);
}

static bool open_batch(struct state *s, const struct json *v)
{
    const struct json *seal = json_find(v, "sealed");
    struct batch *b = &s->batch;
    *b = (struct batch){.is_open = true};
    b->seal.batch = json_int(v, "batch", -1);
    b->seal.at_us = json_int(v, "at", INT64_MIN);
    b->is_there = b->seal.at_us != INT64_MIN;
    merkle_clear(&s->merkle);
    buf_clear(&s->leaves);
    buf_clear(&s->marks);
    buf_clear(&s->sealed_marks);
    if (b->seal.batch < 0 || (!seal && !b->is_there))
        return unreadable(s, "a batch without a number or time");
    if (seal && !read_seal(s, seal))
        return altered(s, "batch %lld: its seal cannot be read: it was altered",
                       (long long)b->seal.batch);
    if (b->seal.batch <= s->last_batch)
        return altered(s, "batch %lld: reordered or inserted twice: it stands after batch %lld",
                       (long long)b->seal.batch, (long long)s->last_batch);
    s->last_batch = b->seal.batch;
    if (!s->r->first)
        s->r->first = b->seal.batch;
    s->r->upto = b->seal.batch;
    return true;
}

static bool take_line(struct state *s, str line)
{
    if (!s->batch.is_open || !s->batch.is_there)
        return altered(s, "after batch %lld: a record inserted that belongs to no batch",
                       (long long)s->last_batch);
    struct hash leaf = merkle_leaf(&s->merkle, line);
    if (s->merkle.n >= MAX_LINES)
        return err_set(s->e, ERR_LIMIT, "batch %lld has more than %d records",
                       (long long)s->last_batch, MAX_LINES);
    merkle_add(&s->merkle, &leaf);
    buf_add(&s->leaves, (str){(const char *)leaf.bytes, sizeof leaf});
    buf_add(&s->marks, (str){(const char *)leaf.bytes, AUDIT_MARK_BYTES});
    return !s->visitor || s->visitor->line(s->visitor->arg, s->batch.seal.batch,
                                           (size_t)s->merkle.n - 1, line, s->e);
}

/* --- checkpoints -------------------------------------------------------------------------------
 */

static bool find_signer(struct state *s, const struct checkpoint *c, str *pem)
{
    const struct trusted *k = trust_find(&s->trust, c);
    if (!k)
        return altered(s,
                       "checkpoint %lld: its signature is missing or not of %s: it was altered, or "
                       "signed by somebody else",
                       (long long)c->number, s->how->key ? "the key given" : "a key of the export");
    *pem = k->pem;
    return true;
}

static bool check_earlier(struct state *s, const struct checkpoint *c)
{
    const struct checkpoint *was = s->how->earlier;
    if (!was || was->number != c->number)
        return true;
    if (!str_equal(was->body, c->body))
        return altered(s,
                       "checkpoint %lld: not the one kept elsewhere: the history up to batch %lld "
                       "was rewritten",
                       (long long)c->number, (long long)was->upto);
    s->r->has_earlier = true;
    return true;
}

/* What it says is what stands before it. */
static bool check_cover(struct state *s, const struct checkpoint *c)
{
    long long number = c->number;
    if (c->number != s->last.number + 1)
        return altered(s, "checkpoint %lld: removed (after checkpoint %lld comes %lld)",
                       (long long)s->last.number + 1, (long long)s->last.number, number);
    struct hash before = {0}, root = merkle_root(&s->window);
    if (s->last.number)
        before = checkpoint_digest(&s->merkle, s->last.body);
    if (!hash_equal(&before, &c->previous))
        return altered(s, "checkpoint %lld: does not follow from the one before it", number);
    if (s->first_unsealed && s->first_unsealed <= c->upto)
        return altered(s, "batch %lld: inserted: it has no seal, but checkpoint %lld covers it",
                       (long long)s->first_unsealed, number);
    if (c->batches != (int64_t)s->window.n || c->lines != s->window_lines)
        return altered(
            s,
            "checkpoint %lld signed %lld batches with %lld records (%lld to %lld); "
            "there are %lld with %lld: between batch %lld and %lld they were %s and the "
            "seals rewritten or removed",
            number, (long long)c->batches, (long long)c->lines, (long long)c->first,
            (long long)c->upto, (long long)s->window.n, (long long)s->window_lines,
            (long long)(s->last_sealed < c->upto ? s->last_sealed : c->first), (long long)c->upto,
            c->batches > (int64_t)s->window.n || c->lines > s->window_lines ? "removed"
                                                                            : "inserted");
    if (!hash_equal(&root, &c->root) || !hash_equal(&s->chain, &c->chain) ||
        c->upto != s->last_sealed || (s->window.n && c->first != s->first_in_window))
        return altered(s,
                       "checkpoint %lld: batches %lld to %lld are not those it signed: they were "
                       "altered and their seals rewritten",
                       number, (long long)c->first, (long long)c->upto);
    if (c->all_batches != s->last.all_batches + c->batches ||
        c->all_lines != s->last.all_lines + c->lines)
        return altered(s, "checkpoint %lld: its totals do not follow from those before", number);
    return c->at_us >= s->high_us || altered(s, "checkpoint %lld: time goes back", number);
}

static void start_window(struct state *s, const struct checkpoint *c)
{
    struct checkpoint kept = *c;
    arena_reset(&s->kept);
    kept.body = arena_copy(&s->kept, c->body);
    kept.signature = arena_copy(&s->kept, c->signature);
    kept.key = arena_copy(&s->kept, c->key);
    s->last = kept;
    s->chain = c->chain;
    s->high_us = c->at_us;
    s->window_lines = 0;
    merkle_clear(&s->window);
    s->r->checkpoint = c->number;
    snprintf(s->r->key, sizeof s->r->key, "%.*s", STR_ARG(c->key));
}

static bool take_checkpoint(struct state *s, const struct json *v)
{
    struct checkpoint c;
    struct err why = {0};
    str pem = {0};
    bool is_anchor = !s->last.number && s->after > 0;
    if (!checkpoint_parse(&c, v, &s->arena, &why))
        return altered(s, "the checkpoint after checkpoint %lld was altered: it cannot be read",
                       (long long)s->last.number);
    if (!find_signer(s, &c, &pem) || !check_earlier(s, &c))
        return false;
    if (is_anchor ? c.number != s->after || s->r->first : !check_cover(s, &c))
        return altered(s, "checkpoint %lld: removed: the export begins after it",
                       (long long)s->after);
    if (c.back_us > s->r->back_us) {
        s->r->back_us = c.back_us;
        s->r->back_batch = c.upto;
    }
    s->r->checkpoints++;
    if (!is_anchor && s->visitor &&
        !s->visitor->checkpoint(s->visitor->arg, &c, &s->trust, pem, s->e))
        return false;
    if (is_anchor)
        s->last_batch = s->last_sealed = c.upto;
    start_window(s, &c);
    return true;
}

/* --- the file ----------------------------------------------------------------------------------
 */

static bool take_key(struct state *s, const struct json *v)
{
    return trust_add_key(&s->trust, json_text(v, "public-key", STR("")), s->e) ||
           err_at(s->e, "line %llu of the file", (unsigned long long)s->in.line);
}

static bool take_succession(struct state *s, const struct json *v)
{
    return trust_add_succession(&s->trust, v, s->e) ||
           err_at(s->e, "line %llu of the file", (unsigned long long)s->in.line);
}

static bool take_end(struct state *s, const struct json *v)
{
    s->has_end = true;
    if (json_int(v, "batches", -1) < s->r->batches || json_int(v, "lines", -1) < s->r->lines)
        return altered(s, "the file has more records than were exported: some were inserted");
    if (json_int(v, "lines", -1) > s->r->lines)
        return altered(s, "the file has %lld records, %lld were exported: some were removed",
                       (long long)s->r->lines, (long long)json_int(v, "lines", -1));
    return true;
}

static bool take_record(struct state *s, str line)
{
    struct json v;
    struct err why = {0};
    if (!json_parse(&v, line, &s->arena, &why) || v.type != JSON_OBJECT)
        return s->batch.is_open ? take_line(s, line) : unreadable(s, "a line that is no JSON");
    if (s->has_end)
        return altered(s, "after the end: a record was inserted");
    if (s->after < 0) {
        s->after = json_int(&v, "after", -1);
        return (json_int(&v, "shuzhi-audit", 0) == 1 && s->after >= 0) ||
               unreadable(s, "it does not begin with {\"shuzhi-audit\":1,…}");
    }
    const char *const names[] = {"batch", "checkpoint", "public-key", "succession", "end"};
    bool (*const take[])(struct state *, const struct json *) = {
        open_batch, take_checkpoint, take_key, take_succession, take_end};
    for (size_t i = 0; i < COUNT(names); i++) {
        if (!json_find(&v, names[i]))
            continue;
        if (!close_batch(s))
            return false;
        if (i == 0 && s->after > 0 && !s->last.number)
            return altered(s, "checkpoint %lld: removed: the export begins after it",
                           (long long)s->after);
        return take[i](s, &v);
    }
    return take_line(s, line); /* a record of the audit, but not as Shuzhi writes them */
}

static bool read_all(struct state *s)
{
    str line;
    bool has_line;
    for (;;) {
        if (!jsonl_take_line(&s->in, &line, &has_line, s->e))
            return false;
        if (!has_line)
            return true;
        /* The reader is lenient with blank lines and ends; what is hashed is not. */
        if (s->in.start != s->next_offset)
            return altered(s,
                           "after batch %lld: blank lines, or another end of line, were inserted",
                           (long long)s->last_batch);
        s->next_offset = s->in.start + line.n + 1;
        bool is_entry = str_starts(line, STR("{\"at\":")) && s->after >= 0;
        if (!is_entry)
            arena_reset(&s->arena);
        if (!(is_entry ? take_line(s, line) : take_record(s, line)))
            return false;
    }
}

static bool check_tail(struct state *s)
{
    const struct checkpoint *was = s->how->earlier;
    if (s->after < 0)
        return unreadable(s, "it is empty");
    if (!close_batch(s))
        return false;
    if (!s->has_end)
        return altered(s, "after batch %lld: the file is cut off", (long long)s->last_batch);
    if (was && !s->r->has_earlier && was->number > s->r->checkpoint)
        return altered(s,
                       "the tail is cut off: checkpoint %lld (up to batch %lld) is kept elsewhere, "
                       "the export ends with checkpoint %lld",
                       (long long)was->number, (long long)was->upto, (long long)s->r->checkpoint);
    if (was && !s->r->has_earlier)
        return err_set(s->e, ERR_INVALID,
                       "the export begins after checkpoint %lld: export from an earlier day to "
                       "compare with checkpoint %lld",
                       (long long)s->after, (long long)was->number);
    s->r->unsigned_batches = (int64_t)s->window.n;
    return true;
}

bool audit_verify(struct source source, const struct audit_check *how,
                  const struct audit_visitor *visitor, struct audit_report *report, struct err *e)
{
    struct state s = {.how = how,
                      .visitor = visitor,
                      .r = report,
                      .e = e,
                      .after = -1,
                      .leaves = {.max = MAX_LINES * sizeof(struct hash)},
                      .marks = {.max = MAX_LINES * AUDIT_MARK_BYTES},
                      .sealed_marks = {.max = MAX_LINES * AUDIT_MARK_BYTES + 1}};
    *report = (struct audit_report){0};
    jsonl_open(&s.in, source, MAX_RECORD);
    merkle_begin(&s.merkle);
    merkle_begin(&s.window);
    bool ok = trust_begin(&s.trust, how->key, e) && read_all(&s) && check_tail(&s);
    trust_release(&s.trust);
    merkle_release(&s.merkle);
    merkle_release(&s.window);
    buf_release(&s.leaves);
    buf_release(&s.marks);
    buf_release(&s.sealed_marks);
    arena_release(&s.arena);
    arena_release(&s.kept);
    jsonl_close(&s.in);
    return ok;
}
