/* Files to packages: elements, imports, requirements, programs. */
#include "dmn/reader.h"

#include <dirent.h>
#include <stdarg.h>

enum { MAX_MODELS = 200, MAX_PROBLEMS = 500 };

static const char *const SPACES[] = {"http://www.omg.org/spec/DMN/20151101/dmn.xsd",  /* 1.1 */
                                     "http://www.omg.org/spec/DMN/20180521/MODEL/",   /* 1.2 */
                                     "https://www.omg.org/spec/DMN/20191111/MODEL/",  /* 1.3 */
                                     "https://www.omg.org/spec/DMN/20211108/MODEL/",  /* 1.4 */
                                     "https://www.omg.org/spec/DMN/20230324/MODEL/",  /* 1.5 */
                                     "https://www.omg.org/spec/DMN/20240513/MODEL/"}; /* 1.6 */

void reader_problem(struct reader *r, const struct loaded *l, const struct xml *x, str element,
                    const char *fmt, ...)
{
    char text[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    struct dmn_package *p = r->package;
    if (p->problem_count >= MAX_PROBLEMS)
        return;
    VEC_ADD(r->arena, p->problems, p->problem_count, r->problem_size) = (struct dmn_problem){
        l->model->file, x ? x->line : 0, element, arena_copy(r->arena, str_from(text))};
}

static bool is_dmn(const struct xml *x, struct err *e)
{
    if (!str_is(x->name, "definitions"))
        return err_set(e, ERR_INVALID, "the document is <%.*s>, not DMN <definitions>",
                       STR_ARG(x->name));
    for (size_t i = 0; i < COUNT(SPACES); i++) {
        if (str_is(x->space, SPACES[i]))
            return true;
    }
    return err_set(e, ERR_INVALID, "\"%.*s\" is no namespace of DMN 1.1 to 1.5", STR_ARG(x->space));
}

static str variable_name(struct arena *a, const struct xml *x)
{
    const struct xml *variable = xml_child(x, "variable");
    str name = variable ? xml_attribute(variable, "name") : (str){0};
    (void)a;
    return name.n ? name : xml_attribute(x, "name");
}

/* All names that may turn up in expressions, for the sake of those with blanks and signs. */
static void collect_words(struct reader *r, struct loaded *l, const struct xml *x)
{
    static const char *const named[] = {"inputData", "decision",        "businessKnowledgeModel",
                                        "variable",  "itemComponent",   "formalParameter",
                                        "column",    "decisionService", "output",
                                        "parameter", "import"};
    for (const struct xml *k = x->first; k; k = k->next) {
        if (!str_equal(k->space, x->space))
            continue;
        for (size_t i = 0; i < COUNT(named); i++) {
            str name = xml_attribute(k, "name");
            if (name.n && str_is(k->name, named[i]))
                map_set(&l->words, r->arena, name, l);
        }
        str iterator = xml_attribute(k, "iteratorVariable");
        if (iterator.n)
            map_set(&l->words, r->arena, iterator, l);
        collect_words(r, l, k);
    }
}

static void add_element(struct reader *r, struct loaded *l, const struct xml *x, enum dmn_kind kind)
{
    struct dmn_model *m = l->model;
    struct dmn_element *el = arena_new(r->arena, struct dmn_element);
    *el = (struct dmn_element){.kind = kind,
                               .index = r->package->element_count++,
                               .id = xml_attribute(x, "id"),
                               .line = x->line,
                               .model = m};
    el->name = variable_name(r->arena, x);
    el->title = xml_attribute(x, "name");
    if (el->name.n == 0)
        reader_problem(r, l, x, el->id, "it has no name");
    for (size_t i = 0; i < m->count; i++) {
        if (m->elements[i]->kind == kind && str_equal(m->elements[i]->name, el->name))
            reader_problem(r, l, x, el->name, "two elements have this name");
    }
    if (el->id.n && map_has(&l->by_id, el->id))
        reader_problem(r, l, x, el->name, "two elements have the id \"%.*s\"", STR_ARG(el->id));
    else if (el->id.n)
        map_set(&l->by_id, r->arena, el->id, el);
    size_t size = l->size, n = m->count;
    vec_grow(r->arena, (void **)&l->element_xml, n, &size, sizeof *l->element_xml);
    VEC_ADD(r->arena, m->elements, m->count, l->size) = el;
    l->element_xml[n] = x;
}

static void add_elements(struct reader *r, struct loaded *l)
{
    static const struct {
        const char *name;
        enum dmn_kind kind;
    } kinds[] = {{"inputData", DMN_INPUT},
                 {"decision", DMN_DECISION},
                 {"businessKnowledgeModel", DMN_BKM},
                 {"decisionService", DMN_SERVICE}};
    for (const struct xml *x = l->root->first; x; x = x->next) {
        for (size_t i = 0; i < COUNT(kinds) && str_equal(x->space, l->root->space); i++) {
            if (str_is(x->name, kinds[i].name))
                add_element(r, l, x, kinds[i].kind);
        }
    }
}

static struct loaded *load_model(struct reader *r, const struct xml *root, str file);

static struct xml *read_sibling(struct reader *r, str file, str *path)
{
    struct err ignored = {0};
    *path = arena_format(r->arena, "%.*s/%.*s", STR_ARG(r->folder), STR_ARG(file));
    return xml_read_file(r->arena, path->p, &ignored);
}

/* The file in the folder whose namespace it is. */
static struct loaded *find_import(struct reader *r, str space)
{
    for (size_t i = 0; i < r->loaded_count; i++) {
        if (str_equal(r->loaded[i]->model->space, space))
            return r->loaded[i];
    }
    if (r->folder.n == 0 || r->loaded_count >= MAX_MODELS)
        return NULL;
    DIR *dir = opendir(arena_cstr(r->arena, r->folder));
    struct loaded *found = NULL;
    for (struct dirent *d; dir && !found && (d = readdir(dir));) {
        str path, name = str_from(d->d_name);
        struct err ignored = {0};
        struct xml *x = str_ends(name, STR(".dmn")) ? read_sibling(r, name, &path) : NULL;
        if (x && str_equal(xml_attribute(x, "namespace"), space) && is_dmn(x, &ignored))
            found = load_model(r, x, path);
    }
    if (dir)
        closedir(dir);
    return found;
}

static void load_imports(struct reader *r, struct loaded *l)
{
    struct import **end = &l->imports;
    for (const struct xml *x = xml_child(l->root, "import"); x; x = xml_next(x, "import")) {
        str type = xml_attribute(x, "importType");
        if (str_find(type, STR("/DMN/")) == SIZE_MAX)
            continue;
        struct import *i = arena_new(r->arena, struct import);
        i->name = xml_attribute(x, "name");
        i->space = xml_attribute(x, "namespace");
        i->model = find_import(r, i->space);
        if (!i->model)
            reader_problem(r, l, x, i->name, "no model here has the namespace \"%.*s\"",
                           STR_ARG(i->space));
        for (size_t k = 0; i->model && k < i->model->words.n; k++)
            map_set(&l->words, r->arena, i->model->words.entries[k].key, l);
        *end = i;
        end = &i->next;
    }
}

static struct loaded *load_model(struct reader *r, const struct xml *root, str file)
{
    struct loaded *l = arena_new(r->arena, struct loaded);
    l->model = arena_new(r->arena, struct dmn_model);
    *l->model = (struct dmn_model){.name = xml_attribute(root, "name"),
                                   .space = xml_attribute(root, "namespace"),
                                   .file = file};
    l->root = root;
    VEC_ADD(r->arena, r->loaded, r->loaded_count, r->loaded_size) = l;
    collect_words(r, l, root);
    add_elements(r, l);
    load_imports(r, l);
    reader_make_types(r, l);
    return l;
}

/* "#id" or "namespace#id"; *import: which one it comes through. */
static struct dmn_element *resolve(struct loaded *l, str href, struct import **import)
{
    size_t hash = str_find(href, STR("#"));
    str space = hash == SIZE_MAX ? (str){0} : str_slice(href, 0, hash);
    str id = hash == SIZE_MAX ? href : str_slice(href, hash + 1, href.n);
    *import = NULL;
    if (space.n == 0 || str_equal(space, l->model->space))
        return map_find(&l->by_id, id);
    for (struct import *i = l->imports; i; i = i->next) {
        if (i->model && str_equal(i->space, space)) {
            *import = i;
            return map_find(&i->model->by_id, id);
        }
    }
    return NULL;
}

struct needs {
    size_t size, size2, size3;
};

static void push_need(struct reader *r, struct dmn_element *el, struct dmn_element *need,
                      str import, struct needs *k)
{
    size_t n = el->need_count, same = n;
    VEC_ADD(r->arena, el->needs, same, k->size) = need;
    same = n;
    VEC_ADD(r->arena, el->need_names, same, k->size2) = need->name;
    same = n;
    VEC_ADD(r->arena, el->need_imports, same, k->size3) = import;
    el->need_count++;
}

static void add_need(struct reader *r, struct loaded *l, struct dmn_element *el,
                     const struct xml *x, struct needs *k)
{
    str href = xml_attribute(x, "href");
    struct import *import;
    struct dmn_element *need = resolve(l, href, &import);
    if (!need) {
        reader_problem(r, l, x, el->name, "it requires \"%.*s\", which is not there",
                       STR_ARG(href));
        return;
    }
    push_need(r, el, need, import ? import->name : (str){0}, k);
}

static bool has_need(const struct dmn_element *el, str name)
{
    for (size_t i = 0; i < el->need_count; i++) {
        if (!el->need_imports[i].n && str_equal(el->need_names[i], name))
            return true;
    }
    return false;
}

static void read_needs(struct reader *r, struct loaded *l, struct dmn_element *el,
                       const struct xml *x)
{
    static const struct {
        const char *requirement, *what;
    } kinds[] = {{"informationRequirement", "requiredDecision"},
                 {"informationRequirement", "requiredInput"},
                 {"knowledgeRequirement", "requiredKnowledge"}};
    struct needs k = {0};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        const struct xml *q = xml_child(x, kinds[i].requirement);
        for (; q; q = xml_next(q, kinds[i].requirement)) {
            const struct xml *ref = xml_child(q, kinds[i].what);
            if (ref)
                add_need(r, l, el, ref, &k);
        }
    }
    if (el->kind == DMN_BKM && !has_need(el, el->name))
        push_need(r, el, el, (str){0}, &k); /* it may call itself */
}

