#include "text/recognise_impl.h"

/* Words that announce what follows, by their last character so that one look backwards does. */
#define WORD(text, label)                                                                          \
    {                                                                                              \
        text, sizeof(text) - 1, LABEL_##label                                                      \
    }
static const struct {
    const char *word;
    size_t n;
    enum label label;
} LABELS[] = {
    WORD("姓名", NAME),       WORD("联系人", NAME),    WORD("户主", NAME),
    WORD("申请人", NAME),     WORD("代表人", NAME),    WORD("负责人", NAME),
    WORD("经办人", NAME),     WORD("监护人", NAME),    WORD("承包人", NAME),
    WORD("收件人", NAME),     WORD("当事人", NAME),    WORD("受益人", NAME),
    WORD("被保险人", NAME),   WORD("业主", NAME),      WORD("患者", NAME),
    WORD("报警人", NAME),     WORD("报告人", NAME),    WORD("举报人", NAME),
    WORD("投诉人", NAME),     WORD("来访人", NAME),    WORD("信访人", NAME),
    WORD("委托人", NAME),     WORD("受托人", NAME),    WORD("承租人", NAME),
    WORD("出租人", NAME),     WORD("产权人", NAME),    WORD("权利人", NAME),
    WORD("嫌疑人", NAME),     WORD("被告人", NAME),    WORD("证人", NAME),
    WORD("收款人", NAME),     WORD("付款人", NAME),    WORD("持卡人", NAME),
    WORD("寄件人", NAME),     WORD("签收人", NAME),    WORD("投保人", NAME),
    WORD("法人", NAME),       WORD("车主", NAME),      WORD("死者", NAME),
    WORD("伤者", NAME),       WORD("驾驶员", NAME),    WORD("房东", NAME),
    WORD("配偶", NAME),       WORD("本人", NAME),      WORD("电话", PHONE),
    WORD("手机", PHONE),      WORD("手机号", PHONE),   WORD("手机号码", PHONE),
    WORD("电话号码", PHONE),  WORD("联系号码", PHONE), WORD("护照号码", PASSPORT),
    WORD("车牌号码", PLATE),  WORD("号牌号码", PLATE), WORD("银行卡号", CARD),
    WORD("银行卡号码", CARD), WORD("银行账号", CARD),  WORD("身份证号码", ID),
    WORD("座机", PHONE),      WORD("传真", PHONE),     WORD("联系方式", PHONE),
    WORD("卡号", CARD),       WORD("银行卡", CARD),    WORD("账号", CARD),
    WORD("帐号", CARD),       WORD("账户", CARD),      WORD("护照", PASSPORT),
    WORD("护照号", PASSPORT), WORD("信用代码", CODE),  WORD("身份证", ID),
    WORD("身份证号", ID),     WORD("身份号码", ID),    WORD("车牌", PLATE),
    WORD("车牌号", PLATE),    WORD("号牌", PLATE),     WORD("地址", ADDRESS),
    WORD("住址", ADDRESS),    WORD("住所", ADDRESS),   WORD("家住", ADDRESS),
    WORD("现住", ADDRESS),    WORD("住在", ADDRESS),   WORD("位于", ADDRESS),
    WORD("订单", ORDER),      WORD("订单号", ORDER),   WORD("流水", ORDER),
    WORD("流水号", ORDER),    WORD("单号", ORDER),     WORD("编号", ORDER),
    WORD("交易", ORDER),      WORD("金额", ORDER),     WORD("序号", ORDER),
    WORD("合同号", ORDER),    WORD("发票", ORDER),     WORD("票号", ORDER),
    WORD("批次", ORDER),      WORD("批次号", ORDER),   WORD("条码", ORDER),
    WORD("时间戳", ORDER),    WORD("工号", ORDER),     WORD("文号", ORDER),
};
#undef WORD

