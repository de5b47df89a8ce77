/* A package's files as somebody wrote them: app.yaml, a dataset, rights, a page, a rule. */
#include "fuzz.h"
#include "registry/bundle.h"
#include "registry/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const paths[] = {"app.yaml",     "county.yaml",        "calendar.yaml",
                                        "rights.csv",   "data/x.schema.json", "pages/x.yaml",
                                        "feeds/x.yaml", "rules/x.dmn",        "test/x.yaml"};
    struct bundle b = {0};
    struct complaints c = {0};
    if (size == 0)
        return 0;
    str text = arena_copy(&b.arena, (str){(const char *)data + 1, size - 1});
    struct bundle_package p = {.id = STR("x"), .folder = STR("x")};
    VEC_ADD(&b.arena, p.files, p.n, p.size) =
        (struct bundle_file){str_from(paths[data[0] % COUNT(paths)]), text};
    VEC_ADD(&b.arena, b.packages, b.n, b.size) = p;
    bundle_finish(&b);
    struct registry *r = registry_create(&b, &c);
    if (!r && c.n == 0)
        abort(); /* refused without a word */
    registry_destroy(r);
    complaints_release(&c);
    bundle_release(&b);
    return 0;
}
