/* The file of a ring: reading, writing, and what may be changed in it. */
#include "keys/ring.h"
#include "keys/token.h"

#include "base/cipher.h"
#include "base/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FILE = 1 << 15, VERSION = 1 };

static const char *const USES[] = {
#define X(code, name) name,
    KEY_USES(X)
#undef X
};
static const char *const STATES[] = {"waiting", "active", "old"};

const char *key_use_name(enum key_use use)
{
    return USES[use];
}

const char *generation_state_name(enum generation_state s)
{
    return STATES[s];
}

void ring_wipe(struct ring_file *f)
{
    explicit_bzero(f, sizeof *f);
}

static void derive(struct generation *g)
{
    for (size_t i = 0; i < KEY_USE_COUNT; i++)
        hmac_sm3((str){(const char *)g->master, RING_KEY_BYTES}, str_from(USES[i]), g->keys[i]);
}

void generation_proof(const struct generation *g, char out[2 * RING_KEY_BYTES + 1])
{
    ARENA_SCOPED struct arena a = {0};
    uint8_t proof[RING_KEY_BYTES];
    hmac_sm3((str){(const char *)g->master, RING_KEY_BYTES}, STR("proof of this generation"),
             proof);
    snprintf(out, 2 * RING_KEY_BYTES + 1, "%.*s", STR_ARG(bytes_to_hex(&a, proof, RING_KEY_BYTES)));
}

static void set_now(char out[24])
{
    time_t now = time(NULL);
    struct tm t;
    gmtime_r(&now, &t);
    strftime(out, 24, "%Y-%m-%dT%H:%M:%SZ", &t);
}

/* --- reading -----------------------------------------------------------------------------------
 */

struct reading {
    struct ring_file *f;
    struct token *token;
    struct err *e;
    int line;
};

static bool wrong(struct reading *r, const char *why)
{
    err_set(r->e, ERR_INVALID, "the key ring cannot be read: %s", why);
    return err_at(r->e, "line %d", r->line);
}

static bool read_secret(struct reading *r, str digits, uint8_t out[RING_KEY_BYTES])
{
    uint8_t wrapped[RING_KEY_BYTES + TOKEN_EXTRA];
    if (!r->token)
        return bytes_from_hex(digits, out, RING_KEY_BYTES) ||
               wrong(r, "64 hexadecimal digits are expected");
    return bytes_from_hex(digits, wrapped, sizeof wrapped)
               ? token_unwrap(r->token, (str){(char *)wrapped, sizeof wrapped}, out, r->e)
               : wrong(r, "a key wrapped by the token is expected");
}

static bool read_generation(struct reading *r, str rest)
{
    str id, state, since, digits;
    struct ring_file *f = r->f;
    struct generation g = {0};
    if (!str_take_part(&rest, ' ', &id) || !str_take_part(&rest, ' ', &state) ||
        !str_take_part(&rest, ' ', &since) || !str_take_part(&rest, ' ', &digits) || rest.n)
        return wrong(r, "generation NUMBER STATE SINCE KEY is expected");
    if (!str_to_int64(id, &g.id) || g.id < 1 || g.id > INT32_MAX ||
        (f->n && g.id <= f->generations[f->n - 1].id))
        return wrong(r, "the numbers of generations rise from 1");
    if (f->n == RING_MAX_GENERATIONS)
        return wrong(r, "there are more than 64 generations");
    bool is_time = since.n > 0 && since.n < sizeof g.since;
    size_t i = 0;
    while (i < COUNT(STATES) && !str_is(state, STATES[i]))
        i++;
    for (size_t k = 0; k < since.n; k++)
        is_time = is_time && since.p[k] && strchr("0123456789-:TZ", since.p[k]);
    if (i == COUNT(STATES) || !is_time)
        return wrong(r, "a state is waiting, active or old, and a time follows");
    g.state = (enum generation_state)i;
    memcpy(g.since, since.p, since.n);
    if (g.state == GENERATION_ACTIVE && ring_file_active(f))
        return wrong(r, "two generations are active");
    if (!read_secret(r, digits, g.master))
        return false;
    derive(&g);
    f->generations[f->n++] = g;
    explicit_bzero(&g, sizeof g);
    return true;
}

