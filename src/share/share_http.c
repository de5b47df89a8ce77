/* Requests and grants at the desk, and lists for the bearer of a grant. */
#include "share/share.h"

#include "access/catalogue.h"
#include "audit/audit.h"
#include "base/date.h"
#include "base/digest.h"
#include "notify/notify.h"

enum { MAX_FIELDS = 500, MAX_JSON = 1 << 20, MAX_TERM_DAYS = 1096 };
enum {
    DAYS_UNCONDITIONAL = 1,
    DAYS_CONDITIONAL = 10
}; /* working days for an answer, State Council order 809 */

/* --- lists of names ----------------------------------------------------------------------------
 */

struct list {
    str items[MAX_FIELDS];
    size_t n;
};

static bool take_list(struct cx *cx, const struct json *body, const char *name,
                      const struct dataset *d, struct list *out)
{
    const struct json *v = json_find(body, name);
    out->n = 0;
    if (!v || v->type == JSON_NULL)
        return true;
    if (v->type != JSON_ARRAY || v->array.n > MAX_FIELDS) {
        err_set(cx->err, ERR_INVALID, "%s is a list of at most %d field names", name, MAX_FIELDS);
        return err_at(cx->err, "/%s", name);
    }
    for (size_t i = 0; i < v->array.n; i++) {
        const struct json *item = &v->array.items[i];
        if (item->type != JSON_STRING || !field_find(d, item->text)) {
            err_set(cx->err, ERR_INVALID, "\"%.*s\" is no field of %.*s",
                    STR_ARG(item->type == JSON_STRING ? utf8_clip(item->text, 60) : STR("?")),
                    STR_ARG(d->title.en));
            return err_at(cx->err, "/%s/%zu", name, i);
        }
        out->items[out->n++] = item->text;
    }
    return true;
}

static bool has_item(const struct list *l, str name)
{
    for (size_t i = 0; i < l->n; i++) {
        if (str_equal(l->items[i], name))
            return true;
    }
    return false;
}

static str list_array(struct arena *a, const struct list *l)
{
    struct buf b = {.max = MAX_JSON};
    buf_add_char(&b, '{');
    for (size_t i = 0; i < l->n; i++) {
        if (i)
            buf_add_char(&b, ',');
        buf_add(&b, l->items[i]); /* field names: letters, digits and _ */
    }
    buf_add_char(&b, '}');
    str s = arena_copy(a, buf_str(&b));
    buf_release(&b);
    return s;
}

static str filter_text(struct arena *a, const struct json *filter)
{
    struct buf b = {.max = MAX_JSON};
    if (filter && filter->type == JSON_ARRAY)
        json_write(&b, filter);
    else
        buf_add_lit(&b, "[]");
    str s = arena_copy(a, buf_str(&b));
    buf_release(&b);
    return s;
}

static bool check_filter(struct cx *cx, const struct dataset *d, const struct json *filter)
{
    BUF_SCOPED struct buf sql = {.max = MAX_JSON};
    struct rows rows;
    if (!filter_to_sql(cx->arena, d, filter, &sql, cx->err))
        return false;
    if (sql.n == 0)
        return true;
    /* The database reads the values as the fields' types: a date that is none shows here. */
    str ask = arena_format(cx->arena, "select 1 from %.*s t where false and (%.*s)",
                           STR_ARG(d->table), STR_ARG(buf_str(&sql)));
    return DB0(cx->db, cx->arena, &rows, cx->err, ask.p) || err_at(cx->err, "/filter");
}

static bool take_text(struct cx *cx, const struct json *body, const char *name, const char *zh,
                      str *out)
{
    *out = str_trim(json_text(body, name, STR("")));
    if (out->n == 0 || out->n > 2000 || memchr(out->p, 0, out->n)) {
        err_set(cx->err, ERR_INVALID, "%s is missing or longer than 2000 bytes", name);
        err_zh(cx->err, "请填写“%s”（不超过 2000 字节）", zh);
        return err_at(cx->err, "/%s", name);
    }
    return true;
}

static bool take_number(struct cx *cx, const struct json *body, const char *name, int64_t otherwise,
                        int64_t most, int64_t *out)
{
    *out = json_int(body, name, json_find(body, name) ? -1 : otherwise);
    if (*out >= 1 && *out <= most)
        return true;
    err_set(cx->err, ERR_INVALID, "%s is a whole number from 1 to %lld", name, (long long)most);
    err_zh(cx->err, "“%s”应为 1 到 %lld 的整数", name, (long long)most);
    return err_at(cx->err, "/%s", name);
}

