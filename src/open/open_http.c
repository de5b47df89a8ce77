/* Releases at the desk: prepared by one, let out by another, withdrawn with a reason. */
#include "access/catalogue.h"
#include "audit/audit.h"
#include "base/digest.h"
#include "base/key.h"
#include "notify/notify.h"
#include "open/open.h"

enum { MAX_BODY = 1 << 20, MAX_TEXT = 4000, MAX_K = 1000, MAX_EPSILON = 10000 };

static bool take_text(struct cx *cx, const struct json *body, const char *name, const char *zh,
                      str *out)
{
    *out = str_trim(json_text(body, name, STR("")));
    if (out->n && out->n <= MAX_TEXT && !memchr(out->p, 0, out->n))
        return true;
    err_set(cx->err, ERR_INVALID, "%s is missing or longer than %d bytes", name, MAX_TEXT);
    err_zh(cx->err, "请填写“%s”（不超过 %d 字节）", zh, MAX_TEXT);
    return err_at(cx->err, "/%s", name);
}

static bool take_name(struct cx *cx, const struct json *body, str *out)
{
    *out = json_text(body, "name", STR(""));
    bool ok = out->n && out->n <= 48 && out->p[0] >= 'a' && out->p[0] <= 'z';
    for (size_t i = 0; ok && i < out->n; i++) {
        char c = out->p[i];
        ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    }
    if (ok)
        return true;
    err_set(cx->err, ERR_INVALID,
            "name is lower-case letters, digits and hyphens, a letter first, "
            "at most 48");
    err_zh(cx->err, "英文短名只能用小写字母、数字和连字符，以字母开头，不超过 48 个字符");
    return err_at(cx->err, "/name");
}

static bool require_open_dataset(struct cx *cx, const struct json *body, struct open_release *r)
{
    const struct dataset *d = catalogue_require(cx, json_text(body, "dataset", STR("")));
    if (!d || !identity_require(cx, "open", d))
        return false;
    r->dataset = d;
    if (d->open != SHARE_NONE)
        return true;
    err_set(cx->err, ERR_DENIED, "%.*s is not to be opened (x-open: none)", STR_ARG(d->title.en));
    return err_zh(cx->err, "“%.*s”属于禁止开放类数据", STR_ARG(d->title.zh));
}

/* What tells one person from another is counted, whatever it is called. */
static bool check_roles(struct cx *cx, const struct open_release *r)
{
    for (size_t i = 0; i < r->field_count; i++) {
        const struct open_field *f = &r->fields[i];
        bool is_plain = f->treatment == OPEN_keep || f->treatment == OPEN_mask;
        if (f->role != ROLE_SENSITIVE ||
            !(f->field->is_key || (f->field->grade >= GRADE_L3 && is_plain)))
            continue;
        err_set(cx->err, ERR_INVALID, "%.*s tells who somebody is: it is counted into classes",
                STR_ARG(f->field->name));
        return err_zh(cx->err, "“%.*s”能识别到人，必须计入分组", STR_ARG(f->field->title.zh));
    }
    return true;
}

static bool take_number(struct cx *cx, const struct json *body, const char *name, int64_t otherwise,
                        int64_t least, int64_t most, int64_t *out)
{
    *out = json_int(body, name, json_find(body, name) ? -1 : otherwise);
    if (*out >= least && *out <= most)
        return true;
    err_set(cx->err, ERR_INVALID, "%s is a whole number from %lld to %lld", name, (long long)least,
            (long long)most);
    return err_at(cx->err, "/%s", name);
}

/* "0.5" as thousandths. */
static bool take_epsilon(struct cx *cx, const struct json *body, int64_t *out)
{
    const struct json *v = json_find(body, "epsilon");
    double d = v && v->type == JSON_NUMBER ? strtod(arena_cstr(cx->arena, v->text), NULL) : 0;
    *out = d >= 0.001 && d <= MAX_EPSILON / 1000.0 ? (int64_t)(d * 1000 + 0.5) : 0;
    if (*out)
        return true;
    err_set(cx->err, ERR_INVALID, "epsilon is a number from 0.001 to %d", MAX_EPSILON / 1000);
    err_zh(cx->err, "隐私参数 ε 应在 0.001 到 %d 之间", MAX_EPSILON / 1000);
    return err_at(cx->err, "/epsilon");
}

