#include "text/watermark.h"

enum { BITS = 40, MARK_LENGTH = 3 };

static const char FRAME[] = "\xe2\x81\xa0", ZERO[] = "\xe2\x80\x8b", ONE[] = "\xe2\x80\x8c";

/* CRC-8, polynomial x^8 + x^2 + x + 1. */
static uint8_t check_of(uint32_t number)
{
    uint8_t crc = 0xff;
    for (int shift = 24; shift >= 0; shift -= 8) {
        crc ^= (uint8_t)(number >> shift);
        for (int i = 0; i < 8; i++)
            crc = (uint8_t)(crc & 0x80 ? crc << 1 ^ 7 : crc << 1);
    }
    return crc;
}

void watermark_write(char out[WATERMARK_BYTES], uint32_t number)
{
    uint64_t bits = (uint64_t)number << 8 | check_of(number);
    memcpy(out, FRAME, MARK_LENGTH);
    for (int i = 0; i < BITS; i++)
        memcpy(out + MARK_LENGTH * (i + 1), bits >> (BITS - 1 - i) & 1 ? ONE : ZERO, MARK_LENGTH);
    memcpy(out + MARK_LENGTH * (BITS + 1), FRAME, MARK_LENGTH);
}

static bool read_mark(const char *p, uint32_t *number)
{
    uint64_t bits = 0;
    for (int i = 0; i < BITS; i++, p += MARK_LENGTH) {
        if (memcmp(p, ONE, MARK_LENGTH) != 0 && memcmp(p, ZERO, MARK_LENGTH) != 0)
            return false;
        bits = bits << 1 | (memcmp(p, ONE, MARK_LENGTH) == 0);
    }
    *number = (uint32_t)(bits >> 8);
    return memcmp(p, FRAME, MARK_LENGTH) == 0 && (uint8_t)bits == check_of(*number);
}

bool watermark_take(str *text, uint32_t *number)
{
    for (size_t at; (at = str_find(*text, str_from(FRAME))) != SIZE_MAX;) {
        bool is_mark =
            text->n - at >= WATERMARK_BYTES && read_mark(text->p + at + MARK_LENGTH, number);
        *text = str_slice(*text, at + (is_mark ? (size_t)WATERMARK_BYTES : MARK_LENGTH), text->n);
        if (is_mark)
            return true;
    }
    return false;
}

str watermark_add(struct arena *a, str text, size_t row, uint32_t number)
{
    if (row % 4 || !text.n)
        return text;
    char *p = arena_alloc(a, text.n + WATERMARK_BYTES, 1);
    memcpy(p, text.p, text.n);
    watermark_write(p + text.n, number);
    return (str){p, text.n + WATERMARK_BYTES};
}
