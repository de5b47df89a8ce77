/* What a file really is, whatever its name says, and its rows one by one. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "text/encoding.h"

/* name, what people call it */
#define FILE_KINDS(X)                                                                              \
    X(CSV, csv, "CSV")                                                                             \
    X(JSONL, jsonl, "JSON lines")                                                                  \
    X(XLSX, xlsx, "Excel workbook")                                                                \
    X(GPKG, gpkg, "GeoPackage")                                                                    \
    X(SHP, shp, "Shapefile in a zip")

enum file_kind {
#define X(name, text, title) FILE_##name,
    FILE_KINDS(X)
#undef X
        FILE_KIND_COUNT
};

struct file_facts {
    enum file_kind kind;
    enum encoding encoding; /* of CSV and JSON lines */
    uint64_t bytes;
    str digest; /* SM3, hexadecimal */
};

const char *file_kind_name(enum file_kind k); /* "xlsx" */
bool file_kind_find(str name, enum file_kind *k);

/* Reads the whole file once.  Refuses, with words for a clerk: an empty file, binary files of other
 * kinds, archives that are broken, that unpack to too much or hold paths that leave the folder. */
MUST_USE bool file_identify(const char *path, struct arena *a, struct file_facts *facts,
                            struct err *e);

/* A workbook, GeoPackage or Shapefile written out as CSV at out_path, by a child process with
 * limits on memory, time and disk: the foreign parser cannot harm this one.  sheet: empty is the
 * first with rows; *sheets are all names. */
MUST_USE bool file_convert(const char *path, enum file_kind kind, str sheet, const char *out_path,
                           struct arena *a, str **sheets, size_t *sheet_count, struct err *e);
/* The child's work; prints to standard output.  Exit code. */
int file_convert_main(int argc, char **argv);

struct reader; /* of the rows of a CSV or JSON lines file */

struct raw_row {
    const str *cells; /* valid until the next row */
    size_t n;
    uint64_t number; /* from 1 */
    bool is_ragged;
};

/* columns: for JSON lines the keys in the order of cells; CSV ignores it. */
MUST_USE struct reader *reader_open(const char *path, enum file_kind kind, enum encoding encoding,
                                    const str *columns, size_t column_count, struct err *e);
void reader_close(struct reader *r);
MUST_USE bool reader_take(struct reader *r, struct raw_row *row, bool *has_row, struct err *e);
uint64_t reader_position(const struct reader *r); /* bytes of the file read so far */
/* The keys of the first lines of a JSON lines file, in the order they appear. */
MUST_USE bool reader_find_keys(const char *path, struct arena *a, str **keys, size_t *n,
                               struct err *e);
