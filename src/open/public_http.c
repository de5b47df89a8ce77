/* Open data for everybody: the list, one release, its files, its rows page by page. */
#include "open/open.h"

#include "identity/issuer.h"

enum { MAX_QUERY = 200 };

static bool ask(struct cx *cx, const char *where, str value, struct rows *rows)
{
    return DB(cx->db, cx->arena, rows, cx->err,
              arena_format(cx->arena,
                           "%s where r.state = 'open' and ($1 = '' or %s) order by r.decided_at"
                           " desc, r.id desc limit 1000",
                           OPEN_SELECT, where)
                  .p,
              P(value.p ? value : STR("")));
}

/* The last open version of each name, and every one by its id. */
static bool ask_catalogue(struct cx *cx, struct rows *rows)
{
    return DB0(cx->db, cx->arena, rows, cx->err,
               arena_format(cx->arena,
                            "%s where r.state = 'open' and not exists (select from"
                            " shuzhi.open_release n where n.name = r.name and n.state = 'open' and"
                            " n.version > r.version) order by r.id desc limit 1000",
                            OPEN_SELECT)
                   .p);
}

static bool get_list(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    str q = utf8_clip(str_trim(request_query(rq, "q")), MAX_QUERY);
    if (!ask(cx, "position(lower($1) in lower(r.title::text || r.description || r.name)) > 0", q,
             &rows))
        return false;
    buf_add_lit(&rs->body, "{\"county\":");
    title_write(&rs->body, cx->registry->county.title);
    buf_add_lit(&rs->body, ",\"releases\":[");
    for (size_t i = 0; i < rows.n; i++) {
        if (i)
            buf_add_char(&rs->body, ',');
        open_write_release(&rs->body, cx->registry, &rows, i);
    }
    buf_add_lit(&rs->body, "]}");
    return true;
}

static bool find(struct cx *cx, str id, struct rows *rows)
{
    int64_t n;
    struct rows gone;
    if (!str_to_int64(id, &n) || n < 1)
        return err_set(cx->err, ERR_MISSING, "there is no such release");
    if (!ask(cx, "r.id = $1::bigint", arena_format(cx->arena, "%lld", (long long)n), rows))
        return false;
    if (rows->n)
        return true;
    if (!DB(cx->db, cx->arena, &gone, cx->err,
            "select reason from shuzhi.open_release where id = $1 and state = 'withdrawn'",
            P_INT(cx->arena, n)))
        return false;
    if (gone.n) {
        err_set(cx->err, ERR_MISSING, "the release was withdrawn: %.*s",
                STR_ARG(rows_text(&gone, 0, 0)));
        return err_zh(cx->err, "该开放数据已撤回：%.*s", STR_ARG(rows_text(&gone, 0, 0)));
    }
    err_set(cx->err, ERR_MISSING, "there is no open release %lld", (long long)n);
    return err_zh(cx->err, "没有编号为 %lld 的开放数据", (long long)n);
}

static bool get_one(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows, days;
    if (!find(cx, rq->parts[0], &rows) ||
        !DB(cx->db, cx->arena, &days, cx->err,
            "select coalesce(json_agg(d order by day desc), '[]') from (select day, sum(n) as n"
            " from shuzhi.open_download where release = $1 group by day order by day desc limit"
            " 90) d",
            P(rows_text(&rows, 0, 0))))
        return false;
    buf_add_lit(&rs->body, "{\"release\":");
    open_write_release(&rs->body, cx->registry, &rows, 0);
    buf_add_lit(&rs->body, ",\"days\":");
    buf_add(&rs->body, rows_text(&days, 0, 0));
    buf_add_char(&rs->body, '}');
    return true;
}

/* By day and file, and nothing of who took it. */
static bool count_download(struct cx *cx, str release, str name)
{
    return DB(cx->db, cx->arena, NULL, cx->err,
              "insert into shuzhi.open_download as d (release, day, name, n) values ($1,"
              " (now() at time zone 'Asia/Shanghai')::date, $2, 1)"
              " on conflict (release, day, name) do update set n = d.n + 1",
              P(release), P(name));
}

