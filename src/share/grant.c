#include "share/share.h"

#include "base/digest.h"

const char GRANT_SELECT[] =
    "select g.id, g.version, g.request, g.dataset, g.organisation, g.purpose, g.legal_basis, "
    "g.key_digest, g.until,"
    " to_json(g.fields), to_json(g.clear), g.filter, g.quota_per_day, g.rate_per_second,"
    " coalesce((select n from shuzhi.share_usage u where u.grant_id = g.id and u.day = "
    "current_date), 0),"
    " g.is_revoked, g.until < current_date from shuzhi.share_grant g";

static bool read_list(struct arena *a, str text, str **items, size_t *n, struct err *e)
{
    struct json v;
    if (!json_parse(&v, arena_copy(a, text), a, e) || v.type != JSON_ARRAY)
        return err_set(e, ERR_BROKEN, "a grant's list cannot be read");
    *items = arena_array(a, str, v.array.n);
    for (size_t i = 0; i < v.array.n; i++)
        (*items)[(*n)++] = v.array.items[i].text;
    return true;
}

bool grant_read(struct arena *a, const struct registry *r, const struct rows *rows, size_t i,
                struct grant *g, struct err *e)
{
    *g = (struct grant){.id = rows_int(rows, i, 0),
                        .version = rows_int(rows, i, 1),
                        .request = rows_int(rows, i, 2),
                        .dataset_id = arena_copy(a, rows_text(rows, i, 3)),
                        .organisation = arena_copy(a, rows_text(rows, i, 4)),
                        .purpose = arena_copy(a, rows_text(rows, i, 5)),
                        .legal_basis = arena_copy(a, rows_text(rows, i, 6)),
                        .key_digest = arena_copy(a, rows_text(rows, i, 7)),
                        .until = arena_copy(a, rows_text(rows, i, 8)),
                        .quota_per_day = rows_int(rows, i, 12),
                        .rate_per_second = rows_int(rows, i, 13),
                        .used_today = rows_int(rows, i, 14),
                        .is_revoked = rows_bool(rows, i, 15),
                        .is_expired = rows_bool(rows, i, 16)};
    if (!read_list(a, rows_text(rows, i, 9), &g->fields, &g->field_count, e) ||
        !read_list(a, rows_text(rows, i, 10), &g->clear, &g->clear_count, e) ||
        !json_parse(&g->filter, arena_copy(a, rows_text(rows, i, 11)), a, e))
        return false;
    g->dataset = dataset_find(r, g->dataset_id);
    if (!g->dataset) {
        err_set(e, ERR_MISSING, "the dataset of grant %lld is not in force any more",
                (long long)g->id);
        return err_zh(e, "授权 %lld 对应的数据集已下线", (long long)g->id);
    }
    return view_for_grant(a, g->dataset, g->fields, g->field_count, g->clear, g->clear_count,
                          &g->filter, &g->view, e);
}

bool grant_admits(const struct grant *g, str key, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    if (!key.p) {
        err_set(e, ERR_UNKNOWN,
                "no key was sent: put it in the header \"Authorization: Bearer KEY\"");
        return err_zh(e, "未携带密钥：请放在请求头 Authorization: Bearer 中");
    }
    if (g->key_digest.n == 0 || !bytes_equal_constant(digest_hex(&a, key), g->key_digest)) {
        err_set(e, ERR_UNKNOWN, "the key is not the one of grant %lld", (long long)g->id);
        return err_zh(e, "密钥与授权 %lld 不符", (long long)g->id);
    }
    return grant_allows(g, e);
}

bool grant_allows(const struct grant *g, struct err *e)
{
    if (g->is_revoked) {
        err_set(e, ERR_DENIED, "grant %lld has been revoked by the owner", (long long)g->id);
        return err_zh(e, "授权 %lld 已被数源部门收回", (long long)g->id);
    }
    if (g->is_expired) {
        err_set(e, ERR_DENIED, "grant %lld ended on %.*s", (long long)g->id, STR_ARG(g->until));
        return err_zh(e, "授权 %lld 已于 %.*s 到期", (long long)g->id, STR_ARG(g->until));
    }
    if (g->used_today >= g->quota_per_day) {
        err_set(e, ERR_LIMIT, "today's quota of %lld looks is used up",
                (long long)g->quota_per_day);
        return err_zh(e, "今日 %lld 次的额度已用完", (long long)g->quota_per_day);
    }
    return true;
}

str grant_bearer(const struct request *rq)
{
    str v = request_header(rq, "Authorization");
    return v.p && v.n > 7 && str_equal_nocase(str_slice(v, 0, 7), STR("bearer "))
               ? str_slice(v, 7, v.n)
               : (str){0};
}

bool grant_id_parse(str text, int64_t *id, struct err *e)
{
    int64_t n;
    if (!str_to_int64(text, &n) || n <= 0)
        return err_set(e, ERR_MISSING, "there is no grant \"%.*s\"", STR_ARG(utf8_clip(text, 40)));
    *id = n;
    return true;
}

/* --- OpenAPI -----------------------------------------------------------------------------------
 */

