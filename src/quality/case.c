/* A wrong value: reported from any record, a case with a due date at the source, fixed, told. */
#include "quality/quality.h"

#include "access/catalogue.h"
#include "access/handle.h"
#include "audit/audit.h"
#include "base/date.h"
#include "intake/batch.h"
#include "intake/intake_http.h"
#include "notify/notify.h"
#include "quality/unusual.h"

enum { CASE_DAYS = 10, MAX_SQL = 1 << 18 }; /* working days to correct: State Council order 809 */

static const char CASES[] =
    "select c.id, c.kind, c.dataset, c.key, c.field, c.value, c.proposed, c.note, c.state, c.due, "
    "c.reporter, s.name,"
    " s.organisation, c.owner, c.answer, to_json(c.at)#>>'{}', to_json(c.closed_at)#>>'{}', "
    "c.closed_by, coalesce(u.login, '')"
    " from shuzhi.work_case c left join shuzhi.staff s on s.login = c.reporter"
    " left join shuzhi.unusual_look u on u.work_case = c.id";

/* A case about somebody's looks is settled by who may read the audit of everything, and not by who
 * looked; every other one by who may correct the dataset. */
static bool may_settle(const struct cx *cx, const struct dataset *d, str looker)
{
    if (looker.n)
        return identity_audits_all(cx) && !str_equal(looker, cx->actor->login);
    return identity_may(cx, "fix", d);
}

/* What of a case's record its reader may see: its own words on the key and the value. */
struct shown {
    str key;
    bool has_value;
};

static bool find_shown(struct cx *cx, const struct dataset *d, const struct rows *rows, size_t i,
                       struct shown *out)
{
    struct view v;
    struct err ignored = {0};
    struct cx quiet = *cx;
    enum sight sight = SIGHT_NONE;
    str key = rows_text(rows, i, 3);
    quiet.err = &ignored;
    *out = (struct shown){key, rows_is_null(rows, i, 5)};
    if (!d || !key.n)
        return true;
    bool may_read = view_for_actor(&quiet, d, &v);
    out->key = handle_of(cx, d, may_read ? &v : NULL, key);
    const struct view_field *f =
        may_read && !rows_is_null(rows, i, 4) ? view_find(&v, rows_text(rows, i, 4)) : NULL;
    if (f && view_is_clear(f) && !v.is_limited)
        sight = SIGHT_CLEAR;
    else if (f && !view_sight(cx, &v, key, f, &sight))
        return false;
    out->has_value |= sight == SIGHT_CLEAR;
    return true;
}

static bool write_case(struct cx *cx, struct buf *b, const struct dataset *d,
                       const struct rows *rows, size_t i)
{
    const struct registry *r = cx->registry;
    struct shown shown;
    bool is_mine = str_equal(rows_text(rows, i, 10), cx->actor->login);
    if (!find_shown(cx, d, rows, i, &shown))
        return false;
    const struct field *f =
        d && !rows_is_null(rows, i, 4) ? field_find(d, rows_text(rows, i, 4)) : NULL;
    int32_t due;
    buf_add_format(b, "{\"id\":%.*s", STR_ARG(rows_text(rows, i, 0)));
    json_add_text(b, "kind", rows_text(rows, i, 1));
    json_add_text(b, "dataset", rows_text(rows, i, 2));
    buf_add_lit(b, ",\"title\":");
    title_write(b, d ? d->title : (struct title){rows_text(rows, i, 2), {0}});
    json_add_text(b, "key",
                  shown.key.n ? shown.key : (str){0}); /* a late feed is about no record */
    json_add_text(b, "field", rows_text(rows, i, 4));
    buf_add_lit(b, ",\"field_title\":");
    if (f)
        title_write(b, f->title);
    else
        buf_add_lit(b, "null");
    json_add_text(b, "value", shown.has_value ? rows_text(rows, i, 5) : STR("***"));
    json_add_text(b, "proposed",
                  shown.has_value || is_mine || rows_is_null(rows, i, 6) ? rows_text(rows, i, 6)
                                                                         : STR("***"));
    json_add_text(b, "note", rows_text(rows, i, 7));
    json_add_text(b, "state", rows_text(rows, i, 8));
    json_add_text(b, "due", rows_text(rows, i, 9));
    if (date_parse(rows_text(rows, i, 9), &due))
        buf_add_format(b, ",\"days_left\":%d",
                       calendar_working_days_between(&r->county.calendar, date_today_china(), due));
    buf_add_lit(b, ",\"reporter\":{\"login\":");
    json_write_string(b, rows_text(rows, i, 10));
    json_add_raw(b, "name", rows_text(rows, i, 11));
    buf_add_lit(b, ",\"organisation\":");
    catalogue_write_organisation(b, r, rows_text(rows, i, 12));
    buf_add_lit(b, "},\"owner\":");
    catalogue_write_organisation(b, r, rows_text(rows, i, 13));
    json_add_text(b, "answer", rows_text(rows, i, 14));
    json_add_text(b, "at", rows_text(rows, i, 15));
    json_add_text(b, "closed_at", rows_text(rows, i, 16));
    json_add_text(b, "closed_by", rows_text(rows, i, 17));
    buf_add_char(b, '}');
    return true;
}

