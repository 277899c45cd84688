/*
 * options.c - the rows of dsl/stages.def with their effective values: --set, environment, file, the .flow, the row's
 * default.
 * Only rows of the kinds that hold are read from YAML. Part of config.c.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <string.h>

#include "base/log.h"
#include "base/rows.h"
#include "base/suggest.h"
#include "config/parts.h"
#include "config/value.h"
#include "config/values.h"
#include "core/clock.h"

static const char *path_of(struct fl_config *c, const struct fl_option_row *r)
{
    return r->yaml ? fl_conf_path(c, r->phase, r->yaml) : fl_arena_printf(&c->arena, "%s %s %s", r->phase, r->kind, r->name);
}

/* ---- values ------------------------------------------------------------------------------------------------- */

static const char *expected(struct fl_config *c, const struct fl_option_row *r)
{
    char allowed[256];
    switch (r->of.type) {
    case FL_OPT_BOOL: return "true or false";
    case FL_OPT_INT: return "a whole number such as 6000";
    case FL_OPT_DURATION: return "a duration such as 60 (seconds), 60s, 5m or 50ms, not negative";
    case FL_OPT_BYTES: return "a size such as 4096, 64KiB or 2GiB, not negative";
    case FL_OPT_STRING:
    case FL_OPT_SECRET:
    case FL_OPT_URL: return "a text";
    case FL_OPT_WORD:
    case FL_OPT_LEVEL:
    case FL_OPT_CHAR:
    case FL_OPT_CELL: break;
    }
    fl_option_allows(r, allowed, sizeof allowed);
    return fl_arena_strdup(&c->arena, allowed);
}

/* Its number among the words, and as it stands there. */
static bool word(struct fl_config *c, const struct fl_option_row *r, const char *text, struct fl_option_value *out)
{
    size_t n;
    bool built;
    int i = fl_word_find(r->of.words, text);
    if (i < 0)
        return false;
    const char *w = fl_word_at(r->of.words, (uint32_t)i, &n, &built);
    out->i = i;
    out->s = fl_arena_strndup(&c->arena, w, n);
    return true;
}

static bool level(const struct fl_option_row *r, const char *text, int64_t *out)
{
    int i = fl_word_find(r->of.words, text);
    if (i >= 0)
        *out = FL_LEVEL_BEST + i;
    return i >= 0 || (fl_value_int(text, out) && fl_option_within(r, *out));
}

static bool convert(struct fl_config *c, const struct fl_option_row *r, const char *text, struct fl_option_value *out)
{
    switch (r->of.type) {
    case FL_OPT_BOOL: return fl_value_bool(text, &out->b);
    case FL_OPT_INT: return fl_value_int(text, &out->i);
    case FL_OPT_DURATION: return fl_value_duration(text, &out->i);
    case FL_OPT_BYTES: return fl_value_bytes(text, &out->i);
    case FL_OPT_LEVEL: return level(r, text, &out->i);
    case FL_OPT_WORD: return word(c, r, text, out);
    case FL_OPT_CHAR:
        out->i = *text;
        out->s = text;
        return fl_option_spells(r, text);
    case FL_OPT_CELL:
        out->s = text;
        return fl_option_spells(r, text);
    case FL_OPT_STRING:
    case FL_OPT_SECRET:
    case FL_OPT_URL: break;
    }
    out->s = text;
    return true;
}

static void check_limits(struct fl_config *c, const struct fl_option_row *r, struct fl_place_of at,
                         const struct fl_option_value *v)
{
    int64_t unit = r->of.type == FL_OPT_DURATION ? FL_SECOND : 1;
    const char *s = unit > 1 ? "s" : "";
    if (v->i < r->of.least)
        fl_problem(&c->problems, at, "%s: `%s` is too small; expected %lld%s or more", path_of(c, r), v->v->text,
                   (long long)(r->of.least / unit), s);
    else if (v->i > r->of.most)
        fl_problem(&c->problems, at, "%s: `%s` is too large; expected %lld%s or less", path_of(c, r), v->v->text,
                   (long long)(r->of.most / unit), s);
}