static bool read_release(struct cx *cx, const struct json *body, struct open_release *r)
{
    BUF_SCOPED struct buf where = {.max = MAX_BODY};
    bool is_counts = str_is(json_text(body, "kind", STR("records")), "counts");
    if (!require_open_dataset(cx, body, r) || !open_read_fields(cx, json_find(body, "fields"), r) ||
        !check_roles(cx, r) ||
        !filter_to_sql(cx->arena, r->dataset, json_find(body, "filter"), &where, cx->err))
        return false;
    r->where = arena_copy(cx->arena, buf_str(&where));
    r->suppresses = json_flag(body, "suppress", false);
    if (is_counts)
        return take_epsilon(cx, body, &r->epsilon);
    int64_t least = r->dataset->open == SHARE_UNCONDITIONAL ? 1 : OPEN_LEAST_K;
    return take_number(cx, body, "k", least, least, MAX_K, &r->k);
}

static bool make(struct cx *cx, const struct open_release *r, struct open_made *m)
{
    return r->epsilon ? open_make_counts(cx, r, m) : open_make_records(cx, r, m);
}

/* What would be measured, with nothing kept: of records only, for a look at counts spends. */
static bool post_measure(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct open_release r = {0};
    struct open_made m = {0};
    if (!request_json(rq, &body, cx->err) || !read_release(cx, &body, &r))
        return false;
    if (r.epsilon)
        return err_set(cx->err, ERR_INVALID, "counts are not tried: every look at them spends");
    bool ok = open_make_records(cx, &r, &m);
    if (!ok && cx->err->code == ERR_CONFLICT) { /* a measure too: this is what it is for */
        buf_add_lit(&rs->body, "{\"refused\":{\"zh\":");
        json_write_string(&rs->body, arena_copy(cx->arena, str_from(cx->err->msg_zh)));
        buf_add_lit(&rs->body, ",\"en\":");
        json_write_string(&rs->body, arena_copy(cx->arena, str_from(cx->err->msg)));
        buf_add_lit(&rs->body, "},\"measures\":");
        err_clear(cx->err);
        ok = true;
    } else {
        buf_add_lit(&rs->body, "{\"refused\":null,\"measures\":");
    }
    buf_add(&rs->body, m.measures.n ? buf_str(&m.measures) : STR("null"));
    buf_add_char(&rs->body, '}');
    open_made_release(&m);
    return ok;
}

static str sha256_hex(struct arena *a, str data)
{
    uint8_t digest[32];
    sha256(data, digest);
    return bytes_to_hex(a, digest, sizeof digest);
}

static bool save_file(struct cx *cx, str release, const char *name, const char *type, str content)
{
    return DB(cx->db, cx->arena, NULL, cx->err,
              "insert into shuzhi.open_file (release, name, type, content, sha256, bytes)"
              " values ($1, $2, $3, $4, $5, $6)",
              P(release), P_CSTR(name), P_CSTR(type), P(content), P(sha256_hex(cx->arena, content)),
              P_INT(cx->arena, content.n));
}

static str fields_text(struct arena *a, const struct open_release *r)
{
    BUF_SCOPED struct buf b = {.max = MAX_BODY};
    for (size_t i = 0; i < r->field_count; i++)
        buf_add_format(&b, "%s{\"name\":\"%.*s\",\"treatment\":\"%s\",\"role\":\"%s\"}",
                       i ? "," : "[", STR_ARG(r->fields[i].field->name),
                       open_treatment_name(r->fields[i].treatment),
                       r->fields[i].role == ROLE_SENSITIVE ? "sensitive" : "quasi");
    buf_add_char(&b, ']');
    return arena_copy(a, buf_str(&b));
}

static str filter_text(struct arena *a, const struct json *filter)
{
    BUF_SCOPED struct buf b = {.max = MAX_BODY};
    if (filter && filter->type == JSON_ARRAY)
        json_write(&b, filter);
    else
        buf_add_lit(&b, "[]");
    return arena_copy(a, buf_str(&b));
}