static bool post_report(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct view view;
    struct rows rows;
    const struct dataset *d = catalogue_require(cx, rq->parts[0]);
    str key;
    enum sight sight;
    if (!d || !handle_open(cx, d, rq->parts[1], &key) || !view_for_actor(cx, d, &view) ||
        !request_json(rq, &body, cx->err))
        return false;
    str field = json_text(&body, "field", STR("")),
        proposed = json_text(&body, "proposed", (str){0});
    str note = utf8_clip(str_trim(json_text(&body, "note", STR(""))), 2000);
    const struct view_field *f = view_find(&view, field);
    str *cells = arena_array(cx->arena, str, d->field_count);
    cx->audit->key = key;
    if (!proposed.n && !note.n) {
        err_set(cx->err, ERR_INVALID, "say what is wrong, or what the value should be");
        return err_zh(cx->err, "请说明哪里不对，或填写正确的值");
    }
    if (!view_sight(cx, &view, key, NULL, &sight) || !access_cells(cx, d, key, cells))
        return false;
    if (sight == SIGHT_NONE) {
        BUF_SCOPED struct buf where = {.max = MAX_SQL};
        return key_to_where(cx->arena, d, key, &where, cx->err) &&
               access_missing(cx, &view, buf_str(&where));
    }
    if (f && !view_sight(cx, &view, key, f, &sight))
        return false;
    if (!f || sight == SIGHT_NONE) {
        err_set(cx->err, ERR_INVALID, "\"%.*s\" is no field you see here",
                STR_ARG(utf8_clip(field, 60)));
        return err_at(cx->err, "/field");
    }
    str due = date_format(cx->arena, calendar_add_working_days(&cx->registry->county.calendar,
                                                               date_today_china(), CASE_DAYS));
    str value = cells[f->field - d->fields];
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "insert into shuzhi.work_case (kind, dataset, key, field, value, proposed, note, due, "
            "reporter, owner)"
            " values ('wrong-value', $1, $2, $3, $4, $5, $6, $7, $8, $9) returning id",
            P(d->id), P(key), P(field), P(value),
            P(proposed.n ? utf8_clip(proposed, 2000) : (str){0}), P(note), P(due),
            P(cx->actor->login), P(d->owner)))
        return false;
    str id = rows_text(&rows, 0, 0);
    rs->status = 201;
    buf_add_format(&rs->body, "{\"case\":%.*s,\"due\":\"%.*s\"}", STR_ARG(id), STR_ARG(due));
    return notify_organisation(
        cx, d->owner,
        (struct title){STR("有数据被反映有误，请核实"),
                       STR("A value was reported wrong: please check")},
        (struct title){arena_format(cx->arena, "%.*s · %.*s", STR_ARG(d->title.zh),
                                    STR_ARG(f->field->title.zh)),
                       arena_format(cx->arena, "%.*s · %.*s", STR_ARG(d->title.en),
                                    STR_ARG(f->field->title.en))},
        arena_format(cx->arena, "/cases/%.*s", STR_ARG(id)));
}

