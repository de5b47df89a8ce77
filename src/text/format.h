/* Formats of strings: those of JSON Schema 2020-12, section 7.3, and those of Chinese registers.
 *
 * One table.  A check says yes, or why not in words for a clerk, and where the mistake shows what
 * was meant it suggests the right value. */
#pragma once
#include "base/str.h"

/* code, Chinese, English */
#define FORMAT_REASONS(X)                                                                          \
    X(NONE, "", "")                                                                                \
    X(STRUCTURE, "格式不对", "is not written the way this format asks")                            \
    X(LENGTH, "位数不对", "has the wrong number of characters")                                    \
    X(CHARACTER, "含有不允许的字符", "has a character that is not allowed here")                   \
    X(CHECK_DIGIT, "校验码不对", "has a wrong check digit")                                        \
    X(DATE, "其中的日期不存在", "holds a date that does not exist")                                \
    X(RANGE, "数值超出范围", "holds a number out of range")                                        \
    X(REGION, "地区代码不存在", "begins with a region code that does not exist")                   \
    X(LETTER_CASE, "字母应为大写", "has a letter that should be upper case")                       \
    X(OLD_15, "是 15 位旧身份证号码", "is an identity number of the old form with 15 digits")      \
    X(SCIENTIFIC, "被表格软件改成了科学计数法，后几位已丢失",                                      \
      "was turned into scientific notation by a spreadsheet; its last digits are lost")            \
    X(ROUNDED, "被表格软件舍入，15 位以后已变成 0",                                                \
      "was rounded by a spreadsheet: the digits past the 15th became 0")

enum format_reason {
#define X(name, zh, en) FORMAT_##name,
    FORMAT_REASONS(X)
#undef X
};

struct format_advice {
    char suggestion[40]; /* NUL-terminated; empty when there is none */
};

struct format {
    const char *name, *title_zh, *title_en;
    bool is_standard; /* of JSON Schema */
    /* advice may be NULL; text is valid UTF-8. */
    enum format_reason (*check)(str text, struct format_advice *advice);
};

/* NULL if there is no such format. */
const struct format *format_find(str name);
/* All of them, for documentation: *n formats. */
const struct format *format_list(size_t *n);

/* advice is cleared first; may be NULL. */
enum format_reason format_check(const struct format *f, str text, struct format_advice *advice);
const char *format_reason_name(enum format_reason r); /* "CHECK_DIGIT" */
const char *format_reason_zh(enum format_reason r);
const char *format_reason_en(enum format_reason r);

/* Days of a month in the Gregorian calendar; 0 for a month out of 1..12. */
int format_days_in_month(int year, int month);
