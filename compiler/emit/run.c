/*
 * run.c - the plan's steps as C: `run`, and the partition of an output's records.
 *
 * Stages run record by record. Before a step that asks lookups, all records of the batch are asked first, in waves: what has no
 * answer yet unwinds (cx->pending) and is tried again when the wave is answered; lazily, so nothing is asked in vain.
 */
#include <string.h>

#include "emit/emit.h"

/* What the waves computed from tables that the step behind it writes was a guess: it is computed again when the record runs. */
static void forget_tried(struct fc_em *m, const struct fc_plan_step *wave, const char *from)
{
    bool any = false;
    for (const struct fc_sym *l = m->g->lets; l; l = l->next) {
        if (!fc_tried(m->p, l))
            continue;
        if (!any) {
            fce_line(m, "for (uint32_t i = %s; i < n; i++) {", from);
            fce_line(m, "    struct rec *r = (struct rec *)b->rec[i];");
        }
        any = true;
        if (fc_guessed(l, wave)) {
            fce_line(m, "    if (r->tried_%s)", l->name);
            fce_line(m, "        r->is_%s = 0;", l->name);
        }
        fce_line(m, "    r->tried_%s = false;", l->name);
    }
    if (any)
        fce_line(m, "}");
}

/* All records are asked for, in waves, until there is an answer to everything. */
static void run_wave(struct fc_em *m, const struct fc_plan_step *step, const char *from)
{
    const char *calls = "";
    for (int i = step->first; i <= step->first + step->n; i++)
        if (i < step->first + step->n ? m->p->asks[i] : step->output != NULL)
            calls = fce_text(m, "%s%swant_%d(cx, (struct rec *)b->rec[i])", calls, *calls ? " + " : "", i + 1);
    fce_line(m, "cx->wave = true;");
    fce_line(m, "for (uint32_t waiting = !cx->silent; waiting;) {");
    fce_line(m, "    waiting = 0;");
    fce_line(m, "    for (uint32_t i = %s; i < n; i++)", from);
    fce_line(m, "        if (b->rec[i]->state == FL_LIVE)");
    fce_line(m, "            waiting += %s;", calls);
    fce_line(m, "    if (waiting)");
    fce_line(m, "        fl_lookup_wait(cx);");
    fce_line(m, "}");
    fce_line(m, "cx->wave = false;");
    if (!step->output)
        forget_tried(m, step, from);
}

static void run_each(struct fc_em *m, const struct fc_plan_step *step, const char *from)
{
    const int end = step->first + step->n;
    if (step->kind == FC_HOLD) {
        fce_line(m, "cx->at = 0;");
        fce_line(m, "due_%d(cx, b, UINT32_MAX);", end);
    }
    fce_line(m, "for (uint32_t i = %s; i < n; i++) {", from);
    m->depth++;
    if (step->ahead) {
        fce_line(m, "if (i %% FL_AHEAD == 0)");
        fce_line(m, "    ahead_%d(cx, b, i, n);", step->first + 1);
    }
    fce_line(m, "struct rec *r = (struct rec *)b->rec[i];");
    fce_line(m, "if (r->h.state != FL_LIVE)");
    fce_line(m, "    continue;");
    for (int i = step->first; i < end; i++) {
        const struct fc_stage *s = m->g->stages[i];
        if (m->p->emits && fc_stage_emits[s->kind].batch)
            fce_line(m, *from == '0' ? "cx->at = i;" : "cx->at = r->h.emitted ? r->h.behind : i;");
        fce_line(m, "%s_%d(cx, r%s);", fc_stage_text(s->kind), i + 1, fc_stage_emits[s->kind].batch ? ", b" : "");
        if (fc_stage_plans[s->kind].drops && i + 1 < end) {
            fce_line(m, "if (r->h.state != FL_LIVE)");
            fce_line(m, "    continue;");
        }
    }
    m->depth--;
    fce_line(m, "}");
}