/* The value in a case is the record's own: only who may see it in the clear gets it. */
static bool find_case(struct cx *cx, const struct request *rq, struct rows *rows,
                      const struct dataset **d)
{
    int64_t id;
    if (!str_to_int64(rq->parts[0], &id) ||
        !DB(cx->db, cx->arena, rows, cx->err,
            arena_format(cx->arena, "%s where c.id = $1", CASES).p, P_INT(cx->arena, id)))
        return err_set(cx->err, ERR_MISSING, "there is no case \"%.*s\"",
                       STR_ARG(utf8_clip(rq->parts[0], 40)));
    *d = rows->n ? dataset_find(cx->registry, rows_text(rows, 0, 2)) : NULL;
    if (!*d)
        return err_set(cx->err, ERR_MISSING, "there is no case %lld", (long long)id);
    cx->audit->dataset = (*d)->id;
    cx->audit->key = rows_text(rows, 0, 3);
    bool is_mine = str_equal(rows_text(rows, 0, 10), cx->actor->login);
    str looker = rows_text(rows, 0, 18);
    if ((is_mine && !looker.n) || may_settle(cx, *d, looker))
        return true;
    err_set(cx->err, ERR_DENIED, "the case is neither reported by you nor yours to settle");
    return err_zh(cx->err, "这个工单既不是您反映的，也不由您处理");
}

static bool answer_case(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    const struct dataset *d;
    if (!find_case(cx, rq, &rows, &d))
        return false;
    if (!write_case(cx, &rs->body, d, &rows, 0))
        return false;
    if (!rows_text(&rows, 0, 18).n)
        return true;
    rs->body.n--; /* the object's end: its looks go before it */
    buf_add_lit(&rs->body, ",\"look\":");
    if (!unusual_write(cx, &rs->body, rows_text(&rows, 0, 0)))
        return false;
    buf_add_char(&rs->body, '}');
    return true;
}

static bool get_cases(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    bool is_first = true;
    str state = request_query(rq, "state");
    bool is_mine = str_is(request_query(rq, "box"), "mine");
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            arena_format(cx->arena,
                         "%s where ($1 = '' or c.state = $1) and ($2 = '' or c.reporter = $2)"
                         " order by c.state = 'open' desc, c.due, c.id limit 500",
                         CASES)
                .p,
            P(state.p ? state : STR("")), P(is_mine ? cx->actor->login : STR(""))))
        return false;
    buf_add_lit(&rs->body, "{\"cases\":[");
    for (size_t i = 0; i < rows.n; i++) {
        const struct dataset *d = dataset_find(cx->registry, rows_text(&rows, i, 2));
        str looker = rows_text(&rows, i, 18);
        if (!d || ((!is_mine || looker.n) && !may_settle(cx, d, looker)))
            continue;
        if (!is_first)
            buf_add_char(&rs->body, ',');
        is_first = false;
        if (!write_case(cx, &rs->body, d, &rows, i))
            return false;
    }
    buf_add_lit(&rs->body, "],\"next\":null}");
    return true;
}

static bool require_open(struct cx *cx, const struct rows *rows, const struct dataset *d)
{
    struct rows locked;
    bool is_look = rows_text(rows, 0, 18).n != 0; /* find_case() asked for that right */
    if ((!is_look && !identity_require(cx, "fix", d)) ||
        !DB(cx->db, cx->arena, &locked, cx->err,
            "select state from shuzhi.work_case where id = $1 for update",
            P(rows_text(rows, 0, 0))))
        return false;
    if (str_is(rows_text(&locked, 0, 0), "open"))
        return true;
    err_set(cx->err, ERR_CONFLICT, "the case is closed already");
    return err_zh(cx->err, "这个工单已经办结");
}

