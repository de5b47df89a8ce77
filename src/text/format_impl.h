/* The checks of the format table, one family a file. */
#pragma once
#include "text/format.h"

/* name in C, name, Chinese, English */
#define FORMATS_STANDARD(X)                                                                        \
    X(date, "date", "日期", "date")                                                                \
    X(time, "time", "时间", "time")                                                                \
    X(date_time, "date-time", "日期时间", "date and time")                                         \
    X(duration, "duration", "时长", "duration")                                                    \
    X(email, "email", "电子邮箱", "e-mail address")                                                \
    X(idn_email, "idn-email", "国际化电子邮箱", "internationalised e-mail address")                \
    X(hostname, "hostname", "主机名", "host name")                                                 \
    X(idn_hostname, "idn-hostname", "国际化主机名", "internationalised host name")                 \
    X(ipv4, "ipv4", "IPv4 地址", "IPv4 address")                                                   \
    X(ipv6, "ipv6", "IPv6 地址", "IPv6 address")                                                   \
    X(uri, "uri", "网址", "URI")                                                                   \
    X(uri_reference, "uri-reference", "网址引用", "URI reference")                                 \
    X(iri, "iri", "国际化网址", "IRI")                                                             \
    X(iri_reference, "iri-reference", "国际化网址引用", "IRI reference")                           \
    X(uri_template, "uri-template", "网址模板", "URI template")                                    \
    X(json_pointer, "json-pointer", "JSON 指针", "JSON pointer")                                   \
    X(relative_json_pointer, "relative-json-pointer", "相对 JSON 指针", "relative JSON pointer")   \
    X(regex, "regex", "正则表达式", "regular expression")                                          \
    X(uuid, "uuid", "UUID", "UUID")

#define FORMATS_CHINESE(X)                                                                         \
    X(resident_id, "resident-id", "公民身份号码", "resident identity number")                      \
    X(uscc, "uscc", "统一社会信用代码", "unified social credit code")                              \
    X(org_code, "org-code", "组织机构代码", "organisation code")                                   \
    X(division_code, "division-code", "行政区划代码", "division code")                             \
    X(mobile_cn, "mobile-cn", "手机号码", "mobile number")                                         \
    X(phone_cn, "phone-cn", "电话号码", "telephone number")                                        \
    X(plate_cn, "plate-cn", "机动车号牌", "number plate")                                          \
    X(vin, "vin", "车辆识别代号", "vehicle identification number")                                 \
    X(postcode_cn, "postcode-cn", "邮政编码", "postcode")                                          \
    X(bank_card, "bank-card", "银行卡号", "bank card number")                                      \
    X(parcel_code, "parcel-code", "宗地代码或不动产单元号", "land parcel or real estate unit code")

#define X(c_name, name, zh, en)                                                                    \
    enum format_reason format_check_##c_name(str s, struct format_advice *advice);
FORMATS_STANDARD(X)
FORMATS_CHINESE(X)
#undef X

/* Shared small things. */
static inline bool format_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool format_is_digits(str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!format_is_digit(s.p[i]))
            return false;
    }
    return s.n > 0;
}

/* Decimal digits from..to as a number; they were checked to be digits, at most nine. */
static inline int format_number(str s, size_t from, size_t to)
{
    int n = 0;
    for (size_t i = from; i < to; i++)
        n = n * 10 + (s.p[i] - '0');
    return n;
}
