/*
 * desc.c - what the runtime reads: params, stage choices, classes, reasons, init, and the descriptor.
 */
#include <string.h>

#include "dsl/option.h"
#include "emit/emit.h"
#include "text/yaml.h"
#include "tree/walk.h"

static const char *text_or_null(struct fc_em *m, const char *s)
{
    return s ? fce_quote(m, s, strlen(s)) : "NULL";
}

/* ---- params ------------------------------------------------------------------------------------------------- */

const char *fce_yaml(struct fc_em *m, const struct fc_expr *e)
{
    e = fce_constant(e);
    switch (e->kind) {
    case FC_E_STRING:
    case FC_E_ADDRESS: /* quoted: YAML would take a colon for a key's */
        return fc_yaml_string(m->a, e->s);
    case FC_E_BOOL:
        return e->i ? "true" : "false";
    case FC_E_FLOAT:
        return fce_text(m, "%.17g", e->f);
    case FC_E_NAME:
        return e->name.s;
    case FC_E_LIST: {
        struct fc_join s = {.arena = m->a};
        fc_join(&s, "[");
        for (const struct fc_expr *x = e->args; x; x = x->next)
            fc_join(&s, "%s%s", x == e->args ? "" : ", ", fce_yaml(m, x));
        fc_join(&s, "]");
        return fc_joined(&s);
    }
    default:
        if (e->type && e->type->kind == FC_K_DURATION)
            return e->i % 1000000000 ? fce_text(m, "%lldns", (long long)e->i) : fce_text(m, "%llds", (long long)(e->i / 1000000000));
        return fce_text(m, "%lld", (long long)e->i);
    }
}

/* An allowed value as the user may write it; a number with a unit stays as it was written. */
static const char *allowed_text(struct fc_em *m, const struct fc_expr *e)
{
    e = fce_constant(e);
    if (e->kind == FC_E_STRING || e->kind == FC_E_ADDRESS)
        return e->s;
    return e->kind == FC_E_DURATION || e->kind == FC_E_SIZE ? fc_source_slice(&m->c->sources, e->span) : fce_yaml(m, e);
}

