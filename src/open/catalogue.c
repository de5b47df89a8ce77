/* Releases in words for machines: JSON, DCAT 3 as JSON-LD and Turtle, Table Schema, CSVW. */
#include "access/catalogue.h"
#include "open/open.h"

enum {
    ID,
    NAME,
    VERSION,
    DATASET,
    KIND,
    TITLE,
    DESCRIPTION,
    LICENCE,
    FIELDS,
    K,
    EPSILON,
    MEASURES,
    ROWS,
    STATE,
    REASON,
    LOGIN,
    DECIDED_BY,
    AT,
    DECIDED_AT,
    FILES,
    DOWNLOADS
};

const char OPEN_SELECT[] =
    "select r.id, r.name, r.version, r.dataset, r.kind, r.title, r.description, r.licence, "
    "r.fields,"
    " r.k, r.epsilon, r.measures, r.rows, r.state, r.reason, r.login, r.decided_by,"
    " to_json(r.at)#>>'{}', to_json(r.decided_at)#>>'{}',"
    " (select json_agg(json_build_object('name', f.name, 'type', f.type, 'bytes', f.bytes, "
    "'sha256',"
    " f.sha256) order by f.name) from shuzhi.open_file f where f.release = r.id),"
    " (select coalesce(sum(n), 0) from shuzhi.open_download d where d.release = r.id)"
    " from shuzhi.open_release r";

static const struct open_licence LICENCES[] = {
#define X(name, url, zh, en) {name, url, zh, en},
    OPEN_LICENCES(X)
#undef X
};

const struct open_licence *open_licence_find(str name)
{
    for (size_t i = 0; i < COUNT(LICENCES); i++) {
        if (str_is(name, LICENCES[i].name))
            return &LICENCES[i];
    }
    return NULL;
}

static void write_licence(struct buf *b, const struct open_licence *l)
{
    buf_add_format(b, "{\"id\":\"%s\",\"url\":\"%s\",\"title\":", l->name, l->url);
    title_write(b, (struct title){str_from(l->zh), str_from(l->en)});
    buf_add_char(b, '}');
}

void open_write_licences(struct buf *b)
{
    for (size_t i = 0; i < COUNT(LICENCES); i++) {
        if (i)
            buf_add_char(b, ',');
        write_licence(b, &LICENCES[i]);
    }
}

/* The fields as told, with their titles. */
static void write_fields(struct buf *b, const struct registry *r, const struct rows *rows, size_t i)
{
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    struct json list;
    const struct dataset *d = dataset_find(r, rows_text(rows, i, DATASET));
    buf_add_char(b, '[');
    if (!json_parse(&list, rows_text(rows, i, FIELDS), &a, &e))
        list = (struct json){.type = JSON_ARRAY};
    for (size_t k = 0; k < list.array.n; k++) {
        const struct json *v = &list.array.items[k];
        str name = json_text(v, "name", STR(""));
        const struct field *f = d ? field_find(d, name) : NULL;
        buf_add(b, k ? STR(",{\"name\":") : STR("{\"name\":"));
        json_write_string(b, name);
        json_add_text(b, "treatment", json_text(v, "treatment", STR("")));
        json_add_text(b, "role", json_text(v, "role", STR("")));
        buf_add_lit(b, ",\"title\":");
        title_write(b, f ? f->title : (struct title){name, name});
        buf_add_char(b, '}');
    }
    buf_add_char(b, ']');
}

