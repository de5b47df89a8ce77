#include "text/recognise.h"

#include "text/recognise_impl.h"

static const struct {
    const char *name, *zh, *en;
    int grade;
} KINDS[] = {
#define X(code, name, zh, en, grade) {name, zh, en, grade},
    SENSITIVE_KINDS(X)
#undef X
};

const char *sensitive_name(enum sensitive_kind k)
{
    return KINDS[k].name;
}

const char *sensitive_zh(enum sensitive_kind k)
{
    return KINDS[k].zh;
}

const char *sensitive_en(enum sensitive_kind k)
{
    return KINDS[k].en;
}

int sensitive_grade(enum sensitive_kind k)
{
    return KINDS[k].grade;
}

/* --- addresses ----------------------------------------------------------------------------------
 */

enum { NAME_GAP = 8, AFTER_GAP = 10, NUMBER_MAX = 8 };
enum part { PART_OTHER, PART_LEVEL, PART_UNIT, PART_NUMERAL, PART_START, PART_STOP };

static enum part part_of(uint32_t cp)
{
    switch (cp) {
    case U'省':
    case U'市':
    case U'县':
    case U'区':
    case U'旗':
    case U'州':
    case U'镇':
    case U'乡':
    case U'村':
    case U'道':
    case U'路':
    case U'街':
    case U'巷':
    case U'苑':
    case U'园':
        return PART_LEVEL;
    case U'号':
    case U'弄':
    case U'幢':
    case U'栋':
    case U'座':
    case U'元':
    case U'楼':
    case U'层':
    case U'室':
    case U'户':
    case U'组':
        return PART_UNIT;
    case U'一':
    case U'二':
    case U'三':
    case U'四':
    case U'五':
    case U'六':
    case U'七':
    case U'八':
    case U'九':
    case U'十':
        return PART_NUMERAL;
    case U'在':
    case U'于':
    case U'到':
    case U'至':
    case U'为':
    case U'是':
    case U'址':
    case U'称':
    case U'从':
    case U'往':
    case U'住':
        return PART_START;
    case U'第': /* 第12号文件 is no place */
        return PART_STOP;
    default:
        return PART_OTHER;
    }
}

/* Ends the place being read; true when it was an address. */
static bool place_close(struct recogniser *r, struct finding *f)
{
    struct recogniser_place p = r->place;
    bool is_known = p.levels >= 2 || (p.levels == 1 && (p.units >= 2 || r->label == LABEL_ADDRESS));
    r->place.is_open = false;
    if (!p.is_open || p.units == 0 || !is_known)
        return false;
    unsigned sure = 60 + 10 * p.levels + 5 * p.units;
    *f = (struct finding){SENSITIVE_ADDRESS, p.start, p.end - p.start, sure > 95 ? 95 : (int)sure};
    return true;
}

static void place_open(struct recogniser *r, size_t at)
{
    r->place = (struct recogniser_place){.start = at, .end = at, .is_open = true};
}

/* An administrative word: its name stands in front. */
static void place_level(struct recogniser *r, size_t at, size_t n, uint32_t cp)
{
    struct recogniser_place *p = &r->place;
    if (p->gap == 0)
        return;
    if (p->levels == 0 && cp == U'省' && p->gap > 2) /* prose in front of 浙江省 */
        p->start = at - (str_ends(str_slice(r->text, 0, at), STR("黑龙江")) ? 9 : 6);
    else if (p->gap > NAME_GAP) {
        place_open(r, at + n);
        return;
    }
    p->levels++;
    p->gap = 0;
}

/* 2号标段, 3号线: no door. */
static bool is_other_number(str text, size_t end)
{
    static const char *const behind[] = {"标", "线", "文", "令", "地块", "公告", "通知"};
    for (size_t i = 0; i < COUNT(behind); i++) {
        if (str_starts(str_slice(text, end, text.n), str_from(behind[i])))
            return true;
    }
    return false;
}

/* One Chinese character; true when an address ended before it. */
static bool place_step(struct recogniser *r, size_t at, size_t n, uint32_t cp, struct finding *f)
{
    struct recogniser_place *p = &r->place;
    enum part part = part_of(cp);
    if (!p->is_open)
        place_open(r, at);
    if (part == PART_STOP || (p->units && p->gap >= AFTER_GAP))
        return place_close(r, f);
    if (part == PART_START && p->levels == 0) {
        place_open(r, at + n);
        return false;
    }
    bool was_numeral = p->is_numeral && !(part == PART_UNIT && is_other_number(r->text, at + n));
    p->is_numeral = part == PART_NUMERAL || (was_numeral && cp == U'单');
    if (part == PART_UNIT && p->levels && was_numeral && p->gap <= NAME_GAP) {
        p->units++;
        p->end = at + n;
        p->gap = 0;
    } else if (part == PART_UNIT && p->units && p->end == at) { /* 3号楼 */
        p->end = at + n;
    } else if (part == PART_LEVEL && !(was_numeral && p->gap == 0)) {
        place_level(r, at, n, cp);
    } else {
        p->gap++;
    }
    return false;
}

