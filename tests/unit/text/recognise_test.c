#include "text/recognise.h"

#include "base/buf.h"
#include "check.h"

/* "kind value, kind value" of all findings. */
static str all(struct buf *out, const char *text, const char *heading)
{
    struct recogniser r;
    struct finding f;
    buf_clear(out);
    recognise_begin(&r, str_from(text), str_from(heading));
    while (recognise_next(&r, &f)) {
        str value = str_slice(str_from(text), f.offset, f.offset + f.length);
        buf_add_format(out, "%s%s %.*s", out->n ? ", " : "", sensitive_name(f.kind),
                       STR_ARG(value));
    }
    return buf_str(out);
}

struct recognise_case {
    const char *text, *want, *heading;
};

static void run(const struct recognise_case *cases, size_t n)
{
    BUF_SCOPED struct buf out = {.max = 1 << 16};
    for (size_t i = 0; i < n; i++) {
        str got = all(&out, cases[i].text, cases[i].heading ? cases[i].heading : "");
        if (!str_is(got, cases[i].want))
            printf("# got: %.*s\n", STR_ARG(got));
        CHECK_NAMED(str_is(got, cases[i].want), cases[i].text);
    }
}

static void test_found(void)
{
    static const struct recognise_case cases[] = {
        {"身份证11010519491231002X。", "resident-id 11010519491231002X", NULL},
        {"11010519491231002x", "resident-id 11010519491231002x", NULL},
        {"号码１１０１０５１９４９１２３１００２Ｘ在册",
         "resident-id １１０１０５１９４９１２３１００２Ｘ", NULL},
        {"代码 91350100M000100Y43", "uscc 91350100M000100Y43", NULL},
        {"请拨打13800138000联系", "mobile 13800138000", NULL},
        {"电话：138-0013-8000", "mobile 138-0013-8000", NULL},
        {"+86 138 0013 8000", "mobile +86 138 0013 8000", NULL},
        {"拨打+8613800138000", "mobile +8613800138000", NULL},
        {"身份证110105 19491231 002X", "resident-id 110105 19491231 002X", NULL},
        {"姓　　名：王小明", "name 王小明", NULL},
        {"姓 名 王小明", "name 王小明", NULL},
        {"报警人王小明（13800138000）称", "name 王小明, mobile 13800138000", NULL},
        {"皖B-7619学", "plate 皖B-7619学", NULL},
        {"申请人：王小明，住德清县新市镇永安街12号2单元1331。",
         "name 王小明, address 德清县新市镇永安街12号2单元1331", NULL},
        {"１３８００１３８０００", "mobile １３８００１３８０００", NULL},
        {"传真0572-8062000-801", "landline 0572-8062000-801", NULL},
        {"（0572）8062000", "landline （0572）8062000", NULL},
        {"8062000", "landline 8062000", "联系电话"},
        {"车牌浙E12345", "plate 浙E12345", NULL},
        {"浙E·12345和浙ED12345", "plate 浙E·12345, plate 浙ED12345", NULL},
        {"挂车浙E1234挂", "plate 浙E1234挂", NULL},
        {"卡号6222 0212 3456 7890 128", "bank-card 6222 0212 3456 7890 128", NULL},
        {"6222021234567890128", "bank-card 6222021234567890128", NULL},
        {"护照号E12345678", "passport E12345678", NULL},
        {"住址：浙江省湖州市德清县武康街道中兴南路88号3幢502室，电话无",
         "address 浙江省湖州市德清县武康街道中兴南路88号3幢502室", NULL},
        {"家住阳光小区3幢2单元501室", "address 阳光小区3幢2单元501室", NULL},
        {"北京市海淀区丹棱街6号中关村金融大厦529", "address 北京市海淀区丹棱街6号中关村金融大厦529",
         NULL},
        {"德清县永安街5号卡6222 0212 3456 7890 128",
         "address 德清县永安街5号, bank-card 6222 0212 3456 7890 128", NULL},
        {"德清县永安街5号联系人王伟", "address 德清县永安街5号, name 王伟", NULL},
        {"姓名：张三丰，男", "name 张三丰", NULL},
        {"联系人欧阳修电话13800138000", "name 欧阳修, mobile 13800138000", NULL},
        {"户主李四、王五", "name 李四, name 王五", NULL},
        {"张三", "name 张三", "姓名"},
        {"仝明", "name 仝明", "联系人姓名"},
        {"申请人王向东", "name 王向东", NULL},
        {"申请人王伟于上月", "name 王伟", NULL},
    };
    run(cases, COUNT(cases));
}

static void test_near_misses(void)
{
    static const struct recognise_case cases[] = {
        {"110105194912310021", "", NULL},  /* check digit */
        {"11010519490231002X", "", NULL},  /* 31 February */
        {"A11010519491231002X", "", NULL}, /* touches a letter */
        {"11010519491231002X1", "", NULL}, /* touches a digit */
        {"91350100M000100Y44", "", NULL},  /* check digit */
        {"订单号13800138000", "", NULL},   /* an order */
        {"13800138000.00", "", NULL},      /* amounts */
        {"￥13800138000", "", NULL},
        {"13800138000元", "", NULL},
        {"1700000000000", "", NULL},  /* milliseconds */
        {"20240101123045", "", NULL}, /* a time */
        {"2024-01-01 12:30:45", "", NULL},
        {"12800138000", "", NULL},
        {"138001380001", "", NULL},
        {"6222021234567890129", "", NULL}, /* Luhn */
        {"流水号6222021234567890128", "", NULL},
        {"8062000", "", NULL},
        {"E12345678", "", NULL}, /* no context */
        {"浙EI2345", "", NULL},
        {"浙A级景区", "", NULL},
        {"浙ICP备12345678号", "", NULL},
        {"全市道路改造第12号文件", "", NULL},
        {"联系人应当提供", "", NULL},
        {"法人单位名称", "", NULL},
        {"申请人须知", "", NULL},
        {"张三丰", "", NULL},
        {"父子", "", "与户主关系"},
        {"德清县", "", "name"},
        {"设备码13800138000", "", NULL},
        {"乾元镇直街改造2号标段", "", NULL},
        {"2eb8aa08-aa98-11ea-b4aa-73b441d16380", "", NULL},
        {"", "", NULL},
    };
    run(cases, COUNT(cases));
}

/* Findings lie in the text, whatever the bytes; work grows with the length alone. */
static void test_hostile(void)
{
    BUF_SCOPED struct buf text = {.max = 8 << 20};
    static const char *const pieces[] = {"1-",    "姓名",     "浙E", "区",
                                         "1234 ", "\xef\xbc", "3号", "欧"};
    for (size_t i = 0; i < COUNT(pieces); i++) {
        struct recogniser r;
        struct finding f;
        size_t end = 0;
        buf_clear(&text);
        while (text.n < 1 << 20)
            buf_add(&text, str_from(pieces[i]));
        recognise_begin(&r, buf_str(&text), STR(""));
        while (recognise_next(&r, &f)) {
            CHECK_NAMED(f.length && f.offset + f.length <= text.n, pieces[i]);
            CHECK_NAMED(f.offset + f.length >= end, pieces[i]);
            end = f.offset + f.length;
        }
        CHECK_NAMED(r.at == text.n, pieces[i]);
    }
}

int main(void)
{
    RUN(test_found);
    RUN(test_near_misses);
    RUN(test_hostile);
    return check_end();
}
