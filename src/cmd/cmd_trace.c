/* shuzhi trace FILE: which exports a copied file came from, by the marks its cells carry. */
#include "cmd/command.h"
#include "cmd/settings.h"
#include "store/db.h"
#include "text/source.h"
#include "text/watermark.h"

#include <fcntl.h>
#include <unistd.h>

enum { MAX_FILE = 256 << 20, MAX_FOUND = 64 };

static bool tell(struct db *db, struct arena *a, uint32_t number, size_t marks, struct err *e)
{
    struct rows rows;
    if (!DB(db, a, &rows, e,
            "select login, dataset, format, n, to_json(at)#>>'{}', question from shuzhi.export "
            "where id = $1",
            P_INT(a, number)))
        return false;
    printf("export %u, %zu marks: ", number, marks);
    if (!rows.n)
        puts("not of this county's record");
    else
        printf("%.*s took %.*s rows of %.*s as %.*s at %.*s (%.*s)\n",
               STR_ARG(rows_text(&rows, 0, 0)), STR_ARG(rows_text(&rows, 0, 3)),
               STR_ARG(rows_text(&rows, 0, 1)), STR_ARG(rows_text(&rows, 0, 2)),
               STR_ARG(rows_text(&rows, 0, 4)), STR_ARG(rows_text(&rows, 0, 5)));
    return true;
}

static bool trace(str text, struct db *db, struct arena *a, struct err *e)
{
    struct {
        uint32_t number;
        size_t marks;
    } found[MAX_FOUND];
    size_t n = 0;
    for (uint32_t number; watermark_take(&text, &number);) {
        size_t i = 0;
        while (i < n && found[i].number != number)
            i++;
        if (i == n && n < MAX_FOUND)
            found[n++].number = number, found[i].marks = 0;
        if (i < n)
            found[i].marks++;
    }
    if (!n)
        return err_set(e, ERR_MISSING, "the file carries no mark");
    for (size_t i = 0; i < n; i++) {
        if (!tell(db, a, found[i].number, found[i].marks, e))
            return false;
    }
    return true;
}

int cmd_trace(int argc, char **argv)
{
    ARENA_SCOPED struct arena a = {0};
    struct err e = {0};
    struct source_file file;
    str text = {0};
    if (argc != 2) {
        fputs("usage: shuzhi trace FILE   (- for standard input; a workbook as CSV: shuzhi "
              "convert)\n",
              stderr);
        return err_exit_code(ERR_INVALID);
    }
    int fd = strcmp(argv[1], "-") == 0 ? STDIN_FILENO : open(argv[1], O_RDONLY | O_CLOEXEC);
    struct db *db = db_open(settings_database_url(), &e);
    bool ok = db && (fd >= 0 || err_set(&e, ERR_MISSING, "%s cannot be read", argv[1])) &&
              source_read_all(source_of_file(&file, fd), MAX_FILE, &text, &e) &&
              trace(text, db, &a, &e);
    free((char *)(uintptr_t)text.p);
    if (fd > STDIN_FILENO)
        close(fd);
    arena_reset(&a);
    db_close(db);
    return ok ? 0 : settings_fail(&e);
}