static bool save(struct cx *cx, const struct json *body, const struct open_release *r,
                 const struct open_made *m, str *id)
{
    struct rows rows;
    str name, zh, en, description, licence = json_text(body, "licence", STR(""));
    BUF_SCOPED struct buf title = {.max = 4 * MAX_TEXT};
    struct arena *a = cx->arena;
    const struct json *titles = json_find(body, "title");
    if (!open_licence_find(licence)) {
        err_set(cx->err, ERR_INVALID, "there is no licence \"%.*s\"",
                STR_ARG(utf8_clip(licence, 40)));
        err_zh(cx->err, "请选择许可协议");
        return err_at(cx->err, "/licence");
    }
    if (!take_name(cx, body, &name) || !take_text(cx, titles, "zh", "中文标题", &zh) ||
        !take_text(cx, titles, "en", "英文标题", &en) ||
        !take_text(cx, body, "description", "说明", &description))
        return false;
    title_write(&title, (struct title){zh, en});
    if (!DB(cx->db, a, NULL, cx->err, "select pg_advisory_xact_lock(83330, hashtext($1))",
            P(name)) ||
        !DB(cx->db, a, &rows, cx->err,
            "insert into shuzhi.open_release (name, version, dataset, kind, title, description,"
            " licence, fields, filter, k, epsilon, measures, rows, login) select $1,"
            " coalesce((select max(version) from shuzhi.open_release where name = $1), 0) + 1, $2,"
            " $3, $4, $5, $6, $7, $8, nullif($9::int, 0), nullif($10::numeric, 0) / 1000, $11,"
            " $12, $13 where not exists (select from shuzhi.open_release where name = $1 and"
            " dataset <> $2) returning id",
            P(name), P(r->dataset->id), P_CSTR(r->epsilon ? "counts" : "records"),
            P(buf_str(&title)), P(description), P(licence), P(fields_text(a, r)),
            P(filter_text(a, json_find(body, "filter"))), P_INT(a, r->k), P_INT(a, r->epsilon),
            P(buf_str(&m->measures)), P_INT(a, m->rows), P(cx->actor->login)))
        return false;
    if (rows.n == 0) {
        err_set(cx->err, ERR_CONFLICT, "the name \"%.*s\" is another dataset's", STR_ARG(name));
        return err_zh(cx->err, "短名“%.*s”已用于另一数据集", STR_ARG(name));
    }
    *id = rows_text(&rows, 0, 0);
    str lines = m->jsonl.n ? buf_str(&m->jsonl) : STR("");
    return save_file(cx, *id, "data.csv", "text/csv", buf_str(&m->csv)) &&
           save_file(cx, *id, "data.jsonl", "application/x-ndjson", lines) &&
           DB(cx->db, a, NULL, cx->err,
              "insert into shuzhi.open_row (release, n, row) select $1, n, line from"
              " regexp_split_to_table(rtrim($2, E'\\n'), E'\\n') with ordinality t(line, n)"
              " where line <> ''",
              P(*id), P(lines));
}

static bool answer(struct cx *cx, str id, struct response *rs)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            arena_format(cx->arena, "%s where r.id = $1", OPEN_SELECT).p, P(id)))
        return false;
    if (rows.n == 0)
        return err_set(cx->err, ERR_MISSING, "there is no release %.*s", STR_ARG(id));
    open_write_release(&rs->body, cx->registry, &rows, 0);
    return true;
}

static bool post_release(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct open_release r = {0};
    struct open_made m = {0};
    str id;
    bool ok = request_json(rq, &body, cx->err) && read_release(cx, &body, &r) && make(cx, &r, &m) &&
              save(cx, &body, &r, &m, &id);
    open_made_release(&m);
    rs->status = 201;
    return ok &&
           notify_organisation(
               cx, r.dataset->owner,
               (struct title){str_from("有开放数据待审核"),
                              str_from("A release of open data waits for approval")},
               r.dataset->title, STR("/opening")) &&
           answer(cx, id, rs);
}

static bool require_follower(struct cx *cx)
{
    return identity_may(cx, "approve", NULL) || identity_may(cx, "audit", NULL) ||
           identity_require(cx, "open", NULL);
}

static bool get_releases(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    (void)rq;
    if (!require_follower(cx) ||
        !DB0(cx->db, cx->arena, &rows, cx->err,
             arena_format(cx->arena, "%s order by r.id desc limit 500", OPEN_SELECT).p))
        return false;
    buf_add_lit(&rs->body, "{\"releases\":[");
    for (size_t i = 0; i < rows.n; i++) {
        if (i)
            buf_add_char(&rs->body, ',');
        open_write_release(&rs->body, cx->registry, &rows, i);
    }
    buf_add_lit(&rs->body, "]}");
    return true;
}

static bool get_release(struct cx *cx, const struct request *rq, struct response *rs)
{
    int64_t id;
    if (!require_follower(cx))
        return false;
    if (!str_to_int64(rq->parts[0], &id))
        return err_set(cx->err, ERR_MISSING, "there is no such release");
    return answer(cx, rq->parts[0], rs);
}