static bool take_until(struct cx *cx, const struct json *body, str *out)
{
    int32_t day, today = date_today_china();
    *out = json_text(body, "until", STR(""));
    if (!date_parse(*out, &day) || day < today || day > today + MAX_TERM_DAYS) {
        err_set(cx->err, ERR_INVALID,
                "until is a day from today to three years from now, as 2026-12-31");
        err_zh(cx->err, "使用期限应为今天起三年之内的日期");
        return err_at(cx->err, "/until");
    }
    return true;
}

/* --- requests ----------------------------------------------------------------------------------
 */

static const char REQUEST_SELECT[] =
    "select r.id, r.dataset, r.organisation, r.login, s.name, to_json(r.fields), to_json(r.clear), "
    "r.filter, r.purpose,"
    " r.legal_basis, r.until, r.quota_per_day, r.rate_per_second, r.state, r.due, r.note, "
    "r.decided_by,"
    " to_json(r.decided_at)#>>'{}', (select g.id from shuzhi.share_grant g where g.request = r.id),"
    " to_json(r.at)#>>'{}' from shuzhi.share_request r left join shuzhi.staff s on s.login = "
    "r.login";

static void write_request(struct buf *b, const struct registry *r, const struct rows *rows,
                          size_t i)
{
    const struct dataset *d = dataset_find(r, rows_text(rows, i, 1));
    int32_t due;
    buf_add_format(b, "{\"id\":%.*s", STR_ARG(rows_text(rows, i, 0)));
    json_add_text(b, "dataset", rows_text(rows, i, 1));
    buf_add_lit(b, ",\"title\":");
    title_write(b, d ? d->title : (struct title){rows_text(rows, i, 1), {0}});
    buf_add_lit(b, ",\"owner\":");
    catalogue_write_organisation(b, r, d ? d->owner : STR(""));
    buf_add_lit(b, ",\"from\":{\"organisation\":");
    catalogue_write_organisation(b, r, rows_text(rows, i, 2));
    json_add_text(b, "login", rows_text(rows, i, 3));
    json_add_raw(b, "name", rows_text(rows, i, 4));
    buf_add_char(b, '}');
    json_add_raw(b, "fields", rows_text(rows, i, 5));
    json_add_raw(b, "clear", rows_text(rows, i, 6));
    json_add_raw(b, "filter", rows_text(rows, i, 7));
    json_add_text(b, "purpose", rows_text(rows, i, 8));
    json_add_text(b, "legal_basis", rows_text(rows, i, 9));
    json_add_text(b, "until", rows_text(rows, i, 10));
    json_add_raw(b, "quota_per_day", rows_text(rows, i, 11));
    json_add_raw(b, "rate_per_second", rows_text(rows, i, 12));
    json_add_text(b, "state", rows_text(rows, i, 13));
    json_add_text(b, "due", rows_text(rows, i, 14));
    if (date_parse(rows_text(rows, i, 14), &due))
        buf_add_format(b, ",\"days_left\":%d",
                       calendar_working_days_between(&r->county.calendar, date_today_china(), due));
    json_add_text(b, "note", rows_text(rows, i, 15));
    json_add_text(b, "decided_by", rows_text(rows, i, 16));
    json_add_text(b, "decided_at", rows_text(rows, i, 17));
    json_add_raw(b, "grant", rows_text(rows, i, 18));
    json_add_text(b, "at", rows_text(rows, i, 19));
    buf_add_char(b, '}');
}

static bool answer_request(struct cx *cx, str id, struct response *rs)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            arena_format(cx->arena, "%s where r.id = $1", REQUEST_SELECT).p, P(id)))
        return false;
    if (rows.n == 0)
        return err_set(cx->err, ERR_MISSING, "there is no request %.*s", STR_ARG(id));
    write_request(&rs->body, cx->registry, &rows, 0);
    return true;
}