static void add_references(struct reader *r, struct loaded *l, struct dmn_element *el,
                           const struct xml *x, const char *name, struct dmn_element ***list,
                           size_t *n, size_t *size)
{
    struct import *import;
    for (const struct xml *k = xml_child(x, name); k; k = xml_next(k, name)) {
        struct dmn_element *other = resolve(l, xml_attribute(k, "href"), &import);
        if (other)
            VEC_ADD(r->arena, *list, *n, *size) = other;
        else
            reader_problem(r, l, k, el->name, "<%s> refers to nothing", name);
    }
}

static void read_service(struct reader *r, struct loaded *l, struct dmn_element *el,
                         const struct xml *x)
{
    size_t in = 0, out = 0;
    add_references(r, l, el, x, "outputDecision", &el->outputs, &el->output_count, &out);
    add_references(r, l, el, x, "inputData", &el->inputs, &el->input_count, &in);
    add_references(r, l, el, x, "inputDecision", &el->inputs, &el->input_count, &in);
    if (el->output_count == 0) {
        reader_problem(r, l, x, el->name, "the service has no output decision");
        el->fault = "the service has no output decision";
    }
}

/* Once the types of all elements are known. */
static void type_service(struct reader *r, struct dmn_element *el)
{
    struct type t = {.form = TYPE_FUNCTION, .has_fields = true, .field_count = el->input_count};
    el->params = arena_array(r->arena, struct param, el->input_count);
    t.fields = arena_array(r->arena, struct type_field, el->input_count);
    for (size_t i = 0; i < el->input_count; i++) {
        el->params[i] = (struct param){el->inputs[i]->name, el->inputs[i]->type};
        t.fields[i] = (struct type_field){el->inputs[i]->name, el->inputs[i]->type};
    }
    t.element = el->type && el->type->form != TYPE_FUNCTION ? el->type : NULL;
    if (!t.element && el->output_count == 1)
        t.element = el->outputs[0]->type;
    el->service_type = t;
}

