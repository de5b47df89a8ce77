/* My data: a citizen's or a firm's own records, who looked at them, and what they object to. */
#include "quality/my.h"

#include "access/catalogue.h"
#include "access/handle.h"
#include "audit/audit.h"
#include "base/date.h"
#include "notify/notify.h"

enum { MAX_SQL = 1 << 18, MAX_RECORDS = 50, OBJECTION_DAYS = 15 };

/* The rows that are the asker's own: those that lines about me.id_number or me.uscc give.  Empty:
 * none. */
static bool own_rows(struct cx *cx, const struct dataset *d, struct buf *sql)
{
    const struct registry *r = cx->registry;
    for (size_t i = 0; i < r->right_count; i++) {
        const struct right *g = &r->rights[i];
        bool is_about_me = str_find(g->when, STR("me.id_number")) != SIZE_MAX ||
                           str_find(g->when, STR("me.uscc")) != SIZE_MAX;
        for (size_t k = 0; is_about_me && str_is(g->verb, "read") && k < cx->actor->post_count;
             k++) {
            const struct post *p = &cx->actor->posts[k];
            struct asker who = post_asker(cx->actor, p, cx->purpose);
            str condition;
            bool uses_me;
            if (!post_holds(p, g, d))
                continue;
            if (!right_condition(cx->arena, g, d, STR("t."), &who, &condition, &uses_me, cx->err))
                return false;
            buf_add(sql, sql->n ? STR(" or ") : STR(""));
            buf_add(sql, condition);
        }
    }
    return true;
}

static bool write_own(struct cx *cx, const struct dataset *d, str where, struct buf *b,
                      bool *is_first)
{
    struct view view;
    struct rows rows;
    BUF_SCOPED struct buf sql = {.max = MAX_SQL};
    struct db *reader = access_reader(cx, "read");
    if (!reader || !view_for_actor(cx, d, &view))
        return false;
    buf_add_lit(&sql, "select ");
    key_expression(&sql, d);
    buf_add_lit(&sql, ", ");
    view_columns(&sql, &view, "t");
    buf_add_format(&sql, " from %.*s t where %.*s limit %d%c", STR_ARG(d->table), STR_ARG(where),
                   MAX_RECORDS, 0);
    if (!DB0(reader, cx->arena, &rows, cx->err, sql.p))
        return false;
    for (size_t i = 0; i < rows.n; i++) {
        buf_add(b, *is_first ? STR("{\"dataset\":") : STR(",{\"dataset\":"));
        *is_first = false;
        json_write_string(b, d->id);
        buf_add_lit(b, ",\"title\":");
        title_write(b, d->title);
        buf_add_lit(b, ",\"owner\":");
        catalogue_write_organisation(b, cx->registry, d->owner);
        json_add_text(b, "key", handle_of(cx, d, &view, rows_text(&rows, i, 0)));
        buf_add_lit(b, ",\"values\":{");
        view_write_row(b, &view, &rows, i, 1);
        buf_add_lit(b, "},\"fields\":[");
        for (size_t k = 0; k < view.n; k++) {
            if (k)
                buf_add_char(b, ',');
            catalogue_write_field(b, view.fields[k].field);
        }
        buf_add_lit(b, "]}");
    }
    cx->audit->count += (int64_t)rows.n;
    return true;
}

static bool get_own(struct cx *cx, const struct request *rq, struct response *rs)
{
    bool is_first = true;
    (void)rq;
    cx->audit->count = 0;
    buf_add_lit(&rs->body, "{\"records\":[");
    for (size_t i = 0; i < cx->registry->datasets.n; i++) {
        const struct dataset *d = cx->registry->datasets.entries[i].value;
        BUF_SCOPED struct buf where = {.max = MAX_SQL};
        if (!own_rows(cx, d, &where) ||
            (where.n && !write_own(cx, d, buf_str(&where), &rs->body, &is_first)))
            return false;
    }
    buf_add_lit(&rs->body, "]}");
    return true;
}

/* The dataset and key of a record that is the asker's own; DENIED otherwise. */
static bool require_own(struct cx *cx, str dataset, str handle, const struct dataset **d, str *key)
{
    struct rows rows = {0};
    BUF_SCOPED struct buf own = {.max = MAX_SQL}, where = {.max = MAX_SQL};
    *d = catalogue_require(cx, dataset);
    if (!*d || !handle_open(cx, *d, handle, key) || !own_rows(cx, *d, &own) ||
        !key_to_where(cx->arena, *d, *key, &where, cx->err))
        return false;
    struct db *reader = access_reader(cx, "read");
    if (!reader ||
        (own.n &&
         !DB0(reader, cx->arena, &rows, cx->err,
              arena_format(cx->arena, "select 1 from %.*s t where (%.*s) and %.*s",
                           STR_ARG((*d)->table), STR_ARG(buf_str(&own)), STR_ARG(buf_str(&where)))
                  .p)))
        return false;
    cx->audit->key = *key;
    if (rows.n)
        return true;
    err_set(cx->err, ERR_DENIED, "this is no record of yours");
    return err_zh(cx->err, "这不是您本人的记录");
}