bool share_ask(struct cx *cx, const struct json *body, str organisation, str login, str *id)
{
    struct rows rows;
    struct list fields, clear;
    str purpose, basis, until;
    int64_t quota, rate;
    const struct dataset *d = catalogue_require(cx, json_text(body, "dataset", STR("")));
    if (!d)
        return false;
    if (d->share == SHARE_NONE) {
        err_set(cx->err, ERR_DENIED, "%.*s is not shared", STR_ARG(d->title.en));
        return err_zh(cx->err, "“%.*s”为不予共享类数据", STR_ARG(d->title.zh));
    }
    const struct json *filter = json_find(body, "filter");
    if (!take_list(cx, body, "fields", d, &fields) || !take_list(cx, body, "clear", d, &clear) ||
        !check_filter(cx, d, filter) || !take_text(cx, body, "purpose", "用途", &purpose) ||
        !take_text(cx, body, "legal_basis", "依据", &basis) || !take_until(cx, body, &until) ||
        !take_number(cx, body, "quota_per_day", 1000, 1000000000, &quota) ||
        !take_number(cx, body, "rate_per_second", 10, 1000000, &rate))
        return false;
    if (fields.n == 0) {
        err_set(cx->err, ERR_INVALID, "no field is asked for");
        return err_zh(cx->err, "请至少选择一个字段");
    }
    for (size_t i = 0; i < clear.n; i++) {
        if (!has_item(&fields, clear.items[i]))
            return err_set(cx->err, ERR_INVALID, "%.*s is asked unmasked but not asked for",
                           STR_ARG(clear.items[i]));
    }
    int days = d->share == SHARE_UNCONDITIONAL ? DAYS_UNCONDITIONAL : DAYS_CONDITIONAL;
    str due = date_format(cx->arena, calendar_add_working_days(&cx->registry->county.calendar,
                                                               date_today_china(), days));
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "insert into shuzhi.share_request (dataset, organisation, login, fields, clear, "
            "filter, purpose, legal_basis,"
            " until, quota_per_day, rate_per_second, due) values ($1, $2, $3, $4, $5, $6, $7, $8, "
            "$9, $10, $11, $12)"
            " returning id",
            P(d->id), P(organisation), P(login), P(list_array(cx->arena, &fields)),
            P(list_array(cx->arena, &clear)), P(filter_text(cx->arena, filter)), P(purpose),
            P(basis), P(until), P_INT(cx->arena, quota), P_INT(cx->arena, rate), P(due)))
        return false;
    *id = rows_text(&rows, 0, 0);
    return notify_organisation(
        cx, d->owner,
        (struct title){str_from("有新的共享申请待审核"), str_from("A share request waits for you")},
        d->title, arena_format(cx->arena, "/requests/%.*s", STR_ARG(*id)));
}

static bool post_request(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    str id;
    if (!request_json(rq, &body, cx->err))
        return false;
    const struct dataset *d = catalogue_require(cx, json_text(&body, "dataset", STR("")));
    if (!d || !identity_require(cx, "request", d) ||
        !share_ask(cx, &body, cx->actor->organisation, cx->actor->login, &id))
        return false;
    rs->status = 201;
    return answer_request(cx, id, rs);
}

/* The request, locked, with its dataset; the actor must be its owner or its author. */
static bool find_request(struct cx *cx, const struct request *rq, struct rows *rows,
                         const struct dataset **d)
{
    int64_t id;
    if (!str_to_int64(rq->parts[0], &id) ||
        !DB(cx->db, cx->arena, rows, cx->err,
            arena_format(cx->arena, "%s where r.id = $1", REQUEST_SELECT).p, P_INT(cx->arena, id)))
        return err_set(cx->err, ERR_MISSING, "there is no request \"%.*s\"",
                       STR_ARG(utf8_clip(rq->parts[0], 40)));
    *d = rows->n ? dataset_find(cx->registry, rows_text(rows, 0, 1)) : NULL;
    if (!*d)
        return err_set(cx->err, ERR_MISSING, "there is no request %lld", (long long)id);
    cx->audit->dataset = (*d)->id;
    cx->audit->purpose = rows_text(rows, 0, 8);
    bool is_own = str_equal(rows_text(rows, 0, 2), cx->actor->organisation);
    if (is_own || identity_may(cx, "approve", *d) || identity_may(cx, "audit", *d))
        return true;
    err_set(cx->err, ERR_DENIED, "the request is neither yours nor for you to decide");
    return err_zh(cx->err, "这份申请既不是您单位提出的，也不由您单位审核");
}

static bool get_request(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    const struct dataset *d;
    if (!find_request(cx, rq, &rows, &d))
        return false;
    write_request(&rs->body, cx->registry, &rows, 0);
    return true;
}

