/*
 * option.c - source, reject and output: kinds and options against the rows of dsl/stages.def, and the partition.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif
#include <stdlib.h>
#include <string.h>

#include "check/checker.h"
#include "check/depend.h"
#include "dsl/libraries.h"

enum option_type { BOOL, INT, STRING, DURATION, BYTES, LIST, CIDRS, SECRET, LEVEL, LIBRARY };

struct kind_row { const char *phase, *kind; };
struct option_row { const char *phase, *kind, *name; enum option_type type; const char *dflt, *yaml; };

static const struct kind_row kinds[] = {
#define STAGE(phase, kind, doc) {#phase, #kind},
#include "dsl/stages.def"
};
static const struct option_row rows[] = {
#define OPTION(phase, kind, name, type, dflt, yaml, doc) {#phase, #kind, #name, type, dflt, yaml},
#include "dsl/stages.def"
};
enum { NKINDS = sizeof kinds / sizeof *kinds, NROWS = sizeof rows / sizeof *rows };

static bool known_kind(const char *phase, const char *kind)
{
    for (int i = 0; i < NKINDS; i++)
        if (strcmp(kinds[i].phase, phase) == 0 && strcmp(kinds[i].kind, kind) == 0)
            return true;
    return false;
}

static const struct option_row *find_row(const char *phase, const char *kind, const char *name)
{
    for (int i = 0; i < NROWS; i++)
        if (strcmp(rows[i].phase, phase) == 0 && strcmp(rows[i].kind, kind) == 0 && strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

static const char *type_words(enum option_type t)
{
    static const char *const words[] = {"`bool`", "`int`", "`string`", "`duration`", "`bytes`", "`[string]`",
                                        "`[cidr]`", "`string`", "fast, default, best or a number",
                                        FL_LIBRARIES_SAID};
    return words[t];
}

static const struct fc_type *type_of(struct fc_checker *k, enum option_type t)
{
    static const struct fc_type *const types[] = {&FC_BOOL_T, &FC_INT_T, &FC_STRING_T, &FC_DURATION_T, &FC_BYTES_T};
    return t <= BYTES ? types[t] : t == LIST ? fc_type_list(k->a, &FC_STRING_T) : t == CIDRS
        ? fc_type_list(k->a, &FC_CIDR_T) : &FC_STRING_T;
}

static const char *quote(struct fc_checker *k, const char *s)
{
    char *out = fl_arena_get(k->a, strlen(s) * 2 + 3), *w = out;
    *w++ = '"';
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            *w++ = '\\';
        *w++ = *s;
    }
    *w++ = '"';
    *w = 0;
    return out;
}

/* A constant as YAML text; NULL if it is none. */
static const char *yaml_text(struct fc_checker *k, const struct fc_expr *e)
{
    int64_t v;
    if (e->type && e->type->kind == FC_K_DURATION && fck_const_int(e, &v))
        return v % 1000000000 ? fl_arena_printf(k->a, "%lldns", (long long)v)
            : fl_arena_printf(k->a, "%llds", (long long)(v / 1000000000));
    if (fck_const_int(e, &v))
        return fl_arena_printf(k->a, "%lld", (long long)v);
    if (e->kind == FC_E_BOOL)
        return e->i ? "true" : "false";
    if (e->kind == FC_E_STRING)
        return quote(k, e->s);
    if (e->kind == FC_E_ADDRESS)
        return quote(k, e->s); /* `::1` would not be YAML */
    if (e->kind == FC_E_LIST) {
        const char *s = "";
        for (const struct fc_expr *x = e->args; x; x = x->next) {
            const char *t = yaml_text(k, x);
            if (!t)
                return NULL;
            s = fl_arena_printf(k->a, "%s%s%s", s, *s ? ", " : "", t);
        }
        return fl_arena_printf(k->a, "[%s]", s);
    }
    return NULL;
}

static const char *options_of(struct fc_checker *k, const struct fc_choice *c)
{
    const char *all = "";
    for (int i = 0; i < NROWS; i++)
        if (strcmp(rows[i].phase, c->phase) == 0 && strcmp(rows[i].kind, c->kind) == 0)
            all = fl_arena_printf(k->a, "%s%s%s", all, *all ? ", " : "", rows[i].name);
    return all;
}

