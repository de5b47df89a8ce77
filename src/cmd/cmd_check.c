#include "cmd/command.h"
#include "cmd/settings.h"

#include "demo/demo.h"

int cmd_check(int argc, char **argv)
{
    struct bundle source = {0};
    struct complaints c = {0};
    struct err e = {0};
    if (argc < 2) {
        fputs("usage: shuzhi check PACKAGE…\n", stderr);
        return err_exit_code(ERR_INVALID);
    }
    int code = 0;
    if (!settings_read_packages(&source, argv + 1, argc - 1, &e)) {
        code = settings_fail(&e);
    } else {
        ARENA_SCOPED struct arena a = {0};
        struct registry *r = registry_create(&source, &c);
        bool is_fine = r && demo_compile(r, &source, &c, &a);
        code = settings_complain(&c, STR(""));
        if (is_fine)
            printf("%d package(s) in order: %zu datasets, %zu pages, %zu feeds with their "
                   "neighbours\n",
                   argc - 1, r->datasets.n, r->pages.n, r->feeds.n);
        registry_destroy(r);
    }
    complaints_release(&c);
    bundle_release(&source);
    return code;
}