void open_write_release(struct buf *b, const struct registry *r, const struct rows *rows, size_t i)
{
    static const struct {
        const char *name;
        int column;
        bool is_text;
    } members[] = {{"version", VERSION, false},
                   {"dataset", DATASET, true},
                   {"kind", KIND, true},
                   {"title", TITLE, false},
                   {"description", DESCRIPTION, true},
                   {"k", K, false},
                   {"epsilon", EPSILON, false},
                   {"measures", MEASURES, false},
                   {"rows", ROWS, false},
                   {"state", STATE, true},
                   {"reason", REASON, true},
                   {"login", LOGIN, true},
                   {"decided_by", DECIDED_BY, true},
                   {"at", AT, true},
                   {"decided_at", DECIDED_AT, true},
                   {"files", FILES, false},
                   {"downloads", DOWNLOADS, false}};
    const struct dataset *d = dataset_find(r, rows_text(rows, i, DATASET));
    const struct open_licence *l = open_licence_find(rows_text(rows, i, LICENCE));
    buf_add_format(b, "{\"id\":%.*s", STR_ARG(rows_text(rows, i, ID)));
    json_add_text(b, "name", rows_text(rows, i, NAME));
    for (size_t k = 0; k < COUNT(members); k++) {
        str v = rows_text(rows, i, members[k].column);
        if (members[k].is_text)
            json_add_text(b, members[k].name, v);
        else
            json_add_raw(b, members[k].name, v);
    }
    buf_add_lit(b, ",\"fields\":");
    write_fields(b, r, rows, i);
    buf_add_lit(b, ",\"licence\":");
    if (l)
        write_licence(b, l);
    else
        buf_add_lit(b, "null");
    buf_add_lit(b, ",\"owner\":");
    catalogue_write_organisation(b, r, d ? d->owner : STR(""));
    buf_add_char(b, '}');
}

/* --- DCAT ----------------------------------------------------------------------------------------
 */

/* What a release is, once for both notations. */
struct told {
    str id, url, zh, en, description, issued, version, publisher_zh, publisher_en, publisher,
        licence, kind;
    struct json files;
};

static str absolute(struct arena *a, str base, const char *url)
{
    return url[0] == '/' ? arena_format(a, "%.*s%s", STR_ARG(base), url) : str_from(url);
}

static void read_entry(struct cx *cx, const struct rows *rows, size_t i, str base, struct told *en)
{
    struct json title = {0};
    struct err e = {0};
    struct arena *a = cx->arena;
    const struct dataset *d = dataset_find(cx->registry, rows_text(rows, i, DATASET));
    const struct open_licence *l = open_licence_find(rows_text(rows, i, LICENCE));
    str owner = d ? d->owner : cx->registry->county.id;
    struct title publisher = organisation_title(cx->registry, owner);
    *en = (struct told){
        .id = rows_text(rows, i, ID),
        .url = arena_format(a, "%.*s/open/%.*s", STR_ARG(base), STR_ARG(rows_text(rows, i, ID))),
        .description = rows_text(rows, i, DESCRIPTION),
        .issued = rows_text(rows, i, DECIDED_AT),
        .version = rows_text(rows, i, VERSION),
        .publisher = arena_format(a, "%.*s/open#publisher-%.*s", STR_ARG(base), STR_ARG(owner)),
        .publisher_zh = publisher.zh,
        .publisher_en = publisher.en.n ? publisher.en : publisher.zh,
        .licence = l ? absolute(a, base, l->url) : STR(""),
        .kind = rows_text(rows, i, KIND)};
    if (json_parse(&title, rows_text(rows, i, TITLE), a, &e)) {
        en->zh = json_text(&title, "zh", STR(""));
        en->en = json_text(&title, "en", STR(""));
    }
    if (!json_parse(&en->files, rows_text(rows, i, FILES), a, &e))
        en->files = (struct json){.type = JSON_ARRAY};
}

static void add_languages(struct buf *b, const char *name, str zh, str en)
{
    buf_add_format(b, ",\"%s\":[{\"@language\":\"zh\",\"@value\":", name);
    json_write_string(b, zh);
    buf_add_lit(b, "},{\"@language\":\"en\",\"@value\":");
    json_write_string(b, en);
    buf_add_lit(b, "}]");
}

