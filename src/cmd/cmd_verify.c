/* shuzhi verify: the audit is checked offline, against nothing but the file and a key. */
#include "audit/proof.h"
#include "base/date.h"
#include "cmd/command.h"
#include "cmd/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAX_SMALL = 4 << 20 };

struct asked {
    const char *key_path, *earlier_path, *prove;
    bool is_proof;
};

static bool read_small(const char *path, struct arena *a, str *text, struct err *e)
{
    struct source_file f;
    str got;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(e, ERR_MISSING, "%s: %s", path, strerror(errno));
    bool ok = source_read_all(source_of_file(&f, fd), MAX_SMALL, &got, e);
    close(fd);
    if (!ok)
        return err_at(e, "%s", path);
    *text = arena_copy(a, got);
    free((void *)(uintptr_t)got.p);
    return true;
}

static void print_time(int64_t us)
{
    ARENA_SCOPED struct arena a = {0};
    int64_t s = us / 1000000 + 8 * 3600;
    str day = date_format(&a, (int32_t)(s / 86400));
    printf("%.*s %02d:%02d:%02d +08", STR_ARG(day), (int)(s % 86400 / 3600), (int)(s / 60 % 60),
           (int)(s % 60));
}

static void print_trust(const char *key, bool is_given)
{
    printf("signed by %s: %s\n", key,
           is_given ? "the key given"
                    : "a key that stands in the file itself; give --key to trust one of your own");
}

static void print_report(const struct audit_report *r, const struct asked *asked)
{
    printf("ok: %lld records in %lld batches (%lld to %lld), %lld checkpoints, the last %lld\n",
           (long long)r->lines, (long long)r->batches, (long long)r->first, (long long)r->upto,
           (long long)r->checkpoints, (long long)r->checkpoint);
    if (r->checkpoint)
        print_trust(r->key, asked->key_path != NULL);
    if (asked->earlier_path)
        puts("the checkpoint kept elsewhere stands in it unchanged");
    printf("tail: %lld batches sealed and not signed yet, %lld not sealed yet\n",
           (long long)r->unsigned_batches, (long long)r->unsealed_batches);
    if (r->back_us)
        printf("clock: set back by %lld.%03lld s at batch %lld\n",
               (long long)(r->back_us / 1000000), (long long)(r->back_us / 1000 % 1000),
               (long long)r->back_batch);
}

static bool check_proof(const char *path, const struct key *key, struct arena *a, struct err *e)
{
    str text;
    struct proof_report r;
    if (!read_small(path, a, &text, e) || !audit_check_proof(text, key, a, &r, e))
        return false;
    printf("ok: record %.*s stands in the audit, appended ", STR_ARG(r.record));
    print_time(r.at_us);
    printf(", signed by checkpoint %lld at ", (long long)r.checkpoint);
    print_time(r.checkpoint_at_us);
    putchar('\n');
    print_trust(arena_cstr(a, r.key), key != NULL);
    printf("%.*s\n", STR_ARG(r.line));
    return true;
}

static bool check_export(const char *path, const struct asked *asked, struct audit_check *how,
                         struct err *e)
{
    struct source_file f;
    struct audit_report report;
    BUF_SCOPED struct buf proof = {.max = MAX_SMALL};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(e, ERR_MISSING, "%s: %s", path, strerror(errno));
    struct source source = source_of_file(&f, fd);
    bool ok = asked->prove ? audit_prove(source, how, str_from(asked->prove), &proof, e)
                           : audit_verify(source, how, NULL, &report, e);
    close(fd);
    if (ok && asked->prove)
        fwrite(proof.p, 1, proof.n, stdout);
    else if (ok)
        print_report(&report, asked);
    return ok;
}

static bool run(const char *path, const struct asked *asked, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct checkpoint earlier;
    struct audit_check how = {0};
    struct json v;
    str text;
    struct key *key = asked->key_path ? key_load(asked->key_path, e) : NULL;
    bool ok = !asked->key_path || key;
    if (ok && key && key_kind(key) != KEY_SM2)
        ok = err_set(e, ERR_INVALID, "%s is no SM2 key", asked->key_path);
    if (ok && asked->earlier_path) {
        ok = read_small(asked->earlier_path, &a, &text, e) && json_parse(&v, text, &a, e) &&
             checkpoint_parse(&earlier, &v, &a, e);
        if (!ok)
            err_at(e, "%s", asked->earlier_path);
        how.earlier = &earlier;
    }
    how.key = key;
    ok = ok &&
         (asked->is_proof ? check_proof(path, key, &a, e) : check_export(path, asked, &how, e));
    key_destroy(key);
    return ok;
}

int cmd_verify(int argc, char **argv)
{
    static const struct option LONG[] = {{"key", required_argument, NULL, 'k'},
                                         {"checkpoint", required_argument, NULL, 'c'},
                                         {"prove", required_argument, NULL, 'r'},
                                         {"proof", no_argument, NULL, 'p'},
                                         {0}};
    struct asked asked = {0};
    struct err e = {0};
    bool is_wrong = false;
    for (int c; (c = getopt_long(argc, argv, "", LONG, NULL)) != -1;) {
        if (c == 'k')
            asked.key_path = optarg;
        else if (c == 'c')
            asked.earlier_path = optarg;
        else if (c == 'r')
            asked.prove = optarg;
        else if (c == 'p')
            asked.is_proof = true;
        else
            is_wrong = true;
    }
    if (is_wrong || optind + 1 != argc || (asked.is_proof && (asked.prove || asked.earlier_path))) {
        fputs("usage: shuzhi verify [--key PUBLIC.pem] [--checkpoint EARLIER.json] "
              "[--prove BATCH-LINE] FILE\n"
              "       shuzhi verify [--key PUBLIC.pem] --proof PROOF.json\n",
              stderr);
        return err_exit_code(ERR_INVALID);
    }
    return run(argv[optind], &asked, &e) ? 0 : settings_fail(&e);
}