/* A step and the wave before it are switched off together. */
static void guard(struct fc_em *m, const struct fc_stage *before, const struct fc_plan_step *step)
{
    const struct fc_stage *on = step ? step->on : NULL;
    if (on == before)
        return;
    if (before) {
        m->depth--;
        fce_line(m, "}");
    }
    if (on) {
        fce_line(m, "if (%s_%d_on) {", fc_stage_text(on->kind), step->first + 1);
        m->depth++;
    }
}

/* The steps of the pipeline, or, `of` not NULL, of an output's own, up to a hold; behind it another function goes on. */
static void run_steps(struct fc_em *m, const struct fc_plan_step *step, const struct fc_output *of, const char *from)
{
    const struct fc_stage *on = NULL;
    bool held = false;
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "const uint32_t n = b->n;");
    for (; step && !held; step = step->next) {
        if (step->of != of)
            continue;
        guard(m, on, step);
        on = step->on;
        held = step->kind == FC_HOLD;
        if (step->kind == FC_WAVE)
            run_wave(m, step, from);
        else if (step->kind == FC_EACH || held)
            run_each(m, step, from);
        if (held) {
            guard(m, on, NULL);
            on = NULL;
            if (fc_plan_behind(m->p, step->first))
                fce_line(m, "behind_%d(cx, b, %s);", step->first + 1, from);
        }
    }
    m->nsettled = 0;
    m->depth--;
    fce_line(m, "}\n");
}

static void run(struct fc_em *m, const struct fc_output *of)
{
    fce_line(m, "static void %s(struct fl_cx *cx, struct fl_batch *b)", fce_of_output(m, "run", of));
    run_steps(m, m->p->steps, of, "0");
    for (const struct fc_plan_step *step = m->p->steps; step; step = step->next)
        if (step->of == of && step->kind == FC_HOLD && fc_plan_behind(m->p, step->first)) {
            fce_line(m, "/* Behind the join: what went past it, from number `from` on, and what it emitted. */");
            fce_line(m, "static void behind_%d(struct fl_cx *cx, struct fl_batch *b, uint32_t from)", step->first + 1);
            run_steps(m, step->next, of, "from");
        }
}

static void partition(struct fc_em *m, const struct fc_output *output)
{
    fce_function_begin(m, FC_CX_RECORD, NULL);
    m->made = m->either = m->p->emits;
    m->form = fce_form_of(m, output);
    fce_line(m, "static void %s(struct fl_cx *cx, const struct fl_rec *h, struct fl_buf *out)", fce_of_output(m, "partition", output));
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "struct rec *r = (struct rec *)h;");
    bool first = true;
    for (const struct fc_part *p = output->parts; p; p = p->next) {
        const char *lead = fce_text(m, "%s%s=", first ? "" : "/", p->name.s);
        struct fc_cv v = fce_expr(m, p->value);
        fce_line(m, "fl_buf_put(out, %s, %zu);", fce_quote(m, lead, strlen(lead)), strlen(lead));
        fce_line(m, "fl_partition_put(out, %s);", v.v);
        first = false;
    }
    m->made = m->either = false;
    m->depth--;
    fce_line(m, "}\n");
}

void fce_steps(struct fc_em *m)
{
    for (const struct fc_plan_step *step = m->p->steps; step; step = step->next) {
        if (step->kind == FC_ROUTE && step->output->header)
            fce_header(m, step->output);
        if (step->kind == FC_ROUTE && step->output->parts)
            partition(m, step->output);
        else if (step->kind == FC_WAVE && step->output)
            fce_wants_partition(m, step);
    }
    for (const struct fc_plan_step *step = m->p->steps; step; step = step->next)
        if (step->kind == FC_EACH)
            fce_ahead(m, step);
    run(m, NULL);
    for (const struct fc_output *o = m->g->outputs; o; o = o->next)
        if (fc_output_runs(m->p, o))
            run(m, o);
}