static void add_distribution(struct buf *b, const struct told *en, const struct json *f, str base)
{
    str name = json_text(f, "name", STR("")), type = json_text(f, "type", STR(""));
    str url = en->url;
    buf_add_format(b, "{\"@id\":\"%.*s#%.*s\",\"@type\":\"dcat:Distribution\"", STR_ARG(url),
                   STR_ARG(name));
    buf_add_format(b, ",\"dcat:accessURL\":{\"@id\":\"%.*s\"}", STR_ARG(url));
    buf_add_format(b, ",\"dcat:downloadURL\":{\"@id\":\"%.*s/open/files/%.*s/%.*s\"}",
                   STR_ARG(base), STR_ARG(en->id), STR_ARG(name));
    buf_add_format(
        b, ",\"dcat:mediaType\":{\"@id\":\"https://www.iana.org/assignments/media-types/%.*s\"}",
        STR_ARG(type));
    buf_add_format(b, ",\"dct:license\":{\"@id\":\"%.*s\"}", STR_ARG(en->licence));
    buf_add_format(b,
                   ",\"dcat:byteSize\":{\"@type\":\"xsd:nonNegativeInteger\",\"@value\":\"%lld\"}",
                   (long long)json_int(f, "bytes", 0));
    buf_add_format(b,
                   ",\"spdx:checksum\":{\"@type\":\"spdx:Checksum\",\"spdx:algorithm\":{\"@id\":"
                   "\"spdx:checksumAlgorithm_sha256\"},\"spdx:checksumValue\":{\"@type\":"
                   "\"xsd:hexBinary\",\"@value\":\"%.*s\"}}",
                   STR_ARG(json_text(f, "sha256", STR(""))));
    buf_add_format(b, ",\"dct:conformsTo\":{\"@id\":\"%.*s/open/files/%.*s/schema.json\"}}",
                   STR_ARG(base), STR_ARG(en->id));
}

static void add_publisher(struct buf *b, const struct told *en)
{
    buf_add_format(b, ",\"dct:publisher\":{\"@id\":\"%.*s\",\"@type\":\"foaf:Organization\"",
                   STR_ARG(en->publisher));
    add_languages(b, "foaf:name", en->publisher_zh, en->publisher_en);
    buf_add_char(b, '}');
}

static const char JSONLD_CONTEXT[] =
    "{\"@context\":{\"dcat\":\"http://www.w3.org/ns/dcat#\",\"dct\":\"http://purl.org/dc/terms/\","
    "\"foaf\":\"http://xmlns.com/foaf/0.1/\",\"spdx\":\"http://spdx.org/rdf/terms#\","
    "\"xsd\":\"http://www.w3.org/2001/XMLSchema#\"}";

static struct told catalogue_entry(struct cx *cx, str base)
{
    const struct county *c = &cx->registry->county;
    return (struct told){.url = arena_format(cx->arena, "%.*s/open", STR_ARG(base)),
                         .zh =
                             arena_format(cx->arena, "%.*s公共数据开放目录", STR_ARG(c->title.zh)),
                         .en = arena_format(cx->arena, "Open data of %.*s", STR_ARG(c->title.en)),
                         .publisher = arena_format(cx->arena, "%.*s/open#publisher", STR_ARG(base)),
                         .publisher_zh = c->title.zh,
                         .publisher_en = c->title.en};
}

