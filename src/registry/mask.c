#include "registry/mask.h"

static const struct {
    const char *name, *sql, *cast;
} TABLE[] = {
#define X(name, sql, left, cast) {name, sql, cast},
    MASKS(X)
#undef X
};

const char *mask_sql(str name)
{
    for (size_t i = 0; i < COUNT(TABLE); i++) {
        if (str_is(name, TABLE[i].name))
            return TABLE[i].sql;
    }
    return NULL;
}

const char *mask_cast(str name)
{
    for (size_t i = 0; i < COUNT(TABLE); i++) {
        if (str_is(name, TABLE[i].name))
            return TABLE[i].cast;
    }
    return "text";
}