static bool read_database(struct reading *r, str rest)
{
    str name;
    if (!str_take_part(&rest, ' ', &name))
        return wrong(r, "database NAME KEY is expected");
    for (size_t i = 0; i < COUNT(USES); i++) {
        if (str_is(name, USES[i])) {
            r->f->has_database[i] = true;
            return read_secret(r, rest, r->f->database[i]);
        }
    }
    return wrong(r, "no key of this name is known");
}

static bool read_line(struct reading *r, str line)
{
    str word, rest = line;
    if (!line.n || line.p[0] == '#')
        return true;
    if (!str_take_part(&rest, ' ', &word))
        return wrong(r, "a line is not understood");
    if (r->line == 1)
        return str_is(line, "shuzhi-keys 1") || wrong(r, "it begins with \"shuzhi-keys 1\"");
    if (str_is(word, "token") && !r->token && !r->f->n && rest.n && rest.n < sizeof r->f->token) {
        memcpy(r->f->token, rest.p, rest.n);
        r->f->token[rest.n] = '\0';
        return (r->token = token_open(r->f->token, TOKEN_FIND, r->e)) != NULL;
    }
    if (str_is(word, "generation"))
        return read_generation(r, rest);
    return str_is(word, "database") ? read_database(r, rest) : wrong(r, "a line is not understood");
}

bool ring_file_parse(struct ring_file *f, str text, struct err *e)
{
    struct ring_file got = {0};
    struct reading r = {.f = &got, .e = e};
    str line;
    bool ok = true;
    if (!memchr(text.p ? text.p : "", '\n', text.n)) {
        r.line = 1;
        ok = wrong(&r, "it is empty or cut off");
    }
    while (ok && str_take_part(&text, '\n', &line)) {
        r.line++;
        ok = read_line(&r, line);
    }
    if (ok && !ring_file_active(&got))
        ok = wrong(&r, "no generation is active");
    token_close(r.token);
    if (ok)
        *f = got;
    ring_wipe(&got);
    return ok;
}

bool ring_file_load(struct ring_file *f, const char *path, struct err *e)
{
    char text[MAX_FILE];
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(e, errno == ENOENT ? ERR_MISSING : ERR_BROKEN, "key ring %s: %s", path,
                       strerror(errno));
    bool is_ours = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) == 0;
    ssize_t n = is_ours ? read(fd, text, sizeof text) : 0;
    close(fd);
    bool ok = true;
    if (!is_ours)
        return err_set(e, ERR_INVALID,
                       "key ring %s may be read by others, or is no file: chmod 600 it", path);
    if (n < 0 || n == sizeof text)
        ok = err_set(e, ERR_INVALID, "key ring %s cannot be read whole", path);
    ok = ok && ring_file_parse(f, (str){text, (size_t)n}, e);
    explicit_bzero(text, sizeof text);
    return ok || err_at(e, "%s", path);
}

/* --- writing -----------------------------------------------------------------------------------
 */

static bool write_secret(struct token *t, const uint8_t key[RING_KEY_BYTES], struct buf *b,
                         struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    uint8_t wrapped[RING_KEY_BYTES + TOKEN_EXTRA];
    str plain = {(const char *)key, RING_KEY_BYTES};
    if (t && !token_wrap(t, plain, wrapped, e))
        return false;
    str hex = t ? bytes_to_hex(&a, wrapped, sizeof wrapped) : bytes_to_hex(&a, key, RING_KEY_BYTES);
    buf_add(b, hex);
    buf_add_char(b, '\n');
    explicit_bzero((void *)(uintptr_t)hex.p, hex.n);
    return true;
}

static bool write_lines(const struct ring_file *f, struct token *t, struct buf *b, struct err *e)
{
    buf_add_format(b, "shuzhi-keys %d\n", VERSION);
    if (f->token[0])
        buf_add_format(b, "token %s\n", f->token);
    for (size_t i = 0; i < f->n; i++) {
        const struct generation *g = &f->generations[i];
        buf_add_format(b, "generation %lld %s %s ", (long long)g->id, STATES[g->state], g->since);
        if (!write_secret(t, g->master, b, e))
            return false;
    }
    for (size_t i = 0; i < COUNT(USES); i++) {
        if (!f->has_database[i])
            continue;
        buf_add_format(b, "database %s ", USES[i]);
        if (!write_secret(t, f->database[i], b, e))
            return false;
    }
    return true;
}