static bool get_rows(struct cx *cx, const struct request *rq, struct response *rs)
{
    response_header(rs, STR("Content-Disposition"), STR("inline")); /* a page links here */
    struct rows rows, page;
    int64_t limit, after = 0;
    str text = request_query(rq, "after");
    if (!find(cx, rq->parts[0], &rows) || !request_limit(rq, 100, 1000, &limit, cx->err))
        return false;
    if (text.n && (!str_to_int64(text, &after) || after < 0))
        return err_set(cx->err, ERR_INVALID, "after is not from an earlier answer");
    if (!DB(cx->db, cx->arena, &page, cx->err,
            "select n, row from shuzhi.open_row where release = $1 and n > $2 order by n limit $3",
            P(rows_text(&rows, 0, 0)), P_INT(cx->arena, after), P_INT(cx->arena, limit)) ||
        (after == 0 && !count_download(cx, rows_text(&rows, 0, 0), STR("api"))))
        return false;
    buf_add_lit(&rs->body, "{\"rows\":[");
    for (size_t i = 0; i < page.n; i++) {
        if (i)
            buf_add_char(&rs->body, ',');
        buf_add(&rs->body, rows_text(&page, i, 1));
    }
    if (page.n == (size_t)limit)
        buf_add_format(&rs->body, "],\"next\":\"%.*s\"}", STR_ARG(rows_text(&page, page.n - 1, 0)));
    else
        buf_add_lit(&rs->body, "],\"next\":null}");
    return true;
}

static bool get_file(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows, file;
    str name = rq->parts[1], base = issuer_url(cx->issuer);
    if (!find(cx, rq->parts[0], &rows))
        return false;
    if (str_is(name, "schema.json") || str_is(name, "csvw.json")) {
        if (str_is(name, "schema.json"))
            open_write_schema(&rs->body, cx, &rows, 0);
        else
            open_write_csvw(&rs->body, cx, &rows, 0, base);
        return true;
    }
    /* A name is looked up, never opened: there are no paths to walk. */
    if (!DB(cx->db, cx->arena, &file, cx->err,
            "select content, type, sha256 from shuzhi.open_file where release = $1 and name = $2",
            P(rows_text(&rows, 0, 0)), P(name)))
        return false;
    if (file.n == 0)
        return err_set(cx->err, ERR_MISSING, "the release has no file \"%.*s\"",
                       STR_ARG(utf8_clip(name, 60)));
    if (!rq->is_head && !count_download(cx, rows_text(&rows, 0, 0), name))
        return false;
    buf_add(&rs->body, rows_text(&file, 0, 0));
    rs->type = arena_format(cx->arena, "%.*s; charset=utf-8", STR_ARG(rows_text(&file, 0, 1)));
    response_header(rs, STR("Content-Disposition"),
                    arena_format(cx->arena, "attachment; filename=\"%.*s-%.*s-%.*s\"",
                                 STR_ARG(rows_text(&rows, 0, 1)), STR_ARG(rows_text(&rows, 0, 2)),
                                 STR_ARG(name)));
    response_header(rs, STR("ETag"),
                    arena_format(cx->arena, "\"%.*s\"", STR_ARG(rows_text(&file, 0, 2))));
    return true;
}

static bool get_jsonld(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    (void)rq;
    if (!ask_catalogue(cx, &rows))
        return false;
    open_write_jsonld(&rs->body, cx, &rows, issuer_url(cx->issuer));
    rs->type = STR("application/ld+json");
    return true;
}

static bool get_turtle(struct cx *cx, const struct request *rq, struct response *rs)
{
    struct rows rows;
    (void)rq;
    if (!ask_catalogue(cx, &rows))
        return false;
    open_write_turtle(&rs->body, cx, &rows, issuer_url(cx->issuer));
    rs->type = STR("text/turtle; charset=utf-8");
    return true;
}

static bool get_terms(struct cx *cx, const struct request *rq, struct response *rs)
{
    (void)cx, (void)rq;
    buf_add_lit(
        &rs->body,
        "公共数据开放条款\n\n任何人可以免费获取、利用本目录中的数据。利用时请注明数据来源和获取"
        "日期；不得利用数据识别或者试图识别特定自然人；不得危害国家安全、公共利益和他人合法权益"
        "。数据按现状提供；发现错误请告知数据提供单位。\n\n"
        "Terms of open data\n\nAnybody may take and use the data of this catalogue free of "
        "charge. Name the source and the day they were taken; do not identify, or try to "
        "identify, any person by them; do no harm with them to the state, the public or the "
        "rights of others. The data are as they are; tell their publisher of errors.\n");
    rs->type = STR("text/plain; charset=utf-8");
    return true;
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/open", get_list, NULL, ROUTE_PUBLIC, NULL},
    {"GET", "/api/v1/open/{release}", get_one, NULL, ROUTE_PUBLIC, NULL},
    {"GET", "/api/v1/open/{release}/rows", get_rows, NULL, ROUTE_PUBLIC, NULL},
    {"GET", "/open/files/{release}/{file}", get_file, NULL, ROUTE_PUBLIC, NULL},
    {"GET", "/open/catalog.jsonld", get_jsonld, NULL, ROUTE_PUBLIC, NULL},
    {"GET", "/open/catalog.ttl", get_turtle, NULL, ROUTE_PUBLIC, NULL},
    {"GET", "/open/terms", get_terms, NULL, ROUTE_PUBLIC, NULL},
    {0},
};

const struct module OPEN_PUBLIC_MODULE = {"open-public", ROUTES};