static bool close_case(struct cx *cx, const struct rows *rows, const struct dataset *d,
                       const char *state, str answer)
{
    bool is_fixed = strcmp(state, "fixed") == 0;
    return DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.work_case set state = $2, answer = $3, closed_by = $4, closed_at = "
              "now() where id = $1",
              P(rows_text(rows, 0, 0)), P_CSTR(state), P(answer), P(cx->actor->login)) &&
           notify_login(
               cx, rows_text(rows, 0, 10),
               str_is(rows_text(rows, 0, 1), "objection")
                   ? (struct title){STR("您的异议已有答复"), STR("Your objection was answered")}
               : is_fixed ? (struct title){STR("您反映的数据已更正"),
                                           STR("The value you reported is corrected")}
                          : (struct title){STR("您反映的数据经核实无误"),
                                           STR("The value you reported was found right")},
               (struct title){
                   arena_format(cx->arena, "%.*s：%.*s", STR_ARG(d->title.zh), STR_ARG(answer)),
                   arena_format(cx->arena, "%.*s: %.*s", STR_ARG(d->title.en), STR_ARG(answer))},
               arena_format(cx->arena, "/cases/%.*s", STR_ARG(rows_text(rows, 0, 0))));
}

/* A correction is a batch of one row, so that history says where it came from. */
static bool land_fix(struct cx *cx, const struct dataset *d, const struct rows *rows, str value)
{
    struct rows batch;
    struct checked checked;
    str key = rows_text(rows, 0, 3);
    const struct field *f = field_find(d, rows_text(rows, 0, 4));
    str *cells = arena_array(cx->arena, str, d->field_count);
    if (!f)
        return err_set(cx->err, ERR_CONFLICT, "the field is not there any more");
    if (f->is_key) {
        err_set(cx->err, ERR_INVALID, "%.*s is the record's key: load the right record by a file",
                STR_ARG(f->title.en));
        return err_zh(cx->err, "“%.*s”是主键，不能直接改：请通过文件导入正确的记录",
                      STR_ARG(f->title.zh));
    }
    if (!access_cells(cx, d, key, cells))
        return false;
    cells[f - d->fields] = value;
    if (!DB(cx->db, cx->arena, &batch, cx->err,
            "insert into shuzhi.batch (dataset, kind, file_name, source, state, n_rows, n_changed, "
            "login, started, finished)"
            " values ($1, 'fix', 'case ' || $2, $3, 'done', 1, 1, $4, now(), now()) returning id",
            P(d->id), P(rows_text(rows, 0, 0)), P(d->owner), P(cx->actor->login)) ||
        !batch_land_row(cx->db, cx->arena, cx->registry, d, rows_int(&batch, 0, 0), 1, cells,
                        &checked, cx->err))
        return false;
    if (checked.problem_count == 0)
        return true;
    const struct problem *p = &checked.problems[0];
    err_set(cx->err, ERR_INVALID, "%.*s \"%.*s\" %s%s%.*s",
            STR_ARG(p->field ? p->field->title.en : STR("the row")),
            STR_ARG(utf8_clip(p->value, 60)), reason_en(p->reason),
            p->suggestion.n ? "; suggested: " : "",
            STR_ARG(p->suggestion.n ? p->suggestion : STR("")));
    return err_zh(
        cx->err, "%.*s“%.*s”%s%s%.*s", STR_ARG(p->field ? p->field->title.zh : STR("本行")),
        STR_ARG(utf8_clip(p->value, 60)), reason_zh(p->reason), p->suggestion.n ? "，建议：" : "",
        STR_ARG(p->suggestion.n ? p->suggestion : STR("")));
}

/* A case about no field: an objection, a late feed.  It is settled with words alone. */
static bool settle(struct cx *cx, const struct request *rq, const struct rows *rows,
                   const struct dataset *d, str note, struct response *rs)
{
    if (!note.n) {
        err_set(cx->err, ERR_INVALID, "note is missing: say what was done");
        return err_zh(cx->err, "请写明处理结果");
    }
    return close_case(cx, rows, d, "fixed", note) && answer_case(cx, rq, rs);
}