static bool write_file(const char *path, str text, enum ring_write how, struct err *e)
{
    char beside[4096];
    snprintf(beside, sizeof beside, "%s.XXXXXX", path);
    int fd = mkostemp(beside, O_CLOEXEC); /* mode 0600 */
    bool ok = fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n && fsync(fd) == 0;
    /* A link, unlike a rename, fails when somebody was first. */
    ok = ok && (how == RING_OVER ? rename(beside, path) : link(beside, path)) == 0;
    int why = errno;
    if (fd >= 0) {
        close(fd);
        if (!ok || how == RING_NEW)
            unlink(beside);
    }
    return ok || err_set(e, why == EEXIST ? ERR_CONFLICT : ERR_BROKEN,
                         "key ring %s cannot be written: %s", path, strerror(why));
}

bool ring_file_save(const struct ring_file *f, const char *path, enum ring_write how, struct err *e)
{
    BUF_SCOPED struct buf b = {.max = MAX_FILE};
    struct token *t = f->token[0] ? token_open(f->token, TOKEN_MAKE, e) : NULL;
    bool ok = (t || !f->token[0]) && write_lines(f, t, &b, e) && !b.is_full &&
              write_file(path, buf_str(&b), how, e);
    token_close(t);
    if (b.p)
        explicit_bzero(b.p, b.n);
    return ok;
}

/* --- changing ----------------------------------------------------------------------------------
 */

static struct generation *active(struct ring_file *f)
{
    for (size_t i = 0; i < f->n; i++) {
        if (f->generations[i].state == GENERATION_ACTIVE)
            return &f->generations[i];
    }
    return NULL;
}

const struct generation *ring_file_active(const struct ring_file *f)
{
    return active((struct ring_file *)(uintptr_t)f);
}

bool ring_file_add(struct ring_file *f, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    str bytes;
    if (f->n == RING_MAX_GENERATIONS)
        return err_set(e, ERR_LIMIT, "a ring has at most %d generations: retire old ones",
                       RING_MAX_GENERATIONS);
    if (!base64url_decode(&a, random_token(&a, RING_KEY_BYTES), &bytes))
        return err_set(e, ERR_BROKEN, "no random bytes");
    struct generation g = {.id = f->n ? f->generations[f->n - 1].id + 1 : 1,
                           .state = f->n ? GENERATION_WAITING : GENERATION_ACTIVE};
    memcpy(g.master, bytes.p, RING_KEY_BYTES);
    set_now(g.since);
    derive(&g);
    f->generations[f->n++] = g;
    explicit_bzero(&g, sizeof g);
    return true;
}

bool ring_file_activate(struct ring_file *f, struct err *e)
{
    struct generation *last = f->n ? &f->generations[f->n - 1] : NULL, *now = active(f);
    if (!last || !now || last->state != GENERATION_WAITING)
        return err_set(e, ERR_CONFLICT, "no generation waits: make one with shuzhi key new");
    now->state = GENERATION_OLD;
    set_now(now->since);
    last->state = GENERATION_ACTIVE;
    set_now(last->since);
    return true;
}

bool ring_file_drop(struct ring_file *f, int64_t id, struct err *e)
{
    bool has_any = false;
    for (size_t i = 0; id == 0 && i < COUNT(USES); i++) {
        has_any |= f->has_database[i];
        f->has_database[i] = false;
        explicit_bzero(f->database[i], RING_KEY_BYTES);
    }
    if (has_any)
        return true;
    for (size_t i = 0; i < f->n; i++) {
        if (f->generations[i].id != id)
            continue;
        if (f->generations[i].state == GENERATION_ACTIVE)
            return err_set(e, ERR_CONFLICT, "generation %lld is active: rotate first",
                           (long long)id);
        memmove(&f->generations[i], &f->generations[i + 1],
                (f->n - i - 1) * sizeof *f->generations);
        f->n--;
        explicit_bzero(&f->generations[f->n], sizeof *f->generations);
        return true;
    }
    return err_set(e, ERR_MISSING, "the ring has no generation %lld", (long long)id);
}
