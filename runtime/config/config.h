/*
 * config.h - the configuration of a pipeline binary: where values come from and what they are. Internal to the runtime;
 * parts that only read options use fl_option_* and fl_config_* of core/runtime.h.
 *
 * A value comes from, first that has it: --set, environment (SKYDIVE_ + upper-cased path), file, the .flow, stages.def.
 * (Named config.h because config.h is configure's.)
 *
 *   config.c     loads, finds, and gives out plain keys      kinds.c    which kind of each phase holds
 *   keys.c       known and unknown keys, notes               options.c  rows of stages.def
 *   log.c logging.*                                   params.c   params of the pipeline
 */
#ifndef FL_CONF_H
#define FL_CONF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/log.h"
#include "config/problems.h"
#include "core/runtime.h"
#include "base/suggest.h"
#include "config/yaml.h"

/* ---- command line: program/cmdline.c -------------------------------------------------------------------------------- */

enum fl_verb { FL_RUN, FL_CHECK_CONFIG, FL_PRINT_CONFIG, FL_HELP, FL_VERSION };

struct fl_args {
    enum fl_verb verb;
    const char *config;          /* NULL: the default file; "-": standard input */
    const char *input, *output, *lookups, *metrics_listen;
    const char **set;            /* KEY=VALUE */
    uint32_t nset;
    int64_t stop_timeout;        /* ns */
    int log_level;               /* enum fl_level, or -1 */
};

/* False: usage error, already said on stderr. Free args->set. */
bool fl_args_parse(struct fl_args *args, const char *name, int argc, char **argv);

/* ---- rows of dsl/stages.def ----------------------------------------------------------------------------------- */

enum fl_option_type {
    FL_OPT_BOOL, FL_OPT_INT, FL_OPT_STRING, FL_OPT_DURATION, FL_OPT_BYTES, FL_OPT_LIST, FL_OPT_CIDRS, FL_OPT_SECRET,
    FL_OPT_LEVEL, FL_OPT_LIBRARY
};

struct fl_option_row {
    const char *phase, *kind, *name;
    enum fl_option_type type;
    const char *dflt, *yaml, *doc;
};

struct fl_kind_row {
    const char *phase, *kind, *doc;
};

extern const struct fl_option_row fl_option_rows[];
extern const uint32_t fl_option_nrows;
extern const struct fl_kind_row fl_kind_rows[];
extern const uint32_t fl_kind_nrows;

/* ---- known keys ------------------------------------------------------------------------------------------------- */

enum fl_key_type {
    FL_KEY_STRING, FL_KEY_SECRET, FL_KEY_LIST, FL_KEY_INT, FL_KEY_COUNT, FL_KEY_POSITIVE, FL_KEY_BOOL, FL_KEY_ANY
};
enum fl_key_use { FL_KEY_READ, FL_KEY_CHECKED, FL_KEY_KIND, FL_KEY_IDLE };

struct fl_key_row {
    const char *path;
    enum fl_key_type type;
    enum fl_key_use use;
    const char *doc;
};

extern const struct fl_key_row fl_key_rows[];
extern const uint32_t fl_key_nrows;

/* ---- the configuration ------------------------------------------------------------------------------------ */

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

struct fl_config {
    struct fl_arena arena;
    const struct fl_pipeline *pipeline;
    const char *input, *output;
    const char *file_name;               /* NULL: none was read */
    bool environment;                    /* is it looked at? */
    struct fl_yaml file, set;
    struct fl_problems problems;
    struct { const char *phase, *kind; enum fl_given given; } kind[FL_PHASES];
    uint32_t nkinds;
    struct fl_option_value *option;      /* by row */
    struct fl_param_value *param;        /* by param */
    struct fl_key_value *key;            /* by key row */
    struct fl_log_options log;
    struct fl_note *note;
    uint32_t nnotes, notes_cap;
};

/*
 * Read and validate everything. Problems are in c->problems (print them with fl_problems_print and stop); the params'
 * values are filled. `file` NULL: no file is read. Never NULL.
 */
