#include "quality/unusual.h"

#include "access/access.h"
#include "base/date.h"
#include "notify/notify.h"

enum {
    MOST_BATCHES = 50000,
    MOST_FOUND = 100,
    HISTORY_DAYS = 28,
    MOST_AIMED = 5,
    MAX_SQL = 1 << 16
};

struct turn {
    struct db *db;
    const struct registry *registry;
    struct arena *a;
    struct err *e;
    int32_t today;
    str auditors; /* organisation that gets the cases */
    int found;
    bool is_unfolded; /* the audit, in this turn */
};

/* --- what was looked at since the last turn -----------------------------------------------------
 */

/* Of batches of the audit only those that hold a look at the desk are opened: the share lane writes
 * thousands of lines a second, which nobody weighs here. */
static const char TAKE[] =
    "with turn as (select upto, (select coalesce(max(id), 0) from shuzhi.audit_batch) as top from"
    " shuzhi.look_progress), fresh as (select b.id, b.at, b.entries from shuzhi.audit_batch b where"
    " b.id > (select upto - 1000 from turn) and b.entries like "
    "'%\"via\":\"desk\"%\"action\":\"records.%' and"
    " not exists (select from shuzhi.look_taken t where t.batch = b.id) order by b.id limit $1),"
    " taken as (insert into shuzhi.look_taken select id from fresh), forgotten as (delete from"
    " shuzhi.look_taken where batch < (select upto - 5000 from turn)), moved as (update"
    " shuzhi.look_progress set upto = case when (select count(*) from fresh) < $1 then (select top"
    " from turn) else (select max(id) from fresh) end), lines as (select f.id, f.at, line::jsonb as"
    " e, (ord - 1)::int as seq from fresh f, regexp_split_to_table(rtrim(f.entries, E'\\n'),"
    " E'\\n') with ordinality as t(line, ord) where line like '%\"via\":\"desk\"%'), looks as"
    " (select id, seq, coalesce((e->>'at')::timestamptz, at) as at, e, case when e ? 'keys' then"
    " array(select jsonb_array_elements_text(e->'keys')) else array[e->>'key'] end as keys from"
    " lines where e->>'result' = 'ok' and e->>'action' in ('records.read', 'records.list',"
    " 'records.export')) insert into look_now select l.id, l.seq, l.at, (l.at at time zone"
    " 'Asia/Shanghai')::date, e->>'who', coalesce(e->>'organisation', ''), e->>'dataset', keys,"
    " greatest(case when e ? 'keys' then cardinality(keys) end, (e->>'count')::int, case when e ?"
    " 'key' then 1 else 0 end), e->>'action' from looks l join shuzhi.staff s on s.login ="
    " e->>'who' and s.kind = 'staff'";

static bool take_looks(struct turn *t, int64_t *n)
{
    struct rows rows;
    if (!db_script(
            t->db,
            "create temp table if not exists look_now (batch bigint, seq int, at timestamptz,"
            " day date, login text, organisation text, dataset text, keys text[],"
            " records bigint, action text) on commit delete rows",
            t->e) ||
        !DB0(t->db, t->a, NULL, t->e, "select upto from shuzhi.look_progress for update") ||
        !DB(t->db, t->a, &rows, t->e, TAKE, P_INT(t->a, MOST_BATCHES)))
        return false;
    *n = (int64_t)rows.changed;
    return true;
}

static bool add_days(struct turn *t)
{
    return DB0(
        t->db, t->a, NULL, t->e,
        "insert into shuzhi.look_day as d select login, day, dataset, max(organisation),"
        " sum(records), array(select coalesce((select sum(h.records) from look_now h where h.login"
        " = n.login and h.day = n.day and h.dataset = n.dataset and extract(hour from h.at at time"
        " zone 'Asia/Shanghai') = i), 0) from generate_series(0, 23) i) from look_now n"
        " group by login, day, dataset on conflict (login, day, dataset) do update set records ="
        " d.records + excluded.records, by_hour = array(select a + b from unnest(d.by_hour,"
        " excluded.by_hour) with ordinality as u(a, b, i) order by i)");
}

/* --- a case ------------------------------------------------------------------------------------
 */

