/*
 * config.h - the configuration of a pipeline binary: where values come from and what they are. Parts that only ask for
 * values include config/values.h.
 *
 * A value comes from, first that has it: --set, environment (SKYDIVE_ + upper-cased path), $CREDENTIALS_DIRECTORY/path, file, the .flow, stages.def.
 * (The project's own config.h, what configure found, is <config.h>.)
 */
#ifndef FL_CONFIG_H
#define FL_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/log.h"
#include "config/problems.h"
#include "config/yaml.h"

struct fl_pipeline;
struct fl_variant;

/* What the command line says; it beats the rest. */
struct fl_overrides {
    const char *input, *output;
    const char **set;                /* KEY=VALUE */
    uint32_t nset;
};

/* Where a value came from; a later one beats an earlier one. */
enum fl_given { FL_BY_DEFAULT, FL_BY_FLOW, FL_BY_FILE, FL_BY_ENVIRONMENT, FL_BY_SET };

struct fl_option_value {
    const struct fl_yaml_value *v;   /* as text; NULL: has to be given and isn't */
    enum fl_given given;
    bool b;
    int64_t i;
    const char *s;
};

struct fl_param_value {
    const struct fl_yaml_value *v;   /* NULL: not given; maps: NULL too */
    enum fl_given given;
};

struct fl_key_value {
    const char *s;                   /* NULL: not set */
    const char *const *list;
    uint32_t n;
};

struct fl_note {
    enum fl_level level;
    const char *text;
};

#define FL_PHASES 24

/* What holds for one output. */
struct fl_scope {
    struct { const char *phase, *kind; enum fl_given given; } kind[FL_PHASES];
    uint32_t nkinds;
    struct fl_option_value *option;      /* by row */
};

struct fl_config {
    struct fl_arena arena;
    const struct fl_pipeline *pipeline;  /* of the variants of a `select` the one that holds */
    const struct fl_pipeline *whole;     /* what was compiled */
    const char *input, *output;
    const char *file_name;               /* NULL: none was read */
    bool environment;                    /* is it looked at? */
    struct fl_yaml file, set;
    struct fl_problems problems;
    struct fl_scope *scope;              /* by output; the first one has what belongs to none too */
    uint32_t nscopes;                    /* one at least */
    struct fl_scope *at;                 /* while it is loaded: the output at hand; then the first */
    struct fl_param_value *param;        /* by param */
    struct fl_key_value *key;            /* by key row */
    struct fl_log_options log;
    struct fl_note *note;
    uint32_t nnotes, notes_cap;
    uint32_t unknown;                    /* keys so far */
};

/*
 * Read and validate everything. Problems are in c->problems (print them with fl_problems_print and stop); the params'
 * values are filled. `file` NULL: no file is read. Never NULL.
 */
struct fl_config *fl_config_load(const struct fl_pipeline *p, const struct fl_overrides *over, const char *file);
/* Values that are needed to run but not to be printed (a URL, a bucket): more problems. */
void fl_config_require(struct fl_config *c);
/* The .flow's own defaults for tests: no file, no environment. NULL and *error (to be freed). */
struct fl_config *fl_config_defaults(const struct fl_pipeline *p, char **error);
/*
 * The same for a test: params are NAME=VALUE as --set takes it, up to NULL; of a variant of a `select` (v; NULL: p has none) they have
 * values for which it holds before. p is the variant's own.
 */
struct fl_config *fl_config_of_test(const struct fl_pipeline *p, const struct fl_variant *v, const char *const *params, char **error);
void fl_config_free(struct fl_config *c);
/* What the log should say at start: keys without effect, defaults that decide what is dropped. */
void fl_config_log_notes(const struct fl_config *c);

/* And what others may read or write that they shouldn't: guard.c. */
void fl_config_log_dangers(struct fl_config *c);

#endif