/* Why a value of the right type is still wrong; NULL if it isn't. The runtime checks what YAML says in the same way. */
static const char *out_of_range(const struct option_row *row, const struct fc_expr *v)
{
    int64_t i;
    if ((row->type == INT || row->type == DURATION || row->type == BYTES) && fck_const_int(v, &i) && i < 0)
        return "not negative";
    if (strcmp(row->name, "policy") == 0 && v->kind == FC_E_STRING && strcmp(v->s, "block") != 0 &&
        strcmp(v->s, "drop_oldest") != 0)
        return "\"block\" or \"drop_oldest\"";
    return NULL;
}

static void set_option(struct fc_checker *k, struct fc_choice *c, struct fc_option *o)
{
    const struct option_row *row = find_row(c->phase, c->kind, o->name.s);
    const char *shown = strcmp(c->kind, "_") == 0 ? "" : c->kind;
    if (!row) {
        struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_OPTION, o->name.span, c->phase, shown, o->name.s);
        struct fl_suggest near;
        fl_suggest_init(&near, o->name.s);
        for (int i = 0; i < NROWS; i++)
            if (strcmp(rows[i].phase, c->phase) == 0 && strcmp(rows[i].kind, c->kind) == 0)
                fl_suggest_try(&near, rows[i].name);
        const char *all = options_of(k, c);
        if (fl_suggest_best(&near))
            fc_diag_help(k->d, g, "did you mean `%s`?", fl_suggest_best(&near));
        else
            fc_diag_help(k->d, g, *all ? "there is %s" : "it has no options%s", all);
        return;
    }
    for (const struct fc_set *s = c->sets; s; s = s->next)
        if (strcmp(s->name, row->name) == 0)
            fc_report(k->d, FC_OPTION_TWICE, o->name.span, fl_arena_printf(k->a, "option `%s`", row->name));
    struct fc_set *set = fl_arena_zero(k->a, sizeof *set);
    *set = (struct fc_set){c->phase, c->kind, row->name, NULL, NULL, c->sets};
    c->sets = set;
    k->where = FC_IN_OPTION;
    if (row->type == SECRET && o->value->kind == FC_E_STRING) {
        fc_report(k->d, FC_SECRET, o->value->span,
                  fl_arena_printf(k->a,
                                  "`%s` is a secret: a param with `secret file` or `secret env`, or the YAML file, gives it",
                                  row->name));
        return;
    }
    if (row->type == LEVEL || row->type == LIBRARY) {
        static const char *const levels[] = {"fast", "default", "best"}, *const libraries[] = FL_LIBRARIES;
        const char *const *names = row->type == LEVEL ? levels : libraries;
        size_t n = row->type == LEVEL ? sizeof levels / sizeof *levels : sizeof libraries / sizeof *libraries;
        for (size_t i = 0; i < n; i++)
            if (o->value->kind == FC_E_NAME && strcmp(o->value->name.s, names[i]) == 0)
                set->text = names[i];
        if (row->type == LEVEL && o->value->kind == FC_E_INT && o->value->i >= 0 && o->value->i <= 12)
            set->text = fl_arena_printf(k->a, "%lld", (long long)o->value->i);
        if (!set->text)
            fc_report(k->d, FC_OPTION_TYPE, o->value->span, row->name, type_words(row->type),
                      fl_arena_printf(k->a, "`%s`", fck_text(k, o->value->span)));
        return;
    }
    const struct fc_type *want = type_of(k, row->type), *t = fck_expr(k, o->value, want);
    if (t->kind == FC_K_ERROR)
        return;
    if (!fc_type_same(t, want) || o->value->nullable) {
        fc_report(k->d, FC_OPTION_TYPE, o->value->span, row->name, type_words(row->type),
                  fck_type_text(k, t, o->value->nullable));
        return;
    }
    if (o->value->kind == FC_E_NAME && o->value->sym && o->value->sym->kind == FC_SYM_PARAM) {
        set->param = o->value->sym;
        return;
    }
    const struct fc_expr *v = o->value;
    while (v->kind == FC_E_NAME && v->sym && v->sym->kind == FC_SYM_CONST)
        v = v->sym->value;
    if (out_of_range(row, v))
        fc_report(k->d, FC_OPTION_TYPE, o->value->span, row->name, out_of_range(row, v),
                  fl_arena_printf(k->a, "`%s`", fck_text(k, o->value->span)));
    set->text = yaml_text(k, v);
    if (!set->text)
        fc_report(k->d, FC_NOT_CONSTANT, o->value->span, "an option, unless it is a param,");
}

