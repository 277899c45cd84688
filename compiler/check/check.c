/*
 * check.c - the check pass: declarations first, then every item where it stands, then what concerns the whole.
 */
#include "check/check.h"

#include <string.h>

#include "check/checker.h"
#include "check/depend.h"
#include "check/values.h"

static bool main_file(const struct fc_checker *k, struct fc_span span)
{
    return span.file == k->c->main_source;
}

/* A declaration that nothing uses is most often a misspelling. Modules bring more than each pipeline needs. */
static void unused(struct fc_checker *k)
{
    for (struct fc_sym *s = k->top; s; s = s->up) {
        bool by_name = s->kind == FC_SYM_LET && k->p->templates; /* templates may name it */
        bool by_yaml = s->kind == FC_SYM_PARAM && (s->item->one_of || s->item->yaml);
        if (!s->used && main_file(k, s->span) && !by_name && !by_yaml) {
            const char *what = s->kind == FC_SYM_RECORD ? "a record" : fck_kind_text(s);
            fc_report(k->d, FC_UNUSED, s->span, what + (what[1] == 'n' ? 3 : 2), s->name);
        }
    }
}

/* False when this is no pipeline at all but a part of some: then there is nothing more to say. */
static bool pipeline(struct fc_checker *k, struct fc_item *items)
{
    struct fc_item *first = items;
    bool whole = false;
    if (!first || first->kind != FC_I_PIPELINE) {
        struct fc_span at = first && main_file(k, first->span) ? first->span
            : (struct fc_span){k->c->main_source, 0, 0};
        struct fc_diag *g = fc_report(k->d, FC_NO_PIPELINE, at);
        for (struct fc_item *it = items; it; it = it->next)
            whole |= it->kind == FC_I_PIPELINE || it->kind == FC_I_SOURCE || it->kind == FC_I_OUTPUT;
        if (!whole) {
            fc_diag_help(k->d, g, "if it is a part of other pipelines, check one that includes it");
            return false;
        }
    }
    for (struct fc_item *it = items; it; it = it->next) {
        if (it->kind != FC_I_PIPELINE)
            continue;
        if (k->p->name) {
            fc_diag_note(k->d, fc_report(k->d, FC_DUPLICATE, it->name.span, "pipeline"), k->p->span, "the other one");
            continue;
        }
        k->p->name = it->name.s;
        k->p->doc = it->text ? it->text : "";
        k->p->version = it->version ? it->version : "";
        k->p->span = it->span;
    }
    if (!k->p->name)
        k->p->span = (struct fc_span){k->c->main_source, 0, 0};
    return true;
}

static void items_in_order(struct fc_checker *k, struct fc_item *items)
{
    const struct fc_item *output = NULL;
    for (const struct fc_item *it = items; it; it = it->next) {
        k->several |= it->kind == FC_I_OUTPUT && output;
        output = it->kind == FC_I_OUTPUT ? it : output;
    }
    output = NULL;
    for (struct fc_item *it = items; it; it = it->next) {
        k->local = NULL;
        switch (it->kind) {
        case FC_I_PARAM:
            fck_param(k, it);
            break;
        case FC_I_LET:
            fck_let(k, it);
            break;
        case FC_I_FUNCTION:
            fck_function(k, it);
            break;
        case FC_I_LOOKUP:
            fck_lookup(k, it);
            break;
        case FC_I_TABLE:
            fck_fill(k, it);
            break;
        case FC_I_SOURCE:
            fck_source(k, it);
            break;
        case FC_I_REJECT:
        case FC_I_REFUSED:
        case FC_I_STATE:
            fck_reject(k, it);
            break;
        case FC_I_STAGE:
            if (output)
                fc_report(k->d, FC_ORDER, it->stage->head, "this stage stands below the output");
            fck_stage(k, it->stage);
            break;
        case FC_I_OUTPUT:
            fck_output(k, it);
            output = it;
            break;
        case FC_I_TEST: {
            if (!k->p->tests)
                k->p->tests = it;
            struct fc_sym *record = k->record;
            if (k->several && k->p->outputs) /* what tests ask about is as the first output has it */
                k->record = k->p->outputs->made ? (struct fc_sym *)&k->p->outputs->made->sym : NULL;
            fck_test(k, it);
            k->record = record;
            break;
        }
        default:
            break;
        }
    }
    struct fc_span whole = k->p->span;
    bool source = false;
    for (struct fc_choice *c = k->p->choices; c; c = c->next)
        source |= strcmp(c->phase, "source") == 0;
    if (!k->p->input)
        fc_diag_help(k->d, fc_report(k->d, FC_MISSING_STAGE, whole, "schema"),
                     "write `use skydive;`, or declare `schema NAME { .. }`");
    for (struct fc_item *it = items; it; it = it->next)
        source |= it->kind == FC_I_SOURCE;
    if (!source)
        fc_diag_help(k->d, fc_report(k->d, FC_MISSING_STAGE, whole, "source"),
                     "write `source skydive;` or `source file { path = \"..\"; }`");
    if (!output)
        fc_diag_help(k->d, fc_report(k->d, FC_MISSING_STAGE, whole, "output"),
                     "write `output { store buffered; encode json; compress gzip; write s3; }`");
}

static void check_variant(struct fc_compilation *c)
{
    struct fc_program *p = fl_arena_zero(&c->arena, sizeof *p);
    struct fc_checker k = {.c = c, .a = &c->arena, .d = &c->diags, .p = p};
    k.input = (struct fc_sym){.kind = FC_SYM_INPUT, .name = "input"};
    struct fc_checker *kept = fl_arena_zero(&c->arena, sizeof *kept); /* expressions point to its input */
    *kept = k;
    c->program = p;
    int n = 1;
    for (struct fc_item *it = c->file.items; it; it = it->next) {
        n += it->kind == FC_I_STAGE;
        for (struct fc_output_part *o = it->kind == FC_I_OUTPUT ? it->outputs : NULL; o; o = o->next)
            n += o->kind == FC_OUT_STAGE;
    }
    kept->classified = true; /* unless a classify comes */
    for (struct fc_item *it = c->file.items; it; it = it->next)
        if (it->kind == FC_I_STAGE && it->stage->kind == FC_ST_CLASSIFY)
            kept->classified = false;
    p->stages = fl_arena_zero(&c->arena, sizeof *p->stages * (size_t)n);
    if (!pipeline(kept, c->file.items))
        return;
    fck_declare_types(kept, c->file.items);
    fck_declare_values(kept, c->file.items);
    items_in_order(kept, c->file.items);
    fck_selects(kept);
    fck_config(kept, c->file.items);
    if (c->diags.errors == 0) {
        fc_depend_check(c, p);
        unused(kept);
        fck_values(kept, c->file.items);
        fck_secrets(kept);
        fck_doubts(kept, c->file.items);
        fck_given(kept, c->file.items);
    }
}

bool fc_check(struct fc_compilation *c)
{
    fc_each_variant(c, check_variant);
    if (c->diags.errors == 0)
        fc_check_taken(c);
    return c->diags.errors == 0;
}
