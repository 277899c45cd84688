/*
 * keys.c - which keys a configuration may hold (known_keys.def, stages.def, params), and the plain ones' values. Part
 * of config.c.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/rows.h"
#include "base/suggest.h"
#include "config/known_keys.h"
#include "config/parts.h"
#include "config/value.h"
#include "config/values.h"

/* ---- all known paths ------------------------------------------------------------------------------------------ */

/* Number i of those below outputs.NAME, NULL: there are no more. */
static const char *output_path(struct fl_config *c, uint32_t i)
{
    uint32_t each = fl_option_nrows + fl_phase_nrows, output = i / each;
    i %= each;
    if (output >= c->pipeline->noutputs)
        return NULL;
    const struct fl_option_row *r = i < fl_option_nrows ? &fl_option_rows[i] : NULL;
    const struct fl_phase_row *p = r ? NULL : &fl_phase_rows[i - fl_option_nrows];
    const char *path = fl_conf_output_path(c, output, r ? r->phase : p->phase, r ? r->yaml : p->yaml);
    return path ? path : "";
}

/* Number i of all paths that a file may hold, NULL at the end; one may come twice. A path may end in ".*". */
static const char *known_path(struct fl_config *c, uint32_t i)
{
    if (i < fl_key_nrows)
        return fl_key_rows[i].path;
    i -= fl_key_nrows;
    if (i < fl_option_nrows)
        return fl_option_rows[i].yaml ? fl_option_rows[i].yaml : "";
    i -= fl_option_nrows;
    if (i >= c->pipeline->nparams)
        return output_path(c, i - c->pipeline->nparams);
    const struct fl_param *p = &c->pipeline->params[i];
    if (!p->yaml)
        return "";
    return p->shape == FL_MAP_OF ? fl_arena_printf(&c->arena, "%s.*", p->yaml) : p->yaml;
}

static bool below(const char *path, const char *section, size_t n)
{
    return !strncmp(path, section, n) && path[n] == '.';
}

enum found { UNKNOWN, KEY_ITSELF, SECTION, BELOW_KEY };

/* What is `path`; *near gets the key that it stands below, or one below it. */
static enum found look_up(struct fl_config *c, const char *path, const char **near)
{
    enum found found = UNKNOWN;
    const char *known;
    for (uint32_t i = 0; (known = known_path(c, i)); i++) {
        size_t n = strlen(known);
        if (!strcmp(known, path))
            return KEY_ITSELF;
        bool all = n > 2 && !strcmp(known + n - 2, ".*");
        if (all && !strncmp(path, known, n - 2) && (path[n - 2] == '.' || !path[n - 2]))
            return KEY_ITSELF;
        if (n && below(known, path, strlen(path))) {
            found = SECTION;
            *near = known;
        } else if (n && found == UNKNOWN && below(path, known, n)) {
            found = BELOW_KEY;
            *near = known;
        }
    }
    return found;
}

static const char *last_part(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot ? dot + 1 : path;
}

/* The key that was meant: a sibling with a similar name, the same name elsewhere, or a path with few differences. */
static const char *suggest(struct fl_config *c, const char *path)
{
    struct fl_suggest sibling, whole;
    const char *elsewhere = NULL, *known, *leaf = last_part(path);
    size_t parent = (size_t)(leaf - path);
    fl_suggest_init(&sibling, leaf);
    fl_suggest_init(&whole, path);
    for (uint32_t i = 0; (known = known_path(c, i)); i++) {
        if (!*known || strchr(known, '*'))
            continue;
        fl_suggest_try(&whole, known);
        if ((size_t)(last_part(known) - known) == parent && !strncmp(known, path, parent))
            fl_suggest_try(&sibling, last_part(known));
        else if (!strcmp(last_part(known), leaf) && strcmp(leaf, "type"))
            elsewhere = elsewhere ? elsewhere : known;
    }
    const char *best = fl_suggest_best(&sibling);
    if (best)
        return fl_arena_printf(&c->arena, "%.*s%s", (int)parent, path, best);
    if (fl_suggest_best(&whole) && whole.distance <= 4)
        return whole.best;
    return elsewhere;
}

/* ---- checks ----------------------------------------------------------------------------------------------- */

/* `--set NAME=` of a param without a YAML path, or `--set NAME.MEMBER=` of a map. */
static bool is_param_name(const struct fl_config *c, const char *written)
{
    const struct fl_pipeline *of;
    for (uint32_t v = 0; (of = fl_conf_variant_at(c->whole, v)); v++)
        for (uint32_t i = 0; i < of->nparams; i++) {
            const struct fl_param *p = &of->params[i];
            size_t n = strlen(p->name);
            if (!p->yaml && !strncasecmp(p->name, written, n) &&
                (!written[n] || (written[n] == '.' && p->shape == FL_MAP_OF)))
                return true;
        }
    return false;
}

static const char *suggest_name(const struct fl_config *c, const char *written)
{
    struct fl_suggest s;
    fl_suggest_init(&s, written);
    for (uint32_t i = 0; i < c->pipeline->nparams; i++)
        fl_suggest_try(&s, c->pipeline->params[i].name);
    return fl_suggest_best(&s);
}

