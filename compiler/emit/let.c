/*
 * let.c - functions and lets of the .flow, and the struct of a record, which holds what was computed of it.
 *
 * A function has a frame: its arguments and, once computed, its lets. A let of the file is a function of the record and computed when
 * first used; stage.c says where that is.
 */
#include <string.h>

#include "emit/emit.h"

/* ---- functions of the .flow ---------------------------------------------------------------------------------- */

/* What says whether something is there comes first: only that has to be zeroed (FL_FRAME). */
static void frame(struct fc_em *m, const struct fc_sym *f)
{
    struct fc_join flags = {.arena = m->a}, body = {.arena = m->a};
    for (const struct fc_sym *a = f->args; a; a = a->next) {
        fc_join(&body, "    %s %s;\n", fce_type(m, a->type), fce_name(m, a->name));
        if (a->optional)
            fc_join(&flags, "    bool has_%s;\n", a->name);
    }
    for (const struct fc_sym *l = f->lets; l; l = l->next) {
        fc_join(&flags, "    uint8_t is_%s; /* 0 not computed yet, 1 value, 2 null */\n", l->name);
        fc_join(&body, "    %s %s;\n", fce_type(m, l->type), fce_name(m, l->name));
    }
    fprintf(m->types.f, "struct frame_%s {\n%s    char flags_end;\n%s};\n\n", f->name, fc_joined(&flags), fc_joined(&body));
}

/* In a let's function: it is known now to be null. */
static void let_null(struct fc_em *m, const char *condition, const char *is)
{
    fce_line(m, "if (%s) {", condition);
    fce_line(m, "    %s = 2;", is);
    fce_line(m, "    return;");
    fce_line(m, "}");
}

/* Its value goes where the let is kept, and the function ends. */
static void let_end(struct fc_em *m, const char *at, const char *is, struct fc_cv v)
{
    if (v.n)
        let_null(m, fce_bare(m, v.n), is);
    v.n = NULL;
    fce_assign(m, at, NULL, v);
    fce_line(m, "%s = 1;", is);
    m->depth--;
    fce_line(m, "}\n");
}

static void function_let(struct fc_em *m, const struct fc_sym *f, const struct fc_sym *l)
{
    fce_function_begin(m, FC_CX_FUNCTION, "return;");
    fce_line(m, "static void %s(struct fl_cx *cx, struct rec *r, struct frame_%s *f)", fce_let_function(m, l), f->name);
    fce_line(m, "{");
    m->depth++;
    fce_place(m, l->span);
    let_end(m, fce_text(m, "f->%s", fce_name(m, l->name)), fce_text(m, "f->is_%s", l->name), fce_expr(m, l->value));
}

static void one_function(struct fc_em *m, const struct fc_sym *f)
{
    for (const struct fc_sym *l = f->lets; l; l = l->next)
        if (l->used)
            function_let(m, f, l);
    fce_function_begin(m, FC_CX_FUNCTION, "return false;");
    fce_line(m, "/* %s */", fce_where(m, f->span));
    fce_line(m, "static bool call_%s(struct fl_cx *cx, struct rec *r, struct frame_%s *f, %s *result)", f->name, f->name, fce_type(m, f->type));
    fce_line(m, "{");
    m->depth++;
    fce_place(m, f->value->span);
    struct fc_cv v = fce_expr(m, f->value);
    if (v.type->kind == FC_K_NULL) {
        fce_line(m, "return false;");
    } else {
        if (v.n) {
            fce_line(m, "if (%s)", fce_bare(m, v.n));
            fce_line(m, "    return false;");
            v.n = NULL;
        }
        fce_assign(m, "*result", NULL, v);
        fce_line(m, "return true;");
    }
    m->depth--;
    fce_line(m, "}\n");
}

static void declare_calls(struct fc_em *m)
{
    for (const struct fc_sym *f = m->g->functions; f; f = f->next) {
        if (!f->used)
            continue;
        frame(m, f);
        fprintf(m->types.f, "static bool call_%s(struct fl_cx *cx, struct rec *r, struct frame_%s *f, %s *result);\n", f->name, f->name, fce_type(m, f->type));
        for (const struct fc_sym *l = f->lets; l; l = l->next)
            if (l->used)
                fprintf(m->types.f, "static void %s(struct fl_cx *cx, struct rec *r, struct frame_%s *f);\n", fce_let_function(m, l), f->name);
        fputc('\n', m->types.f);
    }
}