static bool post_fix(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct rows rows;
    const struct dataset *d;
    if (!find_case(cx, rq, &rows, &d) || !request_json(rq, &body, cx->err) ||
        !require_open(cx, &rows, d))
        return false;
    const struct json *v = json_find(&body, "value");
    str note = utf8_clip(str_trim(json_text(&body, "note", STR(""))), 2000);
    if (rows_is_null(&rows, 0, 4))
        return settle(cx, rq, &rows, d, note, rs);
    if (!v || (v->type != JSON_STRING && v->type != JSON_NUMBER && v->type != JSON_NULL))
        return err_set(cx->err, ERR_INVALID, "value is missing: the right value as text, or null");
    return land_fix(cx, d, &rows, v->type == JSON_NULL ? (str){0} : v->text) &&
           close_case(cx, &rows, d, "fixed", note.n ? note : STR("已更正")) &&
           answer_case(cx, rq, rs);
}

static bool post_reject(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct rows rows;
    const struct dataset *d;
    if (!find_case(cx, rq, &rows, &d) || !request_json(rq, &body, cx->err) ||
        !require_open(cx, &rows, d))
        return false;
    str note = utf8_clip(str_trim(json_text(&body, "note", STR(""))), 2000);
    if (!note.n) {
        err_set(cx->err, ERR_INVALID, "note is missing: tell the reporter why the value is right");
        return err_zh(cx->err, "请向反映人说明为什么数据无误");
    }
    return close_case(cx, &rows, d, "rejected", note) && answer_case(cx, rq, rs);
}

/* --- home --------------------------------------------------------------------------------------
 */

static void open_item(struct buf *b, bool *is_first, const char *kind, str id, struct title title)
{
    buf_add_format(b, "%s{\"kind\":\"%s\",\"id\":%.*s,\"title\":", *is_first ? "" : ",", kind,
                   STR_ARG(id));
    title_write(b, title);
    *is_first = false;
}

/* Everything with a date first, the nearest first: cases, requests; then batches that wait. */
static bool write_waiting(struct cx *cx, struct buf *b)
{
    struct rows rows;
    bool is_first = true;
    if (!DB0(cx->db, cx->arena, &rows, cx->err,
             "select 'case', c.id, c.dataset, c.due, to_json(c.at)#>>'{}', 1, '/cases/' || c.id, "
             "c.owner, coalesce(u.login, '') from shuzhi.work_case c left join"
             " shuzhi.unusual_look u on u.work_case = c.id where c.state = 'open' union all"
             " select 'request', r.id, r.dataset, r.due, to_json(r.at)#>>'{}', 1, '/requests/' || "
             "r.id, '', '' from"
             " shuzhi.share_request r where r.state = 'waiting' union all"
             " select 'key', g.id, g.dataset, null, to_json(g.since)#>>'{}', 1, '/grants/' || "
             "g.id, g.organisation, '' from"
             " shuzhi.share_grant g where g.key_digest is null and not g.is_revoked and g.until >= "
             "current_date union all"
             " select case when b.state = 'mapping' then 'mapping' else 'quarantine' end, b.id, "
             "b.dataset, null,"
             " to_json(b.at)#>>'{}', b.n_quarantined - b.n_fixed - b.n_dropped, case when b.state "
             "= 'mapping' then"
             " '/batches/' || b.id else '/batches/' || b.id || '/quarantine' end, '', b.login from "
             "shuzhi.batch b where b.state = 'mapping'"
             " or (b.state = 'done' and b.n_quarantined > b.n_fixed + b.n_dropped)"
             " order by 4 nulls last, 5 limit 400"))
        return false;
    buf_add_lit(b, "{\"waiting\":[");
    for (size_t i = 0; i < rows.n; i++) {
        str kind = rows_text(&rows, i, 0);
        const struct dataset *d = dataset_find(cx->registry, rows_text(&rows, i, 2));
        bool is_key = str_is(kind, "key");
        bool is_mine =
            d && (is_key ? str_equal(rows_text(&rows, i, 7), cx->actor->organisation)
                  : str_is(kind, "request") ? identity_may(cx, "approve", d)
                  : str_is(kind, "mapping") ? str_equal(rows_text(&rows, i, 8), cx->actor->login)
                  : str_is(kind, "case")    ? may_settle(cx, d, rows_text(&rows, i, 8))
                                            : identity_may(cx, "fix", d));
        if (!is_mine)
            continue;
        open_item(b, &is_first, kind.p, rows_text(&rows, i, 1), d->title);
        json_add_text(b, "dataset", d->id);
        json_add_raw(b, "count", rows_text(&rows, i, 5));
        json_add_text(b, "since", rows_text(&rows, i, 4));
        json_add_text(b, "due", rows_text(&rows, i, 3));
        int32_t due;
        if (!rows_is_null(&rows, i, 3) && date_parse(rows_text(&rows, i, 3), &due))
            buf_add_format(b, ",\"days_left\":%d",
                           calendar_working_days_between(&cx->registry->county.calendar,
                                                         date_today_china(), due));
        json_add_text(b, "link", rows_text(&rows, i, 6));
        buf_add_char(b, '}');
    }
    buf_add_char(b, ']');
    return true;
}

