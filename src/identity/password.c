#include "identity/password.h"

#include "base/digest.h"
#include "identity/tell.h"

static bool holds_nocase(str text, str part)
{
    for (size_t i = 0; part.n && i + part.n <= text.n; i++) {
        if (str_equal_nocase(str_slice(text, i, i + part.n), part))
            return true;
    }
    return false;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What leaked passwords of this length and these kinds are made of: one such word, with digits and
 * signs around it.  Letters only, as plain_letters() leaves them. */
static const char *const KNOWN_WORDS[] = {
    "password",  "passwort",  "passwd",       "admin",      "administrator", "root",
    "guest",     "user",      "test",         "welcome",    "hello",         "letmein",
    "changeme",  "default",   "secret",       "login",      "master",        "manager",
    "system",    "server",    "qwerty",       "qwertyuiop", "qwertyui",      "asdfgh",
    "asdfghjkl", "zxcvbn",    "zxcvbnm",      "qazwsx",     "qazwsxedc",     "qwaszx",
    "abc",       "iloveyou",  "iloveu",       "monkey",     "dragon",        "sunshine",
    "princess",  "football",  "baseball",     "superman",   "batman",        "shadow",
    "michael",   "charlie",   "summer",       "winter",     "spring",        "autumn",
    "woaini",    "woaiwojia", "woaizhongguo", "zhongguo",   "china",         "beijing",
    "shanghai",  "shuzhi",    "mima",         "guanliyuan", "zhengfu",       "computer",
    "internet",  "oracle",    "postgres",     "huawei",     "tencent",       "alibaba",
    "company",   "office",    "passpass",     "adminadmin",
};

/* The letters alone, small; reads_signs: without what stands before the first and after the last,
 * and with signs between them read as the letters they stand for. */
static str plain_letters(str s, bool reads_signs, char *out)
{
    static const char SIGNS[] = "@a4a$s5s0o3e1l!i7t"; /* sign, letter */
    size_t n = 0, first = 0, last = s.n;
    while (first < last && !is_letter(s.p[first]))
        first++;
    while (last > first && !is_letter(s.p[last - 1]))
        last--;
    for (size_t i = first; i < last; i++) {
        char c = s.p[i];
        if (is_letter(c))
            out[n++] = (char)(c | 32);
        for (size_t k = 0; reads_signs && k + 1 < sizeof SIGNS; k += 2) {
            if (c == SIGNS[k])
                out[n++] = SIGNS[k + 1];
        }
    }
    return (str){out, n};
}

static bool is_known(str password)
{
    char letters[PASSWORD_MOST * 4];
    for (int reads_signs = 0; reads_signs < 2; reads_signs++) {
        str plain = plain_letters(password, reads_signs, letters);
        for (size_t i = 0; i < COUNT(KNOWN_WORDS); i++) {
            if (str_is(plain, KNOWN_WORDS[i]))
                return true;
        }
    }
    return false;
}

static int count_kinds(str s)
{
    bool has[4] = {false};
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        has[c >= 'A' && c <= 'Z'   ? 0
            : c >= 'a' && c <= 'z' ? 1
            : c >= '0' && c <= '9' ? 2
                                   : 3] = true;
    }
    return has[0] + has[1] + has[2] + has[3];
}

/* 1111, abcd, 4321: a run of four or more in which each follows the one before. */
static bool has_run(str s)
{
    for (int step = -1; step <= 1; step++) {
        size_t n = 1;
        for (size_t i = 1; i < s.n; i++) {
            n = s.p[i] - s.p[i - 1] == step ? n + 1 : 1;
            if (n >= 4 && (s.p[i] & 0x80) == 0)
                return true;
        }
    }
    return false;
}

bool password_check(str login, str password, struct err *e)
{
    size_t n = utf8_is_valid(password) ? utf8_count(password) : 0;
    if (n < PASSWORD_LEAST || n > PASSWORD_MOST) {
        err_set(e, ERR_INVALID, "a password has %d to %d characters", PASSWORD_LEAST,
                PASSWORD_MOST);
        return err_zh(e, "口令为 %d 至 %d 个字符", PASSWORD_LEAST, PASSWORD_MOST);
    }
    if (count_kinds(password) < PASSWORD_KINDS) {
        err_set(e, ERR_INVALID, "a password has three of: capitals, small letters, digits, others");
        return err_zh(e, "口令须含大写字母、小写字母、数字、其他字符中的三类");
    }
    if (login.n >= 3 && holds_nocase(password, login)) {
        err_set(e, ERR_INVALID, "a password does not hold the login");
        return err_zh(e, "口令不能包含登录名");
    }
    if (is_known(password)) {
        err_set(e, ERR_INVALID, "a password is not a word that everybody tries first, with digits");
        return err_zh(e, "口令不能只是常见词加数字或符号，如 Password、admin、woaini");
    }
    if (has_run(password)) {
        err_set(e, ERR_INVALID, "a password has no runs such as 1111, abcd, 4321");
        return err_zh(e, "口令不能含有 1111、abcd、4321 这样的连续字符");
    }
    return true;
}

static bool check_past(struct cx *cx, str login, str password)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "(select password from shuzhi.staff where login = $1) union all"
            " (select password from shuzhi.password_past where login = $1 order by at desc"
            " limit $2)",
            P(login), P_INT(cx->arena, PASSWORD_PAST - 1)))
        return false;
    for (size_t i = 0; i < rows.n; i++) {
        if (password_verify(rows_text(&rows, i, 0), password)) {
            err_set(cx->err, ERR_INVALID, "the last %d passwords may not come again",
                    PASSWORD_PAST);
            return err_zh(cx->err, "不能使用最近 %d 次用过的口令", PASSWORD_PAST);
        }
    }
    return true;
}

bool password_set(struct cx *cx, str login, str password, str keep)
{
    str hash;
    return password_check(login, password, cx->err) && check_past(cx, login, password) &&
           password_hash(cx->arena, password, &hash, cx->err) &&
           DB(cx->db, cx->arena, NULL, cx->err,
              "insert into shuzhi.password_past (login, password)"
              " select login, password from shuzhi.staff where login = $1",
              P(login)) &&
           DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.staff set password = $2, password_set = now(), must_change = false"
              " where login = $1",
              P(login), P(hash)) &&
           DB(cx->db, cx->arena, NULL, cx->err,
              "delete from shuzhi.session where login = $1 and token_digest <> $2", P(login),
              P(keep)) &&
           DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.oidc_family set ended = now(), why = 'password changed'"
              " where login = $1 and ended is null",
              P(login)) &&
           tell_way_in(cx, login, WAY_PASSWORD_CHANGED);
}