/* box=mine: what my organisation asked; box=owner: what others ask of it. */
static bool write_box(struct cx *cx, const struct request *rq, struct response *rs,
                      const char *name, const char *select, const char *alias,
                      bool (*is_for_me)(struct cx *, const struct dataset *),
                      void (*write)(struct buf *, const struct registry *, const struct rows *,
                                    size_t))
{
    struct rows rows;
    bool is_first = true;
    str box = request_query(rq, "box"), state = request_query(rq, "state"),
        dataset = request_query(rq, "dataset");
    bool is_mine = !str_is(box, "owner");
    str sql =
        arena_format(cx->arena,
                     "%s where ($1 = '' or %s.organisation = $1) and ($2 = '' or %s.dataset = $2)"
                     " order by %s.id desc limit 500",
                     select, alias, alias, alias);
    if (!DB(cx->db, cx->arena, &rows, cx->err, sql.p,
            P(is_mine ? cx->actor->organisation : STR("")), P(dataset.p ? dataset : STR(""))))
        return false;
    buf_add_format(&rs->body, "{\"%s\":[", name);
    for (size_t i = 0; i < rows.n; i++) {
        const struct dataset *d = dataset_find(cx->registry, rows_text(&rows, i, 1));
        if (!is_mine && (!d || !is_for_me(cx, d)))
            continue;
        size_t start = rs->body.n;
        if (!is_first)
            buf_add_char(&rs->body, ',');
        write(&rs->body, cx->registry, &rows, i);
        str written = str_slice(buf_str(&rs->body), start, rs->body.n);
        if (state.n && str_find(written, arena_format(cx->arena, "\"state\":\"%.*s\"",
                                                      STR_ARG(state))) == SIZE_MAX) {
            rs->body.n = start;
            continue;
        }
        is_first = false;
    }
    buf_add_lit(&rs->body, "],\"next\":null}");
    return true;
}

static bool approves(struct cx *cx, const struct dataset *d)
{
    return identity_may(cx, "approve", d) || identity_may(cx, "audit", d);
}

static bool get_requests(struct cx *cx, const struct request *rq, struct response *rs)
{
    return write_box(cx, rq, rs, "requests", REQUEST_SELECT, "r", approves, write_request);
}

static bool require_waiting(struct cx *cx, const struct rows *rows)
{
    struct rows locked;
    if (!DB(cx->db, cx->arena, &locked, cx->err,
            "select state from shuzhi.share_request where id = $1 for update",
            P(rows_text(rows, 0, 0))))
        return false;
    if (str_is(rows_text(&locked, 0, 0), "waiting"))
        return true;
    err_set(cx->err, ERR_CONFLICT, "the request is %.*s already",
            STR_ARG(rows_text(&locked, 0, 0)));
    return err_zh(cx->err, "这份申请已经处理过了");
}

static bool close_request(struct cx *cx, const struct rows *rows, const char *state, str note)
{
    return DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.share_request set state = $2, note = $3, decided_by = $4, decided_at "
              "= now() where id = $1",
              P(rows_text(rows, 0, 0)), P_CSTR(state), P(note), P(cx->actor->login));
}

static bool is_within(const struct list *asked, const struct list *given)
{
    for (size_t i = 0; i < given->n; i++) {
        if (!has_item(asked, given->items[i]))
            return false;
    }
    return true;
}

static bool list_of_column(struct cx *cx, str text, struct list *out)
{
    struct json v;
    if (!json_parse(&v, text, cx->arena, cx->err) || v.type != JSON_ARRAY || v.array.n > MAX_FIELDS)
        return err_set(cx->err, ERR_BROKEN, "the request cannot be read");
    out->n = 0;
    for (size_t i = 0; i < v.array.n; i++)
        out->items[out->n++] = v.array.items[i].text;
    return true;
}

