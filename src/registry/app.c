/* app.yaml, county.yaml, calendar.yaml, pages/, feeds/. */
#include "registry/load.h"

#include "base/date.h"

static void load_roles(struct loading *l, const struct json *owner)
{
    const struct json *roles = json_find(owner, "roles");
    for (size_t i = 0; roles && roles->type == JSON_ARRAY && i < roles->array.n; i++) {
        const struct json *v = &roles->array.items[i];
        struct title *t = arena_new(l->arena, struct title);
        str id = json_text(v, "id", STR(""));
        if (!load_id(l, v, id, &l->registry->roles))
            continue;
        *t = load_title(l, v, "title");
        map_set(&l->registry->roles, l->arena, id, t);
        if (json_flag(v, "second_factor", false))
            map_set(&l->registry->second_factor, l->arena, id, t);
    }
}

void load_app(struct loading *l, const struct bundle_file *f)
{
    struct json *v = arena_new(l->arena, struct json);
    if (!str_is(f->path, "app.yaml") || !load_json(l, f, v))
        return;
    l->package->app = v;
    if (!str_equal(json_text(v, "id", STR("")), l->package->id))
        load_complain(l, v, "id must be the folder's name, %.*s", STR_ARG(l->package->id));
    l->package->title = load_title(l, v, "title");
    load_roles(l, v);
}

static void load_accounts(struct loading *l, const struct json *v)
{
    struct county *c = &l->registry->county;
    const struct json *accounts = json_find(v, "accounts");
    if (!accounts || accounts->type != JSON_ARRAY)
        return;
    c->accounts = arena_array(l->arena, struct account, accounts->array.n);
    for (size_t i = 0; i < accounts->array.n; i++) {
        const struct json *a = &accounts->array.items[i], *roles = json_find(a, "roles");
        struct account *out = &c->accounts[c->account_count++];
        *out = (struct account){.login = json_text(a, "login", STR("")),
                                .password = json_text(a, "password", STR("")),
                                .organisation = json_text(a, "organisation", STR("")),
                                .area = json_text(a, "area", STR("")),
                                .duty = json_text(a, "duty", STR("")),
                                .kind = json_text(a, "kind", STR("staff")),
                                .id_number = json_text(a, "id_number", STR("")),
                                .uscc = json_text(a, "uscc", STR("")),
                                .name = load_title(l, a, "name")};
        if (!out->login.n || !out->password.n || !out->organisation.n)
            load_complain(l, a, "an account needs login, password and organisation");
        size_t n = roles && roles->type == JSON_ARRAY ? roles->array.n : 0;
        out->roles = arena_array(l->arena, str, n);
        for (size_t k = 0; k < n; k++) {
            if (roles->array.items[k].type == JSON_STRING)
                out->roles[out->role_count++] = roles->array.items[k].text;
        }
    }
}

void load_county(struct loading *l, const struct bundle_file *f)
{
    struct json *v = arena_new(l->arena, struct json);
    struct county *c = &l->registry->county;
    if (!str_is(f->path, "county.yaml") || !load_json(l, f, v))
        return;
    if (c->id.n) {
        load_complain(l, v, "there is a county already: %.*s", STR_ARG(c->id));
        return;
    }
    c->id = l->package->id;
    l->package->app = v;
    l->package->title = c->title = load_title(l, v, "title");
    c->division = json_text(v, "division", STR(""));
    c->organisation_dataset = json_text(v, "organisations", STR(""));
    load_roles(l, v);
    load_accounts(l, v);
}

