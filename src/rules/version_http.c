/* Drafts of decision models: saved, compared, submitted, decided by a second person, in force from
 * a day. */
#include "rules/version.h"

#include "access/catalogue.h"
#include "audit/audit.h"
#include "base/date.h"
#include "base/digest.h"
#include "rules/rules_http.h"

enum { MAX_NOTE = 1000 };

struct draft { /* a version, locked */
    const struct rule_model *rule;
    int64_t version, base, revision;
    str state;
};

static bool require(struct cx *cx, const struct rule_model *r, const char *verb)
{
    if (rule_may(cx, r, verb))
        return true;
    err_set(cx->err, ERR_DENIED, "no role of yours gives \"%s\" on %.*s", verb, STR_ARG(r->id));
    return err_zh(cx->err, "您的岗位没有对这条规则的“%s”权限", verb);
}

/* A save waits for the one before it: versions are numbered without gaps. */
static bool lock_rule(struct cx *cx, const struct rule_model *r)
{
    return DB(cx->db, cx->arena, NULL, cx->err, "select pg_advisory_xact_lock(83304, hashtext($1))",
              P(r->id));
}

static bool enter(struct cx *cx, const struct request *rq, const char *verb, struct draft *d)
{
    struct rows rows = {0};
    int64_t version;
    d->rule = rule_model_find(cx, rq->parts[0]);
    if (!d->rule || !require(cx, d->rule, verb) || !lock_rule(cx, d->rule))
        return false;
    bool is_number = str_to_int64(rq->parts[1], &version);
    if (is_number &&
        !DB(cx->db, cx->arena, &rows, cx->err,
            "select version, base, revision, state from shuzhi.rule_version where rule = $1 and "
            "version = $2::bigint",
            P(d->rule->id), P_INT(cx->arena, version)))
        return false;
    if (rows.n == 0) {
        err_set(cx->err, ERR_MISSING, "%.*s has no version \"%.*s\" that can be changed",
                STR_ARG(d->rule->id), STR_ARG(utf8_clip(rq->parts[1], 20)));
        return err_zh(cx->err, "规则没有可以改动的第 %.*s 版",
                      STR_ARG(utf8_clip(rq->parts[1], 20)));
    }
    d->version = rows_int(&rows, 0, 0);
    d->base = rows_int(&rows, 0, 1);
    d->revision = rows_int(&rows, 0, 2);
    d->state = rows_text(&rows, 0, 3);
    return true;
}

static bool require_state(struct cx *cx, const struct draft *d, const char *state)
{
    if (str_is(d->state, state))
        return true;
    err_set(cx->err, ERR_CONFLICT, "version %lld is %.*s, not %s", (long long)d->version,
            STR_ARG(d->state), state);
    return err_zh(cx->err, "第 %lld 版的状态已经改变，请刷新后再看", (long long)d->version);
}

/* What was approved last, in force already or to be. */
static bool require_base(struct cx *cx, const struct rule_model *r, int64_t base)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select version from shuzhi.rule_version where rule = $1 and state = 'approved' order "
            "by decided_at desc, version desc limit 1",
            P(r->id)))
        return false;
    int64_t latest = rows.n ? rows_int(&rows, 0, 0) : 0;
    if (latest == base)
        return true;
    err_set(cx->err, ERR_CONFLICT,
            "the draft was made from version %lld, but version %lld has been approved since: make "
            "the change on that one",
            (long long)base, (long long)latest);
    return err_zh(cx->err, "草稿是从第 %lld 版改的，此后已批准第 %lld 版，请在新版上重改",
                  (long long)base, (long long)latest);
}

static bool take_text(struct cx *cx, const struct json *body, str *text, str *note)
{
    const struct dmn_package *model;
    *text = json_text(body, "text", STR(""));
    *note = str_trim(json_text(body, "note", STR("")));
    if (note->n == 0 || note->n > MAX_NOTE) {
        err_set(cx->err, ERR_INVALID, "note is missing: what was changed and why, at most %d bytes",
                MAX_NOTE);
        err_zh(cx->err, "请写明改了什么、为什么（不超过 %d 字节）", MAX_NOTE);
        return err_at(cx->err, "/note");
    }
    return rule_text_read(cx, *text, "/text", &model);
}

static bool add_save(struct cx *cx, const struct rule_model *r, int64_t version, int64_t revision,
                     str text, str note)
{
    return DB(cx->db, cx->arena, NULL, cx->err,
              "insert into shuzhi.rule_save (rule, version, revision, text, digest, note, login)"
              " values ($1, $2, $3, $4, $5, $6, $7)",
              P(r->id), P_INT(cx->arena, version), P_INT(cx->arena, revision), P(text),
              P(digest_hex(cx->arena, text)), P(note), P(cx->actor->login));
}

static void write_done(struct response *rs, const char *state, int64_t version, int64_t revision)
{
    buf_add_format(&rs->body, "{\"version\":%lld,\"revision\":%lld,\"state\":\"%s\"}",
                   (long long)version, (long long)revision, state);
}