static const char *kinds_of(struct fc_checker *k, const char *phase)
{
    const char *all = "";
    for (int i = 0; i < NKINDS; i++)
        if (strcmp(kinds[i].phase, phase) == 0)
            all = fl_arena_printf(k->a, "%s%s%s", all, *all ? ", " : "", kinds[i].kind);
    return all;
}

static struct fc_choice *choose(struct fc_checker *k, struct fc_choice **last, const char *phase, struct fc_name kind,
                                struct fc_span span, struct fc_option *options)
{
    if (!known_kind(phase, kind.s)) {
        static const struct { const char *phase, *kind; } later[] =
            {{"write", "prometheus"}, {"account", "file"}, {"source", "kafka"}};
        for (unsigned i = 0; i < sizeof later / sizeof *later; i++)
            if (strcmp(later[i].phase, phase) == 0 && strcmp(later[i].kind, kind.s) == 0) {
                fc_report(k->d, FC_LATER, kind.span, fl_arena_printf(k->a, "%s %s", phase, kind.s));
                return NULL;
            }
        struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_KIND, kind.span, phase, kind.s);
        fc_diag_help(k->d, g, "there is %s", kinds_of(k, phase));
        return NULL;
    }
    for (; *last; last = &(*last)->next)
        if (strcmp((*last)->phase, phase) == 0) {
            struct fc_diag *g = fc_report(k->d, FC_OPTION_TWICE, span, phase);
            fc_diag_note(k->d, g, (*last)->span, "first given here");
        }
    struct fc_choice *c = *last = fl_arena_zero(k->a, sizeof *c);
    c->phase = phase;
    c->kind = kind.s;
    c->span = span;
    for (struct fc_option *o = options; o; o = o->next)
        if (o->kind == FC_O_VALUE)
            set_option(k, c, o);
    return c;
}

void fck_source(struct fc_checker *k, struct fc_item *it)
{
    choose(k, &k->p->choices, "source", it->name, it->name.span, it->options);
    for (struct fc_option *o = it->options; o; o = o->next) {
        if (o->kind == FC_O_STEP && (o->step == FC_STEP_DECODE || o->step == FC_STEP_DECOMPRESS))
            choose(k, &k->p->choices, o->step == FC_STEP_DECODE ? "decode" : "decompress", o->name, o->span, o->options);
        else if (o->kind != FC_O_VALUE)
            fc_report(k->d, FC_UNKNOWN_OPTION, o->span, "source", it->name.s,
                      o->kind == FC_O_PARTITION ? "partition" : fc_step_text(o->step));
    }
}

void fck_reject(struct fc_checker *k, struct fc_item *it)
{
    choose(k, &k->p->choices, "reject", (struct fc_name){"_", it->span}, it->span, it->options);
}

/* The first field of the transform that e reads and an `emit` may leave out; of lets and the input, any `emit`. */
static void visit_emit(void *arg, const struct fc_expr *e)
{
    struct emit_search { const struct fc_checker *k; const struct fc_stmt *found; } *s = arg;
    bool own = e->kind == FC_E_FIELD && e->a->sym == &s->k->record;
    bool other = e->sym && (e->sym == &s->k->input || e->sym->kind == FC_SYM_LET);
    if (!s->found && (own || other))
        s->found = fck_emit_without(s->k, own ? e->info : NULL);
}

static void partition_null(struct fc_checker *k, const struct fc_expr *e)
{
    struct { const struct fc_checker *k; const struct fc_stmt *found; } s = {k, NULL};
    struct fc_diag *g = fck_may_be_null(k, e);
    fc_expr_each(e, visit_emit, &s);
    if (!s.found) {
        fck_help_null(k, g, e);
        return;
    }
    fc_diag_note(k->d, g, s.found->span, "records that are made here may lack it");
    fc_diag_help(k->d, g, "give a default with `%s ?? ..`", fck_text(k, e->span));
}

