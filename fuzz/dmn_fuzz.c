/* Bytes as a DMN model, all of whose decisions are made. */
#include "base/buf.h"
#include "dmn/dmn.h"

static const struct limits SMALL = {200000, 16u << 20, 60};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    struct dmn_package *p = dmn_parse(&a, (str){(const char *)data, n}, &e);
    if (!p)
        return 0;
    struct dmn_input inputs[] = {{.name = STR("x"), .value = value_int(5)},
                                 {.name = STR("Age"), .value = value_string(STR("a"))}};
    struct dmn_case c = {.package = p, .inputs = inputs, .input_count = 2};
    for (size_t i = 0; i < p->root->count; i++) {
        const struct dmn_element *el = p->root->elements[i];
        struct err fault = {0};
        struct machine m;
        struct value v;
        BUF_SCOPED struct buf out = {.max = 1 << 20};
        machine_init(&m, &a, &fault, SMALL);
        bool ok = el->kind == DMN_DECISION || el->kind == DMN_INPUT
                      ? dmn_decide(&c, el, &m, &v)
                      : dmn_invoke(&c, el, (str){0}, &m, &v);
        if (ok)
            value_write(&out, v);
    }
    return 0;
}
