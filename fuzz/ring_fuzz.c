/* Any bytes as a key ring: what is read is whole, is written and read again the same, and what it
 * seals opens with it alone.  Lines that name a token are left out: they would load a library. */
#include "fuzz.h"
#include "keys/ring.h"

#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err e = {0};
    static struct ring_file f, again;
    str text = {(const char *)data, n};
    static char path[64];
    if (!path[0])
        snprintf(path, sizeof path, "/tmp/fuzz-ring-%d", (int)getpid());
    if (str_find(text, STR("token ")) != SIZE_MAX)
        return 0;
    if (!ring_file_parse(&f, text, &e)) {
        MUST(e.code == ERR_INVALID && e.msg[0]);
        return 0;
    }
    MUST(f.n > 0 && ring_file_active(&f));
    MUST(ring_file_save(&f, path, RING_OVER, &e) && ring_file_load(&again, path, &e));
    MUST(again.n == f.n && memcmp(f.generations, again.generations, sizeof f.generations) == 0);
    unlink(path);
    return 0;
}
