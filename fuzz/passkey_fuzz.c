/* Any bytes as what a device said: the first half client data, the rest authenticator data. */
#include "fuzz.h"
#include "identity/passkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    ARENA_SCOPED struct arena a = {0};
    size_t cut = n ? data[0] * 2u % n : 0;
    str client = {(const char *)data, cut}, auth = {(const char *)data + cut, n - cut};
    for (int kind = PASSKEY_CREATE; kind <= PASSKEY_GET; kind++) {
        struct err e = {0};
        struct passkey_said said = {0};
        /* As if the browser had said so; then whatever the device said. */
        str good = kind == PASSKEY_CREATE
                       ? STR("{\"type\":\"webauthn.create\",\"origin\":\"http://localhost:1\"}")
                       : STR("{\"type\":\"webauthn.get\",\"origin\":\"http://localhost:1\"}");
        if (!passkey_read(&said, &a, (enum passkey_kind)kind, n % 2 ? good : client, auth,
                          STR("http://localhost:1"), &e))
            MUST(e.code == ERR_INVALID && e.msg[0] && !said.credential.p);
        else
            MUST(said.credential.n < auth.n && said.count >= 0);
        MUST(passkey_signed_part(&a, client, auth).n == auth.n + 32);
    }
    return 0;
}
