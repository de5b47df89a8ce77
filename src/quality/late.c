#include "quality/late.h"

#include "base/date.h"

enum { LATE_DAYS = 3 }; /* working days to send it */

static bool check_one(struct db *db, struct arena *a, const struct registry *r,
                      const struct dataset *d, int32_t today, struct err *e)
{
    str due = date_format(a, calendar_add_working_days(&r->county.calendar, today, LATE_DAYS));
    return DB(db, a, NULL, e,
              "update shuzhi.work_case c set state = 'fixed', answer = '已报送', closed_at = now() "
              "where c.kind = 'late-feed'"
              " and c.state = 'open' and c.dataset = $1 and exists (select from shuzhi.batch b "
              "where b.dataset = $1"
              " and b.state = 'done' and b.finished > c.at)",
              P(d->id)) &&
           DB(db, a, NULL, e,
              "insert into shuzhi.work_case (kind, dataset, key, note, due, reporter, owner)"
              " select 'late-feed', $1, '', to_char(max(finished), 'YYYY-MM-DD'), $3, 'system', $4 "
              "from shuzhi.batch"
              " where dataset = $1 and state = 'done' and kind <> 'fix'"
              " having max(finished) < now() - make_interval(days => $2::int) and not exists "
              "(select from shuzhi.work_case"
              " where kind = 'late-feed' and dataset = $1 and state = 'open')",
              P(d->id), P_INT(a, d->update_days), P(due), P(d->owner));
}

bool late_check(struct db *db, const struct registry *r, int32_t today, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    bool ok = db_begin(db, e);
    for (size_t i = 0; ok && i < r->datasets.n; i++) {
        const struct dataset *d = r->datasets.entries[i].value;
        ok = d->update_days == 0 || check_one(db, &a, r, d, today, e);
    }
    if (ok && db_commit(db, e))
        return true;
    db_rollback(db);
    return false;
}
