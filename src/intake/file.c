#include "intake/file.h"

#include "base/digest.h"
#include "intake/zip_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SAMPLE = 1 << 18, PIECE = 1 << 16 };

static const char *const KIND_NAMES[] = {
#define X(name, text, title) #text,
    FILE_KINDS(X)
#undef X
};

const char *file_kind_name(enum file_kind k)
{
    return KIND_NAMES[k];
}

bool file_kind_find(str name, enum file_kind *k)
{
    for (int i = 0; i < FILE_KIND_COUNT; i++) {
        if (str_is(name, KIND_NAMES[i])) {
            *k = (enum file_kind)i;
            return true;
        }
    }
    return false;
}

static const struct {
    const char *magic;
    size_t n;
    const char *zh, *en;
} REFUSED[] = {
    {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, "旧版 Excel（.xls）文件，请另存为 .xlsx 后再上传",
     "an old Excel file (.xls): save it as .xlsx and upload that"},
    {"%PDF", 4, "PDF 文件，无法读取其中的表格，请提供表格文件",
     "a PDF: tables cannot be read from it; send the table itself"},
    {"\x89PNG", 4, "图片文件", "a picture"},
    {"\xff\xd8\xff", 3, "图片文件", "a picture"},
    {"GIF8", 4, "图片文件", "a picture"},
    {"Rar!", 4, "压缩包，请解压后上传其中的表格", "an archive: unpack it and upload the table"},
    {"7z\xbc\xaf", 4, "压缩包，请解压后上传其中的表格",
     "an archive: unpack it and upload the table"},
    {"\x1f\x8b", 2, "压缩包，请解压后上传其中的表格", "an archive: unpack it and upload the table"},
    {"\x7f"
     "ELF",
     4, "程序文件", "a program"},
    {"MZ", 2, "程序文件", "a program"},
};

static bool refuse_known(str sample, struct err *e)
{
    for (size_t i = 0; i < COUNT(REFUSED); i++) {
        if (!str_starts(sample, (str){REFUSED[i].magic, REFUSED[i].n}))
            continue;
        err_set(e, ERR_INVALID, "this file is %s", REFUSED[i].en);
        return err_zh(e, "这是%s", REFUSED[i].zh);
    }
    return true;
}

static bool is_text(str sample, enum encoding encoding)
{
    size_t odd = 0;
    if (encoding == ENCODING_UTF16LE || encoding == ENCODING_UTF16BE)
        return true;
    for (size_t i = 0; i < sample.n; i++) {
        unsigned char c = (unsigned char)sample.p[i];
        if (c == 0)
            return false;
        odd += c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1a;
    }
    return odd * 50 <= sample.n;
}

static bool read_digest(int fd, struct arena *a, struct file_facts *facts, struct err *e)
{
    struct digest d;
    uint8_t out[DIGEST_BYTES];
    char *piece = arena_alloc(a, PIECE, 1);
    ssize_t n;
    digest_begin(&d);
    while ((n = read(fd, piece, PIECE)) > 0 || (n < 0 && errno == EINTR))
        digest_add(&d, (str){piece, n < 0 ? 0 : (size_t)n});
    digest_end(&d, out);
    if (n < 0)
        return err_set(e, ERR_BROKEN, "the file cannot be read: %s", strerror(errno));
    facts->digest = bytes_to_hex(a, out, sizeof out);
    return true;
}

static bool identify_zip(int fd, struct file_facts *facts, struct err *e)
{
    struct zip_facts zip;
    if (!zip_examine(fd, &zip, e))
        return false;
    if (zip.is_workbook)
        facts->kind = FILE_XLSX;
    else if (zip.is_shapefile)
        facts->kind = FILE_SHP;
    else {
        err_set(e, ERR_INVALID, "this zip archive holds neither a workbook nor a Shapefile");
        return err_zh(e,
                      "这个压缩包里既没有 Excel 工作簿，也没有 Shapefile，请解压后上传其中的表格");
    }
    return true;
}

static bool identify(int fd, struct arena *a, struct file_facts *facts, struct err *e)
{
    struct stat st;
    char *bytes = arena_alloc(a, SAMPLE, 1);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return err_set(e, ERR_INVALID, "this is no ordinary file");
    ssize_t n = pread(fd, bytes, SAMPLE, 0);
    if (n < 0)
        return err_set(e, ERR_BROKEN, "the file cannot be read: %s", strerror(errno));
    str sample = {bytes, (size_t)n};
    facts->bytes = (uint64_t)st.st_size;
    if (n == 0) {
        err_set(e, ERR_INVALID, "the file is empty");
        return err_zh(e, "文件是空的");
    }
    if (!refuse_known(sample, e) || !read_digest(fd, a, facts, e))
        return false;
    if (str_starts(sample, STR("PK\x03\x04")) || str_starts(sample, STR("PK\x05\x06")))
        return identify_zip(fd, facts, e);
    if (str_starts(sample, STR("SQLite format 3"))) {
        facts->kind = FILE_GPKG;
        return true;
    }
    facts->encoding = encoding_detect(sample);
    if (!is_text(sample, facts->encoding)) {
        err_set(e, ERR_INVALID,
                "this is no table: neither text nor a workbook, GeoPackage or Shapefile");
        return err_zh(e, "这不是表格文件：既不是文本，也不是 Excel、GeoPackage 或 Shapefile");
    }
    str start =
        str_trim(str_starts(sample, STR("\xef\xbb\xbf")) ? str_slice(sample, 3, sample.n) : sample);
    facts->kind = start.n && *start.p == '{' ? FILE_JSONL : FILE_CSV;
    return true;
}

bool file_identify(const char *path, struct arena *a, struct file_facts *facts, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(e, ERR_MISSING, "the file cannot be opened: %s", strerror(errno));
    *facts = (struct file_facts){0};
    bool ok = identify(fd, a, facts, e);
    close(fd);
    return ok;
}
