#include "dmn/trace.h"

#include "base/map.h"
#include "feel/node.h"
#include "feel/wire.h"

static void note_value(void *data, const struct dmn_element *el, struct value v)
{
    struct dmn_trace *t = data;
    VEC_ADD(t->arena, t->steps, t->n, t->size) = (struct dmn_step){.element = el, .value = v};
}

static void note_hit(void *data, const struct table_node *table, size_t rule,
                     const struct value *outputs)
{
    struct dmn_trace *t = data;
    VEC_ADD(t->arena, t->steps, t->n, t->size) =
        (struct dmn_step){.table = table, .rule = rule, .outputs = outputs};
}

static const char *kind_name(enum dmn_kind kind)
{
    static const char *const names[] = {"input", "decision", "knowledge model", "service"};
    return names[kind];
}

static bool is_default(const struct dmn_step *s)
{
    return s->rule == SIZE_MAX;
}

void dmn_step_write_json(struct buf *out, const struct dmn_step *s)
{
    if (s->element) {
        buf_add_format(out, "{\"%s\":", kind_name(s->element->kind));
        json_write_string(out, s->element->name);
        buf_add_lit(out, ",\"value\":");
        wire_write(out, s->value);
        buf_add_char(out, '}');
        return;
    }
    buf_add_lit(out, "{\"table\":");
    json_write_string(out, s->table->name);
    if (is_default(s)) {
        buf_add_lit(out, ",\"rule\":\"default\"");
    } else {
        buf_add_format(out, ",\"rule\":%zu,\"id\":", s->rule + 1);
        json_write_string(out, s->table->rules[s->rule].id);
    }
    buf_add_lit(out, ",\"outputs\":");
    wire_write(out, value_list(s->outputs, s->table->output_count));
    buf_add_char(out, '}');
}

void dmn_step_write_text(struct buf *out, const struct dmn_step *s)
{
    if (s->element) {
        buf_add_format(out, "%s %.*s = ", kind_name(s->element->kind), STR_ARG(s->element->name));
        value_write_literal(out, s->value);
    } else {
        buf_add_format(out, "    table %.*s, ", STR_ARG(s->table->name));
        if (is_default(s))
            buf_add_lit(out, "no rule hits, default: ");
        else
            buf_add_format(out, "rule %zu: ", s->rule + 1);
        for (size_t i = 0; i < s->table->output_count; i++) {
            if (i)
                buf_add_lit(out, ", ");
            value_write_literal(out, s->outputs[i]);
        }
    }
    buf_add_char(out, '\n');
}

void dmn_trace_attach(struct dmn_trace *t, struct dmn_case *c, struct machine *m)
{
    c->watch = note_value;
    c->watch_data = t;
    m->trace.data = t;
    m->trace.hit = note_hit;
}

void dmn_trace_write_json(struct buf *out, const struct dmn_trace *t)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < t->n; i++) {
        if (i)
            buf_add_char(out, ',');
        dmn_step_write_json(out, &t->steps[i]);
    }
    buf_add_char(out, ']');
}