/* The last characters of the table: most characters of a text are none of them. */
static bool may_end_label(uint32_t cp)
{
    switch (cp) {
    case U'名':
    case U'人':
    case U'主':
    case U'者':
    case U'偶':
    case U'员':
    case U'东':
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

/* 姓　名, 身 份 证 号: forms part the characters of a label with blanks.  The last of them, put
 * together in out; empty when there is no blank in front of the last. */
static str without_blanks(str text, size_t end, char *out, size_t room)
{
    size_t at = end, n = room, blanks = 0;
    while (at >= 3 && n >= 3 && blanks < 12) {
        if (text.p[at - 1] == ' ') {
            at--;
            blanks++;
        } else if (memcmp(text.p + at - 3, "\xe3\x80\x80", 3) == 0) {
            at -= 3;
            blanks++;
        } else if ((unsigned char)text.p[at - 3] >= 0xe4) {
            at -= 3;
            n -= 3;
            memcpy(out + n, text.p + at, 3);
        } else {
            break;
        }
        if (blanks == 0 && room - n > 3)
            break;
    }
    return blanks ? (str){out + n, room - n} : (str){0};
}

enum label recognise_label(str text, size_t end, uint32_t cp)
{
    enum label found = LABEL_NONE;
    size_t longest = 0;
    if (!may_end_label(cp))
        return LABEL_NONE;
    char room[24];
    bool is_parted = end >= 4 && (text.p[end - 4] == ' ' ||
                                  (end >= 6 && memcmp(text.p + end - 6, "\xe3\x80\x80", 3) == 0));
    str whole = is_parted ? without_blanks(text, end, room, sizeof room) : (str){0};
    if (whole.n) {
        text = whole;
        end = text.n;
    }
    const char *last = text.p + end;
    for (size_t i = 0; i < COUNT(LABELS); i++) {
        const char *word = LABELS[i].word;
        size_t n = LABELS[i].n;
        if (n > longest && n <= end && memcmp(last - 3, word + n - 3, 3) == 0 &&
            memcmp(last - n, word, n) == 0) {
            longest = n;
            found = LABELS[i].label;
        }
    }
    /* 参考号, 设备码: a number of some register that is not known. */
    return found ? found : cp == U'号' || cp == U'码' ? LABEL_ORDER : LABEL_NONE;
}

enum label recognise_ascii_label(str word)
{
    static const struct {
        const char *word;
        enum label label;
    } words[] = {
        {"tel", LABEL_PHONE}, {"phone", LABEL_PHONE},       {"mobile", LABEL_PHONE},
        {"fax", LABEL_PHONE}, {"passport", LABEL_PASSPORT}, {"order", LABEL_ORDER},
        {"card", LABEL_CARD}, {"address", LABEL_ADDRESS},   {"plate", LABEL_PLATE},
        {"qq", LABEL_ORDER},  {"rmb", LABEL_ORDER},
    };
    for (size_t i = 0; i < COUNT(words); i++) {
        if (str_equal_nocase(word, str_from(words[i].word)))
            return words[i].label;
    }
    return LABEL_NONE;
}

/* Frequent surnames, the most frequent first. */
static const char SURNAMES[] =
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾萧肖田董潘袁蔡蒋余于杜叶程"
    "魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付傅方邹熊白孟秦邱侯江尹薛闫阎雷龙史陶贺毛段郝顾"
    "龚邵万覃武钱戴严莫孔向常汤康易乔赖文庞樊兰殷施洪翟安颜倪温牛芦葛俞章鲁毕季柯岳齐梅庄辛管祝"
    "左涂谷舒耿卜路詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍占晏冼闻揭楚鞠位覃霍翁隋植甘景薄单包"
    "司柏宁柳闵"
    "房褚车解强柴华车仇佟邢滕宫柴应冉边蓝楼栾蒲尚祁沙卓冀郎桂郁虞宣嵇茅吉巫焦米嵇党桑濮费练";
static const char COMPOUND[] = "欧阳司马上官诸葛皇甫尉迟公孙慕容令狐东方夏侯司徒";

/* Words behind a label that begin with a surname and are no name. */
static const char *const NOT_NAMES[] = {
    "单位", "单号", "方式", "方法", "项目", "关系", "任职", "任何", "常住", "成员", "金额",
    "车牌", "管理", "应当", "应该", "应于", "应及", "应在", "包括", "向其", "向本", "于是",
    "关于", "安全", "安排", "解决", "查询", "成功", "成立", "卫生", "司机", "高级", "文件",
    "文书", "项下", "章程", "易地", "万元", "路过", "时间", "左右", "尚未", "强烈", "边界",
    "成年", "单独", "金融", "方代", "计划", "安置", "相关", "满意", "和其",
};
/* What may stand behind a name without a mark between. */
static const char *const BEHIND[] = {
    "电话", "手机", "身份", "住址", "地址", "住在", "现住", "家住", "性别", "联系", "同志",
    "先生", "女士", "护照", "银行", "卡号", "车牌", "账号", "户籍", "出生", "男",   "女",
    "的",   "与",   "和",   "于",   "在",   "到",   "来",   "等",   "已",   "称",   "说",
    "将",   "向",   "申请", "办理", "反映", "提交", "表示", "核实", "审核", "住院", "承诺",
    "签字", "确认", "来电", "要求", "咨询", "投诉", "报告",
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

/* What ends a name: the end of the text, a mark, a digit, or a word that follows names. */
static bool is_behind(str rest)
{
    return !is_han(rest) || starts_with_any(rest, BEHIND, COUNT(BEHIND));
}

/* The longer name first: 王向东 before 王 + 向. */
size_t recognise_name(str text)
{
    static const char *const never[] = {"的", "等", "与", "及", "、"};
    size_t n = surname(text), whole = 0;
    if (n == 0 || starts_with_any(text, NOT_NAMES, COUNT(NOT_NAMES)))
        return 0;
    for (size_t given = 1; given <= 2; given++) {
        str last = str_slice(text, n + (given - 1) * 3, text.n);
        if (!is_han(last) || starts_with_any(last, never, COUNT(never)))
            break;
        if (is_behind(str_slice(last, 3, last.n)))
            whole = n + given * 3;
    }
    return whole;
}

size_t recognise_whole_name(str text)
{
    size_t n = 0;
    while (n < text.n && is_han(str_slice(text, n, text.n)))
        n += 3;
    return n == text.n && n >= 6 && n <= 12 && !starts_with_any(text, NOT_NAMES, COUNT(NOT_NAMES))
               ? n
               : 0;
}
