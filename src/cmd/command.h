/* Subcommands of the one binary.  Each stands in cmd_NAME.c and is listed here once. */
#pragma once

/* clang-format off: one line a command: name, arguments, help */
#define COMMANDS(X)                                                                                \
    X(help, "[COMMAND]", "what there is, or how to use one")                                       \
    X(check, "PACKAGE…", "read packages and say what is wrong, with file, line and reason")        \
    X(apply, "PACKAGE…", "put packages in force, in one transaction")                              \
    X(test, "PACKAGE…", "run the cases of packages' rules")                                        \
    X(intake, "[--source ORGANISATION] DATASET FILE…", "load files into a dataset")                \
    X(convert, "KIND FILE SHEET", "a workbook or map file as CSV; intake runs it as its child")    \
    X(demo, "[--persons N] [--seed S] [--bad PERCENT] [--out FOLDER]", "make a county's data")     \
    X(validate, "SCHEMA FILE… | --batch", "check JSON against a JSON Schema")                      \
    X(feel, "[--code] [--context JSON] EXPRESSION | --batch | --functions | --operations",         \
      "evaluate FEEL; --batch answers JSON lines")                                                 \
    X(decide, "MODEL.dmn [DECISION [--input JSON] [--trace | --trace=text]] | --batch",            \
      "decide a case by a DMN model; without a decision, list what is wrong with the model")       \
    X(simulate,                                                                                    \
      "MODEL.dmn DECISION --csv FILE | --dataset NAME [--against OTHER.dmn] [--set NAME=VALUE] "   \
      "[--by FIELD] "                                                                              \
      "[--top N] [--out RESULTS.csv]",                                                             \
      "a decision over all rows: totals, by field, who gains and loses against another version")   \
    X(why, "USER DATASET/KEY", "which line of rights.csv shows a record to somebody, or does not") \
    X(discover, "[--json] FILE | [--json] --dataset NAME",                                         \
      "sensitive content by column, and the grade it asks for")                                    \
    X(copy,                                                                                        \
      "DATASET --masked [--for WORD] [--generation N] [--format csv|jsonl] [--purpose TEXT] "      \
      "--out FILE | DATASET --masked --plan",                                                      \
      "a copy in which nobody is named, and which joins with others of the same word")             \
    X(audit,                                                                                       \
      "seal | export [--from DAY] [--to DAY] --out FILE | archive --before DAY --out FILE | key "  \
      "| rotate",                                                                                  \
      "seal the audit at once, write it to a file for checking, move old months to one, show the " \
      "key, give it over to a new one")                                                            \
    X(verify,                                                                                      \
      "[--key PUBLIC.pem] [--checkpoint EARLIER.json] [--prove RECORD] FILE | --proof FILE",       \
      "check an audit export, or the proof of one record, without the server")                     \
    X(exchange, "key | next-key | rotate | resume PARTNER SEQUENCE",                               \
      "the public key that other counties prove this one's messages by; change it; take up again " \
      "after a restored backup")                                                                   \
    X(trace, "FILE", "which exports a copied file came from")                                      \
    X(routes, "", "every address the server answers: method, address, action recorded")            \
    X(key, "list | new [--token URI] | rotate | retire GENERATION [--now] | move",                 \
      "the keys that secrets are sealed with, in a file outside the database")                     \
    X(rotate_keys, "", "new keys that sign tokens; servers take them up as they run")              \
    X(client_secret, "", "a secret for an OpenID Connect client, and its digest for clients.yaml") \
    X(serve, "[--port N] …", "serve the desk and the share API")
/* clang-format on */

#define X(name, arguments, help) int cmd_##name(int argc, char **argv);
COMMANDS(X)
#undef X
