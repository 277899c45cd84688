/*
 * graph.c - `flowc graph`: a pipeline for Graphviz, straight from the tree.
 *
 * Source, stages and outputs are a chain; what a filter drops leaves it sideways. Tables and lookups stand beside:
 * a dotted edge to a stage that reads or asks, one from a stage that writes. What a stage uses is followed through
 * lets and functions.
 */
#include <string.h>

#include "tree/make.h"
#include "tree/walk.h"
#include "flowc.h"

struct graph {
    struct fc_compilation *c;
    FILE *out;
    const struct fc_item **names; /* what can be used: lets, functions, tables, lookups */
    size_t n;
    bool *seen;                   /* by the stage at hand */
    unsigned node;                /* the stage at hand */
    unsigned last;                /* the one before in the chain */
};

static void escape(FILE *out, const char *s)
{
    bool blank = false;
    for (; *s; s++) {
        unsigned char ch = (unsigned char)*s;
        if (ch <= ' ') {
            blank = true;
            continue;
        }
        if (blank)
            fputc(' ', out);
        blank = false;
        if (ch == '"' || ch == '\\')
            fputc('\\', out);
        fputc(ch, out);
    }
}

static void source_text(struct graph *g, struct fc_span span)
{
    escape(g->out, fc_source_slice(&g->c->sources, span));
}

/* ---- what a stage uses ---- */

static void edge_to_stage(struct graph *g, const char *name, const char *how)
{
    fprintf(g->out, "    \"%s\" -> s%u [style=dotted, label=\"%s\"];\n", name, g->node, how);
}

static void visit_use(void *arg, const struct fc_expr *e);

static void visit_let(void *arg, const struct fc_stmt *let)
{
    fc_walk_expr(let->value, visit_use, arg);
}

static void use_name(struct graph *g, const char *name)
{
    for (size_t i = 0; i < g->n; i++) {
        const struct fc_item *item = g->names[i];
        if (g->seen[i] || strcmp(item->name.s, name) != 0)
            continue;
        g->seen[i] = true;
        if (item->kind == FC_I_TABLE)
            edge_to_stage(g, name, "reads");
        if (item->kind == FC_I_LOOKUP)
            edge_to_stage(g, name, "asks");
        fc_walk_block(item->lets, visit_let, g);
        if (item->kind == FC_I_LET || item->kind == FC_I_FUNCTION)
            fc_walk_expr(item->value, visit_use, g);
    }
}

static void visit_use(void *arg, const struct fc_expr *e)
{
    if (e->kind == FC_E_NAME || e->kind == FC_E_CALL)
        use_name(arg, e->name.s);
}

static void visit_table(void *arg, struct fc_sym *table, const struct fc_stmt *by)
{
    struct graph *g = arg;
    if (by)
        fprintf(g->out, "    s%u -> \"%s\" [style=dotted, label=\"writes\"];\n", g->node, table->name);
    else
        use_name(g, table->name);
}

/* ---- nodes ---- */

static void begin_node(struct graph *g, const char *what, const char *name)
{
    memset(g->seen, 0, g->n * sizeof *g->seen);
    g->node++;
    fprintf(g->out, "    s%u [label=\"%s%s%s", g->node, what, name ? " " : "", name ? name : "");
}

static void end_node(struct graph *g, bool chain)
{
    fprintf(g->out, "\"];\n");
    if (chain && g->last)
        fprintf(g->out, "    s%u -> s%u;\n", g->last, g->node);
    g->last = g->node;
}

static void rules(struct graph *g, const struct fc_rule *r)
{
    for (; r; r = r->next) {
        fprintf(g->out, "\\n%s", r->kind == FC_R_KEEP ? "keep" : r->name.s);
        if (r->when) {
            fprintf(g->out, ": ");
            source_text(g, r->when->span);
        }
        fprintf(g->out, "\\l");
    }
}