static bool post_approve(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body, asked_filter;
    struct rows rows, grant;
    struct list fields, clear, asked, asked_clear;
    const struct dataset *d;
    int64_t quota, rate;
    str until;
    if (!find_request(cx, rq, &rows, &d) || !identity_require(cx, "approve", d) ||
        !request_json(rq, &body, cx->err) || !require_waiting(cx, &rows) ||
        !list_of_column(cx, rows_text(&rows, 0, 5), &asked) ||
        !list_of_column(cx, rows_text(&rows, 0, 6), &asked_clear) ||
        !json_parse(&asked_filter, rows_text(&rows, 0, 7), cx->arena, cx->err))
        return false;
    if (json_find(&body, "fields") ? !take_list(cx, &body, "fields", d, &fields)
                                   : (fields = asked, false))
        return false;
    if (json_find(&body, "clear") ? !take_list(cx, &body, "clear", d, &clear)
                                  : (clear = asked_clear, false))
        return false;
    const struct json *filter = json_find(&body, "filter");
    filter = filter ? filter : &asked_filter;
    if (fields.n == 0 || !is_within(&asked, &fields) || !is_within(&asked_clear, &clear) ||
        !is_within(&fields, &clear)) {
        err_set(cx->err, ERR_INVALID,
                "what is given must be part of what was asked, and not nothing");
        return err_zh(cx->err, "批准的字段应是申请字段的一部分，且不能为空");
    }
    if (filter->type == JSON_ARRAY && filter->array.n < asked_filter.array.n) {
        err_set(cx->err, ERR_INVALID, "the row filter may only be narrowed");
        return err_zh(cx->err, "行范围只能缩小，不能放宽");
    }
    if (!check_filter(cx, d, filter) ||
        (json_find(&body, "until") ? !take_until(cx, &body, &until)
                                   : (until = rows_text(&rows, 0, 10), false)) ||
        !take_number(cx, &body, "quota_per_day", rows_int(&rows, 0, 11), 1000000000, &quota) ||
        !take_number(cx, &body, "rate_per_second", rows_int(&rows, 0, 12), 1000000, &rate))
        return false;
    bool is_reduced =
        fields.n < asked.n || clear.n < asked_clear.n || filter->array.n > asked_filter.array.n ||
        str_compare(until, rows_text(&rows, 0, 10)) < 0 || quota < rows_int(&rows, 0, 11);
    str note = utf8_clip(json_text(&body, "note", STR("")), 2000);
    if (is_reduced && str_trim(note).n == 0) {
        err_set(cx->err, ERR_INVALID, "note is missing: say why less is given than was asked");
        return err_zh(cx->err, "批准的范围小于申请，请说明理由");
    }
    if (!close_request(cx, &rows, is_reduced ? "reduced" : "approved", note) ||
        !DB(cx->db, cx->arena, &grant, cx->err,
            "insert into shuzhi.share_grant (request, dataset, organisation, fields, clear, "
            "filter, purpose, legal_basis,"
            " until, quota_per_day, rate_per_second) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
            "$10, $11) returning id",
            P(rows_text(&rows, 0, 0)), P(d->id), P(rows_text(&rows, 0, 2)),
            P(list_array(cx->arena, &fields)), P(list_array(cx->arena, &clear)),
            P(filter_text(cx->arena, filter)), P(rows_text(&rows, 0, 8)), P(rows_text(&rows, 0, 9)),
            P(until), P_INT(cx->arena, quota), P_INT(cx->arena, rate)))
        return false;
    str id = rows_text(&grant, 0, 0);
    cx->audit->grant = rows_int(&grant, 0, 0);
    if (!notify_organisation(
            cx, rows_text(&rows, 0, 2),
            (struct title){str_from(is_reduced ? "共享申请已部分批准，请领取密钥"
                                               : "共享申请已批准，请领取密钥"),
                           str_from(is_reduced
                                        ? "Your share request was granted in part: fetch the key"
                                        : "Your share request was granted: fetch the key")},
            d->title, arena_format(cx->arena, "/grants/%.*s", STR_ARG(id))))
        return false;
    buf_add_lit(&rs->body, "{\"request\":");
    if (!answer_request(cx, rows_text(&rows, 0, 0), rs))
        return false;
    buf_add_format(&rs->body, ",\"grant\":%.*s}", STR_ARG(id));
    return true;
}

static bool post_refuse(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct rows rows;
    const struct dataset *d;
    str reason;
    return find_request(cx, rq, &rows, &d) && identity_require(cx, "approve", d) &&
           request_json(rq, &body, cx->err) && require_waiting(cx, &rows) &&
           take_text(cx, &body, "reason", "理由", &reason) &&
           close_request(cx, &rows, "refused", reason) &&
           notify_organisation(
               cx, rows_text(&rows, 0, 2),
               (struct title){str_from("共享申请未获批准"),
                              str_from("Your share request was refused")},
               d->title,
               arena_format(cx->arena, "/requests/%.*s", STR_ARG(rows_text(&rows, 0, 0)))) &&
           answer_request(cx, rows_text(&rows, 0, 0), rs);
}

static bool post_withdraw(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    const struct dataset *d;
    if (!find_request(cx, rq, &rows, &d) || !require_waiting(cx, &rows))
        return false;
    if (!str_equal(rows_text(&rows, 0, 2), cx->actor->organisation))
        return err_set(cx->err, ERR_DENIED, "only who asked may withdraw");
    return close_request(cx, &rows, "withdrawn", STR("")) &&
           answer_request(cx, rows_text(&rows, 0, 0), rs);
}

/* --- grants ------------------------------------------------------------------------------------
 */

static const char GRANTS[] =
    "select g.id, g.dataset, g.organisation, to_json(g.fields), to_json(g.clear), g.filter, "
    "g.purpose, g.legal_basis,"
    " to_json(g.since)#>>'{}', g.until, g.quota_per_day, g.rate_per_second, g.request,"
    " case when g.is_revoked then 'revoked' when g.until < current_date then 'expired' else "
    "'active' end,"
    " g.key_digest is not null, g.revoked_reason,"
    " coalesce((select n from shuzhi.share_usage u where u.grant_id = g.id and u.day = "
    "current_date), 0),"
    " (select to_json(max(last_used))#>>'{}' from shuzhi.share_usage u where u.grant_id = g.id),"
    " (select coalesce(sum(n), 0) from shuzhi.share_usage u where u.grant_id = g.id)"
    " from shuzhi.share_grant g";