static void write_field_schema(struct buf *b, const struct view_field *f)
{
    static const char *const keywords[] = {"format",    "pattern", "enum",   "minLength",
                                           "maxLength", "minimum", "maximum"};
    buf_add_format(b, "{\"type\":\"%s\",\"title\":",
                   f->is_masked ? "string" : field_type_name(f->field->type));
    json_write_string(b, f->field->title.zh);
    buf_add_lit(b, ",\"description\":");
    json_write_string(b, f->is_masked ? STR("masked") : f->field->title.en);
    for (size_t i = 0; !f->is_masked && i < COUNT(keywords); i++) {
        const struct json *v = json_find(f->field->definition, keywords[i]);
        if (!v)
            continue;
        buf_add_format(b, ",\"%s\":", keywords[i]);
        json_write(b, v);
    }
    buf_add_format(b, ",\"x-grade\":\"%s\"}", grade_name(f->field->grade));
}

static void write_answers(struct buf *b, const char *schema)
{
    static const struct {
        const char *status, *text;
    } problems[] = {
        {"401", "no key, or not this grant's"},
        {"403", "the grant was revoked or is over, or the record is outside the rows granted"},
        {"404", "no such record"},
        {"429", "quota or rate used up"}};
    buf_add_format(
        b,
        "\"responses\":{\"200\":{\"description\":\"as granted\",\"content\":{\"application/json\":"
        "{\"schema\":%s}}}",
        schema);
    for (size_t i = 0; i < COUNT(problems); i++)
        buf_add_format(
            b,
            ",\"%s\":{\"description\":\"%s\",\"content\":{\"application/problem+json\":{\"schema\":"
            "{\"$ref\":\"#/components/schemas/Problem\"}}}}",
            problems[i].status, problems[i].text);
    buf_add_char(b, '}');
}

void share_write_openapi(struct buf *b, const struct registry *r, const struct grant *g)
{
    struct title owner = organisation_title(r, g->dataset->owner);
    buf_add_lit(b, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":");
    json_write_string(b, g->dataset->title.zh);
    buf_add_format(b, ",\"version\":\"%lld\",\"description\":", (long long)g->version);
    json_write_string(b, g->purpose);
    buf_add_lit(b, ",\"contact\":{\"name\":");
    json_write_string(b, owner.zh);
    buf_add_format(
        b,
        "}},\"servers\":[{\"url\":\"/api/v1/share/%lld\"}],\"security\":[{\"key\":[]}],\"paths\":{"
        "\"/records/{key}\":{\"get\":{\"operationId\":\"getRecord\",\"summary\":\"one record by "
        "its key\","
        "\"parameters\":[{\"name\":\"key\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":"
        "\"string\"},"
        "\"description\":\"",
        (long long)g->id);
    for (size_t i = 0; i < g->dataset->key_count; i++)
        buf_add_format(b, "%s%.*s", i ? "~" : "", STR_ARG(g->dataset->key[i]->name));
    buf_add_lit(b, "\"}],");
    write_answers(b, "{\"$ref\":\"#/components/schemas/Record\"}");
    buf_add_lit(
        b,
        "}},\"/records\":{\"get\":{\"operationId\":\"listRecords\",\"summary\":\"a page of "
        "records\","
        "\"parameters\":[{\"name\":\"limit\",\"in\":\"query\",\"schema\":{\"type\":\"integer\","
        "\"minimum\":1,"
        "\"maximum\":200}},{\"name\":\"after\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}}");
    for (size_t i = 0; i < g->view.n; i++) {
        if (g->view.fields[i].is_masked || g->view.fields[i].field->type == FIELD_JSON)
            continue;
        buf_add_format(b, ",{\"name\":\"%.*s\",\"in\":\"query\",\"schema\":",
                       STR_ARG(g->view.fields[i].field->name));
        write_field_schema(b, &g->view.fields[i]);
        buf_add_char(b, '}');
    }
    buf_add_lit(b, "],");
    write_answers(
        b,
        "{\"type\":\"object\",\"properties\":{\"records\":{\"type\":\"array\",\"items\":{\"$ref\":"
        "\"#/components/schemas/Record\"}},\"next\":{\"type\":[\"string\",\"null\"]}}}");
    buf_add_lit(b, "}}},\"components\":{\"securitySchemes\":{\"key\":{\"type\":\"http\",\"scheme\":"
                   "\"bearer\"}},"
                   "\"schemas\":{\"Record\":{\"type\":\"object\",\"properties\":{");
    for (size_t i = 0; i < g->view.n; i++) {
        buf_add_format(b, "%s\"%.*s\":", i ? "," : "", STR_ARG(g->view.fields[i].field->name));
        write_field_schema(b, &g->view.fields[i]);
    }
    buf_add_lit(b, "}},\"Problem\":{\"type\":\"object\",\"properties\":{\"title\":{\"type\":"
                   "\"string\"},\"status\":"
                   "{\"type\":\"integer\"},\"code\":{\"type\":\"string\"},\"detail\":{\"type\":"
                   "\"string\"},\"detail_zh\":"
                   "{\"type\":\"string\"}}}}}}");
}
