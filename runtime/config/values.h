/*
 * values.h - what the parts of a program ask the configuration; how it was read is in config/config.h. Any thread.
 */
#ifndef FL_CONFIG_VALUES_H
#define FL_CONFIG_VALUES_H

#include <stdbool.h>
#include <stdint.h>

struct fl_config;

/* The kind that holds for a phase ("store" -> "buffered"), after YAML, --set, --output and --input. */
const char *fl_config_kind(const struct fl_config *c, const char *phase);
/* The same of one output's: the others answer for the first. */
const char *fl_config_kind_of(const struct fl_config *c, uint32_t output, const char *phase);
/* Effective value of an option row of the chosen kind. Asking for a row that isn't in stages.def aborts: a bug. */
bool fl_option_bool(const struct fl_config *c, const char *phase, const char *kind, const char *name);
int64_t fl_option_int(const struct fl_config *c, const char *phase, const char *kind, const char *name);   /* INT, BYTES; DURATION in ns; WORD, LEVEL */
const char *fl_option_str(const struct fl_config *c, const char *phase, const char *kind, const char *name); /* never NULL; SECRET too */
/* The options of one kind, as its `open` gets them: it need not know what it is called. */
struct fl_options {
    const struct fl_config *config;
    const char *phase, *kind;
    uint32_t output;
};
/* Those of the kind that holds. */
struct fl_options fl_options_of(const struct fl_config *c, const char *phase);
struct fl_options fl_options_of_output(const struct fl_config *c, uint32_t output, const char *phase);
bool fl_opt_bool(const struct fl_options *o, const char *name);
int64_t fl_opt_int(const struct fl_options *o, const char *name);   /* WORD: its number among the words; LEVEL: or FL_LEVEL_.. */
const char *fl_opt_str(const struct fl_options *o, const char *name);
/* Plain keys of the original: host_id, analyzers, analyzer.auth.cluster.username, tls.*, logging.*. NULL if not set. */
const char *fl_config_str(const struct fl_config *c, const char *key);
/* A list key; *n gets its length. */
const char *const *fl_config_list(const struct fl_config *c, const char *key, uint32_t *n);

#endif
