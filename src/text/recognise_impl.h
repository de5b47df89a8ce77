/* The parts of text/recognise.h: words in recognise_words.c, numbers in recognise_number.c. */
#pragma once
#include "text/format_impl.h"
#include "text/recognise.h"

/* The label that ends at byte `end` of text and whose last character is cp; LABEL_NONE: none. */
enum label recognise_label(str text, size_t end, uint32_t cp);
/* Whether an ASCII word announces something: "Tel", "passport". */
enum label recognise_ascii_label(str word);
/* A personal name at the start of text, whole or in front of a word that ends it: its bytes, or
 * 0. */
size_t recognise_name(str text);
/* A cell under a heading of names that is two to four characters: its bytes, or 0. */
size_t recognise_whole_name(str text);

/* Letters and digits that stand together, full width folded to ASCII; hyphens between them stay. */
enum { WORD_MAX = 40 };
struct word {
    char text[WORD_MAX];
    size_t n, start, end;
    bool is_long; /* longer than WORD_MAX: nothing we know is */
    bool is_digits, is_letters, has_hyphen;
};

void word_take(struct word *w, str text, size_t at);
/* The character at byte `at` as ASCII letter, digit or '_', full width folded; its bytes in *n.
 * 0: another character. */
char word_character(str text, size_t at, size_t *n);

/* What a word is; w may grow over groups of digits parted by blanks. */
bool recognise_number(struct recogniser *r, struct word *w, struct finding *f);
