#include "text/xml.h"

#include "base/buf.h"

#include <errno.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

struct copier {
    struct arena *arena;
    struct err *err;
};

static str copy_string(struct copier *c, const xmlChar *s)
{
    return s ? arena_copy(c->arena, str_from((const char *)s)) : (str){0};
}

static void copy_attributes(struct copier *c, struct xml *x, const xmlNode *from)
{
    size_t n = 0;
    for (const xmlAttr *p = from->properties; p; p = p->next)
        n += p->ns == NULL;
    x->attributes = arena_array(c->arena, struct xml_attribute, n);
    for (const xmlAttr *p = from->properties; p; p = p->next) {
        if (p->ns)
            continue;
        xmlChar *value = xmlNodeListGetString(from->doc, p->children, 1);
        x->attributes[x->attribute_count++] =
            (struct xml_attribute){copy_string(c, p->name), copy_string(c, value)};
        xmlFree(value);
    }
}

static str text_of(struct copier *c, const xmlNode *from)
{
    size_t n = 0;
    for (const xmlNode *k = from->children; k; k = k->next) {
        if (k->type == XML_TEXT_NODE || k->type == XML_CDATA_SECTION_NODE)
            n += strlen((const char *)k->content);
    }
    char *text = arena_alloc(c->arena, n + 1, 1);
    size_t at = 0;
    for (const xmlNode *k = from->children; k; k = k->next) {
        if (k->type == XML_TEXT_NODE || k->type == XML_CDATA_SECTION_NODE) {
            size_t part = strlen((const char *)k->content);
            memcpy(text + at, k->content, part);
            at += part;
        }
    }
    return (str){text, n};
}

static struct xml *copy_element(struct copier *c, const xmlNode *from, struct xml *parent,
                                int depth)
{
    if (depth > XML_MAX_DEPTH) {
        err_set(c->err, ERR_LIMIT, "XML line %ld: nested more than %d deep", xmlGetLineNo(from),
                XML_MAX_DEPTH);
        return NULL;
    }
    struct xml *x = arena_new(c->arena, struct xml), **end = &x->first;
    x->parent = parent;
    x->name = copy_string(c, from->name);
    x->space = from->ns ? copy_string(c, from->ns->href) : (str){0};
    x->line = (uint32_t)xmlGetLineNo(from);
    x->text = text_of(c, from);
    copy_attributes(c, x, from);
    for (const xmlNode *k = from->children; k; k = k->next) {
        if (k->type != XML_ELEMENT_NODE)
            continue;
        if (!(*end = copy_element(c, k, x, depth + 1)))
            return NULL;
        end = &(*end)->next;
    }
    return x;
}

static void refuse_doctype(void *data, const xmlChar *name, const xmlChar *public_id,
                           const xmlChar *system_id)
{
    xmlParserCtxt *p = data;
    (void)name;
    (void)public_id;
    (void)system_id;
    *(bool *)p->_private = true;
    xmlStopParser(p);
}

static void be_silent(void *data, const char *fmt, ...)
{
    (void)data;
    (void)fmt;
}

static void set_parse_error(struct err *e, xmlParserCtxt *p)
{
    const xmlError *fault = xmlCtxtGetLastError(p);
    str why = str_trim(str_from(fault && fault->message ? fault->message : "it is empty"));
    err_set(e, ERR_INVALID, "XML line %d: %.*s", fault ? fault->line : 1, STR_ARG(why));
}

struct xml *xml_parse(struct arena *a, str text, struct err *e)
{
    if (text.n == 0 || text.n > XML_MAX_BYTES) {
        err_set(e, text.n ? ERR_LIMIT : ERR_INVALID, "an XML document must have 1 to %d bytes",
                XML_MAX_BYTES);
        return NULL;
    }
    bool has_doctype = false;
    xmlSetGenericErrorFunc(NULL, be_silent); /* of this thread: faults are returned, not printed */
    xmlParserCtxt *p = xmlNewParserCtxt();
    if (!p) {
        err_set(e, ERR_BROKEN, "no memory for the XML reader");
        return NULL;
    }
    p->_private = &has_doctype;
    p->sax->internalSubset = refuse_doctype;
    p->sax->error = p->sax->fatalError = p->sax->warning = be_silent;
    p->sax->serror = NULL;
    xmlDoc *doc = xmlCtxtReadMemory(p, text.p, (int)text.n, NULL, NULL,
                                    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                                        XML_PARSE_BIG_LINES | XML_PARSE_NOCDATA);
    struct xml *x = NULL;
    struct copier c = {a, e};
    if (has_doctype)
        err_set(e, ERR_DENIED, "an XML document may not have a DOCTYPE");
    else if (!doc || !xmlDocGetRootElement(doc))
        set_parse_error(e, p);
    else
        x = copy_element(&c, xmlDocGetRootElement(doc), NULL, 0);
    xmlFreeDoc(doc);
    xmlFreeParserCtxt(p);
    return x;
}

struct xml *xml_read_file(struct arena *a, const char *path, struct err *e)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        err_set(e, ERR_MISSING, "%s cannot be read: %s", path, strerror(errno));
        return NULL;
    }
    BUF_SCOPED struct buf b = {.max = XML_MAX_BYTES + 1};
    while (!feof(f) && !ferror(f) && buf_reserve(&b, 1 << 16))
        b.n += fread(b.p + b.n, 1, b.size - b.n, f);
    fclose(f);
    struct xml *x = xml_parse(a, buf_str(&b), e);
    if (!x)
        err_at(e, "%s", path);
    return x;
}

str xml_attribute(const struct xml *x, const char *name)
{
    for (size_t i = 0; i < x->attribute_count; i++) {
        if (str_is(x->attributes[i].name, name))
            return x->attributes[i].value;
    }
    return (str){0};
}

static const struct xml *find_from(const struct xml *k, const char *name, str space)
{
    while (k && !(str_is(k->name, name) && str_equal(k->space, space)))
        k = k->next;
    return k;
}

const struct xml *xml_child(const struct xml *x, const char *name)
{
    return x ? find_from(x->first, name, x->space) : NULL;
}

const struct xml *xml_next(const struct xml *x, const char *name)
{
    return find_from(x->next, name, x->space);
}

str xml_child_text(const struct xml *x, const char *name)
{
    const struct xml *k = xml_child(x, name);
    return k ? str_trim(k->text) : (str){0};
}
