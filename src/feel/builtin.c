/* The table of built-in functions and how they are called. */
#include "feel/builtin.h"

#include "feel/lexer.h"
#include "feel/machine.h"

const struct builtin BUILTIN_LIST[BUILTIN_COUNT] = {
#define X(id, name, least, most, params, gives) {name, least, most, params, gives, builtin_##id},
    BUILTINS(X)
#undef X
};

const struct builtin *builtin_find(str name)
{
    for (size_t i = 0; i < BUILTIN_COUNT; i++) {
        if (str_is(name, BUILTIN_LIST[i].name))
            return &BUILTIN_LIST[i];
    }
    return NULL;
}

void builtin_know_names(struct lexer *l)
{
    for (size_t i = 0; i < BUILTIN_COUNT; i++) {
        if (strchr(BUILTIN_LIST[i].name, ' '))
            lexer_know(l, str_from(BUILTIN_LIST[i].name));
    }
}

static int position_in(str params, str name)
{
    str param;
    for (int at = 0; str_take_part(&params, ',', &param); at++) {
        if (str_ends(param, STR("*")))
            param.n--;
        if (param.n && str_equal(param, name))
            return at;
    }
    return -1;
}

static bool is_in_order(const int *order, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (order[i] != (int)i)
            return false;
    }
    return true;
}

/* before(range: r, point: p) and before(point: p, range: r) differ: the order written counts first.
 */
static int order_in(const struct builtin *b, const str *names, size_t n, int *order,
                    bool must_be_in_order)
{
    str left = str_from(b->params), alternative;
    while (str_take_part(&left, '|', &alternative)) {
        int count = 0;
        size_t i = 0;
        for (; i < n && (order[i] = position_in(alternative, names[i])) >= 0; i++) {
            count = order[i] + 1 > count ? order[i] + 1 : count;
            for (size_t j = 0; j < i; j++) {
                if (order[j] == order[i])
                    return -1;
            }
        }
        if (i == n && count >= b->least && (!must_be_in_order || is_in_order(order, n)))
            return count;
    }
    return -1;
}

int builtin_order(const struct builtin **b, const str *names, size_t n, int *order)
{
    const struct builtin *end = BUILTIN_LIST + BUILTIN_COUNT;
    for (const struct builtin *row = *b; row < end && strcmp(row->name, (*b)->name) == 0; row++) {
        int count = order_in(row, names, n, order, true);
        if (count < 0)
            count = order_in(row, names, n, order, false);
        if (count >= 0) {
            *b = row;
            return count;
        }
    }
    return -1;
}

/* Parameters that are no lists take the item of a singleton list (10.3.2.9.4). */
static bool takes_scalars(const struct builtin *b)
{
    static const char *const lists[] = {"list", "context", "m", "entries", "value1"};
    str params = str_from(b->params), first;
    if (b->most < 0 || b->call == builtin_string || !str_take_part(&params, ',', &first))
        return false;
    for (size_t i = 0; i < COUNT(lists); i++) {
        if (str_starts(first, str_from(lists[i])))
            return false;
    }
    return true;
}

static struct value call_with_items(const struct builtin *b, struct machine *m,
                                    const struct value *arguments, size_t n)
{
    enum { MOST = 8 };
    struct value own[MOST];
    for (size_t i = 0; i < n && i < MOST; i++) {
        bool is_one = arguments[i].kind == VALUE_LIST && arguments[i].n == 1;
        own[i] = is_one ? arguments[i].items[0] : arguments[i];
    }
    return b->call(m, n <= MOST ? own : arguments, n);
}

struct value builtin_run(const struct builtin *b, struct machine *m, const struct value *arguments,
                         size_t n)
{
    if (n < (size_t)b->least || (b->most >= 0 && n > (size_t)b->most))
        return machine_warn(m, "%s() takes %s as arguments", b->name,
                            *b->params ? b->params : "nothing");
    if (!machine_pay(m, 2))
        return VALUE_NOTHING;
    for (size_t i = 0; i < n; i++) {
        if (arguments[i].kind == VALUE_LIST && arguments[i].n == 1 && takes_scalars(b))
            return call_with_items(b, m, arguments, n);
    }
    return b->call(m, arguments, n);
}

void builtin_describe(struct buf *out)
{
    buf_add_lit(out, "| function | parameters | what it gives |\n| --- | --- | --- |\n");
    for (size_t i = 0; i < BUILTIN_COUNT; i++) {
        const struct builtin *b = &BUILTIN_LIST[i];
        buf_add_format(out, "| %s | ", b->name);
        str left = str_from(b->params), alternative;
        for (bool first = true; str_take_part(&left, '|', &alternative); first = false)
            buf_add_format(out, "%s%.*s", first ? "" : " or ", STR_ARG(alternative));
        buf_add_format(out, " | %s |\n", b->gives);
    }
}
