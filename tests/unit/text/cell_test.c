#include "text/cell.h"

#include "check.h"

struct cell_case {
    const char *raw;
    struct cell_wish wish;
    const char *text; /* cleaned, or the suggestion when doubtful */
    enum cell_reason reason;
};

static void check_cases(const struct cell_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ARENA_SCOPED struct arena a = {0};
        struct cell c;
        cell_read(&c, str_from(cases[i].raw), &cases[i].wish, &a);
        CHECK_NAMED(c.reason == cases[i].reason, cases[i].raw);
        CHECK_NAMED(str_is(c.is_harmless ? c.text : c.suggestion, cases[i].text), cases[i].raw);
        CHECK_NAMED(c.is_harmless || str_is(c.text, cases[i].raw), cases[i].raw);
        if (c.reason != cases[i].reason)
            printf("# got %s\n", cell_reason_name(c.reason));
        if (!str_is(c.is_harmless ? c.text : c.suggestion, cases[i].text))
            printf("# got \"%.*s\"\n", STR_ARG(c.is_harmless ? c.text : c.suggestion));
    }
}

static void test_text(void)
{
    static const struct cell_case cases[] = {
        {"张三", {0}, "张三", CELL_NONE},
        {" 张三\t", {0}, "张三", CELL_BLANKS},
        {"　张三　", {0}, "张三", CELL_BLANKS},
        {"张\xe2\x80\x8b三", {0}, "张三", CELL_INVISIBLE},
        {"中兴路１２号（北）", {0}, "中兴路12号（北）", CELL_FULL_WIDTH},
        {"a  b", {0}, "a  b", CELL_NONE},
        {"无", {0}, "", CELL_EMPTY_WORD},
        {"无", {.keeps_words = true}, "无", CELL_NONE},
        {"n/a", {0}, "", CELL_EMPTY_WORD},
        {"-", {0}, "", CELL_EMPTY_WORD},
        {"", {0}, "", CELL_NONE},
        {"  ", {0}, "", CELL_BLANKS},
        {"'007", {0}, "007", CELL_TEXT_MARK},
        {"=A1+1", {0}, "", CELL_FORMULA},
        {"#N/A", {0}, "", CELL_ERROR_VALUE},
        {"#####", {0}, "", CELL_ERROR_VALUE},
    };
    check_cases(cases, COUNT(cases));
}

static void test_formats(void)
{
    struct cell_wish id = {.format = format_find(STR("resident-id"))};
    struct cell_wish mobile = {.format = format_find(STR("mobile-cn"))};
    struct cell_wish plate = {.format = format_find(STR("plate-cn"))};
    const struct cell_case cases[] = {
        {"11010519491231002X", id, "11010519491231002X", CELL_NONE},
        {"110105 19491231 002X", id, "11010519491231002X", CELL_BLANKS},
        {"１１０１０５１９４９１２３１００２Ｘ", id, "11010519491231002X", CELL_FULL_WIDTH},
        {"11010519491231002x", id, "11010519491231002X", CELL_WRITTEN_OTHERWISE},
        {"110105194912310021", id, "11010519491231002X", CELL_FORMAT},
        {"3.30521E+17", id, "", CELL_SCIENTIFIC},
        {"330521199001010000", id, "", CELL_ROUNDED},
        {"110105491231002", id, "11010519491231002X", CELL_FORMAT},
        {"+86 138-0013-8000", mobile, "13800138000", CELL_WRITTEN_OTHERWISE},
        {"浙E·12345", plate, "浙E12345", CELL_WRITTEN_OTHERWISE},
    };
    check_cases(cases, COUNT(cases));
}

