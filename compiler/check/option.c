/*
 * option.c - source, reject, refused and state; kinds and options against the rows of dsl/stages.def.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif
#include <stdlib.h>
#include <string.h>

#include "base/rows.h"
#include "check/checker.h"
#include "text/yaml.h"
#include "tree/walk.h"

/* What the value has to be, for a message about its type. */
static const char *type_words(struct fc_checker *k, const struct fl_option_row *row)
{
    char allowed[256];
    switch (row->of.type) {
    case FL_OPT_BOOL: return "`bool`";
    case FL_OPT_INT: return "`int`";
    case FL_OPT_DURATION: return "`duration`";
    case FL_OPT_BYTES: return "`bytes`";
    case FL_OPT_STRING:
    case FL_OPT_SECRET:
    case FL_OPT_URL: return "`string`";
    case FL_OPT_WORD:
    case FL_OPT_LEVEL:
    case FL_OPT_CHAR:
    case FL_OPT_CELL: break;
    }
    fl_option_allows(row, allowed, sizeof allowed);
    return fl_arena_strdup(k->a, allowed);
}

static const struct fc_type *type_of(enum fl_option_type t)
{
    switch (t) {
    case FL_OPT_BOOL: return &FC_BOOL_T;
    case FL_OPT_INT:
    case FL_OPT_LEVEL: return &FC_INT_T;
    case FL_OPT_DURATION: return &FC_DURATION_T;
    case FL_OPT_BYTES: return &FC_BYTES_T;
    case FL_OPT_STRING:
    case FL_OPT_SECRET:
    case FL_OPT_URL:
    case FL_OPT_WORD:
    case FL_OPT_CHAR:
    case FL_OPT_CELL: break;
    }
    return &FC_STRING_T;
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
        return fc_yaml_string(k->a, e->s);
    if (e->kind == FC_E_ADDRESS)
        return fc_yaml_string(k->a, e->s); /* `::1` would not be YAML */
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
    for (uint32_t i = 0; i < fl_option_nrows; i++)
        if (strcmp(fl_option_rows[i].phase, c->phase) == 0 && strcmp(fl_option_rows[i].kind, c->kind) == 0)
            all = fl_arena_printf(k->a, "%s%s%s", all, *all ? ", " : "", fl_option_rows[i].name);
    return all;
}

/* Why a value of the right type is still wrong; NULL if it isn't. The runtime checks what YAML says in the same way. */
static const char *out_of_range(struct fc_checker *k, const struct fl_option_row *row, const struct fc_expr *v)
{
    int64_t i;
    bool number = row->of.type == FL_OPT_INT || row->of.type == FL_OPT_DURATION || row->of.type == FL_OPT_BYTES ||
                  row->of.type == FL_OPT_LEVEL;
    bool text = v->kind == FC_E_STRING;
    bool good = true;
    if (number)
        good = !fck_const_int(v, &i) || fl_option_within(row, i);
    else if (row->of.type == FL_OPT_WORD)
        good = !text || fl_word_find(row->of.words, v->s) >= 0;
    else if (row->of.type == FL_OPT_CHAR || row->of.type == FL_OPT_CELL)
        good = !text || fl_option_spells(row, v->s);
    char allowed[256];
    if (good)
        return NULL;
    fl_option_allows(row, allowed, sizeof allowed);
    return fl_arena_strdup(k->a, allowed);
}

/* One of the row's words, written as a bare name; they come before params and constants. */
static const char *bare_word(struct fc_checker *k, const struct fl_option_row *row, const struct fc_expr *v)
{
    size_t n;
    bool built;
    int i = row->of.words && (row->of.type == FL_OPT_WORD || row->of.type == FL_OPT_LEVEL) && v->kind == FC_E_NAME ? fl_word_find(row->of.words, v->name.s)
                                                                                : -1;
    const char *w = i < 0 ? NULL : fl_word_at(row->of.words, (uint32_t)i, &n, &built);
    return w && strlen(v->name.s) == n && memcmp(w, v->name.s, n) == 0 ? fl_arena_strndup(k->a, w, n) : NULL;
}

/* Does it begin with one of the schemes that the row allows? */
static bool has_scheme(const struct fl_option_row *row, const char *url)
{
    const char *end = strstr(url, "://");
    char scheme[16];
    size_t n = end ? (size_t)(end - url) : 0;
    if (!n || n >= sizeof scheme || !end[3])
        return false;
    memcpy(scheme, url, n);
    scheme[n] = 0;
    return fl_word_find(row->of.words, scheme) >= 0;
}

