/*
 * dump.c - the plan as text: --dump-plan, and how much memory tables and joins take.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plan/parts.h"

#include "base/rows.h"
#include "dsl/hold_size.h"
#include "dsl/meter_size.h"
#include "tree/make.h"

static void dump_in(const struct fc_in *n, FILE *out)
{
    for (int i = 0; i < n->ninner; i++) {
        const struct fc_in *m = &n->inner[i];
        if (fc_in_live(m))
            fprintf(out, "    %-32s %s%s%s%s%s\n", m->path, m->value ? "value " : "", m->late ? "late " : "", m->raw ? "raw " : "", m->has ? "has" : "",
                    m->places ? " places" : "");
        dump_in(m, out);
    }
}

static void dump_slots(struct fl_arena *a, const struct fc_slot *s, FILE *out)
{
    static const char *const kinds[] = {"constant", "from input", "from let", "computed", "object", "same as"};
    for (int i = 0; i < s->ninner; i++) {
        const struct fc_slot *m = &s->inner[i];
        const char *how = m->nonempty ? " unless empty" : m->text ? " as a text" : fc_slot_text(m) ? "only for emit, else the text of" : m->kind == FC_SLOT_STORED && m->in ? ", written as the text of" : "";
        const char *from = m->kind == FC_SLOT_LET ? m->let->name : m->in ? m->in->path : m->kind == FC_SLOT_SAME ? fl_arena_printf(a, "%s.%s", fc_slot_form(m->same)->type->name, m->same->c) : "";
        const struct fc_expr *value = m->kind == FC_SLOT_LET ? m->let->value : m->kind == FC_SLOT_STORED ? m->field->value : NULL;
        fprintf(out, "    %-32s %s%s%s%s%s\n", m->c, fc_slot_text(m) ? "" : kinds[m->kind], how, *from ? " " : "", from,
                value && fc_silent_null(value) ? ", null where no lookup is answered" : "");
        dump_slots(a, m, out);
    }
}

/* Bytes of a value in a table: texts have 256 each (struct fl_kept). */
static uint32_t kept_size(const struct fc_type *t)
{
    uint32_t n = 0, most = 8;
    switch (t->kind) {
    case FC_K_STRING:
    case FC_K_IP:
        return 256;
    case FC_K_BOOL:
        return 1;
    case FC_K_CIDR:
        return 40;
    case FC_K_RECORD:
        for (int i = 0; i < t->nmembers; i++) {
            uint32_t size = kept_size(t->members[i].type);
            uint32_t align = size >= 8 ? most : 1;
            n = (uint32_t)fl_round_up(n, align) + size + t->members[i].optional;
        }
        return (uint32_t)fl_round_up(n, most);
    default:
        return 8;
    }
}

static void print_metrics(const struct fc_metrics *m, FILE *out)
{
    size_t names = 0;
    for (const struct fc_part *l = m->labels; l; l = l->next)
        names += strlen(l->name.s);
    if (!m->labels) /* there is the one row `other` */
        fprintf(out, "metrics %s%s: at most %d series\n", m->meters->name.s, m->meters->next ? " .." : "", m->nvalues);
    else
        fprintf(out, "metrics %s%s: at most %lld label sets of %d series, %.1f MiB\n", m->meters->name.s, m->meters->next ? " .." : "",
                (long long)m->most, m->nvalues,
                (double)fl_meter_worst(m->most, (uint32_t)m->ncells, (uint32_t)m->nlabels, (uint32_t)names) / 1048576);
}

/* How much of an output's sealed objects waits at most: a size, or the param that says it. */
static void print_queue(const struct fc_output *o, FILE *out)
{
    const char *bytes = NULL, *param = NULL;
    bool stores = false;
    for (const struct fc_choice *c = o->choices; c; c = c->next) {
        stores |= strcmp(c->phase, "store") == 0;
        for (const struct fc_set *s = strcmp(c->phase, "queue") == 0 ? c->sets : NULL; s; s = s->next)
            if (strcmp(s->name, "max_bytes") == 0) {
                bytes = s->text;
                param = s->param ? s->param->name : NULL;
            }
    }
    if (!stores)
        return;
    fprintf(out, "output%s%s: ", o->name ? " " : "", o->name ? o->name : "");
    if (param)
        fprintf(out, "what param %s says waits for its sink\n", param);
    else if (bytes)
        fprintf(out, "at most %.1f MiB wait for its sink\n", (double)strtoll(bytes, NULL, 10) / 1048576);
    else
        fprintf(out, "at most %s wait for its sink\n", fl_option_row("queue", FL_ONLY, "max_bytes")->dflt);
}

/* What joins keep; numbered as the stages are. */
static void print_joins(struct fc_compilation *c, FILE *out)
{
    for (int i = 0; i < c->program->nstages; i++) {
        const struct fc_pairing *j = c->program->stages[i]->join;
        if (j)
            fprintf(out, "join of stage %d: at most %lld keys, %.1f MiB\n", i + 1, (long long)j->keys,
                    (double)fl_hold_worst(j->keys, fc_packed_size(j->form->type), fc_key_size(&j->key->type, 1)) / 1048576);
    }
}