static void test_dates(void)
{
    struct cell_wish date = {.type = CELL_AS_DATE}, time = {.type = CELL_AS_DATE_TIME};
    struct cell_wish mac = date, us = date, eu = date, seconds = time, milliseconds = date;
    mac.is_1904 = true;
    us.order = CELL_MONTH_FIRST;
    eu.order = CELL_DAY_FIRST;
    seconds.epoch = CELL_EPOCH_SECONDS;
    milliseconds.epoch = CELL_EPOCH_MILLISECONDS;
    const struct cell_case cases[] = {
        {"2021-09-07", date, "2021-09-07", CELL_NONE},
        {"2021.9.7", date, "2021-09-07", CELL_DATE_STYLE},
        {"2021/9/7", date, "2021-09-07", CELL_DATE_STYLE},
        {"2021年9月7日", date, "2021-09-07", CELL_DATE_STYLE},
        {"２０２１年９月７日", date, "2021-09-07", CELL_DATE_STYLE},
        {"20210907", date, "2021-09-07", CELL_DATE_STYLE},
        {"20210230", date, "", CELL_NO_SUCH_DATE},
        {"2021-02-29", date, "", CELL_NO_SUCH_DATE},
        {"2021-09-07 00:00:00", date, "2021-09-07", CELL_DATE_STYLE},
        {"2021-09-07 08:30:00", date, "2021-09-07", CELL_TIME_DROPPED},
        {"44446", date, "2021-09-07", CELL_SERIAL_DATE},
        {"1", date, "1900-01-01", CELL_SERIAL_DATE},
        {"59", date, "1900-02-28", CELL_SERIAL_DATE},
        {"60", date, "", CELL_NOT_A_DATE},
        {"61", date, "1900-03-01", CELL_SERIAL_DATE},
        {"42984", mac, "2021-09-07", CELL_SERIAL_DATE},
        {"44446.5", time, "2021-09-07T12:00:00+08:00", CELL_SERIAL_DATE},
        {"2021", date, "", CELL_NOT_A_DATE},
        {"2021.9", date, "", CELL_NOT_A_DATE},
        {"9/7/2021", date, "2021-09-07", CELL_DATE_ORDER},
        {"9/7/2021", us, "2021-09-07", CELL_DATE_STYLE},
        {"9/7/2021", eu, "2021-07-09", CELL_DATE_STYLE},
        {"9/17/2021", date, "2021-09-17", CELL_DATE_STYLE},
        {"17/9/2021", date, "2021-09-17", CELL_DATE_STYLE},
        {"9/9/2021", date, "2021-09-09", CELL_DATE_STYLE},
        {"21-9-7", date, "2021-09-07", CELL_TWO_DIGIT_YEAR},
        {"13/13/2021", date, "", CELL_NO_SUCH_DATE},
        {"01/31/2019 12:00:00 AM", us, "2019-01-31", CELL_DATE_STYLE},
        {"01/31/2019 01:05:09 PM", time, "2019-01-31T13:05:09+08:00", CELL_DATE_STYLE},
        {"2021年9月7日 下午3时05分", time, "2021-09-07T15:05:00+08:00", CELL_DATE_STYLE},
        {"2021-09-07T12:30:00.5Z", time, "2021-09-07T12:30:00.5Z", CELL_NONE},
        {"2021-09-07", time, "2021-09-07T00:00:00+08:00", CELL_DATE_STYLE},
        {"2021-09-07 25:00:00", time, "", CELL_NO_SUCH_DATE},
        {"1631000000", seconds, "2021-09-07T15:33:20+08:00", CELL_EPOCH},
        {"1631000000123", milliseconds, "2021-09-07", CELL_EPOCH},
        {"-631180800", seconds, "1950-01-01T00:00:00+08:00", CELL_EPOCH},
        {"昨天", date, "", CELL_NOT_A_DATE},
        {"2021-09", date, "", CELL_NOT_A_DATE},
        {"2021-09-07 x", date, "", CELL_NOT_A_DATE},
    };
    check_cases(cases, COUNT(cases));
}

static void test_numbers(void)
{
    struct cell_wish number = {.type = CELL_AS_NUMBER}, whole = {.type = CELL_AS_INTEGER};
    struct cell_wish yuan = {.type = CELL_AS_NUMBER, .unit = STR("元")};
    struct cell_wish wan = {.type = CELL_AS_NUMBER, .unit = STR("万元")};
    const struct cell_case cases[] = {
        {"12.50", number, "12.50", CELL_NONE},
        {"1,234.5", number, "1234.5", CELL_THOUSANDS},
        {"１，２３４", whole, "1234", CELL_THOUSANDS},
        {"¥1,234,567", number, "1234567", CELL_THOUSANDS},
        {"(1,234)", number, "-1234", CELL_THOUSANDS},
        {"12,34", number, "", CELL_NOT_A_NUMBER},
        {"007", whole, "7", CELL_WRITTEN_OTHERWISE},
        {"+5", whole, "5", CELL_WRITTEN_OTHERWISE},
        {".5", number, "0.5", CELL_WRITTEN_OTHERWISE},
        {"12.0", whole, "12", CELL_WRITTEN_OTHERWISE},
        {"12.5", whole, "", CELL_NOT_AN_INTEGER},
        {"1.5E+3", whole, "1500", CELL_WRITTEN_OTHERWISE},
        {"1.5e-3", number, "0.0015", CELL_WRITTEN_OTHERWISE},
        {"3.30521E+17", whole, "", CELL_SCIENTIFIC},
        {"3.5万", number, "35000", CELL_UNIT},
        {"3.5万", wan, "35000", CELL_UNIT},
        {"3.5万元", wan, "3.5", CELL_WRITTEN_OTHERWISE},
        {"3.5元", yuan, "3.5", CELL_WRITTEN_OTHERWISE},
        {"12.34567亿", number, "1234567000", CELL_UNIT},
        {"80平方米", number, "80", CELL_UNIT},
        {"15%", number, "0.15", CELL_UNIT},
        {"-0.0", whole, "0", CELL_WRITTEN_OTHERWISE},
        {"一百", number, "", CELL_NOT_A_NUMBER},
        {"1-2", number, "", CELL_NOT_A_NUMBER},
        {"无", number, "", CELL_EMPTY_WORD},
        {"是", {.type = CELL_AS_BOOLEAN}, "true", CELL_BOOLEAN_WORD},
        {"n", {.type = CELL_AS_BOOLEAN}, "false", CELL_BOOLEAN_WORD},
        {"TRUE", {.type = CELL_AS_BOOLEAN}, "true", CELL_BOOLEAN_WORD},
        {"true", {.type = CELL_AS_BOOLEAN}, "true", CELL_NONE},
        {"0", {.type = CELL_AS_BOOLEAN}, "false", CELL_BOOLEAN_WORD},
        {"2", {.type = CELL_AS_BOOLEAN}, "", CELL_NOT_A_BOOLEAN},
    };
    check_cases(cases, COUNT(cases));
}

int main(void)
{
    RUN(test_text);
    RUN(test_formats);
    RUN(test_dates);
    RUN(test_numbers);
    return check_end();
}