static void set_option(struct fc_checker *k, struct fc_choice *c, struct fc_option *o)
{
    const struct fl_option_row *row = fl_option_row(c->phase, c->kind, o->name.s);
    const char *shown = strcmp(c->kind, FL_ONLY) == 0 ? "" : c->kind;
    if (!row) {
        struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_OPTION, o->name.span, c->phase, shown, o->name.s);
        struct fl_suggest near;
        fl_suggest_init(&near, o->name.s);
        for (uint32_t i = 0; i < fl_option_nrows; i++)
            if (strcmp(fl_option_rows[i].phase, c->phase) == 0 && strcmp(fl_option_rows[i].kind, c->kind) == 0)
                fl_suggest_try(&near, fl_option_rows[i].name);
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
    if (row->of.type == FL_OPT_SECRET && o->value->kind == FC_E_STRING) {
        fc_report(k->d, FC_SECRET, o->value->span,
                  fl_arena_printf(k->a,
                                  "`%s` is a secret: a param with `secret file` or `secret env`, or the YAML file, gives it",
                                  row->name));
        return;
    }
    if ((set->text = bare_word(k, row, o->value)))
        return;
    if (row->of.words && o->value->kind == FC_E_NAME && !fck_find(k->top, o->value->name.s)) {
        fc_report(k->d, FC_OPTION_TYPE, o->value->span, row->name, type_words(k, row),
                  fl_arena_printf(k->a, "`%s`", fck_text(k, o->value->span)));
        return;
    }
    const struct fc_type *want = type_of(row->of.type), *t = fck_expr(k, o->value, want);
    if (t->kind == FC_K_ERROR)
        return;
    if (!fc_type_same(t, want) || o->value->nullable) {
        fc_report(k->d, FC_OPTION_TYPE, o->value->span, row->name, type_words(k, row),
                  fck_type_text(k, t, o->value->nullable));
        return;
    }
    if (o->value->kind == FC_E_NAME && o->value->sym && o->value->sym->kind == FC_SYM_PARAM) {
        set->param = o->value->sym;
        if (row->of.type == FL_OPT_SECRET && !set->param->item->secret.s) {
            struct fc_diag *g = fc_report(k->d, FC_SECRET, o->value->span,
                                          fl_arena_printf(k->a, "`%s` is a secret, and param `%s` is none: it would be printed with the configuration",
                                                          row->name, set->param->name));
            fc_diag_help(k->d, g, "declare `param %s : string secret file \"PATH\";` or `secret env \"NAME\"`", set->param->name);
        }
        return;
    }
    const struct fc_expr *v = o->value;
    while (v->kind == FC_E_NAME && v->sym && v->sym->kind == FC_SYM_CONST)
        v = v->sym->value;
    if (out_of_range(k, row, v))
        fc_report(k->d, FC_OPTION_TYPE, o->value->span, row->name, out_of_range(k, row, v),
                  fl_arena_printf(k->a, "`%s`", fck_text(k, o->value->span)));
    fck_no_nul(k, v);
    fck_no_password(k, v);
    if (v->kind == FC_E_STRING)
        fck_no_template(k, v, true);
    if (row->of.type == FL_OPT_URL && v->kind == FC_E_STRING && *v->s && !has_scheme(row, v->s)) {
        struct fc_diag *g = fc_report(k->d, FC_OPTION_TYPE, v->span, row->name, "a URL", fl_arena_printf(k->a, "`%s`", fck_text(k, v->span)));
        fc_diag_help(k->d, g, "write it as %s", row->of.hint);
    }
    set->text = yaml_text(k, v);
    if (!set->text)
        fc_report(k->d, FC_NOT_CONSTANT, o->value->span, "an option, unless it is a param,");
}

const char *fck_kinds_of(struct fc_checker *k, const char *phase)
{
    const char *all = "";
    for (uint32_t i = 0; i < fl_kind_nrows; i++)
        if (strcmp(fl_kind_rows[i].phase, phase) == 0 && !(fl_kind_rows[i].needs & FL_NEEDS_LIBRARY))
            all = fl_arena_printf(k->a, "%s%s%s", all, *all ? ", " : "", fl_kind_rows[i].kind);
    return all;
}

struct fc_choice *fck_choose(struct fc_checker *k, struct fc_choice **last, const char *phase, struct fc_name kind, struct fc_span span,
                             struct fc_option *options)
{
    const struct fl_kind_row *row = fl_kind_row(phase, kind.s);
    if (!row && fl_kind_is_later(phase, kind.s)) {
        fc_report(k->d, FC_LATER, kind.span, fl_arena_printf(k->a, "%s %s", phase, kind.s));
        return NULL;
    }
    if (!row || row->needs & FL_NEEDS_LIBRARY) {
        struct fc_diag *g = fc_report(k->d, FC_UNKNOWN_KIND, kind.span, phase, kind.s);
        fc_diag_help(k->d, g, row ? "this flowc was built without its library; install that and build flowc again, or "
                     "take %s" : "there is %s", fck_kinds_of(k, phase));
        return NULL;
    }
    if (k->out)
        k->out->needs |= row->needs & FL_EMITTED;
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
    fck_choose(k, &k->p->choices, "source", it->name, it->name.span, it->options);
    for (struct fc_option *o = it->options; o; o = o->next) {
        if (o->kind == FC_O_STEP && (o->step == FC_STEP_DECODE || o->step == FC_STEP_DECOMPRESS))
            fck_choose(k, &k->p->choices, o->step == FC_STEP_DECODE ? "decode" : "decompress", o->name, o->span, o->options);
        else if (o->kind == FC_O_STEP && o->step == FC_STEP_QUEUE)
            fck_choose(k, &k->p->choices, "intake", (struct fc_name){FL_ONLY, o->span}, o->span, o->options);
        else if (o->kind != FC_O_VALUE)
            fc_report(k->d, FC_UNKNOWN_OPTION, o->span, "source", it->name.s,
                      o->kind == FC_O_PARTITION ? "partition" : fc_step_text(o->step));
    }
}

void fck_reject(struct fc_checker *k, struct fc_item *it)
{
    fck_choose(k, &k->p->choices, it->kind == FC_I_REJECT ? "reject" : it->kind == FC_I_STATE ? "state" : "refused",
              (struct fc_name){FL_ONLY, it->span}, it->span, it->options);
}
