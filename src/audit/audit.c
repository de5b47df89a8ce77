#include "audit/audit.h"

#include "base/date.h"

enum { MAX_ENTRY = 1 << 20 };

static void add_text(struct buf *out, const char *name, str s)
{
    if (s.n == 0)
        return;
    buf_add_format(out, ",\"%s\":", name);
    json_write_string(out, s);
}

static void add_time(struct buf *out, int64_t ms)
{
    int64_t seconds = ms / 1000, day = seconds / 86400, rest = seconds % 86400;
    struct date d = date_from_days((int32_t)day);
    buf_add_format(out, "{\"at\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"", d.year, d.month, d.day,
                   (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60), (int)(ms % 1000));
}

void audit_format(struct buf *out, const struct audit_entry *e, int64_t at_ms)
{
    add_time(out, at_ms);
    add_text(out, "who", e->who.n ? e->who : STR("-"));
    add_text(out, "organisation", e->organisation);
    add_text(out, "via", e->via);
    add_text(out, "action", e->action);
    add_text(out, "dataset", e->dataset);
    add_text(out, "key", e->key);
    add_text(out, "purpose", e->purpose);
    add_text(out, "address", e->address);
    add_text(out, "result", e->result);
    if (e->grant)
        buf_add_format(out, ",\"grant\":%lld", (long long)e->grant);
    if (e->count >= 0)
        buf_add_format(out, ",\"count\":%lld", (long long)e->count);
    if (e->field_count) {
        buf_add_lit(out, ",\"fields\":");
        for (size_t i = 0; i < e->field_count; i++) {
            buf_add_char(out, i ? ',' : '[');
            json_write_string(out, e->fields[i]);
        }
        buf_add_char(out, ']');
    }
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