/* A number: its unit follows, or it is a room of the house in front of it (88号502, 大厦1001). */
static void place_number(struct recogniser *r, const struct word *w)
{
    static const char *const houses[] = {"号", "幢", "栋", "座", "楼", "厦", "单元"};
    struct recogniser_place *p = &r->place;
    p->is_numeral = true;
    for (size_t i = 0; w->is_digits && (w->n == 3 || w->n == 4) && i < COUNT(houses); i++) {
        if (!str_ends(str_slice(r->text, 0, w->start), str_from(houses[i])))
            continue;
        p->units++;
        p->end = w->end;
        p->gap = 0;
    }
}

/* --- one pass -----------------------------------------------------------------------------------
 */

static void take_label(struct recogniser *r, enum label label, size_t end)
{
    if (label == LABEL_NONE)
        return;
    r->label = label;
    r->label_end = end;
    r->is_name_due = label == LABEL_NAME;
}

void recognise_begin(struct recogniser *r, str text, str heading)
{
    *r = (struct recogniser){.text = text};
    for (size_t at = 0; at < heading.n;) {
        str rest = str_slice(heading, at, heading.n);
        struct word w;
        size_t n;
        if (word_character(heading, at, &n)) {
            word_take(&w, heading, at);
            at = w.end;
            take_label(r, w.is_letters ? recognise_ascii_label((str){w.text, w.n}) : LABEL_NONE, 0);
            continue;
        }
        uint32_t cp = utf8_take(&rest);
        at = heading.n - rest.n;
        enum label label = recognise_label(heading, at, cp);
        if (label == LABEL_NONE && r->label == LABEL_NAME && cp >= 0x4e00 && cp <= 0x9fff)
            r->label = LABEL_NONE; /* 户主关系, 申请人类型: no names */
        take_label(r, label, 0);
    }
    r->is_name_due = r->label == LABEL_NAME;
    r->heading = r->label;
}

/* What may stand between 姓名 and the name. */
static bool is_between(uint32_t cp)
{
    return cp == ':' || cp == U'：' || cp == ' ' || cp == '\t' || cp == ',' || cp == '"' ||
           cp == '|' || cp == U'为' || cp == U'是' || cp == U'　';
}

static bool take_name(struct recogniser *r, struct finding *f)
{
    str rest = str_slice(r->text, r->at, r->text.n);
    size_t n = recognise_name(rest);
    if (n == 0 && r->at == 0 && r->heading == LABEL_NAME)
        n = recognise_whole_name(rest);
    r->is_name_due = false;
    if (n == 0)
        return false;
    *f = (struct finding){SENSITIVE_NAME, r->at, n, 85};
    r->at += n;
    r->place.is_open = false;
    if (str_starts(str_slice(r->text, r->at, r->text.n), STR("、"))) { /* 张三、李四 */
        r->at += 3;
        r->is_name_due = true;
    }
    return true;
}

static bool take_word(struct recogniser *r, struct finding *f)
{
    struct word w;
    word_take(&w, r->text, r->at);
    bool is_part = r->place.is_open && r->place.levels && w.n <= NUMBER_MAX && !w.is_long;
    if (is_part && r->place.units && r->place.gap >= AFTER_GAP)
        is_part = false;
    if (!is_part && place_close(r, f))
        return true; /* the word is read the next time */
    bool is_found = recognise_number(r, &w, f);
    if (is_found && place_close(r, f))
        return true; /* in the order of their ends */
    if (is_part && !is_found)
        place_number(r, &w);
    r->is_name_due = false;
    r->at = w.end;
    if (w.is_letters && !w.is_long)
        take_label(r, recognise_ascii_label((str){w.text, w.n}), w.end);
    return is_found;
}

/* A character that is no letter or digit. */
static bool take_character(struct recogniser *r, struct finding *f)
{
    str rest = str_slice(r->text, r->at, r->text.n);
    uint32_t cp = utf8_take(&rest);
    size_t n = r->text.n - r->at - rest.n;
    bool is_han = cp >= 0x4e00 && cp <= 0x9fff;
    if (r->is_name_due && !is_between(cp)) {
        if (is_han && (place_close(r, f) || take_name(r, f)))
            return true;
        r->is_name_due = false;
    }
    if (is_han ? place_step(r, r->at, n, cp, f) : place_close(r, f))
        return true; /* the character is read the next time */
    r->at += n;
    if (cp == '\n' || cp == U'。' || cp == U'；' || cp == ';') {
        r->label = r->heading;
        r->label_end = r->at;
    }
    enum label label = is_han ? recognise_label(r->text, r->at, cp) : LABEL_NONE;
    if (label && r->place.levels == 0)
        r->place.is_open = false;
    if (label != LABEL_ORDER || r->place.end != r->at)
        take_label(r, label, r->at);
    return false;
}

bool recognise_next(struct recogniser *r, struct finding *f)
{
    while (r->at < r->text.n) {
        size_t n;
        if (r->label != r->heading && r->at - r->label_end > RECOGNISE_REACH)
            r->label = r->heading;
        if (r->is_name_due && r->at == 0 && r->heading == LABEL_NAME && take_name(r, f))
            return true;
        if (word_character(r->text, r->at, &n) ? take_word(r, f) : take_character(r, f))
            return true;
    }
    return place_close(r, f);
}
