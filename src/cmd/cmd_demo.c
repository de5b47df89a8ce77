#include "cmd/command.h"
#include "cmd/settings.h"

#include "demo/demo.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <sys/stat.h>

/* "DATASET FILE" on standard output, in the order to load them; the rest is for people. */
static void tell(void *arg, const struct dataset *d, const char *path, uint64_t rows, bool is_messy)
{
    (void)arg;
    if (!is_messy)
        printf("%.*s %s\n", STR_ARG(d->id), path);
    fprintf(stderr, "%s: %llu rows%s\n", path, (unsigned long long)rows,
            is_messy ? ", to be loaded by hand: some are wrong" : "");
}

static bool read_number(const char *text, int64_t least, int64_t most, int64_t *n)
{
    return str_to_int64(str_from(text), n) && *n >= least && *n <= most;
}

static bool add_default_folders(struct bundle *s, struct err *e)
{
    struct stat st;
    bool ok = bundle_add_folders(s, STR("apps"), e) &&
              (stat("county", &st) != 0 || bundle_add_folders(s, STR("county"), e));
    bundle_finish(s);
    return ok;
}

static int usage(void)
{
    fputs("usage: shuzhi demo [--persons N] [--seed S] [--bad PERCENT [--bad-in-place]] "
          "[--out FOLDER] [PACKAGE…]\n",
          stderr);
    return err_exit_code(ERR_INVALID);
}

static int make(struct bundle *source, const struct demo_options *o)
{
    ARENA_SCOPED struct arena a = {0};
    struct complaints c = {0};
    struct err e = {0};
    struct registry *r = registry_create(source, &c);
    struct demo *d = r ? demo_compile(r, source, &c, &a) : NULL;
    int code = settings_complain(&c, STR(""));
    if (d && !demo_write(d, o, tell, NULL, &e))
        code = settings_fail(&e);
    registry_destroy(r);
    complaints_release(&c);
    return code;
}

int cmd_demo(int argc, char **argv)
{
    static const struct option LONG[] = {
        {"persons", required_argument, NULL, 'p'}, {"seed", required_argument, NULL, 's'},
        {"bad", required_argument, NULL, 'b'},     {"bad-in-place", no_argument, NULL, 'i'},
        {"out", required_argument, NULL, 'o'},     {0}};
    struct demo_options o = {.scale = 5000, .seed = 1, .folder = STR("var/demo")};
    struct bundle source = {0};
    struct err e = {0};
    int64_t n;
    for (int c; (c = getopt_long(argc, argv, "", LONG, NULL)) != -1;) {
        if (c == 'p' && read_number(optarg, 1, 100000000, &o.scale))
            continue;
        else if (c == 's' && read_number(optarg, INT64_MIN, INT64_MAX, &n))
            o.seed = (uint64_t)n;
        else if (c == 'b' && read_number(optarg, 0, 100, &n))
            o.bad_percent = (int)n;
        else if (c == 'i')
            o.is_bad_in_place = true;
        else if (c == 'o')
            o.folder = str_from(optarg);
        else
            return usage();
    }
    bool ok = optind < argc ? settings_read_packages(&source, argv + optind, argc - optind, &e)
                            : add_default_folders(&source, &e);
    int code = ok ? make(&source, &o) : settings_fail(&e);
    bundle_release(&source);
    return code;
}
