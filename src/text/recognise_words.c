#include "text/recognise_impl.h"

/* Words that announce what follows, by their last character so that one look backwards does. */
static const struct {
    const char *word;
    enum label label;
} LABELS[] = {
    {"姓名", LABEL_NAME},      {"联系人", LABEL_NAME},     {"户主", LABEL_NAME},
    {"申请人", LABEL_NAME},    {"代表人", LABEL_NAME},     {"负责人", LABEL_NAME},
    {"经办人", LABEL_NAME},    {"监护人", LABEL_NAME},     {"承包人", LABEL_NAME},
    {"收件人", LABEL_NAME},    {"当事人", LABEL_NAME},     {"受益人", LABEL_NAME},
    {"被保险人", LABEL_NAME},  {"业主", LABEL_NAME},       {"患者", LABEL_NAME},
    {"配偶", LABEL_NAME},      {"电话", LABEL_PHONE},      {"手机", LABEL_PHONE},
    {"手机号", LABEL_PHONE},   {"座机", LABEL_PHONE},      {"传真", LABEL_PHONE},
    {"联系方式", LABEL_PHONE}, {"卡号", LABEL_CARD},       {"银行卡", LABEL_CARD},
    {"账号", LABEL_CARD},      {"帐号", LABEL_CARD},       {"账户", LABEL_CARD},
    {"护照", LABEL_PASSPORT},  {"护照号", LABEL_PASSPORT}, {"信用代码", LABEL_CODE},
    {"身份证", LABEL_ID},      {"身份证号", LABEL_ID},     {"身份号码", LABEL_ID},
    {"车牌", LABEL_PLATE},     {"车牌号", LABEL_PLATE},    {"号牌", LABEL_PLATE},
    {"地址", LABEL_ADDRESS},   {"住址", LABEL_ADDRESS},    {"住所", LABEL_ADDRESS},
    {"家住", LABEL_ADDRESS},   {"现住", LABEL_ADDRESS},    {"住在", LABEL_ADDRESS},
    {"位于", LABEL_ADDRESS},   {"订单", LABEL_ORDER},      {"订单号", LABEL_ORDER},
    {"流水", LABEL_ORDER},     {"流水号", LABEL_ORDER},    {"单号", LABEL_ORDER},
    {"编号", LABEL_ORDER},     {"交易", LABEL_ORDER},      {"金额", LABEL_ORDER},
    {"序号", LABEL_ORDER},     {"合同号", LABEL_ORDER},    {"发票", LABEL_ORDER},
    {"票号", LABEL_ORDER},     {"批次", LABEL_ORDER},      {"批次号", LABEL_ORDER},
    {"条码", LABEL_ORDER},     {"时间戳", LABEL_ORDER},    {"工号", LABEL_ORDER},
    {"文号", LABEL_ORDER},
};

/* The last characters of the table: most characters of a text are none of them. */
static bool may_end_label(uint32_t cp)
{
    switch (cp) {
    case U'名':
    case U'人':
    case U'主':
    case U'者':
    case U'偶':
    case U'话':
    case U'机':
    case U'号':
    case U'真':
    case U'式':
    case U'卡':
    case U'户':
    case U'照':
    case U'码':
    case U'证':
    case U'牌':
    case U'址':
    case U'所':
    case U'住':
    case U'在':
    case U'于':
    case U'单':
    case U'水':
    case U'易':
    case U'额':
    case U'票':
    case U'次':
    case U'戳':
        return true;
    default:
        return false;
    }
}

enum label recognise_label(str text, size_t end, uint32_t cp)
{
    enum label found = LABEL_NONE;
    size_t longest = 0;
    if (!may_end_label(cp))
        return LABEL_NONE;
    str before = str_slice(text, 0, end);
    for (size_t i = 0; i < COUNT(LABELS); i++) {
        str word = str_from(LABELS[i].word);
        if (word.n > longest && str_ends(before, word)) {
            longest = word.n;
            found = LABELS[i].label;
        }
    }
    return found;
}