static bool is_in_json_list(str list, str name)
{
    BUF_SCOPED struct buf quoted = {.max = 1000};
    json_write_string(&quoted, name);
    return str_find(list, buf_str(&quoted)) != SIZE_MAX;
}

static void write_grant(struct buf *b, const struct registry *r, const struct rows *rows, size_t i)
{
    const struct dataset *d = dataset_find(r, rows_text(rows, i, 1));
    bool is_first = true;
    buf_add_format(b, "{\"id\":%.*s", STR_ARG(rows_text(rows, i, 0)));
    json_add_raw(b, "request", rows_text(rows, i, 12));
    json_add_text(b, "dataset", rows_text(rows, i, 1));
    buf_add_lit(b, ",\"title\":");
    title_write(b, d ? d->title : (struct title){rows_text(rows, i, 1), {0}});
    buf_add_lit(b, ",\"organisation\":");
    catalogue_write_organisation(b, r, rows_text(rows, i, 2));
    buf_add_lit(b, ",\"owner\":");
    catalogue_write_organisation(b, r, d ? d->owner : STR(""));
    buf_add_lit(b, ",\"fields\":[");
    for (size_t k = 0; d && k < d->field_count; k++) {
        const struct field *f = &d->fields[k];
        if (!is_in_json_list(rows_text(rows, i, 3), f->name))
            continue;
        bool is_masked = f->grade >= GRADE_L3 && !is_in_json_list(rows_text(rows, i, 4), f->name);
        buf_add_format(b, "%s{\"name\":\"%.*s\",\"title\":", is_first ? "" : ",", STR_ARG(f->name));
        title_write(b, f->title);
        buf_add_format(b, ",\"is_masked\":%s}", is_masked ? "true" : "false");
        is_first = false;
    }
    buf_add_char(b, ']');
    json_add_raw(b, "filter", rows_text(rows, i, 5));
    json_add_text(b, "purpose", rows_text(rows, i, 6));
    json_add_text(b, "legal_basis", rows_text(rows, i, 7));
    json_add_text(b, "from", rows_text(rows, i, 8));
    json_add_text(b, "until", rows_text(rows, i, 9));
    json_add_raw(b, "quota_per_day", rows_text(rows, i, 10));
    json_add_raw(b, "rate_per_second", rows_text(rows, i, 11));
    json_add_text(b, "state", rows_text(rows, i, 13));
    buf_add_format(b, ",\"has_key\":%s", rows_bool(rows, i, 14) ? "true" : "false");
    json_add_text(b, "revoked_reason", rows_text(rows, i, 15));
    json_add_raw(b, "used_today", rows_text(rows, i, 16));
    json_add_text(b, "last_used", rows_text(rows, i, 17));
    json_add_raw(b, "uses", rows_text(rows, i, 18));
    buf_add_char(b, '}');
}

static bool get_grants(struct cx *cx, const struct request *rq, struct response *rs)
{
    return write_box(cx, rq, rs, "grants", GRANTS, "g", approves, write_grant);
}

static bool find_grant(struct cx *cx, const struct request *rq, struct rows *rows,
                       const struct dataset **d)
{
    int64_t id;
    if (!grant_id_parse(rq->parts[0], &id, cx->err) ||
        !DB(cx->db, cx->arena, rows, cx->err,
            arena_format(cx->arena, "%s where g.id = $1", GRANTS).p, P_INT(cx->arena, id)))
        return false;
    *d = rows->n ? dataset_find(cx->registry, rows_text(rows, 0, 1)) : NULL;
    if (!*d)
        return err_set(cx->err, ERR_MISSING, "there is no grant %lld", (long long)id);
    cx->audit->dataset = (*d)->id;
    cx->audit->grant = id;
    if (str_equal(rows_text(rows, 0, 2), cx->actor->organisation) || approves(cx, *d))
        return true;
    err_set(cx->err, ERR_DENIED,
            "grant %lld is not your organisation's, nor of a dataset you answer for",
            (long long)id);
    return err_zh(cx->err, "授权 %lld 与您单位无关", (long long)id);
}

static bool get_grant(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    const struct dataset *d;
    if (!find_grant(cx, rq, &rows, &d))
        return false;
    write_grant(&rs->body, cx->registry, &rows, 0);
    return true;
}

