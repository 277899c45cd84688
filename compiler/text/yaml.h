/*
 * yaml.h - constants of a .flow as YAML, which is how the runtime takes defaults and options.
 */
#ifndef FC_YAML_H
#define FC_YAML_H

#include "base/arena.h"

/* In double quotes. What YAML takes for the end of a line is escaped: in quotes it would be a blank. */
const char *fc_yaml_string(struct fl_arena *a, const char *s);
/* A JSON value. YAML knows it all but for characters that JSON writes as a pair of surrogates. */
const char *fc_yaml_json(struct fl_arena *a, const char *json);

#endif
