/* Catalogue and records: what there is, and the records as the asker may see them. */
#include "access/catalogue.h"

#include "audit/audit.h"

const struct dataset *catalogue_require(struct cx *cx, str id)
{
    const struct dataset *d = dataset_find(cx->registry, id);
    if (!d) {
        err_set(cx->err, ERR_MISSING, "there is no dataset \"%.*s\"",
                STR_ARG(str_slice(id, 0, 80)));
        err_zh(cx->err, "没有名为“%.*s”的数据集", STR_ARG(str_slice(id, 0, 80)));
    } else if (cx->audit) {
        cx->audit->dataset = d->id;
    }
    return d;
}

static const char *share_name(enum share_kind s)
{
    return s == SHARE_UNCONDITIONAL ? "unconditional"
           : s == SHARE_CONDITIONAL ? "conditional"
                                    : "none";
}

void catalogue_write_organisation(struct buf *b, const struct registry *r, str code)
{
    buf_add_lit(b, "{\"code\":");
    json_write_string(b, code);
    buf_add_lit(b, ",\"title\":");
    title_write(b, organisation_title(r, code));
    buf_add_char(b, '}');
}

/* records, last batch, whether late, score, quarantined: of one dataset or of all. */
static const char SUMMARY[] =
    "select d.id, d.records, to_json(b.finished)#>>'{}',"
    " (extract(epoch from now() - b.finished) / 86400)::bigint, q.score,"
    " (select coalesce(sum(n_quarantined - n_fixed - n_dropped), 0) from shuzhi.batch w"
    "  where w.dataset = d.id and w.n_quarantined > w.n_fixed + w.n_dropped)"
    " from shuzhi.dataset d"
    " left join lateral (select finished from shuzhi.batch b where b.dataset = d.id and b.state = "
    "'done'"
    "  order by id desc limit 1) b on true"
    " left join lateral (select round(avg(percent), 1) as score from shuzhi.quality_now n"
    "  where n.dataset = d.id) q on true";

static void write_summary(struct buf *b, struct cx *cx, const struct dataset *d,
                          const struct rows *rows, size_t i)
{
    str days = rows_text(rows, i, 3);
    bool is_late = d->update_days && days.p && rows_int(rows, i, 3) > d->update_days;
    buf_add_lit(b, "{\"id\":");
    json_write_string(b, d->id);
    buf_add_lit(b, ",\"title\":");
    title_write(b, d->title);
    buf_add_lit(b, ",\"package\":");
    json_write_string(b, d->package->id);
    buf_add_lit(b, ",\"package_title\":");
    title_write(b, d->package->title);
    buf_add_lit(b, ",\"owner\":");
    catalogue_write_organisation(b, cx->registry, d->owner);
    buf_add_format(b, ",\"grade\":\"%s\",\"share\":\"%s\",\"update\":\"%.*s\",\"is_late\":%s",
                   grade_name(d->grade), share_name(d->share), STR_ARG(d->update),
                   is_late ? "true" : "false");
    json_add_raw(b, "records", access_sees_all_rows(cx, d) ? rows_text(rows, i, 1) : STR("null"));
    json_add_text(b, "last_batch_at", rows_text(rows, i, 2));
    json_add_raw(b, "score", rows_text(rows, i, 4));
    json_add_raw(b, "quarantined", rows_text(rows, i, 5));
    buf_add_format(b, ",\"field_count\":%zu", d->field_count);
}

static bool text_has(str hay, str needle)
{
    return str_find(hay, needle) != SIZE_MAX;
}

static bool matches(const struct dataset *d, str q)
{
    if (q.n == 0 || text_has(d->id, q) || text_has(d->title.zh, q) || text_has(d->title.en, q) ||
        text_has(d->description, q))
        return true;
    for (size_t i = 0; i < d->field_count; i++) {
        const struct field *f = &d->fields[i];
        if (text_has(f->name, q) || text_has(f->title.zh, q) || text_has(f->title.en, q))
            return true;
    }
    return false;
}

static bool get_datasets(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    str q = request_query(rq, "q"), package = request_query(rq, "package"),
        grade = request_query(rq, "grade");
    bool is_first = true;
    if (!identity_require(cx, "read", NULL) ||
        !DB0(cx->db, cx->arena, &rows, cx->err,
             arena_format(cx->arena, "%s order by d.package, d.id", SUMMARY).p))
        return false;
    buf_add_lit(&rs->body, "{\"datasets\":[");
    for (size_t i = 0; i < rows.n; i++) {
        const struct dataset *d = dataset_find(cx->registry, rows_text(&rows, i, 0));
        if (!d || !matches(d, q) || (package.n && !str_equal(package, d->package->id)) ||
            (grade.n && !str_is(grade, grade_name(d->grade))))
            continue;
        if (!is_first)
            buf_add_char(&rs->body, ',');
        is_first = false;
        write_summary(&rs->body, cx, d, &rows, i);
        buf_add_char(&rs->body, '}');
    }
    buf_add_lit(&rs->body, "]}");
    return true;
}