/* Global names of an element's program: own needs by name, imports once each. */
static str *global_names(struct reader *r, struct dmn_element *el)
{
    str *names = arena_array(r->arena, str, el->need_count);
    for (size_t i = 0; i < el->need_count; i++) {
        str name = el->need_imports[i].n ? el->need_imports[i] : el->need_names[i];
        size_t at = 0;
        while (at < el->global_count && !str_equal(names[at], name))
            at++;
        names[at] = name;
        el->global_count += at == el->global_count;
    }
    return names;
}

static void report_unknown(struct reader *r, struct loaded *l, const struct xml *x,
                           const struct dmn_element *el, const struct program *p)
{
    for (size_t i = 0; i < p->unknown_count; i++)
        reader_problem(r, l, x, el->name, "there is no \"%.*s\" here", STR_ARG(p->unknown[i]));
}

static void compile_element(struct reader *r, struct loaded *l, struct dmn_element *el,
                            const struct xml *x)
{
    struct err e = {0};
    struct source source = {.text = {.max = XML_MAX_BYTES}, .line = 1};
    str *names = global_names(r, el);
    struct scope scope = {names, el->global_count, &l->types, &l->words};
    struct node *n = NULL;
    const struct xml *logic =
        el->kind == DMN_BKM ? xml_child(x, "encapsulatedLogic") : reader_find_expression(x);
    if (!logic)
        return; /* no logic: null (DMN 1.5, 6.3.7) */
    n = el->kind == DMN_BKM ? reader_function(r, l, logic, &scope, &source, &e)
                            : reader_boxed(r, l, logic, &scope, &source, &e);
    if (n && el->kind == DMN_BKM && el->type && el->type->form != TYPE_FUNCTION)
        n->type = el->type;
    str text = arena_copy(r->arena, buf_str(&source.text));
    buf_release(&source.text);
    struct program *p = n ? program_compile_node(r->arena, n, text, &scope, &e) : NULL;
    if (!p) {
        reader_problem(r, l, x, el->name, "%s%s%s", e.at, e.at[0] ? ": " : "", e.msg);
        el->fault = arena_cstr(r->arena, str_from(e.msg));
        return;
    }
    p->name = el->name;
    report_unknown(r, l, x, el, p);
    el->program = p;
}

