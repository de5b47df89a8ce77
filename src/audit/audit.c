#include "audit/audit.h"

#include "base/date.h"

enum { MAX_ENTRY = 4 << 20 }; /* an export names up to 50,000 records */

/* No printf here: this runs for every look. */
static void add_text(struct buf *out, str name, str s)
{
    if (s.n == 0)
        return;
    buf_add(out, name);
    json_write_string(out, s);
}

static void add_list(struct buf *out, str name, const str *items, size_t n)
{
    if (n == 0)
        return;
    buf_add(out, name);
    for (size_t i = 0; i < n; i++) {
        buf_add_char(out, i ? ',' : '[');
        json_write_string(out, items[i]);
    }
    buf_add_char(out, ']');
}

static void add_digits(char *p, int64_t v, int n)
{
    for (int i = n - 1; i >= 0; i--, v /= 10)
        p[i] = (char)('0' + v % 10);
}

static void add_time(struct buf *out, int64_t ms)
{
    char text[] = "{\"at\":\"0000-00-00T00:00:00.000Z\"";
    int64_t seconds = ms / 1000, rest = seconds % 86400;
    struct date d = date_from_days((int32_t)(seconds / 86400));
    add_digits(text + 7, d.year, 4);
    add_digits(text + 12, d.month, 2);
    add_digits(text + 15, d.day, 2);
    add_digits(text + 18, rest / 3600, 2);
    add_digits(text + 21, rest / 60 % 60, 2);
    add_digits(text + 24, rest % 60, 2);
    add_digits(text + 27, ms % 1000, 3);
    buf_add(out, (str){text, sizeof text - 1});
}

void audit_format(struct buf *out, const struct audit_entry *e, int64_t at_ms)
{
    add_time(out, at_ms);
    add_text(out, STR(",\"who\":"), e->who.n ? e->who : STR("-"));
    add_text(out, STR(",\"organisation\":"), e->organisation);
    add_text(out, STR(",\"via\":"), e->via);
    add_text(out, STR(",\"action\":"), e->action);
    add_text(out, STR(",\"dataset\":"), e->dataset);
    add_text(out, STR(",\"key\":"), e->key);
    add_text(out, STR(",\"purpose\":"), e->purpose);
    add_text(out, STR(",\"address\":"), e->address);
    add_text(out, STR(",\"result\":"), e->result);
    if (e->grant) {
        buf_add_lit(out, ",\"grant\":");
        buf_add_int(out, e->grant);
    }
    if (e->count >= 0) {
        buf_add_lit(out, ",\"count\":");
        buf_add_int(out, e->count);
    }
    add_list(out, STR(",\"fields\":"), e->fields, e->field_count);
    add_list(out, STR(",\"keys\":"), e->keys, e->key_count);
    buf_add_lit(out, "}\n");
}

bool audit_save(struct db *db, struct arena *a, const struct audit_entry *entry, struct err *e)
{
    BUF_SCOPED struct buf line = {.max = MAX_ENTRY};
    audit_format(&line, entry, clock_unix_ms());
    if (line.is_full)
        return err_set(e, ERR_LIMIT, "the audit record of this request is too long");
    return DB(db, a, NULL, e, "insert into shuzhi.audit_batch (entries) values ($1)",
              P(buf_str(&line)));
}