static void drops(struct graph *g, const struct fc_rule *r)
{
    for (; r; r = r->next) {
        if (r->kind == FC_R_DROP) {
            fprintf(g->out, "    d%u_%s [shape=plaintext, label=\"%s\"];\n", g->node, r->name.s, r->name.s);
            fprintf(g->out, "    s%u -> d%u_%s [style=dashed, label=\"drop\"];\n", g->node, g->node, r->name.s);
        }
    }
}

static void stage(struct graph *g, const struct fc_stage *s)
{
    begin_node(g, fc_stage_text(s->kind), s->name.s);
    rules(g, s->rules);
    end_node(g, true);
    drops(g, s->kind == FC_ST_FILTER ? s->rules : NULL);
    fc_walk_exprs(s, FC_PART_ALL, visit_use, g);
    fc_walk_tables(s, FC_PART_ALL, visit_table, g);
}

static void output(struct graph *g, const struct fc_item *item)
{
    unsigned from = g->last;
    for (const struct fc_output_part *o = item->outputs; o; o = o->next)
        if (o->kind == FC_OUT_STAGE && o->stage->kind != FC_ST_METRICS)
            stage(g, o->stage);
    begin_node(g, "output", item->name.s);
    for (const struct fc_output_part *o = item->outputs; o; o = o->next) {
        if (o->kind == FC_OUT_STEP)
            fprintf(g->out, "\\n%s %s", fc_step_text(o->step), o->name.s);
        else if (o->kind == FC_OUT_STAGE && o->stage->kind == FC_ST_METRICS)
            fprintf(g->out, "\\nmetrics");
    }
    end_node(g, true);
    fprintf(g->out, "    s%u [shape=box3d];\n", g->node);
    for (const struct fc_output_part *o = item->outputs; o; o = o->next)
        fc_walk_fields(o->fields, visit_use, g);
    g->last = from;
}

static void collect(struct graph *g)
{
    size_t n = 0;
    for (const struct fc_item *i = g->c->file.items; i; i = i->next)
        n++;
    g->names = fl_arena_get(&g->c->arena, (n + 1) * sizeof *g->names);
    g->seen = fl_arena_zero(&g->c->arena, (n + 1) * sizeof *g->seen);
    for (const struct fc_item *i = g->c->file.items; i; i = i->next)
        if (i->kind == FC_I_LET || i->kind == FC_I_FUNCTION || i->kind == FC_I_TABLE || i->kind == FC_I_LOOKUP)
            g->names[g->n++] = i;
}

void fc_graph(struct fc_compilation *c, FILE *out)
{
    struct graph g = {.c = c, .out = out};
    const char *name = "flow";
    collect(&g);
    for (const struct fc_item *i = c->file.items; i; i = i->next)
        if (i->kind == FC_I_PIPELINE)
            name = i->name.s;
    fprintf(out, "digraph \"%s\" {\n    rankdir=LR;\n    node [shape=box, fontname=\"monospace\"];\n", name);
    for (size_t i = 0; i < g.n; i++) {
        const struct fc_item *item = g.names[i];
        if (item->kind == FC_I_TABLE)
            fprintf(out, "    \"%s\" [shape=cylinder, label=\"table %s\"];\n", item->name.s, item->name.s);
        if (item->kind == FC_I_LOOKUP)
            fprintf(out, "    \"%s\" [shape=component, label=\"lookup %s\\n%s\"];\n", item->name.s, item->name.s, item->from.s);
    }
    for (const struct fc_item *i = c->file.items; i; i = i->next) {
        if (i->kind == FC_I_SOURCE) {
            begin_node(&g, "source", i->name.s);
            end_node(&g, false);
            fprintf(out, "    s%u [shape=cds];\n", g.node);
        }
    }
    for (int first = 1; first >= 0; first--) /* classify comes first, wherever it stands */
        for (const struct fc_item *i = c->file.items; i; i = i->next)
            if (i->kind == FC_I_STAGE && (i->stage->kind == FC_ST_CLASSIFY) == (first == 1))
                stage(&g, i->stage);
    for (const struct fc_item *i = c->file.items; i; i = i->next)
        if (i->kind == FC_I_OUTPUT)
            output(&g, i);
    fprintf(out, "}\n");
}