/* The looks of a finding, the newest fifty: of the day, and of the record where it is about one. */
static const char EVIDENCE[] =
    "select coalesce(array_agg(id), '{}') from (select e.batch || '-' || e.seq as id from"
    " shuzhi.audit_event e where e.who = $1 and e.at >= $2::date::timestamp at time zone"
    " 'Asia/Shanghai' and e.at < ($2::date + 1)::timestamp at time zone 'Asia/Shanghai'"
    " and e.via = 'desk' and e.result = 'ok' and e.action in ('records.read', 'records.list',"
    " 'records.export') and ($3 = '' or e.dataset = $3) and (cardinality($4::text[]) = 0 or e.key ="
    " any($4::text[]) or (e.keys && $4::text[] and cardinality(e.keys) <= $5)) order by e.at desc"
    " limit 50) e";

struct finding_row {
    str login, day, dataset, key, measure, usual;
    str keys; /* an SQL array: of the records that show it; {}: any of the day */
};

static bool tell(struct turn *t, const struct watch *w, const struct finding_row *f, str id)
{
    struct cx cx = {.arena = t->a, .db = t->db, .err = t->e, .registry = t->registry};
    struct title text = {arena_format(t->a, "%.*s · %.*s", STR_ARG(f->login), STR_ARG(f->day)),
                         arena_format(t->a, "%.*s · %.*s", STR_ARG(f->login), STR_ARG(f->day))};
    return notify_organisation(&cx, t->auditors, w->title, text,
                               arena_format(t->a, "/cases/%.*s", STR_ARG(id)));
}

static bool open_case(struct turn *t, const struct watch *w, const struct finding_row *f)
{
    struct rows rows, made;
    int32_t due =
        calendar_add_working_days(&t->registry->county.calendar, t->today, w->working_days);
    /* Only what is unfolded can be shown. */
    if (!t->is_unfolded && !DB0(t->db, t->a, NULL, t->e, "select shuzhi.audit_unfold()"))
        return false;
    t->is_unfolded = true;
    if (!DB(t->db, t->a, &rows, t->e, EVIDENCE, P(f->login), P(f->day), P(f->dataset), P(f->keys),
            P_INT(t->a, MOST_AIMED)) ||
        !DB(t->db, t->a, &made, t->e,
            "insert into shuzhi.unusual_look (rule, login, day, dataset, key, measure, usual,"
            " evidence) values ($1, $2, $3, $4, $5, $6, $7, $8::text[]) on conflict do nothing"
            " returning id",
            P(w->id), P(f->login), P(f->day), P(f->dataset), P(f->key), P(f->measure), P(f->usual),
            P(rows_text(&rows, 0, 0))))
        return false;
    if (!made.n)
        return true; /* told already */
    str note = arena_format(t->a, "%.*s：%.*s %.*s", STR_ARG(w->title.zh), STR_ARG(f->login),
                            STR_ARG(f->day));
    if (!DB(t->db, t->a, &rows, t->e,
            "insert into shuzhi.work_case (kind, dataset, key, note, due, reporter, owner)"
            " values ('unusual-look', $1, $2, $3, $4, 'system', $5) returning id",
            P(f->dataset), P(f->key), P(note), P(date_format(t->a, due)), P(t->auditors)) ||
        !DB(t->db, t->a, NULL, t->e, "update shuzhi.unusual_look set work_case = $2 where id = $1",
            P(rows_text(&made, 0, 0)), P(rows_text(&rows, 0, 0))))
        return false;
    t->found++;
    return tell(t, w, f, rows_text(&rows, 0, 0));
}

/* login, day, dataset, key, measure, usual, keys: one case a row. */
static bool open_cases(struct turn *t, const struct watch *w, const struct rows *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        struct finding_row f = {.login = rows_text(rows, i, 0),
                                .day = rows_text(rows, i, 1),
                                .dataset = rows_text(rows, i, 2),
                                .key = rows_text(rows, i, 3),
                                .measure = rows_text(rows, i, 4),
                                .usual = rows_text(rows, i, 5),
                                .keys = rows_text(rows, i, 6)};
        if (!open_case(t, w, &f))
            return false;
    }
    return true;
}

/* --- against what is usual ---------------------------------------------------------------------
 */

/* What of a day counts: an SQL expression over d (a row of look_day); of days it is summed, of
 * datasets counted. */
