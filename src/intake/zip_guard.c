/* PKWARE's APPNOTE 6.3, sections 4.3.12 and 4.3.16: central directory and its end record. */
#include "intake/zip_guard.h"

#include "base/buf.h"

#include <sys/stat.h>
#include <unistd.h>

enum { END_SIZE = 22, END_SEARCH = END_SIZE + 65535, HEADER_SIZE = 46, MAX_DIRECTORY = 32 << 20 };

static uint32_t number(const unsigned char *p, int bytes)
{
    uint32_t v = 0;
    for (int i = bytes - 1; i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

static bool broken(struct err *e)
{
    err_set(e, ERR_INVALID,
            "the file is damaged or cut short: the directory of the archive is missing");
    return err_zh(e, "文件已损坏或不完整（压缩目录缺失），请重新导出后上传");
}

static bool find_end(int fd, uint64_t size, struct buf *tail, const unsigned char **end,
                     struct err *e)
{
    uint64_t n = size < END_SEARCH ? size : END_SEARCH;
    if (!buf_reserve(tail, n) || pread(fd, tail->p, n, (off_t)(size - n)) != (ssize_t)n ||
        n < END_SIZE)
        return broken(e);
    for (size_t i = n - END_SIZE + 1; i-- > 0;) {
        if (memcmp(tail->p + i, "PK\x05\x06", 4) == 0) {
            *end = (unsigned char *)tail->p + i;
            return true;
        }
    }
    return broken(e);
}

static bool is_safe_name(str name)
{
    str rest = name, part;
    if (name.n == 0 || name.p[0] == '/' || memchr(name.p, '\\', name.n) ||
        memchr(name.p, 0, name.n) || memchr(name.p, ':', name.n))
        return false;
    while (str_take_part(&rest, '/', &part)) {
        if (str_is(part, ".."))
            return false;
    }
    return true;
}

static bool examine_entry(const unsigned char *h, str name, struct zip_facts *f, struct err *e)
{
    uint64_t packed = number(h + 20, 4), unpacked = number(h + 24, 4);
    if (number(h + 8, 2) & 1) {
        err_set(e, ERR_INVALID,
                "the file is protected with a password: take it off and upload again");
        return err_zh(e, "文件设置了密码，请去掉密码后再上传");
    }
    if (!is_safe_name(name)) {
        err_set(e, ERR_INVALID, "the archive holds a path that would leave its folder");
        return err_zh(e, "压缩包内有不安全的路径，已拒绝");
    }
    f->unpacked += unpacked;
    bool is_bomb = unpacked == UINT32_MAX || f->unpacked > ZIP_MAX_BYTES ||
                   (unpacked > ZIP_RATIO_FROM && unpacked / (packed + 1) > ZIP_MAX_RATIO);
    if (is_bomb) {
        err_set(e, ERR_LIMIT,
                "the archive unpacks to more than it may (2 GiB in all, 300 times its size)");
        return err_zh(e, "压缩包展开后过大（超过 2 GiB 或 300 倍），已拒绝");
    }
    f->is_workbook |= str_is(name, "xl/workbook.xml");
    f->is_shapefile |= str_ends(name, STR(".shp"));
    return true;
}

static bool examine_directory(str directory, size_t entries, struct zip_facts *f, struct err *e)
{
    const unsigned char *p = (const unsigned char *)directory.p;
    size_t at = 0;
    for (size_t i = 0; i < entries; i++) {
        if (directory.n - at < HEADER_SIZE || memcmp(p + at, "PK\x01\x02", 4) != 0)
            return broken(e);
        size_t name = number(p + at + 28, 2), extra = number(p + at + 30, 2),
               comment = number(p + at + 32, 2);
        if (directory.n - at - HEADER_SIZE < name + extra + comment)
            return broken(e);
        if (!examine_entry(p + at, (str){(const char *)p + at + HEADER_SIZE, name}, f, e))
            return false;
        at += HEADER_SIZE + name + extra + comment;
    }
    f->entries = entries;
    return true;
}

bool zip_examine(int fd, struct zip_facts *facts, struct err *e)
{
    struct stat st;
    const unsigned char *end = NULL;
    BUF_SCOPED struct buf tail = {.max = END_SEARCH}, directory = {.max = MAX_DIRECTORY};
    *facts = (struct zip_facts){0};
    if (fstat(fd, &st) != 0 || !find_end(fd, (uint64_t)st.st_size, &tail, &end, e))
        return broken(e);
    size_t entries = number(end + 10, 2);
    uint64_t size = number(end + 12, 4), offset = number(end + 16, 4);
    if (entries > ZIP_MAX_ENTRIES || size > MAX_DIRECTORY)
        return err_set(e, ERR_LIMIT, "the archive has more than %d entries", ZIP_MAX_ENTRIES);
    if (offset + size > (uint64_t)st.st_size || !buf_reserve(&directory, size + 1) ||
        pread(fd, directory.p, size, (off_t)offset) != (ssize_t)size)
        return broken(e);
    return examine_directory((str){directory.p, size}, entries, facts, e);
}