void catalogue_write_field(struct buf *b, const struct field *f)
{
    buf_add_lit(b, "{\"name\":");
    json_write_string(b, f->name);
    buf_add_lit(b, ",\"title\":");
    title_write(b, f->title);
    buf_add_format(b, ",\"type\":\"%s\",\"grade\":\"%s\",\"is_required\":%s,\"is_key\":%s",
                   field_type_name(f->type), grade_name(f->grade),
                   f->is_required ? "true" : "false", f->is_key ? "true" : "false");
    json_add_text(b, "format", f->format.n ? f->format : (str){0});
    json_add_text(b, "code", f->code.n ? f->code : (str){0});
    json_add_text(b, "mask", f->mask.n ? f->mask : (str){0});
    json_add_text(b, "unit", f->unit.n ? f->unit : (str){0});
    json_add_text(b, "description", f->description.n ? f->description : (str){0});
    const struct json *options = json_find(f->definition, "enum");
    if (options) {
        buf_add_lit(b, ",\"enum\":");
        json_write(b, options);
    }
    buf_add_char(b, '}');
}

/* Passed of tested, in percent, by dimension and over all. */
static bool write_quality(struct cx *cx, const struct dataset *d, struct buf *b)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select dimension, percent, round(avg(percent) over (), 1) from shuzhi.quality_now "
            "where dataset = $1"
            " order by dimension",
            P(d->id)))
        return false;
    buf_add_lit(b, "{\"score\":");
    buf_add(b, rows.n ? rows_text(&rows, 0, 2) : STR("null"));
    buf_add_lit(b, ",\"dimensions\":{");
    for (size_t i = 0; i < rows.n; i++)
        buf_add_format(b, "%s\"%.*s\":%.*s", i ? "," : "", STR_ARG(rows_text(&rows, i, 0)),
                       STR_ARG(rows_text(&rows, i, 1)));
    buf_add_lit(b, "}}");
    return true;
}

static void write_may(struct buf *b, struct cx *cx, const struct dataset *d)
{
    static const char *const verbs[] = {"read", "intake", "fix", "approve", "request", "clear"};
    buf_add_lit(b, ",\"may\":{");
    for (size_t i = 0; i < COUNT(verbs); i++)
        buf_add_format(b, "%s\"%s\":%s", i ? "," : "", verbs[i],
                       identity_may(cx, verbs[i], d) ? "true" : "false");
    buf_add_char(b, '}');
}

static bool get_dataset(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    struct buf *b = &rs->body;
    const struct dataset *d = catalogue_require(cx, rq->parts[0]);
    if (!d || !identity_require(cx, "read", d) ||
        !DB(cx->db, cx->arena, &rows, cx->err,
            arena_format(cx->arena, "%s where d.id = $1", SUMMARY).p, P(d->id)))
        return false;
    if (rows.n == 0)
        return err_set(cx->err, ERR_MISSING, "%.*s has no table yet", STR_ARG(d->id));
    write_summary(b, cx, d, &rows, 0);
    json_add_text(b, "description", d->description.n ? d->description : (str){0});
    json_add_text(b, "standard_ref", d->standard_ref.n ? d->standard_ref : (str){0});
    buf_add_lit(b, ",\"key\":[");
    for (size_t i = 0; i < d->key_count; i++)
        buf_add_format(b, "%s\"%.*s\"", i ? "," : "", STR_ARG(d->key[i]->name));
    buf_add_lit(b, "],\"title_field\":");
    json_write_string(b, d->title_field->name);
    buf_add_lit(b, ",\"fields\":[");
    for (size_t i = 0; i < d->field_count; i++) {
        if (i)
            buf_add_char(b, ',');
        catalogue_write_field(b, &d->fields[i]);
    }
    buf_add_lit(b, "],\"quality\":");
    if (!write_quality(cx, d, b))
        return false;
    write_may(b, cx, d);
    buf_add_char(b, '}');
    return true;
}

/* --- codes, pages, menu ------------------------------------------------------------------------
 */

