/* Runs tests/feel/NAME.feel: an expression of one line or more, then "// expect: VALUE" (or error).
 */
#include "base/buf.h"
#include "feel/machine.h"

#include "check.h"

#include <dirent.h>

static str read_file(struct arena *a, const char *path)
{
    FILE *f = fopen(path, "rb");
    struct buf b = {.max = 1 << 20};
    while (f && !feof(f) && buf_reserve(&b, 4096))
        b.n += fread(b.p + b.n, 1, b.size - b.n, f);
    if (f)
        fclose(f);
    str text = arena_copy(a, buf_str(&b));
    buf_release(&b);
    return text;
}

static void check_case(struct arena *a, const char *file, str expression, str want)
{
    struct err e = {0};
    struct machine m;
    struct value v;
    BUF_SCOPED struct buf got = {.max = 1 << 20};
    machine_init(&m, a, &e, LIMITS_DEFAULT);
    struct program *p = program_compile(a, expression, NULL, &e);
    if (p && machine_run(&m, p, NULL, &v))
        value_write_literal(&got, v);
    else
        buf_add_lit(&got, "error");
    if (!str_equal(buf_str(&got), want))
        printf("# %s: %.*s\n#   expected %.*s\n#   got      %.*s\n", file, STR_ARG(expression),
               STR_ARG(want), STR_ARG(buf_str(&got)));
    CHECK_NAMED(str_equal(buf_str(&got), want), file);
}

static size_t check_file(const char *path)
{
    ARENA_SCOPED struct arena a = {0};
    str text = read_file(&a, path), line;
    const char *start = text.p;
    size_t count = 0;
    while (str_take_part(&text, '\n', &line)) {
        str mark = STR("// expect: ");
        if (!str_starts(line, mark))
            continue;
        str expression = str_trim((str){start, (size_t)(line.p - start)});
        check_case(&a, path, expression, str_slice(line, mark.n, line.n));
        start = line.p + line.n;
        count++;
    }
    return count;
}

static void test_files(void)
{
    size_t count = 0;
    DIR *dir = opendir("tests/feel");
    CHECK_NAMED(dir != NULL, "run it from the source folder");
    for (struct dirent *d; dir && (d = readdir(dir));) {
        char path[300];
        snprintf(path, sizeof path, "tests/feel/%s", d->d_name);
        if (str_ends(str_from(path), STR(".feel")))
            count += check_file(path);
    }
    if (dir)
        closedir(dir);
    printf("# %zu expressions\n", count);
    CHECK(count > 200);
}

int main(void)
{
    RUN(test_files);
    return check_end();
}