/*
 * partition date = strftime(Start, "%Y"), class: constant names, text values that are always there. What is known below
 * filters is known of received records only.
 */
static void check_partition(struct fc_checker *k, struct fc_option *o)
{
    if (k->p->out.parts)
        fc_report(k->d, FC_OPTION_TWICE, o->span, "partition");
    k->p->out.parts = o->parts;
    const struct fc_fact *facts = k->facts;
    if (fck_emit_without(k, NULL))
        k->facts = NULL;
    for (struct fc_part *p = o->parts; p; p = p->next) {
        for (struct fc_part *q = o->parts; q != p; q = q->next)
            if (strcmp(q->name.s, p->name.s) == 0)
                fc_report(k->d, FC_OPTION_TWICE, p->name.span,
                          fl_arena_printf(k->a, "part `%s` of the partition", p->name.s));
        if (!p->value) {
            p->value = fc_expr_new(k->a, FC_E_NAME, p->name.span);
            p->value->name = p->name;
        }
        k->where = FC_IN_PARTITION;
        const struct fc_type *t = fck_expr(k, p->value, NULL);
        if (t->kind == FC_K_ERROR)
            continue;
        if (p->value->nullable)
            partition_null(k, p->value);
        struct fc_expr *call = t->kind == FC_K_STRING ? NULL : fck_as_text(k, p->value);
        if (call)
            p->value = call;
    }
    k->facts = facts;
}

void fck_output(struct fc_checker *k, struct fc_item *it)
{
    static const char *const phases[] = {"store", "encode", "compress", "account", "write", "decode", "decompress"};
    bool have[7] = {false}, later = false;
    k->p->out.name = it->name.s;
    for (struct fc_output_part *p = it->outputs; p; p = p->next) {
        switch (p->kind) {
        case FC_OUT_STAGE:
            fck_stage(k, p->stage);
            break;
        case FC_OUT_STEP:
            have[p->step] = true;
            later |= p->step == FC_STEP_WRITE && strcmp(p->name.s, "prometheus") == 0;
            if (p->step == FC_STEP_DECODE || p->step == FC_STEP_DECOMPRESS) {
                fc_report(k->d, FC_ORDER, p->head, "decode and decompress belong into the source's braces");
                break;
            }
            choose(k, &k->p->out.choices, phases[p->step], p->name, p->name.span, p->options);
            for (struct fc_option *o = p->options; o; o = o->next) {
                if (o->kind == FC_O_PARTITION && p->step == FC_STEP_STORE)
                    check_partition(k, o);
                else if (o->kind != FC_O_VALUE)
                    fc_report(k->d, FC_UNKNOWN_OPTION, o->span, phases[p->step], p->name.s,
                              o->kind == FC_O_PARTITION ? "partition" : fc_step_text(o->step));
            }
            if (p->step == FC_STEP_ENCODE && strcmp(p->name.s, "csv") == 0)
                k->p->out.csv = true;
            break;
        case FC_OUT_QUEUE:
            choose(k, &k->p->choices, "queue", (struct fc_name){"_", p->span}, p->head, p->options);
            break;
        case FC_OUT_STOREHEADER:
            fc_report(k->d, FC_LATER, p->head, "`storeheader`");
            break;
        case FC_OUT_METRICS:
            fc_report(k->d, FC_LATER, p->head, "`metrics`");
            later = true;
            break;
        case FC_OUT_SELECT:
            fc_report(k->d, FC_LATER, p->head, "`select`");
            break;
        }
    }
    static const enum fc_step_kind needed[] = {FC_STEP_STORE, FC_STEP_ENCODE, FC_STEP_WRITE};
    for (int i = 0; i < 3 && !later; i++) /* metrics have no objects */
        if (!have[needed[i]])
            fc_diag_help(k->d, fc_report(k->d, FC_MISSING_STAGE, it->span,
                                         fl_arena_printf(k->a, "`%s` in its output", phases[needed[i]])),
                                         "there is %s %s",
                         phases[needed[i]], kinds_of(k, phases[needed[i]]));
}
