#include "audit/seal.h"

#include "audit/trust.h"
#include "base/cipher.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

enum {
    MOST_BATCHES = 20000, /* in one transaction */
    MAX_COPY = 256 << 20,
    WAITS = 100,        /* for appends under way, of 20 ms */
    JITTER_US = 2000000 /* by which clocks of processes may differ without being told */
};

struct state {
    struct db *db;
    struct arena *a;
    struct err *e;
    struct merkle merkle;
    struct hash chain;
    int64_t last; /* batch sealed last */
};

struct hash audit_root(struct merkle *m, str entries, int64_t *lines, struct buf *marks)
{
    str rest = entries, line;
    merkle_clear(m);
    while (audit_take_line(&rest, &line)) {
        struct hash leaf = merkle_leaf(m, line);
        merkle_add(m, &leaf);
        buf_add(marks, (str){(const char *)leaf.bytes, AUDIT_MARK_BYTES});
    }
    *lines = (int64_t)m->n;
    return merkle_root(m);
}

/* Identities are given before commit, so a lower one may still come.  Who has taken one holds a
 * lock on the table since before; when all that hold one now are gone, every identity up to
 * *horizon is a row or never will be. */
static bool find_horizon(struct state *s, int64_t *horizon, bool *is_waiting)
{
    struct rows rows;
    str holders;
    if (!DB0(s->db, s->a, &rows, s->e, "select last_value from shuzhi.audit_batch_id_seq"))
        return false;
    *horizon = rows_int(&rows, 0, 0);
    static const char LOCKS[] =
        "select coalesce(array_agg(distinct virtualtransaction), '{}') from pg_locks"
        " where locktype = 'relation' and relation = 'shuzhi.audit_batch'::regclass"
        " and database = (select oid from pg_database where datname = current_database())"
        " and mode = 'RowExclusiveLock' and granted and pid is distinct from pg_backend_pid()"
        " and ($1::text[] is null or virtualtransaction = any($1::text[]))";
    if (!DB(s->db, s->a, &rows, s->e, LOCKS, P_NULL))
        return false;
    holders = rows_text(&rows, 0, 0);
    for (int i = 0; i < WAITS && !str_is(holders, "{}"); i++) {
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        if (!DB(s->db, s->a, &rows, s->e, LOCKS, P(holders)))
            return false;
        holders = rows_text(&rows, 0, 0);
    }
    *is_waiting = !str_is(holders, "{}");
    return true;
}

static bool bytes_of(const struct rows *r, size_t row, int column, struct hash *h)
{
    str hex = rows_text(r, row, column);
    return hex.n == 2 * DIGEST_BYTES && bytes_from_hex(hex, h->bytes, DIGEST_BYTES);
}

static bool load_last(struct state *s)
{
    struct rows rows;
    if (!DB0(s->db, s->a, &rows, s->e,
             "select batch, encode(chain, 'hex') from shuzhi.audit_seal order by batch desc limit "
             "1"))
        return false;
    if (rows.n == 0)
        return true;
    s->last = rows_int(&rows, 0, 0);
    return bytes_of(&rows, 0, 1, &s->chain) ||
           err_set(s->e, ERR_CONFLICT, "the seal of batch %lld is no seal", (long long)s->last);
}

static void add_copy_line(struct state *s, struct buf *copy, const struct batch_seal *seal,
                          str marks)
{
    str root = bytes_to_hex(s->a, seal->root.bytes, DIGEST_BYTES),
        chain = bytes_to_hex(s->a, seal->chain.bytes, DIGEST_BYTES),
        hex = bytes_to_hex(s->a, (const uint8_t *)marks.p, marks.n);
    buf_add_format(copy, "%lld\t%lld\t%lld\t\\\\x%.*s\t\\\\x%.*s\t\\\\x", (long long)seal->batch,
                   (long long)seal->at_us, (long long)seal->lines, STR_ARG(root), STR_ARG(chain));
    buf_add(copy, hex);
    buf_add_char(copy, '\n');
}

