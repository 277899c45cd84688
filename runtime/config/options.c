/*
 * options.c - the rows of dsl/stages.def with their effective values: --set, environment, file, the .flow, the row's
 * default.
 * Only rows of the kinds that hold are read from YAML. Part of config.c; fl_option_* are called by every part of the
 * runtime.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <stdlib.h>
#include <string.h>

#include "dsl/libraries.h"
#include "base/log.h"
#include "base/suggest.h"
#include "config/parts.h"
#include "config/rows.h"
#include "config/value.h"
#include "config/values.h"
#include "core/clock.h"

const struct fl_option_row fl_option_rows[] = {
#define OPTION(phase, kind, name, type, dflt, yaml, doc) { #phase, #kind, #name, FL_OPT_##type, dflt, yaml, doc },
#include "dsl/stages.def"
};
const uint32_t fl_option_nrows = sizeof fl_option_rows / sizeof *fl_option_rows;

/* Limits other than "not negative". Durations are in seconds here. */
static const struct { const char *phase, *kind, *name; int64_t least, most; const char *why; } limits[] = {
    { "store", "buffered", "max_flows_per_object", 1, INT32_MAX, "an object holds at least one record" },
    { "store", "buffered", "max_open_partitions", 1, 1000000, "" },
    { "source", "skydive", "connect_timeout", 1, 3600, "" },
    { "source", "skydive", "max_backoff", 1, 3600, "" },
    { "source", "skydive", "max_message", 1024, INT32_MAX, "" },
    { "source", "file", "max_message", 1024, INT32_MAX, "" },
    { "source", "stdin", "max_message", 1024, INT32_MAX, "" },
    { "queue", "_", "max_bytes", 4096, INT64_C(1) << 40, "" },
    { "write", "s3", "timeout", 1, 86400, "" },
    { "write", "s3", "uploads", 1, 64, "" },
};

/* Texts of which only some are allowed. */
static const struct { const char *phase, *kind, *name, *words[3]; } choices[] = {
    { "store", "buffered", "policy", { "block", "drop_oldest", NULL } },
    { "store", "direct", "policy", { "block", "drop_oldest", NULL } },
};

static bool is(const struct fl_option_row *r, const char *phase, const char *kind, const char *name)
{
    return !strcmp(r->phase, phase) && !strcmp(r->kind, kind) && !strcmp(r->name, name);
}

static const char *path_of(struct fl_config *c, const struct fl_option_row *r)
{
    return r->yaml ? r->yaml : fl_arena_printf(&c->arena, "%s %s %s", r->phase, r->kind, r->name);
}

/* ---- values ------------------------------------------------------------------------------------------------- */

static const char *expected(enum fl_option_type t)
{
    switch (t) {
    case FL_OPT_BOOL: return "true or false";
    case FL_OPT_INT: return "a whole number such as 6000";
    case FL_OPT_DURATION: return "a duration such as 60 (seconds), 60s, 5m or 50ms, not negative";
    case FL_OPT_BYTES: return "a size such as 4096, 64KiB or 2GiB, not negative";
    case FL_OPT_LEVEL: return "fast, default, best or a number from 0 to 12";
    case FL_OPT_LIBRARY: return FL_LIBRARIES_SAID;
    case FL_OPT_LIST: return "a list of texts";
    case FL_OPT_CIDRS: return "a list of prefixes such as [10.0.0.0/8]";
    default: return "a text";
    }
}

static bool convert(const struct fl_option_row *r, const char *text, struct fl_option_value *out)
{
    switch (r->type) {
    case FL_OPT_BOOL: return fl_value_bool(text, &out->b);
    case FL_OPT_INT: return fl_value_int(text, &out->i);
    case FL_OPT_DURATION: return fl_value_duration(text, &out->i);
    case FL_OPT_BYTES: return fl_value_bytes(text, &out->i);
    case FL_OPT_LEVEL: return fl_value_level(text, &out->i);
    case FL_OPT_LIBRARY: return fl_value_library(text, &out->i);
    default: out->s = text; return true;
    }
}

