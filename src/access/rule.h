/* The rule for one record, worked out on the machine: which lines of rights.csv give what of it,
 * and why the others do not.  It says the same as the view and the row-level security of the
 * database; the explanation of a right and rows that are in no table yet (quarantine) go by it. */
#pragma once
#include "access/access.h"

/* name, Chinese, English */
#define VERDICTS(X)                                                                                \
    X(HOLDS, "适用", "applies")                                                                    \
    X(NO_POST, "没有这个角色的岗位", "no post has this role")                                      \
    X(NOT_OWNER, "岗位不在数据的主管单位", "the post is not of the owner")                         \
    X(OUTSIDE, "记录不满足行条件", "the row condition is not true of the record")

enum verdict {
#define X(name, zh, en) VERDICT_##name,
    VERDICTS(X)
#undef X
        VERDICT_COUNT
};
struct title verdict_title(enum verdict f);

struct rule_line {
    const struct right *right; /* NULL: an emergency look that is open */
    const struct post *post;   /* that has the role; NULL when none has */
    enum verdict verdict;
};

struct rule {
    struct rule_line
        *lines; /* of the verbs read and clear, in the order of the files, each post by itself */
    size_t n, size;
    bool is_seen; /* some line gives the record */
};

/* who: of the account asked about.  values: of the dataset's fields, in order. */
MUST_USE bool rule_find(struct cx *cx, const struct actor *who, const struct dataset *d,
                        const struct value *values, struct rule *r, struct err *e);
/* How a field of the record is shown; *by is the line that decides, NULL when hidden. */
enum sight rule_sight(const struct rule *r, const struct field *f, const struct rule_line **by,
                      str *mask);
/* The text of a field, as the database or a file has it, as a value; null when it does not read. */
struct value rule_value(struct arena *a, const struct field *f, str text);

extern const struct module WHY_MODULE;
/* What stands behind `shuzhi why` and the page: as JSON, or as text for a terminal. */
MUST_USE bool why_write(struct cx *cx, str login, str dataset, str key, struct buf *json,
                        struct buf *text);
