/* Ways from one instance to another, and the text generators that hold them. */
#include "demo/recipe.h"

static bool find_slot(const struct thing *t, str name, size_t *slot)
{
    for (size_t i = 0; i < t->slots; i++) {
        if (str_equal(t->attributes[i].name, name)) {
            *slot = i;
            return true;
        }
    }
    return false;
}

/* One hop; false when the name is none. */
static bool hop(const struct thing **at, str name, bool is_first, struct step *s)
{
    const struct thing *t = *at;
    if (t->parent && str_equal(t->parent->name, name)) {
        *s = (struct step){.kind = STEP_PARENT};
        *at = t->parent;
        return true;
    }
    for (size_t i = 0; i < t->link_count; i++) {
        if (str_equal(t->links[i].name, name)) {
            *s = (struct step){.kind = STEP_LINK, .which = i};
            *at = t->links[i].thing;
            return true;
        }
    }
    if (t->members) {
        *s = (struct step){.kind = STEP_MEMBER, .role = name};
        *at = t->members;
        return true;
    }
    if (t->kind == THING_MEMBERS && is_first) {
        *s = (struct step){.kind = STEP_SIBLING, .role = name};
        return true;
    }
    return false;
}

bool path_compile(struct compiling *c, const struct thing *thing, size_t before,
                  const struct json *where, str text, struct path *out)
{
    struct path p = {.thing = thing, .line = where->line};
    str rest = text, part;
    while (str_take_part(&rest, '.', &part)) {
        if (rest.n == 0) {
            if (!find_slot(p.thing, part, &p.slot)) {
                recipe_complain(c, where, "\"%.*s\": %.*s has no \"%.*s\"", STR_ARG(text),
                                STR_ARG(p.thing->name), STR_ARG(part));
                return false;
            }
            bool is_late = p.n == 0 && p.slot >= before && p.slot < thing->slots - GIVEN_COUNT &&
                           thing->attributes[p.slot].make == NULL &&
                           thing->attributes[p.slot].column < 0;
            if (is_late) {
                recipe_complain(c, where, "\"%.*s\" stands further down: it is not known yet here",
                                STR_ARG(text));
                return false;
            }
            *out = p;
            return true;
        }
        if (p.n == PATH_STEPS || !hop(&p.thing, part, p.n == 0, &p.steps[p.n])) {
            recipe_complain(c, where, "\"%.*s\": there is no way from %.*s to \"%.*s\"",
                            STR_ARG(text), STR_ARG(p.thing->name), STR_ARG(part));
            return false;
        }
        p.n++;
    }
    recipe_complain(c, where, "\"%.*s\" names nothing", STR_ARG(text));
    return false;
}
