/* Workbooks, GeoPackages and Shapefiles through GDAL, in a child process. */
#include "intake/file.h"

#include "base/buf.h"
#include "base/map.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_vsi.h>
#include <errno.h>
#include <fcntl.h>
#include <gdal.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { CHILD_CPU_SECONDS = 900, MAX_MESSAGE = 16 << 10, MAX_COLUMNS = 4096 };
#define CHILD_MEMORY ((rlim_t)4 << 30)
#define CHILD_DISK ((rlim_t)16 << 30)

/* --- the child ---------------------------------------------------------------------------------
 */

static void set_limit(__rlimit_resource_t which, rlim_t n)
{
    struct rlimit limit = {n, n};
    setrlimit(which, &limit);
}

static void write_cell(FILE *out, const char *text, bool is_first)
{
    bool needs_quotes = strpbrk(text, ",\"\r\n") != NULL;
    if (!is_first)
        fputc(',', out);
    if (!needs_quotes) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

/* Workbooks of some programs store 7030 as "7030.0" and 1538492521 as "1.538492521E9"; a
 * spreadsheet shows the whole number.  Larger ones stay as they are: their last digits are in
 * doubt. */
static const char *as_shown(const char *text, char room[40])
{
    const char *p = text + (*text == '-'), *point = strchr(p, '.'), *e = strpbrk(p, "Ee");
    size_t whole = strspn(p, "0123456789"), part = point ? strspn(point + 1, "0123456789") : 0;
    if (whole == 0 || whole > 15 || !point || point != p + whole || part == 0 || part > 15)
        return text;
    const char *end = point + 1 + part;
    long exponent = e == end ? strtol(e + 1, (char **)(uintptr_t)&end, 10) : 0;
    bool is_zero = strspn(point + 1, "0") == part;
    if (*end || (!e && !is_zero) || exponent < 0 || whole + (size_t)exponent > 15 ||
        (e && !is_zero && part > (size_t)exponent))
        return text;
    int n = snprintf(room, 40, "%.*s%.*s", (int)(point - text), text,
                     (int)(part < (size_t)exponent ? part : (size_t)exponent), point + 1);
    for (size_t k = part; k < (size_t)exponent; k++)
        room[n++] = '0';
    room[n] = '\0';
    return room;
}

static OGRCoordinateTransformationH to_cgcs2000(OGRLayerH layer)
{
    OGRSpatialReferenceH from = OGR_L_GetSpatialRef(layer);
    OGRSpatialReferenceH to = OSRNewSpatialReference(NULL);
    if (!from || OSRImportFromEPSG(to, 4490) != OGRERR_NONE)
        return NULL;
    OSRSetAxisMappingStrategy(to, OAMS_TRADITIONAL_GIS_ORDER);
    OSRSetAxisMappingStrategy(from, OAMS_TRADITIONAL_GIS_ORDER);
    return OCTNewCoordinateTransformation(from, to);
}

static void write_location(FILE *out, OGRFeatureH f, OGRCoordinateTransformationH change,
                           bool is_first)
{
    char text[40] = "";
    OGRGeometryH g = OGR_F_GetGeometryRef(f), point = NULL;
    if (g && wkbFlatten(OGR_G_GetGeometryType(g)) != wkbPoint) {
        point = OGR_G_CreateGeometry(wkbPoint);
        if (OGR_G_Centroid(g, point) != OGRERR_NONE)
            g = NULL;
        else
            g = point;
    }
    double x = 0, y = 0;
    bool has_place = g && !OGR_G_IsEmpty(g);
    if (has_place) {
        x = OGR_G_GetX(g, 0);
        y = OGR_G_GetY(g, 0);
        has_place = !change || OCTTransform(change, 1, &x, &y, NULL);
    }
    if (has_place)
        snprintf(text, sizeof text, "%.7f", x);
    write_cell(out, text, is_first);
    if (has_place)
        snprintf(text, sizeof text, "%.7f", y);
    write_cell(out, text, false);
    if (point)
        OGR_G_DestroyGeometry(point);
}

static int write_layer(OGRLayerH layer, FILE *out, bool has_header, bool has_geometry)
{
    OGRFeatureDefnH d = OGR_L_GetLayerDefn(layer);
    int n = OGR_FD_GetFieldCount(d);
    OGRCoordinateTransformationH change = has_geometry ? to_cgcs2000(layer) : NULL;
    if (n > MAX_COLUMNS) {
        fprintf(stderr, "the table has %d columns; at most %d are taken", n, MAX_COLUMNS);
        return 2;
    }
    for (int i = 0; !has_header && i < n; i++)
        write_cell(out, OGR_Fld_GetNameRef(OGR_FD_GetFieldDefn(d, i)), i == 0);
    if (has_geometry)
        fputs(n ? ",longitude,latitude" : "longitude,latitude", out);
    if (!has_header)
        fputc('\n', out);
    OGR_L_ResetReading(layer);
    for (OGRFeatureH f; (f = OGR_L_GetNextFeature(layer)); OGR_F_Destroy(f)) {
        for (int i = 0; i < n; i++) {
            char room[40];
            const char *text = OGR_F_IsFieldSetAndNotNull(f, i) ? OGR_F_GetFieldAsString(f, i) : "";
            write_cell(out, has_header ? as_shown(text, room) : text, i == 0);
        }
        if (has_geometry)
            write_location(out, f, change, n == 0);
        if (fputc('\n', out) == EOF)
            return 3;
    }
    return fflush(out) == 0 ? 0 : 3;
}

static void on_gdal_error(CPLErr class, CPLErrorNum number, const char *message)
{
    (void)class, (void)number, (void)message; /* the last one is asked for when it matters */
}

/* shuzhi convert KIND FILE SHEET: names of sheets on fd 3, a line each; CSV on standard output. */
int file_convert_main(int argc, char **argv)
{
    enum file_kind kind;
    if (argc != 4 || !file_kind_find(str_from(argv[1]), &kind) || kind == FILE_CSV ||
        kind == FILE_JSONL) {
        fputs("usage: shuzhi convert xlsx|gpkg|shp FILE SHEET", stderr);
        return 2;
    }
    set_limit(RLIMIT_CPU, CHILD_CPU_SECONDS);
#ifndef __SANITIZE_ADDRESS__ /* whose shadow memory is terabytes of address space */
    set_limit(RLIMIT_AS, CHILD_MEMORY);
#endif
    set_limit(RLIMIT_FSIZE, CHILD_DISK);
    set_limit(RLIMIT_CORE, 0);
    CPLSetErrorHandler(on_gdal_error);
    CPLSetConfigOption("OGR_XLSX_HEADERS", "DISABLE");
    CPLSetConfigOption("OGR_XLSX_FIELD_TYPES", "STRING");
    CPLSetConfigOption("OGR_SQLITE_LOAD_EXTENSIONS", NULL);
    CPLSetConfigOption("CPL_CURL_ENABLED", "NO");
    GDALAllRegister();
    static const char *const drivers[] = {"", "", "XLSX", "GPKG", "ESRI Shapefile"};
    const char *allowed[] = {drivers[kind], NULL};
    char path[5000];
    /* In braces the archive needs no .zip at the end of its name. */
    snprintf(path, sizeof path, kind == FILE_SHP ? "/vsizip/{%s}" : "%s", argv[2]);
    GDALDatasetH ds = GDALOpenEx(path, GDAL_OF_VECTOR | GDAL_OF_READONLY, allowed, NULL, NULL);
    if (!ds) {
        fprintf(stderr, "%s", CPLGetLastErrorMsg());
        return 2;
    }
    OGRLayerH chosen = NULL;
    FILE *names = fdopen(3, "w");
    for (int i = 0; i < GDALDatasetGetLayerCount(ds); i++) {
        OGRLayerH layer = GDALDatasetGetLayer(ds, i);
        const char *name = OGR_L_GetName(layer);
        if (names)
            fprintf(names, "%s\n", name);
        bool is_asked =
            argv[3][0] ? strcmp(argv[3], name) == 0 : OGR_L_GetFeatureCount(layer, 1) > 0;
        if (is_asked && !chosen)
            chosen = layer;
    }
    if (names)
        fclose(names);
    if (!chosen) {
        fputs(argv[3][0] ? "there is no sheet of that name" : "no sheet has any row", stderr);
        return 2;
    }
    bool is_workbook = kind == FILE_XLSX;
    return write_layer(chosen, stdout, is_workbook,
                       !is_workbook && OGR_L_GetGeomType(chosen) != wkbNone);
}

/* --- the parent --------------------------------------------------------------------------------
 */

static void read_all(int fd, struct buf *b)
{
    ssize_t n;
    while (buf_reserve(b, 4096) &&
           ((n = read(fd, b->p + b->n, 4096)) > 0 || (n < 0 && errno == EINTR)))
        b->n += n > 0 ? (size_t)n : 0;
}

static bool told(struct err *e, int status, str message)
{
    bool is_killed = WIFSIGNALED(status);
    if (!is_killed && WEXITSTATUS(status) == 3) {
        err_set(e, ERR_BUSY, "the table could not be written out: is the disk full?");
        return err_zh(e, "表格无法写出，可能是磁盘已满");
    }
    if (is_killed && WTERMSIG(status) == SIGXFSZ) {
        err_set(e, ERR_LIMIT, "the table is larger than 16 GiB when unpacked");
        return err_zh(e, "表格展开后过大");
    }
    if (is_killed) {
        err_set(e, ERR_INVALID,
                "the file cannot be read: its reader was stopped (signal %d); it is damaged "
                "or too large",
                WTERMSIG(status));
        return err_zh(e, "文件无法读取：可能已损坏，或展开后过大");
    }
    err_set(e, ERR_INVALID, "the file cannot be read: %.*s",
            STR_ARG(message.n ? str_slice(message, 0, 250) : STR("it is damaged")));
    return err_zh(e, "文件无法读取，可能已损坏或不完整，请重新导出后上传");
}

static pid_t start(const char *path, enum file_kind kind, str sheet, int out, int names, int errors)
{
    ARENA_SCOPED struct arena a = {0};
    posix_spawn_file_actions_t actions;
    pid_t pid = -1;
    char *argv[] = {(char *)(uintptr_t) "shuzhi",
                    (char *)(uintptr_t) "convert",
                    arena_cstr(&a, str_from(file_kind_name(kind))),
                    arena_cstr(&a, str_from(path)),
                    arena_cstr(&a, sheet),
                    NULL};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_adddup2(&actions, errors, 2);
    posix_spawn_file_actions_adddup2(&actions, names, 3);
    if (posix_spawn(&pid, "/proc/self/exe", &actions, NULL, argv, environ) != 0)
        pid = -1;
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

static bool run_child(const char *path, enum file_kind kind, str sheet, int out, struct buf *names,
                      struct err *e)
{
    int name_pipe[2], error_pipe[2], status;
    BUF_SCOPED struct buf message = {.max = MAX_MESSAGE};
    if (pipe2(name_pipe, O_CLOEXEC) != 0)
        return err_set(e, ERR_BUSY, "a pipe could not be made");
    if (pipe2(error_pipe, O_CLOEXEC) != 0) {
        close(name_pipe[0]);
        close(name_pipe[1]);
        return err_set(e, ERR_BUSY, "a pipe could not be made");
    }
    /* Descriptors below 4 would collide with the child's own. */
    pid_t pid = start(path, kind, sheet, out, name_pipe[1], error_pipe[1]);
    close(name_pipe[1]);
    close(error_pipe[1]);
    if (pid > 0) {
        read_all(name_pipe[0], names);
        read_all(error_pipe[0], &message);
    }
    close(name_pipe[0]);
    close(error_pipe[0]);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return err_set(e, ERR_BUSY, "the reader of workbooks could not be started");
    return (WIFEXITED(status) && WEXITSTATUS(status) == 0) || told(e, status, buf_str(&message));
}

bool file_convert(const char *path, enum file_kind kind, str sheet, const char *out_path,
                  struct arena *a, str **sheets, size_t *sheet_count, struct err *e)
{
    BUF_SCOPED struct buf names = {.max = 1 << 16};
    int out = open(out_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out < 0)
        return err_set(e, ERR_BUSY, "%s cannot be written: %s", out_path, strerror(errno));
    bool ok = run_child(path, kind, sheet, out, &names, e);
    close(out);
    if (!ok) {
        unlink(out_path);
        return false;
    }
    size_t n = 0, size = 0;
    str *list = NULL, rest = buf_str(&names), name;
    while (str_take_part(&rest, '\n', &name)) {
        if (name.n)
            VEC_ADD(a, list, n, size) = arena_copy(a, name);
    }
    *sheets = list;
    *sheet_count = n;
    return true;
}
