/* A number hidden in text: zero-width characters that a spreadsheet, a mail and a chat carry along.
 *
 * 32 bits and a check of 8, high bit first, U+200B for 0 and U+200C for 1, between two U+2060.
 * Intake takes such characters out again (text/cell.h INVISIBLE). */
#pragma once
#include "base/arena.h"

enum { WATERMARK_BYTES = 42 * 3 };

/* The text with the mark behind it, in one row of four; the text itself in the others, and where it
 * is empty. */
str watermark_add(struct arena *a, str text, size_t row, uint32_t number);

/* Writes WATERMARK_BYTES bytes. */
void watermark_write(char out[WATERMARK_BYTES], uint32_t number);
/* Takes text up to and with the next whole mark off the front; false when there is none. */
bool watermark_take(str *text, uint32_t *number);