/* Organisations, not persons: who stands behind a look is the owner's to find out when it is
 * objected to. */
static bool get_looks(struct cx *cx, const struct request *rq, struct response *rs)
{
    const struct dataset *d;
    struct rows rows;
    str key;
    struct buf *b = &rs->body;
    if (!require_own(cx, request_query(rq, "dataset"), request_query(rq, "key"), &d, &key) ||
        !DB0(cx->db, cx->arena, NULL, cx->err, "select shuzhi.audit_unfold()") ||
        !DB(cx->db, cx->arena, &rows, cx->err,
            "select e.batch || '-' || e.seq, to_json(e.at)#>>'{}', e.organisation, e.via, e.action,"
            " to_json(e.fields), e.purpose, g.legal_basis, e.grant_id, e.who = $3, e.result"
            " from shuzhi.audit_event e left join shuzhi.share_grant g on g.id = e.grant_id"
            " where e.dataset = $1 and (e.key = $2 or e.keys @> array[$2]) order by e.at desc "
            "limit 200",
            P(d->id), P(key), P(cx->actor->login)))
        return false;
    buf_add_lit(b, "{\"looks\":[");
    for (size_t i = 0; i < rows.n; i++) {
        str fields = rows_text(&rows, i, 5);
        buf_add_format(b, "%s{\"id\":\"%.*s\"", i ? "," : "", STR_ARG(rows_text(&rows, i, 0)));
        json_add_text(b, "at", rows_text(&rows, i, 1));
        buf_add_lit(b, ",\"organisation\":");
        catalogue_write_organisation(b, cx->registry, rows_text(&rows, i, 2));
        json_add_text(b, "via", rows_text(&rows, i, 3));
        json_add_text(b, "action", rows_text(&rows, i, 4));
        buf_add_format(b, ",\"fields\":%.*s", STR_ARG(fields.p ? fields : STR("null")));
        json_add_text(b, "purpose", rows_text(&rows, i, 6));
        json_add_text(b, "legal_basis", rows_text(&rows, i, 7));
        buf_add_format(b, ",\"is_me\":%s", rows_bool(&rows, i, 9) ? "true" : "false");
        json_add_text(b, "result", rows_text(&rows, i, 10));
        buf_add_char(b, '}');
    }
    buf_add_lit(b, "]}");
    return true;
}

/* An objection to a look is a case at the owner with a due date (personal information protection
 * law, article 50: the request is accepted and handled). */
static bool post_objection(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct json body;
    struct rows rows;
    const struct dataset *d;
    str key;
    if (!request_json(rq, &body, cx->err) ||
        !require_own(cx, json_text(&body, "dataset", STR("")), json_text(&body, "key", STR("")), &d,
                     &key))
        return false;
    str note = utf8_clip(str_trim(json_text(&body, "note", STR(""))), 2000);
    str look = utf8_clip(json_text(&body, "look", STR("")), 60);
    if (!note.n) {
        err_set(cx->err, ERR_INVALID, "note is missing: say what you object to");
        return err_zh(cx->err, "请写明您对哪次查看有异议、为什么");
    }
    str due = date_format(cx->arena, calendar_add_working_days(&cx->registry->county.calendar,
                                                               date_today_china(), OBJECTION_DAYS));
    str text = look.n ? arena_format(cx->arena, "[%.*s] %.*s", STR_ARG(look), STR_ARG(note)) : note;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "insert into shuzhi.work_case (kind, dataset, key, note, due, reporter, owner)"
            " values ('objection', $1, $2, $3, $4, $5, $6) returning id",
            P(d->id), P(key), P(text), P(due), P(cx->actor->login), P(d->owner)))
        return false;
    rs->status = 201;
    buf_add_format(&rs->body, "{\"case\":%.*s,\"due\":\"%.*s\"}", STR_ARG(rows_text(&rows, 0, 0)),
                   STR_ARG(due));
    return notify_organisation(
        cx, d->owner,
        (struct title){STR("有人对数据被查看提出异议"),
                       STR("Somebody objects to a look at their data")},
        (struct title){d->title.zh, d->title.en},
        arena_format(cx->arena, "/cases/%.*s", STR_ARG(rows_text(&rows, 0, 0))));
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/my/records", get_own, "my.records", 0, NULL},
    {"GET", "/api/v1/my/looks", get_looks, "my.looks", 0, NULL},
    {"POST", "/api/v1/my/objections", post_objection, "my.objection", 0, NULL},
    {0},
};

const struct module MY_MODULE = {"my", ROUTES};
