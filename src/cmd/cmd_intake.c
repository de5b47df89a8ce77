#include "cmd/command.h"
#include "cmd/loading.h"
#include "cmd/settings.h"

#include "registry/snapshot.h"

#include <getopt.h>

int cmd_convert(int argc, char **argv)
{
    return file_convert_main(argc, argv);
}

static bool load_all(struct db *db, const struct loading_options *options, str dataset,
                     char **files, int n, struct err *e)
{
    struct registry *r = snapshot_load(db, e);
    const struct dataset *d = r ? dataset_find(r, dataset) : NULL;
    if (r && !d)
        err_set(e, ERR_MISSING, "there is no dataset \"%.*s\"", STR_ARG(dataset));
    for (int i = 0; d && i < n; i++) {
        if (!loading_file(db, r, d, options, files[i], e))
            break;
    }
    registry_drop(r);
    return !e->code;
}

int cmd_intake(int argc, char **argv)
{
    static const struct option LONG[] = {
        {"source", required_argument, NULL, 's'},  {"sheet", required_argument, NULL, 't'},
        {"uploads", required_argument, NULL, 'u'}, {"kind", required_argument, NULL, 'k'},
        {"quiet", no_argument, NULL, 'q'},         {0}};
    struct err e = {0};
    struct loading_options o = {.url = settings_database_url(),
                                .login = STR("command"),
                                .uploads = STR("var/uploads"),
                                .kind = STR("file")};
    for (int c; (c = getopt_long(argc, argv, "", LONG, NULL)) != -1;) {
        if (c == 's')
            o.source = str_from(optarg);
        else if (c == 't')
            o.sheet = str_from(optarg);
        else if (c == 'u')
            o.uploads = str_from(optarg);
        else if (c == 'k')
            o.kind = str_from(optarg);
        else if (c == 'q')
            o.is_quiet = true;
        else
            optind = argc;
    }
    if (argc - optind < 2) {
        fputs(
            "usage: shuzhi intake [--source ORGANISATION] [--sheet NAME] [--quiet] DATASET FILE…\n",
            stderr);
        return err_exit_code(ERR_INVALID);
    }
    loading_make_folders(&o);
    struct db *db = db_open(o.url, &e);
    bool ok =
        db && load_all(db, &o, str_from(argv[optind]), argv + optind + 1, argc - optind - 1, &e);
    db_close(db);
    return ok ? 0 : settings_fail(&e);
}
