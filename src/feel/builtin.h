/* The built-in functions of FEEL (DMN 1.5, 10.3.4), in one table: names, parameters for named
 * arguments, what each does.  docs/feel-functions.md is printed from it. */
#pragma once
#include "feel/value.h"

struct machine;
struct lexer;

typedef struct value (*builtin_call)(struct machine *m, const struct value *arguments, size_t n);

/* id, name, fewest and most arguments, parameter names (alternatives by |), what it gives.
 * "*" after a parameter: any number of arguments, or one list of them. */
#define BUILTINS(X)                                                                                \
    X(not, "not", 1, 1, "negand", "the negation of a boolean")                                     \
    X(string, "string", 1, 1, "from", "the text of a value")                                       \
    X(number, "number", 1, 3, "from,grouping separator,decimal separator", "a number read")        \
    X(string_length, "string length", 1, 1, "string", "how many characters")                       \
    X(substring, "substring", 2, 3, "string,start position,length", "a part; from the end if < 0") \
    X(upper_case, "upper case", 1, 1, "string", "in capitals")                                     \
    X(lower_case, "lower case", 1, 1, "string", "in small letters")                                \
    X(substring_before, "substring before", 2, 2, "string,match", "what precedes the match")       \
    X(substring_after, "substring after", 2, 2, "string,match", "what follows the match")          \
    X(replace, "replace", 3, 4, "input,pattern,replacement,flags", "matches replaced")             \
    X(contains, "contains", 2, 2, "string,match", "whether match occurs")                          \
    X(starts_with, "starts with", 2, 2, "string,match", "whether it begins with match")            \
    X(ends_with, "ends with", 2, 2, "string,match", "whether it ends with match")                  \
    X(matches, "matches", 2, 3, "input,pattern,flags", "whether the pattern occurs")               \
    X(split, "split", 2, 2, "string,delimiter", "parts between matches of the pattern")            \
    X(string_join, "string join", 1, 2, "list,delimiter", "texts joined, nulls left out")          \
    X(list_contains, "list contains", 2, 2, "list,element", "whether the element is in it")        \
    X(count, "count", 1, 1, "list", "how many items")                                              \
    X(min, "min", 1, -1, "list*", "the least item")                                                \
    X(max, "max", 1, -1, "list*", "the greatest item")                                             \
    X(sum, "sum", 1, -1, "list*", "the sum of numbers or durations")                               \
    X(mean, "mean", 1, -1, "list*", "the average")                                                 \
    X(product, "product", 1, -1, "list*", "the product")                                           \
    X(median, "median", 1, -1, "list*", "the middle number")                                       \
    X(stddev, "stddev", 1, -1, "list*", "the sample standard deviation")                           \
    X(mode, "mode", 1, -1, "list*", "the most frequent numbers, ascending")                        \
    X(all, "all", 1, -1, "list*", "false if any is, true if all are")                              \
    X(any, "any", 1, -1, "list*", "true if any is, false if all are false")                        \
    X(sublist, "sublist", 2, 3, "list,start position,length", "a part of a list")                  \
    X(append, "append", 1, -1, "list,item", "items added at the end")                              \
    X(concatenate, "concatenate", 1, -1, "list", "lists in a row")                                 \
    X(insert_before, "insert before", 3, 3, "list,position,newItem", "an item put in")             \
    X(remove, "remove", 2, 2, "list,position", "without the item at the position")                 \
    X(list_replace, "list replace", 3, 3, "list,position,newItem|list,match,newItem",              \
      "an item, or those that match, replaced")                                                    \
    X(reverse, "reverse", 1, 1, "list", "in reverse order")                                        \
    X(index_of, "index of", 2, 2, "list,match", "positions of what equals match")                  \
    X(union, "union", 1, -1, "list", "lists in a row without duplicates")                          \
    X(distinct_values, "distinct values", 1, 1, "list", "without duplicates")                      \
    X(flatten, "flatten", 1, 1, "list", "nested lists as one")                                     \
    X(sort, "sort", 1, 2, "list,precedes", "ordered by a function of two, or ascending")           \
    X(decimal, "decimal", 2, 2, "n,scale", "rounded half-even to scale")                           \
    X(floor, "floor", 1, 2, "n,scale", "rounded down")                                             \
    X(ceiling, "ceiling", 1, 2, "n,scale", "rounded up")                                           \
    X(round_up, "round up", 2, 2, "n,scale", "rounded away from zero")                             \
    X(round_down, "round down", 2, 2, "n,scale", "rounded towards zero")                           \
    X(round_half_up, "round half up", 2, 2, "n,scale", "rounded, ties away from zero")             \
    X(round_half_down, "round half down", 2, 2, "n,scale", "rounded, ties towards zero")           \
    X(abs, "abs", 1, 1, "n", "without sign; also of durations")                                    \
    X(modulo, "modulo", 2, 2, "dividend,divisor", "dividend - divisor * floor(dividend/divisor)")  \
    X(sqrt, "sqrt", 1, 1, "number", "square root")                                                 \
    X(log, "log", 1, 1, "number", "natural logarithm")                                             \
    X(exp, "exp", 1, 1, "number", "e to the power")                                                \
    X(odd, "odd", 1, 1, "number", "whether it is odd")                                             \
    X(even, "even", 1, 1, "number", "whether it is even")                                          \
    X(date, "date", 1, 3, "from|year,month,day", "a date")                                         \
    X(time, "time", 1, 4, "from|hour,minute,second,offset", "a time")                              \
    X(date_and_time, "date and time", 1, 2, "from|date,time", "a date and time")                   \
    X(duration, "duration", 1, 1, "from", "a duration")                                            \
    X(years_and_months_duration, "years and months duration", 2, 2, "from,to",                     \
      "from one to other")                                                                         \
    X(day_of_year, "day of year", 1, 1, "date", "1 to 366")                                        \
    X(day_of_week, "day of week", 1, 1, "date", "Monday to Sunday")                                \
    X(month_of_year, "month of year", 1, 1, "date", "January to December")                         \
    X(week_of_year, "week of year", 1, 1, "date", "ISO 8601 week")                                 \
    X(now, "now", 0, 0, "", "the date and time given to the machine")                              \
    X(today, "today", 0, 0, "", "the date given to the machine")                                   \
    X(range, "range", 1, 1, "from", "a range read")                                                \
    X(is, "is", 2, 2, "value1,value2", "whether both are the same in all fields")                  \
    X(before, "before", 2, 2, "point1,point2|range1,range2|point,range|range,point", "a < b")      \
    X(after, "after", 2, 2, "point1,point2|range1,range2|point,range|range,point", "a > b")        \
    X(meets, "meets", 2, 2, "range1,range2", "a ends where b begins")                              \
    X(met_by, "met by", 2, 2, "range1,range2", "a begins where b ends")                            \
    X(overlaps, "overlaps", 2, 2, "range1,range2", "they share a point")                           \
    X(overlaps_before, "overlaps before", 2, 2, "range1,range2", "a begins first, they overlap")   \
    X(overlaps_after, "overlaps after", 2, 2, "range1,range2", "b begins first, they overlap")     \
    X(finishes, "finishes", 2, 2, "range1,range2|point,range", "a ends b")                         \
    X(finished_by, "finished by", 2, 2, "range1,range2|range,point", "b ends a")                   \
    X(includes, "includes", 2, 2, "range1,range2|range,point", "b lies in a")                      \
    X(during, "during", 2, 2, "range1,range2|point,range", "a lies in b")                          \
    X(starts, "starts", 2, 2, "range1,range2|point,range", "a begins b")                           \
    X(started_by, "started by", 2, 2, "range1,range2|range,point", "b begins a")                   \
    X(coincides, "coincides", 2, 2, "range1,range2|point1,point2", "both are the same")            \
    X(get_value, "get value", 2, 2, "m,key|context,key", "the member of a context")                \
    X(get_entries, "get entries", 1, 1, "m|context", "list of {key, value}")                       \
    X(context, "context", 1, 1, "entries", "from a list of {key, value}")                          \
    X(context_put, "context put", 3, 3, "context,keys,value", "a member set, a path of keys deep") \
    X(context_put_key, "context put", 3, 3, "context,key,value", "a member set")                   \
    X(context_merge, "context merge", 1, 1, "contexts", "contexts in one; the last wins")

enum builtin_id {
#define X(id, name, least, most, params, gives) BUILTIN_##id,
    BUILTINS(X)
#undef X
        BUILTIN_COUNT
};

struct builtin {
    const char *name;
    int least, most; /* most -1: any number */
    const char *params, *gives;
    builtin_call call;
};

extern const struct builtin BUILTIN_LIST[BUILTIN_COUNT];

/* NULL if there is none. */
const struct builtin *builtin_find(str name);
void builtin_know_names(struct lexer *l);
/* Where each named argument goes: order[i] is the position of names[i].  Returns how many positions
 * there are, or -1 when no alternative has all the names; *b becomes the row of the same name that
 * has them. */
int builtin_order(const struct builtin **b, const str *names, size_t n, int *order);
/* Calls with the number of arguments checked; null with a warning otherwise. */
struct value builtin_run(const struct builtin *b, struct machine *m, const struct value *arguments,
                         size_t n);
void builtin_describe(struct buf *out);

#define X(id, name, least, most, params, gives)                                                    \
    struct value builtin_##id(struct machine *m, const struct value *arguments, size_t n);
BUILTINS(X)
#undef X
