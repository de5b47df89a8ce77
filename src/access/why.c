/* Why somebody sees a record as they do: every line of rights.csv that could give it, and what it
 * says. */
#include "access/catalogue.h"
#include "access/handle.h"
#include "access/rule.h"

#include "audit/audit.h"

static bool read_values(struct cx *cx, const struct dataset *d, str key, struct value *values)
{
    str *cells = arena_array(cx->arena, str, d->field_count);
    if (!access_cells(cx, d, key, cells))
        return false;
    for (size_t i = 0; i < d->field_count; i++)
        values[i] = rule_value(cx->arena, &d->fields[i], cells[i]);
    return true;
}

static bool add_broken_glass(struct cx *cx, const struct actor *who, const struct dataset *d,
                             str key, struct rule *r)
{
    struct rows rows;
    if (!DB(cx->db, cx->arena, &rows, cx->err,
            "select 1 from shuzhi.break_glass where login = $1 and dataset = $2 and key = $3"
            " and until > now()",
            P(who->login), P(d->id), P(key)))
        return false;
    if (rows.n) {
        VEC_ADD(cx->arena, r->lines, r->n, r->size) = (struct rule_line){.verdict = VERDICT_HOLDS};
        r->is_seen = true;
    }
    return true;
}

static void write_post(struct buf *b, struct cx *cx, const struct post *p)
{
    buf_add_format(b, "{\"id\":%lld,\"organisation\":", (long long)p->id);
    catalogue_write_organisation(b, cx->registry, p->organisation);
    json_add_text(b, "area", p->area);
    json_add_text(b, "duty", p->duty);
    json_add_text(b, "delegated_by", p->delegated_by);
    json_add_text(b, "until", p->until);
    buf_add_char(b, '}');
}

static void write_line(struct buf *b, struct cx *cx, const struct rule_line *l, size_t index)
{
    struct title t = verdict_title(l->verdict);
    buf_add_format(b, "%s{\"line\":", index ? "," : "");
    if (!l->right) {
        buf_add_lit(b, "null,\"finding\":\"HOLDS\",\"reason\":{\"zh\":\"紧急查看已开启\",\"en\":"
                       "\"an emergency look is open\"}}");
        return;
    }
    json_write_string(b,
                      arena_format(cx->arena, "%.*s:%u", STR_ARG(l->right->file), l->right->line));
    json_add_text(b, "role", l->right->role);
    const struct title *role = map_find(&cx->registry->roles, l->right->role);
    buf_add_lit(b, ",\"role_title\":");
    title_write(b, role ? *role : (struct title){l->right->role, l->right->role});
    json_add_text(b, "verb", l->right->verb);
    buf_add_format(b, ",\"scope\":\"%s\"", l->right->only_own ? "own" : "any");
    json_add_text(b, "when", l->right->when.n ? l->right->when : (str){0});
    buf_add_format(b, ",\"holds\":%s,\"reason\":", l->verdict == VERDICT_HOLDS ? "true" : "false");
    title_write(b, t);
    buf_add_lit(b, ",\"fields\":[");
    for (size_t i = 0; i < l->right->field_count; i++) {
        if (i)
            buf_add_char(b, ',');
        json_write_string(b, l->right->fields[i]);
    }
    buf_add_lit(b, "],\"post\":");
    if (l->post)
        write_post(b, cx, l->post);
    else
        buf_add_lit(b, "null");
    buf_add_char(b, '}');
}

static const char *const SIGHTS[] = {"hidden", "masked", "clear"};

static void write_fields(struct buf *b, const struct dataset *d, const struct rule *r)
{
    buf_add_lit(b, ",\"fields\":[");
    for (size_t i = 0; i < d->field_count; i++) {
        const struct rule_line *by;
        str mask;
        enum sight s = rule_sight(r, &d->fields[i], &by, &mask);
        buf_add_format(b, "%s{\"name\":\"%.*s\",\"title\":", i ? "," : "",
                       STR_ARG(d->fields[i].name));
        title_write(b, d->fields[i].title);
        buf_add_format(b, ",\"grade\":\"%s\",\"shown\":\"%s\"", grade_name(d->fields[i].grade),
                       SIGHTS[s]);
        json_add_text(b, "mask", s == SIGHT_MASKED ? mask : (str){0});
        if (by)
            buf_add_format(b, ",\"by\":%zu}", (size_t)(by - r->lines));
        else
            buf_add_lit(b, ",\"by\":null}");
    }
    buf_add_char(b, ']');
}

