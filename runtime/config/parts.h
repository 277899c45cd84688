/*
 * parts.h - between config.c and its parts; private to config/. Each calls those below it:
 *
 *   config.c                      loads
 *   keys.c, params.c, options.c   unknown keys and plain ones; params of the pipeline; rows of stages.def
 *   variant.c                     which alternatives of selects hold
 *   kinds.c, log.c, original.c    which kind of each phase holds; logging.*; defaults that aren't the original's
 *   guard.c                       who else may read secrets
 *   values.c                      finds while it is loaded, answers afterwards
 *   known_keys.c, base/rows.c     the tables
 */
#ifndef FL_CONFIG_PARTS_H
#define FL_CONFIG_PARTS_H

#include <stdbool.h>

#include "base/rows.h"
#include "base/suggest.h"
#include "config/config.h"
#include "flowrt.h"

/*
 * The value of a path (lower case) from --set, environment, credentials of systemd or file; NULL: in none, or empty there. `list`: [..] in
 * the environment is YAML.
 */
const struct fl_yaml_value *fl_conf_find(struct fl_config *c, const char *path, bool list, enum fl_given *given);
/* The output at hand. */
uint32_t fl_conf_output(const struct fl_config *c);
/* outputs.NAME.* for a path of one of its phases; NULL: it has no name, or the phase isn't an output's. */
const char *fl_conf_output_path(struct fl_config *c, uint32_t output, const char *phase, const char *path);
/* What messages call the path: for one of several outputs that with its name. */
const char *fl_conf_path(struct fl_config *c, const char *phase, const char *path);
/* As fl_conf_find, below outputs.NAME, or, for the first output, at the path itself; *found is where. */
const struct fl_yaml_value *fl_conf_find_in(struct fl_config *c, const char *phase, const char *path, enum fl_given *given, const char **found);
/* The output whose key the row has at this path, -1: of none. */
int fl_conf_option_at(struct fl_config *c, const struct fl_option_row *r, const char *path);
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
void fl_conf_original(struct fl_config *c);        /* original.c: notes on what a file leaves out and the original had otherwise */
void fl_conf_guard(struct fl_config *c);           /* guard.c: a file that others may write is a problem */
/* kinds.c: may a param at pipeline.<phase>.type be given `v`? False: its default stays; said as a note or a problem. */
bool fl_conf_param_kind(struct fl_config *c, const struct fl_param *p, const struct fl_yaml_value *v);
/* Has flowc written what the kind needs, and has this build its library? */
bool fl_conf_compiled_in(const struct fl_pipeline *p, uint32_t output, const struct fl_kind_row *k);
bool fl_conf_in_build(const struct fl_kind_row *k);
/* What --input or --output gives a phase, and the kind that it thereby chooses; NULL: nothing. */
const char *fl_conf_argument_text(const struct fl_config *c, const char *phase);
const struct fl_argument_row *fl_conf_argument(const struct fl_config *c, const char *phase);
const struct fl_param *fl_conf_param_at(const struct fl_config *c, const char *path);
/* The .flow's choices by number, those of the output behind the pipeline's own; NULL: there are no more. */
const struct fl_stage_choice *fl_conf_choice_at(const struct fl_pipeline *p, uint32_t output, uint32_t i);
/* That of a phase for the output at hand, or NULL. */
const struct fl_stage_choice *fl_conf_choice(const struct fl_config *c, const char *phase);
/*
 * params.c: the value that holds for p: is it one of these texts? `text` NULL: there is none, or of the wrong form, which reading the
 * param says.
 */
struct fl_among { bool is; const char *text; enum fl_given given; };
struct fl_among fl_conf_param_among(struct fl_config *c, const struct fl_param *p, const char *const *values);
/* variant.c: the pipelines that are compiled in, NULL: there are no more; a param of one; and the pipeline that holds. */
const struct fl_pipeline *fl_conf_variant_at(const struct fl_pipeline *whole, uint32_t i);
const struct fl_param *fl_conf_param_named(const struct fl_pipeline *p, const char *name, size_t n);
void fl_conf_choose_variant(struct fl_config *c);
/* params.c: how help calls it. */
const char *fl_value_type_name(enum fl_value_type t);

#endif
