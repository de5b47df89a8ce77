/* Subcommands of the one binary.  Each stands in cmd_NAME.c and is listed here once. */
#pragma once

/* name, arguments, one line of help */
#define COMMANDS(X)                                                                                \
    X(help, "[COMMAND]", "what there is, or how to use one")                                       \
    X(feel, "[--code] [--context JSON] EXPRESSION | --batch | --functions | --operations",         \
      "evaluate FEEL; --batch answers JSON lines")                                                 \
    X(decide, "MODEL.dmn [DECISION [--input JSON] [--trace | --trace=text]] | --batch",            \
      "decide a case by a DMN model; without a decision, list what is wrong with the model")       \
    X(simulate,                                                                                    \
      "MODEL.dmn DECISION --csv FILE [--against OTHER.dmn] [--set NAME=VALUE] [--by FIELD] "       \
      "[--top N] [--out RESULTS.csv]",                                                             \
      "a decision over all rows: totals, by field, who gains and loses against another version")

#define X(name, arguments, help) int cmd_##name(int argc, char **argv);
COMMANDS(X)
#undef X
