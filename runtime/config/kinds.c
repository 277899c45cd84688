/*
 * kinds.c - which kind of each phase holds: the .flow's, or what YAML chooses among those that the runtime has.
 * Part of config.c; params.c asks it about params that stand at a `pipeline.<phase>.type`.
 */
#include "base/log.h"
#include "base/rows.h"
#include "base/suggest.h"
#include "config/parts.h"
#include "config/values.h"

#include <string.h>

/* Phases of the original that are compiled in, and the type that was its default. */
static const struct { const char *phase, *path, *dflt; } fixed[] = {
    { "mangle", "pipeline.mangle.type", FL_NONE },
    { "transform", "pipeline.transform.type", FL_NONE },
    { "classify", "pipeline.classify.type", "subnet" },
    { "filter", "pipeline.filter.type", "subnet" },
    { "storeheader", "pipeline.storeheader.type", FL_NONE },
};

static void set_kind(struct fl_config *c, const char *phase, const char *kind, enum fl_given given)
{
    uint32_t i = 0;
    while (i < c->at->nkinds && strcmp(c->at->kind[i].phase, phase))
        i++;
    if (i == FL_PHASES)
        return;
    c->at->kind[i].phase = phase;
    c->at->kind[i].kind = kind;
    c->at->kind[i].given = given;
    if (i == c->at->nkinds)
        c->at->nkinds++;
}

/* What flowc has written for this pipeline. */
static unsigned emitted(const struct fl_output_of *o)
{
    return FL_ALWAYS_EMITTED | (o->csv ? FL_NEEDS_CSV : 0) | (o->meter ? FL_NEEDS_METRICS : 0);
}

bool fl_conf_compiled_in(const struct fl_pipeline *p, uint32_t output, const struct fl_kind_row *k)
{
    return !(k->needs & FL_EMITTED & ~emitted(&p->outputs[output]));
}

bool fl_conf_in_build(const struct fl_kind_row *k)
{
    return !(k->needs & FL_NEEDS_LIBRARY);
}

/* "buffered, direct": what may be chosen. */
static const char *kinds_of(struct fl_config *c, const char *phase)
{
    const char *list = "";
    for (uint32_t i = 0; i < fl_kind_nrows; i++)
        if (!strcmp(fl_kind_rows[i].phase, phase) && fl_conf_in_build(&fl_kind_rows[i]) &&
            fl_conf_compiled_in(c->pipeline, fl_conf_output(c), &fl_kind_rows[i]))
            list = fl_arena_printf(&c->arena, "%s%s%s", list, *list ? ", " : "", fl_kind_rows[i].kind);
    return list;
}

static const char *base_name(const char *file)
{
    const char *slash = file ? strrchr(file, '/') : NULL;
    return slash ? slash + 1 : file ? file : "the .flow";
}

static bool one_text(struct fl_config *c, const char *path, const struct fl_yaml_value *v)
{
    if (v->kind == FL_YAML_TEXT)
        return true;
    fl_problem(&c->problems, v->at, "%s: expected one name, not a list", path);
    return false;
}

static void not_in_build(struct fl_config *c, struct fl_place_of at, const char *path, const struct fl_kind_row *k)
{
    fl_problem(&c->problems, at, "%s: %s is not in this build of flowc, which has %s; install its library and build "
               "flowc again", path, k->kind, kinds_of(c, k->phase));
}

static void not_compiled_in(struct fl_config *c, struct fl_place_of at, const char *path, const struct fl_kind_row *k)
{
    fl_problem(&c->problems, at, "%s: %s is not compiled into this program, which has %s. Write `%s %s;` in the output of "
               "%s and build it again", path, k->kind, kinds_of(c, k->phase), k->phase, k->kind,
               base_name(c->pipeline->file));
}

/* Would the storeheader be left out? */
static bool loses_header(const struct fl_config *c, const struct fl_kind_row *k)
{
    return c->pipeline->outputs[fl_conf_output(c)].header && !strcmp(k->phase, "encode") && !(k->needs & FL_TAKES_HEADER);
}

/* Metrics are no objects: nothing is chosen for these, and there is neither a store, nor what makes objects. */
static bool of_objects(const struct fl_config *c, const char *phase)
{
    return c->pipeline->outputs[fl_conf_output(c)].meter && (!strcmp(phase, "write") || !strcmp(phase, "store") || !strcmp(phase, "encode") || !strcmp(phase, "compress"));
}

