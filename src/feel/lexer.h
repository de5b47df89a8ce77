/* Characters to words and names.  FEEL names may hold blanks and signs, so that only the names in
 * scope say where one ends (DMN 1.5, 10.3.1.4): the longest known name wins; words that follow each
 * other and are no keywords make one name, for nothing else could be meant. */
#pragma once
#include "feel/node.h"

struct lexer {
    str source;
    size_t at;
    struct arena *arena;
    struct err *err;
    struct map known; /* first word to struct known_name */
};

void lexer_init(struct lexer *l, str source, struct arena *a, struct err *e);
/* Makes a name with blanks or signs recognisable from here on. */
void lexer_know(struct lexer *l, str name);
void lexer_skip_space(struct lexer *l); /* and comments */
bool lexer_fail(struct lexer *l, size_t at, const char *expected);

/* All skip white space first, and take nothing when they return false. */
bool lexer_is_end(struct lexer *l);
bool lexer_take(struct lexer *l, const char *sign);
bool lexer_sees(struct lexer *l, const char *sign);
bool lexer_take_word(struct lexer *l, const char *word);
bool lexer_sees_word(struct lexer *l, const char *word);
bool lexer_take_name(struct lexer *l, str *name);
/* A name up to a colon, which is taken too: keys, named arguments. */
bool lexer_take_key(struct lexer *l, str *name);
/* A name that ends before `stop`, one of the characters. */
bool lexer_take_until(struct lexer *l, const char *stop, str *name);
/* A name that ends before the keyword `in`. */
bool lexer_take_variable(struct lexer *l, str *name);
bool lexer_take_number(struct lexer *l, struct value *v);
/* A string in double quotes; sets the error when it does not end. */
bool lexer_take_string(struct lexer *l, str *text);
bool lexer_is_keyword(str word);
/* Blanks collapsed to one, none at the ends. */
str lexer_normalize(struct arena *a, str name);