/* Decisions that need themselves.  state: 0 new, 1 on the way, 2 done. */
static bool is_cyclic(struct dmn_element *el, uint8_t *state, int depth)
{
    enum { DEEPEST = 2000 };
    if (state[el->index] == 2 || el->kind != DMN_DECISION)
        return false;
    if (state[el->index] == 1 || depth > DEEPEST)
        return true;
    state[el->index] = 1;
    bool found = false;
    for (size_t i = 0; i < el->need_count && !found; i++)
        found = is_cyclic(el->needs[i], state, depth + 1);
    state[el->index] = 2;
    if (found)
        el->fault = "the decision requires itself";
    return found;
}

static void check_cycles(struct reader *r)
{
    uint8_t *state = arena_array(r->arena, uint8_t, r->package->element_count);
    for (size_t i = 0; i < r->loaded_count; i++) {
        struct loaded *l = r->loaded[i];
        for (size_t k = 0; k < l->model->count; k++) {
            struct dmn_element *el = l->model->elements[k];
            if (is_cyclic(el, state, 0))
                reader_problem(r, l, l->element_xml[k], el->name, "the decision requires itself");
        }
    }
}

static void link_model(struct reader *r, struct loaded *l)
{
    for (size_t i = 0; i < l->model->count; i++) {
        struct dmn_element *el = l->model->elements[i];
        const struct xml *x = l->element_xml[i], *variable = xml_child(x, "variable");
        if (variable)
            el->type = reader_type(r, l, variable, xml_attribute(variable, "typeRef"));
        read_needs(r, l, el, x);
        if (el->kind == DMN_SERVICE)
            read_service(r, l, el, x);
    }
}

static struct dmn_package *finish(struct reader *r)
{
    struct dmn_package *p = r->package;
    p->models = arena_array(r->arena, struct dmn_model *, r->loaded_count);
    p->model_count = r->loaded_count;
    for (size_t i = 0; i < r->loaded_count; i++) {
        p->models[i] = r->loaded[i]->model;
        link_model(r, r->loaded[i]);
    }
    for (size_t i = 0; i < r->loaded_count; i++) {
        struct loaded *l = r->loaded[i];
        for (size_t k = 0; k < l->model->count; k++) {
            struct dmn_element *el = l->model->elements[k];
            if (el->kind == DMN_SERVICE)
                type_service(r, el);
            else if (el->kind != DMN_INPUT)
                compile_element(r, l, el, l->element_xml[k]);
        }
    }
    check_cycles(r);
    p->root = p->models[0];
    return p;
}

static struct dmn_package *load_root(struct arena *a, const struct xml *root, str file, str folder,
                                     struct err *e)
{
    struct reader r = {.arena = a, .package = arena_new(a, struct dmn_package), .folder = folder};
    if (!is_dmn(root, e))
        return NULL;
    load_model(&r, root, file);
    return finish(&r);
}

struct dmn_package *dmn_load(struct arena *a, const char *path, struct err *e)
{
    struct xml *root = xml_read_file(a, path, e);
    const char *slash = strrchr(path, '/');
    str folder = slash ? (str){path, (size_t)(slash - path)} : STR(".");
    return root ? load_root(a, root, arena_copy(a, str_from(path)), folder, e) : NULL;
}

struct dmn_package *dmn_parse(struct arena *a, str text, struct err *e)
{
    struct xml *root = xml_parse(a, text, e);
    return root ? load_root(a, root, STR("model"), (str){0}, e) : NULL;
}

const struct dmn_element *dmn_find(const struct dmn_package *p, enum dmn_kind kind, str name)
{
    for (size_t i = 0; i < p->model_count; i++) {
        for (size_t k = 0; k < p->models[i]->count; k++) {
            const struct dmn_element *el = p->models[i]->elements[k];
            if (el->kind == kind && (str_equal(el->title, name) || str_equal(el->name, name)))
                return el;
        }
    }
    return NULL;
}