struct fl_config *fl_config_load(const struct fl_pipeline *p, const struct fl_args *args, const char *file);
/* Values that are needed to run but not to be printed (a URL, a bucket): more problems. */
void fl_config_require(struct fl_config *c);
/* The .flow's own defaults for tests: no file, no environment, compress none. NULL and *error (to be freed). */
struct fl_config *fl_config_defaults(const struct fl_pipeline *p, char **error);
void fl_config_free(struct fl_config *c);
/* What the log should say at start: keys without effect, defaults that decide what is dropped. */
void fl_config_log_notes(const struct fl_config *c);

/* ---- between config.c and its parts ----------------------------------------------------------------------- */

/*
 * The value of a path (lower case) from --set, environment or file; NULL: in none, or empty there. `list`: [..] in
 * the environment is YAML.
 */
const struct fl_yaml_value *fl_conf_find(struct fl_config *c, const char *path, bool list, enum fl_given *given);
/* A default's text as a value. */
const struct fl_yaml_value *fl_conf_parse(struct fl_config *c, const char *source, const char *text);
void fl_conf_note(struct fl_config *c, enum fl_level level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
const char *fl_conf_env_name(struct fl_config *c, const char *path);
/* " (did you mean NAME?)", or "" when nothing is near. */
const char *fl_conf_meant(struct fl_config *c, const struct fl_suggest *s);

void fl_conf_check_keys(struct fl_config *c);      /* keys.c: unknown keys; notes */
void fl_conf_read_plain(struct fl_config *c);      /* keys.c */
void fl_conf_kinds(struct fl_config *c);           /* kinds.c */
void fl_conf_options(struct fl_config *c);         /* options.c */
void fl_conf_options_require(struct fl_config *c); /* options.c */
void fl_conf_params(struct fl_config *c, bool complete); /* params.c; complete: a param without value is a problem */
void fl_conf_logging(struct fl_config *c);         /* log.c */
/* kinds.c: may a param at pipeline.<phase>.type be given `v`? False: its default stays; said as a note or a problem. */
bool fl_conf_param_kind(struct fl_config *c, const struct fl_param *p, const struct fl_yaml_value *v);
const struct fl_param *fl_conf_param_at(const struct fl_config *c, const char *path);
/* The .flow's choice of a phase, or NULL. */
const struct fl_stage_choice *fl_conf_choice(const struct fl_config *c, const char *phase);
/* CRITICAL .. DEBUG, any case; false: none of them. */
bool fl_level_parse(const char *s, enum fl_level *level);
const char *fl_value_type_name(enum fl_value_type t);

/* ---- help.c, print.c ------------------------------------------------------------------------------- */

void fl_help(const struct fl_pipeline *p, FILE *out);
void fl_version(const struct fl_pipeline *p, FILE *out);
void fl_print_config(struct fl_config *c, FILE *out);

/* ---- program/metrics.c -------------------------------------------------------------------------------------------- */

struct fl_metrics;
/*
 * Serve /metrics and /healthz at `address` (host:port, :port); NULL and *error (to be freed) when that isn't
 * possible.
 */
struct fl_metrics *fl_metrics_start(struct fl_runtime *rt, const char *address, char **error);
/* The port that is really listened at. */
int fl_metrics_port(const struct fl_metrics *m);
/* /healthz answers 200 from now on. */
void fl_metrics_ready(struct fl_metrics *m, bool ready);
void fl_metrics_stop(struct fl_metrics *m);

/* ---- program/stop.c ----------------------------------------------------------------------------------------------- */

/*
 * Before any thread: signals that stop are blocked (they are waited for), those that would only kill by accident
 * ignored.
 */
void fl_signals_block(void);
/*
 * Wait for SIGTERM, SIGINT, SIGHUP or the end of the input, and end everything in order, with `timeout` ns for what
 * is left.
 * Returns the exit status: 0, or 1 if records were not delivered or the input broke off. A second signal ends the
 * process.
 */
int fl_run_to_end(struct fl_runtime *rt, int64_t timeout);

#endif
