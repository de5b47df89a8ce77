/* data/NAME.schema.json: one dataset. */
#include "registry/load.h"

#include "base/digest.h"
#include "base/embed.h"
#include "registry/mask.h"

enum { MAX_FIELDS = 1000 };

static const struct {
    const char *name;
    int days; /* a feed later than this is late */
} UPDATES[] = {{"realtime", 1},   {"daily", 1},    {"weekly", 7},   {"monthly", 31},
               {"quarterly", 92}, {"yearly", 366}, {"irregular", 0}};

/* {"x-kind": "codes"} stands for the columns every code list has. */
static const char CODES_BASE[] =
    "{\"x-key\":[\"code\"],\"x-record-title\":\"name_zh\",\"x-share\":\"unconditional\","
    "\"x-update\":\"irregular\",\"type\":\"object\",\"required\":[\"code\",\"name_zh\",\"name_en\"]"
    ","
    "\"additionalProperties\":false,\"properties\":{"
    "\"code\":{\"type\":\"string\",\"minLength\":1,\"x-title\":{\"zh\":\"代码\",\"en\":\"Code\"},"
    "\"x-grade\":\"L1\",\"x-aliases\":[\"编码\"]},"
    "\"name_zh\":{\"type\":\"string\",\"minLength\":1,\"x-title\":{\"zh\":\"名称\",\"en\":\"Name "
    "(Chinese)\"},\"x-grade\":\"L1\"},"
    "\"name_en\":{\"type\":\"string\",\"minLength\":1,\"x-title\":{\"zh\":\"英文名称\",\"en\":"
    "\"Name (English)\"},\"x-grade\":\"L1\"},"
    "\"valid_from\":{\"type\":\"string\",\"format\":\"date\",\"x-title\":{\"zh\":\"生效日期\","
    "\"en\":\"Valid from\"},\"x-grade\":\"L1\"},"
    "\"valid_to\":{\"type\":\"string\",\"format\":\"date\",\"x-title\":{\"zh\":\"失效日期\",\"en\":"
    "\"Valid to\"},\"x-grade\":\"L1\"},"
    "\"standard_ref\":{\"type\":\"string\",\"x-title\":{\"zh\":\"依据标准\",\"en\":\"Standard\"},"
    "\"x-grade\":\"L1\"}}}";

static void add_base(struct loading *l, struct json *own)
{
    struct json base, whole;
    struct err e = {0};
    if (!json_parse(&base, str_from(CODES_BASE), l->arena, &e))
        abort(); /* it is ours */
    whole = json_object(l->arena, own->object.n + base.object.n);
    whole.line = own->line;
    for (size_t i = 0; i < own->object.n; i++)
        json_put(&whole, own->object.members[i].key, own->object.members[i].value);
    for (size_t i = 0; i < base.object.n; i++) {
        if (!json_find_str(own, base.object.members[i].key))
            json_put(&whole, base.object.members[i].key, base.object.members[i].value);
    }
    *own = whole;
}

/* The type a value has, "null" left aside. */
static str type_of(const struct json *definition)
{
    const struct json *t = json_find(definition, "type");
    if (t && t->type == JSON_ARRAY) {
        for (size_t i = 0; i < t->array.n; i++) {
            if (t->array.items[i].type == JSON_STRING && !str_is(t->array.items[i].text, "null"))
                return t->array.items[i].text;
        }
    }
    return t && t->type == JSON_STRING ? t->text : STR("");
}

static bool field_set_type(struct field *f)
{
    str type = type_of(f->definition);
    if (str_is(type, "string"))
        f->type = str_is(f->format, "date")        ? FIELD_DATE
                  : str_is(f->format, "date-time") ? FIELD_TIMESTAMP
                                                   : FIELD_TEXT;
    else if (str_is(type, "integer"))
        f->type = FIELD_INTEGER;
    else if (str_is(type, "number"))
        f->type = FIELD_NUMBER;
    else if (str_is(type, "boolean"))
        f->type = FIELD_BOOLEAN;
    else if (str_is(type, "object") || str_is(type, "array"))
        f->type = FIELD_JSON;
    else
        return false;
    return true;
}

static enum grade parse_grade(str s)
{
    return s.n == 2 && s.p[0] == 'L' && s.p[1] >= '1' && s.p[1] <= '4' ? (enum grade)(s.p[1] - '0')
                                                                       : (enum grade)0;
}

