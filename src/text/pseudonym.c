#include "text/pseudonym.h"

#include "base/cipher.h"
#include "base/date.h"
#include "base/digest.h"
#include "base/ff1.h"
#include "text/format.h"

#include <stdlib.h>

enum { MAX_SHAPED = 40, MAX_KEPT = 24, TEXT_BYTES = 10 };

static const char *const NAMES[] = {
#define X(code, name) name,
    PSEUDONYM_KINDS(X)
#undef X
};

struct pseudonymiser {
    struct ff1 *ff1;
    uint8_t key[32]; /* of digests */
    str word;
    struct arena arena;
};

const char *pseudonym_name(enum pseudonym_kind k)
{
    return NAMES[k];
}

bool pseudonym_of_format(str format, enum pseudonym_kind *k)
{
    for (size_t i = 0; i < PSEUDONYM_NAME; i++) {
        if (str_is(format, NAMES[i])) {
            *k = (enum pseudonym_kind)i;
            return true;
        }
    }
    return false;
}

struct pseudonymiser *pseudonymiser_create(const uint8_t key[PSEUDONYM_KEY_BYTES], str word,
                                           struct err *e)
{
    uint8_t derived[32];
    str own = {(const char *)key, PSEUDONYM_KEY_BYTES};
    if (word.n > PSEUDONYM_MAX_WORD) {
        err_set(e, ERR_INVALID, "the word is longer than %d bytes", PSEUDONYM_MAX_WORD);
        return NULL;
    }
    hmac_sm3(own, STR("ff1"), derived);
    struct ff1 *f = ff1_create(FF1_SM4, (str){(char *)derived, 16}, e);
    if (!f)
        return NULL;
    struct pseudonymiser *p = calloc(1, sizeof *p);
    if (!p)
        abort();
    p->ff1 = f;
    p->word = arena_copy(&p->arena, word);
    hmac_sm3(own, STR("digest"), p->key);
    explicit_bzero(derived, sizeof derived);
    return p;
}

void pseudonymiser_destroy(struct pseudonymiser *p)
{
    if (!p)
        return;
    ff1_destroy(p->ff1);
    arena_release(&p->arena);
    explicit_bzero(p, sizeof *p);
    free(p);
}

/* --- numbers with a shape ----------------------------------------------------------------------
 */

/* A text as a number below size beside what stays; kept also parts the permutations. */
struct coded {
    char text[MAX_SHAPED]; /* written over by the other number */
    size_t n;
    char kept[MAX_KEPT];
    size_t kept_n;
    ff1_number size, value;
};

