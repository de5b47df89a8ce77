#include "feel/sql.h"

#include "base/buf.h"
#include "feel/builtin.h"
#include "feel/machine.h"
#include "feel/node.h"
#include "feel/temporal.h"

enum { MAX_SQL = 64 << 10, MAX_NAMES = 600, YEAR_1 = -719162, YEAR_10000 = 2932897 };

struct writer {
    struct arena *arena;
    const struct sql_scope *scope;
    struct scope names;
    str text;
    struct buf sql;
    struct err *err;
    bool uses_me;
};

/* What a subtree gives.  Constants are worked out by the machine, so they are what it would see. */
struct written {
    enum value_kind kind;
    bool is_constant;
};

/* FEEL name, argument kinds S(tring) N(umber), result, SQL with one %s for each argument. */
#define SQL_FUNCTIONS(X)                                                                           \
    X(starts_with, "SS", BOOLEAN, "starts_with(", ", ", ")")                                       \
    X(ends_with, "SS", BOOLEAN, "(right(", ", ", ")")                                              \
    X(contains, "SS", BOOLEAN, "(strpos(", ", ", ") > 0)")                                         \
    X(string_length, "S", NUMBER, "length(", "", ")::numeric")

static bool fail(struct writer *w, const struct node *n, const char *what)
{
    uint32_t line, column;
    node_place(w->text, n->at, &line, &column);
    return err_set(w->err, ERR_INVALID, "%s, line %u, column %u", what, line, column);
}

static bool write(struct writer *w, const struct node *n, struct written *out);

static void add_text(struct buf *b, str s)
{
    buf_add_char(b, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\'')
            buf_add_char(b, '\'');
        buf_add_char(b, s.p[i]);
    }
    buf_add_lit(b, "'::text");
}

static bool write_value(struct writer *w, const struct node *n, struct value v)
{
    switch ((enum value_kind)v.kind) {
    case VALUE_NULL:
        buf_add_lit(&w->sql, "null");
        return true;
    case VALUE_BOOLEAN:
        buf_add(&w->sql, v.i ? STR("true") : STR("false"));
        return true;
    case VALUE_NUMBER:
        buf_add_char(&w->sql, '\'');
        value_write(&w->sql, v);
        buf_add_lit(&w->sql, "'::numeric");
        return true;
    case VALUE_STRING:
        if (memchr(value_text(v).p, 0, v.n))
            return fail(w, n, "a text here cannot hold U+0000");
        add_text(&w->sql, value_text(v));
        return true;
    case VALUE_DATE:
        if (v.i < YEAR_1 || v.i >= YEAR_10000)
            return fail(w, n, "a date here lies between the years 1 and 9999");
        buf_add_char(&w->sql, '\'');
        value_write(&w->sql, v);
        buf_add_lit(&w->sql, "'::date");
        return true;
    default:
        return fail(w, n, "a row condition compares text, numbers, booleans and dates only");
    }
}

/* Nothing under it depends on the row or the asker. */
static bool is_fixed(const struct writer *w, const struct node *n)
{
    if (n->kind == NODE_NAME) {
        for (size_t i = 0; i < w->names.n; i++) {
            if (str_equal(w->names.names[i], n->name))
                return false;
        }
        return builtin_find(n->name) && !str_is(n->name, "today") && !str_is(n->name, "now");
    }
    for (size_t i = 0; i < n->n; i++) {
        if (!is_fixed(w, n->kids[i]))
            return false;
    }
    return n->kind != NODE_TEST && n->kind != NODE_TABLE;
}

/* The value of a fixed subtree.  One whose machine warns is a mistake of whoever wrote it. */
static bool fixed_value(struct writer *w, const struct node *n, struct value *v)
{
    struct machine m;
    struct scope none = {0};
    struct node *copy = arena_new(w->arena, struct node);
    *copy = *n;
    struct program *p = program_compile_node(w->arena, copy, w->text, &none, w->err);
    if (!p)
        return false;
    machine_init(&m, w->arena, w->err, (struct limits){100000, 1 << 20, 50});
    if (!machine_run(&m, p, NULL, v))
        return false;
    return m.warning_count == 0 || fail(w, n, m.warnings[0].text);
}

