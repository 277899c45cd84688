/*
 * metrics.c - what a record does to counters, gauges and histograms: one function for each `metrics`, called when the record comes out.
 */
#include <stdlib.h>
#include <string.h>

#include "emit/stages/stages.h"

static const char *quoted(struct fc_em *m, const char *s)
{
    return fce_quote(m, s, strlen(s));
}

static bool as_number(const struct fc_type *t)
{
    return t->kind == FC_K_INT || t->kind == FC_K_BYTES || t->kind == FC_K_PACKETS;
}

/* ---- what there is ------------------------------------------------------------------------------------------------- */

/* As the page has it. */
static const char *escaped(struct fc_em *m, const struct fc_expr *e)
{
    struct fc_join out = {.arena = m->a};
    for (const char *p = fce_constant(e)->s; *p; p++) {
        if (*p == '\\' || *p == '"' || *p == '\n')
            fc_join(&out, "\\%c", *p == '\n' ? 'n' : *p);
        else
            fc_join(&out, "%c", *p);
    }
    return fc_joined(&out);
}

/* The shortest text of the number, as the label `le` has it. */
static const char *shortest(struct fc_em *m, double v)
{
    const char *text = "";
    for (int digits = 1; digits <= 17; digits++) {
        text = fce_text(m, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    return text;
}

static void values(struct fc_em *m, int i, int k, const struct fc_meter *x)
{
    int n = 0;
    for (const struct fc_serie *s = x->series; s; s = s->next, n++) {
        if (!s->labels)
            continue;
        struct fc_join list = {.arena = m->a};
        for (const struct fc_part *l = s->labels; l; l = l->next)
            fc_join(&list, "%s, %s, ", quoted(m, l->name.s), quoted(m, escaped(m, l->value)));
        fce_line(m, "static const char *const labels_%d_%d_%d[] = {%sNULL};", i, k, n, fc_joined(&list));
    }
    n = 0;
    fce_line(m, "static const struct fl_value_of values_%d_%d[] = {", i, k);
    for (const struct fc_serie *s = x->series; s; s = s->next, n++)
        fce_line(m, "    {%s, %d},", s->labels ? fce_text(m, "labels_%d_%d_%d", i, k, n) : "NULL", s->cell);
    fce_line(m, "};");
}

static void buckets(struct fc_em *m, int i, int k, const struct fc_meter *x)
{
    struct fc_join bounds = {.arena = m->a}, texts = {.arena = m->a};
    for (const struct fc_expr *e = fce_constant(x->buckets)->args; e; e = e->next) {
        const char *text = shortest(m, fce_constant(e)->f);
        fc_join(&bounds, "%.17g, ", fce_constant(e)->f);
        fc_join(&texts, "\"%s\", ", text);
    }
    fce_line(m, "static const double buckets_%d_%d[] = {%s};", i, k, fc_joined(&bounds));
    fce_line(m, "static const char *const bounds_%d_%d[] = {%s};", i, k, fc_joined(&texts));
}

static void declare(struct fc_em *m, int i, const struct fc_metrics *x)
{
    static const char *const kinds[] = {[FC_M_COUNTER] = "FL_COUNTER", [FC_M_GAUGE] = "FL_GAUGE", [FC_M_HISTOGRAM] = "FL_HISTOGRAM"};
    int k = 0;
    for (const struct fc_meter *y = x->meters; y; y = y->next, k++) {
        values(m, i, k, y);
        if (y->buckets)
            buckets(m, i, k, y);
    }
    fce_line(m, "static const struct fl_meter meter_%d[] = {", i);
    k = 0;
    for (const struct fc_meter *y = x->meters; y; y = y->next, k++) {
        int n = 0;
        for (const struct fc_serie *s = y->series; s; s = s->next)
            n++;
        fce_line(m, "    {.name = \"%s\", .help = %s, .kind = %s,", y->name.s, quoted(m, y->help), kinds[y->kind]);
        fce_line(m, "     .values = values_%d_%d, .nvalues = %d, .first = %d%s},", i, k, n, y->series->bit,
                 y->buckets ? fce_text(m, ", .buckets = buckets_%d_%d, .bounds = bounds_%d_%d, .nbuckets = sizeof buckets_%d_%d / sizeof *buckets_%d_%d", i, k, i, k, i, k, i, k) : "");
    }
    fce_line(m, "};");
    if (x->labels) {
        fce_line(m, "static const struct fl_meter_label_of labels_%d[] = {", i);
        for (const struct fc_part *l = x->labels; l; l = l->next)
            fce_line(m, "    {\"%s\", %s},", l->name.s, as_number(l->value->type) ? "FL_LABEL_NUMBER" : "FL_LABEL_TEXT");
        fce_line(m, "};");
    }
    fce_line(m, "static struct fl_meters meters_%d = {", i);
    fce_line(m, "    .meters = meter_%d, .nmeters = %d,%s", i, k, x->labels ? fce_text(m, " .labels = labels_%d, .nlabels = %d,", i, x->nlabels) : "");
    fce_line(m, "    .ncells = %d, .max = %lld, .expire = INT64_MAX,", x->ncells, (long long)x->most);
    fce_line(m, "};\n");
}

/* ---- what a record does -------------------------------------------------------------------------------------------- */

static const char *label(struct fc_em *m, const struct fc_expr *e)
{
    struct fc_cv v = fce_expr(m, e);
    if (v.type->kind == FC_K_NULL || fce_is_null(v.n))
        return "fl_label_null()";
    const char *is = as_number(e->type) ? fce_text(m, "fl_label_number(%s)", fce_alone(m, &v)) : fce_text(m, e->kind == FC_E_CALL && !e->sym && strcmp(e->name.s, "text") == 0 ? "fl_label_text(%s)" : "fl_label_text(fl_decoded(cx, %s))", fce_alone(m, &v));
    return v.n ? fce_text(m, "%s ? fl_label_null() : %s", fce_asked(m, v.n), is) : is;
}

static void find_row(struct fc_em *m, int i, const struct fc_metrics *x)
{
    int n = 0;
    fce_line(m, "struct fl_meter_label labels[%d];", x->nlabels ? x->nlabels : 1);
    for (const struct fc_part *l = x->labels; l; l = l->next)
        fce_line(m, "labels[%d] = %s;", n++, label(m, l->value));
    fce_line(m, "struct fl_meter_row *row = fl_meters_row(&meters_%d, labels, cx->now);", i);
}

/* As the page shows it: times in seconds, durations in the unit of the name. */
static const char *as_double(struct fc_em *m, const struct fc_meter *y, struct fc_cv v)
{
    double per = v.type->kind == FC_K_TIME ? 1e9 : v.type->kind == FC_K_DURATION ? fck_meter_unit(y->name.s) : 1;
    if (v.type->kind == FC_K_FLOAT)
        return fce_alone(m, &v);
    return per > 1 ? fce_text(m, "(double)%s / %.17g", v.v, per) : fce_text(m, "(double)%s", v.v);
}

static void change(struct fc_em *m, int i, int k, const struct fc_meter *y, const struct fc_serie *s, struct fc_cv v)
{
    const char *value = as_double(m, y, v);
    if (y->kind == FC_M_HISTOGRAM)
        fce_line(m, "fl_histogram_observe(row, %d, %d, buckets_%d_%d, sizeof buckets_%d_%d / sizeof *buckets_%d_%d, %s);", s->bit, s->cell, i, k, i, k, i, k, value);
    else
        fce_line(m, "%s(row, %d, %d, %s);", y->kind == FC_M_COUNTER ? "fl_counter_add" : "fl_gauge_set", s->bit, s->cell, value);
}

/* The only value: where it is null there is no row. */
static void only_value(struct fc_em *m, int i, const struct fc_metrics *x)
{
    const struct fc_serie *s = x->meters->series;
    struct fc_cv v = fce_expr(m, s->value);
    const struct fc_cond *n = v.n;
    if (n) {
        v = fce_bind(m, v);
        fce_line(m, "if (%s)", fce_bare(m, v.n));
        fce_line(m, "    return;");
    }
    find_row(m, i, x);
    change(m, i, 0, x->meters, s, v);
}

static void all_values(struct fc_em *m, int i, const struct fc_metrics *x)
{
    int k = 0;
    find_row(m, i, x);
    for (const struct fc_meter *y = x->meters; y; y = y->next, k++)
        for (const struct fc_serie *s = y->series; s; s = s->next) {
            struct fc_cv v = fce_expr(m, s->value);
            if (v.type->kind == FC_K_NULL)
                continue;
            if (v.n) {
                fce_line(m, "if (%s)", fce_bare(m, fce_not(m, v.n)));
                m->depth++;
            }
            change(m, i, k, y, s, v);
            m->depth -= v.n != NULL;
        }
}

/* Whose stage number i is. */
static const struct fc_output *output_of(struct fc_em *m, int i)
{
    const struct fc_output *o = m->g->outputs;
    while (o->next && i >= o->next->first)
        o = o->next;
    return o;
}

void fce_metrics(struct fc_em *m, int i, const struct fc_stage *s)
{
    const struct fc_metrics *x = s->metrics;
    declare(m, i + 1, x);
    if (x->rows)
        return;
    fce_stage_begin(m, i, s, "");
    m->made = m->p->emits;
    m->form = fce_form_of(m, output_of(m, i));
    if (!x->meters->next && !x->meters->series->next)
        only_value(m, i + 1, x);
    else
        all_values(m, i + 1, x);
    m->made = false;
    fce_stage_end(m);
}

/* In `tick`: each time that the table was read. */
int fce_metrics_tick(struct fc_em *m, int i, const struct fc_stage *s, int n)
{
    const struct fc_metrics *x = s->metrics;
    if (!x->rows)
        return n;
    const char *table = x->rows->table_sym->name;
    fce_line(m, "static uint64_t readings_%d; /* %s: that were looked at */", i + 1, fce_where(m, s->span));
    fce_line(m, "if (readings_%d != table_%s.readings) {", i + 1, table);
    m->depth++;
    fce_line(m, "readings_%d = table_%s.readings;", i + 1, table);
    fce_line(m, "uint32_t cursor = 0;");
    fce_line(m, "struct fl_table_row at;");
    fce_line(m, "while (fl_table_next(&table_%s, &cursor, cx->now, &at)) {", table);
    m->depth++;
    fce_line(m, "const void *key = at.key;");
    fce_line(m, "const uint32_t key_n = at.n;");
    fce_line(m, "(void)key, (void)key_n;");
    fce_key_local(m, x->rows->key_sym);
    if (x->rows->row)
        fce_block_let(m, x->rows->row);
    all_values(m, i + 1, x);
    m->depth--;
    fce_line(m, "}");
    m->depth--;
    fce_line(m, "}");
    return n;
}

static void meter(struct fc_em *m, const struct fc_output *o)
{
    struct fc_join list = {.arena = m->a};
    fce_line(m, "static void %s(struct fl_cx *cx, const struct fl_rec *h)", fce_of_output(m, "meter", o));
    fce_line(m, "{");
    fce_line(m, "    struct rec *r = (struct rec *)h;");
    bool called = false;
    for (int i = 0; i < m->g->nstages; i++)
        if (m->g->stages[i]->metrics && output_of(m, i) == o) {
            if (!m->g->stages[i]->metrics->rows) {
                fce_line(m, "    metrics_%d(cx, r);", i + 1);
                called = true;
            }
            fc_join(&list, "%s&meters_%d", list.n ? ", " : "", i + 1);
        }
    if (!called)
        fce_line(m, "    (void)cx, (void)r;");
    fce_line(m, "}\n");
    fce_line(m, "static struct fl_meters *const %s[] = {%s};\n", fce_of_output(m, "meters", o), fc_joined(&list));
}

void fce_meter(struct fc_em *m)
{
    for (const struct fc_output *o = m->g->outputs; o; o = o->next)
        if (o->metrics)
            meter(m, o);
}