/* Is it a key, or a section, of an alternative that wasn't chosen? */
static bool of_another(struct fl_config *c, const char *path)
{
    const struct fl_pipeline *own = c->pipeline, *of;
    const char *near = NULL;
    bool found = false;
    for (uint32_t i = 0; !found && (of = fl_conf_variant_at(c->whole, i)); i++) {
        c->pipeline = of;
        enum found what = of == own ? UNKNOWN : look_up(c, path, &near);
        found = what == KEY_ITSELF || what == SECTION;
    }
    c->pipeline = own;
    return found;
}

static void check_entry(struct fl_config *c, const struct fl_yaml_entry *e, bool set)
{
    const char *near = NULL, *meant;
    bool empty = e->value.kind == FL_YAML_NULL || e->value.kind == FL_YAML_MAP;
    if (set && is_param_name(c, e->written))
        return;
    switch (look_up(c, e->path, &near)) {
    case KEY_ITSELF:
        return;
    case SECTION:
        if (!empty)
            fl_problem(&c->problems, e->at, "%s is a section, not a value: put its keys below it, as %s", e->path,
                       near);
        return;
    case BELOW_KEY:
        fl_problem(&c->problems, e->at, "%s: %s is a value, not a section, so nothing can stand below it", e->path,
                   near);
        return;
    case UNKNOWN:
        break;
    }
    if (of_another(c, e->path)) {
        if (!empty)
            fl_conf_note(c, FL_INFO, "%s has no effect: it belongs to an alternative that was not chosen", e->path);
        return;
    }
    /* Looking for what was meant is slow, and of more problems than these none is shown. */
    bool shown = c->unknown++ < FL_PROBLEMS_SHOWN;
    meant = shown ? suggest(c, e->path) : NULL;
    if (!meant && shown && set && !strchr(e->path, '.'))
        meant = suggest_name(c, e->written);
    if (meant)
        fl_problem(&c->problems, e->at, "unknown key %s; did you mean %s?", e->path, meant);
    else
        fl_problem(&c->problems, e->at, "unknown key %s; --print-config shows all that there are", e->path);
}

static bool chosen(const struct fl_config *c, uint32_t output, const struct fl_option_row *r)
{
    return !strcmp(r->kind, FL_ONLY) || !strcmp(r->kind, fl_config_kind_of(c, output, r->phase));
}

static bool overridden(const struct fl_config *c, const char *phase)
{
    return fl_conf_argument_text(c, phase) != NULL;
}

/* One note for a key that is known but moves nothing here. */
static void note_idle(struct fl_config *c, const struct fl_yaml_entry *e)
{
    const struct fl_option_row *idle = NULL;
    uint32_t output = 0;
    if (e->value.kind == FL_YAML_NULL || e->value.kind == FL_YAML_MAP || fl_conf_param_at(c, e->path))
        return;
    for (uint32_t i = 0; i < fl_option_nrows; i++) {
        const struct fl_option_row *r = &fl_option_rows[i];
        int of = fl_conf_option_at(c, r, e->path);
        if (of < 0)
            continue;
        if (chosen(c, (uint32_t)of, r))
            return;
        idle = r;
        output = (uint32_t)of;
    }
    if (idle) {
        if (!overridden(c, idle->phase))
            fl_conf_note(c, FL_INFO, "%s has no effect in this program: %s is %s", e->path, idle->phase,
                         fl_config_kind_of(c, output, idle->phase));
        return;
    }
    for (uint32_t i = 0; i < c->pipeline->nparams; i++) {
        const struct fl_param *p = &c->pipeline->params[i];
        if (p->yaml && p->shape == FL_MAP_OF && below(e->path, p->yaml, strlen(p->yaml)))
            return;
    }
    for (uint32_t i = 0; i < fl_key_nrows; i++) {
        const struct fl_key_row *k = &fl_key_rows[i];
        size_t n = strlen(k->path);
        bool all = n > 2 && k->path[n - 1] == '*';
        if ((all ? below(e->path, k->path, n - 2) : !strcmp(k->path, e->path)) && k->use != FL_KEY_READ &&
            k->use != FL_KEY_KIND)
            fl_conf_note(c, FL_INFO, "%s has no effect in this program", e->path);
    }
}

/* Has the pipeline at hand a key with this name in the environment? */
static bool has_environment(struct fl_config *c, const char *written, size_t n)
{
    const char *path;
    for (uint32_t i = 0; (path = known_path(c, i)); i++) {
        const char *name = fl_conf_env_name(c, path);
        if (strlen(name) == n && !strncmp(name, written, n))
            return true;
    }
    return false;
}