static bool post_version(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct rows rows;
    str text, note;
    const struct rule_model *r = rule_model_find(cx, rq->parts[0]);
    if (!r || !require(cx, r, "draft") || !request_json(rq, &body, cx->err) ||
        !take_text(cx, &body, &text, &note) || !lock_rule(cx, r) ||
        !require_base(cx, r, json_int(&body, "base", -1)) ||
        !DB(cx->db, cx->arena, &rows, cx->err,
            "insert into shuzhi.rule_version (rule, version, base, author) select $1,"
            " coalesce(max(version), 0) + 1, $2::int, $3 from shuzhi.rule_version where rule = $1"
            " returning version",
            P(r->id), P_INT(cx->arena, json_int(&body, "base", -1)), P(cx->actor->login)) ||
        !add_save(cx, r, rows_int(&rows, 0, 0), 1, text, note))
        return false;
    rs->status = 201;
    write_done(rs, "draft", rows_int(&rows, 0, 0), 1);
    return true;
}

static bool conflict(struct cx *cx, const struct draft *d)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select login, to_char(at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI') from "
            "shuzhi.rule_save where rule = $1 and version = $2 and revision = $3",
            P(d->rule->id), P_INT(cx->arena, d->version), P_INT(cx->arena, d->revision)))
        return false;
    str who = rows_text(&rows, 0, 0), at = rows_text(&rows, 0, 1);
    err_set(cx->err, ERR_CONFLICT,
            "%.*s saved revision %lld of this draft at %.*s: look at it, then save again over that "
            "revision, or save yours as a draft of its own",
            STR_ARG(who), (long long)d->revision, STR_ARG(at));
    return err_zh(cx->err,
                  "%.*s 已于 %.*s 保存了这份草稿（第 %lld 次）。请先看过再保存，或另存为新草稿；您"
                  "的改动还在本页",
                  STR_ARG(who), STR_ARG(at), (long long)d->revision);
}

static bool put_version(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct draft d;
    str text, note;
    if (!request_json(rq, &body, cx->err) || !enter(cx, rq, "draft", &d) ||
        !require_state(cx, &d, "draft") || !take_text(cx, &body, &text, &note))
        return false;
    if (json_int(&body, "revision", 0) != d.revision)
        return conflict(cx, &d);
    if (!add_save(cx, d.rule, d.version, d.revision + 1, text, note) ||
        !DB(cx->db, cx->arena, NULL, cx->err,
            "update shuzhi.rule_version set revision = revision + 1 where rule = $1 and version = "
            "$2",
            P(d.rule->id), P_INT(cx->arena, d.version)))
        return false;
    write_done(rs, "draft", d.version, d.revision + 1);
    return true;
}

static bool post_submit(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct draft d;
    if (!request_json(rq, &body, cx->err) || !enter(cx, rq, "draft", &d) ||
        !require_state(cx, &d, "draft") || !require_base(cx, d.rule, d.base))
        return false;
    if (json_int(&body, "revision", 0) != d.revision)
        return conflict(cx, &d);
    if (!DB(cx->db, cx->arena, NULL, cx->err,
            "update shuzhi.rule_version set state = 'submitted', submitted_by = $3, submitted_at = "
            "now() where rule = $1 and version = $2",
            P(d.rule->id), P_INT(cx->arena, d.version), P(cx->actor->login)))
        return false;
    write_done(rs, "submitted", d.version, d.revision);
    return true;
}

/* Nobody decides on what they wrote, saved or submitted. */
static bool require_second(struct cx *cx, const struct draft *d)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select 1 from shuzhi.rule_version v where v.rule = $1 and v.version = $2 and ($3 in "
            "(v.author, v.submitted_by) or exists (select from shuzhi.rule_save s where s.rule = "
            "v.rule and s.version = v.version and s.login = $3))",
            P(d->rule->id), P_INT(cx->arena, d->version), P(cx->actor->login)))
        return false;
    if (rows.n == 0)
        return true;
    err_set(cx->err, ERR_DENIED, "you had a hand in version %lld: a second person decides on it",
            (long long)d->version);
    return err_zh(cx->err, "第 %lld 版有您的参与，须由另一人审批", (long long)d->version);
}

static bool enter_decision(struct cx *cx, const struct request *rq, struct json *body,
                           struct draft *d)
{
    return request_json(rq, body, cx->err) && enter(cx, rq, "approve", d) &&
           require_state(cx, d, "submitted") && require_second(cx, d);
}

static bool post_approve(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct draft d;
    int32_t day;
    if (!enter_decision(cx, rq, &body, &d) || !require_base(cx, d.rule, d.base))
        return false;
    str from = json_text(&body, "from", STR(""));
    if (!date_parse(from, &day) || day < date_today_china()) {
        err_set(cx->err, ERR_INVALID,
                "from is the first day in force, today or later: what was decided before stands");
        err_zh(cx->err, "请写明生效日期，不得早于今天：以前作出的决定不变");
        return err_at(cx->err, "/from");
    }
    if (!DB(cx->db, cx->arena, NULL, cx->err,
            "update shuzhi.rule_version set state = 'approved', decided_by = $3, decided_at = "
            "now(), in_force_from = $4::date where rule = $1 and version = $2",
            P(d.rule->id), P_INT(cx->arena, d.version), P(cx->actor->login), P(from)))
        return false;
    write_done(rs, "approved", d.version, d.revision);
    return true;
}