/* One page of batches up to the horizon; *n = 0 at the end. */
static bool seal_page(struct state *s, int64_t horizon, struct sealed *done, size_t *n)
{
    ARENA_SCOPED struct arena page = {0};
    BUF_SCOPED struct buf copy = {.max = MAX_COPY}, marks = {.max = MAX_COPY};
    struct arena *outer = s->a;
    struct rows rows;
    /* What is large comes a few at a time: the first of a page is taken whatever its size. */
    if (!DB(s->db, &page, &rows, s->e,
            "select id, (extract(epoch from at) * 1000000)::bigint, entries from (select *,"
            " sum(pg_column_size(entries)) over (order by id) - pg_column_size(entries) as before"
            " from (select * from shuzhi.audit_batch where id > $1 and id <= $2 order by id"
            " limit 256) b) c where before < 1000000 order by id",
            P_INT(&page, s->last), P_INT(&page, horizon)))
        return false;
    s->a = &page;
    for (size_t i = 0; i < rows.n; i++) {
        struct batch_seal seal = {.batch = rows_int(&rows, i, 0), .at_us = rows_int(&rows, i, 1)};
        buf_clear(&marks);
        seal.root = audit_root(&s->merkle, rows_text(&rows, i, 2), &seal.lines, &marks);
        seal.chain = s->chain = chain_next(&s->merkle, &s->chain, &seal);
        s->last = seal.batch;
        add_copy_line(s, &copy, &seal, buf_str(&marks));
        done->batches++;
        done->lines += seal.lines;
    }
    s->a = outer;
    *n = rows.n;
    if (copy.is_full || marks.is_full)
        return err_set(s->e, ERR_LIMIT, "the seals of a page are too long");
    return rows.n == 0 || (db_copy_begin(s->db, "copy shuzhi.audit_seal from stdin", s->e) &&
                           db_copy_data(s->db, buf_str(&copy), s->e) && db_copy_end(s->db, s->e));
}

/* --- checkpoints -------------------------------------------------------------------------------
 */

static bool load_checkpoint(struct state *s, struct checkpoint *last)
{
    struct rows rows;
    BUF_SCOPED struct buf b = {.max = 1 << 16};
    struct json v;
    *last = (struct checkpoint){0};
    if (!DB0(s->db, s->a, &rows, s->e,
             "select body, signature from shuzhi.audit_checkpoint order by number desc limit 1"))
        return false;
    if (rows.n == 0)
        return true;
    checkpoint_export(&b, rows_text(&rows, 0, 0), rows_text(&rows, 0, 1));
    str text = arena_copy(s->a, buf_str(&b));
    return json_parse(&v, text, s->a, s->e) && checkpoint_parse(last, &v, s->a, s->e);
}