void fce_functions(struct fc_em *m)
{
    bool any = false;
    fprintf(m->types.f, "struct rec;\n\n");
    declare_calls(m);
    for (const struct fc_sym *f = m->g->functions; f; f = f->next) {
        if (!f->used)
            continue;
        if (!any)
            fce_line(m, "/* ---- functions ---- */\n");
        any = true;
        one_function(m, f);
    }
}

/* ---- lets and the record ----------------------------------------------------------------------------------------- */

/* What says whether a value is there stands apart, before the values: it is looked at more often, and there are no gaps. */
struct stored {
    struct fc_join flags, values;
};

static void stored_members(struct fc_em *m, const struct fc_slot *s, struct stored *out)
{
    for (int i = 0; i < s->ninner; i++) {
        const struct fc_slot *x = &s->inner[i];
        if (x->kind == FC_SLOT_STORED) {
            fc_join(&out->values, "        %s %s;\n", fce_type(m, x->type), fce_name(m, x->c));
            if (x->optional || x->emitted)
                fc_join(&out->flags, "        bool has_%s;\n", x->c);
        }
        if (x->given) {
            fc_join(&out->values, "        %s %s; /* given by `emit` */\n", fce_type(m, x->type), fce_name(m, x->given->c));
            fc_join(&out->flags, "        bool has_%s;\n", x->given->c);
        }
        if (fce_presence(m, x))
            fc_join(&out->flags, "        bool has_%s;\n", x->c);
        stored_members(m, x, out);
    }
}

static void record_struct(struct fc_em *m)
{
    struct stored lets = {{.arena = m->a}, {.arena = m->a}};
    struct fc_join forms = {.arena = m->a}; /* before anything is written: types that they need come first */
    for (const struct fc_sym *l = m->g->lets; l; l = l->next)
        if (l->used) {
            fc_join(&lets.values, "    %s let_%s;\n", fce_type(m, l->type), l->name);
            fc_join(&lets.flags, "    uint8_t is_%s; /* 0 not computed yet, 1 value, 2 null */\n", l->name);
            if (fc_tried(m->p, l))
                fc_join(&lets.flags, "    bool tried_%s; /* computed in a wave, when tables were not yet as the record will see them */\n", l->name);
        }
    for (int i = 0; i < m->g->nmade; i++) {
        struct stored form = {{.arena = m->a}, {.arena = m->a}};
        stored_members(m, m->p->forms[i], &form);
        if (form.values.n || form.flags.n)
            fc_join(&forms, "    struct {\n%s%s    } %s;\n", fc_joined(&form.flags), fc_joined(&form.values), fce_form(m, m->p->forms[i]));
    }
    fprintf(m->types.f, "/* A record on its way. */\nstruct rec {\n    struct fl_rec h;\n%s    struct in_record in;\n%s", fc_joined(&lets.flags), fc_joined(&lets.values));
    fputs(fc_joined(&forms), m->types.f);
    fprintf(m->types.f, "};\n\n");
}

void fce_lets(struct fc_em *m)
{
    for (const struct fc_sym *l = m->g->lets; l; l = l->next)
        if (l->used)
            fprintf(m->types.f, "static void let_%s(struct fl_cx *cx, struct rec *r);\n", l->name);
    fputc('\n', m->types.f);
    record_struct(m);
    bool any = false;
    for (const struct fc_sym *l = m->g->lets; l; l = l->next) {
        if (!l->used)
            continue;
        if (!any)
            fce_line(m, "/* ---- lets: per record, computed when first used ---- */\n");
        any = true;
        fce_function_begin(m, FC_CX_RECORD, "return;");
        fce_line(m, "/* %s */", fce_where(m, l->span));
        fce_line(m, "static void let_%s(struct fl_cx *cx, struct rec *r)", l->name);
        fce_line(m, "{");
        m->depth++;
        fce_place(m, l->value->span);
        const char *is = fce_text(m, "r->is_%s", l->name);
        if (fc_silent_null(l->value))
            let_null(m, "cx->silent", is);
        struct fc_cv v = fce_expr(m, l->value);
        if (fc_tried(m->p, l))
            fce_line(m, "r->tried_%s = cx->wave;", l->name);
        let_end(m, fce_text(m, "r->let_%s", l->name), is, v);
    }
}