/* ---- chosen at start -------------------------------------------------------------------------------------------- */

static void choose(struct fl_config *c, const char *phase, const char *yaml)
{
    enum fl_given given;
    const char *path;
    const struct fl_yaml_value *v = fl_conf_find_in(c, phase, yaml, &given, &path);
    const struct fl_kind_row *k = v && v->kind == FL_YAML_TEXT ? fl_kind_row(phase, v->text) : NULL;
    /* What a select takes by it has its kind; this may be another one of that family: ndjson for json. */
    if (v && fl_conf_param_at(c, path) && (!k || of_objects(c, phase) || !fl_conf_compiled_in(c->pipeline, fl_conf_output(c), k)))
        return;
    if (!v || !one_text(c, path, v) || !*v->text)
        return;
    if (of_objects(c, phase)) {
        fl_conf_note(c, FL_INFO, "%s: %s has no effect here: this output is metrics, no objects", path, v->text);
        return;
    }
    const char *kind = k ? k->kind : NULL;
    if (k && !fl_conf_in_build(k)) {
        not_in_build(c, v->at, path, k);
    } else if (k && loses_header(c, k)) {
        fl_problem(&c->problems, v->at, "%s: %s has no place for the storeheader of %s; expected json", path, kind,
                   base_name(c->pipeline->file));
    } else if (k && fl_conf_compiled_in(c->pipeline, fl_conf_output(c), k)) {
        set_kind(c, phase, kind, given);
    } else if (k) {
        not_compiled_in(c, v->at, path, k);
    } else if (!strcmp(v->text, FL_NONE)) {
        fl_conf_note(c, FL_WARN, "%s: none has no effect: this program always has one, here %s", path,
                     fl_config_kind(c, phase));
    } else {
        struct fl_suggest s;
        fl_suggest_init(&s, v->text);
        for (uint32_t i = 0; i < fl_kind_nrows; i++)
            if (!strcmp(fl_kind_rows[i].phase, phase))
                fl_suggest_try(&s, fl_kind_rows[i].kind);
        fl_problem(&c->problems, v->at, "%s: %s type %s is not supported%s; expected one of %s", path, phase, v->text,
                   fl_conf_meant(c, &s), kinds_of(c, phase));
    }
}

/* ---- fixed when it was compiled --------------------------------------------------------------------------- */

static void check_fixed(struct fl_config *c, const char *phase, const char *path, const char *dflt)
{
    enum fl_given given;
    const struct fl_yaml_value *v = fl_conf_find(c, path, false, &given);
    if (!v || fl_conf_param_at(c, path) || !one_text(c, path, v) || !*v->text)
        return;
    const struct fl_stage_choice *choice = fl_conf_choice(c, phase);
    const char *kind = choice && *choice->kind ? choice->kind : NULL;
    const char *file = base_name(c->pipeline->file);
    if (kind && !strcmp(v->text, kind))
        return;
    if (!strcmp(v->text, FL_NONE) || (!kind && !strcmp(v->text, dflt))) {
        fl_conf_note(c, !kind || !strcmp(kind, FL_NONE) ? FL_INFO : FL_WARN,
                     "%s: %s has no effect in this program: %s is as %s says", path, v->text, phase, file);
        return;
    }
    fl_problem(&c->problems, v->at, "%s: %s is not in this program: %s is compiled in as %s. Remove the key, or "
               "change %s and build it again", path, v->text, phase, kind ? kind : "its .flow says", file);
}

/*
 * A param at `pipeline.<phase>.type` got `v`. True: it is one of those that the program has. Else its default stays:
 * `none` moves nothing in any phase, everything else is a problem.
 */