/* The checkpoint kept outside must stand in the database, letter by letter. */
static bool check_head(struct state *s, const struct sealer *how)
{
    char text[8192];
    struct json v;
    struct checkpoint head;
    struct rows rows;
    int fd = how->head_path ? open(how->head_path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return !how->head_path || errno == ENOENT ||
               err_set(s->e, ERR_BROKEN, "%s: %s", how->head_path, strerror(errno));
    ssize_t n = read(fd, text, sizeof text);
    close(fd);
    if (n < 0 || !json_parse(&v, (str){text, (size_t)n}, s->a, s->e) ||
        !checkpoint_parse(&head, &v, s->a, s->e)) {
        err_set(s->e, ERR_BROKEN, "the checkpoint kept outside the database cannot be read");
        return err_at(s->e, "%s", how->head_path);
    }
    if (!DB(s->db, s->a, &rows, s->e,
            "select from shuzhi.audit_checkpoint where number = $1 and body = $2",
            P_INT(s->a, head.number), P(head.body)))
        return false;
    return rows.n ||
           err_set(s->e, ERR_CONFLICT,
                   "the database does not have checkpoint %lld that %s keeps: its audit was "
                   "rewritten, or it is an older copy; see \"Audit\" in docs/operating.md",
                   (long long)head.number, how->head_path);
}

static bool save_head(const struct sealer *how, const struct checkpoint *c, struct err *e)
{
    char beside[4096];
    BUF_SCOPED struct buf b = {.max = 1 << 16};
    if (!how->head_path)
        return true;
    checkpoint_export(&b, c->body, c->signature);
    snprintf(beside, sizeof beside, "%s.XXXXXX", how->head_path);
    int fd = mkostemp(beside, O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, b.p, b.n) == (ssize_t)b.n && fsync(fd) == 0 &&
              rename(beside, how->head_path) == 0;
    int why = errno;
    if (fd >= 0)
        close(fd);
    if (fd >= 0 && !ok)
        unlink(beside);
    return ok || err_set(e, ERR_BROKEN, "%s: %s", how->head_path, strerror(why));
}

/* Time in the chain never goes back; by how much a clock did is said. */
static void set_times(struct checkpoint *c, const struct checkpoint *last, const struct rows *rows,
                      int64_t now_us)
{
    int64_t high = last->at_us, back = 0;
    for (size_t i = 0; i < rows->n; i++) {
        int64_t at = rows_int(rows, i, 1);
        back = high - at > back ? high - at : back;
        high = at > high ? at : high;
    }
    back = high - now_us > back ? high - now_us : back;
    c->at_us = now_us > high ? now_us : high;
    c->clock_us = now_us;
    c->back_us = back > JITTER_US ? back : 0;
}

static bool sign(struct state *s, const struct sealer *how, struct checkpoint *c)
{
    str bytes;
    c->key = key_id(s->a, how->key);
    checkpoint_write(c, s->a);
    if (!key_sign(s->a, how->key, c->body, &bytes, s->e))
        return false;
    c->signature = base64url(s->a, bytes);
    return DB(s->db, s->a, NULL, s->e,
              "insert into shuzhi.audit_key (id, pem) values ($1, $2) on conflict do nothing",
              P(c->key), P(key_public_pem(s->a, how->key))) &&
           DB(s->db, s->a, NULL, s->e,
              "insert into shuzhi.audit_checkpoint (number, upto, at, body, signature)"
              " values ($1, $2, to_timestamp($3::numeric / 1000000), $4, $5)",
              P_INT(s->a, c->number), P_INT(s->a, c->upto), P_INT(s->a, c->at_us), P(c->body),
              P(c->signature));
}

/* *c stays without a number when there is nothing to sign. */
static bool add_checkpoint(struct state *s, const struct sealer *how, int64_t now_ms,
                           struct checkpoint *c, bool *is_more)
{
    struct checkpoint last;
    struct rows rows;
    *c = (struct checkpoint){0};
    *is_more = false;
    if (!load_checkpoint(s, &last))
        return false;
    bool is_due = !last.number || now_ms * 1000 - last.clock_us >= how->every_ms * 1000 ||
                  now_ms * 1000 < last.clock_us;
    if (!DB(s->db, s->a, &rows, s->e,
            "select batch, at_us, lines, encode(root, 'hex'), encode(chain, 'hex')"
            " from shuzhi.audit_seal where batch > $1 order by batch limit 65536",
            P_INT(s->a, last.upto)))
        return false;
    *is_more = rows.n == AUDIT_MAX_IN_CHECKPOINT;
    if (rows.n == 0 || (!is_due && !*is_more))
        return true;
    merkle_clear(&s->merkle);
    struct checkpoint got = {.number = last.number + 1, .first = rows_int(&rows, 0, 0)};
    for (size_t i = 0; i < rows.n; i++) {
        char head[AUDIT_HEAD_BYTES];
        struct batch_seal seal = {.batch = rows_int(&rows, i, 0),
                                  .at_us = rows_int(&rows, i, 1),
                                  .lines = rows_int(&rows, i, 2)};
        if (!bytes_of(&rows, i, 3, &seal.root) || !bytes_of(&rows, i, 4, &got.chain))
            return err_set(s->e, ERR_CONFLICT, "the seal of batch %lld is no seal",
                           (long long)seal.batch);
        struct hash leaf = merkle_leaf(&s->merkle, seal_head(&seal, head));
        merkle_add(&s->merkle, &leaf);
        got.upto = seal.batch;
        got.lines += seal.lines;
    }
    got.batches = (int64_t)rows.n;
    got.all_batches = last.all_batches + got.batches;
    got.all_lines = last.all_lines + got.lines;
    got.root = merkle_root(&s->merkle);
    if (last.number)
        got.previous = checkpoint_digest(&s->merkle, last.body);
    set_times(&got, &last, &rows, now_ms * 1000);
    if (!sign(s, how, &got))
        return false;
    *c = got;
    return true;
}

/* --- keys --------------------------------------------------------------------------------------
 */

bool audit_successor(struct db *db, struct arena *a, const struct key *from, str *id, struct err *e)
{
    struct rows rows;
    if (!DB(db, a, &rows, e, "select to_key from shuzhi.audit_succession where from_key = $1",
            P(key_id(a, from))))
        return false;
    *id = rows.n ? rows_text(&rows, 0, 0) : (str){0};
    return true;
}

static bool check_key(struct state *s, const struct sealer *how)
{
    str next;
    return audit_successor(s->db, s->a, how->key, &next, s->e) &&
           (!next.p || err_set(s->e, ERR_CONFLICT,
                               "the key that signs the audit was given over to another: this "
                               "machine's file is an old one"));
}

bool audit_succeed(struct db *db, const struct key *from, const struct key *to, int64_t now_ms,
                   int64_t *after, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct state s = {.db = db, .a = &a, .e = e};
    struct checkpoint last;
    struct succession c;
    struct sealer how = {.key = from};
    bool ok = db_begin(db, e) && DB0(db, &a, NULL, e, "select pg_advisory_xact_lock(83320)") &&
              check_key(&s, &how) && load_checkpoint(&s, &last) &&
              succession_sign(&c, &a, from, to, last.number, now_ms * 1000, e) &&
              DB(db, &a, NULL, e,
                 "insert into shuzhi.audit_succession (from_key, to_key, body, signature, "
                 "acceptance) values ($1, $2, $3, $4, $5)",
                 P(c.from), P(c.to), P(c.body), P(c.signature), P(c.acceptance)) &&
              DB(db, &a, NULL, e,
                 "insert into shuzhi.audit_key (id, pem) values ($1, $2), ($3, $4)"
                 " on conflict do nothing",
                 P(c.from), P(c.from_key), P(c.to), P(c.to_key)) &&
              db_commit(db, e);
    if (!ok)
        db_rollback(db);
    else
        *after = c.after;
    return ok;
}

/* --- all of it ---------------------------------------------------------------------------------
 */

static bool seal_within(struct state *s, const struct sealer *how, int64_t now_ms,
                        struct sealed *done, struct checkpoint *c)
{
    struct rows rows;
    int64_t horizon = 0;
    size_t n = 1;
    bool is_more = true;
    if (!DB0(s->db, s->a, &rows, s->e, "select pg_try_advisory_xact_lock(83320)"))
        return false;
    if (!rows_bool(&rows, 0, 0)) {
        done->is_waiting = true;
        return true;
    }
    if (!check_head(s, how) || !check_key(s, how) || !load_last(s) ||
        !find_horizon(s, &horizon, &done->is_waiting))
        return false;
    if (done->is_waiting)
        horizon = s->last; /* what is sealed may still be signed */
    while (n && done->batches < MOST_BATCHES) {
        if (!seal_page(s, horizon, done, &n))
            return false;
    }
    done->is_waiting = done->is_waiting || n != 0;
    done->upto = s->last;
    *c = (struct checkpoint){0};
    while (is_more) { /* after a long standstill more than one */
        struct checkpoint next;
        if (!add_checkpoint(s, how, now_ms, &next, &is_more))
            return false;
        if (next.number)
            *c = next;
    }
    done->checkpoint = c->number;
    return true;
}

bool audit_seal(struct db *db, const struct sealer *how, int64_t now_ms, struct sealed *done,
                struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct state s = {.db = db, .a = &a, .e = e};
    struct checkpoint c = {0};
    struct sealed got = {0};
    merkle_begin(&s.merkle);
    bool ok = db_begin(db, e) && seal_within(&s, how, now_ms, &got, &c) && db_commit(db, e);
    if (!ok)
        db_rollback(db);
    merkle_release(&s.merkle);
    if (ok)
        *done = got;
    return ok && (!c.number || save_head(how, &c, e));
}