static const struct sql_column *find(const struct sql_column *list, size_t n, str name)
{
    for (size_t i = 0; i < n; i++) {
        if (str_equal(list[i].name, name))
            return &list[i];
    }
    return NULL;
}

static bool write_column(struct writer *w, const struct node *n, const struct sql_column *c,
                         struct written *out)
{
    if (!c)
        return fail(w, n, arena_format(w->arena, "\"%.*s\" is no field here", STR_ARG(n->name)).p);
    if (c->kind == VALUE_NULL)
        return fail(w, n,
                    arena_format(w->arena,
                                 "\"%.*s\" is of a type that a row condition cannot use yet",
                                 STR_ARG(n->name))
                        .p);
    buf_add(&w->sql, c->sql);
    *out = (struct written){c->kind, false};
    return true;
}

static bool write_path(struct writer *w, const struct node *n, struct written *out)
{
    if (n->kids[0]->kind != NODE_NAME || !str_is(n->kids[0]->name, "me"))
        return fail(w, n, "only me has members here");
    w->uses_me = true;
    return write_column(w, n, find(w->scope->me, w->scope->me_count, n->name), out);
}

/* Writes a subtree apart, for it may be needed twice. */
static bool write_apart(struct writer *w, const struct node *n, struct written *out, str *sql)
{
    struct buf outer = w->sql;
    w->sql = (struct buf){.max = MAX_SQL};
    bool ok = write(w, n, out);
    if (ok && w->sql.is_full)
        ok = fail(w, n, "the condition is too long");
    *sql = arena_copy(w->arena, buf_str(&w->sql));
    buf_release(&w->sql);
    w->sql = outer;
    return ok;
}

/* FEEL's = of two things that may be null: null equals null and nothing else; never null itself. */
static void add_equal(struct buf *b, str x, struct written ox, str y, struct written oy)
{
    if (ox.kind == VALUE_NULL || oy.kind == VALUE_NULL)
        buf_add_format(b, "((%.*s) is null)", STR_ARG(ox.kind == VALUE_NULL ? y : x));
    else if (ox.is_constant || oy.is_constant)
        buf_add_format(b, "(%.*s = %.*s and %.*s is not null)", STR_ARG(x), STR_ARG(y),
                       STR_ARG(ox.is_constant ? y : x));
    else
        buf_add_format(b,
                       "((%.*s = %.*s and %.*s is not null and %.*s is not null)"
                       " or (%.*s is null and %.*s is null))",
                       STR_ARG(x), STR_ARG(y), STR_ARG(x), STR_ARG(y), STR_ARG(x), STR_ARG(y));
}

static bool write_order(struct writer *w, const struct node *n, int op, str x, struct written ox,
                        str y, struct written oy)
{
    static const char *const signs[] = {
        [NODE_LT] = "<", [NODE_LE] = "<=", [NODE_GT] = ">", [NODE_GE] = ">="};
    if (ox.kind != oy.kind && ox.kind != VALUE_NULL && oy.kind != VALUE_NULL)
        return fail(w, n,
                    arena_format(w->arena, "a %s is compared with a %s", value_kind_name(ox.kind),
                                 value_kind_name(oy.kind))
                        .p);
    if (op == NODE_EQ || op == NODE_NE) {
        if (op == NODE_NE)
            buf_add_lit(&w->sql, "(not ");
        add_equal(&w->sql, x, ox, y, oy);
        if (op == NODE_NE)
            buf_add_char(&w->sql, ')');
        return true;
    }
    if (ox.kind == VALUE_NULL || oy.kind == VALUE_NULL || ox.kind == VALUE_BOOLEAN)
        return fail(w, n, "this has no order");
    buf_add_format(&w->sql, "(%.*s %s %.*s%s)", STR_ARG(x), signs[op], STR_ARG(y),
                   ox.kind == VALUE_STRING ? " collate \"C\"" : "");
    return true;
}

