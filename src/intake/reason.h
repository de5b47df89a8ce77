/* Why a value or a row was refused, in the words of a clerk.  One table. */
#pragma once
#include "base/str.h"

/* code, dimension of GB/T 36344, Chinese, English */
/* clang-format off */
#define REASONS(X) \
    X(REQUIRED, COMPLETENESS, "必填项为空", "is required but empty") \
    X(TYPE, CONFORMITY, "不是要求的类型", "is not of the type asked for") \
    X(FORMAT, CONFORMITY, "格式不符合要求", "is not written as its format asks") \
    X(CODE, CONFORMITY, "不在代码表中", "is not in the code list") \
    X(ENUM, CONFORMITY, "不在允许的取值范围内", "is none of the allowed values") \
    X(LENGTH, CONFORMITY, "长度不符合要求", "is too short or too long") \
    X(PATTERN, CONFORMITY, "不符合规定的写法", "does not match the pattern") \
    X(RANGE, ACCURACY, "数值超出范围", "is out of range") \
    X(CHECK_DIGIT, ACCURACY, "校验码不正确", "has a wrong check digit") \
    X(SCIENTIFIC, ACCURACY, "被表格软件改成科学计数法，尾数已丢失，请从原始资料补回", "was turned into scientific notation by a spreadsheet; its last digits are lost and must come from the source") \
    X(ROUNDED, ACCURACY, "被表格软件舍入，第 15 位之后变成了 0，请从原始资料补回", "was rounded by a spreadsheet: digits past the 15th became 0 and must come from the source") \
    X(DATE_SERIAL, CONFORMITY, "日期被表格软件存成了序号", "is a date that a spreadsheet stored as a serial number") \
    X(DATE_FORM, CONFORMITY, "日期写法不规范", "is a date not written as YYYY-MM-DD") \
    X(DATE_IMPOSSIBLE, ACCURACY, "日期不存在或超出合理范围", "is a date that does not exist or cannot be") \
    X(TITLE_FOR_CODE, CONFORMITY, "填的是名称，应填代码", "is a name where its code is expected") \
    X(SWAPPED, CONSISTENCY, "疑似与另一列填反", "seems to be swapped with another column") \
    X(DUPLICATE, CONSISTENCY, "主键在同一文件中重复", "has a key that stands twice in this file") \
    X(CHECK, CONSISTENCY, "不符合核查规则", "fails a check") \
    X(GCJ02, ACCURACY, "坐标疑似 GCJ-02（火星坐标），偏移约 500 米", "seems to be a GCJ-02 coordinate, about 500 m off") \
    X(RAGGED, CONFORMITY, "本行列数与表头不一致", "has more or fewer cells than the header") \
    X(TEXT, CONFORMITY, "含有乱码或控制字符", "holds broken or control characters") \
    X(FORMULA, CONFORMITY, "以公式符号开头，可能是表格公式", "begins like a spreadsheet formula") \
    X(SCHEMA, CONFORMITY, "不符合数据集的规定", "does not satisfy the dataset's schema")

#define DIMENSIONS(X) \
    X(CONFORMITY, conformity) \
    X(COMPLETENESS, completeness) \
    X(ACCURACY, accuracy) \
    X(CONSISTENCY, consistency) \
    X(TIMELINESS, timeliness) \
    X(ACCESSIBILITY, accessibility)
/* clang-format on */

enum dimension {
#define X(name, text) DIMENSION_##name,
    DIMENSIONS(X)
#undef X
        DIMENSION_COUNT
};

enum reason {
    REASON_NONE,
#define X(name, dimension, zh, en) REASON_##name,
    REASONS(X)
#undef X
        REASON_COUNT
};

const char *reason_name(enum reason r); /* "CHECK_DIGIT" */
const char *reason_zh(enum reason r);
const char *reason_en(enum reason r);
enum dimension reason_dimension(enum reason r);
const char *dimension_name(enum dimension d);
enum dimension dimension_find(str name); /* DIMENSION_COUNT if there is none */
enum reason reason_find(str name);       /* REASON_NONE if there is none */