static bool post_key(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    const struct dataset *d;
    if (!find_grant(cx, rq, &rows, &d))
        return false;
    if (!str_equal(rows_text(&rows, 0, 2), cx->actor->organisation)) {
        err_set(cx->err, ERR_DENIED,
                "only the organisation the grant was given to fetches its key");
        return err_zh(cx->err, "密钥只能由获得授权的单位领取");
    }
    if (!str_is(rows_text(&rows, 0, 13), "active"))
        return err_set(cx->err, ERR_CONFLICT, "the grant is %.*s",
                       STR_ARG(rows_text(&rows, 0, 13)));
    str key = arena_format(cx->arena, "szk_%.*s_%.*s", STR_ARG(rows_text(&rows, 0, 0)),
                           STR_ARG(random_token(cx->arena, 32)));
    if (!DB(cx->db, cx->arena, NULL, cx->err,
            "update shuzhi.share_grant set key_digest = $2, version = version + 1 where id = $1",
            P(rows_text(&rows, 0, 0)), P(digest_hex(cx->arena, key))))
        return false;
    buf_add_lit(&rs->body, "{\"key\":");
    json_write_string(&rs->body, key);
    buf_add_char(&rs->body, '}');
    return true;
}

bool grant_revoke(struct cx *cx, str id, str reason)
{
    return DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.share_grant set is_revoked = true, revoked_reason = $2, version = "
              "version + 1 where id = $1 and not is_revoked",
              P(id), P(reason));
}

static bool post_revoke(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct rows rows;
    const struct dataset *d;
    str reason;
    if (!find_grant(cx, rq, &rows, &d) || !identity_require(cx, "approve", d) ||
        !request_json(rq, &body, cx->err) || !take_text(cx, &body, "reason", "理由", &reason) ||
        !grant_revoke(cx, rows_text(&rows, 0, 0), reason) ||
        !notify_organisation(
            cx, rows_text(&rows, 0, 2),
            (struct title){str_from("数据授权已被收回"), str_from("A data grant was revoked")},
            d->title, arena_format(cx->arena, "/grants/%.*s", STR_ARG(rows_text(&rows, 0, 0)))) ||
        !find_grant(cx, rq, &rows, &d))
        return false;
    write_grant(&rs->body, cx->registry, &rows, 0);
    return true;
}

/* --- for the bearer of a grant -------------------------------------------------------------------
 */

static bool load_grant(struct cx *cx, const struct request *rq, struct grant *g)
{
    struct rows rows;
    int64_t id;
    if (!grant_id_parse(rq->parts[0], &id, cx->err) ||
        !DB(cx->db, cx->arena, &rows, cx->err,
            arena_format(cx->arena, "%s where g.id = $1", GRANT_SELECT).p, P_INT(cx->arena, id)))
        return false;
    if (rows.n == 0)
        return err_set(cx->err, ERR_MISSING, "there is no grant %lld", (long long)id);
    if (!grant_read(cx->arena, cx->registry, &rows, 0, g, cx->err))
        return false;
    cx->audit->via = STR("share");
    cx->audit->grant = id;
    cx->audit->dataset = g->dataset_id;
    cx->audit->purpose = g->purpose;
    cx->audit->fields = g->fields;
    cx->audit->field_count = g->field_count;
    return true;
}

static bool get_openapi(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct grant g;
    if (!load_grant(cx, rq, &g))
        return false;
    bool is_theirs = cx->actor && (str_equal(g.organisation, cx->actor->organisation) ||
                                   approves(cx, g.dataset));
    if (!is_theirs && !grant_admits(&g, grant_bearer(rq), cx->err))
        return false;
    share_write_openapi(&rs->body, cx->registry, &g);
    return true;
}

struct shared_filter {
    struct cx *cx;
    const struct view *view;
    struct buf *sql;
};

/* Only fields the grant shows in the clear can be searched by. */
static void add_filter(void *arg, str name, str value)
{
    struct shared_filter *f = arg;
    if (str_is(name, "limit") || str_is(name, "after") || f->cx->err->code)
        return;
    const struct view_field *v = view_find(f->view, name);
    if (!v || v->is_masked || v->field->type == FIELD_JSON) {
        err_set(f->cx->err, ERR_DENIED, "the grant does not let you search by \"%.*s\"",
                STR_ARG(utf8_clip(name, 60)));
        return;
    }
    buf_add_format(f->sql, " and t.%.*s = %.*s::%s", STR_ARG(v->field->column),
                   STR_ARG(sql_literal(f->cx->arena, value)), field_sql_type(v->field->type));
}

