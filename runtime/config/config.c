/*
 * config.c - loads the configuration; see config.h. Called by program/main.c once at start, and by the test runner through
 * fl_config_defaults.
 */
#include "config/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/rows.h"
#include "config/known_keys.h"
#include "config/parts.h"

#define MAX_FILE (4u << 20)

/* ---- sources ------------------------------------------------------------------------------------------------ */

static char *read_all(FILE *f, size_t *n)
{
    struct fl_buf b = { 0 };
    size_t got;
    while (b.n <= MAX_FILE && (got = fread(fl_buf_room(&b, 65536), 1, 65536, f)) > 0)
        b.n += got;
    *fl_buf_room(&b, 1) = 0;
    *n = b.n;
    return b.p;
}

static void read_file(struct fl_config *c, const char *file)
{
    bool standard = !strcmp(file, "-");
    c->file_name = standard ? "<stdin>" : fl_arena_strdup(&c->arena, file);
    struct fl_place_of at = { c->file_name, 0, 0 };
    FILE *f = standard ? stdin : fopen(file, "re");
    if (!f) {
        fl_problem(&c->problems, at, "cannot open the configuration: %s. Name another as `%s FILE`, or give --input "
                   "or --output, which need none", strerror(errno), c->pipeline->name);
        return;
    }
    size_t n;
    errno = 0;
    char *text = read_all(f, &n);
    if (ferror(f))
        fl_problem(&c->problems, at, "cannot read the configuration: %s", strerror(errno));
    else if (n > MAX_FILE)
        fl_problem(&c->problems, at, "larger than 4 MiB: not a configuration");
    else
        fl_yaml_parse(&c->arena, c->file_name, text, n, &c->file, &c->problems);
    if (!standard)
        fclose(f);
    free(text);
}

/* Of any variant: which one it is, the values say. */
static const struct fl_param *param_named(const struct fl_config *c, const char *name, size_t n)
{
    const struct fl_pipeline *of;
    const struct fl_param *p = NULL;
    for (uint32_t v = 0; !p && (of = fl_conf_variant_at(c->whole, v)); v++)
        p = fl_conf_param_named(of, name, n);
    return p;
}

/* `--set KEY=VALUE`s as one tree; later ones stand first and so win. */
static void read_sets(struct fl_config *c, const struct fl_overrides *over)
{
    struct fl_yaml *part = fl_arena_get(&c->arena, over->nset * sizeof *part);
    uint32_t n = 0;
    for (uint32_t i = 0; i < over->nset; i++) {
        const char *set = over->set[i], *value = strchr(set, '=') + 1;
        size_t size = (size_t)(value - 1 - set);
        char *key = fl_arena_strndup(&c->arena, set, size);
        size_t name = strcspn(key, ".");
        const struct fl_param *p = param_named(c, set, name);
        bool itself = p && (name == size || p->shape == FL_MAP_OF); /* NAME, or NAME.MEMBER of a map */
        const char *path = itself && p->yaml ? fl_arena_printf(&c->arena, "%s%s", p->yaml, key + name) : key;
        fl_yaml_parse_value(&c->arena, fl_arena_printf(&c->arena, "--set %s", key), path, value, &part[i],
                            &c->problems);
        n += part[i].n;
    }
    struct fl_yaml_entry *all = fl_arena_get(&c->arena, (n + 1) * sizeof *all);
    c->set = (struct fl_yaml){ all, n };
    for (uint32_t i = over->nset; i-- > 0;) {
        if (part[i].n)
            memcpy(all, part[i].entry, part[i].n * sizeof *all);
        all += part[i].n;
    }
}

/* Kinds and options of each output, those of the pipeline with the first. */
static void read_scopes(struct fl_config *c)
{
    for (uint32_t i = 0; i < c->nscopes; i++) {
        c->at = &c->scope[i];
        fl_conf_kinds(c);
        fl_conf_options(c);
    }
    c->at = c->scope;
}

/* ---- loading ---------------------------------------------------------------------------------------------------- */

static struct fl_config *new_config(const struct fl_pipeline *p)
{
    struct fl_config *c = fl_new(struct fl_config);
    fl_arena_init(&c->arena, 16384);
    c->problems.arena = &c->arena;
    c->pipeline = c->whole = p;
    return c;
}

