/* Violations in words. */
#include "text/schema_impl.h"

/* keyword, Chinese, English.  %v stands for the keyword's value, %n for the name. */
static const struct {
    const char *keyword, *zh, *en;
} SENTENCES[] = {
    {"false", "此处不允许有值", "no value is allowed here"},
    {"type", "类型应为%v", "must be of type %v"},
    {"const", "只能是%v", "must be %v"},
    {"enum", "不在允许的取值之内：%v", "is none of the values allowed: %v"},
    {"minimum", "不能小于 %v", "must not be less than %v"},
    {"maximum", "不能大于 %v", "must not be more than %v"},
    {"exclusiveMinimum", "必须大于 %v", "must be more than %v"},
    {"exclusiveMaximum", "必须小于 %v", "must be less than %v"},
    {"multipleOf", "应为 %v 的倍数", "must be a multiple of %v"},
    {"minLength", "至少 %v 个字符", "must have at least %v characters"},
    {"maxLength", "最多 %v 个字符", "must have at most %v characters"},
    {"pattern", "不符合要求的写法 %v", "does not match the pattern %v"},
    {"minItems", "至少 %v 项", "must have at least %v items"},
    {"maxItems", "最多 %v 项", "must have at most %v items"},
    {"uniqueItems", "有重复的项", "has two equal items"},
    {"contains", "没有符合要求的项", "has no item of the kind asked for"},
    {"minContains", "符合要求的项至少 %v 个", "must have at least %v items of the kind asked for"},
    {"maxContains", "符合要求的项最多 %v 个", "must have at most %v items of the kind asked for"},
    {"required", "缺少必填项“%n”", "the member \"%n\" is missing"},
    {"dependentRequired", "还须填写“%n”", "the member \"%n\" must be there too"},
    {"dependencies", "还须填写“%n”", "the member \"%n\" must be there too"},
    {"minProperties", "至少 %v 个字段", "must have at least %v members"},
    {"maxProperties", "最多 %v 个字段", "must have at most %v members"},
    {"additionalProperties", "多出未定义的字段“%n”", "the member \"%n\" is not known here"},
    {"unevaluatedProperties", "多出未定义的字段“%n”", "the member \"%n\" is not known here"},
    {"unevaluatedItems", "多出的项", "is an item too many"},
    {"anyOf", "不符合任何一种允许的形式", "fits none of the alternatives"},
    {"oneOf", "须恰好符合一种允许的形式", "must fit exactly one of the alternatives"},
    {"not", "属于不允许的情形", "is of a kind that is not allowed"},
    {"$ref", "定义循环引用，无法检查", "cannot be checked: the schema refers to itself"},
};

static void add_value(struct buf *out, const struct json *v)
{
    if (v && v->type == JSON_STRING)
        buf_add(out, v->text);
    else if (v)
        json_write(out, v);
}

static void fill_in(struct buf *out, const char *sentence, const struct schema_violation *v)
{
    for (const char *p = sentence; *p; p++) {
        if (p[0] == '%' && p[1] == 'n') {
            buf_add(out, v->name);
            p++;
        } else if (p[0] == '%' && p[1] == 'v') {
            add_value(out, json_find(v->schema, v->keyword));
            p++;
        } else {
            buf_add_char(out, *p);
        }
    }
}

static void explain(struct buf *out, const struct schema_violation *v, bool is_zh)
{
    if (strcmp(v->keyword, "format") == 0) {
        const struct format *f = format_find(v->name);
        bool has_advice = v->advice.suggestion[0] != 0;
        if (is_zh)
            buf_add_format(out, "%s%s%s%s", f ? f->title_zh : "", format_reason_zh(v->reason),
                           has_advice ? "，应为 " : "", v->advice.suggestion);
        else
            buf_add_format(out, "the %s %s%s%s", f ? f->title_en : "value",
                           format_reason_en(v->reason), has_advice ? ": should it be " : "",
                           v->advice.suggestion);
        if (!is_zh && has_advice)
            buf_add_char(out, '?');
        return;
    }
    for (size_t i = 0; i < COUNT(SENTENCES); i++) {
        if (strcmp(SENTENCES[i].keyword, v->keyword) == 0) {
            fill_in(out, is_zh ? SENTENCES[i].zh : SENTENCES[i].en, v);
            return;
        }
    }
    buf_add_format(out, is_zh ? "不符合“%s”" : "violates \"%s\"", v->keyword);
}

void schema_explain_zh(struct buf *out, const struct schema_violation *v)
{
    explain(out, v, true);
}

void schema_explain_en(struct buf *out, const struct schema_violation *v)
{
    explain(out, v, false);
}