static const char USCC_LETTERS[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
static const char PLATE_LETTERS[] = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
static const char ENERGY_LETTERS[] = "ABCDEFGHJK";
static const char DIGITS[] = "0123456789";
static const char REGIONS[] =
    "11121314152122233132333435363741424344454650515253546162636465718182";

static void keep(struct coded *c, size_t from, size_t to)
{
    for (size_t i = from; i < to && c->kept_n < MAX_KEPT; i++)
        c->kept[c->kept_n++] = c->text[i];
}

static void keep_char(struct coded *c, char mark)
{
    if (c->kept_n < MAX_KEPT)
        c->kept[c->kept_n++] = mark;
}

/* Places from..to, each one of the letters. */
static bool read_places(struct coded *c, size_t from, size_t to, const char *letters)
{
    for (size_t i = from; i < to; i++) {
        const char *hit = c->text[i] ? strchr(letters, c->text[i]) : NULL;
        if (!hit)
            return false;
        size_t place = (size_t)(hit - letters);
        c->value = c->value * strlen(letters) + place;
        c->size *= strlen(letters);
    }
    return true;
}

static void write_places(struct coded *c, size_t from, size_t to, const char *letters)
{
    for (size_t i = to; i-- > from; c->value /= strlen(letters))
        c->text[i] = letters[c->value % strlen(letters)];
}

/* The check digit in the last place, by the format's own suggestion. */
static void write_check(struct coded *c, const char *format)
{
    struct format_advice advice;
    c->text[c->n - 1] = '1'; /* not 0: a number that ends in zeros counts as rounded */
    if (format_check(format_find(str_from(format)), (str){c->text, c->n}, &advice) != FORMAT_NONE &&
        advice.suggestion[0])
        memcpy(c->text, advice.suggestion, c->n);
}

/* Births of 1900 to 2029 stay among themselves, so that copies look like the living. */
enum { FIRST_YEAR = 1800, NEAR_YEAR = 1900, FAR_YEAR = 2030, LAST_YEAR = 2200 };
static int32_t first_of(int32_t year)
{
    return date_to_days((struct date){year, 1, 1});
}

static bool read_resident(struct coded *c)
{
    str s = {c->text, c->n};
    int64_t year = 0, month = 0, day = 0;
    if (!str_to_int64(str_slice(s, 6, 10), &year) || !str_to_int64(str_slice(s, 10, 12), &month) ||
        !str_to_int64(str_slice(s, 12, 14), &day))
        return false;
    int32_t born = date_to_days((struct date){(int32_t)year, (int)month, (int)day});
    bool is_near = year >= NEAR_YEAR && year < FAR_YEAR;
    int32_t near_days = first_of(FAR_YEAR) - first_of(NEAR_YEAR);
    int32_t days = is_near ? near_days : first_of(LAST_YEAR) - first_of(FIRST_YEAR) - near_days;
    int32_t at = born - (is_near ? first_of(NEAR_YEAR) : first_of(FIRST_YEAR));
    at -= !is_near && year >= FAR_YEAR ? near_days : 0;
    size_t region = 0;
    while (REGIONS[region] && memcmp(REGIONS + region, c->text, 2) != 0)
        region += 2;
    bool is_listed = REGIONS[region] != '\0';
    keep_char(c, is_near ? 'n' : 'f');
    c->value = (ff1_number)at;
    c->size = (ff1_number)days;
    if (is_listed) {
        c->value = c->value * (strlen(REGIONS) / 2) + region / 2;
        c->size *= strlen(REGIONS) / 2;
    } else {
        keep(c, 0, 2);
    }
    return read_places(c, 2, 6, DIGITS) && read_places(c, 14, 17, DIGITS);
}

static void write_resident(struct coded *c)
{
    int32_t near_days = first_of(FAR_YEAR) - first_of(NEAR_YEAR);
    bool is_near = c->kept[0] == 'n', is_listed = c->kept_n == 1;
    char date[16];
    write_places(c, 14, 17, DIGITS);
    write_places(c, 2, 6, DIGITS);
    if (is_listed) {
        size_t region = (size_t)(c->value % (strlen(REGIONS) / 2)) * 2;
        memcpy(c->text, REGIONS + region, 2);
        c->value /= strlen(REGIONS) / 2;
    }
    int32_t day = (int32_t)c->value + (is_near ? first_of(NEAR_YEAR) : first_of(FIRST_YEAR));
    day += !is_near && day >= first_of(NEAR_YEAR) ? near_days : 0;
    struct date born = date_from_days(day);
    snprintf(date, sizeof date, "%04u%02u%02u", (unsigned)born.year % 10000u,
             (unsigned)born.month % 100u, (unsigned)born.day % 100u);
    memcpy(c->text + 6, date, 8);
    write_check(c, "resident-id");
}

static bool read_uscc(struct coded *c)
{
    keep(c, 0, 2);
    return read_places(c, 2, 8, DIGITS) && read_places(c, 8, 17, USCC_LETTERS);
}

static void write_uscc(struct coded *c)
{
    write_places(c, 8, 17, USCC_LETTERS);
    write_places(c, 2, 8, DIGITS);
    write_check(c, "uscc");
}

static bool read_mobile(struct coded *c)
{
    return read_places(c, 1, 2, "3456789") && read_places(c, 2, 11, DIGITS);
}

static void write_mobile(struct coded *c)
{
    write_places(c, 2, 11, DIGITS);
    write_places(c, 1, 2, "3456789");
}

/* Where the number without area code begins and ends; 0, 0 when it is none. */
static void find_local(const struct coded *c, size_t *from, size_t *to)
{
    size_t area = c->text[0] == '0' ? (c->text[1] == '1' || c->text[1] == '2' ? 3 : 4) : 0;
    if (area && area < c->n && c->text[area] == '-')
        area++;
    size_t end = area;
    while (end < c->n && c->text[end] >= '0' && c->text[end] <= '9')
        end++;
    bool is_local = (end - area == 7 || end - area == 8) && c->text[area] > '1' &&
                    (end == c->n || c->text[end] == '-');
    *from = is_local ? area : 0;
    *to = is_local ? end : 0;
}

static bool is_mobile(const struct coded *c)
{
    return c->n == 11 && c->text[0] == '1' && c->text[1] > '2';
}

static bool read_phone(struct coded *c)
{
    size_t from, to;
    if (is_mobile(c)) /* as in a column of mobile numbers, so that the two join */
        return read_mobile(c);
    find_local(c, &from, &to);
    if (!to)
        return false;
    keep(c, 0, from);
    keep_char(c, to - from == 7 ? '7' : '8');
    return read_places(c, from, from + 1, "23456789") && read_places(c, from + 1, to, DIGITS);
}

static void write_phone(struct coded *c)
{
    size_t from, to;
    if (is_mobile(c)) {
        write_mobile(c);
        return;
    }
    find_local(c, &from, &to);
    write_places(c, from + 1, to, DIGITS);
    write_places(c, from, from + 1, "23456789");
}

static size_t bank_digits(const struct coded *c)
{
    return c->n < 13 ? 5 : 6;
}

static bool read_card(struct coded *c)
{
    keep(c, 0, bank_digits(c));
    keep_char(c, (char)('a' + c->n));
    return read_places(c, bank_digits(c), c->n - 1, DIGITS);
}

static void write_card(struct coded *c)
{
    write_places(c, bank_digits(c), c->n - 1, DIGITS);
    write_check(c, "bank-card");
}

/* A plate's places: province (3 bytes) and letter stay; what may stand in the others is told by
 * their number: 5 of all, 4 of all and a word, 6 with a letter of new energy. */
static bool apply_plate(struct coded *c, bool (*each)(struct coded *, size_t, size_t, const char *))
{
    static const size_t FIRST = 4;
    size_t n = c->n - FIRST;
    char *s = c->text + FIRST;
    bool is_small = n == 6 && strchr(ENERGY_LETTERS, s[0]);
    if (n == 5)
        return each(c, FIRST, FIRST + 5, PLATE_LETTERS);
    if (n == 7)
        return each(c, FIRST, FIRST + 4, PLATE_LETTERS);
    if (is_small)
        return each(c, FIRST, FIRST + 1, ENERGY_LETTERS) &&
               each(c, FIRST + 1, FIRST + 2, PLATE_LETTERS) && each(c, FIRST + 2, c->n, DIGITS);
    return n == 6 && each(c, FIRST, c->n - 1, DIGITS) && each(c, c->n - 1, c->n, ENERGY_LETTERS);
}

static bool read_plate(struct coded *c)
{
    size_t n = c->n - 4;
    keep(c, 0, 4);
    keep_char(c, (char)('a' + n));
    if (n == 6)
        keep_char(c, strchr(ENERGY_LETTERS, c->text[4]) ? 's' : 'l');
    if (n == 7)
        keep(c, 8, 11);
    return apply_plate(c, read_places);
}

static void write_plate(struct coded *c)
{
    size_t n = c->n - 4;
    if (n == 5) {
        write_places(c, 4, 9, PLATE_LETTERS);
    } else if (n == 7) {
        write_places(c, 4, 8, PLATE_LETTERS);
    } else if (c->kept[5] == 's') {
        write_places(c, 6, 10, DIGITS);
        write_places(c, 5, 6, PLATE_LETTERS);
        write_places(c, 4, 5, ENERGY_LETTERS);
    } else {
        write_places(c, 9, 10, ENERGY_LETTERS);
        write_places(c, 4, 9, DIGITS);
    }
}

static const struct {
    bool (*read)(struct coded *c);
    void (*write)(struct coded *c);
} SHAPES[] = {{read_resident, write_resident}, {read_uscc, write_uscc}, {read_mobile, write_mobile},
              {read_phone, write_phone},       {read_card, write_card}, {read_plate, write_plate}};

static bool permute(struct pseudonymiser *p, struct arena *a, enum ff1_way way,
                    enum pseudonym_kind k, str text, str *out)
{
    struct coded c = {.n = text.n, .size = 1};
    struct err e = {0};
    if (k >= COUNT(SHAPES) || text.n >= MAX_SHAPED ||
        format_check(format_find(str_from(NAMES[k])), text, NULL) != FORMAT_NONE)
        return false;
    memcpy(c.text, text.p, text.n);
    if (!SHAPES[k].read(&c))
        return false;
    const char *name = NAMES[k == PSEUDONYM_PHONE && is_mobile(&c) ? PSEUDONYM_MOBILE : k];
    str tweak = arena_format(a, "%s|%.*s|%.*s", name, STR_ARG(p->word), (int)c.kept_n, c.kept);
    if (!ff1_permute(p->ff1, way, c.size, tweak, &c.value, &e))
        return false;
    SHAPES[k].write(&c);
    *out = arena_copy(a, (str){c.text, c.n});
    return true;
}

bool pseudonym_undo(struct pseudonymiser *p, struct arena *a, enum pseudonym_kind k, str text,
                    str *out)
{
    return permute(p, a, FF1_DECRYPT, k, text, out);
}

/* --- names, addresses, text --------------------------------------------------------------------
 */

static void digest_of(struct pseudonymiser *p, struct arena *a, enum pseudonym_kind k, str text,
                      uint8_t out[32])
{
    str all = arena_format(a, "%s|%.*s|%.*s", NAMES[k], STR_ARG(p->word), STR_ARG(text));
    hmac_sm3((str){(const char *)p->key, sizeof p->key}, all, out);
}

static const char SURNAMES[] = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾"
                               "萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾";
static const char GIVEN[] = "伟芳娜敏静丽强磊军洋勇艳杰涛明超秀霞平刚桂英华玉兰红建国文斌宇浩凯"
                            "健俊帆雪婷莹琳晨阳佳慧志远思源雨泽梓涵一诺子轩若曦书瑶安宁永康晓东";

static size_t characters(const char *list)
{
    return strlen(list) / 3;
}

/* Written in Han characters of three bytes, two to six of them. */
static bool is_han_name(str text)
{
    size_t n = 0;
    for (str rest = text; rest.n; n++) {
        uint32_t c = utf8_take(&rest);
        if (c < 0x3400 || (c > 0x9fff && c < 0xf900) || c > 0xfaff)
            return false;
    }
    return n >= 2 && n <= 6;
}

static str make_name(struct pseudonymiser *p, struct arena *a, str text)
{
    uint8_t d[32];
    digest_of(p, a, PSEUDONYM_NAME, text, d);
    if (!is_han_name(text))
        return arena_format(a, "P%02X%02X%02X%02X%02X", d[0], d[1], d[2], d[3], d[4]);
    size_t n = text.n / 3;
    char *out = arena_alloc(a, n * 3 + 1, 1);
    size_t at = (size_t)(d[0] << 8 | d[1]) % characters(SURNAMES);
    memcpy(out, SURNAMES + at * 3, 3);
    for (size_t i = 1; i < n; i++) {
        at = (size_t)(d[2 * i] << 8 | d[2 * i + 1]) % characters(GIVEN);
        memcpy(out + i * 3, GIVEN + at * 3, 3);
    }
    return (str){out, n * 3};
}

/* Behind the last word of an administrative division that stands before any number. */
static size_t end_of_division(str text)
{
    static const char *const words[] = {"街道", "镇", "乡", "县", "区", "市", "省", "村", "社区"};
    size_t end = 0, limit = text.n;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] >= '0' && text.p[i] <= '9') {
            limit = i;
            break;
        }
    }
    for (size_t w = 0; w < COUNT(words); w++) {
        str word = str_from(words[w]);
        for (size_t i = 0; i + word.n <= limit; i++) {
            if (i > 0 && memcmp(text.p + i, word.p, word.n) == 0 && i + word.n > end)
                end = i + word.n;
        }
    }
    return end;
}

