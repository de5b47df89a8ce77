/* The legacy encodings of departments' files, brought to UTF-8 as they are read. */
#pragma once
#include "text/source.h"

/* name, iconv's name, length of the byte order mark */
#define ENCODINGS(X)                                                                               \
    X(UTF8, "UTF-8", 0)                                                                            \
    X(UTF8_MARKED, "UTF-8", 3)                                                                     \
    X(UTF16LE, "UTF-16LE", 2)                                                                      \
    X(UTF16BE, "UTF-16BE", 2)                                                                      \
    X(GB18030, "GB18030", 0)                                                                       \
    X(LATIN1, "ISO-8859-1", 0)

enum encoding {
#define X(name, iconv_name, mark) ENCODING_##name,
    ENCODINGS(X)
#undef X
};

/* From the first bytes of a file, which may be cut anywhere.  Byte order marks first, then whether
 * it reads as UTF-8, then whether it reads as GB18030 and looks like Chinese, else ISO-8859-1. */
enum encoding encoding_detect(str sample);
const char *encoding_name(enum encoding e);
/* By encoding_name(); *e is untouched when there is none of that name. */
bool encoding_find(str name, enum encoding *e);

enum { ENCODING_BAD_KEPT = 32 };

/* A source of UTF-8 over a source of something else.  Bytes that mean nothing become U+FFFD and are
 * counted; a byte order mark is dropped. */
struct encoding_reader {
    struct source from;
    enum encoding encoding;
    void *iconv;
    char *raw; /* bytes read, not yet converted */
    size_t raw_n, raw_at;
    uint64_t offset; /* in the input, of raw[0] */
    bool has_started, has_ended;
    char rest[32]; /* converted, for a caller with too little room */
    size_t rest_n, rest_at;
    uint64_t bad_count;
    uint64_t bad_offsets[ENCODING_BAD_KEPT]; /* bytes in the input, of the first ones */
};

MUST_USE bool encoding_open(struct encoding_reader *r, struct source from, enum encoding encoding,
                            struct err *e);
void encoding_close(struct encoding_reader *r);
struct source encoding_source(struct encoding_reader *r);
