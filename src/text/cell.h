/* One cell of a table, and what a spreadsheet or a typist did to it.
 *
 * cell_read() brings the text of a cell to the form its field wants.  What can only have been meant
 * one way is put right silently (harmless): blanks, full-width letters, 2021年9月7日, 1,234.50, 是.
 * What lost information or has two readings is kept as it was and told to the clerk (doubtful) with
 * a suggestion where there is one.  Pure: no clock, no locale, no state. */
#pragma once
#include "base/arena.h"
#include "text/format.h"

/* code, is it harmless, Chinese, English */
#define CELL_REASONS(X)                                                                            \
    X(NONE, true, "", "")                                                                          \
    X(BLANKS, true, "去掉了多余的空白", "blanks were taken out")                                   \
    X(INVISIBLE, true, "去掉了不可见字符", "invisible characters were taken out")                  \
    X(FULL_WIDTH, true, "全角字符已转为半角", "full-width characters were made half-width")        \
    X(EMPTY_WORD, true, "“无”“NA”一类的字样视为空", "a word for \"nothing\" counts as empty")      \
    X(TEXT_MARK, true, "去掉了表格软件的文本标记",                                                 \
      "the spreadsheet's mark for text was taken out")                                             \
    X(WRITTEN_OTHERWISE, true, "写法已统一", "was written another way")                            \
    X(DATE_STYLE, true, "日期写法已统一", "the date was written another way")                      \
    X(TIME_DROPPED, true, "去掉了日期后的时间", "the time behind the date was dropped")            \
    X(EPOCH, true, "由时间戳换算", "was counted from an epoch")                                    \
    X(THOUSANDS, true, "去掉了千分位或货币符号",                                                   \
      "thousands separators or currency signs were taken out")                                     \
    X(BOOLEAN_WORD, true, "是否写法已统一", "yes or no was written another way")                   \
    X(SCIENTIFIC, false, "被表格软件改成了科学计数法，后几位已丢失，请核对原件",                   \
      "was turned into scientific notation by a spreadsheet; the last digits are lost")            \
    X(ROUNDED, false, "被表格软件舍入，15 位以后变成了 0，请核对原件",                             \
      "was rounded by a spreadsheet: the digits past the 15th became 0")                           \
    X(SERIAL_DATE, false, "是表格软件的日期序号", "is a spreadsheet's serial number of a date")    \
    X(DATE_ORDER, false, "日和月的先后不明", "day and month may be either way round")              \
    X(TWO_DIGIT_YEAR, false, "年份只有两位", "the year has only two digits")                       \
    X(NO_SUCH_DATE, false, "日期不存在", "there is no such date")                                  \
    X(NOT_A_DATE, false, "不是日期", "is not a date")                                              \
    X(UNIT, false, "数字后带有单位", "has a unit behind the number")                               \
    X(NOT_A_NUMBER, false, "不是数字", "is not a number")                                          \
    X(NOT_AN_INTEGER, false, "应为整数", "should be a whole number")                               \
    X(NOT_A_BOOLEAN, false, "应填是或否", "should be yes or no")                                   \
    X(FORMULA, false, "是公式，不是值", "is a formula, not a value")                               \
    X(ERROR_VALUE, false, "是表格软件的错误值", "is a spreadsheet's error value")                  \
    X(FORMAT, false, "不符合格式", "does not follow the format")

enum cell_reason {
#define X(name, harmless, zh, en) CELL_##name,
    CELL_REASONS(X)
#undef X
        CELL_REASON_COUNT
};

enum cell_type {
    CELL_AS_TEXT,
    CELL_AS_INTEGER,
    CELL_AS_NUMBER,
    CELL_AS_BOOLEAN,  /* "true" or "false" */
    CELL_AS_DATE,     /* 2021-09-07 */
    CELL_AS_DATE_TIME /* 2021-09-07T08:30:00+08:00 */
};

enum cell_order { CELL_ORDER_UNKNOWN, CELL_MONTH_FIRST, CELL_DAY_FIRST };
enum cell_epoch { CELL_NO_EPOCH, CELL_EPOCH_SECONDS, CELL_EPOCH_MILLISECONDS };

/* What the field wants.  Zero but for the type is a good start. */
struct cell_wish {
    enum cell_type type;
    const struct format *format; /* of a text; may be NULL */
    enum cell_order order;       /* of 9/7/2021 */
    enum cell_epoch epoch;       /* a number is a time since 1970 */
    bool is_1904;                /* serial dates count from 1904, not 1900 */
    bool keeps_words;            /* 无 and NA are values here */
    str unit;                    /* may stand behind the number */
    str zone;                    /* of a time written without one; empty: "+08:00" */
};

struct cell {
    str text; /* cleaned; as it was read when doubtful */
    bool is_empty;
    bool is_harmless;                 /* false: the clerk has to decide */
    enum cell_reason reason;          /* the gravest; CELL_NONE when nothing was done */
    uint32_t seen;                    /* bit per reason: all that was done */
    enum format_reason format_reason; /* of CELL_FORMAT */
    str suggestion;                   /* empty when there is none */
};

/* raw: UTF-8.  Texts of the result live in the arena or are part of raw. */
void cell_read(struct cell *c, str raw, const struct cell_wish *wish, struct arena *a);

const char *cell_reason_name(enum cell_reason r); /* "SERIAL_DATE" */
const char *cell_reason_zh(enum cell_reason r);
const char *cell_reason_en(enum cell_reason r);