static bool post_refuse(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct draft d;
    if (!enter_decision(cx, rq, &body, &d))
        return false;
    str reason = str_trim(json_text(&body, "reason", STR("")));
    if (reason.n == 0 || reason.n > MAX_NOTE) {
        err_set(cx->err, ERR_INVALID, "a refusal needs its reason");
        err_zh(cx->err, "请写明退回的理由");
        return err_at(cx->err, "/reason");
    }
    if (!DB(cx->db, cx->arena, NULL, cx->err,
            "update shuzhi.rule_version set state = 'refused', decided_by = $3, decided_at = "
            "now(), reason = $4 where rule = $1 and version = $2",
            P(d.rule->id), P_INT(cx->arena, d.version), P(cx->actor->login), P(reason)))
        return false;
    write_done(rs, "refused", d.version, d.revision);
    return true;
}

static bool sees_drafts(struct cx *cx, const struct rule_model *r)
{
    return rule_may(cx, r, "draft") || rule_may(cx, r, "approve");
}

static bool get_versions(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    struct rule_version now;
    struct buf *b = &rs->body;
    const struct rule_model *r = rule_model_find(cx, rq->parts[0]);
    if (!r || !rule_version_on(cx, r, date_today_china(), &now) ||
        !DB(cx->db, cx->arena, &rows, cx->err,
            "select json_build_object('version', v.version, 'base', v.base, 'state', v.state, "
            "'revision', v.revision, 'author', v.author, 'at', v.at, 'note', s.note, 'digest', "
            "s.digest, 'saved_by', s.login, 'saved_at', s.at, 'submitted_by', v.submitted_by, "
            "'submitted_at', v.submitted_at, 'decided_by', v.decided_by, 'decided_at', "
            "v.decided_at, 'reason', v.reason, 'in_force_from', v.in_force_from)"
            " from shuzhi.rule_version v join shuzhi.rule_save s using (rule, version, revision)"
            " where v.rule = $1 and ($2 or v.state = 'approved') order by v.version desc",
            P(r->id), P_BOOL(sees_drafts(cx, r))))
        return false;
    buf_add_format(b, "{\"in_force\":%lld,\"package_digest\":\"%.*s\",\"versions\":[",
                   (long long)now.version, STR_ARG(r->digest));
    for (size_t i = 0; i < rows.n; i++)
        buf_add_format(b, "%s%.*s", i ? "," : "", STR_ARG(rows_text(&rows, i, 0)));
    buf_add_format(b, "],\"may\":{\"draft\":%s,\"approve\":%s}}",
                   rule_may(cx, r, "draft") ? "true" : "false",
                   rule_may(cx, r, "approve") ? "true" : "false");
    return true;
}

static bool get_version(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rule_version v;
    const struct rule_model *r = rule_model_find(cx, rq->parts[0]);
    struct json asked = json_object(cx->arena, 1);
    int64_t n;
    if (!r)
        return false;
    if (!str_to_int64(rq->parts[1], &n) || n < 0)
        return err_set(cx->err, ERR_MISSING, "\"%.*s\" is no version",
                       STR_ARG(utf8_clip(rq->parts[1], 20)));
    json_put(
        &asked, STR("version"),
        (struct json){.type = JSON_NUMBER, .text = arena_format(cx->arena, "%lld", (long long)n)});
    if (!rule_version_asked(cx, r, &asked, &v))
        return false;
    buf_add_format(&rs->body,
                   "{\"version\":%lld,\"digest\":\"%.*s\",\"xml\":", (long long)v.version,
                   STR_ARG(v.digest));
    json_write_string(&rs->body, v.text);
    buf_add_char(&rs->body, '}');
    return true;
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/rules/{rule}/versions", get_versions, NULL, 0, NULL},
    {"POST", "/api/v1/rules/{rule}/versions", post_version, "rules.draft", 0, NULL},
    {"GET", "/api/v1/rules/{rule}/versions/{version}", get_version, NULL, 0, NULL},
    {"PUT", "/api/v1/rules/{rule}/versions/{version}", put_version, "rules.draft", 0, NULL},
    {"POST", "/api/v1/rules/{rule}/versions/{version}/submit", post_submit, "rules.submit", 0,
     NULL},
    {"POST", "/api/v1/rules/{rule}/versions/{version}/approve", post_approve, "rules.approve", 0,
     NULL},
    {"POST", "/api/v1/rules/{rule}/versions/{version}/refuse", post_refuse, "rules.refuse", 0,
     NULL},
    {0},
};

const struct module RULE_VERSION_MODULE = {"rule-versions", ROUTES};
