/* Sensitive content in any text: what the Chinese formats, their check digits and the words before
 * a value give away.  For finding what a file or a free-text column holds, not for checking a field
 * whose format is known (text/format.h does that, and is asked here).
 *
 * One pass, constant memory, constant work a byte: how far is looked ahead or back has a limit. */
#pragma once
#include "base/str.h"

/* code, name, Chinese, English, lowest grade of DB33/T 2351 to propose for a column that holds it
 */
#define SENSITIVE_KINDS(X)                                                                         \
    X(RESIDENT_ID, "resident-id", "公民身份号码", "resident identity number", 3)                   \
    X(USCC, "uscc", "统一社会信用代码", "unified social credit code", 1)                           \
    X(MOBILE, "mobile", "手机号码", "mobile number", 3)                                            \
    X(LANDLINE, "landline", "固定电话", "landline number", 2)                                      \
    X(PLATE, "plate", "机动车号牌", "number plate", 3)                                             \
    X(BANK_CARD, "bank-card", "银行卡号", "bank card number", 4)                                   \
    X(ADDRESS, "address", "地址", "address", 2)                                                    \
    X(NAME, "name", "姓名", "personal name", 2)                                                    \
    X(PASSPORT, "passport", "护照号码", "passport number", 3)

enum sensitive_kind {
#define X(code, name, zh, en, grade) SENSITIVE_##code,
    SENSITIVE_KINDS(X)
#undef X
        SENSITIVE_COUNT
};

const char *sensitive_name(enum sensitive_kind k); /* "resident-id" */
const char *sensitive_zh(enum sensitive_kind k);
const char *sensitive_en(enum sensitive_kind k);
int sensitive_grade(enum sensitive_kind k); /* 1..4 */

struct finding {
    enum sensitive_kind kind;
    size_t offset, length; /* bytes of the text */
    int confidence;        /* percent: 99 check digit and context, 60 shape and a weak context */
};

/* What the words just read announce.  ORDER: numbers that only look like something. */
enum label {
    LABEL_NONE,
    LABEL_NAME,
    LABEL_PHONE,
    LABEL_CARD,
    LABEL_PASSPORT,
    LABEL_CODE,
    LABEL_ID,
    LABEL_PLATE,
    LABEL_ADDRESS,
    LABEL_ORDER
};

/* An address being read: from its first character, through administrative words, to a number. */
struct recogniser_place {
    size_t start, end, gap; /* end: behind the last number with its unit; gap: characters since */
    unsigned levels, units; /* administrative words and numbers with a unit */
    bool is_open, is_numeral;
};

struct recogniser {
    str text;
    size_t at;
    enum label label, heading; /* of the words just read; of what stands over the text */
    size_t label_end;          /* a label counts for RECOGNISE_REACH bytes */
    bool is_name_due;          /* a label of names was read and nothing since */
    struct recogniser_place place;
};

enum { RECOGNISE_REACH = 48 };

/* text: UTF-8, other bytes are passed over; it must live as long as r.  heading: what stands over
 * it, such as the title of its column; empty: nothing is known. */
void recognise_begin(struct recogniser *r, str text, str heading);
/* The next finding, by where it ends; findings of different kinds may overlap.  False at the end of
 * the text. */
bool recognise_next(struct recogniser *r, struct finding *f);