static double worst(struct fc_compilation *c, const struct fc_sym *t)
{
    return (t->row ? 2 : 1) * (double)fl_table_worst(t->max, kept_size(t->type), fc_key_size(t->keys, t->nkeys), fc_plan_walked(c->program, t));
}

void fc_print_bounds(struct fc_compilation *c, FILE *out)
{
    for (const struct fc_output *o = c->program->outputs; o; o = o->next)
        print_queue(o, out);
    for (int i = 0; i < c->program->nstages; i++)
        if (c->program->stages[i]->metrics)
            print_metrics(c->program->stages[i]->metrics, out);
    for (const struct fc_sym *t = c->program->tables; t; t = t->next)
        if (t->used)
            fprintf(out, "table %s: at most %lld entries, %.1f MiB%s\n", t->name, (long long)t->max, worst(c, t) / 1048576,
                    t->row ? " while it is read again" : "");
    print_joins(c, out);
}

void fc_doubt_tables(struct fc_compilation *c)
{
    double memory = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    for (const struct fc_sym *t = c->program->tables; t; t = t->next)
        if (t->used && worst(c, t) > memory)
            fc_report(&c->diags, FC_TABLE_MEMORY, t->span, t->name, fl_arena_printf(&c->arena, "%.1f GiB", worst(c, t) / 1073741824));
}

static void dump_ahead(struct fc_compilation *c, const struct fc_plan_step *step, FILE *out)
{
    for (const struct fc_ahead *a = step->ahead; a; a = a->next) {
        fprintf(out, "        rows fetched ahead: %s[", a->table->name);
        for (const struct fc_expr *x = a->keys; x; x = x->next)
            fprintf(out, "%s%s", fc_source_slice(&c->sources, x->span), x->next ? ", " : "");
        fprintf(out, "]%s\n", a->written ? ", written" : "");
    }
}

static void dump_step(struct fc_compilation *c, const struct fc_plan_step *step, FILE *out)
{
    static const char *const kinds[] = {[FC_EACH] = "each ", [FC_HOLD] = "hold ", [FC_WAVE] = "wave ", [FC_ROUTE] = "route"};
    const struct fc_plan *p = c->plan;
    fprintf(out, "    %s%s", kinds[step->kind], step->kind == FC_WAVE ? " what is asked by" : "");
    for (int i = step->first; i < step->first + step->n; i++)
        if (step->kind != FC_WAVE || p->asks[i])
            fprintf(out, " %s", fc_stage_text(p->program->stages[i]->kind));
    if (step->of && !step->output)
        fprintf(out, " of output %s", step->of->name);
    if (step->output)
        fprintf(out, step->kind == FC_WAVE ? " the partition" : " to %s%s", step->output->name ? "output " : "the output",
                step->output->name ? step->output->name : "");
    fprintf(out, "%s\n", step->on ? ", unless it is switched off" : "");
    dump_ahead(c, step, out);
}

/* "output", with names where there are several, of those that get this form; NULL: none does. */
static const char *outputs_of(struct fc_compilation *c, const struct fc_made *made)
{
    const char *list = NULL;
    for (const struct fc_output *o = c->program->outputs; o; o = o->next)
        if (o->made == made)
            list = c->program->noutputs == 1 ? "output" : fl_arena_printf(&c->arena, "%s%s%s", list ? list : "output ", list ? ", " : "", o->name);
    return list;
}

void fc_dump_plan(struct fc_compilation *c, FILE *out)
{
    const struct fc_plan *p = c->plan;
    fprintf(out, "pipeline %s\n\ninput: what is read; the rest is skipped\n", p->program->name);
    dump_in(&p->in, out);
    for (const struct fc_made *m = p->program->made; m; m = m->next) {
        const char *to = outputs_of(c, m);
        fprintf(out, "\n%s: %s\n", to ? to : "made on the way", m->sym.type->name);
        dump_slots(&c->arena, p->forms[m->sym.index], out);
    }
    if (outputs_of(c, NULL))
        fprintf(out, "\n%s: the record as it came, one slice\n", outputs_of(c, NULL));
    fprintf(out, "\nmatchers\n");
    for (const struct fc_matcher *m = p->matchers; m; m = m->next)
        fprintf(out, "    %-32s %s\n", m->c, m->kind == FC_SET_PREFIXES ? "sorted ranges of prefixes, built at start" : "flags by class, built at start");
    for (const struct fc_regexp *r = p->regexps; r; r = r->next)
        fprintf(out, "    regex %-26d %s\n", r->index, r->pattern);
    fprintf(out, "\nsteps: one after the other, for all records of a batch\n");
    for (const struct fc_plan_step *step = p->steps; step; step = step->next)
        dump_step(c, step, out);
    fprintf(out, "\noutputs and tables: the worst case\n");
    fc_print_bounds(c, out);
    fprintf(out, "\nlookups\n");
    for (const struct fc_sym *l = p->program->lookups; l; l = l->next)
        if (l->used)
            fprintf(out, "    %-32s cache %llds max %lld timeout %llds\n", l->name, (long long)(l->expire / 1000000000), (long long)l->max,
                    (long long)(l->timeout / 1000000000));
}