void open_write_jsonld(struct buf *b, struct cx *cx, const struct rows *rows, str base)
{
    struct told all = catalogue_entry(cx, base), en;
    buf_add(b, str_from(JSONLD_CONTEXT));
    buf_add_format(b, ",\"@id\":\"%.*s\",\"@type\":\"dcat:Catalog\"", STR_ARG(all.url));
    add_languages(b, "dct:title", all.zh, all.en);
    add_languages(b, "dct:description", all.zh, all.en);
    add_publisher(b, &all);
    buf_add_lit(b, ",\"dcat:dataset\":[");
    for (size_t i = 0; i < rows->n; i++) {
        read_entry(cx, rows, i, base, &en);
        buf_add_format(b, "%s{\"@id\":\"%.*s\",\"@type\":\"dcat:Dataset\"", i ? "," : "",
                       STR_ARG(en.url));
        add_languages(b, "dct:title", en.zh, en.en);
        buf_add_lit(b, ",\"dct:description\":{\"@language\":\"zh\",\"@value\":");
        json_write_string(b, en.description);
        buf_add_format(b, "},\"dct:identifier\":\"%.*s\",\"dcat:version\":\"%.*s\"",
                       STR_ARG(en.url), STR_ARG(en.version));
        buf_add_format(b, ",\"dct:issued\":{\"@type\":\"xsd:dateTime\",\"@value\":\"%.*s\"}",
                       STR_ARG(en.issued));
        add_publisher(b, &en);
        buf_add_lit(b, ",\"dcat:distribution\":[");
        for (size_t k = 0; k < en.files.array.n; k++) {
            if (k)
                buf_add_char(b, ',');
            add_distribution(b, &en, &en.files.array.items[k], base);
        }
        buf_add_lit(b, "]}");
    }
    buf_add_lit(b, "]}");
}

/* A literal of Turtle escapes what a string of JSON does. */
static void add_literal(struct buf *b, const char *predicate, str text, const char *after)
{
    buf_add_format(b, " ;\n  %s ", predicate);
    json_write_string(b, text);
    buf_add(b, str_from(after));
}

static void add_agent(struct buf *b, const struct told *en)
{
    buf_add_format(b, "\n<%.*s> a foaf:Organization", STR_ARG(en->publisher));
    add_literal(b, "foaf:name", en->publisher_zh, "@zh");
    add_literal(b, "foaf:name", en->publisher_en, "@en");
    buf_add_lit(b, " .\n");
}

static void add_titles(struct buf *b, const struct told *en)
{
    add_literal(b, "dct:title", en->zh, "@zh");
    add_literal(b, "dct:title", en->en, "@en");
    buf_add_format(b, " ;\n  dct:publisher <%.*s>", STR_ARG(en->publisher));
}

static void add_turtle_file(struct buf *b, const struct told *en, const struct json *f, str base)
{
    str name = json_text(f, "name", STR(""));
    buf_add_format(b,
                   "\n<%.*s#%.*s> a dcat:Distribution ;\n  dcat:accessURL <%.*s> ;\n"
                   "  dcat:downloadURL <%.*s/open/files/%.*s/%.*s> ;\n"
                   "  dcat:mediaType <https://www.iana.org/assignments/media-types/%.*s> ;\n"
                   "  dct:license <%.*s>",
                   STR_ARG(en->url), STR_ARG(name), STR_ARG(en->url), STR_ARG(base),
                   STR_ARG(en->id), STR_ARG(name), STR_ARG(json_text(f, "type", STR(""))),
                   STR_ARG(en->licence));
    buf_add_format(b,
                   " ;\n  dcat:byteSize \"%lld\"^^xsd:nonNegativeInteger ;\n  spdx:checksum [ a"
                   " spdx:Checksum ; spdx:algorithm spdx:checksumAlgorithm_sha256 ;"
                   " spdx:checksumValue \"%.*s\"^^xsd:hexBinary ] ;\n"
                   "  dct:conformsTo <%.*s/open/files/%.*s/schema.json> .\n",
                   (long long)json_int(f, "bytes", 0), STR_ARG(json_text(f, "sha256", STR(""))),
                   STR_ARG(base), STR_ARG(en->id));
}