static void unknown_word(struct fl_config *c, const struct fl_option_row *r, struct fl_place_of at, const char *text)
{
    struct fl_suggest s;
    const char *w;
    size_t n;
    bool built;
    fl_suggest_init(&s, text);
    for (uint32_t i = 0; (w = fl_word_at(r->of.words, i, &n, &built)); i++)
        if (built)
            fl_suggest_try(&s, fl_arena_strndup(&c->arena, w, n));
    fl_problem(&c->problems, at, "%s: `%s` is not known%s; expected %s", path_of(c, r), text, fl_conf_meant(c, &s),
               expected(c, r));
}

static void read_value(struct fl_config *c, const struct fl_option_row *r, struct fl_option_value *out)
{
    const struct fl_yaml_value *v = out->v;
    if (v->kind != FL_YAML_TEXT) {
        fl_problem(&c->problems, v->at, "%s: expected %s, not a list", path_of(c, r), expected(c, r));
        return;
    }
    if (convert(c, r, v->text, out)) {
        if (r->of.type == FL_OPT_INT || r->of.type == FL_OPT_DURATION || r->of.type == FL_OPT_BYTES)
            check_limits(c, r, v->at, out);
    } else if (r->of.type == FL_OPT_WORD) {
        unknown_word(c, r, v->at, v->text);
    } else {
        fl_problem(&c->problems, v->at, "%s: `%s` is wrong; expected %s", path_of(c, r), v->text, expected(c, r));
    }
}

/* ---- where a value comes from ----------------------------------------------------------------------------------- */

static const struct fl_yaml_value *from_flow(struct fl_config *c, const struct fl_option_row *r)
{
    const struct fl_stage_choice *choice = fl_conf_choice(c, r->phase);
    const char *kind = choice && *choice->kind ? choice->kind : FL_ONLY;
    if (!choice || strcmp(kind, r->kind))
        return NULL;
    for (uint32_t i = 0; i < choice->noptions; i++) {
        const struct fl_option_set *o = &choice->options[i];
        if (strcmp(o->name, r->name))
            continue;
        if (o->param)
            return c->param[o->param - c->pipeline->params].v;
        return fl_conf_parse(c, fl_arena_printf(&c->arena, "%s in %s", r->name,
                                                c->pipeline->file ? c->pipeline->file : "the .flow"),
                             o->text);
    }
    return NULL;
}

static const struct fl_yaml_value *from_command_line(struct fl_config *c, const struct fl_option_row *r)
{
    const char *text = fl_conf_argument_text(c, r->phase);
    bool gets = false;
    for (uint32_t i = 0; i < fl_argument_nrows; i++) {
        const struct fl_argument_row *a = &fl_argument_rows[i];
        gets |= a->option && r == fl_option_row(a->phase, a->kind, a->option);
    }
    if (!text || !gets)
        return NULL;
    if (c->nscopes > 1 && fl_phase_of_output(r->phase))
        text = fl_arena_printf(&c->arena, "%s/%s", text, c->pipeline->outputs[fl_conf_output(c)].name);
    struct fl_yaml_value *v = fl_arena_zero(&c->arena, sizeof *v);
    *v = (struct fl_yaml_value){ .kind = FL_YAML_TEXT, .quoted = true, .text = text, .at = { "command line", 0, 0 } };
    return v;
}

static void read_row(struct fl_config *c, const struct fl_option_row *r, struct fl_option_value *out)
{
    bool holds = !strcmp(r->kind, FL_ONLY) || !strcmp(r->kind, fl_config_kind(c, r->phase));
    out->given = FL_BY_SET;
    out->v = from_command_line(c, r);
    const char *path = r->yaml;
    if (!out->v && r->yaml && holds && !(fl_conf_output(c) == 0 && fl_conf_param_at(c, r->yaml)))
        out->v = fl_conf_find_in(c, r->phase, r->yaml, &out->given, &path);
    if (out->v && r->of.type == FL_OPT_SECRET && out->given == FL_BY_SET)
        fl_conf_note(c, FL_WARN, "%s was given on the command line, where every user of this machine sees it; use a "
                     "file or the environment", path);
    if (!out->v && (out->v = from_flow(c, r)))
        out->given = FL_BY_FLOW;
    if (!out->v && r->dflt) {
        out->given = FL_BY_DEFAULT;
        out->v = fl_conf_parse(c, "stages.def", r->dflt);
    }
    out->s = "";
    if (out->v)
        read_value(c, r, out);
}