static bool write_binary(struct writer *w, const struct node *n, struct written *out)
{
    struct written ox, oy;
    str x, y;
    if (!write_apart(w, n->kids[0], &ox, &x) || !write_apart(w, n->kids[1], &oy, &y))
        return false;
    *out = (struct written){VALUE_BOOLEAN, false};
    if (n->op >= NODE_EQ)
        return write_order(w, n, n->op, x, ox, y, oy);
    if (n->op == NODE_ADD && ox.kind == VALUE_STRING && oy.kind == VALUE_STRING) {
        buf_add_format(&w->sql, "(%.*s || %.*s)", STR_ARG(x), STR_ARG(y));
        out->kind = VALUE_STRING;
        return true;
    }
    if (n->op > NODE_SUB)
        return fail(w, n,
                    "a row condition cannot multiply or divide: the database rounds otherwise");
    if (ox.kind != VALUE_NUMBER || oy.kind != VALUE_NUMBER)
        return fail(w, n, "+ and - take numbers here, + also two texts");
    buf_add_format(&w->sql, "(%.*s %c %.*s)", STR_ARG(x), n->op == NODE_ADD ? '+' : '-',
                   STR_ARG(y));
    out->kind = VALUE_NUMBER;
    return true;
}

static bool write_boolean(struct writer *w, const struct node *n)
{
    struct written o;
    if (!write(w, n, &o))
        return false;
    return o.kind == VALUE_BOOLEAN || fail(w, n, "true or false is expected here");
}

static bool write_logic(struct writer *w, const struct node *n, struct written *out)
{
    buf_add_char(&w->sql, '(');
    if (!write_boolean(w, n->kids[0]))
        return false;
    buf_add(&w->sql, n->kind == NODE_AND ? STR(" and ") : STR(" or "));
    if (!write_boolean(w, n->kids[1]))
        return false;
    buf_add_char(&w->sql, ')');
    *out = (struct written){VALUE_BOOLEAN, false};
    return true;
}

static bool write_if(struct writer *w, const struct node *n, struct written *out)
{
    struct written other;
    buf_add_lit(&w->sql, "(case when ");
    if (!write_boolean(w, n->kids[0]))
        return false;
    buf_add_lit(&w->sql, " then ");
    if (!write(w, n->kids[1], out))
        return false;
    buf_add_lit(&w->sql, " else ");
    if (!write(w, n->kids[2], &other))
        return false;
    buf_add_lit(&w->sql, " end)");
    out->is_constant = false;
    if (out->kind == VALUE_NULL)
        out->kind = other.kind;
    return out->kind == other.kind || other.kind == VALUE_NULL ||
           fail(w, n, "then and else give different types");
}

/* x in one test: an equal value, an item of a list, a range, a comparison. */
static bool write_test(struct writer *w, const struct node *test, str x, struct written ox)
{
    struct written oy;
    str y;
    if (test->kind == NODE_TEST)
        return write_apart(w, test->kids[0], &oy, &y) &&
               write_order(w, test, test->op, x, ox, y, oy);
    if (test->kind == NODE_RANGE) {
        struct value ignored; /* an empty or mixed range is the writer's mistake */
        if (!is_fixed(w, test->kids[0]) || !is_fixed(w, test->kids[1]))
            return fail(w, test, "the ends of a range are constants here");
        if (!fixed_value(w, test, &ignored))
            return false;
        buf_add_char(&w->sql, '(');
        if (!write_apart(w, test->kids[0], &oy, &y) ||
            !write_order(w, test, test->op & RANGE_HAS_LOW ? NODE_GE : NODE_GT, x, ox, y, oy))
            return false;
        buf_add_lit(&w->sql, " and ");
        if (!write_apart(w, test->kids[1], &oy, &y) ||
            !write_order(w, test, test->op & RANGE_HAS_HIGH ? NODE_LE : NODE_LT, x, ox, y, oy))
            return false;
        buf_add_char(&w->sql, ')');
        return true;
    }
    if (test->kind != NODE_LIST)
        return write_apart(w, test, &oy, &y) && write_order(w, test, NODE_EQ, x, ox, y, oy);
    buf_add_lit(&w->sql, "(false");
    for (size_t i = 0; i < test->n; i++) {
        buf_add_lit(&w->sql, " or ");
        if (!write_apart(w, test->kids[i], &oy, &y) ||
            !write_order(w, test->kids[i], NODE_EQ, x, ox, y, oy))
            return false;
    }
    buf_add_char(&w->sql, ')');
    return true;
}