static void check_limits(struct fl_config *c, const struct fl_option_row *r, struct fl_place_of at,
                         const struct fl_option_value *v)
{
    int64_t least = 0, most = INT64_MAX, unit = r->type == FL_OPT_DURATION ? FL_SECOND : 1;
    const char *why = "", *path = path_of(c, r);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        if (is(r, limits[i].phase, limits[i].kind, limits[i].name)) {
            least = limits[i].least;
            most = limits[i].most;
            why = limits[i].why;
        }
    }
    const char *s = unit > 1 ? "s" : "";
    if (v->i < 0 || v->i / unit < least)
        fl_problem(&c->problems, at, "%s: `%s` is too small; expected %lld%s or more%s%s", path, v->v->text,
                   (long long)least, s, *why ? ": " : "", why);
    else if (v->i / unit > most)
        fl_problem(&c->problems, at, "%s: `%s` is too large; expected %lld%s or less", path, v->v->text,
                   (long long)most, s);
}

static void check_choice(struct fl_config *c, const struct fl_option_row *r, struct fl_place_of at, const char *text)
{
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        struct fl_suggest s;
        if (!is(r, choices[i].phase, choices[i].kind, choices[i].name))
            continue;
        fl_suggest_init(&s, text);
        for (const char *const *w = choices[i].words; *w; w++) {
            if (!strcmp(*w, text))
                return;
            fl_suggest_try(&s, *w);
        }
        fl_problem(&c->problems, at, "%s: `%s` is not known%s; expected %s or %s", path_of(c, r), text,
                   fl_conf_meant(c, &s), choices[i].words[0], choices[i].words[1]);
    }
}

static void read_value(struct fl_config *c, const struct fl_option_row *r, struct fl_option_value *out)
{
    const struct fl_yaml_value *v = out->v;
    if (v->kind != FL_YAML_TEXT) {
        fl_problem(&c->problems, v->at, "%s: expected %s, not a list", path_of(c, r), expected(r->type));
        return;
    }
    if (!convert(r, v->text, out)) {
        fl_problem(&c->problems, v->at, "%s: `%s` is wrong; expected %s", path_of(c, r), v->text, expected(r->type));
        return;
    }
    if (r->type == FL_OPT_INT || r->type == FL_OPT_DURATION || r->type == FL_OPT_BYTES)
        check_limits(c, r, v->at, out);
    else if (r->type == FL_OPT_STRING)
        check_choice(c, r, v->at, v->text);
}

/* ---- where a value comes from ----------------------------------------------------------------------------------- */

static const struct fl_yaml_value *from_flow(struct fl_config *c, const struct fl_option_row *r)
{
    const struct fl_stage_choice *choice = fl_conf_choice(c, r->phase);
    const char *kind = choice && *choice->kind ? choice->kind : "_";
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
    const char *text = NULL;
    if (c->input && is(r, "source", "file", "path"))
        text = c->input;
    else if (c->output && is(r, "write", "file", "directory"))
        text = c->output;
    if (!text)
        return NULL;
    struct fl_yaml_value *v = fl_arena_zero(&c->arena, sizeof *v);
    *v = (struct fl_yaml_value){ .kind = FL_YAML_TEXT, .quoted = true, .text = text, .at = { "command line", 0, 0 } };
    return v;
}

