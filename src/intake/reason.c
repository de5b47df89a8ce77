#include "intake/reason.h"

static const struct {
    const char *name;
    enum dimension dimension;
    const char *zh, *en;
} TABLE[] = {{"NONE", DIMENSION_CONFORMITY, "", ""},
#define X(name, dimension, zh, en) {#name, DIMENSION_##dimension, zh, en},
             REASONS(X)
#undef X
};

static const char *const DIMENSION_NAMES[] = {
#define X(name, text) #text,
    DIMENSIONS(X)
#undef X
};

const char *reason_name(enum reason r)
{
    return TABLE[r].name;
}

const char *reason_zh(enum reason r)
{
    return TABLE[r].zh;
}

const char *reason_en(enum reason r)
{
    return TABLE[r].en;
}

enum dimension reason_dimension(enum reason r)
{
    return TABLE[r].dimension;
}

const char *dimension_name(enum dimension d)
{
    return DIMENSION_NAMES[d];
}

enum dimension dimension_find(str name)
{
    int d = 0;
    while (d < DIMENSION_COUNT && !str_is(name, DIMENSION_NAMES[d]))
        d++;
    return (enum dimension)d;
}

enum reason reason_find(str name)
{
    for (size_t i = 1; i < COUNT(TABLE); i++) {
        if (str_is(name, TABLE[i].name))
            return (enum reason)i;
    }
    return REASON_NONE;
}
