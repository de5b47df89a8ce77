/* Files, batches and quarantine over HTTP. */
#pragma once
#include "http/http.h"

extern const struct module INTAKE_MODULE;

struct rows;
struct registry;
enum { BATCH_COLUMNS = 32 };
/* SELECT list and FROM of a batch as batch_write_json() takes it; append WHERE… */
extern const char BATCH_SELECT[];
void batch_write_json(struct buf *b, const struct registry *r, const struct rows *rows, size_t row);