enum label recognise_ascii_label(str word)
{
    static const struct {
        const char *word;
        enum label label;
    } words[] = {
        {"tel", LABEL_PHONE},   {"phone", LABEL_PHONE},       {"mobile", LABEL_PHONE},
        {"fax", LABEL_PHONE},   {"passport", LABEL_PASSPORT}, {"order", LABEL_ORDER},
        {"name", LABEL_NAME},   {"card", LABEL_CARD},         {"address", LABEL_ADDRESS},
        {"plate", LABEL_PLATE}, {"qq", LABEL_ORDER},          {"rmb", LABEL_ORDER},
    };
    for (size_t i = 0; i < COUNT(words); i++) {
        if (str_equal_nocase(word, str_from(words[i].word)))
            return words[i].label;
    }
    return LABEL_NONE;
}

/* The surnames of nearly all people (about 99 of 100), the frequent ones first. */
static const char SURNAMES[] =
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾萧肖田董潘袁蔡蒋余于杜叶程"
    "魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付傅方邹熊白孟秦邱侯江尹薛闫阎雷龙史陶贺毛段郝顾"
    "龚邵万覃武钱戴严莫孔向常汤康易乔赖文庞樊兰殷施洪翟安颜倪温牛芦葛俞章鲁毕季柯岳齐梅庄辛管祝"
    "左涂谷舒耿卜路詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柳闵"
    "房褚车解强柴华车仇佟邢滕宫柴应冉边蓝楼栾蒲尚祁沙卓冀郎桂郁虞宣嵇茅吉巫焦米嵇党桑濮费练";
static const char COMPOUND[] = "欧阳司马上官诸葛皇甫尉迟公孙慕容令狐东方夏侯司徒";

/* Words behind a label that begin with a surname and are no name. */
static const char *const NOT_NAMES[] = {
    "单位", "单号", "方式", "方法", "项目", "关系", "任职", "任何", "常住", "成员", "金额",
    "车牌", "管理", "应当", "应该", "应于", "应及", "应在", "包括", "向其", "向本", "于是",
    "关于", "安全", "安排", "解决", "查询", "成功", "成立", "卫生", "司机", "高级", "文件",
    "文书", "项下", "章程", "易地", "万元", "路过", "时间", "左右", "尚未", "强烈", "边界",
};
/* What may stand behind a name without a mark between. */
static const char *const BEHIND[] = {
    "电话", "手机", "身份", "住址", "地址", "住在", "现住", "家住", "性别", "联系",
    "同志", "先生", "女士", "护照", "银行", "卡号", "车牌", "账号", "户籍", "出生",
    "男",   "女",   "的",   "与",   "和",   "于",   "在",   "到",   "来",   "等",
    "已",   "称",   "说",   "将",   "向",   "申请", "办理", "反映", "提交", "表示",
};

static size_t starts_with_any(str s, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (str_starts(s, str_from(words[i])))
            return strlen(words[i]);
    }
    return 0;
}

/* Bytes of the surname in front; 0: none.  Steps are whole characters of three bytes. */
static size_t surname(str s)
{
    for (size_t i = 0; i + 6 < sizeof COMPOUND; i += 6) {
        if (s.n >= 6 && memcmp(s.p, COMPOUND + i, 6) == 0)
            return 6;
    }
    for (size_t i = 0; i + 3 < sizeof SURNAMES; i += 3) {
        if (s.n >= 3 && memcmp(s.p, SURNAMES + i, 3) == 0)
            return 3;
    }
    return 0;
}

static bool is_han(str s)
{
    if (s.n < 3)
        return false;
    uint32_t cp = utf8_take(&s);
    return cp >= 0x4e00 && cp <= 0x9fff;
}

size_t recognise_name(str text)
{
    size_t n = surname(text), given = 0;
    if (n == 0 || starts_with_any(text, NOT_NAMES, COUNT(NOT_NAMES)))
        return 0;
    for (; given <= 2; given++) {
        str rest = str_slice(text, n + given * 3, text.n);
        size_t alnum;
        if (!is_han(rest)) /* a letter or digit behind is no end: 张1 is a label of something */
            return given && !(rest.n && word_character(rest, 0, &alnum) && given == 0)
                       ? n + given * 3
                       : 0;
        if (starts_with_any(rest, BEHIND, COUNT(BEHIND)))
            return given ? n + given * 3 : 0;
    }
    return 0;
}
