/*
 * output.c - outputs: their names, stages, kinds and options, the partition. What stands in one is seen by it alone: what its
 * stages make or know is forgotten behind it.
 */
#include "check/checker.h"

#include <ctype.h>
#include <string.h>

#include "base/rows.h"
#include "tree/walk.h"

/* ---- the partition ----------------------------------------------------------------------------------------------- */

struct emit_search {
    const struct fc_checker *k;
    const struct fc_stmt *found;
};

/* The first field of the transform that e reads and an `emit` may leave out; of lets and the input, any `emit`. */
static void visit_emit(void *arg, const struct fc_expr *e)
{
    struct emit_search *s = arg;
    bool own = e->kind == FC_E_FIELD && e->a->sym == s->k->record;
    bool other = e->sym && (e->sym == &s->k->input || e->sym->kind == FC_SYM_LET);
    if (!s->found && (own || other))
        s->found = fck_emit_without(s->k, own ? e->info : NULL);
}

static void partition_null(struct fc_checker *k, const struct fc_expr *e)
{
    struct emit_search s = {k, NULL};
    struct fc_diag *g = fck_may_be_null(k, e);
    fc_walk_expr(e, visit_emit, &s);
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
    if (k->out->parts)
        fc_report(k->d, FC_OPTION_TWICE, o->span, "partition");
    k->out->parts = o->parts;
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

/* ---- kinds ------------------------------------------------------------------------------------------------------- */

static const struct fc_choice *chosen(const struct fc_choice *list, const char *phase, const char *kind)
{
    while (list && (strcmp(list->phase, phase) || strcmp(list->kind, kind)))
        list = list->next;
    return list;
}

/* Kinds and options that don't go together; what a param or YAML says of them is the runtime's to see. */
static void check_clashes(struct fc_checker *k)
{
    for (uint32_t i = 0; i < fl_clash_nrows; i++) {
        const struct fl_clash_row *r = &fl_clash_rows[i];
        const struct fc_choice *one = chosen(k->out->choices, r->phase, r->kind);
        const struct fc_choice *other = chosen(k->out->choices, r->other, r->its);
        for (const struct fc_set *s = one && other ? other->sets : NULL; s; s = s->next)
            if (strcmp(s->name, r->option) == 0 && s->text && strcmp(s->text, "true") == 0) {
                struct fc_diag *g = fc_report(k->d, FC_CLASH, one->span, r->phase, r->kind, r->option, r->other, r->its);
                fc_diag_help(k->d, g, "%s: leave one of them out", r->why);
            }
    }
}

/* An output is metrics or objects. True: it is metrics. */
static bool check_metrics(struct fc_checker *k, const struct fc_item *it)
{
    const struct fc_output *out = k->out;
    bool shown = false;
    for (const struct fc_choice *c = out->choices; c; c = c->next) {
        const struct fl_kind_row *row = fl_kind_row(c->phase, c->kind);
        bool takes = row && row->needs & FL_NEEDS_METRICS;
        shown |= takes;
        if (out->metrics && !takes && strcmp(c->phase, "account") != 0 && strcmp(c->phase, "queue") != 0)
            fc_diag_help(k->d, fc_report(k->d, FC_METRIC, c->span, fl_arena_printf(k->a, "`%s %s` stands beside metrics, which are no objects", c->phase, c->kind)),
                         "an output has either metrics and `write prometheus`, or store, encode and write");
        else if (!out->metrics && takes)
            fc_diag_help(k->d, fc_report(k->d, FC_METRIC, c->span, fl_arena_printf(k->a, "`%s %s` shows metrics, and this output has none", c->phase, c->kind)),
                         "write as `counter flows_total \"Flows that came\" by (class) = 1;`");
    }
    if (out->metrics && !shown)
        fc_diag_help(k->d, fc_report(k->d, FC_MISSING_STAGE, it->span, "`write` in its output"), "metrics are shown by `write prometheus;`");
    return out->metrics || shown;
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

/* Its keys in the configuration hold the name in small letters. */
static bool same_name(const char *a, const char *b)
{
    while (*a && tolower((unsigned char)*a) == tolower((unsigned char)*b))
        a++, b++;
    return *a == *b;
}

static void check_name(struct fc_checker *k, const struct fc_item *it)
{
    if (!it->name.s && k->several)
        fc_diag_help(k->d, fc_report(k->d, FC_OUTPUT_NAME, k->out->span), "write `output NAME { .. }`; its keys in the configuration are outputs.NAME.*");
    for (const struct fc_output *o = k->p->outputs; it->name.s && o != k->out; o = o->next)
        if (o->name && same_name(o->name, it->name.s))
            fc_diag_note(k->d, fc_report(k->d, FC_DUPLICATE, it->name.span, it->name.s), o->span, "the other output of that name");
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static const char *const phases[] = {"store", "encode", "compress", "account", "write", "decode", "decompress"};

static void check_step(struct fc_checker *k, struct fc_output_part *p)
{
    if (p->step == FC_STEP_DECODE || p->step == FC_STEP_DECOMPRESS) {
        fc_report(k->d, FC_ORDER, p->head, "decode and decompress belong into the source's braces");
        return;
    }
    fck_choose(k, &k->out->choices, phases[p->step], p->name, p->name.span, p->options);
    for (struct fc_option *o = p->options; o; o = o->next) {
        if (o->kind == FC_O_PARTITION && p->step == FC_STEP_STORE)
            check_partition(k, o);
        else if (o->kind != FC_O_VALUE)
            fc_report(k->d, FC_UNKNOWN_OPTION, o->span, phases[p->step], p->name.s, o->kind == FC_O_PARTITION ? "partition" : fc_step_text(o->step));
    }
}

static void check_parts(struct fc_checker *k, struct fc_item *it)
{
    bool have[7] = {false}, later = false;
    for (struct fc_output_part *p = it->outputs; p; p = p->next) {
        switch (p->kind) {
        case FC_OUT_STAGE:
            k->out->metrics |= p->stage->kind == FC_ST_METRICS;
            fck_stage(k, p->stage);
            break;
        case FC_OUT_STEP:
            have[p->step] = true;
            later |= p->step == FC_STEP_WRITE && fl_kind_is_later(phases[p->step], p->name.s);
            check_step(k, p);
            break;
        case FC_OUT_QUEUE:
            fck_choose(k, &k->out->choices, "queue", (struct fc_name){FL_ONLY, p->span}, p->head, p->options);
            break;
        case FC_OUT_STOREHEADER:
            fck_header(k, p);
            break;
        case FC_OUT_SELECT: /* load leaves none */
            break;
        }
    }
    check_clashes(k);
    if (check_metrics(k, it))
        return;
    fck_header_encoded(k);
    static const enum fc_step_kind needed[] = {FC_STEP_STORE, FC_STEP_ENCODE, FC_STEP_WRITE};
    for (int i = 0; i < 3 && !later; i++)
        if (!have[needed[i]])
            fc_diag_help(k->d, fc_report(k->d, FC_MISSING_STAGE, it->span, fl_arena_printf(k->a, "`%s` in its output", phases[needed[i]])), "there is %s %s",
                         phases[needed[i]], fck_kinds_of(k, phases[needed[i]]));
}

/*
 * What tests ask about is the record as the first output has it, so what the others' stages made is undone. A record that `emit`
 * made comes through the stages of each of several outputs, so what is known of received records isn't known there.
 */
void fck_output(struct fc_checker *k, struct fc_item *it)
{
    struct fc_output **last = &k->p->outputs;
    while (*last)
        last = &(*last)->next;
    struct fc_output *o = k->out = *last = fl_arena_zero(k->a, sizeof *o);
    const struct fc_fact *facts = k->facts;
    const struct fc_made *made = k->p->output;
    struct fc_sym *record = k->record;
    o->name = it->name.s;
    o->span = it->name.s ? it->name.span : it->span;
    o->index = k->p->noutputs++;
    o->first = k->p->nstages;
    if (o->index == 0)
        k->p->ncommon = k->p->nstages;
    if (o->index == FL_OUTPUTS_MAX)
        fc_report(k->d, FC_TOO_MUCH, o->span, "outputs", fl_arena_printf(k->a, "%d", FL_OUTPUTS_MAX));
    check_name(k, it);
    if (k->several && fck_emit_without(k, NULL))
        k->facts = NULL;
    check_parts(k, it);
    o->nstages = k->p->nstages - o->first;
    o->made = k->p->output;
    if (!k->several) {
        k->p->ncommon = k->p->nstages;
        o->nstages = 0;
    } else {
        k->facts = facts;
        k->record = record;
        k->p->output = made;
    }
    k->out = NULL;
}
