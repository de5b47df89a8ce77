#include "quality/quality.h"

#include "access/catalogue.h"
#include "intake/intake_http.h"
#include "intake/reason.h"

enum { TREND_DAYS = 90 };

static bool write_trend(struct cx *cx, const struct dataset *d, struct buf *b)
{
    struct rows rows;
    str day = {0};
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select (at at time zone 'Asia/Shanghai')::date as day, dimension,"
            " round(avg(100.0 * passed / tested), 1),"
            " round(avg(avg(100.0 * passed / tested)) over (partition by (at at time zone "
            "'Asia/Shanghai')::date), 1)"
            " from shuzhi.quality where dataset = $1 and tested > 0 and at > now() - "
            "make_interval(days => $2)"
            " group by 1, 2 order by 1, 2",
            P(d->id), P_INT(cx->arena, TREND_DAYS)))
        return false;
    buf_add_lit(b, ",\"trend\":[");
    for (size_t i = 0; i < rows.n; i++) {
        bool is_new = !str_equal(day, rows_text(&rows, i, 0));
        day = rows_text(&rows, i, 0);
        if (is_new)
            buf_add_format(b, "%s{\"day\":\"%.*s\",\"score\":%.*s,\"dimensions\":{", i ? "}}," : "",
                           STR_ARG(day), STR_ARG(rows_text(&rows, i, 3)));
        buf_add_format(b, "%s\"%.*s\":%.*s", is_new ? "" : ",", STR_ARG(rows_text(&rows, i, 1)),
                       STR_ARG(rows_text(&rows, i, 2)));
    }
    buf_add(b, rows.n ? STR("}}]") : STR("]"));
    return true;
}

/* A check goes by its own title; one that is not in force any more by its id. */
static struct title rule_title(const struct dataset *d, str rule)
{
    const struct check *c = check_find(d, rule);
    static const struct {
        const char *rule, *zh, *en;
    } titles[] = {
        {"required", "必填项有值", "required value is there"},
        {"type", "类型正确", "of the right type"},
        {"format", "格式与校验码正确", "format and check digit"},
        {"code", "在代码表或取值范围内", "in the code list"},
        {"limits", "长度与数值在范围内", "length and range"},
        {"unique-key", "主键不重复", "key stands once"},
        {"landed", "已入库可用", "landed and usable"},
        {"location", "坐标系正确", "coordinates in the right system"},
        {"in-time", "按更新周期报送", "came in time"},
    };
    if (c)
        return c->title;
    for (size_t i = 0; i < COUNT(titles); i++) {
        if (str_is(rule, titles[i].rule))
            return (struct title){str_from(titles[i].zh), str_from(titles[i].en)};
    }
    return (struct title){rule, rule};
}

static bool write_rules(struct cx *cx, const struct dataset *d, struct buf *b)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select r.field, r.rule, r.dimension, r.tested, r.passed, n.percent from "
            "shuzhi.quality_rule_now r"
            " join shuzhi.quality_now n using (dataset, dimension) where dataset = $1"
            " order by 1.0 * r.passed / r.tested, r.field, r.rule",
            P(d->id)))
        return false;
    double sum = 0;
    str seen[DIMENSION_COUNT];
    size_t dimensions = 0;
    buf_add_lit(b, "{\"current\":{\"dimensions\":{");
    for (size_t i = 0; i < rows.n; i++) {
        bool is_seen = false;
        str dimension = rows_text(&rows, i, 2);
        for (size_t k = 0; k < dimensions; k++)
            is_seen |= str_equal(dimension, seen[k]);
        if (is_seen || dimensions == DIMENSION_COUNT)
            continue;
        buf_add_format(b, "%s\"%.*s\":%.*s", dimensions ? "," : "", STR_ARG(dimension),
                       STR_ARG(rows_text(&rows, i, 5)));
        seen[dimensions++] = dimension;
        sum += strtod(rows_text(&rows, i, 5).p, NULL);
    }
    buf_add_lit(b, "},\"score\":");
    if (dimensions)
        buf_add_format(b, "%.1f", sum / (double)dimensions);
    else
        buf_add_lit(b, "null");
    buf_add_lit(b, "},\"rules\":[");
    for (size_t i = 0; i < rows.n; i++) {
        const struct field *f = field_find(d, rows_text(&rows, i, 0));
        buf_add_format(b, "%s{\"field\":", i ? "," : "");
        json_write_string(b, rows_text(&rows, i, 0));
        buf_add_lit(b, ",\"field_title\":");
        if (f)
            title_write(b, f->title);
        else
            buf_add_lit(b, "null");
        buf_add_format(b, ",\"code\":\"%.*s\",\"title\":", STR_ARG(rows_text(&rows, i, 1)));
        title_write(b, rule_title(d, rows_text(&rows, i, 1)));
        buf_add_format(b, ",\"dimension\":\"%.*s\",\"tested\":%.*s,\"passed\":%.*s}",
                       STR_ARG(rows_text(&rows, i, 2)), STR_ARG(rows_text(&rows, i, 3)),
                       STR_ARG(rows_text(&rows, i, 4)));
    }
    buf_add_char(b, ']');
    return true;
}