static str measure_of(struct turn *t, const struct watch *w)
{
    if (w->kind == WATCH_VOLUME)
        return STR("sum(d.records)");
    if (w->kind == WATCH_BREADTH)
        return STR("count(*)");
    BUF_SCOPED struct buf hours = {.max = 4096}, rest = {.max = 1 << 15};
    for (int h = 0; h < 24; h++) {
        bool is_in = w->from <= w->to ? h >= w->from && h < w->to : h >= w->from || h < w->to;
        if (is_in)
            buf_add_format(&hours, "%sd.by_hour[%d]", hours.n ? " + " : "", h + 1);
    }
    for (int32_t day = t->today - HISTORY_DAYS - 2; w->counts_rest_days && day <= t->today; day++) {
        if (calendar_working_days_between(&t->registry->county.calendar, day - 1, day) == 0)
            buf_add_format(&rest, "%s'%.*s'", rest.n ? ", " : "", STR_ARG(date_format(t->a, day)));
    }
    str all = hours.n ? buf_str(&hours) : STR("0");
    if (!rest.n)
        return arena_format(t->a, "sum(%.*s)", STR_ARG(all));
    return arena_format(t->a, "sum(case when d.day in (%.*s) then d.records else %.*s end)",
                        STR_ARG(buf_str(&rest)), STR_ARG(all));
}

static bool find_unlike(struct turn *t, const struct watch *w)
{
    struct rows rows;
    str of = measure_of(t, w);
    str dataset = w->dataset ? w->dataset->id : STR("");
    str sql = arena_format(
        t->a,
        "with touched as (select distinct login, day from look_now where $1 = '' or dataset = $1),"
        " days as (select d.login, d.day, max(d.organisation) as organisation, %.*s as n"
        "  from shuzhi.look_day d where ($1 = '' or d.dataset = $1) and d.day >= (select min(day)"
        "  from touched) - %d and (d.login in (select login from touched) or d.organisation in"
        "  (select organisation from look_now)) group by d.login, d.day),"
        " weighed as (select c.*, greatest((select avg(o.n) from days o where o.login = c.login and"
        "  o.day < c.day and o.day >= c.day - %d), (select avg(p.n) from days p where p.login <>"
        "  c.login and p.organisation = c.organisation and p.day <= c.day and p.day >= c.day - %d))"
        "  as usual from days c join touched using (login, day))"
        " select login, day, coalesce(nullif($1, ''), (select dataset from shuzhi.look_day x where"
        "  x.login = w.login and x.day = w.day order by records desc limit 1)), '', n,"
        "  round(usual, 1), '{}' from weighed w where n >= $2 and (usual is null or n > $3::numeric"
        "  * usual) limit %d",
        STR_ARG(of), HISTORY_DAYS, HISTORY_DAYS, HISTORY_DAYS, MOST_FOUND);
    return DB(t->db, t->a, &rows, t->e, sql.p, P(dataset), P_INT(t->a, w->at_least),
              P(w->factor)) &&
           open_cases(t, w, &rows);
}

/* --- about whom --------------------------------------------------------------------------------
 */

/* "(t.a = me.a and left(t.b, 1) = left(me.b, 1)) or …" */
static void add_same(struct buf *sql, const struct watch *w)
{
    const struct json *same = json_find(w->definition, "same");
    for (size_t i = 0; i < same->array.n; i++) {
        str rest = same->array.items[i].text, part, name;
        buf_add(sql, i ? STR(" or (true") : STR("(true"));
        while (str_take_part(&rest, ' ', &part)) {
            bool is_first = str_ends(part, STR(":first"));
            str tail = part;
            const struct field *f =
                str_take_part(&tail, ':', &name) ? field_find(w->dataset, name) : NULL;
            if (f && is_first)
                buf_add_format(sql, " and left(t.%.*s::text, 1) = left(me.%.*s::text, 1)",
                               STR_ARG(f->column), STR_ARG(f->column));
            else if (f)
                buf_add_format(sql, " and t.%.*s = me.%.*s", STR_ARG(f->column),
                               STR_ARG(f->column));
        }
        buf_add_char(sql, ')');
    }
}