static bool get_choices(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    bool is_first = true;
    (void)rq;
    if (!require_follower(cx))
        return false;
    buf_add_lit(&rs->body, "{\"treatments\":[");
    open_write_treatments(&rs->body);
    buf_add_lit(&rs->body, "],\"licences\":[");
    open_write_licences(&rs->body);
    buf_add_lit(&rs->body, "],\"datasets\":[");
    for (size_t i = 0; i < cx->registry->datasets.n; i++) {
        const struct dataset *d = cx->registry->datasets.entries[i].value;
        if (!identity_may(cx, "open", d) || d->open == SHARE_NONE)
            continue;
        if (!DB(cx->db, cx->arena, &rows, cx->err,
                "select coalesce((select total - spent from shuzhi.open_budget where dataset = $1),"
                " 2)",
                P(d->id)))
            return false;
        buf_add(&rs->body, is_first ? STR("{\"id\":") : STR(",{\"id\":"));
        json_write_string(&rs->body, d->id);
        buf_add_lit(&rs->body, ",\"title\":");
        title_write(&rs->body, d->title);
        buf_add_format(&rs->body, ",\"least_k\":%d,\"budget\":%.*s}",
                       d->open == SHARE_UNCONDITIONAL ? 1 : OPEN_LEAST_K,
                       STR_ARG(rows_text(&rows, 0, 0)));
        is_first = false;
    }
    buf_add_lit(&rs->body, "]}");
    return true;
}

/* Locks the release; its dataset's approver decides, who did not prepare it. */
static bool find(struct cx *cx, const struct request *rq, const char *state, str *id)
{
    struct rows rows;
    int64_t n;
    if (!str_to_int64(rq->parts[0], &n))
        return err_set(cx->err, ERR_MISSING, "there is no such release");
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select dataset, state, login from shuzhi.open_release where id = $1 for update",
            P_INT(cx->arena, n)))
        return false;
    const struct dataset *d = rows.n ? dataset_find(cx->registry, rows_text(&rows, 0, 0)) : NULL;
    if (!d)
        return err_set(cx->err, ERR_MISSING, "there is no release %lld", (long long)n);
    cx->audit->dataset = d->id;
    cx->audit->key = rq->parts[0];
    if (!identity_require(cx, "approve", d))
        return false;
    if (!str_is(rows_text(&rows, 0, 1), state)) {
        err_set(cx->err, ERR_CONFLICT, "the release is %.*s", STR_ARG(rows_text(&rows, 0, 1)));
        return err_zh(cx->err, "这份开放数据已经处理过了");
    }
    if (strcmp(state, "prepared") == 0 && str_equal(rows_text(&rows, 0, 2), cx->actor->login)) {
        err_set(cx->err, ERR_DENIED, "who prepared a release does not decide on it");
        return err_zh(cx->err, "不能审核自己准备的开放数据，请由另一人审核");
    }
    *id = rq->parts[0];
    return d->open != SHARE_NONE || strcmp(state, "prepared") != 0 ||
           err_set(cx->err, ERR_DENIED, "%.*s is not to be opened any more", STR_ARG(d->title.en));
}

static bool decide(struct cx *cx, str id, const char *state, str reason)
{
    return DB(cx->db, cx->arena, NULL, cx->err,
              "update shuzhi.open_release set state = $2, reason = nullif($3, ''),"
              " decided_by = coalesce(decided_by, $4), decided_at = coalesce(decided_at, now()),"
              " withdrawn_at = case when $2 = 'withdrawn' then now() end where id = $1",
              P(id), P_CSTR(state), P(reason), P(cx->actor->login));
}

static bool post_approve(struct cx *cx, const struct request *rq, struct response *rs)
{
    str id;
    return find(cx, rq, "prepared", &id) && decide(cx, id, "open", STR("")) && answer(cx, id, rs);
}

static bool end(struct cx *cx, const struct request *rq, const char *from, const char *to,
                struct response *rs)
{
    struct json body;
    str id, reason;
    return request_json(rq, &body, cx->err) && find(cx, rq, from, &id) &&
           take_text(cx, &body, "reason", "理由", &reason) && decide(cx, id, to, reason) &&
           answer(cx, id, rs);
}

static bool post_refuse(struct cx *cx, const struct request *rq, struct response *rs)
{
    return end(cx, rq, "prepared", "refused", rs);
}

static bool post_withdraw(struct cx *cx, const struct request *rq, struct response *rs)
{
    return end(cx, rq, "open", "withdrawn", rs);
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/opening/choices", get_choices, NULL, 0, NULL},
    {"POST", "/api/v1/opening/measure", post_measure, "open.measure", 0, NULL},
    {"GET", "/api/v1/opening/releases", get_releases, NULL, 0, NULL},
    {"POST", "/api/v1/opening/releases", post_release, "open.prepare", 0, NULL},
    {"GET", "/api/v1/opening/releases/{release}", get_release, NULL, 0, NULL},
    {"POST", "/api/v1/opening/releases/{release}/approve", post_approve, "open.approve", 0, NULL},
    {"POST", "/api/v1/opening/releases/{release}/refuse", post_refuse, "open.refuse", 0, NULL},
    {"POST", "/api/v1/opening/releases/{release}/withdraw", post_withdraw, "open.withdraw", 0,
     NULL},
    {0},
};

const struct module OPEN_MODULE = {"open", ROUTES};