static bool write_in(struct writer *w, const struct node *n, struct written *out)
{
    struct written ox;
    str x;
    if (!write_apart(w, n->kids[0], &ox, &x))
        return false;
    buf_add_char(&w->sql, '(');
    for (size_t i = 1; i < n->n; i++) {
        if (i > 1)
            buf_add_lit(&w->sql, " or ");
        if (!write_test(w, n->kids[i], x, ox))
            return false;
    }
    buf_add_char(&w->sql, ')');
    *out = (struct written){VALUE_BOOLEAN, false};
    return true;
}

static bool write_between(struct writer *w, const struct node *n, struct written *out)
{
    struct written ox, oy;
    str x, y;
    buf_add_char(&w->sql, '(');
    if (!write_apart(w, n->kids[0], &ox, &x) || !write_apart(w, n->kids[1], &oy, &y) ||
        !write_order(w, n, NODE_GE, x, ox, y, oy))
        return false;
    buf_add_lit(&w->sql, " and ");
    if (!write_apart(w, n->kids[2], &oy, &y) || !write_order(w, n, NODE_LE, x, ox, y, oy))
        return false;
    buf_add_char(&w->sql, ')');
    *out = (struct written){VALUE_BOOLEAN, false};
    return true;
}

/* --- functions ----------------------------------------------------------------------------------
 */

