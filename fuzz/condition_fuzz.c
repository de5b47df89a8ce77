/* Any text as a row condition: what is taken as SQL is taken by the machine too and answers there,
 * and its SQL is one closed expression: outside of quoted texts stand no mark, comment or
 * parenthesis that could end it.  That both say the same of every row is tested against a real
 * PostgreSQL: tests/api/row_condition_test.py. */
#include "feel/machine.h"
#include "feel/sql.h"
#include "fuzz.h"

static const struct sql_column FIELDS[] = {
    {{"a", 1}, {"t.\"a\"", 5}, VALUE_NUMBER}, {{"s", 1}, {"t.\"s\"", 5}, VALUE_STRING},
    {{"d", 1}, {"t.\"d\"", 5}, VALUE_DATE},   {{"b", 1}, {"t.\"b\"", 5}, VALUE_BOOLEAN},
    {{"j", 1}, {"t.\"j\"", 5}, VALUE_NULL},
};
static const struct sql_column ME[] = {{{"area", 4}, {"me.area", 7}, VALUE_STRING}};

/* A literal from its first quote; false when it is not closed.  E'' has escapes. */
static bool pass_literal(str s, size_t *at)
{
    bool has_escapes = *at > 0 && (s.p[*at - 1] == 'E' || s.p[*at - 1] == 'e');
    for (size_t i = *at + 1; i < s.n; i++) {
        if (has_escapes && s.p[i] == '\\') {
            i++;
        } else if (s.p[i] == '\'') {
            if (i + 1 < s.n && s.p[i + 1] == '\'') {
                i++;
                continue;
            }
            *at = i;
            return true;
        }
    }
    return false;
}

static void must_be_closed(str s)
{
    long depth = 0;
    MUST(s.n > 1 && s.p[0] == '(' && s.p[s.n - 1] == ')');
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '\'') {
            MUST(pass_literal(s, &i));
            continue;
        }
        MUST((unsigned char)c >= ' ' && (unsigned char)c < 0x7f && !strchr(";$\\`{}@#", c));
        MUST(!(c == '-' && i + 1 < s.n && s.p[i + 1] == '-'));
        MUST(!(c == '/' && i + 1 < s.n && s.p[i + 1] == '*'));
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        MUST(depth > 0 || i + 1 == s.n);
    }
    MUST(depth == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    str text = {(const char *)data, n}, sql;
    bool uses_me;
    const struct sql_scope scope = {FIELDS, ME, COUNT(FIELDS), COUNT(ME), {"current_date", 12}};
    str names[] = {{"a", 1}, {"s", 1}, {"d", 1}, {"b", 1}, {"j", 1}, {"me", 2}};
    struct scope machine_scope = {.names = names, .n = COUNT(names)};
    if (n > 4096)
        return 0;
    if (!sql_condition(&a, text, &scope, &sql, &uses_me, &e)) {
        MUST(e.code && e.msg[0]);
        return 0;
    }
    must_be_closed(sql);
    MUST(program_compile(&a, text, &machine_scope, &e) != NULL);
    return 0;
}
