/* Masks a field may have: one table; each is an SQL function of shuzhi.mask_… */
#pragma once
#include "base/str.h"

/* name, SQL function, what is left, argument's cast */
#define MASKS(X)                                                                                   \
    X("name", "shuzhi.mask_name", "张*，欧*修", "text")                                            \
    X("id", "shuzhi.mask_id", "330521********001X", "text")                                        \
    X("phone", "shuzhi.mask_phone", "138****5678", "text")                                         \
    X("card", "shuzhi.mask_card", "************1234", "text")                                      \
    X("address", "shuzhi.mask_address", "to the road or village", "text")                          \
    X("year", "shuzhi.mask_year", "the year of a date", "date")                                    \
    X("hide", "shuzhi.mask_hide", "***", "text")

#define MASK_NAMES "name, id, phone, card, address, year, hide"

/* The SQL function of a mask, or NULL; *cast is the type its argument has. */
const char *mask_sql(str name);
const char *mask_cast(str name);
