#include "cmd/command.h"

#include "base/err.h"

static const struct command {
    const char *name, *arguments, *help;
    int (*run)(int argc, char **argv);
} COMMAND_LIST[] = {
#define X(name, arguments, help) {#name, arguments, help, cmd_##name},
    COMMANDS(X)
#undef X
};

int cmd_help(int argc, char **argv)
{
    const char *only = argc > 1 ? argv[1] : NULL;
    puts("shuzhi: the open-source operating system of a county\n");
    for (size_t i = 0; i < COUNT(COMMAND_LIST); i++) {
        const struct command *c = &COMMAND_LIST[i];
        if (!only || strcmp(only, c->name) == 0)
            printf("  shuzhi %s %s\n      %s\n", c->name, c->arguments, c->help);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return cmd_help(1, argv), err_exit_code(ERR_INVALID);
    for (size_t i = 0; i < COUNT(COMMAND_LIST); i++) {
        if (strcmp(argv[1], COMMAND_LIST[i].name) == 0)
            return COMMAND_LIST[i].run(argc - 1, argv + 1);
    }
    fprintf(stderr, "shuzhi: no command \"%s\"; see shuzhi help\n", argv[1]);
    return err_exit_code(ERR_INVALID);
}
