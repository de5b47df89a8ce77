/* shuzhi routes: every address the server answers, for documentation and for the test that holds
 * each against the doors of tests/api/doors.csv. */
#include "cmd/command.h"
#include "cmd/modules.h"

#include <stdio.h>

int cmd_routes(int argc, char **argv)
{
    (void)argc, (void)argv;
    for (size_t i = 0; MODULES[i]; i++) {
        for (const struct route *r = MODULES[i]->routes; r->method; r++)
            printf("%s %s %s\n", r->method, r->path, r->audit ? r->audit : "-");
    }
    return 0;
}