/* Only SKYDIVE_PIPELINE_.. and SKYDIVE_OUTPUTS_..: Kubernetes sets SKYDIVE_ANALYZER_PORT and the like for its own reasons. */
static void check_environment(struct fl_config *c)
{
    extern char **environ;
    for (char **e = environ; *e; e++) {
        size_t n = strcspn(*e, "=");
        const struct fl_pipeline *own = c->pipeline, *of;
        if ((strncmp(*e, "SKYDIVE_PIPELINE", 16) && strncmp(*e, "SKYDIVE_OUTPUTS_", 16)) || !(*e)[n] || !(*e)[n + 1])
            continue;
        bool known = has_environment(c, *e, n);
        for (uint32_t i = 0; !known && (of = fl_conf_variant_at(c->whole, i)); i++) {
            c->pipeline = of;
            known = has_environment(c, *e, n);
        }
        c->pipeline = own;
        if (!known)
            fl_conf_note(c, FL_WARN, "environment variable %.*s has no effect: no key is called so", (int)n, *e);
    }
}

void fl_conf_check_keys(struct fl_config *c)
{
    for (uint32_t i = 0; i < c->file.n; i++) {
        check_entry(c, &c->file.entry[i], false);
        note_idle(c, &c->file.entry[i]);
    }
    for (uint32_t i = 0; i < c->set.n; i++) {
        check_entry(c, &c->set.entry[i], true);
        note_idle(c, &c->set.entry[i]);
    }
    if (c->environment)
        check_environment(c);
}

/* ---- plain keys ------------------------------------------------------------------------------------------- */

static void read_list(struct fl_config *c, const struct fl_key_row *row, const struct fl_yaml_value *v,
                      struct fl_key_value *out)
{
    uint32_t n, bad;
    const struct fl_yaml_value *item = fl_value_items(&c->arena, v, &n, &bad);
    if (!item) {
        fl_problem(&c->problems, v->item[bad].at, "%s[%u] is not a text; expected a list of texts", row->path, bad);
        return;
    }
    const char **list = fl_arena_get(&c->arena, (n + 1) * sizeof *list);
    for (uint32_t i = 0; i < n; i++)
        list[i] = item[i].text;
    out->list = list;
    out->n = n;
}

static void check_number(struct fl_config *c, const struct fl_key_row *row, const struct fl_yaml_value *v)
{
    int64_t n, least = row->type == FL_KEY_POSITIVE ? 1 : row->type == FL_KEY_COUNT ? 0 : INT64_MIN;
    if (!fl_value_int(v->text, &n))
        fl_problem(&c->problems, v->at, "%s: `%s` is not a whole number", row->path, v->text);
    else if (n < least)
        fl_problem(&c->problems, v->at, "invalid value for %s (%s): expected %lld or more", row->path, v->text,
                   (long long)least);
}

static void read_one(struct fl_config *c, const struct fl_key_row *row, const struct fl_yaml_value *v,
                     struct fl_key_value *out)
{
    bool b;
    if (row->type == FL_KEY_LIST) {
        read_list(c, row, v, out);
        return;
    }
    if (v->kind != FL_YAML_TEXT) {
        fl_problem(&c->problems, v->at, "%s is a list; expected one value", row->path);
        return;
    }
    out->s = v->text;
    if (row->type == FL_KEY_BOOL && !fl_value_bool(v->text, &b))
        fl_problem(&c->problems, v->at, "%s: `%s` is not true or false", row->path, v->text);
    else if (row->type == FL_KEY_INT || row->type == FL_KEY_COUNT || row->type == FL_KEY_POSITIVE)
        check_number(c, row, v);
}

static void read_password_file(struct fl_config *c)
{
    struct fl_key_value *password = NULL;
    const char *file = NULL;
    for (uint32_t i = 0; i < fl_key_nrows; i++) {
        if (!strcmp(fl_key_rows[i].path, "analyzer.auth.cluster.password"))
            password = &c->key[i];
        else if (!strcmp(fl_key_rows[i].path, "analyzer.auth.cluster.password_file"))
            file = c->key[i].s;
    }
    if (!file || !*file || password->s)
        return;
    char line[4096];
    FILE *f = fopen(file, "re");
    if (!f || !fgets(line, sizeof line, f)) {
        fl_problem(&c->problems, (struct fl_place_of){ "analyzer.auth.cluster.password_file", 0, 0 },
                   "cannot read %s", file);
    } else {
        line[strcspn(line, "\r\n")] = 0;
        password->s = fl_arena_strdup(&c->arena, line);
    }
    if (f)
        fclose(f);
}

void fl_conf_read_plain(struct fl_config *c)
{
    for (uint32_t i = 0; i < fl_key_nrows; i++) {
        const struct fl_key_row *row = &fl_key_rows[i];
        const struct fl_param *p = fl_conf_param_at(c, row->path);
        const struct fl_yaml_value *v;
        enum fl_given given;
        if (row->use == FL_KEY_IDLE || row->use == FL_KEY_KIND)
            continue;
        if (p) /* its default holds here too, and its type was checked */
            v = c->param[p - c->pipeline->params].v;
        else
            v = fl_conf_find(c, row->path, row->type == FL_KEY_LIST, &given);
        if (v)
            read_one(c, row, v, &c->key[i]);
    }
    read_password_file(c);
}
