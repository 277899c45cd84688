/*
 * values.c - answers what a value is and where it comes from; see values.h and parts.h. After loading nothing changes, so any
 * thread may ask.
 */
#include "config/values.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "base/rows.h"
#include "base/suggest.h"
#include "config/known_keys.h"
#include "config/parts.h"

/* ---- while it is loaded ------------------------------------------------------------------------------------------- */

const char *fl_conf_env_name(struct fl_config *c, const char *path)
{
    char *name = fl_arena_printf(&c->arena, "SKYDIVE_%s", path);
    for (char *p = name; *p; p++)
        *p = *p == '.' || *p == '-' ? '_' : (char)toupper((unsigned char)*p);
    return name;
}

static const struct fl_yaml_value *from_environment(struct fl_config *c, const char *path, bool list)
{
    const char *name = fl_conf_env_name(c, path), *text = getenv(name);
    if (!text || !*text)
        return NULL;
    if (list && *text == '[') {
        struct fl_yaml y;
        if (!fl_yaml_parse_value(&c->arena, name, path, text, &y, &c->problems) || y.n != 1)
            return NULL;
        return &y.entry[0].value;
    }
    struct fl_yaml_value *v = fl_arena_zero(&c->arena, sizeof *v);
    *v = (struct fl_yaml_value){ .kind = FL_YAML_TEXT, .quoted = true, .text = text, .at = { name, 0, 0 } };
    return v;
}

/*
 * A file named like the key in the folder that systemd makes for LoadCredential= and SetCredential=, which only the service may read.
 * Kept small: what systemd takes at all is 1 MB.
 */
static const struct fl_yaml_value *from_credential(struct fl_config *c, const char *path)
{
    char text[4097];
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (!folder || *folder != '/')
        return NULL;
    const char *name = fl_arena_printf(&c->arena, "%s/%s", folder, path);
    FILE *f = fopen(name, "re");
    if (!f) {
        if (errno != ENOENT)
            fl_problem(&c->problems, (struct fl_place_of){ name, 0, 0 }, "cannot read the credential %s: %s", path, strerror(errno));
        return NULL;
    }
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    if (n == sizeof text) {
        fl_problem(&c->problems, (struct fl_place_of){ name, 0, 0 }, "the credential %s is longer than %zu bytes", path, sizeof text - 1);
        n = 0;
    }
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    struct fl_yaml_value *v = fl_arena_zero(&c->arena, sizeof *v);
    *v = (struct fl_yaml_value){ .kind = FL_YAML_TEXT, .quoted = true, .text = fl_arena_strndup(&c->arena, text, n), .at = { name, 0, 0 } };
    explicit_bzero(text, sizeof text);
    return n ? v : NULL;
}

const struct fl_yaml_value *fl_conf_find(struct fl_config *c, const char *path, bool list, enum fl_given *given)
{
    const struct fl_yaml_entry *e = fl_yaml_find(&c->set, path);
    *given = FL_BY_DEFAULT;
    if (e) { /* an empty value goes back to the default */
        *given = FL_BY_SET;
        return e->value.kind == FL_YAML_NULL ? NULL : &e->value;
    }
    if (c->environment) {
        const struct fl_yaml_value *v = from_environment(c, path, list);
        if (!v)
            v = from_credential(c, path);
        *given = FL_BY_ENVIRONMENT;
        if (v)
            return v;
    }
    e = fl_yaml_find(&c->file, path);
    *given = e ? FL_BY_FILE : FL_BY_DEFAULT;
    return e && e->value.kind != FL_YAML_NULL && e->value.kind != FL_YAML_MAP ? &e->value : NULL;
}

const struct fl_yaml_value *fl_conf_parse(struct fl_config *c, const char *source, const char *text)
{
    struct fl_yaml y;
    if (!fl_yaml_parse_value(&c->arena, source, "value", text, &y, &c->problems) || y.n != 1)
        return NULL;
    if (y.entry[0].value.kind == FL_YAML_NULL) { /* "" in a table means an empty text */
        struct fl_yaml_value *v = fl_arena_zero(&c->arena, sizeof *v);
        *v = (struct fl_yaml_value){ .kind = FL_YAML_TEXT, .quoted = true, .text = "", .at = { source, 0, 0 } };
        return v;
    }
    return &y.entry[0].value;
}

const char *fl_conf_meant(struct fl_config *c, const struct fl_suggest *s)
{
    const char *best = fl_suggest_best(s);
    return best ? fl_arena_printf(&c->arena, " (did you mean %s?)", best) : "";
}

void fl_conf_note(struct fl_config *c, enum fl_level level, const char *fmt, ...)
{
    fl_arena_grow(&c->arena, c->note, c->nnotes, c->notes_cap);
    va_list ap;
    va_start(ap, fmt);
    c->note[c->nnotes++] = (struct fl_note){ level, fl_arena_vprintf(&c->arena, fmt, ap) };
    va_end(ap);
}

const struct fl_param *fl_conf_param_at(const struct fl_config *c, const char *path)
{
    for (uint32_t i = 0; i < c->pipeline->nparams; i++) {
        const struct fl_param *p = &c->pipeline->params[i];
        if (p->yaml && !strcmp(p->yaml, path))
            return p;
    }
    return NULL;
}

const struct fl_stage_choice *fl_conf_choice_at(const struct fl_pipeline *p, uint32_t output, uint32_t i)
{
    if (i < p->nstages)
        return &p->stages[i];
    return i - p->nstages < p->outputs[output].nstages ? &p->outputs[output].stages[i - p->nstages] : NULL;
}