static int by_day(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* A list of days "2026-05-01" and spans "2026-05-01/2026-05-05". */
static void load_days(struct loading *l, const struct json *list, int32_t **days, size_t *n)
{
    size_t size = *n; /* of a calendar file before this one */
    for (size_t i = 0; list && list->type == JSON_ARRAY && i < list->array.n; i++) {
        const struct json *v = &list->array.items[i];
        str rest = v->type == JSON_STRING ? v->text : STR(""), from, to;
        int32_t first, last;
        bool ok = str_take_part(&rest, '/', &from) && date_parse(from, &first);
        to = rest.p ? rest : from;
        if (!ok || !date_parse(to, &last) || last < first || last - first > 366) {
            load_complain(l, v,
                          "expected a day (2026-05-01) or a span of days (2026-05-01/2026-05-05)");
            continue;
        }
        for (int32_t day = first; day <= last; day++)
            VEC_ADD(l->arena, *days, *n, size) = day;
    }
    if (*n)
        qsort(*days, *n, sizeof **days, by_day);
}

void load_calendar(struct loading *l, const struct bundle_file *f)
{
    struct json v;
    struct calendar *c = &l->registry->county.calendar;
    if (!load_json(l, f, &v))
        return;
    load_days(l, json_find(&v, "off"), &c->off, &c->off_count);
    load_days(l, json_find(&v, "work"), &c->work, &c->work_count);
    c->version = json_text(&v, "version", STR(""));
    if (!c->version.n)
        load_complain(l, &v,
                      "version is missing: deadlines keep the version they were reckoned with");
}

static bool has_day(const int32_t *days, size_t n, int32_t day)
{
    return n && bsearch(&day, days, n, sizeof *days, by_day);
}

static bool is_working_day(const struct calendar *c, int32_t day)
{
    int weekday = (int)(((day + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday; 0 is Monday */
    return has_day(c->work, c->work_count, day) ||
           (weekday < 5 && !has_day(c->off, c->off_count, day));
}

int32_t calendar_add_working_days(const struct calendar *c, int32_t day, int n)
{
    while (n > 0)
        n -= is_working_day(c, ++day);
    return day;
}

int calendar_working_days_between(const struct calendar *c, int32_t day, int32_t until)
{
    int n = 0;
    for (; day < until; n += is_working_day(c, ++day))
        continue;
    for (; day > until; n -= is_working_day(c, day--))
        continue;
    return n;
}

static const struct dataset *named_dataset(struct loading *l, const struct json *v)
{
    str id = json_text(v, "dataset", STR(""));
    const struct dataset *d = dataset_find(l->registry, id);
    if (!d)
        load_complain(l, v, "dataset \"%.*s\" is not there", STR_ARG(id));
    return d;
}

static void check_fields(struct loading *l, const struct dataset *d, const struct json *list)
{
    for (size_t i = 0; d && list && list->type == JSON_ARRAY && i < list->array.n; i++) {
        const struct json *v = &list->array.items[i];
        if (v->type != JSON_STRING || !field_find(d, v->text))
            load_complain(l, v, "\"%.*s\" is no field of %.*s",
                          STR_ARG(v->type == JSON_STRING ? v->text : STR("?")), STR_ARG(d->id));
    }
}

/* Fields as keys: {created: seconds}. */
static void check_names(struct loading *l, const struct dataset *d, const struct json *by_name)
{
    for (size_t i = 0; d && by_name && by_name->type == JSON_OBJECT && i < by_name->object.n; i++) {
        const struct json_member *m = &by_name->object.members[i];
        if (!field_find(d, m->key))
            load_complain(l, &m->value, "\"%.*s\" is no field of %.*s", STR_ARG(m->key),
                          STR_ARG(d->id));
    }
}

/* A field, with - before it for descending. */
static void check_order(struct loading *l, const struct dataset *d, const struct json *v)
{
    if (!d || !v || v->type != JSON_STRING)
        return;
    str name = str_starts(v->text, STR("-")) ? str_slice(v->text, 1, v->text.n) : v->text;
    if (!field_find(d, name))
        load_complain(l, v, "\"%.*s\" is no field of %.*s", STR_ARG(name), STR_ARG(d->id));
}

void load_page(struct loading *l, const struct bundle_file *f)
{
    struct json *v = arena_new(l->arena, struct json);
    struct page *p = arena_new(l->arena, struct page);
    if (!load_json(l, f, v))
        return;
    *p = (struct page){.id = json_text(v, "id", STR("")), .file = l->file, .definition = v};
    if (!load_id(l, v, p->id, &l->registry->pages))
        return;
    p->title = load_title(l, v, "title");
    if (!str_is(json_text(v, "kind", STR("")), "list"))
        load_complain(l, v, "kind must be list");
    map_set(&l->registry->pages, l->arena, p->id, p);
}

void load_feed(struct loading *l, const struct bundle_file *f)
{
    struct json *v = arena_new(l->arena, struct json);
    struct feed *p = arena_new(l->arena, struct feed);
    if (!load_json(l, f, v))
        return;
    *p = (struct feed){.id = json_text(v, "id", STR("")),
                       .file = l->file,
                       .source = json_text(v, "source", STR("")),
                       .definition = v};
    if (!load_id(l, v, p->id, &l->registry->feeds))
        return;
    p->title = load_title(l, v, "title");
    map_set(&l->registry->feeds, l->arena, p->id, p);
}

static void resolve_dataset(struct loading *l, const struct dataset *d)
{
    l->file = d->file;
    for (size_t i = 0; i < d->field_count; i++) {
        const struct field *f = &d->fields[i];
        if (f->code.n && !dataset_find(l->registry, f->code))
            load_complain(l, f->definition, "x-code \"%.*s\" is no dataset", STR_ARG(f->code));
    }
    if (d->location.longitude) {
        const struct dataset *r = dataset_find(l->registry, d->location.reference);
        if (!r || !r->location.longitude || r->key_count != 1)
            load_complain(l, json_find(d->definition, "x-location"),
                          "reference \"%.*s\" is no dataset with a location and one key field",
                          STR_ARG(d->location.reference));
    }
}

void load_resolve(struct loading *l)
{
    struct registry *r = l->registry;
    for (size_t i = 0; i < r->datasets.n; i++)
        resolve_dataset(l, r->datasets.entries[i].value);
    for (size_t i = 0; i < r->pages.n; i++) {
        struct page *p = r->pages.entries[i].value;
        l->file = p->file;
        p->dataset = named_dataset(l, p->definition);
        check_fields(l, p->dataset, json_find(p->definition, "columns"));
        check_fields(l, p->dataset, json_find(p->definition, "filters"));
        check_order(l, p->dataset, json_find(p->definition, "order"));
    }
    for (size_t i = 0; i < r->feeds.n; i++) {
        struct feed *f = r->feeds.entries[i].value;
        l->file = f->file;
        f->dataset = named_dataset(l, f->definition);
        check_fields(l, f->dataset, json_find(f->definition, "keeps_words"));
        check_names(l, f->dataset, json_find(f->definition, "epoch"));
    }
    load_resolve_watches(l);
    load_resolve_rights(l);
}
