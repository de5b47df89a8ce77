/* shuzhi client_secret: a secret for a client, and its digest for clients.yaml. */
#include "cmd/command.h"

#include "base/digest.h"

int cmd_client_secret(int argc, char **argv)
{
    ARENA_SCOPED struct arena a = {0};
    (void)argv;
    if (argc > 1) {
        fputs("usage: shuzhi client_secret\n", stderr);
        return err_exit_code(ERR_INVALID);
    }
    str secret = random_token(&a, 32);
    printf("secret, for the system's owner alone: %.*s\nsecret_digest: %.*s\n", STR_ARG(secret),
           STR_ARG(digest_hex(&a, secret)));
    return 0;
}