static const struct {
    enum builtin_id id;
    const char *kinds;
    enum value_kind result;
    const char *before, *between, *after;
} FUNCTIONS[] = {
#define X(id, kinds, result, before, between, after)                                               \
    {BUILTIN_##id, kinds, VALUE_##result, before, between, after},
    SQL_FUNCTIONS(X)
#undef X
};

static bool write_not(struct writer *w, const struct node *n, struct written *out)
{
    buf_add_lit(&w->sql, "(not ");
    if (!write_boolean(w, n->kids[1]))
        return false;
    buf_add_char(&w->sql, ')');
    *out = (struct written){VALUE_BOOLEAN, false};
    return true;
}

static bool write_today(struct writer *w, const struct node *n, struct written *out)
{
    if (!w->scope->today.n)
        return fail(w, n, "today() cannot be used here");
    w->uses_me = true;
    buf_add(&w->sql, w->scope->today);
    *out = (struct written){VALUE_DATE, false};
    return true;
}

static bool write_list_contains(struct writer *w, const struct node *n, struct written *out)
{
    struct written ox;
    str x;
    if (n->kids[1]->kind != NODE_LIST)
        return fail(w, n, "list contains takes a list written out here");
    *out = (struct written){VALUE_BOOLEAN, false};
    return write_apart(w, n->kids[2], &ox, &x) && write_test(w, n->kids[1], x, ox);
}

static bool write_function(struct writer *w, size_t which, const struct node *n,
                           struct written *out)
{
    str arguments[2] = {{0}};
    size_t count = strlen(FUNCTIONS[which].kinds);
    if (n->n - 1 != count)
        return fail(w, n, "the function takes another number of arguments");
    for (size_t i = 0; i < count; i++) {
        struct written o;
        if (!write_apart(w, n->kids[i + 1], &o, &arguments[i]))
            return false;
        if (o.kind != VALUE_STRING)
            return fail(w, n->kids[i + 1], "the function takes text here");
    }
    buf_add(&w->sql, str_from(FUNCTIONS[which].before));
    buf_add(&w->sql, arguments[0]);
    if (FUNCTIONS[which].id == BUILTIN_ends_with) /* the tail as long as the match */
        buf_add_format(&w->sql, ", length(%.*s)) = %.*s", STR_ARG(arguments[1]),
                       STR_ARG(arguments[1]));
    else if (count == 2)
        buf_add_format(&w->sql, "%s%.*s", FUNCTIONS[which].between, STR_ARG(arguments[1]));
    buf_add(&w->sql, str_from(FUNCTIONS[which].after));
    *out = (struct written){FUNCTIONS[which].result, false};
    return true;
}

static bool write_call(struct writer *w, const struct node *n, struct written *out)
{
    const struct builtin *b = n->kids[0]->kind == NODE_NAME ? builtin_find(n->kids[0]->name) : NULL;
    if (b && !n->has_names) {
        enum builtin_id id = (enum builtin_id)(b - BUILTIN_LIST);
        if (id == BUILTIN_not && n->n == 2)
            return write_not(w, n, out);
        if (id == BUILTIN_today && n->n == 1)
            return write_today(w, n, out);
        if (id == BUILTIN_list_contains && n->n == 3)
            return write_list_contains(w, n, out);
        for (size_t i = 0; i < COUNT(FUNCTIONS); i++) {
            if (FUNCTIONS[i].id == id)
                return write_function(w, i, n, out);
        }
    }
    return fail(w, n,
                "a row condition may call not, starts with, ends with, contains, string length, "
                "list contains and today only");
}

static bool write_negate(struct writer *w, const struct node *n, struct written *out)
{
    buf_add_lit(&w->sql, "(- ");
    if (!write(w, n->kids[0], out))
        return false;
    buf_add_char(&w->sql, ')');
    return out->kind == VALUE_NUMBER || fail(w, n, "- takes a number");
}

static bool write(struct writer *w, const struct node *n, struct written *out)
{
    if (n->kind != NODE_RANGE && n->kind != NODE_LIST && is_fixed(w, n)) {
        struct value v;
        if (!fixed_value(w, n, &v) || !write_value(w, n, v))
            return false;
        *out = (struct written){(enum value_kind)v.kind, true};
        return true;
    }
    switch (n->kind) {
    case NODE_NAME:
        return write_column(w, n, find(w->scope->fields, w->scope->field_count, n->name), out);
    case NODE_PATH:
        return write_path(w, n, out);
    case NODE_NEGATE:
        return write_negate(w, n, out);
    case NODE_BINARY:
        return write_binary(w, n, out);
    case NODE_AND:
    case NODE_OR:
        return write_logic(w, n, out);
    case NODE_IF:
        return write_if(w, n, out);
    case NODE_BETWEEN:
        return write_between(w, n, out);
    case NODE_IN:
        return write_in(w, n, out);
    case NODE_CALL:
        return write_call(w, n, out);
    default:
        return fail(w, n,
                    "a row condition is made of comparisons, in, between, if, and, or, not and a "
                    "few functions");
    }
}

bool sql_condition(struct arena *a, str text, const struct sql_scope *scope, str *sql,
                   bool *uses_me, struct err *e)
{
    str *names = arena_array(a, str, scope->field_count + 1);
    struct writer w = {.arena = a, .scope = scope, .text = text, .err = e};
    for (size_t i = 0; i < scope->field_count; i++)
        names[i] = scope->fields[i].name;
    names[scope->field_count] = STR("me");
    w.names = (struct scope){.names = names, .n = scope->field_count + 1};
    struct node *tree = node_parse(a, text, &w.names, e);
    if (!tree)
        return false;
    w.sql.max = MAX_SQL;
    buf_add_char(&w.sql, '(');
    bool ok = write_boolean(&w, tree);
    buf_add_char(&w.sql, ')');
    if (ok && w.sql.is_full)
        ok = fail(&w, tree, "the condition is too long");
    if (ok) {
        *sql = arena_copy(a, buf_str(&w.sql));
        *uses_me = w.uses_me;
    }
    buf_release(&w.sql);
    return ok;
}

void sql_describe(struct buf *out)
{
    buf_add_lit(out, "| function | becomes |\n|---|---|\n");
    for (size_t i = 0; i < COUNT(FUNCTIONS); i++)
        buf_add_format(out, "| %s | `%s…%s` |\n", BUILTIN_LIST[FUNCTIONS[i].id].name,
                       FUNCTIONS[i].before, FUNCTIONS[i].after);
}