static bool write_messages(struct cx *cx, struct buf *b)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select coalesce(json_agg(json_build_object('id', id, 'at', at, 'title', title, "
            "'text', text, 'link', link,"
            " 'is_read', is_read)), '[]') from (select * from shuzhi.message where login = $1 "
            "order by is_read, id desc"
            " limit 30) m",
            P(cx->actor->login)))
        return false;
    buf_add_lit(b, ",\"messages\":");
    buf_add(b, rows_text(&rows, 0, 0));
    return true;
}

static bool write_recent(struct cx *cx, struct buf *b)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            arena_format(cx->arena,
                         "%s where b.kind = 'file' and b.source = $1 order by b.id desc limit 8",
                         BATCH_SELECT)
                .p,
            P(cx->actor->organisation)))
        return false;
    buf_add_lit(b, ",\"recent\":[");
    for (size_t i = 0; i < rows.n; i++) {
        if (i)
            buf_add_char(b, ',');
        batch_write_json(b, cx->registry, &rows, i);
    }
    buf_add_char(b, ']');
    return true;
}

static bool get_home(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    struct buf *b = &rs->body;
    (void)rq;
    if (!write_waiting(cx, b) || !write_messages(cx, b) || !write_recent(cx, b) ||
        !DB0(cx->db, cx->arena, NULL, cx->err, "select shuzhi.audit_unfold()") ||
        !DB0(cx->db, cx->arena, &rows, cx->err,
             "select coalesce(sum(records), 0), (select count(*) from shuzhi.batch where kind = "
             "'file' and at >= current_date),"
             " (select count(*) from shuzhi.audit_event where at >= current_date) from "
             "shuzhi.dataset"))
        return false;
    buf_add_format(b,
                   ",\"figures\":{\"datasets\":%zu,\"records\":%.*s,\"batches_today\":%.*s,\"looks_"
                   "today\":%.*s}}",
                   cx->registry->datasets.n, STR_ARG(rows_text(&rows, 0, 0)),
                   STR_ARG(rows_text(&rows, 0, 1)), STR_ARG(rows_text(&rows, 0, 2)));
    return true;
}

static bool post_read(struct cx *cx, const struct request *rq, struct response *rs)
{
    int64_t id;
    (void)rs;
    return (str_to_int64(rq->parts[0], &id) ||
            err_set(cx->err, ERR_MISSING, "there is no such message")) &&
           DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.message set is_read = true where id = $1 and login = $2",
              P_INT(cx->arena, id), P(cx->actor->login));
}

static const struct route ROUTES[] = {
    {"POST", "/api/v1/datasets/{dataset}/records/{key}/report", post_report, "case.report", 0,
     NULL},
    {"GET", "/api/v1/cases", get_cases, "case.list", 0, NULL},
    {"GET", "/api/v1/cases/{case}", answer_case, "case.read", 0, NULL},
    {"POST", "/api/v1/cases/{case}/fix", post_fix, "case.fix", 0, NULL},
    {"POST", "/api/v1/cases/{case}/reject", post_reject, "case.reject", 0, NULL},
    {"GET", "/api/v1/home", get_home, NULL, 0, NULL},
    {"POST", "/api/v1/messages/{message}/read", post_read, NULL, 0, NULL},
    {0},
};

const struct module CASE_MODULE = {"case", ROUTES};
