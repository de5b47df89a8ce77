#include "notify/notify.h"

#include "store/db.h"

enum { MAX_WORDS = 16 << 10 };

static bool send(struct cx *cx, const char *sql, str to, struct title title, struct title text,
                 str link)
{
    BUF_SCOPED struct buf t = {.max = MAX_WORDS}, x = {.max = MAX_WORDS};
    title_write(&t, title);
    title_write(&x, text);
    return DB(cx->db, cx->arena, NULL, cx->err, sql, P(to), P(buf_str(&t)), P(buf_str(&x)),
              P(link));
}

bool notify_login(struct cx *cx, str login, struct title title, struct title text, str link)
{
    return send(
        cx,
        "insert into shuzhi.message (login, title, text, link)"
        " select login, $2::jsonb, $3::jsonb, $4 from shuzhi.staff where login = $1 and is_active",
        login, title, text, link);
}

bool notify_organisation(struct cx *cx, str organisation, struct title title, struct title text,
                         str link)
{
    return send(
        cx,
        "insert into shuzhi.message (login, title, text, link)"
        " select distinct login, $2::jsonb, $3::jsonb, $4 from shuzhi.post_now where organisation"
        " = $1",
        organisation, title, text, link);
}