static bool is_column_name(str s)
{
    bool ok = s.n > 0 && s.n <= 48 && s.p[0] >= 'a' && s.p[0] <= 'z';
    for (size_t i = 0; i < s.n; i++)
        ok &= (s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '_';
    return ok;
}

static void load_aliases(struct loading *l, struct field *f)
{
    const struct json *v = json_find(f->definition, "x-aliases");
    if (!v)
        return;
    if (v->type != JSON_ARRAY) {
        load_complain(l, v, "x-aliases is a list of other headers this field goes by");
        return;
    }
    f->aliases = arena_array(l->arena, str, v->array.n);
    for (size_t i = 0; i < v->array.n; i++) {
        if (v->array.items[i].type == JSON_STRING)
            f->aliases[f->alias_count++] = v->array.items[i].text;
    }
}

static void load_field(struct loading *l, struct dataset *d, const struct json_member *m)
{
    struct field *f = &d->fields[d->field_count];
    const struct json *v = &m->value;
    *f = (struct field){.name = m->key,
                        .column = sql_name(l->arena, m->key),
                        .definition = v,
                        .line = v->line,
                        .format = json_text(v, "format", STR("")),
                        .code = json_text(v, "x-code", STR("")),
                        .mask = json_text(v, "x-mask", STR("")),
                        .unit = json_text(v, "x-unit", STR("")),
                        .pattern = json_text(v, "pattern", STR("")),
                        .description = json_text(v, "description", STR("")),
                        .is_indexed = json_flag(v, "x-index", false)};
    if (v->type != JSON_OBJECT) {
        load_complain(l, v, "%.*s is no schema object", STR_ARG(m->key));
        return;
    }
    if (!is_column_name(m->key))
        load_complain(l, v,
                      "\"%.*s\" is no field name: lower-case letters, digits and _, a letter "
                      "first, at most 48",
                      STR_ARG(str_slice(m->key, 0, 60)));
    if (!field_set_type(f))
        load_complain(l, v, "%.*s needs a type: string, integer, number, boolean, object or array",
                      STR_ARG(m->key));
    f->title = load_title(l, v, "x-title");
    str grade = json_text(v, "x-grade", STR(""));
    f->grade = parse_grade(grade);
    if (!f->grade)
        load_complain(l, v, "%.*s needs x-grade: L1 (not sensitive) to L4 (sensitive)",
                      STR_ARG(m->key));
    if (f->mask.n && !mask_sql(f->mask))
        load_complain(l, json_find(v, "x-mask"), "no mask \"%.*s\"; there are: %s",
                      STR_ARG(f->mask), MASK_NAMES);
    load_aliases(l, f);
    d->grade = f->grade > d->grade ? f->grade : d->grade;
    d->field_count++;
}

static struct field *own_field(struct dataset *d, str name)
{
    return (struct field *)(uintptr_t)field_find(d, name);
}

static void load_key(struct loading *l, struct dataset *d)
{
    const struct json *key = json_find(d->definition, "x-key");
    if (!key || key->type != JSON_ARRAY || key->array.n == 0 || key->array.n > 4) {
        load_complain(l, key ? key : d->definition,
                      "x-key is missing: the one to four fields that tell records apart");
        return;
    }
    d->key = arena_array(l->arena, const struct field *, key->array.n);
    for (size_t i = 0; i < key->array.n; i++) {
        const struct json *k = &key->array.items[i];
        struct field *f = k->type == JSON_STRING ? own_field(d, k->text) : NULL;
        if (!f || f->type == FIELD_JSON) {
            load_complain(l, k, "x-key names no plain field of this dataset");
            continue;
        }
        f->is_key = f->is_required = true;
        d->key[d->key_count++] = f;
    }
}

static void load_required(struct loading *l, struct dataset *d)
{
    const struct json *required = json_find(d->definition, "required");
    for (size_t i = 0; required && required->type == JSON_ARRAY && i < required->array.n; i++) {
        const struct json *name = &required->array.items[i];
        struct field *f = name->type == JSON_STRING ? own_field(d, name->text) : NULL;
        if (f)
            f->is_required = true;
        else
            load_complain(l, name, "required names \"%.*s\", which is no field here",
                          STR_ARG(name->type == JSON_STRING ? name->text : STR("?")));
    }
}

static void load_share(struct loading *l, struct dataset *d)
{
    str share = json_text(d->definition, "x-share", STR(""));
    str update = json_text(d->definition, "x-update", STR(""));
    bool is_known = false;
    d->share = str_is(share, "unconditional") ? SHARE_UNCONDITIONAL
               : str_is(share, "conditional") ? SHARE_CONDITIONAL
                                              : SHARE_NONE;
    if (d->share == SHARE_NONE && !str_is(share, "none"))
        load_complain(l, d->definition, "x-share is missing: unconditional, conditional or none");
    str open = json_text(d->definition, "x-open", STR("conditional"));
    d->open = str_is(open, "none") || d->share == SHARE_NONE ? SHARE_NONE
              : str_is(open, "unconditional")                ? SHARE_UNCONDITIONAL
                                                             : SHARE_CONDITIONAL;
    for (size_t i = 0; i < COUNT(UPDATES); i++) {
        if (str_is(update, UPDATES[i].name)) {
            d->update = update;
            d->update_days = UPDATES[i].days;
            is_known = true;
        }
    }
    if (!is_known)
        load_complain(l, d->definition,
                      "x-update is missing: realtime, daily, weekly, monthly, "
                      "quarterly, yearly or irregular");
}

static void load_location(struct loading *l, struct dataset *d)
{
    const struct json *v = json_find(d->definition, "x-location");
    if (!v)
        return;
    d->location = (struct location){
        .longitude = field_find(d, json_text(v, "longitude", STR(""))),
        .latitude = field_find(d, json_text(v, "latitude", STR(""))),
        .reference = json_text(v, "reference", d->id),
        .by = field_find(d, json_text(v, "by", d->key_count ? d->key[0]->name : STR("")))};
    if (!d->location.longitude || !d->location.latitude || !d->location.by ||
        d->location.longitude->type != FIELD_NUMBER || d->location.latitude->type != FIELD_NUMBER)
        load_complain(l, v,
                      "x-location needs longitude and latitude (number fields of this dataset) and "
                      "by (the field that holds the reference's key)");
}

static str table_name(struct loading *l, const char *schema, str id)
{
    char *name = arena_cstr(l->arena, id);
    for (size_t i = 0; i < id.n; i++)
        name[i] = name[i] == '-' ? '_' : name[i];
    return arena_format(l->arena, "%s.\"%s\"", schema, name);
}

static str canonical_digest(struct arena *a, const struct json *v)
{
    BUF_SCOPED struct buf b = {.max = SIZE_MAX / 2};
    ARENA_SCOPED struct arena scratch = {0};
    json_write_canonical(&b, v, &scratch);
    return digest_hex(a, buf_str(&b));
}

void load_dataset(struct loading *l, const struct bundle_file *f)
{
    struct json *definition = arena_new(l->arena, struct json);
    struct dataset *d = arena_new(l->arena, struct dataset);
    if (!load_json(l, f, definition))
        return;
    if (str_is(json_text(definition, "x-kind", STR("")), "codes"))
        add_base(l, definition);
    str id = json_text(definition, "$id", STR(""));
    str file_id = str_slice(f->path, 5, f->path.n - strlen(".schema.json"));
    if (!str_equal(id, file_id)) {
        load_complain(l, definition, "$id is \"%.*s\" but the file's name says \"%.*s\"",
                      STR_ARG(id), STR_ARG(file_id));
        return;
    }
    if (!load_id(l, definition, id, &l->registry->datasets))
        return;
    const struct json *properties = json_find(definition, "properties");
    if (!properties || properties->type != JSON_OBJECT || properties->object.n == 0 ||
        properties->object.n > MAX_FIELDS) {
        load_complain(l, definition, "properties is missing: the fields of a row, 1 to %d",
                      MAX_FIELDS);
        return;
    }
    *d = (struct dataset){.id = id,
                          .table = table_name(l, "data", id),
                          .history = table_name(l, "history", id),
                          .package = l->package,
                          .file = l->file,
                          .definition = definition,
                          .digest = canonical_digest(l->arena, definition),
                          .owner = json_text(definition, "x-owner", STR("")),
                          .standard_ref = json_text(definition, "x-standard", STR("")),
                          .description = json_text(definition, "description", STR("")),
                          .fields = arena_array(l->arena, struct field, properties->object.n)};
    d->title = load_title(l, definition, "x-title");
    for (size_t i = 0; i < properties->object.n; i++)
        load_field(l, d, &properties->object.members[i]);
    load_required(l, d);
    load_key(l, d);
    load_share(l, d);
    load_location(l, d);
    if (d->owner.n == 0)
        load_complain(l, definition,
                      "x-owner is missing: the code of the organisation that answers for it");
    d->title_field = field_find(d, json_text(definition, "x-record-title", STR("")));
    if (!d->title_field && d->key_count)
        d->title_field = d->key[0];
    map_set(&l->registry->datasets, l->arena, d->id, d);
}
