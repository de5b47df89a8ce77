#include "rules/version.h"

#include "base/date.h"

const struct rule_model *rule_model_find(struct cx *cx, str id)
{
    const struct rule_model *r = map_find(&cx->registry->rules, id);
    if (!r) {
        err_set(cx->err, ERR_MISSING, "there is no rule \"%.*s\"", STR_ARG(utf8_clip(id, 60)));
        err_zh(cx->err, "没有名为“%.*s”的规则", STR_ARG(utf8_clip(id, 60)));
    }
    return r;
}

/* Rights speak of datasets; a rule is as if it were one of its package's owner. */
bool rule_may(struct cx *cx, const struct rule_model *r, const char *verb)
{
    const struct dataset as = {.id = r->id, .owner = json_text(r->package->app, "owner", STR(""))};
    return identity_may(cx, verb, &as);
}

bool rule_text_read(struct cx *cx, str text, const char *at, const struct dmn_package **model)
{
    const struct dmn_package *p = dmn_parse(cx->arena, text, cx->err);
    if (!p) {
        /* whatever the reader thought */
        cx->err->code = cx->err->code == ERR_LIMIT ? ERR_LIMIT : ERR_INVALID;
        return err_at(cx->err, "%s", at);
    }
    if (p->problem_count) {
        const struct dmn_problem *first = &p->problems[0];
        err_set(cx->err, ERR_INVALID, "the model has %zu problem(s); line %u, %.*s: %.*s",
                p->problem_count, first->line, STR_ARG(utf8_clip(first->element, 60)),
                STR_ARG(utf8_clip(first->message, 100)));
        err_zh(cx->err, "模型有 %zu 处问题；第 %u 行，%.*s：%.*s", p->problem_count, first->line,
               STR_ARG(utf8_clip(first->element, 60)), STR_ARG(utf8_clip(first->message, 100)));
        return err_at(cx->err, "%s", at);
    }
    *model = p;
    return true;
}

static void set_package(const struct rule_model *r, struct rule_version *v)
{
    *v = (struct rule_version){0, r->digest, r->text, r->model};
}

static bool load_text(struct cx *cx, const struct rows *rows, struct rule_version *v)
{
    *v = (struct rule_version){.version = rows_int(rows, 0, 0),
                               .digest = rows_text(rows, 0, 1),
                               .text = rows_text(rows, 0, 2)};
    return rule_text_read(cx, v->text, "/version", &v->model);
}

bool rule_version_on(struct cx *cx, const struct rule_model *r, int32_t day, struct rule_version *v)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select v.version, s.digest, s.text from shuzhi.rule_version v join shuzhi.rule_save s"
            " using (rule, version, revision) where v.rule = $1 and v.state = 'approved'"
            " and v.in_force_from <= date '1970-01-01' + $2::int"
            " order by v.in_force_from desc, v.decided_at desc, v.version desc limit 1",
            P(r->id), P_INT(cx->arena, day)))
        return false;
    if (rows.n)
        return load_text(cx, &rows, v);
    set_package(r, v);
    return true;
}

bool rule_version_load(struct cx *cx, const struct rule_model *r, int64_t version,
                       struct rule_version *v)
{
    struct rows rows = {0};
    if (version == 0) {
        set_package(r, v);
        return true;
    }
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select v.version, s.digest, s.text from shuzhi.rule_version v join shuzhi.rule_save s"
            " using (rule, version, revision) where v.rule = $1 and v.version = $2::bigint",
            P(r->id), P_INT(cx->arena, version)))
        return false;
    if (rows.n)
        return load_text(cx, &rows, v);
    err_set(cx->err, ERR_MISSING, "%.*s has no version %lld", STR_ARG(r->id), (long long)version);
    return err_zh(cx->err, "规则没有第 %lld 版", (long long)version);
}

static bool require_seen(struct cx *cx, const struct rule_model *r, int64_t version)
{
    struct rows rows;
    if (rule_may(cx, r, "draft") || rule_may(cx, r, "approve"))
        return true;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select 1 from shuzhi.rule_version where rule = $1 and version = $2::bigint and state "
            "<> 'approved'",
            P(r->id), P_INT(cx->arena, version)))
        return false;
    if (rows.n == 0)
        return true;
    err_set(cx->err, ERR_DENIED, "version %lld is not approved: only its owner sees it",
            (long long)version);
    return err_zh(cx->err, "第 %lld 版尚未批准，只有主管单位可以查看", (long long)version);
}

bool rule_version_asked(struct cx *cx, const struct rule_model *r, const struct json *body,
                        struct rule_version *v)
{
    const struct json *version = json_find(body, "version"), *date = json_find(body, "date");
    int64_t n;
    int32_t day = date_today_china();
    if (version && version->type != JSON_NULL) {
        if (version->type != JSON_NUMBER || !str_to_int64(version->text, &n) || n < 0) {
            err_set(cx->err, ERR_INVALID, "version is a whole number, 0 for the package's file");
            return err_at(cx->err, "/version");
        }
        return require_seen(cx, r, n) && rule_version_load(cx, r, n, v);
    }
    if (date && date->type != JSON_NULL &&
        (date->type != JSON_STRING || !date_parse(date->text, &day))) {
        err_set(cx->err, ERR_INVALID, "date is a day: 2026-01-31");
        return err_at(cx->err, "/date");
    }
    return rule_version_on(cx, r, day, v);
}