/* Looks aimed at few records: what a list happens to hold says nothing. */
static bool find_kin(struct turn *t, const struct watch *w)
{
    struct rows rows;
    BUF_SCOPED struct buf sql = {.max = MAX_SQL};
    const struct dataset *d = w->dataset;
    const struct field *person = watch_person_field(d);
    buf_add_format(&sql,
                   "with aimed as (select distinct l.login, l.day, s.id_number, k as key from"
                   " look_now l join shuzhi.staff s on"
                   " s.login = l.login and s.id_number is not null, unnest(l.keys) k where"
                   " l.dataset = $1 and cardinality(l.keys) <= %d)"
                   " select a.login, a.day, $1, '', count(*), null, array_agg(a.key) from aimed a"
                   " join %.*s t on ",
                   MOST_AIMED, STR_ARG(d->table));
    key_expression(&sql, d);
    buf_add_lit(&sql, " = a.key");
    if (w->kind == WATCH_OWN) {
        buf_add_format(&sql, " where t.%.*s = a.id_number", STR_ARG(person->column));
    } else {
        buf_add_format(&sql,
                       " join %.*s me on me.%.*s = a.id_number where t.%.*s <> a.id_number"
                       " and (",
                       STR_ARG(d->table), STR_ARG(person->column), STR_ARG(person->column));
        add_same(&sql, w);
        buf_add_char(&sql, ')');
    }
    buf_add_format(&sql, " group by a.login, a.day having count(*) >= $2 limit %d%c", MOST_FOUND,
                   0);
    return DB(t->db, t->a, &rows, t->e, sql.p, P(d->id), P_INT(t->a, w->at_least)) &&
           open_cases(t, w, &rows);
}

static bool find_watched(struct turn *t, const struct watch *w)
{
    struct rows rows;
    return DB(t->db, t->a, &rows, t->e,
              "select distinct l.login, l.day, r.dataset, r.key, 1, null, array[r.key] from"
              " look_now l join shuzhi.watched_record r on r.dataset = l.dataset and r.key ="
              " any(l.keys) and r.since <= l.at where ($1 = '' or l.dataset = $1) and"
              " cardinality(l.keys) <= $2 limit 100",
              P(w->dataset ? w->dataset->id : STR("")), P_INT(t->a, MOST_AIMED)) &&
           open_cases(t, w, &rows);
}

/* --- all of it ---------------------------------------------------------------------------------
 */

static bool audits_all(const struct right *g)
{
    return str_is(g->verb, "audit") && str_is(g->resource, "*") && !g->only_own;
}

static size_t lines_of(const struct registry *r, str role)
{
    size_t n = 0;
    for (size_t i = 0; i < r->right_count; i++)
        n += str_equal(r->rights[i].role, role);
    return n;
}

/* Of those who may read the audit of everything, the role that may do least else: auditors, not
 * managers. */
static bool find_auditors(struct turn *t)
{
    struct rows rows;
    str role = {0};
    for (size_t i = 0; i < t->registry->right_count; i++) {
        const struct right *g = &t->registry->rights[i];
        if (audits_all(g) &&
            (!role.n || lines_of(t->registry, g->role) < lines_of(t->registry, role)))
            role = g->role;
    }
    if (!DB(t->db, t->a, &rows, t->e,
            "select organisation from shuzhi.post_now where $1 = any(roles) and delegated_by is"
            " null order by id limit 1",
            P(role.p ? role : STR(""))))
        return false;
    t->auditors = rows.n ? rows_text(&rows, 0, 0) : (str){0};
    return true;
}

static bool weigh(struct turn *t)
{
    int64_t n = 0;
    if (!find_auditors(t) || !take_looks(t, &n))
        return false;
    if (!n)
        return true;
    if (!add_days(t))
        return false;
    for (size_t i = 0; t->auditors.n && i < t->registry->watches.n; i++) {
        const struct watch *w = t->registry->watches.entries[i].value;
        bool ok = w->kind == WATCH_KIN || w->kind == WATCH_OWN ? find_kin(t, w)
                  : w->kind == WATCH_WATCHED                   ? find_watched(t, w)
                                                               : find_unlike(t, w);
        if (!ok)
            return err_at(t->e, "%.*s", STR_ARG(w->file));
    }
    return true;
}

bool unusual_check(struct db *db, const struct registry *r, int32_t today, int *found,
                   struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct turn t = {.db = db, .registry = r, .a = &a, .e = e, .today = today};
    struct rows rows;
    *found = 0;
    if (!db_begin(db, e) || !DB0(db, &a, &rows, e, "select pg_try_advisory_xact_lock(83322)")) {
        db_rollback(db);
        return false;
    }
    if (rows_bool(&rows, 0, 0) && !weigh(&t)) {
        db_rollback(db);
        return false;
    }
    *found = t.found;
    return db_commit(db, e);
}