static bool get_quality(struct cx *cx, const struct request *rq, struct response *rs)
{
    const struct dataset *d = catalogue_require(cx, rq->parts[0]);
    if (!d || !identity_require(cx, "read", d) || !write_rules(cx, d, &rs->body) ||
        !write_trend(cx, d, &rs->body))
        return false;
    buf_add_char(&rs->body, '}');
    return true;
}

static bool get_lineage(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    struct buf *b = &rs->body;
    const struct dataset *d = catalogue_require(cx, rq->parts[0]);
    if (!d || !identity_require(cx, "read", d) ||
        !DB(cx->db, cx->arena, &rows, cx->err,
            arena_format(cx->arena,
                         "%s where b.dataset = $1 and b.kind <> 'fix' order by b.id desc limit 100",
                         BATCH_SELECT)
                .p,
            P(d->id)))
        return false;
    buf_add_lit(b, "{\"batches\":[");
    for (size_t i = 0; i < rows.n; i++) {
        if (i)
            buf_add_char(b, ',');
        batch_write_json(b, cx->registry, &rows, i);
    }
    buf_add_lit(b, "],\"grants\":[");
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select g.id, g.organisation, g.purpose, to_json(max(u.last_used))#>>'{}', "
            "coalesce(sum(u.n), 0),"
            " case when g.is_revoked then 'revoked' when g.until < current_date then 'expired' "
            "else 'active' end"
            " from shuzhi.share_grant g left join shuzhi.share_usage u on u.grant_id = g.id where "
            "g.dataset = $1"
            " group by g.id order by g.id desc limit 100",
            P(d->id)))
        return false;
    for (size_t i = 0; i < rows.n; i++) {
        buf_add_format(b, "%s{\"id\":%.*s,\"organisation\":", i ? "," : "",
                       STR_ARG(rows_text(&rows, i, 0)));
        catalogue_write_organisation(b, cx->registry, rows_text(&rows, i, 1));
        buf_add_lit(b, ",\"purpose\":");
        json_write_string(b, rows_text(&rows, i, 2));
        buf_add_lit(b, ",\"last_used\":");
        if (rows_is_null(&rows, i, 3))
            buf_add_lit(b, "null");
        else
            json_write_string(b, rows_text(&rows, i, 3));
        buf_add_format(b, ",\"uses\":%.*s,\"state\":\"%.*s\"}", STR_ARG(rows_text(&rows, i, 4)),
                       STR_ARG(rows_text(&rows, i, 5)));
    }
    buf_add_lit(b, "]}");
    return true;
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/datasets/{dataset}/quality", get_quality, NULL, 0, NULL},
    {"GET", "/api/v1/datasets/{dataset}/lineage", get_lineage, NULL, 0, NULL},
    {0},
};

const struct module QUALITY_MODULE = {"quality", ROUTES};
