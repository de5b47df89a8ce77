#include "text/encoding.h"

#include <errno.h>
#include <iconv.h>

enum { RAW_SIZE = 64 << 10, LEAST_ROOM = 8 };

static const struct {
    const char *name, *iconv_name;
    size_t mark;
} ENCODING_LIST[] = {
#define X(name, iconv_name, mark) {#name, iconv_name, mark},
    ENCODINGS(X)
#undef X
};

const char *encoding_name(enum encoding e)
{
    return ENCODING_LIST[e].iconv_name;
}

bool encoding_find(str name, enum encoding *e)
{
    static const enum encoding all[] = {
#define X(name, iconv_name, mark) ENCODING_##name,
        ENCODINGS(X)
#undef X
    };
    for (size_t i = 0; i < COUNT(all); i++) {
        if (str_is(name, encoding_name(all[i]))) {
            *e = all[i];
            return true;
        }
    }
    return false;
}

/* Length of the UTF-8 sequence at p: 0 if it is wrong, more than n if it is cut off. */
static size_t utf8_length(const unsigned char *p, size_t n)
{
    size_t want = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (p[0] > 0xf4 || want < 2)
        return p[0] > 0xf4 ? 0 : want;
    if (n > 1) {
        unsigned char low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
        unsigned char high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
        if (p[1] < low || p[1] > high)
            return 0;
    }
    for (size_t i = 2; i < want && i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    return want;
}

static bool reads_as_utf8(str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    for (size_t i = 0; i < s.n;) {
        size_t n = utf8_length(p + i, s.n - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

/* Reads as GB18030, and most pairs lie where GB 2312 has its signs and characters: western letters
 * followed by ASCII also make pairs, but not those. */
static bool looks_like_gb18030(str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t pairs = 0, usual = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (p[i] < 0x80)
            continue;
        if (p[i] == 0x80 || p[i] == 0xff)
            return false;
        if (i + 1 == s.n)
            break;
        if (p[i + 1] >= '0' && p[i + 1] <= '9') {
            if (i + 3 < s.n && (p[i + 2] < 0x81 || p[i + 3] < '0' || p[i + 3] > '9'))
                return false;
            i += 3;
            continue;
        }
        if (p[i + 1] < 0x40 || p[i + 1] == 0x7f || p[i + 1] == 0xff)
            return false;
        pairs++;
        usual += p[i] >= 0xa1 && p[i] <= 0xf7 && p[i + 1] >= 0xa1;
        i++;
    }
    return pairs == 0 || usual * 10 >= pairs * 7;
}

/* A few broken bytes do not make a UTF-8 file anything else: a row waits, the others are read. */
static bool is_mostly_utf8(str s)
{
    size_t good = 0, bad = 0;
    while (s.n > 4) { /* the last character may be cut */
        bool is_ascii = (unsigned char)*s.p < 0x80;
        size_t before = s.n;
        uint32_t c = utf8_take(&s);
        good += !is_ascii && c != 0xfffd;
        bad += c == 0xfffd && before - s.n == 1;
    }
    return good >= 10 && bad * 10 <= good;
}

enum encoding encoding_detect(str s)
{
    if (str_starts(s, STR("\xef\xbb\xbf")))
        return ENCODING_UTF8_MARKED;
    if (str_starts(s, STR("\xff\xfe")))
        return ENCODING_UTF16LE;
    if (str_starts(s, STR("\xfe\xff")))
        return ENCODING_UTF16BE;
    if (reads_as_utf8(s) || is_mostly_utf8(s))
        return ENCODING_UTF8;
    return looks_like_gb18030(s) ? ENCODING_GB18030 : ENCODING_LATIN1;
}

bool encoding_open(struct encoding_reader *r, struct source from, enum encoding encoding,
                   struct err *e)
{
    *r = (struct encoding_reader){.from = from, .encoding = encoding};
    if (encoding != ENCODING_UTF8 && encoding != ENCODING_UTF8_MARKED) {
        iconv_t cd = iconv_open("UTF-8", ENCODING_LIST[encoding].iconv_name);
        if (cd == (iconv_t)-1)
            return err_set(e, ERR_BROKEN, "this system cannot convert from %s",
                           ENCODING_LIST[encoding].iconv_name);
        r->iconv = cd;
    }
    r->raw = malloc(RAW_SIZE);
    if (!r->raw) {
        encoding_close(r);
        return err_set(e, ERR_BROKEN, "no memory");
    }
    return true;
}

void encoding_close(struct encoding_reader *r)
{
    if (r->iconv)
        iconv_close(r->iconv);
    free(r->raw);
    *r = (struct encoding_reader){0};
}

static bool refill(struct encoding_reader *r, struct err *e)
{
    size_t left = r->raw_n - r->raw_at, n;
    memmove(r->raw, r->raw + r->raw_at, left);
    r->offset += r->raw_at;
    r->raw_at = 0;
    r->raw_n = left;
    if (!source_take(r->from, r->raw + left, RAW_SIZE - left, &n, e))
        return false;
    r->raw_n += n;
    r->has_ended = n == 0;
    size_t mark = ENCODING_LIST[r->encoding].mark;
    if (!r->has_started && (r->raw_n >= mark || r->has_ended)) {
        static const char *const marks[] = {"", "\xef\xbb\xbf", "\xff\xfe", "\xfe\xff", "", ""};
        r->has_started = true;
        if (mark && str_starts((str){r->raw, r->raw_n}, (str){marks[r->encoding], mark}))
            r->raw_at = mark;
    }
    return true;
}

/* Drops one wrong byte (two in UTF-16) and writes U+FFFD for it. */
static void replace(struct encoding_reader *r, char **out, size_t *room)
{
    bool is_wide = r->encoding == ENCODING_UTF16LE || r->encoding == ENCODING_UTF16BE;
    size_t left = r->raw_n - r->raw_at, n = is_wide && left > 1 ? 2 : 1;
    if (r->bad_count < ENCODING_BAD_KEPT)
        r->bad_offsets[r->bad_count] = r->offset + r->raw_at;
    r->bad_count++;
    r->raw_at += n;
    memcpy(*out, "\xef\xbf\xbd", 3);
    *out += 3;
    *room -= 3;
}

/* Converts until the room, the bytes or the sense ends.  True when the next byte is wrong. */
static bool copy_utf8(struct encoding_reader *r, char **out, size_t *room)
{
    const unsigned char *p = (const unsigned char *)r->raw + r->raw_at;
    size_t left = r->raw_n - r->raw_at, i = 0, most = left < *room ? left : *room, n = 1;
    while (i < most) {
        uint64_t word;
        if (i + 8 <= most && (memcpy(&word, p + i, 8), (word & 0x8080808080808080u) == 0)) {
            i += 8;
            continue;
        }
        n = utf8_length(p + i, left - i);
        if (n == 0 || i + n > most)
            break;
        i += n;
    }
    memcpy(*out, p, i);
    *out += i;
    *room -= i;
    r->raw_at += i;
    return i < left && n == 0;
}

static bool convert(struct encoding_reader *r, char **out, size_t *room)
{
    char *in = r->raw + r->raw_at;
    size_t left = r->raw_n - r->raw_at;
    size_t got = iconv(r->iconv, &in, &left, out, room);
    r->raw_at = (size_t)(in - r->raw);
    return got == (size_t)-1 && errno == EILSEQ;
}

/* room is at least LEAST_ROOM, so that any character fits. */
static bool convert_some(struct encoding_reader *r, char *p, size_t room, size_t *n, struct err *e)
{
    char *out = p;
    while (room >= LEAST_ROOM) {
        if (r->raw_at == r->raw_n && r->has_ended)
            break;
        size_t before = r->raw_at;
        bool is_wrong = r->raw_at < r->raw_n &&
                        (r->iconv ? convert(r, &out, &room) : copy_utf8(r, &out, &room));
        if (is_wrong ||
            (r->has_ended && r->raw_at == before && r->raw_at < r->raw_n && room >= LEAST_ROOM))
            replace(r, &out, &room);
        else if (out > p && r->raw_at == before)
            break; /* the rest is cut off: give what there is first */
        else if (!r->has_ended && r->raw_at == before && !refill(r, e))
            return false;
        else if (r->raw_at == r->raw_n && !r->has_ended && out > p)
            break;
    }
    *n = (size_t)(out - p);
    return true;
}

static bool read_converted(void *arg, char *p, size_t room, size_t *n, struct err *e)
{
    struct encoding_reader *r = arg;
    if (r->rest_at == r->rest_n && room >= LEAST_ROOM)
        return convert_some(r, p, room, n, e);
    if (r->rest_at == r->rest_n) {
        r->rest_at = 0;
        if (!convert_some(r, r->rest, sizeof r->rest, &r->rest_n, e))
            return false;
    }
    *n = r->rest_n - r->rest_at < room ? r->rest_n - r->rest_at : room;
    memcpy(p, r->rest + r->rest_at, *n);
    r->rest_at += *n;
    return true;
}

struct source encoding_source(struct encoding_reader *r)
{
    return (struct source){read_converted, r};
}
