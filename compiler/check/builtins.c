/*
 * builtins.c - the builtin functions, from dsl/builtins.def.
 */
#include "check/check.h"

const struct fc_builtin fc_builtins[] = {
#define B(name, params, result, c, doc) {#name, params, result, c, doc},
#include "dsl/builtins.def"
#undef B
    {NULL, NULL, NULL, NULL, NULL}};