/* `yaml "filter.excluded_tags"` is below pipeline; a leading dot means the top. */
static const char *yaml_path(struct fc_em *m, const char *yaml)
{
    if (!yaml)
        return NULL;
    char *path = fl_arena_printf(m->a, "%s%s", yaml[0] == '.' ? "" : "pipeline.", yaml[0] == '.' ? yaml + 1 : yaml);
    for (char *p = path; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    return path;
}

struct deciding {
    struct fl_arena *arena;
    struct fc_index params;
};

static void visit_param(void *arg, const struct fc_expr *e)
{
    struct deciding *d = arg;
    if (e->kind == FC_E_NAME && e->sym && e->sym->kind == FC_SYM_PARAM)
        fc_index_put(&d->params, d->arena, e->sym->name, strlen(e->sym->name), e->sym);
}

/* The params that stand in a filter's conditions. */
static struct fc_index deciding_params(struct fc_em *m)
{
    struct deciding d = {.arena = m->a};
    for (int i = 0; i < m->g->nstages; i++)
        if (fc_stage_plans[m->g->stages[i]->kind].drops)
            fc_walk_exprs(m->g->stages[i], FC_PART_RULES, visit_param, &d);
    return d.params;
}

static void params(struct fc_em *m)
{
    if (!m->g->params)
        return;
    struct fc_join body = {.arena = m->a};
    for (const struct fc_sym *p = m->g->params; p; p = p->next)
        fc_join(&body, "    %s %s;\n", fce_type(m, p->type), fce_name(m, p->name));
    fprintf(m->types.f, "/* Parameters: set at start, constant from then on. */\nstatic struct {\n%s} P;\n\n", fc_joined(&body));
    for (const struct fc_sym *p = m->g->params; p; p = p->next) {
        const struct fc_expr *one = p->item->one_of;
        const struct fc_select *closed = one ? NULL : fce_closed_select(m, p);
        if (closed)
            fprintf(m->types.f, "static const char *const one_of_%s[] = {%s};\n", p->name, fce_case_values(m, closed));
        if (one) {
            struct fc_join list = {.arena = m->a};
            for (const struct fc_expr *x = fce_constant(one)->args; x; x = x->next) {
                const char *s = allowed_text(m, x);
                fc_join(&list, "%s, ", fce_quote(m, s, strlen(s)));
            }
            fprintf(m->types.f, "static const char *const one_of_%s[] = {%sNULL};\n", p->name, fc_joined(&list));
        }
        const struct fc_type *t = p->type->kind == FC_K_LIST ? p->type->elem : p->type;
        if (t->kind == FC_K_ENUM) {
            struct fc_join list = {.arena = m->a};
            for (const struct fc_enumerator *e = t->en->list; e; e = e->next)
                fc_join(&list, "%s, ", fce_quote(m, e->name.s, strlen(e->name.s)));
            fprintf(m->types.f, "static const char *const values_of_%s[] = {%sNULL};\n", p->name, fc_joined(&list));
        }
    }
    const struct fc_index deciding = deciding_params(m);
    fprintf(m->types.f, "\nstatic const struct fl_param params[] = {\n");
    for (const struct fc_sym *p = m->g->params; p; p = p->next) {
        const struct fc_item *it = p->item;
        const struct fc_type *t = p->type->kind == FC_K_LIST ? p->type->elem : p->type;
        const char *shape = p->type->kind == FC_K_LIST ? "FL_LIST_OF" : p->type->kind == FC_K_MAP ? "FL_MAP_OF" : "FL_ONE";
        const char *dflt = it->value ? fce_yaml(m, it->value) : it->json ? fc_yaml_json(m->a, it->json) : NULL;
        if (!dflt && p->type->kind == FC_K_MAP)
            dflt = "{}";
        fprintf(m->types.f, "    {.name = \"%s\", .yaml = %s, .type = %s, .shape = %s,\n     .dflt = %s, .value = &P.%s", p->name, text_or_null(m, yaml_path(m, it->yaml)),
                fce_value_type(p->type), shape, text_or_null(m, dflt), fce_name(m, p->name));
        if (it->one_of || fce_closed_select(m, p))
            fprintf(m->types.f, ", .one_of = one_of_%s", p->name);
        if (t->kind == FC_K_ENUM)
            fprintf(m->types.f, ", .names = values_of_%s", p->name);
        if (it->secret.s)
            fprintf(m->types.f, ", .secret = true, .secret_%s = %s", it->secret.s, text_or_null(m, it->secret_arg));
        if (fc_index_find(&deciding, p->name, strlen(p->name)))
            fprintf(m->types.f, ", .decides = true");
        fprintf(m->types.f, "},\n");
    }
    fprintf(m->types.f, "};\n\n");
}

/* ---- matchers and what else is made at start --------------------------------------------------------------------- */

static bool has_templates(const struct fc_em *m, const struct fc_sym *p)
{
    return m->g->templates && p->type->kind == FC_K_LIST && p->type->elem->kind == FC_K_STRING && p->used;
}

void fce_statics(struct fc_em *m)
{
    int i = 0;
    params(m);
    for (const struct fc_matcher *x = m->p->matchers; x; x = x->next) {
        if (x->kind == FC_SET_PREFIXES)
            fprintf(m->types.f, "static struct fl_prefixes set_%s;\n", x->c);
        else
            fprintf(m->types.f, "static bool in_%s[%d]; /* by class */\n", x->c, m->g->nclasses);
    }
    for (const struct fc_regexp *x = m->p->regexps; x; x = x->next)
        fprintf(m->types.f, "static struct fl_regex *regex_%d;\n", x->index);
    for (i = 0; i < m->g->nstages; i++)
        if (m->g->stages[i]->when)
            fprintf(m->types.f, "static bool %s_%d_on;\n", fc_stage_text(m->g->stages[i]->kind), i + 1);
    for (const struct fc_sym *p = m->g->params; p; p = p->next)
        if (has_templates(m, p))
            fprintf(m->types.f, "static struct fl_templates *templates_%s;\n", p->name);
    fputc('\n', m->types.f);
}

static void build_matchers(struct fc_em *m)
{
    for (const struct fc_matcher *x = m->p->matchers; x; x = x->next) {
        if (x->kind == FC_SET_PREFIXES && x->param) {
            fce_line(m, "fl_prefixes_build(&set_%s, P.%s.v, P.%s.n);", x->c, fce_name(m, x->param->name), fce_name(m, x->param->name));
        } else if (x->kind == FC_SET_PREFIXES) {
            int n = 0;
            for (const struct fc_expr *e = x->list->args; e; e = e->next)
                n += fc_address(e) != NULL;
            fce_line(m, "fl_cidr cidrs_%s[%d];", x->c, n ? n : 1);
            n = 0;
            for (const struct fc_expr *e = x->list->args; e; e = e->next) {
                const struct fc_expr *a = fc_address(e);
                if (!a)
                    continue;
                const char *bits = strchr(a->s, '/') ? "" : strchr(a->s, ':') ? "/128" : "/32", *text = fce_text(m, "%s%s", a->s, bits);
                fce_line(m, "cidrs_%s[%d] = fl_cidr_of(%s, %zu);", x->c, n++, fce_quote(m, text, strlen(text)), strlen(text));
            }
            fce_line(m, "fl_prefixes_build(&set_%s, cidrs_%s, %d);", x->c, x->c, n);
        } else if (x->param) {
            const char *p = fce_name(m, x->param->name);
            fce_line(m, "for (uint32_t i = 0; i < P.%s.n; i++)", p);
            fce_line(m, "    if (((const int64_t *)P.%s.v)[i] >= 0)", p);
            fce_line(m, "        in_%s[((const int64_t *)P.%s.v)[i]] = true;", x->c, p);
        } else {
            for (const struct fc_expr *e = x->list->args; e; e = e->next)
                fce_line(m, "in_%s[%lld] = true;", x->c, (long long)e->sym->index);
        }
    }
}

/* Each test begins with other params: what the one before made of its own goes. */
static void forget_before(struct fc_em *m)
{
    for (const struct fc_matcher *x = m->p->matchers; x; x = x->next)
        if (x->kind == FC_SET_PREFIXES)
            fce_line(m, "fl_prefixes_free(&set_%s);", x->c);
        else
            fce_line(m, "memset(in_%s, 0, sizeof in_%s);", x->c, x->c);
    for (const struct fc_regexp *x = m->p->regexps; x; x = x->next)
        fce_line(m, "fl_regex_free(regex_%d);", x->index);
    for (const struct fc_sym *p = m->g->params; p; p = p->next)
        if (has_templates(m, p)) {
            fce_line(m, "fl_templates_free(templates_%s);", p->name);
            fce_line(m, "templates_%s = NULL;", p->name);
        }
}

static void init(struct fc_em *m)
{
    fce_line(m, "/* ---- start ---- */\n");
    fce_line(m, "static char *init(struct fl_cx *cx)");
    fce_line(m, "{");
    m->depth++;
    m->cx = FC_CX_NONE;
    m->known = true;
    fce_line(m, "char *error = NULL;");
    if (m->options->tests)
        forget_before(m);
    build_matchers(m);
    for (const struct fc_regexp *x = m->p->regexps; x; x = x->next) {
        fce_line(m, "if (!(regex_%d = fl_regex_new(%s, &error)))", x->index, fce_quote(m, x->pattern, strlen(x->pattern)));
        fce_line(m, "    return error;");
    }
    for (int i = 0; i < m->g->nstages; i++)
        if (m->g->stages[i]->when)
            fce_line(m, "%s_%d_on = %s;", fc_stage_text(m->g->stages[i]->kind), i + 1, fce_bare(m, fce_true(m, m->g->stages[i]->when)));
    fce_fills_wanted(m);
    for (int i = 0; i < m->g->nstages; i++)
        if (m->g->stages[i]->metrics && m->g->stages[i]->metrics->expire)
            fce_line(m, "meters_%d.expire = %s;", i + 1, fce_expr(m, m->g->stages[i]->metrics->expire).v);
    for (const struct fc_sym *p = m->g->params; p; p = p->next)
        if (has_templates(m, p)) {
            fce_line(m, "if (P.%s.n && !(templates_%s = fl_templates_new(P.%s, &template_names, %d, &error)))", fce_name(m, p->name), p->name, fce_name(m, p->name),
                     m->g->nlookups);
            fce_line(m, "    return error;");
        }
    for (int i = 0; i < m->g->nstages; i++)
        if (m->g->stages[i]->join)
            fce_join_init(m, i, m->g->stages[i]->join);
    fce_line(m, "return error;");
    m->depth--;
    fce_line(m, "}\n");
}

/* ---- stage choices ------------------------------------------------------------------------------------------------------ */

/* `of`: behind the names of what is written, to tell outputs apart. */
static int choices(struct fc_em *m, const struct fc_choice *list, const char *name, const struct fc_output *of)
{
    int n = 0;
    for (const struct fc_choice *c = list; c; c = c->next, n++) {
        if (!c->sets)
            continue;
        fce_line(m, "static const struct fl_option_set %s[] = {", fce_of_output(m, fce_text(m, "options_%s", c->phase), of));
        for (const struct fc_set *s = c->sets; s; s = s->next) {
            const char *param = s->param ? fce_text(m, "&params[%lld]", (long long)s->param->index) : "NULL";
            fce_line(m, "    {\"%s\", %s, %s},", s->name, text_or_null(m, s->text), param);
        }
        fce_line(m, "};\n");
    }
    if (!n)
        return 0;
    fce_line(m, "static const struct fl_stage_choice %s[] = {", fce_of_output(m, name, of));
    for (const struct fc_choice *c = list; c; c = c->next) {
        int k = 0;
        for (const struct fc_set *s = c->sets; s; s = s->next)
            k++;
        fce_line(m, "    {\"%s\", \"%s\", %s, %d},", c->phase, strcmp(c->kind, "_") == 0 ? "" : c->kind,
                 k ? fce_of_output(m, fce_text(m, "options_%s", c->phase), of) : "NULL", k);
    }
    fce_line(m, "};\n");
    return n;
}

/* Of csv: the leaves, as `outer.inner`. */
static void columns(struct fc_em *m, const struct fc_type *t, const char *prefix)
{
    for (int i = 0; i < t->nmembers; i++) {
        const struct fc_member *x = &t->members[i];
        const char *name = fce_text(m, "%s%s%s", prefix, *prefix ? "." : "", x->key);
        if (x->type->kind == FC_K_RECORD)
            columns(m, x->type, name);
        else
            fce_line(m, "    FL_LIT(%s),", fce_quote(m, name, strlen(name)));
    }
}

static void output(struct fc_em *m, const struct fc_output *o, int nchoices)
{
    fce_line(m, "    {");
    m->depth += 2;
    if (o->name)
        fce_line(m, ".name = %s,", text_or_null(m, o->name));
    if (nchoices)
        fce_line(m, ".stages = %s, .nstages = %d,", fce_of_output(m, "output_stages", o), nchoices);
    if (fc_output_runs(m->p, o))
        fce_line(m, ".run = %s,", fce_of_output(m, "run", o));
    fce_line(m, "%s%s", fce_writers(m, o), o->parts ? fce_text(m, " .partition = %s,", fce_of_output(m, "partition", o)) : "");
    if (o->header)
        fce_line(m, ".header = %s, .records = %s,", fce_of_output(m, "header", o), text_or_null(m, o->records->as ? o->records->as : o->records->name.s));
    if (o->metrics)
        fce_line(m, ".meter = %s, .meters = %s, .nmeters = sizeof %s / sizeof *%s,", fce_of_output(m, "meter", o), fce_of_output(m, "meters", o),
                 fce_of_output(m, "meters", o), fce_of_output(m, "meters", o));
    m->depth -= 2;
    fce_line(m, "    },");
}

static void outputs(struct fc_em *m)
{
    int *n = fl_arena_zero(m->a, sizeof *n * (size_t)(m->g->noutputs + 1));
    for (const struct fc_output *o = m->g->outputs; o; o = o->next)
        n[o->index] = choices(m, o->choices, "output_stages", o);
    for (const struct fc_output *o = m->g->outputs; o; o = o->next)
        if (fce_writers_of(m, o) & FL_NEEDS_CSV) {
            fce_line(m, "static const fl_str %s[] = {", fce_writer(m, "columns", o->made));
            columns(m, o->made ? o->made->sym.type : m->g->input, "");
            fce_line(m, "};\n");
        }
    fce_line(m, "static const struct fl_output_of outputs[] = {");
    for (const struct fc_output *o = m->g->outputs; o; o = o->next)
        output(m, o, n[o->index]);
    fce_line(m, "};\n");
}

static int lookup_rows(struct fc_em *m)
{
    int n = 0;
    if (!m->g->lookups && !m->g->templates)
        return 0;
    if (m->g->templates) {
        fce_line(m, "struct template_answer {");
        fce_line(m, "    fl_str value;");
        fce_line(m, "};\n");
        fce_line(m, "static const struct fl_lookup_field fields_of_template[] = {{\"value\", \"\", FL_T_STRING, FL_ONE, false, offsetof(struct template_answer, value), 0}};\n");
    }
    fce_line(m, "static const struct fl_lookup lookups[] = {");
    for (const struct fc_sym *s = m->g->lookups; s; s = s->next, n++) {
        int k = 0;
        for (const struct fc_field *f = s->item->fields; f; f = f->next)
            k++;
        if (s->used)
            fce_line(m, "    {.name = \"%s\", .from = \"gremlin\", .cache = INT64_C(%lld), .max = %lld, .timeout = INT64_C(%lld),\n     .size = sizeof(struct %s), .fields = fields_%s, .nfields = %d},",
                     s->name, (long long)s->expire, (long long)s->max, (long long)s->timeout, fce_rec(m, s->type)->c, s->name, k);
        else
            fce_line(m, "    {.name = \"%s\", .from = \"gremlin\", .max = 1}, /* not used */", s->name);
    }
    if (m->g->templates) {
        fce_line(m, "    {.name = \"templates\", .from = \"gremlin\", .cache = INT64_C(600000000000), .max = 100000, .timeout = INT64_C(5000000000),");
        fce_line(m, "     .size = sizeof(struct template_answer), .fields = fields_of_template, .nfields = 1, .first_value = true},");
        n++;
    }
    fce_line(m, "};\n");
    return n;
}

void fce_described(struct fc_em *m)
{
    const char *file = fce_base_name(m->c->sources.v[m->c->main_source].path);
    fce_line(m, ".name = %s, .doc = %s,", text_or_null(m, m->g->name), text_or_null(m, m->g->doc));
    fce_line(m, ".version = %s, .file = %s,", text_or_null(m, m->g->version), text_or_null(m, file));
}

void fce_descriptor(struct fc_em *m)
{
    init(m);
    fce_line(m, "/* ---- descriptor ---- */\n");
    int nchoices = choices(m, m->g->choices, "stages", NULL), nlookups, ntables = 0;
    outputs(m);
    nlookups = lookup_rows(m);
    struct fc_join list = {.arena = m->a}, reasons = list, tables = list;
    for (const struct fc_class *c = m->g->classes; c; c = c->next)
        fc_join(&list, "\"%s\", ", c->name);
    fce_line(m, "static const char *const classes[] = {%s};", fc_joined(&list));
    for (const struct fc_reason *r = m->g->reasons; r; r = r->next)
        fc_join(&reasons, "\"%s\", ", r->name);
    fce_line(m, "static const char *const reasons[] = {%sNULL};", fc_joined(&reasons));
    for (const struct fc_sym *t = m->g->tables; t; t = t->next)
        if (t->used) {
            fc_join(&tables, "&table_%s, ", t->name);
            ntables++;
        }
    for (int i = 0; i < m->g->nstages; i++)
        if (m->g->stages[i]->join) {
            fc_join(&tables, "&hold_%d.table, ", i + 1);
            ntables++;
        }
    if (ntables)
        fce_line(m, "static struct fl_table *const tables[] = {%s};", fc_joined(&tables));
    int nfills = fce_fill_rows(m);
    if (m->options->tests && m->nplaces) {
        fflush(m->places.f);
        fce_line(m, "\nstatic const struct fl_place places[] = {\n%s};", m->places.text);
    }
    fce_line(m, "\n%s {", m->c->nvariants > 1 ? "static const struct fl_pipeline pipeline =" : "const struct fl_pipeline fl_pipeline =");
    m->depth++;
    fce_line(m, ".magic = FL_MAGIC, .abi = FL_ABI,");
    fce_described(m);
    fce_line(m, ".record_size = sizeof(struct rec),");
    if (m->g->nparams)
        fce_line(m, ".params = params, .nparams = %d,", m->g->nparams);
    if (nchoices)
        fce_line(m, ".stages = stages, .nstages = %d,", nchoices);
    fce_line(m, ".classes = classes, .nclasses = %d,", m->g->nclasses);
    fce_line(m, ".reasons = reasons, .nreasons = %d,", m->g->nreasons);
    if (nlookups)
        fce_line(m, ".lookups = lookups, .nlookups = %d,", nlookups);
    if (ntables)
        fce_line(m, ".tables = tables, .ntables = %d,", ntables);
    if (nfills)
        fce_line(m, ".fills = fills, .nfills = %d,", nfills);
    fce_line(m, ".init = init, .decode = decode, .run = run,%s", m->p->ticks ? " .tick = tick," : "");
    fce_line(m, ".outputs = outputs, .noutputs = %d,", m->g->noutputs);
    if (m->options->tests) {
        int n = 0;
        for (const struct fc_item *it = m->g->tests; it; it = it->next)
            n += it->kind == FC_I_TEST;
        if (n)
            fce_line(m, ".tests = tests, .ntests = %d,", n);
        if (m->nplaces)
            fce_line(m, ".places = places, .nplaces = %d,", m->nplaces);
    }
    m->depth--;
    fce_line(m, "};");
}