static str make_address(struct pseudonymiser *p, struct arena *a, str text)
{
    static const char *const roads[] = {"和风路", "听雨街", "竹影路", "长乐街", "清泉路", "望湖街",
                                        "松涛路", "明月街", "花溪路", "归云街", "晴川路", "秋实街",
                                        "采薇路", "石桥街", "春晖路", "南屏街"};
    uint8_t d[32];
    digest_of(p, a, PSEUDONYM_ADDRESS, text, d);
    return arena_format(a, "%.*s%s%u号%u室", (int)end_of_division(text), text.p,
                        roads[d[0] % COUNT(roads)], (unsigned)(d[1] << 8 | d[2]) % 999u + 1,
                        (unsigned)(d[3] << 8 | d[4]) % 9899u + 101);
}

static str make_text(struct pseudonymiser *p, struct arena *a, enum pseudonym_kind k, str text)
{
    uint8_t d[32];
    digest_of(p, a, k, text, d);
    return arena_format(a, "P-%.*s", STR_ARG(bytes_to_hex(a, d, TEXT_BYTES)));
}

str pseudonym_make(struct pseudonymiser *p, struct arena *a, enum pseudonym_kind k, str text)
{
    str out;
    if (!text.n)
        return text;
    if (k == PSEUDONYM_NAME)
        return make_name(p, a, text);
    if (k == PSEUDONYM_ADDRESS)
        return make_address(p, a, text);
    return permute(p, a, FF1_ENCRYPT, k, text, &out) ? out : make_text(p, a, k, text);
}

int32_t pseudonym_days(struct pseudonymiser *p, str person)
{
    ARENA_SCOPED struct arena a = {0};
    uint8_t d[32];
    str all = arena_format(&a, "days|%.*s|%.*s", STR_ARG(p->word), STR_ARG(person));
    hmac_sm3((str){(const char *)p->key, sizeof p->key}, all, d);
    int32_t days = (int32_t)((unsigned)(d[0] << 8 | d[1]) % 183u) + 1;
    return d[2] & 1 ? days : -days;
}