static void read_row(struct fl_config *c, const struct fl_option_row *r, struct fl_option_value *out)
{
    bool holds = !strcmp(r->kind, "_") || !strcmp(r->kind, fl_config_kind(c, r->phase));
    out->given = FL_BY_SET;
    out->v = from_command_line(c, r);
    if (!out->v && r->yaml && holds && !fl_conf_param_at(c, r->yaml))
        out->v = fl_conf_find(c, r->yaml, false, &out->given);
    if (out->v && r->type == FL_OPT_SECRET && out->given == FL_BY_SET)
        fl_conf_note(c, FL_WARN, "%s was given on the command line, where every user of this machine sees it; use a "
                     "file or the environment", r->yaml);
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

void fl_conf_options(struct fl_config *c)
{
    for (uint32_t i = 0; i < fl_option_nrows; i++)
        read_row(c, &fl_option_rows[i], &c->option[i]);
}

/* ---- what has to be there to run -------------------------------------------------------------------------- */

static struct fl_place_of place(const struct fl_option_value *v, const char *path)
{
    return v->v && v->given > FL_BY_FLOW ? v->v->at : (struct fl_place_of){ path, 0, 0 };
}

static void check_url(struct fl_config *c, const char *phase, const char *kind, const char *name,
                      const char *schemes, const char *hint)
{
    for (uint32_t i = 0; i < fl_option_nrows; i++) {
        const struct fl_option_row *r = &fl_option_rows[i];
        const char *why, *url = c->option[i].s;
        if (!is(r, phase, kind, name) || strcmp(fl_config_kind(c, phase), kind))
            continue;
        if (*url && !fl_value_url(url, schemes, &why))
            fl_problem(&c->problems, place(&c->option[i], r->yaml), "%s: malformed URL %s: %s; expected %s", r->yaml,
                       strchr(url, '@') ? "(not shown: it may hold a password)" : url, why, hint);
        else if (!*url && !strcmp(name, "url"))
            fl_problem(&c->problems, place(&c->option[i], c->file_name ? c->file_name : c->pipeline->name),
                       "%s is not set; expected %s. To read a recording, use --input FILE", r->yaml, hint);
    }
}

void fl_conf_options_require(struct fl_config *c)
{
    bool s3 = !strcmp(fl_config_kind(c, "write"), "s3");
    for (uint32_t i = 0; i < fl_option_nrows; i++) {
        const struct fl_option_row *r = &fl_option_rows[i];
        if (strcmp(r->kind, "_") && strcmp(r->kind, fl_config_kind(c, r->phase)))
            continue;
        bool bucket = s3 && !strcmp(r->phase, "store") && !strcmp(r->name, "dirname");
        if ((!r->dflt && !c->option[i].v) || ((!r->dflt || bucket) && c->option[i].v && !*c->option[i].s))
            fl_problem(&c->problems, place(&c->option[i], c->file_name ? c->file_name : c->pipeline->name),
                       "%s has to be given: %s (in the file, as %s, or with --set)", path_of(c, r), r->doc,
                       r->yaml ? fl_conf_env_name(c, r->yaml) : "an option in the .flow");
    }
    check_url(c, "source", "skydive", "url", "ws|wss", "ws://host:port/ws/subscriber/flow or wss://host:port/path");
    check_url(c, "write", "s3", "endpoint", "http|https", "https://host or http://host:port");
    if (!strcmp(fl_config_kind(c, "write"), "s3"))
        check_url(c, "write", "s3", "iam_endpoint", "http|https", "https://host/path");
}

/* ---- asking ----------------------------------------------------------------------------------------------- */

static const struct fl_option_value *option(const struct fl_config *c, const char *phase, const char *kind,
                                            const char *name)
{
    if (!*kind)
        kind = "_";
    for (uint32_t i = 0; i < fl_option_nrows; i++)
        if (is(&fl_option_rows[i], phase, kind, name))
            return &c->option[i];
    fprintf(stderr, "bug: %s %s has no option %s in stages.def\n", phase, kind, name);
    abort();
}

bool fl_option_bool(const struct fl_config *c, const char *phase, const char *kind, const char *name)
{
    return option(c, phase, kind, name)->b;
}

int64_t fl_option_int(const struct fl_config *c, const char *phase, const char *kind, const char *name)
{
    return option(c, phase, kind, name)->i;
}

const char *fl_option_str(const struct fl_config *c, const char *phase, const char *kind, const char *name)
{
    return option(c, phase, kind, name)->s;
}