static struct fl_place_of place(const struct fl_option_value *v, const char *path)
{
    return v->v && v->given > FL_BY_FLOW ? v->v->at : (struct fl_place_of){ path, 0, 0 };
}

/* Kinds and options that don't go together. */
static void check_clashes(struct fl_config *c)
{
    for (uint32_t i = 0; i < fl_clash_nrows; i++) {
        const struct fl_clash_row *r = &fl_clash_rows[i];
        const struct fl_option_row *o = fl_option_row(r->other, r->its, r->option);
        const struct fl_option_value *v = &c->at->option[o - fl_option_rows];
        if (strcmp(fl_config_kind(c, r->phase), r->kind) || strcmp(fl_config_kind(c, r->other), r->its) || !v->b)
            continue;
        fl_problem(&c->problems, place(v, path_of(c, o)), "%s is true, but with %s %s it can't be: %s. Leave one of them out",
                   path_of(c, o), r->phase, r->kind, r->why);
    }
}

void fl_conf_options(struct fl_config *c)
{
    for (uint32_t i = 0; i < fl_option_nrows; i++)
        if (fl_conf_output(c) == 0 || fl_phase_of_output(fl_option_rows[i].phase))
            read_row(c, &fl_option_rows[i], &c->at->option[i]);
    check_clashes(c);
}

/* ---- what has to be there to run -------------------------------------------------------------------------- */

static void check_url(struct fl_config *c, const struct fl_option_row *r, const struct fl_option_value *v)
{
    const char *why, *url = v->s, *path = path_of(c, r);
    if (*url && !fl_value_url(url, r->of.words, &why))
        fl_problem(&c->problems, place(v, path), "%s: malformed URL %s: %s; expected %s", path,
                   strchr(url, '@') ? "(not shown: it may hold a password)" : url, why, r->of.hint);
    else if (!*url && r->of.unset)
        fl_problem(&c->problems, place(v, c->file_name ? c->file_name : c->pipeline->name),
                   "%s is not set; expected %s. %s", path, r->of.hint, r->of.unset);
}

/* Does a kind that holds put objects into a bucket? */
static bool needs_bucket(const struct fl_config *c)
{
    const struct fl_kind_row *k = fl_kind_row("write", fl_config_kind(c, "write"));
    return k && k->needs & FL_NEEDS_BUCKET;
}

void fl_conf_options_require(struct fl_config *c)
{
    for (uint32_t i = 0; i < fl_option_nrows; i++) {
        const struct fl_option_row *r = &fl_option_rows[i];
        const struct fl_option_value *v = &c->at->option[i];
        if ((fl_conf_output(c) > 0 && !fl_phase_of_output(r->phase)) || (strcmp(r->kind, FL_ONLY) && strcmp(r->kind, fl_config_kind(c, r->phase))))
            continue;
        bool bucket = needs_bucket(c) && !strcmp(r->phase, "store") && !strcmp(r->name, "dirname");
        if ((!r->dflt && !v->v) || ((!r->dflt || bucket) && v->v && !*v->s))
            fl_problem(&c->problems, place(v, c->file_name ? c->file_name : c->pipeline->name),
                       "%s has to be given: %s (in the file, as %s, or with --set)", path_of(c, r), r->doc,
                       r->yaml ? fl_conf_env_name(c, path_of(c, r)) : "an option in the .flow");
        if (r->of.type == FL_OPT_URL)
            check_url(c, r, v);
    }
}