const struct fl_stage_choice *fl_conf_choice(const struct fl_config *c, const char *phase)
{
    const struct fl_stage_choice *s;
    for (uint32_t i = 0; (s = fl_conf_choice_at(c->pipeline, fl_conf_output(c), i)); i++)
        if (!strcmp(s->phase, phase))
            return s;
    return NULL;
}

uint32_t fl_conf_output(const struct fl_config *c)
{
    return (uint32_t)(c->at - c->scope);
}

/* "pipeline.write.type", "pipeline.output.queue.max_bytes": what stands behind its output's name. */
static const char *behind(const char *path)
{
    static const char *const sections[] = { "pipeline.output.", "pipeline." };
    for (int i = 0; i < 2; i++)
        if (!strncmp(path, sections[i], strlen(sections[i])))
            return path + strlen(sections[i]);
    return path;
}

const char *fl_conf_output_path(struct fl_config *c, uint32_t output, const char *phase, const char *path)
{
    const char *name = c->pipeline->outputs[output].name;
    if (!name || !path || !fl_phase_of_output(phase))
        return NULL;
    char *s = fl_arena_printf(&c->arena, "outputs.%s.%s", name, behind(path));
    for (char *p = s; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return s;
}

const char *fl_conf_path(struct fl_config *c, const char *phase, const char *path)
{
    const char *own = c->nscopes > 1 ? fl_conf_output_path(c, fl_conf_output(c), phase, path) : NULL;
    return own ? own : path;
}

const struct fl_yaml_value *fl_conf_find_in(struct fl_config *c, const char *phase, const char *path, enum fl_given *given, const char **found)
{
    enum fl_given other;
    const char *own = fl_conf_output_path(c, fl_conf_output(c), phase, path);
    const struct fl_yaml_value *v = own ? fl_conf_find(c, own, false, given) : NULL;
    *found = own;
    if (fl_conf_output(c) > 0)
        return v;
    const struct fl_yaml_value *w = fl_conf_find(c, path, false, &other);
    if (v && (!w || *given >= other))
        return v;
    *given = other;
    *found = path;
    return w;
}

int fl_conf_option_at(struct fl_config *c, const struct fl_option_row *r, const char *path)
{
    if (r->yaml && !strcmp(r->yaml, path))
        return 0;
    for (uint32_t i = 0; r->yaml && !strncmp(path, "outputs.", 8) && i < c->nscopes; i++) {
        const char *own = fl_conf_output_path(c, i, r->phase, r->yaml);
        if (own && !strcmp(own, path))
            return (int)i;
    }
    return -1;
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

static const char *kind_in(const struct fl_scope *s, const char *phase)
{
    for (uint32_t i = 0; i < s->nkinds; i++)
        if (!strcmp(s->kind[i].phase, phase))
            return s->kind[i].kind;
    return NULL;
}

const char *fl_config_kind_of(const struct fl_config *c, uint32_t output, const char *phase)
{
    const char *kind = kind_in(&c->scope[output], phase);
    if (!kind)
        kind = kind_in(c->scope, phase); /* what belongs to no output */
    return kind ? kind : FL_NONE;
}

const char *fl_config_kind(const struct fl_config *c, const char *phase)
{
    return fl_config_kind_of(c, fl_conf_output(c), phase);
}

static const struct fl_option_value *option(const struct fl_scope *s, const char *phase, const char *kind, const char *name)
{
    if (!*kind)
        kind = FL_ONLY;
    const struct fl_option_row *r = fl_option_row(phase, kind, name);
    if (r)
        return &s->option[r - fl_option_rows];
    FL_BUG("%s %s has no option %s in stages.def", phase, kind, name);
}

bool fl_option_bool(const struct fl_config *c, const char *phase, const char *kind, const char *name)
{
    return option(c->scope, phase, kind, name)->b;
}

int64_t fl_option_int(const struct fl_config *c, const char *phase, const char *kind, const char *name)
{
    return option(c->scope, phase, kind, name)->i;
}

const char *fl_option_str(const struct fl_config *c, const char *phase, const char *kind, const char *name)
{
    return option(c->scope, phase, kind, name)->s;
}

struct fl_options fl_options_of_output(const struct fl_config *c, uint32_t output, const char *phase)
{
    return (struct fl_options){c, phase, fl_config_kind_of(c, output, phase), output};
}

struct fl_options fl_options_of(const struct fl_config *c, const char *phase)
{
    return fl_options_of_output(c, 0, phase);
}

static const struct fl_option_value *opt(const struct fl_options *o, const char *name)
{
    return option(&o->config->scope[o->output], o->phase, o->kind, name);
}

bool fl_opt_bool(const struct fl_options *o, const char *name)
{
    return opt(o, name)->b;
}

int64_t fl_opt_int(const struct fl_options *o, const char *name)
{
    return opt(o, name)->i;
}

const char *fl_opt_str(const struct fl_options *o, const char *name)
{
    return opt(o, name)->s;
}

static const struct fl_key_value *key_value(const struct fl_config *c, const char *key)
{
    for (uint32_t i = 0; i < fl_key_nrows; i++)
        if (!strcmp(fl_key_rows[i].path, key))
            return &c->key[i];
    FL_BUG("configuration key %s is not in known_keys.def", key);
}

const char *fl_config_str(const struct fl_config *c, const char *key)
{
    return key_value(c, key)->s;
}

const char *const *fl_config_list(const struct fl_config *c, const char *key, uint32_t *n)
{
    const struct fl_key_value *k = key_value(c, key);
    *n = k->n;
    return k->list;
}