bool fl_conf_param_kind(struct fl_config *c, const struct fl_param *p, const struct fl_yaml_value *v)
{
    const char *list = "";
    struct fl_suggest s;
    if (!one_text(c, p->yaml, v))
        return false;
    fl_suggest_init(&s, v->text);
    for (const char *const *o = p->one_of; *o; o++) {
        if (!strcmp(*o, v->text))
            return true;
        fl_suggest_try(&s, *o);
        list = fl_arena_printf(&c->arena, "%s%s%s", list, *list ? ", " : "", *o);
    }
    if (!strcmp(v->text, FL_NONE)) {
        fl_conf_note(c, FL_WARN, "%s: none has no effect: this program was compiled with %s", p->yaml, list);
        return false;
    }
    fl_problem(&c->problems, v->at, "%s: %s is not in this program, which was compiled with %s%s. Use that, or "
               "change param %s "
               "in %s and build it again", p->yaml, v->text, list, fl_conf_meant(c, &s), p->name,
                   base_name(c->pipeline->file));
    return false;
}

/* ---- --input and --output -------------------------------------------------------------------------------------- */

const char *fl_conf_argument_text(const struct fl_config *c, const char *phase)
{
    return !strcmp(phase, "source") ? c->input : !strcmp(phase, "write") ? c->output : NULL;
}

const struct fl_argument_row *fl_conf_argument(const struct fl_config *c, const char *phase)
{
    const char *text = fl_conf_argument_text(c, phase);
    for (uint32_t i = 0; text && i < fl_argument_nrows; i++) {
        const struct fl_argument_row *a = &fl_argument_rows[i];
        if (!strcmp(a->phase, phase) && !a->option == !strcmp(text, "-"))
            return a;
    }
    return NULL;
}

/* ---- all phases ------------------------------------------------------------------------------------------- */

/* What the .flow chose may have been compiled by a flowc that was built with more. */
static void check_build(struct fl_config *c)
{
    for (uint32_t i = 0; i < c->at->nkinds; i++) {
        const struct fl_kind_row *k = fl_kind_row(c->at->kind[i].phase, c->at->kind[i].kind);
        if (k && !fl_conf_in_build(k))
            not_in_build(c, (struct fl_place_of){ base_name(c->pipeline->file), 0, 0 }, k->phase, k);
        else if (k && !fl_conf_compiled_in(c->pipeline, fl_conf_output(c), k))
            not_compiled_in(c, (struct fl_place_of){ base_name(c->pipeline->file), 0, 0 }, k->phase, k);
    }
}

/* Is the phase one of the scope at hand? What belongs to no output is read with the first. */
static bool here(const struct fl_config *c, const char *phase)
{
    return fl_conf_output(c) == 0 || fl_phase_of_output(phase);
}

void fl_conf_kinds(struct fl_config *c)
{
    for (uint32_t i = 0; i < fl_phase_nrows; i++)
        if (here(c, fl_phase_rows[i].phase))
            set_kind(c, fl_phase_rows[i].phase, of_objects(c, fl_phase_rows[i].phase) ? FL_NONE : fl_phase_rows[i].dflt, FL_BY_DEFAULT);
    for (uint32_t i = 0; i < fl_implied_nrows; i++) {
        const struct fl_implied_row *r = &fl_implied_rows[i];
        const struct fl_stage_choice *s = fl_conf_choice(c, r->phase);
        if (s && !strcmp(s->kind, r->kind))
            set_kind(c, r->other, r->its, FL_BY_DEFAULT);
    }
    const struct fl_stage_choice *s;
    for (uint32_t i = 0; (s = fl_conf_choice_at(c->pipeline, fl_conf_output(c), i)); i++) {
        if (here(c, s->phase) && fl_conf_choice(c, s->phase) == s)
            set_kind(c, s->phase, *s->kind ? s->kind : FL_ONLY, FL_BY_FLOW);
    }
    for (uint32_t i = 0; i < fl_phase_nrows; i++)
        if (fl_phase_rows[i].yaml && here(c, fl_phase_rows[i].phase))
            choose(c, fl_phase_rows[i].phase, fl_phase_rows[i].yaml);
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed && fl_conf_output(c) == 0; i++)
        check_fixed(c, fixed[i].phase, fixed[i].path, fixed[i].dflt);
    for (uint32_t i = 0; i < fl_phase_nrows; i++) {
        const struct fl_argument_row *a = fl_conf_argument(c, fl_phase_rows[i].phase);
        if (a && here(c, a->phase) && !of_objects(c, a->phase))
            set_kind(c, a->phase, a->kind, FL_BY_SET);
    }
    check_build(c);
}