static void write_text(struct buf *b, const struct dataset *d, const struct rule *r,
                       const struct actor *who)
{
    buf_add_format(b, "%.*s %s this record of %.*s\n", STR_ARG(who->login),
                   r->is_seen ? "sees" : "does not see", STR_ARG(d->id));
    for (size_t i = 0; i < r->n; i++) {
        const struct rule_line *l = &r->lines[i];
        if (!l->right) {
            buf_add_lit(b, "  + an emergency look is open\n");
            continue;
        }
        buf_add_format(b, "  %c %.*s:%u  %.*s %.*s %s%s%.*s  %s",
                       l->verdict == VERDICT_HOLDS ? '+' : '-', STR_ARG(l->right->file),
                       l->right->line, STR_ARG(l->right->role), STR_ARG(l->right->verb),
                       l->right->only_own ? "own" : "any", l->right->when.n ? "  when " : "",
                       STR_ARG(l->right->when), verdict_title(l->verdict).en.p);
        if (l->post)
            buf_add_format(b, " (post %lld, %.*s)", (long long)l->post->id,
                           STR_ARG(l->post->organisation));
        buf_add_char(b, '\n');
    }
    for (size_t i = 0; i < d->field_count; i++) {
        const struct rule_line *by;
        str mask;
        enum sight s = rule_sight(r, &d->fields[i], &by, &mask);
        buf_add_format(b, "  %-24.*s %s%s%.*s", STR_ARG(d->fields[i].name), SIGHTS[s],
                       s == SIGHT_MASKED ? " as " : "",
                       STR_ARG(s == SIGHT_MASKED ? mask : STR("")));
        if (by && by->right)
            buf_add_format(b, "  by %.*s:%u", STR_ARG(by->right->file), by->right->line);
        buf_add_char(b, '\n');
    }
}

bool why_write(struct cx *cx, str login, str dataset, str key, struct buf *json, struct buf *text)
{
    struct actor who;
    struct rule r;
    const struct dataset *d = catalogue_require(cx, dataset);
    struct value *values = d ? arena_array(cx->arena, struct value, d->field_count) : NULL;
    if (!d || !identity_load(cx->db, cx->arena, login, &who, cx->err) ||
        !read_values(cx, d, key, values) || !rule_find(cx, &who, d, values, &r, cx->err) ||
        !add_broken_glass(cx, &who, d, key, &r))
        return false;
    if (text) {
        write_text(text, d, &r, &who);
        return true;
    }
    buf_add_lit(json, "{\"login\":");
    json_write_string(json, who.login);
    buf_add_lit(json, ",\"name\":");
    title_write(json, who.name);
    json_add_text(json, "dataset", d->id);
    buf_add_lit(json, ",\"title\":");
    title_write(json, d->title);
    json_add_text(json, "key", handle_for_actor(cx, d, key));
    buf_add_format(json, ",\"is_seen\":%s,\"lines\":[", r.is_seen ? "true" : "false");
    for (size_t i = 0; i < r.n; i++)
        write_line(json, cx, &r.lines[i], i);
    buf_add_char(json, ']');
    write_fields(json, d, &r);
    buf_add_char(json, '}');
    return true;
}

/* One's own rights, or anybody's for who audits the dataset. */
static bool get_why(struct cx *cx, const struct request *rq, struct response *rs)
{
    str login = request_query(rq, "login"), key;
    const struct dataset *d = catalogue_require(cx, request_query(rq, "dataset"));
    if (!d || !handle_open(cx, d, request_query(rq, "key"), &key))
        return false;
    if (!login.n)
        login = cx->actor->login;
    cx->audit->key = key;
    if (!str_equal(login, cx->actor->login) && !identity_require(cx, "audit", d))
        return false;
    return why_write(cx, login, d->id, key, &rs->body, NULL);
}

static const struct route ROUTES[] = {
    {"GET", "/api/v1/why", get_why, "rights.explain", 0, NULL},
    {0},
};

const struct module WHY_MODULE = {"why", ROUTES};