void open_write_turtle(struct buf *b, struct cx *cx, const struct rows *rows, str base)
{
    struct told all = catalogue_entry(cx, base), en;
    buf_add_lit(b, "@prefix dcat: <http://www.w3.org/ns/dcat#> .\n"
                   "@prefix dct: <http://purl.org/dc/terms/> .\n"
                   "@prefix foaf: <http://xmlns.com/foaf/0.1/> .\n"
                   "@prefix spdx: <http://spdx.org/rdf/terms#> .\n"
                   "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n");
    add_agent(b, &all);
    buf_add_format(b, "\n<%.*s> a dcat:Catalog", STR_ARG(all.url));
    add_titles(b, &all);
    add_literal(b, "dct:description", all.zh, "@zh");
    add_literal(b, "dct:description", all.en, "@en");
    for (size_t i = 0; i < rows->n; i++) {
        read_entry(cx, rows, i, base, &en);
        buf_add_format(b, " ;\n  dcat:dataset <%.*s>", STR_ARG(en.url));
    }
    buf_add_lit(b, " .\n");
    for (size_t i = 0; i < rows->n; i++) {
        read_entry(cx, rows, i, base, &en);
        add_agent(b, &en);
        buf_add_format(b, "\n<%.*s> a dcat:Dataset", STR_ARG(en.url));
        add_titles(b, &en);
        add_literal(b, "dct:description", en.description, "@zh");
        add_literal(b, "dct:identifier", en.url, "");
        add_literal(b, "dcat:version", en.version, "");
        add_literal(b, "dct:issued", en.issued, "^^xsd:dateTime");
        for (size_t k = 0; k < en.files.array.n; k++)
            buf_add_format(b, " ;\n  dcat:distribution <%.*s#%.*s>", STR_ARG(en.url),
                           STR_ARG(json_text(&en.files.array.items[k], "name", STR(""))));
        buf_add_lit(b, " .\n");
        for (size_t k = 0; k < en.files.array.n; k++)
            add_turtle_file(b, &en, &en.files.array.items[k], base);
    }
}

/* --- the shape of a file -------------------------------------------------------------------------
 */

static void write_columns(struct buf *b, struct cx *cx, const struct rows *rows, size_t i,
                          bool is_csvw)
{
    struct err e = {0};
    struct json list;
    const struct dataset *d = dataset_find(cx->registry, rows_text(rows, i, DATASET));
    if (!json_parse(&list, rows_text(rows, i, FIELDS), cx->arena, &e))
        list = (struct json){.type = JSON_ARRAY};
    for (size_t k = 0; k < list.array.n; k++) {
        str name = json_text(&list.array.items[k], "name", STR(""));
        const struct field *f = d ? field_find(d, name) : NULL;
        struct title t = f ? f->title : (struct title){name, name};
        buf_add(b, k ? STR(",{\"name\":") : STR("{\"name\":"));
        json_write_string(b, name);
        if (is_csvw) {
            buf_add_lit(b, ",\"titles\":");
            title_write(b, t);
            buf_add_lit(b, ",\"datatype\":\"string\"}");
        } else {
            json_add_text(b, "title", t.zh);
            buf_add_lit(b, ",\"type\":\"string\"}");
        }
    }
    if (str_is(rows_text(rows, i, KIND), "counts"))
        buf_add(b, is_csvw
                       ? STR(",{\"name\":\"count\",\"titles\":{\"zh\":\"数量（含噪声）\",\"en\":"
                             "\"Count, with noise\"},\"datatype\":\"integer\"}")
                       : STR(",{\"name\":\"count\",\"title\":\"数量（含噪声）\",\"type\":"
                             "\"integer\"}"));
}

void open_write_schema(struct buf *b, struct cx *cx, const struct rows *rows, size_t i)
{
    buf_add_lit(b, "{\"$schema\":\"https://datapackage.org/profiles/2.0/tableschema.json\","
                   "\"missingValues\":[\"\"],\"fields\":[");
    write_columns(b, cx, rows, i, false);
    buf_add_lit(b, "]}");
}

void open_write_csvw(struct buf *b, struct cx *cx, const struct rows *rows, size_t i, str base)
{
    buf_add_format(b,
                   "{\"@context\":\"http://www.w3.org/ns/csvw\",\"url\":\"%.*s/open/files/%.*s/"
                   "data.csv\",\"tableSchema\":{\"columns\":[",
                   STR_ARG(base), STR_ARG(rows_text(rows, i, ID)));
    write_columns(b, cx, rows, i, true);
    buf_add_lit(b, "]}}");
}
