#include "rules/simulate_report.h"

#include "feel/wire.h"

static void write_decimal(struct buf *out, const char *name, const struct decimal *d)
{
    buf_add_format(out, ",\"%s\":", name);
    decimal_write(out, d);
}

static void write_sums(struct buf *out, const struct simulate_sums *s, bool compares)
{
    buf_add_format(out, "\"rows\":%zu,\"null\":%zu", s->rows, s->nulls);
    write_decimal(out, "total", &s->total);
    if (!compares)
        return;
    write_decimal(out, "against_total", &s->other_total);
    buf_add_format(out, ",\"gain\":%zu,\"lose\":%zu,\"stay\":%zu,\"changed\":%zu", s->gain, s->lose,
                   s->stay, s->changed);
}

static void write_groups(struct buf *out, const str *by, size_t by_count, bool compares,
                         const struct simulate_report *r)
{
    for (size_t k = 0; k < by_count; k++) {
        buf_add(out, k ? STR(",\n  ") : STR("\n  "));
        json_write_string(out, by[k]);
        buf_add_lit(out, ":[");
        for (size_t i = 0; i < r->group_counts[k]; i++) {
            buf_add(out, i ? STR(",\n    {\"value\":") : STR("\n    {\"value\":"));
            json_write_string(out, r->groups[k][i].key);
            buf_add_char(out, ',');
            write_sums(out, &r->groups[k][i], compares);
            buf_add_char(out, '}');
        }
        buf_add_char(out, ']');
    }
}

static void write_top(struct buf *out, const struct simulate_report *r)
{
    for (size_t i = 0; i < r->top_count; i++) {
        const struct simulate_change *c = &r->top[i];
        buf_add_format(out, "%s\n  {\"row\":%zu,\"result\":", i ? "," : "", c->row);
        wire_write(out, c->result);
        buf_add_lit(out, ",\"against\":");
        wire_write(out, c->other);
        write_decimal(out, "difference", &c->difference);
        buf_add_char(out, '}');
    }
}

void simulate_report_write(struct buf *out, const struct simulate_report *r, const str *by,
                           size_t by_count, bool compares)
{
    buf_add_lit(out, "\"all\":{");
    write_sums(out, &r->all, compares);
    buf_add_format(out, ",\"warnings\":%zu},\n\"by\":{", r->warnings);
    write_groups(out, by, by_count, compares, r);
    buf_add_lit(out, "},\n\"top\":[");
    write_top(out, r);
    buf_add_char(out, ']');
}