/* The pipeline is known: room for its values. */
static void make_room(struct fl_config *c)
{
    const struct fl_pipeline *p = c->pipeline;
    c->nscopes = p->noutputs;
    c->at = c->scope = fl_arena_zero(&c->arena, c->nscopes * sizeof *c->scope);
    for (uint32_t i = 0; i < c->nscopes; i++)
        c->scope[i].option = fl_arena_zero(&c->arena, fl_option_nrows * sizeof *c->at->option);
    c->param = fl_arena_zero(&c->arena, (p->nparams + 1) * sizeof *c->param);
    c->key = fl_arena_zero(&c->arena, fl_key_nrows * sizeof *c->key);
}

struct fl_config *fl_config_load(const struct fl_pipeline *p, const struct fl_overrides *over, const char *file)
{
    struct fl_config *c = new_config(p);
    c->environment = true;
    c->input = over->input;
    c->output = over->output;
    if (file)
        read_file(c, file);
    if (over->nset)
        read_sets(c, over);
    fl_conf_choose_variant(c);
    make_room(c);
    fl_conf_params(c, false);
    read_scopes(c);
    fl_conf_read_plain(c);
    fl_conf_logging(c);
    fl_conf_check_keys(c);
    fl_conf_original(c);
    return c;
}

void fl_config_require(struct fl_config *c)
{
    fl_conf_guard(c);
    fl_conf_params(c, true);
    for (uint32_t i = 0; i < c->nscopes; i++) {
        c->at = &c->scope[i];
        fl_conf_options_require(c);
    }
    c->at = c->scope;
}

static struct fl_config *with_defaults(struct fl_config *c, char **error)
{
    make_room(c);
    fl_conf_params(c, false);
    read_scopes(c);
    fl_conf_read_plain(c);
    fl_conf_logging(c);
    *error = fl_problems_text(&c->problems);
    if (*error) {
        fl_config_free(c);
        return NULL;
    }
    return c;
}

struct fl_config *fl_config_defaults(const struct fl_pipeline *p, char **error)
{
    return with_defaults(new_config(p), error);
}

/* NAME="VALUE" as --set takes it. */
static const char *setting(struct fl_config *c, const struct fl_when *w)
{
    char *text = fl_arena_printf(&c->arena, "%s=\"", w->param), *value = fl_arena_get(&c->arena, 2 * strlen(w->test) + 1), *p = value;
    for (const char *s = w->test; *s; s++) {
        if (*s == '"' || *s == '\\')
            *p++ = '\\';
        *p++ = *s;
    }
    *p = 0;
    return fl_arena_printf(&c->arena, "%s%s\"", text, value);
}

struct fl_config *fl_config_of_test(const struct fl_pipeline *p, const struct fl_variant *v, const char *const *params, char **error)
{
    struct fl_config *c = new_config(p);
    uint32_t n = 0;
    while (params && params[n])
        n++;
    struct fl_overrides over = { .set = fl_arena_get(&c->arena, ((v ? v->nwhen : 0) + n + 1) * sizeof *over.set) };
    for (uint32_t i = 0; v && i < v->nwhen; i++)
        if (v->when[i].test)
            over.set[over.nset++] = setting(c, &v->when[i]);
    for (uint32_t i = 0; i < n; i++)
        over.set[over.nset++] = params[i];
    read_sets(c, &over);
    return with_defaults(c, error);
}

void fl_config_free(struct fl_config *c)
{
    if (!c)
        return;
    fl_arena_free(&c->arena);
    free(c);
}

/* ---- after loading ---------------------------------------------------------------------------------------- */

static bool default_decides(const struct fl_config *c, uint32_t i)
{
    const struct fl_param *p = &c->pipeline->params[i];
    return p->decides && !p->secret && c->param[i].given <= FL_BY_FLOW && c->param[i].v;
}

void fl_config_log_notes(const struct fl_config *c)
{
    for (uint32_t i = 0; i < c->nnotes && i < FL_PROBLEMS_SHOWN; i++)
        fl_log(c->note[i].level, c->note[i].text, NULL);
    if (c->nnotes > FL_PROBLEMS_SHOWN)
        fl_log(FL_INFO, "more of the configuration has no effect", "keys=%u", c->nnotes - FL_PROBLEMS_SHOWN);
    for (uint32_t i = 0; i < c->pipeline->nparams; i++) {
        const struct fl_param *p = &c->pipeline->params[i];
        if (!default_decides(c, i))
            continue;
        struct fl_arena a;
        fl_arena_init(&a, 1024);
        fl_log(FL_INFO, fl_arena_printf(&a, "dropping by default: %s = %s (%s is not set)", p->name,
                                        fl_yaml_show(&a, c->param[i].v), p->yaml ? p->yaml : p->name), NULL);
        fl_arena_free(&a);
    }
}