static bool get_codes(struct cx *cx, const struct request *rq, struct response *rs)
{
    const struct dataset *d = catalogue_require(cx, rq->parts[0]);
    const struct map *codes = d ? map_find(&cx->registry->codes, d->id) : NULL;
    struct buf *b = &rs->body;
    /* Lists shared with everybody are the words of other records: whoever is signed in reads them.
     */
    bool is_open = d && d->share == SHARE_UNCONDITIONAL && d->grade <= GRADE_L2;
    if (!d || (!is_open && !identity_require(cx, "read", d)))
        return false;
    if (!codes)
        return err_set(cx->err, ERR_MISSING, "%.*s is no code list", STR_ARG(d->id));
    buf_add_lit(b, "{\"items\":[");
    for (size_t i = 0; i < codes->n; i++) {
        buf_add_format(b, "%s{\"code\":", i ? "," : "");
        json_write_string(b, codes->entries[i].key);
        buf_add_lit(b, ",\"title\":");
        title_write(b, *(struct title *)codes->entries[i].value);
        buf_add_char(b, '}');
    }
    buf_add_char(b, ']');
    json_add_text(b, "standard_ref", d->standard_ref.n ? d->standard_ref : (str){0});
    buf_add_char(b, '}');
    return true;
}

static void write_page(struct buf *b, const struct page *p)
{
    static const char *const parts[] = {"kind", "columns", "filters", "order"};
    buf_add_lit(b, "{\"id\":");
    json_write_string(b, p->id);
    buf_add_lit(b, ",\"title\":");
    title_write(b, p->title);
    buf_add_lit(b, ",\"dataset\":");
    json_write_string(b, p->dataset->id);
    for (size_t i = 0; i < COUNT(parts); i++) {
        const struct json *v = json_find(p->definition, parts[i]);
        buf_add_format(b, ",\"%s\":", parts[i]);
        if (v)
            json_write(b, v);
        else
            buf_add_lit(b, "null");
    }
    buf_add_char(b, '}');
}

static bool get_pages(struct cx *cx, const struct request *rq, struct response *rs)
{
    bool is_first = true;
    (void)rq;
    buf_add_lit(&rs->body, "{\"pages\":[");
    for (size_t i = 0; i < cx->registry->pages.n; i++) {
        const struct page *p = cx->registry->pages.entries[i].value;
        if (!identity_may(cx, "read", p->dataset))
            continue;
        if (!is_first)
            buf_add_char(&rs->body, ',');
        is_first = false;
        write_page(&rs->body, p);
    }
    buf_add_lit(&rs->body, "]}");
    return true;
}

static bool get_page(struct cx *cx, const struct request *rq, struct response *rs)
{
    const struct page *p = map_find(&cx->registry->pages, rq->parts[0]);
    if (!p)
        return err_set(cx->err, ERR_MISSING, "there is no page \"%.*s\"",
                       STR_ARG(str_slice(rq->parts[0], 0, 60)));
    if (!identity_require(cx, "read", p->dataset))
        return false;
    write_page(&rs->body, p);
    return true;
}

static bool get_menu(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct buf *b = &rs->body;
    bool is_first = true;
    (void)rq;
    buf_add_lit(b, "{\"groups\":[");
    for (size_t i = 0; i < cx->registry->packages.n; i++) {
        const struct package *p = cx->registry->packages.entries[i].value;
        const struct json *menu = json_find(p->app, "menu");
        if (!menu || menu->type != JSON_ARRAY || menu->array.n == 0)
            continue;
        buf_add(b, is_first ? STR("{\"id\":") : STR(",{\"id\":"));
        is_first = false;
        json_write_string(b, p->id);
        buf_add_lit(b, ",\"title\":");
        title_write(b, p->title);
        buf_add_lit(b, ",\"items\":");
        json_write(b, menu);
        buf_add_char(b, '}');
    }
    buf_add_lit(b, "]}");
    return true;
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/datasets", get_datasets, NULL, 0, NULL},
    {"GET", "/api/v1/datasets/{dataset}", get_dataset, NULL, 0, NULL},
    {"GET", "/api/v1/codes/{dataset}", get_codes, NULL, 0, NULL},
    {"GET", "/api/v1/pages", get_pages, NULL, 0, NULL},
    {"GET", "/api/v1/pages/{page}", get_page, NULL, 0, NULL},
    {"GET", "/api/v1/menu", get_menu, NULL, 0, NULL},
    {0},
};

const struct module CATALOGUE_MODULE = {"catalogue", ROUTES};
