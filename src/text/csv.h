/* CSV and its kin (RFC 4180; comma, tab, semicolon, pipe), read row by row in constant memory.
 *
 * What is wrong with a row's shape is told, not fatal: a number of cells other than the first
 * row's, text behind a closing quote.  Fatal are a quote that is never closed and a limit passed.
 * Empty lines are left out.  The input must be UTF-8 (text/encoding.h makes it so). */
#pragma once
#include "text/source.h"

enum csv_limits { CSV_MAX_COLUMNS = 4096, CSV_MAX_CELL = 1 << 20, CSV_MAX_ROW = 16 << 20 };

struct csv_options {
    char separator; /* 0: ',' */
    char line_end;  /* 0: '\n', with or without '\r' before it; '\r' for old Macintosh files */
    size_t max_columns, max_cell, max_row; /* 0: as above */
    /* When the source stands in the middle of a file, at the start of a row: that row's offset and
     * line, and the number of cells to expect (0: as in the first row read). */
    uint64_t offset, line;
    size_t width;
};

struct csv_row {
    const str *cells; /* unquoted; valid until the next row is taken */
    size_t n;
    uint64_t offset; /* byte of its start in the input */
    uint64_t line;   /* on which it begins, from 1 */
    uint64_t number; /* from 1, of the rows taken */
    bool is_ragged;  /* n is not the width expected */
    bool has_stray_quote;
};

struct csv; /* opaque: its buffers grow to the longest row */

struct csv *csv_create(struct source source, const struct csv_options *options /* NULL */);
void csv_destroy(struct csv *c);

/* *has_row is false at the end of the input. */
MUST_USE bool csv_take_row(struct csv *c, struct csv_row *row, bool *has_row, struct err *e);

/* Separator and line end that fit the first rows best; the sample may end anywhere. */
void csv_detect(str sample, struct csv_options *options);

/* A quoted cell with a separator before it (0: none), and a mark before what a spreadsheet would
 * run as a formula. */
struct buf;
void csv_write_cell(struct buf *out, str s, char before);
