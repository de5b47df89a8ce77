#include "audit/archive.h"

#include "audit/verify.h"
#include "base/date.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool audit_roll(struct db *db, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    return DB0(db, &a, NULL, e, "select shuzhi.audit_roll()");
}

static bool check_age(str before, int32_t today, struct err *e)
{
    int32_t day;
    if (!date_parse(before, &day) || date_from_days(day).day != 1)
        return err_set(e, ERR_INVALID, "before is the first day of a month: YYYY-MM-01");
    struct date b = date_from_days(day), t = date_from_days(today);
    int months = (t.year - b.year) * 12 + t.month - b.month;
    return months >= AUDIT_KEEP_MONTHS ||
           err_set(e, ERR_INVALID, "the audit of %d months stays in the database",
                   AUDIT_KEEP_MONTHS);
}

/* Parts are named after their month. */
static const char PARTS[] =
    "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid"
    " where i.inhparent = to_regclass('shuzhi.' || $1) and c.relname ~ '_[0-9]{6}$'"
    " and to_date(right(c.relname, 6), 'YYYYMM') < $2::date order by c.relname";

static bool find_checkpoint(struct db *db, struct arena *a, const struct rows *parts,
                            struct archived *done, int64_t *upto, struct err *e)
{
    struct rows rows;
    int64_t last = 0;
    for (size_t i = 0; i < parts->n; i++) {
        str sql = arena_format(a, "select coalesce(max(id), 0) from shuzhi.%.*s",
                               STR_ARG(sql_name(a, rows_text(parts, i, 0))));
        if (!DB0(db, a, &rows, e, sql.p))
            return false;
        last = rows_int(&rows, 0, 0) > last ? rows_int(&rows, 0, 0) : last;
    }
    if (!DB(db, a, &rows, e,
            "select number, upto from shuzhi.audit_checkpoint where upto >= $1"
            " order by number limit 1",
            P_INT(a, last)))
        return false;
    if (rows.n == 0)
        return err_set(e, ERR_CONFLICT,
                       "batch %lld is not signed yet: run shuzhi audit seal, then archive",
                       (long long)last);
    done->checkpoint = rows_int(&rows, 0, 0);
    *upto = rows_int(&rows, 0, 1);
    return true;
}

/* Reads the file again from the disk, as an auditor would. */
static bool check_file(int fd, const struct key *key, const struct exported *written, str *digest,
                       struct arena *a, struct err *e)
{
    struct source_file file;
    struct audit_check how = {.key = key};
    struct audit_report report;
    struct digest d;
    uint8_t out[DIGEST_BYTES];
    char block[1 << 16];
    ssize_t n;
    if (fsync(fd) != 0 || lseek(fd, 0, SEEK_SET) != 0)
        return err_set(e, ERR_BROKEN, "the archive cannot be written: %s", strerror(errno));
    if (!audit_verify(source_of_file(&file, fd), &how, NULL, &report, e))
        return false;
    if (report.lines != written->lines || report.unsealed_batches || report.unsigned_batches)
        return err_set(e, ERR_CONFLICT, "the archive holds %lld of %lld records",
                       (long long)report.lines, (long long)written->lines);
    if (lseek(fd, 0, SEEK_SET) != 0)
        return err_set(e, ERR_BROKEN, "the archive cannot be read: %s", strerror(errno));
    digest_begin(&d);
    while ((n = read(fd, block, sizeof block)) > 0)
        digest_add(&d, (str){block, (size_t)n});
    digest_end(&d, out);
    *digest = bytes_to_hex(a, out, sizeof out);
    return n == 0 || err_set(e, ERR_BROKEN, "the archive cannot be read: %s", strerror(errno));
}

static bool drop_parts(struct db *db, struct arena *a, const char *parent, str before, int *count,
                       struct err *e)
{
    struct rows parts;
    if (!DB(db, a, &parts, e, PARTS, P_CSTR(parent), P(before)))
        return false;
    for (size_t i = 0; i < parts.n; i++) {
        str name = sql_name(a, rows_text(&parts, i, 0)),
            sql = arena_format(a,
                               "alter table shuzhi.%s detach partition shuzhi.%.*s;"
                               "drop table shuzhi.%.*s",
                               parent, STR_ARG(name), STR_ARG(name));
        if (!db_script(db, sql.p, e))
            return false;
    }
    *count = (int)parts.n;
    return true;
}

static bool archive_to(struct db *db, const struct key *key, str before, int fd, const char *path,
                       struct archived *done, struct err *e)
{
    ARENA_SCOPED struct arena a = {0};
    struct rows parts;
    struct exported written;
    str digest;
    int64_t upto = 0;
    int events = 0;
    if (!DB(db, &a, &parts, e, PARTS, P(STR("audit_batch")), P(before)))
        return false;
    if (parts.n == 0)
        return err_set(e, ERR_MISSING, "no month before %.*s is in the database", STR_ARG(before));
    if (!find_checkpoint(db, &a, &parts, done, &upto, e))
        return false;
    struct audit_range range = {.upto_checkpoint = done->checkpoint};
    return audit_export(db, &range, fd, &written, e) &&
           check_file(fd, key, &written, &digest, &a, e) && (done->lines = written.lines, true) &&
           db_begin(db, e) &&
           DB(db, &a, NULL, e,
              "insert into shuzhi.audit_archive (checkpoint, upto, before, lines, file, digest)"
              " values ($1, $2, $3, $4, $5, $6)",
              P_INT(&a, done->checkpoint), P_INT(&a, upto), P(before), P_INT(&a, written.lines),
              P_CSTR(path), P(digest)) &&
           drop_parts(db, &a, "audit_batch", before, &done->parts, e) &&
           drop_parts(db, &a, "audit_event", before, &events, e) && db_commit(db, e);
}

bool audit_archive(struct db *db, const struct key *key, str before, int32_t today,
                   const char *path, struct archived *done, struct err *e)
{
    struct archived got = {0};
    if (!check_age(before, today, e))
        return false;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(e, errno == EEXIST ? ERR_CONFLICT : ERR_BROKEN, "%s: %s", path,
                       strerror(errno));
    bool ok = archive_to(db, key, before, fd, path, &got, e);
    close(fd);
    if (!ok) {
        db_rollback(db);
        if (e->code != ERR_BROKEN && e->code != ERR_BUSY) /* nothing was dropped */
            unlink(path);
        return false;
    }
    *done = got;
    return true;
}