static bool get_shared_list(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct grant g;
    struct rows rows;
    int64_t limit;
    BUF_SCOPED struct buf sql = {.max = MAX_JSON};
    if (!load_grant(cx, rq, &g) || !grant_admits(&g, grant_bearer(rq), cx->err) ||
        !request_limit(rq, 50, 200, &limit, cx->err))
        return false;
    cx->audit->who = cx->audit->organisation = g.organisation;
    struct shared_filter filter = {cx, &g.view, &sql};
    buf_add_lit(&sql, "select ");
    key_expression(&sql, g.dataset);
    buf_add_lit(&sql, ", ");
    view_columns(&sql, &g.view, "t");
    buf_add_format(&sql, " from %.*s t where true", STR_ARG(g.dataset->table));
    if (g.view.where.n)
        buf_add_format(&sql, " and (%.*s)", STR_ARG(g.view.where));
    request_each_query(rq, add_filter, &filter);
    str after = request_query(rq, "after");
    bool is_key_clear = true;
    for (size_t i = 0; i < g.dataset->key_count; i++) {
        const struct view_field *k = view_find(&g.view, g.dataset->key[i]->name);
        is_key_clear &= k && !k->is_masked;
    }
    /* Pages go by the key; where the grant hides it, by the row's place, which tells nothing. */
    if (after.n && is_key_clear) {
        buf_add_lit(&sql, " and ");
        if (!key_to_after(cx->arena, g.dataset, after, &sql, cx->err))
            return false;
    }
    int64_t offset = 0;
    if (after.n && !is_key_clear && (!str_to_int64(after, &offset) || offset < 0))
        return err_set(cx->err, ERR_INVALID, "after is not from an earlier answer");
    buf_add_lit(&sql, " order by ");
    key_order(&sql, g.dataset);
    buf_add_format(&sql, " limit %lld offset %lld%c", (long long)limit, (long long)offset, 0);
    if (cx->err->code || sql.is_full)
        return err_set(cx->err, ERR_LIMIT, "the question is too long");
    struct db *reader = access_reader_for_grant(cx, g.id);
    if (!reader || !DB0(reader, cx->arena, &rows, cx->err, sql.p) ||
        !DB(cx->db, cx->arena, NULL, cx->err,
            "insert into shuzhi.share_usage as u (grant_id, day, n) values ($1, current_date, "
            "greatest($2::bigint, 1))"
            " on conflict (grant_id, day) do update set n = u.n + excluded.n, last_used = now()",
            P_INT(cx->arena, g.id), P_INT(cx->arena, rows.n)))
        return false;
    buf_add_lit(&rs->body, "{\"records\":[");
    for (size_t i = 0; i < rows.n; i++) {
        buf_add(&rs->body, i ? STR(",{") : STR("{"));
        view_write_row(&rs->body, &g.view, &rows, i, 1);
        buf_add_char(&rs->body, '}');
    }
    buf_add_lit(&rs->body, "],\"next\":");
    if (rows.n < (size_t)limit)
        buf_add_lit(&rs->body, "null");
    else if (is_key_clear)
        json_write_string(&rs->body, rows_text(&rows, rows.n - 1, 0));
    else
        buf_add_format(&rs->body, "\"%lld\"", (long long)(offset + limit));
    buf_add_char(&rs->body, '}');
    str *keys = arena_array(cx->arena, str, rows.n);
    for (size_t i = 0; i < rows.n; i++)
        keys[i] = rows_text(&rows, i, 0);
    cx->audit->keys = keys;
    cx->audit->key_count = rows.n;
    cx->audit->count = (int64_t)rows.n;
    cx->audit->result = rows.n ? STR("ok") : STR("none");
    return true;
}

static const struct route ROUTES[] = {
    {"POST", "/api/v1/requests", post_request, "share.request", 0, NULL},
    {"GET", "/api/v1/requests", get_requests, NULL, 0, NULL},
    {"GET", "/api/v1/requests/{request}", get_request, NULL, 0, NULL},
    {"POST", "/api/v1/requests/{request}/approve", post_approve, "share.approve", 0, NULL},
    {"POST", "/api/v1/requests/{request}/refuse", post_refuse, "share.refuse", 0, NULL},
    {"POST", "/api/v1/requests/{request}/withdraw", post_withdraw, "share.withdraw", 0, NULL},
    {"GET", "/api/v1/grants", get_grants, NULL, 0, NULL},
    {"GET", "/api/v1/grants/{grant}", get_grant, NULL, 0, NULL},
    {"POST", "/api/v1/grants/{grant}/key", post_key, "share.key", 0, NULL},
    {"POST", "/api/v1/grants/{grant}/revoke", post_revoke, "share.revoke", 0, NULL},
    {"GET", "/api/v1/share/{grant}/openapi.json", get_openapi, "share.describe", ROUTE_PUBLIC,
     NULL},
    {"GET", "/api/v1/share/{grant}/records", get_shared_list, "share.list", ROUTE_PUBLIC, NULL},
    {0},
};

const struct module SHARE_MODULE = {"share", ROUTES};
